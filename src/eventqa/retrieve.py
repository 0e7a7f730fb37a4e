"""Question → ranked hits: a pool from two indexes, then every passage of it weighed by all signals.

The pool is what either index brings up, from the whole corpus and from the releases of the time in
question. Its best by a fused score are read word by word (`maxsim`), and their order is that of a
weighted sum of signals, each of which means something by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventqa import boilerplate, periods, sentences, terms
from eventqa.derived import Indexes
from eventqa.encoder import EncodedText
from eventqa.maxsim import best_matches, matches
from eventqa.signals import FUSED, WEIGHTS, Signals
from eventqa.spoken import LONGEST
from eventqa.types import Hit, Passage, Period, Release
from eventqa.view import Encoded, Ids, Place, Standing, View

Values = NDArray[np.float32]

DEPTH = 50
"""So many passages are read word by word, or `k` if that is more. Hit@1 / hit@5 at a depth of
(`python benchmarks/weights.py FOLDER`, 24 November 2026):

|     | realtimeqa_2022 | timeqa_human_train | clapnq_dev | xquad_dev, document | time1963    |
|-----|-----------------|--------------------|------------|---------------------|-------------|
| 10  | .689 .902       | .511 .849          | .950 1.000 | .916 .984           | .622 .829   |
| 20  | .696 .909       | .509 .852          | .950 1.000 | .916 .986           | .610 .866   |
| 50  | .696 .918       | .507 .845          | .950 1.000 | .916 .986           | .634 .878   |
| 100 | .696 .920       | .507 .845          | .950 1.000 | .916 .986           | .622 .890   |
"""

# So many more are fetched from each index: what only one of them knows may be the best by both, and
# a passage can have several vectors. So .970 of the answerable questions of realtimeqa_2022 have an
# answering passage in the pool.
_POOL = 66
_COPIES = 5  # of a passage are named at most
# Where very many passages say the same it is not worth a look at all of them to fill the depth.
_MOST_PLACES = 1_000

_FADED = 21
"""A release is recent for so many days, each less than the one before."""

# A text repeats a question when this share of its words is in it.
_REPEATED = 0.9


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that rank passages. All of them, unless they are to be compared."""

    dense: bool = True  # meaning: the index of vectors
    lexical: bool = True  # words: the index of terms
    late: bool = True  # how the best fit word by word decides their order
    time: bool = True  # what time is asked for, and how recent a release is
    depth: int = DEPTH  # so many passages are read word by word, or `k` if that is more


CONFIGURATIONS: Mapping[str, Steps] = MappingProxyType(
    {
        "all": Steps(),
        "without time": Steps(time=False),
        "without late": Steps(late=False),
        "fused": Steps(late=False, time=False),
        "meaning": Steps(lexical=False, late=False, time=False),
        "words": Steps(dense=False, late=False, time=False),
    }
)
"""The steps side by side, from all of them to each index alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is searched for."""

    text: str
    encoded: EncodedText
    asked_on: dt.date
    period: Period | None  # the time it speaks of, if that is to count
    since: dt.date | None = None  # keep to releases dated in this period, both ends included
    until: dt.date | None = None
    carried: tuple[str, ...] = ()  # words of the conversation that it is read with, too
    time: str = ""  # those that name its period, if that is of the conversation
    unknown: tuple[str, ...] = ()  # names in it that were not found before, and must be

    @property
    def read_as(self) -> str | None:
        """The question with what is carried over, or None if nothing is."""
        words = ", ".join(filter(None, (*self.carried, self.time)))
        return f"{self.text} ({words})" if words else None


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with what speaks for it, and its vectors."""

    hit: Hit
    signals: Signals
    matched: float  # the fit of what the question says besides the time it asks for, -1..1
    timely: bool  # whether it may be of that time: it or its release is, or nothing tells
    encoded: Encoded

    @property
    def strength(self) -> float:
        """How well it answers, however old it is and wherever else it stands.

        All signals but recency and boilerplate, weighed.
        """
        return self.signals._replace(recency=0.0, boilerplate=0.0).weighed(WEIGHTS)


def retrieve(
    question: Question,
    view: View,
    indexes: Indexes | None,
    k: int,
    *,
    steps: Steps = CONFIGURATIONS["all"],
    without: Collection[Place] = (),
) -> tuple[Found, ...]:
    """The at most `k` passages that answer a question likeliest, best first.

    A long passage counts by its nearest window. Among equal scores the order is that of release
    id and paragraph, so the same question always gets the same hits.

    Args:
        indexes: those of the view's generation; None when it has no passages.
        without: passages that are not to be found.
    """
    if indexes is None:
        return ()
    search = _Search(question, view, indexes, steps, without)
    depth = max(k, steps.depth)
    fetched = depth + _POOL
    while True:
        pool = search.pool(fetched)
        places = search.places(pool)
        enough = len({_saying(one) for one in places}) >= depth
        enough = enough or len(places) >= max(_MOST_PLACES, 4 * k)
        if enough or len(pool) >= search.size or fetched >= indexes.nearest.size:
            break
        fetched *= 4
    if (led := search.led(pool, places)) is not pool:
        pool, places = led, search.places(led)
    first = search.fused(pool, places)[:depth]
    return search.best(search.read(first), k)


class _Scored(NamedTuple):
    at: Standing
    signals: Signals
    score: float
    matched: float = 0.0
    timely: bool = True
    encoded: Encoded | None = None


class _Search:
    """One question in one generation of the store."""

    def __init__(
        self,
        question: Question,
        view: View,
        indexes: Indexes,
        steps: Steps,
        without: Collection[Place],
    ) -> None:
        self._question = question
        self._without = without
        self._asks_for_boilerplate = boilerplate.is_asked_for(question.text)
        self._view = view
        self._indexes = indexes
        self._steps = steps
        limits = (question.since, question.until)
        self._within = indexes.between(view, limits) if any(limits) else None
        self.size = len(indexes.ids if self._within is None else self._within)
        text = question.text
        used = indexes.acronyms.used(text, terms.is_word)
        self._also = [(text[start:end], other) for (start, end), other in used.items()]
        self._releases: dict[str, Release | None] = {}
        self._several: set[str] = set()  # families of more than one release
        self._newest = _newest(question, view) if steps.time else None

    def pool(self, count: int) -> Ids:
        """The texts that an index has among its best `count`, or among those of the time."""
        found = [self._best(count, self._within), *(self._best(count, o) for o in self._scopes())]
        return np.unique(np.concatenate(found))

    def places(self, pool: Ids) -> list[Standing]:
        places = self._view.places(pool, self._question.since, self._question.until)
        return [one for one in places if one.place not in self._without]

    def led(self, pool: Ids, places: Sequence[Standing]) -> Ids:
        """The texts, with those in which the leads of families say what the others do."""
        following = [one.place for one in places if not one.leads]
        return np.union1d(pool, self._view.leading(following)) if following else pool

    def fused(self, pool: Ids, places: Sequence[Standing]) -> list[_Scored]:
        """The places in order of what is known of them before they are read.

        Of those that say the same in one family of releases, the lead's is there, and of words
        that stand around every release the first: else they would take the room of all else.
        """
        if not places:
            return []
        words, text = self._indexes.words, self._question.text
        cosines = self._indexes.nearest.scores(self._question.encoded.rows[0], pool)
        # Rounding can carry the product of two unit vectors a hair beyond one.
        columns = [cosines.clip(-1.0, 1.0) * self._steps.dense]
        columns += [one * self._steps.lexical for one in words.weigh(text, pool, self._also)]
        titles = list({at.title for at in places})
        said = dict(zip(titles, words.shared(text, titles, self._also).tolist(), strict=True))
        # As Python's own numbers: taken one by one from arrays they are slow.
        values = zip(*(one.tolist() for one in columns), strict=True)
        known = dict(zip(pool.tolist(), values, strict=True))
        days = {day: (self._recency(day), self._dated(day)) for day in {at.date for at in places}}
        scored: list[_Scored] = []
        for at in places:
            cosine, share, coverage, numbers = known[at.id]
            recency, about = days[at.date]
            signals = Signals(
                cosine=cosine,
                words=share,
                coverage=max(0.0, coverage - said[at.title] * self._steps.lexical),
                numbers=numbers,
                recency=recency,
                about=about,
                boilerplate=float(_is_boilerplate(at) and not self._asks_for_boilerplate),
            )
            scored.append(_Scored(at, signals, signals.weighed(FUSED)))
        first: dict[tuple[int | str, str | None], _Scored] = {}
        for one in _ordered(scored):
            there = first.setdefault(_saying(one.at), one)
            # The lead stands for the others, unless one of these is of the time asked for.
            timely = one.signals.about >= there.signals.about
            if one.at.leads and not there.at.leads and timely:
                first[_saying(one.at)] = one
        return list(first.values())

    def read(self, first: Sequence[_Scored]) -> list[_Scored]:
        """The places in order of all signals, each with what the store keeps of its text."""
        if not first:
            return []
        encoded = self._view.encoded(np.unique(np.array([one.at.id for one in first], np.int64)))
        rows = self._question.encoded.tokens.rows
        best = best_matches(matches(rows, [encoded[one.at.id] for one in first]))
        fits = _mean(best)
        matched = _mean(best[:, _timeless(self._question)])
        times = self._times([one.at for one in first])
        company = _company([one.at.place[0] for one in first], fits)
        read: list[_Scored] = []
        values = (one.tolist() for one in (fits, matched, company))
        for one, about, fit, bare, others in zip(first, times, *values, strict=True):
            signals = one.signals._replace(fit=fit, about=about or 0.0, company=others)
            score = signals.weighed(WEIGHTS) if self._steps.late else one.score
            # A release of May 2018 that looks back on 1995 is still one of May 2018.
            timely = about is None or about > 0 or one.signals.about > 0
            read.append(_Scored(one.at, signals, score, bare, timely, encoded[one.at.id]))
        return _ordered(read)

    def best(self, read: Sequence[_Scored], k: int) -> tuple[Found, ...]:
        """The first `k`, those that only ask behind; no more is looked at than decides."""
        self._several = self._view.of_several({one.at.family for one in read})
        found: list[Found] = []
        telling = 0
        for one in read:
            if telling == k:
                break
            found.append(self.found(one))
            telling += not found[-1].signals.asks
        # They were in order, and equals stay so.
        return tuple(sorted(found, key=lambda one: -one.hit.score)[:k])

    def copies(self, at: Standing) -> tuple[Passage, ...]:
        """What other releases of its family say the same, a few of them."""
        if at.family not in self._several:
            return ()
        limits = (self._question.since, self._question.until)
        places = self._view.copies(at.place, *limits, _COPIES + len(self._without))
        left = [place for place in places if place not in self._without][:_COPIES]
        return tuple(map(self._passage, left))

    def _passage(self, place: Place) -> Passage:
        id, number = place
        if id not in self._releases:
            self._releases[id] = self._view.release(id)
        release = self._releases[id]
        if release is None or len(release.paragraphs) < number:
            raise RuntimeError(f"the store has a passage {number} of {id!r} but not the release")
        return release.passage(number)

    def found(self, one: _Scored) -> Found:
        if one.encoded is None:
            raise RuntimeError(f"passage {one.at.place} has not been read")
        passage, signals, score = self._passage(one.at.place), one.signals, one.score
        if self._steps.late and _only_asks(passage.text[:LONGEST], self._question.text):
            signals = signals._replace(asks=1.0)
            score = signals.weighed(WEIGHTS)
        hit = Hit(
            passage,
            score,
            also=self.copies(one.at),
            repeated=self._view.repeated(one.at.place) if _is_boilerplate(one.at) else 1,
        )
        return Found(hit, signals, one.matched, one.timely, one.encoded)

    def _best(self, count: int, among: Ids | None) -> Ids:
        found: list[Ids] = []
        if self._steps.dense:
            vector = self._question.encoded.rows[0]
            found.append(self._indexes.nearest.search(vector, count, among)[0])
        if self._steps.lexical:
            text = self._question.text
            found.append(self._indexes.words.search(text, count, among, self._also)[0])
        return np.concatenate(found)

    def _scopes(self) -> list[Ids]:
        """The texts of releases that the time in question makes likelier."""
        spans: list[tuple[dt.date | None, dt.date | None]] = []
        if self._newest:
            spans.append((_faded(self._newest), self._newest))
        if self._steps.time and self._question.period:
            spans.append((self._question.period.start, self._question.period.end))
        scopes = (self._indexes.between(self._view, span) for span in spans)
        within = self._within
        return [one if within is None else np.intersect1d(one, within) for one in scopes]

    def _recency(self, date: dt.date | None) -> float:
        if self._newest is None or date is None or date > self._newest:
            return 0.0
        return max(0.0, 1 - (self._newest - date).days / _FADED)

    def _dated(self, date: dt.date | None) -> float:
        """How well a release's date fits the time in question."""
        period = self._question.period if self._steps.time else None
        return periods.overlap(period, Period(date, date, "")) if period and date else 0.0

    def _times(self, first: Sequence[Standing]) -> list[float | None]:
        """How well each passage fits the time in question; None where there is none to compare.

        By the times it names, else by its release's date.
        """
        period = self._question.period if self._steps.time else None
        if period is None:
            return [None] * len(first)
        named = self._view.spoken([at.place for at in first])
        return [
            periods.fit(period, spoken) if spoken else at.date and self._dated(at.date)
            for at, spoken in zip(first, named, strict=True)
        ]


def _saying(at: Standing) -> tuple[int | str, str | None]:
    """Equal for passages of which one hit is enough."""
    return at.said, None if _is_boilerplate(at) else at.family


def _is_boilerplate(at: Standing) -> bool:
    return bool(at.notice) or at.repeated >= boilerplate.REPEATED


def _only_asks(text: str, question: str) -> bool:
    """Whether a text answers nothing: all of it asks, or it ends so and repeats the question."""
    if not sentences.ends_asking(text):
        return False
    words = terms.stems([text])
    repeated = len(words & terms.stems([question])) >= _REPEATED * len(words)
    return repeated or sentences.only_asks(text)


def _timeless(question: Question) -> NDArray[np.bool_]:
    """Which word pieces of a question are no part of the words that name its time; all if none."""
    left = periods.timeless(question.text, question.period)
    spans = question.encoded.tokens.spans.tolist()
    kept = np.array([bool(left[start:end].strip()) for start, end in spans], bool)
    return kept if kept.any() else np.ones_like(kept)


def _mean(matches: Values) -> Values:
    """For each passage the mean over the word pieces; 0 of none."""
    return matches.sum(axis=1) / np.float32(max(1, matches.shape[1]))


def _company(releases: Sequence[str], fits: Values) -> Values:
    """For each passage how well the best other one of its release fits; 0 if there is none."""
    best: dict[str, list[float]] = {}
    for release, fit in zip(releases, fits.tolist(), strict=True):
        best[release] = sorted([fit, *best.get(release, [])], reverse=True)[:2]
    return np.array(
        [
            best[release][int(fit == best[release][0])] if len(best[release]) > 1 else 0.0
            for release, fit in zip(releases, fits.tolist(), strict=True)
        ],
        np.float32,
    )


def _newest(question: Question, view: View) -> dt.date | None:
    """The day that recent releases are near to, or None if the question is of another time."""
    if periods.wants_latest(question.text):
        return view.newest(min(question.asked_on, question.until or question.asked_on))
    last = question.period.end if question.period else None
    past = last is not None and last < _faded(question.asked_on)
    return None if past else question.asked_on


def _faded(day: dt.date) -> dt.date:
    """The first day whose releases still count as recent on a day."""
    return day - min(dt.timedelta(days=_FADED), day - dt.date.min)


def _ordered(scored: Sequence[_Scored]) -> list[_Scored]:
    return sorted(scored, key=lambda one: (-one.score, one.at.place))
