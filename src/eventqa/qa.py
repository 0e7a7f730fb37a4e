"""Everything put together: `EventQA.ask`, `.build`, and the module-level `ask`."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice, zip_longest
from pathlib import Path
from types import TracebackType
from typing import Self

from eventqa import build, calibration, gaps, request, talk
from eventqa.answer import decide, going_on
from eventqa.archive import Archive
from eventqa.calibration import Calibration
from eventqa.comparison import Comparison, compare
from eventqa.conversation import Conversation
from eventqa.corpus import Corpus
from eventqa.derived import Derived, Indexes
from eventqa.encoder import Encoder, SentenceEncoder, model_of
from eventqa.gate import Gate
from eventqa.look import Look
from eventqa.refresh import Refresher
from eventqa.request import Request
from eventqa.retrieve import Steps, retrieve
from eventqa.store import Store
from eventqa.suggest import Suggestion, candidates, meanings
from eventqa.types import (
    Answer,
    BuildReport,
    EventQAError,
    Freshness,
    InvalidInput,
    Passage,
    Problem,
    Release,
    Why,
)
from eventqa.view import Place, View
from eventqa.vocabulary import Vocabulary

_TRIES = 3
_HOLDERS = 20
# Of so many candidates those are suggested that the first few passages answer, in so many seconds.
_TRIED = 16
_SURE = 3
_SUGGESTING = 1.0
_MEANINGS = 3  # are offered to a question that names nothing
_NEWEST = 6  # releases that examples are drawn from


class EventQA:
    """Answers questions from a corpus in the words of its releases.

    Opening one does nothing yet: the store is built by the first question or by `build`, and the
    model is loaded when something must be encoded. One object serves many threads.

    Args:
        corpus: a folder of releases, searched recursively, or one .jsonl file.
        embeddings: the folder for the store; made when it is not there.
        model: a name or folder that sentence-transformers knows; else the environment's
            EVENTQA_MODEL, else the bundled all-MiniLM-L6-v2. For another one the ranking and
            `answer.confidence` are uncalibrated: `eventqa evaluate` tells how well they do.
        encoder: used in place of a model.
        risk: answer only as often as at most this share of the answers has no answering passage
            among its sources, over 0 and under 1; see `calibration`. None promises nothing.
        gaps: write refused questions into a log beside the store, for `eventqa gaps`. None: unless
            the environment's EVENTQA_GAPS is `off`.
        calibration: used in place of the store's own or the bundled one.
        steps: which steps rank the passages, to compare them.
        watch: notice changes of the corpus between questions, and not only at each question.
        today: tells the day of asking where a question comes without one.
    """

    def __init__(
        self,
        corpus: str | os.PathLike[str] = "corpus",
        embeddings: str | os.PathLike[str] = "embeddings",
        *,
        model: str | None = None,
        encoder: Encoder | None = None,
        risk: float | None = None,
        gaps: bool | None = None,
        calibration: Calibration | None = None,
        steps: Steps | None = None,
        watch: bool = True,
        today: Callable[[], dt.date] = dt.date.today,
    ) -> None:
        if Path(corpus).resolve() == Path(embeddings).resolve():
            raise InvalidInput(f"corpus and embeddings are both {str(corpus)!r}. Name two folders")
        self._corpus = Corpus(corpus, without=embeddings)
        self._store = Store(Path(embeddings))
        self._model = model or os.environ.get("EVENTQA_MODEL") or None
        self._encoder = encoder
        self._risk = request.risk(risk)
        off = os.environ.get("EVENTQA_GAPS", "").strip().lower() in ("off", "no", "false", "0")
        self._log_gaps = not off if gaps is None else gaps
        self._calibration = calibration
        self._steps = steps or Steps()
        self._today = today
        self._watch = watch
        self._opening = threading.Lock()
        self._starting: threading.Thread | None = None
        self._derived = Derived(self._store)
        self._refresher = Refresher(
            self._corpus, self._store, self._get_encoder, self._derived.keep
        )

    def ask(
        self,
        question: str,
        k: int = 5,
        since: dt.date | str | None = None,
        until: dt.date | str | None = None,
        asked_on: dt.date | str | None = None,
        history: Sequence[object] = (),
        time: bool | Sequence[dt.date | str | None] = True,
    ) -> Answer:
        """The passages that answer a question, word for word, or a refusal that says why.

        Args:
            k: at most so many hits, 1 to 1,000.
            since, until: keep to releases dated in this period, both ends included; a date or
                text that names one day.
            asked_on: the day of asking, today unless given. "Last week" is the week before it,
                and the releases of the days before it come first among equals.
            history: what was asked before, oldest first: answers, or questions as text, or pairs of
                question and words shown, or messages such as `{"role": "user", "content": …}`. A
                question that leans on it is read with its words, as `answer.read_as` tells.
            time: let the time that the question speaks of (`answer.period`) and the day of asking
                count. With False passages are ranked by their words and meaning alone; with a
                first and a last day, one of them may be None, these are the time asked for.

        Raises:
            InvalidInput: a value is outside what is allowed; the message names both.
            EventQAError: the corpus, the store or the model cannot be used.
        """
        asked = request.check(question, k, since, until, asked_on, history, time)
        if self._risk is not None:
            request.check_promised(asked)
        answer = self._answer(asked)
        if answer.why is Why.VAGUE:
            could = meanings(answer.question, chain(self._told(answer), self._told(None)))
            answer = replace(answer, could_mean=self._answered(could, _MEANINGS, asked))
        if self._log_gaps:
            gaps.add(self._store.folder, answer)
        return answer

    def _answer(self, asked: Request) -> Answer:
        self._corpus.require()
        encoder = self._get_encoder()
        gate = self._gate(encoder)
        for tries_left in reversed(range(_TRIES)):
            look = self._ready(encoder)
            read = talk.read(asked, self._today(), self._steps, encoder.encode_query)
            with self._derived.snapshot() as (view, indexes):
                # Another process may have taken the store away or to another model meanwhile.
                if view.model != encoder.key:
                    continue
                without = self._refresher.withdrawn(look, view)
                answer = self._drawn(asked, read, gate, view, indexes, without)
            # The look may be some moments old: what is shown is compared with the files themselves.
            if self._refresher.stands(look, _files(answer)) or not tries_left:
                return answer
        raise EventQAError(
            f"the store in {str(self._store.folder)!r} is used with another model at the same "
            "time. Give one of them another folder with --embeddings"
        )

    def _drawn(
        self,
        asked: Request,
        read: talk.Asked,
        gate: Gate,
        view: View,
        indexes: Indexes | None,
        without: frozenset[Place],
    ) -> Answer:
        """The answer that one generation of the store gives."""
        fresh = view.freshness()
        if talk.goes_on_from(asked):
            shown = talk.shown_last(asked, view, without)
            if shown is None or talk.keeps_to(asked, shown.release):
                return going_on(asked.question, shown, fresh)
        steps = replace(self._steps, time=self._steps.time and asked.time)
        search = partial(retrieve, view=view, indexes=indexes, steps=steps, without=without)
        question, found, alone = talk.find(read, search, asked.k, steps.depth, gate)
        vocabulary = Vocabulary(question, view, indexes, without)
        return decide(asked, question, found, fresh, gate, vocabulary, alone)

    def build(
        self,
        progress: Callable[[int, int], None] | None = None,
        waiting: Callable[[str], None] | None = None,
    ) -> BuildReport:
        """Brings the store in step with the corpus, encoding only what is new.

        Args:
            progress: told how many passages are encoded, and of how many.
            waiting: told in words when another process is building and is waited for.

        Raises:
            EventQAError: the corpus, the store or the model cannot be used.
        """
        self._corpus.require()
        return self._refresher.build(progress, waiting)

    def start(self) -> None:
        """Builds, loads the model and watches the corpus, all in the background."""
        with self._opening:
            if self._starting is None:
                self._starting = threading.Thread(
                    target=self._warm_up, name="eventqa-start", daemon=True
                )
                self._starting.start()

    @property
    def status(self) -> str | None:
        """What keeps a question waiting now, in words, or None."""
        if self._refresher.status:
            return self._refresher.status
        encoder = self._encoder
        loading = encoder is None or (isinstance(encoder, SentenceEncoder) and not encoder.loaded)
        return "Loading the model" if loading else None

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many passages the build under way has encoded, and of how many."""
        return self._refresher.progress

    def refresh(self) -> None:
        """Looks at the corpus now and builds what has changed, in the background."""
        self._refresher.hurry()

    def suggest(self, answer: Answer | None = None, count: int = 4) -> tuple[str, ...]:
        """Questions that the corpus answers, drawn from its own sentences, in English.

        Each of them has been asked: the passage that it was drawn from is among the first that
        answer it. None is written down as a gap. It takes a second at most, once the model is
        loaded.

        Args:
            answer: what the questions are to follow; None: draw them from the newest releases.
            count: at most so many.

        Raises:
            EventQAError: the corpus, the store or the model cannot be used.
        """
        if answer and answer.could_mean:
            return answer.could_mean[:count]
        asked = answer.question if answer else ""
        return self._answered(candidates(self._told(answer), asked), count)

    def conversation(self) -> Conversation:
        """A conversation of its own: each question is read with the answers before it."""
        return Conversation(self.ask)

    @property
    def archive(self) -> Archive:
        """The releases as the last build found them."""
        return Archive(self._store)

    @property
    def freshness(self) -> Freshness:
        """The state of the corpus that the next answer is drawn from."""
        with self._store.read() as view:
            return view.freshness()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with files of the corpus, in order of path, member and line."""
        with self._store.read() as view:
            return view.problems()

    def look_up(self, release_id: str, words: str) -> tuple[Release | None, tuple[Release, ...]]:
        """A release as the corpus has it now, and the releases with a paragraph of these words.

        The store only tells which files to read; the words are those of the files. Of many
        releases with the same paragraph the first are enough. Encodes nothing.
        """
        self._corpus.require()
        with self._store.read() as view:
            plan = build.plan(self._corpus, view)
            fresh = {release.id: release for release in plan.put}
            ids = {release_id, *view.holders(words)[:_HOLDERS]} - plan.dropped - fresh.keys()
            paths = view.paths_of(ids)
        read = (one for path in sorted(paths) for one in self._corpus.read(path)[0].releases)
        found = {one.id: one for one in read if one.id in ids} | fresh
        holders = [one for one in found.values() if any(p.text == words for p in one.passages)]
        return found.get(release_id), tuple(holders)

    def newer(self, release_id: str) -> str | None:
        """The id of the release that has replaced one as its newer version, None if none has.

        As the last build found it; see `eventqa.families`.
        """
        with self._store.read() as view:
            newer = view.replaced_by(release_id)
        return newer[-1] if newer else None

    def compare(self, before: str, after: str) -> Comparison:
        """What differs between two releases as the corpus has them now, word by word.

        Encodes nothing and needs no model.

        Args:
            before, after: a release's id, or its file relative to the corpus.

        Raises:
            InvalidInput: there is no such release, or several are in that file.
            EventQAError: the corpus or the store cannot be used.
        """
        return compare(*(self._named(name) for name in (before, after)))

    def _named(self, name: str) -> Release:
        """The release of an id or a file, as the corpus has it now."""
        self._corpus.require()
        with self._store.read() as view:
            plan = build.plan(self._corpus, view)
            ids = {one.id for one in plan.put if name in (one.id, one.where)}
            stored = {one.id for one in view.releases() if name in (one.id, one.where)}
        ids |= stored - plan.dropped
        found = [name] if name in ids else sorted(ids)
        release = self.look_up(found[0], "")[0] if len(found) == 1 else None
        if release is None:
            several = f"is a file of {len(found):,} releases" if found else "is no release here"
            raise InvalidInput(
                f"{name!r} {several}. Name a release by its id, as an answer's JSON has it, or by "
                "its file in the corpus"
            )
        return release

    def close(self) -> None:
        """Stops watching and building. What a build in the background has encoded is kept.

        Questions are still answered afterwards, from what was built.
        """
        self._refresher.close()
        if self._starting:
            self._starting.join()
        self._derived.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answered(
        self, some: Iterable[Suggestion], count: int, limits: Request | None = None
    ) -> tuple[str, ...]:
        """The first questions that are answered by the passage that they were drawn from."""
        days = (limits.since, limits.until) if limits else ()
        found, stop = list[str](), 0.0
        for one in islice(some, _TRIED):
            if len(found) == count or 0 < stop < time.monotonic():
                break
            hits = self._answer(request.check(one.question, request.SOURCES, *days)).hits
            stop = stop or time.monotonic() + _SUGGESTING  # the first may have to load the model
            places = [(hit.passage.release.id, hit.passage.number) for hit in hits[:_SURE]]
            if (one.passage.release.id, one.passage.number) in places:
                found.append(one.question)
        return tuple(found)

    def _told(self, answer: Answer | None) -> Iterator[Passage]:
        """The passages that questions are drawn from, those of each release in turn."""
        if answer:
            hits = answer.hits or answer.nearest
            releases = list({hit.passage.release.id: hit.passage.release for hit in hits}.values())
        else:
            rows = self.archive.listed(count=_NEWEST).rows
            found = (self.archive.release(row.id) for row in rows)
            releases = [one for one in found if one]
        for together in zip_longest(*(release.passages for release in releases)):
            yield from (passage for passage in together if passage)

    def _gate(self, encoder: Encoder) -> Gate:
        """What the promise asks for, by the calibration as it is when first needed."""
        model = model_of(encoder.key)
        with self._opening:
            if self._calibration is None:
                self._calibration = calibration.of(self._store.folder, model)
        return self._calibration.gate(self._risk, model)

    def _warm_up(self) -> None:
        try:
            encoder = self._get_encoder()
            if self._watch:
                self._refresher.watch()
            self._refresher.start()
            encoder.encode_query("warm")
        except EventQAError as error:
            self._refresher.failure = str(error)

    def _ready(self, encoder: Encoder) -> Look:
        """Sees to it that there is a store of this model, in step with the corpus if possible."""
        if self._watch:
            self._refresher.watch()
        key = encoder.key  # may load the model, so not while a view is open
        with self._store.read() as view:
            built = view.generation > 0 and view.model == key
            look = self._refresher.check(view) if built else None
        if look is None:
            self._refresher.build()
            with self._store.read() as view:
                return self._refresher.check(view)
        self._refresher.wait()
        return look

    def _get_encoder(self) -> Encoder:
        with self._opening:
            if self._encoder is None:
                with self._store.read() as view:
                    self._encoder = SentenceEncoder(self._model, stored=view.model)
            return self._encoder


def _files(answer: Answer) -> set[str]:
    """The files that the words of an answer are from."""
    hits = answer.hits or answer.nearest
    passages = [one for hit in hits for one in (hit.passage, *hit.also)]
    return {passage.release.path for passage in passages}


_defaults: dict[Path, EventQA] = {}
_making_default = threading.Lock()


def ask(
    question: str,
    k: int = 5,
    since: dt.date | str | None = None,
    until: dt.date | str | None = None,
    asked_on: dt.date | str | None = None,
    history: Sequence[object] = (),
    time: bool | Sequence[dt.date | str | None] = True,
) -> Answer:
    """What `EventQA.ask` answers from `corpus/` and `embeddings/` in the current folder.

    The model is loaded by the first call and kept for the next.
    """
    here = Path.cwd()
    with _making_default:
        if here not in _defaults:
            _defaults[here] = EventQA(here / "corpus", here / "embeddings")
    return _defaults[here].ask(question, k, since, until, asked_on, history, time)
