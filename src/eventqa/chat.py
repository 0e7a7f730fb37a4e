"""Serves the page: a reading desk in the browser, on this machine unless told otherwise.

Home of Gradio, with `page`, `listeners` and `tool`. Who may ask for what is decided in `guard`.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import gradio as gr
from gradio.themes import Base
from starlette.middleware import Middleware

from eventqa import words
from eventqa.access import LOOPBACK, Login, require
from eventqa.guard import Guard
from eventqa.listeners import QA
from eventqa.page import LABELS, build_page, is_full
from eventqa.turns import wait_asleep
from eventqa.types import EventQAError, InvalidInput

_PORT = 7860
_SESSIONS = 500
_CSS = Path(__file__).parent / "static" / "page.css"
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "Menlo", "Consolas", "monospace")


def launch(
    qa: QA,
    *,
    host: str = LOOPBACK,
    port: int = _PORT,
    login: Login | None = None,
    open_browser: bool = False,
    block: bool = True,
    tell: Callable[[str], object] = print,
) -> gr.Blocks:
    """The page, served; with `block` it returns when the server is stopped.

    `.close()` on what is returned stops the server.

    Args:
        host: where it listens; elsewhere than on the loopback everybody who reaches this machine
            may read the archive, unless there is a `login`.
        login: who may, by name and password.
        tell: gets one line with the page's address.

    Raises:
        EventQAError: the port or the host cannot be used.
    """
    if not 1 <= port <= 65535:
        raise InvalidInput(f"port is {port}; choose one from 1 to 65535, for example {_PORT}")
    host = host.strip().removeprefix("[").removesuffix("]")
    require(host, port)
    wait_asleep()
    page = build_page(qa)
    try:
        _serve(page, host, port, login, open_browser)
    except OSError as error:
        raise EventQAError(words.port_taken(host, port)) from error
    qa.start()
    tell(words.serving(f"http://{_in_url(host)}:{port}"))
    if block:
        page.block_thread()
    return page


def _in_url(host: str) -> str:
    """A host as a url has it: an IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host else host


def _theme() -> Base:
    """System fonts, and the paper's colours from the first moment on (`page.css` has the rest)."""
    theme = Base(font=_FONTS, font_mono=_MONO)
    return theme.set(body_background_fill="#fbfaf6", body_background_fill_dark="#16171a")


def _serve(page: gr.Blocks, host: str, port: int, login: Login | None, open_browser: bool) -> None:
    """Every switch is set here: Gradio reads the ones left out from the environment."""
    # Gradio prints where its MCP server is, however quiet it is to be.
    with contextlib.redirect_stdout(io.StringIO()):
        _launch(page, host, port, login, open_browser)


def _launch(page: gr.Blocks, host: str, port: int, login: Login | None, open_browser: bool) -> None:
    page.launch(
        server_name=_in_url(host),
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
        mcp_server=True,
        enable_monitoring=False,
        run_history=False,
        allowed_paths=[],
        footer_links=[],
        state_session_capacity=_SESSIONS,
        app_kwargs={
            "middleware": [
                Middleware(
                    Guard,
                    host=host,
                    login=login,
                    functions=set(page.fns),
                    is_full=partial(is_full, page),
                )
            ],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
        i18n=LABELS,
        theme=_theme(),
        css_paths=[_CSS],
    )
