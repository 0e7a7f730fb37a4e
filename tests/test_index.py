"""The nearest vectors, against numpy brute force; and FAISS's own pitfalls."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa import index as index_module
from eventqa.index import FILE, FaissIndex, saved_as

DIM = 8


def unit_rows(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).integers(1, 4, (count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def brute(ids, rows, vector, k) -> np.ndarray:
    """The k highest inner products, best first."""
    return np.sort(halved(rows).astype(np.float64) @ vector.astype(np.float64))[::-1][:k]


def halved(rows: np.ndarray) -> np.ndarray:
    """What 16-bit floats keep of some vectors."""
    return rows.astype(np.float16).astype(np.float32)


def check(index: FaissIndex, rows_of: dict[int, np.ndarray], vector, k, among=None) -> None:
    """What the index finds is right, whichever of equal vectors it takes."""
    wanted = sorted(rows_of if among is None else set(rows_of) & set(among))
    ids, scores = index.search(
        vector, k, None if among is None else np.array(sorted(among), np.int64)
    )
    assert len(ids) == len(set(ids.tolist())) == min(k, len(wanted))
    assert set(ids.tolist()) <= set(wanted)
    if wanted:
        rows = np.array([rows_of[id] for id in wanted])
        np.testing.assert_allclose(scores, brute(wanted, rows, vector, k), atol=1e-6)
    for id, score in zip(ids.tolist(), scores, strict=True):
        assert score == pytest.approx(float(halved(rows_of[id]) @ vector), abs=1e-6)
        assert score == pytest.approx(float(rows_of[id] @ vector), abs=1e-3)


def test_the_nearest_are_those_of_brute_force_with_ties():
    rows = unit_rows(300)
    rows[100:200] = rows[:100]  # every one of these twice
    ids = np.arange(10, 310)
    index = FaissIndex.of(ids, rows)
    for vector in unit_rows(20, seed=1):
        check(index, dict(zip(ids.tolist(), rows, strict=True)), vector, 17)


def test_only_vectors_among_the_given_are_found():
    rows, ids = unit_rows(50), np.arange(50) * 3
    index = FaissIndex.of(ids, rows)
    among = [int(id) for id in ids[::7]]
    check(index, dict(zip(ids.tolist(), rows, strict=True)), rows[1], 20, among)


def test_the_score_of_a_text_is_that_of_the_best_of_its_vectors():
    rows = np.eye(DIM, dtype=np.float32)
    index = FaissIndex.of(np.array([1, 2, 2, 3]), rows[:4])
    index = index.updated(np.array([1]), np.array([5, 4, 4]), rows[4:7])  # not in order of ids
    asked = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0], np.float32)
    found = index.scores(asked, np.array([2, 3, 4, 5]))
    assert found.tolist() == pytest.approx([0.2, 0.3, 0.6, 0.4])
    assert index.scores(asked, np.array([5])).tolist() == pytest.approx([0.4])
    assert index.scores(asked, np.empty(0, np.int64)).tolist() == []


def test_a_question_is_searched_for_on_one_thread_and_others_have_theirs_again(monkeypatch):
    index = FaissIndex.of(np.array([4, 9]), unit_rows(2))
    faiss = index_module._faiss()
    search, seen = type(index._faiss).search, []

    def watched(*arguments, **options):
        seen.append(faiss.omp_get_max_threads())
        return search(*arguments, **options)

    monkeypatch.setattr(type(index._faiss), "search", watched)
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(3)
    try:
        index.search(unit_rows(1)[0], 2)
        assert (seen, faiss.omp_get_max_threads()) == ([1], 3)
    finally:
        faiss.omp_set_num_threads(before)


def test_asking_for_more_than_there_is_gives_all_and_no_padding():
    index = FaissIndex.of(np.array([4, 9]), unit_rows(2))
    ids, scores = index.search(unit_rows(1)[0], 1000)
    assert sorted(ids.tolist()) == [4, 9]
    assert len(scores) == 2


def test_asking_among_ids_that_are_not_there_gives_no_padding():
    index = FaissIndex.of(np.array([4, 9]), unit_rows(2))
    ids, _ = index.search(unit_rows(1)[0], 5, np.array([4, 5, 6]))
    assert ids.tolist() == [4]


def test_among_nothing_nothing_is_found():
    index = FaissIndex.of(np.array([4]), unit_rows(1))
    ids, scores = index.search(unit_rows(1)[0], 5, np.empty(0, np.int64))
    assert (len(ids), len(scores)) == (0, 0)


def test_after_a_removal_new_vectors_never_take_the_place_of_living_ones():
    # Delete-then-add by position is how a peer lost the last passage of another document.
    rows = np.eye(DIM, dtype=np.float32)
    index = FaissIndex.of(np.array([1, 2, 3, 4]), rows[:4])
    index = index.updated(np.array([2]), np.array([5]), rows[4:5])
    for id, at in {1: 0, 3: 2, 4: 3, 5: 4}.items():
        ids, scores = index.search(rows[at], 1)
        assert (ids.tolist(), scores.tolist()) == ([id], [1.0])
    ids, scores = index.search(rows[1], 4)
    assert sorted(ids.tolist()) == [1, 3, 4, 5]
    assert not scores.any()


def test_a_text_of_several_vectors_is_found_by_each_and_goes_with_all_of_them():
    rows = np.eye(DIM, dtype=np.float32)
    index = FaissIndex.of(np.array([1, 2, 2, 3]), rows[:4])
    assert (index.ids.tolist(), index.size) == ([1, 2, 3], 4)
    for at in (1, 2):
        ids, scores = index.search(rows[at], 1)
        assert (ids.tolist(), scores.tolist()) == ([2], [1.0])
    assert sorted(index.search(rows[1], 10)[0].tolist()) == [1, 2, 2, 3]
    index = index.updated(np.array([2]), np.array([4, 4]), rows[4:6])
    assert (index.ids.tolist(), index.size) == ([1, 3, 4], 4)
    assert sorted(index.search(rows[1], 10)[0].tolist()) == [1, 3, 4, 4]
    assert index.search(rows[5], 1)[0].tolist() == [4]


def test_a_saved_index_of_texts_with_several_vectors_comes_back_whole(tmp_path):
    index = FaissIndex.of(np.array([1, 2, 2, 3]), np.eye(DIM, dtype=np.float32)[:4])
    loaded = FaissIndex.load(tmp_path, index.save(tmp_path))
    assert (loaded.ids.tolist(), loaded.size) == ([1, 2, 3], 4)


def test_an_update_leaves_the_index_before_it_as_it_was():
    rows = unit_rows(3)
    before = FaissIndex.of(np.array([1, 2]), rows[:2])
    before.updated(np.array([1]), np.array([3]), rows[2:])
    check(before, {1: rows[0], 2: rows[1]}, rows[2], 5)
    assert before.ids.tolist() == [1, 2]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 40)), st.integers(0, 6)), max_size=8))
def test_after_any_series_of_updates_the_nearest_are_those_of_brute_force(steps):
    pool = unit_rows(200, seed=3)
    living = {id: pool[id] for id in range(10)}
    index = FaissIndex.of(np.arange(10), pool[:10])
    fresh = 10
    for gone, new in steps:
        remove = sorted(gone & living.keys())
        add = list(range(fresh, fresh + new))
        if len(living) == len(remove):
            continue
        fresh += new
        rows = np.array([pool[id] for id in add], np.float32).reshape(-1, DIM)
        index = index.updated(np.array(remove, np.int64), np.array(add, np.int64), rows)
        living = {id: row for id, row in living.items() if id not in remove}
        living |= {id: pool[id] for id in add}
        assert index.ids.tolist() == sorted(living)
        check(index, living, pool[199], 7)
        check(index, living, pool[198], 7, among=set(range(0, 60, 2)) & living.keys())


def test_equal_vectors_score_equal_wherever_they_stand_and_however_they_are_asked_for():
    row = unit_rows(1, seed=9)
    rows = unit_rows(37)
    rows[[0, 5, 16, 36]] = row
    index = FaissIndex.of(np.arange(37), rows).updated(np.array([1, 2]), np.array([40]), row)
    vector = unit_rows(1, seed=8)[0]
    equal = [0, 5, 16, 36, 40]
    ids, scores = index.search(vector, 100)
    seen = {float(s) for id, s in zip(ids.tolist(), scores, strict=True) if id in equal}
    _, some = index.search(vector, 100, np.array(equal))
    assert len(seen | {float(s) for s in some}) == 1


def test_a_saved_index_comes_back_with_the_same_ids_and_vectors(tmp_path):
    rows = unit_rows(5)
    index = FaissIndex.of(np.array([2, 3, 5, 7, 11]), rows)
    sha256 = index.save(tmp_path)

    assert hashlib.sha256((tmp_path / FILE).read_bytes()).hexdigest() == sha256
    loaded = FaissIndex.load(tmp_path, sha256)
    assert loaded is not None
    assert loaded.ids.tolist() == [2, 3, 5, 7, 11]
    check(loaded, dict(zip([2, 3, 5, 7, 11], rows, strict=True)), rows[3], 3)


def test_a_file_with_another_hash_never_reaches_faiss(tmp_path):
    sha256 = FaissIndex.of(np.array([1]), unit_rows(1)).save(tmp_path)
    (tmp_path / FILE).write_bytes(b"IxFI" + b"\xff" * 100)  # FAISS itself raises at this
    assert FaissIndex.load(tmp_path, sha256) is None
    assert not saved_as(tmp_path, sha256)


def test_a_missing_file_is_no_index(tmp_path):
    assert FaissIndex.load(tmp_path, "0" * 64) is None


def test_what_a_killed_save_left_behind_is_written_over(tmp_path):
    (tmp_path / f"{FILE}.part").write_bytes(b"half an ind")
    sha256 = FaissIndex.of(np.array([1]), unit_rows(1)).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert saved_as(tmp_path, sha256)


def test_torch_is_imported_before_faiss():
    code = (
        "import sys, numpy as np\n"
        "from eventqa.index import FaissIndex\n"
        "FaissIndex.of(np.array([1]), np.ones((1, 4), np.float32))\n"
        "names = list(sys.modules)\n"
        "assert names.index('torch') < names.index('faiss')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def clustered(count: int, seed: int) -> np.ndarray:
    """Vectors around 50 centres, as texts are about things."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((50, 64))
    rows = centres[random.integers(50, size=count)] + 0.9 * random.standard_normal((count, 64))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def large() -> tuple[FaissIndex, FaissIndex]:
    """An index and the same with a sketch; every tenth text has two vectors."""
    ids = np.sort(np.append(np.arange(0, 60_000, 3), np.arange(0, 60_000, 30))).astype(np.int64)
    exact = FaissIndex.of(ids, clustered(len(ids), 1))
    return exact, exact.sketched(lambda: False)


def recall(exact: FaissIndex, other: FaissIndex, among: np.ndarray | None = None) -> float:
    """The share of the exact 50 nearest that the other one finds, with their scores."""
    shares: list[float] = []
    for question in clustered(40, 2):
        ids, scores = exact.search(question, 50, among)
        right = set(zip(ids.tolist(), scores.round(3).tolist(), strict=True))
        ids, scores = other.search(question, 50, among)
        found = set(zip(ids.tolist(), scores.round(3).tolist(), strict=True))
        both = right & found
        assert (scores[1:] <= scores[:-1]).all()
        shares.append(len(both) / len(right))
    return float(np.mean(shares))


def test_a_sketch_finds_what_the_exact_search_finds_with_the_exact_scores(large, monkeypatch):
    exact, sketched = large
    assert (exact.is_sketched, sketched.is_sketched) == (False, True)
    assert recall(exact, sketched) >= 0.98
    assert recall(exact, sketched, exact.ids[::2]) >= 0.98
    assert recall(exact, sketched, exact.ids[::50]) == 1.0
    # A test that can fail: the sketch alone is not good enough.
    monkeypatch.setattr(index_module, "_LOOKED_UP", 1)
    monkeypatch.setattr(index_module, "_TIMES", 1)
    assert recall(exact, sketched) < 0.95


def test_a_sketch_finds_only_texts_among_the_given(large):
    exact, sketched = large
    among = exact.ids[1::3]
    for question in clustered(20, 3):
        ids, _ = sketched.search(question, 100, among)
        assert len(ids) == 100
        assert set(ids.tolist()) <= set(among.tolist())


def test_a_sketch_follows_every_change_and_stays_as_it_was_before(large):
    _, sketched = large
    new = clustered(3, 4)
    changed = sketched.updated(np.array([0, 3]), np.array([60_000, 60_001, 60_001]), new)
    assert changed.is_sketched
    for id, row in zip([60_000, 60_001, 60_001], new, strict=True):
        ids, scores = changed.search(row, 1)
        assert ids.tolist() == [id]
        assert scores[0] == pytest.approx(1.0, abs=1e-3)
        assert id not in sketched.search(row, 1)[0]
    everything = changed.search(new[0], 100_000)[0]
    assert not {0, 3} & set(everything.tolist())
    assert {0, 3} <= set(sketched.search(new[0], 100_000)[0].tolist())


def test_a_sketch_that_is_not_wanted_any_more_is_given_up(large):
    exact, _ = large
    asked: list[bool] = []
    assert exact.sketched(lambda: not asked.append(True)) is exact
    assert asked == [True]
