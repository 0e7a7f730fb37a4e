"""Whether a question leans on what was said before."""

import datetime as dt
import time

import pytest

from eventqa import periods
from eventqa.leaning import adds, goes_on, leans, names, pronoun, stands_alone

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
        *("What is the origin of its name?", "WHO HOSTED IT?", "What happened that day in Rome?"),
        *("Who organised that big conference?", "Who attended that conference in Dushanbe?"),
        *("What did MEPs say to them about their war?", "What does the EU think of their demands?"),
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
        "What did MEPs say about their war?",
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
    [
        "And then?",
        "what next?",
        "Go on",
        "And what happened after that?",
        "Tell me more.",
        "(and then…)",
    ],
)
def test_a_question_may_ask_for_no_more_than_what_comes_next(question):
    assert goes_on(question)
    assert leans(question)


@pytest.mark.parametrize("question", ["And then who spoke?", "Why?", "What happened then in Rome?"])
def test_a_question_that_asks_for_something_goes_not_merely_on(question):
    assert not goes_on(question)


@pytest.mark.parametrize(
    "part", ["that there is it A ", "How many A ", "the that ", "Mr A ", "and so ", "his her Bs "]
)
def test_the_longest_question_is_read_in_a_moment(part):
    question = (part * 1_000)[:1_000]
    leans(question)
    began = time.perf_counter()
    for read in (leans, goes_on, adds, pronoun):
        read(question)
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Did Voronkov meet Rahmon of G20?", ("Voronkov", "Rahmon", "G20")),
        ("Voronkov spoke in May 2018?", ()),
        ("WHO MET IN ROME?", ()),
        ("who is Élise?", ("Élise",)),
        ("Who Paid It In Rome?", ()),
        ("What did Ms. Holm and Mr Salo say?", ("Holm", "Salo")),
    ],
)
def test_names_are_told_by_their_capitals_and_figures(question, found):
    assert names(question, periods.asked(question, DAY)) == found


def test_a_question_that_begins_with_a_link_asks_as_much_as_without():
    assert stands_alone("And who is the president of France?", None)
    assert not stands_alone("And the president of France?", None)
    assert not stands_alone("And who is he?", None)


@pytest.mark.parametrize("question", ["And the bridge?", "What about hunger?", "So France?"])
def test_a_question_may_only_add_a_word(question):
    assert adds(question)


@pytest.mark.parametrize("question", ["And who met?", "The bridge?", "And its bridge?"])
def test_a_question_that_asks_or_leans_does_more_than_add_a_word(question):
    assert not adds(question)
