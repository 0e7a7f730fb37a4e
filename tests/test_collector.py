"""The garbage collector stands still while much is made that stays."""

import gc
import subprocess
import sys
import weakref

import pytest

from eventqa import collector


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collecting(monkeypatch):
    monkeypatch.setattr(collector, "_own", False)  # as in a program around it
    gc.unfreeze()
    yield
    gc.unfreeze()
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


def test_a_program_of_its_own_never_looks_through_what_was_brought_in_again():
    collector.own_process()
    with collector.paused():
        brought = [[] for _ in range(100_000)]
    assert gc.get_freeze_count() >= len(brought)
    left = weakref.ref(Ring())
    gc.collect()
    assert left() is None


@pytest.mark.parametrize(("called", "own"), [("run()", "True"), ("sys.exit(main())", "False")])
def test_the_command_is_a_program_of_its_own_and_what_calls_its_main_is_not(called, own):
    code = (
        "import sys\nfrom eventqa import collector\nfrom eventqa.cli import main, run\n"
        f"try: {called}\nexcept SystemExit: print(collector._own)"
    )
    command = [sys.executable, "-c", code, "--version"]
    assert subprocess.check_output(command, text=True).split()[-1] == own


def test_in_a_program_around_it_nothing_is_set_aside():
    with collector.paused():
        left = [[] for _ in range(100_000)]
    assert (len(left), gc.get_freeze_count()) == (100_000, 0)


def test_it_collects_again_after_an_error():
    with pytest.raises(ImportError), collector.paused():
        raise ImportError
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_turned_off():
    gc.disable()
    with collector.paused():
        pass
    assert not gc.isenabled()
