"""The gate: what its weights should be, what it can promise, and how well it tells.

    python benchmarks/calibrate.py FOLDER [--write] [--plot FILE.svg]

FOLDER holds the sets, as for `evaluate.py`; those with unanswerable questions are asked. With
`--write` the result becomes the calibration that comes with eventqa (`make calibrate`).

Weights are fitted on all of these sets but those of conversations; of the set that the promises
are for, only to the questions that choose.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import drawing
import numpy as np
from numpy.typing import NDArray
from sets import SETS, STORES, Set, bar, there

from eventqa.calibrate import (
    CHOOSING,
    Sample,
    fitted,
    judged,
    least_confidence,
    promises,
    report,
)
from eventqa.calibration import BUNDLED, Calibration
from eventqa.encoder import Encoder, SentenceEncoder, model_of
from eventqa.evaluate import figure, opened, table
from eventqa.gate import Gate, Weights
from eventqa.promise import RISKS
from eventqa.request import SOURCES

Samples = Mapping[str, Sequence[Sample]]
Rows = list[tuple[str, ...]]

PROMISED = "realtimeqa_2022"
"""The set that promises are proved by: questions about the news, asked of an archive of news."""

_FOLDS = 5
_SPLITS = 200
_SHOWN_RISKS = (0.01, 0.05, 0.10, 0.20)


def main() -> None:
    """Prints what was made and how well it does; writes it if told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write {BUNDLED.name}")
    parser.add_argument("--plot", type=Path, help="draw risk against coverage into an .svg file")
    options = parser.parse_args()
    encoder = SentenceEncoder()
    sets = {
        one.name: asked
        for one in there(options.folder)
        if (asked := ask(options.folder, one, encoder))
    }
    fitting = {one.name: sets[one.name] for one in SETS if one.share and one.name in sets}
    made = calibrated(fitting, model_of(encoder.key))
    print(made.to_toml("make calibrate"))
    print(report(made, sets[PROMISED]))
    print(f"\n{_told_apart(sets, fitting)}\n\n{_outcomes(sets, made)}\n\n{_kept(fitting)}")
    if options.plot:
        draw(sets, made, options.plot)
    if options.write:
        made.write(BUNDLED, "make calibrate")
        print(f"\nWritten to {BUNDLED}")


def ask(folder: Path, one: Set, encoder: Encoder) -> list[Sample]:
    """What becomes of each question of a set; nothing if all of them can be answered."""
    asked = one.questions(folder)
    if all(question.answerable for question in asked):
        return []
    free = Calibration.read().lenient()
    corpus = folder / one.name / one.corpus
    with opened(corpus, STORES / one.name, encoder=encoder, k=SOURCES, calibration=free) as bench:
        with bar(f"{one.name}: encoding", "passage") as show:
            bench.build(show)
        (answer,) = bench.askers.values()
        with bar(one.name, "question") as show:
            return judged(asked, answer, show)


def calibrated(fitting: Samples, model: str) -> Calibration:
    """The calibration of these sets."""
    choosing, proving = _parted(fitting[PROMISED], CHOOSING)
    weights = fitted({**fitting, PROMISED: choosing})
    return Calibration(
        model,
        f"weights: {', '.join(fitting)}; promises: {PROMISED}, news quizzes of 2022 and, without "
        "an answer, of 2025",
        weights,
        least_confidence({**fitting, PROMISED: choosing}, weights),
        promises(choosing, proving, weights),
    )


def _parted(samples: Sequence[Sample], share: float) -> tuple[list[Sample], list[Sample]]:
    first = [one for one in samples if one.place < share]
    return first, [one for one in samples if one.place >= share]


def _told_apart(sets: Samples, fitting: Samples) -> str:
    """AUROC of each set, by weights that the other four fifths of the documents gave."""
    from sklearn.metrics import roc_auc_score

    scores = {name: np.zeros(len(samples)) for name, samples in sets.items()}
    for fold in range(_FOLDS):
        weights = fitted(
            {name: [o for o in some if _fold(o) != fold] for name, some in fitting.items()}
        )
        for name, samples in sets.items():
            for at, one in enumerate(samples):
                if _fold(one) == fold:
                    scores[name][at] = one.evidence.confidence(weights)
    rows: Rows = [("set", "questions", "answerable", "AUROC, five-fold", *Weights._fields[:-1])]
    for name, samples in sets.items():
        truth = [one.answerable for one in samples]
        alone = np.array([one.evidence.parts for one in samples]).T
        aurocs = [float(roc_auc_score(truth, column)) for column in (scores[name], *alone)]
        counts = (f"{len(samples):,}", f"{sum(truth):,}")
        rows.append((name, *counts, *map(figure, aurocs)))
    return table(rows)


def _fold(one: Sample) -> int:
    return int(one.place * _FOLDS)


def _outcomes(sets: Samples, made: Calibration) -> str:
    """What is answered and refused at each threshold; of the promised set only what proved it."""
    rows: Rows = [
        (
            "set",
            "risk",
            "confidence",
            "answered right",
            "wrong",
            "refused right",
            "wrong",
            "risk of it",
        )
    ]
    gates = [("none", made.least), *((f"{p.risk:.2f}", p.least) for p in made.promises)]
    for name, samples in sets.items():
        kept = _parted(samples, CHOOSING)[1] if name == PROMISED else samples
        for risk, least in gates:
            rows.append((name, risk, f"{least:.2f}", *_counted(kept, made.weights, least)))
    return table(rows)


def _counted(samples: Sequence[Sample], weights: Weights, least: float) -> tuple[str, ...]:
    answered = [one for one in samples if _answered(one, weights, least)]
    right = sum(one.right for one in answered)
    wrong = len(answered) - right
    lost = sum(one.answerable for one in samples if not _answered(one, weights, least))
    counts = (right, wrong, len(samples) - len(answered) - lost, lost)
    risk = figure(wrong / len(answered) if answered else None)
    return (*(f"{count:,}" for count in counts), risk)


def _answered(one: Sample, weights: Weights, least: float) -> bool:
    return Gate(weights, least).lets(one.evidence)


def _kept(fitting: Samples) -> str:
    """How promises of the same making hold for questions that had no part in it.

    The set that promises are for is parted anew: .3 of it choose, .5 prove and .2 test.
    """
    random = np.random.default_rng(0)
    made: dict[float, list[tuple[int, int, int]]] = {risk: [] for risk in RISKS}
    for _ in range(_SPLITS):
        shuffled = _shuffled(fitting[PROMISED], random)
        choosing, rest = _parted(shuffled, CHOOSING)
        proving, testing = _parted(rest, 0.8)
        weights = fitted({**fitting, PROMISED: choosing})
        for promise in promises(choosing, proving, weights):
            answered = [one for one in testing if _answered(one, weights, promise.least)]
            right = sum(one.right for one in answered)
            known = sum(one.answerable for one in testing)
            made[promise.risk].append((right, len(answered) - right, known))
    rows: Rows = [
        ("risk", f"made in {_SPLITS} splits", "wrong of those answered in the test", "coverage")
    ]
    for risk, found in made.items():
        right, wrong, known = np.sum(found, axis=0) if found else (0, 0, 0)
        shares = (wrong / (right + wrong), right / known) if found else (None, None)
        rows.append((f"{risk:.2f}", str(len(found)), *map(figure, shares)))
    return table(rows)


def _shuffled(samples: Sequence[Sample], random: np.random.Generator) -> list[Sample]:
    """The same with other places, still alike for questions of one document."""
    places = sorted({one.place for one in samples})
    others = dict(zip(places, random.permutation(len(places)) / len(places), strict=True))
    return [replace(one, place=float(others[one.place])) for one in samples]


def draw(sets: Samples, made: Calibration, file: Path) -> None:
    """Risk against coverage as the threshold falls, a curve for each set."""
    with drawing.axes(file, height=4.2) as axes:
        for name, samples in sets.items():
            kept = _parted(samples, CHOOSING)[1] if name == PROMISED else samples
            axes.plot(*_curve(kept, made.weights), label=name)
        for risk in _SHOWN_RISKS:
            axes.axhline(risk, color="grey", linewidth=0.5)
        axes.set(
            xlabel="coverage: share of the answerable questions that are answered rightly",
            ylabel="risk: share of the answers that are wrong",
            xlim=(0, 1),
            ylim=(0, 0.4),
        )
        axes.legend(frameon=False)


def _curve(samples: Sequence[Sample], weights: Weights) -> tuple[NDArray[np.float64], ...]:
    """Coverage and risk at every threshold, from strict to lenient."""
    timely = [one for one in samples if one.evidence.timely]
    order = np.argsort([-one.evidence.confidence(weights) for one in timely], kind="stable")
    right = np.cumsum([timely[at].right for at in order])
    known = sum(one.answerable for one in samples)
    return right / known, 1 - right / np.arange(1, len(order) + 1)


if __name__ == "__main__":
    main()
