"""What a rebuild costs against the size of the change, and when a changed release is the answer.

    python benchmarks/changes.py FOLDER [--set realtimeqa_2022] [--plot FILE.svg]

FOLDER holds the question sets. Every release of the set becomes a file of its own; to so many of
them a paragraph is added, and a build brings the store in step.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import archive
import drawing
import numpy as np
from sets import SETS

from eventqa import EventQA
from eventqa.encoder import SentenceEncoder

_SIZES = (1, 10, 100, 1_000)
_TOO_LONG = 60  # seconds until a changed release is found
_TIMES = 3  # each size is measured, and the median told


def main() -> None:
    """Prints one figure a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", default="realtimeqa_2022", choices=[one.name for one in SETS])
    parser.add_argument("--edits", type=int, default=15, help="single changes that are asked for")
    parser.add_argument("--plot", type=Path, help="draw the costs into an .svg file")
    options = parser.parse_args()
    one = next(one for one in SETS if one.name == options.set)
    encoder = SentenceEncoder()
    encoder.load()
    with archive.opened(options.folder, one) as place:
        with EventQA(*place, encoder=encoder, watch=False, gaps=False) as qa:
            print(qa.build(), f"{qa.freshness.releases:,} releases", sep="\n")
            files = sorted(place.corpus.iterdir())
            costs = [(size, _cost(qa, files, size)) for size in _SIZES if size <= len(files)]
        for size, seconds in costs:
            print(f"{size:,} changed releases: built in {seconds:.2f} s (median of {_TIMES})")
        with EventQA(*place, encoder=encoder, gaps=False) as watching:
            seconds = [
                _answered(watching, file, at) for at, file in enumerate(files[: options.edits])
            ]
    print(
        f"one changed release is the answer after {np.median(seconds):.2f} s "
        f"(median of {len(seconds)}, slowest {max(seconds):.2f})"
    )
    if options.plot:
        draw(costs, options.plot)


def _cost(qa: EventQA, files: Sequence[Path], size: int) -> float:
    """How long a build takes after so many releases were changed."""
    seconds: list[float] = []
    for turn in range(_TIMES):
        for file in files[:size]:
            _add(file, f"Paragraph {turn} of {size} tells what {file.stem} had left out so far.")
        began = time.perf_counter()
        qa.build()
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def _answered(qa: EventQA, file: Path, number: int) -> float:
    """How long it takes from saving a release to an answer from its new words."""
    words = f"The penguin parade number {number} was opened in Longyearbyen by Ms. Halvorsen."
    qa.ask(words)
    _add(file, words)
    began = time.perf_counter()
    # The others of these paragraphs differ in the number only, and may fit as well.
    while words not in {hit.passage.text for hit in qa.ask(words, 2 * number + 5).hits}:
        if time.perf_counter() - began > _TOO_LONG:
            raise RuntimeError(f"{file} was changed, and is no answer after {_TOO_LONG} s")
    return time.perf_counter() - began


def _add(file: Path, paragraph: str) -> None:
    file.write_text(f"{file.read_text('utf-8')}\n\n{paragraph}", "utf-8")


def draw(costs: Sequence[tuple[int, float]], file: Path) -> None:
    """Seconds of a build against the number of changed releases."""
    with drawing.axes(file) as axes:
        axes.loglog(*zip(*costs, strict=True), marker="o")
        for size, seconds in costs:
            axes.annotate(f"{seconds:.2f} s", (size, seconds), (6, -12), textcoords="offset points")
        axes.set(xlabel="changed releases", ylabel="seconds until the store is in step")


if __name__ == "__main__":
    main()
