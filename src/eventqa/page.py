"""The page: what lies where on it, and what happens when somebody asks, clicks or waits.

Home of Gradio, with `chat`. What is shown is rendered in `render`.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import gradio as gr
from gradio.events import api

from eventqa import render, words
from eventqa.archive import Archive, Filter, Order
from eventqa.render import PAGE, Shelf, Time, Turn
from eventqa.request import LONGEST_QUESTION, day
from eventqa.types import Answer, EventQAError, Freshness, InvalidInput, Problem, Release

_log = logging.getLogger(__name__)

_POLL = 2  # seconds between two looks at the corpus's state
_KEPT_TURNS = 20
_ASKED_AT_ONCE = 8
_SUGGESTED_AT_ONCE = 2
_WAITING = 64
_CLICKS = (Path(__file__).parent / "static" / "clicks.js").read_text(encoding="utf-8")

MCP = "/gradio_api/mcp"
LABELS = gr.I18n(en=words.LABELS)

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


def build_page(qa: QA) -> gr.Blocks:
    """The page over `qa`, not yet served: `chat.launch` does that, Gradio's own lets more in."""
    listeners = Listeners(qa)
    with gr.Blocks(title=words.NAME, analytics_enabled=False, elem_id="eventqa") as page:
        _html(render.masthead())
        state = _html(render.state(None, None, qa.freshness, ()), "state")
        with gr.Row(elem_id="room"):
            with gr.Column(elem_id="work"), gr.Tabs(elem_id="tabs"):
                with gr.Tab(LABELS("ask_tab"), id="ask"):
                    with gr.Row(elem_id="asking"):
                        question = _question_box()
                        button = gr.Button(LABELS("ask"), variant="primary", scale=0, min_width=96)
                    said = _html(render.said(""), "said")
                    desk = _html(render.desk(()), "desk", clicks=True)
                    more = _html("", "more", clicks=True)
                    earlier = _html("", "earlier", clicks=True)
                with gr.Tab(LABELS("archive_tab"), id="archive"):
                    holdings = _html("", "holdings", clicks=True)
                    filters = _html(render.filters(Filter(), (), ()), "filters", clicks=True)
                    listing = _html("", "listing", clicks=True)
            with gr.Column(elem_id="side"):
                source = _html(render.source(None), "source", clicks=True)
        turns, latest, chosen = gr.State(()), gr.State(0), gr.State(Filter())
        shown = Shown(turns, latest, chosen, question, said, desk, more, earlier, source, listing)
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking: dict[str, Any] = {
            "concurrency_id": "asking",
            "concurrency_limit": _ASKED_AT_ONCE,
            **private,
        }
        for event in (question.submit, button.click):
            event(listeners.typed, [question, turns], list(shown), **asking)
        for part in (desk, more, earlier, source, holdings, filters, listing):
            part.click(
                listeners.clicked, [turns, chosen], list(shown), trigger_mode="multiple", **asking
            )
        latest.change(
            listeners.suggest, turns, more, concurrency_limit=_SUGGESTED_AT_ONCE, **private
        )
        _watched(page, listeners, shown, state, holdings, filters, private)
        api(listeners.tool(), api_name="ask", queue=False)
    page.queue(max_size=_WAITING, default_concurrency_limit=_ASKED_AT_ONCE)
    _forget_statistics(page)
    return page


def _watched(
    page: gr.Blocks,
    listeners: Listeners,
    shown: Shown,
    state: gr.HTML,
    holdings: gr.HTML,
    filters: gr.HTML,
    private: Mapping[str, Any],
) -> None:
    """What follows the corpus by itself.

    Gradio touches what a listener may write to, so only a change may name the component.
    """
    seen_state, seen_holdings, generation, choices = (gr.State(None) for _ in range(4))
    looked = [seen_state, seen_holdings, generation, choices]
    for tick in (page.load, gr.Timer(_POLL).tick):
        tick(listeners.watch, None, looked, concurrency_limit=None, **private)
    for seen, part in ((seen_state, state), (seen_holdings, holdings)):
        seen.change(str, seen, part, concurrency_limit=None, **private)
    generation.change(listeners.listed, shown.chosen, shown.listing, **private)
    choices.change(listeners.filters, [shown.chosen, choices], filters, **private)
    generation.change(
        listeners.suggest, shown.turns, shown.more, concurrency_limit=_SUGGESTED_AT_ONCE, **private
    )


class Told(gr.Error):
    """An error that programs are told as it is."""

    def __str__(self) -> str:
        return str(self.message)


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

    def tool(self) -> Callable[..., dict[str, Any] | str]:
        """What programs call: one question, answered in plain JSON values."""

        def ask(
            question: str,
            k: int = 5,
            since: str | None = None,
            until: str | None = None,
            asked_on: str | None = None,
            time: bool = True,
            request: gr.Request | None = None,
        ) -> dict[str, Any] | str:
            """Answers a question about events from the press releases of this archive.

            The answer quotes whole paragraphs, word for word, each with a citation and a receipt
            (release, paragraph, code points, sha256): nothing in it is generated. When the archive
            does not answer, `answered` is false, `reason` says why, and `nearest` holds the
            passages that came nearest: they are no sources.

            Args:
                question: one question in words, at most 1,000 characters.
                k: at most so many passages, 1 to 1,000.
                since: only releases dated on this day or later, such as 2018-05-01.
                until: only releases dated on this day or earlier.
                asked_on: the day of asking, from which "last week" is counted; today if left out.
                time: let the time that the question names count.
            """
            try:
                answer = self._qa.ask(question, k, since or None, until or None, asked_on or None,
                                      time=time)  # fmt: skip
            except EventQAError as error:
                raise Told(str(error), print_exception=False) from error
            values = answer.to_dict()
            # Gradio hands a tool's result on as Python would print it.
            by_tool = request is not None and request.url.path.startswith(MCP)
            return json.dumps(values, ensure_ascii=False) if by_tool else values

        return ask

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


def _forget_statistics(page: gr.Blocks) -> None:
    """Stop Gradio from summing up, with pandas and after every event, the last 10,000 of them."""
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # its spelling
    page._queue.ANALYTICS_MAX_EVENTS = 1


def _html(value: str, elem_id: str | None = None, clicks: bool = False) -> gr.HTML:
    script = _CLICKS if clicks else None
    return gr.HTML(value, elem_id=elem_id, js_on_load=script, apply_default_css=False)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        label=LABELS("question"),
        placeholder=LABELS("placeholder"),
        lines=1,
        max_lines=1,
        max_length=LONGEST_QUESTION,
        autofocus=True,
        scale=1,
        elem_id="question",
        html_attributes=gr.InputHTMLAttributes(enterkeyhint="search", autocomplete="off"),
    )
