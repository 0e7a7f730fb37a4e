"""One step of the comparison, in the environment of one system: what `compare.py` starts.

    python measure.py with_haystack ask --index FOLDER --passages FILE --questions FILE --out FILE

Every system is measured by these same lines.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peer import Passage, Peer, Question, model_folder, read

DEEP = 10
"""How many passages are asked for."""

EDITS = 5
_WARM_UP = 5
_WATCHED = 20  # passages of a release that nobody touches
_PATIENCE = 120  # seconds until a changed release has to be found


def main() -> None:
    """Writes what one step measured, as JSON."""
    began = time.perf_counter()
    options = _options()
    module: Any = importlib.import_module(options.adapter)
    peer: Peer = module.Adapter(options.index, model_folder())
    passages = read(Passage, options.passages) if options.step in ("build", "update") else []
    if options.step == "build":
        peer.build(passages)
        measured: object = {"seconds": time.perf_counter() - began, "passages": len(passages)}
    elif options.step == "update":
        measured = update(peer, passages)
    elif options.step == "ask":
        measured = ask(peer, read(Question, options.questions))
    else:
        peer.open()
        measured = asdict(peer.ask(read(Question, options.questions)[0], DEEP))
    options.out.write_text(json.dumps(measured), encoding="utf-8")


def ask(peer: Peer, questions: Sequence[Question]) -> dict[str, Any]:
    """What every question finds, how long each takes, and the most memory that is held."""
    peer.open()
    for question in questions[:_WARM_UP]:
        peer.ask(question, DEEP)
    answers: list[dict[str, Any]] = []
    for question in questions:
        began = time.perf_counter()
        found = peer.ask(question, DEEP)
        answers.append({**asdict(found), "milliseconds": (time.perf_counter() - began) * 1000})
    return {
        "version": importlib.metadata.version(peer.package),
        "precision": peer.precision,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 2**20,
        "answers": answers,
    }


def update(peer: Peer, passages: Sequence[Passage], edits: int = EDITS) -> dict[str, Any]:
    """How long it takes until a paragraph added to a release is found, and what that breaks.

    `lost` counts passages of a release left alone, of those read last, that were the first to be
    found by their own words before the edits and are no longer.
    """
    peer.open()
    releases: dict[str, list[Passage]] = {}
    for passage in passages:
        releases.setdefault(passage.release, []).append(passage)
    *others, last = releases.values()
    watched = [one for one in last if len(one.text.split()) > 5][-_WATCHED:]
    before = [_is_first(peer, one) for one in watched]
    seconds = [_edited(peer, others[len(others) * at // edits], at) for at in range(edits)]
    after = [_is_first(peer, one) for one in watched]
    lost = sum(was and not still for was, still in zip(before, after, strict=True))
    return {"seconds": seconds, "watched": sum(before), "lost": lost}


def _edited(peer: Peer, before: Sequence[Passage], number: int) -> float:
    words = f"The penguin parade number {number} was opened in Longyearbyen by Ms. Halvorsen."
    of = before[0]
    new = Passage(f"{of.release}#{len(before) + 1}", of.release, of.title, of.date, words)
    began = time.perf_counter()
    peer.replace(before, [*before, new])
    while new.id not in peer.ask(Question(words), DEEP).ids:
        if time.perf_counter() - began > _PATIENCE:
            raise TimeoutError(f"{new.id!r} is not found {_PATIENCE} seconds after it was added")
    return time.perf_counter() - began


def _is_first(peer: Peer, passage: Passage) -> bool:
    question = Question(f"{passage.title}: {passage.text}"[:500])
    return list(peer.ask(question, DEEP).ids[:1]) == [passage.id]


_UNIT = 1 if sys.platform == "darwin" else 1024
"""What the system counts memory in, in bytes."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("adapter")
    parser.add_argument("step", choices=["build", "ask", "update", "cold"])
    for name in ("--index", "--passages", "--questions", "--out"):
        parser.add_argument(name, type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
