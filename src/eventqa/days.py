"""Days from the parts that words name, and the weeks, months and years around a day.

What would lie outside the years 1 to 9999 raises OverflowError.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Literal

Parts = tuple[int, int, int]
"""Year, month and day; 0 where the words leave it open."""

Days = tuple[dt.date, dt.date]
"""The first and the last of some days."""

Way = Literal["last", "this", "next", "coming", "latest", "nearest", "mostly past"]
"""Which of many is meant, of those that come every year."""

_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
_DAYS_IN = {"day": 1, "week": 7, "weekend": 7, "fortnight": 14}


def length(first: dt.date, last: dt.date) -> int:
    """How many days from the first to the last; 0 or less when they are in the other order."""
    return (last - first).days + 1


def span(low: Parts, high: Parts) -> Days | None:
    """All days that some parts can mean, `(2018, 2, 0)` the 28 of February; None for a 31 April."""
    try:
        last = high[2] or calendar.monthrange(high[0], high[1] or 12)[1]
        days = dt.date(low[0], low[1] or 1, low[2] or 1), dt.date(high[0], high[1] or 12, last)
    except ValueError:
        return None
    return days if days[0] <= days[1] else None


def parts(day: dt.date) -> Parts:
    """A day by its parts."""
    return day.year, day.month, day.day


def moved(day: dt.date, unit: str, number: int) -> dt.date:
    """The day so many units later; where its month is shorter, the last of that month."""
    if unit in _DAYS_IN:
        return day + dt.timedelta(number * _DAYS_IN[unit])
    year, month = divmod(day.year * 12 + day.month - 1 + number * _MONTHS_IN[unit], 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise OverflowError(f"no year {year}")
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole(unit: str, day: dt.date, step: int = 0) -> Days:
    """The week, month, year … that a day is in, or the one so many later."""
    if unit in ("week", "weekend"):
        monday = day + dt.timedelta(7 * step - day.weekday())
        return monday + dt.timedelta(5 if unit == "weekend" else 0), monday + dt.timedelta(6)
    months = _MONTHS_IN[unit]
    into = (day.year * 12 + day.month - 1) % months  # months of it that are over
    first = moved(day.replace(day=1), "month", step * months - into)
    last = moved(first, "month", months - 1)
    return first, last.replace(day=calendar.monthrange(last.year, last.month)[1])


def weekend(day: dt.date, ahead: bool) -> Days:
    """The weekend that a day is in, or else the last one, or the next one if it lies ahead."""
    since_saturday = (day.weekday() - 5) % 7
    saturday = day + dt.timedelta((7 if ahead and since_saturday > 1 else 0) - since_saturday)
    return saturday, saturday + dt.timedelta(1)


def third(days: Days, which: int | None) -> Days:
    """The first (0), second or last third of some days, in months where they are many."""
    if which is None or days[0] == days[1]:
        return days
    count = length(*days)
    cuts = [days[0] + dt.timedelta(count * n // 3) for n in range(3)]
    if count > 80:
        cuts = [(cut + dt.timedelta(15)).replace(day=1) for cut in cuts]
    ends = [*(cut - dt.timedelta(1) for cut in cuts[1:]), days[1]]
    return cuts[which], ends[which]


def yearly(low: Parts, high: Parts, near: dt.date, way: Way) -> Days | None:
    """The one that is meant of the days that bear no year, counted from a day.

    `nearest` is the nearest to it, `mostly past` takes those ahead for twice as far; `latest` has
    begun by then and `coming` is not over, `last` and `next` lie wholly on their side.
    """
    over = high[1:] < low[1:]  # from November to February
    reach = 8 if (2, 29) in (low[1:], high[1:]) else 1  # leap years are up to eight years apart
    years = range(near.year - reach, near.year + reach + 1)
    found = (span((year, *low[1:]), (year + over, *high[1:])) for year in years)
    spans = _on_its_way([days for days in found if days], near, way)
    ahead = 2 if way == "mostly past" else 1
    return min(
        spans,
        key=lambda days: max(ahead * (days[0] - near), near - days[1], dt.timedelta(0)),
        default=None,
    )


def _on_its_way(spans: list[Days], near: dt.date, way: Way) -> list[Days]:
    match way:
        case "last":
            return [days for days in spans if days[1] < near][-1:]
        case "next":
            return [days for days in spans if days[0] > near][:1]
        case "this":
            # "this winter" lies in no one year and is the nearest
            return [d for d in spans if d[0].year == d[1].year == near.year] or spans
        case "latest":
            return [days for days in spans if days[0] <= near][-1:]
        case "coming":
            return [days for days in spans if days[1] >= near][:1]
        case "nearest" | "mostly past":
            return spans
