"""The page in a real browser: what a person sees, hears and can reach with the keyboard."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from desk import (
    FRESHNESS,
    GRADIO_LEAKS,
    Desk,
    answered,
    free_port,
    hit,
    refused,
    release,
    source,
    sweep,
)
from playwright.sync_api import Page, expect, sync_playwright

from eventqa import chat, words
from eventqa.types import EventQAError, Period, Problem

pytestmark = GRADIO_LEAKS

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
HOSTED = "Who hosted the conference in Dushanbe?"
TRICKY = (
    "\nline one\n\tindented   and spaced \n<script>window.hacked = 1</script>"
    "<img src=x onerror='window.hacked = 1'> $$x^2$$ **bold** {{value}} ${value} `a`",
    "שלום לכולם. The English follows.",
    "x" * 400 + " https://example.org/" + "y" * 400,
    "abc\u202egnp.exe",
)


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


@pytest.fixture(scope="module")
def served():
    desk, port = Desk(), free_port()
    page = chat.launch(desk, port=port, block=False, tell=str)
    yield desk, f"http://127.0.0.1:{port}"
    page.close(verbose=False)
    sweep()


@pytest.fixture
def desk(served):
    desk = served[0]
    desk.known, desk.status, desk.problems = {}, None, ()
    return desk


@pytest.fixture
def opened(browser, served, desk):
    """A function that opens the page; at the end nothing may have gone wrong in it."""
    contexts, noise = [], []

    def open_page(width=1280, scheme="light", **more) -> Page:
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, color_scheme=scheme, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda r: noise.append(r.url) if _foreign(r.url) else None)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("console", lambda m: noise.append(m.text) if m.type in _LOUD else None)
        page.goto(served[1])
        expect(page.locator("#desk .welcome")).to_be_visible()
        expect(page.locator("#asking button")).to_be_visible()
        expect(page.locator("#examples button")).to_have_count(len(words.EXAMPLES))
        expect(page.locator("#question input")).to_be_focused()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert noise == []


_LOUD = ("error", "warning")


def _foreign(url):
    return urlsplit(url).hostname not in ("127.0.0.1", None)


def ask(page, question):
    box = page.locator("#question input")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("#desk h2")).to_have_text(question)


def test_enter_asks_and_the_answer_stands_below_the_question(opened):
    page = opened()
    ask(page, HOSTED)
    expect(page.locator("#desk .number")).to_have_text(["[1]", "[2]"])
    expect(page.locator("#desk mark")).to_have_text(
        "The conference was hosted by the Government of the Republic of Tajikistan."
    )
    expect(page.locator("#desk h2")).to_be_in_viewport()
    expect(page.locator("#desk .drawn")).to_contain_text(str(FRESHNESS))
    expect(page.locator("#question input")).to_have_value("")
    expect(page.locator("#question input")).to_be_focused()


def test_the_button_asks_too(opened):
    page = opened()
    page.locator("#question input").fill(HOSTED)
    page.get_by_role("button", name=words.ASK, exact=True).click()
    expect(page.locator("#desk .passage")).to_have_count(2)


def test_an_example_asks_its_own_text(opened):
    page = opened()
    page.get_by_role("button", name=words.EXAMPLES[0]).click()
    expect(page.locator("#desk h2")).to_have_text(words.EXAMPLES[0])
    expect(page.locator("#examples")).to_have_count(0)
    expect(page.locator("#desk")).to_be_focused()
    assert page.evaluate("scrollY") == 0


def test_time_counts_unless_the_visitor_takes_the_tick_away(opened, desk):
    page = opened()
    desk.times.clear()
    box = page.get_by_label(words.TIME)
    expect(box).to_be_checked()
    ask(page, "Who hosted it in May?")
    box.uncheck()
    ask(page, "Who hosted it in June?")
    assert desk.times == [True, False]


def test_the_time_that_was_asked_for_stands_above_the_answer(opened, desk):
    may = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "in <b>May</b>")
    desk.known["When?"] = replace(answered("When?", source()), period=may)
    page = opened()
    ask(page, "When?")
    expect(page.locator("#desk .period")).to_have_text("Time asked for: May 2018 “in <b>May</b>”")


def test_the_keyboard_alone_is_enough(opened):
    page = opened()
    stops = []
    for _ in range(2 + len(words.EXAMPLES)):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", stops
    assert stops == [words.ASK, words.TIME, *words.EXAMPLES]
    page.keyboard.press("Enter")
    expect(page.locator("#desk h2")).to_have_text(words.EXAMPLES[-1])


def test_a_refusal_says_why_and_keeps_the_nearest_folded(opened):
    page = opened()
    ask(page, "What is the capital of France?")
    expect(page.locator("#desk .verdict")).to_have_text(words.NO_ANSWER)
    expect(page.locator("#desk .reason")).to_contain_text("No passage is about this.")
    expect(page.locator("#desk .passage")).to_be_hidden()
    page.locator("#desk summary").click()
    expect(page.locator("#desk .passage .number")).to_have_text("nearest")


def test_an_error_is_shown_and_the_question_kept(opened, desk):
    desk.known["<b>?"] = EventQAError("<b>There is no word in it.</b>")
    page = opened()
    ask(page, "<b>?")
    expect(page.locator("#desk .reason")).to_have_text("<b>There is no word in it.</b>")
    expect(page.locator("#question input")).to_have_value("<b>?")


def test_the_outcome_is_announced_once_politely(opened):
    page = opened()
    region = page.locator("#said [aria-live=polite]")
    expect(region).to_have_count(1)
    expect(region).to_have_text("")
    ask(page, HOSTED)
    expect(region).to_have_text("2 passages, the likeliest answer first.")
    ask(page, "What is the capital of France?")
    expect(region).to_contain_text("No answer. No passage is about this.")


def test_earlier_questions_stay_folded_below_newest_first(opened):
    page = opened()
    for question in (HOSTED, "Second, hosted?", "What is the capital of France?"):
        ask(page, question)
    past = page.locator("#earlier summary bdi")
    expect(past).to_have_text(["Second, hosted?", HOSTED])
    expect(page.locator("#earlier blockquote").first).to_be_hidden()
    past.first.click()
    expect(page.locator("#earlier blockquote").first).to_be_visible()


def test_every_character_of_a_passage_is_shown_and_none_is_run(opened, desk):
    tricky = release(*TRICKY, title=TRICKY[0], body=TRICKY[0], place=TRICKY[3], url="javascript:1")
    question = "<img src=x onerror='window.hacked = 1'>"
    desk.known[question] = answered(question, *(hit(passage) for passage in tricky.passages))
    desk.problems = (Problem(TRICKY[0], None, TRICKY[0], lost=True),)
    desk.known["next"] = EventQAError("Nothing.")
    page = opened(width=390)
    ask(page, question)
    ask(page, "next")
    page.locator("#earlier summary").first.click()
    quotes = page.locator("#earlier blockquote")
    assert quotes.evaluate_all("all => all.map(one => one.textContent)") == list(TRICKY)
    assert quotes.nth(1).evaluate("quote => getComputedStyle(quote).direction") == "rtl"
    assert quotes.first.evaluate("quote => getComputedStyle(quote).whiteSpace") == "pre-wrap"
    assert page.locator("a, form, #desk img, #earlier img, #state img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_script_that_got_in_would_not_run(opened, browser, served):
    page = browser.new_page()  # without the noise check: refusing it is an error in the console
    page.goto(served[1])
    expect(page.locator("#desk .welcome")).to_be_visible()
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=hacked=1>')")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    page.close()


def test_the_state_of_the_corpus_follows_a_build(opened, desk):
    desk.status = "Reading the corpus: 3 of 11 paragraphs"
    page = opened()
    expect(page.locator("#state .status")).to_have_text(desk.status)
    desk.status = None
    desk.problems = (Problem("a.txt", None, "is not UTF-8. Save it as UTF-8.", lost=True),)
    expect(page.locator("#state .status")).to_have_text("")
    expect(page.locator("#state summary")).to_have_text("1 file could not be read")
    page.locator("#state summary").click()
    expect(page.locator("#state li")).to_have_text("a.txt: is not UTF-8. Save it as UTF-8.")
    expect(page.locator("#state .freshness")).to_have_text(str(FRESHNESS))


def test_an_idle_page_is_left_alone(opened):
    page = opened()
    page.wait_for_timeout(700)
    page.evaluate(
        "window.changes = 0; new MutationObserver(all => changes += all.length).observe("
        "document, {subtree: true, childList: true, attributes: true, characterData: true})"
    )
    page.wait_for_timeout(4500)  # two looks at the state
    assert page.evaluate("changes") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 2560])
def test_the_page_fits_and_reads_well(opened, desk, width, scheme):
    tricky = release(*TRICKY, title="T" * 300, url="https://example.org/" + "z" * 300)
    desk.known["tricky"] = answered("tricky", *(hit(p, p.text[:3]) for p in tricky.passages))
    desk.known["no"] = refused("no", "Because " + "w" * 300, hit(tricky.passages[0]))
    desk.problems = (Problem("p" * 200, None, "x", lost=True),)
    desk.status = "Reading"
    page = opened(width, scheme)
    expect(page.locator("#state summary")).to_be_visible()
    page.wait_for_timeout(400)  # past the fade of the buttons
    flaws = page.evaluate(_FLAWS)
    ask(page, "tricky")
    flaws += page.evaluate(_FLAWS)
    ask(page, "no")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    flaws += page.evaluate(_FLAWS)
    assert flaws == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_jumps_while_a_question_is_answered(opened):
    page = opened(390)
    place = "document.querySelector('#question input').getBoundingClientRect().top"
    page.wait_for_timeout(500)
    before = page.evaluate(place)
    for question in (HOSTED, "What is the capital of France?", HOSTED):
        ask(page, question)
        assert page.evaluate(place) == before and page.evaluate("scrollY") == 0


def test_gradios_footer_is_hidden(opened):
    page = opened()
    assert page.locator("footer").count() == 0 or page.locator("footer").is_hidden()
    assert not re.search("gradio|use via api|settings", page.locator("body").inner_text(), re.I)


# Text below 14 px, or with less contrast than WCAG 2.2 AA asks (4.5, large text 3), as lines.
_FLAWS = """() => {
    const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const parse = color => color.match(/[\\d.]+/g).map(Number);
    const back = e => {
        for (; e; e = e.parentElement) {
            const color = parse(getComputedStyle(e).backgroundColor);
            if (color.length < 4 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const flaws = [];
    for (const e of document.querySelectorAll("gradio-app *")) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!(own || e.matches("input")) || !e.checkVisibility()) continue;
        const style = getComputedStyle(e), size = parseFloat(style.fontSize);
        const pair = [light(parse(style.color)), light(back(e))].sort((a, b) => b - a);
        const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
        const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
        if (size < 14 || contrast < needed)
            flaws.push(`${e.tagName}.${e.className} ${size}px ${contrast.toFixed(2)}`);
    }
    return flaws;
}"""
