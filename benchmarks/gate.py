"""How well the gate tells answerable from unanswerable questions, and what its weights should be.

    python benchmarks/gate.py SET [SET …]

Each SET is a folder with `corpus.jsonl` and `questions.jsonl`, as for `eventqa evaluate`. Stores
are kept in `embeddings/bench/`, so a second run is quick. The weights are fitted on one half of
every set, both outcomes and all sets weighing alike, and judged on the other half.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventqa import periods, questions
from eventqa.derived import Derived, Indexes
from eventqa.encoder import SentenceEncoder
from eventqa.gate import COMPARED, GATE, Evidence, weigh
from eventqa.measures import answers
from eventqa.qa import EventQA
from eventqa.retrieve import Question, retrieve
from eventqa.store import Store
from eventqa.view import View

_THRESHOLDS = (0.20, 0.25, 0.30, 0.35, 0.40, 0.50)


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: what the gate saw and what is true."""

    evidence: Evidence
    answerable: bool
    found: bool  # an answering passage is among the first five


def main(folders: list[Path]) -> None:
    """Prints a table for each set and the fitted weights."""
    sets = {folder.name: judge(folder) for folder in folders}
    for name, judged in sets.items():
        print(f"{name}: {_auroc(judged)}")
        for threshold in sorted({*_THRESHOLDS, GATE}):
            print(f"  {threshold:.2f}  {_outcomes(judged, threshold)}")
    _fit(sets)


def judge(folder: Path) -> list[Judged]:
    """Every question of a set, in order, as the gate sees it."""
    encoder = SentenceEncoder()
    store = Path("embeddings/bench") / folder.name
    with EventQA(folder / "corpus.jsonl", store, encoder=encoder, watch=False) as qa:
        qa.build(lambda done, total: print(f"\r{folder.name}: {done} of {total}", end=""))
        print()
    asked = questions.read(folder / "questions.jsonl")
    with Derived(Store(store)).snapshot() as (view, indexes):
        return [_judge(one, encoder, view, indexes) for one in asked]


def _judge(
    asked: questions.Question, encoder: SentenceEncoder, view: View, indexes: Indexes | None
) -> Judged:
    day = dt.date.fromisoformat(asked.date) if asked.date else dt.date.today()
    text = asked.question
    question = Question(text, encoder.encode_query(text), day, periods.asked(text, day))
    found = retrieve(question, view, indexes, COMPARED)
    right = any(answers(one.hit.passage, asked) for one in found[:5])
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
    main([Path(argument) for argument in sys.argv[1:]])
