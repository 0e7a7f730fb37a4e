"""The page: what lies where on it, and which listener is told of what.

Home of Gradio, with `chat`, `listeners` and `tool`.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from eventqa import render, words
from eventqa.archive import Filter
from eventqa.listeners import QA, Listeners
from eventqa.request import LONGEST_QUESTION
from eventqa.tool import ask_of
from eventqa.visit import Visit

_POLL = 2  # seconds between two looks at the corpus's state
_ASKED_AT_ONCE = 8
_SUGGESTED_AT_ONCE = 2
_ASKING = "asking"
_WAITING = 64  # questions
_EVENTS = 2_000  # of all kinds: most are the looks at the corpus's state of all open pages
_STATIC = Path(__file__).parent / "static"
_CLICKS = (_STATIC / "clicks.js").read_text(encoding="utf-8")
_QUESTION = (_STATIC / "question.js").read_text(encoding="utf-8")
_NOT_SENT = "() => globalThis.eventqa.failed()"
# By this a page that is loaded again finds its conversation; no other browser can guess it.
_KEY = """() => {
    try {
        const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
        const made = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
        sessionStorage.setItem("visit", sessionStorage.getItem("visit") ?? made);
        return [sessionStorage.getItem("visit"), null];
    } catch {
        return ["", null]; // storage is switched off
    }
}"""

LABELS = gr.I18n(en=words.LABELS)


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
                        _question_box()
                        gr.Button(LABELS("ask"), variant="primary", scale=0, min_width=96)
                    said = _html(render.said(""), "said", _QUESTION)
                    desk = _html(render.desk(None), "desk", _CLICKS)
                    more = _html("", "more", _CLICKS)
                    earlier = _html("", "earlier", _CLICKS)
                with gr.Tab(LABELS("archive_tab"), id="archive"):
                    holdings = _html("", "holdings", _CLICKS)
                    filters = _html(render.filters(Filter(), (), ()), "filters", _CLICKS)
                    listing = _html("", "listing", _CLICKS)
            with gr.Column(elem_id="side"):
                source = _html(render.source(None), "source", _CLICKS)
        key = gr.Textbox(visible=False)
        visit, latest = gr.State(Visit()), gr.State(0)
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking: dict[str, Any] = {
            "concurrency_id": _ASKING,
            "concurrency_limit": _ASKED_AT_ONCE,
            "trigger_mode": "multiple",
            **private,
        }
        # No slow question holds these up.
        reading: dict[str, Any] = {**asking, "concurrency_id": "reading"}
        answer = [visit, latest, said, desk, more, earlier, source]
        # `question.js` sends what is typed; `clicks.js` tells by the event what a click means.
        for part in (said, desk, more):
            asked = part.submit(listeners.asked, visit, answer, **asking)
            asked.failure(None, js=_NOT_SENT, **private)
        for part in (desk, earlier, source, holdings, listing):
            part.select(listeners.opened, visit, [visit, said, source], **reading)
        for part in (filters, listing):
            part.input(listeners.browsed, visit, [visit, listing], **reading)
        holdings.click(listeners.rebuilt, None, None, **reading)
        loaded = page.load(listeners.resume, [key, visit], answer, js=_KEY, **reading)
        suggesting: dict[str, Any] = {"concurrency_limit": _SUGGESTED_AT_ONCE, **private}
        latest.change(listeners.suggest, visit, more, **suggesting)
        generation = _watched(loaded.then, listeners, visit, state, holdings, filters, private)
        generation.change(listeners.listed, visit, listing, **private)
        generation.change(listeners.follow, visit, source, **private)
        generation.change(listeners.suggest, visit, more, **suggesting)
        api(ask_of(qa), api_name="ask", queue=False)
    page.queue(max_size=_EVENTS, default_concurrency_limit=_ASKED_AT_ONCE)
    _forget_statistics(page)
    return page


def is_full(page: gr.Blocks, number: int) -> bool:
    """Whether so many questions wait already that another call of a function must come later."""
    waiting = page._queue.event_queue_per_concurrency_id.get(_ASKING)
    asks = page.fns[number].concurrency_id == _ASKING
    return asks and waiting is not None and len(waiting.queue) >= _WAITING


def _watched(
    loaded: Callable[..., object],
    listeners: Listeners,
    visit: gr.State,
    state: gr.HTML,
    holdings: gr.HTML,
    filters: gr.HTML,
    private: Mapping[str, Any],
) -> gr.State:
    """What follows the corpus by itself once the page is loaded; given is its generation.

    Gradio touches what a listener may write to, so only a change may name the component.
    """
    seen_state, seen_holdings, generation, choices = (gr.State(None) for _ in range(4))
    looked = [seen_state, seen_holdings, generation, choices]
    for tick in (loaded, gr.Timer(_POLL).tick):
        tick(listeners.watch, None, looked, concurrency_limit=None, **private)
    for seen, part in ((seen_state, state), (seen_holdings, holdings)):
        seen.change(str, seen, part, concurrency_limit=None, **private)
    choices.change(listeners.filters, [visit, choices], filters, **private)
    return generation


def _forget_statistics(page: gr.Blocks) -> None:
    """Stop Gradio from summing up, with pandas and after every event, the last 10,000 of them."""
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # its spelling
    page._queue.ANALYTICS_MAX_EVENTS = 1


def _html(value: str, elem_id: str | None = None, script: str | None = None) -> gr.HTML:
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
