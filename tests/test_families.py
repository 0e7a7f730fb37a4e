"""The same release published twice is one hit, and a corrected one replaces its older version."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa import EventQA, Verdict, verify
from eventqa.archive import Kin
from eventqa.families import Member, Relation, relation, same_said
from eventqa.types import Release

FIRST = (
    "The port authority of Aldmar said that a new quay of 400 metres would be opened to ships "
    "in the spring, after three years of work and at a cost of 31 million crowns."
)
SECOND = (
    "Jonas Reik, who directs the works, told reporters that the first vessel is expected to "
    "moor there in April and that the old quay would then be repaired in turn."
)
THIRD = (
    "Fishing boats keep their places on the eastern side of the harbour, the authority added, "
    "and no fee will be raised from them before the end of next year."
)
PARAGRAPHS = (FIRST, SECOND, THIRD)
DAY = dt.date(2018, 5, 4)


def release(id: str = "a", paragraphs=PARAGRAPHS, **facts) -> Release:
    spans, at = [], 0
    for one in paragraphs:
        spans.append((at, at + len(one)))
        at += len(one) + 2
    known = {"title": "A new quay", "date": DAY, "path": f"{id}.txt"} | facts
    return Release(id=id, line=None, text="\n\n".join(paragraphs), paragraphs=tuple(spans), **known)


def between(one: Release, other: Release) -> Relation | None:
    there, back = relation(Member(one), Member(other)), relation(Member(other), Member(one))
    turned = {Relation.NEWER: Relation.OLDER, Relation.CORRECTS: Relation.CORRECTED}
    turned |= {back: there for there, back in turned.items()}
    assert back is turned.get(there, there)
    return there


EDITED = (FIRST.replace("said that", "announced today that"), SECOND, THIRD)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"paragraphs": EDITED, "title": "Quay to open in Aldmar", "body": "Harbour News"},
        {"date": DAY + dt.timedelta(3), "body": "Harbour News"},
        {"date": DAY + dt.timedelta(3), "body": None},
        {"date": None},
        {"place": None},
        {"place": "ALDMAR, Norland"},
        {"paragraphs": (*PARAGRAPHS, "Contact: Ann Lind, 0123 4567890")},
        {"paragraphs": tuple(one.upper() for one in PARAGRAPHS)},
        {"paragraphs": (" ".join(PARAGRAPHS),)},
    ],
)
def test_a_release_published_again_is_the_same(other):
    one = release(place="Aldmar", body="Port of Aldmar")
    assert between(one, release("b", **other)) is Relation.SAME


@pytest.mark.parametrize(
    "other",
    [
        {"date": DAY + dt.timedelta(4), "body": "Harbour News"},
        # The same body says it again, of another day.
        {"date": DAY + dt.timedelta(1), "body": "Port of Aldmar"},
        {"place": "Brekke"},
        {"paragraphs": (FIRST.replace("31 million", "52 million"), SECOND, THIRD)},
        {"paragraphs": (FIRST.replace("Aldmar", "Brekke"), SECOND, THIRD)},
        {"paragraphs": (FIRST, "Nothing else was known on the day. " * 9)},
        {"date": None, "title": "A new quay in Brekke"},
    ],
)
def test_a_release_of_the_same_form_about_something_else_is_a_stranger(other):
    one = release(place="Aldmar", title="A new quay in Aldmar", body="Port of Aldmar")
    values = {"title": one.title, "body": one.body} | other
    assert between(one, release("b", **values)) is None


def test_a_short_text_is_the_same_only_of_the_same_day_under_the_same_title():
    short = ("No change since yesterday.",)
    assert between(release("a", short), release("b", short)) is Relation.SAME
    assert between(release("a", short), release("b", short, title="Water level")) is None
    for day in (None, DAY + dt.timedelta(1)):
        assert between(release("a", short), release("b", short, date=day)) is None


CORRECTED = (FIRST.replace("31 million", "13 million"), SECOND, THIRD)


@pytest.mark.parametrize(
    "newer",
    [
        {"title": "CORRECTED: A new quay"},
        {"title": "A new quay (corrected)"},
        {"title": "A new quay – UPDATED"},
        {"title": "CORRECTED A new quay"},
        {"title": "A new quay (corrects the cost)"},
        {"title": "Corrigendum: A new quay", "date": DAY + dt.timedelta(1)},
        {"title": "Second correction: A new quay"},
        {"paragraphs": (*CORRECTED, "This press release was corrected on 6 May.")},
        {"title": "Correction: A new quay", "date": DAY + dt.timedelta(20)},
        {"paragraphs": ("CORRECTED VERSION", *CORRECTED)},
        {
            "paragraphs": (*CORRECTED, "An earlier version of this release gave another cost."),
            "date": DAY + dt.timedelta(1),
        },
        {"paragraphs": ("This release corrects and replaces the previous one.", *CORRECTED)},
    ],
)
def test_a_release_that_says_so_is_a_correction(newer):
    values = {"paragraphs": CORRECTED} | newer
    assert between(release("b", **values), release("a")) is Relation.CORRECTS


@pytest.mark.parametrize(
    "newer",
    [
        {"supersedes": "a"},
        {"supersedes": "a.txt", "paragraphs": ("Wholly different.",), "date": None},
    ],
)
def test_a_release_that_somebody_says_supersedes_another_is_newer(newer):
    values = {"paragraphs": CORRECTED} | newer
    assert between(release("b", **values), release("a")) is Relation.NEWER


def test_of_two_corrections_the_later_is_newer():
    first = release("b", CORRECTED, title="Corrected: A new quay")
    later = release(
        "c",
        (FIRST.replace("31", "14"), SECOND, THIRD),
        title="Corrected: A new quay",
        date=DAY + dt.timedelta(2),
    )
    assert between(later, first) is Relation.NEWER


@pytest.mark.parametrize(
    "title",
    [
        "The bill replaces the earlier law of 1999",
        "Revised release dates for the new quay",
        "Senator corrects original sin",
    ],
)
def test_a_title_about_a_change_is_no_correction(title):
    assert not Member(release(title=title)).marked


@pytest.mark.parametrize(
    "other",
    [
        {"date": DAY - dt.timedelta(1)},  # a correction comes after what it corrects
        {"date": DAY + dt.timedelta(32)},
        {"body": "Harbour News"},
        {"title": "CORRECTED: A new quay in Brekke"},
        # A figure and a name are others: it is a grant to another town.
        {"paragraphs": (CORRECTED[0].replace("Aldmar", "Brekke"), SECOND, THIRD)},
        {"body": None},
        {"title": "UPDATED: A new quay in Aldmar", "date": DAY + dt.timedelta(1)},
        {"paragraphs": ("Of this one nothing has stood in the first one before today.",)},
    ],
)
def test_a_correction_of_something_else_is_a_stranger(other):
    values = {"title": "CORRECTED: A new quay in Aldmar", "paragraphs": CORRECTED} | other
    one = release("a", body="Port of Aldmar", title="A new quay in Aldmar")
    assert between(release("b", **({"body": "Port of Aldmar"} | values)), one) is None


def at(hour: int) -> dt.datetime:
    return dt.datetime(2018, 5, 5, hour, tzinfo=dt.UTC)


def test_of_one_page_the_version_fetched_later_is_newer():
    url = "https://port.example/quay"
    one = release("a", url=url, fetched_at=at(8))
    assert between(release("b", CORRECTED, url=url, fetched_at=at(9)), one) is Relation.NEWER
    assert between(release("b", url=url, fetched_at=at(9)), one) is Relation.SAME
    assert between(release("b", url=url), one) is Relation.SAME
    # The next notice of the same form is another one.
    notice = (CORRECTED[0].replace("Aldmar", "Brekke"), SECOND, THIRD)
    assert between(release("b", notice, url=url, fetched_at=at(9)), one) is None
    # A page that always shows the newest release is another one each time.
    other = ("Nobody had expected so many visitors at the lighthouse this summer.",)
    assert between(release("b", other, url=url, fetched_at=at(9)), one) is None


def test_a_paragraph_with_another_figure_says_something_else():
    copy = release("b", (CORRECTED[0], SECOND.replace("told", "has told"), "New here.", THIRD))
    assert same_said(release(), copy) == {2: 2, 4: 3}


# --- in an archive -----------------------------------------------------------------------------


def write(corpus: Path, name: str, paragraphs=PARAGRAPHS, **facts: str) -> None:
    known = {"title": "A new quay", "date": "2018-05-04"} | facts
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in known.items())
    (corpus / name).write_text(f"---\n{head}---\n" + "\n\n".join(paragraphs), encoding="utf-8")


def hits(qa: EventQA, question: str = "Who said that a new quay would be opened?"):
    answer = qa.ask(question)
    return [(hit.passage.release.id, hit.passage.number) for hit in answer.hits or answer.nearest]


def test_a_release_published_twice_is_one_hit_that_names_the_other(corpus, open_qa):
    write(corpus, "a.md", EDITED, body="Harbour News", date="2018-05-05")
    write(corpus, "b.md", body="Port authority of Aldmar")
    answer = open_qa().ask(FIRST)
    found = answer.hits or answer.nearest
    places = [(one.passage.release.id, one.passage.number) for one in found]
    assert places[0] == ("b.md", 1)
    assert sorted(places) == [("b.md", 1), ("b.md", 2), ("b.md", 3)]
    (copy,) = found[0].also
    assert (copy.release.id, copy.number, copy.text) == ("a.md", 1, EDITED[0])
    written = found[0].to_dict()["also"]
    assert [one["same_words"] for one in written] == [False]
    assert written[0]["citation"] == "“A new quay”, Harbour News, 5 May 2018, paragraph 1, a.md"
    assert verify(written[0]["receipt"], open_qa()) is Verdict.UNCHANGED
    assert "also published: “A new quay”, Harbour News, 5 May 2018, paragraph 1, a.md" in str(
        answer
    )


@pytest.mark.parametrize(
    ("bodies", "lead"),
    [
        (("Harbour News", "Port authority of Aldmar"), "b.md"),  # the text names it
        (("Port authority of Aldmar", "Harbour News"), "a.md"),
        (("Harbour News", "Norland Daily"), "a.md"),  # else the earlier one
    ],
)
def test_the_copy_of_the_body_that_issued_it_leads(corpus, open_qa, bodies, lead):
    write(corpus, "a.md", body=bodies[0])
    write(corpus, "b.md", body=bodies[1], date="2018-05-05")
    assert {id for id, _ in hits(open_qa())} == {lead}


def test_what_only_a_copy_says_is_a_hit_of_its_own(corpus, open_qa):
    write(corpus, "a.md")
    write(corpus, "b.md", (*PARAGRAPHS, "The mayor of Brekke called it a mistake."))
    found = hits(open_qa(), "Who called it a mistake? The mayor of Brekke called it a mistake.")
    assert ("b.md", 4) in found
    assert len(found) == 4


def test_a_copy_with_another_figure_is_not_hidden(corpus, open_qa):
    write(corpus, "a.md", (FIRST, SECOND, THIRD), url="https://port.example/quay")
    write(corpus, "b.md", CORRECTED, url="https://port.example/quay")
    assert {("a.md", 1), ("b.md", 1)} <= set(hits(open_qa(), FIRST))


def test_the_copy_answers_where_the_lead_is_out_of_the_time_asked_for(corpus, open_qa):
    write(corpus, "a.md", body="Port of Aldmar")
    write(corpus, "b.md", date="2018-05-06", body="Harbour News")
    answer = open_qa().ask(FIRST, since="2018-05-05")
    found = answer.hits or answer.nearest
    assert {hit.passage.release.id for hit in found} == {"b.md"}
    assert [hit.also for hit in found] == [(), (), ()]


def test_a_corrected_release_answers_and_its_older_version_does_not(corpus, open_qa):
    write(corpus, "a.md")
    qa = open_qa()
    before = qa.ask(FIRST)
    receipt = (before.hits or before.nearest)[0].receipt
    assert verify(receipt, qa) is Verdict.UNCHANGED
    write(corpus, "b.md", CORRECTED, title="CORRECTED: A new quay")
    qa.build()
    assert {id for id, _ in hits(qa)} == {"b.md"}
    assert verify(receipt, qa) is Verdict.SUPERSEDED
    assert qa.newer("a.md") == "b.md"
    assert qa.newer("b.md") is None
    (row,) = qa.archive.kin("b.md").older
    assert (row.id, row.superseded) == ("a.md", True)
    newer = qa.archive.kin("a.md").newer
    assert newer and newer.id == "b.md"
    # The correction is withdrawn.
    (corpus / "b.md").unlink()
    qa.build()
    assert {id for id, _ in hits(qa)} == {"a.md"}
    assert verify(receipt, qa) is Verdict.UNCHANGED


def test_a_warning_that_is_repeated_each_day_is_found_on_each(corpus, open_qa):
    for day in range(1, 7):
        title = f"{'UPDATED: ' if day % 2 else ''}Storm warning"
        words = (FIRST.replace("31 million", f"{40 + day} million"), SECOND, THIRD)
        write(corpus, f"{day}.md", words, title=title, date=f"2018-05-0{day}")
        write(corpus, f"same{day}.md", title="Calm", date=f"2018-06-0{day}")
    qa = open_qa()
    qa.build()
    rows = qa.archive.listed().rows
    assert [row.superseded for row in rows] == [False] * 12
    assert all(qa.archive.kin(row.id) == Kin() for row in rows)


def test_a_correction_replaces_the_nearest_release_of_its_form(corpus, open_qa):
    for day in (1, 2, 3):
        words = (FIRST.replace("31 million", f"{40 + day} million"), SECOND, THIRD)
        write(corpus, f"{day}.md", words, date=f"2018-05-0{day}")
    write(corpus, "c.md", CORRECTED, title="Corrected: A new quay", date="2018-05-02")
    qa = open_qa()
    qa.build()
    assert [qa.newer(f"{day}.md") for day in (1, 2, 3)] == [None, "c.md", None]


def test_until_before_a_correction_the_older_version_answers(corpus, open_qa):
    write(corpus, "a.md")
    write(corpus, "b.md", CORRECTED, title="Corrected: A new quay", date="2018-05-20")
    qa = open_qa()
    assert {id for id, _ in hits(qa)} == {"b.md"}
    answer = qa.ask(FIRST, until="2018-05-19")
    assert {hit.passage.release.id for hit in answer.hits or answer.nearest} == {"a.md"}


def test_a_correction_replaces_what_it_differs_least_from(corpus, open_qa):
    other = FIRST.replace("31 million", "60 million").replace("400", "500").replace("three", "four")
    write(corpus, "1.md", date="2018-05-01", title="Report")
    write(corpus, "2.md", (other, SECOND, THIRD), date="2018-05-07", title="Report")
    write(corpus, "3.md", CORRECTED, date="2018-05-08", title="Correction: Report")
    qa = open_qa()
    qa.build()
    assert [qa.newer(f"{number}.md") for number in (1, 2, 3)] == ["3.md", None, None]


@pytest.mark.parametrize(
    ("limits", "id"),
    [
        ({}, "c.md"),
        ({"until": "2018-05-09"}, "a.md"),
        ({"until": "2018-05-19"}, "b.md"),
        ({"since": "2018-05-04", "until": "2018-05-31"}, "c.md"),
    ],
)
def test_of_three_versions_the_one_of_the_time_searched_answers(corpus, open_qa, limits, id):
    write(corpus, "a.md")
    words = (FIRST.replace("31", "12"), SECOND, THIRD)
    write(corpus, "b.md", words, title="Corrected: A new quay", date="2018-05-10")
    write(corpus, "c.md", CORRECTED, title="Correction: A new quay", date="2018-05-20")
    answer = open_qa().ask(FIRST, **limits)
    assert {hit.passage.release.id for hit in answer.hits or answer.nearest} == {id}


def test_an_undated_replacement_takes_no_answer_from_a_time_it_is_not_of(corpus, open_qa):
    write(corpus, "a.md")
    (corpus / "b.md").write_text("---\nsupersedes: a.md\n---\n" + "\n\n".join(CORRECTED))
    qa = open_qa()
    assert {id for id, _ in hits(qa)} == {"b.md"}
    answer = qa.ask(FIRST, since="2018-01-01")
    assert {hit.passage.release.id for hit in answer.hits or answer.nearest} == {"a.md"}


def test_a_short_release_is_corrected_too(corpus, open_qa):
    write(corpus, "a.md", ("The call for boats opens on Monday and ends on Friday at noon.",))
    ends = ("The call for boats opens on Monday and ends on Friday at six.",)
    write(corpus, "b.md", ends, title="Corrected: A new quay", date="2018-05-05")
    assert {id for id, _ in hits(open_qa())} == {"b.md"}


def test_a_copy_of_what_was_corrected_is_superseded_with_it(corpus, open_qa):
    write(corpus, "a.md", body="Port of Aldmar")
    write(corpus, "copy.md", body="Harbour News")
    write(corpus, "b.md", CORRECTED, title="CORRECTED: A new quay", body="Port of Aldmar")
    assert {id for id, _ in hits(open_qa())} == {"b.md"}


def test_of_versions_that_each_claim_to_be_newer_one_answers(corpus, open_qa):
    write(corpus, "a.md", supersedes="b.md")
    write(corpus, "b.md", supersedes="a.md", date="2018-05-05")
    assert {id for id, _ in hits(open_qa())} == {"b.md"}


def test_a_third_version_replaces_the_second_and_the_first(corpus, open_qa):
    write(corpus, "a.md")
    write(corpus, "b.md", CORRECTED, supersedes="a.md")
    write(corpus, "c.md", CORRECTED, supersedes="b.md", title="At last")
    qa = open_qa()
    assert {id for id, _ in hits(qa)} == {"c.md"}
    assert (qa.newer("a.md"), qa.newer("b.md"), qa.newer("c.md")) == ("c.md", "c.md", None)


def test_a_version_named_before_it_is_there_is_superseded_once_it_comes(corpus, open_qa):
    write(corpus, "b.md", CORRECTED, supersedes="a.md")
    qa = open_qa()
    qa.build()
    write(corpus, "a.md", ("Quite different words stood in the first version of it.",))
    qa.build()
    assert {id for id, _ in hits(qa)} == {"b.md"}


NAMES = ("a.md", "b.md", "c.md", "d.md")
VERSIONS = (
    ({}, PARAGRAPHS),
    ({"body": "Harbour News", "date": "2018-05-05"}, EDITED),
    ({"title": "CORRECTED: A new quay"}, CORRECTED),
    ({"supersedes": "a.md"}, (SECOND, THIRD)),
    ({"date": "2018-07-01"}, PARAGRAPHS),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([None, *VERSIONS])), max_size=8))
def test_many_small_changes_come_to_what_one_large_one_comes_to(tmp_path_factory, changes):
    from conftest import WordLengths

    folder = tmp_path_factory.mktemp("history")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "z.txt").write_text("Something that stays.")

    def standing(store: Path) -> list[tuple]:
        with EventQA(corpus, store, encoder=WordLengths(), watch=False, gaps=False) as qa:
            qa.build()
            with qa._store.read() as view:
                releases = view.query("SELECT id, family, superseded FROM release ORDER BY id")
                said = view.query("SELECT release, number, said FROM passage ORDER BY 1, 2")
        return [*releases, *said]

    for name, version in changes:
        if version is None:
            (corpus / name).unlink(missing_ok=True)
        else:
            write(corpus, name, version[1], **version[0])
        after = standing(folder / "store")
    if changes:
        assert after == standing(folder / "fresh")
