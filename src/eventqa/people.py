"""Who is spoken of in a text: whom "he" or "she" may stand for.

By capital letters and a dictionary of English. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from eventqa import terms

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]*[\w]"
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Sir|Dame|Sen|Rep|Gov|Gen|Amb)\.?"
_NAMED = re.compile(
    rf"\b(?P<title>{_TITLE}) (?P<called>(?:{_CAPITAL}|[A-Z]\.)(?: (?:{_CAPITAL}|[A-Z]\.)){{0,3}})"
    # After these it is a place or a body more often than a person.
    rf"|(?<!\bin )(?<!\bat )(?<!\bof )(?<!\bfrom )(?<!\bthe )(?<!\bnear )"
    rf"(?<![\w’'-])(?P<bare>{_CAPITAL}(?: (?:{_CAPITAL}|[A-Z]\.)){{1,5}})"
)
_OFFICE = re.compile(
    r"(?:Vice-|Co-|Under-|Deputy )?(?:President|Minister|Secretary|Secretary-General|Chair|Chairman"
    r"|Chairwoman|Director|Director-General|Governor|Commissioner|Ambassador|Speaker|Mayor|Senator"
    r"|Congressman|Congresswoman|Rapporteur|rapporteur|Chancellor|King|Queen|Prince|Pope)"
)
_OPENING = (
    "The",
    "This",
    "That",
    "At",
    "In",
    "On",
    "By",
    "With",
    "While",
    "When",
    "After",
    "Before",
)
_SHE, _HE = ("Mrs", "Ms", "Dame"), ("Mr", "Sir")
_HERS = frozenset(("she", "her", "hers"))
PRONOUNS = frozenset(("he", "him", "his")) | _HERS
"""What stands for one person."""


def people(text: str, pronoun: str = "") -> Iterator[str]:
    """The names of people in a text, in order, without titles and offices.

    A name is what follows "Mr.", "Ms." or an office, or two capitalised words or more of which the
    last is no English word ("Sund Island" is none). It misses those whose names are words, such as
    Mark Twain, and takes some places for people.

    Args:
        pronoun: leave out whom it cannot stand for by their title.
    """
    for match in _NAMED.finditer(text):
        if match["title"]:
            if may_be(pronoun, match["title"]):
                yield _owner(match["called"])
        elif name := _person(_owner(match["bare"]).split()):
            yield name


def may_be(pronoun: str, name: str) -> bool:
    """Whether a pronoun may stand for a name, by the form of address that it begins with."""
    word = pronoun.lower()
    unfit = _HE if word in _HERS else _SHE if word in PRONOUNS else ()
    return re.split(r"\W", name, maxsplit=1)[0] not in unfit


def _person(words: list[str]) -> str | None:
    """What is left of capitalised words without an office; None if that names nobody."""
    held = False
    while len(words) > 1 and (_OFFICE.fullmatch(words[0]) or _is_common(words[0])):
        if len(words) == 2 and not _OFFICE.fullmatch(words[0]):
            break  # "Dan Nica"
        held = held or _OFFICE.fullmatch(words[0]) is not None
        del words[0]  # "Harbour Master Elin Brandt"
    if words[-1].isupper() or words[0] in _OPENING:
        return None
    if not held and (len(words) < 2 or _is_common(words[-1])):
        return None
    return " ".join(words)


def _is_common(word: str) -> bool:
    """Whether it is an English word, several with hyphens, or an abbreviation."""
    return not word.islower() and (
        word.isupper() or all(terms.is_word(part.lower()) for part in word.split("-") if part)
    )


def _owner(name: str) -> str:
    return re.sub(r"[’']s?$", "", name)
