"""Mails, mailboxes and web pages saved as a mail → documents, and the files attached to them."""

from __future__ import annotations

import datetime as dt
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any, cast

from eventqa import webpage
from eventqa.decode import Undecodable, decode
from eventqa.document import (
    Document,
    Enclosed,
    Facts,
    Origin,
    Piece,
    is_picture,
    named,
    typeset,
)
from eventqa.facts import is_web_address, language_tag
from eventqa.parse import paragraphs
from eventqa.types import one_line, whole

# What a mail has attached that no release is in.
_TRIMMINGS = re.compile(
    r"(?:image|audio|video|font)/|text/(?:calendar|x?-?vcard)|.*(?:signature|pgp)"
)
_MOST_MAILS = 20_000
# A header line of many thousand characters takes the library many seconds.
_LONGEST_HEAD = 65_536
# With a day or time, and a header after it.
_SEPARATOR = re.compile(rb"^From [^\n]*\d[^\n]*\n(?=[!-9;-~]+:)", re.MULTILINE)
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_FORWARDED = re.compile(r"(?:(?:re|fwd?|aw|wg|tr|rv|antw)\s*:\s*)+", re.IGNORECASE)


def message(data: bytes, origin: Origin) -> Iterator[Piece]:
    """What a mail says, then the files attached to it.

    Raises:
        Undecodable: it says nothing, and nothing is attached to it.
    """
    mail = _parsed(data)
    texts, files = _leaves(mail)
    document, warnings = _said(mail, texts)
    if document:
        yield Piece(document, warnings=tuple(warnings))
    attached = list(_attached(files))
    if not document and not attached:
        raise Undecodable(
            "there is no text in this mail. Save it anew with its text, not encrypted, or remove it"
        )
    yield from attached


def mailbox(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The mails of a mailbox in its order, named by their Message-ID, else by their number.

    A line "From …" is taken for the beginning of a mail only as RFC 4155 has it, with a day and a
    header after it: the standard library takes every such line, and cuts mails in which a sentence
    begins so.

    Raises:
        Undecodable: there is none in it, or there are too many.
    """
    starts = list(_SEPARATOR.finditer(data)) or list(_FROM_LINE.finditer(data))
    if starts and data[: starts[0].start()].strip():
        yield Piece(None, warnings=("what stands before its first mail was left out",))
    if len(starts) > _MOST_MAILS:
        raise Undecodable(
            f"it holds {len(starts):,} mails, at most {_MOST_MAILS:,} are read. Split it"
        )
    seen: set[str] = set()
    ends = [*(start.start() for start in starts[1:]), len(data)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
        mail = _QUOTED_FROM.sub(rb"\1", data[start.end() : end])
        id = str(BytesHeaderParser().parsebytes(mail[:_LONGEST_HEAD]).get("Message-ID", ""))
        yield Piece(Enclosed("mail.eml", mail), named(id.strip("<> \r\n"), number, seen))
    if not seen:
        raise Undecodable("there is no mail in it. Save it anew as a mailbox, or as single mails")


def web_archive(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a page that a browser saved with all its parts in one file.

    Raises:
        Undecodable: it holds no page, or no article is found in it.
    """
    archive = _parsed(data)
    for part in archive.walk():
        if part.get_content_type() == "text/html":
            words, warning = decode(_payload(part), part.get_content_charset())
            document = webpage.page(words)
            address = str(archive.get("Snapshot-Content-Location") or "").strip()
            told = Facts(url=address if is_web_address(address) else None)
            document = replace(document, facts=document.facts.over(told))
            yield Piece(document, warnings=(warning,) if warning else ())
            return
    raise Undecodable("there is no web page in it. Save the page anew, as .html")


def _leaves(part: EmailMessage) -> tuple[list[EmailMessage], list[EmailMessage]]:
    """The parts of a mail that are its text, and those that are files, in order.

    Of several ways to say the same the plain text is the author's; HTML is taken where that is an
    excuse ("Please use a program that shows HTML").
    """
    if part.get_content_maintype() != "multipart":
        is_text = part.get_content_type() in ("text/plain", "text/html")
        is_file = part.is_attachment() or part.get_filename() is not None
        return ([part], []) if is_text and not is_file else ([], [part])
    branches = [_leaves(cast("EmailMessage", inner)) for inner in part.iter_parts()]
    files = [one for _, inner in branches for one in inner]
    if part.get_content_subtype() != "alternative":
        return [one for inner, _ in branches for one in inner], files
    texts = [inner for inner, _ in branches if inner]
    lengths = [sum(len(" ".join(_words_of(one)).split()) for one in inner) for inner in texts]
    best = next((n for n, length in enumerate(lengths) if 2 * length >= max(lengths)), 0)
    return texts[best] if texts else [], files


def _said(mail: EmailMessage, parts: list[EmailMessage]) -> tuple[Document | None, list[str]]:
    """What a mail says in some of its parts."""
    warnings: list[str] = []
    if len(parts) == 1 and parts[0].get_content_type() == "text/plain":
        text = _plain(parts[0], warnings)
        spans = tuple(paragraphs(text))
    else:
        text, spans = typeset(block for part in parts for block in _words_of(part, warnings))
    if not spans:
        return None, warnings
    title = _FORWARDED.sub("", one_line(_header(mail, "Subject")), count=1)
    facts = Facts(title=title, url=_address(mail), language=_language(mail))
    return Document(text, spans, facts, otherwise=_sender(mail), find_title=not title), warnings


def _words_of(part: EmailMessage, warnings: list[str] | None = None) -> list[str]:
    """The paragraphs of a part that is text."""
    warnings = [] if warnings is None else warnings
    if part.get_content_type() == "text/html":
        return webpage.fragment(_decoded(part, warnings))
    text = _plain(part, warnings)
    return [text[slice(*span)] for span in paragraphs(text)]


def _plain(part: EmailMessage, warnings: list[str]) -> str:
    words = _decoded(part, warnings)
    if str(part.get_param("format")).lower() == "flowed":
        return _unflowed(words, delete=str(part.get_param("delsp")).lower() == "yes")
    return words


def _attached(parts: list[EmailMessage]) -> Iterator[Piece]:
    seen: set[str] = set()
    for number, part in enumerate(parts, start=1):
        kind = part.get_content_type()
        if _TRIMMINGS.match(kind) or is_picture(part.get_filename() or ""):
            continue
        if kind == "message/rfc822":
            (inner,) = cast("list[EmailMessage]", part.get_payload())
            file = Enclosed(f"attachment {number}.eml", inner.as_bytes())
        else:
            suffix = mimetypes.guess_extension(kind) or ""
            file = Enclosed(part.get_filename() or f"attachment {number}{suffix}", _payload(part))
        yield Piece(file, named(file.name, number, seen))


def _parsed(data: bytes) -> EmailMessage:
    head = re.search(rb"\r?\n\r?\n", data)
    if (head.start() if head else len(data)) > _LONGEST_HEAD:
        raise Undecodable(
            f"its head has more than {_LONGEST_HEAD:,} bytes, like what was made to do harm. Save "
            "the text of the mail by itself"
        )
    return message_from_bytes(data, policy=policy.default)


def _decoded(part: Any, warnings: list[str]) -> str:
    """The text of a part; what cannot be decoded is warned of."""
    data = _payload(part)
    try:
        words, warning = decode(data, part.get_content_charset()) if data.strip() else ("", None)
    except Undecodable as error:
        words, warning = "", f"a part of it was left out: {error}"
    warnings += [warning] if warning else []
    return words


def _payload(part: Any) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _unflowed(words: str, *, delete: bool) -> str:
    """A text with the line breaks taken out that a mail program put in (RFC 3676)."""
    lines: list[str] = []
    for line in words.split("\n"):
        line = line[1:] if line.startswith(" ") else line
        if lines and lines[-1].endswith(" ") and lines[-1] != "-- ":
            lines[-1] = (lines[-1][:-1] if delete else lines[-1]) + line
        else:
            lines.append(line)
    return "\n".join(lines)


def _sender(mail: EmailMessage) -> Facts:
    """Who sent it and when: what counts where its words say nothing of it."""
    return Facts(date=_date(mail), body=_from(mail))


def _date(mail: EmailMessage) -> dt.date | None:
    try:
        sent = mail["Date"].datetime
        return sent.date() if sent else None
    except Exception:  # the library fails in many ways over broken headers
        return None


def _from(mail: EmailMessage) -> str | None:
    try:
        return one_line(_mended(mail["From"].addresses[0].display_name)) or None
    except Exception:
        return None


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return _mended(str(mail[name] or ""))
    except Exception:
        return ""


def _mended(header: str) -> str:
    """A header with the letters that somebody wrote into it as bytes, against the rules."""
    try:
        return header.encode("utf-8", "surrogateescape").decode()
    except UnicodeError:
        return whole(header)


def _address(mail: EmailMessage) -> str | None:
    """Where it can be read on the web (RFC 5064)."""
    address = _header(mail, "Archived-At").strip("<> ")
    return address if is_web_address(address) else None


def _language(mail: EmailMessage) -> str | None:
    return language_tag(_header(mail, "Content-Language").partition(",")[0])
