"""What each reading of a follow-up is worth, beside pasting and what a person would ask.

    python benchmarks/followups.py FOLDER [--sets NAME,…]

Asked are the questions of conversations in FOLDER, each with the turns before it. AUROC and what
is answered are by how sure the gate is of the passages in the order of each way.
"""

from __future__ import annotations

import argparse
import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sets import Set, bar, named, read, searchable, there

from eventqa import calibration, followup, history, questions, talk
from eventqa import thread as threads
from eventqa.encoder import Encoder, SentenceEncoder, model_of
from eventqa.evaluate import figure, table
from eventqa.followup import Reading
from eventqa.gate import COMPARED, Gate, decisive
from eventqa.leaning import is_named
from eventqa.measures import auroc
from eventqa.retrieve import DEPTH, Found, Question, retrieve

Search = Callable[..., tuple[Found, ...]]
_SETS = ["cast2021", "mtrag_un_dev"]


def main() -> None:
    """Prints a table for each set."""
    options = _options()
    encoder = SentenceEncoder()
    for one in there(options.folder, options.sets):
        print(
            f"\n## {one.name}\n\n{table(list(_rows(options.folder, one, encoder)))}\n", flush=True
        )


def _rows(folder: Path, one: Set, encoder: Encoder) -> Iterator[tuple[str, ...]]:
    yield ("read", "hit@1", "hit@5", "AUROC", "answered", "of them unanswerable")
    model = model_of(encoder.key)
    gate = calibration.of(folder, model).gate(None, model)
    asked = one.questions(folder)
    people = _rewritten(folder / one.name / "questions.jsonl")
    found: dict[str, list[Way]] = {}
    with searchable(folder, one, encoder) as (view, indexes), bar(one.name, "question") as show:

        def search(question: Question, k: int = DEPTH) -> tuple[Found, ...]:
            return retrieve(question, view, indexes, k)

        for done, each in enumerate(asked, start=1):
            for name, result in _ways(each, people.get(each.id), encoder, search, gate):
                found.setdefault(name, []).append(result)
            show(done, len(asked))
    for name, results in found.items():
        if len(results) == len(asked):
            yield _row(name, one, asked, results, gate)


class Way(NamedTuple):
    """What one way of reading a question makes of it."""

    question: Question
    found: Sequence[Found]
    alone: Sequence[Found] = ()  # as asked, if it takes anything over

    def sure(self, gate: Gate) -> float:
        """How sure the gate is of it."""
        found, alone = self.found[:COMPARED], self.alone[:COMPARED]
        return decisive(self.question, found, alone, gate.weights).confidence(gate.weights)


def _ways(
    asked: questions.Question, person: str | None, encoder: Encoder, search: Search, gate: Gate
) -> Iterator[tuple[str, Way]]:
    """What each way of reading finds."""
    plain = read(asked, encoder)
    alone = search(plain)

    def of(text: str) -> Way:
        question = read(replace(asked, question=text[-1000:]), encoder)
        return Way(question, search(question))

    before = history.turns(asked.history)
    yield "as asked", Way(plain, alone)
    yield "all questions pasted in front", of(" ".join([*(t.question for t in before), plain.text]))
    thread = threads.thread(before, plain.asked_on, plain.text)
    carried = followup.readings(plain.text, thread, plain.period)
    searched = [(each, each.searched(plain, encoder.encode_query)) for each in carried]
    found = [(each, search(question)) for each, question in searched]

    def read_as(some: Sequence[tuple[Reading, Sequence[Found]]]) -> Way:
        leaning = followup.taking(plain, [each for each, _ in some])
        asked = search(leaning) if leaning.time else alone
        merged = followup.together(asked, some, DEPTH, threads.last_shown(thread))
        return Way(leaning, merged, alone if some else ())

    yield "+ words of questions", read_as([one for one in found if not one[0].shown])
    yield "+ words of the passage shown", read_as([one for one in found if one[0].shown])
    anyhow = [(each._replace(shown=False), hits) for each, hits in found]
    yield "+ both, also for that passage", read_as(anyhow)
    yield "+ both", read_as(found)
    needed = [] if is_named(plain.text, plain.period) else searched
    findings = talk.find(talk.Asked(plain, thread, needed), search, DEPTH, DEPTH, gate)
    yield "+ both, unless it needs none", Way(*findings)
    if person:
        yield "as a person put it", of(person)


def _row(
    name: str,
    one: Set,
    asked: Sequence[questions.Question],
    results: Sequence[Way],
    gate: Gate,
) -> tuple[str, ...]:
    firsts: list[bool] = []
    fives: list[bool] = []
    sure: list[float] = []
    for each, way in zip(asked, results, strict=True):
        sure.append(way.sure(gate))
        if each.answerable:
            right = [one.finds(hit.hit.passage, each) for hit in way.found[:5]]
            firsts.append(right[0])
            fives.append(any(right))
    at_1, at_5 = (figure(sum(some) / len(some)) for some in (firsts, fives))
    answerable = [each.answerable for each in asked]
    answered = [value >= gate.least for value in sure]
    wrong = sum(map(operator.gt, answered, answerable))
    told = figure(auroc(answerable, sure))
    return (name, at_1, at_5, told, f"{sum(answered):,}", f"{wrong:,}")


def _rewritten(path: Path) -> Mapping[str, str]:
    """What a person would have asked, by id, where the set has it."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["id"]: row["rewritten"] for row in rows if row.get("rewritten")}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=_SETS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
