"""Connections to the store are kept between questions, as long as the file is the same."""

import gc
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from eventqa.connections import Connections


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.sqlite"
    put(path, 1)
    return path


def put(path, value: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS one (value)")
    connection.execute("DELETE FROM one")
    connection.execute("INSERT INTO one VALUES (?)", (value,))
    connection.commit()
    connection.close()


class Counted(Connections):
    """Counts how many connections are opened."""

    def __init__(self, path, usable=lambda connection: True) -> None:
        self.opened: list[sqlite3.Connection] = []
        super().__init__(path, self._open, usable)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self.opened.append(connection)
        return connection

    def read(self) -> int:
        with self.one() as connection:
            connection.execute("BEGIN")
            return connection.execute("SELECT value FROM one").fetchone()[0]


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_one_question_after_the_other_uses_one_connection_and_sees_every_change(file):
    connections = Counted(file)
    writer = sqlite3.connect(file, isolation_level=None)
    assert connections.read() == 1
    for value in range(20):
        writer.execute("UPDATE one SET value = ?", (value,))
        assert connections.read() == value
    writer.close()
    assert len(connections.opened) == 1


def test_no_two_threads_share_a_connection_and_few_are_kept(file):
    connections, all_in = Counted(file), Barrier(9)

    def use(_: int) -> int:
        with connections.one() as connection:
            all_in.wait(10)
            return id(connection)

    with ThreadPoolExecutor(9) as pool:
        assert len(set(pool.map(use, range(9)))) == 9
    assert sum(map(is_open, connections.opened)) == 4


@pytest.mark.parametrize("how", ["replaced", "written over", "removed and made again"])
def test_a_file_that_somebody_has_replaced_is_opened_anew(file, tmp_path, how):
    connections = Counted(file)
    assert connections.read() == 1
    put(tmp_path / "other.sqlite", 2)
    if how == "replaced":
        os.replace(tmp_path / "other.sqlite", file)
    elif how == "written over":
        shutil.copyfile(tmp_path / "other.sqlite", file)
        os.utime(file, (1, 1))  # however coarse the clock of the disk is
    else:
        for path in tmp_path.glob("file.sqlite*"):
            path.unlink()
        put(file, 2)
    assert connections.read() == 2
    assert [is_open(one) for one in connections.opened] == [False, True]


def test_a_connection_that_failed_is_never_used_again(file):
    connections = Counted(file)
    with pytest.raises(ValueError, match="broken"), connections.one():
        raise ValueError("broken")
    assert [is_open(one) for one in connections.opened] == [False]
    assert connections.read() == 1


def test_a_connection_that_is_no_longer_usable_is_closed(file):
    connections = Counted(file, usable=lambda connection: False)
    assert [connections.read(), connections.read()] == [1, 1]
    assert [is_open(one) for one in connections.opened] == [False, True]


def test_no_snapshot_is_held_between_questions(file):
    connections = Counted(file)
    connections.read()
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("UPDATE one SET value = 5")
    # Only if no reader needs what is in the log can all of it go into the file.
    assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    writer.close()


def test_all_are_closed_with_what_kept_them(file):
    connections = Counted(file)
    connections.read()
    opened = connections.opened
    del connections
    gc.collect()  # it is in a ring with its own method
    assert not any(map(is_open, opened))


def test_what_is_closed_keeps_none_and_still_reads(file):
    connections = Counted(file)
    connections.read()
    connections.close()
    assert connections.read() == 1
    assert not any(map(is_open, connections.opened))
