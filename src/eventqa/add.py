"""Files, folders and addresses → files in the corpus, each as it is, with where it came from.

Nothing that is there is ever overwritten: what has changed at its source is added beside it.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from eventqa import apart, facts, filing, naming, readers
from eventqa.corpus import Corpus
from eventqa.document import SIDECAR, is_hidden
from eventqa.types import EventQAError, one_line, whole
from eventqa.web import Fetched, parsed

MOST = 1_000
"""How many pages of one feed or sitemap are fetched unless more are asked for."""

_MOST_LISTS = 50  # sitemaps that one sitemap may lead to
_DEEPEST = 2  # lists of lists


class Guest(Protocol):
    """What fetches from the web."""

    def fetch(self, url: str, etag: str | None = None, modified: str | None = None) -> Fetched:
        """What is at an address; raises an EventQAError that says why if it cannot be had."""
        ...


_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source."""

    source: str  # a file or an address
    path: str | None  # in the corpus; None if it was not added
    did: str  # one of `OUTCOMES`
    message: str = ""  # why it was not added, and what to do

    def to_dict(self) -> dict[str, str | None]:
        """The outcome as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        match self.did:
            case "added":
                return f"+ {self.path} from {self.source}"
            case "would add":
                return f"would add {f'{self.path} from ' if self.path else ''}{self.source}"
            case "known":
                return f"= {self.path} is there already: {self.source}"
            case _:
                return f"! {self.message}"


OUTCOMES = ("added", "known", "would add", "failed")


class Adding:
    """Adds to a corpus.

    Args:
        web: what fetches from the web.
        dry_run: only tell what would be added. Addresses are fetched all the same, but not the
            pages that a feed or sitemap lists.
        most: at most so many new pages of one feed or sitemap are fetched.

    Raises:
        EventQAError: the corpus is no folder.
    """

    def __init__(
        self, corpus: Corpus, web: Guest, *, dry_run: bool = False, most: int = MOST
    ) -> None:
        if corpus.is_file:
            raise EventQAError(
                f"corpus {str(corpus.place)!r} is a file, to which nothing is added. Name a folder "
                "with --corpus"
            )
        self._root = corpus.place
        self._web = web
        self._dry_run = dry_run
        self._most = most
        self._by_size: dict[int, list[Path]] | None = None
        self._hashes: dict[Path, bytes] = {}
        self._planned: set[Path] = set()  # what a dry run would have made

    def add(self, sources: Iterable[str]) -> Iterator[Outcome]:
        """What becomes of each file, folder or address, in order and as it is done.

        Nothing that goes wrong with one of them keeps another from being added.
        """
        for source in sources:
            if _is_address(source):
                yield from self._guarded(source, self._from_web(source))
            else:
                yield from self._guarded(source, self._from_disk(source))

    def _guarded(self, source: str, found: Iterator[_Found]) -> Iterator[_Found | Outcome]:
        """What is found, and a failed outcome if that comes to an early end."""
        try:
            yield from found
        except EventQAError as error:
            yield Outcome(source, None, "failed", str(error))
        except OSError as error:
            why = f"{source!r} cannot be read or added ({error.strerror or error}). Check it"
            yield Outcome(source, None, "failed", why)
        except Exception as error:  # of what a server sends, anything may fail
            why = f"{source!r} cannot be added ({type(error).__name__}: {error}). Check it"
            yield Outcome(source, None, "failed", one_line(why))

    def _from_disk(self, source: str) -> Iterator[Outcome]:
        path = Path(source)
        if path.is_dir() and source.strip():
            base = Path(path.resolve().name.lstrip(".") or "added")
            found = False
            inside = self._root.resolve()
            for file in filing.files(path):
                if not file.resolve().is_relative_to(inside):
                    found = True
                    place = base / file.relative_to(path)
                    yield from self._guarded(str(file), self._from_file(file, place))
            if not found:
                raise EventQAError(f"{source!r} holds no file that could be a release")
        elif path.is_file():
            yield from self._from_file(path, Path(path.name))
        else:
            raise EventQAError(f"{source!r} is no file, folder or address. Check it")

    def _from_file(self, file: Path, place: Path) -> Iterator[Outcome]:
        if file.resolve().is_relative_to(self._root.resolve()):
            raise EventQAError(f"{str(file)!r} is in the corpus already")
        if is_hidden(file.name) or whole(str(place)) != str(place):
            raise EventQAError(f"{str(file)!r} has a name that is hidden or not Unicode. Rename it")
        if why := readers.objection(file.name, file.stat().st_size):
            raise EventQAError(f"{str(file)!r}: {why}")
        beside = file.with_name(file.name + SIDECAR)
        sidecar = beside.read_bytes() if beside.is_file() else None
        yield self._put(str(file), place, file.read_bytes(), sidecar)

    def _from_web(self, url: str) -> Iterator[Outcome]:
        fetched = self._fetch(url)
        if isinstance(fetched, Outcome):
            yield fetched
            return
        links = self._links(fetched)
        if links is None or not (links.pages or links.lists):
            yield self._page(url, fetched)
            return
        new = 0
        for address in self._listed(links, fetched.url, depth=0):
            if isinstance(address, Outcome):
                yield address
                continue
            if new == self._most:
                message = (
                    f"{url} lists more than {self._most:,} new pages; the others are left out. Add "
                    "it again, or allow more with --most"
                )
                yield Outcome(url, None, "failed", message)
                return
            for outcome in self._guarded(address, self._of_list(address)):
                new += outcome.did != "known"
                yield outcome

    def _of_list(self, url: str) -> Iterator[Outcome]:
        """What becomes of a page that a feed or sitemap lists."""
        if self._dry_run:
            yield Outcome(str(parsed(url)), None, "would add")
            return
        fetched = self._fetch(url)
        yield fetched if isinstance(fetched, Outcome) else self._page(url, fetched)

    def _fetch(self, url: str) -> Fetched | Outcome:
        """What is at an address now, or that it is there unchanged."""
        parsed(url)
        known, path = self._before(url)
        fetched = self._web.fetch(url, known.get("etag"), known.get("last_modified"))
        if fetched.is_unchanged and path is not None:
            return Outcome(url, path, "known")
        return fetched

    def _links(self, fetched: Fetched) -> readers.Links | None:
        """What a feed or a sitemap lists; None if it is neither."""
        return apart.links(fetched.data) if naming.may_list(fetched) else None

    def _listed(self, links: readers.Links, base: str, depth: int) -> Iterator[str | Outcome]:
        """The addresses that a list leads to, each once, and what became of lists in it."""
        seen: set[str] = set()
        for link in links.pages:
            try:
                address = urllib.parse.urljoin(base, link)
            except ValueError:
                address = link  # which is told to be none
            if address not in seen:
                seen.add(address)
                yield address
        if depth == _DEEPEST or len(links.lists) > _MOST_LISTS:
            message = f"{base} leads to more sitemaps than are followed. Add them one by one"
            yield Outcome(base, None, "failed", message)
        for link in links.lists[:_MOST_LISTS] if depth < _DEEPEST else ():
            yield from self._guarded(link, self._inner(link, base, depth + 1))

    def _inner(self, link: str, base: str, depth: int) -> Iterator[str | Outcome]:
        """The addresses that a list in another one leads to."""
        fetched = self._web.fetch(urllib.parse.urljoin(base, link))
        if links := self._links(fetched):
            yield from self._listed(links, fetched.url, depth)

    def _page(self, url: str, fetched: Fetched) -> Outcome:
        suffix = naming.suffix(fetched)
        if suffix is None:
            kind = fetched.kind or "of an unknown kind"
            raise EventQAError(
                f"{url} is {kind}, which is not read. Save what it shows, and add it"
            )
        place = Path(naming.place(url) + suffix)
        if why := readers.objection(place.name, len(fetched.data)):
            raise EventQAError(f"{url}: {why}")
        return self._put(url, place, fetched.data, naming.sidecar(url, fetched))

    def _put(self, source: str, place: Path, data: bytes, sidecar: bytes | None) -> Outcome:
        """Writes a file into the corpus, unless it is there or nothing can be read from it."""
        if twin := self._twin(data):
            return Outcome(source, twin.relative_to(self._root).as_posix(), "known")
        reader = apart if readers.is_read_apart(place.name) else readers
        reading = reader.read(place.name, data, sidecar)
        if not reading.releases:
            problems = sorted(reading.problems, key=lambda one: not one.lost)
            raise EventQAError(f"{source} was not added: {problems[0].message}")
        target = self._root / place
        if self._dry_run:
            target = next(one for one in filing.numbered(target) if not self._is_taken(one))
            self._planned.add(target)
            return Outcome(source, target.relative_to(self._root).as_posix(), "would add")
        target.parent.mkdir(parents=True, exist_ok=True)
        target = next(
            one
            for one in filing.numbered(target)
            if not self._is_taken(one) and filing.written(one, data, sidecar)
        )
        self._sizes().setdefault(len(data), []).append(target)
        return Outcome(source, target.relative_to(self._root).as_posix(), "added")

    def _is_taken(self, target: Path) -> bool:
        """Whether there is, or in a dry run would be, a file of this name or a sidecar of it."""
        beside = target.with_name(target.name + SIDECAR)
        return target in self._planned or os.path.lexists(target) or os.path.lexists(beside)

    def _twin(self, data: bytes) -> Path | None:
        """A file of the corpus with the same content."""
        alike = self._sizes().get(len(data), ())
        digest = hashlib.sha256(data).digest() if alike else b""
        for path in alike:
            if path not in self._hashes:
                self._hashes[path] = hashlib.sha256(path.read_bytes()).digest()
            if self._hashes[path] == digest:
                return path
        return None

    def _sizes(self) -> dict[int, list[Path]]:
        if self._by_size is None:
            self._by_size = {}
            for file in filing.files(self._root) if self._root.is_dir() else ():
                self._by_size.setdefault(file.stat().st_size, []).append(file)
        return self._by_size

    def _before(self, url: str) -> tuple[dict[str, str], str | None]:
        """What is known of an address since it was fetched last, and the file that it gave."""
        place = self._root / naming.place(url)
        newest: tuple[dict[str, str], str | None] = ({}, None)
        pattern = f"{glob.escape(place.name)}*{SIDECAR}"
        for sidecar in sorted(place.parent.glob(pattern)) if place.parent.is_dir() else ():
            file = sidecar.with_name(sidecar.name.removesuffix(SIDECAR))
            if not file.is_file() or not sidecar.is_file():
                continue
            values = facts.read_back(sidecar.read_bytes())
            later = values.get("fetched_at", "") >= newest[0].get("fetched_at", "")
            if values.get("fetched_from") == url and later:
                newest = (values, file.relative_to(self._root).as_posix())
        return newest


def _is_address(source: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None
