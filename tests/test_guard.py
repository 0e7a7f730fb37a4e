"""What reaches the server, who may ask, and how many programs at once."""

import asyncio
import base64
import hashlib
import json

import httpx
import pytest

from eventqa import guard
from eventqa.access import Login
from eventqa.guard import Guard

LOGIN = Login("desk", "pässword:with colon")


class Inner:
    """An app that says what reached it."""

    def __init__(self):
        self.seen = []
        self.open = None  # an event that answers wait for

    async def __call__(self, scope, receive, send):
        body = b""
        if scope["method"] == "POST":
            body = (await receive())["body"]
        self.seen.append((scope["method"], scope["path"], dict(scope["headers"]), body))
        if self.open:
            await self.open.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"<script>let a</script>inside"})


def requests(*calls, inner=None, base="http://127.0.0.1:7860", **options):
    """The replies to calls of (method, path, more), one after the other."""

    async def run():
        transport = httpx.ASGITransport(Guard(inner or Inner(), **options))
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return [await client.request(method, path, **more) for method, path, more in calls]

    return asyncio.run(run())


SEVEN = ["Who?", 5, None, None, None, True, None]


def get(path="/", inner=None, base="http://127.0.0.1:7860", headers=None, **options):
    more = {"headers": headers or {}}
    return requests(("GET", path, more), inner=inner, base=base, **options)[0]


def post(path, body, inner=None, headers=None, **options):
    more = {"content": body if isinstance(body, bytes) else json.dumps(body)}
    more["headers"] = headers or {}
    return requests(("POST", path, more), inner=inner, **options)[0]


def basic(user, password):
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


# --- routes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/config"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/app_id"),
        ("GET", "/gradio_api/queue/data"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/run/ask/"),
    ],
)
def test_what_the_page_and_programs_need_is_let_through(method, path):
    more = {"json": {"data": SEVEN}} if "run" in path else {}
    assert requests((method, path, more))[0].status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/mcp"),
        ("GET", "/gradio_api/mcp/"),
        ("DELETE", "/gradio_api/mcp/"),
        ("POST", "/gradio_api/mcp/http"),
        ("POST", "/gradio_api/mcp/sse"),
        ("GET", "/gradio_api/mcp/schema"),
        ("POST", "/gradio_api/mcp/messages"),
        ("POST", "/gradio_api/run/other"),
        ("POST", "/gradio_api/run/ask/../other"),
        ("POST", "/gradio_api/call/ask"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/run/ask"),
        ("PUT", "/"),
        ("OPTIONS", "/gradio_api/run/ask"),
        ("POST", "/login"),
    ],
)
def test_the_rest_of_gradio_is_not_there(method, path):
    inner = Inner()
    assert requests((method, path, {}), inner=inner)[0].status_code == 404
    assert inner.seen == []


def test_a_websocket_is_closed():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(Inner())({"type": "websocket", "path": "/", "headers": []}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_no_header_can_tell_gradio_of_another_host():
    inner = Inner()
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "x"}
    get("/", inner, headers=headers)
    assert not [name for name in inner.seen[0][2] if b"forwarded" in name]


# --- values ------------------------------------------------------------------------------------

FILE = {"path": "/etc/passwd", "url": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/ask"])
@pytest.mark.parametrize("data", [[FILE], [[FILE]], {"0": FILE}, "text", [{}]])
def test_values_of_a_call_are_plain(path, data):
    inner = Inner()
    assert post(path, {"data": data}, inner).status_code == 400
    assert inner.seen == []
    assert post(path, {"data": SEVEN}, inner).status_code == 200


@pytest.mark.parametrize("history", [["Who?"], [["Who?", "They."], "Why?"], None, []])
def test_a_program_may_tell_what_was_asked_before(history):
    data = [*SEVEN[:6], history]
    assert post("/gradio_api/run/ask", {"data": data}).status_code == 200
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "ask", "arguments": {"question": "Who?", "history": history}}
    assert post("/gradio_api/mcp/", call | {"params": params}).status_code == 200


@pytest.mark.parametrize("history", [FILE, [FILE], [["Who?", FILE]], [[["Who?"]]]])
def test_an_object_or_a_deep_list_is_not_taken_for_what_was_asked_before(history):
    data = [*SEVEN[:6], history]
    assert post("/gradio_api/run/ask", {"data": data}).status_code == 400
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "ask", "arguments": {"question": "Who?", "history": history}}
    assert post("/gradio_api/mcp/", call | {"params": params}).status_code == 400


def test_a_program_runs_the_one_function_and_in_no_session():
    inner = Inner()
    more = {"fn_index": 0, "event_data": {"do": "rebuild"}, "session_hash": "s", "trigger_id": 1}
    assert post("/gradio_api/run/ask", {"data": SEVEN, **more}, inner).status_code == 200
    assert json.loads(inner.seen[0][3]) == {"data": SEVEN}


@pytest.mark.parametrize("data", [[], ["Who?"], [*SEVEN, 1]])
def test_a_program_is_told_which_values_a_call_holds(data):
    reply = post("/gradio_api/run/ask", {"data": data})
    assert reply.status_code == 400
    assert reply.text == (
        "data holds 7 values, in this order: question, k, since, until, asked_on, time, history."
    )


@pytest.mark.parametrize("number", [2, -1, "1", [1], 1.5])
def test_only_functions_that_the_page_has_are_called(number):
    body, known = {"data": [], "session_hash": "s"}, {0, 1}
    path = "/gradio_api/queue/join"
    assert post(path, {**body, "fn_index": 1}, functions=known).status_code == 200
    assert post(path, {**body, "fn_index": number}, functions=known).status_code == 400


@pytest.mark.parametrize(
    "event",
    [
        {"file": FILE},
        {"list": [1]},
        ["x"],
        "text",
        {"long": "x" * 2001},
        {str(n): "x" for n in range(41)},
    ],
)
def test_what_a_click_sends_is_flat_and_short(event):
    body = {"data": [None], "event_data": event}
    assert post("/gradio_api/queue/join", body).status_code == 400
    flat = {"do": "open", "turn": "3", "number": 2, "wanted": True, "note": None}
    assert post("/gradio_api/queue/join", {**body, "event_data": flat}).status_code == 200


def rpc(method="tools/call", **params):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@pytest.mark.parametrize(
    "body",
    [
        rpc(name="ask", arguments={"question": FILE}),
        rpc(name="ask", arguments={"question": [[["x"]]]}),
        rpc(name="ask", arguments=["x"]),
        rpc("resources/read", uri="file:///etc/passwd"),
        rpc("completion/complete"),
        rpc(None),
        [rpc(name="ask", arguments={"question": "Who?"})],
        {"jsonrpc": "2.0", "method": "tools/call", "params": ["x"]},
        b"",
        b"\xff",
        b"[" * 50_000,
    ],
)
def test_a_tool_is_called_with_plain_values_and_nothing_else_is_done(body):
    inner = Inner()
    assert post("/gradio_api/mcp/", body, inner).status_code == 400
    assert inner.seen == []


@pytest.mark.parametrize(
    "body",
    [
        rpc(name="ask", arguments={"question": "Who?", "k": 3, "time": False, "since": None}),
        rpc("initialize", capabilities={"roots": {}}, clientInfo={"name": "x"}),
        rpc("tools/list"),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ],
)
def test_a_tool_can_be_found_and_called(body):
    inner = Inner()
    assert post("/gradio_api/mcp/", body, inner).status_code == 200
    assert json.loads(inner.seen[0][3]) == body


def test_a_body_has_a_limit():
    assert post("/gradio_api/run/ask", {"data": ["x" * 70_000]}).status_code == 413


# --- how many at once --------------------------------------------------------------------------


def test_programs_are_answered_so_many_at_once_and_so_many_wait():
    async def run():
        inner = Inner()
        inner.open = asyncio.Event()
        transport = httpx.ASGITransport(Guard(inner, at_once=2, waiting=3))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            call = {"url": "/gradio_api/run/ask", "json": {"data": SEVEN}}
            asking = [asyncio.create_task(client.post(**call)) for _ in range(7)]
            await asyncio.sleep(0.2)
            running = len(inner.seen)
            inner.open.set()
            replies = [reply.status_code for reply in await asyncio.gather(*asking)]
            again = (await client.post(**call)).status_code
            return running, replies, again

    running, replies, again = asyncio.run(run())
    assert running == 2 and sorted(replies) == [200] * 5 + [503] * 2 and again == 200


def test_who_sends_half_a_request_holds_nobody_up_and_is_sent_away(monkeypatch):
    monkeypatch.setattr(guard, "_BODY_SECONDS", 0.3)

    async def endless():
        yield b'{"data": '
        await asyncio.Event().wait()

    async def run():
        transport = httpx.ASGITransport(Guard(Inner(), at_once=1, waiting=0))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            url = "/gradio_api/run/ask"
            slow = [asyncio.create_task(client.post(url, content=endless())) for _ in range(9)]
            await asyncio.sleep(0.05)
            quick = await client.post(url, json={"data": SEVEN})
            return quick.status_code, [reply.status_code for reply in await asyncio.gather(*slow)]

    assert asyncio.run(run()) == (200, [408] * 9)


def test_a_heartbeat_takes_no_connection():
    inner = Inner()
    assert get("/gradio_api/heartbeat/abc", inner).status_code == 204
    assert inner.seen == []


def join(session, number=0):
    body = {"data": [], "fn_index": number, "session_hash": session}
    return ("POST", "/gradio_api/queue/join", {"json": body})


def test_who_never_reads_results_may_not_call_for_ever():
    read = ("GET", "/gradio_api/queue/data?session_hash=s", {})
    calls = [join("s")] * 101 + [join("other"), read, join("s")]
    statuses = [reply.status_code for reply in requests(*calls)]
    assert statuses == [200] * 100 + [429, 200, 200, 200]


def test_who_is_reading_results_may_call_as_often_as_needed():
    async def run():
        inner = Inner()
        inner.open = asyncio.Event()
        transport = httpx.ASGITransport(Guard(inner))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            stream = asyncio.create_task(client.get("/gradio_api/queue/data?session_hash=s"))
            await asyncio.sleep(0.05)  # it is open, and has not ended
            method, path, more = join("s")
            calls = [asyncio.create_task(client.request(method, path, **more)) for _ in range(150)]
            await asyncio.sleep(0.2)
            inner.open.set()
            replies = [reply.status_code for reply in await asyncio.gather(*calls)]
            await stream
            after = [(await client.request(method, path, **more)).status_code for _ in range(101)]
            return replies, after

    replies, after = asyncio.run(run())
    assert replies == [200] * 150 and after == [200] * 100 + [429]


def test_where_too_many_questions_wait_another_one_is_refused_and_nothing_else():
    replies = requests(join("s", 1), join("s", 2), is_full=lambda number: number == 1)
    assert [reply.status_code for reply in replies] == [503, 200]


def test_wrong_passwords_are_tried_one_after_the_other(monkeypatch):
    monkeypatch.setattr(guard, "_WRONG_PASSWORD", 0.05)

    async def run():
        transport = httpx.ASGITransport(Guard(Inner(), login=LOGIN))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            began = asyncio.get_running_loop().time()
            wrong = basic("desk", "wrong")
            await asyncio.gather(*(client.get("/", headers=wrong) for _ in range(10)))
            return asyncio.get_running_loop().time() - began

    assert asyncio.run(run()) >= 0.5


# --- what goes wrong ---------------------------------------------------------------------------


async def broken(scope, receive, send):
    raise RuntimeError("secret")


def test_an_accident_is_logged_and_answered_with_the_headers(caplog):
    reply = get(inner=broken)
    assert reply.status_code == 500 and "secret" not in reply.text and "secret" in caplog.text
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]


def test_an_accident_in_the_middle_of_a_reply_breaks_it_off():
    async def halfway(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await broken(scope, receive, send)

    with pytest.raises(RuntimeError):
        get("/config", inner=halfway)


# --- names -------------------------------------------------------------------------------------


def name_is_accepted(name, host):
    return get(headers={"Host": name}, host=host).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_on_the_loopback_only_its_own_names_are_answered_to(host):
    assert name_is_accepted(f"[{host}]" if ":" in host else host, host)
    for name in ("127.0.0.1", "localhost:7860", "LOCALHOST", "[::1]:7860"):
        assert name_is_accepted(name, host), name
    for name in ("192.168.1.5", "evil.example", "127.0.0.1.evil.example", "a@localhost", "", "a b"):
        assert not name_is_accepted(name, host), name


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "desk.example"])
def test_elsewhere_addresses_and_this_machines_names_are_answered_to(host, monkeypatch):
    monkeypatch.setattr("eventqa.access.socket.gethostname", lambda: "Newsroom")
    for name in ("192.168.1.5:7860", "[fe80::1]:7860", "localhost", "newsroom", "NEWSROOM:7860"):
        assert name_is_accepted(name, host), name
    assert name_is_accepted("desk.example", host) is (host == "desk.example")
    for name in ("evil.example", "newsroom.evil.example", "", "1.2.3.4.evil.example"):
        assert not name_is_accepted(name, host), name


def test_two_host_headers_are_refused():
    headers = [(b"host", b"127.0.0.1"), (b"host", b"evil.example")]
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(Guard(Inner())(scope, None, send))
    assert sent[0]["status"] == 421


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1:7860"])
def test_another_sites_request_is_refused(origin):
    headers = {"Origin": origin}
    assert post("/gradio_api/run/ask", {"data": SEVEN}, headers=headers).status_code == 403
    same = {"Origin": "http://127.0.0.1:7860"}
    assert post("/gradio_api/run/ask", {"data": SEVEN}, headers=same).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_is_refused(site):
    headers = {"Sec-Fetch-Site": site}
    assert post("/gradio_api/mcp/", rpc("tools/list"), headers=headers).status_code == 403


# --- the login ---------------------------------------------------------------------------------

EVERYTHING = [
    ("GET", "/", {}),
    ("GET", "/config", {}),
    ("GET", "/gradio_api/queue/data", {}),
    ("POST", "/gradio_api/queue/join", {"json": {"data": []}}),
    ("POST", "/gradio_api/run/ask", {"json": {"data": SEVEN}}),
    ("POST", "/gradio_api/mcp/", {"json": rpc("tools/list")}),
]


def test_with_a_login_nothing_is_open_without_it():
    inner = Inner()
    for reply in requests(*EVERYTHING, inner=inner, login=LOGIN):
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == 'Basic realm="eventqa", charset="UTF-8"'
        assert reply.headers["x-content-type-options"] == "nosniff"
    assert inner.seen == []


def test_the_right_name_and_password_open_everything():
    right = basic(LOGIN.user, LOGIN.password)
    calls = [(method, path, {**more, "headers": right}) for method, path, more in EVERYTHING]
    assert {one.status_code for one in requests(*calls, login=LOGIN)} == {200}


@pytest.mark.parametrize(
    "given",
    [
        basic("desk", "wrong"),
        basic("desk", ""),
        basic("", LOGIN.password),
        basic("DESK", LOGIN.password),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ???"},
        {"Authorization": "Bearer x"},
        {"Authorization": ""},
    ],
)
def test_a_wrong_password_is_refused(given, monkeypatch):
    monkeypatch.setattr(guard, "_WRONG_PASSWORD", 0.0)
    assert get(headers=given, login=LOGIN).status_code == 401


def test_a_wrong_password_costs_time_that_nobody_else_pays():
    async def run():
        transport = httpx.ASGITransport(Guard(Inner(), login=LOGIN))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            began = asyncio.get_running_loop().time()
            wrong = asyncio.create_task(client.get("/", headers=basic("desk", "wrong")))
            right = await client.get("/", headers=basic(LOGIN.user, LOGIN.password))
            quick = asyncio.get_running_loop().time() - began
            await wrong
            slow = asyncio.get_running_loop().time() - began
            return right.status_code, quick, slow

    status, quick, slow = asyncio.run(run())
    assert status == 200 and quick < 0.3 and slow >= 0.5


def test_the_policy_allows_the_pages_own_scripts_by_their_hash():
    policy = get().headers["content-security-policy"]
    hashed = base64.b64encode(hashlib.sha256(b"let a").digest()).decode()
    assert f"'sha256-{hashed}'" in policy and "'unsafe-inline'" not in policy.split("style")[0]
