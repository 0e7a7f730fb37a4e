"""What the store holds, read as of one generation. Home of sqlite3, with `store`."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventqa.corpus import FileState
from eventqa.lexical import Entry
from eventqa.salvage import Damaged, checked
from eventqa.types import Embedded, Freshness, Passage, Period, Problem, Release, digest, placed

Vector = NDArray[np.float32]
Ids = NDArray[np.int64]
Codes = NDArray[np.uint8]

Place = tuple[str, int]
"""A passage by its release's id and its number."""

State = tuple[str | None, int]
"""Which store, and how often it was changed: equal exactly when it holds the same."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store knows of a release without its text."""

    id: str
    path: str
    line: int | None
    content: str  # hash of the text and all facts
    member: str | None

    @property
    def where(self) -> str:
        """The file it was read from, and where inside."""
        return placed(self.path, self.member)


class Standing(NamedTuple):
    """Where an embedded text stands."""

    id: int  # of the text
    place: Place
    date: dt.date | None  # its release's
    title: str
    family: str  # the id of the release that leads those which are one with its own
    said: int | str  # equal for passages that say the same
    notice: int | None  # 1: of the kind that stands around releases and tells nothing
    repeated: int  # in so many families it stands, at most `boilerplate.REPEATED`

    @property
    def leads(self) -> bool:
        """Whether its release answers for its family."""
        return self.place[0] == self.family


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the store keeps of a text that went through the encoder."""

    rows: Vector  # of its windows, shape (windows, dim), unit length
    codes: Codes  # of its word pieces, shape (pieces, bytes), made by `quantize`
    spans: NDArray[np.int32]  # where they stand, shape (pieces, 2), code points into the passage


class View:
    """Reads of one generation."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.generation: int = int(self.meta("generation") or 0)
        # The id tells a store from one made later in its place.
        self.state: State = (self.meta("id"), int(self.meta("revision") or 0))

    def meta(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def query(self, statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[Any]:
        """What a SELECT finds in this generation."""
        return self._db.execute(statement, values).fetchall()

    def define(self, name: str, function: Callable[..., Any], count: int) -> None:
        """Lets statements call a function of so many values, the same result for the same."""
        self._db.create_function(name, count, function, deterministic=True)

    @property
    def model(self) -> str | None:
        """The key of the encoder whose vectors this generation is searched by."""
        return self.meta("model")

    def freshness(self) -> Freshness:
        values = json.loads(self.meta("freshness") or "{}")
        newest, built = values.get("newest"), values.get("built_at")
        return Freshness(
            releases=values.get("releases", 0),
            passages=values.get("passages", 0),
            newest=dt.date.fromisoformat(newest) if newest else None,
            built_at=dt.datetime.fromisoformat(built) if built else None,
            generation=self.generation,
        )

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the corpus, in order of path, member and line."""
        return self._problems("1")

    def problems_of(self, kind: str) -> tuple[Problem, ...]:
        return self._problems("kind = ?", kind)

    def _problems(self, condition: str, *values: str) -> tuple[Problem, ...]:
        rows = self._db.execute(
            f"SELECT path, line, message, lost, member FROM problem WHERE {condition} "
            "ORDER BY path, member, line, message",
            values,
        )
        return tuple(
            Problem(path, line, message, bool(lost), member)
            for path, line, message, lost, member in rows
        )

    def paths_with(self, kind: str) -> set[str]:
        """The files that have a problem of a kind."""
        return {problem.path for problem in self.problems_of(kind)}

    def files(self) -> dict[str, FileState]:
        rows = self._db.execute(
            "SELECT path, size, modified, changed, inode, sha256, settled FROM file"
        )
        return {row[0]: FileState(tuple(row[1:5]), row[5], bool(row[6])) for row in rows}

    def ids_in(self, paths: Iterable[str]) -> list[str]:
        """The ids of the releases read from some files."""
        rows = self._db.execute(
            "SELECT id FROM release WHERE path IN (SELECT value FROM json_each(?))",
            (json.dumps(list(paths)),),
        )
        return [id for (id,) in rows]

    def paths_of(self, ids: Iterable[str]) -> set[str]:
        """The files that some releases were read from."""
        rows = self._db.execute(
            "SELECT path FROM release WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {path for (path,) in rows}

    def releases(self) -> list[Stored]:
        rows = self._db.execute("SELECT id, path, line, content, member FROM release")
        return [Stored(*row) for row in rows]

    def release(self, id: str) -> Release | None:
        """A release, its words and facts as they were put.

        Raises:
            Damaged: they are others; `Store` says what to do.
        """
        row = self._db.execute(
            f"SELECT {COLUMNS}, content FROM release WHERE id = ?", (id,)
        ).fetchone()
        if row is None:
            return None
        *values, content = row
        found = self._db.execute(
            "SELECT start, end FROM passage WHERE release = ? ORDER BY number", (id,)
        ).fetchall()
        # No word is ever quoted that was not read.
        other = Damaged(f"it has other words or facts of {id!r} than were read")
        try:
            release = _release(values, tuple(found))
            if content_of(release) != content:
                raise other
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise other from error
        return release

    def has_whole_vectors(self) -> bool:
        """Whether all vectors are as they were put, as far as they have a checksum."""
        rows = self._db.execute(
            "SELECT model, embedded, windows, rows, codes, spans, checked FROM vector "
            "WHERE checked IS NOT NULL"
        )
        return all(checked((*row,)) == noted for *row, noted in rows)

    def _with_passages(self, rows: Iterable[tuple[Any, str, int]]) -> Iterator[tuple[Any, Passage]]:
        """Each key with its passage, from rows of key, release and number by release."""
        for id, group in groupby(list(rows), key=itemgetter(1)):
            release = self.release(id)
            passages = release.passages if release else ()
            for key, _, number in group:
                yield key, passages[number - 1]

    def holders(self, words: str) -> list[str]:
        """The ids of the releases with a passage of exactly these words, in order."""
        rows = self._db.execute(
            "SELECT DISTINCT release FROM passage WHERE words = ? ORDER BY release",
            (digest(words),),
        )
        return [id for (id,) in rows]

    def words_of(self, ids: Iterable[str]) -> list[tuple[str, int, str]]:
        """The passages of some releases: release id, paragraph, hash of the words."""
        return self._db.execute(
            "SELECT p.release, p.number, p.words FROM json_each(?) AS j "
            "JOIN passage AS p ON p.release = j.value",
            (json.dumps(list(ids)),),
        ).fetchall()

    def unencoded(self, model: str, keys: Iterable[str]) -> set[str]:
        """Those keys of embedded texts that have no vector of this model yet."""
        rows = self._db.execute(
            "SELECT value FROM json_each(?) WHERE NOT EXISTS "
            "(SELECT 1 FROM vector WHERE embedded = value AND model = ?)",
            (json.dumps(list(keys)), model),
        )
        return {value for (value,) in rows}

    def unsearchable(self, model: str, without: Iterable[str]) -> dict[str, Embedded]:
        """The passages that have no vector of this model as they are embedded, by key.

        Args:
            without: ids of releases that do not count.
        """
        rows = self._db.execute(
            "SELECT p.embedded, p.release, p.number FROM passage AS p WHERE NOT EXISTS "
            "(SELECT 1 FROM vector AS v WHERE v.embedded = p.embedded AND v.model = ?) "
            "AND p.release NOT IN (SELECT value FROM json_each(?)) ORDER BY p.release",
            (model, json.dumps(list(without))),
        )
        return {key: Embedded.of(passage) for key, passage in self._with_passages(rows)}

    def next_vector_id(self) -> int:
        """From here on no id was ever used."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'vector'").fetchone()
        return row[0] + 1 if row else 1

    def vector_ids(self) -> Ids:
        """The ids of all embedded texts this generation is searched by, ascending.

        None is ever used for another text.
        """
        rows = self._db.execute(
            f"SELECT id FROM vector AS v {BY_TEXT} WHERE model = ? AND EXISTS "
            "(SELECT 1 FROM passage WHERE embedded = v.embedded) ORDER BY id",
            (self.model,),
        )
        return np.fromiter((id for (id,) in rows), dtype=np.int64)

    def vectors(self, ids: Ids) -> tuple[Ids, Vector]:
        """The windows' vectors of some texts in their order: their ids, and rows of (n, dim).

        A text of several windows is there as often; dim is 0 of none.
        """
        rows = self._db.execute(
            "SELECT v.id, v.windows, v.rows FROM json_each(?) AS j JOIN vector AS v "
            "ON v.id = j.value ORDER BY j.key",
            (json.dumps(ids.tolist()),),
        ).fetchall()
        data = b"".join(row for _, _, row in rows)
        owners = np.repeat(
            np.array([id for id, _, _ in rows], np.int64),
            np.array([count for _, count, _ in rows], np.int64),
        )
        # numpy cannot tell how long no rows are.
        shape = (len(owners), -1 if len(owners) else 0)
        return owners, np.frombuffer(data, dtype="<f4").reshape(shape)

    def encoded(self, ids: Ids) -> dict[int, Encoded]:
        """All that is kept of some texts, by id.

        Raises:
            Damaged: it is not what was put; `Store` says what to do.
        """
        rows = self._db.execute(
            "SELECT v.id, v.checked, v.model, v.embedded, v.windows, v.rows, v.codes, v.spans "
            "FROM json_each(?) AS j JOIN vector AS v ON v.id = j.value",
            (json.dumps(ids.tolist()),),
        )
        found: dict[int, Encoded] = {}
        for id, noted, *row in rows:
            if noted is not None and checked((*row,)) != noted:
                raise Damaged(f"it has other vectors of {row[1]} than were put")
            found[id] = _encoded(*row[2:])
        return found

    def entries(self, ids: Ids) -> list[Entry]:
        """Some texts with their titles, as they are searched by words."""
        rows = self._db.execute(
            "SELECT v.id, p.release, p.number FROM json_each(?) AS j "
            "JOIN vector AS v ON v.id = j.value JOIN passage AS p ON p.embedded = v.embedded "
            "GROUP BY v.id ORDER BY p.release",
            (json.dumps(ids.tolist()),),
        )
        return [
            Entry(id, passage.release.title, passage.text)
            for id, passage in self._with_passages(rows)
        ]

    def spoken(self, places: Iterable[Place]) -> list[tuple[Period, ...]]:
        """The times that some passages name, in order, without the words."""
        rows = self._db.execute(
            "SELECT p.spoken FROM json_each(?) AS j "
            "JOIN passage AS p ON p.release = j.value ->> 0 AND p.number = j.value ->> 1 "
            "ORDER BY j.key",
            (json.dumps([list(place) for place in places]),),
        )
        return [_times(spoken or "[]") for (spoken,) in rows]

    def untimed(self) -> list[str]:
        """The ids of releases of whose passages it is not known what times they name."""
        rows = self._db.execute(
            "SELECT DISTINCT release FROM passage INDEXED BY passage_untimed "
            "WHERE spoken IS NULL ORDER BY release"
        )
        return [id for (id,) in rows]

    def said_in(self, ids: Iterable[str]) -> set[int]:
        """Hashes of what the passages of some releases say."""
        rows = self._db.execute(
            "SELECT DISTINCT p.said FROM json_each(?) AS j JOIN passage AS p "
            "ON p.release = j.value WHERE p.said IS NOT NULL",
            (json.dumps(list(ids)),),
        )
        return {said for (said,) in rows}

    def newest(self, until: dt.date) -> dt.date | None:
        """The date of the newest release that is not after a day."""
        row = self._db.execute(
            "SELECT max(date) FROM release WHERE date <= ?", (until.isoformat(),)
        ).fetchone()
        return _day(row[0])

    def definitions(self) -> list[tuple[str, str]]:
        """Every short form with its long form, once for each release that explains it."""
        return self._db.execute(
            "SELECT short, long FROM acronym ORDER BY release, short"
        ).fetchall()

    def vector_ids_between(self, since: dt.date | None, until: dt.date | None) -> Ids:
        """The ids of the embedded texts of releases dated in a period, both ends included."""
        # SQLite would rather read through all vectors: 3 s against 22 ms for 8,556 of 108,383.
        rows = self._db.execute(
            "SELECT v.id FROM release AS r INDEXED BY release_date "
            "CROSS JOIN passage AS p ON p.release = r.id "
            f"CROSS JOIN vector AS v {BY_TEXT} ON v.embedded = p.embedded AND v.model = :model "
            "WHERE r.date BETWEEN coalesce(:since, '') AND coalesce(:until, '9999-12-31')",
            {"model": self.model, **_period(since, until)},
        )
        return np.unique(np.fromiter((id for (id,) in rows), dtype=np.int64))

    def places(self, ids: Ids, since: dt.date | None, until: dt.date | None) -> list[Standing]:
        """Where some embedded texts stand, but in versions that a newer one has replaced.

        What was replaced by one that is not of the period is there.
        """
        # In the table date and title lie behind the text: 3.1 ms for 220 places, so 0.9.
        rows = self._db.execute(
            "SELECT v.id, p.release, p.number, r.date, r.title, coalesce(r.family, r.id), "
            "coalesce(p.said, p.words), p.notice, coalesce(p.repeated, 1) "
            "FROM json_each(:ids) AS j "
            "JOIN vector AS v ON v.id = j.value JOIN passage AS p ON p.embedded = v.embedded "
            "JOIN release AS r INDEXED BY release_facts ON r.id = p.release "
            f"WHERE {_CURRENT} AND {_DATED}",
            {"ids": json.dumps(ids.tolist()), **_period(since, until)},
        )
        return [
            Standing(id, (at, number), _day(date), *others)
            for id, at, number, date, *others in rows
        ]

    def leading(self, places: Iterable[Place]) -> Ids:
        """The ids of the embedded texts in which leads of their families say the same."""
        rows = self._db.execute(
            "SELECT v.id FROM json_each(?) AS j "
            "JOIN passage AS p ON p.release = j.value ->> 0 AND p.number = j.value ->> 1 "
            "JOIN release AS r INDEXED BY release_facts ON r.id = p.release "
            "JOIN passage AS l ON l.release = r.family AND l.said = p.said "
            f"JOIN vector AS v {BY_TEXT} ON v.embedded = l.embedded AND v.model = ?",
            (json.dumps([list(place) for place in places]), self.model),
        )
        return np.unique(np.fromiter((id for (id,) in rows), dtype=np.int64))

    def copies(
        self, place: Place, since: dt.date | None, until: dt.date | None, most: int
    ) -> list[Place]:
        """Where other current releases of the same family say the same, by release id.

        Args:
            since, until: only those that are dated in this period, both ends included.
        """
        return self._db.execute(
            "SELECT o.release, min(o.number) FROM passage AS p "
            "JOIN release AS r INDEXED BY release_facts ON r.id = p.release "
            "JOIN release AS f INDEXED BY release_family ON f.family = r.family "
            "JOIN passage AS o ON o.release = f.id AND o.said = p.said "
            "WHERE p.release = :id AND p.number = :number AND f.id != p.release "
            "AND f.superseded IS NULL AND (:since IS NULL OR f.date >= :since) "
            "AND (:until IS NULL OR f.date <= :until) "
            "GROUP BY o.release ORDER BY o.release LIMIT :most",
            {"id": place[0], "number": place[1], "most": most, **_period(since, until)},
        ).fetchall()

    def of_several(self, families: Iterable[str]) -> set[str]:
        """Those families, each by its lead, that are of more than one release."""
        rows = self._db.execute(
            "SELECT r.family FROM json_each(?) AS j "
            "JOIN release AS r INDEXED BY release_family ON r.family = j.value "
            "GROUP BY r.family HAVING count(*) > 1",
            (json.dumps(list(families)),),
        )
        return {family for (family,) in rows}

    def repeated(self, place: Place) -> int:
        """In how many families of releases the words of a passage stand."""
        row = self._db.execute(
            "SELECT count(DISTINCT o.family) FROM passage AS p "
            "JOIN passage AS q ON q.said = p.said "
            "JOIN release AS o INDEXED BY release_facts ON o.id = q.release "
            "WHERE p.release = ? AND p.number = ?",
            place,
        ).fetchone()
        return max(1, row[0])

    def unsettled(self) -> list[str]:
        """The ids of releases of which it is not known whose family they are of."""
        rows = self._db.execute("SELECT id FROM release WHERE family IS NULL ORDER BY id")
        return [id for (id,) in rows]

    def leads(self, ids: Iterable[str]) -> list[str]:
        """The ids of the releases that lead the families of some releases, in order."""
        rows = self._db.execute(
            "SELECT DISTINCT r.family FROM json_each(?) AS j "
            "JOIN release AS r INDEXED BY release_facts ON r.id = j.value "
            "WHERE r.family IS NOT NULL ORDER BY r.family",
            (json.dumps(list(ids)),),
        )
        return [lead for (lead,) in rows]

    def replaced_by(self, id: str) -> tuple[str, ...]:
        """The ids of the newer versions that have replaced a release, the newest last."""
        row = self._db.execute("SELECT superseded FROM release WHERE id = ?", (id,)).fetchone()
        return tuple(json.loads(row[0])) if row and row[0] else ()

    def families(self, leads: Iterable[str]) -> list[str]:
        """The ids of all releases in the families with some leads, in order."""
        rows = self._db.execute(
            "SELECT DISTINCT r.id FROM json_each(?) AS j "
            "JOIN release AS r INDEXED BY release_family ON r.family = j.value ORDER BY r.id",
            (json.dumps(list(leads)),),
        )
        return [id for (id,) in rows]

    def near(self, id: str, days: int, most: int) -> list[str]:
        """The ids of releases that may be one with a release, in order.

        They have a band of words in common and are dated at most so many days apart, or either is
        not dated; or they have its url; or one of them is said to supersede the other.

        Args:
            most: of each band, of the same day, of days before and after so many are looked at.
        """
        found: set[str] = set()
        bands = self._db.execute("SELECT hash, day FROM band WHERE release = ?", (id,)).fetchall()
        for band, day in bands:
            # Of the same day, from there on and back, and those that are not dated.
            spans = [(day, day, "ASC"), (day + 1, day + days, "ASC"), (day - days, day - 1, "DESC")]
            for first, last, order in [*spans, (0, 0, "ASC")] if day else [(0, 9_999_999, "ASC")]:
                rows = self._db.execute(
                    "SELECT release FROM band WHERE hash = ? AND day BETWEEN ? AND ? "
                    f"ORDER BY day {order}, release {order} LIMIT ?",
                    (band, max(0, first), last, most),
                )
                found |= {release for (release,) in rows}
        named = self._db.execute(
            "SELECT id FROM (SELECT o.id FROM release AS r JOIN release AS o ON o.url = r.url "
            "WHERE r.id = :id LIMIT :most) "
            "UNION SELECT o.id FROM release AS r JOIN release AS o ON o.id = r.supersedes "
            "WHERE r.id = :id "
            "UNION SELECT o.id FROM release AS r JOIN release AS o ON o.path = r.supersedes "
            "WHERE r.id = :id "
            "UNION SELECT o.id FROM release AS r JOIN release AS o ON o.supersedes = r.id "
            "OR o.supersedes = r.path WHERE r.id = :id",
            {"id": id, "most": most},
        )
        return sorted((found | {other for (other,) in named}) - {id})


COLUMNS = (
    "id, path, line, text, title, title_span, dateline_span, place, date, body, url, language, "
    "member, pages, supersedes, fetched_at"
)


# Without a hint SQLite reads through the vectors themselves: measured 4 to 8 times slower.
BY_TEXT = "INDEXED BY vector_embedded"
_CURRENT = (
    "(r.superseded IS NULL OR NOT (:since IS NULL AND :until IS NULL OR EXISTS ("
    "SELECT 1 FROM json_each(r.superseded) AS j "
    "JOIN release AS n INDEXED BY release_facts ON n.id = j.value WHERE "
    "n.date BETWEEN coalesce(:since, '') AND coalesce(:until, '9999-12-31'))))"
)
_DATED = "(:since IS NULL OR r.date >= :since) AND (:until IS NULL OR r.date <= :until)"


def content_of(release: Release) -> str:
    """One hash over a release's text and facts: equal exactly when nothing about it differs."""
    facts = (
        release.title,
        release.title_span,
        release.dateline_span,
        release.place,
        str(release.date),
        release.body,
        release.url,
        release.language,
        release.paragraphs,
        *([release.pages] if release.pages else []),
        *([release.supersedes] if release.supersedes else []),
        *([str(release.fetched_at)] if release.fetched_at else []),
    )
    return digest(json.dumps([release.text, *facts], ensure_ascii=False))


def ordinal(date: dt.date | None) -> int:
    """A day as a number, 0 for none."""
    return date.toordinal() if date else 0


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None


@lru_cache(maxsize=10_000)  # many passages name the same year, and many none
def _times(written: str) -> tuple[Period, ...]:
    return tuple(Period(_day(start), _day(end), "") for start, end in json.loads(written))


def _period(since: dt.date | None, until: dt.date | None) -> dict[str, str | None]:
    return {"since": since and since.isoformat(), "until": until and until.isoformat()}


def _release(row: Sequence[Any], paragraphs: tuple[tuple[int, int], ...]) -> Release:
    id, path, line, text, title, title_span, dateline_span, place, date, *others = row
    body, url, language, member, pages, supersedes, fetched_at = others
    return Release(
        id=id,
        path=path,
        line=line,
        text=text,
        paragraphs=paragraphs,
        title=title,
        title_span=_span(title_span),
        dateline_span=_span(dateline_span),
        place=place,
        date=_day(date),
        body=body,
        url=url,
        language=language,
        member=member,
        pages=tuple(json.loads(pages)) if pages else (),
        supersedes=supersedes,
        fetched_at=dt.datetime.fromisoformat(fetched_at) if fetched_at else None,
    )


def _encoded(windows: int, rows: bytes, codes: bytes, spans: bytes) -> Encoded:
    places = np.frombuffer(spans, dtype="<i4").reshape(-1, 2)
    return Encoded(
        np.frombuffer(rows, dtype="<f4").reshape(windows, -1),
        np.frombuffer(codes, dtype=np.uint8).reshape(len(places), -1 if len(places) else 0),
        places,
    )


def _span(written: str) -> tuple[int, int] | None:
    values = json.loads(written)
    return (values[0], values[1]) if values else None
