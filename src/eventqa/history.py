"""What was asked before and what was shown for it, in whatever form a caller keeps it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from eventqa.types import Answer, InvalidType, Period, brief, one_line

SHOWN = 10_000
"""Of what was shown so much is read, in code points: a longer paragraph is hardly prose."""
# Whoever calls may keep all of a long day.
_TURNS = 50
_QUESTION = 1_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what was shown for it."""

    question: str
    shown: str = ""  # the passage that came first; empty where there is none, or none is known
    release: str = ""  # the id of its release, where it is known
    period: Period | None = None  # the time it was understood to speak of
    timed: bool = False  # whether that is known; else the question tells


def turns(value: object) -> tuple[Turn, ...]:
    """The answered turns of a conversation, oldest first, in any of these forms.

    A question as text, an `Answer` or what its `to_dict` gives, a pair of question and words
    shown, or messages such as `{"role": "user", "content": …}`, each with the reply after it
    (`assistant` or any other name; those of a `system`, a `developer` or a `tool` are passed
    over). A question that was refused is left out: what it named is not what the talk is about.

    Raises:
        InvalidType: it is no list, or one of it has another form; the message names it.
    """
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, Sequence):
        shown = brief(value)
        raise InvalidType(f"history is {shown}, it must be a list of earlier questions")
    found: list[Turn | None] = []  # None: a question that was refused
    for at, one in enumerate(cast("Sequence[object]", value)):
        who = _speaker(one)
        last = found[-1] if found else None
        if who in _ASKING:
            found.append(_turn(one, at))
        elif who not in _UNHEARD and last:
            found[-1] = replace(last, shown=_content(one)[:SHOWN] or last.shown)
    return tuple(turn for turn in found if turn)[-_TURNS:]


_ASKING = ("", "user", "human")
_UNHEARD = ("system", "developer", "tool", "function")


def _turn(one: object, at: int) -> Turn | None:
    """A turn of its own, or None of a refused one."""
    if isinstance(one, Answer):
        if not one.answered:
            return None
        first = one.hits[0].passage
        return Turn(_line(one.question), first.text[:SHOWN], first.release.id, one.period, True)
    if isinstance(one, str):
        return Turn(_line(one))
    if isinstance(one, tuple | list):
        pair = cast("Sequence[object]", one)
        if len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
            return Turn(_line(pair[0]), pair[1][:SHOWN])
    if isinstance(one, Mapping):
        values = cast("Mapping[str, object]", one)
        if "answered" in values and isinstance(values.get("question"), str):
            return _told(values)
        if question := _content(values):
            return Turn(_line(question))
    told = brief(cast("object", one))
    raise InvalidType(
        f"history[{at}] is {told}. It must be an earlier question, an answer, a pair "
        'of question and words shown, or a message such as {"role": "user", "content": "…"}'
    )


def _told(answer: Mapping[str, object]) -> Turn | None:
    """The turn of an answer in plain JSON values, None of a refusal."""
    hits = answer.get("hits")
    first = next(iter(cast("list[object]", hits)), None) if isinstance(hits, list) else None
    if not answer["answered"]:
        return None
    question = _line(str(answer["question"]))
    shown, release = _text(first, "text"), _text(_field(first, "release"), "id")
    period = _period(answer.get("period"), question)
    return Turn(question, shown[:SHOWN], release, period, "period" in answer)


def _period(value: object, question: str) -> Period | None:
    """The time that plain JSON values tell, None of nothing and of what is no time."""
    try:
        start, end = (dt.date.fromisoformat(d) if (d := _text(value, n)) else None for n in _ENDS)
    except ValueError:
        return None
    words = _text(value, "words")
    at = question.find(words)
    return Period(start, end, words * (at >= 0), max(at, 0)) if start or end else None


_ENDS = ("start", "end")


def _speaker(one: object) -> str:
    """Whose message it is, empty of what is no message."""
    return (_text(one, "role") or _text(one, "speaker")).lower()


def _content(message: object) -> str:
    """The words of a message, also of one in parts; empty of none."""
    parts = _field(message, "content")
    if isinstance(parts, list):
        return " ".join(filter(None, (_text(part, "text") for part in cast("list[object]", parts))))
    return next(filter(None, (_text(message, name) for name in _NAMES)), "")


_NAMES = ("question", "content", "text")


def _field(value: object, name: str) -> object:
    return cast("Mapping[str, object]", value).get(name) if isinstance(value, Mapping) else None


def _text(value: object, name: str) -> str:
    found = _field(value, name)
    return found if isinstance(found, str) else ""


def _line(question: str) -> str:
    return one_line(question)[:_QUESTION]
