"""What happens on the page when somebody asks, clicks or waits.

What is shown is rendered in `render`. Home of Gradio, with `page`, whose outputs these fill.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, cast

import gradio as gr

from eventqa import render, words
from eventqa.archive import Archive, Filter, Order
from eventqa.render import PAGE, Shelf, Time, Turn
from eventqa.request import LONGEST_QUESTION, check, day
from eventqa.types import Answer, EventQAError, Freshness, InvalidInput, Problem
from eventqa.visit import SharedReleases, Visit

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
        history: tuple[()] = (),
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


class Shown(NamedTuple):
    """What a listener may change: what a visitor's session keeps, then what is seen."""

    visit: Update = gr.skip()
    latest: Update = gr.skip()  # the id of the latest turn
    said: Update = gr.skip()
    desk: Update = gr.skip()
    more: Update = gr.skip()
    earlier: Update = gr.skip()
    source: Update = gr.skip()
    listing: Update = gr.skip()


class Listeners:
    """What happens on the page. What belongs to a visitor is in their `Visit`."""

    def __init__(self, qa: QA) -> None:
        self._qa = qa
        self._looking = threading.Lock()  # of what is looked up once a generation
        self._choices: tuple[int | None, tuple[str, ...], tuple[str, ...]] = (None, (), ())
        self._examples: tuple[int | None, tuple[str, ...]] = (None, ())
        self._releases = SharedReleases()

    def typed(self, question: str, visit: Visit) -> Iterator[Shown]:
        """Somebody typed a question."""
        if (question or "").strip():
            yield from self._asked(Turn(_whole(question), None), visit, typed=True)
        else:
            yield Shown(said=render.said(words.BLANK))

    def clicked(self, visit: Visit, event: gr.EventData) -> Iterator[Shown]:
        """Somebody clicked a button of the page's own HTML; nonsense changes nothing."""
        values = _sent(event)
        did = str(values.get("do"))
        if did == "ask":
            question = str(values.get("question") or "")[:LONGEST_QUESTION]
            if question.strip():
                yield from self._asked(Turn(question, None), visit)
        elif did in ("timeless", "timely", "time"):
            yield from self._ask_again(did, values, visit)
        elif did == "open":
            yield self._open(values, visit)
        elif did == "release":
            yield self._release(_text(values, "id") or "", visit)
        elif did == "close":
            yield Shown(visit=visit, source=self._laid(None, visit))
        elif did == "rebuild":
            yield self._rebuild()
        elif did in ("filter", "page", "sort", "days", "clear"):
            yield self._browse(did, values, visit)

    def suggest(self, visit: Visit) -> Update:
        """What can be asked next, each of which the corpus answers; nothing on a failure."""
        turn = visit.latest
        if turn and turn.answer is None:
            return ""
        try:
            questions = self._qa.suggest(turn.answer) if turn else self._first_questions()
        except EventQAError:  # which the state of the corpus tells, too
            return ""
        except Exception:
            _log.exception("no questions could be suggested")
            return ""
        return render.more(questions, turn)

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

    def listed(self, visit: Visit) -> Update:
        """The first page of the releases that the visitor's filter lets through."""
        return self._listing(visit.chosen)

    def filters(self, visit: Visit, choices: tuple[tuple[str, ...], tuple[str, ...]]) -> Update:
        """The fields above the list, with the places and bodies that there are."""
        return render.filters(visit.chosen, *(choices or ((), ())))

    def follow(self, visit: Visit) -> tuple[Update, Update]:
        """The visit and what lies open, once the archive has changed."""
        before = visit.opened
        try:
            shelf = self._as_now(before) if before else None
        except EventQAError:  # which the state of the corpus tells, too
            shelf = before
        if shelf == before:
            return gr.skip(), gr.skip()
        return visit, self._laid(shelf, visit, words.SOURCE_GONE)

    def take_turn(self, turn: Turn) -> Turn:
        """The turn with what came of its question; never raises, whatever a person may ask."""
        try:
            answer = self._qa.ask(turn.question, time=turn.time)
            return replace(turn, answer=self._releases.behind(answer))
        except EventQAError as error:
            return replace(turn, failure=str(error))
        except Exception:
            _log.exception("a question failed: %r", turn.question)
            return replace(turn, failure=words.UNEXPECTED)

    def _asked(
        self, turn: Turn, visit: Visit, instead: int = 0, typed: bool = False
    ) -> Iterator[Shown]:
        """What the page shows while a question is answered, and then."""
        turn = visit.begin(turn)
        yield Shown(said=render.said(words.LOOKING))
        turn = self.take_turn(turn)
        visit.end(turn, instead)
        shown = Shown(visit=visit, earlier=render.earlier(visit.turns))
        if visit.latest is turn:  # else a later question was answered sooner
            source = self._laid(Shelf.of(turn, "hits", 1), visit)
            desk = render.desk(turn, wanted=not typed)
            shown = shown._replace(latest=turn.id, desk=desk, more="", source=source)
        if visit.is_newest(turn):
            shown = shown._replace(said=render.outcome(turn))
        yield shown

    def _ask_again(self, did: str, values: Event, visit: Visit) -> Iterator[Shown]:
        """The question of a turn once more, with another time."""
        turn = visit.turn(_number(values, "turn"))
        if turn is None:
            yield Shown(said=render.said(words.FORGOTTEN))
            return
        days = (_text(values, "since"), _text(values, "until"))
        time: Time = did != "timeless" if did != "time" or not any(days) else days
        try:
            check(turn.question, 1, time=time)
        except InvalidInput as error:  # the answer and its chip stay, to be mended
            yield Shown(said=render.said(str(error)))
            return
        again = replace(turn, answer=None, failure="", time=time)
        yield from self._asked(again, visit, instead=turn.id)

    def _open(self, values: Event, visit: Visit) -> Shown:
        turn = visit.turn(_number(values, "turn"))
        if turn is None:
            return Shown(said=render.said(words.FORGOTTEN))
        shelf = Shelf.of(turn, _text(values, "kind") or "hits", _number(values, "number"))
        return self._shown(self._as_now(shelf), visit) if shelf else Shown()

    def _release(self, id: str, visit: Visit) -> Shown:
        release = self._qa.archive.release(id)
        return self._shown(Shelf(self._releases.of(release)) if release else None, visit)

    def _shown(self, shelf: Shelf | None, visit: Visit) -> Shown:
        """A release that somebody asked to see."""
        return Shown(visit=visit, source=self._laid(shelf, visit, words.SOURCE_GONE, wanted=True))

    def _laid(
        self, shelf: Shelf | None, visit: Visit, note: str = "", wanted: bool = False
    ) -> Update:
        """What lies open for a visitor from now on; the note tells why nothing does."""
        visit.opened = shelf
        return render.source(shelf and replace(shelf, wanted=wanted), note)

    def _as_now(self, shelf: Shelf) -> Shelf | None:
        """A release as the archive has it, a source as it was cited with what became of it."""
        now = self._qa.archive.release(shelf.release.id)
        if shelf.hit is None:
            return replace(shelf, release=self._releases.of(now)) if now else None
        if now is None:
            return replace(shelf, note=words.GONE_SINCE)
        same = now.text == shelf.release.text
        return replace(shelf, note="" if same else words.CHANGED_SINCE)

    def _rebuild(self) -> Shown:
        self._qa.refresh()
        return Shown(said=render.said("", words.REBUILDING))

    def _browse(self, did: str, values: Event, visit: Visit) -> Shown:
        """The archive through another filter, or another page of it."""
        at, start = _number(values, "at"), _number(values, "start")
        try:
            chosen = visit.chosen if did == "page" else _narrowed(did, values, visit.chosen)
        except (InvalidInput, ValueError):
            return Shown()
        if not visit.browse(at, chosen):
            return Shown()
        listing = self._listing(chosen, start)
        # The fields are not shown anew: somebody may be typing there. The browser fills them.
        return Shown(visit=visit, listing=listing) if visit.is_browsing(at) else Shown()

    def _listing(self, chosen: Filter, start: int = 0) -> Update:
        try:
            freshness = self._qa.freshness
            if not freshness.releases:
                return render.listing(None, chosen, read=freshness.generation > 0)
            return render.listing(self._qa.archive.listed(chosen, start, PAGE), chosen)
        except EventQAError:  # which the state of the corpus tells, too
            return gr.skip()

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


def _narrowed(did: str, values: Event, chosen: Filter) -> Filter:
    """The filter after a click.

    Raises:
        ValueError: a value is none that the page offers.
    """
    since, until = day("since", _text(values, "since")), day("until", _text(values, "until"))
    if did == "clear":
        return Filter(order=chosen.order)
    if did == "sort":
        return replace(chosen, order=Order(str(values.get("order"))))
    if did == "days":
        return replace(chosen, since=since, until=until)
    place, body = _text(values, "place"), _text(values, "body")
    return Filter(_text(values, "words") or "", since, until, place, body, chosen.order)


def _sent(event: gr.EventData) -> Event:
    data = cast("object", event._data)
    if not isinstance(data, dict):
        return {}
    values = cast("dict[str, object]", data)
    return {name: _whole(one) if isinstance(one, str) else one for name, one in values.items()}


def _whole(text: str) -> str:
    """A text without halves of surrogate pairs, which nothing can be encoded with."""
    return text.encode("utf-8", "replace").decode()


def _text(values: Event, name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _number(values: Event, name: str) -> int:
    """A number that a click sends as text; -1 when it is none."""
    try:
        return int(str(values.get(name))[:9])
    except ValueError:
        return -1
