"""Which releases of a store are one, settled anew where a change may have made a difference."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from eventqa import boilerplate, likeness
from eventqa.families import DAYS_TO_CORRECT, Member, Relation, grouped, relation, said, same_said
from eventqa.types import Release
from eventqa.writer import Writer

# Of releases with a band of words in common so many are compared with one, those of like days.
_MOST_NEAR = 30
# Releases are read again rather than all kept in memory.
_KEPT = 2_000


class Bereft(NamedTuple):
    """What is left behind where releases are dropped."""

    releases: frozenset[str] = frozenset()  # that may have been one with them
    said: frozenset[int] = frozenset()  # hashes of what they said


def around(writer: Writer, ids: Iterable[str]) -> Bereft:
    """What some releases leave behind, which are about to be dropped."""
    ids = set(ids)
    leads = writer.leads(ids)
    near = {other for id in ids for other in writer.near(id, DAYS_TO_CORRECT, _MOST_NEAR)}
    releases = frozenset(near | set(writer.families(leads))) - ids
    return Bereft(releases, frozenset(writer.said_in(ids)))


def settle(writer: Writer, bereft: Bereft) -> None:
    """Finds the families of releases that are new, and of those that have lost one.

    With it in how many families each of their passages is said.

    What comes of many small changes is what comes of one large one, unless more than 30 releases of
    one day are alike.

    Args:
        bereft: what was `around` the releases that have been dropped.
    """
    _Settling(writer).settle(bereft)


class _Settling:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._member = lru_cache(maxsize=_KEPT)(self._read)

    def settle(self, bereft: Bereft) -> None:
        writer, new = self._writer, self._writer.unsettled()
        for id in new:
            one = self._member(id)
            writer.put_bands(id, one.release.date, likeness.bands(one.shingles))
            writer.put_said(id, _said(one.release))
        touched, related = self._related({*new, *bereft.releases})
        said = bereft.said | writer.said_in(touched)
        settled = touched - frozenset(new)
        for id, rank in grouped(sorted(touched), self._member, related).items():
            writer.put_standing(id, rank.lead, rank.replaced_by)
            follows = rank.lead != id and not rank.replaced_by
            if follows or id in settled:  # which may have followed another before
                lead = self._member(rank.lead).release if follows else None
                writer.put_said(id, _said(self._member(id).release, lead))
        writer.put_repeated(said | writer.said_in(touched))

    def _related(self, ids: set[str]) -> tuple[set[str], dict[tuple[str, str], Relation]]:
        """Some releases with all that are related to them, and how these stand to each other."""
        reached = ids | set(self._writer.families(self._writer.leads(ids)))
        pending, looked_at = sorted(reached), set[tuple[str, str]]()
        related: dict[tuple[str, str], Relation] = {}
        while pending:
            id = pending.pop()
            for other in self._near(id):
                pair = (min(id, other), max(id, other))
                if pair in looked_at:
                    continue
                looked_at.add(pair)
                which = relation(self._member(pair[0]), self._member(pair[1]))
                if which:
                    related[pair] = which
                    pending += {other} - reached
                    reached.add(other)
        return reached, related

    def _near(self, id: str) -> list[str]:
        return self._writer.near(id, DAYS_TO_CORRECT, _MOST_NEAR)

    def _read(self, id: str) -> Member:
        release = self._writer.release(id)
        if release is None:
            raise RuntimeError(f"the store names {id!r} but does not have it")
        return Member(release)


def _said(release: Release, lead: Release | None = None) -> list[tuple[int, int, bool]]:
    """Of each passage its number, a hash of what it says, and whether it is a mere notice.

    A passage that says what one of the lead says has the hash of that.
    """
    same = same_said(lead, release) if lead else {}
    words = {passage.number: passage.text for passage in lead.passages} if lead else {}
    return [
        (
            passage.number,
            likeness.number(said(words.get(same.get(passage.number, 0), passage.text)).encode()),
            boilerplate.is_notice(passage.text),
        )
        for passage in release.passages
    ]
