"""The truth: releases, passages and the vectors of each distinct text, in one SQLite file.

Every change of the releases is one transaction that raises the generation by one, so a reader
sees the corpus wholly before or wholly after it. Vectors are kept under the model that made them
and the text they were made of; they are written in batches ahead of that transaction, and a build
that was killed finds them again. Home of sqlite3, with `view` and `salvage`.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eventqa import seal
from eventqa.acronyms import defined
from eventqa.boilerplate import REPEATED
from eventqa.connections import Connections
from eventqa.corpus import FileState
from eventqa.kept import make_folder
from eventqa.lock import building
from eventqa.salvage import Damaged, Row, checked, salvaged
from eventqa.types import Change, Embedded, EventQAError, Period, Problem, Release, digest
from eventqa.view import BY_TEXT, COLUMNS, Encoded, View, ordinal

_log = logging.getLogger(__name__)

FORMAT = 7
"""Raised when the shape of the store changes."""

FILE = "eventqa.sqlite"

# So many KiB of it each connection keeps in memory.
_CACHE = 8_000

# A reader waits this long for the instant in which a writer switches generations.
_BUSY_SECONDS = 30

# A file of more bytes, of some 60,000 paragraphs, is not looked through until reading it fails: its
# hash would take .4 s of each start, and of the processor after each change. What a question reads,
# words and vectors, is compared with its checksums as always.
_LARGE = 1 << 29

# The seal is not worth more waiting for who still reads what was before, in ms.
_READER_MS = 1_000

# What reads the facts need not read through the texts.
_FACTS = (
    "CREATE INDEX release_facts ON release (id, date, title, family, superseded)",
    "CREATE INDEX release_listed ON release "
    "(date, title, place, body, path, id, member, superseded)",
)
_FAMILIES = (
    "CREATE TABLE band (hash INTEGER, day INTEGER, release TEXT, "
    "PRIMARY KEY (hash, day, release)) WITHOUT ROWID",
    "CREATE INDEX band_release ON band (release)",
    "CREATE INDEX release_family ON release (family)",
    "CREATE INDEX release_url ON release (url) WHERE url IS NOT NULL",
    "CREATE INDEX release_supersedes ON release (supersedes) WHERE supersedes IS NOT NULL",
)
_PASSAGES = (
    "CREATE INDEX passage_said ON passage (said, repeated)",
    "CREATE INDEX passage_untimed ON passage (release) WHERE spoken IS NULL",
)
# In how many families of releases the same is said, as far as that makes a difference.
_FAMILIES_SAYING = (
    "(SELECT count(*) FROM (SELECT DISTINCT r.family FROM passage AS q INDEXED BY passage_said "
    "JOIN release AS r INDEXED BY release_facts ON r.id = q.release "
    f"WHERE q.said = {{said}} LIMIT {REPEATED}))"
)
# What stores of older formats lack: their texts need not be encoded again.
_SINCE_5 = (
    "ALTER TABLE release ADD COLUMN member TEXT",
    "ALTER TABLE release ADD COLUMN pages TEXT",
    "ALTER TABLE problem ADD COLUMN member TEXT",
)
_SINCE_6 = (
    "DROP INDEX IF EXISTS release_listed",
    "DROP INDEX IF EXISTS release_facts",
    *(
        f"ALTER TABLE release ADD COLUMN {column}"
        for column in ("supersedes TEXT", "fetched_at TEXT", "family TEXT", "superseded TEXT")
    ),
    "ALTER TABLE passage ADD COLUMN said INTEGER",
    "ALTER TABLE passage ADD COLUMN notice INTEGER",
    *_FACTS,
    *_FAMILIES,
)
_SINCE_7 = (
    "ALTER TABLE vector ADD COLUMN checked INTEGER",
    "UPDATE vector SET checked = checked(model, embedded, windows, rows, codes, spans)",
    "DROP INDEX IF EXISTS passage_said",
    "ALTER TABLE passage ADD COLUMN repeated INTEGER",
    "ALTER TABLE passage ADD COLUMN spoken TEXT",
    *_PASSAGES,
    f"UPDATE passage SET repeated = {_FAMILIES_SAYING.format(said='passage.said')} "
    "WHERE said IS NOT NULL",
)
_SINCE = {
    **dict.fromkeys((2, 3, 4), _SINCE_5 + _SINCE_6 + _SINCE_7),
    5: _SINCE_6 + _SINCE_7,
    6: _SINCE_7,
}

_SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (
    path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, changed INTEGER, inode INTEGER,
    sha256 TEXT NOT NULL, settled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE problem (
    path TEXT NOT NULL, line INTEGER, message TEXT NOT NULL, lost INTEGER NOT NULL,
    kind TEXT NOT NULL, member TEXT
);
CREATE TABLE release (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, line INTEGER, text TEXT NOT NULL,
    title TEXT NOT NULL, title_span TEXT, dateline_span TEXT, place TEXT, date TEXT, body TEXT,
    url TEXT, language TEXT, content TEXT NOT NULL, member TEXT, pages TEXT, supersedes TEXT,
    fetched_at TEXT, family TEXT, superseded TEXT
) WITHOUT ROWID;
CREATE INDEX release_path ON release (path);
CREATE INDEX release_date ON release (date);
{_FACTS[0]};
{_FACTS[1]};
CREATE TABLE passage (
    release TEXT NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    words TEXT NOT NULL, embedded TEXT NOT NULL, said INTEGER, notice INTEGER, repeated INTEGER,
    spoken TEXT,
    PRIMARY KEY (release, number)
) WITHOUT ROWID;
CREATE INDEX passage_words ON passage (words);
CREATE INDEX passage_embedded ON passage (embedded);
CREATE TABLE vector (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, embedded TEXT NOT NULL,
    windows INTEGER NOT NULL, rows BLOB NOT NULL, codes BLOB NOT NULL, spans BLOB NOT NULL,
    checked INTEGER
);
CREATE INDEX vector_embedded ON vector (embedded, model);
CREATE TABLE acronym (
    release TEXT NOT NULL, short TEXT NOT NULL, long TEXT NOT NULL, PRIMARY KEY (release, short)
) WITHOUT ROWID;
{";".join(_FAMILIES + _PASSAGES)}
"""


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


class Store:
    """The SQLite file in a folder. Opening is cheap; every read sees one generation.

    The first to open it finds out whether the file is the one that was written. If it is damaged,
    a new one is put in its place, with all vectors that are whole: the next build reads the corpus
    again and encodes only what was lost. In a folder that cannot be written to it is read as it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._readers = Connections(self.path, self._opened, _is_current)
        self._looking = threading.Lock()
        self._looked = False
        self._suspect = False  # reading it has failed since

    @contextmanager
    def read(self) -> Generator[View]:
        """A view of one generation that no writer changes while it is open."""
        self.look_into()
        with self._named(), self._readers.one() as connection:
            connection.execute("BEGIN")
            yield View(connection)

    @contextmanager
    def write(self) -> Generator[Writer]:
        """One transaction: all of it is kept, or nothing when the block raises."""
        with self._named(), closing(self._opened()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                seal.lift(self.path)
                yield Writer(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes what is kept open for the next reader. It can be read and written afterwards."""
        self._readers.close()

    def look_into(self) -> None:
        """Finds out, once, whether the file is whole, and mends it if it is not.

        It takes 0.1 s for 15,000 paragraphs (127 MB), 0.35 s where a build was killed before it had
        sealed the file, and 1.4 s to mend. Whoever holds the writer's lock has called it before.

        Raises:
            EventQAError: it is damaged and cannot be mended now; the message says why.
        """
        if self._looked:
            return
        with self._looking:
            if self._looked:  # another thread has done it
                return
            if self._suspect or not self._is_large():
                known = None if self._suspect else seal.holds(self.path)
                if not known and self.path.is_file():
                    self._mend_if_needed(known)
            self._looked, self._suspect = True, False

    def seal(self) -> None:
        """Notes what the file holds, unless that is noted.

        Only the holder of the writer's lock may call this.
        """
        if seal.is_there(self.path) or self._is_large():
            return
        with self._named(), closing(self._opened()) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_READER_MS}")
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:  # the next start looks through all of it
            return
        try:
            seal.put(self.path)
        except OSError as error:  # without it the next start takes longer, and no more
            _log.warning("it was not noted what %s holds: %s", self.path, error)

    def _is_large(self) -> bool:
        """Whether looking through all of it would take longer than a start may."""
        return self.path.is_file() and self.path.stat().st_size > _LARGE

    def _mend_if_needed(self, known: bool | None) -> None:
        try:
            # Who is writing to a file that is not sealed has looked into it before.
            with building(self.folder, patience=0 if known is None else _BUSY_SECONDS):
                known = None if self._suspect else seal.holds(self.path)
                if known is False or (known is None and not self._is_sound()):
                    self._mend()
                self._looked = True
                self.seal()
        except (EventQAError, OSError) as error:
            if known is not None or self._suspect or isinstance(error, OSError):
                raise EventQAError(
                    f"the store {str(self.path)!r} is damaged and cannot be mended now: {error}"
                ) from error

    def _is_sound(self) -> bool:
        """Whether all of a file fits together, as far as it can be told without a seal."""
        try:
            with closing(self._connected()) as connection:
                if _format(connection) != FORMAT:
                    return True  # nothing is known of it here
                connection.execute("BEGIN")
                (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
                view = View(connection)
                return said == "ok" and view.has_whole_vectors() and _has_whole_releases(view)
        except (ValueError, TypeError, IndexError, OverflowError):  # what is no value of its kind
            return False
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                return False
            raise EventQAError(_advice(self.path, error)) from error

    def _mend(self) -> None:
        """Puts a new store in the place of the damaged one, with what is whole of its vectors."""
        new = Store(self.folder / "mending")
        shutil.rmtree(new.folder, ignore_errors=True)
        with new.write() as writer:
            writer.put_rows(salvaged(self.path))
            ((count,),) = writer.query("SELECT count(*) FROM vector")
        new.seal()
        new.close()
        self._readers.clear()
        seal.lift(self.path)
        for left in ("-wal", "-shm"):
            self.path.with_name(FILE + left).unlink(missing_ok=True)
        os.replace(new.path, self.path)
        shutil.rmtree(new.folder, ignore_errors=True)
        _log.warning(
            "the store %s was damaged. %s of its texts need not be encoded again; all else is "
            "read from the corpus, which is untouched",
            self.path,
            f"{count:,}",
        )

    @contextmanager
    def _named(self) -> Generator[None]:
        """Says of what goes wrong with the file which one it is, and what to do."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                self._suspect, self._looked = True, False
            raise EventQAError(_advice(self.path, error)) from error

    def _opened(self) -> sqlite3.Connection:
        """A connection to the store, which is made if it is not there, and mended if need be."""
        make_folder(self.folder)
        self.look_into()
        connection = self._connected()
        try:
            _prepare(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self) -> sqlite3.Connection:
        place, is_address = str(self.path), False
        if not os.access(self.folder, os.W_OK) and self.path.exists():
            # SQLite would make a log beside it; where there is none nobody writes.
            logged = self.path.with_name(f"{FILE}-wal").exists()
            how = "mode=ro" if logged else "immutable=1"
            place, is_address = f"{self.path.absolute().as_uri()}?{how}", True
        return sqlite3.connect(
            place,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # one thread at a time uses it
            uri=is_address,
        )


class Writer(View):
    """Changes of the store within one transaction."""

    def set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def put_vectors(self, model: str, encoded: Iterable[tuple[str, Encoded]]) -> None:
        """Adds the vectors of texts, each by its `Embedded.key`."""
        self.put_rows(
            (
                model,
                key,
                len(one.rows),
                one.rows.astype("<f4").tobytes(),
                one.codes.tobytes(),
                one.spans.astype("<i4").tobytes(),
            )
            for key, one in encoded
        )

    def put_rows(self, rows: Iterable[Row]) -> None:
        """The same, of vectors in the form in which the store has them."""
        self._db.executemany(
            "INSERT INTO vector (model, embedded, windows, rows, codes, spans, checked) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*row, checked(row)) for row in rows),
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
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)",
            ((p.path, p.line, p.message, p.lost, kind, p.member) for p in problems),
        )

    def keep_problems(self, kind: str, paths: Iterable[str]) -> None:
        """Forgets all problems but those of one kind with some files."""
        self._db.execute(
            "DELETE FROM problem WHERE kind != ? OR path NOT IN (SELECT value FROM json_each(?))",
            (kind, json.dumps(list(paths))),
        )

    def drop_releases(self, ids: Iterable[str]) -> None:
        listed = (json.dumps(list(ids)),)
        for table in ("passage", "acronym", "band", "release"):
            column = "id" if table == "release" else "release"
            self._db.execute(
                f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))", listed
            )

    def put_change(self, change: Change) -> None:
        """Notes what this change of the releases is."""
        self.set_meta("change", json.dumps(asdict(change), default=dt.datetime.isoformat))

    def put_release(self, release: Release) -> None:
        """Adds a release with its passages; one of the same id must have been dropped."""
        self._db.execute(
            f"INSERT INTO release ({COLUMNS}, content) VALUES ({', '.join('?' * 17)})",
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
                release.member,
                json.dumps(release.pages) if release.pages else None,
                release.supersedes,
                release.fetched_at.isoformat() if release.fetched_at else None,
                content_of(release),
            ),
        )
        self._db.executemany(
            "INSERT INTO passage (release, number, start, end, words, embedded) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                (release.id, p.number, p.start, p.end, digest(p.text), Embedded.of(p).key)
                for p in release.passages
            ),
        )
        self._db.executemany(
            "INSERT INTO acronym VALUES (?, ?, ?)",
            ((release.id, short, long) for short, long in defined(release.text).items()),
        )

    def put_bands(self, id: str, date: dt.date | None, bands: Iterable[int]) -> None:
        """By what releases like this one are found; replaces what was there."""
        self._db.execute("DELETE FROM band WHERE release = ?", (id,))
        self._db.executemany(
            "INSERT INTO band VALUES (?, ?, ?)",
            ((band, ordinal(date), id) for band in set(bands)),
        )

    def put_standing(self, id: str, lead: str, replaced_by: Sequence[str]) -> None:
        """Whose family a release is of, and what newer versions have replaced it, if any."""
        newer = json.dumps(list(replaced_by)) if replaced_by else None
        self._db.execute(
            "UPDATE release SET family = ?, superseded = ? WHERE id = ?", (lead, newer, id)
        )

    def put_said(self, id: str, said: Iterable[tuple[int, int, bool]]) -> None:
        """Of each passage its number, a hash of what it says, and whether it is a mere notice."""
        self._db.executemany(
            "UPDATE passage SET said = ?, notice = ? WHERE release = ? AND number = ?",
            ((words, notice, id, number) for number, words, notice in said),
        )

    def put_repeated(self, said: Iterable[int]) -> None:
        """Counts anew in how many families of releases something is said, by its hashes."""
        self._db.execute(
            "UPDATE passage SET repeated = known.families FROM "
            f"(SELECT j.value AS said, {_FAMILIES_SAYING.format(said='j.value')} AS families "
            "FROM json_each(?) AS j) AS known "
            "WHERE passage.said = known.said AND passage.repeated IS NOT known.families",
            (json.dumps(list(said)),),
        )

    def put_spoken(self, id: str, times: Iterable[Iterable[Period]]) -> None:
        """The times that the passages of a release name, of each in order."""
        rows = (
            [[day and day.isoformat() for day in (one.start, one.end)] for one in named]
            for named in times
        )
        self._db.executemany(
            "UPDATE passage SET spoken = ? WHERE release = ? AND number = ?",
            ((json.dumps(row), id, number) for number, row in enumerate(rows, start=1)),
        )

    def forget_spoken(self) -> None:
        """Forgets what times passages name, so that they are found anew."""
        self._db.execute("UPDATE passage SET spoken = NULL WHERE spoken IS NOT NULL")

    def finish(self, model: str, *, new_generation: bool, forget: bool = True) -> int:
        """Ends a change, and returns the generation.

        Args:
            forget: drop the vectors of texts that are gone, rather than wait for their return.
        """
        if forget:
            self._db.execute(
                f"DELETE FROM vector WHERE id IN (SELECT id FROM vector AS v {BY_TEXT} "
                "WHERE NOT EXISTS (SELECT 1 FROM passage WHERE embedded = v.embedded))"
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
        # A day that has not come yet anywhere is a mistake, and would make all else look old.
        tomorrow = (dt.date.today() + dt.timedelta(1)).isoformat()
        releases, newest = self._db.execute(
            "SELECT count(*), max(date) FILTER (WHERE date <= ?) FROM release", (tomorrow,)
        ).fetchone()
        (passages,) = self._db.execute("SELECT count(*) FROM passage").fetchone()
        return {
            "releases": releases,
            "passages": passages,
            "newest": newest,
            "built_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables of a new store, and refuses one whose format is not known here."""
    if _format(connection) == 0:
        _use_write_ahead_log(connection)
        connection.execute("BEGIN IMMEDIATE")
        seal.lift(path)
        if _format(connection) == 0:  # another process may have been first
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    if _format(connection) in _SINCE:
        connection.execute("BEGIN IMMEDIATE")
        seal.lift(path)
        connection.create_function("checked", 6, lambda *row: checked(row), deterministic=True)
        for statement in _SINCE.get(_format(connection), ()):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    if _format(connection) != FORMAT:
        found = _format(connection)
        step = "Update eventqa, or" if found > FORMAT else "It is of an older eventqa:"
        raise EventQAError(
            f"the store {str(path)!r} has format {found}, this eventqa reads {FORMAT}. {step} "
            "remove the embeddings folder and build again, the corpus is untouched"
        )
    # With a write-ahead log this survives a crash; a power cut can cost the last batch only.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")


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


def _has_whole_releases(view: View) -> bool:
    found = ((view.release(one.id), one.content) for one in view.releases())
    return all(release and content_of(release) == content for release, content in found)


def _is_current(connection: sqlite3.Connection) -> bool:
    """Whether no other version of eventqa has turned the store into one of its own meanwhile."""
    return _format(connection) == FORMAT


def _format(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _advice(path: Path, error: sqlite3.DatabaseError) -> str:
    return f"the store {str(path)!r} cannot be used ({error}). {_step(error)}"


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether it is what the file holds that is wrong, and not what was done with it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return (
        isinstance(error, Damaged)
        or code & 0xFF == sqlite3.SQLITE_CORRUPT
        or str(error).startswith("Could not decode")  # of Python, which has no code for it
    )


def _step(error: sqlite3.DatabaseError) -> str:
    if _is_damage(error):
        return _DAMAGED
    for parts, step in _STEPS.items():
        if any(part in str(error) for part in parts):
            return step
    return _ANEW


_ANEW = "Remove that file and build again: the corpus is untouched"
_STEPS = {
    ("locked", "busy"): "Another process is writing to it: wait for it, or stop it",
    ("full", "disk I/O"): "Make room on the disk and build again: what was encoded is kept",
    ("readonly", "unable to open"): (
        "Check the folder's permissions, or name another with --embeddings"
    ),
}
_DAMAGED = (
    "It is damaged. Ask or build again: what is whole is kept, and the rest is made again from the "
    "corpus, which is untouched"
)
