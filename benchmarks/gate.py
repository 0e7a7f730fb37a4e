"""How well the gate tells answerable from unanswerable questions, and what its weights should be.

    python benchmarks/gate.py FOLDER [--sets NAME,…]

FOLDER holds the sets, as for `evaluate.py`; those with unanswerable questions are measured. The
weights are fitted on all sets but those of conversations, both outcomes and all sets weighing
alike, and once more on each half to judge the other.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sets import SETS, Set, bar, named, read, searchable, there

from eventqa import questions
from eventqa.derived import Indexes
from eventqa.encoder import Encoder, SentenceEncoder
from eventqa.gate import COMPARED, GATE, Evidence, weigh
from eventqa.retrieve import retrieve
from eventqa.view import View

Rows = NDArray[np.float64]

_THRESHOLDS = (0.20, 0.30, 0.40, 0.50)


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: what the gate saw and what is true."""

    evidence: Evidence
    answerable: bool
    found: bool  # an answering passage is among the first five


def main() -> None:
    """Prints a table for each set and the fitted weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=[], help="default: all there are")
    options = parser.parse_args()
    encoder = SentenceEncoder()
    sets: dict[str, list[Judged]] = {}
    for one in there(options.folder, options.sets):
        asked = one.questions(options.folder)
        if all(question.answerable for question in asked):
            continue
        sets[one.name] = judged = judge(options.folder, one, asked, encoder)
        print(f"{one.name}: {_auroc(judged)}")
        for threshold in sorted({*_THRESHOLDS, GATE}):
            print(f"  {threshold:.2f}  {_outcomes(judged, threshold)}")
    fitting = {one.name: sets[one.name] for one in SETS if one.share and one.name in sets}
    print(f"highest threshold that refuses 1 in 20 of the answerable of none: {_lenient(fitting)}")
    if not fitting:
        print("nothing fitted: none of these sets is one to fit on")
        return
    model = _fitted(fitting)
    figures = zip((*_COLUMNS, "constant"), (*model.coef_[0], *model.intercept_), strict=True)
    print("fitted:", ", ".join(f"{name} {value:.2f}" for name, value in figures))
    for name, auroc in _held_out(fitting).items():
        print(f"  {name}, fitted on the other half: AUROC {auroc:.3f}")


def judge(
    folder: Path, one: Set, asked: Sequence[questions.Question], encoder: Encoder
) -> list[Judged]:
    """Every question of a set, in order, as the gate sees it."""
    judged: list[Judged] = []
    with searchable(folder, one, encoder) as snapshot, bar(one.name, "question") as show:
        for question in asked:
            judged.append(_judge(one, question, encoder, *snapshot))
            show(len(judged), len(asked))
    return judged


def _judge(
    one: Set, asked: questions.Question, encoder: Encoder, view: View, indexes: Indexes | None
) -> Judged:
    question = read(asked, encoder)
    found = retrieve(question, view, indexes, COMPARED)
    right = any(one.finds(each.hit.passage, asked) for each in found[:5])
    return Judged(weigh(question, found), asked.answerable, right)


def _outcomes(judged: list[Judged], threshold: float) -> str:
    answered = [one for one in judged if one.evidence.confidence >= threshold]
    right = sum(one.answerable and one.found for one in answered)
    refused = [one for one in judged if one.evidence.confidence < threshold]
    refused_wrongly = sum(one.answerable for one in refused)
    return (
        f"answered right {right}, wrong {len(answered) - right}; "
        f"refused right {len(refused) - refused_wrongly}, wrong {refused_wrongly}"
    )


def _lenient(sets: dict[str, list[Judged]]) -> str:
    """In hundredths, the highest threshold that costs no set more than 1 in 20 right answers."""
    scores = [
        np.array([one.evidence.confidence for one in judged if one.answerable])
        for judged in sets.values()
    ]
    kept = [at for at in range(100) if all((one < at / 100).mean() <= 0.05 for one in scores)]
    return f"{max(kept) / 100:.2f}"


_COLUMNS = ("fit", "coverage", "strength", "margin")


def _features(judged: list[Judged]) -> Rows:
    return np.array([[getattr(one.evidence, name) for name in _COLUMNS] for one in judged], float)


def _truth(judged: list[Judged]) -> NDArray[np.bool_]:
    return np.array([one.answerable for one in judged])


def _auroc(judged: list[Judged]) -> str:
    from sklearn.metrics import roc_auc_score

    truth = _truth(judged)
    columns = {
        "gate": np.array([one.evidence.confidence for one in judged]),
        **dict(zip(_COLUMNS, _features(judged).T, strict=True)),
    }
    return "AUROC " + ", ".join(f"{n} {roc_auc_score(truth, c):.3f}" for n, c in columns.items())


def _held_out(sets: dict[str, list[Judged]]) -> dict[str, float]:
    """AUROC of each set by weights fitted on the other half of all sets."""
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(0)
    halves = {name: random.permutation(len(judged)) % 2 for name, judged in sets.items()}
    scores = {name: np.zeros(len(judged)) for name, judged in sets.items()}
    for half in (0, 1):
        others = {
            name: [one for one, at in zip(judged, halves[name], strict=True) if at != half]
            for name, judged in sets.items()
        }
        model = _fitted(others)
        for name, judged in sets.items():
            here = halves[name] == half
            chances = model.predict_proba(_features(judged))[:, 1]
            timely = np.array([one.evidence.timely for one in judged])
            scores[name][here] = (chances * np.where(timely, 1.0, GATE))[here]
    return {name: float(roc_auc_score(_truth(sets[name]), scores[name])) for name in sets}


def _fitted(sets: dict[str, list[Judged]]) -> Any:
    """A logistic regression in which all sets, and both outcomes in each, weigh alike."""
    from sklearn.linear_model import LogisticRegression

    timely = [[one for one in judged if one.evidence.timely] for judged in sets.values()]
    rows = np.concatenate([_features(judged) for judged in timely])
    truths = [_truth(judged) for judged in timely]
    weights = np.concatenate([_even(truth) for truth in truths]) * len(rows) / len(sets)
    model = LogisticRegression(C=10.0, max_iter=5000)
    return model.fit(rows, np.concatenate(truths), sample_weight=weights)


def _even(truth: NDArray[np.bool_]) -> Rows:
    """Weights that make both outcomes count alike, summing to one."""
    return np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())


if __name__ == "__main__":
    main()
