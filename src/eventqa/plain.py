"""Texts, Markdown and JSON Lines → documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

from eventqa import facts
from eventqa.decode import Undecodable, check_text, decode
from eventqa.document import Document, Facts, Origin, Piece
from eventqa.facts import kind_of
from eventqa.parse import paragraphs

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_UNCLOSED = re.compile(r"\A---[ \t]*\n\s*[\w-]+\s*:")


def text(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a text file.

    Raises:
        Undecodable: it holds none.
    """
    words, warning = decode(data, origin.encoding)
    yield Piece(document(words), warnings=(warning,) if warning else ())


def document(words: str) -> Document:
    """A text that may begin with its title."""
    return Document(words, tuple(paragraphs(words)), find_title=True)


def markdown(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a Markdown file, with the facts of its front matter.

    Raises:
        Undecodable: it holds none.
    """
    words, warning = decode(data, origin.encoding)
    warnings = [warning] if warning else []
    values: Mapping[str, object] = {}
    if found := _FRONT_MATTER.match(words):
        try:
            values = facts.from_yaml(found["yaml"], "front matter", warnings.append, first_line=2)
            words = words[found.end() :]
        except facts.NoFacts as error:
            warnings.append(
                f"{error}, so it was read as text. Write a few `name: value` lines, or a blank "
                "line before the first ---"
            )
    elif _UNCLOSED.match(words):
        warnings.append("its front matter has no closing ---, so it was read as text. Add the line")
    if not words.strip():
        raise Undecodable("there is no text after the front matter. Add it, or remove the file")
    told = facts.of(values, origin, warnings.append)
    yield Piece(
        Document(words, tuple(paragraphs(words)), told, find_title=not told.title),
        warnings=tuple(warnings),
    )


def json_lines(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The document of each line.

    Raises:
        Undecodable: it holds no text at all.
    """
    words, warning = decode(data)
    if warning:
        yield Piece(None, warnings=(warning,))
    for number, line in enumerate(words.split("\n"), start=1):
        if not line.strip():
            continue
        warnings: list[str] = []
        try:
            place = Origin(origin.path, origin.member, number)
            yield Piece(_of_line(line, place, warnings), line=number, warnings=tuple(warnings))
        except (Undecodable, ValueError, RecursionError) as error:
            message = f"{_why(error)} The line was left out; mend it and build again"
            yield Piece(message, line=number)


def _of_line(line: str, origin: Origin, warnings: list[str]) -> Document:
    values = json.loads(line)
    if not isinstance(values, dict):
        held = "null" if values is None else kind_of(values)
        raise Undecodable(f'it holds {held}, not an object {{"text": …}}')
    values = cast("dict[str, object]", values)
    words = values.get("text")
    if not isinstance(words, str) or not words.strip():
        raise Undecodable(f'"text" is {kind_of(words)}, it must be the release\'s words')
    words = check_text(words.replace("\r\n", "\n").replace("\r", "\n"))
    told: Facts = facts.of(values, origin, warnings.append)
    return Document(words, tuple(paragraphs(words)), told)


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg} at character {error.colno}."
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    if not isinstance(error, Undecodable):
        return "a number in it has too many digits."
    return f"{str(error).rstrip('.')}."
