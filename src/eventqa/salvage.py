"""What is left of a damaged store. Home of sqlite3, with `store`."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

Row = tuple[str, str, int, bytes, bytes, bytes]
"""A text's vectors as the store has them: model, key, windows, rows, codes, spans."""


class Damaged(sqlite3.DatabaseError):
    """What the store holds is not what was put there."""


BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What reading a damaged file raises: the second where SQLite's own message quotes the damage."""

_COLUMNS = "model, embedded, windows, rows, codes, spans"
_AT_ONCE = 500
# Beyond it an id is damaged rather than given.
_MOST = 1 << 24


def checked(row: Row) -> int:
    """A checksum over a text's vectors and what they are of."""
    model, key, windows, *blobs = row
    return zlib.crc32(b"".join(blobs), zlib.crc32(repr((model, key, windows)).encode()))


def salvaged(path: Path) -> Iterator[Row]:
    """The vectors in a store's file that are as they were written, however damaged it is."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield from _between(connection, 1, min(_last(connection), _MOST))
    except BROKEN:
        return  # it is no database any more


def _between(connection: sqlite3.Connection, first: int, last: int) -> Iterator[Row]:
    """The whole ones of some ids; of a range with damage in it those of either half."""
    if last - first < _AT_ONCE:
        try:
            found = connection.execute(
                f"SELECT {_COLUMNS}, checked FROM vector WHERE id BETWEEN ? AND ?", (first, last)
            ).fetchall()
        except BROKEN:
            if first >= last:
                return
        else:
            yield from (row for *values, noted in found if _fits(row := tuple(values), noted))
            return
    middle = (first + last) // 2
    yield from _between(connection, first, middle)
    yield from _between(connection, middle + 1, last)


def _fits(row: Row, noted: object) -> bool:
    try:
        return checked(row) == noted
    except TypeError:  # a value has become one of another kind
        return False


def _last(connection: sqlite3.Connection) -> int:
    """The highest id of a vector, as far as it can be found out."""
    found = 0
    for statement in (
        "SELECT max(id) FROM vector",
        "SELECT seq FROM sqlite_sequence WHERE name = 'vector'",
    ):
        try:
            row = connection.execute(statement).fetchone()
        except BROKEN:
            continue
        if row and isinstance(row[0], int):
            found = max(found, row[0])
    return found
