"""The truth: what is kept, in one transaction or not at all, and what is refused."""

import datetime as dt
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from eventqa.corpus import FileState
from eventqa.store import FILE, FORMAT, Store, content_of
from eventqa.types import EventQAError, Problem, Release, digest

TEXT = "A title\n\nDushanbe, 5 May — ‘𝔘nicode’ words.\n\nThe second\nparagraph."
RELEASE = Release(
    id="one",
    path="one.txt",
    line=7,
    text=TEXT,
    paragraphs=((9, 43), (45, 66)),
    title="A title",
    title_span=(0, 7),
    dateline_span=(9, 25),
    place="Dushanbe",
    date=dt.date(2018, 5, 5),
    body="Office",
    url="https://example.org/1",
    language="en",
)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "embeddings")


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def fill(store: Store, *releases: Release, model: str = "m") -> None:
    with store.write() as writer:
        for at, release in enumerate(releases):
            writer.put_release(release)
            writer.put_vectors(
                model, [(digest(p.text), row(at, p.number)) for p in release.passages]
            )
        writer.finish(model, new_generation=True)


def test_a_release_comes_back_as_it_was_put(store):
    fill(store, RELEASE)
    with store.read() as view:
        assert view.release("one") == RELEASE
        assert view.release("two") is None


@pytest.mark.parametrize(
    "change",
    [
        {"text": TEXT + " "},
        {"paragraphs": ((9, 43), (45, 65))},
        {"title": "Another"},
        {"title_span": None},
        {"dateline_span": None},
        {"place": None},
        {"date": dt.date(2018, 5, 6)},
        {"body": "Ministry"},
        {"url": None},
        {"language": "fr"},
    ],
)
def test_whatever_differs_about_a_release_gives_it_another_content(change):
    assert content_of(replace(RELEASE, **change)) != content_of(RELEASE)


def test_where_a_release_stands_is_not_its_content():
    elsewhere = replace(RELEASE, id="two", path="two.txt", line=None)
    assert content_of(elsewhere) == content_of(RELEASE)


def test_a_transaction_that_fails_keeps_nothing(store):
    fill(store, RELEASE)
    with pytest.raises(ValueError, match="broken"), store.write() as writer:
        writer.drop_releases(["one"])
        writer.finish("m", new_generation=True)
        raise ValueError("broken")
    with store.read() as view:
        assert view.release("one") == RELEASE
        assert view.generation == 1


def test_an_open_view_sees_nothing_of_a_later_change(store):
    fill(store, RELEASE)
    with store.read() as before:
        with store.write() as writer:
            writer.drop_releases(["one"])
            writer.finish("m", new_generation=True)
        assert before.generation == 1
        assert before.release("one") == RELEASE
        assert len(before.vector_ids()) == 2
        with store.read() as after:
            assert after.generation == 2
            assert after.release("one") is None


def test_readers_are_not_blocked_by_a_writer(store):
    fill(store, RELEASE)
    with store.write() as writer:
        writer.drop_releases(["one"])
        with ThreadPoolExecutor(1) as pool, store.read():
            assert pool.submit(lambda: _releases(store)).result(5) == ["one"]


def _releases(store: Store) -> list[str]:
    with store.read() as view:
        return [one.id for one in view.releases()]


def test_many_may_open_a_new_store_at_once(tmp_path):
    start = threading.Barrier(10)

    def open_it(folder) -> object:
        start.wait()
        with Store(folder).read() as view:
            return view.state

    with ThreadPoolExecutor(10) as pool:
        for at in range(40):  # about one in 60 failed when SQLite was left to wait by itself
            folder = tmp_path / str(at)
            assert len(set(pool.map(open_it, [folder] * 10))) == 1


def test_a_new_store_waits_for_another_that_is_being_made(store):
    store.folder.mkdir()
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        # Meanwhile SQLite refuses to change the kind of journal, and does not wait by itself.
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            opened = pool.submit(_releases, store)
            with pytest.raises(TimeoutError):
                opened.result(0.2)
            other.execute("ROLLBACK")
            assert opened.result(10) == []


def test_vector_ids_are_never_used_twice(store):
    fill(store, RELEASE)
    with store.read() as view:
        first = set(view.vector_ids().tolist())
    with store.write() as writer:
        writer.drop_releases(["one"])
        writer.finish("m", new_generation=True)
    fill(store, RELEASE)
    with store.read() as view:
        again = set(view.vector_ids().tolist())
    assert len(first) == len(again) == 2
    assert not first & again


def test_vectors_come_in_the_order_they_are_asked_for(store):
    fill(store, RELEASE)
    with store.read() as view:
        ids = view.vector_ids()
        assert view.vectors(ids[::-1]).tolist() == [[0, 2], [0, 1]]
        assert view.vectors(ids[:0]).size == 0


def test_vectors_of_another_model_are_no_part_of_the_view(store):
    fill(store, RELEASE)
    with store.write() as writer:
        writer.put_vectors("other", [(digest(p.text), row(9, 9)) for p in RELEASE.passages])
    with store.read() as view:
        assert view.vectors(view.vector_ids()).tolist() == [[0, 1], [0, 2]]
        assert view.unencoded("other", [digest(p.text) for p in RELEASE.passages]) == set()
        assert view.unencoded("third", ["w"]) == {"w"}


def test_vectors_of_texts_that_are_gone_are_dropped_under_every_model(store):
    fill(store, RELEASE)
    with store.write() as writer:
        writer.put_vectors("other", [(digest(RELEASE.passages[0].text), row(9, 9))])
        writer.drop_releases(["one"])
        writer.finish("m", new_generation=True)
    assert _count(store, "vector") == 0


def test_a_text_in_two_releases_has_one_vector_and_two_places(store):
    twin = replace(RELEASE, id="two", path="two.txt")
    with store.write() as writer:
        writer.put_release(RELEASE)
        writer.put_release(twin)
        writer.put_vectors("m", [(digest(p.text), row(1, 0)) for p in RELEASE.passages])
        writer.finish("m", new_generation=True)
    with store.read() as view:
        first = view.vector_ids()[:1]
        places = sorted(view.places(first, None, None))
    assert places == [(int(first[0]), "one", 1), (int(first[0]), "two", 1)]


def test_a_period_includes_both_its_ends_and_leaves_undated_releases_out(store):
    days = [dt.date(2018, 5, day) for day in (4, 5, 6, 7)]
    releases = [
        replace(RELEASE, id=str(day), date=day, text=f"{day} {TEXT}", paragraphs=((0, 12),))
        for day in [*days, None]
    ]
    fill(store, *releases)
    with store.read() as view:
        ids = view.vector_ids_between(days[1], days[2])
        assert sorted(place[1] for place in view.places(view.vector_ids(), days[1], days[2])) == [
            "2018-05-05",
            "2018-05-06",
        ]
        assert len(ids) == 2
        assert len(view.vector_ids_between(None, days[0])) == 1


def test_files_are_kept_as_they_were_put(store):
    files = {
        "a.txt": FileState((1, 2, 3, 2**62), "aa", True),
        "b/ü.txt": FileState((0, -5, 3, 4), "", False),
    }
    with store.write() as writer:
        writer.put_files({"gone.txt": files["a.txt"], "a.txt": files["b/ü.txt"]})
    with store.write() as writer:
        writer.put_files(files)
    with store.read() as view:
        assert view.files() == files


def test_problems_of_files_that_were_not_read_again_are_kept(store):
    old, new = Problem("a.txt", 1, "old", True), Problem("b.txt", None, "new", False)
    with store.write() as writer:
        writer.put_problems("read", [old, Problem("b.txt", 2, "mended", True)])
        writer.put_problems("found", [Problem("a.txt", 3, "mended", True)])
    with store.write() as writer:
        writer.keep_problems("read", ["a.txt"])
        writer.put_problems("read", [new])
    with store.read() as view:
        assert view.problems() == (old, new)


def test_every_change_gives_the_store_another_state(store):
    states = set()
    for new_generation in (True, False, True):
        with store.write() as writer:
            writer.finish("m", new_generation=new_generation)
        with store.read() as view:
            states.add(view.state)
    with Store(store.folder.with_name("other")).read() as view:
        states.add(view.state)
    assert len(states) == 4


def test_a_store_of_a_newer_format_is_refused_and_left_alone(store):
    fill(store, RELEASE)
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    connection.close()
    before = store.path.read_bytes()
    with pytest.raises(EventQAError, match=f"format {FORMAT + 1}, this eventqa reads {FORMAT}"):
        _releases(store)
    assert store.path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_with_its_name_and_a_way_out(store):
    store.folder.mkdir()
    store.path.write_bytes(b"these are somebody's words, not a database " * 50)
    with pytest.raises(EventQAError, match=f"{FILE}.*not a database.*Remove that file"):
        _releases(store)
    assert store.path.read_bytes().startswith(b"these are")


def test_a_damaged_database_is_an_error_that_names_it(store):
    fill(store, RELEASE)
    data = bytearray(store.path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    store.path.write_bytes(data)
    with pytest.raises(EventQAError, match=f"{FILE}.*malformed.*Remove that file"):
        _releases(store)


def test_a_full_disk_is_not_taken_for_a_damaged_store(store):
    fill(store, RELEASE)
    with (
        pytest.raises(EventQAError, match="full.*Make room on the disk"),
        store.write() as writer,
    ):
        # SQLite rolls back by itself here, as it does on a disk that is really full.
        pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
        writer._db.execute(f"PRAGMA max_page_count = {pages}")
        writer.put_vectors("m", [(str(n), np.ones((1, 2000), np.float32)) for n in range(50)])
    with store.read() as view:
        assert view.release("one") == RELEASE


def test_an_error_inside_a_transaction_is_not_taken_for_one_of_the_store(store):
    with pytest.raises(FileNotFoundError), store.read():
        (store.folder / "no such file").read_bytes()


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EventQAError, match="file.*cannot be made.*--embeddings"):
        _releases(Store(tmp_path / "file"))


def _count(store: Store, table: str) -> int:
    with store.read() as view:
        return view._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
