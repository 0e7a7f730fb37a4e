"""How good the answers are on question sets that nobody here wrote, one configuration by another.

    python benchmarks/evaluate.py FOLDER [--sets NAME,…] [--configurations NAME,…] [--out FILE]

FOLDER holds a folder for each set with `corpus.jsonl` and `questions.jsonl`; `eventqa evaluate`
does the same for any one of them. Stores are kept in `embeddings/bench/`, so a second run encodes
nothing. The measures are written to FILE after each set, so a run that is stopped keeps them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from eventqa import questions
from eventqa.encoder import Encoder, SentenceEncoder
from eventqa.evaluate import Evaluation, evaluate, figure, opened, table
from eventqa.measures import Measures
from eventqa.retrieve import CONFIGURATIONS

STORES = Path("embeddings/bench")


@dataclass(frozen=True, slots=True)
class Set:
    """What of a folder is asked, and of which corpus."""

    name: str
    corpus: str = "corpus.jsonl"
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    apart: str = ""  # a type of question that the summary shows on a line of its own


SETS = (
    # A rule labelled the other questions by the words they share, which flatters a word index.
    Set("realtimeqa_2022", apart="news-quiz-gold"),
    Set("timeqa_human_train"),
    Set("clapnq_dev"),
    Set("xquad_dev", corpus="corpus.en_hard.jsonl", where={"lang": "en"}),
    Set("time1963"),
    Set("mtrag_un_dev"),
    Set("cast2021"),
)


def main() -> None:
    """Prints a table for each set and a summary of all."""
    options = _options()
    if not options.folder.is_dir():
        print(f"Nothing measured: there is no folder {str(options.folder)!r} of question sets")
        return
    encoder = SentenceEncoder()
    done: dict[str, Evaluation] = {}
    for one in SETS:
        folder = options.folder / one.name
        if options.sets and one.name not in options.sets:
            continue
        if not folder.is_dir():
            print(f"{one.name}: left out, there is no folder {str(folder)!r}\n")
            continue
        done[one.name] = run(folder, one, options.configurations, encoder)
        print(f"\n## {one.name}\n\n{done[one.name]}\n")
        values = {name: evaluation.to_dict() for name, evaluation in done.items()}
        options.out.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    if done:
        print(f"## Summary\n\n{summary(done)}\n\nWritten to {options.out}")


def run(folder: Path, one: Set, names: Sequence[str], encoder: Encoder) -> Evaluation:
    """The measures of some configurations on one set."""
    asked = questions.read(folder / "questions.jsonl", one.where)
    with opened(folder / one.corpus, STORES / one.name, names, encoder=encoder) as bench:
        with _bar(f"{one.name}: encoding", "passage") as show:
            bench.build(show)
        with _bar(f"{one.name}: asking", "answer") as show:
            return evaluate(asked, bench.askers, progress=show, facts=bench.facts)


def summary(done: Mapping[str, Evaluation]) -> str:
    """A line for each set and configuration."""
    apart = {one.name: one.apart for one in SETS}
    rows = [("set", "configuration", "answerable", "hit@1", "hit@5", "MRR@10", "AUROC", "p50 ms")]
    for name, evaluation in done.items():
        rows += [_row(name, result.name, result.total) for result in evaluation.results]
        rows += [
            _row(f"{name}, {apart[name]}", result.name, result.types[apart[name]])
            for result in evaluation.results
            if apart[name] in result.types
        ]
    return table(rows)


def _row(name: str, configuration: str, some: Measures) -> tuple[str, ...]:
    found = some.passage
    shares = (found.at_1, found.at_5, found.mrr) if found else (None, None, None)
    figures = (figure(share) for share in (*shares, some.auroc))
    return (name, configuration, f"{some.answerable:,}", *figures, f"{some.p50:.1f}")


@contextmanager
def _bar(doing: str, unit: str) -> Generator[Callable[[int, int], None]]:
    with tqdm(desc=doing, unit=unit, delay=0.5) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=_names, default=[], help="default: all there are")
    parser.add_argument(
        "--configurations",
        type=_names,
        default=list(CONFIGURATIONS),
        help="default: all there are",
    )
    parser.add_argument("--out", type=Path, default=STORES / "measures.json")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    return options


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    main()
