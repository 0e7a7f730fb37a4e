"""How quick eventqa is on this machine: building, asking, and picking up a change.

    python benchmarks/speed.py CORPUS.jsonl [--questions 200] [--edits 10]

Every release of the corpus becomes a file of its own in a temporary folder, which is then built
from nothing, asked and edited, as a press office would do it.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from eventqa import EventQA
from eventqa.encoder import SentenceEncoder


def main() -> None:
    """Prints one figure a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--edits", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        corpus, embeddings = Path(place, "corpus"), Path(place, "embeddings")
        texts = spread(options.corpus, corpus)
        print(f"{platform.machine()}, Python {platform.python_version()}, {len(texts)} releases")
        encoder = SentenceEncoder()
        encoder.load()
        with EventQA(corpus, embeddings, encoder=encoder) as qa:
            build(qa)
            ask(qa, texts, options.questions)
            edit(qa, corpus, options.edits)
        cold(corpus, embeddings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process {peak:.0f} MiB")


def spread(source: Path, folder: Path) -> list[str]:
    """Writes each release into a file of its own and returns their texts."""
    folder.mkdir()
    with source.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        front = json.dumps({key: row[key] for key in ("title", "date") if row.get(key)})
        (folder / f"{row['id']}.md").write_text(f"---\n{front}\n---\n{row['text']}", "utf-8")
    return [row["text"] for row in rows]


def build(qa: EventQA) -> None:
    """Builds from nothing, then once more with nothing changed."""
    report = qa.build()
    print(
        f"build: {report.encoded + report.reused} passages in {report.seconds:.1f} s, "
        f"{report.encoded / report.seconds:.0f} encoded a second"
    )
    print(f"build, nothing changed: {qa.build().seconds * 1000:.0f} ms")


def ask(qa: EventQA, texts: list[str], count: int) -> None:
    """Asks with the opening words of releases, so that there is something to answer."""
    random = np.random.default_rng(0)
    picked: list[int] = random.integers(len(texts), size=count).tolist()
    questions = [" ".join(texts[at].split()[:12]) for at in picked]
    for question in questions[:5]:
        qa.ask(question)
    seconds: list[float] = []
    for question in questions:
        began = time.perf_counter()
        qa.ask(question)
        seconds.append(time.perf_counter() - began)
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    print(f"ask, warm: p50 {p50:.0f} ms, p95 {p95:.0f} ms ({count} questions)")


def edit(qa: EventQA, corpus: Path, count: int) -> None:
    """Saves one changed release and asks until the new words are the answer."""
    seconds: list[float] = []
    for number, path in enumerate(sorted(corpus.iterdir())[:count]):
        words = f"The penguin parade number {number} was opened in Longyearbyen by Ms. Halvorsen."
        path.write_text(path.read_text("utf-8") + f"\n\n{words}", "utf-8")
        began = time.perf_counter()
        while words not in {hit.passage.text for hit in qa.ask(words).hits}:
            pass
        seconds.append(time.perf_counter() - began)
    print(
        f"one changed release is the answer after {np.median(seconds):.2f} s "
        f"(median of {count}, slowest {max(seconds):.2f})"
    )


def cold(corpus: Path, embeddings: Path) -> None:
    """A new process for one question, and one for a build with nothing to do."""
    places = ["--corpus", str(corpus), "--embeddings", str(embeddings)]
    for name, command in {"ask": ["ask", "Who opened the parade?"], "build": ["build"]}.items():
        seconds: list[float] = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "eventqa", *command, *places], capture_output=True
            )
            seconds.append(time.perf_counter() - began)
        print(f"eventqa {name}, cold: {np.median(seconds):.1f} s (median of 5)")


if __name__ == "__main__":
    main()
