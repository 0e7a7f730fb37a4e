"""Short forms that a text itself explains, and the questions that use one of the two forms.

After Schwartz and Hearst, A simple algorithm for identifying abbreviation definitions in biomedical
text (2003): the letters of the short form are looked for in the words before the bracket, from the
right. Theirs stops at the first words that have the letters anywhere, "Security Administration" for
SSA; here the first letters of words are tried before. What a text does not explain is not guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from eventqa.terms import telling_words
from eventqa.types import Span


def defined(text: str) -> dict[str, str]:
    """Each short form with its long form, both as written, in the order of the text.

    Of a form that is explained twice it is the first time that counts.

    >>> defined("The UN Office of Counter-Terrorism (UNOCT) met.")
    {'UNOCT': 'UN Office of Counter-Terrorism'}
    """
    found: dict[str, str] = {}
    for bracket in _BRACKET.finditer(text):
        before = text[max(0, bracket.start() - _BEFORE) : bracket.start()]
        pair = _explained(before, bracket[1]) or _explains(before, bracket[1])
        if pair:
            found.setdefault(*pair)
    return found


class Acronyms:
    """The short forms that many texts explain, ready to be found in a question.

    Measured: 30,000 are gathered in half a second, and a question is looked through in 0.02 ms, or
    in 2.4 ms if all of them begin with the same word and the question has it.

    Args:
        definitions: what `defined` has found, text by text.
    """

    def __init__(self, definitions: Iterable[Mapping[str, str]] = ()) -> None:
        counts: dict[str, Counter[str]] = {}
        written: dict[str, str] = {}
        for definition in definitions:
            for short, long in definition.items():
                written.setdefault(_plain(long), long)
                counts.setdefault(short, Counter())[_plain(long)] += 1
        plain = {short: [long for long, _ in each.most_common()] for short, each in counts.items()}
        self.longs = {short: tuple(written[long] for long in each) for short, each in plain.items()}
        """The long forms of each short form, commonest first, as first written."""
        # Of forms that differ only in case the commonest is meant.
        rarest_first = sorted(counts, key=lambda short: counts[short].total())
        self._shorts = {_one(short).casefold(): short for short in rarest_first}
        self._shorts |= {short.casefold(): short for short in rarest_first}
        self._beginning: dict[str, list[tuple[str, str, str]]] = {}
        for short, each in plain.items():
            for long in each:
                entry = (long, written[long], short)
                self._beginning.setdefault(long.split(" ", 1)[0], []).append(entry)

    def used(self, question: str, is_word: Callable[[str], bool]) -> dict[Span, str]:
        """Where a known form stands in a question, in order and apart, with its other form.

        Args:
            is_word: knows the words of the language, in small letters: `unoct` is understood and
                `care` is left alone.
        """
        taken: dict[Span, str] = {}
        words = f" {_plain(question)} "
        longs = [
            entry
            for word in dict.fromkeys(words.split())
            for entry in self._beginning.get(word, ())
            if f" {entry[0]} " in words
        ]
        # The longest first: within "UN Office of Counter-Terrorism" the UN is not asked for.
        for _, long, short in sorted(longs, key=lambda entry: len(entry[0]), reverse=True):
            for match in _wherever(long, long.casefold()).finditer(question):
                _take(taken, match.span(), short)
        for match in _TOKEN.finditer(question):
            token = match[0]
            short = self._shorts.get(token.casefold()) or self._shorts.get(_one(token).casefold())
            if short and (_is_written(token, question) or _is_meant(token, is_word)):
                _take(taken, match.span(), self.longs[short][0])
        return dict(sorted(taken.items()))


# The words in front of a bracket that are looked at, in characters: no name is longer.
_BEFORE = 200
_BRACKET = re.compile(r"[ \t\xa0]\(([^()\n]{2,200})\)")
# "(the “Fund”; see below)"
_CUT = re.compile(r"\s*[;,:]")
_ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)
_QUOTES = "\"'“”‘’«» "
_SHORT = re.compile(r"[^\W_](?:[^\W_]|[-/&.](?=[^\W_]))*")
_TOKEN = re.compile(r"[^\W_]+(?:[-/&][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?;:](?=\s)|[()\n]|\s[–—-]\s")
_WORD = re.compile(r"[^\W_]+")
_NAME_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PLURAL = re.compile(r"[^\W_]*[A-Z0-9]s")
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$")
# Of whom a bracket speaks: "(EPP, RO)" a member of a party, "(D-CA)" of one in a state.
_MEMBER = re.compile(r"[\w&/]+, ?[A-Z]{2}\b|[A-Z]-[A-Z]{2}\b")
# Up to three small letters may mean anything, and three words all in capitals are a headline.
_SHORTEST = 3
_HEADLINE = 3
# "Office of the United Nations High Commissioner for Human Rights" has two words more than OHCHR.
_SKIPS = 3
_NO_ACCIDENT = 6
# A name does not begin with these, although a letter of the short form may be found there.
_LINKS = frozenset("a an and at by for from in of on or the to with".split())


def _explained(before: str, inside: str) -> tuple[str, str] | None:
    """`long (SHORT)`."""
    if _MEMBER.match(inside):
        return None
    short = _CUT.split(inside, maxsplit=1)[0].strip(_QUOTES)
    if not _is_short(short):
        return None
    long = _long_form(short, _clause(before).rstrip(_QUOTES))
    return (short, long) if long else None


def _explains(before: str, inside: str) -> tuple[str, str] | None:
    """`SHORT (long)`, perhaps with something after a comma."""
    words = before.split()
    short = words[-1].strip(_QUOTES) if words else ""
    if not _is_short(short):
        return None
    for part in (inside, _CUT.split(inside, maxsplit=1)[0]):
        long = _ARTICLE.sub("", part.strip(_QUOTES))
        if _long_form(short, long) == long:
            return short, long
    return None


def _is_short(text: str) -> bool:
    letters = sum(map(str.isalnum, text))
    return 2 <= letters <= 10 and _capitals(text) >= 2 and _SHORT.fullmatch(text) is not None


def _clause(before: str) -> str:
    """What stands after the end of the last sentence or clause."""
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


def _long_form(short: str, before: str) -> str | None:
    """The last words that a short form stands for, or None."""
    letters = [character.casefold() for character in short if character.isalnum()]
    words = [(match.start(), match[0]) for match in _NAME_WORD.finditer(before)]
    words = words[-min(len(letters) + 5, 2 * len(letters)) :]
    singular = letters[:-1] if _PLURAL.fullmatch(short) else letters
    place = _by_initials(singular, words, skips=0)
    if place is None:
        place = _by_initials(singular, words, skips=_SKIPS)
    if place is None:
        place = _by_letters(letters, before, words)
    if place is None:
        return None
    long = _POSSESSIVE.sub("", before[place:])
    parts = _plain(long).split()
    # One word is abbreviated for a table or a stock exchange: "Netflix (NFLX)", "Party (PT)".
    named = len(parts) > 1 and len(long) > len(short) and short.casefold() not in parts
    return long if named and not long.casefold().startswith(short.casefold()) else None


def _by_initials(letters: list[str], words: list[tuple[int, str]], skips: int) -> int | None:
    """Where a name begins whose words begin with these letters.

    Args:
        skips: how many words may be without a letter, apart from links.
    """
    left = list(letters)
    for place, word in reversed(words):
        is_link = word in _LINKS
        if word[0].casefold() == left[-1] and not (is_link and len(left) == 1):
            left.pop()
        elif not is_link:
            skips -= 1
        if skips < 0:
            return None
        if not left:
            return place
    return None


def _by_letters(letters: list[str], before: str, words: list[tuple[int, str]]) -> int | None:
    """Where a name begins that has these letters in their order, the first one first.

    Each of its capitalised words must have one of them, or a person's name that stands there would
    do for the party behind it. Long short forms, such as INTERPOL, are no accident.
    """
    spans = [(start, start + len(word)) for start, word in words if word not in _LINKS]
    begins = {start for start, _ in spans}
    # From the right: a letter of a link, such as the o of "of", stands for nothing.
    places = (place for start, end in reversed(spans) for place in range(end - 1, start - 1, -1))
    hits: list[int] = []
    left = list(letters)
    for place in places:
        if before[place].casefold() == left[-1] and (len(left) > 1 or place in begins):
            left.pop()
            hits.append(place)
        if not left:
            break
    if left:
        return None
    idle = [
        start
        for start, end in spans
        if start >= hits[-1]
        and before[start].isupper()
        and not any(start <= hit < end for hit in hits)
    ]
    return hits[-1] if not idle or len(letters) >= _NO_ACCIDENT else None


def _plain(text: str) -> str:
    """The words of a text, whatever their case and what stands between them."""
    return " ".join(_WORD.findall(text.casefold()))


def _wherever(*spellings: str) -> re.Pattern[str]:
    """Finds the words of a long form, whatever their case and what stands between them."""
    # Casefolded ß is ss and has another length, so each spelling has a pattern of its own.
    every = (r"[\W_]+".join(map(re.escape, _WORD.findall(one))) for one in spellings)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(every)})(?![^\W_])", re.IGNORECASE)


def _one(short: str) -> str:
    """One of several: `NGO` of `NGOs`."""
    return short[:-1] if _PLURAL.fullmatch(short) else short


def _is_written(token: str, question: str) -> bool:
    """Whether it is typed like a short form, and not only like the rest of the question."""
    return _capitals(token) >= 2 and not (question.isupper() and len(question.split()) >= _HEADLINE)


def _is_meant(token: str, is_word: Callable[[str], bool]) -> bool:
    """Whether it must be a short form although it is not typed like one."""
    word = token.casefold()
    if len(word) <= _SHORTEST or not telling_words(word):
        return False
    return not is_word(word)


def _capitals(text: str) -> int:
    return sum(map(str.isupper, text))


def _take(taken: dict[Span, str], span: Span, other: str) -> None:
    if all(span[1] <= start or stop <= span[0] for start, stop in taken):
        taken[span] = other
