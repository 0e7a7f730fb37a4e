"""A question set as an archive of press releases: a file for each, a folder for the store."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sets import STORES, Set

from eventqa.store import FILE

_UNFIT = re.compile(r"[^\w.-]")


class Place(NamedTuple):
    """The two folders of an archive."""

    corpus: Path
    embeddings: Path


def rows(folder: Path, one: Set) -> list[dict[str, Any]]:
    """The releases of a set as its file has them."""
    with (folder / one.name / one.corpus).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write(corpus: Path, releases: Iterable[dict[str, Any]]) -> None:
    """Writes each release into a file of its own, as a press office would do it."""
    corpus.mkdir(exist_ok=True)
    for row in releases:
        front = {key: row[key] for key in ("title", "date", "body", "url") if row.get(key)}
        name = _UNFIT.sub("_", str(row["id"]))
        (corpus / f"{name}.md").write_text(f"---\n{json.dumps(front)}\n---\n{row['text']}", "utf-8")


@contextmanager
def opened(folder: Path, one: Set) -> Generator[Place]:
    """An archive of a set in a folder of its own, with the vectors that the set's store has."""
    with tempfile.TemporaryDirectory() as place:
        there = Place(Path(place, "corpus"), Path(place, "embeddings"))
        write(there.corpus, rows(folder, one))
        kept = STORES / one.name / FILE
        if kept.exists():
            there.embeddings.mkdir()
            shutil.copyfile(kept, there.embeddings / FILE)
            with sqlite3.connect(there.embeddings / FILE) as store:  # it is of another corpus now
                store.execute("DELETE FROM meta WHERE name = 'corpus'")
            store.close()
        yield there
