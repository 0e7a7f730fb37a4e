"""The list of releases: what is in it, in which order, and how it is counted by time."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventqa.archive import Archive, Bar, Filter, Order, _days, _names
from eventqa.store import Store
from eventqa.types import Release, written_date


def release(id, title="A title", date=None, place=None, body=None, paragraphs=1):
    text = "\n\n".join(f"Paragraph {n}." for n in range(paragraphs))
    spans, at = [], 0
    for part in text.split("\n\n"):
        spans.append((at, at + len(part)))
        at += len(part) + 2
    return Release(id, f"{id}.txt", None, text, tuple(spans), title, None, None, place, date, body)


TALKS = release("talks", "Talks in Dushanbe", dt.date(2018, 5, 5), "Dushanbe", "UN OCT", 3)
VOTE = release("vote", "Café vote", dt.date(2018, 7, 1), "Geneva", "Council", 2)
OTHER = release("other", "apples", dt.date(2018, 5, 20), "Dushanbe", "Council")
NOTE = release("note", "Undated note")


@pytest.fixture
def archive(tmp_path):
    return filled(tmp_path, TALKS, VOTE, OTHER, NOTE)


def filled(folder, *releases):
    store = Store(folder / "embeddings")
    with store.write() as writer:
        for one in releases:
            writer.put_release(one)
        writer.finish("a model", new_generation=True)
    return Archive(store)


def ids(listing):
    return [row.id for row in listing.rows]


def test_releases_are_listed_newest_first_and_undated_ones_last(archive):
    listing = archive.listed()
    assert ids(listing) == ["vote", "other", "talks", "note"]
    assert (listing.total, listing.undated, listing.start) == (4, 1, 0)


def test_only_those_without_a_date_can_be_listed(archive):
    listing = archive.listed(Filter(undated=True))
    assert (ids(listing), listing.total, listing.undated) == (["note"], 1, 1)


def test_a_row_has_the_facts_of_its_release_and_how_many_passages_it_has(archive):
    row = archive.listed(Filter(words="talks")).rows[0]
    assert (row.title, row.place, row.body) == ("Talks in Dushanbe", "Dushanbe", "UN OCT")
    assert (row.date, row.path, row.passages) == (dt.date(2018, 5, 5), "talks.txt", 3)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.NEWEST, ["vote", "other", "talks", "note"]),
        (Order.OLDEST, ["talks", "other", "vote", "note"]),
        (Order.TITLE, ["other", "vote", "talks", "note"]),
        (Order.PLACE, ["other", "talks", "vote", "note"]),
        (Order.BODY, ["vote", "other", "talks", "note"]),
    ],
)
def test_every_order_puts_what_has_no_such_fact_last(archive, order, expected):
    assert ids(archive.listed(Filter(order=order))) == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(words="CAFE"), ["vote"]),
        (Filter(words="dushanbe talks"), ["talks"]),
        (Filter(words="dushanbe"), ["other", "talks"]),
        (Filter(words="note.txt"), ["note"]),
        (Filter(words="  "), ["vote", "other", "talks", "note"]),
        (Filter(words="%"), []),
        (Filter(words="' OR 1=1 --"), []),
        (Filter(since=dt.date(2018, 5, 20)), ["vote", "other"]),
        (Filter(until=dt.date(2018, 5, 20)), ["other", "talks"]),
        (Filter(since=dt.date(2018, 5, 5), until=dt.date(2018, 5, 5)), ["talks"]),
        (Filter(place="Dushanbe"), ["other", "talks"]),
        (Filter(place="dushanbe"), []),
        (Filter(body="Council", place="Dushanbe"), ["other"]),
        (Filter(body="Council", words="vote", since=dt.date(2018, 6, 1)), ["vote"]),
    ],
)
def test_a_filter_lets_through_what_all_of_it_applies_to(archive, chosen, expected):
    listing = archive.listed(chosen)
    assert ids(listing) == expected and listing.total == len(expected)


def test_pages_follow_each_other_and_one_beyond_the_last_is_the_last(archive):
    pages = [archive.listed(start=at, count=3) for at in (0, 3, 300, -5)]
    assert [ids(page) for page in pages] == [
        ["vote", "other", "talks"], ["note"], ["note"], ["vote", "other", "talks"],
    ]  # fmt: skip
    assert [page.start for page in pages] == [0, 3, 3, 0]
    assert archive.listed(Filter(words="nowhere"), start=50).start == 0


def test_the_bars_count_the_releases_of_each_month_the_empty_ones_too(tmp_path):
    far = release("far", date=dt.date(2018, 9, 9))
    assert filled(tmp_path, TALKS, VOTE, OTHER, NOTE, far).listed().bars == (
        Bar(dt.date(2018, 5, 1), dt.date(2018, 5, 31), 2),
        Bar(dt.date(2018, 6, 1), dt.date(2018, 6, 30), 0),
        Bar(dt.date(2018, 7, 1), dt.date(2018, 7, 31), 1),
        Bar(dt.date(2018, 8, 1), dt.date(2018, 8, 31), 0),
        Bar(dt.date(2018, 9, 1), dt.date(2018, 9, 30), 1),
    )


def test_choosing_a_month_gives_bars_for_its_days(archive):
    bars = archive.listed(Filter(since=dt.date(2018, 5, 1), until=dt.date(2018, 5, 31))).bars
    assert [bar.start for bar in bars] == [dt.date(2018, 5, day) for day in range(5, 21)]
    assert [bar.releases for bar in bars] == [1, *[0] * 14, 1]
    assert all(bar.start == bar.end for bar in bars)


@pytest.mark.parametrize(
    ("first", "last", "bars", "start", "end"),
    [
        ("2018-05-05", "2018-05-05", 1, "2018-05-05", "2018-05-05"),
        ("2018-12-01", "2019-01-31", 62, "2018-12-01", "2019-01-31"),
        ("2018-12-01", "2019-02-01", 3, "2018-12-01", "2019-02-28"),
        ("2015-02-10", "2020-03-01", 62, "2015-02-01", "2020-03-31"),
        ("2015-02-10", "2020-04-01", 6, "2015-01-01", "2020-12-31"),
        ("1890-01-01", "2026-01-01", 14, "1890-01-01", "2029-12-31"),
        ("0001-01-01", "9999-12-31", 1000, "0001-01-01", "9999-12-31"),
    ],
)
def test_the_scale_is_the_finest_with_at_most_62_bars(tmp_path, first, last, bars, start, end):
    days = [dt.date.fromisoformat(day) for day in (first, last)]
    made = filled(tmp_path, *(release(str(n), date=day) for n, day in enumerate(days)))
    found = made.listed().bars
    assert len(found) == bars
    assert (found[0].start.isoformat(), found[-1].end.isoformat()) == (start, end)
    assert sum(bar.releases for bar in found) == 2


@given(st.dates(), st.dates(), st.sampled_from([7, 4, 3]))
def test_bars_cover_every_day_from_the_first_to_the_last_once(one, other, scale):
    first, last = sorted((one, other))
    if (last - first).days > 1500:
        scale = 3
    spans = [_days(name) for name in _names(first.isoformat(), last.isoformat(), scale)]
    assert spans[0][0] <= first and spans[-1][1] >= last
    for (_, end), (start, _) in zip(spans, spans[1:], strict=False):
        assert start == end + dt.timedelta(1)


def test_undated_releases_have_no_bars(tmp_path):
    assert filled(tmp_path, NOTE).listed().bars == ()


def test_an_empty_archive_lists_nothing(tmp_path):
    archive = Archive(Store(tmp_path / "embeddings"))
    assert archive.listed() == archive.listed(Filter(words="x"), start=9)
    assert archive.listed().total == 0 and archive.places() == () and archive.last_change is None


def test_places_and_bodies_can_be_chosen_by_name(archive):
    assert archive.places() == ("Dushanbe", "Geneva")
    assert archive.bodies() == ("Council", "UN OCT")


def test_of_many_places_those_with_most_releases_can_be_chosen(tmp_path):
    many = [release(str(n), place=f"P{n:03}") for n in range(301)]
    places = filled(tmp_path, *many, release("again", place="P300")).places()
    assert len(places) == 300 and places[-1] == "P300" and "P299" not in places


def test_a_release_is_read_by_its_id_and_by_nothing_else(archive):
    assert archive.release("talks") == TALKS
    assert archive.release("talks.txt") is None
    assert archive.release("../talks") is None


def test_the_last_change_says_what_became_of_the_releases(corpus, open_qa):
    (corpus / "a.txt").write_text("One\n\nText of one.")
    (corpus / "b.txt").write_text("Two\n\nText of two.")
    qa = open_qa()
    qa.build()
    first = qa.archive.last_change
    assert (first.added, first.changed, first.removed, first.ids) == (2, 0, 0, ("a.txt", "b.txt"))
    (corpus / "a.txt").write_text("One\n\nAnother text.")
    (corpus / "b.txt").unlink()
    qa.build()
    second = qa.archive.last_change
    assert (second.added, second.changed, second.removed, second.ids) == (0, 1, 1, ("a.txt",))
    assert dt.datetime.now(dt.UTC) - second.at < dt.timedelta(minutes=1)
    qa.build()
    assert qa.archive.last_change == second  # nothing changed since


def test_ten_thousand_releases_are_searched_in_a_moment(tmp_path):
    day = dt.date(2000, 1, 1)
    many = [
        release(str(n), f"Title {n} of {written_date(day)}", day + dt.timedelta(n % 3000), "Rome")
        for n in range(10_000)
    ]
    archive = filled(tmp_path, *many)
    began = time.perf_counter()
    assert archive.listed(Filter(words="9999")).total == 1
    assert time.perf_counter() - began < 1
