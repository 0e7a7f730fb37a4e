"""What was asked in vain: a log beside the store, and its questions in groups.

One JSON object a line: when, the question, and why there was no answer. Who asked, and from where,
is not known here; an e-mail address inside a question is left out. The file is for its owner's eyes
and never leaves the machine.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from eventqa import terms
from eventqa.types import Answer, InvalidInput, Why

_log = logging.getLogger(__name__)

FILE = "gaps.jsonl"

# Neither a link elsewhere is followed nor a pipe waited for, where the system knows how.
_CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _CAREFULLY
_LONGEST = 16 * 1024 * 1024  # bytes, some 80,000 questions: what comes then is not written down
# No gap of the archive: it was empty, or not to be read for a moment.
_PASSING = (Why.EMPTY, Why.CHANGED)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
# Two questions ask for the same when they share this part of the telling words of both.
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that was refused."""

    at: dt.datetime  # with its time zone
    question: str
    why: Why
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The gap as plain JSON values."""
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds")}


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask for the same, the newest first; at least one."""

    gaps: tuple[Gap, ...]

    @property
    def wordings(self) -> tuple[str, ...]:
        """The questions as they were asked, each once."""
        return tuple(dict.fromkeys(gap.question for gap in self.gaps))

    def to_dict(self) -> dict[str, Any]:
        """The group as plain JSON values."""
        newest = self.gaps[0].to_dict()
        return {"times": len(self.gaps), **newest, "wordings": list(self.wordings)}

    def __str__(self) -> str:
        newest, others = self.gaps[0], self.wordings[1:]
        asked = "once" if len(self.gaps) == 1 else f"{len(self.gaps)} times, last"
        day = newest.at.date().isoformat()
        lines = [newest.question, f"    {asked} on {day}: {newest.reason or newest.why}"]
        return "\n".join([*lines, *(f"    also: {other}" for other in others)])


def add(folder: Path, answer: Answer) -> None:
    """Writes a refusal into the log of a store; what cannot be written is only logged.

    A question is answered or refused just the same when the disk is full.
    """
    if answer.why is None or answer.why in _PASSING:
        return
    question, reason = _EMAIL.sub("…@…", answer.question), answer.reason or ""
    if question != answer.question:
        reason = ""  # it may name parts of the address
    gap = Gap(dt.datetime.now(dt.UTC), question, answer.why, reason)
    line = json.dumps(gap.to_dict(), ensure_ascii=False).encode(errors="replace")
    path = folder / FILE
    try:
        file = os.open(path, _APPENDING, 0o600)
        try:
            there = os.fstat(file)
            if not stat.S_ISREG(there.st_mode):
                raise OSError(None, "no regular file")
            if there.st_size > _LONGEST:
                raise OSError(None, "it is full; move it away")
            # One write of a whole line at the end: what others write meanwhile stays whole.
            os.write(file, line + b"\n")
        finally:
            os.close(file)
    except OSError as error:
        _log.warning("%s cannot be written (%s): a refusal is not in it", path, error.strerror)


def read(folder: Path, since: dt.date | None = None) -> tuple[Gap, ...]:
    """What a store's log holds, in the order it was written; a line that is no gap is left out.

    Args:
        since: only what was asked on this local day or later.

    Raises:
        InvalidInput: the log cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        if not path.is_file():
            raise OSError(None, "no regular file")
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be read ({error.strerror}). Look what it is, or move it away"
        ) from error
    found = [gap for line in lines if (gap := _gap(line))]
    return tuple(gap for gap in found if not since or gap.at.date() >= since)


def grouped(gaps: Iterable[Gap]) -> tuple[Group, ...]:
    """The questions that ask for the same together, those asked most often first.

    Two do when at least half of the telling words of both are the same, whatever their forms, and
    the names and numbers of one are not others than those of the other.
    """
    groups: list[tuple[_Words, list[Gap]]] = []
    having: dict[str, list[int]] = {}
    for gap in sorted(gaps, key=lambda gap: gap.at, reverse=True):
        words = _words(gap.question)
        near = {at for word in words.all or {""} for at in having.get(word, ())}
        alike, place = max(((_alike(words, groups[at][0]), -at) for at in near), default=(0.0, 0))
        if alike >= _ALIKE:
            groups[-place][1].append(gap)
            continue
        for word in words.all or {""}:
            having.setdefault(word, []).append(len(groups))
        groups.append((words, [gap]))
    ordered = sorted(groups, key=lambda group: (-len(group[1]), -group[1][0].at.timestamp()))
    return tuple(Group(tuple(some)) for _, some in ordered)


class _Words(NamedTuple):
    """What a question is about, by the stems of its words."""

    all: frozenset[str]
    names: frozenset[str]  # and numbers


def _words(question: str) -> _Words:
    telling = terms.telling_words(question)
    first = question.split()[:1]
    names = [w for w in telling if w[0].isdigit() or (w[0].isupper() and w not in first)]
    return _Words(frozenset(map(terms.stem, telling)), frozenset(map(terms.stem, names)))


def _alike(one: _Words, other: _Words) -> float:
    """The share of the words of both that they have in common (Jaccard); 1 of no words."""
    if one.names - other.all and other.names - one.all:
        return 0.0
    return len(one.all & other.all) / len(one.all | other.all) if one.all or other.all else 1.0


def _gap(line: str) -> Gap | None:
    try:
        row = json.loads(line)
        at = dt.datetime.fromisoformat(row["at"])
        question, reason = row["question"], row["reason"]
        if at.tzinfo is None or not isinstance(question, str) or not isinstance(reason, str):
            return None
        return Gap(at.astimezone(), question, Why(row["why"]), reason)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
