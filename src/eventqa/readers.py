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
from eventqa.document import SIDECAR, Document, Enclosed, Facts, Origin, Piece
from eventqa.facts import is_web_address
from eventqa.parse import disagreeing_day, parse
from eventqa.types import Problem, Release

READING = 4
"""Raised when the same bytes would be read differently, so that every file is read again."""

_MIB = 1024 * 1024
# A mail in an archive may have an attachment; nobody nests deeper, but for harm.
_DEEPEST = 3
_LONGEST_REASON = 200
_MOST_PROBLEMS = 100  # that are told of one file
_LARGEST_WHOLE = 512 * _MIB  # unpacked, of one file
_MOST_LETTERS = 200_000_000  # of one file: some 30 million words

Reader = Callable[[bytes, Origin], Iterator[Piece]]


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that is read."""

    reader: Reader
    largest: int  # bytes
    apart: bool = True  # read in a process of its own
    several: bool = False  # more than one release can be in it


_TEXT = 16 * _MIB  # two million words
_FORMATS = {
    ".txt": Format(plain.text, _TEXT, apart=False),
    ".md": Format(plain.markdown, _TEXT, apart=False),
    ".jsonl": Format(plain.json_lines, 512 * _MIB, apart=False, several=True),
    ".html": Format(webpage.read, _TEXT),
    ".htm": Format(webpage.read, _TEXT),
    ".xhtml": Format(webpage.read, _TEXT),
    ".mhtml": Format(mail.web_archive, 64 * _MIB),
    ".mht": Format(mail.web_archive, 64 * _MIB),
    ".pdf": Format(pdf.read, 256 * _MIB),
    ".docx": Format(office.docx, 64 * _MIB),
    ".odt": Format(office.odt, 64 * _MIB),
    ".eml": Format(mail.message, 64 * _MIB),
    ".mbox": Format(mail.mailbox, 512 * _MIB, several=True),
    ".xml": Format(feed.read, _TEXT, several=True),
    ".rss": Format(feed.read, _TEXT, several=True),
    ".atom": Format(feed.read, _TEXT, several=True),
    ".zip": Format(bundle.read, 512 * _MIB, several=True),
}
SUFFIXES = frozenset(_FORMATS)
"""The kinds of file that are read, in lower case."""

# What people have in their archives that can be saved as something that is read.
_INSTEAD = {".doc": ".docx", ".rtf": ".docx", ".pages": ".docx", ".wpd": ".odt", ".msg": ".eml"}


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

    member: str | None
    line: int | None
    suffix: str  # of the kind of file that is being read
    done: int


Event = Release | Problem | At


def objection(path: str, size: int) -> str | None:
    """Why a file is not read, by its name and its size in bytes; None when it is."""
    suffix = suffix_of(path)
    if suffix in _INSTEAD:
        return f"{suffix} is not read. Save it as {_INSTEAD[suffix]}"
    if suffix in (SIDECAR, ".yml"):
        name = os.path.basename(path)[: -len(suffix)] or "release.pdf"
        return (
            f"it is no release. If it tells facts about {name}, put it beside that and call it "
            f"{name}{SIDECAR}"
        )
    if suffix not in SUFFIXES:
        what = suffix or "a file without suffix"
        return f"{what} is not read. Save it as .docx, .odt, .pdf, .html or .txt"
    largest = _FORMATS[suffix].largest
    if size > largest:
        return f"it has {size:,} bytes, at most {largest:,} are read of {suffix}. Split it"
    return None


def is_read_apart(path: str) -> bool:
    """Whether a file is one to read in a process of its own."""
    found = _FORMATS.get(suffix_of(path))
    return found is not None and found.apart


def suffix_of(path: str) -> str:
    """What the name of a file ends with, in lower case: `.pdf`."""
    return os.path.splitext(path)[1].lower()


def read(path: str, data: bytes, sidecar: bytes | None = None) -> Reading:
    """The releases in a file's bytes, in order, and its problems. Never raises for bad content.

    Args:
        path: relative to the corpus, with forward slashes; its suffix is one of `SUFFIXES`.
        sidecar: YAML with facts about what is in it.
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
    problems = letters = 0
    for event in _File(Origin(path), Enclosed(path, data, sidecar), _Budget(), skip).events():
        if isinstance(event, Release):
            letters += len(event.text)
            if letters > _MOST_LETTERS:
                yield _lost(
                    Origin(path),
                    f"it holds more than {_MOST_LETTERS:,} letters: what follows was left out. "
                    "Split it",
                )
                return
        problems += isinstance(event, Problem)
        if not isinstance(event, Problem) or problems <= _MOST_PROBLEMS:
            yield event
    if problems > _MOST_PROBLEMS:
        more = f"it has {problems - _MOST_PROBLEMS:,} more problems, which are not listed. Mend "
        yield _lost(Origin(path), f"{more}those above, then build again")


@dataclass(slots=True)
class _Budget:
    """How much may still be unpacked from a file, whatever lies in what."""

    left: int = field(default_factory=lambda: _LARGEST_WHOLE)

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Undecodable(
                f"it unpacks to more than {_LARGEST_WHOLE:,} bytes: what follows was left out. "
                "Split it"
            )


@dataclass(slots=True)
class _File:
    """A file, or one inside of another, that is taken apart."""

    origin: Origin
    file: Enclosed
    budget: _Budget
    skip: int = 0
    depth: int = 0
    done: int = 0  # pieces of the outermost file
    told: Facts = field(default_factory=Facts)  # of a file of several that it lies in

    @property
    def suffix(self) -> str:
        return suffix_of(self.file.name)

    def events(self) -> Iterator[Event]:
        found = False
        for event in self._pieces():
            found = found or not isinstance(event, At)
            yield event
        if not found and not self.skip:
            yield _lost(self.origin, "it holds no release. Remove it, or put one into it")

    def _pieces(self) -> Iterator[Event]:
        reader, several = _FORMATS[self.suffix].reader, _FORMATS[self.suffix].several
        told = _told(self.file.sidecar, self.origin, several=several)
        yield from _warnings(self.origin, () if self.skip else told.warnings)
        told = replace(told, facts=told.facts.over(self.told))
        place = replace(self.origin, encoding=told.encoding)
        try:
            for number, piece in enumerate(reader(self.file.data, place), start=1):
                if number > self.skip:
                    yield from self._piece(piece, told)
                if self.depth == 0:
                    self.done = number
                yield At(self.origin.member, None, self.suffix, self.done)
        except Undecodable as error:
            yield _lost(self.origin, str(error))
        except MemoryError:
            why = "it needs more memory than a release may. Split it, or remove it"
            yield _lost(self.origin, why)
        except Exception as error:  # what is broken on purpose makes the libraries raise anything
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
            why = f"it is damaged or no {self.suffix} file ({reason}). Save it anew"
            yield _lost(self.origin, why)

    def _piece(self, piece: Piece, told: Sidecar) -> Iterator[Event]:
        place = self.origin if piece.member is None else self.origin.inside(piece.member)
        place = replace(place, line=piece.line, encoding=None)
        inner = suffix_of(piece.content.name) if isinstance(piece.content, Enclosed) else None
        yield At(place.member, place.line, inner or self.suffix, self.done)
        yield from _warnings(place, piece.warnings)
        match piece.content:
            case Document() as document:
                release = parse(_with(told, document), place)
                yield release
                if day := disagreeing_day(release):
                    yield from _warnings(place, [_two_dates(release, day)])
            case Enclosed() as file:
                yield from self._inside(file, place, told)
            case str(message):
                yield _lost(place, message)
            case None:
                pass

    def _inside(self, file: Enclosed, place: Origin, told: Sidecar) -> Iterator[Event]:
        self.budget.spend(len(file.data))
        if why := objection(file.name, len(file.data)):
            yield _lost(place, why)
        elif self.depth == _DEEPEST:
            yield _lost(place, "it lies too deep inside of other files. Take it out of them")
        else:
            inner = _File(
                place, file, self.budget, 0, self.depth + 1, self.done, _of_many(told.facts)
            )
            yield from inner.events()


def _of_many(facts: Facts) -> Facts:
    """Of some facts those that more than one release can have."""
    return Facts(
        place=facts.place,
        body=facts.body,
        language=facts.language,
        fetched_at=facts.fetched_at,
    )


def _with(told: Sidecar, document: Document) -> Document:
    """A document about which more is told than its format says."""
    return replace(
        document,
        facts=told.facts.over(document.facts),
        otherwise=document.otherwise.over(told.otherwise),
        find_title=document.find_title and not told.facts.title,
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


def _told(sidecar: bytes | None, origin: Origin, *, several: bool) -> Sidecar:
    """What a sidecar tells, and what is wrong with it.

    Args:
        several: it is about more than one release.
    """
    if sidecar is None:
        return Sidecar()
    warnings: list[str] = []
    try:
        words, warning = decode(sidecar)
        warnings += [f"its sidecar: {warning}"] if warning else []
        values = facts.from_yaml(words, "sidecar", warnings.append)
        told = facts.of(values, origin, warnings.append)
    except (Undecodable, facts.NoFacts) as error:
        values: Mapping[str, object] = {}
        told = Facts()
        reason = str(error) if isinstance(error, facts.NoFacts) else "its sidecar is no text"
        why = f"{reason}, so it was left aside" if sidecar.strip() else "its sidecar is empty"
        warnings.append(f"{why}. Write lines such as `date: 2018-05-05` into it")
    if several and told != _of_many(told):
        told = _of_many(told)
        warnings.append(
            "its sidecar tells what only one release can have (title, date, url, id, supersedes), "
            "which was left out. Put it where the release stands"
        )
    address = values.get("redirected_to") or values.get("fetched_from")
    is_source = isinstance(address, str) and is_web_address(address) and not several
    encoding = values.get("encoding")
    return Sidecar(
        told,
        Facts(url=str(address) if is_source else None),
        encoding if isinstance(encoding, str) else None,
        tuple(warnings),
    )


def _warnings(origin: Origin, messages: Iterable[str]) -> Iterator[Problem]:
    for message in messages:
        yield Problem(origin.path, origin.line, message, lost=False, member=origin.member)


def _lost(origin: Origin, message: str) -> Problem:
    return Problem(origin.path, origin.line, message, lost=True, member=origin.member)
