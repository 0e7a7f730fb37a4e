"""The truth: what is kept, in one transaction or not at all, and what is refused."""

import datetime as dt
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from eventqa.archive import Archive
from eventqa.corpus import FileState
from eventqa.lock import building
from eventqa.schema import FORMAT
from eventqa.store import FILE, Store
from eventqa.types import Embedded, EventQAError, Period, Problem, Release
from eventqa.view import Encoded, content_of

MAY_3 = dt.date(2018, 5, 3)
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


def key_of(passage) -> str:
    return Embedded.of(passage).key


def kept(*rows: tuple[float, ...]) -> Encoded:
    """A text with these rows and as many word pieces: piece n has code n and span n, n + 1."""
    count = len(rows)
    spans = np.array([(n, n + 1) for n in range(count)], np.int32)
    return Encoded(np.array(rows, np.float32), np.arange(count, dtype=np.uint8)[:, None], spans)


def fill(store: Store, *releases: Release, model: str = "m") -> None:
    with store.write() as writer:
        for at, release in enumerate(releases):
            writer.put_release(release)
            writer.put_vectors(model, [(key_of(p), kept((at, p.number))) for p in release.passages])
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
        {"title": "A  title"},
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
        owners, rows = view.vectors(ids[::-1])
        assert (owners.tolist(), rows.tolist()) == (ids[::-1].tolist(), [[0, 2], [0, 1]])
        owners, rows = view.vectors(ids[:0])
        assert (len(owners), rows.shape) == (0, (0, 0))


def test_a_text_of_several_windows_has_one_id_and_as_many_vectors(store):
    first, second = RELEASE.passages
    with store.write() as writer:
        writer.put_release(RELEASE)
        writer.put_vectors(
            "m", [(key_of(first), kept((1, 2), (3, 4))), (key_of(second), kept((5, 6)))]
        )
        writer.finish("m", new_generation=True)
    with store.read() as view:
        one, two = view.vector_ids().tolist()
        owners, rows = view.vectors(np.array([two, one]))
    assert owners.tolist() == [two, one, one]
    assert rows.tolist() == [[5, 6], [1, 2], [3, 4]]


def test_what_is_kept_of_a_text_comes_back_as_it_was_put(store):
    first, second = RELEASE.passages
    put = kept((0.5, -0.25), (1, 0))
    nothing = Encoded(
        np.array([[1, 2]], np.float32), np.empty((0, 1), np.uint8), np.empty((0, 2), np.int32)
    )
    with store.write() as writer:
        writer.put_release(RELEASE)
        writer.put_vectors("m", [(key_of(first), put), (key_of(second), nothing)])
        writer.finish("m", new_generation=True)
    with store.read() as view:
        ids = view.vector_ids()
        one, two = (view.encoded(ids)[id] for id in ids.tolist())
    assert one.rows.tolist() == [[0.5, -0.25], [1, 0]]
    assert (one.codes.tolist(), one.spans.tolist()) == ([[0], [1]], [[0, 1], [1, 2]])
    assert (one.codes.dtype, one.spans.dtype) == (np.uint8, np.int32)
    assert two.rows.tolist() == [[1, 2]]
    assert (len(two.codes), len(two.spans)) == (0, 0)


def test_vectors_of_another_model_are_no_part_of_the_view(store):
    fill(store, RELEASE)
    with store.write() as writer:
        writer.put_vectors("other", [(key_of(p), kept((9, 9))) for p in RELEASE.passages])
    with store.read() as view:
        assert view.vectors(view.vector_ids())[1].tolist() == [[0, 1], [0, 2]]
        assert view.unencoded("other", [key_of(p) for p in RELEASE.passages]) == set()
        assert view.unencoded("third", ["w"]) == {"w"}
        texts = {key_of(p): Embedded.of(p) for p in RELEASE.passages}
        assert view.unsearchable("other", []) == {}
        assert view.unsearchable("third", []) == texts
        assert view.unsearchable("third", ["one"]) == {}


def test_vectors_of_texts_that_are_gone_are_dropped_under_every_model(store):
    fill(store, RELEASE)
    with store.write() as writer:
        writer.put_vectors("other", [(key_of(RELEASE.passages[0]), kept((9, 9)))])
        writer.drop_releases(["one"])
        writer.finish("m", new_generation=True)
    assert _count(store, "vector") == 0


def test_a_text_in_two_releases_has_one_vector_and_two_places(store):
    twin = replace(RELEASE, id="two", path="two.txt")
    with store.write() as writer:
        writer.put_release(RELEASE)
        writer.put_release(twin)
        writer.put_vectors("m", [(key_of(p), kept((1, 0))) for p in RELEASE.passages])
        writer.finish("m", new_generation=True)
    with store.read() as view:
        first = view.vector_ids()[:1]
        places = sorted(view.places(first, None, None))
        (entry,) = view.entries(first)
    id, day = int(first[0]), dt.date(2018, 5, 5)
    assert [place[:5] for place in places] == [
        (id, ("one", 1), day, "A title", "one"),
        (id, ("two", 1), day, "A title", "two"),
    ]
    assert entry == (id, "A title", RELEASE.passages[0].text)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"title": "A" * 200 + " title that goes on"},
        {"title": "A title. Dushanbe", "place": None},
        {"place": "Vienna"},
        {"date": dt.date(2018, 5, 6)},
        {"date": None},
    ],
)
def test_equal_words_of_releases_that_are_searched_otherwise_have_vectors_of_their_own(
    store, change
):
    release = replace(RELEASE, title="A" * 200 if "goes on" in str(change) else RELEASE.title)
    fill(store, release, replace(release, id="two", **change))
    with store.read() as view:
        assert len(view.vector_ids()) == 4
        assert sorted(title for _, title, _ in view.entries(view.vector_ids())) == sorted(
            [release.title, change.get("title", release.title)] * 2
        )


def test_the_newest_release_is_that_of_the_last_day_that_is_not_later(store):
    days = [dt.date(2018, 5, day) for day in (4, 7)]
    fill(store, *(replace(RELEASE, id=str(day), date=day) for day in [*days, None]))
    with store.read() as view:
        until = [dt.date(2018, 5, day) for day in (3, 4, 6, 7, 8)]
        assert [view.newest(day) for day in until] == [None, days[0], days[0], days[1], days[1]]


def test_the_times_that_passages_name_come_in_the_order_asked_for_without_the_words(store):
    fill(store, RELEASE, replace(RELEASE, id="7", date=None))
    may, open_end = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), ""), Period(None, MAY_3, "")
    with store.write() as writer:
        assert writer.untimed() == ["7", "one"]
        writer.put_spoken("one", [[may, open_end], []])
        assert writer.untimed() == ["7"]
        assert writer.spoken([("7", 2), ("one", 2), ("one", 1)]) == [(), (), (may, open_end)]
        writer.forget_spoken()
        assert writer.untimed() == ["7", "one"]


def test_short_forms_are_known_as_long_as_a_release_explains_them(store):
    text = "The World Food Programme (WFP) met."
    explains = replace(RELEASE, id="two", text=text, paragraphs=((0, 35),), dateline_span=None)
    fill(store, RELEASE, explains, replace(explains, id="three"))
    with store.read() as view:
        assert view.definitions() == [("WFP", "World Food Programme")] * 2
    with store.write() as writer:
        writer.drop_releases(["two"])
        writer.finish("m", new_generation=True)
    with store.read() as view:
        assert view.definitions() == [("WFP", "World Food Programme")]


def test_a_period_includes_both_its_ends_and_leaves_undated_releases_out(store):
    days = [dt.date(2018, 5, day) for day in (4, 5, 6, 7)]
    releases = [
        replace(RELEASE, id=str(day), date=day, text=f"{day} {TEXT}", paragraphs=((0, 12),))
        for day in [*days, None]
    ]
    fill(store, *releases)
    with store.read() as view:
        ids = view.vector_ids_between(days[1], days[2])
        places = view.places(view.vector_ids(), days[1], days[2])
        assert sorted(one.place[0] for one in places) == ["2018-05-05", "2018-05-06"]
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


def _take_back_6(connection, missing) -> list[tuple[str, str]]:
    """Takes back what format 6 has brought but the columns, which are named."""
    connection.execute("DROP INDEX release_listed")
    if "release_listed" not in missing:
        connection.execute("CREATE INDEX release_listed ON release (date, title, path, id)")
    connection.execute("DROP INDEX release_facts")
    if "release_facts" not in missing:
        connection.execute("CREATE INDEX release_facts ON release (id, date, title)")
    connection.execute("DROP TABLE band")
    for index in ("release_family", "release_url", "release_supersedes"):
        connection.execute(f"DROP INDEX {index}")
    columns = [("release", one) for one in ("supersedes", "fetched_at", "family", "superseded")]
    return [*columns, ("passage", "said"), ("passage", "notice")]


@pytest.mark.parametrize(
    ("before", "missing"),
    [(2, ["release_facts", "release_listed"]), (3, ["release_listed"]), (4, []), (5, []), (6, [])],
)
def test_a_store_of_a_format_before_is_brought_up_to_date_and_keeps_everything(
    store, before, missing
):
    fill(store, RELEASE)
    there = _releases(store)
    with sqlite3.connect(store.path) as connection:
        columns = [("vector", "checked"), ("passage", "repeated"), ("passage", "spoken")]
        for index in ("passage_said", "passage_untimed"):
            connection.execute(f"DROP INDEX {index}")
        if before < 6:
            columns += _take_back_6(connection, missing)
        if before < 5:
            columns += [("release", "member"), ("release", "pages"), ("problem", "member")]
        for table, column in columns:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute(f"PRAGMA user_version = {before}")
    connection.close()
    assert _releases(store) == there
    assert Archive(store).listed().rows[0].title == RELEASE.title
    with store.read() as view:
        places = view.places(view.vector_ids(), None, None)
        assert {(one.place[0], one.title) for one in places} == {(RELEASE.id, RELEASE.title)}
        # Whose family it is of is found out by the next build. (`fill` does not find it out.)
        assert view.unsettled() == [RELEASE.id]
        # Damage that comes later is found, and costs no other vector.
        assert view.query("SELECT count(*) FROM vector WHERE checked IS NULL") == [(0,)]
        assert view.has_whole_vectors()


def test_a_store_from_before_words_were_counted_knows_at_once_how_often_they_stand(store):
    fill(store, *(replace(RELEASE, id=id, url=None) for id in ("a", "b", "c", "d")))
    with store.write() as writer:
        for id in ("a", "b", "c", "d"):
            writer.put_standing(id, id, ())
            writer.put_said(id, [(1, 7, False), (2, 8 if id == "a" else 9, False)])
    with sqlite3.connect(store.path) as connection:
        connection.execute("DROP INDEX passage_said")
        connection.execute("DROP INDEX passage_untimed")
        connection.execute("ALTER TABLE vector DROP COLUMN checked")
        connection.execute("ALTER TABLE passage DROP COLUMN repeated")
        connection.execute("ALTER TABLE passage DROP COLUMN spoken")
        connection.execute("PRAGMA user_version = 6")
    connection.close()
    with store.read() as view:
        repeated = {one.place: one.repeated for one in view.places(view.vector_ids(), None, None)}
    assert repeated == {(id, 1): 3 for id in "abcd"} | {(id, 2): 3 for id in "bcd"} | {("a", 2): 1}


@pytest.mark.parametrize("other", [1, FORMAT + 1], ids=["older", "newer"])
def test_a_store_of_another_format_is_refused_and_left_alone(store, other):
    fill(store, RELEASE)
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"PRAGMA user_version = {other}")
    connection.close()
    before = store.path.read_bytes()
    with pytest.raises(EventQAError, match=f"format {other}, this eventqa reads {FORMAT}"):
        _releases(store)
    assert store.path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_with_its_name_and_a_way_out(store):
    store.folder.mkdir()
    store.path.write_bytes(b"these are somebody's words, not a database " * 50)
    with pytest.raises(EventQAError, match=f"{FILE}.*not a database.*Remove that file"):
        _releases(store)
    assert store.path.read_bytes().startswith(b"these are")


def test_damage_is_told_where_it_is_met_and_mended_by_the_next_who_opens_it(store, caplog):
    fill(store, RELEASE)
    data = bytearray(store.path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    store.path.write_bytes(data)
    with pytest.raises(EventQAError, match=f"{FILE}.*malformed.*is damaged.*build again"):
        _releases(store)
    assert _releases(store) == []
    assert f"{store.path} was damaged. 0 of its texts" in caplog.text


@pytest.fixture
def large(store) -> Store:
    """A sealed store of so many vectors that each damage leaves some of them whole."""
    with store.write() as writer:
        writer.put_vectors("m", ((str(n), kept((n,) * 300)) for n in range(2_000)))
    store.seal()
    return store


def vectors(store: Store) -> dict[str, int]:
    with Store(store.folder).read() as view:
        rows = view.query("SELECT embedded, rows FROM vector")
    return {key: int(np.frombuffer(blob, "<f4")[7]) for key, blob in rows}


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_of_a_damaged_store_all_vectors_but_those_in_the_damage_are_kept(large, caplog, place):
    assert len(vectors(large)) == 2_000
    size = large.path.stat().st_size
    _scratch(large, int(size * place), b"\xff" * 10_000)
    left = vectors(large)
    assert all(int(key) == value for key, value in left.items())
    assert 1_980 <= len(left) < 2_000
    assert f"{len(left):,} of its texts need not be encoded again" in caplog.text
    with large.read() as view:
        assert view.has_whole_vectors()
        assert view.generation == 0
    assert not (large.folder / "mending").exists()


def test_a_single_bit_of_a_vector_is_enough_to_be_found_out(large):
    with large.read() as view:
        ((blob,),) = view.query("SELECT rows FROM vector WHERE embedded = '1234'")
    at = large.path.read_bytes().index(blob[:400])
    _scratch(large, at, bytes([blob[0] ^ 1]))
    left = vectors(large)
    assert len(left) == 1_999
    assert "1234" not in left


def test_of_a_store_cut_short_what_was_before_the_cut_is_kept(large):
    with open(large.path, "r+b") as file:
        file.truncate(large.path.stat().st_size // 2)
    left = vectors(large)
    assert all(int(key) == value for key, value in left.items())


def test_damage_of_the_seal_is_no_damage_of_the_store(large, caplog):
    note = large.path.with_suffix(".sha256")
    data = bytearray(note.read_bytes())
    data[10] = ord("0") if data[10] != ord("0") else ord("1")
    note.write_bytes(data)
    assert len(vectors(large)) == 2_000
    assert note.read_bytes() != bytes(data)  # it was looked through, and sealed anew
    assert caplog.text == ""


def test_whoever_writes_breaks_the_seal_first(large):
    with large.write() as writer:
        writer.set_meta("corpus", "elsewhere")
        assert not large.path.with_suffix(".sha256").exists()
    assert len(vectors(large)) == 2_000


def test_a_store_that_nobody_sealed_is_looked_through(store, caplog):
    fill(store, RELEASE)
    data = store.path.read_bytes()
    at = data.index("‘𝔘nicode’".encode())
    assert data.count("‘𝔘nicode’".encode()) == 1
    _scratch(store, at, b"'")
    assert _releases(Store(store.folder)) == []
    assert "was damaged. 2 of its texts need not be encoded again" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE release SET text = replace(text, 'second', 'third_')",
        "UPDATE release SET date = '2018-05-04'",
        "UPDATE release SET body = 'Another Ministry'",
        "UPDATE release SET title_span = '[0'",
        "UPDATE release SET title_span = '[0]'",
        """UPDATE release SET title_span = '{"a": 1, "b": 2}'""",
        "UPDATE release SET text = CAST(text AS BLOB)",
        "UPDATE release SET body = CAST('Ministry' AS BLOB)",
        "UPDATE release SET url = CAST('a' AS BLOB)",
        "UPDATE release SET fetched_at = 'Friday'",
        "UPDATE release SET date = 'May'",
        "UPDATE passage SET end = end - 1 WHERE number = 1",
        "UPDATE passage SET end = 100000 WHERE number = 2",
        "UPDATE passage SET start = 'x' WHERE number = 2",
    ],
)
def test_no_words_or_facts_are_shown_that_are_not_those_that_were_read(store, damage):
    fill(store, RELEASE)
    with sqlite3.connect(store.path) as connection:
        connection.execute(damage)
    connection.close()
    with (
        pytest.raises(EventQAError, match=f"{FILE}.*other words or facts of 'one'.*build again"),
        store.read() as view,
    ):
        view.release("one")
    assert _releases(store) == []


def test_a_damaged_store_in_a_folder_that_another_process_writes_to_is_told(large, monkeypatch):
    monkeypatch.setattr("eventqa.store._BUSY_SECONDS", 0.1)
    _scratch(large, large.path.stat().st_size // 2, b"\xff" * 100)
    with (
        building(large.folder, patience=0),
        pytest.raises(EventQAError, match=f"{FILE}.*is damaged and cannot be mended now: process"),
    ):
        vectors(large)
    assert 1_980 <= len(vectors(large)) < 2_000


def _scratch(store: Store, at: int, data: bytes) -> None:
    with open(store.path, "r+b") as file:
        file.seek(at)
        file.write(data)


def test_a_full_disk_is_not_taken_for_a_damaged_store(store):
    fill(store, RELEASE)
    with (
        pytest.raises(EventQAError, match="full.*Make room on the disk"),
        store.write() as writer,
    ):
        # SQLite rolls back by itself here, as it does on a disk that is really full.
        pages = writer._db.execute("PRAGMA page_count").fetchone()[0]
        writer._db.execute(f"PRAGMA max_page_count = {pages}")
        writer.put_vectors("m", [(str(n), kept((1.0,) * 2000)) for n in range(50)])
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


def test_a_day_that_has_not_come_yet_does_not_make_the_rest_look_old(store):
    today = dt.date.today()
    for id, day in (("a", today), ("b", today + dt.timedelta(400))):
        fill(store, replace(RELEASE, id=id, date=day))
    with store.read() as view:
        assert view.freshness().newest == today
