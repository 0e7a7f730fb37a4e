"""An RSS or Atom feed saved as a file → the releases in it. The only home of feedparser."""

# feedparser is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import datetime as dt
import html
import io
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from eventqa import dates, webpage
from eventqa.decode import Undecodable
from eventqa.document import Document, Facts, Origin, Piece, named, typeset
from eventqa.facts import is_web_address, language_tag
from eventqa.types import one_line, whole

_MOST_ENTRIES = 5_000
# Where the full text is somewhere else, a feed has a line or two that ends so.
_TEASER = re.compile(r"(?:…|\.\.\.|\[(?:…|\.\.\.|&#8230;)\]|\b(?:read|learn) more\W{0,9})$", re.I)
_LONGEST_END = 200
_TAG = re.compile(r"</?[A-Za-z]")


def read(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The entries of a feed in its order, named by their id or address, else by their number.

    Raises:
        Undecodable: it is no feed, or has no entries.
    """
    found = _parsed(data)
    if not found.entries:
        raise Undecodable("this feed has no entries. Remove it, or save it again")
    if len(found.entries) > _MOST_ENTRIES:
        raise Undecodable(
            f"it has {len(found.entries):,} entries, at most {_MOST_ENTRIES:,} are read. Split it"
        )
    if found.bozo and type(found.bozo_exception).__name__.startswith("SAX"):
        yield Piece(
            None,
            warnings=(
                "it is damaged or cut off: what follows the damage is missing. Save it again",
            ),
        )
    seen: set[str] = set()
    for number, entry in enumerate(found.entries, start=1):
        id = entry.get("id") or entry.get("link") or ""
        yield _piece(entry, found.feed, named(id, number, seen))


def links(data: bytes) -> list[str]:
    """The addresses of the pages that the entries of a feed lead to, in its order.

    Raises:
        Undecodable: it is no feed.
    """
    return [link for entry in _parsed(data).entries if (link := entry.get("link"))]


def _parsed(data: bytes) -> Any:
    import feedparser

    if b"<!ENTITY" in data.replace(b"\0", b""):  # in UTF-16, too
        raise Undecodable(
            "it defines entities of its own, as harmful files do and no feed needs to. Save it anew"
        )
    # Sanitising is for those who show the HTML; here only its words are taken. As a stream, because
    # bytes may be taken for the name of a file.
    stream = io.BytesIO(data)
    found: Any = feedparser.parse(stream, sanitize_html=False, resolve_relative_uris=False)
    if not found.version:
        raise Undecodable("it is no RSS or Atom feed. Save the releases as web pages or text")
    return found


def _piece(entry: Any, about: Any, member: str) -> Piece:
    blocks = _blocks(entry)
    text, spans = typeset(blocks)
    if not spans:
        return Piece("this entry has no text, only a title. Add the page it leads to", member)
    warnings = (
        ("this entry seems to have only the beginning of its text. Add the page it leads to",)
        if _TEASER.search(text[-_LONGEST_END:].rstrip())
        else ()
    )
    return Piece(Document(text, spans, _facts(entry, about)), member, warnings=warnings)


def _blocks(entry: Any) -> list[str]:
    """The paragraphs of the longest text that an entry has."""
    texts = [*entry.get("content", []), entry.get("summary_detail") or {}]
    longest: Any = max(texts, key=_length)
    words = whole(longest.get("value") or "")
    if not _TAG.search(words):  # whatever it is called
        return re.split(r"\n[^\S\n]*\n", html.unescape(words))
    return webpage.fragment(words)


def _length(text: Any) -> int:
    return len(text.get("value") or "")


def _facts(entry: Any, about: Any) -> Facts:
    link = one_line(whole(entry.get("link") or ""))
    language = entry.get("language") or about.get("language") or ""
    body = (entry.get("source") or {}).get("title") or entry.get("publisher") or about.get("title")
    return Facts(
        title=one_line(" ".join(webpage.fragment(whole(entry.get("title") or "")))),
        date=_day(_plain(entry, "published")) or _day(_plain(entry, "updated")),
        body=one_line(whole(body or "")) or None,
        url=link if is_web_address(link) else None,
        language=language_tag(language),
    )


def _plain(entry: Any, name: str) -> str:
    """A value that the entry itself has; feedparser would give another one in its place."""
    return dict[str, Any].get(entry, name) or ""


def _day(written: str) -> dt.date | None:
    """The day as its author has it; the library would give that of Greenwich."""
    try:
        return parsedate_to_datetime(written).date()
    except (ValueError, TypeError, IndexError):
        return dates.day(written)
