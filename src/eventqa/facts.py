"""Facts that somebody wrote down beside a text: in front matter, a sidecar or a line of JSON.

What cannot be used is warned of and left out. The only home of YAML.
"""

from __future__ import annotations

import datetime as dt
import re
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import yaml

from eventqa import dates
from eventqa.decode import Undecodable, check_text, decode
from eventqa.document import LARGEST_SIDECAR, Facts, Origin
from eventqa.types import one_line

Warn = Callable[[str], None]

# SQLite's JSON cuts a text at a zero, and an id is shown in messages of one line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_ADDRESS = 2_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
# Other names under which archives keep the same fact.
_ALIASES = {"body": ("body", "source"), "language": ("language", "lang")}


class NoFacts(ValueError):
    """A text that holds no facts but is something else; the message says why."""


def from_yaml(text: str, kind: str, warn: Warn, first_line: int = 1) -> Mapping[str, object]:
    """The values that YAML gives by name; none if it is broken, which is warned of.

    Args:
        kind: what the text is called in messages.
        first_line: the line of the file that the text begins on.

    Raises:
        NoFacts: it is too long, or no mapping.
    """
    if len(text) > LARGEST_SIDECAR:
        raise NoFacts(
            f"its {kind} has {len(text):,} characters, at most {LARGEST_SIDECAR:,} are allowed"
        )
    try:
        # BaseLoader makes text of every scalar: `language: no` stays Norwegian.
        values = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + first_line}" if mark else ""
        why = getattr(error, "problem", None) or "it cannot be parsed"
        warn(f"its {kind} is not YAML{where} ({why}), so it was left aside. Mend it")
        return {}
    if values is None or isinstance(values, dict):
        return cast("Mapping[str, object]", values or {})
    raise NoFacts(f"its {kind} is {kind_of(values)}, not `name: value` lines")


def of(values: Mapping[str, object], origin: Origin, warn: Warn) -> Facts:
    """The facts among some values.

    Args:
        origin: what the release goes by if its id cannot be used.

    Raises:
        Undecodable: its id holds half a character.
    """

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
                warn(f"its {key} is {kind_of(value)}, expected text, and was left out")
        return None

    return Facts(
        title=text("title") or "",
        place=text("place"),
        date=_date(text("date"), warn),
        body=text("body"),
        url=_url(text("url"), warn),
        language=text("language"),
        id=_id(values.get("id"), origin, warn),
        supersedes=(text("supersedes") or "").removeprefix("./") or None,
        fetched_at=_instant(text("fetched_at"), warn),
    )


def written(values: Mapping[str, str]) -> bytes:
    """The text of a sidecar that tells these values, in their order."""
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True).encode()


def read_back(sidecar: bytes) -> dict[str, str]:
    """The values of a sidecar that are text; none of what is no sidecar."""
    try:
        values = from_yaml(decode(sidecar)[0], "sidecar", lambda _: None)
    except (Undecodable, NoFacts):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}


def is_web_address(written: str) -> bool:
    """Whether it is an address with http or https that a browser would open."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return False
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return is_web and len(written) <= _LONGEST_ADDRESS and not re.search(r"[\s\x00-\x1f]", written)


def language_tag(written: str) -> str | None:
    """A language as HTML and mails name it (BCP 47), None if it is something else."""
    found = _LANGUAGE.fullmatch(written.strip())
    return found[0] if found else None


def kind_of(value: object) -> str:
    """What a value of JSON or YAML is, in words for people."""
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


def _date(written: str | None, warn: Warn) -> dt.date | None:
    found = dates.day(written) if written else None
    if written and not found:
        shown = reprlib.repr(written)
        warn(f"its date {shown} names no one day and was left out. Write it as 2018-05-05")
    return found


def _instant(written: str | None, warn: Warn) -> dt.datetime | None:
    if written is None:
        return None
    try:
        found = dt.datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        shown = reprlib.repr(written)
        warn(f"its fetched_at {shown} is no time and was left out. Write it as 2018-05-05T10:12Z")
        return None


def _url(written: str | None, warn: Warn) -> str | None:
    if written and not is_web_address(written):
        warn(f"its url {reprlib.repr(written)} is no http or https address and was left out")
        return None
    return written


def _id(value: object, origin: Origin, warn: Warn) -> str | None:
    if isinstance(value, str) and value.strip() and not _CONTROL.search(value):
        return check_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None:
        kind = repr(value) if isinstance(value, str) and len(value) < 60 else kind_of(value)
        warn(
            f"its id is {kind}, not text on one line or a whole number: it goes by {str(origin)!r}"
        )
    return None
