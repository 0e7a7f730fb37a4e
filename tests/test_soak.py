"""Questions and changes for long at the same time: the end is that of a fresh build."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
import pytest
from conftest import WordLengths
from desk import free_port
from states import until
from unbreakable import MOST, PLACES, QUESTIONS, answers, fill, tell, write

from eventqa import EventQA
from eventqa.store import Store

Ask = Callable[[str], dict[str, Any]]
MANY = [*QUESTIONS, *(f"What did minister number {n} open in {PLACES[n % 4]}?" for n in range(24))]


class Editors:
    """Changes a corpus again and again, and asks for what it has just taken away."""

    def __init__(self, corpus: Path, ask: Ask, count: int) -> None:
        self._corpus, self._ask, self._count = corpus, ask, count
        self._chance = random.Random(7)
        self.done = Counter[str]()

    def change(self) -> None:
        number = self._chance.randrange(self._count)
        state = f"state {self.done.total()}"
        file = self._corpus / f"{number}.txt"
        what = self._chance.choice(("written", "written", "deleted", "renamed"))
        if what == "written" or not file.exists():
            what = "edited" if file.exists() else "added"
            write(self._corpus, number, state)
            self._shows(number, state, True)
        elif what == "deleted":
            told = file.read_text(encoding="utf-8").partition("(")[2].partition(")")[0]
            file.unlink()
            self._shows(number, told, False)
        else:
            file.rename(self._corpus / f"{number + self._count}.txt")
        self.done[what] += 1

    def _shows(self, number: int, state: str, wanted: bool) -> None:
        """The very next answer has what was written, and not what was deleted."""
        answer = self._ask(f"What was a {state} step, said minister number {number}?")
        hits = answer["hits"] or answer["nearest"]
        shown = [hit for hit in hits if hit["release"]["id"] == f"{number}.txt"]
        if wanted:
            assert all(f"({state})" in hit["release"]["title"] for hit in shown), shown
        else:
            assert shown == []


def soaked(
    corpus: Path, ask: Ask, count: int, seconds: float, pause: float
) -> tuple[Counter[str], int]:
    """Questions of two and the changes of one, for so long: what was changed and how much asked.

    Args:
        count: of so many releases; twice as many when all have been renamed once.
    """
    stop, editors = threading.Event(), Editors(corpus, ask, count)

    def asking(first: int) -> int:
        count = 0
        while not stop.wait(pause / 5):
            answer = ask(MANY[(first + count) % len(MANY)])
            assert answer["answered"] or answer["reason"]
            count += 1
        return count

    def changing() -> None:
        while not stop.wait(pause):
            editors.change()

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(asking, 0), pool.submit(asking, 11), pool.submit(changing)]
        until_then = time.monotonic() + seconds
        while time.monotonic() < until_then and not any(one.done() for one in work):
            stop.wait(0.2)
        stop.set()
        asked = [one.result(60) for one in work[:2]]
        work[2].result(60)
    return editors.done, sum(asked)


def test_after_many_questions_and_changes_the_answers_are_those_of_a_fresh_build(corpus, tmp_path):
    fill(corpus, MOST // 2)
    with EventQA(corpus, tmp_path / "embeddings", encoder=WordLengths()) as qa:
        changes, asked = soaked(corpus, lambda one: qa.ask(one).to_dict(), MOST // 2, 8, 0.05)
        assert changes.total() > 10 and asked > 10
        until(lambda: qa.status is None)
        until(lambda: answers(corpus, tmp_path / "embeddings") == answers(corpus, tmp_path / "new"))
        seen = [qa.ask(one, 10).to_dict() for one in QUESTIONS]
    fresh = answers(corpus, tmp_path / "new")
    assert [one["hits"] for one in seen] == [one["hits"] for one in fresh]
    assert [one["reason"] for one in seen] == [one["reason"] for one in fresh]


@contextmanager
def chatting(corpus: Path, embeddings: Path) -> Iterator[tuple[int, Ask]]:
    """The chat in a process of its own, with the real model: its id, and how to ask it."""
    port = free_port()
    command = [sys.executable, "-m", "eventqa", "chat", "--port", port]
    command += ["--corpus", corpus, "--embeddings", embeddings]
    environment = {**os.environ, "EVENTQA_GAPS": "off"}
    # The server closes a connection that was idle for 5 s; one that is sent on just then is reset.
    limits = httpx.Limits(keepalive_expiry=1)
    web = httpx.Client(verify=False, timeout=60, limits=limits)  # nothing is encrypted here

    def ask(question: str) -> dict[str, Any]:
        reply = web.post(
            f"http://127.0.0.1:{port}/gradio_api/run/ask",
            json={"data": [question, 10, None, None, None, True, None]},
        )
        assert reply.status_code == 200, reply.text
        return reply.json()["data"][0]

    with subprocess.Popen(map(str, command), stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout and process.stdout.readline().startswith(b"eventqa is at")
            yield process.pid, ask
        finally:
            process.kill()
            web.close()


class Watched:
    """What a process holds, looked at every few seconds until it is stopped."""

    def __init__(self, pid: int) -> None:
        self._pid, self._stop = pid, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seen: list[tuple[float, int, int]] = []  # MiB, threads, open files
        self._thread.start()

    def stop(self) -> list[tuple[float, int, int]]:
        self._stop.set()
        self._thread.join()
        return self.seen

    def _run(self) -> None:
        status = Path(f"/proc/{self._pid}/status")
        while not self._stop.wait(2):
            values = dict(line.split(":", 1) for line in status.read_text().splitlines())
            memory = int(values["VmRSS"].split()[0]) / 1024
            files = len(os.listdir(f"/proc/{self._pid}/fd"))
            self.seen.append((memory, int(values["Threads"]), files))


@pytest.mark.torture
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to look at memory")
def test_a_chat_in_long_use_stays_as_small_as_it_was_and_ends_as_a_fresh_build(corpus, tmp_path):
    minutes = float(os.environ.get("EVENTQA_SOAK_MINUTES", "30"))
    fill(corpus, 60)
    with chatting(corpus, tmp_path / "embeddings") as (pid, ask):
        until(lambda: ask(QUESTIONS[0])["freshness"]["releases"] == 64, 120)
        watched = Watched(pid)
        try:
            changes, asked = soaked(corpus, ask, 60, 60 * minutes, 1.0)
        finally:
            seen = watched.stop()
        # No question waits for a build for longer than two seconds: on a busy machine the last
        # change, after which every word weighs a little differently, may not be in its answer.
        until(lambda: _is_settled(ask))
        given = [ask(one) for one in MANY]
        # In bfloat16 the last digits of a vector depend on what it was encoded together with, and
        # so does which of many passages with the same words stands for the others.
        alike = _with_vectors_of(tmp_path / "embeddings", tmp_path / "alike")
        with EventQA(corpus, alike, gaps=False, watch=False) as qa:
            assert qa.build().encoded == 0
            wanted = [qa.ask(one, 10).to_dict() for one in MANY]
        with EventQA(corpus, tmp_path / "fresh", gaps=False, watch=False) as qa:
            qa.build()
            anew = [qa.ask(one, 10).to_dict() for one in MANY]
    assert list(map(_whenever, given)) == list(map(_whenever, wanted))
    for answer, one in zip(given, anew, strict=True):
        assert (answer["answered"], answer["reason"]) == (one["answered"], one["reason"])
        assert _best(answer) == pytest.approx(_best(one), abs=0.05)
    kept, fresh = (_vectors(tmp_path / name) for name in ("embeddings", "fresh"))
    assert kept.keys() == fresh.keys()
    assert min(float(kept[key] @ fresh[key]) for key in kept) > 0.999
    third = len(seen) // 3
    early, late = (
        [median(c) for c in zip(*part, strict=True)]
        for part in (seen[third : 2 * third], seen[-third:])
    )
    tell(
        f"soak of {minutes:g} minutes: {asked:,} questions, {dict(changes)}; the same {len(MANY)} "
        f"answers as a fresh build; memory {early[0]:.0f}, then {late[0]:.0f} MiB (highest "
        f"{max(one[0] for one in seen):.0f}), threads {early[1]:.0f}, {late[1]:.0f}, open files "
        f"{early[2]:.0f}, {late[2]:.0f} (medians of the second and last third)"
    )
    assert late[0] < 1.1 * early[0]
    assert late[1] <= early[1] + 5
    assert late[2] <= early[2] + 10


def _is_settled(ask: Ask) -> bool:
    before = ask(MANY[0])["freshness"]
    time.sleep(3)
    return ask(MANY[0])["freshness"] == before


def _whenever(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, but for when the store was built, and how often."""
    kept = {
        name: one
        for name, one in answer["freshness"].items()
        if name not in {"built_at", "generation"}
    }
    return answer | {"freshness": kept}


def _best(answer: dict[str, Any]) -> float:
    return max((hit["score"] for hit in answer["hits"] or answer["nearest"]), default=0.0)


def _with_vectors_of(other: Path, folder: Path) -> Path:
    """A new store that has the vectors of another, and nothing else."""
    with Store(other).read() as view:
        rows = view.query("SELECT model, embedded, windows, rows, codes, spans FROM vector")
    with Store(folder).write() as writer:
        writer.put_rows(rows)
    return folder


def _vectors(folder: Path) -> dict[str, np.ndarray]:
    """The first window's vector of each text that is searched, by its key."""
    with Store(folder).read() as view:
        rows = view.query(
            "SELECT embedded, rows FROM vector WHERE embedded IN (SELECT embedded FROM passage)"
        )
    return {key: np.frombuffer(row, "<f4")[:384] for key, row in rows}
