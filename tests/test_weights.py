"""The weights that `benchmarks/weights.py` fits, on questions whose best weights are known."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from weights import Ranked, fitted, held_out

from eventqa.signals import WEIGHTS, Signals

RULES = [Signals._fields.index(name) for name in ("asks", "boilerplate")]  # not fitted
TRUE = np.zeros(len(Signals._fields))
TRUE[[0, 5]] = 3.0, 9.0


def made(seed: int, count: int) -> list[Ranked]:
    """Questions of ten passages, one of which is right by the chances that true weights give."""
    rng = np.random.default_rng(seed)
    questions: list[Ranked] = []
    for at in range(count):
        signals = rng.random((10, len(TRUE)))
        signals[:, RULES] = 0.0
        chances = np.exp(signals @ TRUE)
        right = np.arange(10) == rng.choice(10, p=chances / chances.sum())
        questions.append(Ranked(signals, right, at % 2 == 0))
    return questions


def test_the_fitted_weights_are_those_that_made_the_questions():
    weights = fitted({"a": made(1, 1500), "b": made(2, 1500)}, {"a": 1, "b": 3})

    assert weights.sum() == pytest.approx(sum(WEIGHTS))
    assert weights[RULES].tolist() == [WEIGHTS.asks, WEIGHTS.boilerplate]
    others = np.delete(weights, RULES)
    assert (others >= 0).all()
    assert others / others.sum() == pytest.approx(np.delete(TRUE, RULES) / TRUE.sum(), abs=0.03)


def test_a_set_without_a_share_and_a_question_without_an_answer_change_nothing():
    sets = {"a": made(1, 200), "b": made(2, 50)}
    alone = fitted(sets, {"a": 1})
    sets["a"].append(Ranked(np.ones((3, len(TRUE))), np.zeros(3, bool), False))

    assert fitted({"a": sets["a"]}, {"a": 1}) == pytest.approx(alone, abs=1e-3)


def test_every_question_is_placed_once_by_weights_of_the_other_half():
    questions = made(3, 101)
    placed = held_out({"a": questions}, {"a": 1})["a"]

    assert len(placed) == 101
    assert sum(apart for _, apart in placed) == 51
    by_truth = [one.place(TRUE) for one in questions]
    assert np.mean([place for place, _ in placed]) == pytest.approx(np.mean(by_truth), abs=0.3)


def test_the_place_is_that_of_the_first_right_passage_and_ties_keep_their_order():
    signals = np.zeros((4, len(TRUE)))
    signals[:, 0] = [1, 3, 2, 3]
    ranked = Ranked(signals, np.array([False, False, True, True]), False)

    assert ranked.place(TRUE) == 1
    assert Ranked(signals, np.zeros(4, bool), False).place(TRUE) is None
    assert Ranked(signals[:0], np.zeros(0, bool), False).place(TRUE) is None
