"""What happens on the page when somebody asks, clicks or waits.

What is shown is rendered in `render`. Home of Gradio, with `page`, whose outputs these fill.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, cast

import gradio as gr

from eventqa import render, words
from eventqa.archive import Archive, Filter, Kin, Order
from eventqa.comparison import compare
from eventqa.render import PAGE, Shelf, Time, Turn
from eventqa.request import LONGEST_QUESTION, check, day
from eventqa.types import Answer, EventQAError, Freshness, InvalidInput, Problem, whole
from eventqa.visit import SharedReleases, Visit, Visits

_log = logging.getLogger(__name__)

Update = Any  # what Gradio takes for an output: a value or an update of the component
Event = Mapping[str, Any]  # what a click sends: flat, and not to be trusted


class QA(Protocol):
    """What the page needs of `eventqa.qa.EventQA`."""

    def ask(
        self,
        question: str,
        k: int = 5,
        since: str | None = None,
        until: str | None = None,
        asked_on: str | None = None,
        history: Sequence[object] = (),
        time: Time = True,
    ) -> Answer: ...
    def suggest(self, answer: Answer | None = None) -> tuple[str, ...]: ...
    def start(self) -> None: ...
    def refresh(self) -> None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def progress(self) -> tuple[int, int] | None: ...
    @property
    def freshness(self) -> Freshness: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...
    @property
    def archive(self) -> Archive: ...


# What listeners give. Everything that one may change is given each time, as it is now: Gradio keeps
# for each visitor a component more for every `gr.skip()`, and an answer that comes late cannot undo
# a later one. The browser leaves alone what is as it was.


class Asked(NamedTuple):
    """The page after a question."""

    visit: Visit
    latest: int  # the id of the latest turn
    said: str
    desk: str
    more: str
    earlier: str
    source: str


class Opened(NamedTuple):
    """The page after a release was opened or closed."""

    visit: Visit
    said: str
    source: str


class Browsed(NamedTuple):
    """The page after a click in the archive."""

    visit: Visit
    listing: str


class Listeners:
    """What happens on the page. What belongs to a visitor is in their `Visit`."""

    def __init__(self, qa: QA) -> None:
        self._qa = qa
        self._looking = threading.Lock()  # of what is looked up once a generation
        self._choices: tuple[int | None, tuple[str, ...], tuple[str, ...]] = (None, (), ())
        self._examples: tuple[int | None, tuple[str, ...]] = (None, ())
        self._releases = SharedReleases()
        self._visits = Visits()

    def typed(self, question: str, visit: Visit) -> Asked:
        """Somebody typed a question."""
        question = whole(question)[: LONGEST_QUESTION + 1]  # which is told to be too long
        if question.strip():
            self._ask(Turn(question, None), visit)
        elif not visit.is_waiting:
            visit.say(words.BLANK)
        return _asked(visit)

    def resume(self, key: str, visit: Visit) -> Asked:
        """Somebody loaded the page, perhaps not for the first time."""
        return _asked(self._visits.of(key or "", visit).resumed())

    def asked(self, visit: Visit, event: gr.EventData) -> Asked:
        """Somebody sent or clicked a question, or one in another way; nonsense asks nothing."""
        values = _sent(event)
        did = values.get("do")
        if did == "ask" and values.get("typed"):
            return self.typed(str(values.get("question") or ""), visit)
        if did == "ask":
            question = str(values.get("question") or "")[:LONGEST_QUESTION]
            if question.strip():
                self._ask(Turn(question, None, clicked=True), visit)
        elif did in ("timeless", "timely", "time", "alone", "together"):
            self._ask_again(did, values, visit)
        return _asked(visit)

    def opened(self, visit: Visit, event: gr.EventData) -> Opened:
        """Somebody opened a source or a release, or closed what lay open."""
        values = _sent(event)
        did = values.get("do")
        if _is_late("open", values, visit):
            pass
        elif did == "open":
            self._open(values, visit)
        elif did == "release":
            visit.lay(self._shelf(_text(values, "id") or ""), words.SOURCE_GONE)
        elif did == "compare":
            before = self._qa.archive.release(_text(values, "id") or "")
            shelf = self._shelf(_text(values, "other") or "")
            if shelf and before:
                shelf = replace(shelf, comparison=compare(before, shelf.release))
            visit.lay(shelf if before else None, words.SOURCE_GONE)
        elif did == "close":
            visit.lay(None)
        return Opened(visit, visit.said, _source(visit))

    def browsed(self, visit: Visit, event: gr.EventData) -> Browsed:
        """Somebody chose a filter for the archive, or another page of it."""
        values = _sent(event)
        # A day that is none, or an order, changes nothing.
        with contextlib.suppress(InvalidInput, ValueError):
            chosen = _narrowed(str(values.get("do")), values, visit.chosen)
            if not _is_late("browse", values, visit):
                visit.browse(chosen, max(0, _number(values, "start")))
        # The fields are not shown anew: somebody may be typing there. The browser fills them.
        return Browsed(visit, self.listed(visit))

    def rebuilt(self) -> None:
        """Somebody wants changes to be looked for now; the state of the corpus tells of it."""
        self._qa.refresh()

    def suggest(self, visit: Visit) -> str:
        """What can be asked next, each of which the corpus answers; nothing on a failure."""
        turn = visit.latest
        if turn and turn.answer is None:
            return ""
        of, questions = turn, ()
        try:
            questions = self._qa.suggest(turn.answer) if turn else self._first_questions()
            if turn and not questions and turn.kind == "refused":
                of, questions = None, self._first_questions()
        except EventQAError:  # which the state of the corpus tells, too
            pass
        except Exception:
            _log.exception("no questions could be suggested")
        if visit.latest is turn:  # else others are looked for already
            visit.more = render.more(questions, of)
        return visit.more

    def watch(self) -> tuple[Update, ...]:
        """The state of the corpus; a look that fails leaves the page as it is."""
        try:
            qa, archive = self._qa, self._qa.archive
            freshness, problems, change = qa.freshness, qa.problems, archive.last_change
            changed = archive.rows(change.ids[:5]) if change else ()
            return (
                render.state(qa.status, qa.progress, freshness, problems),
                render.holdings(change, changed, problems),
                freshness.generation,
                self._choices_of(freshness.generation),
            )
        except Exception:
            _log.exception("the state of the corpus could not be read")
            return (gr.skip(),) * 4

    def listed(self, visit: Visit) -> str:
        """The releases that a visitor wants to see now, also if that changes meanwhile."""
        while True:
            chosen, start = wanted = visit.browsing
            try:
                html = self._listing(chosen, start)
            except EventQAError as error:
                html = render.hint(str(error))
            if visit.browsing == wanted:
                return html

    def filters(self, visit: Visit, choices: tuple[tuple[str, ...], tuple[str, ...]]) -> Update:
        """The fields above the list, with the places and bodies that there are."""
        return render.filters(visit.chosen, *(choices or ((), ())))

    def follow(self, visit: Visit) -> str:
        """What lies open, once the archive has changed."""
        before = visit.opened
        try:
            shelf = self._as_now(before) if before else None
        except EventQAError:  # which the state of the corpus tells, too
            shelf = before
        if shelf != before:
            visit.lay(shelf and replace(shelf, wanted=False), words.SOURCE_GONE)
        return _source(visit)

    def take_turn(self, turn: Turn, before: Sequence[object] = ()) -> Turn:
        """The turn with what came of its question; never raises, whatever a person may ask."""
        history = () if turn.alone else before
        try:
            answer = self._qa.ask(turn.question, history=history, time=turn.time)
            return replace(turn, answer=self._releases.behind(answer))
        except EventQAError as error:
            return replace(turn, failure=str(error))
        except Exception:
            _log.exception("a question failed: %r", turn.question)
            return replace(turn, failure=words.UNEXPECTED)

    def _ask(self, turn: Turn, visit: Visit, instead: int = 0) -> None:
        """Answers a question and puts it where the visitor sees it."""
        turn = visit.begin(turn)
        turn = self.take_turn(turn, visit.before(instead or turn.id))
        visit.end(turn, instead)
        if visit.latest is turn:  # else a later question was answered sooner
            visit.more = ""
            shelf = Shelf.of(turn, "hits", 1)
            visit.lay(shelf and replace(shelf, kin=self._kin(shelf.release.id)))
        if visit.is_newest(turn):
            visit.say(*render.outcome(turn))

    def _ask_again(self, did: str, values: Event, visit: Visit) -> None:
        """The question of a turn once more, with another time or read in another way."""
        turn = visit.turn(_number(values, "turn"))
        if turn is None:
            visit.say(words.FORGOTTEN)
            return
        days = (_text(values, "since"), _text(values, "until"))
        time, alone = turn.time, turn.alone
        if did in ("alone", "together"):
            alone = did == "alone"
        else:
            time = days if did == "time" and any(days) else did != "timeless"
        try:
            check(turn.question, 1, time=time)
        except InvalidInput as error:  # the answer and its chip stay, to be mended
            visit.say(str(error))
            return
        if not visit.claim(turn):  # another click was sooner
            return
        again = replace(turn, answer=None, failure="", time=time, alone=alone, clicked=True)
        self._ask(again, visit, instead=turn.id)

    def _open(self, values: Event, visit: Visit) -> None:
        turn = visit.turn(_number(values, "turn"))
        if turn is None:
            visit.lay(None, words.FORGOTTEN)
            return
        shelf = Shelf.of(turn, _text(values, "kind") or "hits", _number(values, "number"))
        if shelf:
            visit.lay(self._as_now(replace(shelf, wanted=True)))

    def _shelf(self, id: str) -> Shelf | None:
        """A release that somebody wants to see."""
        release = self._qa.archive.release(id)
        if release is None:
            return None
        return Shelf(self._releases.of(release), kin=self._kin(id), wanted=True)

    def _kin(self, id: str) -> Kin:
        try:
            return self._qa.archive.kin(id)
        except EventQAError:  # which the state of the corpus tells, too
            return Kin()

    def _as_now(self, shelf: Shelf) -> Shelf | None:
        """A release as the archive has it, a source as it was cited with what became of it."""
        now = self._qa.archive.release(shelf.release.id)
        shelf = replace(shelf, kin=self._kin(shelf.release.id))
        same = now is not None and now.text == shelf.release.text
        if shelf.hit is None:
            compared = shelf.comparison if same else None
            release = self._releases.of(now) if now else None
            return replace(shelf, release=release, comparison=compared) if release else None
        if now is None:
            return replace(shelf, note=words.GONE_SINCE)
        return replace(shelf, note="" if same else words.CHANGED_SINCE)

    def _listing(self, chosen: Filter, start: int) -> str:
        freshness = self._qa.freshness
        if not freshness.releases:
            return render.hint(words.EMPTY if freshness.generation else words.UNREAD)
        return render.listing(self._qa.archive.listed(chosen, start, PAGE), chosen)

    def _choices_of(self, generation: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        with self._looking:
            if self._choices[0] != generation:
                archive = self._qa.archive
                self._choices = (generation, archive.places(), archive.bodies())
            return self._choices[1:]

    def _first_questions(self) -> tuple[str, ...]:
        """Questions to begin with, found once a generation."""
        generation = self._qa.freshness.generation
        known, questions = self._examples
        if known != generation:
            questions = self._qa.suggest()
            self._examples = (generation, questions)
        return questions


def _asked(visit: Visit) -> Asked:
    """The page as it is now, also if another answer comes meanwhile."""
    while True:
        changes, turn = visit.changes, visit.latest
        asked = Asked(
            visit=visit,
            latest=turn.id if turn else 0,
            said=visit.said,
            desk=render.desk(turn),
            more=visit.more,
            earlier=render.earlier(visit.turns),
            source=_source(visit),
        )
        if visit.changes == changes:
            return asked


def _source(visit: Visit) -> str:
    return render.source(visit.opened, visit.note)


def _is_late(kind: str, values: Event, visit: Visit) -> bool:
    return visit.is_late(kind, _text(values, "page") or "", _number(values, "at"))


def _narrowed(did: str, values: Event, chosen: Filter) -> Filter:
    """The filter after a click, which brings the fields above the list along.

    Raises:
        ValueError: a value is none that the page offers.
    """
    if did == "clear":
        return Filter(order=chosen.order)
    if did == "undated":
        return Filter(order=chosen.order, undated=True)
    if "words" in values:
        place, body = _text(values, "place"), _text(values, "body")
        typed = _text(values, "words") or ""
        chosen = Filter(typed, place=place, body=body, order=chosen.order)
    if "words" in values or did == "days":
        since, until = day("since", _text(values, "since")), day("until", _text(values, "until"))
        chosen = replace(chosen, since=since, until=until)
    if did == "sort":
        return replace(chosen, order=Order(str(values.get("order"))))
    return chosen


def _sent(event: gr.EventData) -> Event:
    data = cast("object", event._data)
    if not isinstance(data, dict):
        return {}
    values = cast("dict[str, object]", data)
    return {name: whole(one) if isinstance(one, str) else one for name, one in values.items()}


def _text(values: Event, name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _number(values: Event, name: str) -> int:
    """A number that a click sends as text; -1 when it is none."""
    try:
        return int(str(values.get(name))[:9])
    except ValueError:
        return -1
