"""How well releases that are published twice are told from such that only sound alike.

    python benchmarks/repeats.py FOLDER

FOLDER holds the sets, as for `evaluate.py`. The 653 pairs in `pairs.tsv` are all pairs of the 3,000
releases of senate_press whose runs of three words are alike by .17 or more; each was read and
labelled by hand. Of the others none is thought to be the same release, but nobody has read them.

Beside it: how often boilerplate is among the first five passages of the questions of all sets, in
the order of all signals and in that without the one that puts it behind.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
from sets import Set, bar, named, read, searchable, there

from eventqa.corpus import Corpus
from eventqa.editions import Bereft, settle
from eventqa.encoder import Encoder, SentenceEncoder
from eventqa.evaluate import figure, table
from eventqa.families import ALIKE, DAYS, Member
from eventqa.likeness import alike
from eventqa.retrieve import DEPTH, retrieve
from eventqa.signals import WEIGHTS, Signals
from eventqa.store import Store
from eventqa.types import Release

Pair = frozenset[str]

_PAIRS = Path(__file__).with_name("pairs.tsv")
_CORPUS = "senate_press/corpus.jsonl"
_SEEN = 5


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=[], help="default: all there are")
    options = parser.parse_args()
    path = options.folder / _CORPUS
    if path.exists():
        releases = Corpus(path).read(path.name)[0].releases
        print(f"## Published twice\n\n{table(told_apart(releases))}")
    rows: list[tuple[str, ...]] = [("set", "with the signal", "without it")]
    encoder = SentenceEncoder()
    for one in there(options.folder, options.sets):
        shares = crowding(options.folder, one, encoder)
        rows.append((one.name, *(figure(share) for share in shares)))
    print(f"\n## Boilerplate among the first {_SEEN}\n\n{table(rows)}")


def told_apart(releases: Iterable[Release]) -> list[tuple[str, ...]]:
    """Precision and recall by likeness alone, with the date, and by all that `families` asks."""
    members = {release.id: Member(release) for release in releases}
    labels = _labels()
    same = {pair for pair, label in labels.items() if label == "same"}
    began = time.perf_counter()
    families = _families([one.release for one in members.values()])
    seconds = time.perf_counter() - began

    def near(pair: Pair) -> bool:
        one, other = (members[id] for id in sorted(pair))
        return alike(one.shingles, other.shingles) >= ALIKE

    def dated(pair: Pair) -> bool:
        one, other = (members[id].release.date for id in sorted(pair))
        return near(pair) and (not one or not other or abs((one - other).days) <= DAYS)

    rules: dict[str, Callable[[Pair], bool]] = {
        f"alike by {ALIKE}": near,
        f"and {DAYS} days apart": dated,
        "families": families.__contains__,
    }
    rows = [("found by", "found", "right", "precision", "recall")]
    for name, rule in rules.items():
        found = {pair for pair in labels if rule(pair)}
        right = len(found & same)
        shares = (figure(right / max(1, len(found))), figure(right / len(same)))
        rows.append((name, f"{len(found)}", f"{right}", *shares))
    unread = len(families - labels.keys())
    print(
        f"{len(labels)} pairs, {len(same)} of them the same; {unread} found that nobody labelled."
    )
    print(f"{len(members):,} releases settled in {seconds:.1f} s.\n")
    return rows


def crowding(folder: Path, one: Set, encoder: Encoder) -> tuple[float, float]:
    """The share of boilerplate among the first five, with the signal and without."""
    there = [0, 0]
    shown = 0
    plain = np.array(WEIGHTS._replace(boilerplate=0.0), np.float64)
    asked = one.questions(folder)
    at = Signals._fields.index("boilerplate")
    with searchable(folder, one, encoder) as (view, indexes), bar(one.name, "question") as show:
        for done, question in enumerate(asked, start=1):
            found = retrieve(read(question, encoder), view, indexes, DEPTH)
            signals = np.array([each.signals for each in found], np.float64)
            shown += len(found[:_SEEN])
            for side, weights in enumerate((np.array(WEIGHTS, np.float64), plain)):
                first = np.argsort(-signals @ weights, kind="stable")[:_SEEN]
                there[side] += int(signals[first, at].sum())
            show(done, len(asked))
    return there[0] / max(1, shown), there[1] / max(1, shown)


def _labels() -> dict[Pair, str]:
    with _PAIRS.open(encoding="utf-8") as file:
        return {frozenset((a, b)): label for a, b, label in list(csv.reader(file, "excel-tab"))[1:]}


def _families(releases: Iterable[Release]) -> set[Pair]:
    """The pairs of releases that a build puts into one family."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        with store.write() as writer:
            for release in releases:
                writer.put_release(release)
            settle(writer, Bereft())
        with store.read() as view:
            rows = view.query("SELECT json_group_array(id) FROM release GROUP BY family")
    return {frozenset(pair) for (ids,) in rows for pair in combinations(json.loads(ids), 2)}


if __name__ == "__main__":
    main()
