"""Files that are there as a whole or not at all."""

import hashlib
import os

import pytest

from eventqa import kept

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2


def test_what_is_written_is_read_under_its_sha256(tmp_path):
    path = tmp_path / "file"
    assert kept.write(path, b"abc") == ABC
    assert kept.read(path, ABC) == b"abc"
    assert kept.holds(path, ABC)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_nothing_is_something_that_can_be_kept(tmp_path):
    path = tmp_path / "file"
    assert kept.read(path, kept.write(path, b"")) == b""
    assert kept.holds(path, hashlib.sha256().hexdigest())


def test_a_file_takes_the_place_of_the_one_before(tmp_path):
    path = tmp_path / "file"
    kept.write(path, b"longer than that")
    assert kept.write(path, b"abc") == ABC
    assert path.read_bytes() == b"abc"


@pytest.mark.parametrize("damage", ["other", "cut", "missing", "a folder", "a pipe"])
def test_what_is_not_the_file_that_is_meant_is_none(tmp_path, damage):
    path = tmp_path / "file"
    kept.write(path, b"abc")
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage == "a pipe":
        os.mkfifo(path)
    elif damage != "missing":
        path.write_bytes({"other": b"abd", "cut": b"ab"}[damage])
    assert kept.read(path, ABC) is None
    assert not kept.holds(path, ABC)


def test_what_a_killed_write_left_behind_is_written_over(tmp_path):
    (tmp_path / "file.part").write_bytes(b"half of it")
    assert kept.write(tmp_path / "file", b"abc") == ABC
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_is_killed_leaves_the_file_before_it(tmp_path, monkeypatch, step):
    def killed(*_):
        raise KeyboardInterrupt

    kept.write(tmp_path / "file", b"abc")
    monkeypatch.setattr(kept.os, step, killed)
    with pytest.raises(KeyboardInterrupt):
        kept.write(tmp_path / "file", b"another")
    assert kept.read(tmp_path / "file", ABC) == b"abc"


def test_the_data_are_on_disk_before_they_take_the_place(tmp_path, monkeypatch):
    steps = []
    for step in ("fsync", "replace"):
        real = getattr(kept.os, step)
        monkeypatch.setattr(
            kept.os, step, lambda *args, step=step, real=real: steps.append(step) or real(*args)
        )
    kept.write(tmp_path / "file", b"abc")
    assert steps == ["fsync", "replace"]


def test_what_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        kept.write(tmp_path / "nowhere" / "file", b"abc")
