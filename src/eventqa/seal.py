"""Whether a file is the one that was written: its hash is noted beside it once it is done.

Whoever writes to the file breaks the seal first. So a sealed file of another hash was damaged, and
one without a seal is being written, or whoever wrote it was killed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from eventqa import kept


def put(path: Path) -> None:
    """Notes what a file holds, that nobody writes to.

    Raises:
        OSError: it cannot be written down.
    """
    # Twice, so that damage of the note is not taken for damage of the file.
    kept.write(_note(path), f"{_sha256(path)}\n".encode() * 2)


def lift(path: Path) -> None:
    """Forgets what was noted of a file; it must be done before it is written to."""
    _note(path).unlink(missing_ok=True)


def is_there(path: Path) -> bool:
    """Whether it is noted what a file holds."""
    return _noted(path) is not None


def holds(path: Path) -> bool | None:
    """Whether a file holds what was noted; None where nothing is, or not any more."""
    noted = _noted(path)
    if noted is None or not path.is_file():
        return None
    same = _sha256(path) == noted
    # Somebody may have begun to write meanwhile.
    return same if _noted(path) == noted else None


def _note(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _noted(path: Path) -> str | None:
    try:
        first, second = _note(path).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    return first if first == second else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
