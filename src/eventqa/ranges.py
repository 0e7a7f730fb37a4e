"""The periods a text speaks of: mentions joined to ranges, missing years filled in, ends opened."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from eventqa import timewords as words
from eventqa.days import Days, Parts, Way, span, third, yearly
from eventqa.mentions import Mention, When, mentions
from eventqa.relative import is_ahead
from eventqa.types import Period


class Found(NamedTuple):
    """A period and how much it governs the text."""

    period: Period
    weight: int  # 2: a range written out; 1: brought in by a preposition or relative; 0: neither


def found(text: str, when: When) -> list[Found]:
    """The periods of a text, in order."""
    all_of_it = _merged(text, mentions(text, when))
    links = [*(_link(text, one, two) for one, two in pairwise(all_of_it)), ""]
    year = _only_year(all_of_it) if when.asking else 0
    periods: list[Found] = []
    at = 0
    while at < len(all_of_it):
        one, follower = all_of_it[at], all_of_it[at + 1] if links[at] else None
        step, made = 1, None
        if follower and links[at] == "to" and (made := _range(text, one, follower, when, year)):
            step = 2
        elif _stands(text, one, bool(links[at] or (at and links[at - 1]))):
            made = _single(text, one, follower, when, year)
        if made:
            periods.append(made)
        at += step
        if not when.asking and not when.day:
            year = all_of_it[at - 1].high[0] or year
    return periods


_GAP = words.GAP
_LINK = re.compile(
    rf"{_GAP}(?:(?P<to>{words.DASH}|/|to|until|till?|through|up{words.S}to)|(?P<and>and|&)"
    rf"|(?P<list>,|or|,{words.S}and)"
    rf"|(?P<far>(?:until|till|to|through)(?:{words.S}[\w’']{{1,20}}){{1,6}}{words.S}in))"
    rf"{_GAP}(?:(?:the|around|about|at{words.S}least){words.S})?",
    re.IGNORECASE,
)
_STILL = re.compile(  # after a time: it goes on
    rf"{_GAP}(?:(?:{words.DASH}|to|until|till){_GAP}(?:the{words.S})?"
    rf"(?:present(?:{words.S}day)?|now|date|today|\))(?![^\W_])"
    rf"|(?:and{words.S}(?:later|after|beyond)|(?:and{words.S})?onwards?)(?![^\W_])"
    rf"|on(?={_GAP}(?:[.,;?!]|$)))",
    re.IGNORECASE,
)
_BESIDE = re.compile(rf"{_GAP}[,(]?{_GAP}(?:the{words.S})?")
_DETERMINER = re.compile(
    r"(?:(?<![^\W_])(?:the|an?|its|his|her|their|our)|[’']s)\s$", re.IGNORECASE
)
_MONTH_CUES = frozenset(
    "in since until till during through throughout last this next past late early mid".split()
)
_WEAK_CUES = frozenset("by from to before after between of for and or".split())
_YEAR_CUES = words.GOVERNING | frozenset("( [ - – — , and or of circa year born d b".split())


def _merged(text: str, all_of_it: Iterable[Mention]) -> list[Mention]:
    """Without the weekday or "yesterday" that stands beside its own date."""
    merged: list[Mention] = []
    for two in all_of_it:
        one = merged[-1] if merged else None
        if not one or not _BESIDE.fullmatch(text, one.end, two.start):
            merged.append(two)
        elif one.is_relative and two.high[2] and not two.is_relative:
            start, lead, lead_start = one.start, one.lead, one.lead_start
            merged[-1] = two._replace(start=start, lead=lead, lead_start=lead_start)
        elif two.kind == "weekday" and one.high[2] and not one.is_relative:
            merged[-1] = one._replace(end=two.end)
        else:
            merged.append(two)
    return merged


def _link(text: str, one: Mention, two: Mention) -> str:
    """How two neighbours are linked: "to" a range, "and" a list, "" not at all."""
    link = (
        _LINK.fullmatch(text, one.end, two.start) if two.start - one.end < 3 * words.NEAR else None
    )
    if not link:
        return ""
    if link["far"]:
        return "to" if one.lead in words.FROM else ""
    return "to" if link["to"] or (link["and"] and one.lead == words.BETWEEN) else "and"


def _only_year(all_of_it: Iterable[Mention]) -> int:
    """The one year of a question, which is also that of its month: "the 2025 awards in May"."""
    years = {one.low[0] for one in all_of_it if one.low[0] and not one.is_relative}
    return years.pop() if len(years) == 1 else 0


def _stands(text: str, one: Mention, linked: bool) -> bool:
    """Whether a lone year or month is a time and not a number, a name or a verb."""
    if one.kind == "year" and not linked and not 1800 <= one.low[0] < 2100:
        return one.lead in _YEAR_CUES or one.third is not None or one.low != one.high
    if one.kind == "month" and not one.low[0] and not one.low[2]:
        return _month_stands(text, one, linked)
    return True


def _month_stands(text: str, one: Mention, linked: bool) -> bool:
    name = text[one.start : one.end].split()[-1].rpartition("-")[2]
    is_verb = name.lower() in words.VERBS
    shaky = is_verb and not name.istitle()
    if one.third is not None or one.lead in _MONTH_CUES:
        return not shaky or one.lead in words.IN | words.SINCE | words.UNTIL
    if linked or is_verb:
        return linked and not shaky
    # "by June" and "the June meeting" are times, "by June Smith" is not
    after = text[one.end + 1 : one.end + 2]
    if _DETERMINER.search(text, max(0, one.start - 7), one.start):
        return name.istitle() and after.islower()
    return one.lead in _WEAK_CUES and not after.isupper()


def _range(text: str, one: Mention, two: Mention, when: When, year: int) -> Found | None:
    """The time from one to another, when they can be the two ends of one."""
    if not (ends := _ends(text, one, two, when, year)):
        return None
    low, high = ends
    first = span(low, one.high if one.low[0] else low)
    last = span(two.low if two.low[0] else high, high)
    if not first or not last:
        return None
    start, end = third(first, one.third)[0], third(last, two.third)[1]
    place = one.lead_start if one.lead in words.FROM else one.start
    return Found(Period(start, end, text[place : two.end], place), 2) if start <= end else None


def _ends(
    text: str, one: Mention, two: Mention, when: When, year: int
) -> tuple[Parts, Parts] | None:
    """The two ends of a range, each with a year: that of the other where it has none."""
    low, high = one.low, two.high
    if low[0] and high[0]:
        return low, high
    if low[0]:
        return low, (low[0] + (high[1:] < low[1:]), *high[1:])
    if high[0]:
        return (high[0] - (high[1] > 0 and low[1:] > high[1:]), *low[1:]), high
    days = _dated(text, one, low, high, when, year)
    return ((days[0].year, *low[1:]), (days[1].year, *high[1:])) if days else None


def _single(
    text: str, one: Mention, follower: Mention | None, when: When, year: int
) -> Found | None:
    """The time of one mention, with what the words around it make of it."""
    if follower and follower.low[0] and follower.kind in ("month", "dm"):
        year = follower.low[0] - (one.low[1:] > follower.low[1:])  # "in May and June 2018"
    if not (days := _dated(text, one, one.low, one.high, when, year)):
        return None
    start, end = _bounded(text, one, *third(days, one.third))
    bound = one.lead in words.BOUNDS and (start is None or end is None)
    bound = bound or (one.lead in words.WAYS and one.kind in ("month", "season"))  # "last December"
    place = one.lead_start if bound else one.start
    stop = still.end() if (still := _STILL.match(text, one.end)) and end is None else one.end
    weight = bound or one.is_relative or one.lead in words.GOVERNING or one.third is not None
    return Found(Period(start, end, text[place:stop], place), int(weight))


def _bounded(
    text: str, one: Mention, start: dt.date, end: dt.date
) -> tuple[dt.date | None, dt.date | None]:
    """Open on the side where "since", "until", "before" or "after" open it."""
    if one.lead in words.SINCE or _STILL.match(text, one.end):
        return start, None
    if one.lead in words.UNTIL:
        return None, end
    if _of_an_event(text, one):
        return start, end
    if one.lead in words.BEFORE and start > dt.date.min:
        return None, start - dt.timedelta(1)
    if one.lead in words.AFTER and end < dt.date.max:
        return end + dt.timedelta(1), None
    return start, end


def _of_an_event(text: str, one: Mention) -> bool:
    """Whether the time only tells which event it is "before": "Friday's vote", "the 2016 vote"."""
    between = text[one.lead_start : one.start].lower().split()[1:]
    owned = text[one.end : one.end + 2] in ("'s", "’s")
    return owned or (between == ["the"] and one.low == one.high and one.third is None)


def _dated(text: str, one: Mention, low: Parts, high: Parts, when: When, year: int) -> Days | None:
    """The days of a mention; where it names no year, in the year that is meant."""
    if low[0]:
        return span(low, high)
    if year:
        over = high[1:] < low[1:]  # from November to February
        return span((year, *low[1:]), (year + over, *high[1:]))
    return yearly(low, high, when.day, _way(text, one, when)) if when.day else None


def _way(text: str, one: Mention, when: When) -> Way:
    """Where to look for a time that comes every year."""
    if one.lead in words.WAYS:
        return words.WAYS[one.lead]
    if one.lead in words.STARTING or is_ahead(text, one.start, when.asking):
        return "coming"
    if when.asking or one.lead in words.SINCE:
        return "latest"
    return "nearest" if one.low[2] else "mostly past"
