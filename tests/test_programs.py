"""What programs get: the same answers over Gradio's API and as an MCP tool."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from desk import (
    DUSHANBE,
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
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from eventqa import EventQA, chat
from eventqa.access import Login
from eventqa.calls import VALUES
from eventqa.tool import Told, ask_of
from eventqa.types import EventQAError

pytestmark = GRADIO_LEAKS
QUESTION = "Who hosted it?"
ANSWER = answered(QUESTION, source(), hit(DUSHANBE.passages[1])).to_dict()
SEVEN = [QUESTION, 5, None, None, None, True, None]
LOGIN = Login("desk", "secret")
STATUS = Path("/proc/self/status")


@pytest.fixture(scope="module")
def desk():
    return Desk({"?": EventQAError("The question has no word in it. Ask in words.")})


@pytest.fixture(scope="module")
def url(desk):
    port = free_port()
    page = chat.launch(desk, port=port, block=False, tell=str)
    yield f"http://127.0.0.1:{port}"
    page.close(verbose=False)
    sweep()


@pytest.fixture(scope="module")
def locked():
    port = free_port()
    page = chat.launch(Desk(), port=port, login=LOGIN, block=False, tell=str)
    yield f"http://127.0.0.1:{port}"
    page.close(verbose=False)
    sweep()


def over_mcp(url, work, headers=None):
    """What some work with a session of a real MCP client gives."""

    async def run():
        async with (
            httpx.AsyncClient(headers=headers, verify=False, timeout=30) as http,
            streamable_http_client(f"{url}/gradio_api/mcp/", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(run())


def called(url, headers=None, **arguments):
    return over_mcp(url, lambda session: session.call_tool("ask", arguments), headers)


# --- Gradio's API ------------------------------------------------------------------------------


def test_a_program_gets_the_answer_as_plain_json(url):
    assert Client(url, verbose=False).predict(QUESTION, api_name="/ask") == ANSWER


def test_a_program_names_what_it_wants(url, desk, monkeypatch):
    seen = []
    monkeypatch.setattr(
        desk, "ask", lambda *a, **more: seen.append((a, more)) or refused("?", "No")
    )
    Client(url, verbose=False).predict(
        question="Who?", k=2, since="2018-05-01", until="", asked_on=None, time=False,
        api_name="/ask",
    )  # fmt: skip
    assert seen == [(("Who?", 2, "2018-05-01", None, None, ()), {"time": False})]


TALK = ["Who met?", ["Where?", "They met in Rome."]]


def test_a_program_tells_what_was_asked_and_shown_before(url, desk):
    ask = {"question": QUESTION, "history": TALK}
    Client(url, verbose=False).predict(**ask, api_name="/ask")
    httpx.post(f"{url}/gradio_api/run/ask", json={"data": [*SEVEN[:6], TALK]})
    called(url, **ask)
    assert desk.before[-3:] == [TALK] * 3


def test_a_list_in_place_of_the_question_is_told_to_be_no_question(tmp_path):
    with EventQA(tmp_path / "c", tmp_path / "e", watch=False) as qa, pytest.raises(Told) as caught:
        ask_of(qa)(["Who?"])
    assert str(caught.value) == "the question is ['Who?'], it must be text"


def test_a_history_that_is_none_is_told_by_name(tmp_path):
    with EventQA(tmp_path / "c", tmp_path / "e", watch=False) as qa, pytest.raises(Told) as caught:
        ask_of(qa)(QUESTION, history=[["Where?", "In Rome.", "Why?"]])
    assert str(caught.value).startswith("history[0] is ['Where?', 'In Rome.', 'Why?']. It must be")


def test_the_answer_is_had_by_one_post(url):
    reply = httpx.post(f"{url}/gradio_api/run/ask", json={"data": SEVEN})
    assert reply.json()["data"] == [ANSWER]


@pytest.mark.parametrize("data", [["Who?"], [], SEVEN[:6], [*SEVEN, None]])
def test_a_post_of_too_few_or_too_many_values_is_told_which_there_are(url, data):
    reply = httpx.post(f"{url}/gradio_api/run/ask", json={"data": data})
    assert reply.status_code == 400
    assert reply.text.startswith("data holds 7 values, in this order: question, k, since")


def test_the_values_of_a_post_are_those_of_the_function():
    parameters = inspect.signature(ask_of(Desk())).parameters
    assert tuple(parameters) == (*VALUES, "request")


def test_a_post_cannot_run_another_function_of_the_page(url, desk):
    before = desk.refreshed
    event = {"fn_index": 2, "event_data": {"do": "rebuild"}, "session_hash": "s", "trigger_id": 1}
    reply = httpx.post(f"{url}/gradio_api/run/ask", json={"data": SEVEN, **event})
    assert reply.json()["data"] == [ANSWER] and desk.refreshed == before


def test_what_can_be_called_is_described(url):
    named = Client(url, verbose=False).view_api(return_format="dict", print_info=False)
    (name, ask), *others = named["named_endpoints"].items()
    assert (name, others) == ("/ask", [])
    assert [one["parameter_name"] for one in ask["parameters"]] == [
        "question", "k", "since", "until", "asked_on", "time", "history",
    ]  # fmt: skip
    assert ask["description"].startswith("Answers a question about events from the press releases")


def test_an_error_reaches_a_program_in_words(url):
    with pytest.raises(AppError, match=r"^The question has no word in it. Ask in words.$"):
        Client(url, verbose=False).predict("?", api_name="/ask")


def test_with_a_login_a_program_needs_it(locked):
    body = {"data": SEVEN}
    assert httpx.post(f"{locked}/gradio_api/run/ask", json=body).status_code == 401
    auth = (LOGIN.user, LOGIN.password)
    reply = httpx.post(f"{locked}/gradio_api/run/ask", json=body, auth=auth)
    assert reply.json()["data"] == [ANSWER]
    client = Client(locked, headers=_basic(), verbose=False)
    assert client.predict(QUESTION, api_name="/ask") == ANSWER


# --- MCP ---------------------------------------------------------------------------------------


def test_an_mcp_client_finds_one_tool_with_typed_and_described_parameters(url):
    (tool,) = over_mcp(url, lambda session: session.list_tools()).tools
    assert tool.name == "ask" and "nothing in it is generated" in tool.description
    parameters = tool.inputSchema["properties"]
    assert tool.inputSchema["required"] == ["question"]
    assert {name: one.get("type") for name, one in parameters.items()} == {
        "question": "string", "k": "integer", "since": None, "until": None, "asked_on": None,
        "time": "boolean", "history": None,
    }  # fmt: skip
    assert parameters["since"]["oneOf"] == [{"type": "null"}, {"type": "string"}]
    assert parameters["k"]["description"] == "at most so many passages, 1 to 1,000."
    assert all(one["description"] for one in parameters.values())


def test_an_mcp_client_gets_the_answer_as_json(url):
    result = called(url, question=QUESTION)
    assert not result.isError
    assert json.loads(result.content[0].text) == ANSWER


def test_a_refusal_is_an_answer_of_the_tool_and_no_error(url):
    result = called(url, question="What is the capital of France?")
    answer = json.loads(result.content[0].text)
    assert not result.isError and answer["answered"] is False and answer["hits"] == []
    assert answer["reason"].startswith("No passage is about this.") and answer["nearest"]


def test_words_of_every_script_reach_a_tool_as_they_are(url, desk):
    words = 'שלום “x” \u202e é {"a": 1} \U0001d518 \x1b'
    desk.known["script"] = answered("script", hit(release(words).passages[0]))
    result = called(url, question="script")
    assert json.loads(result.content[0].text)["hits"][0]["text"] == words


def test_an_error_reaches_a_tool_in_words(url):
    result = called(url, question="?")
    assert result.isError and "The question has no word in it. Ask in words." in _text(result)
    assert "'y' is not of type 'integer'" in _text(called(url, question="Who?", k="y"))
    assert called(url).isError


def test_with_a_login_an_mcp_client_needs_it(locked):
    assert json.loads(_text(called(locked, _basic(), question=QUESTION))) == ANSWER
    with pytest.raises(BaseExceptionGroup):
        called(locked, question=QUESTION)


# --- many at once ------------------------------------------------------------------------------


def test_twenty_people_who_ask_at_once_all_get_their_own_answer(url, desk):
    async def run():
        limits = httpx.Limits(max_connections=40)
        async with httpx.AsyncClient(verify=False, timeout=60, limits=limits) as http:
            return await asyncio.gather(*(_asked(http, url, number) for number in range(20)))

    for number in range(20):
        text = f"Answer number {number}."
        desk.known[f"question {number}"] = answered("?", hit(release(text).passages[0]))
    found = asyncio.run(run())
    assert [f"Answer number {number}." in page for number, page in enumerate(found)] == [True] * 20
    others = [page.count("Answer number") for page in found]
    assert others == [others[0]] * 20


def test_an_answer_is_on_its_way_within_a_tenth_of_a_second(url):
    async def run():
        async with httpx.AsyncClient(verify=False, timeout=60) as http:
            await _asked(http, url, 0)
            took = []
            for number in range(9):
                began = time.perf_counter()
                await _asked(http, url, number)
                took.append(time.perf_counter() - began)
            return sorted(took)[4]

    assert asyncio.run(run()) < 0.1


async def _asked(http, url, number, visitor=None):
    """What the page would show of one question, of a visitor of their own if none is named."""
    session = visitor or f"visitor{number}{time.perf_counter_ns()}"
    typed = {"do": "ask", "typed": True, "question": f"question {number}"}
    body = {"data": [None], "event_data": typed, "fn_index": 0, "session_hash": session}
    assert (await http.post(f"{url}/gradio_api/queue/join", json=body)).status_code == 200
    stream = http.stream("GET", f"{url}/gradio_api/queue/data", params={"session_hash": session})
    async with stream as reply:
        async for line in reply.aiter_lines():
            if "process_completed" in line:
                return line
    return ""


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell what is in memory now")
def test_memory_does_not_grow_over_two_thousand_questions(url, desk):
    desk.known.update(
        (f"question {number}", answered("?", hit(DUSHANBE.passages[0]))) for number in range(20)
    )

    async def ask(count, http):
        for _ in range(count // 20):
            # Ten who ask again and again, and ten who come once.
            known = (_asked(http, url, number, f"regular{number}") for number in range(10))
            new = (_asked(http, url, number) for number in range(10, 20))
            await asyncio.gather(*known, *new)

    async def run():
        async with httpx.AsyncClient(verify=False, timeout=60) as http:
            await ask(1200, http)  # by more visitors than sessions are kept
            before = resident()
            await ask(2000, http)
            return resident() - before

    assert asyncio.run(run()) < 30_000  # KiB


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell what is in memory now")
def test_a_release_of_a_megabyte_is_in_memory_once_whoever_has_asked_about_it(
    url, desk, monkeypatch
):
    paragraphs = ["word " * 200 + "." for _ in range(1000)]

    def ask(question, *_, **__):
        number = int(question.split()[1])
        one = replace(release(*paragraphs), id=f"{number % 4}")  # a new one, as from the store
        return answered(question, *(hit(one.passages[(number + n) % 1000]) for n in range(5)))

    async def run():
        async with httpx.AsyncClient(verify=False, timeout=60) as http:
            visitors = [f"reader{number}" for number in range(8)]
            for number in range(160):  # until everybody has as much as is kept
                await _asked(http, url, number, visitors[number % 8])
            before = resident()
            for number in range(160, 480):  # each would be another megabyte
                await _asked(http, url, number, visitors[number % 8])
            return resident() - before

    monkeypatch.setattr(desk, "ask", ask)
    assert asyncio.run(run()) < 30_000  # KiB


def resident():
    """What this process has in memory now, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", STATUS.read_text())[1])


def _basic():
    token = base64.b64encode(f"{LOGIN.user}:{LOGIN.password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def _text(result):
    return result.content[0].text


@pytest.mark.parametrize("library", ["gradio_client", "streamable_http_client"])
def test_the_calls_in_the_readme_work(url, library, capsys):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (code,) = [block for block in blocks if library in block]
    exec(compile(code.replace("http://127.0.0.1:7860", url), "README.md", "exec"), {})
    assert capsys.readouterr().out.endswith(f"{source().citation}\n")


def test_the_curl_call_in_the_readme_has_every_value(url):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    body = json.loads(re.search(r"-d '(.*?)'", readme)[1])
    assert "curl http://127.0.0.1:7860/gradio_api/run/ask" in readme
    reply = httpx.post(f"{url}/gradio_api/run/ask", json=body)
    assert reply.json()["data"][0]["hits"][0]["citation"] == str(source().citation)
