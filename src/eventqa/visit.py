"""What the server keeps of one visitor: the last questions, what lies open, the chosen filter."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Self
from weakref import WeakValueDictionary

from eventqa.archive import Filter
from eventqa.render import Shelf, Turn
from eventqa.types import Answer, Hit, Release

_KEPT_TURNS = 20
# Code points of the releases behind the turns; the latest turn is kept whatever it needs.
_KEPT_TEXT = 1_000_000


class Visit:
    """One visitor's conversation and place in the archive.

    Two questions of a visitor may be answered at the same time, and end in any order.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: tuple[Turn, ...] = ()  # in the order in which they were asked
        self._asked = 0
        self._browsed = -1
        self.chosen = Filter()
        self.opened: Shelf | None = None

    def __deepcopy__(self, memo: object) -> Self:
        """Gradio copies the one that a page begins with for each visitor."""
        return type(self)()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Those that are kept, in the order in which they were asked."""
        return self._turns

    @property
    def latest(self) -> Turn | None:
        """The one that was asked last, of those that are done."""
        return self._turns[-1] if self._turns else None

    def turn(self, id: int) -> Turn | None:
        """The turn of an id, None when it is not kept (any more)."""
        return next((turn for turn in self._turns if turn.id == id), None)

    def begin(self, turn: Turn) -> Turn:
        """The turn with an id of its own, higher than all before."""
        with self._lock:
            self._asked += 1
            return replace(turn, id=self._asked)

    def is_newest(self, turn: Turn) -> bool:
        """Whether nothing has been asked since."""
        return turn.id == self._asked

    def end(self, turn: Turn, instead: int = 0) -> None:
        """Keeps a turn, in place of another one if that is named."""
        with self._lock:
            others = (one for one in self._turns if one.id not in (turn.id, instead))
            self._turns = _bounded(sorted((*others, turn), key=lambda one: one.id))

    def browse(self, number: int, chosen: Filter) -> bool:
        """Keeps the filter of a click in the archive, unless a later click came before it."""
        with self._lock:
            if number < self._browsed:
                return False
            self._browsed, self.chosen = number, chosen
            return True

    def is_browsing(self, number: int) -> bool:
        """Whether no later click has come since."""
        return number == self._browsed


class SharedReleases:
    """Gives turns that show the same release one and the same object, whoever asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: WeakValueDictionary[str, Release] = WeakValueDictionary()

    def of(self, release: Release) -> Release:
        """The one that is held already, if it is equal; else this one from now on."""
        with self._lock:
            held = self._held.get(release.id)
            if held is None or held != release:
                held = self._held[release.id] = release
            return held

    def behind(self, answer: Answer) -> Answer:
        """The answer over shared releases, equal to what it was."""
        hits, nearest = (tuple(map(self._hit, one)) for one in (answer.hits, answer.nearest))
        return replace(answer, hits=hits, nearest=nearest)

    def _hit(self, hit: Hit) -> Hit:
        passage = hit.passage
        return replace(hit, passage=replace(passage, release=self.of(passage.release)))


def _bounded(turns: list[Turn]) -> tuple[Turn, ...]:
    """The latest turns, as many as are kept."""
    kept: list[Turn] = []
    sizes: dict[int, int] = {}
    for turn in turns[: -_KEPT_TURNS - 1 : -1]:
        for kind in ("hits", "nearest"):
            for hit in turn.hits(kind):
                sizes[id(hit.passage.release)] = len(hit.passage.release.text)
        if kept and sum(sizes.values()) > _KEPT_TEXT:
            break
        kept.append(turn)
    return tuple(reversed(kept))
