"""Do the best passages answer the question? The one gate, last in line.

Four things are looked at, each of which means something: how well the best passage does by all
signals but its age, how far it is ahead of the next ones, how well one of the best speaks of every
word of the question (MaxSim), and which share of its telling words they have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eventqa import periods, terms
from eventqa.retrieve import Found, Question

# Only the best passages decide, however many are shown; the first is compared with some after it.
_DECIDING = 3
COMPARED = 6

READ = 10_000
"""Of a passage so many code points are looked at: a longer paragraph is hardly prose (1 of the
108,383 paragraphs of realtimeqa_2022 is), and what a question costs has a bound."""

# Logistic regression on clapnq_dev, realtimeqa_2022 and timeqa_human_train, every set and both
# outcomes weighing alike. AUROC on the whole of clapnq_dev .877, realtimeqa_2022 .980, mtrag_un_dev
# .795, timeqa_human_train .631; of the cosine alone .865, .926, .767, .540. Since then a time
# counts as one word, and benchmarks/gate.py would fit 5.40, .60, 1.45, .73, -6.72, as good (.907,
# .980, .844, .602 on halves held out). These stay, for in a small archive coverage tells more: of
# 15 questions that the shipped release answers and 12 that it does not the least and the most
# confidence are .31 and .18; with the others .29 and .26.
_FIT, _COVERAGE, _STRENGTH, _MARGIN, _CONSTANT = 5.66, 2.21, 1.64, 1.02, -8.75

GATE = 0.25
"""Least confidence of an answer.

Right answers / wrong answers / right refusals / wrong refusals at .25 and at .40: clapnq_dev
280/142/158/20 and 259/81/219/41, realtimeqa_2022 373/101/653/24 and 343/51/700/57, mtrag_un_dev as
asked 165/30/30/57 and 140/21/33/88, timeqa_human_train 806/318/9/38 and 764/260/42/105. A wrong
answer is still a true quotation, and small archives score lower, so the lower was taken.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best passages."""

    fit: float  # MaxSim of the best of them, -1..1
    best: int  # which one that is, from 0
    coverage: float  # 0..1, of the question's telling words
    strength: float  # of the first, as `Found.strength`
    margin: float  # by how much that is more than the mean of those after it; 0 if there is none

    @property
    def confidence(self) -> float:
        """0..1, higher when an answer is likelier. Not calibrated."""
        weighed = _FIT * self.fit + _COVERAGE * self.coverage
        weighed += _STRENGTH * self.strength + _MARGIN * self.margin + _CONSTANT
        return 1 / (1 + math.exp(-weighed))


def weigh(question: Question, found: Sequence[Found]) -> Evidence:
    """The evidence in at least one hit, best first; `COMPARED` of them are enough."""
    deciding = found[:_DECIDING]
    fits = [one.matched for one in deciding]
    asked = periods.timeless(question.text, question.period)
    wanted = {terms.stem(word) for word in terms.telling_words(asked)}
    near = [one.hit.passage for one in deciding]
    there = terms.stems(text for one in near for text in (one.text[:READ], one.release.title))
    held, all_of_it = len(wanted & there), len(wanted)
    if question.period:  # counts as one more word, whatever words it has
        held, all_of_it = held + is_of_time(deciding), all_of_it + 1
    first, *others = (one.strength for one in found[:COMPARED])
    return Evidence(
        fit=max(fits),
        best=fits.index(max(fits)),
        coverage=held / all_of_it if all_of_it else 1.0,
        strength=first,
        margin=first - sum(others) / len(others) if others else 0.0,
    )


def is_of_time(found: Sequence[Found]) -> bool:
    """Whether any passage speaks of the time in question, or its release is of it."""
    return any(one.signals.about > 0 for one in found)
