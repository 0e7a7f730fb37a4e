"""Tells when something in the corpus changed. The only home of watchfiles."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from eventqa.corpus import Corpus

_log = logging.getLogger(__name__)

# How often a corpus that is gone, or cannot be watched, is tried again.
_RETRY_SECONDS = 2.0


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

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        told = ""
        while not self._stop.is_set():
            try:
                self._watch()
                told = ""
            except (OSError, RuntimeError) as error:
                if told != str(error):
                    told = str(error)
                    _log.warning("the corpus is not watched (%s), but checked when asked", error)
                self._stop.wait(_RETRY_SECONDS)
            if not self._stop.is_set():
                self._touched()  # nobody saw what happened meanwhile

    def _watch(self) -> None:
        """Watches until it is told to stop, or another folder stands where the corpus was."""
        from watchfiles import watch

        # A file is watched through its folder: editors replace it, and the watch would go with it.
        name = self._corpus.place.name if self._corpus.is_file else None
        watched = self._folder()
        for changes in watch(
            self._corpus.root,
            watch_filter=None,
            stop_event=self._stop,
            recursive=name is None,
            raise_interrupt=False,
            rust_timeout=500,
            yield_on_timeout=True,
            debounce=200,
        ):
            if any(name is None or path.endswith(name) for _, path in changes):
                self._touched()
            if self._folder() != watched:
                return

    def _folder(self) -> tuple[int, int]:
        status = self._corpus.root.stat()
        return status.st_dev, status.st_ino
