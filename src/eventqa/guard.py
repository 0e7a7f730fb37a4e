"""What may reach the page's server, and what its replies forbid the browser.

Gradio serves far more than this page needs: uploads, local files, a proxy, file fetching for any
`FileData` in a request. So this lets through the few routes that the page and programs use and
refuses the rest; who may use them is decided in `access`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Generator, MutableMapping
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from eventqa import calls
from eventqa.access import LOOPBACK, Login, answers_to, names_of
from eventqa.calls import VALUES, Call

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]
Refusal = tuple[int, str]

_log = logging.getLogger(__name__)

_READ = re.compile(
    r"/|/(config|theme\.css|manifest\.json|favicon\.ico|robots\.txt)|/(assets|static)/.+"
    r"|/gradio_api/(info|app_id|startup-events|queue/data|heartbeat/[\w-]+)"
)
_RUN = re.compile(r"/gradio_api/run/ask/?")
# Called by programs: they do not wait in Gradio's queue.
_PROGRAMS = re.compile(rf"{_RUN.pattern}|/gradio_api/mcp/?")
_POST = re.compile(rf"/gradio_api/(queue/join|cancel|reset/?)|{_PROGRAMS.pattern}")
MCP = "/gradio_api/mcp"
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/[\w-]+")
_STARTING = "/gradio_api/startup-events"  # Gradio calls it itself, and it tells nothing
_MAX_BODY = 65_536  # bytes; a question is far shorter
_BODY_SECONDS = 10.0  # in which all of it must have come
_WRONG_PASSWORD = 0.5  # seconds that a wrong one costs
_JOIN, _RESULTS = "/gradio_api/queue/join", "/gradio_api/queue/data"
_UNREAD = 100  # calls that a session may make before it reads a result
_SESSIONS = 5_000
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_CHALLENGE = (b"www-authenticate", b'Basic realm="eventqa", charset="UTF-8"')


class Guard:
    """ASGI middleware: refuses what is not needed or not allowed, and adds the security headers.

    Args:
        host: where the server listens.
        login: who may use it; None: everybody who reaches it.
        at_once: so many calls of programs are answered at the same time.
        waiting: so many more may wait; what comes then is told to come again later.
        functions: the numbers of those that the page may call; None: any.
        is_full: whether too many calls of a function wait already.
    """

    def __init__(
        self,
        app: App,
        host: str = LOOPBACK,
        login: Login | None = None,
        at_once: int = 8,
        waiting: int = 64,
        functions: Collection[int] | None = None,
        is_full: Callable[[int], bool] = lambda _: False,
    ) -> None:
        self.app = app
        self._host = host
        self._names = names_of(host)
        self._login = login
        self._turn = asyncio.Semaphore(at_once)
        self._left = at_once + waiting
        self._functions = functions
        self._is_full = is_full
        self._wrong = asyncio.Lock()
        self._unread = _Unread()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":  # the page uses no websocket
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := self._refused(scope) or await self._unknown(scope):
            await _refuse(send, *refusal)
        else:
            scope = {**scope, "headers": _trusted(scope)}
            await (self._posted if scope["method"] == "POST" else self._read)(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _HEARTBEAT.fullmatch(scope["path"]):
            # Held open, it would take each tab one of the six connections that a browser allows.
            await send({"type": "http.response.start", "status": 204, "headers": [*_HEADERS]})
            await send({"type": "http.response.body"})
            return
        replies = _Replies(scope, send)
        reading = _session_in(scope) if scope["path"] == _RESULTS else None
        try:
            with self._unread.reading(reading):
                await self.app(scope, receive, replies)
        except Exception:
            # What stands around this in the server would answer without the headers.
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if replies.begun:
                raise
            await _refuse(send, 500, "Something went wrong inside eventqa. Its log says what.")

    async def _posted(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            # Before it takes one of the turns: whoever sends slowly holds nobody up.
            body = await asyncio.wait_for(_body(receive), _BODY_SECONDS)
        except TimeoutError:
            await _refuse(send, 408, f"A request must be sent within {_BODY_SECONDS:g} seconds.")
            return
        if body is None:
            await _refuse(send, 413, f"A request may have {_MAX_BODY} bytes.")
            return
        handed = self._handed_on(scope["path"], body)
        if not isinstance(handed, bytes):
            await _refuse(send, *handed)
            return
        receive = _again(handed, receive)
        if not _PROGRAMS.fullmatch(scope["path"]):
            await self._read(scope, receive, send)
        elif not self._left:
            await _refuse(send, 503, "Too many programs are asking. Ask again in a moment.")
        else:
            self._left -= 1
            try:
                async with self._turn:
                    await self._read(scope, receive, send)
            finally:
                self._left += 1

    def _handed_on(self, path: str, body: bytes) -> bytes | Refusal:
        """What of a body Gradio gets, or status and sentence when it gets nothing."""
        call = (calls.of_tool if path.startswith(MCP) else calls.of_page)(body)
        if call is None:
            return 400, "Only plain values are taken."
        if _RUN.fullmatch(path):
            told = f"data holds {len(VALUES)} values, in this order: {', '.join(VALUES)}."
            return calls.values_of(call) or (400, told)
        if not _PROGRAMS.fullmatch(path) and (refusal := self._not_now(path, call)):
            return refusal
        return body

    def _not_now(self, path: str, call: Call) -> Refusal | None:
        """Status and sentence when the page may not make this call, or not now."""
        number, session = call.get("fn_index"), call.get("session_hash")
        if number is not None and not self._has(number):
            return 400, "There is no such function."
        if path != _JOIN:
            return None
        if isinstance(number, int) and self._is_full(number):
            return 503, "Too many questions are waiting. Ask again in a moment."
        if isinstance(session, str) and not self._unread.may_add(session):
            return 429, "Read the results of your calls first."
        return None

    def _has(self, number: object) -> bool:
        return self._functions is None or (isinstance(number, int) and number in self._functions)

    def _refused(self, scope: Scope) -> Refusal | None:
        """Status and sentence when the request must not pass, whoever sends it."""
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        here = f"http://{b''.join(hosts).decode('latin-1')}"
        if len(hosts) != 1 or not answers_to(_name_in(here), self._host, self._names):
            return 421, "eventqa does not answer to this name. Use the address that it has told."
        elsewhere = _values(scope, b"sec-fetch-site") not in ([], [b"same-origin"], [b"none"])
        if any(one.decode("latin-1") != here for one in origins) or (
            scope["method"] == "POST" and elsewhere
        ):
            return 403, "eventqa takes requests from its own page only."
        allowed = {"GET": _READ, "HEAD": _READ, "POST": _POST}.get(scope["method"])
        path: str = scope["path"]
        if allowed is None or not allowed.fullmatch(path) or ".." in path or "\\" in path:
            return 404, "There is nothing here."
        return None

    async def _unknown(self, scope: Scope) -> Refusal | None:
        """Status and sentence when the request comes without the right name and password."""
        if self._login is None or scope["path"] == _STARTING:
            return None
        given = _values(scope, b"authorization")
        if len(given) == 1 and self._login.admits(given[0]):
            return None
        if given:
            async with self._wrong:  # one after the other
                await asyncio.sleep(_WRONG_PASSWORD)
        return 401, "A name and a password are needed."


class _Unread:
    """How much each session has called without reading results: Gradio keeps them all for it."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, int] = OrderedDict()
        self._reading: Counter[str] = Counter()

    def may_add(self, session: str) -> bool:
        """Counts a call, unless there are too many."""
        if self._reading[session]:
            return True
        calls = self._calls.pop(session, 0)
        self._calls[session] = min(calls + 1, _UNREAD)
        if len(self._calls) > _SESSIONS:
            self._calls.popitem(last=False)
        return calls < _UNREAD

    @contextmanager
    def reading(self, session: str | None) -> Generator[None]:
        """While a session, if any, reads its results, its calls are not counted."""
        if session is None:
            yield
            return
        self._calls.pop(session, None)
        self._reading[session] += 1
        try:
            yield
        finally:
            self._reading[session] -= 1
            self._reading += Counter()  # drops those at zero


class _Replies:
    """Sends on what the app sends, with the headers; holds the page back to hash its scripts.

    The page's own inline scripts are named by their hash, so a script that got in otherwise
    would not run.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.send = send
        self.is_page = scope["path"] == "/"
        self.start: Message = {}
        self.begun = False  # something has been sent
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            if not self.is_page:
                await self._begin()
        elif not self.is_page:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._begin()
                await self.send({"type": "http.response.body", "body": self.body})

    async def _begin(self) -> None:
        self.begun = True
        headers = [*self.start["headers"], *_HEADERS, (b"content-security-policy", self._policy())]
        await self.send({**self.start, "headers": headers})

    def _policy(self) -> bytes:
        return content_policy(_INLINE.findall(self.body)).encode()


def content_policy(scripts: list[bytes]) -> str:
    """The Content-Security-Policy that allows this host and these inline scripts only."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in scripts
    )
    return "; ".join(
        (
            "default-src 'self'",
            # gr.HTML compiles its template in the browser.
            f"script-src 'self' 'unsafe-eval' {hashes}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "object-src 'none'",
            "frame-src 'none'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _values(scope: Scope, name: bytes) -> list[bytes]:
    """What the headers of a name say."""
    return [value for key, value in cast("list[Header]", scope["headers"]) if key == name]


def _session_in(scope: Scope) -> str:
    query = parse_qs(cast("bytes", scope.get("query_string", b"")).decode("latin-1"))
    return query.get("session_hash", [""])[0]


def _trusted(scope: Scope) -> list[Header]:
    """The headers without those that would tell Gradio of another host than the one asked."""
    headers = cast("list[Header]", scope["headers"])
    return [one for one in headers if not one[0].startswith((b"x-forwarded-", b"forwarded"))]


def _name_in(url: str) -> str | None:
    """The host that a url names, None when it names none as a browser would write it."""
    try:
        parts = urlsplit(url)
        return parts.hostname if (parts.port or 1) > 0 and "@" not in parts.netloc else None
    except ValueError:
        return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body of a request, None when it is too long or broken off."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > _MAX_BODY:
            return None
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that first gives the body already read."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again


async def _refuse(send: Send, status: int, sentence: str) -> None:
    content = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        *_HEADERS,
        *([_CHALLENGE] if status == 401 else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
