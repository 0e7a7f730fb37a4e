"""What was asked before, in whatever form a caller keeps it."""

import datetime as dt
from dataclasses import replace

import pytest
from desk import DUSHANBE, answered, hit, release, source

from eventqa.history import Turn, turns
from eventqa.types import Answer, Freshness, InvalidType, Period

FRESH = Freshness(1, 1, None, None, 1)
HIT = source()
MAY = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "May 2018", 16)
ANSWER = Answer("Who gathered in May 2018?", True, (HIT,), (), None, 0.5, FRESH, MAY)
REFUSED = Answer("Who left?", False, (), (HIT,), "Nobody knows.", 0.1, FRESH)
TIMELESS = replace(ANSWER, period=None)
SHOWN = HIT.passage.text
LINES = answered("Who?", hit(release("One line.\nAnd another.\n\nAnd one more.").passages[0]))
NOBODY = Turn("Who left?", refused=True)


def reply(text):
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], ()),
        (["Who\n gathered?"], (Turn("Who gathered?"),)),
        ([("Who?", "They.")], (Turn("Who?", "They."),)),
        ([["Who?", "They."]], (Turn("Who?", "They."),)),
        ([ANSWER], (Turn("Who gathered in May 2018?", SHOWN, DUSHANBE.id, MAY, True),)),
        ([ANSWER.to_dict()], turns([ANSWER])),
        ([TIMELESS.to_dict()], (replace(turns([ANSWER])[0], period=None),)),
        ([REFUSED], (NOBODY,)),
        ([REFUSED.to_dict(), {"role": "assistant", "content": "Nobody."}], (NOBODY,)),
        ([("Who left?", None), ("Who left?", str(REFUSED))], (NOBODY, NOBODY)),
        ([{"role": "user", "content": "Who left?"}, reply(str(REFUSED))], (NOBODY,)),
        ([("Who?", str(ANSWER))], (Turn("Who?", SHOWN),)),
        ([("Who?", str(LINES))], (Turn("Who?", LINES.hits[0].passage.text),)),
        ([["Who?"]], (Turn("Who?"),)),
        ([("Who?", "\n They. \n")], (Turn("Who?", "They."),)),
        (None, ()),
        ([("Who \ud800?", "They \ud800.")], (Turn("Who ??", "They ?."),)),
        (
            [
                {"role": "system", "content": "Be brief."},
                {"role": "human", "content": [{"type": "text", "text": "Who?"}, {"image": "…"}]},
                {"role": "assistant", "content": None, "tool_calls": []},
                {"role": "tool", "content": "{}"},
                {"role": "Assistant", "content": [{"type": "text", "text": "They."}]},
                {"role": "assistant", "content": None},
                {"role": "user", "content": [{"type": "image", "image": "…"}]},
                {"role": "user", "content": None},
            ],
            (Turn("Who?", "They."),),
        ),
        (
            [
                {"role": "assistant", "content": "Good morning."},
                {"role": "user", "content": "Who?"},
                {"role": "assistant", "content": "They."},
                {"speaker": "user", "text": "Where?"},
                {"speaker": "agent", "text": "There."},
            ],
            (Turn("Who?", "They."), Turn("Where?", "There.")),
        ),
    ],
)
def test_a_history_is_read_in_every_form_in_which_it_is_kept(history, expected):
    assert turns(history) == expected


@pytest.mark.parametrize(
    "one", [7, None, {}, ("a", "b", "c"), (1, 2), [], ("", "b"), b"who", {"answered": True}]
)
def test_what_is_no_turn_is_named_with_its_place(one):
    with pytest.raises(InvalidType) as caught:
        turns(["Who?", one])
    assert str(caught.value) == (
        f"history[1] is {one!r}. It must be an earlier question, an answer, a pair of question and "
        'words shown, or a message such as {"role": "user", "content": "…"}'
    )


def test_what_cannot_be_written_out_is_named_all_the_same():
    with pytest.raises(InvalidType, match=r"history\[0\] is a very large number"):
        turns([10**5_000])
    with pytest.raises(InvalidType, match=r"history\[0\] is too large to be written out"):
        turns([{"name": 10**5_000}])


BACKWARDS = {"start": "2019-01-01", "end": "2018-01-01"}


def test_a_time_told_in_other_words_than_the_question_has_none_of_its_words():
    told = ANSWER.to_dict() | {"period": {"start": "2018-05-01", "end": None, "words": "in spring"}}
    assert turns([told])[0].period == Period(dt.date(2018, 5, 1), None, "", 0)

    for nonsense in ({}, "May", {"start": "May"}, {"start": 7}, BACKWARDS):
        assert turns([told | {"period": nonsense}])[0].period is None


def test_of_a_very_long_history_the_last_fifty_turns_are_read_each_only_so_far():
    long = [(f"{number} {'x' * 2_000}", "y" * 20_000) for number in range(60)]

    found = turns(long)

    assert [turn.question[:2] for turn in found] == [str(number) for number in range(10, 60)]
    assert {(len(turn.question), len(turn.shown)) for turn in found} == {(1_000, 10_000)}


def test_an_answer_of_the_page_can_be_a_turn():
    assert turns([answered("Who?", HIT)])[0].shown == SHOWN
