"""Ranked hits, against brute force: every signal of every passage, worked out in plain Python."""

import datetime as dt
import math
import re
import tempfile
import zlib
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import WordLengths
from hypothesis import given, settings
from hypothesis import strategies as st
from states import put

from eventqa import boilerplate, periods, quantize
from eventqa.derived import Derived
from eventqa.encoder import EncodedText, SentenceEncoder, Tokens
from eventqa.retrieve import (
    _POOL,
    CONFIGURATIONS,
    DEPTH,
    Found,
    Question,
    Steps,
    retrieve,
)
from eventqa.signals import FUSED, WEIGHTS, Signals
from eventqa.store import Store
from eventqa.types import Embedded, Passage, Period, Release

Key = tuple[str, int]

TODAY = dt.date(2019, 6, 30)
DAYS = [None, dt.date(2018, 5, 5), dt.date(2019, 6, 12), dt.date(2019, 6, 28), dt.date(2019, 7, 9)]
# Words that are their own stems, and small ones, which tell nothing.
WORDS = "bank border drum forum grain guard lamp sand the of 2018 2019 17".split()
SMALL = {"the", "of", "in", "may", "is", "what", "it", "who"}


class Words(WordLengths):
    """Every word has a vector of its own, and a text the direction of their sum.

    Each sentence of a text is read after its context, as a window of its own.
    """

    def encode_query(self, text: str) -> EncodedText:
        return EncodedText(sum_of(text)[None], tokens_of(text))

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        return [EncodedText(windows_of(text), tokens_of(text.text)) for text in texts]


@cache
def vector_of(word: str) -> np.ndarray:
    vector = np.random.default_rng(zlib.crc32(word.encode())).standard_normal(32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def sum_of(text: str) -> np.ndarray:
    total = sum((vector_of(word) for word in words_in(text)), np.zeros(32, np.float32))
    return total / max(float(np.linalg.norm(total)), 1e-12)


def windows_of(text: Embedded) -> np.ndarray:
    return np.stack([sum_of(f"{text.context} {part}") for part in text.text.split(".") if part])


def tokens_of(text: str) -> Tokens:
    words = list(re.finditer(r"\w+", text))
    rows = [vector_of(word[0].lower()) for word in words]
    spans = np.array([word.span() for word in words], np.int64).reshape(-1, 2)
    return Tokens(np.array(rows, np.float32).reshape(-1, 32), spans)


def words_in(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def release_of(id: str, *paragraphs: str, title: str = "", **facts) -> Release:
    starts = np.cumsum([0, *(len(one) + 2 for one in paragraphs)]).tolist()
    spans = [(a, a + len(one)) for a, one in zip(starts, paragraphs, strict=False)]
    return Release(id, id, None, "\n\n".join(paragraphs), tuple(spans), title, **facts)


def made(seed: int, count: int) -> list[Release]:
    """Small releases: some of equal words, some of several windows, dated and not."""
    rng = np.random.default_rng(seed)

    def some(least: int, most: int) -> str:
        return " ".join(rng.choice(WORDS, rng.integers(least, most)))

    releases: list[Release] = []
    for at in range(count):
        if at % 5 == 4:  # published twice
            twin = releases[at - 2]
            paragraphs = [twin.text[start:end] for start, end in twin.paragraphs]
            releases.append(release_of(f"r{at:02}", *paragraphs, title=twin.title, date=twin.date))
            continue
        texts = [
            ". ".join(some(1, 5) for _ in range(1 + (rng.random() < 0.1)))
            for _ in range(rng.integers(1, 4))
        ]
        date = DAYS[rng.integers(0, len(DAYS))]
        releases.append(release_of(f"r{at:02}", *texts, title=some(0, 3), date=date))
    return releases


RELEASES = made(7, 60)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    store = Store(tmp_path_factory.mktemp("embeddings"))
    keep(store, *RELEASES)
    return store


def keep(store: Store, *releases: Release, drop: Sequence[str] = ()) -> None:
    put(store, *releases, drop=drop, encoder=Words())


def question_of(text: str, **options) -> Question:
    options = {"asked_on": TODAY, "period": periods.asked(text, TODAY)} | options
    return Question(text, Words().encode_query(text), **options)


def ask(store: Store, text: str, k: int = 5, *, steps=None, without=(), **options):
    with Derived(store).snapshot() as (view, indexes):
        return retrieve(
            question_of(text, **options),
            view,
            indexes,
            k,
            steps=steps or Steps(),
            without=without,
        )


def keys(found: Sequence[Found]) -> list[Key]:
    return [(one.hit.passage.release.id, one.hit.passage.number) for one in found]


# Brute force.


class Brute:
    """What a question finds in some releases, by the formulas of the docstrings."""

    def __init__(
        self,
        releases: Sequence[Release],
        text: str,
        newest: dt.date | None = TODAY,
        steps: Steps | None = None,
    ) -> None:
        self.steps = steps or Steps()
        self.text = text
        self.newest = newest if self.steps.time else None
        self.period = periods.asked(text, TODAY) if self.steps.time else None
        self.passages = [p for one in releases for p in one.passages]
        self.entries = {
            Embedded.of(p).key: words_in(f"{p.release.title} {p.text}") for p in self.passages
        }
        # The same text of the same day under the same title is the same release, published twice.
        self.leads = {
            one.id: min(
                other.id
                for other in releases
                if one is other
                or (
                    one.date
                    and (one.text, one.title, one.date) == (other.text, other.title, other.date)
                )
            )
            for one in releases
        }
        self.average = sum(map(len, self.entries.values())) / len(self.entries)
        self.every = words_in(text)
        asked = list(dict.fromkeys(self.every))
        telling = [word for word in asked if word not in SMALL]
        self.weights = {word: self.rarity(word) for word in telling or asked}

    def rarity(self, word: str) -> float:
        count = len(self.entries)
        having = sum(word in entry for entry in self.entries.values())
        return math.log(1 + (count - having + 0.5) / (having + 0.5))

    def ranked(
        self,
        since: dt.date | None = None,
        until: dt.date | None = None,
        without: Collection[Key] = (),
        depth: int = DEPTH,
    ) -> list[tuple[Key, Signals, float]]:
        """All passages that are read, in the order they must come in."""
        found = [
            (passage, signals, weighed(signals, FUSED))
            for passage in self.passages
            if is_within(passage.release.date, since, until) and key_of(passage) not in without
            for signals in (self.before(passage),)
        ]
        first = sorted(found, key=lambda one: (-one[2], key_of(one[0])))
        kept: dict[tuple[str, str | None], tuple[Passage, Signals, float]] = {}
        for one in first:  # what says the same is there once, where it is of the lead of its family
            there = kept.setdefault(self.said(one[0]), one)
            if self.is_lead(one[0]) and not self.is_lead(there[0]):
                kept[self.said(one[0])] = one
        first = list(kept.values())
        if not self.steps.dense:  # what shares no word is not found at all
            first = [one for one in first if one[1].words > 0]
        if len(first) > depth:  # or it would be left to rounding which ones are read
            (last, _, lowest), (other, _, next_one) = first[depth - 1 : depth + 1]
            assert last.text == other.text or lowest > next_one + 1e-5, (last, other)
        fits = [self.fit(passage) for passage, *_ in first[:depth]]
        read = []
        for at, (passage, signals, fused) in enumerate(first[:depth]):
            others = [
                fits[other]
                for other, (one, *_) in enumerate(first[:depth])
                if one.release is passage.release and other != at
            ]
            signals = signals._replace(
                fit=fits[at],
                about=self.about(passage),
                company=max(others, default=0.0),
            )
            score = weighed(signals, WEIGHTS) if self.steps.late else fused
            read.append((key_of(passage), signals, score))
        return sorted(read, key=lambda one: (-one[2], one[0]))

    def before(self, passage: Passage) -> Signals:
        """What is known of a passage before it is read."""
        words, title = self.entries[Embedded.of(passage).key], words_in(passage.release.title)
        whole = sum(self.weights.values())
        numbers = {w: one for w, one in self.weights.items() if any(c.isdigit() for c in w)}
        windows = windows_of(Embedded.of(passage)).astype(np.float16).astype(float)  # as indexed
        return Signals(
            cosine=max(float(row @ sum_of(self.text)) for row in windows) * self.steps.dense,
            words=self.bm25(words) / (whole * 1.6) * self.steps.lexical,
            coverage=max(0.0, share(self.weights, words) - share(self.weights, title))
            * self.steps.lexical,
            numbers=share(numbers, words) * self.steps.lexical,
            recency=self.recency(passage.release.date),
            about=self.dated(passage.release.date),
            boilerplate=float(self.said(passage)[1] is None),
        )

    def is_lead(self, passage: Passage) -> bool:
        return self.leads[passage.release.id] == passage.release.id

    def said(self, passage: Passage) -> tuple[str, str | None]:
        """The words of a passage, and whose they are: no family's if they stand in three."""
        words = " ".join(words_in(passage.text))
        families = {
            self.leads[p.release.id]
            for p in self.passages
            if words_in(p.text) == words_in(passage.text)
        }
        return words, None if len(families) > 2 else self.leads[passage.release.id]

    def bm25(self, words: list[str]) -> float:
        damping = 0.6 * (1 - 0.3 + 0.3 * len(words) / self.average)
        often = {word: words.count(word) for word in self.weights}
        return sum(
            self.weights[word] * 1.6 * count / (count + damping) for word, count in often.items()
        )

    def recency(self, date: dt.date | None) -> float:
        if self.newest is None or date is None or date > self.newest:
            return 0.0
        return max(0.0, 1 - (self.newest - date).days / 21)

    def dated(self, date: dt.date | None) -> float:
        if self.period is None or date is None:
            return 0.0
        return periods.overlap(self.period, Period(date, date, "its date"))

    def fit(self, passage: Passage, without: Collection[str] = ()) -> float:
        """MaxSim: the mean over the question's words."""
        best = [
            max((kept_product(word, other) for other in words_in(passage.text)), default=0.0)
            for word in self.every
            if word not in without
        ]
        return sum(best) / len(best)

    def about(self, passage: Passage) -> float:
        date = passage.release.date
        spoken = periods.spoken_of(passage.text, date)
        if not spoken and date:
            spoken = (Period(date, date, "its date"),)
        if self.period is None:
            return 0.0
        return max((periods.overlap(self.period, one) for one in spoken), default=0.0)


@cache
def kept_product(word: str, other: str) -> float:
    """Of a word's vector and what is kept of another's."""
    kept = quantize.decoded(quantize.encoded(vector_of(other)[None]), 32)[0]
    return float(quantize.rotated(vector_of(word)[None])[0].astype(float) @ kept)


def share(weights: dict[str, float], words: list[str]) -> float:
    return sum(one for w, one in weights.items() if w in words) / (sum(weights.values()) or 1)


def weighed(signals: Signals, weights: Signals) -> float:
    return sum(a * b for a, b in zip(signals, weights, strict=True))


def is_within(date: dt.date | None, since: dt.date | None, until: dt.date | None) -> bool:
    if not (since or until):
        return True
    return date is not None and (not since or date >= since) and (not until or date <= until)


def key_of(passage: Passage) -> Key:
    return passage.release.id, passage.number


def check(found: Sequence[Found], wanted: list[tuple[Key, Signals, float]], k: int) -> None:
    """The hits are the first `k` of brute force, with their signals and scores and in order."""
    signals = {key: tuple(one) for key, one, _ in wanted}
    scores = {key: score for key, _, score in wanted}
    assert len(set(keys(found))) == len(found) == min(k, len(wanted))
    for one, key in zip(found, keys(found), strict=True):
        assert tuple(one.signals) == pytest.approx(signals[key], abs=1e-5), key
        assert one.hit.score == pytest.approx(scores[key], abs=1e-5), key
    order = [(-one.hit.score, key) for one, key in zip(found, keys(found), strict=True)]
    assert order == sorted(order)
    # Whether the same ones are left out: none of these is better than the last that was found.
    left = [score for key, score in scores.items() if key not in keys(found)]
    assert not found or found[-1].hit.score > max(left, default=-9) - 1e-5


QUESTIONS = [
    "sand of the border in 2018",
    "bank guard 17",
    "What drum is in the forum?",
    "unheard grain",
    "Who is it?",  # small words only
]


def test_the_corpus_is_one_to_learn_from():
    texts = [Embedded.of(p) for one in RELEASES for p in one.passages]
    distinct = {text.key: text for text in texts}
    windows = sum(len(windows_of(text)) for text in distinct.values())
    # More passages than are read, although all vectors are fetched at once.
    assert len(distinct) < windows <= DEPTH + _POOL
    assert len(texts) > DEPTH


@pytest.mark.parametrize("text", QUESTIONS)
@pytest.mark.parametrize("k", [1, 5, 40, 1000])
def test_hits_are_those_of_brute_force_in_order(store, text, k):
    newest = None if "2018" in text else TODAY
    wanted = Brute(RELEASES, text, newest).ranked(depth=max(k, DEPTH))
    check(ask(store, text, k), wanted, k)


def test_what_is_matched_leaves_out_the_words_that_name_the_time(store):
    text, brute = "sand of the border in 2018", Brute(RELEASES, "sand of the border in 2018")
    found = ask(store, text)
    assert [one.matched for one in found] == pytest.approx(
        [brute.fit(one.hit.passage, without=["2018"]) for one in found], abs=1e-5
    )
    assert all(one.signals.fit != pytest.approx(one.matched) for one in found)


def test_only_what_is_known_to_be_of_another_time_is_untimely(tmp_path):
    releases = [
        release_of("another", "sand of border", date=dt.date(2017, 3, 1)),
        release_of("of it", "sand border", date=dt.date(2018, 3, 1)),
        release_of("says it", "sand border in 2018", date=dt.date(2017, 3, 1)),
        release_of("says another", "sand border in 2019", date=dt.date(2018, 3, 1)),
        release_of("looks back", "sand border in 2016", date=dt.date(2017, 3, 1)),
        release_of("unknown", "sand the border"),
    ]
    keep(Store(tmp_path), *releases)
    found = ask(Store(tmp_path), "sand border in 2018", 9)
    assert {one.hit.passage.release.id: one.timely for one in found} == {
        "another": False,
        "of it": True,
        "says it": True,
        "says another": True,  # its release is of that time
        "looks back": False,
        "unknown": True,
    }
    for options in ({"steps": Steps(time=False)}, {"period": None}):
        assert all(one.timely for one in ask(Store(tmp_path), "sand border in 2018", **options))


def test_a_question_that_names_a_time_and_nothing_else_is_matched_by_it(store):
    found = ask(store, "2018?")
    assert [one.matched for one in found] == [one.signals.fit for one in found]


@pytest.mark.parametrize(
    "period",
    [
        {"since": DAYS[2]},
        {"until": DAYS[1]},
        {"since": DAYS[2], "until": DAYS[3]},
        {"since": DAYS[3], "until": DAYS[3]},
    ],
)
@pytest.mark.parametrize("k", [5, 1000])
def test_hits_keep_to_releases_of_a_period(store, period, k):
    found = ask(store, "bank guard 17", k, **period)
    assert len(found) > 0
    check(found, Brute(RELEASES, "bank guard 17").ranked(**period, depth=max(k, DEPTH)), k)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_each_step_that_is_left_out_counts_for_nothing(store, configuration):
    steps = CONFIGURATIONS[configuration]
    found = ask(store, "bank guard in June 2019", 1000, steps=steps)
    wanted = Brute(RELEASES, "bank guard in June 2019", steps=steps).ranked(depth=1000)
    check(found, wanted, 1000)
    zero = [
        *([] if steps.dense else ["cosine"]),
        *([] if steps.lexical else ["words", "coverage", "numbers"]),
        *([] if steps.time else ["recency", "about"]),
    ]
    assert {getattr(one.signals, name) for one in found for name in zero} <= {0}
    for name in set(Signals._fields) - {"asks", *zero}:  # no passage here asks
        assert any(getattr(one.signals, name) for one in found), name


def test_passages_that_are_withdrawn_make_room_for_the_next(store):
    brute = Brute(RELEASES, "bank guard 17")
    gone = {key for key, *_ in brute.ranked()[:30]}
    check(ask(store, "bank guard 17", 10, without=gone), brute.ranked(without=gone), 10)
    everything = {key_of(p) for one in RELEASES for p in one.passages}
    assert ask(store, "bank guard 17", without=everything) == ()


def test_withdrawing_the_texts_that_both_indexes_bring_up_first_lets_others_in(tmp_path):
    # All 300 are nearer than the one that is left.
    releases = [release_of(f"r{n:03}", f"sand lamp {n}") for n in range(300)]
    last = release_of("z", "far borders")
    store = Store(tmp_path)
    keep(store, *releases, last)
    without = {(one.id, 1) for one in releases}
    assert keys(ask(store, "sand lamp", without=without)) == [("z", 1)]


def test_a_text_in_two_releases_is_found_in_both(tmp_path):
    keep(Store(tmp_path), *(release_of(id, "sand and lamp") for id in "ba"))
    found = ask(Store(tmp_path), "lamp")
    assert keys(found) == [("a", 1), ("b", 1)]
    assert found[0].hit.score == found[1].hit.score


def test_a_text_that_stands_in_very_many_releases_is_found_once(tmp_path):
    keep(
        Store(tmp_path),
        *(release_of(f"r{n:03}", "sand and lamp") for n in range(250)),
        release_of("z", "sand and drum"),
    )
    found = ask(Store(tmp_path), "lamp", 1000)
    assert keys(found) == [("r000", 1), ("z", 1)]
    assert [one.hit.repeated for one in found] == [250, 1]
    assert [one.signals.boilerplate for one in found] == [1.0, 0.0]


def test_releases_published_twice_come_in_the_order_of_their_ids(tmp_path):
    # Their scores are equal to the last bit, wherever their word pieces stand when they are read.
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(WORDS, rng.integers(3, 20))) for _ in range(50)]
    keep(
        Store(tmp_path),
        *(release_of(f"{id}{n}", text) for n, text in enumerate(texts) for id in "ab"),
    )
    found = ask(Store(tmp_path), "bank guard of the sand", 100)
    assert [id[1:] for id, _ in keys(found)[::2]] == [id[1:] for id, _ in keys(found)[1::2]]
    assert {id[0] for id, _ in keys(found)[::2]} == {"a"}
    assert [one.hit.score for one in found[::2]] == [one.hit.score for one in found[1::2]]


def test_without_passages_nothing_is_found(tmp_path):
    assert ask(Store(tmp_path), "sand") == ()


def test_a_corpus_of_one_passage_gives_it_whatever_is_asked_for(tmp_path):
    keep(Store(tmp_path), release_of("a", "sand"))
    for text in [*QUESTIONS, "sand"]:
        for k in (1, 1000):
            assert keys(ask(Store(tmp_path), text, k)) == [("a", 1)]


def test_a_period_without_releases_has_no_hits(store):
    assert ask(store, "sand", since=dt.date(2020, 1, 1)) == ()


def test_words_that_are_nowhere_find_nothing_by_words_alone(store):
    assert ask(store, "xylophone", steps=CONFIGURATIONS["words"]) == ()


def test_a_deleted_release_is_gone_from_both_indexes(tmp_path):
    store = Store(tmp_path)
    derived = Derived(store)
    keep(store, release_of("a", "sand"), release_of("b", "lamps"), release_of("c", "borders"))

    def found() -> tuple[list[str], list[int], list[int]]:
        with derived.snapshot() as (view, indexes):
            near = indexes.nearest.search(sum_of("sand"), 10)[0]
            words = indexes.words.search("sand", 10)[0]
            hits = retrieve(question_of("sand"), view, indexes, 10)
            return [id for id, _ in keys(hits)], sorted(near.tolist()), words.tolist()

    hits, near, (first,) = found()
    assert (hits[0], len(near)) == ("a", 3)
    keep(store, drop=["a"])
    hits, near, words = found()
    assert sorted(hits) == ["b", "c"]
    assert first not in near
    assert (len(near), words) == (2, [])


# Time.


@pytest.fixture
def repeated(monkeypatch) -> None:
    """Words may stand in many releases and be news."""
    monkeypatch.setattr(boilerplate, "REPEATED", 99)


def dated(tmp_path, *days: dt.date | None) -> Store:
    """One release of the same words for each day, named by it."""
    keep(Store(tmp_path), *(release_of(str(day), "sand and lamp", date=day) for day in days))
    return Store(tmp_path)


@pytest.mark.usefixtures("repeated")
def test_the_latest_is_the_newest_release_that_is_not_after_the_day_of_asking(tmp_path):
    days = [dt.date(2018, 1, 1), dt.date(2018, 3, 1), dt.date(2018, 3, 20), dt.date(2020, 1, 1)]
    store = dated(tmp_path, *days, None)
    found = ask(store, "What is the latest on sand?", asked_on=dt.date(2019, 12, 31))
    assert [id for id, _ in keys(found)][:2] == ["2018-03-20", "2018-03-01"]
    # Recent is what is near to that release, long before the day of asking: 1 - 19 / 21.
    recency = {one.hit.passage.release.date: one.signals.recency for one in found}
    assert recency == {
        days[2]: 1.0,
        days[1]: pytest.approx(0.0952, abs=1e-4),
        days[0]: 0.0,
        days[3]: 0.0,
        None: 0.0,
    }


def test_the_latest_of_nothing_before_the_day_of_asking_is_no_error(tmp_path):
    store = dated(tmp_path, dt.date(2020, 1, 1))
    (one,) = ask(store, "the latest sand", asked_on=dt.date(2019, 1, 1))
    assert one.signals.recency == 0


@pytest.mark.usefixtures("repeated")
def test_a_release_counts_as_recent_by_its_days_before_the_day_of_asking(tmp_path):
    days = [TODAY, TODAY - dt.timedelta(14), TODAY + dt.timedelta(1), None]
    store = dated(tmp_path, *days)
    found = {one.hit.passage.release.date: one.signals.recency for one in ask(store, "sand")}
    assert found == {
        days[0]: 1.0,
        days[1]: pytest.approx(1 / 3),
        days[2]: 0.0,  # after the day of asking
        None: 0.0,
    }


@pytest.mark.usefixtures("repeated")
def test_of_equals_the_more_recent_comes_first_and_without_time_the_first_by_id(tmp_path):
    days = [TODAY - dt.timedelta(days) for days in (20, 10, 1)]
    store = dated(tmp_path, *days)
    ids = [str(day) for day in days]
    assert [id for id, _ in keys(ask(store, "sand"))] == ids[::-1]
    timeless = ask(store, "sand", period=None, steps=Steps(time=False))
    assert {one.signals.recency for one in timeless} == {0.0}


def test_a_question_of_another_time_does_not_prefer_the_recent(tmp_path):
    store = dated(tmp_path, dt.date(2018, 5, 5), TODAY)
    found = ask(store, "sand in May 2018")
    assert [id for id, _ in keys(found)] == ["2018-05-05", str(TODAY)]
    assert {one.signals.recency for one in found} == {0.0}
    assert [one.signals.about for one in found] == [1.0, 0.0]


def test_the_time_that_a_passage_names_counts_before_the_date_of_its_release(tmp_path):
    releases = [
        release_of("a", "sand in May 2018", date=dt.date(2019, 1, 1)),
        release_of("b", "sand in May 2017", date=dt.date(2018, 5, 5)),
        release_of("c", "sand of the border", date=dt.date(2018, 5, 5)),
        release_of("d", "sand of the border"),
    ]
    keep(Store(tmp_path), *releases)
    found = ask(Store(tmp_path), "sand in May 2018")
    about = {id: one.signals.about for (id, _), one in zip(keys(found), found, strict=True)}
    assert about == {"a": 1.0, "b": 0.0, "c": 1.0, "d": 0.0}


def test_without_time_neither_the_time_asked_for_nor_recency_counts(store):
    for text in ("sand in May 2018", "the latest sand"):
        found = ask(store, text, 1000, steps=Steps(time=False))
        assert {(one.signals.about, one.signals.recency) for one in found} == {(0.0, 0.0)}


def test_a_recent_release_is_found_however_many_others_are_nearer(tmp_path):
    others = [release_of(f"r{n:03}", f"sand forum {n}") for n in range(200)]
    recent = release_of("z", "sand forum grain drum", date=TODAY)
    keep(Store(tmp_path), *others, recent)
    assert keys(ask(Store(tmp_path), "sand", 1)) == [("z", 1)]
    timeless = ask(Store(tmp_path), "sand", DEPTH, steps=Steps(time=False))
    assert ("z", 1) not in keys(timeless)


@pytest.mark.parametrize("day", [dt.date.min, dt.date(1, 1, 30), dt.date.max])
def test_any_day_of_asking_is_allowed(store, day):
    for text in ("sand", "the latest sand"):
        assert len(ask(store, text, asked_on=day, period=None)) == 5
    period = Period(None, dt.date(1, 1, 2), "long ago")
    assert len(ask(store, "sand", asked_on=day, period=period)) == 5


def test_a_period_is_looked_up_anew_after_every_change(tmp_path):
    store = Store(tmp_path)
    derived = Derived(store)
    day = dt.date(2018, 5, 5)
    keep(store, release_of("a", "sand", date=day), release_of("b", "sands", date=day))
    keep(store, release_of("c", "sand"))

    def found() -> list[str]:
        question = question_of("sand", since=day, until=day)
        with derived.snapshot() as (view, indexes):
            return [id for id, _ in keys(retrieve(question, view, indexes, 5))]

    assert found() == found() == ["a", "b"]
    keep(store, release_of("c", "lamps and sand", date=day), drop=["a"])
    assert sorted(found()) == ["b", "c"]
    keep(store, release_of("b", "sands", date=dt.date(2018, 5, 6)))
    assert found() == ["c"]


# Names, with the bundled model.

OFFICE = "The Office of Special Counsel (OSC) published its yearly report."
NAMES = [
    OFFICE,
    "Staff of the Office of Special Counsel travelled to Nairobi.",
    "Staff of OSC opened a bureau in Lima.",
    "Gerd Müller, the minister, spoke to farmers.",
    "Anna Muller chaired a panel on fisheries.",
    "The Council recalled resolution 2395 of that year.",
    "The Council recalled S/RES/2396 of that year.",
    "The Council recalled resolution 2178 of that year.",
    "The Council recalled resolution 2397 of that year.",
    "Mr. Voronkov arrived in Dushanbe.",
    "Mr. Vorontsov arrived in Dushanbe.",
    "Mr. Voronin’s aide arrived in Dushanbe.",
    "Farmers of many lands discussed fisheries and special reports.",
    "The counsel of the Council travelled far to open a special office.",
]


@pytest.fixture(scope="module")
def model() -> SentenceEncoder:
    return SentenceEncoder()


@pytest.fixture(scope="module")
def named(tmp_path_factory, model) -> Store:
    store = Store(tmp_path_factory.mktemp("names"))
    put(store, *(release_of(f"n{at:02}", text) for at, text in enumerate(NAMES)), encoder=model)
    return store


def best(store: Store, model: SentenceEncoder, text: str, k: int = 1, **options) -> list[str]:
    question = Question(text, model.encode_query(text), TODAY, None)
    with Derived(store).snapshot() as (view, indexes):
        found = retrieve(question, view, indexes, k, **options)
    return [one.hit.passage.text for one in found]


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("Who published the yearly report of OSC?", NAMES[0]),
        ("What did Gerd Muller do?", NAMES[3]),
        ("gerd muller", NAMES[3]),
        ("Which panel did Anna Müller chair?", NAMES[4]),
        ("ANNA MÜLLER", NAMES[4]),
        ("resolution 2396", NAMES[6]),
        ("2396", NAMES[6]),
        ("What was recalled in S/RES/2396?", NAMES[6]),
        ("What was recalled in S/RES/2178?", NAMES[7]),
        ("Where did Voronkov arrive?", NAMES[9]),
        ("Where did VORONTSOV arrive?", NAMES[10]),
        ("Who is voronin?", NAMES[11]),
    ],
)
def test_a_name_an_acronym_or_a_number_is_found_first_however_it_is_written(
    named, model, text, passage
):
    assert best(named, model, text) == [passage]


@pytest.mark.parametrize("steps", ["all", "words"])
def test_an_acronym_that_the_corpus_defines_finds_what_has_only_the_long_form(named, model, steps):
    found = best(named, model, "Where did OSC travel?", 5, steps=CONFIGURATIONS[steps])
    assert NAMES[1] in found
    assert NAMES[1] == best(named, model, "Did OSC go to Nairobi?")[0]


@pytest.mark.parametrize("steps", ["all", "words"])
def test_a_long_form_that_the_corpus_defines_finds_what_has_only_the_acronym(named, model, steps):
    text = "Did the Office of Special Counsel open a bureau?"
    found = best(named, model, text, 5, steps=CONFIGURATIONS[steps])
    assert NAMES[2] in found
    assert NAMES[2] == best(named, model, "Is the Office of Special Counsel in Lima?")[0]


def test_an_acronym_that_nothing_defines_any_more_finds_no_long_form(tmp_path):
    store = Store(tmp_path)
    derived = Derived(store)
    keep(store, release_of("a", OFFICE), release_of("b", NAMES[1]))

    def found() -> list[Key]:
        with derived.snapshot() as (view, indexes):
            steps = CONFIGURATIONS["words"]
            return keys(retrieve(question_of("OSC"), view, indexes, 5, steps=steps))

    assert sorted(found()) == [("a", 1), ("b", 1)]
    keep(store, drop=["a"])
    assert found() == []


# What must always hold.

some_words = st.lists(st.sampled_from([*WORDS, "—", "x"]), min_size=1, max_size=6).map(" ".join)
some_release = st.tuples(
    st.lists(some_words, min_size=1, max_size=3),
    st.sampled_from(["", "sand", "forum of 2018"]),
    st.sampled_from(DAYS),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(some_release, min_size=1, max_size=8),
    st.sampled_from([*QUESTIONS, "the latest sand", "—", "x 17", "bank in June 2019"]),
    st.sampled_from([*CONFIGURATIONS.values()]),
    st.randoms(use_true_random=False),
)
def test_scores_are_finite_and_the_order_is_always_the_same(releases, text, steps, chance):
    made = [
        release_of(f"r{at}", *paragraphs, title=title, date=date)
        for at, (paragraphs, title, date) in enumerate(releases)
    ]
    with tempfile.TemporaryDirectory() as folder:
        one, other = Store(Path(folder) / "one"), Store(Path(folder) / "other")
        keep(one, *made)
        for release in chance.sample(made, len(made)):
            keep(other, release)
        found = ask(one, text, 100, steps=steps)
        values = [(*one.signals, one.hit.score) for one in found]
        assert np.isfinite(values).all()
        scores = [one.hit.score for one in found]
        assert scores == sorted(scores, reverse=True)
        again = ask(one, text, 100, steps=steps)
        assert [one.hit for one in again] == [one.hit for one in found]
        elsewhere = ask(other, text, 100, steps=steps)
        assert keys(elsewhere) == keys(found)
        assert [one.hit.score for one in elsewhere] == pytest.approx(scores, abs=2e-5)


def test_a_question_of_which_no_word_piece_is_read_is_still_searched_for(store):
    text = "bank guard 17"
    nothing = EncodedText(sum_of(text)[None], tokens_of(""))
    question = Question(text, nothing, TODAY, None)
    with Derived(store).snapshot() as (view, indexes):
        found = retrieve(question, view, indexes, 5)
    assert len(found) == 5
    assert {(one.signals.fit, one.matched, one.signals.company) for one in found} == {(0, 0, 0)}
    assert np.isfinite([one.hit.score for one in found]).all()
