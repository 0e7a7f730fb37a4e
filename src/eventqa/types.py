"""The values that flow through eventqa, in the order they are made.

Release → Passage → Hit (with its Citation and Receipt) → Answer, and what a build reports.
All of them are frozen; this module imports nothing of ours.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import reprlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, cast

Span = tuple[int, int]
"""Start and end in Unicode code points, end excluded."""

# Long enough to tell two like sentences of one release apart, short enough to read.
_CONTEXT = 32
# A title of more characters says no more, and would crowd out the paragraph.
_LONGEST_CONTEXT = 200
_LONGEST_PLACE = 60
_AS_WRITTEN = "Use the receipt as `eventqa ask --json` wrote it"


class EventQAError(Exception):
    """Something the user can mend: the message names it and says what to do next."""


class InvalidInput(EventQAError, ValueError):
    """A value given to eventqa is outside what is allowed; the message names both."""


class InvalidType(InvalidInput, TypeError):
    """A value given to eventqa is of the wrong type."""


def digest(text: str) -> str:
    """The sha256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def written_date(day: dt.date) -> str:
    """A date as a release writes it, in English whatever the locale: `5 May 2018`."""
    months = "January February March April May June July August September October November December"
    return f"{day.day} {months.split()[day.month - 1]} {day.year}"


def one_line(text: str) -> str:
    """The same words on one line: every run of white space becomes one space."""
    return " ".join(text.split())


def whole(text: str) -> str:
    """A text without halves of surrogate pairs, which nothing can be encoded with."""
    return text.encode("utf-8", "replace").decode()


def placed(path: str, member: str | None, line: int | None = None) -> str:
    """A file, where inside it, and the line, for people: `2018.zip/all.jsonl, line 3`."""
    inside = f"{path}/{member}" if member else path
    return inside if line is None else f"{inside}, line {line}"


def brief(value: object) -> str:
    """A value as Python writes it, short enough for a message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python does not write out thousands of digits
        return "a very large number" if isinstance(value, int) else "too large to be written out"
    return text if len(text) <= 60 else f"{text[:57]}…"


@dataclass(frozen=True, slots=True)
class Period:
    """The days that some words speak of. `str()` names them: `May 2018`, `3 to 4 May 2018`."""

    start: dt.date | None  # included; None: open on this side
    end: dt.date | None  # included; None: open on this side, and then `start` is known
    words: str  # as written
    at: int = field(default=0, compare=False)  # where they begin, in code points

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise ValueError(f"period {self.words!r} has neither a start nor an end")
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"period {self.words!r} starts on {self.start}, after {self.end}")

    def __str__(self) -> str:
        first, last = (
            written_date(day).split()[self._unsaid :] if day else []
            for day in (self.start, self.end)
        )
        if not first or not last:
            return " ".join(["since", *first] if first else ["until", *last])
        if first == last:
            return " ".join(last)
        while first[-1] == last[len(first) - 1]:
            first.pop()  # the month and year that both have are said once
        return " ".join([*first, "to", *last])

    def to_dict(self) -> dict[str, Any]:
        """The period as plain JSON values, days in ISO 8601."""
        return {
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "words": self.words,
        }

    @property
    def _unsaid(self) -> int:
        """How many of day and month go without saying, because months or years are whole."""
        opens = self.start.timetuple()[1:3] if self.start else (1, 1)
        closes = self.end.timetuple()[1:3] if self.end else (12, 31)
        if (opens, closes) == ((1, 1), (12, 31)):
            return 2
        last = calendar.monthrange(self.end.year, self.end.month)[1] if self.end else closes[1]
        return int(opens[1] == 1 and closes[1] == last)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Release:
    """One document as published.

    `text` is the canonical text: decoded, every newline a line feed, otherwise untouched. All
    spans point into it. Every character of it that is not white space belongs to the title, the
    dateline or a paragraph (a dateline that opens a paragraph belongs to both).
    """

    id: str
    path: str  # where it was read, relative to the corpus, with forward slashes
    line: int | None  # 1-based line of a .jsonl file, None for a file of its own
    text: str
    paragraphs: tuple[Span, ...]
    title: str = ""
    title_span: Span | None = None  # None when the title is not part of the text
    dateline_span: Span | None = None
    place: str | None = None
    date: dt.date | None = None
    body: str | None = None  # who issued it
    url: str | None = None
    language: str | None = None
    member: str | None = None  # where inside the file, if it holds several releases
    pages: tuple[int, ...] = ()  # where each page begins in the text; empty: it has none
    supersedes: str | None = None  # the id or the file of an older version, as somebody wrote down
    fetched_at: dt.datetime | None = None  # when it was fetched from the web, UTC

    def __post_init__(self) -> None:
        before = 0
        for start, end in self.paragraphs:
            if not before <= start < end <= len(self.text):
                raise ValueError(
                    f"release {self.id!r}: paragraph {start}–{end} does not fit between {before} "
                    f"and the text's end at {len(self.text)}"
                )
            before = end
        if any(later < earlier for earlier, later in zip(self.pages, self.pages[1:], strict=False)):
            raise ValueError(f"release {self.id!r}: its pages are not in order: {self.pages}")

    @property
    def where(self) -> str:
        """The file it was read from, and where inside: `2018.zip/may/opening.html`."""
        return placed(self.path, self.member)

    @property
    def sha256(self) -> str:
        """Of the canonical text, in hexadecimal."""
        return digest(self.text)

    @property
    def dateline(self) -> str:
        """Place and date as the release writes them; empty when it has none."""
        return self.text[slice(*self.dateline_span)] if self.dateline_span else ""

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The author's paragraphs in order, numbered from 1."""
        return tuple(map(self.passage, range(1, len(self.paragraphs) + 1)))

    def passage(self, number: int) -> Passage:
        """The paragraph of a number.

        Raises:
            IndexError: there is none.
        """
        if number < 1:
            raise IndexError(f"paragraphs are numbered from 1, not from {number}")
        return Passage(self, number, *self.paragraphs[number - 1])


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph as its author wrote it: the unit of citation."""

    release: Release
    number: int  # 1-based
    start: int  # code points into release.text
    end: int  # excluded

    @property
    def text(self) -> str:
        """The author's words, cut out of the release and nothing else."""
        return self.release.text[self.start : self.end]

    @property
    def pages(self) -> tuple[int, int] | None:
        """The first and the last page it stands on, from 1; None where there are no pages."""
        if not self.release.pages:
            return None
        first, last = (bisect_right(self.release.pages, at) for at in (self.start, self.end - 1))
        return max(1, first), max(1, last)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What of a passage goes through the encoder: its words after a line that says what it is of.

    Only the words are ever cited. Without the line hit@1 / hit@5 fall from .696 / .918 to .663 /
    .918 on realtimeqa_2022, from .507 / .845 to .418 / .767 on timeqa_human_train and from .950 /
    1.000 to .920 / .983 on clapnq_dev (`benchmarks/evaluate.py`, "without context").

    Tried and left out: the name mentioned last before a paragraph that begins with "He", "Its" or
    "The conference", in that line. 5,588 of 108,383 paragraphs of realtimeqa_2022 and 377 of 15,173
    of timeqa_human_train have one; with it .705 / .916 stayed .705 / .916, and .508 / .843 became
    .506 / .844.
    """

    context: str  # one line, or empty
    text: str
    title: str = ""  # all of it, one line: what the passage is searched by, with its words

    @classmethod
    def of(cls, passage: Passage) -> Embedded:
        release = passage.release
        title, place = one_line(release.title), one_line(release.place or "")[:_LONGEST_PLACE]
        date = written_date(release.date) if release.date else ""
        context = ". ".join(part for part in (title[:_LONGEST_CONTEXT], place, date) if part)
        return cls(context, passage.text, title)

    @property
    def key(self) -> str:
        """A hash that only equal ones share."""
        return digest(f"{self.title}\n{self.context}\n{self.text}")


@dataclass(frozen=True, slots=True)
class Citation:
    """What a person copies. `str()` gives the parts that are known, in this order."""

    title: str
    body: str | None
    place: str | None
    date: dt.date | None
    paragraph: int  # 1-based
    link: str  # the release's url, else where it is in the corpus
    pages: tuple[int, int] | None = None  # the first and the last, from 1

    @classmethod
    def of(cls, passage: Passage) -> Citation:
        release = passage.release
        return cls(
            title=one_line(release.title),
            body=release.body,
            place=release.place,
            date=release.date,
            paragraph=passage.number,
            link=release.url or release.where,
            pages=passage.pages,
        )

    @property
    def facts(self) -> tuple[str, ...]:
        """The known parts but the link, in order, as they are shown."""
        known = (
            f"“{self.title}”" if self.title else None,
            self.body,
            self.place,
            written_date(self.date) if self.date else None,
            f"paragraph {self.paragraph}",
            _pages(*self.pages) if self.pages else None,
        )
        return tuple(part for part in known if part)

    def __str__(self) -> str:
        return ", ".join((*self.facts, self.link))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a machine checks: where the words stood, in a text named by its hash.

    The selectors are those of the W3C Web Annotation Data Model (TextPositionSelector and
    TextQuoteSelector, 2017). `eventqa.verify` tells whether they still hold.
    """

    release_id: str
    sha256: str  # of the release's canonical text
    paragraph: int  # 1-based
    start: int  # code points into the canonical text
    end: int  # excluded
    exact: str
    prefix: str  # up to 32 code points before
    suffix: str  # up to 32 code points after

    @classmethod
    def of(cls, passage: Passage) -> Receipt:
        text, start, end = passage.release.text, passage.start, passage.end
        return cls(
            release_id=passage.release.id,
            sha256=passage.release.sha256,
            paragraph=passage.number,
            start=start,
            end=end,
            exact=passage.text,
            prefix=text[max(0, start - _CONTEXT) : start],
            suffix=text[end : end + _CONTEXT],
        )

    @classmethod
    def from_dict(cls, values: object) -> Receipt:
        """The receipt that `to_dict` wrote down.

        Raises:
            InvalidInput: it is no mapping, or a field of it is missing or of the wrong type; the
                message names it.
        """
        if not isinstance(values, Mapping):
            raise InvalidType(f"not a receipt: {_shortly(values)}. {_AS_WRITTEN}")
        values = cast("Mapping[str, Any]", values)
        kinds = {field.name: int if field.type == "int" else str for field in fields(cls)}
        for name, kind in kinds.items():
            value = values.get(name)
            broken = isinstance(value, str) and not _is_unicode(value)
            if type(value) is not kind or broken:
                raise InvalidInput(
                    f"not a receipt: {name!r} is {_shortly(value)}, expected "
                    f"{'a whole number' if kind is int else 'text'}. {_AS_WRITTEN}"
                )
        if not values["exact"]:
            raise InvalidInput("not a receipt: 'exact' is empty, expected the words it stands for")
        return cls(**{name: values[name] for name in kinds})

    def to_dict(self) -> dict[str, Any]:
        """The receipt as plain JSON values."""
        return asdict(self)


class Verdict(StrEnum):
    """What has become of the words on a receipt."""

    UNCHANGED = "unchanged"
    """The release's text is the very text the receipt was made from."""
    SUPERSEDED = "superseded"
    """So it is, but a newer version has replaced the release."""
    MOVED = "moved"
    """The words still stand in the corpus, but not in that text or not in that place."""
    ALTERED = "altered"
    """The release is there, the words are not."""
    GONE = "gone"
    """Neither the release nor the words are in the corpus."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and how well it fits the question."""

    passage: Passage
    score: float  # higher is better; tells the hits of one question apart, and no more
    highlights: tuple[Span, ...] = ()  # of the sentences that answer, best first, into passage.text
    also: tuple[Passage, ...] = ()  # the same in copies of its release, the first few by id
    repeated: int = 1  # of boilerplate: in so many releases it stands, copies counting once

    @property
    def citation(self) -> Citation:
        return Citation.of(self.passage)

    @property
    def receipt(self) -> Receipt:
        return Receipt.of(self.passage)

    def to_dict(self) -> dict[str, Any]:
        """The hit as plain JSON values."""
        release = self.passage.release
        return {
            "text": self.passage.text,
            "score": round(self.score, 4),
            "highlights": [list(span) for span in self.highlights],
            "release": {
                "id": release.id,
                "title": one_line(release.title),
                "body": release.body,
                "place": release.place,
                "date": release.date.isoformat() if release.date else None,
                "url": release.url,
                "language": release.language,
                "file": release.where,  # not "path": Gradio's client would download what is there
            },
            "pages": list(self.passage.pages) if self.passage.pages else None,
            "citation": str(self.citation),
            "receipt": self.receipt.to_dict(),
            "also": [_copied(self.passage, one) for one in self.also],
            "repeated": self.repeated,
        }


@dataclass(frozen=True, slots=True)
class Freshness:
    """The state of the corpus an answer was drawn from."""

    releases: int
    passages: int
    newest: dt.date | None  # the latest date any release carries
    built_at: dt.datetime | None  # UTC; None before the first build
    generation: int  # grows by one with every change of the releases

    def to_dict(self) -> dict[str, Any]:
        """The freshness as plain JSON values, dates in ISO 8601."""
        return {
            "releases": self.releases,
            "passages": self.passages,
            "newest": self.newest.isoformat() if self.newest else None,
            "built_at": self.built_at.isoformat() if self.built_at else None,
            "generation": self.generation,
        }

    def __str__(self) -> str:
        parts = [_count(self.releases, "release"), _count(self.passages, "passage")]
        if self.newest:
            parts.append(f"newest from {written_date(self.newest)}")
        if self.built_at:
            local = self.built_at.astimezone()
            parts.append(f"built {written_date(local.date())}, {local:%H:%M}")
        return " · ".join(parts)


class Why(StrEnum):
    """What kind of reason a refusal has, for programs."""

    EMPTY = "empty"
    """The corpus has no passages."""
    CHANGED = "changed"
    """The corpus has changed and is not read yet."""
    UNDATED = "undated"
    """No release is dated within `since` and `until`."""
    LATER = "later"
    """The time asked for is after the newest release."""
    OTHER_TIME = "other time"
    """The best passages are not of the time asked for."""
    VAGUE = "vague"
    """No word of the question tells what it is about."""
    UNKNOWN = "unknown"
    """No word that tells what the question is about is in any title or passage."""
    MISSING = "missing"
    """Some of these words are in no title or passage."""
    ELSEWHERE = "elsewhere"
    """Some of these words are only in passages that do not come near."""
    APART = "apart"
    """No passage that comes near has all of these words."""
    KIND = "kind"
    """None of the nearest passages names a number or a time, whichever is asked for."""
    WEAK = "weak"
    """The nearest passages have the words, but do not fit the question well enough."""
    END = "end"
    """What comes next is asked for, and the release shown last ends there."""


REFUSED = "No answer."
"""What a refusal begins with when it is written out."""


class Sureness(StrEnum):
    """How sure an answer is, by the promises that were proved (see `promise`)."""

    STRONG = "strong"
    """Of answers this sure at most 10 % have no answering passage."""
    FAIR = "fair"
    """Of answers this sure at most 20 % have none."""
    WEAK = "weak"
    """Nothing so strict was proved of answers this sure."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The author's own words, or a refusal that says why.

    Either `hits` holds the sources, best first, or `reason` says why there is none and `nearest`
    holds what came nearest. No word of it is generated but the reason.

    `evidence` is what the gate weighed, by name: `gate.Evidence` says what each of it means.
    """

    question: str
    answered: bool
    hits: tuple[Hit, ...]
    nearest: tuple[Hit, ...]
    reason: str | None
    confidence: float  # 0..1, higher when an answer is likelier; never a percentage for people
    freshness: Freshness
    period: Period | None = None  # the time that the question was understood to speak of
    risk: float | None = None  # of answers this sure at most this share is wrong; None: no promise
    evidence: Mapping[str, float] = field(default_factory=dict[str, float])
    why: Why | None = None  # of a refusal, what kind of reason it has
    sureness: Sureness | None = None  # of an answer; None: nothing was proved of such
    read_as: str | None = None  # with words of the conversation in brackets; None: as asked
    could_mean: tuple[str, ...] = ()  # what to ask in place of a question that names nothing

    def __post_init__(self) -> None:
        if self.answered != bool(self.hits) or self.answered == bool(self.reason):
            raise ValueError("an answer has hits and no reason, a refusal a reason and no hits")

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON values."""
        return {
            "question": self.question,
            "read_as": self.read_as,
            "answered": self.answered,
            "hits": [hit.to_dict() for hit in self.hits],
            "nearest": [hit.to_dict() for hit in self.nearest],
            "reason": self.reason,
            "why": self.why,
            "could_mean": list(self.could_mean),
            "confidence": round(self.confidence, 4),
            "sureness": self.sureness,
            "risk": self.risk,
            "evidence": dict(self.evidence),
            "freshness": self.freshness.to_dict(),
            "period": self.period.to_dict() if self.period else None,
        }

    def __str__(self) -> str:
        if self.answered:
            blocks = [f"[{number}] {_framed(hit)}" for number, hit in enumerate(self.hits, start=1)]
        else:
            blocks = [f"{REFUSED} {self.reason}"]
            blocks += [f"You could ask: {question}" for question in self.could_mean]
            blocks += [f"nearest: {_framed(hit)}" for hit in self.nearest]
        if self.read_as:
            blocks.append(f"Read as: {self.read_as}")
        if self.period:
            blocks.append(f"Time asked for: {self.period}")
        if self.answered and self.risk is not None:
            blocks.append(f"Promised: of such answers at most {self.risk:.0%} have no such passage")
        return "\n\n".join([*blocks, f"({self.freshness})"])


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file or a line of the corpus, and what to do about it."""

    path: str  # relative to the corpus
    line: int | None  # 1-based, for a .jsonl file
    message: str
    lost: bool  # True: the release could not be read; False: it was read, with this reservation
    member: str | None = None  # where inside the file, if it holds several releases

    @property
    def where(self) -> str:
        """The file, where inside it, and the line."""
        return placed(self.path, self.member, self.line)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


CHANGES = ("added", "changed", "renamed", "removed")
"""What can become of a release, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the last build that changed the corpus did to its releases."""

    at: dt.datetime  # UTC
    added: int
    changed: int
    renamed: int
    removed: int
    ids: tuple[str, ...]  # of the first few that are new or changed, in order


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build found and did. The first five count releases, the next two passages.

    `encoded + reused` is the number of passages in the corpus.
    """

    added: int
    changed: int
    renamed: int  # the same text and facts under another id or path
    removed: int
    unchanged: int
    encoded: int  # passages whose text went through the encoder in this build
    reused: int  # passages whose vectors the store had, or another passage of this build shares
    problems: tuple[Problem, ...]
    seconds: float
    generation: int

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        counts = (*CHANGES, "unchanged")
        releases = ", ".join(
            f"{getattr(self, name)} {name}" for name in counts if getattr(self, name)
        )
        lines = [
            f"Releases: {releases or 'none'}. "
            f"Passages: {self.encoded} encoded, {self.reused} reused. {self.seconds:.1f} s."
        ]
        return "\n".join([*lines, *(f"! {problem}" for problem in self.problems)])


def _is_unicode(text: str) -> bool:
    """Whether it is free of halves of surrogate pairs, which no release can hold."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _shortly(value: object) -> str:
    try:
        return reprlib.repr(value)
    except ValueError:  # Python does not write out numbers of thousands of digits
        return "a very large number"


def _copied(passage: Passage, copy: Passage) -> dict[str, Any]:
    """A copy of a passage as plain JSON values."""
    return {
        "citation": str(Citation.of(copy)),
        "receipt": Receipt.of(copy).to_dict(),
        "same_words": copy.text == passage.text,
    }


def _framed(hit: Hit) -> str:
    """A hit for a terminal. No line of the passage can pass for a citation or another answer."""
    text = hit.passage.text.replace("\n", "\n    │ ")
    also = [f"\n    also published: {Citation.of(one)}" for one in hit.also]
    return f"{text}\n    — {hit.citation}{''.join(also)}"


def _pages(first: int, last: int) -> str:
    return f"page {first}" if first == last else f"pages {first}–{last}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
