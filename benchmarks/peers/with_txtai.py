"""txtai: one Embeddings database, hybrid, which keeps the texts, too.

The heading is part of the text, the only thing that is searched.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peer import Found, Passage, Question
from txtai import Embeddings


class Adapter:
    """See `peer.Peer`."""

    package = "txtai"
    precision = "fp32"

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = str(folder)
        self._embeddings = Embeddings(path=model, hybrid=True, content=True)

    def build(self, passages: Sequence[Passage]) -> None:
        self._embeddings.index(_rows(passages))
        self._embeddings.save(self._folder)

    def open(self) -> None:
        self._embeddings.load(self._folder)

    def ask(self, question: Question, k: int) -> Found:
        rows = self._embeddings.search(question.text, k)
        return Found([row["id"] for row in rows], rows[0]["score"] if rows else 0.0)

    def replace(self, before: Sequence[Passage], after: Sequence[Passage]) -> None:
        self._embeddings.delete([passage.id for passage in before])
        self._embeddings.upsert(_rows(after))


def _rows(passages: Sequence[Passage]) -> list[tuple[str, str, None]]:
    return [(passage.id, passage.headed, None) for passage in passages]
