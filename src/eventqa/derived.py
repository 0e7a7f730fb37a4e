"""The indexes, always of the very generation that is being read. They can be thrown away."""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np

from eventqa import index, lexical
from eventqa.acronyms import Acronyms
from eventqa.index import FaissIndex
from eventqa.lexical import LexicalIndex
from eventqa.store import Store
from eventqa.view import Ids, View

_log = logging.getLogger(__name__)

Limits = tuple[dt.date | None, dt.date | None]

_PERIODS = 32


@dataclass(frozen=True, slots=True)
class Indexes:
    """What one generation of a store is searched by."""

    ids: Ids  # of the embedded texts in both, ascending
    nearest: FaissIndex
    words: LexicalIndex
    acronyms: Acronyms  # that the releases explain
    dated: dict[Limits, Ids] = field(default_factory=dict[Limits, Ids])  # what `between` has found

    @classmethod
    def of(cls, view: View, ids: Ids) -> Self:
        """The indexes of some texts of a view, made from nothing."""
        return cls(
            ids,
            FaissIndex.of(*view.vectors(ids)),
            LexicalIndex.of(view.entries(ids)),
            _acronyms(view),
        )

    @property
    def needs_sketch(self) -> bool:
        """Whether it is so large that a sketch of the vectors is worth its memory."""
        return self.nearest.size >= index.SKETCHED and not self.nearest.is_sketched

    def between(self, view: View, limits: Limits) -> Ids:
        """The ids of the texts of releases dated in a period, both ends included.

        Most questions of a day ask for the same few periods: those are looked up once.
        """
        found = self.dated.get(limits)
        if found is None:
            found = view.vector_ids_between(*limits)
            if len(self.dated) >= _PERIODS:
                self.dated.clear()
            self.dated[limits] = found
        return found

    def followed(self, view: View, ids: Ids) -> Self:
        """The indexes of a later view, for what changed since; these stay as they are."""
        gone, new = np.setdiff1d(self.ids, ids), np.setdiff1d(ids, self.ids)
        if not len(gone) and not len(new):
            return type(self)(ids, self.nearest, self.words, _acronyms(view))
        return type(self)(
            ids,
            self.nearest.updated(gone, *view.vectors(new)),
            self.words.updated(gone, view.entries(new)),
            _acronyms(view),
        )


class Derived:
    """The indexes of a store, in memory and on disk.

    They follow the store by the difference of its texts' ids, which are never used twice: a change
    of the corpus costs what changed. Doubt about a file on disk means that the indexes are made
    again from the store, without encoding anything.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._following = threading.Lock()
        self._indexes: Indexes | None = None
        self._made_of: tuple[str | None, int] = (None, -1)  # store and generation
        self._sketching: threading.Thread | None = None
        self._closed = threading.Event()

    @contextmanager
    def snapshot(self) -> Generator[tuple[View, Indexes | None]]:
        """A view of the store with its indexes; None when there are no passages.

        All are of one generation, whatever is written meanwhile.
        """
        with self._store.read() as view:
            yield view, self._of(view)

    def keep(self) -> None:
        """Writes the indexes of the present generation to disk, unless they are there.

        Only the holder of the writer's lock may call this.
        """
        with self._store.read() as view:
            if _is_saved(view, self._store):
                return
            indexes, generation, state = self._of(view), view.generation, view.state
        if indexes is None:
            return
        folder = self._store.folder
        try:
            note = _Note(generation, indexes.nearest.save(folder), indexes.words.save(folder))
        except OSError as error:  # without it the next start takes longer, and no more
            _log.warning("the index was not kept in %s: %s", folder, error)
            return
        with self._store.write() as writer:
            if writer.state == state:
                writer.set_meta("index", json.dumps(note._asdict()))

    def close(self) -> None:
        """Stops what is made in the background. Questions are answered afterwards, too."""
        self._closed.set()
        with self._following:
            sketching = self._sketching
        if sketching:
            sketching.join()

    def _of(self, view: View) -> Indexes | None:
        with self._following:
            store, generation = self._made_of
            if (store, generation) == (view.state[0], view.generation):
                return self._indexes
            indexes = self._make(view)
            if store != view.state[0] or generation < view.generation:
                self._indexes, self._made_of = indexes, (view.state[0], view.generation)
                self._sketch_soon(indexes)
            return indexes

    def _sketch_soon(self, indexes: Indexes | None) -> None:
        """Begins to make the sketch that a large index is searched by, unless that is done."""
        if indexes and indexes.needs_sketch and not (self._sketching or self._closed.is_set()):
            self._sketching = threading.Thread(
                target=self._sketch, name="eventqa-sketch", daemon=True
            )
            self._sketching.start()

    def _sketch(self) -> None:
        try:
            with self._following:
                before, store = self._indexes, self._made_of[0]
            if before is None:
                return
            made = before.nearest.sketched(self._closed.is_set)
            with self._following:
                now = self._indexes
                # Ids are of one store. What has changed in it meanwhile is made up for.
                if now and self._made_of[0] == store and made.is_sketched:
                    self._indexes = replace(now, nearest=now.nearest.sketched_as(made))
        finally:
            with self._following:
                self._sketching = None

    def _make(self, view: View) -> Indexes | None:
        ids = view.vector_ids()
        if not len(ids):
            return None
        here = self._indexes if self._made_of[0] == view.state[0] else None
        before = here or self._load(view)
        if before is None or 2 * len(np.intersect1d(before.ids, ids)) < len(before.ids):
            return Indexes.of(view, ids)
        return before.followed(view, ids)

    def _load(self, view: View) -> Indexes | None:
        """The indexes on disk, of this generation or an earlier one of the same store."""
        note = _note(view)
        nearest = FaissIndex.load(self._store.folder, note.nearest)
        words = LexicalIndex.load(self._store.folder, note.words)
        if nearest is None or words is None or not np.array_equal(nearest.ids, words.ids):
            return None
        return Indexes(words.ids, nearest, words, Acronyms())


class _Note(NamedTuple):
    """What the store knows of the files: if they are others, they are not read."""

    generation: int
    nearest: str  # sha256
    words: str  # sha256


def _note(view: View) -> _Note:
    """What was noted, or what fits no file."""
    try:
        return _Note(**json.loads(view.meta("index") or "{}"))
    except (ValueError, TypeError, RecursionError):
        return _Note(-1, "", "")


def _is_saved(view: View, store: Store) -> bool:
    note = _note(view)
    return (
        note.generation == view.generation
        and index.saved_as(store.folder, note.nearest)
        and lexical.saved_as(store.folder, note.words)
    )


def _acronyms(view: View) -> Acronyms:
    return Acronyms({short: long} for short, long in view.definitions())
