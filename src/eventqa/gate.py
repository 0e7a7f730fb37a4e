"""Do the best passages answer the question? The one gate, last in line.

Three things are looked at, each of which means something: how near the nearest of the best passages
is (cosine), how well one of them speaks of every word of the question (MaxSim), and which share of
its telling words the passages have. The cosine alone cannot tell a question whose topic is here
from one whose answer is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eventqa import terms
from eventqa.retrieve import Found

# Only the nearest passages decide, however many are shown.
_DECIDING = 3

# Logistic regression by benchmarks/gate.py on one half of clapnq_dev, realtimeqa_2022,
# mtrag_un_dev and timeqa_human_train, every set and both outcomes weighing alike. AUROC on the
# other halves .887, .972, .771, .582. On the whole sets .881, .972, .777, .579; of the cosine
# alone .867, .948, .761, .555.
_COSINE, _FIT, _COVERAGE, _CONSTANT = 5.25, 3.28, 1.92, -6.47

GATE = 0.40
"""Least confidence of an answer. Right answers / wrong answers / right refusals / wrong refusals
at .40: clapnq_dev 254/76/224/46, realtimeqa_2022 285/255/596/15, mtrag_un_dev as asked
147/33/28/74, timeqa_human_train 447/594/30/100; at .50: 233/50/250/67, 276/172/663/40, 135/17/37/93
and 407/476/56/232. A wrong answer is still a true quotation, and small archives score lower, so
the lower of the two was taken."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the nearest passages."""

    cosine: float  # of the nearest, -1..1
    fit: float  # MaxSim of the best of them, -1..1
    best: int  # which one that is, from 0
    coverage: float  # 0..1, of the question's telling words

    @property
    def confidence(self) -> float:
        """0..1, higher when an answer is likelier. Not calibrated."""
        weighed = _COSINE * self.cosine + _FIT * self.fit + _COVERAGE * self.coverage + _CONSTANT
        return 1 / (1 + math.exp(-weighed))


def weigh(question: str, found: Sequence[Found]) -> Evidence:
    """The evidence in at least one hit, best first."""
    deciding = found[:_DECIDING]
    fits = [one.signals.fit for one in deciding]
    wanted = {terms.stem(word) for word in terms.telling_words(question)}
    near = [one.hit.passage for one in deciding]
    there = terms.stems(text for one in near for text in (one.text, one.release.title))
    return Evidence(
        cosine=max(one.signals.cosine for one in deciding),
        fit=max(fits),
        best=fits.index(max(fits)),
        coverage=len(wanted & there) / len(wanted) if wanted else 1.0,
    )
