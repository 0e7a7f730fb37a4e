"""What has been asked and answered, as HTML: every value escaped, every passage untouched.

Pure: nothing here knows Gradio or the network. The templates lie in `templates/`, and jinja2
escapes whatever enters them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, cast
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eventqa import cite, words
from eventqa.archive import Bar, Filter, Kin, Listing, Order, Row
from eventqa.comparison import Comparison
from eventqa.types import (
    Answer,
    Change,
    Freshness,
    Hit,
    Period,
    Problem,
    Release,
    Span,
    written_date,
)

_SHOWN_PROBLEMS = 50
# Of a longer release only so many code points on each side of the cited paragraph are shown, as
# long as nobody asks for all of it; that is at most so many, which a browser lays out in seconds.
_AROUND = 200_000
_MOST = 5_000_000
_EXCERPT = 300  # code points of a folded source
PAGE = 50
"""Releases on a page of the list."""

_COLUMNS = (  # with the order that each offers, and another where it is sorted so already
    (words.DATE, Order.NEWEST, Order.OLDEST),
    (words.TITLE, Order.TITLE, None),
    (words.PLACE, Order.PLACE, None),
    (words.BODY, Order.BODY, None),
    (words.PASSAGES, None, None),
)

Time = bool | tuple[dt.date | str | None, dt.date | str | None]
"""As `EventQA.ask` takes it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came of it: an answer, or the sentence that says what failed."""

    question: str
    answer: Answer | None
    failure: str = ""
    id: int = 0  # tells the turns of a conversation apart
    time: Time = True  # as it was asked
    alone: bool = False  # asked exactly as typed, whatever was asked before
    clicked: bool = False  # its button may be gone: its heading takes the focus

    @property
    def kind(self) -> str:
        """`answered`, `refused` or `failed`."""
        if self.answer is None:
            return "failed"
        return "answered" if self.answer.answered else "refused"

    @property
    def carried(self) -> str:
        """What its question was read with, in brackets; empty where that is nothing."""
        answer = self.answer
        return answer.read_as[len(answer.question) :].strip() if answer and answer.read_as else ""

    def hits(self, kind: str) -> tuple[Hit, ...]:
        """Its sources, or with the kind `nearest` what came nearest."""
        if self.answer is None:
            return ()
        return self.answer.nearest if kind == "nearest" else self.answer.hits


class Part(NamedTuple):
    """A piece of a release's text."""

    text: str
    kind: Literal["", "title", "dateline", "cited"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A release that lies open, at a paragraph when it is one of a turn's sources."""

    release: Release
    hit: Hit | None = None
    turn: int = 0
    kind: str = "hits"
    number: int = 0  # of the source, 1-based
    total: int = 0  # of the turn's sources
    note: str = ""
    kin: Kin = Kin()  # the releases that are one with it
    comparison: Comparison | None = None  # is shown in place of its text
    wanted: bool = False  # somebody asked to see it, so that it may take the focus

    @classmethod
    def of(cls, turn: Turn | None, kind: str, number: int) -> Shelf | None:
        """The release of one of a turn's sources, None when it has no such source."""
        hits = turn.hits(kind) if turn else ()
        if turn is None or not 1 <= number <= len(hits):
            return None
        hit = hits[number - 1]
        return cls(hit.passage.release, hit, turn.id, kind, number, len(hits))

    @property
    def highlights(self) -> tuple[Span, ...]:
        return self.hit.highlights if self.hit and self.kind == "hits" else ()

    @property
    def facts(self) -> tuple[str, ...]:
        """Who issued it, where and when, as far as it is known."""
        one = self.release
        date = written_date(one.date) if one.date else None
        return tuple(fact for fact in (one.body, one.place, date) if fact)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The release's text in pieces, without the blank lines around it.

        Joined they are the text, or the part of it around the cited paragraph.
        """
        return tuple(one for one in _parts(self.release, self._cited, *self._shown) if one.text)

    @property
    def shortened(self) -> bool:
        """Whether not all of it is shown."""
        return self._shown != self._whole

    @property
    def _cited(self) -> Span | None:
        return (self.hit.passage.start, self.hit.passage.end) if self.hit else None

    @property
    def _shown(self) -> Span:
        first, last = self._whole
        if self._cited is None:
            return first, min(last, first + _MOST)
        start, end = self._cited
        return max(first, start - _AROUND), min(last, end + _AROUND)

    @property
    def _whole(self) -> Span:
        """All of the text but blank lines before and after it."""
        text, paragraphs = self.release.text, self.release.paragraphs
        first, last = len(text) - len(text.lstrip()), len(text.rstrip())
        if not paragraphs:
            return first, max(first, last)
        return min(first, paragraphs[0][0]), max(last, paragraphs[-1][1])


def masthead() -> str:
    """The page's name and what it promises."""
    return _render("masthead.html")


def desk(turn: Turn | None) -> str:
    """The latest question with its answer; a welcome when nothing was asked yet."""
    return _render("desk.html", turn=turn)


def earlier(turns: Sequence[Turn]) -> str:
    """All questions but the latest, folded, newest first; empty when there are none."""
    return _render("earlier.html", turns=turns[-2::-1]) if len(turns) > 1 else ""


def more(questions: Sequence[str], turn: Turn | None) -> str:
    """Questions that can be asked, after a turn or before the first; empty when there are none."""
    heading = words.TRY
    if turn:
        heading = words.FOLLOW_UP if turn.kind == "answered" else words.INSTEAD
        if turn.answer and turn.answer.could_mean:
            heading = words.COULD_MEAN
    return _render("more.html", questions=questions, heading=heading)


def said(seen: str, heard: str = "", number: int = 0) -> str:
    """The page's live region: one line that is seen and read out, and one only read out.

    Args:
        number: tells what is said twice from what was said once.
    """
    return _render("said.html", seen=seen, heard=heard, number=number)


def outcome(turn: Turn) -> tuple[str, str]:
    """What is said once a question is done: what is seen, and what the desk shows anyway."""
    if turn.answer is None:
        return "", f"{words.FAILED}. {turn.failure}"
    if turn.answer.answered:
        best = turn.answer.hits[0]
        heard = f"{excerpt(best)} {best.citation}"
        return words.found(len(turn.answer.hits)), f"{heard}{_read_as(turn.answer)}"
    return "", f"{words.NO_ANSWER}. {turn.answer.reason}{_read_as(turn.answer)}"


def state(
    status: str | None,
    progress: tuple[int, int] | None,
    freshness: Freshness,
    problems: Sequence[Problem],
) -> str:
    """What the corpus holds, what is being done to it, and whether something is wrong with it."""
    return _render(
        "state.html",
        status=status,
        progress=progress if progress and progress[1] else None,
        freshness=freshness,
        troubles=_troubles(problems),
    )


def source(shelf: Shelf | None, note: str = "") -> str:
    """The release that lies open beside the conversation; a hint when there is none."""
    return _render("source.html", shelf=shelf, note=note)


def holdings(
    change: Change | None,
    changed: Sequence[Row],
    problems: Sequence[Problem],
) -> str:
    """What was done to the archive last, what is wrong with it, and a way to look anew."""
    return _render(
        "holdings.html",
        change=change,
        changed=changed,
        troubles=_troubles(problems),
        problems=problems[:_SHOWN_PROBLEMS],
        more=max(0, len(problems) - _SHOWN_PROBLEMS),
    )


def filters(chosen: Filter, places: Sequence[str], bodies: Sequence[str]) -> str:
    """The fields by which the list of releases is narrowed."""
    return _render("filters.html", chosen=chosen, places=places, bodies=bodies)


def listing(listed: Listing, chosen: Filter) -> str:
    """The releases over time and one page of their list."""
    return _render("listing.html", listing=listed, chosen=chosen, step=PAGE, columns=_COLUMNS)


def hint(sentence: str) -> str:
    """A sentence where there is nothing else to show."""
    return _render("hint.html", sentence=sentence)


def marked(text: str, spans: Sequence[Span]) -> list[tuple[str, str]]:
    """The text cut at the spans' ends, each piece with its kind; joined it is the text.

    The first span is the best one, others are marked, too. Of overlapping spans each code point
    has the kind of the first that begins.

    >>> marked("He met her. He left.", [(12, 20)])
    [('He met her. ', ''), ('He left.', 'best')]
    """
    cut: list[tuple[str, str]] = []
    done = 0
    for start, end, kind in sorted(
        (start, end, "also" if at else "best") for at, (start, end) in enumerate(spans)
    ):
        start, end = max(start, done), min(end, len(text))
        if start < end:
            cut += [(text[done:start], ""), (text[start:end], kind)]
            done = end
    cut.append((text[done:], ""))
    return [piece for piece in cut if piece[0]]


def sentence(hit: Hit) -> Span | None:
    """The best sentence of a passage, None where that is all of the passage or none is marked."""
    best = hit.highlights[0] if hit.highlights else None
    return best if best and hit.passage.text[slice(*best)] != hit.passage.text.strip() else None


def excerpt(hit: Hit, mark: bool = True) -> str:
    """What a folded source shows: the beginning of its best sentence."""
    best = sentence(hit) if mark else None
    text = hit.passage.text[slice(*best)] if best else hit.passage.text
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def web_address(url: str | None) -> str | None:
    """The url when a browser may be sent there (http or https, with a host), else None."""
    try:
        parts = urlsplit(url or "")
    except ValueError:  # such as an unfinished IPv6 address
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _read_as(answer: Answer) -> str:
    return f" {words.READ_AS}: {answer.read_as}" if answer.read_as else ""


def _link(hit: Hit, span: Span | None) -> str | None:
    return cite.link(hit, span) if web_address(hit.passage.release.url) else None


def _parts(release: Release, cited: Span | None, first: int, last: int) -> Iterator[Part]:
    """The pieces of a text between two places."""
    known: list[tuple[Span, Literal["title", "dateline", "cited"]]] = []
    if release.title_span:
        known.append((release.title_span, "title"))
    if cited:
        known.append((cited, "cited"))
    if release.dateline_span:
        known.append((release.dateline_span, "dateline"))
    done = first
    for (start, end), kind in sorted(known, key=lambda one: (one[0][0], -one[0][1])):
        start, end = max(start, done), min(end, last)
        if start < end:
            yield Part(release.text[done:start], "")
            yield Part(release.text[start:end], kind)
            done = end
    yield Part(release.text[done:last], "")


def _troubles(problems: Iterable[Problem]) -> str:
    paths = {True: set[tuple[str, str | None]](), False: set[tuple[str, str | None]]()}
    for problem in problems:
        paths[problem.lost].add((problem.path, problem.member))
    return words.troubles(len(paths[True]), len(paths[False]))


def _named(bar: Bar) -> str:
    """What the days of a bar are called: `5 May 2018`, `May 2018`, `2018`."""
    return str(Period(bar.start, bar.end, ""))


def _height(bar: Bar, listed: Listing) -> int:
    """The height of a bar in per cent of the highest; what is not nothing can be seen."""
    most = max(one.releases for one in listed.bars)
    return max(4, round(100 * bar.releases / most)) if bar.releases else 0


def _dated(day: dt.date | None) -> str:
    return written_date(day) if day else ""


def _is_later(day: dt.date) -> bool:
    """Whether a day has not come yet anywhere: a release has hardly been published then."""
    return day > dt.date.today() + dt.timedelta(1)


def _render(name: str, **values: object) -> str:
    html = _environment().get_template(name).render(**values).strip()
    # Gradio translates what looks like one of its own marks wherever it finds it in a value.
    return html.replace("__i18n__", "__&#105;18n__")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = cast("dict[str, object]", environment.globals)
    known.update(
        words=words,
        marked=marked,
        sentence=sentence,
        excerpt=excerpt,
        quote=cite.quote,
        link_to=_link,
        web_address=web_address,
        named=_named,
        height=_height,
        dated=_dated,
        is_later=_is_later,
    )
    return environment
