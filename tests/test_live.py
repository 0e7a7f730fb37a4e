"""The page over a real corpus with the real model, while its files change and are hostile."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk import GRADIO_LEAKS, free_port, sweep
from gradio_client import Client
from playwright.sync_api import expect

from eventqa import EventQA, chat, words

pytestmark = GRADIO_LEAKS

QUESTION = "Who hosted the conference in Dushanbe?"
RELEASE = """Conference on countering terrorism in Dushanbe

Dushanbe, 5 May 2018 — The conference in Dushanbe was hosted by the Government of {host}.

More than 40 countries attended the conference.
"""
POISON = """<script>window.hacked = 1</script> Poisoned release <img src=x onerror="hacked=1">

Rome, 6 May 2018 — The poisoned ministers met in Rome. <script>window.hacked = 1</script> {{x}} ${x}
<iframe src="https://evil.example/frame"></iframe> <form action="https://evil.example"><input></form>

The poisoned picture ![x](https://evil.example/x.png) <img src="https://evil.example/x.png">
and a [link](javascript:hacked=1) were shown, $$x^2$$ and $\\frac{1}{2}$ and
<style>* {display: none}</style>.

The poisoned names were \u202eEMAN\u202c and zero\u200bwidth and __i18n__{"__type__":
"translation_metadata", "key": "ask"} in the text.
"""
FRONT_MATTER = """---
url: javascript:hacked=1
body: <b onmouseover="hacked=1">Body</b>
place: "'\\"><svg onload=hacked=1>"
---
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live") / "corpus"
    folder.mkdir()
    write(folder, host="Tajikistan")
    (folder / "poison.txt").write_text(POISON, encoding="utf-8")
    (folder / "poison.md").write_text(FRONT_MATTER + POISON, encoding="utf-8")
    line = "The endless line was read aloud by ministers. " * 4400
    (folder / "line.txt").write_text(f"The endless line\n\n{line[:200_000]}\n", encoding="utf-8")
    (folder / "broken.txt").write_bytes(b"\x00\x01\x02")
    return folder


@pytest.fixture(scope="module")
def url(corpus):
    with EventQA(corpus, corpus.parent / "embeddings", gaps=False) as qa:
        port = free_port()
        page = chat.launch(qa, port=port, block=False, tell=str)
        yield f"http://127.0.0.1:{port}"
        page.close(verbose=False)
    sweep()


@pytest.fixture
def page(visit, url):
    page = visit(url)
    expect(page.locator("#desk .welcome")).to_be_visible()
    return page


def write(folder, host, name="dushanbe.txt"):
    (folder / name).write_text(RELEASE.format(host=host), encoding="utf-8")


def ask(page, question):
    box = page.locator("#question input")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("#desk h2")).to_have_text(question, timeout=60_000)
    expect(page.locator("#said p")).not_to_have_text(words.LOOKING)


def test_the_right_sentence_is_marked_and_found_in_the_release(page):
    ask(page, QUESTION)
    sentence = "Dushanbe, 5 May 2018 — The conference in Dushanbe was hosted by the Government of "
    expect(page.locator("#desk .lead mark")).to_have_text(f"{sentence}Tajikistan.")
    expect(page.locator("#source .cited mark")).to_have_text(f"{sentence}Tajikistan.")
    expect(page.locator("#desk .sureness")).to_be_visible()


def test_questions_are_suggested_and_each_of_them_is_answered(page):
    suggested = page.locator("#more button")
    expect(suggested.first).to_be_visible(timeout=30_000)
    question = suggested.first.inner_text()
    suggested.first.click()
    expect(page.locator("#desk h2")).to_have_text(question)
    expect(page.locator("#desk .lead")).to_be_visible()


def test_a_release_that_is_edited_is_answered_from_its_new_text_within_three_seconds(page, corpus):
    ask(page, QUESTION)
    try:
        write(corpus, host="Ruritania")
        began = time.monotonic()
        ask(page, QUESTION)
        took = time.monotonic() - began
        expect(page.locator("#desk .lead mark")).to_contain_text("Government of Ruritania.")
        assert took < 3
        page.locator("#earlier summary").first.click()
        page.locator("#earlier").get_by_role("button", name=words.OPEN).first.click()
        expect(page.locator("#source .notice")).to_have_text(words.CHANGED_SINCE)
        expect(page.locator("#source .cited")).to_contain_text("Government of Tajikistan.")
    finally:
        write(corpus, host="Tajikistan")


def test_what_is_deleted_is_gone(page, corpus):
    write(corpus, "Atlantis", name="gone.txt")
    try:
        ask(page, "Did the Government of Atlantis host the conference?")
        expect(page.locator("#desk .lead mark")).to_contain_text("Atlantis")
    finally:
        (corpus / "gone.txt").unlink()
    ask(page, "Did the Government of Atlantis host it?")
    expect(page.locator("#desk")).not_to_contain_text("of Atlantis.")
    page.locator("#earlier summary").first.click()
    page.locator("#earlier").get_by_role("button", name=words.OPEN).first.click()
    expect(page.locator("#source .notice")).to_have_text(words.GONE_SINCE)


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("Where did the poisoned ministers meet?", "<script>window.hacked = 1</script> {{x}} ${x}"),
        ("Which poisoned picture was shown?", "$$x^2$$ and $\\frac{1}{2}$ and\n<style>*"),
        ("What were the poisoned names?", '\u202eEMAN\u202c and zero\u200bwidth and __i18n__{"__t'),
    ],
)
def test_a_poisoned_release_is_shown_as_the_text_it_is(page, question, held):
    ask(page, question)
    lead = page.locator("#desk .lead blockquote")
    assert held in lead.evaluate("e => e.textContent")
    assert held in page.locator("#source .published").evaluate("e => e.textContent")
    page.get_by_role("tab", name="Archive").click()
    expect(page.locator("#listing tbody tr")).to_have_count(4)
    for opener in page.locator("#listing tbody .opener").all():
        opener.click()
        expect(page.locator("#source .published")).to_be_visible()
    for part in ("#desk", "#source", "#listing", "#filters"):
        assert page.locator(f"{part} {_ACTIVE}").count() == 0, part
    assert page.locator("#room a:not([href^=http])").count() == 0
    assert page.evaluate("window.hacked") is None  # and `visit` sees that nothing was asked for


_ACTIVE = ":is(iframe, form, img, script, style, svg, video, object)"


def test_a_paragraph_of_two_hundred_thousand_characters_can_be_read(page):
    ask(page, "Who read the endless line aloud?")
    quote = page.locator("#desk .lead blockquote")
    assert len(quote.evaluate("e => e.textContent")) > 190_000
    assert quote.bounding_box()["height"] < 600
    expect(page.locator("#desk .lead mark").first).to_be_in_viewport()


# The first call of the page, which is its loading, is sent when the test says so.
SLOW_LOAD = """
const sent = window.fetch;
let joined = 0;
const held = new Promise((send) => (window.load = send));
window.fetch = async (...call) => {
    if (String(call[0]).includes("/queue/join") && joined++ === 0) await held;
    return sent(...call);
};
"""


def test_who_asks_before_the_page_is_loaded_keeps_the_answer_and_its_source(page, visit, url):
    ask(page, QUESTION)  # now the model is in
    page = visit("about:blank")
    page.add_init_script(SLOW_LOAD)
    page.goto(url)
    ask(page, QUESTION)
    expect(page.locator("#source .published")).to_be_visible()
    page.evaluate("window.load()")
    page.get_by_role("tab", name="Archive").click()
    expect(page.locator("#listing tbody tr")).to_have_count(4)  # it is loaded, and what follows
    expect(page.locator("#source .published")).to_be_visible()
    page.get_by_role("tab", name="Ask").click()
    expect(page.locator("#desk h2")).to_have_text(QUESTION)


def test_what_cannot_be_read_is_named_in_the_archive(page):
    page.get_by_role("tab", name="Archive").click()
    page.locator("#holdings .problems summary").click()
    expect(page.locator("#holdings .problems li")).to_contain_text(["broken.txt: "])


def test_twenty_programs_ask_at_once_and_each_gets_its_own_answer(url):
    client = Client(url, verbose=False)
    questions = [QUESTION, "How many countries attended the conference?"] * 10

    def first(question):
        return client.predict(question, api_name="/ask")["hits"][0]["text"]

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(first, questions))
    assert ["hosted by" in one for one in found] == [True, False] * 10
    assert ["40 countries" in one for one in found] == [False, True] * 10
