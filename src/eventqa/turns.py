"""Who may use the encoder now, and on how many cores: questions beside each other and a build.

Threads of one product wait for each other by spinning, so two products on all cores slow each other
down more than twofold. On two cores, bfloat16, one question encoded took (28 November 2026)

| the build beside it encodes on | question on one core | on two | build, texts a second |
|---|---|---|---|
| (no build)                      | 7 ms                 | 6 ms   |     |
| one core                        | 8 ms                 |        | 105 |
| two cores                       | 12 ms                | 15 ms  | 132 |

and where a question had to wait for its turn between two batches, 100 ms and more.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

# After a question the next one is likely: a build leaves it a core for so many seconds.
_LATELY = 2.0


class Turns:
    """As many questions at once as there are cores, and beside them one batch of a build.

    Args:
        cores: as many as may be used; those of this process if None.
    """

    def __init__(self, cores: int | None = None) -> None:
        self.cores = cores or usable_cores()
        self._questions = threading.Semaphore(self.cores)
        self._batches = threading.Lock()
        self._counting = threading.Lock()
        self._inside = 0  # questions
        self._batching = False
        self._last = -_LATELY  # when a question was last there

    @contextmanager
    def question(self) -> Generator[int]:
        """Waits until there is a core for a question, and tells on how many it may run."""
        with self._questions:
            with self._counting:
                self._inside += 1
                alone = self._inside == 1 and not self._batching
            try:
                yield self.cores if alone else 1
            finally:
                with self._counting:
                    self._inside -= 1
                    self._last = time.monotonic()

    @contextmanager
    def batch(self) -> Generator[int]:
        """Waits for the batch before it, and tells on how many cores this one may run."""
        with self._batches:
            with self._counting:
                self._batching = True
                asked = self._inside or time.monotonic() - self._last < _LATELY
            try:
                yield max(1, self.cores - 1) if asked else self.cores
            finally:
                with self._counting:
                    self._batching = False


def usable_cores() -> int:
    """How many cores this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
