"""Every reason for a refusal, by a question that gets it from the bundled model."""

import shutil
from pathlib import Path

import pytest

from eventqa import EventQA
from eventqa.types import Why

SEED = (
    Path(__file__).parent.parent / "corpus" / "2018-05-05-counter-terrorism-conference-dushanbe.txt"
)
HOTEL = """Grand Hotel of Khujand reopens after repairs

Khujand, 12 March 2017 — The Grand Hotel reopened its doors on Sunday.

Guests from Kazakhstan planted a tree in the garden.
"""
NEWEST = "The newest release is from 5 May 2018; you asked about "
NEAREST = "The passages that come nearest"


@pytest.fixture(scope="module")
def qa(tmp_path_factory):
    place = tmp_path_factory.mktemp("reasons")
    (place / "corpus").mkdir()
    shutil.copy(SEED, place / "corpus")
    (place / "corpus" / "hotel.txt").write_text(HOTEL, encoding="utf-8")
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
            "The question names nothing to look for. Say who, what or where it is about.",
        ),
        ("How do I bake bread?", Why.UNKNOWN, "No release mentions “bake” or “bread”."),
        (
            "How many people were arrested at the conference?",
            Why.MISSING,
            "No release mentions “arrested”; “people” and “conference” can be found.",
        ),
        (
            "Who planted the Dushanbe Declaration?",
            Why.ELSEWHERE,
            f"{NEAREST} do not mention “planted”. “Grand Hotel of Khujand reopens after repairs” "
            "(12 March 2017), paragraph 2, does, but not “Dushanbe” or “Declaration”.",
        ),
        (
            "How many guests planted a tree?",
            Why.KIND,
            f"{NEAREST} speak of this, but none of them names a number.",
        ),
    ],
)
def test_a_question_gets_the_reason_that_is_true_of_it(qa, question, why, reason):
    answer = qa.ask(question, k=1 if why in (Why.ELSEWHERE, Why.KIND) else 5, asked_on="2026-11-25")

    assert not answer.answered
    assert (answer.why, answer.reason) == (why, reason)
    assert answer.hits == ()
