"""What differs between two releases: facts, paragraphs, and in each of these the words. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from eventqa.likeness import alike, plain
from eventqa.types import Passage, Release, one_line, placed, written_date

# A paragraph is an older one, edited, if they share this much of their words.
_EDITED = 0.3
# Word by word two paragraphs are compared if the product of their words is not larger.
_MOST_WORDS = 4_000_000
# And so many pairs of paragraphs are looked at to find which was edited into which.
_MOST_PAIRS = 40_000
_TOKEN = re.compile(r"\S+\s*|\s+")

Kind = Literal["same", "removed", "added"]


class Piece(NamedTuple):
    """Some words of a paragraph. White space does not differ."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph as it was and as it is; one of them is None where there is no such one."""

    before: Passage | None
    after: Passage | None
    pieces: tuple[Piece, ...]  # in the order in which they are read

    @property
    def differs(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


class Fact(NamedTuple):
    """A fact that differs; None where it is not known."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two releases side by side. `str()` gives what differs, for a terminal."""

    before: Release
    after: Release
    facts: tuple[Fact, ...]  # title, body, place, date and url, those that differ
    pairs: tuple[Pair, ...]  # all paragraphs, in order

    @property
    def differs(self) -> bool:
        """Whether any word or fact does."""
        return bool(self.facts) or any(pair.differs for pair in self.pairs)

    @property
    def changed(self) -> int:
        """How many paragraphs differ."""
        return sum(pair.differs for pair in self.pairs)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain JSON values."""
        return {
            "before": self.before.id,
            "after": self.after.id,
            "differs": self.differs,
            "facts": [fact._asdict() for fact in self.facts],
            "paragraphs": [
                {
                    "before": pair.before.number if pair.before else None,
                    "after": pair.after.number if pair.after else None,
                    "pieces": [piece._asdict() for piece in pair.pieces],
                }
                for pair in self.pairs
                if pair.differs
            ],
        }

    def __str__(self) -> str:
        lines = [f"--- {_named(self.before)}", f"+++ {_named(self.after)}"]
        lines += [f"{fact.name}: {_change(fact)}" for fact in self.facts]
        for pair in self.pairs:
            if pair.differs:
                words = "".join(map(_marked, pair.pieces)).strip().replace("\n", "\n    │ ")
                lines.append(f"\n{_where(pair)}\n    {words}")
        count = len(self.pairs)
        lines.append(
            f"\n{self.changed:,} of {count:,} paragraph{'' if count == 1 else 's'} differ."
            if self.differs
            else "They have the same words and facts."
        )
        return "\n".join(lines)


def compare(before: Release, after: Release) -> Comparison:
    """What differs between two releases, white space aside."""
    return Comparison(before, after, tuple(_facts(before, after)), tuple(_pairs(before, after)))


def _facts(before: Release, after: Release) -> Iterator[Fact]:
    for name in ("title", "body", "place", "date", "url"):
        was, now = (_fact(getattr(release, name)) for release in (before, after))
        if was != now:
            yield Fact(name, was, now)


def _fact(value: object) -> str | None:
    return one_line(str(value)) if value else None


def _pairs(before: Release, after: Release) -> Iterator[Pair]:
    old, new = before.passages, after.passages
    matcher = difflib.SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    for kind, start, end, begin, stop in matcher.get_opcodes():
        if kind == "equal":
            for was, now in zip(old[start:end], new[begin:stop], strict=True):
                yield Pair(was, now, (Piece(now.text, "same"),))
        else:
            yield from _aligned(old[start:end], new[begin:stop])


def _keys(passages: Sequence[Passage]) -> list[str]:
    return [one_line(passage.text) for passage in passages]


def _aligned(old: Sequence[Passage], new: Sequence[Passage]) -> Iterator[Pair]:
    """Paragraphs that differ, each beside the one that it was edited from, in order."""
    if len(old) * len(new) > _MOST_PAIRS:
        yield from (Pair(was, None, (Piece(was.text, "removed"),)) for was in old)
        yield from (Pair(None, now, (Piece(now.text, "added"),)) for now in new)
        return
    words = [[frozenset(plain(passage.text)) for passage in some] for some in (old, new)]
    near = {
        (at, to): share
        for at, was in enumerate(words[0])
        for to, now in enumerate(words[1])
        if (share := alike(was, now)) >= _EDITED
    }
    chosen: list[tuple[int, int]] = []
    for at, to in sorted(near, key=lambda pair: (-near[pair], pair)):
        # Paragraphs keep their order: no two of the pairs may cross.
        if all((at - i) * (to - j) > 0 for i, j in chosen):
            chosen.append((at, to))
    done = (0, 0)
    for at, to in [*sorted(chosen), (len(old), len(new))]:
        for passage in old[done[0] : at]:
            yield Pair(passage, None, (Piece(passage.text, "removed"),))
        for passage in new[done[1] : to]:
            yield Pair(None, passage, (Piece(passage.text, "added"),))
        if at < len(old):
            yield Pair(old[at], new[to], tuple(_pieces(old[at].text, new[to].text)))
        done = (at + 1, to + 1)


def _pieces(before: str, after: str) -> Iterator[Piece]:
    """Two paragraphs word by word; what stayed is written as it is now."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) * len(new) > _MOST_WORDS:
        yield from (Piece(before, "removed"), Piece(after, "added"))
        return
    words = ([token.strip() for token in tokens] for tokens in (old, new))
    for kind, start, end, begin, stop in difflib.SequenceMatcher(
        None, *words, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            yield Piece("".join(new[begin:stop]), "same")
            continue
        if start < end:
            yield Piece("".join(old[start:end]), "removed")
        if begin < stop:
            yield Piece("".join(new[begin:stop]), "added")


def _named(release: Release) -> str:
    title = f"“{one_line(release.title)}”" if release.title else None
    day = written_date(release.date) if release.date else None
    where = placed(release.path, release.member, release.line)
    return ", ".join(part for part in (title, release.body, day, where) if part)


def _change(fact: Fact) -> str:
    return f"{fact.before or '(none)'} → {fact.after or '(none)'}"


def _where(pair: Pair) -> str:
    if pair.before is None:
        return f"Paragraph {pair.after.number} is new:" if pair.after else ""
    if pair.after is None:
        return f"Paragraph {pair.before.number} is gone:"
    moved = f", now {pair.after.number}" if pair.after.number != pair.before.number else ""
    return f"Paragraph {pair.before.number}{moved}:"


def _marked(piece: Piece) -> str:
    """Words as `git diff --word-diff` marks them."""
    text = piece.text
    bare = text.rstrip()
    space = text[len(bare) :]
    if piece.kind == "removed":
        return f"[-{bare}-]{space}"
    return f"{{+{bare}+}}{space}" if piece.kind == "added" else text
