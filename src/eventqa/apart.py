"""Reads files in a process of its own, which may take so much memory and time and no more.

A file from a stranger can make a library crash, hang or eat all memory. Here that costs the file
and nothing else: the process is stopped, the file named, and the next one read. What comes back is
JSON; nothing is unpickled.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, cast

from eventqa import readers
from eventqa.readers import At, Event, Links, Reading, events, suffix_of
from eventqa.types import Problem, Release

MEMORY = 1024**3
"""Bytes of address space that the process may take, where the system can hold it to that."""

_SECONDS = 5.0  # for each release, and …
_SECONDS_PER_BYTE = 1e-6  # … for each byte of the file
_IDLE = 30.0  # seconds after which a process that nobody needs is ended
_PATIENCE = 3  # times that a process may break down over one file


class ReadingProcess:
    """A process that reads one file after another, started when it is needed. Thread-safe."""

    def __init__(self, seconds: float = _SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._busy = threading.Lock()  # of everything below
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def read(self, path: str, data: bytes, sidecar: bytes | None = None) -> Reading:
        """What `readers.read` gives; what takes too much of anything is named and left out."""
        reading, at = Reading(), At(path, 0)

        def take(event: Event) -> None:
            nonlocal at
            at = event if isinstance(event, At) else at
            reading.add(event)

        with self._busy:
            for _ in range(_PATIENCE):
                side = None if sidecar is None else len(sidecar)
                head = {"path": path, "size": len(data), "sidecar": side, "skip": at.done}
                if self._run(head, data + (sidecar or b""), take):
                    return reading
                reading.problems.append(_stopped(path, at))
                if at.where == path:
                    return reading  # it was all of it, or not inside of one of its pieces
                at = At(path, at.done + 1)
        reading.problems.append(Problem(path, None, _GIVEN_UP, lost=True))
        return reading

    def links(self, data: bytes) -> Links | None:
        """What `readers.links` gives; None, too, of what takes too much of anything."""
        found: list[Links] = []
        with self._busy:
            self._run({"size": len(data), "links": True}, data, found.append)
        return found[0] if found else None

    def close(self) -> None:
        """Ends the process; a later `read` starts another."""
        with self._busy:
            self._end()

    def _run(self, head: dict[str, Any], data: bytes, take: Callable[[Any], None]) -> bool:
        """Hands over what the process finds, and tells whether it came to the end of the file."""
        process = self._started()
        seconds = self._seconds + len(data) * _SECONDS_PER_BYTE
        with _limited(process, seconds) as (write, lines):
            write(json.dumps(head).encode() + b"\n" + data)
            for line in lines:
                values = json.loads(line)
                if "end" not in values:
                    take(_event(values))
                elif values["end"] == _HEAVY:
                    break
                else:
                    self._rest()
                    return True
            else:
                values = {}
        self._end()
        return "end" in values

    def _started(self) -> subprocess.Popen[bytes]:
        if self._idle:
            self._idle.cancel()
        if self._process and self._process.poll() is not None:
            self._end()  # somebody killed it
        if self._process is None:
            self._process = subprocess.Popen(
                # Not with -m, which would load this module twice; -P keeps the working folder,
                # where anybody's files may lie, out of what can be imported.
                [sys.executable, "-P", "-c", _SERVE, str(self._memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _rest(self) -> None:
        self._idle = threading.Timer(_IDLE, self.close)
        self._idle.daemon = True
        self._idle.start()

    def _end(self) -> None:
        if self._idle:
            self._idle.cancel()
        process, self._process = self._process, None
        if process:
            process.kill()
            with contextlib.suppress(OSError), process:  # closes the pipes, and waits
                pass


_shared = ReadingProcess()


def read(path: str, data: bytes, sidecar: bytes | None = None) -> Reading:
    """What `readers.read` gives, found by the process that all of this program share."""
    return _shared.read(path, data, sidecar)


def links(data: bytes) -> Links | None:
    """What `readers.links` gives, found by that process."""
    return _shared.links(data)


@contextmanager
def _limited(
    process: subprocess.Popen[bytes], seconds: float
) -> Generator[tuple[Callable[[bytes], None], Iterator[bytes]]]:
    """How to write to a process and read its lines; one that is silent so long is killed."""
    stdin, stdout = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    timer = threading.Timer(seconds, process.kill)

    def again() -> None:
        nonlocal timer
        timer.cancel()
        timer = threading.Timer(seconds, process.kill)
        timer.daemon = True
        timer.start()

    def write(data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            stdin.write(data)
            stdin.flush()

    def lines() -> Iterator[bytes]:
        while (line := stdout.readline()).endswith(b"\n"):
            again()
            yield line

    again()
    try:
        yield write, lines()
    finally:
        timer.cancel()


def _stopped(path: str, at: At) -> Problem:
    return Problem(
        path,
        None,
        f"its {suffix_of(at.where)} reader broke down over it or took too long, and was stopped. "
        "Save it anew from a program that you trust, or remove it",
        lost=True,
        member=at.where.removeprefix(path).removeprefix("/") or None,
    )


_SERVE = f"from {__name__} import serve; serve()"

_GIVEN_UP = "what follows in it was not read, after so much trouble. Take out what is sound"

# What the process says at the end of a file: whether it should better not read another.
_FIT, _HEAVY = "fit", "heavy"


def _event(values: dict[str, Any]) -> Event | Links:
    """What the process wrote down."""
    if "links" in values:
        return Links(*(tuple(addresses) for addresses in values["links"]))
    if "at" in values:
        return At(values["at"], values["done"])
    if "problem" in values:
        return Problem(**values["problem"])
    release = values["release"]
    for name in ("title_span", "dateline_span"):
        release[name] = tuple(release[name]) if release[name] else None
    release["paragraphs"] = tuple((start, end) for start, end in release["paragraphs"])
    release["pages"] = tuple(release["pages"])
    release["date"] = dt.date.fromisoformat(release["date"]) if release["date"] else None
    return Release(**release)


def _values(event: Event) -> dict[str, Any]:
    match event:
        case At(where, done):
            return {"at": where, "done": done}
        case Problem():
            return {"problem": asdict(event)}
        case Release():
            return {"release": asdict(event)}


def serve() -> None:
    """Reads file after file from standard input, until there is nobody to read for."""
    _limit(int(sys.argv[1]))
    # Whatever a library prints must not come between the replies.
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _answer(sys.stdin.buffer, replies)


def _answer(requests: BinaryIO, replies: BinaryIO) -> None:

    def reply(values: dict[str, Any]) -> None:
        replies.write(json.dumps(values, default=dt.date.isoformat).encode() + b"\n")
        replies.flush()

    while head := requests.readline():
        values = json.loads(head)
        data = requests.read(values["size"])
        if "links" in values:
            if found := readers.links(data):
                reply({"links": [found.pages, found.lists]})
            reply({"end": _FIT})
            continue
        sidecar = None if values["sidecar"] is None else requests.read(values["sidecar"])
        for event in events(values["path"], data, sidecar, values["skip"]):
            reply(_values(event))
        reply({"end": _HEAVY if _is_heavy() else _FIT})


def _is_heavy() -> bool:
    """Whether so much memory is taken that the next file might not get enough."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE") > MEMORY / 2
    except OSError:  # only Linux limits it
        return False


def _limit(memory: int) -> None:
    """Lets this process have no more memory, and leave nothing behind when it breaks down."""
    try:
        import resource
    except ImportError:  # Windows: only the time is limited
        return
    with contextlib.suppress(ValueError, OSError):  # macOS does not limit it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
