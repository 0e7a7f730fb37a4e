"""Question files: what is asked of a corpus, and which words in it answer.

JSON Lines, one question a line:

    {"id": "q1", "question": "Who hosted the conference?", "evidence": [{"doc_id": "release.txt",
     "text": "The conference was hosted by the Government of Tajikistan."}]}

`answerable` is true when there is evidence, unless it says otherwise. `type`, `answers`, `date`
(the day of asking) and `history` (earlier turns) may be left out; other fields are ignored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from eventqa import request
from eventqa.types import InvalidInput, one_line

Row = Mapping[str, Any]

_NO_FILTER: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of a release that answer a question."""

    doc_id: str  # the id of the release
    text: str  # empty: every passage of the release answers


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is true about it."""

    id: str  # no two questions of a file share one
    question: str
    answerable: bool
    evidence: tuple[Evidence, ...]
    type: str = ""
    date: str | None = None  # the day of asking
    history: tuple[object, ...] = ()  # earlier turns, as `EventQA.ask` takes them
    answers: tuple[str, ...] = ()
    cut: bool = False  # whether the question was longer than can be asked

    def __post_init__(self) -> None:
        if self.answerable and not self.evidence:
            raise ValueError(f"question {self.id!r} is answerable, but has no evidence")


def read(
    path: str | os.PathLike[str], where: Mapping[str, str] = _NO_FILTER
) -> tuple[Question, ...]:
    """The questions of a file, in its order; at least one.

    A question longer than can be asked is cut at a word, and its `cut` is true.

    Args:
        where: keep to the lines whose fields have these values: `{"lang": "en"}`.

    Raises:
        InvalidInput: the file cannot be read, a line of it is no question, or none is left; the
            message names file and line.
    """
    path = Path(path)
    seen: dict[str, int] = {}
    questions: list[Question] = []
    for number, row in _rows(path):
        if any(_written(row.get(name)) != value for name, value in where.items()):
            continue
        question = _question(row, f"{path}, line {number}")
        first = seen.setdefault(question.id, number)
        if first != number:
            raise InvalidInput(
                f"{path}, line {number}: the id {question.id!r} is that of line {first}, too. "
                "Give each question its own"
            )
        questions.append(question)
    if not questions:
        raise InvalidInput(_none_left(path, where))
    return tuple(questions)


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The numbered lines that are not blank, each a JSON object."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _row(line, f"{path}, line {number}")
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be read ({error.strerror}). Name a question file"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{str(path)!r} is not UTF-8 ({error}). Save it as UTF-8") from error


def _row(line: str, place: str) -> Row:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{place}: not JSON ({error}). Write one question a line") from error
    if not isinstance(values, dict):
        raise InvalidInput(f'{place}: {_shown(values)} is no question. Write {{"id": …}}')
    return cast("dict[str, Any]", values)


def _question(row: Row, place: str) -> Question:
    evidence = tuple(_evidence(one, place) for one in _list(row, "evidence", place))
    answerable = row.get("answerable", bool(evidence))
    if not isinstance(answerable, bool):
        raise _wrong(place, "answerable", answerable, "true or false")
    if answerable and not evidence:
        raise InvalidInput(
            f"{place}: the question is answerable, but has no evidence. Name the document that "
            'answers, {"evidence": [{"doc_id": …}]}, or set answerable to false'
        )
    text = one_line(_text(row, "question", place))
    question = Question(
        id=_id(row, "id", place),
        question=_cut(text),
        answerable=answerable,
        evidence=evidence,
        type=_text(row, "type", place, default=""),
        date=_text(row, "date", place, default="") or None,
        history=tuple(_list(row, "history", place)),
        answers=tuple(str(one) for one in _list(row, "answers", place)),
        cut=len(text) > request.LONGEST_QUESTION,
    )
    _check(question, place)
    return question


def _evidence(value: object, place: str) -> Evidence:
    if not isinstance(value, dict):
        raise _wrong(place, "evidence", value, 'objects such as {"doc_id": …, "text": …}')
    row = cast("dict[str, Any]", value)
    text = _text(row, "text", place, default="")
    if text and not any(character.isalnum() for character in text):
        raise InvalidInput(
            f"{place}: the evidence {_shown(text)} has no word in it. Write the words that answer, "
            "or leave text out where the whole document does"
        )
    return Evidence(_id(row, "doc_id", place), text)


def _cut(text: str) -> str:
    """The longest beginning that can be asked, ending with a whole word where it has several."""
    if len(text) <= request.LONGEST_QUESTION:
        return text
    head, space, _ = text[: request.LONGEST_QUESTION + 1].rpartition(" ")
    return head if space else text[: request.LONGEST_QUESTION]


def _check(question: Question, place: str) -> None:
    """Finds what could not be asked now, and not after an hour of asking."""
    try:
        request.check(question.question, 1, None, None, question.date, question.history)
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error}") from error


def _id(row: Row, name: str, place: str) -> str:
    value = row.get(name)
    # A corpus of JSON Lines may number its releases, too; there 7 and "7" are the same.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise _wrong(place, name, value, "text or a whole number")
    return value


def _text(row: Row, name: str, place: str, default: str | None = None) -> str:
    value = row.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise _wrong(place, name, value, "text")
    return value


def _list(row: Row, name: str, place: str) -> Sequence[object]:
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong(place, name, value, "a list")
    return cast("list[object]", value)


def _wrong(place: str, name: str, value: object, expected: str) -> InvalidInput:
    found = "missing" if value is None else f"{_shown(value)}"
    return InvalidInput(f"{place}: {name!r} is {found}. It must be {expected}")


def _none_left(path: Path, where: Mapping[str, str]) -> str:
    if where:
        wanted = " and ".join(f"{name}={value}" for name, value in where.items())
        return f"{path}: no question has {wanted}. Change or leave out --where"
    return f"{path}: no question in it. Write one a line, as JSON"


def _written(value: object) -> str:
    """A value as one would write it on a command line: `en`, `7`, `true`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    """A value short enough for a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
