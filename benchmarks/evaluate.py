"""How good the answers are on question sets that nobody here wrote, one configuration by another.

    python benchmarks/evaluate.py FOLDER [--sets NAME,…] [--configurations NAME,…] [--out FILE]

FOLDER holds a folder for each set with `corpus.jsonl` and `questions.jsonl`; `eventqa evaluate`
does the same for any one of them. Stores are kept in `embeddings/bench/`, so a second run encodes
nothing. The measures are written to FILE after each set, so a run that is stopped keeps them.

The configuration "without context" embeds the paragraphs alone, without title, place and date; it
has stores of its own, and is measured when it is named.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from sets import SETS, STORES, Set, bar, named, there

from eventqa.encoder import EncodedText, Encoder, SentenceEncoder
from eventqa.evaluate import Bench, Evaluation, evaluate, figure, opened, table
from eventqa.measures import Measures
from eventqa.retrieve import CONFIGURATIONS
from eventqa.types import Embedded

PLAIN = "without context"


class WithoutContext:
    """An encoder that reads nothing but the words of a passage."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def key(self) -> str:
        return f"{PLAIN}, {self._encoder.key}"

    @property
    def at_once(self) -> int:
        return self._encoder.at_once

    def encode_query(self, text: str) -> EncodedText:
        return self._encoder.encode_query(text)

    def lengths(self, texts: Sequence[Embedded]) -> list[int]:
        return self._encoder.lengths(_bare(texts))

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        return self._encoder.encode_documents(_bare(texts))


def _bare(texts: Sequence[Embedded]) -> list[Embedded]:
    return [replace(text, context="") for text in texts]


def main() -> None:
    """Prints tables for each set and a summary of all."""
    options = _options()
    encoder = SentenceEncoder()
    done: dict[str, Evaluation] = {}
    for one in there(options.folder, options.sets):
        done[one.name] = run(options.folder, one, options.configurations, encoder)
        print(f"\n## {one.name}\n\n{done[one.name]}\n")
        values = {name: evaluation.to_dict() for name, evaluation in done.items()}
        options.out.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    if done:
        print(f"## Summary\n\n{summary(done)}\n\nWritten to {options.out}")


def run(folder: Path, one: Set, names: Sequence[str], encoder: Encoder) -> Evaluation:
    """The measures of some configurations on one set, side by side."""
    steps = [name for name in names if name != PLAIN]
    with ExitStack() as stack:

        def open_one(place: str, encoder: Encoder, names: Sequence[str] = ()) -> Bench:
            at = (folder / one.name / one.corpus, STORES / place)
            bench = stack.enter_context(opened(*at, names, encoder=encoder))
            with bar(f"{place}: encoding", "passage") as show:
                bench.build(show)
            return bench

        benches = [open_one(one.name, encoder, steps)] if steps else []
        askers = dict(benches[0].askers) if steps else {}
        if PLAIN in names:
            benches.append(open_one(f"{one.name}, {PLAIN}", WithoutContext(encoder)))
            askers[PLAIN] = next(iter(benches[-1].askers.values()))
        facts = {"benches": [bench.facts for bench in benches]}
        with bar(f"{one.name}: asking", "answer") as show:
            return evaluate(one.questions(folder), askers, progress=show, facts=facts)


def summary(done: Mapping[str, Evaluation]) -> str:
    """A line for each set and configuration."""
    sets = {one.name: one for one in SETS}
    rows = [_COLUMNS]
    for name, evaluation in done.items():
        one = sets[name]
        rows += [_row(one, result.name, result.total) for result in evaluation.results]
        rows += [
            _row(one, result.name, result.types[one.apart], one.apart)
            for result in evaluation.results
            if one.apart in result.types
        ]
    return table(rows)


_COLUMNS = (
    *("set", "configuration", "answerable", "hit@1", "hit@5", "hit@10", "MRR@10"),
    *("AUROC", "p50 ms", "p95 ms"),
)


def _row(one: Set, configuration: str, some: Measures, part: str = "") -> tuple[str, ...]:
    found = some.document if one.documents else some.passage
    shares = (found.at_1, found.at_5, found.at_10, found.mrr) if found else (None,) * 4
    figures = (figure(share) for share in (*shares, some.auroc))
    name = f"{one.name}, {part}" if part else one.name
    times = (f"{some.p50:.0f}", f"{some.p95:.0f}")
    return (name, configuration, f"{some.answerable:,}", *figures, *times)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=[], help="default: all there are")
    parser.add_argument(
        "--configurations",
        type=named,
        default=list(CONFIGURATIONS),
        help=f"default: {', '.join(CONFIGURATIONS)}",
    )
    parser.add_argument("--out", type=Path, default=STORES / "measures.json")
    options = parser.parse_args()
    if unknown := set(options.configurations) - {*CONFIGURATIONS, PLAIN}:
        parser.error(f"no configuration {min(unknown)!r}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
