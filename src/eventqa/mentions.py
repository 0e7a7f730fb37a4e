"""The times a text mentions, one by one: each from a first to a last day, as far as it names them.

`relative` reads those that are counted from a day, `ranges` makes periods of them all.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from eventqa import relative
from eventqa import timewords as words
from eventqa.days import Parts, parts

_Match = re.Match[str]
_Ends = tuple[Parts, Parts] | None


class When(NamedTuple):
    """What a text's relative times are counted from."""

    day: dt.date | None  # of asking or of publication
    asking: bool = False
    day_first: bool | None = None


class Mention(NamedTuple):
    """A time as written, from `low` to `high`, and the word that leads up to it."""

    kind: str
    low: Parts
    high: Parts
    lead: str  # in small letters, articles skipped
    lead_start: int
    third: int | None  # "early", "mid", "late"
    start: int  # with them
    end: int

    @property
    def is_relative(self) -> bool:
        """Whether it is counted from the day of reference."""
        return self.kind in relative.KINDS


def mentions(text: str, when: When) -> Iterator[Mention]:
    """All times of a text, in order."""
    for match in words.scan().finditer(text):
        before = _before(text, match.start())
        if ends := _read(match, before[0], when):
            yield Mention(str(match.lastgroup), *ends, *before, match.end())


_WORD_BEFORE = re.compile(
    r"(?:(?:early|late)\sin|(?:beginning|start|middle|end)\sof|(?:prior|up)\sto)(?![^\W_])"
    r"|(?:since|until|till)\sat\sleast(?![^\W_])|(?<![\w.’'])(?:s|h\.r|res|c)\s?\.(?!\w)"
    r"|(?:mid|pre|post)-|[^\W\d_]+|\S",
    re.IGNORECASE,
)
_SKIPPED = frozenset("the year sometime about around approximately roughly c.".split())

# A year of two digits lies at most so many years ahead, a fiscal year, which is planned, so many;
# where no day is known it is this or before.
_AHEAD = 10
_PLANNED = 40
_LATEST = 2069

# A number before one of these is no year.
_COUNTED = re.compile(
    r"\s{0,3}(?:[%°€£$]|-?(?:[Aa]genda|AGENDA|people|persons|soldiers|troops|men|women|children|"
    r"voters|votes|seats|jobs|homes|houses|workers|employees|members|students|victims|deaths|cases|"
    r"refugees|migrants|families|companies|miles?|km|kilomet(?:er|re)s|m²|met(?:er|re)s|feet|ft|"
    r"acres|hectares|tons|tonnes|pounds|kg|dollars|euros|hours|hrs|GMT|UTC|BCE?|days|weeks|months|"
    r"years|MW|words|copies|units|vehicles|cars|ships|percent|per cent)(?![^\W_])|B\.C)"
)


def _before(text: str, start: int) -> tuple[str, int, int | None, int]:
    """The word before a time, its place, which third "early" or "late" makes it, and its start."""
    third = None
    for word in reversed([*_WORD_BEFORE.finditer(text, max(0, start - words.NEAR), start)]):
        said = " ".join(word[0].lower().replace(" .", ".").split())
        if third is None and said in words.THIRDS:
            third, start = words.THIRDS[said], word.start()
        elif said not in _SKIPPED:
            return said.removesuffix(" at least"), word.start(), third, start
    return "", start, third, start


def _read(match: _Match, lead: str, when: When) -> _Ends:
    kind = str(match.lastgroup)
    if kind in _READERS:
        return _READERS[kind](match, lead, when)
    days = relative.days_of(match, lead, when.day, when.asking) if when.day else None
    return (parts(days[0]), parts(days[1])) if days else None


def _iso(m: _Match, lead: str, when: When) -> _Ends:
    day = int(m["iso_y"]), int(m["iso_m"]), int(m["iso_d"])
    return (day, day) if 1000 <= day[0] < 2200 and day[1] and day[2] else None


def _numeric(m: _Match, lead: str, when: When) -> _Ends:
    a, b, year = int(m["num_a"]), int(m["num_b"]), int(m["num_y"])
    first = when.day_first
    if m["num_s"] == "." or a > 12 or a == b:
        first = True  # with dots the day comes first everywhere
    elif b > 12:
        first = False
    if first is None or not (a and b and 1000 <= year < 2200):
        return None
    day = (year, b, a) if first else (year, a, b)
    return day, day


def _month(m: _Match, lead: str, when: When) -> _Ends:
    name, first, last = m["m_m"] or m["dm_m"], m["m_d"] or m["dm_d"], m["m_d2"] or m["dm_d2"]
    year, month = _year_of(m["m_y"] or m["m_dy"] or m["dm_y"], when), words.MONTHS[name.lower()]
    if year is None or (first and not year and _may_be_verb(name, lead)):
        return None
    if not first:
        return (year, month, 0), (year, month, 0)
    low, high = int(first), int(last or first)
    return ((year, month, low), (year, month, high)) if 0 < low <= high < 32 else None


def _may_be_verb(name: str, lead: str) -> bool:
    """Whether it is the "may" of "type 3 may be" and not that of "on 3 may"."""
    return name.lower() in words.VERBS and not name.istitle() and lead not in words.GOVERNING


def _year_of(written: str | None, when: When) -> int | None:
    """2018 of "2018" and "'18"; the year that "last year" is; 0 of nothing."""
    if not written:
        return 0
    if written[-1].isdigit():
        return _whole_year(written, when, _AHEAD)
    step = {"t": 0, "l": -1, "n": 1}[written[0].lower()]
    return when.day.year + step if when.day else None


def _whole_year(written: str, when: When, ahead: int) -> int:
    """2018 of "2018", "'18" and "18"; of two digits the latest year that is not too far ahead."""
    digits = written.lstrip("'’‘")
    if len(digits) == 4:
        return int(digits)
    latest = when.day.year + ahead if when.day else _LATEST
    return latest - (latest - int(digits)) % 100


def _year(m: _Match, lead: str, when: When) -> _Ends:
    year, text = int(m["y"]), m.string
    if (lead in words.NUMBERED and not words.after_the(m)) or _COUNTED.match(text, m.end()):
        return None
    if lead == "/" and not text[max(0, m.start() - 5) : m.start() - 1].isdigit():
        return None  # A/RES/2018, but 1975/1985
    if m["y_2"]:
        return _short_range(year, int(m["y_2"]), m["y_to"])
    years = 1
    if m["y_s"] and year % 10 == 0:
        years = 100 if year % 100 == 0 and year != 2000 else 10
    return (year, 0, 0), (year + years - 1, 0, 0)


def _short_range(year: int, short: int, dash: str) -> _Ends:
    """1916-20, 1999-00, and the ISO month 2018-05."""
    years = (short - year) % 100
    if years == 1 or 0 < years < 100 - year % 100:
        return (year, 0, 0), (year + years, 0, 0)
    return ((year, short, 0), (year, short, 0)) if dash == "-" and 0 < short < 13 else None


def _quarter(m: _Match, lead: str, when: When) -> _Ends:
    year, word = _year_of(m["q_y"], when), (m["q_w"] or "").lower()
    number = int(m["q_n"] or m["q_h"] or words.ORDER.get(word, 0) or word[0])
    months = 6 if m["q_h"] or (m["q"] or "").lower() == "half" else 3
    last = months * number
    return ((year, last - months + 1, 0), (year, last, 0)) if year and last <= 12 else None


def _fiscal(m: _Match, lead: str, when: When) -> _Ends:
    year = _whole_year(m["f_y"], when, _PLANNED)
    return (year, 0, 0), (year + (int(m["f_2"] or year) - year) % 100, 0, 0)


def _century(m: _Match, lead: str, when: When) -> _Ends:
    written = m["c"].lower()
    number = int(written[:-2]) if written[0].isdigit() else words.CENTURIES[written]
    return ((number * 100 - 99, 0, 0), (number * 100, 0, 0)) if 10 < number < 23 else None


def _decade(m: _Match, lead: str, when: When) -> _Ends:
    year = 1900 + int(m["d"])
    return (year, 0, 0), (year + 9, 0, 0)


def _season(m: _Match, lead: str, when: When) -> _Ends:
    year, month = _year_of(m["s_y"], when), words.SEASONS[m["s"].lower()]
    if year is None or not (year or lead in words.WAYS):
        return None
    over = month == 12
    return (year, month, 0), (year + over if year else 0, 2 if over else month + 2, 0)


_READERS: dict[str, Callable[[_Match, str, When], _Ends]] = {
    "iso": _iso,
    "num": _numeric,
    "dm": _month,
    "year": _year,
    "month": _month,
    "season": _season,
    "quarter": _quarter,
    "fiscal": _fiscal,
    "century": _century,
    "decade": _decade,
}
