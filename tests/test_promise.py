"""A promise: its arithmetic, against an interval of scipy and by simulation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from eventqa.promise import Judged, chances, fewest, prove


def judged(*pairs):
    return [Judged(confidence, wrong) for confidence, wrong in pairs]


def drawn(random, size, slope=6.0):
    """Questions whose answers are the likelier wrong the less sure they are."""
    sure = random.uniform(0, 1, size)
    wrong = random.uniform(0, 1, size) < np.exp(-slope * sure)
    return [Judged(float(c), bool(w)) for c, w in zip(sure, wrong, strict=True)]


def chance(risk, answered, wrong):
    return float(chances(risk, np.array([answered]), np.array([wrong]))[0])


def true_risk(least, slope=6.0):
    """The share of wrong answers among those at least so sure, by integration."""
    return (np.exp(-slope * least) - np.exp(-slope)) / (slope * (1 - least))


@pytest.mark.parametrize(
    ("risk", "count"), [(0.01, 299), (0.05, 59), (0.10, 29), (0.20, 14), (0.5, 5)]
)
def test_so_many_right_answers_prove_a_promise_and_one_fewer_do_not(risk, count):
    assert fewest(risk) == count
    assert chance(risk, count, 0) <= 0.05 < chance(risk, count - 1, 0)


@pytest.mark.parametrize(("answered", "wrong"), [(59, 0), (93, 1), (181, 4), (60, 1), (300, 12)])
def test_what_passes_is_what_the_interval_of_clopper_and_pearson_keeps_under_the_risk(
    answered, wrong
):
    upper = binomtest(wrong, answered, alternative="less").proportion_ci(0.95, "exact").high

    assert (chance(0.05, answered, wrong) <= 0.05) == (upper <= 0.05)


def test_without_answers_nothing_is_proved():
    assert chance(0.05, 0, 0) == 1.0
    assert prove(0.05, [], []) is None


def test_too_few_questions_prove_nothing_however_right_they_are():
    right = judged(*[(0.9, False)] * 58)

    assert prove(0.05, right, right) is None
    assert prove(0.05, right, [*right, *judged((0.9, False))]).answered == 59


def test_the_promise_is_the_lowest_threshold_that_passes():
    some = judged(*[(0.9, False)] * 100, *[(0.5, False)] * 100, *[(0.2, True)] * 100)

    promise = prove(0.05, some, some)

    assert (promise.risk, promise.answered, promise.wrong) == (0.05, 200, 0)
    assert promise.least == 0.21


def test_what_lies_below_the_first_threshold_that_fails_is_never_reached():
    # At .7 nine of 109 are wrong; further down they would drown in right ones.
    proving = judged(*[(0.9, False)] * 100, *[(0.7, True)] * 9, *[(0.5, False)] * 900)

    assert prove(0.05, judged(*[(0.9, False)] * 100, *[(0.8, True)] * 100), proving).least == 0.71


def test_it_begins_where_other_questions_say_and_not_where_these_look_safest():
    choosing = judged(*[(0.5, False)] * 100)
    proving = judged(*[(0.9, False)] * 100, *[(0.4, True)] * 100)

    # All that the choosing questions answer they answer rightly, from .5 down to nothing.
    assert prove(0.05, choosing, proving).least == 0.41
    assert prove(0.05, judged(*[(0.3, False)] * 100), proving) is None


@pytest.mark.parametrize(("risk", "slope"), [(0.05, 6.0), (0.10, 6.0), (0.20, 3.0)])
def test_no_more_than_one_promise_in_twenty_is_broken(risk, slope):
    random = np.random.default_rng(20181105)
    questions = (drawn(random, 600, slope) for _ in range(2000))
    promises = [prove(risk, choosing, next(questions)) for choosing in questions]
    made = [one for one in promises if one]
    broken = sum(true_risk(one.least, slope) > risk for one in made)

    assert len(made) > 900
    # 1 in 20 of 1,000, and what chance adds to that once in a thousand tests.
    assert broken <= 50 + 3.1 * np.sqrt(1000 * 0.05 * 0.95)
    assert broken > 0  # a promise that is never broken refuses more than it needs to


def test_a_threshold_chosen_by_the_very_questions_that_prove_it_would_break_more():
    """Why the questions are split: the lowest threshold that looks safe is often not."""
    random = np.random.default_rng(7)
    broken = 0
    for _ in range(300):
        some = drawn(random, 600)
        sure = np.array([one.confidence for one in some])
        wrong = np.array([one.wrong for one in some])
        safe = [t / 100 for t in range(1, 90) if wrong[sure >= t / 100].mean() <= 0.05]
        broken += true_risk(min(safe)) > 0.05

    assert broken > 60
