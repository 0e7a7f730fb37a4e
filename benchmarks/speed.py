"""How quick eventqa is on this machine: starting, building, asking; and where the time goes.

    python benchmarks/speed.py FOLDER [--set timeqa_human_train] [--questions 300] [--encoded 40]

FOLDER holds the question sets. Every release of the set becomes a file of its own.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import archive
import numpy as np
import torch
from archive import Place
from sets import SETS

from eventqa import EventQA, answer, qa, retrieve, talk
from eventqa.corpus import Corpus
from eventqa.encoder import BATCH, SentenceEncoder
from eventqa.evaluate import machine
from eventqa.index import FaissIndex
from eventqa.lexical import LexicalIndex
from eventqa.types import Embedded
from eventqa.view import View

_TIMES = 5  # each start and each build is measured, and the median told

_STAGES: dict[str, list[tuple[Any, str]]] = {
    "encoder": [(SentenceEncoder, "encode_query")],
    "index of vectors": [(FaissIndex, "search")],
    "index of words": [
        (LexicalIndex, "search"),
        (LexicalIndex, "weigh"),
        (LexicalIndex, "shared"),
    ],
    "reading the store": [
        (View, name)
        for name in ("places", "leading", "vectors", "encoded", "spoken", "release", "copies")
    ],
    "late interaction": [(retrieve, "matches"), (retrieve, "best_matches")],
    "marking sentences": [(answer, "_marked")],
    "gate": [(answer, "decisive")],
    "ranking": [(talk, "find")],
    "everything else": [(qa.EventQA, "ask")],
}
"""What is measured as which stage: the time inside, without that of the stages inside of it."""


# Everything that a first question waits for but the model.
_FIRST = """
import sys, time
from eventqa import EventQA
from eventqa.encoder import SentenceEncoder
encoder = SentenceEncoder()
encoder.load()
with EventQA(*sys.argv[1:3], encoder=encoder, gaps=False) as qa:
    began = time.perf_counter()
    qa.ask(sys.argv[3])
    print(time.perf_counter() - began)
"""


def main() -> None:
    """Prints one figure a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", default="timeqa_human_train", choices=[one.name for one in SETS])
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--encoded", type=int, default=40, help="releases that are encoded anew")
    options = parser.parse_args()
    one = next(one for one in SETS if one.name == options.set)
    facts = machine()
    print(f"{facts['machine']}, {facts['cpus']} cores, Python {facts['python']}; {one.name}")
    with archive.opened(options.folder, one) as place:
        asked = one.questions(options.folder)[: options.questions]
        questions = [question.question for question in asked]
        with EventQA(*place, watch=False, gaps=False) as built:
            print(built.build())
        start(place, questions[0])
        ask(place, questions)
    build(archive.rows(options.folder, one)[: options.encoded])


def start(place: Place, question: str) -> None:
    """New processes: for one command each, and for the page."""
    places = [f"--corpus={place.corpus}", f"--embeddings={place.embeddings}"]
    said = _run("ask", question, "--json", *places)
    receipt = Path(place.embeddings.parent, "answer.json")
    receipt.write_text(said.stdout, "utf-8")
    commands = {
        "eventqa --help": ["--help"],
        "eventqa verify": ["verify", str(receipt), *places],
        "eventqa build, nothing changed": ["build", *places],
        "eventqa ask": ["ask", question, *places],
    }
    for name, command in commands.items():
        seconds = [_timed(lambda command=command: _run(*command)) for _ in range(_TIMES)]
        print(f"{name}, cold: {np.median(seconds):.2f} s (median of {_TIMES})")
    command = [sys.executable, "-c", _FIRST, *map(str, place), question]
    firsts = [float(subprocess.check_output(command, text=True)) for _ in range(_TIMES)]
    print(f"the first question once the model is in: {np.median(firsts):.2f} s")
    pages, answers, second = zip(*(_page(places, question) for _ in range(_TIMES)), strict=True)
    print(f"eventqa chat: the page is there after {np.median(pages):.2f} s, ", end="")
    print(f"the first answer after {np.median(answers):.2f}, ", end="")
    print(f"the next {np.median(second) * 1000:.0f} ms after its question")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "eventqa", *command], capture_output=True, text=True
    )


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _page(places: Sequence[str], question: str) -> tuple[float, float, float]:
    """When the page is there, when the first answer, and how long the next one takes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    chat = subprocess.Popen(
        [sys.executable, "-m", "eventqa", "chat", f"--port={port}", *places],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _is_there(port):
            time.sleep(0.01)
        page = time.perf_counter() - began
        _post(port, question)
        first = time.perf_counter() - began
        return page, first, _timed(lambda: _post(port, question))
    finally:
        chat.kill()
        chat.wait()


def _is_there(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10):
            return True
    except OSError:
        return False


def _post(port: int, question: str) -> None:
    data = json.dumps({"data": [question, 5, None, None, None, True, None]}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/gradio_api/run/ask", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        reply.read()


def ask(place: Place, questions: Sequence[str]) -> None:
    """Asks every question once as it is, and once with a clock at every stage."""
    with EventQA(*place, gaps=False) as asked:
        for question in questions[:20]:
            asked.ask(question)
        seconds = [_timed(lambda one=one: asked.ask(one)) for one in questions]
        p50, p95 = np.percentile(seconds, [50, 95]) * 1000
        print(f"ask, warm: p50 {p50:.1f} ms, p95 {p95:.1f} ms ({len(questions)} questions)")
        spent = _clocked()
        for question in questions:
            asked.ask(question)
    whole = sum(spent.values())
    for name, some in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {name}: {some / len(questions) * 1000:.1f} ms, {some / whole:.0%}")


def _clocked() -> dict[str, float]:
    """Puts a clock at every stage, for the rest of this process."""
    spent, inside = defaultdict[str, float](float), [0.0]

    def clock(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(*values: Any, **named: Any) -> Any:
            inside.append(0.0)
            began = time.perf_counter()
            try:
                return function(*values, **named)
            finally:
                took = time.perf_counter() - began
                spent[stage] += took - inside.pop()
                inside[-1] += took

        return clocked

    for stage, functions in _STAGES.items():
        for owner, name in functions:
            setattr(owner, name, clock(stage, getattr(owner, name)))
    return spent


def build(releases: Sequence[dict[str, Any]]) -> None:
    """Encodes releases with the encoder alone and builds them, in turns, each from nothing.

    The library has one product on all cores. What eventqa does, a text on one core and as many at
    once as there are, is the second measure, with nothing around it.
    """
    encoder = SentenceEncoder()
    model: Any = encoder.load()
    models = [copy.deepcopy(model) for _ in range(encoder.at_once)]
    shares: list[tuple[float, float]] = []
    for _ in range(_TIMES):
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder, "corpus"), Path(folder, "embeddings"))
            archive.write(place.corpus, releases)
            texts = _texts(place.corpus)
            library = _timed(lambda texts=texts: _encode(model, texts))
            apart = _timed(lambda texts=texts: _encode_apart(models, texts))
            with EventQA(*place, encoder=encoder, watch=False) as built:
                report = built.build()
        shares.append((library / report.seconds, apart / report.seconds))
        print(
            f"encoder alone {len(texts) / library:.0f} passages a second, a core each "
            f"{len(texts) / apart:.0f}, a build of {report.encoded} "
            f"{report.encoded / report.seconds:.0f}"
        )
    of_library, of_apart = np.median(shares, axis=0)
    print(
        f"a build is as quick as {of_library:.2f} of the encoder alone, {of_apart:.2f} of as many "
        "as there are cores"
    )


def _encode(model: Any, texts: Sequence[str]) -> None:
    model.encode_document(texts, batch_size=BATCH, show_progress_bar=False)


def _encode_apart(models: Sequence[Any], texts: Sequence[str]) -> None:
    texts = sorted(texts, key=len)

    def encode(number: int) -> None:
        torch.set_num_threads(1)
        _encode(models[number], texts[number :: len(models)])

    with ThreadPoolExecutor(len(models)) as pool:
        list(pool.map(encode, range(len(models))))


def _texts(corpus: Path) -> list[str]:
    """What is encoded of a corpus, once each."""
    read = Corpus(corpus)
    releases = (one for file in sorted(os.listdir(corpus)) for one in read.read(file)[0].releases)
    embedded = {
        (one := Embedded.of(passage)).key: f"{one.context}\n{one.text}"
        for release in releases
        for passage in release.passages
    }
    return list(embedded.values())


if __name__ == "__main__":
    main()
