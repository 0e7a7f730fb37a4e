"""LangChain: a FAISS store and BM25, in an EnsembleRetriever with equal weights.

The heading is part of the content, the only thing that is searched. BM25 splits words at white
space unless told otherwise; what it is told here is lower-cased words without punctuation.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from peer import Found, Passage, Question


class Adapter:
    """See `peer.Peer`."""

    package = "langchain-classic"
    precision = "fp32"

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = str(folder)
        self._embeddings = HuggingFaceEmbeddings(model_name=model)
        self._store: Any = None
        self._words: Any = None

    def build(self, passages: Sequence[Passage]) -> None:
        documents = [_document(passage) for passage in passages]
        ids = [passage.id for passage in passages]
        self._store = FAISS.from_documents(documents, self._embeddings, ids=ids)
        self._store.save_local(self._folder)

    def open(self) -> None:
        # It keeps its texts as a pickle, and wants to be told that the file is one's own.
        self._store = FAISS.load_local(
            self._folder, self._embeddings, allow_dangerous_deserialization=True
        )
        self._read_words()

    def ask(self, question: Question, k: int) -> Found:
        self._words.k = k
        meaning = self._store.as_retriever(search_kwargs={"k": k})
        both = EnsembleRetriever(retrievers=[self._words, meaning], weights=[0.5, 0.5], id_key="id")
        documents = both.invoke(question.text)
        return Found([document.metadata["id"] for document in documents[:k]], None)

    def replace(self, before: Sequence[Passage], after: Sequence[Passage]) -> None:
        self._store.delete([passage.id for passage in before])
        self._store.add_documents(
            [_document(passage) for passage in after], ids=[passage.id for passage in after]
        )
        self._read_words()

    def _read_words(self) -> None:
        """BM25 can neither be kept nor changed: it is made anew from all documents."""
        ids = list(self._store.index_to_docstore_id.values())
        self._words = BM25Retriever.from_documents(
            self._store.get_by_ids(ids), preprocess_func=_words
        )


def _document(passage: Passage) -> Any:
    return Document(page_content=passage.headed, metadata={"id": passage.id})


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
