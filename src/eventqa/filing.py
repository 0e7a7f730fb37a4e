"""Files of a folder, and new ones that never replace another."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from eventqa.document import SIDECAR, is_hidden, is_page_part, is_picture


def files(folder: Path) -> Iterator[Path]:
    """The files below a folder that may be releases, in order; no link is followed."""

    def fail(error: OSError) -> None:
        raise error

    for root, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        pages = [part for part in Path(root).relative_to(folder).parts if part.endswith("_files")]
        for name in sorted(names):
            path = Path(root, name)
            sidecar = name.endswith(SIDECAR) and name.removesuffix(SIDECAR) in names
            passed_over = is_hidden(name) or is_picture(name) or sidecar
            of_page = bool(pages) and is_page_part(name)
            if not (passed_over or of_page or path.is_symlink()) and path.is_file():
                yield path


def numbered(target: Path) -> Iterator[Path]:
    """A path, then paths like it with a number."""
    yield target
    for number in itertools.count(2):
        yield target.with_name(f"{target.stem}-{number}{target.suffix}")


def written(target: Path, data: bytes, sidecar: bytes | None) -> bool:
    """Writes a file and its sidecar, whole or not at all; False if somebody else was first.

    The sidecar first: a corpus that is watched never has the file without what is told of it.
    """
    beside = target.with_name(target.name + SIDECAR)
    if sidecar is not None and not _made(beside, sidecar):
        return False
    done = False
    try:
        done = _made(target, data)
    finally:
        if not done and sidecar is not None:
            beside.unlink(missing_ok=True)
    return done


def _made(path: Path, data: bytes) -> bool:
    """Makes a file that is there as a whole or not at all; False if there is one of this name."""
    handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(part, 0o666 & ~_umask())
        _linked(part, path, data)
    except FileExistsError:
        return False
    finally:
        os.unlink(part)
    return True


def _linked(part: str, path: Path, data: bytes) -> None:
    """Gives a file another name, never that of another file."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the file is seen while it is written
        with open(path, "xb") as file:
            file.write(data)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
