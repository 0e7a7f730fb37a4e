"""Whether a question leans on what was said before: "and Uzbekistan?", "where was it held?". Pure.

By its words alone, in English: which "it" stands for something earlier is a matter of grammar, but
the turns of speech in which it does not are few, and they are blanked out first.
"""

from __future__ import annotations

import re

from eventqa import periods, terms
from eventqa.timewords import SEASONS, UNITS, WEEKDAYS
from eventqa.types import Period

_NEAR = "|".join((*UNITS, *SEASONS, *WEEKDAYS, "morning", "afternoon", "evening", "past", "coming"))
_BE = "is|are|was|were|will|would|has|have|had|can|could|may|might|must|should"
# After these "that" opens a clause; after other words it points at something.
_BEFORE_CLAUSE = (
    "(?:say|state|claim|announce|know|believe|show|argue|warn|report|confirm|mean|think|hope|fear"
    "|insist|stress|declare|promise|demand|agree|deny|find|hold|note|suggest|propose)(?:s|d|ed)?"
    "|said|knew|shown|meant|thought|found|held|denies|denied"
)
_NO_REFERENCE = re.compile(
    r"\b(?:"
    rf"this (?:{_NEAR})s?"
    rf"|there (?:{_BE}|exists?)"
    r"|how (?:many|much)\b.{1,80}\b(?:is|are|was|were) there"
    r"|it (?:true|possible|likely|known|clear)(?: that)?"
    r"|those (?:who|that|which|whose|with|of|in|from|killed|affected|responsible)"
    rf"|(?:{_BEFORE_CLAUSE}|(?:the|an?|any|every) [^\W_]+) that(?= \S+ \S)"
    r"|one another|each ?other|among others|other than"
    r"|one (?:of|hundred|thousand|million|billion|trillion|day|year)|(?:more|less) than one"
    r"|such as|so (?:far|called|many|much)|too (?:many|much)|the then"
    r"|same[- ]sex|(?:at )?the same time"
    r")\b"
    rf"|^(?:{_BE}) there(?= \w)"
    r"|(?<=(?-i:[a-z]) )(?-i:IT)\b",  # the trade
    re.IGNORECASE | re.ASCII,
)
# "What did Voronkov say about his visit?": the name is there.
_OWNED = re.compile(
    r"(?<=\w )[A-Z]\w+(?: \S+){0,8}? (its|his|her)(?= [^\W_])"
    r"|(?<=\w )[A-Z]\w+s(?: \S+){0,8}? (their)(?= [^\W_])"
)
_PRONOUN = re.compile(
    r"\b(?:its?|he|him|his|she|hers?|they|them|theirs?|this|that|these|those|there)\b",
    re.IGNORECASE | re.ASCII,
)
_POINTING = re.compile(
    r"\b(?:ones?|former|latter|same|others?|another|else|such|also|instead|then)\b"
    r"|\b(?:more|so|too)(?=\W*$)"
    r"|^(?:and|but|or|so|what about|how about|anything|any other)\b"
    r"|^(?:any|why|when|where|how|who|what|which)(?=\W*$)",
    re.IGNORECASE,
)
_GOING_ON = re.compile(
    r"\W*(?:(?:and|so|but|well)\b\W*)*"
    r"(?:then|next|after (?:that|this)|go on|continue|(?:tell me |say |any ?thing )?(?:more|else)"
    r"|what (?:else|(?:(?:happened|happens|came|comes|follows|followed) )?"
    r"(?:next|then|after(?:wards?| that| this)?)))\W*(?:what\W*)?",
    re.IGNORECASE,
)

# "And who …" asks as much as "Who …".
_LINK = re.compile(
    r"^(?:and|but|or|so)\b[\s,]*"
    rf"(?=(?:who|whom|whose|what|which|when|where|why|how|do|does|did|{_BE})\b)",
    re.IGNORECASE,
)
_ADDING = re.compile(r"^(?:and|but|or|so|what about|how about)\b", re.IGNORECASE)
_ADDRESSES = ("Mr", "Mrs", "Ms", "Dr")
_FIRST = re.compile(r"\W*\w*")
_WORD = re.compile(r"[^\W\d_]{2,}")


def goes_on(question: str) -> bool:
    """Whether a question asks for no more than what comes next: "and then?"."""
    return bool(_GOING_ON.fullmatch(" ".join(question.split())))


def stands_alone(question: str, period: Period | None) -> bool:
    """Whether a question leans on nothing said before and tells what it is about.

    It does with two telling words, or with a name: "Who paid?" does not, "Who is Voronkov?" does.

    Args:
        period: the time that it names; those words tell nothing.
    """
    text = _LINK.sub("", periods.timeless(question, period))
    words = set(map(terms.stem, terms.telling_words(text)))
    return (len(words) > 1 or bool(names(question, period))) and not leans(text)


def is_named(question: str, period: Period | None) -> bool:
    """Whether a question stands alone by a name: whatever was said before, it is of that."""
    return bool(names(question, period)) and stands_alone(question, period)


def names(question: str, period: Period | None) -> tuple[str, ...]:
    """The telling words of a question that are written as names are, or with a figure.

    None of a question in capitals or in title case, where "It" is written so, too, and not the
    first word.
    """
    text = periods.timeless(question, period)
    first = _FIRST.match(text)
    rest = text[first.end() :] if first else text
    telling = terms.telling_words(rest)
    others = [word for word in _WORD.findall(rest) if word not in telling]
    if text.isupper() or any(word[0].isupper() and word not in _ADDRESSES for word in others):
        return ()
    return tuple(word for word in telling if not word.islower())


def adds(question: str) -> bool:
    """Whether a question only adds something to the one before: "And the bridge?"."""
    return bool(_ADDING.search(question)) and not _LINK.search(question) and not pronoun(question)


def leans(question: str) -> bool:
    """Whether a question has a word that stands for what was said before, or goes on from there."""
    text = _plain(question)
    return bool(_PRONOUN.search(text) or _POINTING.search(text)) or goes_on(text)


def pronoun(question: str) -> re.Match[str] | None:
    """The first word that stands for somebody or something: the "he" of "What did he say?"."""
    return _PRONOUN.search(_plain(question))


def _plain(question: str) -> str:
    """A question without what only looks as if it leaned; places in it are as they were."""
    text = _NO_REFERENCE.sub(lambda match: " " * len(match[0]), question)
    for match in _OWNED.finditer(question):
        start, end = match.span(match.lastindex or 0)
        text = text[:start] + " " * (end - start) + text[end:]
    return text
