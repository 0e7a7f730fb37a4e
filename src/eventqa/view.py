"""What the store holds, read as of one generation. Home of sqlite3, with `store`."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventqa.corpus import FileState
from eventqa.lexical import Entry
from eventqa.types import Embedded, Freshness, Passage, Problem, Release, digest

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
        row = self._db.execute(f"SELECT {COLUMNS} FROM release WHERE id = ?", (id,)).fetchone()
        if row is None:
            return None
        spans = self._db.execute(
            "SELECT start, end FROM passage WHERE release = ? ORDER BY number", (id,)
        )
        return _release(row, tuple((start, end) for start, end in spans))

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
        """All that is kept of some texts, by id."""
        rows = self._db.execute(
            "SELECT v.id, v.windows, v.rows, v.codes, v.spans FROM json_each(?) AS j "
            "JOIN vector AS v ON v.id = j.value",
            (json.dumps(ids.tolist()),),
        )
        return {id: _encoded(*columns) for id, *columns in rows}

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

    def texts(self, places: Iterable[Place]) -> list[tuple[str, dt.date | None, str]]:
        """The words of some passages, each with its release's date and text, in order."""
        wanted = [list(place) for place in places]
        rows = self._db.execute(
            "SELECT r.text, p.start, p.end, r.date FROM json_each(?) AS j "
            "JOIN passage AS p ON p.release = j.value ->> 0 AND p.number = j.value ->> 1 "
            "JOIN release AS r ON r.id = p.release ORDER BY j.key",
            (json.dumps(wanted),),
        )
        return [(text[start:end], _day(date), text) for text, start, end, date in rows]

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

    def places(
        self, ids: Ids, since: dt.date | None, until: dt.date | None
    ) -> list[tuple[int, str, int, dt.date | None, str]]:
        """Where some embedded texts stand: id, release id, paragraph, the release's date, title."""
        # In the table date and title lie behind the text: 3.1 ms for 220 places, so 0.9.
        rows = self._db.execute(
            "SELECT v.id, p.release, p.number, r.date, r.title FROM json_each(:ids) AS j "
            "JOIN vector AS v ON v.id = j.value JOIN passage AS p ON p.embedded = v.embedded "
            f"JOIN release AS r INDEXED BY release_facts ON r.id = p.release WHERE {_DATED}",
            {"ids": json.dumps(ids.tolist()), **_period(since, until)},
        )
        return [(id, at, number, _day(date), title) for id, at, number, date, title in rows]


COLUMNS = (
    "id, path, line, text, title, title_span, dateline_span, place, date, body, url, language, "
    "member, pages"
)


# Without a hint SQLite reads through the vectors themselves: measured 4 to 8 times slower.
BY_TEXT = "INDEXED BY vector_embedded"
_DATED = "(:since IS NULL OR r.date >= :since) AND (:until IS NULL OR r.date <= :until)"


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None


def _period(since: dt.date | None, until: dt.date | None) -> dict[str, str | None]:
    return {"since": since and since.isoformat(), "until": until and until.isoformat()}


def _release(row: Sequence[Any], paragraphs: tuple[tuple[int, int], ...]) -> Release:
    id, path, line, text, title, title_span, dateline_span, place, date, *others = row
    body, url, language, member, pages = others
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
