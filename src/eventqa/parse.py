"""A release's text → its title, dateline and paragraphs, as spans of that very text.

Nothing is rewritten and nothing is lost: every character that is not white space ends up in the
title, the dateline or a paragraph. Which text is a title or a dateline is told by its form alone.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from eventqa import dates
from eventqa.document import UNFIT, Document, Origin
from eventqa.types import Release, Span, one_line

# Nobody wraps prose by hand beyond this many characters, so in a block with a longer line every
# line is a paragraph of its own (as word processors save "plain text").
_LONGEST_WRAPPED_LINE = 120
_LONGEST_TITLE = 300
_LONGEST_FACT = 1_000  # what is longer was made to fill a page
# A page may be put up some days after the day that a release is dated on, hardly a month.
_FAR_APART = dt.timedelta(31)
# How many paragraphs from the top may be title, dateline or a "for immediate release" line.
_HEAD = 4

_GAP = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+|[\u2029\f]")
_LINE = re.compile(r"[^\n]+")
# A Markdown heading of one line, or the lines up to the next one. It never needs to go back.
_HEADING_OR_LINES = re.compile(r"#{1,6} [^\n]*|(?:(?!#{1,6} )[^\n]+\n?)+")
_HEADING = re.compile(r"#{1,6}\s+(?P<atx>.+?)(?:\s+#+)?|(?P<setext>[^\n]+)\n(?:=+|-+)", re.DOTALL)
# "For immediate release", above the title or between a letterhead and the title.
NOTICE = re.compile(
    r"(?:for immediate release|(?:press|news|media) (?:release|statement|advisory|note)).{0,60}",
    re.IGNORECASE,
)
_NO_TITLE_END = re.compile(r"[.。।؟…,;:][\"'”’»)\]]*$")

_ARTICLE = r"(?:(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?|le|el|den|am)\s+)?"
_DATED = rf"{_ARTICLE}(?P<date>{dates.WRITTEN})"
# White space is bounded: unbounded it would be tried in all ways between a place and its date.
_SPACE = r"\s{1,9}"
_SEPARATOR = rf"(?:,?{_SPACE}|,?\s{{0,9}}[—–|(-]\s{{0,9}})"
_END = r"\.?[^\S\n]*(?:[—–|]|-+|(?=\n)|\Z)"
_AGENCY = r"(?:\s*(?:\([^\n)]{1,40}\)|/[^\n/]{1,40}/))?"
_LEAD = r"(?:for immediate release|press release|[^\W\d_]{1,20}(?: on)?)"
_PLACE = r"\(?(?P<place>[^\W\d_][^\n\d—–:;\"“«]{0,60}?)"
_DATELINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<line>{_PLACE}{_SEPARATOR}{_DATED}(?P<closed>\s{{0,9}}\))?){_AGENCY}(?(closed)|{_END})",
        rf"(?P<line>{_DATED}(?:,|\s{{0,9}}[—–|-])\s{{0,9}}{_PLACE}){_AGENCY}{_END}",
        rf"(?P<line>(?:{_LEAD}[:,]?{_SPACE})?{_DATED}){_AGENCY}{_END}",
    )
)
# Many agencies leave the date out: `WASHINGTON –`, `(Washington, D.C.) -`, `ST. LOUIS, MO --`. Two
# words in capitals at most, or a town with its state, country or district: of the 109 paragraphs in
# senate_press that longer ones fit, 5 began with a heading ("THE ROBERTS REPORT –").
_TOWN = r"(?:(?:ST|FT|MT)\. |[A-Z]{2,20} )?[A-Z]{3,20}"
_STATE = r"(?:[A-Z]{2}|[A-Z][A-Z ]{3,20}|D\.\s?C\.|[A-Z][a-z]{1,5}\.)"
_UNDATED = re.compile(
    rf"\(?(?P<place>{_TOWN}(?:, ?{_STATE})?|[A-Z][a-z.]+(?: [A-Z][a-z]+){{0,2}}, ?{_STATE})\)?"
    rf"{_AGENCY}\s{{0,3}}(?:--+|[—–]|-(?=\s))\s{{0,3}}(?=[\"“‘'«]?\w*[^\W\d_A-Z])"
)
_LINKING_WORDS = frozenset(
    "a am an and da de del der des di do du e el et la le les of on the und y".split()
)
_NOT_A_PLACE = frozenset(
    "as at by date dated for from in issued on posted published release released since "
    "this to until updated today "
    "immediate media news press release statement "
    "monday tuesday wednesday thursday friday saturday sunday "
    "advisory audio background breaking contact correction corrected ends exclusive file icymi "
    "more note photo photos question answer report summary update video watch".split()
)


@dataclass(frozen=True, slots=True)
class Dateline:
    """Where and when, as written at the top of a release; one of them may be missing."""

    span: Span
    place: str | None
    date: dt.date | None


def parse(document: Document, origin: Origin) -> Release:
    """The release that a document holds."""
    text, facts, otherwise = document.text, document.facts, document.otherwise
    title_span, dateline, rest = _head(
        text, list(document.paragraphs), facts.title, document.find_title
    )
    told = facts.over(otherwise)
    title = facts.title or (_heading(text[slice(*title_span)]) if title_span else otherwise.title)
    return Release(
        id=told.id or str(origin),
        path=origin.path,
        line=origin.line,
        text=text,
        paragraphs=tuple(rest),
        title=_cleaned(title) or "",
        title_span=title_span,
        dateline_span=dateline.span if dateline else None,
        place=facts.place or (dateline.place if dateline else None) or otherwise.place,
        date=facts.date or (dateline.date if dateline else None) or otherwise.date,
        body=_cleaned(told.body),
        url=told.url,
        language=told.language,
        member=origin.member,
        pages=document.pages,
        supersedes=told.supersedes,
        fetched_at=told.fetched_at,
    )


def _cleaned(fact: str | None) -> str | None:
    """A fact without control characters, and no longer than one is."""
    if fact is None:
        return None
    clean = UNFIT.sub("", fact)
    return clean if len(clean) <= _LONGEST_FACT else f"{clean[: _LONGEST_FACT - 1]}…"


def disagreeing_day(release: Release) -> dt.date | None:
    """The day of a release's dateline, if its date is another one more than a month away."""
    if release.dateline_span is None or release.date is None:
        return None
    written = dateline(release.text, release.dateline_span)
    day = written.date if written else None
    return day if day and abs(day - release.date) > _FAR_APART else None


def paragraphs(text: str) -> list[Span]:
    """Where the author's paragraphs stand, in order, without the white space around them.

    A blank line, a form feed or U+2029 ends a paragraph, and a Markdown heading is one of its own.
    A single line break ends one only in a block with a line too long to have been wrapped by hand.
    """
    spans: list[Span] = []
    start = 0
    for gap in [*_GAP.finditer(text), None]:
        end = gap.start() if gap else len(text)
        spans += _block(text, start, end)
        start = gap.end() if gap else end
    return spans


def dateline(text: str, span: Span) -> Dateline | None:
    """The dateline that opens a paragraph, or None."""
    for pattern in _DATELINES:
        found = pattern.match(text, *span)
        if not found:
            continue
        place = found.groupdict().get("place")
        place = place.strip(" \t,—–-") if place else None
        date = dates.day(found["date"])
        closed = found["line"].count("(") == found["line"].count(")")
        if date and closed and (place is None or _is_place(place)):
            return Dateline((span[0], found.end("line")), place, date)
    undated = _UNDATED.match(text, *span)
    if undated and _is_place(undated["place"]):
        closed = text[undated.end("place") :].startswith(")")
        return Dateline((span[0], undated.end("place") + closed), undated["place"], None)
    return None


def _block(text: str, start: int, end: int) -> list[Span]:
    lines = [match.span() for match in _LINE.finditer(text, start, end)]
    wrapped = all(stop - begin <= _LONGEST_WRAPPED_LINE for begin, stop in lines)
    if wrapped:
        pieces = [match.span() for match in _HEADING_OR_LINES.finditer(text, start, end)]
    else:
        pieces = lines
    trimmed = [_trim(text, *piece) for piece in pieces]
    return [(begin, stop) for begin, stop in trimmed if begin < stop]


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _head(
    text: str, spans: list[Span], known: str, find_title: bool
) -> tuple[Span | None, Dateline | None, list[Span]]:
    """The title's span, the dateline, and the paragraphs that are neither."""
    title: Span | None = None
    found: Dateline | None = None
    rest: list[Span] = []
    heads = [one_line(_heading(text[slice(*span)])) for span in spans[:_HEAD]]
    titled_at = _titled_at(heads, one_line(known), find_title)
    for at, span in enumerate(spans[:_HEAD]):
        words = text[slice(*span)]
        opening = None if found else dateline(text, span)
        titled = (
            heads[at] == one_line(known)
            if known
            else find_title
            and not opening
            and titled_at <= at
            and at + 1 < len(spans)
            and _is_title(words)
        )
        if opening and _stands_alone(text, span, opening):
            found = replace(opening, span=span)  # with the dash or full stop after it
        elif titled and title is None:
            title = span
        else:
            rest.append(span)
            if at >= titled_at and not NOTICE.fullmatch(words):
                return title, found or opening, rest + spans[at + 1 :]
    return title, found, rest + spans[_HEAD:]


def _titled_at(heads: list[str], known: str, find_title: bool) -> int:
    """Which of the first paragraphs is the title: a letterhead may stand above it."""
    if known:
        return heads.index(known) if known in heads else 0
    notices = [at for at, words in enumerate(heads) if at and NOTICE.fullmatch(words)]
    return notices[0] + 1 if find_title and notices and notices[0] + 1 < len(heads) else 0


def _is_title(words: str) -> bool:
    return (
        len(words) <= _LONGEST_TITLE
        and re.search(r"[^\W\d_]", words) is not None
        and _NO_TITLE_END.search(words) is None
        and NOTICE.fullmatch(words) is None
    )


def _heading(words: str) -> str:
    """A Markdown heading's words; any other text as it is."""
    found = _HEADING.fullmatch(words) if len(words) <= _LONGEST_TITLE else None
    return (found["atx"] or found["setext"]).strip() if found else words


def _stands_alone(text: str, span: Span, opening: Dateline) -> bool:
    return not re.search(r"\w", text[opening.span[1] : span[1]])


def _is_place(words: str) -> bool:
    """A few capitalised words: `The Hague`, `NEW YORK`, `Rio de Janeiro`, `Вена`."""
    names = re.split(r"[\s/(]+", words)
    return (
        0 < len(names) <= 6
        and not names[0][0].islower()
        and names[0].casefold() not in _NOT_A_PLACE
        and names[-1] not in _LINKING_WORDS
        and any(name.casefold() not in _NOT_A_PLACE | _LINKING_WORDS for name in names)
        and all(not name[0].islower() or name in _LINKING_WORDS for name in names)
    )
