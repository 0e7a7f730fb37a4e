"""What may reach the page's server, and what its replies forbid the browser.

Gradio serves far more than this page needs: uploads, local files, a proxy, file fetching for any
`FileData` in a request. So this lets through the few routes the page uses and refuses the rest,
for this machine only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refusal = tuple[int, str]

_HOSTS = ("127.0.0.1", "localhost", "::1")
_READ = re.compile(
    r"/|/(config|theme\.css|manifest\.json|favicon\.ico|robots\.txt)|/(assets|static)/.+"
    r"|/gradio_api/(startup-events|queue/data|heartbeat/\w+)"
)
_POST = re.compile(r"/gradio_api/(queue/join|cancel|reset/?)")
_MAX_BODY = 65_536  # bytes; a question is far shorter
_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Guard:
    """ASGI middleware: refuses what the page does not need and adds the security headers."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":  # the page uses no websocket
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := _refused(scope):
            await _refuse(send, *refusal)
        elif scope["method"] == "POST":
            await self._checked(scope, receive, send)
        else:
            await self.app(scope, receive, _Replies(scope, send))

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _refuse(send, 413, f"A request may have {_MAX_BODY} bytes.")
        elif not _plain(body):
            await _refuse(send, 400, "Only plain values are taken.")
        else:
            await self.app(scope, _again(body, receive), _Replies(scope, send))


class _Replies:
    """Sends on what the app sends, with the headers; holds the page back to hash its scripts.

    The page's own inline scripts are named by their hash, so a script that got in otherwise
    would not run.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.send = send
        self.is_page = scope["path"] == "/"
        self.start: Message = {}
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


def _refused(scope: Scope) -> Refusal | None:
    """Status and sentence when the request must not pass."""
    headers = dict(cast("list[tuple[bytes, bytes]]", scope["headers"]))
    here = "http://" + headers.get(b"host", b"").decode("latin-1")
    if not _is_local(here):
        return 421, "eventqa answers to 127.0.0.1 and localhost only."
    origin = headers.get(b"origin")
    elsewhere = headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none")
    if (origin is not None and origin.decode("latin-1") != here) or (
        scope["method"] == "POST" and elsewhere
    ):
        return 403, "eventqa takes requests from its own page only."
    allowed = {"GET": _READ, "HEAD": _READ, "POST": _POST}.get(scope["method"])
    path: str = scope["path"]
    if allowed is None or not allowed.fullmatch(path) or ".." in path or "\\" in path:
        return 404, "There is nothing here."
    return None


def _is_local(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.hostname in _HOSTS and (parts.port or 1) > 0 and "@" not in parts.netloc
    except ValueError:
        return False


def _plain(body: bytes) -> bool:
    """Whether the values in a request are texts, numbers and the like.

    Gradio fetches the url or the path of a `FileData` object wherever it stands in them.
    """
    try:
        request = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return False
    if not isinstance(request, dict):
        return False
    data = cast("dict[str, object]", request).get("data", [])
    return isinstance(data, list) and not any(
        isinstance(value, dict | list) for value in cast("list[object]", data)
    )


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
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
