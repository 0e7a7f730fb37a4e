"""What is asked, checked."""

import datetime as dt

import pytest

from eventqa.history import Turn
from eventqa.request import LONGEST_QUESTION, MOST_HITS, Request, check, check_promised
from eventqa.types import EventQAError, InvalidInput, InvalidType

QUESTION = "Who hosted the conference?"
FIFTH = dt.date(2018, 5, 5)


def asked(
    question=QUESTION, k=5, since=None, until=None, asked_on=None, history=(), time=True
) -> Request:
    return check(question, k, since, until, asked_on, history, time)


def refused(kind: type[InvalidInput] = InvalidInput, **values) -> str:
    with pytest.raises(kind) as caught:
        asked(**values)
    assert isinstance(caught.value, EventQAError)
    assert len(str(caught.value)) < 200
    return str(caught.value)


def test_a_good_request_is_passed_on():
    request = asked(since="2018-05-05", until=dt.date(2018, 5, 6), history=["earlier"])
    assert request == Request(
        QUESTION, 5, FIFTH, dt.date(2018, 5, 6), None, (Turn("earlier"),), True
    )


@pytest.mark.parametrize("time", [True, False])
def test_time_counts_or_does_not(time):
    assert asked(time=time).time is time


@pytest.mark.parametrize("time", [None, 0, 1, "yes", dt.time(5)])
def test_a_time_that_is_neither_true_nor_false_is_an_error_that_shows_it(time):
    assert refused(InvalidType, time=time) == (
        f"time is {time!r}, it must be True, False, or the first and the last day"
    )


@pytest.mark.parametrize(
    "question", ["", " ", "\n\t", "?!…", "—", "\0\x1b", "\ud800", "😀", "\u200b"]
)
def test_a_question_without_a_word_is_an_error_that_shows_it(question):
    assert refused(question=question) == (
        f"the question {question!r} has no word in it. Write what you want to know"
    )


@pytest.mark.parametrize("question", ["é", "会", "5", "о"])
def test_one_letter_or_digit_of_any_script_is_a_word(question):
    assert asked(question).question == question


def test_a_question_too_long_is_an_error_with_both_lengths():
    assert refused(question="a" * 100_000) == (
        "the question has 100,000 characters, at most 1,000 are allowed. "
        "Ask for one thing at a time"
    )
    assert asked("a" * LONGEST_QUESTION).question == "a" * 1000


def test_control_characters_and_broken_ones_become_spaces():
    assert asked("Who\0hosted\x1b\r\nthe \ud83d conference?").question == QUESTION


@pytest.mark.parametrize("question", [None, 5, b"Who?", ["Who?"], True])
def test_a_question_that_is_no_text_is_an_error_that_shows_it(question):
    assert refused(InvalidType, question=question) == (
        f"the question is {question!r}, it must be text"
    )


@pytest.mark.parametrize("k", [0, -3, 1001, 1_000_000, -(10**12)])
def test_k_out_of_range_is_an_error_with_the_range(k):
    assert refused(k=k) == f"k is {k}, a whole number from 1 to 1,000 is allowed"


@pytest.mark.parametrize("k", [True, False, 2.0, 2.5, float("nan"), "5", None, [5], dt.date.min])
def test_k_of_another_type_is_an_error_that_shows_it(k):
    assert refused(InvalidType, k=k) == f"k is {k!r}, a whole number from 1 to 1,000 is allowed"


@pytest.mark.parametrize("k", [10**5000, -(10**5000)], ids=["huge", "minus huge"])
def test_a_k_too_large_to_be_written_out_is_an_error(k):
    assert refused(k=k) == "k is a very large number, a whole number from 1 to 1,000 is allowed"


@pytest.mark.parametrize("k", [1, 5, MOST_HITS])
def test_k_within_the_range_is_taken(k):
    assert asked(k=k).k == k


@pytest.mark.parametrize(
    "value",
    ["2018-05-05", " 5 May 2018 ", "May 5, 2018", FIFTH, dt.datetime(2018, 5, 5, 23, 59)],
)
@pytest.mark.parametrize("name", ["since", "until", "asked_on"])
def test_a_day_may_be_a_date_or_text(name, value):
    day = getattr(asked(**{name: value}), name)
    assert day == FIFTH and type(day) is dt.date


@pytest.mark.parametrize("value", [None, ""])
def test_a_day_may_be_left_open(value):
    assert asked(since=value, until=value).since is None


@pytest.mark.parametrize(
    "value",
    [
        "5/4/2018",
        "31 April 2018",
        "2018-02-30",
        "2018-13-01",
        "last week",
        "2018",
        "0",
        "\ud800",
        " ",
    ],
)
@pytest.mark.parametrize("name", ["since", "until", "asked_on"])
def test_text_that_names_no_one_day_is_an_error_that_shows_it(name, value):
    assert refused(**{name: value}) == (
        f"{name} is {value!r}, which names no one day. Write 2018-05-05"
    )


def test_a_very_long_day_is_shown_short():
    assert refused(since="2018-05-05 " * 10_000).startswith("since is '2018-05-05 2018")


@pytest.mark.parametrize("value", [2018, 20180505, 1.5, True, False, b"2018-05-05", dt.time(5)])
def test_a_day_of_another_type_is_an_error_that_shows_it(value):
    assert refused(InvalidType, until=value) == (
        f"until is {value!r}, it must be a date or text such as 2018-05-05"
    )


def test_since_after_until_is_an_error_with_both():
    assert refused(since="2018-05-06", until="5 May 2018") == (
        "since 2018-05-06 is after until 2018-05-05: no release can be dated between"
    )
    assert asked(since=FIFTH, until=FIFTH).until == FIFTH


@pytest.mark.parametrize("history", ["earlier", b"earlier", bytearray(b"x"), 5, {"a": 1}, {"a"}])
def test_a_history_that_is_no_list_is_an_error_that_shows_it(history):
    assert refused(InvalidType, history=history) == (
        f"history is {history!r}, it must be a list of earlier questions"
    )


def test_days_given_as_the_time_count_in_place_of_what_the_question_names():
    request = asked(time=("2018-05-01", dt.date(2018, 5, 31)))
    assert request.time is True
    assert request.days == (dt.date(2018, 5, 1), dt.date(2018, 5, 31))
    assert asked(time=True).days is asked(time=False).days is None


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ((None, None), "time has neither a first nor a last day"),
        (("2018-05-02", "2018-05-01"), "time begins on 2018-05-02, after 2018-05-01"),
        (("soon", None), "time is 'soon', which names no one day"),
        (("2018-05-02",), "it must be True, False, or the first and the last day"),
    ],
)
def test_days_that_are_no_period_are_an_error_that_says_so(time, message):
    with pytest.raises(InvalidInput, match=message):
        asked(time=time)


def test_no_promise_is_kept_where_days_are_given():
    with pytest.raises(InvalidInput, match="time is not left to the question"):
        check_promised(asked(time=("2018-05-01", None)))
