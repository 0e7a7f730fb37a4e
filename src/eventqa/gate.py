"""Do the best passages answer the question? The one gate, last in line.

Four things are looked at, each of which means something: how well the best passage does by all
signals but its age, how far it is ahead of the next ones, how well one of the best speaks of every
word of the question (MaxSim), and which share of its telling words they have. Where the question
names a time, and the best passages and their releases are all of others, that is never enough.

What each of them counts, and how much is enough, is in a file of its own (`calibration`). How well
that tells answerable from unanswerable questions, and what else was tried and left out, is in
`benchmarks/README.md`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from operator import mul
from typing import NamedTuple, Self

from eventqa import periods, terms
from eventqa.leaning import names, stands_alone
from eventqa.retrieve import Found, Question
from eventqa.types import Sureness

# Only the best passages decide, however many are shown. The first is compared with those from the
# sixth on: that it is no better than the second may only mean that both answer.
_DECIDING = 3
_RIVALS = 5
_TIMELY = 6  # one of so many must be of the time in question
COMPARED = 20
"""So many passages are looked at, if there are so many."""

READ = 10_000
"""Of a passage so many code points are looked at: a longer paragraph is hardly prose (1 of the
108,383 paragraphs of realtimeqa_2022 is), and what a question costs has a bound."""

# What is left of an answer's confidence when it is of another time or person than asked for.
_UNFITTING = 0.2


class Weights(NamedTuple):
    """What each part of the evidence counts: the coefficients of a logistic regression."""

    fit: float
    coverage: float
    strength: float
    margin: float
    constant: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best passages."""

    fit: float  # MaxSim of the best of them, -1..1
    coverage: float  # 0..1, of the question's telling words
    strength: float  # of the first, as `Found.strength`
    margin: float  # by how much that is more than the mean of those far behind; 0 if it is alone
    timely: bool  # whether any of the best may be of the time in question
    named: bool = True  # whether they have the names that the talk is about

    @classmethod
    def from_dict(cls, values: Mapping[str, float]) -> Self:
        """The evidence that `to_dict` wrote down."""
        *parts, timely, named = (values.get(one.name, True) for one in fields(cls))
        return cls(*parts, timely=bool(timely), named=bool(named))

    def confidence(self, weights: Weights) -> float:
        """0..1, higher when an answer is likelier; little if untimely or of somebody else."""
        weighed = sum(map(mul, (*self.parts, 1.0), weights))
        return (1.0 if self.fitting else _UNFITTING) / (1 + math.exp(-weighed))

    @property
    def fitting(self) -> bool:
        """Whether they may be of the time and of the names in question."""
        return self.timely and self.named

    @property
    def parts(self) -> tuple[float, ...]:
        """What is weighed, in the order of the weights."""
        return (self.fit, self.coverage, self.strength, self.margin)

    def to_dict(self) -> dict[str, float]:
        """The evidence as plain JSON values."""
        return {
            name: value if isinstance(value, bool) else round(value, 4)
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """How sure an answer must be."""

    weights: Weights
    least: float  # confidence
    risk: float | None = None  # the share of wrong answers that is promised to be kept to
    strong: float | None = None  # from this confidence an answer is; None: not proved
    fair: float | None = None

    def lets(self, evidence: Evidence) -> bool:
        """Whether the passages that it speaks for are an answer."""
        return evidence.fitting and evidence.confidence(self.weights) >= self.least

    def sureness(self, confidence: float) -> Sureness | None:
        """How sure an answer of this confidence is, or None where nothing was proved."""
        if self.strong is not None and confidence >= self.strong:
            return Sureness.STRONG
        if self.fair is not None and confidence >= self.fair:
            return Sureness.FAIR
        return None if self.strong is self.fair is None else Sureness.WEAK


def decisive(
    question: Question, found: Sequence[Found], alone: Sequence[Found], weights: Weights
) -> Evidence:
    """The evidence in what a question finds, with what it takes over.

    What stands alone must be enough as asked, too: "Who is the president of France?" would else be
    answered by the president spoken of before. So must what has no word there, or not each of its
    names in the first passage: "And France?", "Did he meet the president of France?".

    Args:
        alone: what it finds as asked, if it takes anything over.
    """
    evidence = weigh(question, found)
    if not alone:
        return evidence
    text, period = question.text, question.period
    if not set(map(terms.stem, question.unknown)) <= said(found):
        return replace(evidence, named=False)
    named = set(map(terms.stem, names(text, period))) <= said(found[:1])
    if evidence.coverage and named and not stands_alone(text, period):
        return evidence
    as_asked = weigh(replace(question, carried=()), alone)
    return min(evidence, as_asked, key=lambda one: one.confidence(weights))


def said(found: Sequence[Found]) -> frozenset[str]:
    """The stems of what the deciding ones of some passages, and their titles, say."""
    near = [one.hit.passage for one in found[:_DECIDING]]
    return terms.stems(text for one in near for text in (one.text[:READ], one.release.title))


def weigh(question: Question, found: Sequence[Found]) -> Evidence:
    """The evidence in at least one hit, best first; `COMPARED` of them are enough."""
    deciding = found[:_DECIDING]
    asked = periods.timeless(question.text, question.period)
    own = terms.telling_words(asked)
    there = said(found)
    # Of "And France?" that one word must be there, and not only what it is read with.
    carried = terms.telling_words(" ".join(question.carried))
    wanted = [words for words in (own, (*own, *carried)) if words]
    first, *others = (one.strength for one in found[:COMPARED])
    others = others[_RIVALS - 1 :] or others
    return Evidence(
        fit=max(one.matched for one in deciding),
        coverage=min((_covered(words, there) for words in wanted), default=0.0),
        strength=first,
        margin=first - sum(others) / len(others) if others else 0.0,
        timely=any(one.timely for one in found[:_TIMELY]),
    )


def _covered(words: Sequence[str], there: Collection[str]) -> float:
    """The share of some words whose stems are there."""
    wanted = set(map(terms.stem, words))
    return sum(stem in there for stem in wanted) / len(wanted)
