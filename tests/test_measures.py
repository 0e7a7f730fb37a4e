"""The measures, against figures worked out by hand and against ir-measures."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventqa.measures import Found, Measures, Outcome, answers, by_type, judge, measure
from eventqa.questions import Evidence, Question
from eventqa.types import Answer, Freshness, Hit, Release

FRESHNESS = Freshness(releases=1, passages=1, newest=None, built_at=None, generation=1)


def passage(text, release="r"):
    return Release(release, release, None, text, ((0, len(text)),)).passages[0]


def question(*evidence, id="q", type=""):
    texts = tuple(Evidence(*one) for one in evidence)
    return Question(id, "Who?", bool(texts), texts, type)


def answer(*passages, confidence=0.5, refused=False):
    hits = tuple(Hit(one, 0.5) for one in passages)
    reason = "Nothing is near" if refused or not hits else None
    sources, nearest = ((), hits) if reason else (hits, ())
    return Answer("Who?", not reason, sources, nearest, reason, confidence, FRESHNESS)


def outcome(passage=None, *, type="", answerable=True, answered=True, confidence=0.5, ms=1.0):
    return Outcome("q", type, answerable, answered, confidence, passage, passage, ms)


@pytest.mark.parametrize(
    ("text", "evidence", "found"),
    [
        ("Tajikistan hosted it.", "Tajikistan hosted it.", True),
        ("In May, Tajikistan hosted it twice.", "Tajikistan hosted it.", True),  # holds it
        ("Tajikistan", "Tajikistan hosted it.", True),  # lies inside it
        ("TAJIKISTAN hosted —\n it", "tajikistan “hosted” it!", True),
        ("The co-host's flag", "the cohosts flag", True),
        ("snake_case", "SnakeCase", True),
        ("Tajikistan hosted them.", "Tajikistan hosted it.", False),
        ("…", "Tajikistan hosted it.", False),  # no words lie inside everything
        ("Anything at all", "", True),
    ],
)
def test_a_passage_answers_when_it_holds_or_lies_inside_the_evidence(text, evidence, found):
    assert answers(passage(text), question(("r", evidence))) is found


def test_the_same_words_in_another_release_do_not_answer():
    asked = question(("r", "Tajikistan hosted it."), ("s", ""))

    assert not answers(passage("Tajikistan hosted it.", "other"), asked)
    assert answers(passage("Anything", "s"), asked)
    assert not answers(passage("Anything", "r"), asked)


def test_the_rank_is_that_of_the_first_passage_that_answers():
    asked = question(("r", "Tajikistan hosted it."))
    given = answer(
        passage("Tajikistan hosted it.", "other"),
        passage("It rained.", "r"),
        passage("Tajikistan hosted it.", "r"),
        passage("Tajikistan", "r"),
    )

    judged = judge(asked, given, 12.5)

    assert (judged.passage, judged.document, judged.milliseconds) == (3, 2, 12.5)


def test_a_refusal_is_ranked_by_what_came_nearest():
    asked = question(("r", "Tajikistan hosted it."))

    found = judge(asked, answer(passage("It rained."), passage("Tajikistan"), refused=True), 1)
    empty = judge(asked, answer(refused=True), 1)

    assert (found.answered, found.passage) == (False, 2)
    assert (empty.answered, empty.passage, empty.document) == (False, None, None)


def test_six_questions_worked_by_hand():
    right, other = passage("Tajikistan hosted it."), passage("It rained.", "other")
    near = passage("It rained.", "r")  # of the document, but not the words
    known, unknown = question(("r", "Tajikistan hosted it."), type="host"), question(type="open")
    asked = [
        (known, answer(right, other, confidence=0.9)),
        (known, answer(*[other] * 4, near, right, confidence=0.8)),
        (known, answer(other, right, confidence=0.3, refused=True)),
        (known, answer(other, other, near, confidence=0.6)),
        (unknown, answer(other, confidence=0.3, refused=True)),
        (unknown, answer(other, confidence=0.7)),
    ]
    outcomes = [judge(*pair, 10.0 * at) for at, pair in enumerate(asked, start=1)]

    assert measure(outcomes) == Measures(
        questions=6,
        answerable=4,
        passage=Found(1 / 4, 2 / 4, 3 / 4, pytest.approx((1 + 1 / 6 + 1 / 2 + 0) / 4)),
        document=Found(1 / 4, 1, 1, pytest.approx((1 + 1 / 5 + 1 / 2 + 1 / 3) / 4)),
        answered_right=1,
        answered_wrong=3,  # rank 6, never, and the one nobody can answer
        refused_right=1,
        refused_wrong=1,
        # .9 and .8 beat both .3 and .7; .6 beats .3; .3 ties with .3, which counts half: 5.5 of 8.
        auroc=pytest.approx(5.5 / 8),
        p50=35,
        p95=pytest.approx(57.5),
    )
    assert {name: (some.questions, some.auroc) for name, some in by_type(outcomes).items()} == {
        "host": (4, None),
        "open": (2, None),
    }


@pytest.mark.parametrize("rank", [5, 6, 10, 11])
def test_ranks_count_up_to_their_depth_and_no_further(rank):
    found = measure([outcome(rank)]).passage

    assert (found.at_1, found.at_5, found.at_10) == (0, rank <= 5, rank <= 10)
    assert found.mrr == (1 / rank if rank <= 10 else 0)


def test_unanswerable_questions_count_in_no_share_of_found():
    measures = measure([outcome(1), outcome(answerable=False), outcome(2, answerable=False)])

    assert (measures.questions, measures.answerable) == (3, 1)
    assert measures.passage == Found(1, 1, 1, 1)
    assert (measures.answered_right, measures.answered_wrong) == (1, 2)


def test_without_answerable_questions_nothing_can_be_found():
    measures = measure([outcome(answerable=False, answered=False)])

    assert (measures.passage, measures.document, measures.auroc) == (None, None, None)
    assert measures.refused_right == 1


def test_confidence_that_never_differs_tells_nothing():
    assert measure([outcome(1), outcome(2), outcome(answerable=False)]).auroc == 0.5


def test_confidence_the_wrong_way_round_is_worse_than_chance():
    outcomes = [outcome(1, confidence=0.1), outcome(answerable=False, confidence=0.2)]

    assert measure(outcomes).auroc == 0


def test_a_type_seen_once_has_measures_of_its_own_and_the_order_is_that_of_the_questions():
    outcomes = [outcome(1, type="b"), outcome(2, type="a"), outcome(None, type="b")]

    types = by_type(outcomes)

    assert list(types) == ["b", "a"]
    assert (types["a"].questions, types["a"].passage) == (1, Found(0, 1, 1, 0.5))
    assert types["b"].passage == Found(0.5, 0.5, 0.5, 0.5)


def test_nothing_asked_is_nothing_to_measure():
    with pytest.raises(ValueError, match="no question was asked"):
        measure([])


def test_the_values_for_json_are_rounded_and_plain():
    values = measure([outcome(3, ms=1.23456)]).to_dict()

    assert values["passage"] == {"at_1": 0.0, "at_5": 1.0, "at_10": 1.0, "mrr": 0.3333}
    assert (values["p50"], values["auroc"], values["answered_right"]) == (1.2346, None, 1)


@given(st.lists(st.none() | st.integers(1, 30), min_size=1, max_size=30))
def test_the_shares_are_those_of_ir_measures(ranks):
    ir_measures = pytest.importorskip("ir_measures")
    wanted = [ir_measures.Success @ 1, ir_measures.Success @ 5, ir_measures.Success @ 10]
    wanted.append(ir_measures.RR @ 10)
    qrels = {str(number): {"right": 1} for number in range(len(ranks))}
    run = {
        str(number): {"right" if at == rank else f"wrong {at}": -float(at) for at in range(1, 31)}
        for number, rank in enumerate(ranks)
    }

    theirs = ir_measures.calc_aggregate(wanted, qrels, run)

    ours = measure([outcome(rank) for rank in ranks]).passage
    assert [theirs[one] for one in wanted] == pytest.approx(
        [ours.at_1, ours.at_5, ours.at_10, ours.mrr]
    )


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=2))
def test_auroc_is_the_share_of_pairs_in_the_right_order(pairs):
    known = [confidence for answerable, confidence in pairs if answerable]
    unknown = [confidence for answerable, confidence in pairs if not answerable]
    outcomes = [
        outcome(1, answerable=answerable, confidence=confidence) for answerable, confidence in pairs
    ]

    ours = measure(outcomes).auroc

    wins = sum((a > b) + (a == b) / 2 for a in known for b in unknown)
    expected = wins / (len(known) * len(unknown)) if known and unknown else None
    assert ours is None if expected is None else math.isclose(ours, expected)
