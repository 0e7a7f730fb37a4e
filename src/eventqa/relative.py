"""Times counted from a day: yesterday, on Friday, last week, two years ago."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from eventqa import timewords as words
from eventqa.days import Days, moved, third, weekend, whole

_Match = re.Match[str]


def days_of(match: re.Match[str], lead: str, near: dt.date, asking: bool) -> Days | None:
    """The days of a time, counted from a day; None when it is none, or beyond the calendar.

    Args:
        match: what the scan found, one of `KINDS`.
        lead: the word before it.
        asking: whether it is a question that has it.
    """
    try:
        return _READERS[str(match.lastgroup)](match, lead, near, asking)
    except OverflowError:
        return None  # "in the last 999 decades"


def is_ahead(text: str, start: int, asking: bool) -> bool:
    """Whether the sentence speaks of the future before a place; a question may do so after it."""
    before = _SENTENCE_END.split(text[max(0, start - 4 * words.NEAR) : start])[-1]
    if (will := _WILL.search(before)) and not _SAID.search(before, will.end()):
        return True
    if not asking or before.count(" ") > 1:
        return False
    after = _SENTENCE_END.split(text[start : start + 4 * words.NEAR])[0]
    return bool(_WILL.search(after) and not _SAID.search(after))


_WILL = re.compile(
    r"(?<![^\W_])(?:will|would|shall|upcoming|scheduled|going to|set to)(?![^\W_])", re.IGNORECASE
)
_SAID = re.compile(r"(?<![^\W_])(?:said|told|announced|added|confirmed)(?![^\W_])", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?]\s(?=\W{0,3}[^\W\da-z_])")
_NO_DAY = frozenset(  # words that make the next weekday a name, or many days
    "black good super bloody ash palm easter holy cyber every each giving per".split()
)
_NO_DAY_AFTER = re.compile(r"\s(?:Night\s(?:Live|Football)|Times|Telegraph|Mail|Morning Post)")
_NO_TODAY = frozenset(["usa", "russia"])
_VAGUE = frozenset(["few", "several"])
# Of what was so many units ago, the days that are meant.
_AGO = dict(day="day", week="week", fortnight="week", month="month", year="year", decade="year")


def _weekday(m: _Match, lead: str, near: dt.date, asking: bool) -> Days | None:
    how = _how(m["w_how"])
    if not how and (lead in _NO_DAY or _NO_DAY_AFTER.match(m.string, m.end())):
        return None
    number = words.WEEKDAYS.index(m["w"].lower())
    if not how and (lead in words.STARTING or is_ahead(m.string, m.start(), asking)):
        how = "coming or today"
    ahead = (number - near.weekday()) % 7
    days = {
        "last": ahead - 7,
        "past": ahead - 7,
        "this": number - near.weekday(),
        "next": number - near.weekday() + 7,
        "coming": ahead or 7,
        "coming or today": ahead,
    }.get(how, ahead - 7 if ahead else 0)
    day = moved(near, "day", days)
    return day, day


def _near(m: _Match, lead: str, near: dt.date, asking: bool) -> Days | None:
    said = " ".join(m[0].lower().split())
    if lead in _NO_TODAY:
        return None
    if said.endswith("weekend"):
        return weekend(near, is_ahead(m.string, m.start(), asking))
    days = {"yesterday": -1, "tomorrow": 1, "last night": -1}
    days |= {"day before yesterday": -2, "day after tomorrow": 2}
    day = moved(near, "day", days.get(said, 0))
    return day, day


def _rolling(m: _Match, lead: str, near: dt.date, asking: bool) -> Days | None:
    how, unit, number = _how(m["r_how"]), m["r"].lower(), m["r_n"]
    if m["r_s"] and not number:
        return None
    if (number or words.after_the(m)) and m.string[m.end() : m.end() + 4].lower() == " of ":
        return None  # "the last two weeks of May"
    if number or unit == "fortnight":
        return _stretch(near, how, unit, _count(number or "one"))
    if unit in ("hour", "day"):
        return None
    if how in ("past", "coming") and unit == "weekend":
        return weekend(near, how == "coming")
    if how in ("past", "coming"):
        return _stretch(near, how, unit, 1)
    if how != "this" and words.after_the(m):
        # "over the last year" is up to now; "the next year" leans on an earlier sentence
        return _stretch(near, how, unit, 1) if lead in words.IN else None
    days = whole(unit, near, {"last": -1, "this": 0, "next": 1}[how])
    part = (m["r_part"] or "").lower()
    if how == "this" and unit == "week" and asking and part in ("", "earlier", "early"):
        return _stretch(near, "past", "week", 1)
    return _cut(days, part, near if how == "this" else None)


def _cut(days: Days, part: str, today: dt.date | None) -> Days:
    """What "earlier", "late" and the like leave of a week, month or year; today if it is in it."""
    if part == "later" and today:
        return today, days[1]
    if part == "earlier" and today:
        return days[0], today
    return third(days, words.THIRDS.get(part))


def _stretch(near: dt.date, how: str, unit: str, number: int) -> Days | None:
    """So many days, weeks, months before the day of reference, or after it."""
    if unit == "hour":
        unit, number = "day", -(-number // 24)
    if how in ("next", "coming"):
        return near, moved(near, unit, number)
    return (moved(near, unit, -number), near) if how != "this" else None


def _ago(m: _Match, lead: str, near: dt.date, asking: bool) -> Days | None:
    unit = m["a"].lower()
    vague = m["a_n"].lower() in _VAGUE or lead in words.ROUGHLY
    if vague or unit not in _AGO:
        return None
    day = moved(near, unit, -_count(m["a_n"]))
    return (day, day) if unit == "day" else whole(_AGO[unit], day)


def _how(written: str | None) -> str:
    return written.lower().split()[-1] if written else ""


def _count(written: str) -> int:
    word = written.split()[0].lower()
    return int(word) if word[0].isdigit() else words.NUMBERS[word]


_READERS: dict[str, Callable[[_Match, str, dt.date, bool], Days | None]] = {
    "weekday": _weekday,
    "near": _near,
    "rolling": _rolling,
    "ago": _ago,
}
KINDS = frozenset(_READERS)
"""Of the groups of the scan those that are read here."""
