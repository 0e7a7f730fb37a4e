"""Which of many entries has which term how often: what `lexical` counts with."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from eventqa.forms import indexed

# A term that an entry has more often than this counts as if it had it so often.
_MOST = np.iinfo(np.uint16).max


class Postings(NamedTuple):
    """Which entry has which term how often, by term and within it by row."""

    places: dict[str, int]  # term → its place
    starts: NDArray[np.int64]  # place → where its entries start, and an end
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]

    @classmethod
    def none(cls) -> Self:
        return cls({}, np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.uint16))

    def count(self, term: str) -> int:
        """In how many entries a term is."""
        place = self.places.get(term)
        return 0 if place is None else int(self.starts[place + 1] - self.starts[place])

    def of(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """The entries that have a term, ascending, and how often."""
        place = self.places.get(term)
        here = slice(0, 0) if place is None else slice(*self.starts[place : place + 2])
        return self.rows[here], self.counts[here]

    def counts_in(self, term: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """How often each of some entries has a term."""
        having, counts = self.of(term)
        if not len(having):
            return np.zeros(len(rows), np.float32)
        at = np.minimum(np.searchsorted(having, rows), len(having) - 1)
        return np.where(having[at] == rows, counts[at], 0).astype(np.float32)

    def changed(
        self,
        size: int,
        moved: NDArray[np.int64],
        new: NDArray[np.int64],
        texts: Iterable[Iterable[str]],
    ) -> tuple[Self, NDArray[np.int64]]:
        """The postings after a change of the entries, and the lengths of the new ones.

        Args:
            size: how many entries there are then.
            moved: the row of each present entry then, -1 if it goes.
            new: the row of each new one.
            texts: the words of each new one.
        """
        places = dict(self.places)
        terms, lengths = _read_terms(texts, places)
        keys, counts = np.unique(terms * size + np.repeat(new, lengths), return_counts=True)
        terms, added = np.divmod(keys, max(size, 1))

        rows = moved[self.rows]
        stay = rows >= 0
        rows = rows[stay]
        held = np.repeat(np.arange(len(self.places)), np.diff(self.starts))[stay]
        # Both are in order, so that the many that stay need not be sorted again.
        at = np.searchsorted(held * size + rows, keys)
        used = np.bincount(held, minlength=len(places)) + np.bincount(terms, minlength=len(places))
        left = [term for term, count in zip(places, used.tolist(), strict=True) if count]
        return type(self)(
            {term: place for place, term in enumerate(left)},
            np.append(0, np.cumsum(used[used > 0])),
            np.insert(rows, at, added).astype(np.int32),
            np.insert(self.counts[stay], at, np.minimum(counts, _MOST).astype(np.uint16)),
        ), lengths


def _read_terms(
    texts: Iterable[Iterable[str]], places: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of all terms of some texts, one after the other, and their lengths.

    New terms are added to `places`.
    """
    terms, lengths = array("q"), array("q")
    known: dict[str, list[int]] = {}
    for words in texts:
        before = len(terms)
        for word in words:
            if (found := known.get(word)) is None:
                found = [places.setdefault(term, len(places)) for term in indexed(word)]
                known[word] = found
            terms.extend(found)
        lengths.append(len(terms) - before)
    return np.array(terms, np.int64), np.array(lengths, np.int64)
