"""Figures for the README, by matplotlib."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def axes(file: Path, width: float = 7, height: float = 3.4) -> Generator[Any]:
    """Axes to draw on; what is on them at the end is written into an .svg file."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "eventqa"  # the same figures give the same file
    figure, drawn = pyplot.subplots(figsize=(width, height), layout="constrained")
    yield drawn
    figure.savefig(file, metadata={"Date": None})  # pyright: ignore[reportUnknownMemberType]
