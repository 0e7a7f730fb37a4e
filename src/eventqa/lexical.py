"""Words → the passages that share the most telling ones. Derived from the store at any time.

The scores are BM25 over title and text together, from the numbers of the passages that are there
and no others, so an index that followed any changes ranks as one made anew. Engines that only mark
what is deleted count it on: in tantivy a word of deleted passages stays as common as it was, until
a merge that its bindings cannot ask for. There k1 and b are fixed, too, at what is not best here.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from eventqa import forms, kept
from eventqa.forms import Forms
from eventqa.postings import Postings

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

FILE = "lexical.npz"

FORMAT = 1
"""Raised when the shape of the file changes."""

# Paragraphs are short and of uneven length: length tells little, and a second mention less than in
# whole documents. Words only, passage hit@1 / @5 / MRR@10:
#                       timeqa_human_train   clapnq_dev       realtimeqa_2022   mtrag_un_dev
#   k1 1.2, b .75 (usual) .248 .577 .392    .910 .970 .937   .427 .699 .540   .577 .782 .656
#   k1  .6, b .3          .396 .763 .548    .910 .970 .937   .515 .760 .619   .649 .828 .720
# Tried with these and left out, hit@1 on the first three (by Snowball stems alone, .382 .900 .507):
# two fields, the title at half weight .260 .883 .499; the title twice .404 .897 .480; word pairs at
# a fifth .372 .903 .528; small words counted .368 .870 .552.
K1, B = 0.6, 0.3


class Entry(NamedTuple):
    """What is searched under an id."""

    id: int
    title: str
    text: str


class Weighed(NamedTuple):
    """What entries have of a query, in the order of the ids asked for, each 0..1."""

    shares: Scores  # their scores, as a share of what an entry could have at most
    coverage: Scores  # of what the query looks for, weighed by rarity
    numbers: Scores  # of the numbers in it; 0 if there are none


class LexicalIndex:
    """Every passage that shares a word with a question, scored; it never changes.

    Measured on 108,383 paragraphs of news, two cores: a question takes 0.5 ms (95 % within 0.8),
    making the index 4.5 s, an update 0.1 s, saving and loading 60 ms each, 24 MB on disk.
    """

    def __init__(self, ids: Ids, lengths: NDArray[np.int32], postings: Postings) -> None:
        if len(ids) != len(lengths):
            raise ValueError(f"{len(ids)} ids for {len(lengths)} lengths")
        self.ids = ids  # ascending
        self._lengths = lengths  # in words
        self._postings = postings
        average = float(lengths.sum(dtype=np.int64)) / max(len(ids), 1) or 1.0
        self._damping = (K1 * (1 - B + B * lengths / average)).astype(np.float32)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """An index of entries in any order, each under an id of its own."""
        empty = cls(np.empty(0, np.int64), np.empty(0, np.int32), Postings.none())
        return empty.updated(empty.ids, entries)

    @classmethod
    def load(cls, folder: Path, sha256: str) -> Self | None:
        """The index in a folder if its file has this hash and was made as it is made here."""
        data = kept.read(folder / FILE, sha256)
        if data is None:
            return None
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                if _text(file["made_by"]) != _made_by():
                    return None
                terms = _text(file["terms"]).split("\n") if len(file["terms"]) else []
                places = {term: place for place, term in enumerate(terms)}
                postings = Postings(places, file["starts"], file["rows"], file["counts"])
                return cls(file["ids"], file["lengths"], postings)
        except (EOFError, OSError, ValueError, KeyError, BadZipFile):
            return None

    def save(self, folder: Path) -> str:
        """Writes the index into a folder, all or nothing, and returns the file's sha256."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            made_by=_bytes(_made_by()),
            ids=self.ids,
            lengths=self._lengths,
            terms=_bytes("\n".join(self._postings.places)),
            starts=self._postings.starts,
            rows=self._postings.rows,
            counts=self._postings.counts,
        )
        return kept.write(folder / FILE, buffer.getvalue())

    def updated(self, remove: Ids, add: Iterable[Entry]) -> Self:
        """The index without some entries and with others; this one stays as it is.

        Raises:
            ValueError: an id would be there twice.
        """
        entries = sorted(add)
        stays = ~np.isin(self.ids, remove)
        added = np.array([entry.id for entry in entries], np.int64)
        ids = np.sort(np.append(self.ids[stays], added))
        if len(twice := ids[1:][ids[1:] == ids[:-1]]):
            raise ValueError(f"id {twice[0]} is there already")
        moved = np.full(len(self.ids), -1, np.int64)
        moved[stays] = np.searchsorted(ids, self.ids[stays])
        new = np.searchsorted(ids, added)
        postings, counted = self._postings.changed(len(ids), moved, new, map(_words, entries))
        lengths = np.empty(len(ids), np.int32)
        lengths[moved[stays]], lengths[new] = self._lengths[stays], counted
        return type(self)(ids, lengths, postings)

    def search(
        self,
        query: str,
        k: int,
        among: Ids | None = None,
        also: Sequence[Sequence[str]] = (),
    ) -> tuple[Ids, Scores]:
        """The at most `k` best, best first and ties by ascending id: their ids and scores over 0.

        Args:
            query: any text; nothing in it is syntax. Small words count if it has no others.
            among: look only at entries with these ids.
            also: forms of the same thing, such as `[("UNOCT", "Office of Counter-Terrorism")]`.
                Where the query has one of them, an entry may have another in its place.
        """
        totals = np.zeros(len(self.ids), np.float32)
        for ways in forms.asked(query, also):
            self._add(totals, ways)
        rows = None if among is None else np.flatnonzero(np.isin(self.ids, among))
        best = _best(totals if rows is None else totals[rows], k)
        best = best if rows is None else rows[best]
        return self.ids[best], totals[best]

    def weigh(self, query: str, ids: Ids, also: Sequence[Sequence[str]] = ()) -> Weighed:
        """What entries of these ids have of a query; arguments as for `search`."""
        rows = np.searchsorted(self.ids, ids)
        things = [self._thing(ways, rows) for ways in forms.asked(query, also)]
        numbers = [thing for thing in things if thing.is_number]
        weight = sum(thing.weight for thing in things)
        shares = sum((thing.scores for thing in things), np.zeros(len(rows), np.float32))
        return Weighed(
            shares / np.float32(max(weight * (K1 + 1), 1e-9)),
            _covered(things, len(rows)),
            _covered(numbers, len(rows)),
        )

    def shared(
        self, query: str, texts: Sequence[str], also: Sequence[Sequence[str]] = ()
    ) -> Scores:
        """The coverage of a query by texts that need not be entries, 0..1, in order."""
        things = [(ways, sum(map(self._weight, ways[0]))) for ways in forms.asked(query, also)]
        weight = sum(one for _, one in things)
        wanted = {term for ways, _ in things for way in ways for term in way}
        found = np.zeros(len(texts), np.float32)
        for at, text in enumerate(texts):
            there = wanted & forms.terms_of(text)
            if there:
                found[at] = sum(self._held(ways, one, there) for ways, one in things)
        return found / np.float32(max(weight, 1e-9))

    def _thing(self, ways: Forms, rows: NDArray[np.int64]) -> _Thing:
        asked, *others = ways
        weight = sum(map(self._weight, asked))
        scores, held = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        for term in asked:
            worth = np.float32(self._weight(term))
            counts = self._postings.counts_in(term, rows)
            scores += worth * (K1 + 1) * counts / (counts + self._damping[rows])
            held += worth * (counts > 0)
        for form in others:
            share = min(1.0, weight / sum(map(self._weight, form)))
            counts = [self._postings.counts_in(term, rows) for term in form]
            full = np.min(counts, axis=0) > 0
            values = sum(
                self._weight(term) * (K1 + 1) * count / (count + self._damping[rows])
                for term, count in zip(form, counts, strict=True)
            )
            scores = np.where(full, np.maximum(scores, np.float32(share) * values), scores)
            held = np.where(full, np.float32(weight), held)
        is_number = any(character.isdigit() for term in asked for character in term)
        return _Thing(weight, scores, held, is_number)

    def _held(self, ways: Forms, weight: float, there: Collection[str]) -> float:
        """What of a thing's weight a text of these terms has."""
        if any(all(term in there for term in other) for other in ways[1:]):
            return weight
        return sum(self._weight(term) for term in ways[0] if term in there)

    def _weight(self, term: str) -> float:
        count = self._postings.count(term)
        return math.log1p((len(self.ids) - count + 0.5) / (count + 0.5))

    def _add(self, totals: Scores, ways: Forms) -> None:
        """Adds to every entry what a thing is worth in it, by the best of its forms.

        The first form is as asked. Another counts where an entry has all of it, and for no more:
        "Office of Counter-Terrorism" must not outweigh the rest of a question because it is long.
        (Counted in part and in full, long forms took hit@1 on mtrag_un_dev from .643 to .500 where
        the question has a known form.)
        """
        asked, *others = ways
        if not others:
            return self._add_terms(totals, asked)
        best = np.zeros_like(totals)
        self._add_terms(best, asked)
        for form in others:
            scores = np.zeros_like(totals)
            self._add_terms(scores, form)
            rows = self._with_all(form)
            share = min(1.0, sum(map(self._weight, asked)) / sum(map(self._weight, form)))
            best[rows] = np.maximum(best[rows], scores[rows] * np.float32(share))
        totals += best

    def _add_terms(self, totals: Scores, terms: Iterable[str]) -> None:
        for term in terms:
            rows, counts = self._postings.of(term)
            share = counts / (counts + self._damping[rows])
            totals[rows] += share * np.float32(self._weight(term) * (K1 + 1))

    def _with_all(self, terms: Iterable[str]) -> NDArray[np.int32]:
        rows, *more = (self._postings.of(term)[0] for term in terms)
        for other in more:
            rows = np.intersect1d(rows, other, assume_unique=True)
        return rows


class _Thing(NamedTuple):
    """One thing that a query looks for, in some entries."""

    weight: float  # its rarity
    scores: Scores
    held: Scores  # what of its weight each entry has
    is_number: bool


def _covered(things: Sequence[_Thing], size: int) -> Scores:
    """The share of some things that each of `size` entries has."""
    weight = sum(thing.weight for thing in things)
    held = sum((thing.held for thing in things), np.zeros(size, np.float32))
    return held / np.float32(max(weight, 1e-9))


def saved_as(folder: Path, sha256: str) -> bool:
    """Whether the index in a folder is the one with this hash."""
    return kept.holds(folder / FILE, sha256)


def _words(entry: Entry) -> list[str]:
    return [*forms.words_of(entry.title), *forms.words_of(entry.text)]


def _best(scores: Scores, k: int) -> NDArray[np.int64]:
    """The places of the at most `k` highest scores over 0, best first, ties in order."""
    found = np.flatnonzero(scores > 0)
    values = scores[found]
    if 0 < k < len(found):
        # Only to have fewer to sort: all that equal the last one stay, so that ties keep order.
        near = values >= np.partition(values, len(values) - k)[len(values) - k]
        found, values = found[near], values[near]
    return found[np.argsort(-values, kind="stable")][: max(k, 0)]


def _made_by() -> str:
    """What decides the contents of the file."""
    return f"{FORMAT} {forms.made_by()}"


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _text(data: NDArray[np.uint8]) -> str:
    return data.tobytes().decode()
