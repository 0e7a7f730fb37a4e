"""What something from the web is called in the corpus, and what is told of it there."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import urllib.parse

from eventqa import facts, readers
from eventqa.document import SIDECAR
from eventqa.types import one_line
from eventqa.web import Fetched

_LONGEST_PART = 80  # bytes of a name in a path
_DEEPEST_PLACE = 8  # folders that an address is kept in
_LONGEST_VALUE = 2_000  # characters of what a server tells
# What is kept of an address in a path; the whole of it is in the sidecar.
_UNSAFE = re.compile(r"[^\w.,=+@()-]+")
# The kinds of media that are read, by the name that servers give them.
_KINDS = {
    "text/html": ".html",
    "application/xhtml+xml": ".xhtml",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "message/rfc822": ".eml",
    "application/mbox": ".mbox",
    "application/zip": ".zip",
}
_LISTS = frozenset(
    "application/rss+xml application/atom+xml application/xml text/xml application/rdf+xml "
    "application/gzip application/x-gzip".split()
)
# What servers call anything.
_VAGUE = frozenset(
    ("", "text/plain", "application/zip", "application/octet-stream", "binary/octet-stream")
)


def may_list(fetched: Fetched) -> bool:
    """Whether something may be a feed or a sitemap."""
    start = fetched.data[:512].removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    is_xml = start.startswith((b"<?xml", b"<rss", b"<feed", b"<urlset", b"<sitemapindex", b"<!--"))
    return fetched.kind in _LISTS or is_xml or start.startswith(b"\x1f\x8b")


def suffix(fetched: Fetched) -> str | None:
    """The kind of file that something is kept as: by its content, its server or its name."""
    start = fetched.data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    named = readers.suffix_of(urllib.parse.urlsplit(fetched.url).path)
    named = named if named in readers.SUFFIXES else None
    if start.startswith(b"%pdf-"):
        return ".pdf"
    if start.startswith((b"<!doctype html", b"<html")):
        return ".html"
    if fetched.kind in _LISTS or start.startswith((b"<?xml", b"<rss", b"<feed")):
        return ".xml"
    if fetched.kind in _VAGUE and named:
        return named
    return _KINDS.get(fetched.kind) or named


def place(url: str) -> str:
    """Where in the corpus something from the web is kept, without suffix: `host/path/name`."""
    parts = urllib.parse.urlsplit(url)
    segments = [part for part in urllib.parse.unquote(parts.path).split("/") if part.strip(".")]
    if not segments or parts.path.endswith("/"):
        segments.append("index")
    stem, suffix = os.path.splitext(segments[-1])
    segments[-1] = stem if suffix.lower() in readers.SUFFIXES else segments[-1]
    safe = [*map(_folder, segments[:-1][:_DEEPEST_PLACE]), _safe(segments[-1])]
    # Two addresses must not share a name because of what is left out of it.
    if parts.query or safe != segments:
        safe[-1] += f"-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
    return "/".join([_folder(parts.netloc), *safe])


def _safe(part: str) -> str:
    """A part of an address that can be a name everywhere."""
    clean = _UNSAFE.sub("-", part).encode()[:_LONGEST_PART].decode("utf-8", "ignore")
    return clean.strip(".-") or "-"


def _folder(part: str) -> str:
    """A part of an address as the name of a folder, which no file and no page shares with it."""
    name = _safe(part)
    suffix = readers.suffix_of(name)
    if suffix in readers.SUFFIXES or suffix == SIDECAR:
        name = f"{name[: -len(suffix)]}-{suffix[1:]}"
    return f"{name[:-6]}-files" if name.endswith("_files") else name


def sidecar(url: str, fetched: Fetched) -> bytes:
    """Where and when something was fetched, and what to ask with whether it has changed."""
    encoding = fetched.charset
    values = {
        "fetched_from": url,
        "fetched_at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "redirected_to": fetched.url if fetched.url != url else None,
        "etag": fetched.etag,
        "last_modified": fetched.modified,
        "encoding": encoding if encoding and encoding.lower() != "utf-8" else None,
    }
    told = {name: one_line(value) for name, value in values.items() if value}
    return facts.written({name: one for name, one in told.items() if len(one) <= _LONGEST_VALUE})
