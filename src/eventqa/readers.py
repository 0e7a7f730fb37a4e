"""One file of the corpus → its releases and what is wrong with it.

Each kind of file has a reader that takes it apart into pieces: documents, or further files. Those
whose format a stranger could have made harmful are read in a process of their own (`apart`).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from eventqa import bundle, facts, feed, mail, office, pdf, plain, webpage
from eventqa.decode import Undecodable, decode
from eventqa.document import Document, Enclosed, Facts, Origin, Piece
from eventqa.facts import is_web_address
from eventqa.parse import disagreeing_day, parse
from eventqa.types import Problem, Release

READING = 2
"""Raised when the same bytes would be read differently, so that every file is read again."""

_MIB = 1024 * 1024
# A mail in an archive may have an attachment; nobody nests deeper, but for harm.
_DEEPEST = 3
_LONGEST_REASON = 200
_MOST_PROBLEMS = 100  # that are told of one file

Reader = Callable[[bytes, Origin], Iterator[Piece]]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that is read."""

    reader: Reader
    largest: int  # bytes
    apart: bool = True  # read in a process of its own


_TEXT = 16 * _MIB  # two million words
_FORMATS = {
    ".txt": Format(plain.text, _TEXT, apart=False),
    ".md": Format(plain.markdown, _TEXT, apart=False),
    ".jsonl": Format(plain.json_lines, 512 * _MIB, apart=False),
    ".html": Format(webpage.read, _TEXT),
    ".htm": Format(webpage.read, _TEXT),
    ".xhtml": Format(webpage.read, _TEXT),
    ".mhtml": Format(mail.web_archive, 64 * _MIB),
    ".mht": Format(mail.web_archive, 64 * _MIB),
    ".pdf": Format(pdf.read, 256 * _MIB),
    ".docx": Format(office.docx, 64 * _MIB),
    ".odt": Format(office.odt, 64 * _MIB),
    ".rtf": Format(office.rtf, _TEXT),
    ".eml": Format(mail.message, 64 * _MIB),
    ".mbox": Format(mail.mailbox, 512 * _MIB),
    ".xml": Format(feed.read, _TEXT),
    ".rss": Format(feed.read, _TEXT),
    ".atom": Format(feed.read, _TEXT),
    ".zip": Format(bundle.read, 512 * _MIB),
}
SUFFIXES = frozenset(_FORMATS)
"""The kinds of file that are read, in lower case."""

# What people have in their archives that can be saved as something that is read.
_INSTEAD = {".doc": ".docx", ".dot": ".docx", ".pages": ".docx", ".wpd": ".odt", ".msg": ".eml"}


@dataclass(slots=True)
class Reading:
    """What came out of one file."""

    releases: list[Release] = field(default_factory=list[Release])
    problems: list[Problem] = field(default_factory=list[Problem])

    def add(self, event: Event) -> None:
        if isinstance(event, Release):
            self.releases.append(event)
        elif isinstance(event, Problem):
            self.problems.append(event)


@dataclass(frozen=True, slots=True)
class Links:
    """What a feed or a sitemap lists, as it is written there."""

    pages: tuple[str, ...]
    lists: tuple[str, ...] = ()  # further sitemaps


def links(data: bytes) -> Links | None:
    """What a feed or a sitemap lists; None of what is neither, or broken."""
    try:
        data = bundle.unpacked(data)
        if found := webpage.sitemap(data):
            return Links(*found)
        return Links(tuple(feed.links(data)))
    except Exception:  # what is broken on purpose makes the libraries raise anything
        return None


@dataclass(frozen=True, slots=True)
class At:
    """A sign of life: what is read next, and how many pieces of the file are behind."""

    where: str
    done: int


Event = Release | Problem | At


def objection(path: str, size: int) -> str | None:
    """Why a file is not read, by its name and its size in bytes; None when it is."""
    suffix = suffix_of(path)
    if suffix in _INSTEAD:
        return f"{suffix} is not read. Save it as {_INSTEAD[suffix]}"
    if suffix not in SUFFIXES:
        kinds = ", ".join(sorted(SUFFIXES))
        return f"{suffix or 'a file without suffix'} is not read. Save it as one of {kinds}"
    largest = _FORMATS[suffix].largest
    if size > largest:
        return f"it has {size:,} bytes, at most {largest:,} are read of {suffix}. Split it"
    return None


def is_read_apart(path: str) -> bool:
    """Whether a file is one to read in a process of its own."""
    return _FORMATS[suffix_of(path)].apart


def suffix_of(path: str) -> str:
    """What the name of a file ends with, in lower case: `.pdf`."""
    return os.path.splitext(path)[1].lower()


def read(path: str, data: bytes, sidecar: bytes | None = None) -> Reading:
    """The releases in a file's bytes, in order, and its problems. Never raises for bad content.

    Args:
        path: relative to the corpus, with forward slashes; its suffix is one of `SUFFIXES`.
        sidecar: YAML with facts about the one release in it.
    """
    reading = Reading()
    for event in events(path, data, sidecar):
        reading.add(event)
    return reading


def events(path: str, data: bytes, sidecar: bytes | None = None, skip: int = 0) -> Iterator[Event]:
    """What `read` finds, as it is found, and before each piece a sign of life.

    Args:
        skip: so many pieces at the beginning are left out.
    """
    origin = Origin(path)
    releases = problems = 0
    for event in _events(origin, Enclosed(path, data, sidecar), depth=0, skip=skip):
        releases += isinstance(event, Release)
        problems += isinstance(event, Problem)
        if not isinstance(event, Problem) or problems <= _MOST_PROBLEMS:
            yield event
    if problems > _MOST_PROBLEMS:
        yield _lost(origin, f"it has {problems - _MOST_PROBLEMS:,} more problems like these")
    if not releases and not problems and not skip:
        yield _lost(origin, "it holds no release. Remove it, or put one into it")


def _events(origin: Origin, file: Enclosed, depth: int, skip: int = 0) -> Iterator[Event]:
    suffix = suffix_of(file.name)
    told = _told(file.sidecar, origin)
    yield from _warnings(origin, told.warnings)
    origin = replace(origin, encoding=told.encoding)
    try:
        for done, piece in enumerate(_FORMATS[suffix].reader(file.data, origin), start=1):
            if done > skip:
                place = origin if piece.member is None else origin.inside(piece.member)
                place = replace(place, line=piece.line)
                yield At(str(place), done - 1)
                yield from _warnings(place, piece.warnings)
                yield from _taken_up(piece, place, told, depth)
            yield At(str(origin), done)
    except Undecodable as error:
        yield _lost(origin, str(error))
    except MemoryError:
        yield _lost(origin, "it needs more memory than a release may. Split it, or remove it")
    except Exception as error:  # what is broken on purpose makes the libraries raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
        yield _lost(origin, f"it is damaged or no {suffix} file ({reason}). Save it anew")


def _taken_up(piece: Piece, place: Origin, told: Sidecar, depth: int) -> Iterator[Event]:
    match piece.content:
        case Document() as document:
            release = parse(_with(told, document, place), place)
            yield release
            if day := disagreeing_day(release):
                yield from _warnings(place, [_two_dates(release, day)])
        case Enclosed() as file:
            if why := objection(file.name, len(file.data)):
                yield _lost(place, why)
            elif depth == _DEEPEST:
                yield _lost(place, "it lies too deep inside of other files. Take it out of them")
            else:
                yield from _events(place, file, depth + 1)
        case str(message):
            yield _lost(place, message)
        case None:
            pass


def _with(told: Sidecar, document: Document, place: Origin) -> Document:
    """A document about which more is told than its format says."""
    facts, otherwise = told.facts, told.otherwise
    if place.member is not None or place.line is not None:  # it is one of several
        facts = Facts(place=facts.place, body=facts.body, language=facts.language)
        otherwise = Facts()
    return replace(
        document,
        facts=facts.over(document.facts),
        otherwise=document.otherwise.over(otherwise),
        find_title=document.find_title and not facts.title,
    )


def _two_dates(release: Release, day: dt.date) -> str:
    return (
        f"it is dated {release.date}, its dateline {day}: the former counts. If it is wrong, write "
        "the right one where it comes from, or into a sidecar"
    )


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What is told about a file beside it."""

    facts: Facts = field(default_factory=Facts)  # these win over everything
    otherwise: Facts = field(default_factory=Facts)  # everything wins over these
    encoding: str | None = None
    warnings: tuple[str, ...] = ()


def _told(sidecar: bytes | None, origin: Origin) -> Sidecar:
    """What a sidecar tells, and what is wrong with it."""
    if sidecar is None:
        return Sidecar()
    warnings: list[str] = []
    try:
        values = facts.from_yaml(decode(sidecar)[0], "sidecar", warnings.append)
        told = facts.of(values, origin, warnings.append)
    except (Undecodable, facts.NoFacts) as error:
        values: Mapping[str, object] = {}
        told = Facts()
        warnings.append(f"{error}, so it was left aside. Write `name: value` lines into it")
    address = values.get("redirected_to") or values.get("fetched_from")
    encoding = values.get("encoding")
    return Sidecar(
        told,
        Facts(url=address if isinstance(address, str) and is_web_address(address) else None),
        encoding if isinstance(encoding, str) else None,
        tuple(warnings),
    )


def _warnings(origin: Origin, messages: Iterable[str]) -> Iterator[Problem]:
    for message in messages:
        yield Problem(origin.path, origin.line, message, lost=False, member=origin.member)


def _lost(origin: Origin, message: str) -> Problem:
    return Problem(origin.path, origin.line, message, lost=True, member=origin.member)
