"""What is asked, checked: every value is within what is allowed, or the error names both."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from eventqa import dates
from eventqa import history as earlier
from eventqa.history import Turn
from eventqa.types import InvalidInput, InvalidType, brief

Days = tuple[dt.date | None, dt.date | None]
"""First and last, both included; None: open on this side, which only one of them may be."""

MOST_HITS = 1000
LONGEST_QUESTION = 1000
SOURCES = 5
"""Promises are proved for as many sources as `ask` gives."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question that can be answered or refused."""

    question: str
    k: int
    since: dt.date | None
    until: dt.date | None
    asked_on: dt.date | None
    history: tuple[Turn, ...]  # turns before, oldest first
    time: bool = True
    days: Days | None = None  # the time asked for, in place of what the question names


def check(
    question: object,
    k: object,
    since: object = None,
    until: object = None,
    asked_on: object = None,
    history: object = (),
    time: object = True,
) -> Request:
    """The request these values make.

    Raises:
        InvalidInput: one of them is outside what is allowed.
    """
    first, last = day("since", since), day("until", until)
    if first and last and first > last:
        raise InvalidInput(f"since {first} is after until {last}: no release can be dated between")
    return Request(
        _question(question),
        _hits(k),
        first,
        last,
        day("asked_on", asked_on),
        earlier.turns(history),
        time is not False,
        _days(time),
    )


def risk(value: object) -> float | None:
    """A share of wrong answers that may be promised, over 0 and under 1; None for no promise.

    Raises:
        InvalidInput: it is anything else.
    """
    allowed = "it must be a share over 0 and under 1, such as 0.1"
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidType(f"risk is {brief(value)}, {allowed}")
    if not 0 < value < 1:
        raise InvalidInput(f"risk is {brief(value)}, {allowed}")
    return float(value)


def check_promised(asked: Request) -> None:
    """Finds what no promise was proved for.

    Raises:
        InvalidInput: fewer sources are asked for, time is not to count, or there is a history.
    """
    if asked.k < SOURCES:
        raise InvalidInput(
            f"k is {asked.k}, but risks are proved for {SOURCES} sources and more. Ask for "
            f"{SOURCES}, or leave the risk out"
        )
    if asked.history:
        raise InvalidInput(
            "there is a history, but risks are proved for questions that stand alone. Ask without "
            "it, or leave the risk out"
        )
    if not asked.time or asked.days:
        raise InvalidInput(
            "time is not left to the question, but risks are proved with the time that it speaks "
            "of. Let it count, or leave the risk out"
        )


def _days(time: object) -> Days | None:
    """The days given as the time asked for, None when there are none."""
    if isinstance(time, bool):
        return None
    pair = cast("Sequence[object]", time) if isinstance(time, tuple | list) else ()
    if len(pair) != 2:
        shown = brief(cast("object", time))
        raise InvalidType(f"time is {shown}, it must be True, False, or the first and the last day")
    first, last = pair
    start, end = day("time", first), day("time", last)
    if start is None and end is None:
        raise InvalidInput("time has neither a first nor a last day. Give one, or True")
    if start and end and start > end:
        raise InvalidInput(f"time begins on {start}, after {end}: no day lies between")
    return start, end


def _question(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidType(f"the question is {brief(value)}, it must be text")
    # Control characters and halves of surrogate pairs carry no meaning and no encoder reads them.
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in value)
    text = " ".join(text.split())
    if len(text) > LONGEST_QUESTION:
        raise InvalidInput(
            f"the question has {len(text):,} characters, at most {LONGEST_QUESTION:,} are allowed. "
            "Ask for one thing at a time"
        )
    if not any(c.isalnum() for c in text):
        raise InvalidInput(
            f"the question {brief(value)} has no word in it. Write what you want to know"
        )
    return text


def _hits(value: object) -> int:
    allowed = f"a whole number from 1 to {MOST_HITS:,} is allowed"
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidType(f"k is {brief(value)}, {allowed}")
    if not 1 <= value <= MOST_HITS:
        raise InvalidInput(f"k is {brief(value)}, {allowed}")
    return value


def day(name: str, value: object) -> dt.date | None:
    """The day that a value names; None of nothing.

    Raises:
        InvalidInput: it names none; the message calls it by `name`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        raise InvalidType(f"{name} is {brief(value)}, it must be a date or text such as 2018-05-05")
    found = dates.day(value) if len(value) <= 40 else None
    if found is None:
        raise InvalidInput(f"{name} is {brief(value)}, which names no one day. Write 2018-05-05")
    return found
