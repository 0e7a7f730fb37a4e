"""The index, always of the very generation that is being read. It can be thrown away any time."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from eventqa.index import FaissIndex, saved_as
from eventqa.store import Store
from eventqa.view import View

_log = logging.getLogger(__name__)


class Derived:
    """The index of a store, in memory and on disk.

    It follows the store by the difference of vector ids, which are never used twice: a change of
    the corpus costs what changed. Doubt about the file on disk means that the index is made again
    from the store, without encoding anything.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._following = threading.Lock()
        self._index: FaissIndex | None = None
        self._made_of: tuple[str | None, int] = (None, -1)  # store and generation

    @contextmanager
    def snapshot(self) -> Generator[tuple[View, FaissIndex | None]]:
        """A view of the store with its index; None when there are no passages.

        Both are of one generation, whatever is written meanwhile.
        """
        with self._store.read() as view:
            yield view, self._of(view)

    def keep(self) -> None:
        """Writes the index of the present generation to disk, unless it is there.

        Only the holder of the writer's lock may call this.
        """
        with self._store.read() as view:
            if _is_saved(view, self._store):
                return
            index, generation, state = self._of(view), view.generation, view.state
        if index is None:
            return
        try:
            note = {"generation": generation, "sha256": index.save(self._store.folder)}
        except OSError as error:  # without it the next start takes longer, and no more
            _log.warning("the index was not kept in %s: %s", self._store.folder, error)
            return
        with self._store.write() as writer:
            if writer.state == state:
                writer.set_meta("index", json.dumps(note))

    def _of(self, view: View) -> FaissIndex | None:
        with self._following:
            store, generation = self._made_of
            if (store, generation) == (view.state[0], view.generation):
                return self._index
            index = self._make(view)
            if store != view.state[0] or generation < view.generation:
                self._index, self._made_of = index, (view.state[0], view.generation)
            return index

    def _make(self, view: View) -> FaissIndex | None:
        ids = view.vector_ids()
        if not len(ids):
            return None
        if self._index and self._made_of[0] == view.state[0]:
            gone, new = np.setdiff1d(self._index.ids, ids), np.setdiff1d(ids, self._index.ids)
            if len(gone) + len(new) < len(ids):
                return self._index.updated(gone, new, view.vectors(new))
        saved = json.loads(view.meta("index") or "{}")
        if saved.get("generation") == view.generation:
            index = FaissIndex.load(self._store.folder, saved["sha256"])
            if index:
                return index
        return FaissIndex.of(ids, view.vectors(ids))


def _is_saved(view: View, store: Store) -> bool:
    saved = json.loads(view.meta("index") or "{}")
    current = saved.get("generation") == view.generation
    return current and saved_as(store.folder, saved["sha256"])
