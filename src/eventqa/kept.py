"""Files of derived data: written all or nothing, and read only if they are the ones meant."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from eventqa.types import EventQAError


def write(path: Path, data: bytes) -> str:
    """Puts a file in the place of the one that is there, and returns its sha256."""
    # Always the same name: what a killed process left behind is written over.
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    return hashlib.sha256(data).hexdigest()


def read(path: Path, sha256: str) -> bytes | None:
    """What a file holds; None if it has another hash, is not there or cannot be read."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def holds(path: Path, sha256: str) -> bool:
    """Whether a file is there and has this hash."""
    return read(path, sha256) is not None


def make_folder(folder: Path) -> None:
    """Makes the folder of a store, unless it is there.

    Raises:
        EventQAError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EventQAError(
            f"the store's folder {str(folder)!r} cannot be made ({error.strerror}). Check the "
            "permissions of the folder it is in, or name another with --embeddings"
        ) from error
