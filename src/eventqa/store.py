"""The truth: releases, passages and the vectors of each distinct text, in one SQLite file.

Every change of the releases is one transaction that raises the generation by one, so a reader
sees the corpus wholly before or wholly after it. Vectors are kept under the model that made them
and the text they were made of; they are written in batches ahead of that transaction, and a build
that was killed finds them again. Home of sqlite3, with `schema`,
`view`, `connections` and `salvage`.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from eventqa import seal
from eventqa.connections import Connections
from eventqa.kept import make_folder
from eventqa.lock import building
from eventqa.salvage import BROKEN, Damaged, salvaged
from eventqa.schema import is_current, prepare
from eventqa.types import EventQAError
from eventqa.view import View
from eventqa.writer import Writer

_log = logging.getLogger(__name__)

FILE = "eventqa.sqlite"

# A reader waits this long for the instant in which a writer switches generations.
_BUSY_SECONDS = 30

# A file of more bytes, of some 60,000 paragraphs, is not looked through until reading it fails: its
# hash would take .4 s of each start, and of the processor after each change. What a question reads,
# words and vectors, is compared with its checksums as always.
_LARGE = 1 << 29

# The seal is not worth more waiting for who still reads what was before, in ms.
_READER_MS = 1_000


class Store:
    """The SQLite file in a folder. Opening is cheap; every read sees one generation.

    The first to open it finds out whether the file is the one that was written. If it is damaged,
    a new one is put in its place, with all vectors that are whole: the next build reads the corpus
    again and encodes only what was lost. In a folder that cannot be written to it is read as it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._readers = Connections(self.path, self._opened, is_current)
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
                if not is_current(connection):
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
        except BROKEN as error:
            if _is_damage(error):
                self._suspect, self._looked = True, False
            raise EventQAError(_advice(self.path, error)) from error

    def _opened(self) -> sqlite3.Connection:
        """A connection to the store, which is made if it is not there, and mended if need be."""
        make_folder(self.folder)
        self.look_into()
        connection = self._connected()
        try:
            prepare(connection, self.path, _BUSY_SECONDS)
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


def _has_whole_releases(view: View) -> bool:
    return all(view.release(one.id) is not None for one in view.releases())


def _advice(path: Path, error: Exception) -> str:
    return f"the store {str(path)!r} cannot be used ({error}). {_step(error)}"


def _is_damage(error: Exception) -> bool:
    """Whether it is what the file holds that is wrong, and not what was done with it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return (
        isinstance(error, Damaged | UnicodeDecodeError)
        or code & 0xFF == sqlite3.SQLITE_CORRUPT
        or str(error).startswith("Could not decode")  # of Python, which has no code for it
    )


def _step(error: Exception) -> str:
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
