"""Who may use the encoder now: one at a time, questions before the batches of a build."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager


class Turns:
    """A lock with two doors. Whoever comes through `question` goes before every waiting `batch`.

    Two encodes at once on two cores slow each other about five-fold (both thread pools spin), and
    a person waiting for an answer must not wait for the rest of a build.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = False
        self._questions = 0

    @contextmanager
    def question(self) -> Generator[None]:
        """Holds the encoder for a question."""
        with self._free:
            self._questions += 1
            try:
                self._free.wait_for(lambda: not self._busy)
                self._busy = True
            finally:
                self._questions -= 1
                self._free.notify_all()  # a batch waits for this too, also when a wait is broken
        with self._release():
            yield

    @contextmanager
    def batch(self) -> Generator[None]:
        """Holds the encoder for one batch of a build, once no question waits."""
        with self._free:
            self._free.wait_for(lambda: not self._busy and not self._questions)
            self._busy = True
        with self._release():
            yield

    @contextmanager
    def _release(self) -> Generator[None]:
        try:
            yield
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()
