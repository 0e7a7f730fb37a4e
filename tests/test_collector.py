"""The garbage collector stands still while much is made that stays."""

import gc
import weakref

import pytest

from eventqa import collector


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collecting():
    yield
    gc.enable()


def test_nothing_is_collected_meanwhile_and_all_garbage_is_afterwards():
    with collector.paused():
        assert not gc.isenabled()
        left = weakref.ref(Ring())
        _ = [[] for _ in range(100_000)]  # more than the collector would wait for
        assert left() is not None
    assert gc.isenabled()
    gc.collect()
    assert left() is None


def test_it_collects_again_after_an_error():
    with pytest.raises(ImportError), collector.paused():
        raise ImportError
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_turned_off():
    gc.disable()
    with collector.paused():
        pass
    assert not gc.isenabled()
