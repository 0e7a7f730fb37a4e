"""Reads files in a process of its own, which may take so much memory and time and no more.

A file from a stranger can make a library crash, hang or eat all memory. Here that costs the file
and nothing else: the process is stopped, the file named, and the next one read. What comes back is
JSON; nothing is unpickled.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from enum import Enum, auto
from pathlib import Path
from typing import Any, BinaryIO, cast

from eventqa import readers
from eventqa.readers import At, Event, Links, Reading, events, suffix_of
from eventqa.types import EventQAError, Problem, Release

MEMORY = 1024**3
"""Bytes of address space that the process may take, where the system can hold it to that."""

_SECONDS = 5.0  # for each release, and …
_SECONDS_PER_BYTE = 1e-6  # … for each byte of its file, but …
_MOST_SECONDS = 60.0  # … no more than that
_WHOLE_FILE = 900.0  # seconds for all that is in a file
_STARTING = 60.0  # seconds until the process must be there
_PROCESSOR = 3_600  # seconds of work, after which it ends itself even if nobody is there to do it
_IDLE = 30.0  # seconds after which a process that nobody needs is ended
_PATIENCE = 3  # pieces of one file that may be given up


class ReadingProcess:
    """A process that reads one file after another, started when it is needed. Thread-safe."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._busy = threading.Lock()  # of everything below
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def read(self, path: str, data: bytes, sidecar: bytes | None = None) -> Reading:
        """What `readers.read` gives; what takes too much of anything is named and left out.

        Raises:
            EventQAError: there can be no such process.
        """
        found: list[tuple[int, Event]] = []  # after how many pieces each was found
        at = At(None, None, suffix_of(path), 0)

        def take(event: Event) -> None:
            nonlocal at
            if isinstance(event, At):
                at = event
            else:
                found.append((at.done, event))

        side = None if sidecar is None else len(sidecar)
        until = time.monotonic() + _WHOLE_FILE
        given_up, crashed_at = 0, -1
        with self._busy:
            while True:
                head = {"path": path, "size": len(data), "sidecar": side, "skip": at.done}
                end = self._run(head, (data, sidecar or b""), take, until)
                if end is _End.COMPLETE:
                    break
                # A process may be killed for reasons of its own: each piece has a second chance.
                if end is _End.CRASH and crashed_at != at.done:
                    crashed_at = at.done
                    found = [one for one in found if one[0] < at.done]
                    continue
                found.append((at.done, _stopped(path, at)))
                given_up += 1
                if at.member is None or given_up == _PATIENCE or time.monotonic() > until:
                    if at.member is not None:
                        found.append((at.done, Problem(path, None, _GIVEN_UP, lost=True)))
                    break
                at = At(None, None, suffix_of(path), at.done + 1)
        reading = Reading()
        for _, event in found:
            reading.add(event)
        return reading

    def links(self, data: bytes) -> Links | None:
        """What `readers.links` gives; None, too, of what takes too much of anything.

        Raises:
            EventQAError: there can be no such process.
        """
        found: list[Links] = []
        with self._busy:
            until = time.monotonic() + _WHOLE_FILE
            self._run({"size": len(data), "links": True}, (data,), found.append, until)
        return found[0] if found else None

    def close(self) -> None:
        """Ends the process; a later `read` starts another."""
        with self._busy:
            self._end()

    def kill(self) -> None:
        """Ends the process at once, whatever it is reading."""
        if process := self._process:
            process.kill()

    def _run(
        self,
        head: dict[str, Any],
        data: tuple[bytes, ...],
        take: Callable[[Any], None],
        until: float,
    ) -> _End:
        """Hands over what the process finds, and tells how it came to an end."""
        seconds = min(self._seconds + sum(map(len, data)) * _SECONDS_PER_BYTE, _MOST_SECONDS)
        process = self._started()
        try:
            with _Watchdog(process, seconds, until) as watchdog:
                _write(process, json.dumps(head).encode() + b"\n", *data)
                for line in _lines(process):
                    watchdog.pat()
                    values = json.loads(line)
                    if "end" not in values:
                        take(_event(values))
                        continue
                    if values["end"] == _HEAVY or not watchdog.call_off():
                        self._end()
                    else:
                        self._rest()
                    return _End.COMPLETE
        except BaseException:
            self._end()  # what it still writes must not be taken for the next file's
            raise
        self._end()
        return _End.LATE if watchdog.has_bitten else _End.CRASH

    def _started(self) -> subprocess.Popen[bytes]:
        """The process, waiting for something to do."""
        if self._idle:
            self._idle.cancel()
        if self._process and self._process.poll() is not None:
            self._end()  # somebody killed it
        if self._process is None:
            self._process = subprocess.Popen(
                # With what can be imported here; but not from the working folder, where anybody's
                # files may lie.
                [sys.executable, "-P", "-c", _serve_with([path for path in sys.path if path])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            with _Watchdog(self._process, _STARTING, time.monotonic() + _STARTING):
                ready = cast("BinaryIO", self._process.stdout).readline()
            if not ready:
                errors = (
                    cast("BinaryIO", self._process.stderr).read(10_000).decode("utf-8", "replace")
                )
                self._end()
                raise EventQAError(
                    "files cannot be read: the process that reads them does not start "
                    f"({' '.join(errors.split())[-300:] or 'it says nothing'}). Install it anew"
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
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError):
                    cast("BinaryIO", pipe).close()


_shared = ReadingProcess()
atexit.register(_shared.kill)


def read(path: str, data: bytes, sidecar: bytes | None = None) -> Reading:
    """What `readers.read` gives, found by the process that all of this program share."""
    return _shared.read(path, data, sidecar)


def links(data: bytes) -> Links | None:
    """What `readers.links` gives, found by that process."""
    return _shared.links(data)


class _End(Enum):
    """How a process came to the end of a file."""

    COMPLETE = auto()
    LATE = auto()  # it was silent for too long, and was stopped
    CRASH = auto()


class _Watchdog:
    """Kills a process that is silent for so many seconds, or is not done at a time."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, until: float) -> None:
        self._process = process
        self._seconds = seconds
        self._until = until
        self._called_off = threading.Event()
        self._biting = threading.Lock()
        self.has_bitten = False
        self._deadline = min(time.monotonic() + seconds, until)
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def pat(self) -> None:
        """Tells that something has come."""
        self._deadline = min(time.monotonic() + self._seconds, self._until)

    def call_off(self) -> bool:
        """Ends the watch; False if it was too late for that."""
        with self._biting:
            self._called_off.set()
        return not self.has_bitten

    def __enter__(self) -> _Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.call_off()

    def _watch(self) -> None:
        while not self._called_off.wait(max(0.0, self._deadline - time.monotonic())):
            with self._biting:
                if not self._called_off.is_set() and time.monotonic() >= self._deadline:
                    self.has_bitten = True
                    self._process.kill()
                    return


def _write(process: subprocess.Popen[bytes], *data: bytes) -> None:
    with contextlib.suppress(OSError):  # it has come to an end; what it wrote before is read
        stdin = cast("BinaryIO", process.stdin)
        stdin.writelines(data)
        stdin.flush()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """The whole lines that a process writes."""
    stdout = cast("BinaryIO", process.stdout)
    while (line := stdout.readline()).endswith(b"\n"):
        yield line


def _stopped(path: str, at: At) -> Problem:
    return Problem(
        path,
        at.line,
        f"the reader of {at.suffix} files broke down over it or took too long, and was stopped. "
        "Save it anew from a program that you trust, or remove it",
        lost=True,
        member=at.member,
    )


_GIVEN_UP = (
    "what follows in it was not read, after so much trouble. Take the files named above out of it"
)

# What the process says at the end of a file: whether it should better not read another.
_FIT, _HEAVY = "fit", "heavy"


def _event(values: dict[str, Any]) -> Event | Links:
    """What the process wrote down."""
    if "links" in values:
        return Links(*(tuple(addresses) for addresses in values["links"]))
    if "at" in values:
        return At(**values["at"])
    if "problem" in values:
        return Problem(**values["problem"])
    release = values["release"]
    for name in ("title_span", "dateline_span"):
        release[name] = tuple(release[name]) if release[name] else None
    release["paragraphs"] = tuple((start, end) for start, end in release["paragraphs"])
    release["pages"] = tuple(release["pages"])
    release["date"] = dt.date.fromisoformat(release["date"]) if release["date"] else None
    at = release["fetched_at"]
    release["fetched_at"] = dt.datetime.fromisoformat(at) if at else None
    return Release(**release)


def _values(event: Event) -> dict[str, Any]:
    match event:
        case At():
            return {"at": asdict(event)}
        case Problem():
            return {"problem": asdict(event)}
        case Release():
            return {"release": asdict(event)}


def _written(value: dt.date) -> str:
    return value.isoformat()


# --- what happens in the process ---------------------------------------------------------------


def _serve_with(paths: list[str]) -> str:
    """What the process runs, with these places to import from."""
    return f"import sys; sys.path[:] = {paths!r}\nfrom {__name__} import serve; serve()"


def serve() -> None:
    """Reads file after file from standard input, until there is nobody to read for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides
    _limit()
    # Whatever a library prints must not come between the replies.
    with os.fdopen(os.dup(1), "wb") as replies:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        replies.write(b"ready\n")
        replies.flush()
        _answer(sys.stdin.buffer, replies)


def _answer(requests: BinaryIO, replies: BinaryIO) -> None:
    def reply(values: dict[str, Any]) -> None:
        replies.write(json.dumps(values, default=_written).encode() + b"\n")
        replies.flush()

    while head := requests.readline():
        values = json.loads(head)
        data = requests.read(values["size"])
        if "links" in values:
            if found := readers.links(data):
                reply({"links": [found.pages, found.lists]})
        else:
            sidecar = None if values["sidecar"] is None else requests.read(values["sidecar"])
            for event in events(values["path"], data, sidecar, values["skip"]):
                reply(_values(event))
        reply({"end": _HEAVY if _is_heavy() else _FIT})


def _is_heavy() -> bool:
    """Whether so much was taken that the next file might not get enough."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        heavy = pages * os.sysconf("SC_PAGE_SIZE") > MEMORY / 2
    except OSError:  # only Linux limits it
        heavy = False
    return heavy or time.process_time() > _PROCESSOR / 2


def _limit() -> None:
    """Lets this process have so much and no more, and leave no image of itself behind."""
    try:
        import resource
    except ImportError:  # Windows: only the time between two replies is limited
        return
    with contextlib.suppress(ValueError, OSError):  # macOS does not limit memory
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR, _PROCESSOR))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
