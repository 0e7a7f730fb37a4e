"""How a question is read that follows others."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from desk import release

from eventqa.followup import (
    Reading,
    dated,
    is_new,
    leaning_word,
    readings,
    stands_alone,
    thread,
    together,
)
from eventqa.history import Turn
from eventqa.retrieve import Found
from eventqa.signals import Signals
from eventqa.types import Hit, Period
from eventqa.view import Encoded

HOSTED = Turn(
    "Who hosted the conference in Dushanbe?",
    "The terrorism conference on terrorism was hosted by Tajikistan. Tajikistan hosted 40 states.",
    "dushanbe",
)
SPANS = np.empty((0, 2), np.int32)
MAY = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "May 2018", 16)


@pytest.mark.parametrize(
    "question",
    [
        *("And Uzbekistan?", "why?", "When?", "Where was it held?", "What did he say about that?"),
        *("who else did he meet?", "What about hunger?", "And in 2019?", "Who was there?"),
        *("What did they discuss?", "Any others?", "How many of these countries came?"),
    ],
)
def test_a_question_with_a_pronoun_or_no_subject_leans_on_what_was_said_before(question):
    assert not stands_alone(question)


@pytest.mark.parametrize(
    "question",
    ["Who hosted the conference?", "When was the Office established?", "MEPs on Azerbaijan"],
)
def test_a_question_that_names_its_subject_stands_alone(question):
    assert stands_alone(question)


@pytest.mark.parametrize(
    ("question", "word"),
    [("What did he say?", "he"), ("Was That it?", "That"), ("Who hosted Item 5?", None)],
)
def test_the_word_that_leans_is_found(question, word):
    assert leaning_word(question) == word


def test_words_of_the_question_and_of_the_passage_are_carried_as_they_are_written():
    said, shown = readings("Who attended it?", [HOSTED])

    assert said == Reading(("hosted", "conference", "Dushanbe"), None)
    assert shown == Reading(("terrorism", "hosted", "Tajikistan"), None, HOSTED.shown)
    assert said.of("Who attended it?") == "Who attended it? hosted conference Dushanbe"


def test_what_a_question_says_itself_is_not_carried():
    said, shown = readings("Which conferences did Tajikistan host, and where?", [HOSTED])

    assert said.carried == ("Dushanbe",)
    assert shown.carried == ("terrorism",)


def test_a_question_with_words_of_its_own_is_not_answered_by_the_words_of_a_passage_it_has_seen():
    assert readings("Who attended it?", [HOSTED])[1].shown == HOSTED.shown
    assert readings("Why?", [HOSTED])[1].shown == ""


def test_without_anything_before_it_there_is_no_other_reading():
    assert readings("Who attended it?", []) == []
    assert readings("Why?", [Turn("When?")]) == []


def test_a_time_named_before_is_carried_until_another_is_named():
    before = dated([Turn("Who gathered in May 2018?")], dt.date(2026, 1, 1))
    assert before == [Turn("Who gathered in May 2018?", period=MAY)]

    assert readings("And who left?", before) == [Reading(("gathered", "May 2018"), MAY)]
    june = Period(dt.date(2018, 6, 1), dt.date(2018, 6, 30), "June 2018", 7)
    assert readings("And in June 2018?", before, june) == [Reading(("gathered",), june)]


def test_a_time_named_before_is_left_out_where_none_is_to_count_or_no_words_name_it():
    before = [Turn("Who gathered in May 2018?", period=MAY)]
    assert readings("And who left?", before, timed=False) == [Reading(("gathered",), None)]

    chosen = replace(MAY, words="", at=0)  # by `ask(time=…)`
    before = [Turn("Who gathered?", period=chosen)]
    assert readings("And who left?", before) == [Reading(("gathered",), chosen)]


def test_numbers_and_forms_of_address_are_not_carried():
    before = [Turn("Why did Mr. Voronkov meet 40 ministers?", "In 2018, 2018 and 2018")]

    assert readings("And when?", before) == [Reading(("Voronkov", "meet", "ministers"), None)]


def test_a_thread_begins_with_the_last_question_that_stood_alone():
    turns = [HOSTED, Turn("When was it?"), Turn("What did MEPs adopt?"), Turn("And why?")]

    assert thread(turns) == turns[2:]
    assert thread(turns[:2]) == turns[:2]
    assert thread([]) == []


def test_a_change_of_subject_has_no_word_of_before_and_a_passage_of_another_release():
    asked = "What did MEPs adopt?"

    assert is_new(asked, [HOSTED], "strasbourg")
    assert not is_new(asked, [HOSTED], "dushanbe")
    assert not is_new("Which states hosted MEPs?", [HOSTED], "strasbourg")
    assert not is_new("What did they adopt?", [HOSTED], "strasbourg")
    assert is_new("What did they adopt?", [], "strasbourg")


def found(name, score, text="Nobody came.", matched=0.5):
    passage = replace(release(text, title=name), id=name).passages[0]
    encoded = Encoded(np.empty((0, 0), np.float32), np.empty((0, 0), np.uint8), SPANS)
    signals = Signals(score, 0, 0, 0, 0)
    return Found(Hit(passage, score), signals, matched, True, encoded)


def order(hits):
    return [(one.hit.passage.release.title, one.hit.score) for one in hits]


def test_a_passage_is_as_good_as_the_mean_of_its_scores_and_where_it_is_missing_the_last_one():
    asked = [found("a", 0.8), found("b", 0.6, matched=0.3)]
    with_words = [found("b", 0.9, matched=0.9), found("c", 0.5)]

    merged = together(asked, [(Reading(("x",), None), with_words)], 5)

    assert order(merged) == [("b", 0.75), ("a", 0.65), ("c", 0.55)]
    assert merged[0].signals.cosine == pytest.approx(0.75)
    assert merged[0].matched == pytest.approx(0.6)
    assert order(together(asked, [(Reading(("x",), None), with_words)], 1)) == [("b", 0.75)]


def test_words_of_a_passage_do_not_speak_for_that_passage():
    asked = [found("a", 0.8, "It rained."), found("b", 0.6, "It snowed.")]
    with_words = [found("b", 1.6, "It snowed."), found("a", 0.7, "It rained.")]

    def merged(shown):
        return order(together(asked, [(Reading(("snowed",), None, shown), with_words)], 5))

    assert merged("It snowed.") == [("a", 0.75), ("b", 0.6)]
    assert merged("") == [("b", 1.1), ("a", 0.75)]


def test_a_reading_that_finds_nothing_counts_for_nothing():
    asked = [found("a", 0.8)]

    assert order(together(asked, [(Reading(("x",), None), [])], 5)) == [("a", 0.8)]
