"""A build that is killed at any point goes on where it stopped."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import WordLengths
from states import content, until

from eventqa import EventQA

# Encodes slowly, and writes down what it encoded, a line a batch, before the build can keep it.
CHILD = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from conftest import WordLengths
from eventqa import EventQA

class Slow(WordLengths):
    def encode_documents(self, texts):
        with open(sys.argv[4], "a") as log:
            log.write(json.dumps([one.text for one in texts]) + "\\n")
            log.flush()
            os.fsync(log.fileno())
        time.sleep(0.02)
        return super().encode_documents(texts)

with EventQA(sys.argv[2], sys.argv[3], encoder=Slow(), watch=False) as qa:
    qa.build()
"""


class Child:
    """A build in another process, and what it wrote down."""

    def __init__(self, corpus: Path, embeddings: Path) -> None:
        self.log = embeddings.with_suffix(".log")
        self.log.touch()
        tests = str(Path(__file__).parent)
        self.arguments = [
            *(sys.executable, "-c", CHILD, tests),
            *map(str, (corpus, embeddings, self.log)),
        ]

    def start(self) -> subprocess.Popen:
        return subprocess.Popen(self.arguments)

    def batches(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def fill(corpus: Path, release: int, state: str) -> None:
    """A release of 12 paragraphs, of which the last is the same in all of them."""
    paragraphs = [f"{state} paragraph {n} of release {release}." for n in range(11)]
    text = "\n\n".join([*paragraphs, "About the organisation."])
    (corpus / f"{release}.txt").write_text(f"A title\n\n{text}")


@pytest.fixture
def child(corpus, tmp_path) -> Child:
    for release in range(70):
        fill(corpus, release, "first")
    return Child(corpus, tmp_path / "embeddings")


def test_a_build_killed_again_and_again_ends_like_one_left_alone(corpus, tmp_path, child):
    chance = random.Random(4)
    kills, finished = 0, 0
    ends_of_kills: list[int] = []
    for state in ("first", "second"):
        for release in range(0, 70, 2 if state == "second" else 1):
            fill(corpus, release, state)
        # Most kills fall into the encoding; a build that comes through to the switch over, or to
        # the index behind it, is killed there too.
        for attempt in range(8):
            before = len(child.batches())
            process = child.start()
            if attempt < 6:
                until(lambda before=before, process=process: _moved(child, before, process))
                time.sleep(chance.uniform(0, 0.08))
            else:
                ends = len(_needed(state, child))
                until(lambda process=process, ends=ends: _all_encoded(child, ends, process))
                time.sleep(chance.uniform(0, 0.15))
            process.kill()
            kills += process.wait() == -9
            finished += process.returncode == 0
            ends_of_kills.append(len(child.batches()))
            with EventQA(corpus, tmp_path / "embeddings", encoder=WordLengths()) as qa:
                assert qa.freshness.releases in (0, 70)  # never half of a state
        process = child.start()
        assert process.wait(60) == 0
    assert kills >= 12

    with EventQA(corpus, tmp_path / "alone", encoder=WordLengths(), watch=False) as alone:
        alone.build()
    assert content(tmp_path / "embeddings") == content(tmp_path / "alone")

    # Only the batch in flight at a kill is ever encoded again.
    batches = child.batches()
    in_flight = {text for end in ends_of_kills if end for text in batches[end - 1]}
    twice = {text for text, times in Counter(sum(batches, [])).items() if times > 1}
    assert twice <= in_flight
    assert sum(map(len, batches)) <= len(set(sum(batches, []))) + 32 * kills


def _moved(child: Child, before: int, process: subprocess.Popen) -> bool:
    return len(child.batches()) > before or process.poll() is not None


def _needed(state: str, child: Child) -> set[str]:
    releases = range(0, 70, 2 if state == "second" else 1)
    texts = {f"{state} paragraph {n} of release {r}." for r in releases for n in range(11)}
    return texts | {text for batch in child.batches() for text in batch if state not in text}


def _all_encoded(child: Child, ends: int, process: subprocess.Popen) -> bool:
    done = {text for batch in child.batches() for text in batch}
    return len(done) >= ends or process.poll() is not None


@pytest.mark.parametrize("moment", ["encoded", "switched", "index written"])
def test_a_build_killed_around_the_switch_over_is_whole(corpus, tmp_path, moment):
    """Killed just after the last batch, just after the commit, and before the index is noted."""
    code = {
        "encoded": "build._write = lambda *a: os.kill(os.getpid(), 9)",
        "switched": "Derived.keep = lambda self: os.kill(os.getpid(), 9)",
        "index written": "FaissIndex.save = lambda self, folder: "
        "(open(folder / 'index.faiss', 'wb').write(b'half'), os.kill(os.getpid(), 9))",
    }[moment]
    head = (
        "import os\nfrom eventqa import build\nfrom eventqa.derived import Derived\n"
        f"from eventqa.index import FaissIndex\n{code}\n"
    )
    child = Child(corpus, tmp_path / "embeddings")
    for release in range(3):
        fill(corpus, release, "first")
    assert child.start().wait(60) == 0
    fill(corpus, 1, "second")
    killed = [*child.arguments]
    killed[2] = head + CHILD
    assert subprocess.run(killed).returncode == -9
    encoder = WordLengths()
    with EventQA(corpus, tmp_path / "embeddings", encoder=encoder, watch=False) as qa:
        assert qa.freshness.generation == (1 if moment == "encoded" else 2)
        report = qa.build()
        answer = qa.ask("second paragraph 3 of release 1.")
        assert answer.hits[0].passage.text.startswith("second paragraph")
    assert (encoder.encoded, report.encoded, report.generation) == ([], 0, 2)
    with EventQA(corpus, tmp_path / "alone", encoder=WordLengths(), watch=False) as alone:
        alone.build()
    assert content(tmp_path / "embeddings") == content(tmp_path / "alone")
