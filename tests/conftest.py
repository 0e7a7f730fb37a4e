"""What the tests share: a corpus in a temporary folder and an encoder of honest arithmetic."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import eventqa.qa
from eventqa import EventQA
from eventqa.encoder import EncodedText, Tokens
from eventqa.types import Embedded

WORD = re.compile(r"\w+")


class WordLengths:
    """A vector counts a text's words by length, one place for each length up to 31.

    Anyone can work out its vectors by hand. It writes down what it was given to encode.
    """

    def __init__(self, key: str = "word-lengths/exact") -> None:
        self.key = key
        self.encoded: list[str] = []
        self.asked: list[str] = []

    def encode_query(self, text: str) -> EncodedText:
        self.asked.append(text)
        return EncodedText(vector_of(text)[None], self._tokens(text))

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        self.encoded += [one.text for one in texts]
        return [EncodedText(vector_of(one.text)[None], self._tokens(one.text)) for one in texts]

    def _tokens(self, text: str) -> Tokens:
        found = list(WORD.finditer(text))
        rows = np.array([vector_of(match[0]) for match in found], np.float32).reshape(-1, 32)
        return Tokens(rows, np.array([match.span() for match in found], np.int64).reshape(-1, 2))


def vector_of(text: str) -> np.ndarray:
    vector = np.zeros(32, np.float32)
    for word in WORD.findall(text):
        vector[min(len(word), 31)] += 1
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


@pytest.fixture
def encoder() -> WordLengths:
    return WordLengths()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


@pytest.fixture
def open_qa(corpus: Path, tmp_path: Path, encoder: WordLengths):
    """Opens an EventQA on the temporary corpus; all of them are closed after the test."""
    opened: list[EventQA] = []

    def open_one(**options) -> EventQA:
        options = {"encoder": encoder, "watch": False} | options
        qa = EventQA(corpus, tmp_path / "embeddings", **options)
        opened.append(qa)
        return qa

    yield open_one
    for qa in opened:
        qa.close()


@pytest.fixture(scope="module")
def default_qas():
    """Closes, after a module's tests, what the module-level `ask` opened."""
    yield
    while eventqa.qa._defaults:
        eventqa.qa._defaults.popitem()[1].close()
