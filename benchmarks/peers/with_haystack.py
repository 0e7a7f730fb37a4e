"""Haystack: BM25 and embeddings in its in-memory store, put together by its DocumentJoiner.

As in its tutorial "Creating a Hybrid Retrieval Pipeline", without the ranker, which is another
model. Its BM25 reads nothing but the content of a document, so the heading is part of it. Of the
ways to join, fusion by the distribution of the scores found more than reciprocal ranks.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from peer import Found, Passage, Question


class Adapter:
    """See `peer.Peer`."""

    package = "haystack-ai"
    precision = "fp32"

    def __init__(self, folder: Path, model: str) -> None:
        self._file = str(folder / "store.json")
        self._model = model
        self._store: Any = InMemoryDocumentStore()

    def build(self, passages: Sequence[Passage]) -> None:
        self._add(passages)
        self._store.save_to_disk(self._file)

    def open(self) -> None:
        self._store = InMemoryDocumentStore.load_from_disk(self._file)

    def ask(self, question: Question, k: int) -> Found:
        asked = {
            "embedder": {"text": question.text},
            "words": {"query": question.text, "top_k": k},
            "meaning": {"top_k": k},
            "joiner": {"top_k": k},
        }
        documents = self._pipeline.run(asked)["joiner"]["documents"]
        ids = [document.id for document in documents]
        return Found(ids, documents[0].score if documents else 0.0)

    def replace(self, before: Sequence[Passage], after: Sequence[Passage]) -> None:
        self._store.delete_documents([passage.id for passage in before])
        self._add(after)

    def _add(self, passages: Sequence[Passage]) -> None:
        documents = [Document(id=passage.id, content=passage.headed) for passage in passages]
        self._store.write_documents(self._embedder.run(documents=documents)["documents"])

    @cached_property
    def _embedder(self) -> Any:
        embedder = SentenceTransformersDocumentEmbedder(model=self._model, progress_bar=False)
        embedder.warm_up()
        return embedder

    @cached_property
    def _pipeline(self) -> Any:
        """Built on the store as it was opened; what is written to it later is found, too."""
        pipeline = Pipeline()
        embedder = SentenceTransformersTextEmbedder(model=self._model, progress_bar=False)
        pipeline.add_component("embedder", embedder)
        pipeline.add_component("meaning", InMemoryEmbeddingRetriever(self._store))
        pipeline.add_component("words", InMemoryBM25Retriever(self._store))
        pipeline.add_component("joiner", DocumentJoiner(join_mode="distribution_based_rank_fusion"))
        pipeline.connect("embedder.embedding", "meaning.query_embedding")
        pipeline.connect("words", "joiner")
        pipeline.connect("meaning", "joiner")
        return pipeline
