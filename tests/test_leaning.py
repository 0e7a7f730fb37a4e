"""Whether a question leans on what was said before."""

import datetime as dt

import pytest

from eventqa import periods
from eventqa.leaning import goes_on, leans, pronoun, stands_alone

DAY = dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    "question",
    [
        *("And Uzbekistan?", "why?", "When?", "Where was it held?", "What did he say about that?"),
        *("who else did he meet?", "What about hunger?", "And in 2019?", "Who was there?"),
        *("What did they discuss?", "Any others?", "How many of these countries came?"),
        *("Is that legal?", "Tell me more", "Who said so?", "Who won that election?", "Which one?"),
        *("What happened there in May?", "Who also signed?", "What happened then?"),
        *("What did she say about Tajikistan and its neighbours?", "What came after that?"),
        "What is the origin of its name?",
    ],
)
def test_a_word_that_stands_for_something_earlier_leans(question):
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        *("Who hosted the conference?", "MEPs on Azerbaijan", "When did the Taliban take over?"),
        *("Is there a dress code?", "How many countries were there?", "Was there a vote on Iran?"),
        *("Did more than 40 countries attend?", "Which IT rules were adopted?"),
        *("Which resolution says that Iran must comply?", "Who said that Belarus broke the law?"),
        *("Which is the country that hosted the summit?", "Is it true that Tajikistan left?"),
        *("What did Voronkov say about his visit?", "Who are those who attended the summit?"),
        *("Which countries such as Chad signed?", "What has Tajikistan done so far?"),
        *("What did the Council say among others?", "What happened this week in Geneva?"),
        *("Who was the then president?", "Which states trade with each other?"),
    ],
)
def test_the_same_word_in_another_use_does_not(question):
    assert not leans(question)


@pytest.mark.parametrize(
    ("question", "word"),
    [("What did he say?", "he"), ("Was That it?", "That"), ("Is there more in IT than it?", "it?")],
)
def test_the_word_that_stands_for_something_is_found_with_its_place(question, word):
    assert question[pronoun(question).start() :].startswith(word)


def test_where_no_word_stands_for_anything_none_is_found():
    assert pronoun("Who hosted Item 5?") is None


@pytest.mark.parametrize(
    "question",
    [
        "Who hosted the conference?",
        "When was the Office established?",
        "Who is Voronkov?",
        "What is G20?",
    ],
)
def test_a_question_that_names_its_subject_stands_alone(question):
    assert stands_alone(question, None)


@pytest.mark.parametrize(
    "question", ["Who hosted it?", "What happened?", "Why?", "And Chad?", "Who paid?", "Who pays?"]
)
def test_a_question_that_leans_or_names_no_subject_does_not(question):
    assert not stands_alone(question, None)


def test_a_time_is_no_subject():
    asked = "What happened in May 2018?"
    assert not stands_alone(asked, periods.asked(asked, DAY))
    asked = "Who is the President of France this year?"
    assert stands_alone(asked, periods.asked(asked, DAY))


@pytest.mark.parametrize(
    "question",
    ["And then?", "what next?", "Go on", "And what happened after that?", "Tell me more.", "More"],
)
def test_a_question_may_ask_for_no_more_than_what_comes_next(question):
    assert goes_on(question)
    assert leans(question)


@pytest.mark.parametrize("question", ["And then who spoke?", "Why?", "What happened then in Rome?"])
def test_a_question_that_asks_for_something_goes_not_merely_on(question):
    assert not goes_on(question)


def test_a_question_of_a_thousand_words_is_read_in_a_moment():
    assert leans("How many A " + "that there is it A " * 55 + "were hosted by their host?")
