"""What the tests of the state side share: slow encoders, waiting, and what a store holds."""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from conftest import WordLengths

from eventqa import EventQA, spoken
from eventqa.build import _kept
from eventqa.editions import around, settle
from eventqa.encoder import EncodedText
from eventqa.store import Store
from eventqa.types import Embedded, Release


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Waits for what another thread or process brings about."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError(f"it did not happen within {seconds} s")


DAMAGES = ("flipped", "cut", "empty", "missing", "a folder")


def broken(file: Path, damage: str) -> None:
    """Does one of `DAMAGES` to a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink()
    if damage == "a folder":
        file.mkdir()
    elif damage != "missing":
        file.write_bytes({"flipped": data, "cut": data[:-1], "empty": b""}[damage])


class Held(WordLengths):
    """Encodes documents only while its gate is open."""

    def __init__(self, key: str = "word-lengths/exact") -> None:
        super().__init__(key)
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        self.waiting.set()
        assert self.gate.wait(30), "the test forgot the gate"
        return super().encode_documents(texts)


class Broken(WordLengths):
    """Fails to encode documents while told to."""

    broken = False

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        if self.broken:
            raise OSError(5, "the model's disk is on fire")
        return super().encode_documents(texts)


def put(
    store: Store, *releases: Release, drop: Sequence[str] = (), encoder: WordLengths | None = None
) -> None:
    """Makes a generation with some releases in the place of those of the same ids."""
    encoder = encoder or WordLengths()
    with store.write() as writer:
        gone = [*drop, *(release.id for release in releases)]
        bereft = around(writer, gone)
        writer.drop_releases(gone)
        texts: dict[str, Embedded] = {}
        for release in releases:
            writer.put_release(release)
            texts |= {one.key: one for one in map(Embedded.of, release.passages)}
        settle(writer, bereft)
        spoken.find(writer)
        new = sorted(writer.unencoded(encoder.key, texts))
        encoded = encoder.encode_documents([texts[key] for key in new])
        kept = [(key, _kept(one)) for key, one in zip(new, encoded, strict=True)]
        writer.put_vectors(encoder.key, kept)
        writer.finish(encoder.key, new_generation=True)


def found(qa: EventQA, question: str, k: int = 5, **when) -> list[tuple[str, int, float, str]]:
    """What a question gets, answered or not: release id, paragraph, score and text."""
    answer = qa.ask(question, k, **when)
    return [
        (hit.passage.release.id, hit.passage.number, hit.score, hit.passage.text)
        for hit in answer.hits or answer.nearest
    ]


def texts(qa: EventQA, question: str, k: int = 50) -> list[str]:
    return [text for *_, text in found(qa, question, k)]


def content(folder: Path) -> dict[str, object]:
    """Everything a store says of its corpus, in a form that does not depend on its history."""
    with closing(Store(folder)) as store, store.read() as view:
        keys = dict(view._db.execute("SELECT id, embedded FROM vector").fetchall())
        kept = view.encoded(view.vector_ids())
        return {
            "releases": {
                one.id: (one.path, one.line, one.content, view.release(one.id))
                for one in view.releases()
            },
            "passages": set(
                view._db.execute(
                    "SELECT release, number, start, end, words, embedded, said, notice, repeated, "
                    "spoken FROM passage"
                )
            ),
            "vectors": sorted(
                (keys[id], one.rows.tobytes(), one.codes.tobytes(), one.spans.tobytes())
                for id, one in kept.items()
            ),
            "acronyms": view.definitions(),
            "kept vectors": view._db.execute("SELECT count(*) FROM vector").fetchone()[0],
            "files": {path: state.sha256 for path, state in view.files().items()},
            "problems": view.problems(),
        }
