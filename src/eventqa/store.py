"""The truth: releases, passages and one vector per distinct text, in one SQLite file.

Every change of the releases is one transaction that raises the generation by one, so a reader
sees the corpus wholly before or wholly after it. Vectors are kept under the model that made them
and the text they were made of; they are written in batches ahead of that transaction, and a build
that was killed finds them again. The only home of sqlite3.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import time
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventqa.corpus import FileState
from eventqa.types import EventQAError, Freshness, Problem, Release, digest

FORMAT = 1
"""Raised when the shape of the store changes."""

FILE = "eventqa.sqlite"

Vector = NDArray[np.float32]
Ids = NDArray[np.int64]

Place = tuple[str, int]
"""A passage by its release's id and its number."""

State = tuple[str | None, int]
"""Which store, and how often it was changed: equal exactly when it holds the same."""

# A reader waits this long for the instant in which a writer switches generations.
_BUSY_SECONDS = 30

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (
    path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, changed INTEGER, inode INTEGER,
    sha256 TEXT NOT NULL, settled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE problem (
    path TEXT NOT NULL, line INTEGER, message TEXT NOT NULL, lost INTEGER NOT NULL,
    kind TEXT NOT NULL
);
CREATE TABLE release (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, line INTEGER, text TEXT NOT NULL,
    title TEXT NOT NULL, title_span TEXT, dateline_span TEXT, place TEXT, date TEXT, body TEXT,
    url TEXT, language TEXT, content TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX release_path ON release (path);
CREATE INDEX release_date ON release (date);
CREATE TABLE passage (
    release TEXT NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    words TEXT NOT NULL, PRIMARY KEY (release, number)
) WITHOUT ROWID;
CREATE INDEX passage_words ON passage (words);
CREATE TABLE vector (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, words TEXT NOT NULL,
    row BLOB NOT NULL
);
CREATE INDEX vector_words ON vector (words, model);
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store knows of a release without its text."""

    id: str
    path: str
    line: int | None
    content: str  # hash of the text and all facts


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
    )
    return digest(json.dumps([release.text, *facts], ensure_ascii=False))


class Store:
    """The SQLite file in a folder. Opening is cheap; every read sees one generation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE

    @contextmanager
    def read(self) -> Generator[View]:
        """A view of one generation that no writer changes while it is open."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield View(connection)

    @contextmanager
    def write(self) -> Generator[Writer]:
        """One transaction: all of it is kept, or nothing when the block raises."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writer(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        make_folder(self.folder)
        try:
            with closing(
                sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            ) as connection:
                _prepare(connection)
                yield connection
        except sqlite3.DatabaseError as error:
            raise EventQAError(_advice(self.path, error)) from error


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
        """What is wrong with the corpus, in order of path and line."""
        return self._problems("1")

    def problems_of(self, kind: str) -> tuple[Problem, ...]:
        return self._problems("kind = ?", kind)

    def _problems(self, condition: str, *values: str) -> tuple[Problem, ...]:
        rows = self._db.execute(
            f"SELECT path, line, message, lost FROM problem WHERE {condition} "
            "ORDER BY path, line, message",
            values,
        )
        return tuple(Problem(path, line, message, bool(lost)) for path, line, message, lost in rows)

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

    def releases(self) -> list[Stored]:
        rows = self._db.execute("SELECT id, path, line, content FROM release")
        return [Stored(*row) for row in rows]

    def release(self, id: str) -> Release | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM release WHERE id = ?", (id,)).fetchone()
        if row is None:
            return None
        spans = self._db.execute(
            "SELECT start, end FROM passage WHERE release = ? ORDER BY number", (id,)
        )
        return _release(row, tuple((start, end) for start, end in spans))

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

    def unencoded(self, model: str, words: Iterable[str]) -> set[str]:
        """Those hashes of texts that have no vector of this model yet."""
        rows = self._db.execute(
            "SELECT value FROM json_each(?) WHERE NOT EXISTS "
            "(SELECT 1 FROM vector WHERE words = value AND model = ?)",
            (json.dumps(list(words)), model),
        )
        return {value for (value,) in rows}

    def unsearchable(self, model: str, without: Iterable[str]) -> dict[str, str]:
        """The passages' texts that have no vector of this model, by their hash.

        Args:
            without: ids of releases that do not count.
        """
        rows = self._db.execute(
            "SELECT p.words, r.text, p.start, p.end FROM passage AS p "
            "JOIN release AS r ON r.id = p.release WHERE NOT EXISTS "
            "(SELECT 1 FROM vector AS v WHERE v.words = p.words AND v.model = ?) "
            "AND p.release NOT IN (SELECT value FROM json_each(?))",
            (model, json.dumps(list(without))),
        )
        return {words: text[start:end] for words, text, start, end in rows}

    def vector_ids(self) -> Ids:
        """The ids of all vectors this generation is searched by, ascending. Never used twice."""
        rows = self._db.execute(
            f"SELECT id FROM vector AS v {_BY_WORDS} WHERE model = ? AND EXISTS "
            "(SELECT 1 FROM passage WHERE words = v.words) ORDER BY id",
            (self.model,),
        )
        return np.fromiter((id for (id,) in rows), dtype=np.int64)

    def vectors(self, ids: Ids) -> Vector:
        """The vectors with these ids in their order, shape (len(ids), dim); dim is 0 of none."""
        rows = self._db.execute(
            "SELECT row FROM json_each(?) AS j JOIN vector AS v ON v.id = j.value ORDER BY j.key",
            (json.dumps(ids.tolist()),),
        )
        data = b"".join(row for (row,) in rows)
        # numpy cannot tell how long no rows are.
        return np.frombuffer(data, dtype="<f4").reshape(len(ids), -1 if len(ids) else 0)

    def vector_ids_between(self, since: dt.date | None, until: dt.date | None) -> Ids:
        """The ids of the vectors of releases dated in a period, both ends included."""
        rows = self._db.execute(
            "SELECT DISTINCT v.id FROM release AS r JOIN passage AS p ON p.release = r.id "
            "JOIN vector AS v ON v.words = p.words AND v.model = :model "
            f"WHERE {_DATED} ORDER BY v.id",
            {"model": self.model, **_period(since, until)},
        )
        return np.fromiter((id for (id,) in rows), dtype=np.int64)

    def places(
        self, ids: Ids, since: dt.date | None, until: dt.date | None
    ) -> list[tuple[int, str, int]]:
        """Where the texts behind some vectors stand: (vector id, release id, paragraph)."""
        return self._db.execute(
            "SELECT v.id, p.release, p.number FROM json_each(:ids) AS j "
            "JOIN vector AS v ON v.id = j.value JOIN passage AS p ON p.words = v.words "
            f"JOIN release AS r ON r.id = p.release WHERE {_DATED}",
            {"ids": json.dumps(ids.tolist()), **_period(since, until)},
        ).fetchall()


class Writer(View):
    """Changes of the store within one transaction."""

    def set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def put_vectors(self, model: str, vectors: Iterable[tuple[str, Vector]]) -> None:
        """Adds the vectors of texts, each an array of shape (windows, dim), by the text's hash."""
        self._db.executemany(
            "INSERT INTO vector (model, words, row) VALUES (?, ?, ?)",
            (
                (model, words, row.astype("<f4").tobytes())
                for words, rows in vectors
                for row in rows
            ),
        )
        self.set_meta("ahead", "1")

    def put_files(self, files: Mapping[str, FileState]) -> None:
        """Replaces what is known of the files, touching only what differs."""
        before = self.files()
        self._db.executemany(
            "DELETE FROM file WHERE path = ?", ((path,) for path in before.keys() - files.keys())
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (path, *state.stamp, state.sha256, state.settled)
                for path, state in files.items()
                if before.get(path) != state
            ),
        )

    def put_problems(self, kind: str, problems: Iterable[Problem]) -> None:
        self._db.executemany(
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?)",
            ((p.path, p.line, p.message, p.lost, kind) for p in problems),
        )

    def keep_problems(self, kind: str, paths: Iterable[str]) -> None:
        """Forgets all problems but those of one kind with some files."""
        self._db.execute(
            "DELETE FROM problem WHERE kind != ? OR path NOT IN (SELECT value FROM json_each(?))",
            (kind, json.dumps(list(paths))),
        )

    def drop_releases(self, ids: Iterable[str]) -> None:
        listed = (json.dumps(list(ids)),)
        self._db.execute(
            "DELETE FROM passage WHERE release IN (SELECT value FROM json_each(?))", listed
        )
        self._db.execute("DELETE FROM release WHERE id IN (SELECT value FROM json_each(?))", listed)

    def put_release(self, release: Release) -> None:
        """Adds a release with its passages; one of the same id must have been dropped."""
        self._db.execute(
            f"INSERT INTO release ({_COLUMNS}, content) VALUES ({', '.join('?' * 13)})",
            (
                release.id,
                release.path,
                release.line,
                release.text,
                release.title,
                json.dumps(release.title_span),
                json.dumps(release.dateline_span),
                release.place,
                release.date.isoformat() if release.date else None,
                release.body,
                release.url,
                release.language,
                content_of(release),
            ),
        )
        self._db.executemany(
            "INSERT INTO passage VALUES (?, ?, ?, ?, ?)",
            ((release.id, p.number, p.start, p.end, digest(p.text)) for p in release.passages),
        )

    def finish(self, model: str, *, new_generation: bool) -> int:
        """Ends a change: drops vectors of texts that are gone, and returns the generation."""
        self._db.execute(
            f"DELETE FROM vector WHERE id IN (SELECT id FROM vector AS v {_BY_WORDS} "
            "WHERE NOT EXISTS (SELECT 1 FROM passage WHERE words = v.words))"
        )
        self._db.execute("DELETE FROM meta WHERE name = 'ahead'")
        self.set_meta("revision", str(self.state[1] + 1))
        if new_generation:
            self.generation += 1
            self.set_meta("generation", str(self.generation))
        self.set_meta("model", model)
        self.set_meta("freshness", json.dumps(self._count()))
        return self.generation

    def _count(self) -> dict[str, Any]:
        releases, newest = self._db.execute("SELECT count(*), max(date) FROM release").fetchone()
        (passages,) = self._db.execute("SELECT count(*) FROM passage").fetchone()
        return {
            "releases": releases,
            "passages": passages,
            "newest": newest,
            "built_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }


_COLUMNS = (
    "id, path, line, text, title, title_span, dateline_span, place, date, body, url, language"
)
# Without a hint SQLite reads through the vectors themselves: measured 4 to 8 times slower.
_BY_WORDS = "INDEXED BY vector_words"
_DATED = "(:since IS NULL OR r.date >= :since) AND (:until IS NULL OR r.date <= :until)"


def _period(since: dt.date | None, until: dt.date | None) -> dict[str, str | None]:
    return {"since": since and since.isoformat(), "until": until and until.isoformat()}


def _release(row: Sequence[Any], paragraphs: tuple[tuple[int, int], ...]) -> Release:
    id, path, line, text, title, title_span, dateline_span, place, date, body, url, language = row
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
        date=dt.date.fromisoformat(date) if date else None,
        body=body,
        url=url,
        language=language,
    )


def _span(written: str) -> tuple[int, int] | None:
    values = json.loads(written)
    return (values[0], values[1]) if values else None


def _prepare(connection: sqlite3.Connection) -> None:
    """Makes the tables of a new store, and refuses one whose format is not known here."""
    if _format(connection) == 0:
        _use_write_ahead_log(connection)
        connection.execute("BEGIN IMMEDIATE")
        if _format(connection) == 0:  # another process may have been first
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    if _format(connection) != FORMAT:
        raise EventQAError(
            f"the store has format {_format(connection)}, this eventqa reads {FORMAT}. Update "
            "eventqa, or remove the embeddings folder and build again"
        )
    # With a write-ahead log this survives a crash; a power cut can cost the last batch only.
    connection.execute("PRAGMA synchronous = NORMAL")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # Here SQLite does not wait by itself for another process that does the same.
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def make_folder(folder: Path) -> None:
    """Makes the folder of a store, unless it is there.

    Raises:
        EventQAError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EventQAError(
            f"the store's folder {str(folder)!r} cannot be made ({error.strerror}). Check the "
            "permissions of the folder it is in, or name another with --embeddings"
        ) from error


def _format(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _advice(path: Path, error: sqlite3.DatabaseError) -> str:
    message = str(error)
    if "locked" in message or "busy" in message:
        step = "Another process is writing to it: wait for it, or stop it"
    elif "full" in message or "disk I/O" in message:
        step = "Make room on the disk and build again: what was encoded is kept"
    elif "readonly" in message or "unable to open" in message:
        step = "Check the folder's permissions, or name another with --embeddings"
    else:
        step = "Remove that file and build again: the corpus is untouched"
    return f"the store {str(path)!r} cannot be used ({message}). {step}"
