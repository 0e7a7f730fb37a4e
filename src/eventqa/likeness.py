"""How alike the words of two releases are, and how such that are alike are found among many.

A release is cut into shingles, runs of three words; how alike two are is the Jaccard index of their
shingles. By MinHash with bands (Broder, 1997; Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, chapter 3) those that may be alike are found without a look at all others. The only home
of datasketch.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np

_RUN = 3
# Two releases share one of 20 bands of 3 rows with a chance of .15 when they are alike by .2, of
# .74 by .4, of .93 by .5 and of .99 by .6. More rows would find less, fewer would find strangers.
_BANDS, _ROWS = 20, 3
SHORTEST = 25
"""Shingles. What has fewer is like another only if it is the same: any sentence may be said twice.
"""

# Of what people are told to call, and what only tells where to read on, every office has its own.
_CALL = re.compile(r"\+?\d[\d ()./-]{5,}\d(?!\d)|\S+@\S+|https?:\S+|www\.\S+")
_NUMBER = r"\d+(?:[.,:/]\d+)*"
_WORD = re.compile(rf"\x00|{_NUMBER}|[^\W_]+")
_BEGINNING = re.compile(r"(?:\A|[.!?:]\s+|\n\s*)[\"“«‘'(]*\w")
# Before a name, so that each office writes it in its own way.
_STYLES = frozenset(
    "sen sens senator senators rep reps representative representatives gov governor governors dr "
    "mr mrs ms miss prof president minister secretary congressman congresswoman the".split()
)
# Where two texts of one form differ stand a few words on each side.
_SLOT = 8
# Texts of more words are compared part by part, which takes a time that grows with their length.
_PART = 3_000
# Abbreviations begin like what they are short for: Gov. and Governor, Dept. and Department.
_STEM = 3


def plain(text: str) -> list[str]:
    """The words of a text without capitals and punctuation."""
    return re.findall(r"\w+", text.casefold())


def shingles(words: Sequence[str]) -> frozenset[str]:
    """Every run of three words; all of them, if they are fewer; none of none."""
    count = max(1, len(words) - _RUN + 1)
    return frozenset(" ".join(words[at : at + _RUN]) for at in range(count if words else 0))


def alike(one: Collection[str], other: Collection[str]) -> float:
    """The Jaccard index of two sets, 0..1; two empty ones are not alike."""
    one, other = frozenset(one), frozenset(other)
    return len(one & other) / max(1, len(one | other))


def bands(of: Collection[str]) -> tuple[int, ...]:
    """By what a set of shingles is found: two that are alike very likely have a number in common.

    Whole numbers of 64 bits with a sign, 20 of them; none of nothing.
    """
    if not of:
        return ()
    from datasketch.minhash import MinHash  # .5 s, which only a build has to wait for

    sketch = MinHash(num_perm=_BANDS * _ROWS, seed=1)
    sketch.update_batch([one.encode() for one in of])
    rows = np.asarray(sketch.hashvalues, np.uint64).reshape(_BANDS, _ROWS)
    return tuple(number(bytes([band]) + row.tobytes()) for band, row in enumerate(rows))


def contradict(one: str, other: str, *, strict: bool = False) -> bool:
    """Whether two texts that are alike speak of different things.

    They do where one has a number or a name and the other in the same place another, which the
    first has nowhere: `$961,407` and `$1,817,553`, Humboldt and Elko. Whom to call, styles of
    address and how much is said do not count.

    Args:
        strict: so do longer places, and words with a capital at the beginning of a sentence.
    """
    return bool(contradictions(one, other, strict=strict))


def contradictions(
    one: str, other: str, *, strict: bool = False
) -> frozenset[tuple[str, frozenset[str]]]:
    """In what two texts contradict each other, as `contradict` says, each once.

    A "number" or a "name", and what stands for it in both.
    """
    first, second = (_told(text, strict=strict) for text in (one, other))
    here, there = ([word.casefold() for word in words] for words in (first, second))
    mine, yours = frozenset(here), frozenset(there)
    found: set[tuple[str, frozenset[str]]] = set()
    for start, end, begin, stop in _exchanged(here, there):
        slots = (first[start:end], second[begin:stop])
        calls = any(
            _CALLED in words for words in (first[start : end + 2], second[begin : stop + 2])
        )
        if calls or (max(map(len, slots)) > _SLOT and not strict):
            continue
        numbers = [
            _numbers(words) - lacks for words, lacks in zip(slots, (yours, mine), strict=True)
        ]
        names = [_names(words) - lacks for words, lacks in zip(slots, (yours, mine), strict=True)]
        if all(numbers):
            found.add(("number", frozenset(numbers[0] | numbers[1])))
        if all(names) and not _akin(*names):
            found.add(("name", frozenset(names[0] | names[1])))
    return frozenset(found)


def _exchanged(here: Sequence[str], there: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where some words stand in place of others; very long texts are read part by part."""
    for at in range(0, max(len(here), len(there)), _PART):
        parts = (here[at : at + _PART], there[at : at + _PART])
        matcher = difflib.SequenceMatcher(None, *parts, autojunk=False)
        for kind, *spans in matcher.get_opcodes():
            if kind == "replace":
                start, end, begin, stop = (at + place for place in spans)
                yield start, end, begin, stop


_CALLED = "\x00"


def _told(text: str, *, strict: bool) -> list[str]:
    """The words of a text; a capital at the beginning of a sentence makes no name if not strict."""
    text = _CALL.sub(f" {_CALLED} ", text.replace(_CALLED, " "))
    if not strict:
        text = _BEGINNING.sub(lambda found: found[0].lower(), text)
    return _WORD.findall(text)


def _numbers(words: Sequence[str]) -> set[str]:
    return {word for word in words if word[0].isdigit()}


def _names(words: Sequence[str]) -> set[str]:
    named = {word.casefold() for word in words if word[0].isupper() and len(word) >= _STEM}
    return named - _STYLES


def _akin(some: Collection[str], others: Collection[str]) -> bool:
    starts = {word[:_STEM] for word in some}
    return any(word[:_STEM] in starts for word in others)


def number(data: bytes) -> int:
    """A hash as a whole number of 64 bits with a sign, as SQLite keeps it."""
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big", signed=True)
