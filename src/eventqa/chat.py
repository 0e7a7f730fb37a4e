"""The page: a reading desk in the browser, served to this machine only.

The only home of Gradio. What is shown is rendered in `render`, who may ask is decided in `guard`.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.themes import Base
from starlette.middleware import Middleware

from eventqa import render, words
from eventqa.guard import Guard
from eventqa.render import Turn
from eventqa.types import Answer, EventQAError, Freshness, InvalidInput, Problem

_PORT = 7860
_POLL = 2  # seconds between two looks at the corpus's state
_KEPT_TURNS = 20
_ASKED_AT_ONCE = 8
_WAITING = 64
_SESSIONS = 500
_LONGEST = 1000  # characters of a question
_CSS = Path(__file__).parent / "static" / "page.css"
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")
# The clicked example is gone: without this the keyboard would start again at the top.
_TO_DESK = """() => {
    const desk = document.getElementById("desk");
    desk.tabIndex = -1;
    desk.focus({preventScroll: true});
}"""

Turns = tuple[Turn, ...]
Update = Any  # what Gradio takes for an output: a value or an update of the component


class QA(Protocol):
    """What the page needs of `eventqa.qa.EventQA`."""

    def ask(self, question: str, k: int = 5, *, time: bool = True) -> Answer: ...
    def start(self) -> None: ...
    @property
    def status(self) -> str | None: ...
    @property
    def freshness(self) -> Freshness: ...
    @property
    def problems(self) -> tuple[Problem, ...]: ...


def launch(
    qa: QA,
    *,
    port: int = _PORT,
    open_browser: bool = False,
    block: bool = True,
    tell: Callable[[str], object] = print,
) -> gr.Blocks:
    """The page, served on 127.0.0.1; with `block` it returns when the server is stopped.

    `tell` gets one line with the page's address. `.close()` on what is returned stops the server.

    Raises:
        EventQAError: the port cannot be used.
    """
    if not 1 <= port <= 65535:
        raise InvalidInput(f"port is {port}; choose one from 1 to 65535, for example {_PORT}")
    page = build_page(qa)
    try:
        _serve(page, port, open_browser)
    except OSError as error:
        raise EventQAError(words.port_taken(port)) from error
    qa.start()
    tell(words.serving(f"http://127.0.0.1:{port}"))
    if block:
        page.block_thread()
    return page


def build_page(qa: QA, examples: Sequence[str] = words.EXAMPLES) -> gr.Blocks:
    """The page over `qa`, not yet served. Serve it with `launch`: Gradio's own lets more in."""
    with gr.Blocks(title=words.NAME, analytics_enabled=False, elem_id="eventqa") as page:
        _html(render.masthead())
        state = _html(render.state(None, qa.freshness, ()), "state")
        with gr.Row(elem_id="asking"):
            question = _question_box()
            button = gr.Button(words.ASK, variant="primary", scale=0, min_width=96)
        time = gr.Checkbox(
            True, label=words.TIME, info=words.TIME_INFO, container=False, elem_id="time"
        )
        said = _html(render.said(""), "said")
        desk = _html(render.desk(()), "desk")
        with gr.Column(elem_id="examples", visible=bool(examples)) as offered:
            clickable = [gr.Button(text, elem_classes="example") for text in examples]
        past = _html("", "earlier")
        turns, shown, timer = gr.State(()), gr.State(""), gr.Timer(_POLL)

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        outputs = [turns, question, said, desk, past, offered]
        ask = _asker(qa)
        for event in (question.submit, button.click):
            event(ask, [question, time, turns], outputs, **private)
        for example in clickable:
            asked = example.click(ask, [example, time, turns], outputs, **private)
            asked.then(None, js=_TO_DESK, **private)
        for tick in (page.load, timer.tick):
            tick(_watcher(qa), None, shown, concurrency_limit=None, **private)
        # Gradio touches what a listener may write to, so only a change may name the component.
        shown.change(str, shown, state, concurrency_limit=None, **private)
    page.queue(max_size=_WAITING, default_concurrency_limit=_ASKED_AT_ONCE)
    _forget_statistics(page)
    return page


def take_turn(qa: QA, question: str, time: bool = True) -> Turn:
    """The question and what came of it; never raises, for whatever a person may ask."""
    try:
        return Turn(question, qa.ask(question, time=time))
    except EventQAError as error:
        return Turn(question, None, str(error))
    except Exception:
        logging.getLogger(__name__).exception("a question failed: %r", question)
        return Turn(question, None, words.UNEXPECTED)


def _asker(qa: QA) -> Callable[[str, bool, Turns], Iterator[tuple[Update, ...]]]:
    """The listener of the question box and the examples; its outputs are named in `build_page`."""

    def ask(question: str, time: bool, turns: Turns) -> Iterator[tuple[Update, ...]]:
        kept = gr.skip()
        if not (question or "").strip():
            yield kept, kept, render.said(words.BLANK), kept, kept, kept
            return
        yield kept, kept, render.said(words.LOOKING), kept, kept, kept
        turn = take_turn(qa, question, time)
        turns = (*turns, turn)[-_KEPT_TURNS:]
        box = question if turn.answer is None else ""
        desk, past = render.desk(turns), render.earlier(turns)
        yield turns, box, render.outcome(turn), desk, past, gr.update(visible=False)

    return ask


def _watcher(qa: QA) -> Callable[[], Update]:
    """The listener of the timer; a look that fails leaves the page as it is."""

    def watch() -> Update:
        try:
            return render.state(qa.status, qa.freshness, qa.problems)
        except Exception:
            logging.getLogger(__name__).exception("the state of the corpus could not be read")
            return gr.skip()

    return watch


def _forget_statistics(page: gr.Blocks) -> None:
    """Stop Gradio from summing up, with pandas and after every event, the last 10,000 of them."""
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # its spelling
    page._queue.ANALYTICS_MAX_EVENTS = 1


def _html(value: str, elem_id: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, js_on_load=None, apply_default_css=False)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        label=words.LABEL,
        placeholder=words.PLACEHOLDER,
        lines=1,
        max_lines=1,
        max_length=_LONGEST,
        autofocus=True,
        scale=1,
        elem_id="question",
        html_attributes=gr.InputHTMLAttributes(enterkeyhint="search", autocomplete="off"),
    )


def _theme() -> Base:
    """System fonts, and the paper's colours from the first moment on (`page.css` has the rest)."""
    theme = Base(font=_FONTS, font_mono=_MONO)
    return theme.set(body_background_fill="#fbfaf6", body_background_fill_dark="#16171a")


def _serve(page: gr.Blocks, port: int, open_browser: bool) -> None:
    """Every switch is set here: Gradio reads the ones left out from the environment."""
    page.launch(
        server_name="127.0.0.1",
        server_port=port,
        root_path="",
        inline=False,
        inbrowser=open_browser,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        share=False,
        ssr_mode=False,
        num_workers=0,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        run_history=False,
        footer_links=[],
        state_session_capacity=_SESSIONS,
        app_kwargs={
            "middleware": [Middleware(Guard)],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
        theme=_theme(),
        css_paths=[_CSS],
    )
