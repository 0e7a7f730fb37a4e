"""What the corpus looks like to a question, against the state of the store it is answered from."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventqa import build, readers
from eventqa.corpus import Corpus, FileState
from eventqa.types import Problem
from eventqa.view import Place, State, View

# Looking for changes may take this share of the time, except where it takes next to nothing:
# measured 9 ms for 1,000 files, and a file event makes a look due at once. On a machine that has
# much else to do a look of a few files may take a second: no look counts for longer than _OLDEST.
_LOOK_SHARE = 0.05
_NEXT_TO_NOTHING = 0.01
_OLDEST = 5.0
# A question reads so many changed files and bytes itself, to find out which passages are gone.
_FILES_AT_ONCE = 200
_BYTES_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """The corpus as it was found, later than the store came into a state."""

    number: int  # another one whenever the content is another
    files: Mapping[str, FileState]
    problems: frozenset[Problem]
    after: State


@dataclass(frozen=True, slots=True, eq=False)
class _Planned:
    """What the build under way knows to be gone."""

    state: State
    files: Mapping[str, FileState]
    withdrawn: frozenset[Place]


class Lookout:
    """Looks at a corpus as often as it can afford to, for any number of questions at once."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._looking = threading.Lock()  # of everything below
        self._look: Look | None = None
        self._looked = (0.0, 0.0)  # when the last look began and ended
        self._behind: tuple[Look | None, State, bool] = (None, (None, 0), True)
        self._planned: _Planned | None = None
        self._gone: tuple[object, frozenset[Place]] = (None, frozenset())

    def hurry(self) -> None:
        """Makes the next look due at once."""
        with self._looking:
            self._looked = (0.0, 0.0)

    def planned(self, plan: build.Plan, withdrawn: frozenset[Place]) -> None:
        """Takes over what a build that now begins has found to be gone."""
        with self._looking:
            self._planned = _Planned(plan.state, plan.files, withdrawn)

    def look(self, view: View) -> Look:
        """The corpus now, or as it was found a moment ago.

        Raises:
            EventQAError: the corpus is not there.
        """
        asked = time.monotonic()
        with self._looking:
            look = self._look
            if look and look.after == view.state and not self._due(asked):
                return look
            began = time.monotonic()
            changes = self._corpus.changes(look.files if look else view.files())
            self._looked = (began, time.monotonic())
            problems = frozenset(changes.problems)
            number = look.number if look else 0
            if look is None or changes or problems != look.problems:
                number += 1
            self._look = Look(number, changes.files, problems, view.state)
            return self._look

    def stands(self, look: Look, paths: Iterable[str]) -> bool:
        """Whether some files still are as a look found them; if not, the next look is due."""
        still = self._corpus.untouched(look.files, paths)
        if not still:
            self.hurry()
        return still

    def is_behind(self, look: Look, view: View) -> bool:
        """Whether the store a view belongs to has yet to follow the corpus."""
        with self._looking:
            known, state, behind = self._behind
            if known is None or (known.number, state) != (look.number, view.state):
                behind = (
                    not build.is_read_alike(view)
                    or frozenset(view.problems_of("found")) != look.problems
                    or _content(view.files()) != _content(look.files)
                )
                self._behind = (look, view.state, behind)
            return behind

    def withdrawn(self, look: Look, view: View) -> frozenset[Place]:
        """The passages of a view whose words the corpus no longer has."""
        if look.after != view.state:  # a look older than the view would take new files for gone
            look = self.look(view)
        with self._looking:
            planned = self._planned
            key = (look.number, view.state, planned)
            if self._gone[0] != key:
                self._gone = (key, self._find_gone(look, view, planned))
            return self._gone[1]

    def _due(self, asked: float) -> bool:
        began, ended = self._looked
        if began > asked:  # another thread has looked since
            return False
        took = ended - began
        lasts = min(took / _LOOK_SHARE, _OLDEST)
        return took < _NEXT_TO_NOTHING or time.monotonic() - began > lasts

    def _find_gone(self, look: Look, view: View, planned: _Planned | None) -> frozenset[Place]:
        now = _content(look.files)
        paths = {path for path, sha256 in _content(view.files()).items() if now.get(path) != sha256}
        places: frozenset[Place] = frozenset()
        if planned and planned.state == view.state:
            seen = _content(planned.files)
            paths = {path for path in paths if seen.get(path) != now.get(path)}
            places = planned.withdrawn
        # Nobody waits for a file that takes long to read, or was made to: all of it counts as gone.
        slow = {path for path in paths & look.files.keys() if readers.is_read_apart(path)}
        paths -= slow
        size = sum(look.files[path].stamp[0] for path in paths & look.files.keys())
        few = len(paths) <= _FILES_AT_ONCE and size <= _BYTES_AT_ONCE
        places |= build.gone(self._corpus, view, slow, look=False)
        return places | build.gone(self._corpus, view, paths, look=few)


def _content(files: Mapping[str, FileState]) -> dict[str, str]:
    return {path: state.sha256 for path, state in files.items()}
