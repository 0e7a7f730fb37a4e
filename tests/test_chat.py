"""What happens when somebody asks or clicks, and what the page's server lets through."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import gradio as gr
import httpx
import pytest
from desk import (
    DUSHANBE,
    FRESHNESS,
    GRADIO_LEAKS,
    Desk,
    answered,
    free_port,
    shelf,
    source,
    sweep,
    taken_port,
)

from eventqa import chat, words
from eventqa.archive import Filter, Order
from eventqa.listeners import Listeners
from eventqa.render import Turn
from eventqa.types import EventQAError, InvalidInput
from eventqa.visit import Visit

pytestmark = GRADIO_LEAKS
WEB = httpx.Client(verify=False)  # nothing is encrypted here, so no certificates need be read

# --- what happens when somebody asks or clicks -------------------------------------------------


def asked(question, desk=None, visit=None):
    return Listeners(desk or Desk()).typed(question, visit or Visit())


EVENTS = {"open": "opened", "release": "opened", "close": "opened", "filter": "browsed",
          "page": "browsed", "sort": "browsed", "days": "browsed", "clear": "browsed",
          "undated": "browsed"}  # fmt: skip


def clicked(listeners, visit=None, **data):
    """What the page shows after a click, which the browser sends as the event of its kind."""
    listener = getattr(listeners, EVENTS.get(data.get("do"), "asked"))
    return listener(visit or Visit(), gr.EventData(None, data))


def visited(question, desk=None):
    """The visit of somebody who has asked this question."""
    return asked(question, desk).visit


def test_an_unexpected_error_is_logged_and_said_plainly(caplog):
    shown = asked("boom", Desk({"boom": RuntimeError("secret /path")}))
    assert shown.visit.latest.failure == words.UNEXPECTED and "secret" in caplog.text
    assert "secret" not in shown.desk


def test_an_error_for_the_user_is_shown_as_it_is_and_the_question_offered_again():
    shown = asked("?", Desk({"?": EventQAError("Ask in words.")}))
    assert "Ask in words." in shown.desk and 'data-again="?"' in shown.desk
    assert "data-again" not in asked("Who hosted it?", visit=shown.visit).earlier


def test_a_failing_look_at_the_corpus_leaves_the_page_alone(caplog):
    desk = Desk()
    desk.problems = None  # no tuple: the look fails
    assert Listeners(desk).watch() == (gr.skip(),) * 4
    assert "the state of the corpus could not be read" in caplog.text


def test_an_answer_opens_its_first_source_and_a_refusal_closes_it():
    assert "Source 1 of 2" in asked("Who hosted it?").source
    assert words.SOURCE_EMPTY in asked("Who lost it?").source


def test_a_time_is_removed_restored_and_changed_without_leaving_the_question_twice():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    first = asked("Who hosted it in May?", desk, visit)
    removed = clicked(listeners, visit, do="timeless", turn="1")
    restored = clicked(listeners, visit, do="timely", turn="2")
    days = {"since": "2018-05-01", "until": ""}
    changed = clicked(listeners, visit, do="time", turn="3", **days)
    clicked(listeners, visit, do="time", turn="4", since="", until="")
    assert desk.times == [True, False, True, ("2018-05-01", None), True]
    assert [turn.question for turn in visit.turns] == ["Who hosted it in May?"]
    assert [one.latest for one in (first, removed, restored, changed)] == [1, 2, 3, 4]


def test_each_question_is_asked_with_the_answers_before_it():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    first = asked("Who hosted it?", desk, visit).visit.latest.answer
    asked("Who lost it?", desk, visit)
    clicked(listeners, visit, do="ask", question="Who else hosted it?")
    refusal = visit.turns[1].answer
    assert desk.before == [[], [first], [first, refusal]]


def test_a_question_is_asked_as_typed_and_read_with_those_before_again_at_the_same_time():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    first = asked("Who hosted it?", desk, visit).visit.latest.answer
    asked("And who hosted that in May?", desk, visit)
    clicked(listeners, visit, do="timeless", turn="2")
    alone = clicked(listeners, visit, do="alone", turn="3")
    assert words.AS_TYPED in alone.desk
    together = clicked(listeners, visit, do="together", turn="4")
    assert words.AS_TYPED not in together.desk
    assert desk.before == [[], [first], [first], [], [first]]
    assert desk.times == [True, True, False, False, False]
    assert len(visit.turns) == 2 and visit.latest.clicked


@contextmanager
def waiting(desk, question, work):
    """While a question waits for its answer the block is run; given is what it comes to."""
    slow, before = threading.Event(), len(desk.asked)
    desk.hold[question] = slow
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(work)
        try:
            while len(desk.asked) == before:
                time.sleep(0.01)
            yield done
        finally:
            slow.set()
        done.result(20)


def test_of_two_clicks_on_one_button_the_second_asks_nothing():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    asked("Who hosted it?", desk, visit)
    click = partial(clicked, listeners, visit, do="alone", turn="1")
    with waiting(desk, "Who hosted it?", click):
        click(at=2)
    assert len(desk.asked) == 2 and len(visit.turns) == 1


def test_a_question_asked_while_the_one_before_is_answered_is_read_with_its_words():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    with waiting(desk, "slow hosted", partial(listeners.typed, "slow hosted", visit)):
        listeners.typed("quick hosted", visit)
    assert desk.before == [[], ["slow hosted"]]


def test_days_in_the_wrong_order_are_told_and_the_answer_stays():
    desk = Desk()
    visit = visited("Who hosted it in May?", desk)
    days = {"since": "2018-05-06", "until": "2018-05-01"}
    before = visit.turns
    shown = clicked(Listeners(desk), visit, do="time", turn="1", **days)
    assert "time begins on 2018-05-06, after 2018-05-01" in shown.said
    assert desk.times == [True] and visit.turns is before


def test_a_question_asked_while_another_is_answered_is_answered_too_and_stands_last():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    with waiting(desk, "slow hosted", partial(listeners.typed, "slow hosted", visit)) as first:
        second = listeners.typed("quick hosted", visit)
        assert "quick hosted" in second.desk and second.latest == 2
    late = first.result(20)
    assert [turn.question for turn in visit.turns] == ["slow hosted", "quick hosted"]
    # What came later stays as it is.
    assert late._replace(earlier="") == second._replace(earlier="")
    assert "slow hosted" in late.earlier and "quick hosted" not in late.earlier


def test_an_answer_that_comes_while_another_question_is_open_is_shown_but_not_told_as_the_last():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    said = visit.said
    first, second = (desk.hold.setdefault(f"{n} hosted", threading.Event()) for n in (1, 2))
    with ThreadPoolExecutor(2) as threads:
        results = []
        for number in (1, 2):
            results.append(threads.submit(listeners.typed, f"{number} hosted", visit))
            while len(desk.asked) < number:
                time.sleep(0.01)
        first.set()
        shown = results[0].result(20)
        second.set()
        after = results[1].result(20)
    assert "1 hosted" in shown.desk and shown.said == said  # so the browser still says: looking
    assert "2 hosted" in after.desk and "2 passages" in after.said


def test_an_older_filter_that_is_done_later_changes_nothing():
    archive = shelf(DUSHANBE, replace(DUSHANBE, id="x", title="Vote"))
    desk, visit = Desk(archive=archive), Visit()
    listeners, listed = Listeners(desk), archive.listed
    fields = {"since": "", "until": "", "place": "", "body": ""}
    open_now = threading.Event()

    def slowly(chosen, *more):
        if chosen.words == "vo":
            open_now.wait(20)
        return listed(chosen, *more)

    archive.listed = slowly
    with ThreadPoolExecutor(1) as threads:
        older = threads.submit(clicked, listeners, visit, do="filter", words="vo", at=1, **fields)
        while visit.chosen.words != "vo":
            time.sleep(0.01)
        newer = clicked(listeners, visit, do="filter", words="head", at=2, **fields)
        open_now.set()
        assert older.result(20).listing == newer.listing
    assert "Head of" in newer.listing and visit.chosen == Filter("head")
    late = clicked(listeners, visit, do="filter", words="vo", at=1, **fields)
    assert late.listing == newer.listing and visit.chosen == Filter("head")


def test_a_source_opens_with_what_has_become_of_its_release_since():
    visit = visited("Who hosted it?")
    opened = {"do": "open", "turn": "1", "kind": "hits", "number": "2"}
    same, edited = Desk(), Desk(archive=shelf(replace(DUSHANBE, text=DUSHANBE.text + "!")))
    gone = Desk(archive=shelf())
    assert "Source 2 of 2" in clicked(Listeners(same), visit, **opened).source
    assert words.CHANGED_SINCE not in clicked(Listeners(same), visit, **opened).source
    assert words.CHANGED_SINCE in clicked(Listeners(edited), visit, **opened).source
    assert words.GONE_SINCE in clicked(Listeners(gone), visit, **opened).source


def test_what_lies_open_follows_the_archive():
    edited = replace(DUSHANBE, text=DUSHANBE.text + "!")
    desk, visit = Desk(), visited("Who hosted it?")
    listeners = Listeners(desk)
    shown = clicked(listeners, visit, do="open", turn="1", number="1").source
    assert listeners.follow(visit) == shown
    desk.archive = shelf(edited)
    changed = listeners.follow(visit)
    assert words.CHANGED_SINCE in changed and "data-wanted" not in changed  # the focus stays
    desk.archive = shelf()
    assert words.GONE_SINCE in listeners.follow(visit)
    desk.archive = shelf(DUSHANBE)
    assert words.GONE_SINCE not in listeners.follow(visit)


def test_a_release_opened_from_the_archive_is_shown_as_it_is_now():
    edited = replace(DUSHANBE, text=DUSHANBE.text + "!")
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    assert words.SOURCE_EMPTY in listeners.follow(visit)
    clicked(listeners, visit, do="release", id="r")
    desk.archive = shelf(edited)
    assert "Declaration.\n\n!" in listeners.follow(visit)
    desk.archive = shelf()
    assert words.SOURCE_GONE in listeners.follow(visit)
    assert words.SOURCE_GONE in listeners.follow(visit)
    assert words.SOURCE_EMPTY in clicked(listeners, visit, do="close").source


def test_a_release_is_opened_by_its_id_and_by_no_path(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    listeners = Listeners(Desk())
    assert "The Conference closed" in clicked(listeners, do="release", id="r").source
    for id in ("dushanbe.txt", "../secret.txt", str(tmp_path / "secret.txt"), ""):
        assert words.SOURCE_GONE in clicked(listeners, do="release", id=id).source


def test_the_archive_is_filtered_sorted_and_shown_whole_again():
    listeners = Listeners(Desk(archive=shelf(DUSHANBE, replace(DUSHANBE, id="x", title="Vote"))))
    fields, visit = {"since": "", "until": "", "place": "", "body": ""}, Visit()
    shown = clicked(listeners, visit, do="filter", words="vote", **fields)
    assert visit.chosen == Filter("vote") and "1 to 1 of 1 release<" in shown.listing
    clicked(listeners, visit, do="sort", order="title")
    assert visit.chosen == Filter("vote", order=Order.TITLE)
    clicked(listeners, visit, do="days", since="2018-05-05", until="2018-05-05")
    assert visit.chosen.since == visit.chosen.until == dt.date(2018, 5, 5)
    clicked(listeners, visit, do="undated")
    assert visit.chosen == Filter(undated=True, order=Order.TITLE)
    clicked(listeners, visit, do="filter", words="vote", **fields)
    assert visit.chosen == Filter("vote", order=Order.TITLE)
    shown = clicked(listeners, visit, do="clear")
    assert visit.chosen == Filter(order=Order.TITLE) and "of 2 releases<" in shown.listing


def test_an_archive_that_cannot_be_read_says_why():
    desk = Desk()

    def fail(*_):
        raise EventQAError("The store is <gone>.")

    desk.archive.listed = fail
    assert "The store is &lt;gone&gt;." in Listeners(desk).listed(Visit())


def test_an_open_release_stays_while_the_archive_cannot_be_read():
    desk, visit = Desk(), visited("Who hosted it?")
    shown = Listeners(desk).follow(visit)

    def fail(*_):
        raise EventQAError("The store is gone.")

    desk.archive.release = fail
    assert "Source 1 of 2" in shown and Listeners(desk).follow(visit) == shown


def test_an_archive_that_is_not_read_yet_is_not_called_empty():
    unread = Desk(freshness=replace(FRESHNESS, releases=0, generation=0))
    empty = Desk(freshness=replace(FRESHNESS, releases=0))
    assert words.UNREAD in Listeners(unread).listed(Visit())
    assert words.EMPTY in Listeners(empty).listed(Visit())


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"do": "no such"},
        {"do": "open", "turn": "1", "number": "99999999999999999999"},
        {"do": "open", "turn": "1", "kind": "no such", "number": "-1"},
        {"do": "ask", "question": "  "},
        {"do": "ask", "question": None},
        {"do": "sort", "order": "sideways"},
        {"do": "days", "since": "lately", "until": "1"},
        {"do": "filter", "words": 7, "since": "2018-02-31", "until": "", "place": "", "body": ""},
    ],
)
def test_a_click_that_makes_no_sense_changes_nothing(data):
    desk, visit = Desk(), visited("Who hosted it?")
    before = (visit.turns, visit.opened, visit.said, visit.browsing)
    for listener in ("asked", "opened", "browsed"):
        getattr(Listeners(desk), listener)(visit, gr.EventData(None, data))
    assert (visit.turns, visit.opened, visit.said, visit.browsing) == before
    assert desk.asked == []


@pytest.mark.parametrize("turn", ["77", "x", None, ""])
@pytest.mark.parametrize("did", ["timeless", "timely", "time", "alone", "together"])
def test_an_answer_that_the_server_has_forgotten_is_told_to_be(did, turn):
    desk, visit = Desk(), visited("Who hosted it?")
    opened = visit.opened
    shown = clicked(Listeners(desk), visit, do=did, turn=turn, number="1")
    assert words.FORGOTTEN in shown.said and visit.opened is opened
    assert clicked(Listeners(desk), visit, do=did, turn=turn).said != shown.said  # is said again
    assert desk.asked == []


@pytest.mark.parametrize("turn", ["77", "x", None, ""])
def test_a_source_of_a_forgotten_answer_is_told_to_be_where_it_would_lie(turn):
    shown = clicked(Listeners(Desk()), visited("Who hosted it?"), do="open", turn=turn, number="1")
    assert words.FORGOTTEN in shown.source


def test_of_two_clicks_the_later_one_counts_whichever_comes_first():
    listeners, visit = Listeners(Desk()), visited("Who hosted it?")
    clicked(listeners, visit, do="open", turn="1", number="2", at=8)
    shown = clicked(listeners, visit, do="open", turn="1", number="1", at=7)
    assert "Source 2 of 2" in shown.source


def test_a_click_in_the_list_brings_the_filter_along_for_a_server_that_has_forgotten_it():
    archive = shelf(*(replace(DUSHANBE, id=f"{n}", title=f"Vote {n}") for n in range(60)), DUSHANBE)
    fields = {"words": "vote", "since": "", "until": "", "place": "", "body": ""}
    visit = Visit()
    shown = clicked(Listeners(Desk(archive=archive)), visit, do="page", start="50", **fields)
    assert "51 to 60 of 60 releases" in shown.listing
    shown = clicked(Listeners(Desk(archive=archive)), visit, do="sort", order="title", **fields)
    assert "1 to 50 of 60 releases" in shown.listing and visit.chosen.order == Order.TITLE


def test_a_typed_question_that_is_too_long_is_not_kept_whole():
    desk = Desk()
    asked("w" * 60_000, desk)
    assert desk.asked == ["w" * 1001]


def test_a_blank_question_says_nothing_while_another_one_is_answered():
    desk, visit = Desk(), Visit()
    slow = desk.hold["slow hosted"] = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(Listeners(desk).typed, "slow hosted", visit)
        while not desk.asked:
            time.sleep(0.01)
        assert words.BLANK not in asked(" ", desk, visit).said
        slow.set()
        first.result(20)
    assert words.BLANK in asked(" ", desk, visit).said


def test_a_page_that_is_loaded_again_goes_on_where_it_was():
    listeners, key = Listeners(Desk()), "0123456789abcdef" * 2
    visit = listeners.resume(key, Visit()).visit
    listeners.typed("Who hosted it?", visit)
    clicked(listeners, visit, do="open", turn="1", number="2", at=5)
    again = listeners.resume(key, Visit())
    assert again.visit is visit and "Who hosted it?" in again.desk and again.latest == 1
    assert "Source 2 of 2" in again.source and "data-wanted" not in again.source
    # The page counts its clicks from one again.
    clicked(listeners, visit, do="open", turn="1", number="1", at=1, page="2")
    assert "Source 1 of 2" in listeners.follow(visit)
    for other in ("f" * 32, "", None, "x", "../" * 20):
        assert listeners.resume(other, Visit()).visit.turns == ()


@pytest.mark.parametrize("key", ["0123456789abcdef" * 2, ""])
def test_a_question_that_was_quicker_than_the_page_keeps_its_answer(key):
    listeners, visit = Listeners(Desk()), Visit()
    listeners.typed("Who hosted it?", visit)
    if key:  # loaded again, where something had been asked before
        listeners.typed("Who left?", listeners.resume(key, Visit()).visit)
    loaded = listeners.resume(key, visit)
    assert loaded.visit is visit and "Who hosted it?" in loaded.desk
    assert (listeners.resume(key, Visit()).visit is visit) == bool(key)


def test_half_a_surrogate_pair_breaks_nothing():
    desk, visit = Desk(), Visit()
    listeners = Listeners(desk)
    shown = [
        asked("Who hosted \ud800?", desk, visit),
        clicked(listeners, visit, do="ask", question="Who hosted \udfff?"),
        clicked(listeners, visit, do="release", id="\ud800"),
        clicked(listeners, visit, do="filter", words="\ud800", place="\ud800"),
    ]
    assert desk.asked == ["Who hosted ??", "Who hosted ??"]
    assert "".join(str(value) for one in shown for value in one).encode()


def test_a_question_of_a_click_is_no_longer_than_one_that_is_typed():
    desk = Desk()
    clicked(Listeners(desk), do="ask", question="w" * 5000)
    assert desk.asked == ["w" * 1000]


def test_the_button_looks_for_changes():
    desk = Desk()
    Listeners(desk).rebuilt()
    assert desk.refreshed == 1


def test_what_to_begin_with_is_found_once_a_generation():
    desk, counts = Desk(), []
    desk.suggest = lambda answer=None: counts.append(answer) or (f"Question {len(counts)}?",)
    listeners = Listeners(desk)
    visit = Visit()
    assert "Question 1?" in listeners.suggest(visit) and "Question 1?" in listeners.suggest(visit)
    desk.freshness = replace(desk.freshness, generation=2)
    assert "Question 2?" in listeners.suggest(visit)
    answer = answered("?", source())
    visit.end(visit.begin(Turn("?", answer)))
    assert "Question 3?" in listeners.suggest(visit)
    assert counts == [None, None, answer]


def test_a_refusal_near_which_nothing_can_be_asked_offers_what_to_begin_with():
    desk = Desk()
    desk.suggest = lambda answer=None: () if answer else ("A first question?",)
    listeners = Listeners(desk)
    refused, answered_one = visited("Who lost it?"), visited("Who hosted it?")
    assert f"<h2>{words.TRY}</h2>" in listeners.suggest(refused)
    assert "A first question?" in listeners.suggest(refused)
    assert listeners.suggest(answered_one) == ""


def test_a_failure_to_suggest_is_no_failure_of_the_page(caplog):
    desk = Desk()

    def fail(answer=None):
        raise RuntimeError("broken")

    desk.suggest = fail
    assert Listeners(desk).suggest(Visit()) == ""
    assert "broken" in caplog.text
    assert Listeners(Desk()).suggest(visited("boom", Desk({"boom": RuntimeError()}))) == ""


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


def join(url, question, session="s", **more):
    event = {"do": "ask", "typed": True, "question": question}
    body = {"data": [None], "fn_index": 0, "session_hash": session, "event_data": event}
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


def ask(url, question, session):
    assert join(url, question, session).status_code == 200
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
    proxy=https://example.org/x runs run-history/buckets deep_link openapi.json monitoring
    monitoring/summary custom_component/a/client/b/c run/predict api/predict call/ask call/v2/ask
    component_server mcp/schema mcp/sse mcp/http process_recording vibe-edit vibe-code token
    user stream/x dev/reload profiling/summary docs redoc svelte/x logout
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
    reply = join(url, "stolen", headers={"Origin": origin})
    assert reply.status_code == 403 and "stolen" not in desk.asked


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/x.txt", "/etc/passwd"])
def test_no_file_is_fetched_for_a_request(url, where):
    file = {"path": where, "url": where, "meta": {"_type": "gradio.FileData"}}
    assert join(url, file).status_code == 400
    assert join(url, [file]).status_code == 400


def test_a_huge_request_is_refused(url):
    assert join(url, "a" * 70_000).status_code == 413
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


def test_the_page_offers_one_function_to_programs_and_records_nothing(url):
    config = WEB.get(f"{url}/config").json()
    assert config["footer_links"] == [] and not config.get("run_history")
    assert config["analytics_enabled"] is False
    open_to = {e["api_name"] for e in config["dependencies"] if e["api_visibility"] == "public"}
    assert open_to == {"ask"}


def test_the_labels_can_be_translated_in_the_browser(url):
    config = WEB.get(f"{url}/config").json()
    assert config["i18n_translations"] == {"en": words.LABELS}
    labels = [one["props"].get("label") for one in config["components"]]
    assert '__i18n__{"__type__": "translation_metadata", "key": "question"}' in labels or {
        "__type__": "translation_metadata", "key": "question"
    } in labels  # fmt: skip


def test_no_session_sees_another_ones_questions(url):
    ask(url, "Who hosted Alice's question?", "alice")
    assert "Alice" not in ask(url, "Who hosted Bob's?", "bob")
    assert "Alice" in ask(url, "Who hosted it again?", "alice")


def test_a_slow_question_does_not_hold_up_another(url, desk):
    desk.hold["slow hosted"] = threading.Event()
    try:
        assert join(url, "slow hosted", "slow").status_code == 200
        began = time.monotonic()
        assert "hosted by the Government" in ask(url, "fast hosted", "fast")
        assert time.monotonic() - began < 5
    finally:
        desk.hold.pop("slow hosted").set()
    assert results(url, "slow")


def test_a_flood_of_questions_is_turned_away(url, desk):
    gate = desk.hold["flood hosted"] = threading.Event()
    try:
        replies = [join(url, "flood hosted", "flood").status_code for _ in range(100)]
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
    with taken_port() as port, pytest.raises(EventQAError, match=f"port {port} is not free"):
        chat.launch(Desk(), port=port, block=False)
    sweep()


@pytest.mark.parametrize("host", ["::1", "[::1]", "::"])
def test_the_page_is_served_on_ipv6_too(host):
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    port, told = free_port(), []
    page = chat.launch(Desk(), host=host, port=port, block=False, tell=told.append)
    try:
        assert WEB.get(f"http://[::1]:{port}/config").status_code == 200
        bare = host.strip("[]")
        assert told == [f"eventqa is at http://[{bare}]:{port} (Ctrl+C stops it)"]
    finally:
        page.close(verbose=False)
        sweep()


def test_a_host_that_is_not_this_machine_is_not_called_a_taken_port():
    with pytest.raises(InvalidInput, match="host '192.0.2.77' is not this machine"):
        chat.launch(Desk(), host="192.0.2.77", block=False)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_an_impossible_port_is_named(port):
    with pytest.raises(InvalidInput, match=f"port is {port}"):
        chat.launch(Desk(), port=port, block=False)


# --- helpers -----------------------------------------------------------------------------------


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _file(method):
    return {"files": ("a.txt", b"x")} if method in ("POST", "PUT") else None
