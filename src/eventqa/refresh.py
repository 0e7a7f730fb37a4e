"""Keeps the store in step with the corpus while questions are asked.

Builds run one at a time, in the background once there is something to answer from. A question
waits for a small one, so that a change just made is in its answer; it never waits for a long one,
but passages whose words are gone from the corpus are withdrawn at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from eventqa import build
from eventqa.corpus import Changes, Corpus, FileState
from eventqa.encoder import BATCH, Encoder
from eventqa.lock import building
from eventqa.store import Place, Store
from eventqa.types import BuildReport, EventQAError, Problem
from eventqa.watch import Watcher

_log = logging.getLogger(__name__)

# A question waits so long, in seconds, for a build of at most two batches.
_PATIENCE = 2.0
_SMALL = 2 * BATCH
# Another writer is waited for so long, in seconds, before its name is given to the user.
_WRITER_PATIENCE = 3600.0
# Looking for changes may take this share of the time, except where it takes next to nothing.
_CHECK_SHARE = 0.05
_NEXT_TO_NOTHING = 0.005
_RETRY_SECONDS = 5.0


class Refresher:
    """The builds of one `EventQA`.

    Args:
        encoder: gives the encoder; called when a build needs it.
        built: called after each build, still under the writer's lock.
    """

    def __init__(
        self,
        corpus: Corpus,
        store: Store,
        encoder: Callable[[], Encoder],
        built: Callable[[], None],
    ) -> None:
        self._corpus = corpus
        self._store = store
        self._encoder = encoder
        self._built = built
        self._known: Mapping[str, FileState] = {}
        self._found: tuple[Problem, ...] = ()
        self._lock = threading.Lock()  # of the fields below
        self._one_build = threading.Lock()
        self._running: threading.Thread | None = None
        self._again = False
        self._answerable = threading.Event()  # no small build is under way
        self._answerable.set()
        self._checked = (0.0, 0.0)  # when the last check ended, how long it took
        self._failed_at = -_RETRY_SECONDS
        self._watcher: Watcher | None = None
        self.withdrawn: frozenset[Place] = frozenset()
        self.status: str | None = None

    def build(
        self, progress: build.Progress | None = None, waiting: Callable[[str], None] | None = None
    ) -> BuildReport:
        """Brings the store in step with the corpus, now.

        Raises:
            EventQAError: the corpus or the store cannot be used, or another writer does not end.
        """
        began = time.perf_counter()
        with self._one_build:
            try:
                with building(self._store.folder, patience=_WRITER_PATIENCE, waiting=waiting):
                    report = self._build(progress)
            finally:
                self.withdrawn = frozenset()
                self.status = None
        return replace(report, seconds=time.perf_counter() - began)

    def watch(self) -> None:
        """Starts to watch the corpus, unless that is done already."""
        with self._lock:
            if self._watcher is None or not self._watcher.alive:
                self._watcher = Watcher(self._corpus, self.start)

    def start(self) -> None:
        """Builds in the background; once more if that is under way already."""
        with self._lock:
            self._again = True
            if self._running is None:
                self._answerable.clear()
                self._running = threading.Thread(
                    target=self._run, name="eventqa-build", daemon=True
                )
                self._running.start()

    def check(self) -> None:
        """Looks for changes; starts a build if there are any, and waits for it if it is small.

        Raises:
            EventQAError: the corpus is not there.
        """
        if self._due():
            began = time.monotonic()
            changes = self._corpus.changes(self._known)
            ended = time.monotonic()
            self._checked = (ended, ended - began)
            if self._differs(changes):
                if ended - self._failed_at > _RETRY_SECONDS:
                    self.start()
            else:
                self._known = changes.files
        self._answerable.wait(_PATIENCE)

    def know(self, files: Mapping[str, FileState], found: tuple[Problem, ...]) -> None:
        """Takes a state of the corpus as the one the store is in step with."""
        self._known, self._found = files, found

    def close(self) -> None:
        """Stops watching and waits for a build that is under way."""
        if self._watcher:
            self._watcher.close()
        running = self._running
        if running:
            running.join()

    def _due(self) -> bool:
        ended, took = self._checked
        return took < _NEXT_TO_NOTHING or time.monotonic() - ended > took / _CHECK_SHARE

    def _differs(self, changes: Changes) -> bool:
        return bool(changes) or changes.problems != self._found

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._again:
                    self._running = None
                    self._answerable.set()
                    return
                self._again = False
            try:
                self.build()
            except EventQAError as error:
                self._fail(str(error))
            except Exception:
                _log.exception("the background build failed")
                self._fail("The last build failed; see the log")

    def _fail(self, message: str) -> None:
        _log.warning("%s", message)
        self._failed_at = time.monotonic()
        self.status = message

    def _build(self, progress: build.Progress | None) -> BuildReport:
        self.status = "Reading the corpus"
        with self._store.read() as view:
            plan = build.plan(self._corpus, view)
            self.withdrawn = build.withdrawn(plan, view)
        report = build.carry_out(plan, self._store, self._encoder(), self._progress(progress))
        self.know(plan.files, plan.problems["found"])
        self._built()
        return report

    def _progress(self, told: build.Progress | None) -> build.Progress:
        def progress(done: int, total: int) -> None:
            self.status = f"Encoding new passages: {done:,} of {total:,}"
            if total - done > _SMALL:
                self._answerable.set()
            if told:
                told(done, total)

        return progress
