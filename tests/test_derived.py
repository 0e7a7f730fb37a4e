"""Both indexes are always of the generation that is read, and can be thrown away any time."""

import datetime as dt
import json
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import vector_of
from hypothesis import given, settings
from hypothesis import strategies as st
from states import DAMAGES, broken, until
from states import put as put_releases

import eventqa.index
import eventqa.lexical
from eventqa.derived import Derived, Indexes
from eventqa.index import FaissIndex
from eventqa.lexical import LexicalIndex
from eventqa.store import Store
from eventqa.types import Embedded, Release
from eventqa.view import Encoded

EYE = np.eye(16, dtype=np.float32)
FILES = [eventqa.index.FILE, eventqa.lexical.FILE]


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "embeddings")


def put(store: Store, *names: int, drop: tuple[int, ...] = ()) -> None:
    """Changes the releases: number n has the one passage `n` and the vector EYE[n]."""
    nothing = np.empty((0, 4), np.uint8), np.empty((0, 2), np.int32)
    with store.write() as writer:
        writer.drop_releases([str(name) for name in drop])
        for name in names:
            text = str(name)
            release = Release(text, f"{name}.txt", None, text, ((0, len(text)),))
            writer.put_release(release)
            key = Embedded.of(release.passages[0]).key
            if writer.unencoded("m", [key]):
                writer.put_vectors("m", [(key, Encoded(EYE[name : name + 1], *nothing))])
        writer.finish("m", new_generation=True)


def nearest(derived: Derived, name: int) -> str:
    """The release that has exactly this vector and this word, by either index."""
    with derived.snapshot() as (view, indexes):
        assert indexes is not None
        for each in (indexes, indexes.nearest, indexes.words):
            assert each.ids.tolist() == view.vector_ids().tolist()
        ids, scores = indexes.nearest.search(EYE[name], 1)
        assert scores.tolist() == [1.0]
        assert indexes.words.search(str(name), 5)[0].tolist() == ids.tolist()
        (found,) = view.places(ids, None, None)
        return found.place[0]


def in_index(derived: Derived) -> int:
    with derived.snapshot() as (_, indexes):
        return len(indexes.ids) if indexes else 0


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


def test_a_text_that_is_gone_is_in_neither_index(store):
    derived = Derived(store)
    put(store, 1, 2, 3, 4, 5)
    assert nearest(derived, 2) == "2"
    put(store, drop=(2,))
    with derived.snapshot() as (_, indexes):
        ids, scores = indexes.nearest.search(EYE[2], 100)
        assert (len(ids), scores.tolist()) == (4, [0, 0, 0, 0])
        assert indexes.words.search("2", 100)[0].tolist() == []


def test_what_is_deleted_and_added_again_never_takes_the_ids_of_living_texts(store):
    derived = Derived(store)
    put(store, 1, 2, 3)
    with derived.snapshot() as (_, indexes):
        used = set(indexes.ids.tolist())
    for gone in (2, 3, 2):
        put(store, drop=(gone,))
        put(store, gone)
        with derived.snapshot() as (_, indexes):
            (new,) = set(indexes.ids.tolist()) - used
            assert len(indexes.ids) == 3
        used.add(new)
        for name in (1, 2, 3):
            assert nearest(derived, name) == str(name)


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
    with derived.snapshot() as (old_view, old):
        put(store, 3, drop=(1,))
        assert nearest(derived, 3) == "3"
        assert old.ids.tolist() == old_view.vector_ids().tolist()
        assert old.nearest.search(EYE[1], 1)[1].tolist() == [1.0]
        assert len(old.words.search("1", 1)[0]) == 1
        with derived.snapshot() as (view, _):
            assert view.generation == old_view.generation + 1
        again = derived._of(old_view)
        assert again.ids.tolist() == old_view.vector_ids().tolist()
        assert again.nearest.search(EYE[1], 1)[1].tolist() == [1.0]
    assert nearest(derived, 3) == "3"


def test_many_threads_get_the_index_of_their_own_view(store):
    derived = Derived(store)
    put(store, 1, 2)

    def look(_) -> bool:
        with derived.snapshot() as (view, indexes):
            ids = view.vector_ids().tolist()
            return ids == indexes.nearest.ids.tolist() == indexes.words.ids.tolist()

    with ThreadPoolExecutor(4) as pool:
        looks = pool.map(look, range(200))
        for name in range(3, 15):
            put(store, name, drop=(name - 1,))
        assert all(looks)


class _Encodings:
    """Counts how often the indexes are made from nothing, and how often files are read for it."""

    def __init__(self, monkeypatch) -> None:
        self.made, self.loaded = [], []
        for kind in (FaissIndex, LexicalIndex):
            monkeypatch.setattr(kind, "of", self._counted(kind.of, self.made))
            monkeypatch.setattr(kind, "load", self._counted(kind.load, self.loaded))

    def _counted(self, make, log: list[str]):
        def counted(*args):
            index = make(*args)
            if index is not None:
                log.append(type(index).__name__)
            return index

        return counted


BOTH = ["FaissIndex", "LexicalIndex"]


@pytest.fixture
def kept(store, monkeypatch) -> _Encodings:
    """A store whose indexes are on disk; counts from then on."""
    put(store, 1, 2, 3)
    Derived(store).keep()
    return _Encodings(monkeypatch)


def test_kept_indexes_are_read_and_not_made_again(store, kept):
    assert nearest(Derived(store), 2) == "2"
    assert (kept.made, kept.loaded) == ([], BOTH)


def test_indexes_of_an_earlier_generation_are_brought_up_to_date_by_the_difference(store, kept):
    put(store, 4, drop=(1,))
    put(store, 5)
    derived = Derived(store)
    for name in (2, 3, 4, 5):
        assert nearest(derived, name) == str(name)
    with derived.snapshot() as (_, indexes):
        assert indexes.words.search("1", 5)[0].tolist() == []
        assert indexes.nearest.search(EYE[1], 5)[1].tolist() == [0, 0, 0, 0]
    assert (kept.made, kept.loaded) == ([], BOTH)


def test_indexes_that_share_less_than_half_with_the_store_are_made_again(store, kept):
    put(store, 4, 5, drop=(1, 2))
    derived = Derived(store)
    for name in (3, 4, 5):
        assert nearest(derived, name) == str(name)
    assert kept.made == BOTH


def test_indexes_made_with_another_model_are_not_used(store, kept):
    with store.write() as writer:
        for name in (1, 2, 3):
            text = Embedded("", str(name))
            rows = EYE[name + 5 : name + 6, :8]  # of another length
            nothing = np.empty((0, 2), np.uint8), np.empty((0, 2), np.int32)
            writer.put_vectors("other", [(text.key, Encoded(rows, *nothing))])
        writer.finish("other", new_generation=True)
    with Derived(store).snapshot() as (view, indexes):
        assert indexes.ids.tolist() == view.vector_ids().tolist() == [4, 5, 6]
        assert indexes.nearest.search(EYE[6, :8], 1)[1].tolist() == [1.0]
    assert kept.made == BOTH


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_again_from_the_store(store, kept, name, damage):
    broken(store.folder / name, damage)
    assert nearest(Derived(store), 2) == "2"
    assert kept.made == BOTH


@pytest.mark.parametrize("later", [False, True], ids=["same generation", "earlier generation"])
def test_the_index_of_another_store_is_never_given_to_faiss(
    store, kept, tmp_path, monkeypatch, later
):
    other = Store(tmp_path / "other")
    put(other, 3, 2, 1)  # as many vectors, of the same generation, in another order
    Derived(other).keep()
    for file in FILES:
        shutil.copy(other.folder / file, store.folder / file)
    if later:
        put(store, 4)
    real = eventqa.index._faiss()

    def forbidden(_):
        raise AssertionError("a foreign file was opened")

    monkeypatch.setattr(real, "deserialize_index", forbidden)
    for name in (1, 2, 3):
        assert nearest(Derived(store), name) == str(name)


def test_two_indexes_that_are_not_of_one_generation_are_not_used(store, kept):
    note = _note(store)
    put(store, 4)
    with store.read() as view:
        note["words"] = LexicalIndex.of(view.entries(view.vector_ids())).save(store.folder)
    with store.write() as writer:
        writer.set_meta("index", json.dumps(note))
    kept.made.clear()
    assert nearest(Derived(store), 4) == "4"
    assert kept.made == BOTH


@pytest.mark.parametrize("note", ["", "{", "null", "[1]", '{"generation": 1}', "[" * 9_999])
def test_a_note_about_the_indexes_that_makes_no_sense_is_written_anew(store, kept, note):
    with store.write() as writer:
        writer.set_meta("index", note)
    assert nearest(Derived(store), 2) == "2"
    assert kept.made == BOTH
    Derived(store).keep()
    assert _note(store)["generation"] == 1


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_index_is_mended_by_the_next_keep(store, kept, file):
    (store.folder / file).write_bytes(b"damaged")
    Derived(store).keep()
    kept.made.clear()
    kept.loaded.clear()
    assert nearest(Derived(store), 2) == "2"
    assert (kept.made, kept.loaded) == ([], BOTH)


def test_a_keep_after_a_change_writes_what_the_next_start_reads(store, kept):
    derived = Derived(store)
    put(store, 4, drop=(2,))
    derived.keep()
    assert _note(store)["generation"] == 2
    kept.loaded.clear()
    assert nearest(Derived(store), 4) == "4"
    assert (kept.made, kept.loaded) == ([], BOTH)


def test_a_store_put_in_the_place_of_another_has_an_index_of_its_own(store):
    derived = Derived(store)
    put(store, 1, 2, 3)
    assert nearest(derived, 1) == "1"
    shutil.rmtree(store.folder)
    put(store, 7, 8, 9)  # the same ids of vectors, the same generation
    assert nearest(derived, 7) == "7"
    assert nearest(derived, 9) == "9"


def test_a_large_index_is_sketched_in_the_background_and_follows_changes(store, monkeypatch):
    monkeypatch.setattr(eventqa.index, "SKETCHED", 3)
    begun, gate = threading.Event(), threading.Event()
    sketched = FaissIndex.sketched

    def slowly(self, stopped):
        begun.set()
        assert gate.wait(10)
        return sketched(self, stopped)

    monkeypatch.setattr(FaissIndex, "sketched", slowly)
    derived = Derived(store)
    put(store, 1, 2, 3, 4)

    def is_sketched() -> bool:
        with derived.snapshot() as (_, indexes):
            return indexes.nearest.is_sketched

    assert not is_sketched()  # questions do not wait for it
    assert begun.wait(10)
    put(store, 6, drop=(2,))  # while it is made of what was there before
    assert not is_sketched()
    gate.set()
    until(is_sketched)
    assert nearest(derived, 6) == "6"
    put(store, 7, drop=(1,))
    assert is_sketched()
    assert nearest(derived, 7) == "7"
    assert nearest(derived, 6) == "6"
    with derived.snapshot() as (view, indexes):
        assert indexes.nearest.ids.tolist() == view.vector_ids().tolist()
    derived.close()


def test_what_is_closed_makes_no_sketch_and_still_answers(store, monkeypatch):
    monkeypatch.setattr(eventqa.index, "SKETCHED", 1)
    derived = Derived(store)
    derived.close()
    put(store, 1, 2)
    with derived.snapshot() as (_, indexes):
        assert not indexes.nearest.is_sketched
    assert not any(one.name == "eventqa-sketch" for one in threading.enumerate())


@pytest.mark.parametrize("file", FILES)
def test_an_index_that_cannot_be_written_costs_nothing_but_time(store, caplog, file):
    put(store, 1)
    (store.folder / f"{file}.part").mkdir()
    derived = Derived(store)
    derived.keep()
    assert "the index was not kept" in caplog.text
    assert nearest(derived, 1) == "1"
    assert nearest(Derived(store), 1) == "1"


def test_the_store_notes_generation_and_hashes_of_its_indexes(store, kept):
    note = _note(store)
    assert note["generation"] == 1
    assert eventqa.index.saved_as(store.folder, note["nearest"])
    assert eventqa.lexical.saved_as(store.folder, note["words"])


def _note(store: Store) -> dict:
    with store.read() as view:
        return json.loads(view.meta("index"))


# Any history of edits.

TITLES = ["Summit on water", "Summit on water. Vienna", "s " * 100 + "era", "s " * 100 + "sand"]
PARAGRAPHS = ["an era of water", "—", "The World Food Programme (WFP)"]


@st.composite
def releases(draw) -> Release:
    words = draw(st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=2))
    starts = np.cumsum([0, *(len(one) + 2 for one in words)]).tolist()
    return Release(
        id=draw(st.sampled_from("abc")),
        path="f",
        line=None,
        text="\n\n".join(words),
        paragraphs=tuple(
            (start, start + len(one)) for start, one in zip(starts, words, strict=False)
        ),
        title=draw(st.sampled_from(TITLES)),
        place=draw(st.sampled_from([None, "Vienna"])),
        date=draw(st.sampled_from([None, dt.date(2018, 5, 5)])),
    )


edits = st.lists(
    st.one_of(
        releases(),
        st.sampled_from("abc"),  # drop
        st.sampled_from(["ask", "keep", "reopen"]),
    ),
    min_size=1,
    max_size=12,
)


def searched(indexes: Indexes | None) -> object:
    """Everything the indexes find for some questions, equal only for equal indexes."""
    if indexes is None:
        return None
    everything = 1000
    near = [
        sorted(
            zip(*map(np.ndarray.tolist, indexes.nearest.search(vector, everything)), strict=True)
        )
        for vector in (vector_of("an era of water"), vector_of("abc"))
    ]
    words = [
        [each.tolist() for each in indexes.words.search(query, everything)]
        for query in ("water era", "summit sand", "Vienna WFP programme", "—", "s")
    ]
    return indexes.ids.tolist(), indexes.nearest.size, near, words, indexes.acronyms.longs


@settings(max_examples=100, deadline=None)
@given(edits)
def test_after_any_history_of_edits_both_indexes_are_those_of_a_rebuild(edits):
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        derived = Derived(store)
        for edit in edits:
            if edit == "ask":
                with derived.snapshot():
                    pass
            elif edit == "keep":
                derived.keep()
            elif edit == "reopen":
                derived = Derived(store)
            elif isinstance(edit, str):
                put_releases(store, drop=(edit,))
            else:
                put_releases(store, edit)
        with derived.snapshot() as (view, indexes):
            ids = view.vector_ids()
            assert searched(indexes) == searched(Indexes.of(view, ids) if len(ids) else None)
