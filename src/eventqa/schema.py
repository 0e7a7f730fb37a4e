"""The tables of the store, and how those of older stores become them.

What an older store lacks is added to it: nothing has to be encoded again. Home of sqlite3, with
`store`.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from pathlib import Path

from eventqa import seal
from eventqa.boilerplate import REPEATED
from eventqa.salvage import checked
from eventqa.types import EventQAError

FORMAT = 7
"""Raised when the shape of the store changes."""

# So many KiB of it each connection keeps in memory.
_CACHE = 8_000

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
FAMILIES_SAYING = (
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
    f"UPDATE passage SET repeated = {FAMILIES_SAYING.format(said='passage.said')} "
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


def prepare(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Makes the tables of a new store, and brings those of an older eventqa up to this one.

    Args:
        path: of the store.
        patience: how many seconds another process that makes it is waited for.

    Raises:
        EventQAError: its format is not known here.
    """
    if _format(connection) == 0:
        _use_write_ahead_log(connection, patience)
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


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether no other version of eventqa has turned the store into one of its own meanwhile."""
    return _format(connection) == FORMAT


def _format(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _use_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # Here SQLite does not wait by itself for another process that does the same.
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
