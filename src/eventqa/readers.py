"""One file of the corpus → its releases and what is wrong with it.

`.txt`, `.md` (with optional YAML front matter) and `.jsonl` (one release a line). The only home
of YAML.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import yaml

from eventqa import dates
from eventqa.decode import Undecodable, check_text, decode
from eventqa.parse import Facts, parse
from eventqa.types import Problem, Release, one_line

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
# Ten times what any archive writes; a megabyte of YAML takes five seconds.
_LONGEST_FRONT_MATTER = 65_536
_UNCLOSED = re.compile(r"\A---[ \t]*\n\s*[\w-]+\s*:")
# SQLite's JSON cuts a text at a zero, and an id is shown in messages of one line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Other names under which archives keep the same fact.
_ALIASES = {"body": ("body", "source"), "language": ("language", "lang")}


@dataclass(slots=True)
class Reading:
    """What came out of one file."""

    releases: list[Release] = field(default_factory=list[Release])
    problems: list[Problem] = field(default_factory=list[Problem])


def read(path: str, data: bytes) -> Reading:
    """The releases in a file's bytes, in order, and its problems. Never raises for bad content.

    Args:
        path: relative to the corpus, with forward slashes; its suffix is one of `SUFFIXES`.
    """
    reading = Reading()
    try:
        text, warning = decode(data)
        if warning:
            reading.problems.append(Problem(path, None, warning, lost=False))
        _READERS[path[path.rindex(".") :].lower()](path, text, reading)
    except Undecodable as error:
        reading.problems.append(Problem(path, None, str(error), lost=True))
    return reading


def _read_text(path: str, text: str, reading: Reading) -> None:
    release = parse(text, id=path, path=path, line=None, facts=Facts(), find_title=True)
    reading.releases.append(release)


def _read_markdown(path: str, text: str, reading: Reading) -> None:
    def warn(message: str) -> None:
        reading.problems.append(Problem(path, None, message, lost=False))

    values: Mapping[str, object] = {}
    found = _FRONT_MATTER.match(text)
    if found:
        values, is_front_matter = _yaml(found["yaml"], warn)
        text = text[found.end() :] if is_front_matter else text
    elif _UNCLOSED.match(text):
        warn("its front matter has no closing ---, so it was read as text. Add the line")
    if not text.strip():
        raise Undecodable("there is no text after the front matter. Add it, or remove the file")
    facts = _facts(values, warn)
    id = _id(values.get("id"), path, warn)
    reading.releases.append(
        parse(text, id=id, path=path, line=None, facts=facts, find_title=not facts.title)
    )


def _read_jsonl(path: str, text: str, reading: Reading) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            reading.releases.append(_json_release(path, number, line, reading))
        except (Undecodable, ValueError, RecursionError) as error:
            message = f"{_why(error)} The line was left out; mend it and build again"
            reading.problems.append(Problem(path, number, message, lost=True))


def _json_release(path: str, number: int, line: str, reading: Reading) -> Release:
    values = json.loads(line)
    if not isinstance(values, dict):
        held = "null" if values is None else _kind(values)
        raise Undecodable(f'it holds {held}, not an object {{"text": …}}')
    values = cast("dict[str, object]", values)
    text = values.get("text")
    if not isinstance(text, str) or not text.strip():
        raise Undecodable(f'"text" is {_kind(text)}, it must be the release\'s words')
    text = check_text(text.replace("\r\n", "\n").replace("\r", "\n"))

    def warn(message: str) -> None:
        reading.problems.append(Problem(path, number, message, lost=False))

    return parse(
        text,
        id=_id(values.get("id"), f"{path}:{number}", warn),
        path=path,
        line=number,
        facts=_facts(values, warn),
        find_title=False,
    )


def _yaml(text: str, warn: Callable[[str], None]) -> tuple[Mapping[str, object], bool]:
    """The values of front matter, and whether it is that rather than text between two rules."""
    if len(text) > _LONGEST_FRONT_MATTER:
        warn(
            f"its front matter has {len(text):,} characters, at most {_LONGEST_FRONT_MATTER:,} are "
            "allowed, so it was read as text. Shorten it"
        )
        return {}, False
    try:
        # BaseLoader makes text of every scalar: `language: no` stays Norwegian.
        values = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 2}" if mark else ""
        why = getattr(error, "problem", None) or "it cannot be parsed"
        warn(f"its front matter is not YAML{where} ({why}), so it was left aside. Mend it")
        return {}, True
    if values is None or isinstance(values, dict):
        return cast("Mapping[str, object]", values or {}), True
    warn(
        f"its front matter is {_kind(values)}, not `name: value` lines, so it was read as text. "
        "Write such lines, or a blank line before the first ---"
    )
    return {}, False


def _facts(values: Mapping[str, object], warn: Callable[[str], None]) -> Facts:
    """The facts among some values; what cannot be used is warned of and left out."""

    def text(name: str) -> str | None:
        for key in _ALIASES.get(name, (name,)):
            value = values.get(key)
            if isinstance(value, str):
                try:
                    words = one_line(check_text(value))
                except Undecodable as error:
                    warn(f"its {key} was left out: {error}")
                    continue
                if words:
                    return words
            elif value is not None:
                warn(f"its {key} is {_kind(value)}, expected text, and was left out")
        return None

    return Facts(
        title=text("title") or "",
        place=text("place"),
        date=_date(text("date"), warn),
        body=text("body"),
        url=_url(text("url"), warn),
        language=text("language"),
    )


def _date(written: str | None, warn: Callable[[str], None]) -> dt.date | None:
    found = dates.day(written) if written else None
    if written and not found:
        shown = reprlib.repr(written)
        warn(f"its date {shown} names no one day and was left out. Write it as 2018-05-05")
    return found


def _url(written: str | None, warn: Callable[[str], None]) -> str | None:
    try:
        parts = urlsplit(written or "")
    except ValueError:
        parts = urlsplit("")
    is_address = parts.scheme in ("http", "https") and parts.netloc and " " not in (written or "")
    if written and not is_address:
        warn(f"its url {reprlib.repr(written)} is no http or https address and was left out")
        return None
    return written


def _id(value: object, otherwise: str, warn: Callable[[str], None]) -> str:
    if isinstance(value, str) and value.strip() and not _CONTROL.search(value):
        return check_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None:
        kind = repr(value) if isinstance(value, str) and len(value) < 60 else _kind(value)
        warn(f"its id is {kind}, not text on one line or a whole number: it goes by {otherwise!r}")
    return otherwise


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    if value == "" or (isinstance(value, str) and not value.strip()):
        return "empty"
    names: dict[type[Any], str] = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
    }
    return names.get(type(value), "a number")


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg} at character {error.colno}."
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    if not isinstance(error, Undecodable):
        return "a number in it has too many digits."
    return f"{str(error).rstrip('.')}."


_READERS: dict[str, Callable[[str, str, Reading], None]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".jsonl": _read_jsonl,
}
READING = 1
"""Raised when the same bytes would be read differently, so that every file is read again."""

SUFFIXES = frozenset(_READERS)
"""The kinds of file that are read, in lower case."""
