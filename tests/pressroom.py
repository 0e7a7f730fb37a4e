"""A small press room on this machine that changes over time and misbehaves where it is told to."""

import gzip
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from written import as_html, as_pdf

FERRY = [
    "Aldmar, 4 March 2024 — The ferry Marta has returned to service after nine months of repairs.",
    "Both of her engines were replaced in that time, said the harbour master Jonas Reik.",
]
BRIDGE = [
    "Aldmar, 9 May 2023 — The bridge over the sound was opened to walkers this morning.",
    "It took ten years to build, and it is the longest of its kind on the islands.",
]


class PressRoom:
    """Serves what its `pages` hold: a path to (status, headers, body), or to a function."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.times: list[float] = []
        self.headers: dict[str, dict[str, str]] = {}
        self.pages: dict[str, object] = {}
        self.stopping = threading.Event()
        room = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                room.asked.append(self.path)
                room.times.append(time.monotonic())
                room.headers[self.path] = dict(self.headers)
                page = room.pages.get(self.path, (404, {}, b"nothing here"))
                self.close_connection = True
                try:
                    if callable(page):
                        page(self)
                    else:
                        self.answer(*page)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # whoever asked has had enough

            def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                if headers.get("ETag") and headers["ETag"] == self.headers.get("If-None-Match"):
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.host = f"127.0.0.1-{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def html(self, path: str, title: str, paragraphs: list[str], etag: str = "") -> str:
        headers = {"Content-Type": "text/html; charset=utf-8"}
        headers |= {"ETag": etag} if etag else {}
        self.pages[path] = (200, headers, as_html(title, paragraphs))
        return self.address + path

    def sends(self, path: str, kind: str, body: bytes, status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, {"Content-Type": kind, **named}, body)
        return self.address + path

    def robots(self, rules: str) -> None:
        self.sends("/robots.txt", "text/plain", rules.encode())

    def pdf(self, path: str, title: str, paragraphs: list[str]) -> str:
        return self.sends(path, "application/pdf", as_pdf(title, paragraphs))

    def feed(self, path: str, *links: str) -> str:
        items = "".join(f"<item><title>x</title><link>{link}</link></item>" for link in links)
        body = f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>"
        return self.sends(path, "application/rss+xml", body.encode())

    def sitemap(self, path: str, *links: str, packed: bool = False) -> str:
        listed = "".join(f"<url><loc>{link}</loc></url>" for link in links)
        body = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{listed}</urlset>"
        data = gzip.compress(body.encode()) if packed else body.encode()
        return self.sends(path, "application/gzip" if packed else "application/xml", data)

    def counted(self) -> Counter[str]:
        return Counter(self.asked)


def drip(handler) -> None:
    """Sends a header, then a byte now and then, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def endless_head(handler) -> None:
    """Sends a byte of a header now and then, without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def flood(handler) -> None:
    """Sends as much as anybody takes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65_536)


def silent(handler) -> None:
    """Sends nothing."""
    time.sleep(30)
