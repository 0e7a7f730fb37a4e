"""The index is always of the generation that is read, and can be thrown away any time."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import eventqa.index
from eventqa.derived import Derived
from eventqa.index import FILE, FaissIndex
from eventqa.store import Store
from eventqa.types import Release, digest

EYE = np.eye(16, dtype=np.float32)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "embeddings")


def put(store: Store, *names: int, drop: tuple[int, ...] = ()) -> None:
    """Changes the releases: number n has the one passage `n` and the vector EYE[n]."""
    with store.write() as writer:
        writer.drop_releases([str(name) for name in drop])
        for name in names:
            writer.put_release(Release(str(name), f"{name}.txt", None, str(name), ((0, 1),)))
        missing = writer.unencoded("m", [digest(str(name)) for name in names])
        new = [(digest(str(n)), EYE[n : n + 1]) for n in names if digest(str(n)) in missing]
        writer.put_vectors("m", new)
        writer.finish("m", new_generation=True)


def nearest(derived: Derived, name: int) -> str:
    """The release that has exactly this vector, by the index."""
    with derived.snapshot() as (view, index):
        assert index is not None
        assert index.ids.tolist() == view.vector_ids().tolist()
        ids, scores = index.search(EYE[name], 1)
        assert scores.tolist() == [1.0]
        ((_, release, _),) = view.places(ids, None, None)
        return release


def in_index(derived: Derived) -> int:
    with derived.snapshot() as (_, index):
        return len(index.ids) if index else 0


def test_an_empty_store_has_no_index(store):
    assert in_index(Derived(store)) == 0


def test_the_index_follows_every_change_of_the_store(store):
    derived = Derived(store)
    put(store, 1, 2, 3, 4, 5)
    assert nearest(derived, 3) == "3"
    put(store, 6, drop=(3,))
    for name in (1, 2, 4, 5, 6):
        assert nearest(derived, name) == str(name)
    assert in_index(derived) == 5


def test_the_index_follows_a_change_that_only_takes_away(store):
    derived = Derived(store)
    put(store, 1, 2, 3, 4, 5)
    assert in_index(derived) == 5
    put(store, drop=(2,))
    assert in_index(derived) == 4
    assert nearest(derived, 5) == "5"


def test_an_emptied_store_has_no_index_and_a_filled_one_has_it_again(store):
    derived = Derived(store)
    put(store, 1)
    assert nearest(derived, 1) == "1"
    put(store, drop=(1,))
    assert in_index(derived) == 0
    put(store, 2)
    assert nearest(derived, 2) == "2"


def test_an_older_view_keeps_its_own_index_while_newer_ones_are_asked(store):
    derived = Derived(store)
    put(store, 1, 2)
    with derived.snapshot() as (old_view, old_index):
        put(store, 3, drop=(1,))
        assert nearest(derived, 3) == "3"
        assert old_index.ids.tolist() == old_view.vector_ids().tolist()
        assert old_index.search(EYE[1], 1)[1].tolist() == [1.0]
        with derived.snapshot() as (view, _):
            assert view.generation == old_view.generation + 1
        assert derived._of(old_view).ids.tolist() == old_view.vector_ids().tolist()
    assert nearest(derived, 3) == "3"


def test_many_threads_get_the_index_of_their_own_view(store):
    derived = Derived(store)
    put(store, 1, 2)

    def look(_) -> bool:
        with derived.snapshot() as (view, index):
            return index.ids.tolist() == view.vector_ids().tolist()

    with ThreadPoolExecutor(4) as pool:
        looks = pool.map(look, range(200))
        for name in range(3, 15):
            put(store, name, drop=(name - 1,))
        assert all(looks)


class _Encodings:
    """Counts how often an index is made of rows, in place of reading a file."""

    def __init__(self, monkeypatch) -> None:
        self.made, self.loaded = 0, 0
        of, load = FaissIndex.of, FaissIndex.load

        def counted_of(*args):
            self.made += 1
            return of(*args)

        def counted_load(*args):
            index = load(*args)
            self.loaded += index is not None
            return index

        monkeypatch.setattr(FaissIndex, "of", counted_of)
        monkeypatch.setattr(FaissIndex, "load", counted_load)


@pytest.fixture
def kept(store, monkeypatch) -> _Encodings:
    """A store whose index is on disk; counts from then on."""
    put(store, 1, 2, 3)
    Derived(store).keep()
    return _Encodings(monkeypatch)


def test_a_kept_index_is_read_and_not_made_again(store, kept):
    assert nearest(Derived(store), 2) == "2"
    assert (kept.made, kept.loaded) == (0, 1)


def test_an_index_of_an_earlier_generation_is_not_opened(store, kept):
    put(store, 4)
    assert nearest(Derived(store), 4) == "4"
    assert (kept.made, kept.loaded) == (1, 0)


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "missing", "a folder"])
def test_a_damaged_index_is_made_again_from_the_store(store, kept, damage):
    file = store.folder / FILE
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    new = {"flipped": data, "cut": data[:-1], "empty": b""}.get(damage)
    file.unlink()
    if new is not None:
        file.write_bytes(new)
    elif damage == "a folder":
        file.mkdir()
    assert nearest(Derived(store), 2) == "2"
    assert (kept.made, kept.loaded) == (1, 0)


def test_the_index_of_another_store_is_never_given_to_faiss(store, kept, tmp_path, monkeypatch):
    other = Store(tmp_path / "other")
    put(other, 3, 2, 1)  # as many vectors, of the same generation, in another order
    Derived(other).keep()
    shutil.copy(other.folder / FILE, store.folder / FILE)
    real = eventqa.index._faiss()

    def forbidden(_):
        raise AssertionError("a foreign file was opened")

    monkeypatch.setattr(real, "deserialize_index", forbidden)
    for name in (1, 2, 3):
        assert nearest(Derived(store), name) == str(name)


def test_a_damaged_index_is_mended_by_the_next_keep(store, kept):
    (store.folder / FILE).write_bytes(b"damaged")
    Derived(store).keep()
    assert nearest(Derived(store), 2) == "2"
    assert kept.loaded == 1


def test_a_store_put_in_the_place_of_another_has_an_index_of_its_own(store, tmp_path):
    derived = Derived(store)
    put(store, 1, 2, 3)
    assert nearest(derived, 1) == "1"
    shutil.rmtree(store.folder)
    put(store, 7, 8, 9)  # the same ids of vectors, the same generation
    assert nearest(derived, 7) == "7"
    assert nearest(derived, 9) == "9"


def test_an_index_that_cannot_be_written_costs_nothing_but_time(store, caplog):
    put(store, 1)
    (store.folder / f"{FILE}.part").mkdir()
    derived = Derived(store)
    derived.keep()
    assert "the index was not kept" in caplog.text
    assert nearest(derived, 1) == "1"


def test_the_store_notes_generation_and_hash_of_its_index(store, kept):
    with store.read() as view:
        note = json.loads(view.meta("index"))
    assert note["generation"] == 1
    assert eventqa.index.saved_as(store.folder, note["sha256"])
