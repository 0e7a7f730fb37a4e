"""Tells when something in the corpus changed. The only home of watchfiles."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from eventqa.corpus import Corpus

_log = logging.getLogger(__name__)


class Watcher:
    """A thread that calls back when files of a corpus were touched, until it is closed.

    Systems may drop such events (network drives, too many folders), so nobody may rely on them:
    they only make a change known sooner.
    """

    def __init__(self, corpus: Corpus, touched: Callable[[], None]) -> None:
        self._corpus = corpus
        self._touched = touched
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventqa-watch", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        from watchfiles import watch

        # A file is watched through its folder: editors replace it, and the watch would go with it.
        name = self._corpus.place.name if self._corpus.is_file else None
        try:
            for changes in watch(
                self._corpus.root,
                watch_filter=None,
                stop_event=self._stop,
                recursive=name is None,
                raise_interrupt=False,
                rust_timeout=500,
                yield_on_timeout=False,
                debounce=200,
            ):
                if name is None or any(path.endswith(name) for _, path in changes):
                    self._touched()
        except OSError as error:
            _log.warning("the corpus cannot be watched (%s); it is checked at each question", error)
