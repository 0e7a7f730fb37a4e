"""Questions beside a build, of fifty people at once, and twenty thousand one after the other.

    python benchmarks/together.py FOLDER [--questions 20000] [--plot FILE.svg]

FOLDER holds the question sets. Asked is an archive of timeqa_human_train; what is built meanwhile
are releases of realtimeqa_2022 with 10,000 paragraphs.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import archive
import drawing
import numpy as np
from million import resident
from sets import SETS

from eventqa import EventQA
from eventqa.encoder import SentenceEncoder

_PEOPLE = 50
_BUILT = 10_000  # paragraphs


def main() -> None:
    """Prints one figure a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--plot", type=Path, help="draw the memory into an .svg file")
    options = parser.parse_args()
    sets = {one.name: one for one in SETS}
    asked, built = sets["timeqa_human_train"], sets["realtimeqa_2022"]
    questions = [one.question for one in asked.questions(options.folder)]
    encoder = SentenceEncoder()
    encoder.load()
    with (
        archive.opened(options.folder, asked) as place,
        EventQA(*place, encoder=encoder, gaps=False) as qa,
    ):
        print(qa.build())
        _seconds(qa, questions[:50])
        fifty_at_once(qa, questions)
        grown = many(qa, questions, options.questions)
        releases = archive.rows(options.folder, built)
        beside_a_build(qa, questions, place.corpus, releases)
    if options.plot:
        draw(grown, options.plot)


def _seconds(qa: EventQA, questions: Sequence[str]) -> list[float]:
    seconds: list[float] = []
    for question in questions:
        began = time.perf_counter()
        qa.ask(question)
        seconds.append(time.perf_counter() - began)
    return seconds


def _told(seconds: Sequence[float]) -> str:
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, slowest {max(seconds) * 1000:.0f} ms"


def fifty_at_once(qa: EventQA, questions: Sequence[str]) -> None:
    """Fifty threads, each of which asks its next question once it has the answer."""
    before = threading.active_count()
    shares: list[Sequence[str]] = [questions[at::_PEOPLE] for at in range(_PEOPLE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(_PEOPLE) as pool:
        seconds = [one for some in pool.map(partial(_seconds, qa), shares) for one in some]
        most = threading.active_count()
    took = time.perf_counter() - began
    print(f"{_PEOPLE} at once: {len(seconds) / took:.0f} answers a second, {_told(seconds)}")
    print(f"threads: {before} before, {most} meanwhile, {threading.active_count()} after")


def many(qa: EventQA, questions: Sequence[str], count: int) -> list[tuple[int, float]]:
    """Asks over and over, and tells the memory after every thousand."""
    grown = [(0, resident())]
    asked = islice(cycle(questions), count)
    began = time.perf_counter()
    for number, question in enumerate(asked, start=1):
        qa.ask(question)
        if number % 1_000 == 0:
            grown.append((number, resident()))
    took = time.perf_counter() - began
    memory = [round(one) for _, one in grown]
    print(f"{count:,} questions in {took:.0f} s; MiB after every thousand: {memory}")
    return grown


def beside_a_build(
    qa: EventQA, questions: Sequence[str], corpus: Path, releases: Sequence[dict[str, str]]
) -> None:
    """The same questions in quiet, and while releases with 10,000 paragraphs are built."""
    quiet = _seconds(qa, questions[:300])
    print(f"quiet: {_told(quiet)}")
    paragraphs = np.cumsum([one["text"].count("\n\n") + 1 for one in releases])
    archive.write(corpus, releases[: int(np.searchsorted(paragraphs, _BUILT)) + 1])
    before = qa.freshness
    began = time.perf_counter()
    qa.refresh()
    beside: list[float] = []
    for question in cycle(questions):
        beside += _seconds(qa, [question])
        if qa.freshness.generation > before.generation:
            break
        time.sleep(0.2)  # a few people
    took = time.perf_counter() - began
    new = qa.freshness.passages - before.passages
    share = float(np.percentile(beside, 95) / np.percentile(quiet, 95))
    print(f"while {new:,} passages were built in {took:.0f} s, {len(beside)} questions: ", end="")
    print(f"{_told(beside)}; p95 is {share:.1f} times the quiet one")


def draw(grown: Sequence[tuple[int, float]], file: Path) -> None:
    """Resident memory against the number of questions."""
    with drawing.axes(file) as axes:
        axes.plot(*zip(*grown, strict=True))
        axes.set(xlabel="questions", ylabel="MiB of memory in use", ylim=(0, None))


if __name__ == "__main__":
    main()
