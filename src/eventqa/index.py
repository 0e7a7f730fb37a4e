"""Vectors → the nearest ones. Derived from the store at any time; the only home of FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from eventqa import kept
from eventqa.encoder import Vector, import_torch

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

FILE = "index.faiss"

# Among less than a tenth of the texts it is quicker to look theirs up: 0.9 ms for 4,000 of 108,000
# where FAISS takes 9 ms to pass by the others.
_FEW = 10


class Index(Protocol):
    """What finds the nearest of many unit vectors."""

    @property
    def ids(self) -> Ids:
        """The ids of all texts in it, ascending. A text can have several vectors."""
        ...

    def updated(self, remove: Ids, add: Ids, rows: Vector) -> Self:
        """The index without some texts and with others; this one stays as it is.

        Args:
            add: of each row the text's id, which may be there several times.
        """
        ...

    def search(self, vector: Vector, k: int, among: Ids | None = None) -> tuple[Ids, Scores]:
        """The texts of the at most `k` nearest vectors, best first, with their inner products.

        A text of several vectors can be there as often.

        Args:
            among: look only at texts with these ids.
        """
        ...


class FaissIndex:
    """Search of every vector by inner product, in 16-bit floats: scores are within .001.

    At 108,000 vectors of 384 places 8 ms on one core of two, where 32-bit floats take 20 ms and
    find the same hundred; and half the memory.
    """

    def __init__(self, faiss_index: Any, ids: Ids) -> None:
        self._faiss = faiss_index
        self.ids = ids
        # The text of each row. They come in order of ids, unless somebody adds them otherwise.
        self._owners: Ids = _faiss().vector_to_array(faiss_index.id_map)
        in_order = bool((self._owners[1:] >= self._owners[:-1]).all())
        self._order: Ids | None = None
        if not in_order:
            self._order = np.argsort(self._owners, kind="stable").astype(np.int64)
        self._owners = self._owners if self._order is None else self._owners[self._order]

    @property
    def size(self) -> int:
        """How many vectors it has."""
        return self._faiss.ntotal

    @classmethod
    def of(cls, ids: Ids, rows: Vector) -> Self:
        """An index of vectors, shape (len(ids), dim), each under its text's id."""
        faiss = _faiss()
        kind, measure = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexIDMap(faiss.IndexScalarQuantizer(rows.shape[1], kind, measure))
        index.add_with_ids(_contiguous(rows), ids)
        return cls(index, np.unique(ids))

    @classmethod
    def load(cls, folder: Path, sha256: str) -> Self | None:
        """The index in a folder if its file has this hash, else None.

        A file that the store does not vouch for is never given to FAISS, whose reader trusts
        every byte.
        """
        data = kept.read(folder / FILE, sha256)
        if data is None:
            return None
        faiss = _faiss()
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError:  # another version of FAISS wrote it, or worse
            return None
        return cls(index, np.unique(faiss.vector_to_array(index.id_map)))

    def save(self, folder: Path) -> str:
        """Writes the index into a folder, all or nothing, and returns the file's sha256."""
        return kept.write(folder / FILE, _faiss().serialize_index(self._faiss).tobytes())

    def updated(self, remove: Ids, add: Ids, rows: Vector) -> Self:
        faiss = _faiss()
        index = faiss.clone_index(self._faiss)
        if len(remove):
            index.remove_ids(faiss.IDSelectorBatch(remove))
        if len(add):
            index.add_with_ids(_contiguous(rows), add)
        return type(self)(index, np.union1d(np.setdiff1d(self.ids, remove), add))

    def search(self, vector: Vector, k: int, among: Ids | None = None) -> tuple[Ids, Scores]:
        if among is not None and len(among) < self.size // _FEW:
            return self._search_few(vector, k, among)
        faiss = _faiss()
        within = None
        if among is not None:
            within = faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))
        if not (count := min(k, self.size)):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, ids = self._faiss.search(_contiguous(vector[None]), count, params=within)
        found = ids[0] >= 0  # FAISS pads with -1 when it has fewer than it was asked for
        return ids[0][found], scores[0][found]

    def _search_few(self, vector: Vector, k: int, among: Ids) -> tuple[Ids, Scores]:
        """The same among few texts, whose vectors are looked up rather than passed by."""
        first: Ids = np.searchsorted(self._owners, among, side="left")
        counts: Ids = np.searchsorted(self._owners, among, side="right") - first
        before = np.repeat(np.cumsum(counts) - counts, counts)
        places: Ids = np.repeat(first, counts) + np.arange(counts.sum(), dtype=np.int64) - before
        rows: Ids = places if self._order is None else self._order[places]
        scores = self._rows()[rows].astype(np.float32) @ _contiguous(vector)
        best = np.argsort(-scores, kind="stable")[:k]
        return np.repeat(among, counts)[best], scores[best]

    def _rows(self) -> NDArray[np.float16]:
        """The vectors as FAISS holds them, not copied."""
        faiss = _faiss()
        held = faiss.downcast_index(self._faiss.index)
        data = faiss.rev_swig_ptr(held.codes.data(), held.ntotal * held.code_size)
        return data.view(np.float16).reshape(held.ntotal, held.d)


def saved_as(folder: Path, sha256: str) -> bool:
    """Whether the index in a folder is the one with this hash. Does not load FAISS."""
    return kept.holds(folder / FILE, sha256)


def _contiguous(rows: Vector) -> Vector:
    return np.ascontiguousarray(rows, dtype=np.float32)


def _faiss() -> Any:
    """The FAISS module, imported after torch.

    In the other order the process has two OpenMP runtimes that fight for the cores: a question
    then takes 21.9 ms instead of 12.6.
    """
    import_torch()
    import faiss

    return faiss
