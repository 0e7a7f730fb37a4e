"""What an open page survives: a restart, slow answers, half-typed days, other colours."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from browse import HOSTED, OTHERS, SENTENCE, archive, ask
from desk import DUSHANBE, GRADIO_LEAKS, Desk, answered, free_port, hit, release, shelf
from playwright.sync_api import expect

from eventqa import chat, words
from eventqa.types import EventQAError

pytestmark = GRADIO_LEAKS
PICTURES = Path(__file__).parent / "pictures"


def test_text_typed_while_a_question_is_answered_stays_and_can_be_asked_at_once(opened, desk):
    gate = desk.hold["slow hosted"] = threading.Event()
    page = opened()
    box = page.locator("#question input")
    box.press_sequentially("slow hosted")
    box.press("Enter")
    box.press_sequentially("quick hosted")
    expect(page.locator("#said .said")).to_have_text(words.LOOKING)
    expect(box).to_have_value("quick hosted")
    box.press("Enter")
    expect(page.locator("#desk h2")).to_have_text("quick hosted")
    box.press_sequentially("half a th")
    desk.hold.pop("slow hosted")
    gate.set()
    expect(page.locator("#earlier summary bdi")).to_have_text(["slow hosted"])
    expect(page.locator("#desk h2")).to_have_text("quick hosted")
    expect(box).to_have_value("half a th")


def test_no_letter_that_is_typed_right_after_enter_is_lost_or_asked(opened, desk):
    page = opened()
    desk.asked.clear()
    page.locator("#question input").focus()
    for number in range(5):
        page.keyboard.type(f"first hosted {number}")
        page.keyboard.press("Enter")
        page.keyboard.type(f"second hosted {number}", delay=number * 10)
        expect(page.locator("#desk h2")).to_have_text(f"first hosted {number}")
        expect(page.locator("#question input")).to_have_value(f"second hosted {number}")
        page.locator("#question input").fill("")
    assert desk.asked == [f"first hosted {number}" for number in range(5)]


@pytest.mark.parametrize("keys", ["Shift+Enter", "Control+Enter", "Enter"])
def test_each_question_is_asked_as_it_was_typed_whatever_key_is_held(opened, desk, keys):
    page = opened()
    desk.asked.clear()
    for question in ("hosted one", "hosted two"):
        page.locator("#question input").fill(question)
        page.keyboard.press(keys)
        expect(page.locator("#desk h2")).to_have_text(question)
    assert desk.asked == ["hosted one", "hosted two"]


def test_whoever_presses_twice_asks_once_and_is_not_blamed(opened, desk):
    page = opened()
    desk.asked.clear()
    box = page.locator("#question input")
    box.fill("hosted one")
    page.get_by_role("button", name="Ask", exact=True).dblclick()
    expect(page.locator("#desk h2")).to_have_text("hosted one")
    box.fill("hosted two")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#desk h2")).to_have_text("hosted two")
    page.get_by_role("button", name=desk.suggested[0]).dblclick()
    expect(page.locator("#desk h2")).to_have_text(desk.suggested[0])
    page.locator("#desk .time summary").click()
    page.get_by_label(words.FROM, exact=True).first.fill("2018-05-04")
    page.get_by_role("button", name=words.CHANGE_TIME).dblclick()
    expect(page.locator("#said .said")).to_contain_text("2 passages")
    page.wait_for_timeout(300)
    expect(page.locator("#said .said")).to_contain_text("2 passages")
    asked = ["hosted one", "hosted two", desk.suggested[0], desk.suggested[0]]
    assert desk.asked == asked  # the last one for another time


def test_a_question_for_which_there_is_no_room_is_given_back(browser, desk, served):
    page = browser.new_page()  # without the noise check: that it is refused is an error there
    page.set_default_timeout(10_000)
    page.goto(served[1])
    expect(page.locator("#more button").first).to_be_visible()
    desk.asked.clear()
    gate = desk.hold["flood hosted"] = threading.Event()
    typed = {"do": "ask", "typed": True, "question": "flood hosted"}
    body = {"data": [None], "fn_index": 0, "event_data": typed}
    try:
        for number in range(72):
            httpx.post(
                f"{served[1]}/gradio_api/queue/join", json={**body, "session_hash": f"{number}"}
            )
        box = page.locator("#question input")
        box.fill(HOSTED)
        box.press("Enter")
        expect(page.locator("#said .said")).to_have_text(words.NOT_SENT)
        expect(box).to_have_value(HOSTED)
        # Everything else goes on.
        titles = archive(page)
        desk.archive = shelf(DUSHANBE)
        desk.freshness = replace(desk.freshness, generation=desk.freshness.generation + 1)
        expect(titles).to_have_text([DUSHANBE.title])
        titles.first.click()
        expect(page.locator("#source h2")).to_have_text(DUSHANBE.title)
    finally:
        del desk.hold["flood hosted"]
        gate.set()
    page.get_by_role("tab", name="Ask").click()
    ask(page, HOSTED)
    assert desk.asked.count(HOSTED) == 1  # once, also after the tab was left
    page.close()


def test_eight_open_pages_all_answer(opened):
    first = opened()
    pages = [first, *(first.context.new_page() for _ in range(7))]
    for page in pages[1:]:
        page.goto(first.url)
    for page in pages:
        ask(page, HOSTED)
        expect(page.locator("#desk .lead mark")).to_have_text(SENTENCE)


def test_a_page_that_is_loaded_again_has_the_conversation_and_what_was_being_typed(
    browser, served, desk
):
    context = browser.new_context()  # without the noise check: what was under way is broken off
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(served[1])
    expect(page.locator("#more button").first).to_be_visible()
    ask(page, "First, hosted?")
    ask(page, HOSTED)
    page.get_by_role("button", name="[2]").click()
    page.locator("#question input").press_sequentially("half a th")
    page.reload()
    expect(page.locator("#desk h2")).to_have_text(HOSTED)
    expect(page.locator("#earlier summary bdi")).to_have_text(["First, hosted?"])
    expect(page.locator("#source .turner span")).to_have_text("Source 2 of 2")
    expect(page.locator("#question input")).to_have_value("half a th")
    page.locator("#earlier summary").first.click()
    page.locator("#earlier").get_by_role("button", name="[1]").click()
    expect(page.locator("#source .turner span")).to_have_text("Source 1 of 2")
    stranger = browser.new_page()
    stranger.goto(page.url)
    expect(stranger.locator("#desk .welcome")).to_be_visible()
    stranger.close()
    context.close()


def test_a_lost_connection_costs_no_conversation(browser, served, desk):
    context = browser.new_context()  # without the noise check: a lost connection is an error there
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(served[1])
    expect(page.locator("#more button").first).to_be_visible()
    ask(page, HOSTED)
    page.locator("#question input").press_sequentially("half a th")
    with page.expect_navigation(timeout=30_000):  # Gradio loads the page again
        context.set_offline(True)
        page.wait_for_timeout(3000)
        context.set_offline(False)
    expect(page.locator("#desk h2")).to_have_text(HOSTED)
    expect(page.locator("#question input")).to_have_value("half a th")
    context.close()


def test_a_question_that_failed_is_not_put_over_what_is_being_typed(opened, desk):
    gate = desk.hold["bad"] = threading.Event()
    desk.known["bad"] = EventQAError("Bad.")
    page = opened()
    box = page.locator("#question input")
    box.fill("bad")
    box.press("Enter")
    expect(page.locator("#said .said")).to_have_text(words.LOOKING)
    box.press_sequentially("better")
    desk.hold.pop("bad")
    gate.set()
    expect(page.locator("#desk .reason")).to_have_text("Bad.")
    expect(box).to_have_value("better")


def test_a_question_that_fails_again_is_given_back_again(opened, desk):
    desk.known["bad"] = EventQAError("Bad.")
    page = opened()
    box = page.locator("#question input")
    box.fill("bad")
    for count in (1, 2):
        box.press("Enter")
        expect(page.locator("#desk article")).to_have_attribute("data-turn", f"{count}")
        expect(box).to_have_value("bad")


def test_half_a_character_is_no_end_of_the_page(opened):
    page = opened()
    box = page.locator("#question input")
    box.evaluate("e => { e.value = 'hosted \\ud800'; e.dispatchEvent(new Event('input')) }")
    box.press("Enter")
    expect(page.locator("#desk h2")).to_have_text("hosted ?")
    ask(page, HOSTED)


def test_a_page_that_was_open_while_the_server_started_anew_works_again(browser):
    port = free_port()
    first = chat.launch(Desk(), port=port, block=False, tell=str)
    page = browser.new_page()  # without the noise check: a lost connection is an error there
    page.set_default_timeout(20_000)
    page.goto(f"http://127.0.0.1:{port}")
    expect(page.locator("#more button").first).to_be_visible()
    first.close(verbose=False)
    expect(page.get_by_text("Connection to the server was lost")).to_be_visible(timeout=20_000)
    second = chat.launch(Desk(), port=port, block=False, tell=str)
    try:
        expect(page.get_by_text("Connection to the server was lost")).to_be_hidden(timeout=30_000)
        ask(page, HOSTED)
        expect(page.locator("#desk .lead mark")).to_have_text(SENTENCE)
    finally:
        page.close()
        second.close(verbose=False)


def test_days_in_the_wrong_order_or_half_typed_keep_the_answer_and_its_chip(opened, desk):
    page = opened()
    desk.times.clear()
    ask(page, HOSTED)
    page.locator("#desk .time summary").click()
    first, last = (page.get_by_label(name, exact=True).first for name in (words.FROM, words.TO))
    first.fill("2018-05-06")
    last.fill("2018-05-01")
    last.press("Enter")
    expect(page.locator("#said")).to_contain_text("time begins on 2018-05-06, after 2018-05-01")
    last.fill("")
    last.press_sequentially("05")  # the rest of the day is not typed
    last.press("Enter")
    page.wait_for_timeout(500)
    assert desk.times == [True]
    expect(page.locator("#desk .lead mark")).to_have_text(SENTENCE)
    expect(first).to_have_value("2018-05-06")


def test_a_button_pressed_twice_has_its_name_again(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    ask(page, HOSTED)
    button = page.locator("#desk .lead [data-copy]").first
    button.click()
    expect(button).to_have_text(words.COPIED)
    page.wait_for_timeout(400)
    button.click()
    expect(button).to_have_text(words.COPY_SENTENCE)


def test_a_button_that_has_become_another_one_has_its_name(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    ask(page, HOSTED)
    page.locator("#desk .lead [data-copy]").first.click()
    ask(page, "Who hosted it again?")
    names = [words.COPY_SENTENCE, words.COPY_PARAGRAPH, words.COPY_LINK]
    page.wait_for_timeout(1800)
    expect(page.locator("#desk .lead [data-copy]")).to_have_text(names)


def test_a_day_that_was_not_sent_is_not_meant_for_the_next_question(opened):
    page = opened()
    ask(page, HOSTED)
    page.locator("#desk .time summary").click()
    first = page.get_by_label(words.FROM, exact=True).first
    first.fill("2018-05-04")
    ask(page, "Who hosted it again?")
    expect(first).to_have_value("")


def test_the_focus_stays_with_somebody_who_types_when_an_answer_comes(opened, desk):
    gate = desk.hold[desk.suggested[0]] = threading.Event()
    page = opened()
    page.get_by_role("button", name=desk.suggested[0]).click()
    box = page.locator("#question input")
    box.click()
    page.keyboard.type("who ")
    desk.hold.pop(desk.suggested[0])
    gate.set()
    expect(page.locator("#desk h2")).to_have_text(desk.suggested[0])
    page.keyboard.type("was there")
    expect(box).to_have_value("who was there")


def test_the_focus_is_not_lost_with_a_release_that_has_gone(opened, desk):
    page = opened()
    archive(page).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#source h2")).to_be_focused()
    page.get_by_role("button", name=words.CLOSE).focus()
    desk.archive = shelf(DUSHANBE)
    desk.freshness = replace(desk.freshness, generation=desk.freshness.generation + 1)
    expect(page.locator("#source .hint")).to_have_text(words.SOURCE_GONE)
    expect(page.locator("#source .hint")).to_be_focused()


def test_the_focus_is_not_lost_where_what_had_it_is_shown_anew(opened, desk):
    more = (replace(DUSHANBE, id=f"{n}", title=f"{n}") for n in range(50))
    desk.archive = shelf(DUSHANBE, *OTHERS, *more)
    page = opened()
    titles = archive(page)
    page.get_by_role("button", name="July 2018: 1 release").focus()
    page.keyboard.press("Enter")
    expect(titles).to_have_text(["Café vote"])
    focused = page.locator(":focus")
    expect(focused).to_have_text("1 July 2018: 1 release")
    page.get_by_role("button", name="Title", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Title")
    expect(focused).to_have_text("Title")
    page.get_by_role("button", name=words.CLEAR).click()
    expect(titles).to_have_count(50)
    page.get_by_role("button", name=words.NEXT_PAGE).focus()
    page.keyboard.press("Enter")
    expect(focused).to_have_text("51 to 53 of 53 releases")  # the button can be pressed no more


def test_marks_and_bars_are_seen_in_the_systems_own_colours(opened):
    page = opened(forced_colors="active")
    ask(page, HOSTED)
    back = "e => getComputedStyle(e).backgroundColor"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.locator("#desk mark.best").evaluate(back) != paper
    assert (
        page.locator("#source .cited").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    )
    archive(page)
    assert page.locator(".bars button:enabled .bar").first.evaluate(back) != paper
    page.screenshot(path=PICTURES / "forced-colors.png")


def test_the_focus_stays_where_the_older_way_of_copying_was_pressed(opened):
    page = opened(permissions=["clipboard-read"])
    page.evaluate("() => { Clipboard.prototype.writeText = () => Promise.reject() }")
    ask(page, HOSTED)
    button = page.locator("#desk .lead [data-copy]").first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#heard")).to_have_text(words.COPIED)
    expect(button).to_be_focused()


def test_a_search_that_is_being_typed_keeps_the_focus_when_the_archive_changes(opened, desk):
    page = opened()
    archive(page)
    search = page.get_by_label(words.SEARCH)
    search.press_sequentially("vote")
    expect(page.locator("#listing tbody tr")).to_have_count(1)
    desk.archive = shelf(DUSHANBE, *OTHERS, replace(DUSHANBE, id="new", place="Rome"))
    desk.freshness = replace(desk.freshness, generation=desk.freshness.generation + 1)
    expect(page.get_by_label(words.PLACE, exact=True).locator("option")).to_contain_text(
        [words.ALL_PLACES, "Dushanbe", "Geneva", "Rome"]
    )
    expect(search).to_be_focused()
    expect(search).to_have_value("vote")


def test_an_open_source_says_so_when_its_release_has_left_the_archive(opened, desk):
    page = opened()
    ask(page, HOSTED)
    expect(page.locator("#source .notice")).to_have_count(0)
    desk.archive = shelf(*OTHERS)
    desk.freshness = replace(desk.freshness, generation=desk.freshness.generation + 1)
    expect(page.locator("#source .notice")).to_have_text(words.GONE_SINCE)
    expect(page.locator("#source .cited")).to_have_text(DUSHANBE.passages[0].text)


def test_all_of_a_release_of_a_million_characters_can_be_read(opened, desk):
    long = replace(release(*(f"{n} " + "x" * 1000 for n in range(1000))), id="long", title="Long")
    desk.archive = shelf(DUSHANBE, long)
    desk.known["long?"] = answered("long?", hit(long.passages[500]))
    page = opened()
    ask(page, "long?")
    published = page.locator("#source .published")
    expect(page.locator("#source .notice")).to_contain_text(words.SHORTENED)
    page.get_by_role("button", name=words.OPEN_ALL).click()
    expect(page.locator("#source .notice")).to_have_count(0)
    assert published.evaluate("e => e.textContent") == long.text.removesuffix("\n\n")


def test_while_the_corpus_is_read_for_the_first_time_the_archive_says_so(opened, desk):
    desk.archive = shelf()
    desk.freshness = replace(desk.freshness, releases=0, generation=0)
    page = opened()
    page.get_by_role("tab", name="Archive").click()
    expect(page.locator("#listing")).to_have_text(words.UNREAD)
