"""Mails, mailboxes and web pages saved as a mail → documents, and the files attached to them."""

from __future__ import annotations

import datetime as dt
import mailbox as mailboxes
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any, cast

from eventqa import webpage
from eventqa.decode import Undecodable, decode
from eventqa.document import Document, Enclosed, Facts, Origin, Piece, named, typeset
from eventqa.facts import is_web_address, language_tag
from eventqa.parse import paragraphs
from eventqa.types import one_line, whole

# What a mail has attached that no release is in.
_TRIMMINGS = re.compile(
    r"(?:image|audio|video|font)/|text/(?:calendar|x?-?vcard)|.*(?:signature|pgp)"
)
_MOST_MAILS = 20_000
_FORWARDED = re.compile(r"(?:(?:re|fwd?|aw|wg|tr|rv|antw)\s*:\s*)+", re.IGNORECASE)


def message(data: bytes, origin: Origin) -> Iterator[Piece]:
    """What a mail says, then the files attached to it.

    Raises:
        Undecodable: it says nothing, and nothing is attached to it.
    """
    mail = _parsed(data)
    attached = list(_attached(mail))
    document, warnings = _said(mail)
    if document:
        yield Piece(document, warnings=tuple(warnings))
    elif not attached:
        raise Undecodable(
            "there is no text in this mail. Save it anew with its text, not encrypted, or remove it"
        )
    yield from attached


def mailbox(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The mails of a mailbox in its order, named by their Message-ID, else by their number.

    Raises:
        Undecodable: there is none in it.
    """
    seen: set[str] = set()
    with tempfile.NamedTemporaryFile(suffix=".mbox") as file:
        file.write(data)
        file.flush()
        box = mailboxes.mbox(file.name, create=False)
        if len(box) > _MOST_MAILS:
            raise Undecodable(
                f"it holds {len(box):,} mails, at most {_MOST_MAILS:,} are read. Split it"
            )
        for number, key in enumerate(box.iterkeys(), start=1):
            mail = box.get_bytes(key)
            id = str(BytesHeaderParser().parsebytes(mail).get("Message-ID", "")).strip("<> \r\n")
            yield Piece(Enclosed("mail.eml", mail), named(id, number, seen))
        box.close()
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


def _said(mail: EmailMessage) -> tuple[Document | None, list[str]]:
    """The text of a mail as its author wrote it; of HTML only where it has no plain text."""
    warnings: list[str] = []
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    words = _decoded(plain, warnings) if plain is not None else ""
    if plain is not None and plain.get_param("format") == "flowed":
        words = _unflowed(words, delete=str(plain.get_param("delsp")).lower() == "yes")
    text, spans = words, tuple(paragraphs(words))
    if rich is not None:
        blocks = webpage.fragment(_decoded(rich, warnings))
        # "Please use a program that shows HTML" is no release.
        if 2 * len(words.split()) < len(" ".join(blocks).split()):
            text, spans = typeset(blocks)
    if not spans:
        return None, warnings
    title = _FORWARDED.sub("", one_line(_header(mail, "Subject")), count=1)
    facts = Facts(title=title, url=_address(mail), language=_language(mail))
    return Document(text, spans, facts, otherwise=_sender(mail), find_title=not title), warnings


def _attached(mail: EmailMessage) -> Iterator[Piece]:
    seen: set[str] = set()
    for number, part in enumerate(mail.iter_attachments(), start=1):
        if _TRIMMINGS.match(part.get_content_type()):
            continue
        if part.get_content_type() == "message/rfc822":
            (inner,) = cast("list[EmailMessage]", part.get_payload())
            file = Enclosed(f"attachment {number}.eml", inner.as_bytes())
        else:
            file = Enclosed(part.get_filename() or f"attachment {number}", _payload(part))
        yield Piece(file, named(file.name, number, seen))


def _parsed(data: bytes) -> EmailMessage:
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
    """Who sent it and when: what is known where its words say nothing of it."""
    return Facts(date=_date(mail), body=_from(mail))


def _date(mail: EmailMessage) -> dt.date | None:
    try:
        sent = mail["Date"].datetime
        return sent.date() if sent else None
    except Exception:  # the library fails in many ways over broken headers
        return None


def _from(mail: EmailMessage) -> str | None:
    try:
        sender = mail["From"].addresses[0]
        return one_line(whole(sender.display_name)) or None
    except Exception:
        return None


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return whole(str(mail[name] or ""))
    except Exception:
        return ""


def _address(mail: EmailMessage) -> str | None:
    """Where it can be read on the web (RFC 5064)."""
    address = _header(mail, "Archived-At").strip("<> ")
    return address if is_web_address(address) else None


def _language(mail: EmailMessage) -> str | None:
    return language_tag(_header(mail, "Content-Language").partition(",")[0])
