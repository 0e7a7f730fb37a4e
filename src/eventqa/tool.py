"""What programs call, over Gradio's API and as an MCP tool. Home of Gradio, with `page`."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from eventqa.guard import MCP
from eventqa.listeners import QA
from eventqa.types import EventQAError


class Told(gr.Error):
    """An error that programs are told as it is."""

    def __str__(self) -> str:
        return str(self.message)


def ask_of(qa: QA) -> Callable[..., dict[str, Any] | str]:
    """What programs call: one question, answered in plain JSON values."""

    def ask(
        question: str,
        k: int = 5,
        since: str | None = None,
        until: str | None = None,
        asked_on: str | None = None,
        time: bool = True,
        history: list[str | list[str | None]] | None = None,
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
            history: earlier questions of the talk, oldest first, each alone or in a list with the
                text of the first passage shown for it (null: it was refused). A question that
                leans on them ("where was it held?") is read with their words, as `read_as` tells.
        """
        before = history or ()
        try:
            answer = qa.ask(question, k, since or None, until or None, asked_on or None,
                            before, time=time)  # fmt: skip
        except EventQAError as error:
            raise Told(str(error), print_exception=False) from error
        values = answer.to_dict()
        # Gradio hands a tool's result on as Python would print it.
        by_tool = request is not None and request.url.path.startswith(MCP)
        return json.dumps(values, ensure_ascii=False) if by_tool else values

    return ask
