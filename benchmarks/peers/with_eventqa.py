"""eventqa, through what it offers to everybody: a folder of releases and `EventQA.ask`.

Every release is a file of its own, as a press office would have them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from peer import Found, Passage, Question

from eventqa import EventQA
from eventqa.store import Store
from eventqa.types import Passage as Cited


class Adapter:
    """See `peer.Peer`. The model is the one that comes with eventqa."""

    package = "eventqa"

    def __init__(self, folder: Path, model: str) -> None:
        self._corpus, self._embeddings = folder / "corpus", folder / "embeddings"

    @property
    def precision(self) -> str:
        with Store(self._embeddings).read() as view:
            return (view.model or "").rpartition("/")[2]

    def build(self, passages: Sequence[Passage]) -> None:
        self._corpus.mkdir()
        for _, group in groupby(passages, lambda passage: passage.release):
            self._write(list(group))
        report = self._qa.build()
        self._qa.close()
        if report.encoded + report.reused != len(passages):
            raise ValueError(f"{report} of {len(passages)} passages given")

    def open(self) -> None:
        _ = self._qa

    def ask(self, question: Question, k: int) -> Found:
        answer = self._qa.ask(
            question.text, k, asked_on=question.date, history=tuple(question.history)
        )
        hits = answer.hits or answer.nearest
        copies = {_id(hit.passage): [_id(one) for one in hit.also] for hit in hits}
        return Found(list(copies), answer.confidence, copies)

    def replace(self, before: Sequence[Passage], after: Sequence[Passage]) -> None:
        self._write(after)

    def _write(self, passages: Sequence[Passage]) -> None:
        of = passages[0]
        release = {
            "id": of.release,
            "title": of.title,
            "date": of.date or None,
            "text": "\n\n".join(passage.text for passage in passages),
        }
        path = self._corpus / f"{quote(of.release, safe='')}.jsonl"
        path.write_text(json.dumps(release) + "\n", encoding="utf-8")

    @cached_property
    def _qa(self) -> EventQA:
        return EventQA(self._corpus, self._embeddings)


def _id(passage: Cited) -> str:
    return f"{passage.release.id}#{passage.number}"
