"""One writer at a time, across processes. The only home of filelock."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from eventqa.kept import make_folder
from eventqa.types import EventQAError

FILE = "build.lock"
_HOLDER = "build.holder"


class Cancelled(Exception):
    """Nobody wants a build any more. Never seen by a user."""


@contextmanager
def building(
    folder: Path,
    *,
    patience: float,
    waiting: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Generator[None]:
    """Holds the right to write into a folder; the system takes it back if the process dies.

    Args:
        patience: seconds to wait for another writer.
        waiting: told once, in words, who is waited for.
        cancelled: asked again and again while waiting; True gives up.

    Raises:
        Cancelled: `cancelled` said so.
        EventQAError: the other writer was not done in time; the message names it. Or the folder
            cannot be written to.
    """
    make_folder(folder)
    lock = FileLock(folder / FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if waiting:
            waiting(f"Waiting for {_holder(folder)}")
        try:
            lock.acquire(timeout=patience, cancel_check=cancelled)
        except Timeout:
            if cancelled and cancelled():
                raise Cancelled from None
            raise EventQAError(
                f"{_holder(folder)} has been writing to {str(folder)!r} for more than "
                f"{patience:.0f} s. Wait until it is done, or stop it, and try again"
            ) from None
    except OSError as error:
        raise _not_writable(folder, error) from error
    try:
        _write_name(folder)
        yield
    finally:
        lock.release()


def _write_name(folder: Path) -> None:
    since = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    note = f"process {os.getpid()} on {socket.gethostname()}, since {since}"
    # Where the disk is full the name can wait.
    with suppress(OSError):
        (folder / _HOLDER).write_text(note, encoding="utf-8")


def _not_writable(folder: Path, error: OSError) -> EventQAError:
    return EventQAError(
        f"the store's folder {str(folder)!r} cannot be written to ({error.strerror}). Questions "
        "are answered from what was built; for a build check the folder's permissions and the "
        "disk, or name another folder with --embeddings"
    )


def _holder(folder: Path) -> str:
    try:
        note = (folder / _HOLDER).read_text(encoding="utf-8")
    except OSError:
        note = ""
    return note or "another process"  # it may be about to write its name
