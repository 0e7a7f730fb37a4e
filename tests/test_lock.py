"""One writer at a time."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from eventqa.lock import Cancelled, building
from eventqa.types import EventQAError

HOLD = """
import sys
from pathlib import Path
from eventqa.lock import building
with building(Path(sys.argv[1]), patience=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_which_process_holds_the_lock(tmp_path, holder):
    with (
        pytest.raises(EventQAError, match=f"process {holder.pid} on .*, since ") as error,
        building(tmp_path, patience=0.1),
    ):
        raise AssertionError("both hold it")
    assert str(tmp_path) in str(error.value)


def test_a_second_writer_waits_and_says_for_whom(tmp_path, holder):
    told: list[str] = []

    def waiting(who: str) -> None:
        told.append(who)
        holder.stdin.close()  # the other one ends only now

    with building(tmp_path, patience=30, waiting=waiting):
        assert holder.wait(10) == 0
    assert len(told) == 1
    assert f"process {holder.pid} on " in told[0]


def test_a_killed_writer_holds_nothing(tmp_path, holder):
    holder.kill()
    holder.wait(10)
    with building(tmp_path, patience=0):
        pass


def test_waiting_can_be_given_up(tmp_path, holder):
    enough = threading.Event()
    with (
        pytest.raises(Cancelled),
        building(tmp_path, patience=60, waiting=lambda _: enough.set(), cancelled=enough.is_set),
    ):
        raise AssertionError("both hold it")


def test_a_writer_that_has_not_written_its_name_yet_is_called_another_process(tmp_path, holder):
    (tmp_path / "build.holder").write_text("")
    with pytest.raises(EventQAError, match="^another process has"), building(tmp_path, patience=0):
        raise AssertionError("both hold it")


def test_the_lock_is_given_back_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="broken"), building(tmp_path, patience=0):
        raise ValueError("broken")
    with building(tmp_path, patience=0):
        note = (tmp_path / "build.holder").read_text()
    assert note.startswith(f"process {os.getpid()} on ")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "embeddings"
    with pytest.raises(EventQAError, match=f"{place}.*cannot be made"), building(place, patience=0):
        raise AssertionError("there is no such folder")
