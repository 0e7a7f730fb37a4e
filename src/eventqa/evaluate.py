"""Ways of answering, compared: all are asked the same questions and measured side by side.

`eventqa evaluate` on the command line does this:

    with opened("corpus", "embeddings", ["all", "words"]) as bench:
        bench.build()
        print(evaluate(questions.read("questions.jsonl"), bench.askers, facts=bench.facts))
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eventqa import request
from eventqa.calibration import Calibration
from eventqa.encoder import Encoder, SentenceEncoder, model_of
from eventqa.measures import DEEP, Found, Measures, Outcome, by_type, judge, measure
from eventqa.qa import EventQA
from eventqa.questions import Question
from eventqa.retrieve import CONFIGURATIONS, Steps
from eventqa.store import Store
from eventqa.types import Answer, BuildReport, Freshness, InvalidInput, one_line

Asker = Callable[[Question], Answer]

# So many questions are asked once before the clock runs: the first of all loads indexes.
_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Result:
    """What one configuration made of the questions."""

    name: str
    outcomes: tuple[Outcome, ...]  # in the order of the questions
    total: Measures
    types: Mapping[str, Measures]  # in the order the types first come up

    def to_dict(self) -> dict[str, Any]:
        """The measures as plain JSON values, without the single outcomes."""
        return {
            **self.total.to_dict(),
            "types": {name: some.to_dict() for name, some in self.types.items()},
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Configurations measured with the same questions. `str()` is two Markdown tables."""

    results: tuple[Result, ...]
    cut: int  # questions that were longer than can be asked
    freshness: Freshness  # of the corpus when the last question was answered
    facts: Mapping[str, object] = field(default_factory=dict[str, object])

    def to_dict(self) -> dict[str, Any]:
        """Everything but the single outcomes, as plain JSON values."""
        return {
            **machine(),
            **self.facts,
            "corpus": self.freshness.to_dict(),
            "cut": self.cut,
            "results": {one.name: one.to_dict() for one in self.results},
        }

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """What became of each question in each configuration, as plain JSON values."""
        for result in self.results:
            for one in result.outcomes:
                yield {"configuration": result.name, **one.to_dict()}

    def __str__(self) -> str:
        rows = [
            (result.name if part == _ALL else "", part, some)
            for result in self.results
            for part, some in _parts(result)
        ]
        finding = [_FINDING, *(_finding(*row) for row in rows if row[2].answerable)]
        refusing = [_REFUSING, *(_refusing(*row) for row in rows)]
        tables = [table(one) for one in (finding, refusing) if len(one) > 1]
        cut = f"{self.cut:,} too long to ask whole, cut at a word. " if self.cut else ""
        questions = self.results[0].total.questions
        return "\n\n".join([f"{questions:,} questions. {cut}{self.freshness}", *tables])


@dataclass(frozen=True, slots=True)
class Bench:
    """Configurations over one store, ready to be built and asked."""

    qas: Mapping[str, EventQA]  # at least one, by name
    store: Store
    k: int  # how many passages are asked for
    model: str  # the encoder, without its precision
    facts: Mapping[str, object]  # the model and each configuration's switches, as JSON values

    @property
    def askers(self) -> dict[str, Asker]:
        """What asks each configuration a question, by name."""
        return {name: partial(_ask, qa, self.k) for name, qa in self.qas.items()}

    def build(
        self,
        progress: Callable[[int, int], None] | None = None,
        waiting: Callable[[str], None] | None = None,
    ) -> BuildReport:
        """Brings the store in step with the corpus, as `EventQA.build` does."""
        return next(iter(self.qas.values())).build(progress, waiting)

    def unknown(self, questions: Sequence[Question]) -> list[str]:
        """The documents that should answer and are not in the store, each once, in order."""
        ids = {one.doc_id for question in questions for one in question.evidence}
        with self.store.read() as view:
            return sorted(id for id in ids if view.release(id) is None)


def evaluate(
    questions: Sequence[Question],
    askers: Mapping[str, Asker],
    *,
    progress: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
    facts: Mapping[str, object] = MappingProxyType({}),
) -> Evaluation:
    """Asks every question of every configuration and measures the answers.

    Args:
        questions: at least one.
        askers: at least one, by name.
        progress: told how many answers there are, and of how many.
        clock: seconds.
        facts: what is to be known of the run besides, as JSON values.
    """
    for name in askers:
        for question in questions[:_WARM_UP]:
            askers[name](question)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in askers}
    answer = None
    for done, question in enumerate(questions):
        # Whoever asks a question second finds its data in the caches, so they take turns.
        for name in _rotated(list(askers), done):
            began = clock()
            answer = askers[name](question)
            outcomes[name].append(judge(question, answer, (clock() - began) * 1000))
        if progress:
            progress((done + 1) * len(askers), len(questions) * len(askers))
    if answer is None:
        raise ValueError(f"{len(questions)} questions and {len(askers)} configurations to ask")
    results = tuple(
        Result(name, tuple(some), measure(some), by_type(some)) for name, some in outcomes.items()
    )
    return Evaluation(results, sum(one.cut for one in questions), answer.freshness, facts)


@contextmanager
def opened(
    corpus: str | os.PathLike[str],
    embeddings: str | os.PathLike[str],
    names: Sequence[str] = (),
    *,
    model: str | None = None,
    encoder: Encoder | None = None,
    k: int = DEEP,
    calibration: Calibration | None = None,
) -> Generator[Bench]:
    """Configurations that share one store and one encoder; closed at the end.

    Args:
        names: of `eventqa.retrieve.CONFIGURATIONS`; without any, the first of them, which is what
            `ask` does.
        model, encoder, calibration: as `EventQA` takes them.
        k: how many passages are asked for.

    Raises:
        InvalidInput: there is no configuration of that name, or k is outside what is allowed.
    """
    chosen = _chosen(names)
    request.check("any", k, None, None, None, ())  # before anything is encoded
    store = Store(Path(embeddings))
    encoder = encoder or _encoder(model, store)
    with ExitStack() as stack:
        qas = {
            name: stack.enter_context(
                EventQA(
                    corpus,
                    embeddings,
                    encoder=encoder,
                    gaps=False,
                    calibration=calibration,
                    steps=steps,
                    watch=False,
                )
            )
            for name, steps in chosen.items()
        }
        switches = {name: asdict(steps) for name, steps in chosen.items()}
        facts = {"model": encoder.key, "k": k, "switches": switches}
        yield Bench(qas, store, k, model_of(encoder.key), facts)


def machine() -> dict[str, Any]:
    """What a figure depends on besides the question: versions, processors and the day."""
    return {
        "eventqa": importlib.metadata.version("eventqa"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "date": dt.date.today().isoformat(),
    }


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that is also aligned for the eye: the first row names the columns.

    Columns of figures stand to the right.
    """
    # A bar or a new line inside a cell would end it.
    rows = [[one_line(cell).replace("|", r"\|") for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    right = [all(_is_figure(row[at]) for row in rows[1:]) for at in range(len(rows[0]))]
    lines = [
        [
            cell.rjust(width) if figures else cell.ljust(width)
            for cell, width, figures in zip(row, widths, right, strict=True)
        ]
        for row in rows
    ]
    rule = ["-" * (width - to) + ":" * to for width, to in zip(widths, right, strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def _chosen(names: Sequence[str]) -> dict[str, Steps]:
    for name in names:
        if name not in CONFIGURATIONS:
            raise InvalidInput(
                f"there is no configuration {name!r}. Choose among {', '.join(CONFIGURATIONS)}"
            )
    return {name: CONFIGURATIONS[name] for name in names or list(CONFIGURATIONS)[:1]}


def _encoder(model: str | None, store: Store) -> SentenceEncoder:
    """One that goes on in the precision the store has, so that nothing is encoded anew."""
    with store.read() as view:
        stored = view.model
    return SentenceEncoder(model or os.environ.get("EVENTQA_MODEL") or None, stored=stored)


def _ask(qa: EventQA, k: int, question: Question) -> Answer:
    return qa.ask(question.question, k, asked_on=question.date, history=question.history)


def _rotated(names: list[str], turn: int) -> list[str]:
    first = turn % len(names) if names else 0
    return names[first:] + names[:first]


_ALL = ""
_FINDING = (
    *("configuration", "type", "answerable", "hit@1", "hit@5", "hit@10", "MRR@10"),
    *("doc@1", "doc@5", "doc@10", "doc MRR"),
)
_REFUSING = (
    *("configuration", "type", "questions", "answered right", "wrong", "refused right", "wrong"),
    *("AUROC", "p50 ms", "p95 ms"),
)


def _parts(result: Result) -> list[tuple[str, Measures]]:
    """All questions, then each type where there are several."""
    types = result.types.items() if len(result.types) > 1 else ()
    return [(_ALL, result.total), *((name or "(none)", some) for name, some in types)]


def _finding(name: str, part: str, some: Measures) -> tuple[str, ...]:
    cells = (*_shares(some.passage), *_shares(some.document))
    return (name, part, f"{some.answerable:,}", *cells)


def _refusing(name: str, part: str, some: Measures) -> tuple[str, ...]:
    counts = (some.answered_right, some.answered_wrong, some.refused_right, some.refused_wrong)
    cells = (*(f"{count:,}" for count in counts), figure(some.auroc))
    return (name, part, f"{some.questions:,}", *cells, f"{some.p50:.1f}", f"{some.p95:.1f}")


def _shares(found: Found | None) -> list[str]:
    shares = (found.at_1, found.at_5, found.at_10, found.mrr) if found else (None,) * 4
    return [figure(share) for share in shares]


def figure(value: float | None) -> str:
    """A share as tables show it: `.642`, or a dash where there is none."""
    return "–" if value is None else f"{value:.3f}".removeprefix("0")


def _is_figure(cell: str) -> bool:
    return cell == "–" or (cell != "" and set(cell) <= set("0123456789.,"))
