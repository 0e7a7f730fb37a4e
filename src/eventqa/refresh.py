"""Keeps the store in step with the corpus while questions are asked.

Builds run one at a time, in the background once there is something to answer from. A question
waits for a small one, so that a change just made is in its answer; it never waits for a long one,
but passages whose words are gone from the corpus are withdrawn at once: what is withdrawn follows
from the question's own look at the corpus and the view it is answered from, not from how far a
build has come.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from eventqa import build
from eventqa.corpus import Corpus
from eventqa.encoder import BATCH, Encoder
from eventqa.lock import Cancelled, building
from eventqa.look import Look, Lookout
from eventqa.store import Store
from eventqa.types import BuildReport, EventQAError
from eventqa.view import Place, View
from eventqa.watch import Watcher

_log = logging.getLogger(__name__)

# A question waits so long, in seconds, for a build of at most two batches.
_PATIENCE = 2.0
_SMALL = 2 * BATCH
# Another writer is waited for so long, in seconds, before its name is given to the user.
_WRITER_PATIENCE = 3600.0
_RETRY_SECONDS = 5.0
_TRIES = 3


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
        self._lock = threading.Lock()  # of the threads, and whether to start one
        self._one_build = threading.Lock()
        self._lookout = Lookout(corpus)
        self._running: threading.Thread | None = None
        self._again = False
        self._closed = threading.Event()
        self._answerable = threading.Event()  # no small build is under way
        self._answerable.set()
        self._began = 0.0  # the build that questions may be waiting for
        self._in_step = False  # the store is, and only its files are still to be written
        self._failed_at = -_RETRY_SECONDS
        self._watcher: Watcher | None = None
        self.failure: str | None = None
        self._doing: str | None = None
        self.progress: tuple[int, int] | None = None  # passages encoded, and of how many

    @property
    def status(self) -> str | None:
        """What is being done now, or why the last build failed, in words."""
        return self._doing or self.failure

    def build(
        self, progress: build.Progress | None = None, waiting: Callable[[str], None] | None = None
    ) -> BuildReport:
        """Brings the store in step with the corpus, now.

        Raises:
            EventQAError: the corpus or the store cannot be used, or another writer does not end.
        """
        return self._build(progress, waiting, cancelled=None)

    def watch(self) -> None:
        """Starts to watch the corpus, unless that is done already or this is closed."""
        with self._lock:
            if self._watcher is None and not self._closed.is_set():
                self._watcher = Watcher(self._corpus, self.hurry)

    def start(self) -> None:
        """Builds in the background what is to be built; once more if that is under way already."""
        with self._lock:
            if self._closed.is_set():
                return
            self._again = True
            if self._running is None:
                self._wait_for_me()
                self._running = threading.Thread(
                    target=self._run, name="eventqa-build", daemon=True
                )
                self._running.start()
            elif self._in_step:  # what has changed since is built next
                self._wait_for_me()

    def hurry(self) -> None:
        """Looks for changes now, and builds them in the background."""
        self._lookout.hurry()
        self.start()

    def check(self, view: View) -> Look:
        """Looks for changes, and starts a build if the store is behind them.

        Raises:
            EventQAError: the corpus is not there.
        """
        look = self._lookout.look(view)
        if not self._lookout.is_behind(look, view):
            self.failure = None
        elif time.monotonic() - self._failed_at > _RETRY_SECONDS:
            self.start()
        return look

    def wait(self) -> None:
        """Waits for a small build that is under way."""
        self._answerable.wait(max(0.0, self._began + _PATIENCE - time.monotonic()))

    def withdrawn(self, look: Look, view: View) -> frozenset[Place]:
        """The passages of a view whose words the corpus no longer has."""
        return self._lookout.withdrawn(look, view)

    def stands(self, look: Look, paths: Iterable[str]) -> bool:
        """Whether some files still are as a look found them."""
        return self._lookout.stands(look, paths)

    def close(self) -> None:
        """Stops watching and building; what a build in the background has encoded is kept."""
        with self._lock:
            self._closed.set()
            watcher, running = self._watcher, self._running
        if watcher:
            watcher.close()
        if running:
            running.join()

    def _another_waits(self) -> bool:
        """Whether this is a build that somebody asked for, and that of the background is next."""
        return self._running not in (None, threading.current_thread())

    def _wait_for_me(self) -> None:
        self._began = time.monotonic()
        self._answerable.clear()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._again or self._closed.is_set():
                    self._running = None
                    self._answerable.set()
                    return
                self._again = False
                self._wait_for_me()
            try:
                if self._is_needed():
                    self._build(None, None, cancelled=self._closed)
                self.failure = None
            except Cancelled:
                pass
            except EventQAError as error:
                self._fail(str(error))
            except Exception:
                _log.exception("the background build failed")
                self._fail("The last build failed; see the log")

    def _is_needed(self) -> bool:
        with self._store.read() as view:
            if view.generation == 0 or view.model != self._encoder().key:
                return True
            return self._lookout.is_behind(self._lookout.look(view), view)

    def _fail(self, message: str) -> None:
        _log.warning("%s", message)
        self._failed_at = time.monotonic()
        self.failure = message

    def _build(
        self,
        told: build.Progress | None,
        waiting: Callable[[str], None] | None,
        cancelled: threading.Event | None,
    ) -> BuildReport:
        began = time.perf_counter()

        def progress(done: int, total: int) -> None:
            if cancelled and cancelled.is_set():
                raise Cancelled
            self._doing = f"Encoding new passages: {done:,} of {total:,}"
            self.progress = (done, total)
            if total - done > _SMALL:
                self._answerable.set()
            if told:
                told(done, total)

        def wait(holder: str) -> None:
            self._doing = holder
            self._answerable.set()
            if waiting:
                waiting(holder)

        with self._one_build:
            self._store.look_into()
            try:
                with building(
                    self._store.folder,
                    patience=_WRITER_PATIENCE,
                    waiting=wait,
                    cancelled=cancelled and cancelled.is_set,
                ):
                    report = self._bring_in_step(progress)
                    self._rest()
            finally:
                with self._lock:
                    self._doing = self.progress = None
                    self._in_step = False
                    if self._another_waits():
                        self._wait_for_me()
            self.failure = None
        return replace(report, seconds=time.perf_counter() - began)

    def _rest(self) -> None:
        """Does what is left of a build, which makes no difference to questions.

        They go on, unless another build is next.
        """
        with self._lock:
            self._doing = self.progress = self.failure = None
            self._in_step = True
            if not self._again and not self._another_waits():
                self._answerable.set()
        try:
            self._built()
            self._store.seal()
        except EventQAError as error:  # the store is in step; the next start takes longer
            _log.warning("%s", error)

    def _bring_in_step(self, progress: build.Progress) -> BuildReport:
        for tries_left in reversed(range(_TRIES)):
            self._doing = "Reading the corpus"
            with self._store.read() as view:
                build.check_owner(self._corpus, self._store, view)
                plan = build.plan(self._corpus, view)
                gone = build.withdrawn(plan, view)
            self._lookout.planned(plan, gone)
            try:
                return build.carry_out(plan, self._corpus, self._store, self._encoder(), progress)
            except build.StoreReplaced:
                if not tries_left:
                    raise
        raise AssertionError("there is at least one try")
