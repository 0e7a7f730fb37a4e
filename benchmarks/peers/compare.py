"""eventqa next to what people would use instead, on the same paragraphs with the same encoder.

    python benchmarks/peers/compare.py FOLDER [--sets NAME,…] [--peers NAME,…] [--keep]

FOLDER holds the question sets as for `benchmarks/evaluate.py`. Each system is installed into an
environment of its own below `embeddings/bench/peers/`, and each step runs in a process of its own,
one after the other. `--keep` asks the indexes of an earlier run again: the figures of building
then are that run's.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from environments import HERE, environment, mebibytes, python
from peer import Passage, Question, write
from report import Measured, report
from sets import STORES, Set, named, there

from eventqa import types
from eventqa.corpus import Corpus
from eventqa.measures import Outcome, measure
from eventqa.questions import Question as Asked

PEERS = {
    "llamaindex": "LlamaIndex",
    "haystack": "Haystack",
    "txtai": "txtai",
    "langchain": "LangChain",
    "eventqa": "eventqa",
}
_SETS = ["timeqa_human_train", "clapnq_dev"]
_COLD = 3


def main() -> None:
    """Prints a table for each set."""
    options = _options()
    place = STORES.absolute() / "peers"
    environments = {name: environment(name, place / name) for name in options.peers}
    sizes = {name: mebibytes(at) for name, at in environments.items()}
    print(f"{dt.date.today()}, {platform.machine()}, {os.cpu_count()} CPUs")
    for one in there(options.folder, options.sets):
        material = prepared(one, options.folder, place / one.name)
        done = [
            measured(name, python(at), sizes[name], material, options.keep)
            for name, at in environments.items()
        ]
        print(f"\n## {one.name}: {material}\n\n{report(done)}", flush=True)


@dataclass(frozen=True, slots=True)
class Material:
    """What every system gets to read of a set, and what finds what."""

    set: Set
    folder: Path  # with `passages.jsonl` and `questions.jsonl`
    passages: Mapping[str, types.Passage]  # by the id that systems know them by
    questions: Sequence[Asked]

    def __str__(self) -> str:
        return f"{len(self.passages):,} paragraphs, {len(self.questions):,} questions"


def prepared(one: Set, folder: Path, place: Path) -> Material:
    """A set's paragraphs as eventqa reads them, and its questions, written down for all."""
    corpus = folder / one.name / one.corpus
    reading, _ = Corpus(corpus).read(corpus.name)
    passages = {
        f"{release.id}#{passage.number}": passage
        for release in reading.releases
        for passage in release.passages
    }
    questions = one.questions(folder)
    place.mkdir(parents=True, exist_ok=True)
    write([_written(id, passage) for id, passage in passages.items()], place / "passages.jsonl")
    asked = [Question(one.question, one.date, one.history) for one in questions]
    write(asked, place / "questions.jsonl")
    return Material(one, place, passages, questions)


def measured(name: str, python: Path, size: float, material: Material, keep: bool) -> Measured:
    """Everything about one system on one set."""
    index, kept = material.folder / name / "index", material.folder / name / "build.json"

    def step(step: str, index: Path = index) -> Any:
        print(f"{material.set.name}: {name}: {step}", file=sys.stderr, flush=True)
        return run(python, name, step, index, material.folder)

    if not (keep and kept.is_file()):
        shutil.rmtree(index.parent, ignore_errors=True)
        index.mkdir(parents=True)
        kept.write_text(json.dumps(step("build")), encoding="utf-8")
    built = json.loads(kept.read_text(encoding="utf-8"))
    asked = step("ask")
    colds: list[float] = []
    for _ in range(_COLD):
        began = time.perf_counter()
        step("cold")
        colds.append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory(dir=material.folder) as copy:
        changed = step("update", Path(shutil.copytree(index, Path(copy, "index"))))
    return Measured(
        name=f"{PEERS[name]} {asked['version']}",
        precision=asked["precision"],
        measures=measure(list(judged(material, asked["answers"]))),
        tells=all(answer["confidence"] is not None for answer in asked["answers"]),
        build=built["passages"] / built["seconds"],
        update=statistics.median(changed["seconds"]),
        lost=f"{changed['lost']} of {changed['watched']}",
        cold=statistics.median(colds),
        memory=asked["memory"],
        size=size,
    )


def judged(material: Material, answers: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
    """What became of each question, by one rule for all: `Set.finds`.

    A copy that is named beside a passage counts as found there, as in `eventqa evaluate`.
    """
    for question, answer in zip(material.questions, answers, strict=True):
        groups = [[id, *answer["copies"].get(id, ())] for id in answer["ids"]]
        right = (
            rank
            for rank, group in enumerate(groups, start=1)
            if any(material.set.finds(material.passages[id], question) for id in group)
        )
        rank = next(right, None)
        yield Outcome(
            id=question.id,
            type=question.type,
            answerable=question.answerable,
            answered=bool(groups),
            confidence=answer["confidence"] or 0.0,
            passage=rank,
            document=rank,
            milliseconds=answer["milliseconds"],
        )


def run(python: Path, name: str, step: str, index: Path, folder: Path) -> Any:
    """What one step measured, in a process of its own that reaches no network."""
    offline = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    # What is set for the interpreter of this process is not for theirs.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as place:
        out = Path(place, "measured.json")
        command = [python, HERE / "measure.py", f"with_{name}", step, "--index", index]
        command += ["--passages", folder / "passages.jsonl"]
        command += ["--questions", folder / "questions.jsonl", "--out", out]
        done = subprocess.run(command, env=inherited | offline, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{name}: {step} failed.\n{done.stderr}")
        return json.loads(out.read_text(encoding="utf-8"))


def _written(id: str, passage: types.Passage) -> Passage:
    release = passage.release
    date = release.date.isoformat() if release.date else ""
    return Passage(id, release.id, types.one_line(release.title), date, passage.text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=_SETS, help=f"default: {', '.join(_SETS)}")
    parser.add_argument("--peers", type=named, default=list(PEERS), help="default: all")
    parser.add_argument("--keep", action="store_true", help="ask the indexes of an earlier run")
    options = parser.parse_args()
    if unknown := set(options.peers) - set(PEERS):
        parser.error(f"no peer {min(unknown)!r}. Choose among {', '.join(PEERS)}")
    return options


if __name__ == "__main__":
    main()
