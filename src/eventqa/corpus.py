"""The folder (or the one .jsonl file) that releases are dropped into: what is there, what changed.

Files are told apart by their state on disk and, where that could deceive, by their content. What
the bytes of a file mean is the readers' business.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from eventqa.readers import SUFFIXES, Reading, read
from eventqa.types import EventQAError, Problem

# A file touched this recently may change again without its time stamp telling (the "racy git"
# problem: stamps move in steps of up to 2 s on some file systems), so its content is compared.
_SETTLING_NS = 2_000_000_000
_LARGEST_FILE = 512 * 1024 * 1024

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
        return Changes(files, tuple(changed), vanished, tuple(problems))

    def read(self, path: str) -> tuple[Reading, str]:
        """The releases and problems of one file, and the sha256 of the bytes they came from.

        The hash is empty when the file could not be read at all.
        """
        try:
            data = self._bytes(path)
        except OSError as error:
            return Reading(problems=[Problem(path, None, _unreadable(error), lost=True)]), ""
        return read(path, data), hashlib.sha256(data).hexdigest()

    def _look(self, path: str, stamp: Stamp) -> FileState:
        now = time.time_ns()
        try:
            sha256 = hashlib.sha256(self._bytes(path)).hexdigest()
        except OSError:
            sha256 = ""
        newest = max(stamp[1], stamp[2])
        return FileState(stamp, sha256, settled=bool(sha256) and newest + _SETTLING_NS < now)

    def _bytes(self, path: str) -> bytes:
        """A file's bytes. Neither a link nor a pipe put in its place meanwhile is followed.

        A corpus that is one file may be a link: a person named it.
        """
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
        if not self.is_file:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(self.root / path, flags), "rb") as file:
            return file.read()

    def _stamps(self, problems: list[Problem]) -> Iterator[tuple[str, Stamp]]:
        """Every file to read, by path relative to the root; everything else is a problem."""
        try:
            if self.is_file:
                yield from self._file(self.place.name, self.place.stat(), problems)
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
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            try:
                with os.scandir(self.place / prefix) as entries:
                    visible = [entry for entry in entries if not entry.name.startswith(".")]
            except OSError as error:
                if not prefix:
                    raise
                problems.append(Problem(_shown(prefix[:-1]), None, _unreadable(error), lost=True))
                continue
            for entry in visible:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not self._is_left_out(entry):
                        waiting.append(path + "/")
                    continue
                try:
                    yield from self._file(path, entry.stat(follow_symlinks=False), problems)
                except OSError as error:
                    problems.append(Problem(_shown(path), None, _unreadable(error), lost=True))

    def _is_left_out(self, entry: os.DirEntry[str]) -> bool:
        out = self._without
        return out is not None and entry.name == out.name and Path(entry.path).resolve() == out

    def _file(
        self, path: str, status: os.stat_result, problems: list[Problem]
    ) -> Iterator[tuple[str, Stamp]]:
        message = self._objection(path, status)
        if message is None:
            yield path, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        elif message:
            problems.append(Problem(_shown(path), None, message, lost=True))

    def _objection(self, path: str, status: os.stat_result) -> str | None:
        """Why a file is not read: None when it is, empty when nobody needs to be told."""
        if stat.S_ISLNK(status.st_mode):
            return self._link_objection(self.root / path)
        suffix = os.path.splitext(path)[1].lower()
        if not stat.S_ISREG(status.st_mode):
            return "it is no regular file. Remove it from the corpus"
        if suffix not in SUFFIXES:
            kinds = ", ".join(sorted(SUFFIXES))
            return f"{suffix or 'a file without suffix'} is not read. Save it as one of {kinds}"
        if status.st_size > _LARGEST_FILE:
            return f"it has {status.st_size:,} bytes, at most {_LARGEST_FILE:,} are read. Split it"
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


def with_content(state: FileState, sha256: str) -> FileState:
    """The same state, for a file that turned out to hold other content while it was read."""
    return state if state.sha256 == sha256 else replace(state, sha256=sha256, settled=False)


def _unreadable(error: OSError) -> str:
    return f"it cannot be opened ({error.strerror}). Check its permissions"


def _shown(path: str) -> str:
    """A path that can be printed and stored, whatever bytes its name has."""
    return path.encode("utf-8", "replace").decode()
