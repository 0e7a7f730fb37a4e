"""Whether a file is the one that was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventqa import seal


@pytest.fixture
def sealed(tmp_path) -> Path:
    file = tmp_path / "store.sqlite"
    file.write_bytes(b"what was written")
    seal.put(file)
    return file


def test_a_sealed_file_holds_what_was_noted(sealed):
    assert seal.is_there(sealed)
    assert seal.holds(sealed) is True


@pytest.mark.parametrize("data", [b"what was writtem", b"what was writte", b""])
def test_a_file_that_was_damaged_does_not(sealed, data):
    sealed.write_bytes(data)
    assert seal.holds(sealed) is False


def test_of_a_file_whose_seal_was_lifted_or_that_is_gone_nothing_is_known(sealed):
    file = sealed.rename(sealed.with_name("away"))
    assert seal.holds(sealed) is None
    file.rename(sealed)
    seal.lift(sealed)
    assert not seal.is_there(sealed)
    assert seal.holds(sealed) is None
    seal.lift(sealed)  # and again is no error


@pytest.mark.parametrize("place", [0, 63, 64, 65, 129])
def test_a_damaged_seal_is_not_taken_for_a_damaged_file(sealed, place):
    note = sealed.with_suffix(".sha256")
    data = bytearray(note.read_bytes())
    assert len(data) == 130
    data[place] ^= 1
    note.write_bytes(data)
    assert seal.holds(sealed) is not False


def test_a_file_that_somebody_begins_to_write_to_meanwhile_is_not_called_damaged(
    sealed, monkeypatch
):
    real = seal._sha256

    def written(path: Path) -> str:
        seal.lift(path)
        path.write_bytes(b"what is written now")
        return real(path)

    monkeypatch.setattr(seal, "_sha256", written)
    assert seal.holds(sealed) is None
