"""The table: a line for each measure, a column for each system, the best of each line in bold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eventqa.evaluate import figure, table
from eventqa.measures import Found, Measures


@dataclass(frozen=True, slots=True)
class Measured:
    """What one system does on one set."""

    name: str  # with its version
    precision: str
    measures: Measures
    tells: bool  # whether it tells how sure it is
    build: float  # passages a second
    update: float  # seconds
    lost: str
    cold: float  # seconds
    memory: float  # MiB
    size: float  # MiB

    @property
    def found(self) -> Found:
        """How much of the answerable questions is found."""
        if self.measures.passage is None:
            raise ValueError("no question is answerable")
        return self.measures.passage


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of every system."""

    name: str
    of: Callable[[Measured], float | None]
    shown: Callable[[float | None], str]
    best: Callable[[list[float]], float]


def report(systems: Sequence[Measured]) -> str:
    """A Markdown table."""
    rows = [["", *(one.name for one in systems)], ["encoder", *(one.precision for one in systems)]]
    rows += [_row(line, systems) for line in LINES]
    rows.append(["lost by the changes", *(one.lost for one in systems)])
    return table(rows)


def _row(line: Line, systems: Sequence[Measured]) -> list[str]:
    values = [line.of(one) for one in systems]
    known = [value for value in values if value is not None]
    # What looks alike is alike: the best is told from what is shown.
    best = line.shown(line.best(known)) if known else ""
    shown = [line.shown(value) for value in values]
    return [line.name, *(f"**{one}**" if one == best else one for one in shown)]


def _digits(count: int) -> Callable[[float | None], str]:
    return lambda value: "–" if value is None else f"{value:,.{count}f}"


LINES = (
    Line("hit@1", lambda one: one.found.at_1, figure, max),
    Line("hit@5", lambda one: one.found.at_5, figure, max),
    Line("MRR@10", lambda one: one.found.mrr, figure, max),
    Line("AUROC", lambda one: one.measures.auroc if one.tells else None, figure, max),
    Line("ask, p50, ms", lambda one: one.measures.p50, _digits(0), min),
    Line("ask, p95, ms", lambda one: one.measures.p95, _digits(0), min),
    Line("build, paragraphs a second", lambda one: one.build, _digits(0), max),
    Line("one changed document, s", lambda one: one.update, _digits(2), min),
    Line("cold start to an answer, s", lambda one: one.cold, _digits(1), min),
    Line("memory, MiB", lambda one: one.memory, _digits(0), min),
    Line("installed, MiB", lambda one: one.size, _digits(0), min),
)
