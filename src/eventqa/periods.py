"""What time a question speaks of, and what time a sentence speaks of.

One scan finds the mentions of time in a text (`timewords`), each is read as a first and a last day
of which parts may be missing (`mentions`), neighbours are joined to ranges, and what is missing is
taken from the neighbours or from a day of reference: the day of asking or the day of publication
(`ranges`). There is no clock in here.

dateparser, which reads the datelines of releases (`dates`), finds instants and not periods: of the
132 questions in `tests/test_periods.py` that name a time it gives the very day for 21 of the 28
that ask for a day, and for 63 others some day of the period. It takes "June Smith" and "2000
people" for times, and 3 ms for a paragraph.

Conventions:

* Weeks are ISO weeks, Monday to Sunday. "Last week" is the one before, "two weeks ago" the one
  with that day in it, "next Friday" the Friday of the following one, "last Friday" the latest
  before the day of reference. A release's "this week" is the whole week; a question's is the day
  of asking and the seven days before it, because on Monday people ask for Sunday's news.
* "The past three days" and "in the last month" end on the day of reference and begin that much
  earlier; "last month" is the calendar month before.
* A day without a year is in a release the one nearest to its publication; so is a month, but one
  ahead counts as twice as far, since most are past. In a question either is the latest that has
  begun. Where the tense is future it is the next one, where no day of publication is known it is
  in the last year written before.
* A fiscal year is the calendar year whose number it bears. Seasons are the northern ones, in whole
  months; winter begins in December of its year. "1800s" is a century, "2000s" a decade.
* "Early", "mid" and "late" are thirds. "By 2030" is 2030. The year in the name of an event ("World
  Cup 2018", "War of 1812") is a time; the number of an agenda, an article, a flight is none.

Left out: holidays, times of day, numbers of weeks, years before 1000, years of two digits but in
ranges, decades, fiscal years and after an apostrophe ("May '18"), words of other languages than
English (of "5 mai 2018" the year is read), and what leans on an earlier sentence ("that year", "the
following day", "the previous week").
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from eventqa import timewords as words
from eventqa.days import Days, length
from eventqa.mentions import When
from eventqa.ranges import Found, found
from eventqa.types import Period


def asked(question: str, asked_on: dt.date, day_first: bool | None = None) -> Period | None:
    """The time that a question asks for, or None when it names none.

    Of several times a range written out ("from 2010 to 2015") is the one, else those brought in by
    a word such as "in" or "since", else any. Among equals it is the one inside all others, else the
    span from the first to the last. `day_first` says how to read 5/6/2018; None leaves it out.
    """
    times = found(question, When(asked_on, asking=True, day_first=day_first))
    if not times:
        return None
    most = max(each.weight for each in times)
    times = [each for each in times if each.weight == most]
    inmost = min((each.period for each in times), key=lambda period: length(*_days(period)))
    if all(_within(inmost, each.period) for each in times):
        return inmost
    return _spanned(question, times)


def timeless(question: str, period: Period | None) -> str:
    """A question with the words blanked out by which it names that time, or asks for the newest.

    It is as long as before, so places in it are places in the question.
    """
    if period:
        end = period.at + len(period.words)
        question = question[: period.at] + " " * len(period.words) + question[end:]
    return _NEWEST.sub(lambda match: " " * len(match[0]), question)


def wants_latest(question: str) -> bool:
    """Whether a question asks for the newest there is: "the latest report", "their last meeting".

    "Last week" does not, it is a time; nor does "how long did it last".
    """
    if _NEWEST.search(question):
        return True
    return not _LASTING.search(question) and any(
        word.lower() not in _NO_LAST and not (_counts(word) and unit.lower() in _TIME_UNITS)
        for word, unit in _LAST.findall(question)
    )


def spoken_of(
    text: str, published: dt.date | None, day_first: bool | None = None
) -> tuple[Period, ...]:
    """The times that a text speaks of, in order of appearance.

    Relative times ("yesterday", "in March") need the day of publication and are left out without.
    """
    return tuple(each.period for each in found(text, When(published, day_first=day_first)))


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether 5/6/2018 is June in these texts, by their other dates; None if those do not tell."""
    habits: set[bool] = set()
    for text in texts:
        for a, _, b in _NUMERIC.findall(text):
            low, high = sorted((int(a), int(b)))
            if 0 < low <= 12 < high <= 31:
                habits.add(int(a) == high)
    return habits.pop() if len(habits) == 1 else None


# Paragraphs of the question's own document in timeqa_human_train, by BM25 (the best is 1) plus w
# times the fit; hit@1 / @5 / MRR@10, 982 questions. Without the fit it is .407 .795 .570.
#                                       w .25           w .5            w 1
#   1 if one lies in the other          .470 .864 .636  .489 .872 .651  .491 .872 .650
#   × (shared / spoken days) ^ .1       .488 .865 .646  .516 .872 .667  .524 .869 .670
#                            ^ .25      .502 .866 .654  .526 .872 .674  .537 .874 .680
#                            ^ .5       .504 .867 .655  .539 .876 .681  .542 .873 .683
#     ^ .5, open ends reach 10 years    .498 .860 .650  .537 .874 .678  .541 .872 .683
#                           30 years    .497 .860 .649  .536 .871 .677  .536 .870 .678
#   shared / all days (Jaccard)         .454 .820 .610  .477 .830 .625  .487 .825 .627
# The 240 questions of realtimeqa_2022 that name a time, their 60 best paragraphs of all by BM25
# (.450 .667 .542), first and chosen line:
#   1 if one lies in the other          .479 .725 .583  .504 .758 .612  .479 .733 .589
#   × (shared / spoken days) ^ .5       .492 .721 .589  .529 .758 .623  .525 .762 .621
_WIDTH_COUNTS = 0.5


def overlap(asked: Period, spoken: Period) -> float:
    """How well a time fits the time asked for, 0..1.

    1 when it lies inside, else the share of the asked days that both have, or 1 if it has them all,
    times the root of the share of its own days: asked for 2018, "May 2018" is 1, "2017 to 2018"
    .71, "2011 to 2020" .32, "July 2018 to June 2019" .36 and 2019 is 0. An open end reaches as far
    as the other time does.
    """
    wanted, said = _days(asked, spoken), _days(spoken, asked)
    both = length(max(wanted[0], said[0]), min(wanted[1], said[1]))
    if both <= 0:
        return 0.0
    inside = both / length(*said)
    return 1.0 if inside == 1 else both / length(*wanted) * inside**_WIDTH_COUNTS


def fit(asked: Period, spoken: Iterable[Period]) -> float:
    """The best overlap of any of some times with the time asked for, 0..1; 0 without any."""
    return max((overlap(asked, period) for period in spoken), default=0.0)


_NEWEST = re.compile(
    r"(?<![^\W_])(?:latest|newest|(?:most\s)?recent(?:ly)?|most\s(?:current|up-to-date))(?![^\W_])",
    re.IGNORECASE,
)
_LAST = re.compile(r"(?<![^\W_])(?<!at\s)last\s(\w{1,40})(?:\s(\w{1,40}))?", re.IGNORECASE)
_LASTING = re.compile(
    r"how\slong|(?<!when\sdid\s)(?<![^\W_])(?:it|they|did\sthe\s\w{1,40})\slast(?![^\W_])",
    re.IGNORECASE,
)
_TIME_UNITS = frozenset(f"{unit}{s}" for unit in words.UNITS for s in ("", "s")) | {"centuries"}
_NO_LAST = (
    frozenset("name names minute resort ditch until till for from long longer few of night".split())
    | _TIME_UNITS
    | frozenset([*words.WEEKDAYS, *words.SEASONS, *words.MONTHS])
)
_NUMERIC = re.compile(r"(?<![\d/-])(\d\d?)([/-])(\d\d?)\2(?:\d{4}|\d\d)(?![\d/-])")


def _counts(word: str) -> bool:
    return word.isdigit() or word.lower() in words.NUMBERS


def _days(period: Period, other: Period | None = None) -> Days:
    """The days of a period; an open end is that of the other one, or that of the calendar."""
    start, end = (other.start, other.end) if other else (None, None)
    return period.start or start or dt.date.min, period.end or end or dt.date.max


def _within(inner: Period, outer: Period) -> bool:
    (start, end), (first, last) = _days(inner), _days(outer)
    return first <= start and end <= last


def _spanned(text: str, times: list[Found]) -> Period | None:
    """From the first to the last day of some times, with all the words between them."""
    spans = [_days(each.period) for each in times]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    if (start, end) == (dt.date.min, dt.date.max):
        return None  # "before 2010 or after 2015": what is between was not asked for
    first = min(each.period.at for each in times)
    stop = max(each.period.at + len(each.period.words) for each in times)
    return Period(
        None if start == dt.date.min else start,
        None if end == dt.date.max else end,
        text[first:stop],
        first,
    )
