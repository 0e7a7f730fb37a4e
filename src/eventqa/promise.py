"""How sure an answer must be so that few answers are wrong: a promise, proved by judged questions.

An answer is wrong when none of its sources answers the question. For one threshold, chosen before
the questions are looked at, the number of wrong ones among those answered is binomial, and Clopper
and Pearson (1934) tell how likely so few would be if the true share were higher than promised. Many
thresholds are tested on the same questions by fixed-sequence testing, as in Learn then Test
(Angelopoulos, Bates, Candès, Jordan and Lei 2021): from one that other questions call safest down,
up to the first that fails. So with the certainty below not one of those that pass breaks the
promise, and the lowest of them answers most.

The promise is for questions like those it was proved by, asked of a corpus like theirs.
"""

# scipy is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CERTAINTY = 0.95
"""How likely a promise holds, over the draw of the questions that it was proved by."""

RISKS = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30)
"""The shares of wrong answers that a promise is tried for."""

Counts = NDArray[np.int64]

_THRESHOLDS = np.arange(1, 100) / 100


@dataclass(frozen=True, slots=True)
class Judged:
    """How sure an answer was, 0..1, and whether it would have been wrong."""

    confidence: float
    wrong: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """At most this share of the answers that are as sure as this has no answering source."""

    risk: float
    least: float  # confidence
    answered: int  # of the questions that proved it
    wrong: int  # of these answers


def fewest(risk: float) -> int:
    """How many answers must be judged, all of them right, before a promise can be proved."""
    return math.ceil(math.log(1 - CERTAINTY) / math.log(1 - risk))


def prove(risk: float, choosing: Sequence[Judged], proving: Sequence[Judged]) -> Promise | None:
    """The promise that answers most, or None if these questions prove none.

    Args:
        risk: over 0, under 1.
        choosing: questions that tell with which threshold to begin.
        proving: others, drawn alike.
    """
    likely = chances(risk, *_counted(choosing))
    answered, wrong = _counted(proving)
    passes = chances(risk, answered, wrong) <= 1 - CERTAINTY
    # Where many are as safe it begins with the strictest.
    first = int(np.flatnonzero(likely == likely.min())[-1])
    failing = np.flatnonzero(~passes[: first + 1])
    last = int(failing[-1]) + 1 if len(failing) else 0
    if last > first:
        return None
    return Promise(risk, float(_THRESHOLDS[last]), int(answered[last]), int(wrong[last]))


def chances(risk: float, answered: Counts, wrong: Counts) -> NDArray[np.float64]:
    """How likely no more of the answers would be wrong if the share of wrong ones were `risk`.

    The upper end of the interval of Clopper and Pearson is at most `risk` where this is
    1 - CERTAINTY or less; so a promise that does not hold passes no more often than that.
    """
    from scipy.stats import binom

    return np.where(answered > 0, binom.cdf(wrong, answered, risk), 1.0)


def _counted(judged: Sequence[Judged]) -> tuple[Counts, Counts]:
    """At each threshold, how many questions are answered, and how many of these wrongly."""
    sure = np.array([one.confidence for one in judged], np.float64)[:, None] >= _THRESHOLDS
    wrong = np.array([one.wrong for one in judged], bool)[:, None]
    return sure.sum(axis=0), (sure & wrong).sum(axis=0)
