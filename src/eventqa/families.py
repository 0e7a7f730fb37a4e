"""Which releases are one: the same published twice, or an older and a newer version. Pure.

They are a family. One of its current members leads, and answers where several could; a version
that a newer one replaces answers no more. What is decided by is written here, and measured with
`benchmarks/repeats.py`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from eventqa import likeness
from eventqa.boilerplate import is_notice
from eventqa.forms import folded
from eventqa.types import Release, one_line

ALIKE = 0.5
"""Two releases whose shingles are alike by less are not the same release."""
DAYS = 3
"""What another body publishes again is dated at most so many days apart."""
DAYS_TO_CORRECT = 31
"""A corrected version is dated at most so many days after the one that it corrects."""

_OPENING = 60  # words
_MOST_PARAGRAPHS = 300  # of a release are compared with those of its copies, word by word
_MOST_EDITS = 2  # figures or names are exchanged by a correction of another day
_MOST_BODIES = 10  # names of a family are looked for

_STRONG = r"(?:correct(?:ed|ion)|amended|revised|erratum|corrigendum|rectificatif|berichtigung)"
_MARK = rf"(?:{_STRONG}|updated?)"
_THING = r"(?:version|copy|statement|release)"
# In brackets or before a colon, at the beginning of a title or text or at a title's end; or told.
_MARKED = re.compile(
    rf"\A\W*(?:(?:second|third|further) )?{_MARK}"
    rf"(?:\s*(?:no\.?\s*)?\d?\s*(?:[:–—*)\]-]|\Z)|\s+(?:version|copy)\b"
    rf"|\s+{_THING}\s*(?:[:–—]|\Z)|\s+to\b)"
    rf"|[(\[*–—-]\s*(?:{_MARK}(?:\s+{_THING})?|corrects\b[^)\]]{{0,80}})\s*[)\]*]?\s*\Z"
    rf"|\b{_THING}\b.{{0,30}}\b(?:corrects|supersedes|replaces|(?:was|has been) corrected)\b"
    rf"|\b(?:earlier|previous|original) {_THING} of this\b"
    r"|\A(?-i:CORRECTED|CORRECTION|AMENDED|ERRATUM)\b",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    rf"\b(?:{_STRONG}|corrects|supersedes|replaces"
    rf"|(?:earlier|previous|original) {_THING} of this)\b",
    re.IGNORECASE,
)
_LONGEST_MARK = 300
# So many paragraphs from its beginning and from its end a correction says that it is one.
_EDGE = 2


class Relation(Enum):
    """How one release stands to another."""

    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    CORRECTS = "corrects"  # it says that it corrects one like the other
    CORRECTED = "corrected"  # the other says so


class Rank(NamedTuple):
    """How a release stands in its family."""

    lead: str  # the id of the release that answers for the family
    replaced_by: tuple[str, ...] = ()  # ids of newer versions, the newest last; empty: current


class Member:
    """What of a release tells which others are the same."""

    def __init__(self, release: Release) -> None:
        self.release = release

    @property
    def id(self) -> str:
        return self.release.id

    @cached_property
    def words(self) -> list[str]:
        """The words of its paragraphs, without those that stand around every release."""
        told = (p.text for p in self.release.passages if not is_notice(p.text))
        return [word for text in told for word in likeness.plain(text)]

    @cached_property
    def shingles(self) -> frozenset[str]:
        return likeness.shingles(self.words)

    @cached_property
    def opening(self) -> frozenset[str]:
        """The shingles of its first words."""
        return likeness.shingles(self.words[:_OPENING])

    @property
    def _said(self) -> list[str]:
        """Where a release says that it is a correction, as far as it is short."""
        passages = self.release.passages
        edges = [one.text for one in (*passages[:_EDGE], *passages[-_EDGE:])]
        return [words for words in (self.release.title, *edges) if len(words) <= _LONGEST_MARK]

    @cached_property
    def marked(self) -> bool:
        """Whether it says that it is a corrected version."""
        return any(_MARKED.search(words) for words in self._said)

    @cached_property
    def corrects(self) -> bool:
        """Whether it says so by more than "updated"."""
        return self.marked and any(_CORRECTION.search(words) for words in self._said)

    @cached_property
    def text(self) -> str:
        return "\n".join(passage.text for passage in self.release.passages)

    @cached_property
    def folded(self) -> str:
        return folded(one_line(f"{self.release.title} {self.text}"))

    def mentions(self, name: str | None) -> int:
        """Where it names a body, in letters from its beginning; -1 where it does not."""
        return self.folded.find(folded(one_line(name))) if name and name.strip() else -1


def relation(one: Member, other: Member) -> Relation | None:
    """How a release stands to another: the same, a newer or an older version; None: a stranger."""
    newer, older = _supersedes(one.release, other.release), _supersedes(other.release, one.release)
    if newer or older:
        if newer and older:  # each says so of the other
            newer = _age(one) > _age(other)
        return Relation.NEWER if newer else Relation.OLDER
    near = likeness.alike(one.shingles, other.shingles)
    a, b = one.release, other.release
    if near < ALIKE or not _could_be_one(a.place, b.place) or not _open_alike(one, other):
        return None
    times = (a.fetched_at, b.fetched_at) if a.url and a.url == b.url else (None, None)
    if times[0] and times[1] and times[0] != times[1] and one.text != other.text:
        if not _edits(one, other):
            return None
        return Relation.NEWER if times[0] > times[1] else Relation.OLDER
    if one.corrects and other.corrects and _edits(one, other) and _age(one)[:2] != _age(other)[:2]:
        return Relation.NEWER if _age(one) > _age(other) else Relation.OLDER
    if one.marked != other.marked:
        newer, older = (one, other) if one.marked else (other, one)
        if _corrects(newer, older):
            return Relation.CORRECTS if one.marked else Relation.CORRECTED
    return Relation.SAME if _is_same(one, other) else None


def grouped(
    ids: Sequence[str],
    member: Callable[[str], Member],
    related: Mapping[tuple[str, str], Relation],
) -> dict[str, Rank]:
    """How each release stands in its family; one without others leads its own.

    Args:
        ids: of all releases.
        member: gives the release of an id; called only where a release has others.
        related: of pairs of them, how the first stands to the second.
    """
    pairs = list(_settled(member, related))
    near: dict[str, list[tuple[str, str, bool]]] = {id: [] for id in ids}
    for pair in pairs:
        near[pair[0]].append(pair)
        near[pair[1]].append(pair)
    ranks: dict[str, Rank] = {}
    for id in ids:
        if id in ranks:
            continue
        if not near[id]:
            ranks[id] = Rank(id)
            continue
        found, reached = {id}, {id}
        while reached:
            reached = {end for one in reached for pair in near[one] for end in pair[:2]} - found
            found |= reached
        family = [member(one) for one in sorted(found)]
        old = _replaced(family, {p[:2] for one in found for p in near[one] if p[2]})
        lead = _lead([one for one in family if one.id not in old]).id
        ranks |= {one.id: Rank(lead, old.get(one.id, ())) for one in family}
    return ranks


def _settled(
    member: Callable[[str], Member], related: Mapping[tuple[str, str], Relation]
) -> Iterator[tuple[str, str, bool]]:
    """Pairs of one family, and whether the first is newer than the second.

    What says that it is a correction corrects the release before it that it differs least from,
    and not all others of its form.
    """
    corrected: dict[str, list[str]] = {}
    for (a, b), which in related.items():
        if which in (Relation.CORRECTS, Relation.CORRECTED):
            newer, older = (a, b) if which is Relation.CORRECTS else (b, a)
            corrected.setdefault(newer, []).append(older)
        else:
            newer, older = (b, a) if which is Relation.OLDER else (a, b)
            yield newer, older, which is not Relation.SAME
    for newer, some in corrected.items():
        one = member(newer)

        def distance(id: str, one: Member = one) -> tuple[int, int, float, str]:
            other = member(id)
            exchanged = len(likeness.contradictions(one.text, other.text))
            days = _apart(other.release, one.release) or 0
            return exchanged, days, -likeness.alike(one.shingles, other.shingles), id

        yield newer, min(some, key=distance), True


def _open_alike(one: Member, other: Member) -> bool:
    """Whether the news of two releases, which comes first, is the same.

    A long paragraph about whoever issued them makes short releases very much alike.
    """
    openings = ((one.opening, other.shingles), (other.opening, one.shingles))
    return all(len(some & there) >= ALIKE * len(some) for some, there in openings)


def _supersedes(one: Release, other: Release) -> bool:
    """Whether somebody wrote down that a release replaces another."""
    return one.supersedes is not None and one.supersedes in (other.id, other.where)


def _could_be_one(place: str | None, other: str | None) -> bool:
    """Whether two datelines may name one place: `Washington` and `WASHINGTON, D.C.`."""
    if not place or not other:
        return True
    short, long = sorted((folded(place), folded(other)), key=len)
    return long.startswith(short) or short.partition(",")[0] == long.partition(",")[0]


def _apart(a: Release, b: Release) -> int | None:
    """The days from one release to the other, below 0 if that is earlier; None: not dated."""
    return (b.date - a.date).days if a.date and b.date else None


def _is_same(one: Member, other: Member) -> bool:
    days = _apart(one.release, other.release)
    # What one body publishes on another day it says of that day, if often in the same words.
    most = 0 if _is_of_one_body(one, other) else DAYS
    if days is not None and abs(days) > most:
        return False
    if min(len(one.shingles), len(other.shingles)) < likeness.SHORTEST:
        # Any sentence may be said again: it is the same release if it says so of the same day.
        return days == 0 and one.release.title == other.release.title and one.text == other.text
    if one.words == other.words:
        return days is not None or one.release.title == other.release.title
    if days is not None:
        return not likeness.contradict(one.text, other.text)
    # Without the days that tell them apart the pages of a web site are very much alike.
    pairs = ((one.release.title, other.release.title), (one.text, other.text))
    return not any(likeness.contradict(a, b, strict=True) for a, b in pairs)


def _is_of_one_body(one: Member, other: Member) -> bool:
    """Whether the same is known of who issued two releases, be it nothing."""
    bodies = {folded(each.release.body or "") for each in (one, other)}
    return len(bodies) == 1


def _corrects(newer: Member, older: Member) -> bool:
    """Whether a release that says it is a correction may be one of another."""
    days = _apart(older.release, newer.release)
    # An update of another day is news of that day.
    most = DAYS_TO_CORRECT if newer.corrects else 0
    of_time = days is None or 0 <= days <= most
    return of_time and _is_of_one_body(newer, older) and _edits(newer, older)


def _edits(one: Member, other: Member) -> bool:
    """Whether two releases are one that was edited, and not two of one form.

    A correction exchanges a figure or a name; where both are others, or more than two of them on
    another day, it is another event.
    """
    marked, plain = (
        re.sub(rf"\W*\b{_MARK}\b\W*", " ", each.release.title, flags=re.I) for each in (one, other)
    )
    days = _apart(one.release, other.release)
    if (days and abs(days) > DAYS_TO_CORRECT) or likeness.contradict(marked, plain):
        return False
    exchanged = likeness.contradictions(one.text, other.text)
    return len({kind for kind, _ in exchanged}) < 2 and (not days or len(exchanged) <= _MOST_EDITS)


def _replaced(
    family: Sequence[Member], pairs: Collection[tuple[str, str]]
) -> dict[str, tuple[str, ...]]:
    """The ids of those that newer versions have replaced, each with the ids of these.

    Args:
        pairs: ids of a newer and an older version each.
    """
    if not pairs:
        return {}
    by: dict[str, set[str]] = {}
    for newer, older in pairs:
        if (older, newer) not in pairs:
            by.setdefault(older, set()).add(newer)
    for older in by:  # what replaces a newer version replaces the older one, too
        reached = by[older]
        while reached:
            reached = {one for id in reached for one in by.get(id, ())} - by[older] - {older}
            by[older] = by[older] | reached
    named = {id for pair in pairs for id in pair}
    versions = [one for one in family if one.id in named]
    for one in family:
        if one.id not in named:  # published elsewhere: it is what it is most like
            nearest = max(
                versions,
                key=lambda other: (
                    likeness.alike(one.shingles, other.shingles),
                    other.id not in by,
                ),
            )
            by |= {one.id: by[nearest.id]} if nearest.id in by else {}
    if len(by) == len(family):  # each is said to be older than another
        del by[max(family, key=_age).id]
    ages = {one.id: _age(one) for one in family}
    return {id: tuple(sorted(some, key=ages.__getitem__)) for id, some in by.items()}


def _age(member: Member) -> tuple[dt.date, dt.datetime, str]:
    release = member.release
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return release.date or dt.date.min, release.fetched_at or never, release.id


def _lead(current: Sequence[Member]) -> Member:
    """The copy of the body that issued it: that which the others name, else which it names itself.

    Else the earliest, and of these the one with a web address.
    """
    # The texts are alike: one of each body is enough to look for the names in.
    texts = list({one.release.body: one for one in current}.values())[:_MOST_BODIES]

    def rank(one: Member) -> tuple[object, ...]:
        release = one.release
        body = release.body
        named = any(other.mentions(body) >= 0 for other in texts if other.release.body != body)
        own = one.mentions(body)
        never = dt.datetime.max.replace(tzinfo=dt.UTC)
        return (
            not named,
            own < 0,
            own,
            release.date or dt.date.max,
            release.url is None,
            release.fetched_at or never,
            release.where,
            release.line or 0,
        )

    return min(current, key=rank)


def same_said(lead: Release, copy: Release) -> dict[int, int]:
    """Which paragraphs of a copy say what one of the lead says, by their numbers: copy → lead.

    A paragraph with another number or name in it says something else, however like it is.
    """
    known: dict[str, int] = {}
    for passage in lead.passages:
        known.setdefault(said(passage.text), passage.number)
    runs = {p.number: (p.text, likeness.shingles(likeness.plain(p.text))) for p in lead.passages}
    found: dict[int, int] = {}
    for passage in copy.passages:
        number = known.get(said(passage.text))
        if number is None and len(runs) <= _MOST_PARAGRAPHS:
            own = likeness.shingles(likeness.plain(passage.text))
            near = {at: likeness.alike(own, runs) for at, (_, runs) in runs.items()}
            best = max(near, key=lambda at: near[at], default=None)
            if (
                best
                and near[best] >= ALIKE
                and not likeness.contradict(passage.text, runs[best][0])
            ):
                number = best
        if number is not None:
            found[passage.number] = number
    return found


def said(text: str) -> str:
    """The words of a passage as they are compared: without capitals, punctuation and spaces."""
    return " ".join(likeness.plain(text)) or one_line(text)
