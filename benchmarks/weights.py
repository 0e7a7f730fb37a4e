"""What every signal is worth, how deep to read, and which weights would be best.

    python benchmarks/weights.py FOLDER [--sets NAME,…] [--fit]

FOLDER holds the sets, as for `evaluate.py`. Every answerable question is searched for, and its
passages are put in order by all signals, by all but each one, and from fewer and more passages
that are read. The figures are hit@1 and hit@5 of this order, before any source is left out; what
leaving out those that do less well than a share of the best one spares and costs is shown apart.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sets import Set, bar, named, read, searchable, there

from eventqa.answer import FAR, FIRST
from eventqa.encoder import Encoder, SentenceEncoder
from eventqa.evaluate import figure, table
from eventqa.retrieve import DEPTH, Steps, retrieve
from eventqa.signals import WEIGHTS, Signals

Weights = NDArray[np.float64]

Placed = dict[str, list[tuple[int | None, bool]]]
"""For each question of a set the place of its first answering passage, and whether it is apart."""

_DEPTHS = (10, 20, DEPTH, 100)
_SEEN = 5


@dataclass(frozen=True, slots=True)
class Ranked:
    """The passages of one question, in order of the weights there are."""

    signals: Weights  # (passages, signals)
    right: NDArray[np.bool_]  # which of them answer
    apart: bool  # whether the question is of the type that is also shown alone

    def place(self, weights: Weights) -> int | None:
        """Where the first answering passage stands in the order of some weights, from 0."""
        if not len(self.signals):
            return None
        order = np.argsort(-self.signals @ weights, kind="stable")
        found = np.flatnonzero(self.right[order])
        return int(found[0]) if len(found) else None


def main() -> None:
    """Prints the tables, and the fitted weights if they are asked for."""
    options = _options()
    encoder = SentenceEncoder()
    sets = there(options.folder, options.sets)
    ranked: dict[str, list[Ranked]] = {}
    depths: dict[str, list[tuple[float, float]]] = {}
    for one in sets:
        ranked[one.name], depths[one.name] = search(options.folder, one, encoder)
    print(f"## Signals\n\n{table(_by_signal(ranked, np.array(WEIGHTS, np.float64)))}")
    print(f"\n## Depths\n\n{table(_by_depth(ranked, depths))}")
    print(f"\n## Sources\n\n{table(_by_share(ranked))}")
    shares = {one.name: one.share for one in sets if one.share}
    if options.fit and shares:
        weights = fitted(ranked, shares)
        figures = (f"{name} {w:.2f}" for name, w in zip(Signals._fields, weights, strict=True))
        rows = [_columns("weights", ranked), ("fitted", *_cells(_placed(ranked, weights)))]
        rows.append(("fitted on the other half", *_cells(held_out(ranked, shares))))
        print(f"\n## Fitted\n\n{', '.join(figures)}\n\n{table(rows)}")


def search(
    folder: Path, one: Set, encoder: Encoder
) -> tuple[list[Ranked], list[tuple[float, float]]]:
    """What is found for each answerable question of a set, and hit@1 and @5 by depth."""
    asked = [question for question in one.questions(folder) if question.answerable]
    ranked: list[Ranked] = []
    places: list[list[int | None]] = [[] for _ in _DEPTHS]
    with searchable(folder, one, encoder) as (view, indexes), bar(one.name, "question") as show:
        for done, question in enumerate(asked, start=1):
            wanted = read(question, encoder)
            for at, depth in enumerate(_DEPTHS):
                found = retrieve(wanted, view, indexes, depth, steps=Steps(depth=depth))
                right = np.array(
                    [
                        any(
                            one.finds(passage, question)
                            for passage in (each.hit.passage, *each.hit.also)
                        )
                        for each in found
                    ],
                    bool,
                )
                first = np.flatnonzero(right)
                places[at].append(int(first[0]) if len(first) else None)
                if depth == DEPTH:
                    signals = np.array([each.signals for each in found], np.float64)
                    ranked.append(Ranked(signals, right, question.type == one.apart))
            show(done, len(asked))
    return ranked, [_hits(each) for each in places]


def fitted(sets: Mapping[str, Sequence[Ranked]], shares: Mapping[str, int]) -> Weights:
    """The weights, none below 0, that make the answering passages likeliest.

    A conditional logit (McFadden, 1974): the chance of a passage is the softmax of the weighted
    signals over the passages of its question. The loss has one minimum. Only the order of
    passages counts, so the weights are given with the sum that the present ones have. That a
    passage only asks, or is boilerplate, is a rule with too few cases to fit, and keeps its weight.

    Args:
        shares: how much each set counts, however many questions it has.
    """
    from scipy.optimize import minimize

    chances = {name: [one for one in sets[name] if one.right.any()] for name in shares}

    def loss(weights: Weights) -> tuple[float, Weights]:
        value, slope = 0.0, np.zeros_like(weights)
        for name, some in chances.items():
            for one in some:
                scores = one.signals @ weights
                chance = np.exp(scores - scores.max())
                chance /= chance.sum()
                right = chance * one.right
                share = shares[name] / len(some)
                value -= share * np.log(right.sum())
                slope += share * (one.signals.T @ (chance - right / right.sum()))
        return value, slope

    start = np.array(WEIGHTS, np.float64)
    fixed = np.array([name in ("asks", "boilerplate") for name in Signals._fields])
    bounds = [(one, one) if stays else (0.0, None) for one, stays in zip(start, fixed, strict=True)]
    best: Weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.where(fixed, start, best * start[~fixed].sum() / best[~fixed].sum())


def held_out(sets: Mapping[str, Sequence[Ranked]], shares: Mapping[str, int]) -> Placed:
    """Where the first answering passages stand by weights fitted on the other half of all sets."""
    random = np.random.default_rng(0)
    halves = {name: random.permutation(len(some)) % 2 == 0 for name, some in sets.items()}
    placed: Placed = {name: [] for name in sets}
    for first in (True, False):
        here = {name: _where(some, halves[name] == first) for name, some in sets.items()}
        others = {name: _where(some, halves[name] != first) for name, some in sets.items()}
        for name, places in _placed(here, fitted(others, shares)).items():
            placed[name] += places
    return placed


def _where(some: Sequence[Ranked], kept: NDArray[np.bool_]) -> list[Ranked]:
    return [one for one, keep in zip(some, kept, strict=True) if keep]


def _placed(sets: Mapping[str, Sequence[Ranked]], weights: Weights) -> Placed:
    return {name: [(one.place(weights), one.apart) for one in some] for name, some in sets.items()}


def _by_signal(sets: Mapping[str, list[Ranked]], weights: Weights) -> list[tuple[str, ...]]:
    """Hit@1 and @5 of each set with all signals, and without each."""
    rows = [_columns("signals", sets), ("all", *_cells(_placed(sets, weights)))]
    for at, name in enumerate(Signals._fields):
        others = weights.copy()
        others[at] = 0.0
        rows.append((f"without {name}", *_cells(_placed(sets, others))))
    return rows


def _by_depth(
    sets: Mapping[str, list[Ranked]], depths: Mapping[str, list[tuple[float, float]]]
) -> list[tuple[str, ...]]:
    rows = [("passages read", *sets)]
    for at, depth in enumerate(_DEPTHS):
        rows.append((str(depth), *(_cell(each[at]) for each in depths.values())))
    found = (np.mean([one.right.any() for one in some]) for some in sets.values())
    rows.append((f"any of the {DEPTH} answers", *(figure(float(share)) for share in found)))
    return rows


def _by_share(sets: Mapping[str, list[Ranked]]) -> list[tuple[str, ...]]:
    """By the least share of the best strength that a source may have: of the first five that do
    not answer those left out, and the questions that lose their only evidence among the five.
    """
    ageless = np.array(WEIGHTS._replace(recency=0.0, boilerplate=0.0), np.float64)
    rows = [("least share", *sets)]
    for least in sorted({0.5, 0.6, 0.65, 0.7, FAR}):
        cells: list[str] = []
        for some in sets.values():
            wrong = spared = lost = 0
            for one in some:
                if not len(one.signals):
                    continue
                strength, right = one.signals[:FIRST] @ ageless, one.right[:_SEEN]
                far = strength[:_SEEN] < least * strength.max()
                far[0] = False  # the first stays whatever it is
                wrong, spared = wrong + int((~right).sum()), spared + int((far & ~right).sum())
                lost += bool(right.any() and not right[~far].any())
            cells.append(f"{figure(spared / max(wrong, 1))} {figure(lost / len(some))}")
        rows.append((f"{least:.2f}", *cells))
    return rows


def _columns(first: str, sets: Mapping[str, Sequence[Ranked]]) -> tuple[str, ...]:
    columns = [first]
    for name, some in sets.items():
        columns += [name, f"{name}, apart"] if any(one.apart for one in some) else [name]
    return tuple(columns)


def _cells(placed: Placed) -> list[str]:
    """Hit@1 and @5 of each set, and of its questions that are also shown alone."""
    cells: list[str] = []
    for places in placed.values():
        cells.append(_cell(_hits([place for place, _ in places])))
        if apart := [place for place, is_apart in places if is_apart]:
            cells.append(_cell(_hits(apart)))
    return cells


def _hits(places: Sequence[int | None]) -> tuple[float, float]:
    """Hit@1 and hit@5."""
    first = np.array([np.inf if place is None else place for place in places])
    return float((first < 1).mean()), float((first < _SEEN).mean())


def _cell(hits: tuple[float, float]) -> str:
    return f"{figure(hits[0])} {figure(hits[1])}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=[], help="default: all there are")
    parser.add_argument("--fit", action="store_true", help="fit weights, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
