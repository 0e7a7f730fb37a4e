"""Who may use the encoder now, and on how many cores: questions beside each other and a build.

The threads that share a product wait for each other, and while one of them has no core the others
spin. On two cores, bfloat16, one question encoded took (p50 / p95 in ms, 28 November 2026)

| beside it           | question on one core | on two            | build, texts a second |
|---|---|---|---|
| nothing             | 7.1 / 9.5            | 6.2 / 9.1         |     |
| a build on one core | 7.7 / 11             |                   | 105 |
| a build on two      | 12 / 17              | 15 / 24           | 132 |
| two busy programs   | 7 to 10 / 16 to 23   | 14 / 112          |     |

and where a question waited for its turn between two batches of a build, 100 ms and more. So a
question has one core. In float32 that costs it 2 ms (8.6 instead of 6.2).

Nor has a batch more than one of up to eight, but as many run at once as there are cores: of 1,280
paragraphs of senate_press two batches on a core each encoded 161, 146, 147, 153 a second, in turns
with one batch after another on both, 146, 122, 119, 129.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

# More at once do not end sooner, and each has a copy of the tokenizer.
_MOST = 8

# After a question the next one is likely: a build leaves it a core for so many seconds.
_LATELY = 2.0


class Turns:
    """As many questions at once as there are cores, up to 8, and beside them as many batches.

    Args:
        cores: as many as may be used; those of this process if None.
    """

    def __init__(self, cores: int | None = None) -> None:
        self.cores = cores or usable_cores()
        self._each = -(-self.cores // _MOST)  # of the cores, for a batch
        self.at_once = self.cores // self._each
        self._questions = threading.Semaphore(min(self.cores, _MOST))
        self._batches = 0  # that are encoded now
        self._ended = threading.Condition()  # one of them
        self._last = -_LATELY  # when a question last came or went

    @contextmanager
    def question(self) -> Generator[int]:
        """Waits until there is a core for a question, and tells on how many it runs: one."""
        self._last = time.monotonic()
        with self._questions:
            try:
                yield 1
            finally:
                self._last = time.monotonic()

    @contextmanager
    def batch(self) -> Generator[int]:
        """Waits until there is a core for a batch, and tells on how many it runs."""
        with self._ended:
            while self._batches >= self._for_batches():
                self._ended.wait(_LATELY)
            self._batches += 1
        try:
            yield self._each
        finally:
            with self._ended:
                self._batches -= 1
                self._ended.notify_all()

    def _for_batches(self) -> int:
        asked = time.monotonic() - self._last < _LATELY
        return max(1, self.at_once - 1) if asked else self.at_once


def wait_asleep() -> None:
    """Lets threads that wait for each other sleep, for a program that has not imported torch yet.

    Where other programs use the cores, too, a build encodes 39 texts a second so, and 16 where they
    spin. What the environment says already stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def usable_cores() -> int:
    """How many cores this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
