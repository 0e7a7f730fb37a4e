"""How well the gate tells answerable from unanswerable questions, and what its weights should be.

    python benchmarks/gate.py FOLDER [--sets NAME,…]

FOLDER holds the sets, as for `evaluate.py`; those with unanswerable questions are measured. The
weights are fitted on one half of every set, both outcomes and all sets weighing alike, and judged
on the other half.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sets import Set, bar, named, read, searchable, there

from eventqa import questions
from eventqa.derived import Indexes
from eventqa.encoder import Encoder, SentenceEncoder
from eventqa.gate import COMPARED, GATE, Evidence, weigh
from eventqa.retrieve import retrieve
from eventqa.view import View

_THRESHOLDS = (0.20, 0.25, 0.30, 0.35, 0.40, 0.50)


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
    _fit(sets)


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


def _features(judged: list[Judged]) -> NDArray[np.float64]:
    seen = [one.evidence for one in judged]
    return np.array([(one.fit, one.coverage, one.strength, one.margin) for one in seen])


def _truth(judged: list[Judged]) -> NDArray[np.bool_]:
    return np.array([one.answerable for one in judged])


def _auroc(judged: list[Judged]) -> str:
    from sklearn.metrics import roc_auc_score

    truth = _truth(judged)
    columns = {
        "gate": np.array([one.evidence.confidence for one in judged]),
        **dict(zip(("fit", "coverage", "strength", "margin"), _features(judged).T, strict=True)),
    }
    return "AUROC " + ", ".join(f"{n} {roc_auc_score(truth, c):.3f}" for n, c in columns.items())


def _fit(sets: dict[str, list[Judged]]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    halves = {
        name: np.random.default_rng(0).permutation(len(one)) % 2 == 0 for name, one in sets.items()
    }
    rows = {name: _features(one) for name, one in sets.items()}
    truth = {name: _truth(one) for name, one in sets.items()}
    kept = np.concatenate([rows[name][halves[name]] for name in sets])
    known = np.concatenate([truth[name][halves[name]] for name in sets])
    weights = np.concatenate(
        [_even(truth[name][halves[name]]) * len(kept) / len(sets) for name in sets]
    )
    model: Any = LogisticRegression(C=10.0, max_iter=5000).fit(kept, known, sample_weight=weights)
    print("weights:", ", ".join(f"{one:.2f}" for one in (*model.coef_[0], model.intercept_[0])))
    for name in sets:
        held_out = ~halves[name]
        scores = model.decision_function(rows[name][held_out])
        print(f"  held out {name}: AUROC {roc_auc_score(truth[name][held_out], scores):.3f}")


def _even(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights that make both outcomes count alike, summing to one."""
    return np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())


if __name__ == "__main__":
    main()
