"""Takes the README's pictures of the page, anew and the same way each time.

    make screenshots

Needs Chromium. The page is served over the corpus that lies beside it, from a store of its own.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from eventqa import EventQA
from eventqa.chat import launch

HERE = Path(__file__).parent
PORT = 7877
QUESTION = "Who hosted the conference in Dushanbe?"


def main() -> None:
    """Writes `answer.png` and `phone.png` beside this file."""
    with tempfile.TemporaryDirectory() as store, EventQA(HERE.parent / "corpus", store) as qa:
        qa.build()
        page = launch(qa, port=PORT, block=False, tell=lambda _: None)
        with sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            take(browser, "answer.png", 1280, 960, "light")
            take(browser, "phone.png", 390, 844, "dark")
            browser.close()
        page.close(verbose=False)


def take(browser: Browser, name: str, width: int, height: int, scheme: str) -> None:
    """One picture of the answer, as large as the window."""
    light = "light" if scheme == "light" else "dark"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=light)
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{PORT}")
    expect(tab.locator("#desk .welcome")).to_be_visible(timeout=60_000)
    box = tab.locator("#question input")
    box.fill(QUESTION)
    box.press("Enter")
    expect(tab.locator("#more button").nth(3)).to_be_visible(timeout=60_000)
    tab.screenshot(path=HERE / name)
    context.close()


if __name__ == "__main__":
    main()
