"""Every reason for a refusal, by a question that gets it from the bundled model."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from eventqa import EventQA, render
from eventqa.calibration import Calibration
from eventqa.encoder import SentenceEncoder
from eventqa.reasons import not_answered, nothing_to_search
from eventqa.request import check
from eventqa.retrieve import Question
from eventqa.types import Freshness, Why
from eventqa.vocabulary import Vocabulary

CORPUS = Path(__file__).parent.parent / "corpus"
SEED = CORPUS / "2018-05-05-counter-terrorism-conference-dushanbe.txt"
HOTEL = """Grand Hotel of Khujand reopens after repairs

Khujand, 12 March 2017 — The Grand Hotel reopened its doors on Sunday.

Guests from Kazakhstan planted a tree in the garden.
"""
TRAIN = """A train to the north

Dushanbe, 3 April 2017 — A new train runs to the north of Tajikistan.

The minister of transport took it on Monday.

Tajikistan has bought it from Kazakhstan.
"""
NEWEST = "The newest release is from 5 May 2018; you asked about "
NEAREST = "The passages that come nearest"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("reasons")
    (place / "corpus").mkdir()
    shutil.copy(SEED, place / "corpus")
    (place / "corpus" / "hotel.txt").write_text(HOTEL, encoding="utf-8")
    (place / "corpus" / "train.txt").write_text(TRAIN, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def qa(place):
    with EventQA(place / "corpus", place / "embeddings", watch=False) as qa:
        yield qa


@pytest.mark.parametrize(
    ("question", "why", "reason"),
    [
        ("Who hosted the conference in 2019?", Why.LATER, f"{NEWEST}2019."),
        ("Which hotel hosted the conference last year?", Why.LATER, f"{NEWEST}2025."),
        (
            "Who hosted the conference in 1999?",
            Why.OTHER_TIME,
            "The best passages are not of the time asked for (1999).",
        ),
        (
            "Who is it?",
            Why.VAGUE,
            "By itself the question does not say who or what “it” is, and it names nothing else to "
            "look for. Say who, what or where it is about.",
        ),
        (
            "What happened?",
            Why.VAGUE,
            "The question names nothing to look for. Say who, what or where it is about.",
        ),
        ("How do I bake bread?", Why.UNKNOWN, "No title or passage mentions “bake” or “bread”."),
        (
            "How many people were arrested at the conference?",
            Why.MISSING,
            "No title or passage mentions “arrested”; “people” and “conference” can be found.",
        ),
        (
            "Which garden did the ministers of Tajikistan adopt?",
            Why.ELSEWHERE,
            f"{NEAREST} do not mention “garden”. “Grand Hotel of Khujand reopens after repairs” "
            "(12 March 2017), paragraph 2, does, but not “ministers”, “Tajikistan” or “adopt”.",
        ),
        (
            "Who planted a declaration?",
            Why.APART,
            "No passage that comes near has “planted” and “declaration” together.",
        ),
        (
            "What is the range?",
            Why.WEAK,
            f"{NEAREST} have the words of the question, but do not fit it well enough to be called "
            "an answer.",
        ),
    ],
)
@pytest.mark.parametrize("k", [1, 5])
def test_a_question_gets_the_reason_that_is_true_of_it_however_few_are_shown(
    qa, question, why, reason, k
):
    answer = qa.ask(question, k, asked_on="2026-11-25")

    assert not answer.answered
    assert (answer.why, answer.reason) == (why, reason)
    assert answer.hits == ()
    assert len(answer.nearest) == k


@pytest.mark.parametrize(
    ("question", "missing"),
    [("How many guests planted trees?", "a number"), ("When were trees planted?", "a time")],
)
def test_a_number_or_a_time_that_no_passage_has_is_the_reason(tmp_path, question, missing):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "trees.txt").write_text("A garden\n\nGuests from Kazakhstan planted trees.")
    strict = replace(Calibration.read(), least=0.999)  # as a strict promise may be
    with EventQA(tmp_path / "c", tmp_path / "e", calibration=strict, watch=False) as qa:
        answer = qa.ask(question)

    assert (answer.why, answer.reason) == (
        Why.KIND,
        f"{NEAREST} speak of this, but none of them names {missing}.",
    )


def test_words_are_looked_for_only_in_releases_of_the_period_asked_for(qa):
    answer = qa.ask("Which percentage of young citizens?", until="2017-12-31")

    assert answer.reason == (
        "No title or passage dated on or before 31 December 2017 mentions “percentage”, “young” or "
        "“citizens”."
    )


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        ("2020-01-01", None, "dated on or after 1 January 2020. The newest is from 5 May 2018."),
        (None, "1990-01-01", "dated on or before 1 January 1990."),
        ("2000-01-01", "2000-12-31", "dated between 1 January 2000 and 31 December 2000."),
        ("2000-01-01", "2000-01-01", "dated on 1 January 2000."),
    ],
)
def test_a_filter_that_leaves_nothing_is_the_reason(qa, since, until, reason):
    answer = qa.ask("Who hosted the conference?", since=since, until=until)

    assert (answer.answered, answer.hits, answer.nearest) == (False, (), ())
    assert (answer.why, answer.reason) == (Why.UNDATED, f"No release here is {reason}")


@pytest.mark.parametrize(
    ("passages", "why", "reason"),
    [
        (0, Why.EMPTY, "The corpus has no releases yet. Put some into its folder and ask again."),
        (7, Why.CHANGED, "The corpus has changed and is being read anew. Ask again in a moment."),
    ],
)
def test_a_corpus_with_nothing_to_search_says_why(passages, why, reason):
    fresh = Freshness(1, passages, dt.date(2018, 5, 5), None, 1)

    assert nothing_to_search(check("Who?", 5, None, None, None, ()), fresh) == (why, reason)


def test_a_title_that_has_the_word_is_named_and_not_a_paragraph_without_it(tmp_path):
    (tmp_path / "c").mkdir()
    shutil.copy(SEED, tmp_path / "c")
    (tmp_path / "c" / "x.txt").write_text("<b>Unicorn</b> festival\n\nMusicians came from Chile.")
    text = "Which unicorn met Voronkov?"
    with EventQA(tmp_path / "c", tmp_path / "e", watch=False) as qa:
        answer = qa.ask(text)
        question = Question(text, SentenceEncoder().encode_query(text), dt.date.today(), None)
        with qa._derived.snapshot() as (view, indexes):
            passages = view.release(SEED.name).passages[:3]
            why, reason = not_answered(
                check(text, 5, None, None, None, ()),
                question,
                passages,
                True,
                answer.freshness,
                Vocabulary(question, view, indexes),
            )

    assert (why, reason) == (
        Why.ELSEWHERE,
        f"{NEAREST} do not mention “unicorn”. The title “<b>Unicorn</b> festival” does, but not "
        "“Voronkov”.",
    )
    page = render.desk(render.Turn(text, replace(answer, answered=False, hits=(), reason=reason)))
    assert "<b>Unicorn" not in page
    assert "&lt;b&gt;Unicorn" in page
