"""What times the passages of a store speak of is found out when they are built."""

import datetime as dt

import pytest
from conftest import WordLengths

from eventqa import EventQA, build, spoken
from eventqa.store import Store

TEXT = """Ministers meet

Dushanbe, 5 May 2018 — They met on 3 and 4 May and will meet again in 2020.

Nothing is said here of any time.

They last met on 25/12/2017, before that on 05/06/2016, and have been friends since 1995.
"""
FOUND = [
    [("2018-05-05", "2018-05-05"), ("2018-05-03", "2018-05-04"), ("2020-01-01", "2020-12-31")],
    [],
    [("2017-12-25", "2017-12-25"), ("2016-06-05", "2016-06-05"), ("1995-01-01", None)],
]


@pytest.fixture
def qa(corpus, tmp_path):
    (corpus / "meeting.txt").write_text(TEXT)
    with EventQA(corpus, tmp_path / "embeddings", encoder=WordLengths(), watch=False) as qa:
        yield qa


def kept(folder) -> list[list[tuple[str, str | None]]]:
    with Store(folder).read() as view:
        times = view.spoken([("meeting.txt", number) for number in (1, 2, 3)])
    return [[(str(one.start), one.end and str(one.end)) for one in named] for named in times]


def test_each_passage_is_kept_with_the_times_that_it_names(qa, tmp_path):
    qa.build()
    assert kept(tmp_path / "embeddings") == FOUND


def test_times_are_found_anew_by_a_version_that_reads_otherwise(qa, tmp_path, monkeypatch):
    qa.build()
    with Store(tmp_path / "embeddings").write() as writer:
        writer.put_spoken("meeting.txt", [[], [], []])
    monkeypatch.setattr(build, "READING", 999)
    report = qa.build()
    assert (report.unchanged, report.encoded) == (1, 0)
    assert kept(tmp_path / "embeddings") == FOUND


def test_the_times_of_a_release_that_is_as_it_was_are_not_sought_again(qa, corpus, monkeypatch):
    qa.build()
    sought: list[str] = []
    of = spoken.of
    monkeypatch.setattr(spoken, "of", lambda release: sought.append(release.id) or of(release))
    (corpus / "other.txt").write_text("Another\n\nOn 3 May 2018 all was well.")
    qa.build()
    assert sought == ["other.txt"]


def test_a_question_prefers_what_its_time_is_spoken_of_in(qa, corpus):
    for year in (2016, 2017, 2018):
        (corpus / f"{year}.txt").write_text(f"Title\n\nThe bridge was mended in {year} again.")
    answer = qa.ask("When was the bridge mended, in 2017?", asked_on=dt.date(2026, 1, 1))
    assert (answer.hits or answer.nearest)[0].passage.release.id == "2017.txt"
