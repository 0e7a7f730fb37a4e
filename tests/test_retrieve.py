"""Ranked hits, against brute force over everything in the store."""

import datetime as dt

import numpy as np
import pytest

from eventqa.derived import Derived
from eventqa.retrieve import retrieve
from eventqa.store import Store
from eventqa.types import Release, digest

DIM = 6
DAYS = [dt.date(2018, 5, 1), dt.date(2018, 5, 2), None]


def rows_for(rng, count: int) -> np.ndarray:
    """Rows of eighths: their products are exact, and ties are many."""
    return rng.integers(0, 4, (count, DIM)).astype(np.float32) / 8


@pytest.fixture
def store(tmp_path) -> Store:
    """60 releases with up to 4 passages: some long with several vectors, some of equal words."""
    rng = np.random.default_rng(5)
    store = Store(tmp_path / "embeddings")
    with store.write() as writer:
        for number in range(60):
            words = [f"said {rng.integers(0, 80):02}" for _ in range(rng.integers(1, 5))]
            text = "\n\n".join(words)
            spans = tuple((9 * at, 9 * at + 7) for at in range(len(words)))
            release = Release(
                f"r{number:02}", "f", number, text, spans, date=DAYS[rng.integers(0, 3)]
            )
            writer.put_release(release)
            missing = writer.unencoded("m", {digest(word) for word in words})
            for word in sorted(missing):
                writer.put_vectors("m", [(word, rows_for(rng, int(rng.integers(1, 4))))])
        writer.finish("m", new_generation=True)
    return store


def brute(view, vector, since, until, without=()) -> list[tuple[str, int, float]]:
    """All passages in the order they must come in, worked out one by one."""
    best: dict[tuple[str, int], float] = {}
    words = dict(view._db.execute("SELECT id, words FROM vector"))
    ids = view.vector_ids()
    for id, row in zip(ids.tolist(), view.vectors(ids), strict=True):
        for release, number, own in view._db.execute("SELECT release, number, words FROM passage"):
            date = view.release(release).date
            fits = (not since and not until) or (
                date is not None and (not since or date >= since) and (not until or date <= until)
            )
            if own == words[id] and fits and (release, number) not in without:
                score = float(row @ vector)
                best[release, number] = max(score, best.get((release, number), -1.0))
    return sorted(
        ((r, n, score) for (r, n), score in best.items()), key=lambda one: (-one[2], one[:2])
    )


@pytest.mark.parametrize(("since", "until"), [(None, None), (DAYS[1], None), (DAYS[0], DAYS[0])])
@pytest.mark.parametrize("k", [1, 5, 40, 1000])
def test_hits_are_those_of_brute_force_in_order(store, k, since, until):
    vector = rows_for(np.random.default_rng(k), 1)[0]
    with Derived(store).snapshot() as (view, index):
        hits = retrieve(vector, view, index, k, since=since, until=until)
        wanted = brute(view, vector, since, until)[:k]
    got = [(h.passage.release.id, h.passage.number, h.score) for h in hits]
    assert len(got) > 0
    assert got == wanted


def test_passages_that_are_withdrawn_make_room_for_the_next(store):
    vector = rows_for(np.random.default_rng(1), 1)[0]
    with Derived(store).snapshot() as (view, index):
        best = [(r, n) for r, n, _ in brute(view, vector, None, None)[:30]]
        hits = retrieve(vector, view, index, 10, without=frozenset(best))
        wanted = brute(view, vector, None, None, best)[:10]
    assert [(h.passage.release.id, h.passage.number) for h in hits] == [o[:2] for o in wanted]


def test_a_text_in_two_releases_is_found_in_both(tmp_path):
    store = Store(tmp_path / "embeddings")
    with store.write() as writer:
        for id in ("b", "a"):
            writer.put_release(Release(id, id, None, "the same", ((0, 8),)))
        writer.put_vectors("m", [(digest("the same"), np.ones((1, 4), np.float32) / 2)])
        writer.finish("m", new_generation=True)
    with Derived(store).snapshot() as (view, index):
        hits = retrieve(np.ones(4, np.float32) / 2, view, index, 5)
    assert [(hit.passage.release.id, hit.score) for hit in hits] == [("a", 1.0), ("b", 1.0)]


def test_without_passages_nothing_is_found(tmp_path):
    with Derived(Store(tmp_path)).snapshot() as (view, index):
        assert retrieve(np.ones(4, np.float32) / 2, view, index, 5) == ()


def test_a_period_without_releases_has_no_hits(store):
    with Derived(store).snapshot() as (view, index):
        assert (
            retrieve(
                rows_for(np.random.default_rng(1), 1)[0], view, index, 5, since=dt.date(2020, 1, 1)
            )
            == ()
        )
