"""What the server keeps of one visitor: the last questions, what lies open, the chosen filter."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Self
from weakref import WeakValueDictionary

from eventqa import render
from eventqa.archive import Filter
from eventqa.render import Shelf, Turn
from eventqa.types import Answer, Hit, Release

_KEPT_TURNS = 20
# Code points of the releases behind the turns, and of the passages that the page shows of them;
# the latest turn is kept whatever it needs.
_KEPT_TEXT = 1_000_000
_KEPT_PASSAGES = 300_000
_KEY = re.compile(r"[0-9a-f]{32}")


class Visit:
    """One visitor's conversation and place in the archive.

    Two questions of a visitor may be answered at the same time, and end in any order.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: tuple[Turn, ...] = ()  # in the order in which they were asked
        self._asked = 0
        self._waiting = dict[int, str]()  # questions
        self._asked_again = set[int]()  # turns whose place is about to be taken
        self._clicked = dict[str, tuple[str, int]]()
        self._changes = 0
        self.browsing = (Filter(), 0)  # and the place of the first release that is shown
        self.opened: Shelf | None = None
        self.note = ""  # why nothing lies open
        self.more = ""  # what could be asked next
        self.said = render.said("")

    def __deepcopy__(self, memo: object) -> Self:
        """Gradio copies the one that a page begins with for each session."""
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
            self._waiting[self._asked] = turn.question
            return replace(turn, id=self._asked)

    def before(self, id: int) -> tuple[Answer | str, ...]:
        """What was asked before a turn, as `EventQA.ask` takes it: answers, and open questions."""
        with self._lock:
            known = dict[int, Answer | str](self._waiting)
            known |= {turn.id: turn.answer for turn in self._turns if turn.answer}
        return tuple(known[one] for one in sorted(known) if one < id)

    @property
    def has_begun(self) -> bool:
        """Whether anything has been asked."""
        return self._asked > 0

    @property
    def is_waiting(self) -> bool:
        """Whether a question has been asked and not been answered yet."""
        return bool(self._waiting)

    def is_newest(self, turn: Turn) -> bool:
        """Whether nothing has been asked since."""
        return turn.id == self._asked

    def claim(self, turn: Turn) -> bool:
        """Whether a turn may be asked again: not while it is being, already."""
        with self._lock:
            free = turn.id not in self._asked_again
            self._asked_again.add(turn.id)
            return free

    def end(self, turn: Turn, instead: int = 0) -> None:
        """Keeps a turn, in place of another one if that is named."""
        with self._lock:
            self._changes += 1
            self._waiting.pop(turn.id, None)
            self._asked_again.discard(instead)
            others = (one for one in self._turns if one.id not in (turn.id, instead))
            self._turns = _bounded(sorted((*others, turn), key=lambda one: one.id))

    @property
    def changes(self) -> int:
        """How often anything of it has been changed."""
        return self._changes

    def say(self, seen: str, heard: str = "") -> None:
        """Says something in the page's live region, also if it is what was said before."""
        with self._lock:
            self._changes += 1
            self.said = render.said(seen, heard, self._changes)

    def lay(self, shelf: Shelf | None, note: str = "") -> None:
        """Opens a release; the note says why there is none."""
        with self._lock:
            self._changes += 1
            self.opened, self.note = shelf, "" if shelf else note

    @property
    def chosen(self) -> Filter:
        """By what the archive is filtered."""
        return self.browsing[0]

    def is_late(self, kind: str, page: str, number: int) -> bool:
        """Whether a click came after a later one of its kind, as each open page numbers them."""
        with self._lock:
            known, latest = self._clicked.get(kind, (page, number))
            late = page == known and number < latest
            if not late:
                self._clicked[kind] = (page, number)
            return late

    def browse(self, chosen: Filter, start: int = 0) -> None:
        """Keeps by what the archive is filtered from now on, and from which release on."""
        self.browsing = (chosen, start)

    def resumed(self) -> Self:
        """The visit on a page that was loaded again, where nothing takes the focus."""
        with self._lock:
            self.opened = self.opened and replace(self.opened, wanted=False)
            # Who asked for a turn knows it again by what it is, and may still hold it.
            self._turns = tuple(
                replace(turn, clicked=False) if turn.clicked else turn for turn in self._turns
            )
        return self


class Visits:
    """The visits of the last visitors, so that a page that is loaded again goes on.

    Args:
        capacity: so many are kept; those that were looked for longest ago go first.
    """

    def __init__(self, capacity: int = 500) -> None:
        self._lock = threading.Lock()
        self._capacity = capacity
        self._kept: OrderedDict[str, Visit] = OrderedDict()

    def of(self, key: str, new: Visit) -> Visit:
        """The visit of a key, which only the visitor's browser knows; the new one if none is kept.

        Also if something has been asked in the new one already: who asks while a page is loaded
        again sees the answer, and not what was there before.
        """
        if not _KEY.fullmatch(key):
            return new
        with self._lock:
            kept = self._kept.pop(key, new)
            visit = self._kept[key] = new if new.has_begun else kept
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return visit


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
    releases, shown = dict[int, int](), 0
    for turn in turns[: -_KEPT_TURNS - 1 : -1]:
        for hit in (*turn.hits("hits"), *turn.hits("nearest")):
            passage = hit.passage
            releases[id(passage.release)] = len(passage.release.text)
            shown += passage.end - passage.start
        if kept and (sum(releases.values()) > _KEPT_TEXT or shown > _KEPT_PASSAGES):
            break
        kept.append(turn)
    return tuple(reversed(kept))
