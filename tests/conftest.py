"""What the tests share: a corpus in a temporary folder and an encoder of honest arithmetic."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from browse import OTHERS
from desk import DUSHANBE, FRESHNESS, GRADIO_LEAKS, Desk, free_port, shelf, sweep
from playwright.sync_api import Page, expect, sync_playwright

import eventqa.qa
from eventqa import EventQA
from eventqa.encoder import EncodedText, Tokens
from eventqa.types import Embedded

WORD = re.compile(r"\w+")


class WordLengths:
    """A vector counts a text's words by length, one place for each length up to 31.

    Anyone can work out its vectors by hand. It writes down what it was given to encode.
    """

    at_once = 1

    def __init__(self, key: str = "word-lengths/exact") -> None:
        self.key = key
        self.encoded: list[str] = []
        self.asked: list[str] = []

    def encode_query(self, text: str) -> EncodedText:
        self.asked.append(text)
        return EncodedText(vector_of(text)[None], self._tokens(text))

    def lengths(self, texts: Sequence[Embedded]) -> list[int]:
        return [len(one.context) + len(one.text) for one in texts]

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


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module", autouse=True)
def swept(request):
    """After all other fixtures of a module that serves a page are gone, so are Gradio's leaks."""
    yield
    if getattr(request.module, "pytestmark", None) is GRADIO_LEAKS:
        sweep()


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path and os.environ.get("EVENTQA_REQUIRE_BROWSER") == "1":
        pytest.fail(f"none of {', '.join(BROWSERS)} is installed")
    if not path:
        pytest.skip(f"needs one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    sweep()


@pytest.fixture
def visit(browser):
    """A function that opens a page; at the end nothing may have gone wrong in any of them."""
    contexts, noise = [], []

    def visit_one(url, width=1280, scheme="light", **more):
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, color_scheme=scheme, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda r: noise.append(r.url) if _foreign(r.url) else None)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("console", lambda m: noise.append(m.text) if m.type in _LOUD else None)
        page.goto(url)
        return page

    yield visit_one
    for context in contexts:
        context.close()
    assert noise == []


@pytest.fixture(scope="module")
def served():
    desk, port = Desk(), free_port()
    from eventqa import chat  # not above: some tests tell what is loaded without Gradio

    page = chat.launch(desk, port=port, block=False, tell=str)
    yield desk, f"http://127.0.0.1:{port}"
    page.close(verbose=False)
    sweep()


@pytest.fixture
def desk(served):
    desk = served[0]
    desk.known, desk.status, desk.progress, desk.problems = {}, None, None, ()
    desk.archive, desk.freshness = shelf(DUSHANBE, *OTHERS), FRESHNESS
    return desk


@pytest.fixture
def opened(visit, served, desk):
    """A function that opens the page and waits until all of it is there."""

    def open_page(width=1280, scheme="light", **more) -> Page:
        page = visit(served[1], width, scheme, **more)
        expect(page.locator("#desk .welcome")).to_be_visible()
        expect(page.locator("#asking button")).to_be_visible()
        expect(page.locator("#more button")).to_have_count(len(desk.suggested))
        expect(page.locator("#question input")).to_be_focused()
        return page

    return open_page


_LOUD = ("error", "warning")


def _foreign(url):
    return urlsplit(url).hostname not in ("127.0.0.1", None)
