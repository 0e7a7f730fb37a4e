"""Python's garbage collector, told when there is nothing to collect."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


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
            gc.enable()
