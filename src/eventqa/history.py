"""What was asked before and what was shown for it, in whatever form a caller keeps it. Pure."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from eventqa.types import Answer, InvalidType, Period, one_line

# Of so many turns so much is read, in code points: whoever calls may keep all of a long day.
_TURNS = 50
_QUESTION = 1_000
_SHOWN = 10_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what was shown for it."""

    question: str
    shown: str = ""  # the passage that came first; empty where there is none, or none is known
    release: str = ""  # the id of its release, where it is known
    period: Period | None = None  # the time it was understood to speak of, if an answer tells


def turns(value: object) -> tuple[Turn, ...]:
    """The answered turns of a conversation, oldest first, in any of these forms.

    A question as text, an `Answer` or what its `to_dict` gives, a pair of question and words
    shown, or messages such as `{"role": "user", "content": …}`, each with the reply after it. A
    question that was refused is left out: what it named is not what the talk is about.

    Raises:
        InvalidType: it is no list, or one of it has another form; the message names it.
    """
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, Sequence):
        shown = reprlib.repr(value)
        raise InvalidType(f"history is {shown}, it must be a list of earlier questions")
    found: list[Turn] = []
    items = cast("Sequence[object]", value)
    for at, one in enumerate(items):
        reply = _reply(one)
        if reply is None:
            turn = _turn(one, at)
            found += [turn] if turn else []
        elif found:
            found[-1] = replace(found[-1], shown=reply[:_SHOWN])
    return tuple(found[-_TURNS:])


def _turn(one: object, at: int) -> Turn | None:
    """A turn of its own, or None of a refused one."""
    if isinstance(one, Answer):
        if not one.answered:
            return None
        first = one.hits[0].passage
        return Turn(_line(one.question), first.text[:_SHOWN], first.release.id, one.period)
    if isinstance(one, str):
        return Turn(_line(one))
    if isinstance(one, tuple | list):
        pair = cast("Sequence[object]", one)
        if len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str):
            return Turn(_line(pair[0]), pair[1][:_SHOWN])
    if isinstance(one, Mapping):
        values = cast("Mapping[str, object]", one)
        if values.get("answered") is False:
            return None
        for name in ("question", "content", "text"):
            if isinstance(question := values.get(name), str):
                return Turn(_line(question), _first(values.get("hits"))[:_SHOWN])
    told = reprlib.repr(cast("object", one))
    raise InvalidType(
        f"history[{at}] is {told}. It must be an earlier question, an answer, a pair of question "
        'and words shown, or a message such as {"role": "user", "content": "…"}'
    )


def _reply(one: object) -> str | None:
    """The words of a message that is not the user's, else None."""
    if not isinstance(one, Mapping):
        return None
    values = cast("Mapping[str, object]", one)
    who = values.get("role", values.get("speaker"))
    said = values.get("content", values.get("text"))
    return said if who not in (None, "user") and isinstance(said, str) else None


def _first(hits: object) -> str:
    """The words of the first of some hits in plain JSON values; empty without."""
    first = next(iter(cast("list[object]", hits)), None) if isinstance(hits, list) else None
    text = cast("Mapping[str, object]", first).get("text") if isinstance(first, dict) else None
    return text if isinstance(text, str) else ""


def _line(question: str) -> str:
    return one_line(question)[:_QUESTION]
