"""A stand-in for `EventQA` that answers from fixed, real values, and a place to serve it."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import socket
import tempfile
import threading
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from eventqa.archive import Archive
from eventqa.editions import Bereft, settle
from eventqa.store import Store
from eventqa.types import Answer, Change, EventQAError, Freshness, Hit, Passage, Problem, Release

_FOLDER = tempfile.TemporaryDirectory()
# Gradio makes an event loop for each of its locks and never closes it.
GRADIO_LEAKS = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
FRESHNESS = Freshness(
    1, 11, dt.date(2018, 5, 5), dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), generation=1
)
CHANGED = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
HOSTING = "Who hosted the conference?"
HOSTED = (
    "Under-Secretary-General Vladimir Voronkov took part on May 3-4, 2018. "
    "The conference was hosted by the Government of the Republic of Tajikistan."
)


def release(*paragraphs: str, **facts: object) -> Release:
    """A release made of these paragraphs."""
    text, spans = "", []
    for paragraph in paragraphs:
        start = len(text)
        text += paragraph + "\n\n"
        spans.append((start, start + len(paragraph)))
    return Release("r", "dushanbe.txt", None, text, tuple(spans), **facts)  # pyright: ignore


DUSHANBE = release(
    HOSTED,
    "The Conference closed with the adoption of the Dushanbe Declaration.",
    title="Head of the UN Office of Counter-Terrorism participates in the High-Level Conference",
    body="UN Office of Counter-Terrorism",
    place="Dushanbe",
    date=dt.date(2018, 5, 5),
    url="https://example.org/dushanbe?a=1&b=2",
)


def hit(passage: Passage, marked: str = "") -> Hit:
    """The passage with one sentence of it marked."""
    start = passage.text.index(marked)
    return Hit(passage, 0.8, ((start, start + len(marked)),) if marked else ())


def answered(question: str, *hits: Hit) -> Answer:
    """The answer that these hits give."""
    return Answer(question, True, hits, (), None, 0.9, FRESHNESS)


def refused(question: str, reason: str, *nearest: Hit) -> Answer:
    """The refusal for this reason."""
    return Answer(question, False, (), nearest, reason, 0.1, FRESHNESS)


def source() -> Hit:
    """The paragraph that says who hosted, with that sentence marked."""
    return hit(DUSHANBE.passages[0], HOSTED[HOSTED.index("The conference") :])


@dataclass
class Desk:
    """Answers the questions it knows, refuses others, and counts what is asked of it."""

    known: dict[str, Answer | Exception] = field(default_factory=dict)
    suggested: tuple[str, ...] = (HOSTING, "How many countries attended?")
    status: str | None = None
    progress: tuple[int, int] | None = None
    freshness: Freshness = FRESHNESS
    problems: tuple[Problem, ...] = ()
    started: int = 0
    asked: list[str] = field(default_factory=list)
    times: list[object] = field(default_factory=list)
    before: list[list[object]] = field(default_factory=list)  # what was asked before each
    refreshed: int = 0
    hold: dict[str, threading.Event] = field(default_factory=dict)
    archive: Archive = field(default_factory=lambda: shelf(DUSHANBE))

    def start(self) -> None:
        self.started += 1

    def refresh(self) -> None:
        self.refreshed += 1

    def suggest(self, answer: Answer | None = None) -> tuple[str, ...]:
        return self.suggested

    def ask(
        self,
        question: str,
        k: int = 5,
        since: str | None = None,
        until: str | None = None,
        asked_on: str | None = None,
        history: Sequence[object] = (),
        time: object = True,
    ) -> Answer:
        self.asked.append(question)
        self.times.append(time)
        self.before.append(list(history))
        if question in self.hold:
            self.hold[question].wait(20)
        known = self.known.get(question)
        if isinstance(known, Exception):
            raise known
        if known:
            return known
        if "hosted" in question:
            return answered(question, source(), hit(DUSHANBE.passages[1]))
        if not question.strip("?! "):
            raise EventQAError("The question has no word in it. Ask in words.")
        reason = "No passage is about this. The corpus holds one release, from 5 May 2018."
        return refused(question, reason, hit(DUSHANBE.passages[1]))


def shelf(*releases: Release) -> Archive:
    """An archive of these releases, in a folder that is removed at the end of the tests."""
    store = Store(Path(tempfile.mkdtemp(dir=_FOLDER.name)) / "embeddings")
    with store.write() as writer:
        for one in releases:
            writer.put_release(one)
        settle(writer, Bereft())
        writer.put_change(Change(CHANGED, len(releases), 0, 0, 0, tuple(r.id for r in releases)))
        writer.finish("a model", new_generation=True)
    return Archive(store)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def taken_port() -> Generator[int]:
    """A port of this machine that something else listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


def sweep() -> None:
    """Collect what Gradio left open, so that no later test is blamed for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.set_event_loop(None)  # Gradio has left its own there, which would outlive this
        gc.collect()
