"""Who uses the encoder: as many questions as there are cores, and beside them as many batches."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager

import pytest
from states import until

from eventqa import turns as module
from eventqa.turns import Turns, usable_cores, wait_asleep


def test_a_question_does_not_wait_for_the_batch_of_a_build():
    turns = Turns(2)
    with turns.batch(), turns.question():
        pass


def test_as_many_questions_are_encoded_at_once_as_there_are_cores():
    turns = Turns(3)
    inside, most, counting = 0, 0, threading.Lock()
    full = threading.Barrier(3)

    def ask() -> None:
        nonlocal inside, most
        with turns.question():
            with counting:
                inside += 1
                most = max(most, inside)
            full.wait(10)  # so three are in at once
            with counting:
                inside -= 1

    with ThreadPoolExecutor(12) as pool:
        for one in [pool.submit(ask) for _ in range(12)]:
            one.result(30)
    assert most == 3


@contextmanager
def batches(turns: Turns) -> Iterator[Callable[[], Future[None]]]:
    """A function that begins batches, which go on until the end; a future says that one began."""
    over = threading.Event()

    def run(began: Future[None]) -> None:
        with turns.batch():
            began.set_result(None)
            over.wait(30)

    with ThreadPoolExecutor(20) as pool:

        def begin() -> Future[None]:
            began = Future[None]()
            pool.submit(run, began)
            return began

        try:
            yield begin
        finally:
            over.set()


def at_once(turns: Turns) -> int:
    """How many batches begin while none ends."""
    with batches(turns) as begin:
        begun = [begin() for _ in range(10)]
        wait(begun, timeout=0.2)
        return sum(one.done() for one in begun)


def test_as_many_batches_are_encoded_at_once_as_there_are_cores():
    turns = Turns(3)
    another = threading.Event()

    def next_batch() -> None:
        with turns.batch():
            another.set()

    with turns.batch(), turns.batch():
        with turns.batch():
            thread = threading.Thread(target=next_batch)
            thread.start()
            assert not another.wait(0.05)
        assert another.wait(10)
    thread.join()


@pytest.mark.parametrize(
    ("cores", "at_once", "each"),
    [(1, 1, 1), (2, 2, 1), (8, 8, 1), (9, 4, 2), (12, 6, 2), (16, 8, 2), (17, 5, 3), (64, 8, 8)],
)
def test_a_question_has_one_core_and_batches_at_once_have_nearly_all(cores, at_once, each):
    turns = Turns(cores)
    assert turns.at_once == at_once
    with turns.batch() as batch, turns.question() as question:
        assert (batch, question) == (each, 1)


def test_a_build_leaves_a_core_to_questions_as_long_as_some_are_asked(monkeypatch):
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    turns = Turns(4)
    quiet = at_once(turns)
    with turns.question():
        beside = at_once(turns)
    now += 1.9
    shortly_after = at_once(turns)
    now += 0.2
    assert (quiet, beside, shortly_after, at_once(turns)) == (4, 3, 3, 4)


def test_a_batch_that_left_its_core_to_a_question_goes_on_when_none_is_asked_any_more(monkeypatch):
    monkeypatch.setattr(module, "_LATELY", 0.3)
    turns = Turns(2)
    with batches(turns) as begin:
        begin().result(10)
        with turns.question():
            pass
        second = begin()
        wait([second], timeout=0.1)
        assert not second.done()
        second.result(10)


def test_a_single_core_is_shared():
    turns = Turns(1)
    with turns.question(), turns.batch() as cores:
        assert cores == 1


@pytest.mark.parametrize("door", ["question", "batch"])
def test_a_failed_use_gives_its_place_back(door):
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), getattr(turns, door)():
            raise ValueError("broken")
    with turns.batch(), turns.question() as cores:
        assert cores == 1
    with turns.question() as cores:
        assert cores == 1


def test_a_question_that_waits_goes_on_when_another_one_ends():
    turns = Turns(1)
    with ExitStack() as first:
        first.enter_context(turns.question())
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: turns.question().__enter__())
            until(lambda: waiting.running())
            first.close()
            assert waiting.result(10) == 1


def test_the_cores_are_those_that_this_process_may_run_on():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_threads_that_wait_sleep_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    wait_asleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    wait_asleep()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_of_very_many_cores_eight_are_for_questions():
    turns = Turns(64)
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(turns.question())
        assert not turns._questions.acquire(blocking=False)
