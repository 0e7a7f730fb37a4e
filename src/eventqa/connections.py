"""Connections to the store that are kept between questions. Home of sqlite3, with `store`.

Opening one and reading the first pages anew took 1.5 ms of each question.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# So many wait for the next question.
_MOST = 4


class _Identity(NamedTuple):
    """What a file is known by: it is another one once somebody has replaced or written to it."""

    device: int
    inode: int
    size: int
    modified: int


_Kept = tuple[_Identity | None, sqlite3.Connection]


class Connections:
    """Opens connections to one file, and keeps a few of them for the next ones to read.

    A connection is used by one thread at a time, and never again after an error, or once the file
    is another one. What is written into the write-ahead log every connection sees by itself.

    Args:
        opened: makes a connection.
        usable: tells whether one that was kept can still be used.
    """

    def __init__(
        self,
        path: Path,
        opened: Callable[[], sqlite3.Connection],
        usable: Callable[[sqlite3.Connection], bool],
    ) -> None:
        self._path = path
        self._opened = opened
        self._usable = usable
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []
        self._most = _MOST
        weakref.finalize(self, _close, self._kept)

    @contextmanager
    def one(self) -> Generator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile, without an open transaction."""
        # As it is before: if it is replaced meanwhile, the next one finds it changed.
        there = _identity(self._path)
        connection = self._get(there) or self._opened()
        try:
            yield connection
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if len(self._kept) < self._most:
                self._kept.append((there, connection))
                return
        connection.close()

    def clear(self) -> None:
        """Closes those that are kept."""
        with self._lock:
            _close(self._kept)
            self._kept.clear()

    def close(self) -> None:
        """Closes those that are kept, and keeps none from now on."""
        self._most = 0
        self.clear()

    def _get(self, there: _Identity | None) -> sqlite3.Connection | None:
        """One that was kept, if the file is still the one that it was opened for."""
        with self._lock:
            if not self._kept:
                return None
            identity, connection = self._kept.pop()
        try:
            if identity == there and self._usable(connection):
                return connection
        except sqlite3.Error:  # opening it anew tells what is wrong
            pass
        connection.close()
        return None


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Identity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _close(kept: list[_Kept]) -> None:
    for _, connection in kept:
        connection.close()
