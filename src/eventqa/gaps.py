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
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eventqa import terms
from eventqa.types import Answer, InvalidInput, Why

_log = logging.getLogger(__name__)

FILE = "gaps.jsonl"
OLDER = "gaps.old.jsonl"
"""What was in the log before it grew too long for one file."""

_LONGEST = 8 * 1024 * 1024  # bytes, some 40,000 questions
# No gap of the archive: it was empty, or not to be read for a moment.
_PASSING = (Why.EMPTY, Why.CHANGED)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
# Two questions ask for the same when they share this part of the telling words of both.
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that was refused."""

    at: dt.datetime  # UTC
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
        day = newest.at.astimezone().date().isoformat()
        lines = [f"{newest.question}", f"    {asked} on {day}: {newest.reason}"]
        return "\n".join([*lines, *(f"    also: {other}" for other in others)])


def add(folder: Path, answer: Answer) -> None:
    """Writes a refusal into the log of a store; what cannot be written is only logged.

    A question is answered or refused just the same when the disk is full.
    """
    if answer.why is None or answer.why in _PASSING:
        return
    now = dt.datetime.now(dt.UTC)
    question = _EMAIL.sub("…@…", answer.question)
    line = json.dumps(
        Gap(now, question, answer.why, _EMAIL.sub("…@…", answer.reason or "")).to_dict(),
        ensure_ascii=False,
    )
    path = folder / FILE
    try:
        if path.is_file() and path.stat().st_size > _LONGEST:
            os.replace(path, folder / OLDER)
        # One write of a whole line at the end: what others write at the same time stays whole.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, f"{line}\n".encode())
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
    found: list[Gap] = []
    for path in (folder / OLDER, folder / FILE):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InvalidInput(
                f"{str(path)!r} cannot be read ({error.strerror}). Look at its permissions"
            ) from error
        found += [gap for line in lines if (gap := _gap(line))]
    return tuple(gap for gap in found if not since or gap.at.astimezone().date() >= since)


def grouped(gaps: Iterable[Gap]) -> tuple[Group, ...]:
    """The questions that ask for the same together, those asked most often first.

    Two do when at least half of the telling words of both are the same, whatever their forms.
    """
    groups: list[tuple[frozenset[str], list[Gap]]] = []
    for gap in sorted(gaps, key=lambda gap: gap.at, reverse=True):
        words = frozenset(map(terms.stem, terms.telling_words(gap.question)))
        near = max(groups, key=lambda group: _alike(words, group[0]), default=None)
        if near and _alike(words, near[0]) >= _ALIKE:
            near[1].append(gap)
        else:
            groups.append((words, [gap]))
    ordered = sorted(groups, key=lambda group: (-len(group[1]), -group[1][0].at.timestamp()))
    return tuple(Group(tuple(some)) for _, some in ordered)


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of the words of both that they have in common (Jaccard); 1 of no words."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _gap(line: str) -> Gap | None:
    try:
        row = json.loads(line)
        at = dt.datetime.fromisoformat(row["at"])
        question, reason = row["question"], row["reason"]
        if at.tzinfo is None or not isinstance(question, str) or not isinstance(reason, str):
            return None
        return Gap(at, question, Why(row["why"]), reason)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
