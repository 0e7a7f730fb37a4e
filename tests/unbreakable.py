"""What the tests of mishaps share: a corpus, processes that can be killed, and what must hold."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import WordLengths
from states import content, until

from eventqa import EventQA, EventQAError
from eventqa.encoder import EncodedText
from eventqa.types import Embedded

TESTS = Path(__file__).parent
QUESTIONS = (
    "Who opened the bridge in Aldmar?",
    "How many ministers met in Vienna in 2019?",
    "What did the World Food Programme (WFP) deliver?",
    "Whom can I call about the harbour?",
    "Which hotel hosted the penguins?",
    "What was said of number 7 last week?",
)
MOST = 20
"""So many releases have no more passages than a question looks at. Of more, it depends on the order
in which they came into the store which of the equally near ones are looked at."""
PLACES = ("Aldmar", "Vienna", "Dushanbe", "Khujand")
THINGS = ("bridge", "harbour", "school", "ferry", "hospital", "railway")

# A message that helps names what is wrong and says what to do.
_STEPS = re.compile(
    r"build again|[Rr]emove (it|that|the)|Make (room|that)|[Cc]heck the|[Cc]alibrate again|"
    r"Update eventqa|Wait until|[Mm]ove it away"
)


def write(corpus: Path, number: int, state: str = "first") -> None:
    """Release `number` in one of its states; most have a date, some are copies or corrections."""
    place, thing = PLACES[number % 4], THINGS[number % 6]
    day = f"{number % 27 + 1} {'May' if number % 2 else 'March'} {2018 + number % 3}"
    paragraphs = [
        f"Minister number {number} opens the {thing} in {place} ({state})",
        f"{place}, {day} — The {thing} in {place} was opened by minister number {number}, who "
        f"thanked the {number + 3} people that had built it ({state}).",
        f"The World Food Programme (WFP) delivered {number * 7} tonnes to {place}, and {number} "
        f"ministers met there.",
        f"“It was a {state} step for {place}”, said minister number {number}. What comes next?",
        f"About the {thing}: call +99 {number % 3} or write to the ministry.",
    ]
    (corpus / f"{number}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")


def fill(corpus: Path, count: int) -> None:
    """So many releases as text, a page, lines of JSON, and a sidecar."""
    for number in range(count):
        write(corpus, number)
    page = "".join(
        f"<p>The page told of {thing} and railway at length, twice.</p>" for thing in PLACES
    )
    (corpus / "page.html").write_text(f"<title>A page</title><article>{page}</article>")
    rows = [{"text": f"Line {n} of the ministry.", "date": f"2020-01-0{n}"} for n in (1, 2, 3)]
    (corpus / "lines.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (corpus / "0.txt.yaml").write_text("body: Ministry of Bridges")


class Keyed(WordLengths):
    """Writes down what it was given by its key, for equal words may be of two releases."""

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        found = super().encode_documents(texts)
        self.encoded[-len(texts) :] = [one.key for one in texts]
        return found


def answers(corpus: Path, embeddings: Path, encoder: WordLengths | None = None) -> list[Any]:
    """All that a new start answers; only when it was built, and how often, may differ."""
    with EventQA(corpus, embeddings, encoder=encoder or WordLengths(), watch=False) as qa:
        return [_lasting(qa.ask(question, 10).to_dict()) for question in QUESTIONS]


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    fresh = answer["freshness"]
    return {**answer, "freshness": (fresh["releases"], fresh["passages"], fresh["newest"])}


def fresh(corpus: Path, place: Path) -> tuple[list[Any], dict[str, object]]:
    """What a build from nothing answers, and what its store has."""
    return answers(corpus, place), content(place)


def outcome(corpus: Path, embeddings: Path, wanted: list[Any]) -> str:
    """`same` when the next start answers like a fresh build, `told` when it says what is wrong.

    Anything else fails.
    """
    try:
        assert answers(corpus, embeddings) == wanted
        return "same"
    except EventQAError as error:
        assert str(embeddings) in str(error), error
        assert _STEPS.search(str(error)), error
        return "told"


def built_or_said(corpus: Path, embeddings: Path, encoder: WordLengths | None = None) -> str:
    """Builds, and returns what is wrong, if anything is."""
    try:
        with EventQA(corpus, embeddings, encoder=encoder or WordLengths(), watch=False) as qa:
            qa.build()
        return ""
    except EventQAError as error:
        return str(error)


def flipped(file: Path, chance: random.Random) -> int:
    """Changes one byte of a file, and tells which; -1 if it has none."""
    data = bytearray(file.read_bytes())
    if not data:
        return -1
    at = chance.randrange(len(data))
    data[at] ^= chance.randrange(1, 256)
    file.write_bytes(data)
    return at


# Builds in processes of their own. Forked from one that has imported everything, they begin at
# once, and a moment of one is a moment of the build.

_NURSERY = """
import json, os, sys, time, traceback
sys.path.insert(0, sys.argv[1])
import numpy, faiss, torch
import eventqa.readers, eventqa.apart, eventqa.webpage
from conftest import WordLengths
from eventqa import EventQA, build, editions, refresh
from eventqa.derived import Derived
from eventqa.store import Store

def watched(home, name, stage, log):
    real = getattr(home, name)
    def told(*args, **more):
        os.write(log, f"{stage} {time.monotonic()}\\n".encode())
        return real(*args, **more)
    setattr(home, name, told)

class Logged(WordLengths):
    at_once = 2

    def encode_documents(self, texts):
        os.write(self.log, f"encoded {' '.join(one.key for one in texts)}\\n".encode())
        time.sleep(self.pause)
        return super().encode_documents(texts)

def work(corpus, embeddings, log, pause):
    log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    encoder = Logged()
    encoder.log, encoder.pause = log, pause
    for home, name, stage in (
        (refresh, "building", "starting"), (build, "plan", "reading"),
        (build, "_encode", "encoding"), (build, "_write", "switching"),
        (editions, "settle", "families"), (Derived, "keep", "indexes"), (Store, "seal", "sealing"),
    ):
        watched(home, name, stage, log)
    os.write(log, f"starting {time.monotonic()}\\n".encode())
    with EventQA(corpus, embeddings, encoder=encoder, watch=False) as qa:
        qa.build()
    os.write(log, f"done {time.monotonic()}\\n".encode())

for line in sys.stdin:
    if pid := os.fork():
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)
        continue
    code = 1
    try:
        work(*json.loads(line))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
"""

STAGES = ("starting", "reading", "encoding", "switching", "families", "indexes", "sealing")


class Builder:
    """Builds again and again, each time in a new process that can be killed.

    Args:
        pause: seconds that each batch takes longer, for what would be over too soon.
        log: where to write down what it does, without a suffix; beside the store if not given.
    """

    def __init__(
        self, corpus: Path, embeddings: Path, pause: float = 0.0, log: Path | None = None
    ) -> None:
        self.log = (log or embeddings).with_suffix(".log")
        self.log.touch()
        self._order = json.dumps([str(corpus), str(embeddings), str(self.log), pause]) + "\n"
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", _NURSERY, str(TESTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read = 0
        self.lasted = dict.fromkeys(STAGES, 0.01)  # how long each stage took when last all was done

    def start(self) -> int:
        """Starts a build and returns its process id."""
        assert self._nursery.stdin and self._nursery.stdout
        self._read = self.log.stat().st_size
        self._nursery.stdin.write(self._order)
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def ended(self) -> int:
        """Waits for the end of the build, and returns its status: 0, or the signal's number."""
        assert self._nursery.stdout
        status = int(self._nursery.stdout.readline())
        moments = [line.split(" ", 1) for line in self._lines()]
        stages = [(name, float(at)) for name, at in moments if name != "encoded"]
        if status == 0:
            for (name, began), (_, ended) in zip(stages, stages[1:], strict=False):
                self.lasted[name] = ended - began
        return status

    def stage(self) -> str:
        """What the build that was started last is doing."""
        return next(
            (one.split()[0] for one in reversed(self._lines()) if one[:8] != "encoded "), ""
        )

    def encoded(self) -> list[str]:
        """The keys of all texts that were ever given to an encoder."""
        lines = self.log.read_text().splitlines()
        return [key for one in lines if one[:8] == "encoded " for key in one[8:].split()]

    def killed(self, stage: str, chance: random.Random) -> str | None:
        """Starts a build and kills it somewhere in a stage: where it was, None if it was done."""
        pid = self.start()
        place = STAGES.index(stage)
        until(lambda: self._is_from(place), 30)
        # By waiting so long as the stage lasts its end is met, too, and what comes behind it.
        time.sleep(chance.uniform(0, 1.1 * self.lasted[stage]))
        where = self.stage()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return where if self.ended() == signal.SIGKILL else None

    def close(self) -> None:
        self._nursery.communicate(timeout=30)

    def _is_from(self, place: int) -> bool:
        stage = self.stage()
        return stage == "done" or (stage in STAGES and STAGES.index(stage) >= place)

    def _lines(self) -> list[str]:
        with self.log.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        return data[: data.rfind(b"\n") + 1].decode().splitlines()


@contextmanager
def builder(
    corpus: Path, embeddings: Path, pause: float = 0.0, log: Path | None = None
) -> Iterator[Builder]:
    one = Builder(corpus, embeddings, pause, log)
    try:
        yield one
    finally:
        one.close()


# Disks.


@contextmanager
def mounted(*arguments: str, at: Path) -> Iterator[None]:
    """Something mounted on a folder. Skips the test where that is not allowed."""
    at.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(at)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)


def tell(what: str) -> None:
    """Figures for a person to read, where pytest shows them (`make torture`)."""
    print(f"\n  {what}", flush=True)  # noqa: T201
