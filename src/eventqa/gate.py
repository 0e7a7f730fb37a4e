"""Do the best passages answer the question? The one gate, last in line.

Four things are looked at, each of which means something: how well the best passage does by all
signals but its age, how far it is ahead of the next ones, how well one of the best speaks of every
word of the question (MaxSim), and which share of its telling words they have. Where the question
names a time, and the best passages and their releases are all of others, that is never enough.
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

# Logistic regression on realtimeqa_2022, timeqa_human_train and clapnq_dev, every set and both
# outcomes weighing alike (`python benchmarks/gate.py FOLDER`, 24 November 2026). AUROC on these,
# and on mtrag_un_dev, which was not fitted on:
#                       realtimeqa_2022  timeqa_human_train  clapnq_dev  mtrag_un_dev
#   fitted on the whole      .984              .641             .881         .803
#   on the other half        .982              .634             .877
#   of the fit alone         .965              .543             .887         .834
# Tried with these and left out, five-fold, for they brought nothing: the fit with each word
# weighing by its rarity, the worst matched word, coverage weighed by rarity, the cosine.
_FIT, _COVERAGE, _STRENGTH, _MARGIN, _CONSTANT = 2.65, 1.26, 2.53, 1.81, -7.42

GATE = 0.21
"""Least confidence of an answer.

The highest, in hundredths, that refuses no more than 1 in 20 of the answerable questions of any set
that the weights were fitted on: a wrong answer is still a true quotation, and small archives score
lower. Right answers / wrong answers / right refusals / wrong refusals at it and at .40:
realtimeqa_2022 381/120/634/16 and 339/40/709/63, timeqa_human_train 821/321/10/19 and
763/258/47/103, clapnq_dev 286/152/148/14 and 258/68/232/42, mtrag_un_dev as asked 173/30/29/50 and
134/17/36/95 (`python benchmarks/gate.py FOLDER`).
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best passages."""

    fit: float  # MaxSim of the best of them, -1..1
    coverage: float  # 0..1, of the question's telling words
    strength: float  # of the first, as `Found.strength`
    margin: float  # by how much that is more than the mean of those after it; 0 if there is none
    timely: bool  # whether any of the best may be of the time in question

    @property
    def confidence(self) -> float:
        """0..1, higher when an answer is likelier; under `GATE` if untimely. Not calibrated."""
        weighed = _FIT * self.fit + _COVERAGE * self.coverage
        weighed += _STRENGTH * self.strength + _MARGIN * self.margin + _CONSTANT
        return (1.0 if self.timely else GATE) / (1 + math.exp(-weighed))


def weigh(question: Question, found: Sequence[Found]) -> Evidence:
    """The evidence in at least one hit, best first; `COMPARED` of them are enough."""
    deciding = found[:_DECIDING]
    asked = periods.timeless(question.text, question.period)
    wanted = {terms.stem(word) for word in terms.telling_words(asked)}
    near = [one.hit.passage for one in deciding]
    there = terms.stems(text for one in near for text in (one.text[:READ], one.release.title))
    first, *others = (one.strength for one in found[:COMPARED])
    return Evidence(
        fit=max(one.matched for one in deciding),
        coverage=len(wanted & there) / len(wanted) if wanted else 0.0,
        strength=first,
        margin=first - sum(others) / len(others) if others else 0.0,
        timely=any(one.timely for one in found[:COMPARED]),
    )
