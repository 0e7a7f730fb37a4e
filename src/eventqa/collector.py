"""Python's garbage collector, told when there is nothing to collect."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

_own = False


def own_process() -> None:
    """Says that this process is a program of eventqa's own: what `paused` brings in is set aside.

    The collector never looks at it again. It would look through half a million objects of the
    libraries three times in the first question, .7 s together, and again when the program ends:
    `eventqa ask` with 10,000 paragraphs takes 4.5 s instead of 6.4. A program around this one may
    have garbage among them, so that is not done there.
    """
    global _own
    _own = True


@contextmanager
def paused() -> Generator[None]:
    """Does without the collector while very much is made that stays, such as imports.

    It looks through all of it again and again: sentence-transformers is imported in 3.0 s instead
    of 4.0, Gradio in 1.9 instead of 2.6.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if _own:
                gc.freeze()
            gc.enable()
