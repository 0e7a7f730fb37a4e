"""Which words the releases have, and where: what a refusal may say for certain."""

import datetime as dt
from contextlib import contextmanager

import pytest
from conftest import WordLengths

from eventqa.retrieve import Question
from eventqa.vocabulary import Vocabulary, says, telling

MAY = "A summit\n\nDushanbe, 5 May 2018 — Ministers met in Dushanbe.\n\nMüller left for Paris."
ACT = (
    "An office\n\nNew York, 1 June 2019 — The Office of Many Good Things (OMGT) opened.\n\n"
    "Anti-doping rules were read out at the summit."
)


@pytest.fixture
def qa(corpus, open_qa):
    (corpus / "may.txt").write_text(MAY, encoding="utf-8")
    (corpus / "office.txt").write_text(ACT, encoding="utf-8")
    return open_qa()


@contextmanager
def vocabulary(qa, since=None, until=None, without=()):
    qa.build()
    question = Question(
        "Who?", WordLengths().encode_query("Who?"), dt.date.today(), None, since, until
    )
    with qa._derived.snapshot() as (view, indexes):
        yield Vocabulary(question, view, indexes, without)


@pytest.mark.parametrize(
    ("word", "start"),
    [
        ("meet", "Dushanbe, 5 May"),
        ("MINISTER", "Dushanbe, 5 May"),
        ("Muller", "Müller"),
        ("OMGT", "New York"),
        ("Anti-doping", "Anti-doping"),
        ("antidoping", "Anti-doping"),
    ],
)
def test_a_word_is_found_in_any_of_its_forms(qa, word, start):
    with vocabulary(qa) as known:
        assert known.where(word)[0].text.startswith(start)


@pytest.mark.parametrize(
    "word", ["hotel", "OCT", "Anti-terrorism", "U-doping", "F-5", "xyzzy", "2031"]
)
def test_a_word_that_no_release_has_is_nowhere(qa, word):
    with vocabulary(qa) as known:
        assert known.where(word) == (None, True)


def test_a_word_of_the_title_alone_is_found_in_a_passage_under_it(qa):
    with vocabulary(qa) as known:
        assert known.where("summit")[0].release.id in ("may.txt", "office.txt")
        assert known.lacking(["summit"], [known.where("left")[0]]) == []


def test_only_releases_of_the_period_are_looked_through(qa):
    with vocabulary(qa, since=dt.date(2019, 1, 1)) as known:
        assert known.where("Paris") == (None, True)
        assert known.where("rules")[0].release.id == "office.txt"
    with vocabulary(qa, until=dt.date(2018, 12, 31)) as known:
        assert known.where("rules") == (None, True)


def test_a_passage_that_was_withdrawn_a_moment_ago_is_not_named(qa):
    with vocabulary(qa, without={("may.txt", 2)}) as known:
        assert known.where("Paris") == (None, True)
        assert known.where("met")[0].number == 1


def test_what_some_passages_lack_is_told_in_the_order_asked(qa):
    with vocabulary(qa) as known:
        met, _ = known.where("met")

        assert known.lacking(["Paris", "minister", "hotel", "Dushanbe"], [met]) == [
            "Paris",
            "hotel",
        ]
        assert known.lacking(["Paris", "hotel"], [met, known.where("Paris")[0]]) == ["hotel"]
        assert known.lacking(["Paris"], []) == ["Paris"]


def test_a_search_that_was_cut_off_is_not_certain(corpus, open_qa):
    for at in range(30):
        (corpus / f"{at}.txt").write_text(f"A title {at}\n\nAn ice rink and cream number {at}.")
    with vocabulary(open_qa()) as known:
        assert known.where("ice-cream") == (None, False)
        assert known.where("ice-skate") == (None, False)
        assert known.where("snow-cream")[0] is None


@pytest.mark.parametrize(
    ("word", "text", "there"),
    [
        ("units", "United they stand.", False),
        ("won", "They won’t.", False),
        ("host", "The HOST left.", True),
        ("host", "They hosted it.", False),
    ],
)
def test_a_text_says_a_word_only_as_it_is_written(word, text, there):
    assert says(word, [text]) is there


def test_who_will_not_has_not_won(corpus, open_qa):
    (corpus / "a.txt").write_text("A title\n\nIt won’t and it can't last.")
    with vocabulary(open_qa()) as known:
        assert known.where("won")[0] is None
        assert known.where("last")[0] is not None


def test_a_corpus_without_passages_has_no_words(open_qa):
    with vocabulary(open_qa()) as known:
        assert known.where("Paris") == (None, True)
        assert known.lacking(["Paris"], []) == ["Paris"]


def test_telling_words_are_whole_as_written_and_each_once():
    assert telling("Did the U.N. or the UN adopt 1,500 anti-doping rules, and which rules?") == [
        "U.N",
        "UN",
        "adopt",
        "anti-doping",
        "rules",
    ]
    assert telling("Who is it?") == []
