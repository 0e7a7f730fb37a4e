"""Vectors → the nearest ones. Derived from the store at any time; the only home of FAISS."""

from __future__ import annotations

from collections.abc import Callable
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
# where FAISS takes 9 ms to pass by the others. So it is for so many where there is a sketch.
_FEW = 10
_FEW_BESIDE_SKETCH = 10_000

SKETCHED = 200_000
"""An index of so many vectors is worth a sketch."""

# So many texts are looked up where their sketches are near, or so many times as many as are wanted.
_LOOKED_UP = 1_000
_TIMES = 8
_LEARNED = 100_000  # vectors whose mean a sketch is made around
_AT_ONCE = 10_000


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

    def scores(self, vector: Vector, ids: Ids) -> Scores:
        """The inner product of each of some texts, in their order; the best of a text's several.

        Args:
            ids: all of them are there, ascending.
        """
        ...


class FaissIndex:
    """Search of every vector by inner product, in 16-bit floats: scores are within .001.

    At 108,000 vectors of 384 places 8 ms on one core of two, where 32-bit floats take 20 ms and
    find the same hundred; and half the memory.

    A large index can be given a sketch of one bit a place (RaBitQ: Gao and Long, SIGMOD 2024), in
    which candidates are found that are then compared exactly. Nothing is fitted to the vectors but
    their mean, so it follows any change. Of a million (`python benchmarks/million.py`, and a script
    that is not kept), with the 50 that are found of the 50 nearest, and ms on one core:

        exact                                         1.000   32
        RaBitQ, 1,000 looked up                        .999   12    made in  6 s, 64 MB
        product quantizer of 96 × 4 bits, 1,000        .999    2             11 s, takes no selector
        inverted lists, 1,024, 256 of them probed      .995    8             21 s
        inverted lists, 4,096, 256 of them probed      .991    2             95 s
    """

    def __init__(self, faiss_index: Any, ids: Ids, sketch: Any = None) -> None:
        self._faiss = faiss_index
        self._sketch = sketch
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
        index = _changed(self._faiss, remove, add, rows)
        sketch = self._sketch and _changed(self._sketch, remove, add, rows)
        return type(self)(index, np.union1d(np.setdiff1d(self.ids, remove), add), sketch)

    @property
    def is_sketched(self) -> bool:
        """Whether it is searched by a sketch, so that a text in a hundred may be overlooked."""
        return self._sketch is not None

    def sketched(self, stopped: Callable[[], bool]) -> Self:
        """The same index, searched by a sketch; this one can be used while that is made.

        Args:
            stopped: asked now and then; once it says so, the index comes back as it is.
        """
        faiss = _faiss()
        held = self._rows()
        sketch = faiss.IndexRaBitQ(held.shape[1], faiss.METRIC_INNER_PRODUCT)
        sketch.train(_contiguous(held[:: -(-len(held) // _LEARNED)]))
        named = faiss.IndexIDMap(sketch)
        owners = faiss.vector_to_array(self._faiss.id_map)
        for start in range(0, len(held), _AT_ONCE):
            if stopped():
                return self
            part = slice(start, start + _AT_ONCE)
            named.add_with_ids(_contiguous(held[part]), owners[part])
        return type(self)(self._faiss, self.ids, named)

    def sketched_as(self, other: Self) -> Self:
        """The same index with the sketch of an earlier or later one, brought in step."""
        new = np.setdiff1d(self.ids, other.ids)
        owners, at = self._places(new)
        gone = np.setdiff1d(other.ids, self.ids)
        sketch = other._sketch and _changed(other._sketch, gone, owners, self._rows()[at])
        return type(self)(self._faiss, self.ids, sketch)

    def search(self, vector: Vector, k: int, among: Ids | None = None) -> tuple[Ids, Scores]:
        few = min(self.size // _FEW, _FEW_BESIDE_SKETCH if self.is_sketched else self.size)
        if among is not None and len(among) < few:
            return self._search_few(vector, k, among)
        if not (count := min(k, self.size)):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if self._sketch is not None:
            near = max(_LOOKED_UP, _TIMES * count)
            found, _ = _searched(self._sketch, vector, min(near, self.size), among)
            return self._search_few(vector, k, np.unique(found))
        return _searched(self._faiss, vector, count, among)

    def scores(self, vector: Vector, ids: Ids) -> Scores:
        owners, found = self._scored(vector, ids)
        best = np.full(len(ids), -1.0, np.float32)
        np.maximum.at(best, np.searchsorted(ids, owners), found)
        return best

    def _search_few(self, vector: Vector, k: int, among: Ids) -> tuple[Ids, Scores]:
        """The same among few texts, whose vectors are looked up rather than passed by."""
        owners, scores = self._scored(vector, among)
        best = np.argsort(-scores, kind="stable")[:k]
        return owners[best], scores[best]

    def _scored(self, vector: Vector, ids: Ids) -> tuple[Ids, Scores]:
        """The inner product of each vector of some texts, with its text."""
        owners, at = self._places(ids)
        return owners, self._rows()[at].astype(np.float32) @ _contiguous(vector)

    def _places(self, ids: Ids) -> tuple[Ids, Ids]:
        """Where the vectors of some texts stand in FAISS, with the text of each."""
        first: Ids = np.searchsorted(self._owners, ids, side="left")
        counts: Ids = np.searchsorted(self._owners, ids, side="right") - first
        before = np.repeat(np.cumsum(counts) - counts, counts)
        places: Ids = np.repeat(first, counts) + np.arange(counts.sum(), dtype=np.int64) - before
        return np.repeat(ids, counts), places if self._order is None else self._order[places]

    def _rows(self) -> NDArray[np.float16]:
        """The vectors as FAISS holds them, not copied."""
        faiss = _faiss()
        held = faiss.downcast_index(self._faiss.index)
        data = faiss.rev_swig_ptr(held.codes.data(), held.ntotal * held.code_size)
        return data.view(np.float16).reshape(held.ntotal, held.d)


def _changed(index: Any, remove: Ids, add: Ids, rows: Vector | NDArray[np.float16]) -> Any:
    """A copy of a FAISS index without some texts and with others."""
    faiss = _faiss()
    changed = faiss.clone_index(index)
    if len(remove):
        changed.remove_ids(faiss.IDSelectorBatch(remove))
    if len(add):
        changed.add_with_ids(_contiguous(rows), add)
    return changed


def _searched(index: Any, vector: Vector, count: int, among: Ids | None) -> tuple[Ids, Scores]:
    """The nearest that a FAISS index finds, among texts with these ids."""
    faiss = _faiss()
    within = None
    if among is not None:
        # A set of the ids is made ten times as slowly: 7 ms for 333,000.
        there = np.zeros(int(among.max(initial=0)) + 1, np.bool_)
        there[among] = True
        bits = np.packbits(there, bitorder="little")
        chosen = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))  # in bytes
        within = faiss.SearchParameters(sel=chosen)
    # FAISS shares out questions among threads, never one. For one question the others were only
    # waited for: 15 ms beside a build, so 1, and .7 where nothing else runs.
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of this thread alone
    try:
        scores, ids = index.search(_contiguous(vector[None]), count, params=within)
    finally:
        faiss.omp_set_num_threads(threads)
    found = ids[0] >= 0  # FAISS pads with -1 when it has fewer than it was asked for
    return ids[0][found], scores[0][found]


def saved_as(folder: Path, sha256: str) -> bool:
    """Whether the index in a folder is the one with this hash. Does not load FAISS."""
    return kept.holds(folder / FILE, sha256)


def _contiguous(rows: Vector | NDArray[np.float16]) -> Vector:
    return np.ascontiguousarray(rows, dtype=np.float32)


def _faiss() -> Any:
    """The FAISS module, imported after torch.

    In the other order the process has two OpenMP runtimes that fight for the cores: a question
    then takes 21.9 ms instead of 12.6.
    """
    import_torch()
    import faiss

    return faiss
