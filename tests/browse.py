"""What the tests do on the page, as a person would."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from desk import DUSHANBE
from playwright.sync_api import expect

HOSTED = "Who hosted the conference in Dushanbe?"
OTHERS = (
    replace(DUSHANBE, id="vote", title="Café vote", place="Geneva", date=dt.date(2018, 7, 1)),
    replace(DUSHANBE, id="note", title="Undated note", place=None, body=None, date=None, url=None),
)
SENTENCE = "The conference was hosted by the Government of the Republic of Tajikistan."


def ask(page, question):
    box = page.locator("#question input")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("#desk h2")).to_have_text(question)


def archive(page):
    page.get_by_role("tab", name="Archive").click()
    expect(page.locator("#listing")).to_be_visible()
    return page.locator("#listing tbody tr .opener")
