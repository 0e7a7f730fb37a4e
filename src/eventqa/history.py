"""What was asked before and what was shown for it, in whatever form a caller keeps it. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from eventqa.types import REFUSED, Answer, InvalidType, Period, brief, one_line, whole

SHOWN = 10_000
"""Of what was shown so much is read, in code points: a longer paragraph is hardly prose."""
# Whoever calls may keep all of a long day.
_TURNS = 50
_QUESTION = 1_000

_ASKING = ("", "user", "human")
_UNHEARD = ("system", "developer", "tool", "function")
_FRAMED = re.compile(r"\[1\] (.+?)\n    — ", re.DOTALL)  # as `str()` writes an answer
_NAMES = ("question", "content", "text")
_ENDS = ("start", "end")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what was shown for it."""

    question: str
    shown: str = ""  # the passage that came first; empty where there is none, or none is known
    release: str = ""  # the id of its release, where it is known
    period: Period | None = None  # the time it was understood to speak of
    timed: bool = False  # whether that is known; else the question tells
    refused: bool = False  # nothing was shown


def turns(value: object) -> tuple[Turn, ...]:
    """The turns of a conversation, oldest first, in any of these forms.

    A question as text, an `Answer` or what its `to_dict` gives, a pair of question and words
    shown (None: it was refused), or messages such as `{"role": "user", "content": …}`, each with
    the reply after it (`assistant` or any other name; those of a `system`, a `developer` or a
    `tool` are passed over, as are those without text). What is shown may be an answer as `str()`
    writes it, too.

    Raises:
        InvalidType: it is no list, or one of it has another form; the message names it.
    """
    if value is None:
        return ()
    if isinstance(value, str | bytes | bytearray) or not isinstance(value, Sequence):
        shown = brief(value)
        raise InvalidType(f"history is {shown}, it must be a list of earlier questions")
    found: list[Turn] = []
    for at, one in enumerate(cast("Sequence[object]", value)):
        who = _speaker(one)
        if who in _UNHEARD or (who and not _content(one)):
            continue
        if who in _ASKING:
            found.append(_turn(one, at))
        elif found and not found[-1].refused:
            found[-1] = _shown(found[-1].question, _content(one))
    return tuple(found[-_TURNS:])


def _turn(one: object, at: int) -> Turn:
    """A turn by itself, without a reply after it."""
    found: Turn | None = None
    if isinstance(one, Answer):
        found = _answer(one)
    elif isinstance(one, str):
        found = Turn(_line(one))
    elif isinstance(one, tuple | list):
        found = _pair(*cast("Sequence[object]", one)[:3])
    elif isinstance(one, Mapping):
        values = cast("Mapping[str, object]", one)
        found = _told(values) if "answered" in values else _pair(_content(values))
    if found:
        return found
    told = brief(cast("object", one))
    raise InvalidType(
        f"history[{at}] is {told}. It must be an earlier question, an answer, a pair "
        'of question and words shown, or a message such as {"role": "user", "content": "…"}'
    )


def _answer(answer: Answer) -> Turn:
    if not answer.answered:
        return Turn(_line(answer.question), refused=True)
    passage = answer.hits[0].passage
    return Turn(
        _line(answer.question), passage.text[:SHOWN], passage.release.id, answer.period, timed=True
    )


def _pair(question: object = None, shown: object = "", *others: object) -> Turn | None:
    """The turn of a question and what was shown for it, None if they are something else."""
    if not isinstance(question, str) or not question or others:
        return None
    if shown is None:
        return Turn(_line(question), refused=True)
    return _shown(_line(question), shown) if isinstance(shown, str) else None


def _shown(question: str, reply: str) -> Turn:
    """The turn of a question and what was shown for it, also as `str()` writes an answer."""
    reply = reply.lstrip()
    if reply.startswith(REFUSED):
        return Turn(question, refused=True)
    framed = _FRAMED.match(reply)
    shown = framed[1].replace("\n    │ ", "\n") if framed else reply
    return Turn(question, whole(shown).strip()[:SHOWN])


def _told(answer: Mapping[str, object]) -> Turn | None:
    """The turn of an answer in plain JSON values."""
    if not (question := _line(_text(answer, "question"))):
        return None
    hits = answer.get("hits")
    first = next(iter(cast("list[object]", hits)), None) if isinstance(hits, list) else None
    if answer["answered"] is not True:
        return Turn(question, refused=True)
    shown, release = _text(first, "text"), _text(_field(first, "release"), "id")
    period = _period(answer.get("period"), question)
    return Turn(question, whole(shown)[:SHOWN], whole(release), period, "period" in answer)


def _period(value: object, question: str) -> Period | None:
    """The time that plain JSON values tell, None of nothing and of what is no time."""
    try:
        start, end = (dt.date.fromisoformat(d) if (d := _text(value, n)) else None for n in _ENDS)
        words = _text(value, "words")
        at = question.find(words)
        return Period(start, end, words * (at >= 0), max(at, 0)) if start or end else None
    except ValueError:
        return None


def _speaker(one: object) -> str:
    """Whose message it is, empty of what is no message."""
    return (_text(one, "role") or _text(one, "speaker")).lower()


def _content(message: object) -> str:
    """The words of a message, also of one in parts; empty of none."""
    parts = _field(message, "content")
    if isinstance(parts, list):
        return " ".join(filter(None, (_text(part, "text") for part in cast("list[object]", parts))))
    return next(filter(None, (_text(message, name) for name in _NAMES)), "")


def _field(value: object, name: str) -> object:
    return cast("Mapping[str, object]", value).get(name) if isinstance(value, Mapping) else None


def _text(value: object, name: str) -> str:
    found = _field(value, name)
    return found if isinstance(found, str) else ""


def _line(question: str) -> str:
    return one_line(whole(question))[:_QUESTION]
