"""Files, folders and addresses → files in the corpus, each as it is, with where it came from.

Nothing that is there is ever overwritten: what has changed at its source is added beside it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from eventqa import apart, facts, readers
from eventqa.corpus import Corpus
from eventqa.document import SIDECAR, is_hidden, pages_of
from eventqa.types import EventQAError, one_line
from eventqa.web import Fetched

MOST = 1_000
"""How many pages of one feed or sitemap are fetched unless more are asked for."""

_MOST_LISTS = 50  # sitemaps that one sitemap may lead to
_LONGEST_PART = 80  # characters of a name in a path
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
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "message/rfc822": ".eml",
    "application/mbox": ".mbox",
    "application/zip": ".zip",
}
_LISTS = frozenset(
    "application/rss+xml application/atom+xml application/xml text/xml application/rdf+xml "
    "application/gzip application/x-gzip".split()
)


class Guest(Protocol):
    """What fetches from the web."""

    def fetch(self, url: str, etag: str | None = None, modified: str | None = None) -> Fetched:
        """What is at an address; raises an EventQAError that says why if it cannot be had."""
        ...


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
        told = {"added": f"+ {self.path}", "would add": f"would add {self.path or self.source}"}
        what = told.get(self.did, f"= {self.path}" if self.did == "known" else "!")
        parts = [what, self.message or (f"from {self.source}" if self.path else "")]
        return " ".join(part for part in parts if part)


OUTCOMES = ("added", "known", "would add", "failed")


class Adding:
    """Adds to a corpus.

    Args:
        web: what fetches from the web.
        dry_run: only tell what would be added. Addresses are fetched all the same, but not the
            pages that a feed or sitemap lists.
        most: at most so many pages of one feed or sitemap are fetched.

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

    def add(self, sources: Iterable[str]) -> Iterator[Outcome]:
        """What becomes of each file, folder or address, in order and as it is done."""
        for source in sources:
            try:
                if _is_address(source):
                    yield from self._from_web(source)
                else:
                    yield from self._from_disk(Path(source))
            except EventQAError as error:
                yield Outcome(source, None, "failed", str(error))
            except OSError as error:
                message = f"{source!r} cannot be read or added ({error.strerror}). Check it"
                yield Outcome(source, None, "failed", message)

    def _from_disk(self, path: Path) -> Iterator[Outcome]:
        if path.is_dir():
            base = Path(path.resolve().name)
            for file in _files(path):
                yield from self._from_file(file, base / file.relative_to(path))
        elif path.is_file():
            yield from self._from_file(path, Path(path.name))
        else:
            raise EventQAError(f"{str(path)!r} is no file, folder or address. Check it")

    def _from_file(self, file: Path, place: Path) -> Iterator[Outcome]:
        if file.resolve().is_relative_to(self._root.resolve()):
            yield Outcome(str(file), None, "failed", f"{str(file)!r} is in the corpus already")
            return
        if why := readers.objection(file.name, file.stat().st_size):
            yield Outcome(str(file), None, "failed", f"{str(file)!r}: {why}")
            return
        beside = file.with_name(file.name + SIDECAR)
        sidecar = beside.read_bytes() if beside.is_file() else None
        yield self._put(str(file), place, file.read_bytes(), sidecar)

    def _from_web(self, url: str) -> Iterator[Outcome]:
        fetched = self._fetch(url)
        if isinstance(fetched, Outcome):
            yield fetched
            return
        listed = self._listed(fetched)
        if listed is None:
            yield self._page(url, fetched)
            return
        for number, address in enumerate(listed):
            if number == self._most:
                message = f"{url} lists more than {self._most:,} pages; the others are left out"
                yield Outcome(url, None, "failed", message)
                return
            yield self._of_list(address)

    def _of_list(self, url: str) -> Outcome:
        """What becomes of a page that a feed or sitemap lists."""
        if self._dry_run:
            return Outcome(url, None, "would add", url)
        try:
            fetched = self._fetch(url)
            return fetched if isinstance(fetched, Outcome) else self._page(url, fetched)
        except EventQAError as error:
            return Outcome(url, None, "failed", str(error))

    def _fetch(self, url: str) -> Fetched | Outcome:
        """What is at an address now, or that it is there unchanged."""
        known, path = self._before(url)
        fetched = self._web.fetch(url, known.get("etag"), known.get("last_modified"))
        if fetched.is_unchanged and path is not None:
            return Outcome(url, path, "known", f"{path} is unchanged at {url}")
        return fetched

    def _listed(self, fetched: Fetched) -> list[str] | None:
        """The pages that a feed or a sitemap lists; None if it is neither."""
        if not _may_list(fetched):
            return None
        links = apart.links(fetched.data)
        if links is None:
            return None
        pages = [urllib.parse.urljoin(fetched.url, link) for link in links.pages]
        for number, link in enumerate(links.lists):
            if number == _MOST_LISTS:
                break
            inner = self._web.fetch(urllib.parse.urljoin(fetched.url, link))
            listed = apart.links(inner.data)
            pages += [
                urllib.parse.urljoin(inner.url, page) for page in (listed.pages if listed else ())
            ]
        return list(dict.fromkeys(pages))

    def _page(self, url: str, fetched: Fetched) -> Outcome:
        suffix = _suffix(fetched)
        if suffix is None:
            kind = fetched.kind or "of an unknown kind"
            return Outcome(url, None, "failed", f"{url} is {kind}, which is not read")
        return self._put(url, Path(_place(url) + suffix), fetched.data, _sidecar(url, fetched))

    def _put(self, source: str, place: Path, data: bytes, sidecar: bytes | None) -> Outcome:
        """Writes a file into the corpus, unless it is there or nothing can be read from it."""
        if twin := self._twin(data):
            path = twin.relative_to(self._root).as_posix()
            return Outcome(source, path, "known", f"{source} is in the corpus as {path}")
        reading = (apart if readers.is_read_apart(place.name) else readers).read(
            place.name, data, sidecar
        )
        if not reading.releases:
            why = reading.problems[0].message
            return Outcome(source, None, "failed", f"{source} was not added: {why}")
        target = _free(self._root / place)
        path = target.relative_to(self._root).as_posix()
        if self._dry_run:
            return Outcome(source, path, "would add")
        target.parent.mkdir(parents=True, exist_ok=True)
        # The sidecar first: a corpus that is watched never has the file without what is told of it.
        if sidecar is not None:
            _write(target.with_name(target.name + SIDECAR), sidecar)
        _write(target, data)
        self._sizes().setdefault(len(data), []).append(target)
        return Outcome(source, path, "added")

    def _twin(self, data: bytes) -> Path | None:
        """A file of the corpus with the same content."""
        for path in self._sizes().get(len(data), ()):
            if path.read_bytes() == data:
                return path
        return None

    def _sizes(self) -> dict[int, list[Path]]:
        if self._by_size is None:
            self._by_size = {}
            for file in _files(self._root):
                self._by_size.setdefault(file.stat().st_size, []).append(file)
        return self._by_size

    def _before(self, url: str) -> tuple[dict[str, str], str | None]:
        """What is known of an address since it was fetched last, and the file that it gave."""
        place = self._root / _place(url)
        newest: tuple[dict[str, str], str | None] = ({}, None)
        pattern = f"{_escaped(place.name)}*{SIDECAR}"
        for sidecar in sorted(place.parent.glob(pattern)) if place.parent.is_dir() else ():
            values = facts.read_back(sidecar.read_bytes())
            file = sidecar.with_name(sidecar.name.removesuffix(SIDECAR))
            later = values.get("fetched_at", "") >= newest[0].get("fetched_at", "")
            if values.get("fetched_from") == url and later and file.is_file():
                newest = (values, file.relative_to(self._root).as_posix())
        return newest


def _is_address(source: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder that may be releases, in order; no link is followed."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not is_hidden(name) and not set(pages_of(name)) & set(names)
        )
        for name in sorted(names):
            path = Path(root, name)
            sidecar = name.endswith(SIDECAR) and name.removesuffix(SIDECAR) in names
            if not is_hidden(name) and not sidecar and path.is_file() and not path.is_symlink():
                yield path


def _may_list(fetched: Fetched) -> bool:
    start = fetched.data[:512].lstrip()
    return fetched.kind in _LISTS or start.startswith((b"<?xml", b"<rss", b"<feed", b"<urlset"))


def _suffix(fetched: Fetched) -> str | None:
    """The kind of file that something is kept as: as its server says, else as its name does."""
    if fetched.data.startswith(b"%PDF-"):
        return ".pdf"
    named = readers.suffix_of(urllib.parse.urlsplit(fetched.url).path)
    return _KINDS.get(fetched.kind) or (named if named in readers.SUFFIXES else None)


def _place(url: str) -> str:
    """Where in the corpus something from the web is kept, without suffix: `host/path/name`."""
    parts = urllib.parse.urlsplit(url)
    segments = [part for part in urllib.parse.unquote(parts.path).split("/") if part.strip(".")]
    if not segments or parts.path.endswith("/"):
        segments.append("index")
    stem, suffix = os.path.splitext(segments[-1])
    segments[-1] = stem if suffix.lower() in readers.SUFFIXES else segments[-1]
    safe = [_safe(part) for part in segments]
    # Two addresses must not share a name because of what is left out of it.
    if parts.query or safe != segments:
        safe[-1] += f"-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
    return "/".join([_safe(parts.netloc), *safe])


def _safe(part: str) -> str:
    return _UNSAFE.sub("-", part)[:_LONGEST_PART].strip(".-") or "-"


def _sidecar(url: str, fetched: Fetched) -> bytes:
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
    return facts.written({name: one_line(value) for name, value in values.items() if value})


def _free(target: Path) -> Path:
    """The path itself, or one with a number if there is a file of that name."""
    number, free = 1, target
    while free.exists():
        number += 1
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return free


def _write(path: Path, data: bytes) -> None:
    """Writes a file that is there as a whole or not at all."""
    part = path.with_name(f".{path.name[:_LONGEST_PART]}.part")
    part.write_bytes(data)
    os.replace(part, path)


def _escaped(name: str) -> str:
    return re.sub(r"([\[*?])", r"[\1]", name)
