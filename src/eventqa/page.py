"""The page: what lies where on it, and which listener is told of what.

Home of Gradio, with `chat`, `listeners` and `tool`.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import sys
from collections.abc import Mapping
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
_WAITING = 64
_SENT = "(...given) => { globalThis.eventqaSent(given[0]); return given; }"  # of clicks.js
_CLICKS = (Path(__file__).parent / "static" / "clicks.js").read_text(encoding="utf-8")

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
                        question = _question_box()
                        button = gr.Button(LABELS("ask"), variant="primary", scale=0, min_width=96)
                    said = _html(render.said(""), "said")
                    desk = _html(render.desk(None), "desk", clicks=True)
                    more = _html("", "more", clicks=True)
                    earlier = _html("", "earlier", clicks=True)
                with gr.Tab(LABELS("archive_tab"), id="archive"):
                    holdings = _html("", "holdings", clicks=True)
                    filters = _html(render.filters(Filter(), (), ()), "filters", clicks=True)
                    listing = _html("", "listing", clicks=True)
            with gr.Column(elem_id="side"):
                source = _html(render.source(None), "source", clicks=True)
        visit, latest = gr.State(Visit()), gr.State(0)
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asking: dict[str, Any] = {
            "concurrency_id": "asking",
            "concurrency_limit": _ASKED_AT_ONCE,
            "trigger_mode": "multiple",
            **private,
        }
        answer = [visit, latest, said, desk, more, earlier, source]
        for event in (question.submit, button.click):
            event(listeners.typed, [question, visit], answer, js=_SENT, **asking)
        # `clicks.js` tells by the event what is meant.
        for part in (desk, more):
            part.submit(listeners.asked, visit, answer, **asking)
        for part in (desk, earlier, source, holdings, listing):
            part.select(listeners.opened, visit, [visit, said, source], **asking)
        for part in (filters, listing):
            part.input(listeners.browsed, visit, [visit, listing], **asking)
        holdings.click(listeners.rebuilt, visit, [visit, said], **asking)
        suggesting: dict[str, Any] = {"concurrency_limit": _SUGGESTED_AT_ONCE, **private}
        latest.change(listeners.suggest, visit, more, **suggesting)
        generation = _watched(page, listeners, visit, state, holdings, filters, private)
        generation.change(listeners.listed, visit, listing, **private)
        generation.change(listeners.follow, visit, source, **private)
        generation.change(listeners.suggest, visit, more, **suggesting)
        api(ask_of(qa), api_name="ask", queue=False)
    page.queue(max_size=_WAITING, default_concurrency_limit=_ASKED_AT_ONCE)
    _forget_statistics(page)
    return page


def _watched(
    page: gr.Blocks,
    listeners: Listeners,
    visit: gr.State,
    state: gr.HTML,
    holdings: gr.HTML,
    filters: gr.HTML,
    private: Mapping[str, Any],
) -> gr.State:
    """What follows the corpus by itself; given is its generation, which more may follow.

    Gradio touches what a listener may write to, so only a change may name the component.
    """
    seen_state, seen_holdings, generation, choices = (gr.State(None) for _ in range(4))
    looked = [seen_state, seen_holdings, generation, choices]
    for tick in (page.load, gr.Timer(_POLL).tick):
        tick(listeners.watch, None, looked, concurrency_limit=None, **private)
    for seen, part in ((seen_state, state), (seen_holdings, holdings)):
        seen.change(str, seen, part, concurrency_limit=None, **private)
    choices.change(listeners.filters, [visit, choices], filters, **private)
    return generation


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
