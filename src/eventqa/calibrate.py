"""A gate from questions with known answers: what its weights are, and what it can promise.

`eventqa calibrate` does this for a corpus of one's own:

    lenient = Calibration.read().lenient()
    with opened("corpus", "embeddings", k=request.SOURCES, calibration=lenient) as bench:
        samples = judged(questions.read("questions.jsonl"), bench.askers["all"])
    calibrated(samples, bench.model, "questions.jsonl").write(Path("embeddings/gate.toml"))
"""

# scikit-learn is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventqa.calibration import Calibration
from eventqa.gate import Evidence, Weights
from eventqa.measures import answers
from eventqa.promise import RISKS, Judged, Promise, fewest, prove
from eventqa.questions import Question
from eventqa.types import Answer, InvalidInput

FEWEST = 20
"""So many answerable and so many unanswerable questions must be there to fit weights to."""

CHOOSING = 0.3
"""The share of the questions that weights are fitted to; the others prove promises."""

# The confidence under which an answer is refused where nothing is promised costs at most this share
# of the questions that have an answer.
_LOST = 0.05


@dataclass(frozen=True, slots=True)
class Sample:
    """A question, what the gate saw of it, and what is true."""

    evidence: Evidence
    answerable: bool
    right: bool  # whether one of the sources answers
    place: float  # 0..1, by chance but always the same; alike for questions of one document


def judged(
    questions: Sequence[Question],
    ask: Callable[[Question], Answer],
    progress: Callable[[int, int], None] | None = None,
) -> list[Sample]:
    """What becomes of each question, in order, without those of which no passage was compared.

    Args:
        ask: answers whatever is timely: `Calibration.lenient` is its gate.
        progress: told how many are asked, and of how many.
    """
    samples: list[Sample] = []
    for done, question in enumerate(questions, start=1):
        answer = ask(question)
        if answer.evidence:
            right = question.answerable and any(
                answers(hit.passage, question) for hit in answer.hits
            )
            evidence = Evidence.from_dict(answer.evidence)
            samples.append(Sample(evidence, question.answerable, right, place(question)))
        if progress:
            progress(done, len(questions))
    return samples


def place(question: Question) -> float:
    """Where a question stands in a row that its document shuffled, 0..1.

    Questions about one document are alike: they go to one side when the row is parted.
    """
    key = question.evidence[0].doc_id if question.evidence else question.id
    return int(hashlib.sha256(key.encode()).hexdigest()[:12], 16) / 16**12


def fitted(sets: Mapping[str, Sequence[Sample]]) -> Weights:
    """The weights of a logistic regression in which sets, and both outcomes in each, count alike.

    Untimely evidence is left out: no weight makes it an answer.

    Raises:
        ValueError: a set has no answerable or no unanswerable question.
    """
    from sklearn.linear_model import LogisticRegression

    kept = {name: [one for one in some if one.evidence.timely] for name, some in sets.items()}
    rows = np.array([one.evidence.parts for some in kept.values() for one in some], float)
    truths = [np.array([one.answerable for one in some], bool) for some in kept.values()]
    for name, truth in zip(kept, truths, strict=True):
        if truth.all() or not truth.any():
            raise ValueError(f"{name} has not both answerable and unanswerable questions")
    counts = np.concatenate([_even(truth) for truth in truths]) * len(rows) / len(truths)
    model: Any = LogisticRegression(C=10.0, max_iter=5000)
    model.fit(rows, np.concatenate(truths), sample_weight=counts)
    # Two decimals do not change what is decided, but hide how a machine rounds.
    return Weights(*(round(float(one), 2) for one in (*model.coef_[0], *model.intercept_)))


def least_confidence(sets: Mapping[str, Sequence[Sample]], weights: Weights) -> float:
    """In hundredths, the highest threshold that refuses of no set more than 1 in 20 answerable."""
    scores = [
        np.array([_confidence(one, weights) for one in some if one.answerable])
        for some in sets.values()
    ]
    return (
        max(at for at in range(100) if all((one < at / 100).mean() <= _LOST for one in scores))
        / 100
    )


def promises(
    choosing: Sequence[Sample], proving: Sequence[Sample], weights: Weights
) -> tuple[Promise, ...]:
    """What can be promised with these weights, by rising risk.

    Of questions about one document only the first counts: their answers fail together, and the
    test is of answers that do not.
    """
    firsts = {one.place: one for one in reversed(proving)}
    proving = list(firsts.values())
    tried, proved = (
        [
            Judged(one.evidence.confidence(weights), not one.right)
            for one in some
            if one.evidence.timely
        ]
        for some in (choosing, proving)
    )
    found = (prove(risk, tried, proved) for risk in RISKS)
    return tuple(one for one in found if one)


def calibrated(samples: Sequence[Sample], model: str, name: str) -> Calibration:
    """A calibration of one's own, by questions of which some have no answer.

    Weights are fitted where there are enough questions of both kinds. With fewer the bundled ones
    are kept if they are of the same model.

    Args:
        model: the encoder, without its precision.
        name: what the questions are called.

    Raises:
        InvalidInput: all questions or none have an answer, or there are too few for this model.
    """
    bundled = Calibration.read()
    if len({one.answerable for one in samples}) < 2:
        raise InvalidInput(
            f"{name} has no question {'without' if samples and samples[0].answerable else 'with'} "
            'an answer. Without both kinds nothing can be proved: add some ("answerable": false)'
        )
    choosing = [one for one in samples if one.place < CHOOSING]
    proving = [one for one in samples if one.place >= CHOOSING]
    timely = [one for one in choosing if one.evidence.timely]
    known = sum(one.answerable for one in timely)
    if min(known, len(timely) - known) >= FEWEST:
        weights = fitted({name: choosing})
        least = least_confidence({name: choosing}, weights)
    elif bundled.model == model:
        weights, least = bundled.weights, bundled.least
    else:
        raise InvalidInput(
            f"{name} has too few questions to fit weights for {model}: {known} with and "
            f"{len(timely) - known} without an answer among those to fit to, {FEWEST} of each are "
            f"needed. Write some {round(FEWEST / CHOOSING)} of each, about as many documents"
        )
    return Calibration(model, name, weights, least, promises(choosing, proving, weights))


def report(made: Calibration, samples: Sequence[Sample]) -> str:
    """What a calibration promises, a line for each risk that was tried."""
    proving = [one for one in samples if one.place >= CHOOSING]
    known = {one.place for one in proving if one.answerable}
    lines = [
        f"{len(samples) - len(proving):,} questions chose, {len(proving):,} proved; the answerable "
        f"of these are about {len(known):,} documents, each of which counts once."
    ]
    proved = {one.risk: one for one in made.promises}
    for risk in RISKS:
        if promise := proved.get(risk):
            lines.append(
                f"risk {risk:.2f}: from a confidence of {promise.least:.2f} on; "
                f"{promise.answered - promise.wrong:,} answered rightly, {promise.wrong:,} wrongly"
            )
        else:
            lines.append(
                f"risk {risk:.2f}: uncalibrated; {fewest(risk):,} right answers and no wrong one "
                "are the least that prove it"
            )
    return "\n".join(lines)


def _confidence(one: Sample, weights: Weights) -> float:
    """How sure an answer would be; 0 if it is never given."""
    return one.evidence.confidence(weights) if one.evidence.timely else 0.0


def _even(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights that make both outcomes count alike, summing to one."""
    return np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())
