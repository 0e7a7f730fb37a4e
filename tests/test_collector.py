"""The garbage collector stands still while much is made that stays."""

import gc

import pytest

from eventqa import collector


@pytest.fixture
def collecting():
    yield
    gc.enable()
    gc.unfreeze()


def test_nothing_is_collected_meanwhile_and_what_was_made_is_never_looked_at_again(collecting):
    gc.unfreeze()
    with collector.paused():
        assert not gc.isenabled()
        kept = [[] for _ in range(1_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(kept)


def test_it_collects_again_after_an_error(collecting):
    with pytest.raises(ImportError), collector.paused():
        raise ImportError
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_turned_off(collecting):
    gc.disable()
    with collector.paused():
        pass
    assert not gc.isenabled()
