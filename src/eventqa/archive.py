"""The releases of the last build, as a list that can be searched, filtered and counted by time."""

from __future__ import annotations

import calendar
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eventqa.forms import folded
from eventqa.store import Store
from eventqa.types import Change, Release, placed
from eventqa.view import View

# So many places and bodies can be chosen from, those with most releases first.
_CHOICES = 300
_KIN = 50  # releases that are one with another are listed at most
# The finest scale with at most so many bars is drawn.
_BARS = 62
# Bars by day, month, year and decade: how much of an ISO date names them.
_SCALES = (10, 7, 4, 3)


class Order(StrEnum):
    """By what releases are listed; undated ones and those without a place or body come last."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"
    PLACE = "place"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which releases are listed: those that all of it applies to."""

    words: str = ""  # each is in title, place, body or path; accents and capitals do not matter
    since: dt.date | None = None  # dated on this day or later
    until: dt.date | None = None  # or earlier
    place: str | None = None  # exactly
    body: str | None = None  # exactly
    undated: bool = False  # only those without a date
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Row:
    """A release without its text."""

    id: str
    title: str
    place: str | None
    body: str | None
    date: dt.date | None
    path: str  # of its file, and where inside
    passages: int
    superseded: bool = False  # a newer version has replaced it


@dataclass(frozen=True, slots=True)
class Kin:
    """The releases that are one with a release."""

    newer: Row | None = None  # the version that has replaced it
    older: tuple[Row, ...] = ()  # versions that have been replaced
    copies: tuple[Row, ...] = ()  # the same, published elsewhere


@dataclass(frozen=True, slots=True)
class Bar:
    """How many of the releases are dated within some days: one day, month, year or decade."""

    start: dt.date  # included
    end: dt.date  # included
    releases: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, and the whole of it in numbers."""

    rows: tuple[Row, ...]
    start: int  # of the first row, from 0
    total: int  # releases, on all pages
    undated: int  # of these
    bars: tuple[Bar, ...]  # in order of time, empty ones between them included


class Archive:
    """Reads what a store knows of its releases. Encodes nothing and needs no model."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def listed(self, chosen: Filter | None = None, start: int = 0, count: int = 50) -> Listing:
        """The releases that a filter lets through, from a place in their order on.

        A place beyond the last page gives the last page.
        """
        chosen = chosen or Filter()
        with self._store.read() as view:
            where, values = _condition(view, chosen)
            total, dated, first, last = view.query(
                f"SELECT count(*), count(date), min(date), max(date) FROM {_LISTED} {where}", values
            )[0]
            start = max(0, min(start, (total - 1) // count * count))
            found = view.query(
                "SELECT id, title, place, body, date, path, member, superseded "
                f"FROM {_LISTED} {where} "
                f"ORDER BY {_ORDERS[chosen.order]}, date DESC, path, id LIMIT :count OFFSET :start",
                {**values, "count": count, "start": start},
            )
            return Listing(
                rows=tuple(_row(view, *one) for one in found),
                start=start,
                total=total,
                undated=total - dated,
                bars=_bars(view, where, values, first, last) if first else (),
            )

    def rows(self, ids: Sequence[str]) -> tuple[Row, ...]:
        """Some releases in the order of their ids; those that are not there are left out."""
        with self._store.read() as view:
            found = view.query(
                "SELECT r.id, r.title, r.place, r.body, r.date, r.path, r.member, r.superseded "
                "FROM json_each(?) AS j "
                "JOIN release AS r ON r.id = j.value ORDER BY j.key",
                (json.dumps(list(ids)),),
            )
            return tuple(_row(view, *one) for one in found)

    def kin(self, id: str) -> Kin:
        """The releases that are one with a release, as the last build found them."""
        with self._store.read() as view:
            newer = view.replaced_by(id)[-1:]
            ids = [one for one in view.families(view.leads([id])) if one != id][:_KIN]
        if newer:
            return Kin(newer=next(iter(self.rows(newer)), None))
        rows = self.rows(ids)
        return Kin(
            older=tuple(row for row in rows if row.superseded),
            copies=tuple(row for row in rows if not row.superseded),
        )

    def places(self) -> tuple[str, ...]:
        """Where releases are from, at most 300 places, by name."""
        return self._choices("place")

    def bodies(self) -> tuple[str, ...]:
        """Who issued releases, at most 300 bodies, by name."""
        return self._choices("body")

    def release(self, id: str) -> Release | None:
        """A release with its text, None when there is none of this id."""
        with self._store.read() as view:
            return view.release(id)

    @property
    def last_change(self) -> Change | None:
        """What the last build that changed a release did; None before the first."""
        with self._store.read() as view:
            written = view.meta("change")
        if written is None:
            return None
        values = json.loads(written)
        at, ids = dt.datetime.fromisoformat(values.pop("at")), tuple(values.pop("ids"))
        return Change(at=at, ids=ids, **values)

    def _choices(self, column: str) -> tuple[str, ...]:
        with self._store.read() as view:
            found = view.query(
                f"SELECT {column} FROM {_LISTED} WHERE {column} IS NOT NULL GROUP BY {column} "
                f"ORDER BY count(*) DESC, {column} LIMIT {_CHOICES}"
            )
        return tuple(sorted((name for (name,) in found), key=folded))


# In the table these columns lie behind the text; SQLite would read through it.
_LISTED = "release INDEXED BY release_listed"
_ORDERS = {
    Order.NEWEST: "date DESC NULLS LAST",
    Order.OLDEST: "date ASC NULLS LAST",
    Order.TITLE: "title COLLATE NOCASE",
    Order.PLACE: "place COLLATE NOCASE ASC NULLS LAST",
    Order.BODY: "body COLLATE NOCASE ASC NULLS LAST",
}


def _condition(view: View, chosen: Filter) -> tuple[str, dict[str, Any]]:
    """The WHERE clause of a filter, with its values."""
    values: dict[str, Any] = {
        "since": chosen.since and chosen.since.isoformat(),
        "until": chosen.until and chosen.until.isoformat(),
        "place": chosen.place,
        "body": chosen.body,
    }
    parts = ["date >= :since"] * bool(chosen.since) + ["date <= :until"] * bool(chosen.until)
    parts += ["place = :place"] * (chosen.place is not None)
    parts += ["date IS NULL"] * chosen.undated
    parts += ["body = :body"] * (chosen.body is not None)
    if wanted := folded(chosen.words).split():

        def has(*texts: str | None) -> bool:
            there = folded("\n".join(text for text in texts if text))
            return all(word in there for word in wanted)

        view.define("has_words", has, 5)
        parts.append("has_words(title, place, body, path, member)")
    return f"WHERE {' AND '.join(parts)}" if parts else "", values


def _row(
    view: View,
    id: str,
    title: str,
    place: str | None,
    body: str | None,
    date: str | None,
    path: str,
    member: str | None,
    replaced_by: str | None,
) -> Row:
    ((passages,),) = view.query("SELECT count(*) FROM passage WHERE release = ?", (id,))
    return Row(
        id,
        title,
        place,
        body,
        dt.date.fromisoformat(date) if date else None,
        placed(path, member),
        passages,
        replaced_by is not None,
    )


def _bars(view: View, where: str, values: dict[str, Any], first: str, last: str) -> tuple[Bar, ...]:
    """The releases by time, on the finest scale that does not give too many bars."""
    scale = next((one for one in _SCALES if len(_names(first, last, one)) <= _BARS), _SCALES[-1])
    counts = dict(
        view.query(
            f"SELECT substr(date, 1, {scale}), count(*) FROM {_LISTED} "
            f"{where or 'WHERE true'} AND date IS NOT NULL GROUP BY 1",
            values,
        )
    )
    names = _names(first, last, scale)
    return tuple(Bar(*_days(name), releases=counts.get(name, 0)) for name in names)


def _names(first: str, last: str, scale: int) -> list[str]:
    """What the bars from one day to another are called: `2018-05`, `2018-06`, …"""
    day, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    names: list[str] = []
    while len(names) <= _BARS or scale == _SCALES[-1]:
        names.append(day.isoformat()[:scale])
        day = _days(names[-1])[1]
        if day >= end:
            break
        day += dt.timedelta(1)
    return names


def _days(name: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of `2018-05-03`, `2018-05`, `2018` or `201`."""
    if len(name) == _SCALES[-1]:
        return dt.date(max(1, int(f"{name}0")), 1, 1), dt.date(int(f"{name}9"), 12, 31)
    year, month, day = (int(part) for part in f"{name}-0-0".split("-")[:3])
    if not month:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    if not day:
        return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
    return dt.date(year, month, day), dt.date(year, month, day)
