"""A conversation with a corpus: each question is read with what was asked and shown before."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Sequence

from eventqa.types import Answer

_KEPT = 50  # answers; what was said before them is past


class Conversation:
    """Remembers the answers, so that "and where was it held?" can be asked.

    Whoever talks of something else at the same time needs another one; `EventQA.conversation`
    makes them.
    """

    def __init__(self, ask: Callable[..., Answer]) -> None:
        self._ask = ask  # `EventQA.ask`
        self._answers: deque[Answer] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def ask(
        self,
        question: str,
        k: int = 5,
        since: dt.date | str | None = None,
        until: dt.date | str | None = None,
        asked_on: dt.date | str | None = None,
        time: bool | Sequence[dt.date | str | None] = True,
        *,
        alone: bool = False,
    ) -> Answer:
        """The answer to a question that may lean on earlier ones.

        Args:
            alone: read it exactly as it is typed. If the question before was the same, this answer
                takes the place of that one.

        The other arguments are those of `EventQA.ask`.

        Raises:
            InvalidInput, EventQAError: as `EventQA.ask`. The conversation stays as it was.
        """
        before = () if alone else self.history
        answer = self._ask(question, k, since, until, asked_on, before, time)
        with self._lock:
            if alone and self._answers and self._answers[-1].question == answer.question:
                self._answers.pop()
            self._answers.append(answer)
        return answer

    @property
    def history(self) -> tuple[Answer, ...]:
        """The last 50 answers, oldest first, as `EventQA.ask` takes them."""
        with self._lock:
            return tuple(self._answers)
