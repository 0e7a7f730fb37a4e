"""What counts as a word in a search, and the terms under which it is found.

A term is what all forms of a word share: `muller` of `Müller` and `MULLER`, one of `meet` and
`met`. A compound is found by its parts and written as one, and an acronym such as `US` is
no small word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version

from eventqa.terms import stem, telling_words

FORMAT = 3
"""Raised when other terms come of a text."""

Forms = tuple[tuple[str, ...], ...]
"""Ways to say the same, each by its terms."""

# What splits a word and yet may be left out of it: Counter-Terrorism, Cote d'Ivoire.
_JOINT = "['’‐‑-]"
_WORD = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"  # 1,500
    r"|\d+\.\d+(?![.\d])"  # 3.5
    r"|(?<![^\W_])[^\W\d_](?:\.[^\W\d_])+(?![^\W_])"  # U.S.
    rf"|[^\W_]+(?:{_JOINT}[^\W_]+)*"
)
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_LONGEST = 100  # characters; what is longer is no word that anyone asks for
# So many words all in capitals are a headline; fewer may be acronyms.
_HEADLINE = 3
# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def asked(query: str, also: Sequence[Sequence[str]]) -> list[Forms]:
    """What a query looks for: each thing once, with the ways to say it, the one as asked first.

    Args:
        also: ways to say the same; where the query has one of them the others are looked for, too.
    """
    things = list(dict.fromkeys(forms_of(word) for word in _telling(query)))
    for alternatives in also:
        ways = dict.fromkeys(way for text in alternatives if (way := _plain(text)))
        words = {term for thing in things for term in thing[0]}
        typed = [way for way in ways if words.issuperset(way)]
        if typed:
            said = {term for way in typed for term in way}
            things = [thing for thing in things if not said.issuperset(thing[0])]
            things.append(tuple(dict.fromkeys([*typed, *ways])))
    return things


def _plain(text: str) -> tuple[str, ...]:
    """The terms of several words."""
    return tuple(dict.fromkeys(term for word in _telling(text) for term in forms_of(word)[0]))


def _telling(text: str) -> list[str]:
    """The words without the small ones, or all of them if there are no others."""
    words = words_of(text)
    return [word for word in words if not is_small(word)] or words


def words_of(text: str) -> list[str]:
    """The words of a text as written, compounds whole."""
    text = text.replace("\xad", "")  # a soft hyphen is seen only where a line breaks
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    words: list[str] = [word for word in _WORD.findall(text) if len(word) <= _LONGEST]
    if len(words) >= _HEADLINE and text.isupper():
        return [word.lower() for word in words]
    return words


def _parts(word: str) -> list[str]:
    """What a compound is made of. Of any other word: `1500` of `1,500`, `US` of `U.S.`."""
    if word[0].isdigit() and ("," in word or "." in word):
        return [word.replace(",", "")]
    if "." in word:
        bare = word.replace(".", "")
        return [bare.upper() if is_small(bare) else bare]
    return re.split(_JOINT, _POSSESSIVE.sub("", word))


@lru_cache(maxsize=100_000)
def forms_of(word: str) -> Forms:
    """The terms of a word: first of its telling parts, then of them all written as one."""
    parts = _parts(word)
    if len(parts) == 1:
        return ((_term(parts[0]),),)
    telling = [part for part in parts if not is_small(part)] or parts
    return (tuple(dict.fromkeys(map(_term, telling))), (_term("".join(parts)),))


def indexed(word: str) -> list[str]:
    """All terms under which a word is found."""
    parts = _parts(word)
    return [_term(part) for part in (parts if len(parts) == 1 else [*parts, "".join(parts)])]


@lru_cache(maxsize=10_000)
def terms_of(text: str) -> frozenset[str]:
    """All terms under which a text is found."""
    return frozenset(term for word in words_of(text) for term in indexed(word))


def _term(word: str) -> str:
    """What a word shares with its other forms, without accents: `muller` of `Müller`."""
    if word.isupper() and len(word) > 1 and is_small(word.lower()):
        return word  # WHO and US are not who and us
    return stem(folded(word))


def folded(text: str) -> str:
    """A text without capitals and accents."""
    if text.isascii():  # which is quick, and most are
        return text.casefold()
    marked = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(mark for mark in marked if not unicodedata.combining(mark))


@lru_cache(maxsize=100_000)
def is_small(word: str) -> bool:
    """Whether a word asks or links, or is a mere letter. `WHO`, `US` and `U.S.` do not."""
    if "." in word or any(character.isdigit() for character in word):
        return False
    bare = _POSSESSIVE.sub("", word)
    return not (bare.isupper() and len(bare) > 1) and not telling_words(bare)


def made_by() -> str:
    """What decides the terms of a text: an index of other terms is made again."""
    parts = [str(FORMAT), *(version(name) for name in ("simplemma", "pystemmer"))]
    return " ".join([*parts, unicodedata.unidata_version])
