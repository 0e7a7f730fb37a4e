"""What a question costs in an archive of a million passages.

    python benchmarks/million.py FOLDER [--set realtimeqa_2022] [--passages 1000000]

FOLDER holds the question sets. The archive is that of one over and over: each copy of a release is
a year older than the one before, its text the same, its vectors turned by chance until their cosine
with the real ones is .8. Told are the recall of the approximate index against the exact one, and
time and memory of a process that finds the store built. The store is kept in
`embeddings/bench/million` and takes 8 GB.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sets import SETS, STORES
from tqdm import tqdm

from eventqa import EventQA
from eventqa.derived import Derived
from eventqa.encoder import SentenceEncoder
from eventqa.index import FaissIndex
from eventqa.store import FILE, Store
from eventqa.view import View, content_of

STORE = STORES / "million"
_NOISE = 0.75  # of a vector's length: the cosine is then 1 / 1.25
_AT_ONCE = 5_000
_FOUND = 50  # whose share is told, of those that the exact index finds


def main() -> None:
    """Prints one figure a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", default="realtimeqa_2022", choices=[one.name for one in SETS])
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--recall", action="store_true", help="only compare the indexes")
    options = parser.parse_args()
    one = next(one for one in SETS if one.name == options.set)
    corpus = options.folder / one.name / one.corpus
    if not (STORE / FILE).exists():
        with EventQA(corpus, STORES / one.name, watch=False) as qa:
            qa.build()
        grow(STORES / one.name / FILE, STORE / FILE, options.passages)
        with EventQA(corpus, STORE, watch=False) as qa:
            qa.build()  # writes the indexes down
    asked = one.questions(options.folder)[: options.questions]
    questions = [question.question for question in asked]
    if options.recall:
        recall(questions)
    else:
        ask(corpus, questions)
        # In a process of its own, so that the memory told is that of asking.
        subprocess.run([sys.executable, *sys.argv, "--recall"], check=True)


def grow(source: Path, target: Path, passages: int) -> None:
    """Writes a store in which the releases of another one stand again, older by a year each time.

    They are as many as have at least so many passages.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with sqlite3.connect(source) as real:
        real.execute(f"VACUUM INTO '{partial}'")
    real.close()
    with sqlite3.connect(partial) as store:
        (there,) = store.execute("SELECT count(*) FROM passage").fetchone()
        for years in tqdm(range(1, -(-passages // there)), desc="copies"):
            _copy_texts(store, years)
            _copy_vectors(store, years)
            _vouch(store, years)
            store.commit()
        store.execute("DELETE FROM meta WHERE name = 'index'")
        store.execute(
            "UPDATE meta SET value = json_set(value, '$.passages', (SELECT count(*) FROM passage), "
            "'$.releases', (SELECT count(*) FROM release)) WHERE name = 'freshness'"
        )
    store.close()
    partial.rename(target)


def _copy_texts(store: sqlite3.Connection, years: int) -> None:
    changed = {
        "release": {
            "id": "id || '~' || :years",
            "family": "id || '~' || :years",
            "date": "date(date, '-' || :years || ' years')",
            "url": "NULL",
            "superseded": "NULL",
        },
        "passage": {
            "release": "release || '~' || :years",
            "embedded": "embedded || '~' || :years",
            "said": "said + :years",
            "repeated": "1",
        },
        "acronym": {"release": "release || '~' || :years"},
    }
    for table, others in changed.items():
        columns: list[str] = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
        values = ", ".join([others.get(column, column) for column in columns])
        key = "id" if table == "release" else "release"
        store.execute(
            f"INSERT INTO {table} SELECT {values} FROM {table} WHERE instr({key}, '~') = 0",
            {"years": years},
        )


def _vouch(store: sqlite3.Connection, years: int) -> None:
    """Notes the hashes of what the copies are, so that they can be read."""
    view = View(store)
    dates = store.execute(
        "SELECT id, date FROM release WHERE id LIKE '%~' || :years", {"years": years}
    ).fetchall()
    for id, date in dates:
        real = view.release(id.rpartition("~")[0])
        if real is None:
            raise RuntimeError(f"{id!r} is the copy of nothing")
        copy = replace(real, date=date and dt.date.fromisoformat(date), url=None)
        store.execute("UPDATE release SET content = ? WHERE id = ?", (content_of(copy), id))


def _copy_vectors(store: sqlite3.Connection, years: int) -> None:
    random = np.random.default_rng(years)
    columns = [row[1] for row in store.execute("PRAGMA table_info(vector)")][1:]
    (last,) = store.execute("SELECT max(id) FROM vector WHERE instr(embedded, '~') = 0").fetchone()
    for first in range(0, last + 1, _AT_ONCE):
        rows = store.execute(
            f"SELECT {', '.join(columns)} FROM vector "
            "WHERE id BETWEEN ? AND ? AND instr(embedded, '~') = 0",
            (first, first + _AT_ONCE - 1),
        ).fetchall()
        copies: list[tuple[Any, ...]] = []
        for row in rows:
            values = dict(zip(columns, row, strict=True))
            values["embedded"] += f"~{years}"
            values["rows"] = _turned(values["rows"], values["windows"], random)
            values["checked"] = None
            copies.append(tuple(values.values()))
        marks = ", ".join("?" * len(columns))
        store.executemany(f"INSERT INTO vector ({', '.join(columns)}) VALUES ({marks})", copies)


def _turned(data: bytes, windows: int, random: np.random.Generator) -> bytes:
    rows = np.frombuffer(data, "<f4").reshape(windows, -1)
    noise = random.standard_normal(rows.shape, np.float32)
    rows = rows + _NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4").tobytes()


def ask(corpus: Path, questions: Sequence[str]) -> None:
    """Asks every question once, after a few others."""
    waited = [0.0]
    with EventQA(corpus, STORE, watch=False, gaps=False) as qa:
        began = time.perf_counter()
        qa.ask(questions[0])
        print(f"first question after {time.perf_counter() - began:.1f} s; {qa.freshness}")
        while any(thread.name == "eventqa-sketch" for thread in threading.enumerate()):
            began = time.perf_counter()
            qa.ask(questions[1])
            waited.append(time.perf_counter() - began)
        print(
            f"while the sketch was made: {len(waited)} questions, the slowest {max(waited):.2f} s"
        )
        seconds = list(_timed(qa, questions))
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    print(f"ask: p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(questions)} questions)")
    print(f"memory: {resident():.0f} MiB now, {_peak():.0f} MiB at most")


def _timed(qa: EventQA, questions: Sequence[str]) -> Iterator[float]:
    for question in questions:
        began = time.perf_counter()
        qa.ask(question)
        yield time.perf_counter() - began


def resident() -> float:
    """The memory of this process that is in use now, in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def recall(questions: Sequence[str]) -> None:
    """Compares what is found by the sketch with what is found without."""
    encoder = SentenceEncoder()
    vectors = [encoder.encode_query(question).rows[0] for question in questions]
    derived = Derived(Store(STORE))
    with derived.snapshot() as (_, indexes):
        derived.close()  # makes no sketch of its own
        if indexes is None:
            raise SystemExit("the store is empty")
        exact = indexes.nearest
    sketched = exact.sketched(lambda: False)
    found = np.mean([_shared(exact, sketched, vector) for vector in vectors])
    print(f"recall@{_FOUND} of the sketch against the exact index: {found:.4f}")
    for name, each in {"exact": exact, "sketch": sketched}.items():
        began = time.perf_counter()
        for vector in vectors:
            each.search(vector, _FOUND)
        print(f"{name}: {(time.perf_counter() - began) / len(vectors) * 1000:.1f} ms a question")


def _shared(exact: FaissIndex, other: FaissIndex, vector: NDArray[np.float32]) -> float:
    right, found = (set(each.search(vector, _FOUND)[0].tolist()) for each in (exact, other))
    return len(right & found) / len(right)


if __name__ == "__main__":
    main()
