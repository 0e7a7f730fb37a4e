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
from eventqa.request import LONGEST_QUESTION, day
from eventqa.types import Answer, EventQAError, Freshness, InvalidInput, Problem, Release

_log = logging.getLogger(__name__)

_KEPT_TURNS = 20

Turns = tuple[Turn, ...]
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
    """What a listener may change: values that a visitor's session keeps, then what is seen."""

    turns: Update = gr.skip()
    latest: Update = gr.skip()  # the id of the latest turn
    chosen: Update = gr.skip()  # by what the archive is filtered
    question: Update = gr.skip()
    said: Update = gr.skip()
    desk: Update = gr.skip()
    more: Update = gr.skip()
    earlier: Update = gr.skip()
    source: Update = gr.skip()
    listing: Update = gr.skip()


class Listeners:
    """What happens on the page. Holds no visitor's data: that comes in and goes out."""

    def __init__(self, qa: QA) -> None:
        self._qa = qa
        self._looking = threading.Lock()  # of what is looked up once a generation
        self._choices: tuple[int | None, tuple[str, ...], tuple[str, ...]] = (None, (), ())
        self._examples: tuple[int | None, tuple[str, ...]] = (None, ())

    def typed(self, question: str, turns: Turns) -> Iterator[Shown]:
        """Somebody typed a question."""
        if not (question or "").strip():
            yield Shown(said=render.said(words.BLANK))
            return
        yield Shown(said=render.said(words.LOOKING))
        yield self._asked(Turn(question, None, id=_next(turns)), turns, typed=True)

    def clicked(self, turns: Turns, chosen: Filter, event: gr.EventData) -> Iterator[Shown]:
        """Somebody clicked a button of the page's own HTML; nonsense changes nothing."""
        values = _sent(event)
        did = str(values.get("do"))
        if turn := self._to_ask(did, values, turns):
            yield Shown(said=render.said(words.LOOKING))
            again = _number(values, "turn")
            yield self._asked(turn, tuple(one for one in turns if one.id != again))
        elif did == "open":
            yield self._open(turns, values)
        elif did == "release":
            yield self._release(values)
        elif did == "close":
            yield Shown(source=render.source(None))
        elif did == "rebuild":
            yield self._rebuild()
        elif did in ("filter", "page", "sort", "days", "clear"):
            yield self._browse(did, values, chosen)

    def suggest(self, turns: Turns) -> Update:
        """What can be asked next, each of which the corpus answers; nothing on a failure."""
        turn = turns[-1] if turns else None
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

    def listed(self, chosen: Filter, start: int = 0) -> Update:
        """One page of the releases."""
        try:
            if not self._qa.freshness.releases:
                return render.listing(None, chosen)
            return render.listing(self._qa.archive.listed(chosen, start, PAGE), chosen)
        except EventQAError:  # which the state of the corpus tells, too
            return gr.skip()

    def filters(self, chosen: Filter, choices: tuple[tuple[str, ...], tuple[str, ...]]) -> Update:
        """The fields above the list, with the places and bodies that there are."""
        return render.filters(chosen, *(choices or ((), ())))

    def take_turn(self, turn: Turn) -> Turn:
        """The turn with what came of its question; never raises, whatever a person may ask."""
        try:
            return replace(turn, answer=self._qa.ask(turn.question, time=turn.time))
        except EventQAError as error:
            return replace(turn, failure=str(error))
        except Exception:
            _log.exception("a question failed: %r", turn.question)
            return replace(turn, failure=words.UNEXPECTED)

    def _asked(self, turn: Turn, turns: Turns, typed: bool = False) -> Shown:
        """What the page shows once a question is asked."""
        turn = self.take_turn(turn)
        turns = (*turns, turn)[-_KEPT_TURNS:]
        box = (turn.question if turn.answer is None else "") if typed else gr.skip()
        best = Shelf.of(turn, "hits", 1)
        return Shown(
            turns=turns,
            latest=turn.id,
            question=box,
            said=render.outcome(turn),
            desk=render.desk(turns, wanted=not typed),
            more="",
            earlier=render.earlier(turns),
            source=render.source(best),
        )

    def _to_ask(self, did: str, values: Event, turns: Turns) -> Turn | None:
        """The question that a click asks, new or once more with another time."""
        if did == "ask":
            question = str(values.get("question") or "")[:LONGEST_QUESTION]
            return Turn(question, None, id=_next(turns)) if question.strip() else None
        turn = _turn(turns, values)
        if turn is None:
            return None
        again = replace(turn, answer=None, failure="", id=_next(turns))
        if did in ("timeless", "timely"):
            return replace(again, time=did == "timely")
        if did == "time":
            days = (_text(values, "since"), _text(values, "until"))
            return replace(again, time=days if any(days) else True)
        return None

    def _open(self, turns: Turns, values: Event) -> Shown:
        turn = _turn(turns, values)
        shelf = Shelf.of(turn, _text(values, "kind") or "hits", _number(values, "number"))
        if shelf is None:
            return Shown()
        now = self._qa.archive.release(shelf.release.id)
        note = "" if now and now.text == shelf.release.text else words.CHANGED_SINCE
        return Shown(
            source=render.source(
                replace(shelf, wanted=True, note=note if now else words.GONE_SINCE)
            )
        )

    def _release(self, values: Event) -> Shown:
        release: Release | None = self._qa.archive.release(_text(values, "id") or "")
        if release is None:
            return Shown(source=render.source(None, words.SOURCE_GONE))
        return Shown(source=render.source(Shelf(release, wanted=True)))

    def _rebuild(self) -> Shown:
        self._qa.refresh()
        return Shown(said=render.said("", words.REBUILDING))

    def _browse(self, did: str, values: Event, chosen: Filter) -> Shown:
        """The archive through another filter, or another page of it."""
        if did == "page":
            return Shown(listing=self.listed(chosen, _number(values, "start")))
        try:
            chosen = _narrowed(did, values, chosen)
        except (InvalidInput, ValueError):
            return Shown()  # a day half typed
        # The fields are not shown anew: somebody may be typing there. The browser fills them.
        return Shown(chosen=chosen, listing=self.listed(chosen))

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
    return cast("Event", data) if isinstance(data, dict) else {}


def _next(turns: Turns) -> int:
    return turns[-1].id + 1 if turns else 1


def _turn(turns: Turns, values: Event) -> Turn | None:
    wanted = _number(values, "turn")
    return next((turn for turn in turns if turn.id == wanted), None)


def _text(values: Event, name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _number(values: Event, name: str) -> int:
    """A number that a click sends as text; -1 when it is none."""
    try:
        return int(str(values.get(name))[:9])
    except ValueError:
        return -1
