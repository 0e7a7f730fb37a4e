"""What the page shows, and what its server lets through."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import gradio as gr
import httpx
import pytest
from desk import (
    DUSHANBE,
    FRESHNESS,
    GRADIO_LEAKS,
    HOSTED,
    Desk,
    answered,
    free_port,
    hit,
    refused,
    release,
    source,
    sweep,
)
from hypothesis import given
from hypothesis import strategies as st

from eventqa import chat, render, words
from eventqa.render import Turn, pieces, web_address
from eventqa.types import EventQAError, InvalidInput, Period, Problem

pytestmark = GRADIO_LEAKS
WEB = httpx.Client(verify=False)  # nothing is encrypted here, so no certificates need be read

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</blockquote><form action=//evil.example><input name=q></form>",
    '"><a href="javascript:alert(1)">x</a>',
    "' onmouseover='alert(1)",
    "$$x^2$$ **bold** [a](http://evil.example) `code` <!-- c -->",
    "{{ 7 * 7 }} ${7*7} {% raw %}",
    "abc\u202egnp.exe",
)


def shown(answer, question="Who?"):
    return render.desk((Turn(question, answer),))


# --- rendering ---------------------------------------------------------------------------------


MAY = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "in May of that year")


@pytest.mark.parametrize("answer", [answered("Who?", source()), refused("Who?", "Why.", source())])
def test_the_time_that_was_asked_for_is_shown_with_the_words_it_was_read_from(answer):
    html = shown(replace(answer, period=MAY))
    assert "Time asked for: <strong>May 2018</strong>" in html
    assert "“in May of that year”" in html
    assert "Time asked for" not in shown(answer)


def test_passages_are_numbered_in_order_with_their_citations():
    html = shown(answered("Who?", source(), hit(DUSHANBE.passages[1])))
    first, second = html.index("[1]"), html.index("[2]")
    assert first < html.index("The conference was hosted") < second < html.index("Declaration")
    assert "<bdi>UN Office of Counter-Terrorism</bdi>, <bdi>Dushanbe</bdi>, " in html
    assert "<bdi>5 May 2018</bdi>, <bdi>paragraph 1</bdi>, " in html
    assert "<bdi>paragraph 2</bdi>" in html


def test_only_the_answering_sentence_is_marked():
    html = shown(answered("Who?", source()))
    sentence = "The conference was hosted by the Government of the Republic of Tajikistan."
    assert f"took part on May 3-4, 2018. <mark>{sentence}</mark></blockquote>" in html
    assert html.count("<mark>") == 1


def test_highlights_count_code_points():
    emoji = release("🎈🎈 Ja. Nein.")
    assert "🎈🎈 <mark>Ja.</mark> Nein." in shown(answered("?", hit(emoji.passages[0], "Ja.")))


@given(st.text(), st.lists(st.tuples(st.integers(-3, 30), st.integers(-3, 30))))
def test_marking_changes_no_character(text, spans):
    cut = pieces(text, spans)
    assert "".join(piece for piece, _ in cut) == text
    wanted = {at for start, end in spans for at in range(max(start, 0), min(end, len(text)))}
    marks = [marked for piece, marked in cut for _ in piece]
    assert {at for at, marked in enumerate(marks) if marked} == wanted


def test_a_refusal_gives_its_reason_and_folds_the_nearest_passages():
    html = shown(refused("Who?", "Nothing here is about that.", source()))
    assert "No answer" in html and "Nothing here is about that." in html
    folded = html[html.index("<details") : html.index("</details>")]
    assert "they do not answer" in folded and ">nearest</span>" in folded and HOSTED[:30] in folded
    assert (
        "[1]" not in html and "<mark>" not in html and '<details class="nearest" open' not in html
    )


def test_a_refusal_without_nearest_passages_shows_none():
    assert "<details" not in shown(refused("Who?", "The corpus is empty."))


def test_every_answer_says_how_fresh_its_corpus_is():
    assert f"Drawn from {FRESHNESS}" in shown(answered("Who?", source()))
    assert f"Drawn from {FRESHNESS}" in shown(refused("Who?", "No."))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_becomes_markup(hostile):
    evil = release(hostile, title=hostile, body=hostile, place=hostile, url=hostile)
    evil = replace(evil, path=hostile, language=hostile)
    hits = (hit(evil.passages[0], hostile),)
    failed = Turn(hostile, None, hostile)
    turns = (
        Turn(hostile, replace(answered("?", *hits), period=replace(MAY, words=hostile))),
        Turn(hostile, replace(refused("?", hostile, *hits), period=replace(MAY, words=hostile))),
        failed,
    )
    html = render.earlier((*turns, failed)) + render.desk(turns[:1]) + render.desk(turns[:2])
    html += render.desk(turns) + render.outcome(turns[1]) + render.outcome(failed)
    html += render.state(hostile, FRESHNESS, (Problem(hostile, None, hostile, True),))
    assert _tags(html) <= {
        "article", "h2", "ol", "ul", "li", "span", "div", "blockquote", "mark", "p", "bdi",
        "details", "summary", "section", "strong",
    }  # fmt: skip
    assert not _attributes(html) - {
        "class", "dir", "lang", "role", "aria-label", "aria-live", "aria-hidden",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd",
     "//evil.example", "ftp://a.example", "https://", "http://[", " javascript:x", "", None],
)  # fmt: skip
def test_only_web_addresses_become_links(url):
    html = shown(answered("?", hit(release("A.", url=url).passages[0])))
    assert "<a " not in html and '<bdi class="path">dushanbe.txt</bdi>' in html
    assert web_address(url) is None


def test_a_web_address_is_a_link_that_tells_nobody_where_it_was_clicked():
    html = shown(answered("?", source()))
    href = 'href="https://example.org/dushanbe?a=1&amp;b=2"'
    assert f'<a {href} target="_blank" rel="noopener noreferrer">' in html


def test_the_state_names_files_that_could_not_be_read():
    problems = (
        Problem("a.txt", None, "is not UTF-8", lost=True),
        Problem("b.jsonl", 3, "has no text", lost=True),
        Problem("b.jsonl", 9, "has no text", lost=True),
        Problem("c.txt", None, "has no title", lost=False),
    )
    html = render.state(None, FRESHNESS, problems)
    assert "<summary>2 files could not be read, 1 read with a reservation</summary>" in html
    assert "b.jsonl, line 3: has no text" in html and str(FRESHNESS) in html


def test_a_thousand_problems_do_not_flood_the_page():
    problems = tuple(Problem(f"{n}.txt", None, "is empty", lost=True) for n in range(1000))
    html = render.state(None, FRESHNESS, problems)
    assert html.count("<li") == 51 and "950 more: `eventqa build` lists them all." in html


def test_a_sound_corpus_shows_no_problems():
    assert "<details" not in render.state("Reading 3 files", FRESHNESS, ())
    assert "Reading 3 files" in render.state("Reading 3 files", FRESHNESS, ())


def test_earlier_questions_are_listed_newest_first_without_the_latest():
    turns = tuple(Turn(name, refused(name, "No.")) for name in ("one", "two", "three"))
    html = render.earlier(turns)
    assert html.index("two") < html.index("one") and "three" not in html
    assert render.earlier(turns[:1]) == ""


def test_an_unexpected_error_is_logged_and_said_plainly(caplog):
    turn = chat.take_turn(Desk({"boom": RuntimeError("secret /path")}), "boom")
    assert turn.failure == words.UNEXPECTED and "secret" in caplog.text
    assert "secret" not in render.desk((turn,))


def test_a_failing_look_at_the_corpus_leaves_the_page_alone(caplog):
    desk = Desk()
    desk.problems = None  # no tuple: the look fails
    assert chat._watcher(desk)() == gr.skip()
    assert "the state of the corpus could not be read" in caplog.text


def test_an_error_for_the_user_is_shown_as_it_is():
    turn = chat.take_turn(Desk({"?": EventQAError("Ask in words.")}), "?")
    assert "Ask in words." in render.desk((turn,))


# --- the server --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk():
    return Desk()


@pytest.fixture(scope="module")
def page(desk) -> Iterator[gr.Blocks]:
    port, told = free_port(), []
    page = chat.launch(desk, port=port, block=False, tell=told.append)
    assert told == [f"eventqa is at http://127.0.0.1:{port} (Ctrl+C stops it)"]
    yield page
    WEB.close()
    page.close(verbose=False)
    sweep()


@pytest.fixture(scope="module")
def url(page):
    return f"http://127.0.0.1:{page.server_port}"


def join(url, data, session="s", fn=0, **more):
    body = {"data": data, "fn_index": fn, "session_hash": session}
    return WEB.post(f"{url}/gradio_api/queue/join", json=body, **more)


def results(url, session, wanted=1):
    """The outputs of the next finished events of a session."""
    done = []
    params = {"session_hash": session}
    with WEB.stream("GET", f"{url}/gradio_api/queue/data", params=params, timeout=20) as stream:
        for line in stream.iter_lines():
            message = json.loads(line[5:]) if line.startswith("data:") else {}
            if message.get("msg") == "process_completed":
                done.append(message["output"])
            if len(done) == wanted:
                return done
    return done


def ask(url, question, session, time=True):
    assert join(url, [question, time, None], session).status_code == 200
    return json.dumps(results(url, session)[0], ensure_ascii=False)


def test_launching_starts_the_corpus_once(desk, url):
    assert desk.started == 1


def test_a_question_is_answered_over_the_server(url):
    assert "hosted by the Government" in ask(url, "Who hosted it?", "answer")


def test_the_page_listens_on_the_loopback_only(url):
    port = int(url.rsplit(":", 1)[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells this machine's other address
        outer = probe.getsockname()[0]
    if outer.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError), socket.create_connection((outer, port), timeout=2):
        pass


UNNEEDED = """
    upload upload/ upload_progress file=/etc/passwd file/etc/passwd file=http://example.org/x.png
    proxy=https://example.org/x runs run-history/buckets deep_link info openapi.json monitoring
    monitoring/summary custom_component/a/client/b/c run/predict api/predict call/ask call/v2/ask
    component_server mcp/ process_recording vibe-edit vibe-code token user stream/x dev/reload
    profiling/summary docs redoc svelte/x logout
"""


@pytest.mark.parametrize("path", UNNEEDED.split())
@pytest.mark.parametrize("prefix", ["", "/gradio_api", "//gradio_api", "/gradio_api/"])
def test_what_the_page_does_not_need_is_not_there(url, prefix, path):
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        reply = WEB.request(method, f"{url}{prefix}/{path}", files=_file(method))
        assert reply.status_code == 404, method


@pytest.mark.parametrize(
    "path",
    ["assets/../../../../etc/passwd", "assets/%2e%2e/x", "static/..%2f..%2fx", "static/..%5cx"],
)
def test_no_path_leaves_gradios_own_assets(url, path):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "192.168.1.5",
        "0.0.0.0",
        "[::2]",
        "a b",
        "",
    ],
)
def test_a_foreign_host_name_is_refused(url, host):
    assert WEB.get(url, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "LOCALHOST:7860", "[::1]:7860"])
def test_the_names_of_this_machine_are_accepted(url, host):
    assert WEB.get(url, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:9",
        "https://127.0.0.1",
    ],
)
def test_another_site_cannot_ask(url, desk, origin):
    reply = join(url, ["stolen", None], headers={"Origin": origin})
    assert reply.status_code == 403 and "stolen" not in desk.asked


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/x.txt", "/etc/passwd"])
def test_no_file_is_fetched_for_a_request(url, where):
    file = {"path": where, "url": where, "meta": {"_type": "gradio.FileData"}}
    assert join(url, [file, None]).status_code == 400
    assert join(url, [[file], None]).status_code == 400


def test_a_huge_request_is_refused(url):
    assert join(url, ["a" * 70_000, None]).status_code == 413
    chunks = (b"a" * 10_000 for _ in range(8))
    assert WEB.post(f"{url}/gradio_api/queue/join", content=chunks).status_code == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 50_000, b'{"data": "x"}'])
def test_a_malformed_request_is_no_accident_of_the_server(url, body):
    headers = {"Content-Type": "application/json"}
    reply = WEB.post(f"{url}/gradio_api/queue/join", content=body, headers=headers)
    assert reply.status_code in (400, 422)


@pytest.mark.parametrize(
    "path", ["/", "/theme.css", "/gradio_api/upload", "/gradio_api/startup-events"]
)
def test_every_reply_carries_the_security_headers(url, path):
    headers = WEB.get(url + path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]


def test_only_the_pages_own_inline_scripts_may_run(url):
    policy = WEB.get(url).headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts and scripts.count("'sha256-") >= 3


def test_the_page_offers_no_api_and_records_nothing(url):
    config = WEB.get(f"{url}/config").json()
    assert config["footer_links"] == [] and not config.get("run_history")
    assert config["analytics_enabled"] is False
    assert {event["api_visibility"] for event in config["dependencies"]} == {"private"}


def test_no_session_sees_another_ones_questions(url):
    ask(url, "Who hosted Alice's question?", "alice")
    assert "Alice" not in ask(url, "Who hosted Bob's?", "bob")
    assert "Alice" in ask(url, "Who hosted it again?", "alice")


def test_earlier_questions_are_bounded(desk):
    listener, turns = chat._asker(desk), ()
    for number in range(50):
        *_, (turns, *_rest) = listener(f"hosted {number}", True, turns)
    assert [turn.question for turn in turns] == [f"hosted {n}" for n in range(30, 50)]


@pytest.mark.parametrize("time", [True, False])
def test_whether_time_counts_is_what_the_visitor_chose(url, desk, time):
    desk.times.clear()
    ask(url, "Who hosted it in May?", f"time {time}", time)
    assert desk.times == [time]


def test_a_slow_question_does_not_hold_up_another(url, desk):
    desk.hold["slow hosted"] = threading.Event()
    try:
        assert join(url, ["slow hosted", True, None], "slow").status_code == 200
        began = time.monotonic()
        assert "hosted by the Government" in ask(url, "fast hosted", "fast")
        assert time.monotonic() - began < 5
    finally:
        desk.hold.pop("slow hosted").set()
    assert results(url, "slow")


def test_a_flood_of_questions_is_turned_away(url, desk):
    gate = desk.hold["flood hosted"] = threading.Event()
    try:
        replies = [join(url, ["flood hosted", True, None], "flood").status_code for _ in range(100)]
    finally:
        gate.set()
        del desk.hold["flood hosted"]
    assert set(replies) == {200, 503} and replies.count(200) <= 8 + 64
    results(url, "flood", wanted=replies.count(200))


def test_no_statistics_pile_up(page, url):
    for number in range(3):
        ask(url, f"hosted {number}", "statistics")
    assert len(page._queue.event_analytics) == 1
    assert page._queue.cached_event_analytics_summary == {"functions": {}}


def test_a_blank_question_is_not_asked(url, desk):
    before = len(desk.asked)
    assert words.BLANK in ask(url, "  \n", "blank")
    assert len(desk.asked) == before


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EventQAError, match=f"port {port} is not free"):
            chat.launch(Desk(), port=port, block=False)
    sweep()


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_an_impossible_port_is_named(port):
    with pytest.raises(InvalidInput, match=f"port is {port}"):
        chat.launch(Desk(), port=port, block=False)


# --- helpers -----------------------------------------------------------------------------------


def _file(method):
    return {"files": ("a.txt", b"x")} if method in ("POST", "PUT") else None


def _tags(html):
    return {tag for tag, _ in _parsed(html)}


def _attributes(html):
    return {name for _, attributes in _parsed(html) for name, _ in attributes}


def _parsed(html):
    reader = _Reader()
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))
