"""How good answers are: found at what rank, rightly answered or refused, how quickly. Pure.

A passage is found when it contains, or lies inside, an evidence text of the same release, after
lower-casing and dropping punctuation; so is one whose hit names it as a copy. A document is found
with any passage of it.

Of the field's libraries, ir-measures (0.4.3) computes the same Success@k and RR@10 and is what the
tests compare with. It is not used here because pytrec_eval-terrier, which it cannot do without, has
no wheel for Linux on ARM: installing eventqa there would need a C compiler, for three sums. ranx
brings numba, matplotlib and pandas. The one measure that is easy to get wrong, AUROC, is
scikit-learn's.
"""

# scikit-learn is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from eventqa.questions import Question
from eventqa.types import Answer, Hit, Passage

DEEP = 10
"""How far down a list a reader looks; MRR counts nothing below."""

_SEEN = 5  # an answer is right when one of its first passages answers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question."""

    id: str
    type: str
    answerable: bool
    answered: bool
    confidence: float
    passage: int | None  # rank of the first answering passage, 1-based; None: not returned
    document: int | None  # rank of the first passage of an answering document
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether answering, or refusing, was right."""
        if not self.answered:
            return not self.answerable
        return self.answerable and self.passage is not None and self.passage <= _SEEN

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        return {
            **asdict(self),
            "confidence": round(self.confidence, 4),
            "milliseconds": round(self.milliseconds, 2),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """Shares, 0..1, of the answerable questions, those that were refused included."""

    at_1: float
    at_5: float
    at_10: float
    mrr: float  # mean of 1 / rank, 0 below rank 10


@dataclass(frozen=True, slots=True)
class Measures:
    """How good the answers to some questions are.

    The four counts of right and wrong add up to the questions.
    """

    questions: int
    answerable: int
    passage: Found | None  # None: no question is answerable
    document: Found | None
    answered_right: int  # an answering passage is among the first five
    answered_wrong: int
    refused_right: int
    refused_wrong: int
    auroc: float | None  # of the confidence; None: all are answerable, or none
    p50: float  # milliseconds
    p95: float  # milliseconds

    def to_dict(self) -> dict[str, Any]:
        """The measures as plain JSON values, rounded to what can be read."""
        return _rounded(asdict(self))


def judge(question: Question, answer: Answer, milliseconds: float) -> Outcome:
    """What became of a question, by the passages that are sources or, refused, came nearest."""
    hits = answer.hits if answer.answered else answer.nearest
    documents = {one.doc_id for one in question.evidence}
    return Outcome(
        id=question.id,
        type=question.type,
        answerable=question.answerable,
        answered=answer.answered,
        confidence=answer.confidence,
        passage=_rank(hits, lambda passage: answers(passage, question)),
        document=_rank(hits, lambda passage: passage.release.id in documents),
        milliseconds=milliseconds,
    )


def answers(passage: Passage, question: Question) -> bool:
    """Whether a passage holds, or lies inside, an evidence text of its release.

    Evidence without text holds for every passage of its release.
    """
    texts = [one.text for one in question.evidence if one.doc_id == passage.release.id]
    if not all(texts):
        return True
    words = _plain(passage.text)
    # A passage of punctuation alone would lie inside everything.
    return bool(words) and any(words in text or text in words for text in map(_plain, texts))


def measure(outcomes: Sequence[Outcome]) -> Measures:
    """How good at least one answer is.

    Raises:
        ValueError: there is none.
    """
    if not outcomes:
        raise ValueError("nothing to measure: no question was asked")
    answerable = [one for one in outcomes if one.answerable]
    right = [one.answered for one in outcomes if one.right]
    wrong = [one.answered for one in outcomes if not one.right]
    p50, p95 = np.percentile([one.milliseconds for one in outcomes], [50, 95]).tolist()
    return Measures(
        questions=len(outcomes),
        answerable=len(answerable),
        passage=_found([one.passage for one in answerable]),
        document=_found([one.document for one in answerable]),
        answered_right=right.count(True),
        answered_wrong=wrong.count(True),
        refused_right=right.count(False),
        refused_wrong=wrong.count(False),
        auroc=auroc([one.answerable for one in outcomes], [one.confidence for one in outcomes]),
        p50=p50,
        p95=p95,
    )


def by_type(outcomes: Iterable[Outcome]) -> dict[str, Measures]:
    """The measures of each type of question, in the order the types first come up."""
    types: dict[str, list[Outcome]] = {}
    for one in outcomes:
        types.setdefault(one.type, []).append(one)
    return {name: measure(some) for name, some in types.items()}


def _rank(hits: Sequence[Hit], wanted: Callable[[Passage], bool]) -> int | None:
    ranks = (
        rank
        for rank, hit in enumerate(hits, start=1)
        if any(wanted(passage) for passage in (hit.passage, *hit.also))
    )
    return next(ranks, None)


def _found(ranks: Sequence[int | None]) -> Found | None:
    if not ranks:
        return None
    at_1, at_5, at_10 = (
        sum(rank is not None and rank <= depth for rank in ranks) / len(ranks)
        for depth in (1, 5, 10)
    )
    shares = (1 / rank for rank in ranks if rank is not None and rank <= DEEP)
    return Found(at_1, at_5, at_10, sum(shares) / len(ranks))


def auroc(answerable: Sequence[bool], confidence: Sequence[float]) -> float | None:
    """The chance that an answerable question gets more confidence than one that is not.

    Args:
        answerable: of each question, whether it is; None comes of all alike.
        confidence: of the answer to each, in the same order.
    """
    if len(set(answerable)) < 2:
        return None
    from sklearn.metrics import roc_auc_score

    return float(cast("Any", roc_auc_score(answerable, confidence)))


def _plain(text: str) -> str:
    """Lower case, without punctuation, one space between words."""
    return " ".join(re.sub(r"[^\w\s]|_", "", text.casefold()).split())


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value
