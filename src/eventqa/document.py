"""What a format says a release is, before anything is read in its words."""

from __future__ import annotations

import datetime as dt
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from eventqa.types import Span, one_line, placed, whole


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said about a release outside its text."""

    title: str = ""
    place: str | None = None
    date: dt.date | None = None
    body: str | None = None
    url: str | None = None
    language: str | None = None
    id: str | None = None
    supersedes: str | None = None  # the id or the file of an older version of it
    fetched_at: dt.datetime | None = None  # when it was fetched, UTC

    def over(self, others: Facts) -> Facts:
        """These facts, and of the others those that are not among them."""
        return Facts(
            title=self.title or others.title,
            place=self.place or others.place,
            date=self.date or others.date,
            body=self.body or others.body,
            url=self.url or others.url,
            language=self.language or others.language,
            id=self.id or others.id,
            supersedes=self.supersedes or others.supersedes,
            fetched_at=self.fetched_at or others.fetched_at,
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a release was read."""

    path: str  # relative to the corpus, with forward slashes
    member: str | None = None  # where inside a file of several, such as an archive
    line: int | None = None  # 1-based, of a .jsonl file
    encoding: str | None = None  # of its text, as whoever sent it said

    def inside(self, member: str) -> Origin:
        """Of something inside of what is here."""
        return Origin(self.path, f"{self.member}/{member}" if self.member else member)

    def __str__(self) -> str:
        where = placed(self.path, self.member)
        return where if self.line is None else f"{where}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """A canonical text and what its format knows of it."""

    text: str
    paragraphs: tuple[Span, ...]  # in order
    facts: Facts = field(default_factory=Facts)  # these win over what the text says
    otherwise: Facts = field(default_factory=Facts)  # the text wins over these
    find_title: bool = False  # take the first paragraph for the title if it looks like one
    pages: tuple[int, ...] = ()  # where each page begins in the text; empty: it has none


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside of a file."""

    name: str  # its suffix tells what it is
    data: bytes
    sidecar: bytes | None = None  # YAML with facts about the one release in it


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that a file holds, in the order of the file, and what is to be said about it."""

    content: Document | Enclosed | str | None  # text: why it cannot be read; None: only warnings
    member: str | None = None  # where inside the file, if it can hold several
    line: int | None = None  # 1-based, of a .jsonl file
    warnings: tuple[str, ...] = ()


SIDECAR = ".yaml"
"""What the name of a file's sidecar ends with, after the whole name of the file."""

LARGEST_SIDECAR = 65_536
"""Bytes: ten times what any archive writes; a megabyte of YAML takes five seconds."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is left alone: hidden, or what Word has open."""
    return name.startswith((".", "~$")) and name not in (".", "..")


def is_picture(name: str) -> bool:
    """Whether a file is a picture, a sound, a film or a font, as press kits are full of."""
    kind = mimetypes.guess_type(name, strict=False)[0] or ""
    known = kind.startswith(("image/", "audio/", "video/", "font/"))
    return known or name.rpartition("/")[2].lower() in ("thumbs.db", "desktop.ini")


def is_page_part(name: str) -> bool:
    """Whether a file in the folder of a saved page is a part of that, and no document."""
    return not name.lower().endswith((".pdf", ".docx", ".odt", ".eml", ".mbox", ".zip", ".md"))


def pages_of(folder: str) -> tuple[str, ...]:
    """The web pages whose pictures and scripts a browser would have saved in a folder."""
    page = folder.removesuffix("_files")
    return () if page == folder else (f"{page}.html", f"{page}.htm")


def named(written: str, number: int, taken: set[str]) -> str:
    """A member's name, made of what its file calls it; its number if that is no use or taken."""
    name = one_line(_NO_PATH.sub("_", whole(written)))[-_LONGEST_NAME:].strip() or str(number)
    while name in taken:
        name = f"{number} {name}"
    taken.add(name)
    return name


_NO_PATH = re.compile(r"[\x00-\x1f\x7f/\\]+")
_LONGEST_NAME = 200

UNFIT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no text has a use for, and what UTF-8 cannot hold."""


def typeset(blocks: Iterable[str]) -> tuple[str, tuple[Span, ...]]:
    """A canonical text of some paragraphs, with a blank line between them, and where they stand.

    White space around them is left out, what is nothing else, and control characters.
    """
    cleaned = (UNFIT.sub("", block.replace("\r\n", "\n").replace("\r", "\n")) for block in blocks)
    parts = [stripped for block in cleaned if (stripped := block.strip())]
    spans: list[Span] = []
    at = 0
    for part in parts:
        spans.append((at, at + len(part)))
        at += len(part) + len(BETWEEN)
    return BETWEEN.join(parts), tuple(spans)


BETWEEN = "\n\n"
"""What stands between the paragraphs of a text that was put together here."""
