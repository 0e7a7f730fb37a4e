"""LlamaIndex: a vector index over FAISS and BM25 in a QueryFusionRetriever, one query each.

Title and date are metadata, which LlamaIndex puts before the text for both. FaissMapVectorStore is
its FAISS store that can delete. Of its three ways to fuse, the relative score found most, with 50
passages of each side rather than 10.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
from llama_index.core import StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissMapVectorStore
from peer import Found, Passage, Question

_DIMENSIONS = 384
_DEEP = 50  # of each side


class Adapter:
    """See `peer.Peer`."""

    package = "llama-index-core"
    precision = "fp32"

    def __init__(self, folder: Path, model: str) -> None:
        self._vectors, self._bm25 = str(folder / "index"), str(folder / "bm25")
        self._embedding = HuggingFaceEmbedding(model_name=model)
        self._index: Any = None
        self._words: Any = None

    def build(self, passages: Sequence[Passage]) -> None:
        vectors = FaissMapVectorStore(faiss.IndexIDMap2(faiss.IndexFlatIP(_DIMENSIONS)))
        self._index = VectorStoreIndex(
            [_node(passage) for passage in passages],
            storage_context=StorageContext.from_defaults(vector_store=vectors),
            embed_model=self._embedding,
        )
        self._index.storage_context.persist(self._vectors)
        self._read_words()
        self._words.persist(self._bm25)

    def open(self) -> None:
        context = StorageContext.from_defaults(
            vector_store=FaissMapVectorStore.from_persist_dir(self._vectors),
            persist_dir=self._vectors,
        )
        self._index = load_index_from_storage(context, embed_model=self._embedding)
        self._words = BM25Retriever.from_persist_dir(self._bm25)

    def ask(self, question: Question, k: int) -> Found:
        self._fusion.similarity_top_k = k
        hits = self._fusion.retrieve(question.text)
        return Found([hit.node.node_id for hit in hits], hits[0].score if hits else 0.0)

    def replace(self, before: Sequence[Passage], after: Sequence[Passage]) -> None:
        self._index.delete_nodes([passage.id for passage in before], delete_from_docstore=True)
        self._index.insert_nodes([_node(passage) for passage in after])
        self._read_words()
        self.__dict__.pop("_fusion", None)

    @cached_property
    def _fusion(self) -> Any:
        meaning = self._index.as_retriever(similarity_top_k=_DEEP)
        return QueryFusionRetriever(
            [meaning, self._words],
            llm=MockLLM(),  # never asked: there is one query
            num_queries=1,
            mode="relative_score",
            use_async=False,
        )

    def _read_words(self) -> None:
        """BM25 can not be changed: it is made anew from all passages."""
        self._words = BM25Retriever.from_defaults(
            docstore=self._index.docstore, similarity_top_k=_DEEP
        )


def _node(passage: Passage) -> Any:
    metadata = {"title": passage.title, "date": passage.date}
    said = {name: value for name, value in metadata.items() if value}
    return TextNode(id_=passage.id, text=passage.text, metadata=said)
