"""The folder (or the one .jsonl file) that releases are dropped into: what is there, what changed.

Files are told apart by their state on disk and, where that could deceive, by their content. What
the bytes of a file mean is the readers' business.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from eventqa import apart, readers
from eventqa.document import (
    LARGEST_SIDECAR,
    SIDECAR,
    is_hidden,
    is_page_part,
    is_picture,
    pages_of,
)
from eventqa.readers import Reading
from eventqa.types import EventQAError, Problem

# A file touched this recently may change again without its time stamp telling (the "racy git"
# problem: stamps move in steps of up to 2 s on some file systems), so its content is compared.
_SETTLING_NS = 2_000_000_000

Stamp = tuple[int, int, int, int]
"""Size in bytes, modification and change time in ns, inode."""


@dataclass(frozen=True, slots=True)
class FileState:
    """How a file stood when it was last looked into."""

    stamp: Stamp
    sha256: str  # of its bytes; empty when it could not be read
    settled: bool  # the stamp alone can be trusted

    def __post_init__(self) -> None:
        if len(self.stamp) != 4:
            raise ValueError(f"a stamp has 4 parts, this has {len(self.stamp)}: {self.stamp}")


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between the corpus and an earlier look at it."""

    files: Mapping[str, FileState]  # every readable file there is now, by path
    changed: tuple[str, ...]  # new, or with other content, in order of path
    vanished: tuple[str, ...]
    problems: tuple[Problem, ...]  # with what is there but is no file to read

    def __bool__(self) -> bool:
        return bool(self.changed or self.vanished)

    @property
    def complete(self) -> bool:
        """Whether there is a file at all, and everything could be opened.

        A drive that is not mounted leaves an empty folder; what was there may come back.
        """
        closed = any(problem.message.startswith(_CLOSED) for problem in self.problems)
        return bool(self.files) and not closed and all(one.sha256 for one in self.files.values())


class Corpus:
    """A corpus on disk. Holds no state but where it is.

    Args:
        without: a folder that is no part of it although it may lie inside.
    """

    def __init__(
        self, place: str | os.PathLike[str], without: str | os.PathLike[str] | None = None
    ) -> None:
        self.place = Path(place)
        self._without = None if without is None else Path(without).resolve()

    @property
    def is_file(self) -> bool:
        return self.place.suffix.lower() == ".jsonl" and not self.place.is_dir()

    @property
    def root(self) -> Path:
        """The folder that the paths of releases are relative to."""
        return self.place.parent if self.is_file else self.place

    def require(self) -> None:
        """Does nothing where there is a corpus.

        Raises:
            EventQAError: there is none.
        """
        if not self.place.exists():
            self.changes({})

    def changes(self, known: Mapping[str, FileState]) -> Changes:
        """What is there now, against what was known. Reads only what the stamps cannot vouch for.

        Raises:
            EventQAError: the corpus itself is not there or cannot be listed.
        """
        problems: list[Problem] = []
        files: dict[str, FileState] = {}
        changed: list[str] = []
        for path, stamp in sorted(self._stamps(problems)):
            before = known.get(path)
            if before and before.settled and before.stamp == stamp:
                files[path] = before
                continue
            files[path] = self._look(path, stamp)
            if before is None or before.sha256 != files[path].sha256:
                changed.append(path)
        vanished = tuple(sorted(known.keys() - files.keys()))
        changed += _companions([*changed, *vanished], files)
        return Changes(files, tuple(sorted(set(changed))), vanished, tuple(problems))

    def untouched(self, files: Mapping[str, FileState], paths: Iterable[str]) -> bool:
        """Whether some files and their sidecars still stand as a look found them."""
        both = [one for path in paths for one in (path, path + SIDECAR)]
        # A listing of Windows has no inodes.
        known = {one: files[one].stamp[:3] if one in files else None for one in both}
        return all(known[one] == (now and now[:3]) for one in both for now in [self._stamp(one)])

    def read(self, path: str) -> tuple[Reading, dict[str, str]]:
        """The releases and problems of one file, and the sha256 of the bytes they came from.

        The hashes are those of the file and of its sidecar, by path; empty for a file that could
        not be read at all. A sidecar is read with its file: by itself it gives nothing.

        Raises:
            EventQAError: no process can be started to read it in.
        """
        if _is_sidecar(path):
            if self._is_file(path.removesuffix(SIDECAR)):
                return Reading(), {}
            return Reading(problems=[Problem(path, None, _ALONE, lost=True)]), {}
        try:
            data = self._bytes(path)
            sidecar = self._bytes(path + SIDECAR) if self._has_sidecar(path) else None
        except OSError as error:
            problem = Problem(path, None, _unreadable(error), lost=True)
            return Reading(problems=[problem]), {path: ""}
        hashes = {path: hashlib.sha256(data).hexdigest()}
        if sidecar is not None:
            hashes[path + SIDECAR] = hashlib.sha256(sidecar).hexdigest()
        read = apart.read if readers.is_read_apart(path) else readers.read
        return read(path, data, sidecar), hashes

    def _look(self, path: str, stamp: Stamp) -> FileState:
        now = time.time_ns()
        try:
            with self._open(path) as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            sha256 = ""
        newest = max(stamp[1], stamp[2])
        return FileState(stamp, sha256, settled=bool(sha256) and newest + _SETTLING_NS < now)

    def _bytes(self, path: str) -> bytes:
        with self._open(path) as file:
            return file.read()

    def _open(self, path: str) -> BufferedReader:
        """A file to read from. Neither a link nor a pipe put in its place meanwhile is followed.

        A corpus that is one file may be a link: a person named it.
        """
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        if not self.is_file:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        return open(os.open(self.root / path, flags), "rb")

    def _has_sidecar(self, path: str) -> bool:
        """Whether there is one to read; beside a corpus that is one file it is none of it."""
        sidecar = path + SIDECAR
        return (
            not self.is_file
            and self._is_file(sidecar)
            and (self.root / sidecar).stat().st_size <= LARGEST_SIDECAR
        )

    def _stamp(self, path: str) -> Stamp | None:
        """How a file stands now, None where there is none to read."""
        try:
            if not self.is_file:
                status = (self.root / path).lstat()
                return _stamp(status) if self._objection(path, status) is None else None
            return _stamp(self.place.stat()) if path == self.place.name else None
        except OSError:
            return None

    def _is_file(self, path: str) -> bool:
        try:
            return stat.S_ISREG((self.root / path).lstat().st_mode)
        except (OSError, ValueError):
            return False

    def _stamps(self, problems: list[Problem]) -> Iterator[tuple[str, Stamp]]:
        """Every file to read, by path relative to the root; everything else is a problem."""
        try:
            if self.is_file:
                if self._is_read(self.place.name, status := self.place.stat(), problems):
                    yield self.place.name, _stamp(status)
            else:
                yield from self._folders(problems)
        except OSError as error:
            raise EventQAError(
                f"corpus {str(self.place.absolute())!r} cannot be read ({error.strerror}). Make "
                "that folder and put releases into it, or name another folder or .jsonl file with "
                "--corpus. Nothing was removed from the store"
            ) from error

    def _folders(self, problems: list[Problem]) -> Iterator[tuple[str, Stamp]]:
        # A list of what is still to do, not recursion: folders may be nested a thousand deep.
        waiting = [("", False)]
        while waiting:
            prefix, of_page = waiting.pop()
            try:
                with os.scandir(self.place / prefix) as entries:
                    visible = [entry for entry in entries if not is_hidden(entry.name)]
            except OSError as error:
                if not prefix:
                    raise
                problems.append(Problem(_shown(prefix[:-1]), None, _unreadable(error), lost=True))
                continue
            names = {entry.name for entry in visible}
            for entry in visible:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not self._is_left_out(entry):
                        is_part = of_page or not names.isdisjoint(pages_of(entry.name))
                        waiting.append((path + "/", is_part))
                    continue
                if of_page and is_page_part(entry.name):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                    is_read = self._is_read(path, status, problems)
                except OSError as error:
                    problems.append(Problem(_shown(path), None, _unreadable(error), lost=True))
                    continue
                if is_read:
                    yield path, _stamp(status)

    def _is_left_out(self, entry: os.DirEntry[str]) -> bool:
        out = self._without
        return out is not None and entry.name == out.name and Path(entry.path).resolve() == out

    def _is_read(self, path: str, status: os.stat_result, problems: list[Problem]) -> bool:
        message = self._objection(path, status)
        if message:
            problems.append(Problem(_shown(path), None, message, lost=True))
        return message is None

    def _objection(self, path: str, status: os.stat_result) -> str | None:
        """Why a file is not read: None when it is, empty when nobody needs to be told."""
        if stat.S_ISLNK(status.st_mode):
            return self._link_objection(self.root / path)
        if not stat.S_ISREG(status.st_mode):
            return "it is no regular file. Remove it from the corpus"
        if _is_sidecar(path):
            if status.st_size > LARGEST_SIDECAR:
                return (
                    f"it has {status.st_size:,} bytes, of a sidecar at most {LARGEST_SIDECAR:,} "
                    "are read. Shorten it"
                )
        elif why := readers.objection(path, status.st_size):
            return "" if is_picture(path) else why
        try:
            path.encode()
        except UnicodeEncodeError:
            return "its name or its folder's is not valid Unicode. Rename it"
        return None

    def _link_objection(self, link: Path) -> str:
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
            return "it is a link to nothing. Remove it"
        if not target.is_relative_to(self.root.resolve()):
            return "it is a link leading out of the corpus. Copy the file itself into the corpus"
        return ""  # what it leads to is read where it stands


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def with_content(state: FileState, sha256: str) -> FileState:
    """The same state, for a file that turned out to hold other content while it was read."""
    return state if state.sha256 == sha256 else replace(state, sha256=sha256, settled=False)


_ALONE = "there is no file that it tells facts about. Name it as that file with .yaml after it"


def _is_sidecar(path: str) -> bool:
    """Whether a file tells facts about another: `opening.pdf.yaml` about `opening.pdf`."""
    return path.endswith(SIDECAR)


def _companions(paths: Iterable[str], there: Container[str]) -> list[str]:
    """The sidecars of some files and the files of some sidecars, as far as they are there."""
    pairs = (path.removesuffix(SIDECAR) if _is_sidecar(path) else path + SIDECAR for path in paths)
    return [path for path in pairs if path in there]


def _unreadable(error: OSError) -> str:
    return f"{_CLOSED} ({error.strerror}). Check its permissions"


_CLOSED = "it cannot be opened"


def _shown(path: str) -> str:
    """A path that can be printed and stored, whatever bytes its name has."""
    return path.encode("utf-8", "replace").decode()
