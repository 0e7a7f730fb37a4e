"""Who uses the encoder: one at a time, questions before the batches of a build."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from eventqa.turns import Turns


def until(condition, seconds: float = 10.0) -> None:
    """Waits for a condition that another thread brings about."""
    done = threading.Event()
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        done.wait(0.005)
    raise AssertionError("it did not happen in time")


def test_a_question_goes_before_batches_that_came_earlier():
    turns = Turns()
    order: list[str] = []

    def use(door, name: str) -> None:
        with door():
            order.append(name)

    with ThreadPoolExecutor(4) as pool, turns.batch():
        pool.submit(use, turns.batch, "batch")
        pool.submit(use, turns.batch, "batch")
        until(lambda: len(turns._free._waiters) == 2)
        pool.submit(use, turns.question, "question")
        until(lambda: turns._questions == 1)
    assert order == ["question", "batch", "batch"]


def test_one_holds_the_encoder_at_a_time():
    turns = Turns()
    inside, most = 0, 0

    def use(door) -> None:
        nonlocal inside, most
        for _ in range(200):
            with door():
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [
        threading.Thread(target=use, args=(door,))
        for door in (turns.question, turns.batch, turns.question, turns.batch)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert most == 1


@pytest.mark.parametrize("door", ["question", "batch"])
def test_a_failed_use_gives_the_encoder_back(door):
    turns = Turns()
    with pytest.raises(ValueError, match="broken"), getattr(turns, door)():
        raise ValueError("broken")
    with ThreadPoolExecutor(1) as pool:
        for again in (turns.question, turns.batch):
            assert pool.submit(lambda again=again: again().__enter__()).result(5) is None
            turns._busy = False


def test_a_batch_goes_on_when_a_waiting_question_is_broken_off(monkeypatch):
    turns = Turns()
    went = threading.Event()

    def broken(_) -> None:
        raise KeyboardInterrupt

    def batch() -> None:
        with turns.batch():
            went.set()

    # The question comes to wait, and the batch behind it, with nobody in: only the question's
    # going away can wake the batch.
    turns._questions = 0
    with turns._free:
        turns._questions = 1
        thread = threading.Thread(target=batch)
        thread.start()
    until(lambda: len(turns._free._waiters) == 1)
    with turns._free:
        turns._questions = 0
        monkeypatch.setattr(turns._free, "wait_for", broken)
    with pytest.raises(KeyboardInterrupt), turns.question():
        pass
    assert went.wait(5)
    thread.join()
