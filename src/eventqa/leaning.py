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
# After these "that" points at something; after other words it opens a clause: "says that …".
_BEFORE_THAT = (
    "about|of|in|at|to|for|with|on|from|by|after|before|during|since|until|over|against|under|into"
    "|like|than|and|or|but|is|are|was|were|do|does|did|why|when|how|where|what|who"
)
_NO_REFERENCE = re.compile(
    r"\b(?:"
    r"(?-i:IT)"  # the trade
    rf"|this (?:{_NEAR})s?"
    rf"|there (?:{_BE}|exists?)"
    r"|how (?:many|much)\b.{1,80}\b(?:is|are|was|were) there"
    r"|it (?:true|possible|likely|known|clear)(?: that)?"
    r"|those (?:who|that|which|whose|with|of|in|from|killed|affected|responsible)"
    rf"|(?!(?:{_BEFORE_THAT})\b)[^\W_]+ that(?= \S+ \S)"
    # "What did Voronkov say about his visit?": the name is there.
    r"|(?<=\w )(?-i:[A-Z])\w+(?: \S+){0,8}? (?:its|his|her|their)(?= [^\W_])"
    r"|(?:each|one an)other|each other|among others|other than"
    r"|one (?:of|hundred|thousand|million|billion|trillion|day|year)|(?:more|less) than one"
    r"|such as|so (?:far|called|many|much)|too (?:many|much)|the then"
    r"|same[- ]sex|(?:at )?the same time"
    r")\b"
    rf"|^(?:{_BE}) there(?= \w)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:its?|he|him|his|she|hers?|they|them|theirs?|this|that|these|those|there)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:ones?|former|latter|same|others?|another|else|such|also|instead|then)\b"
    r"|\b(?:more|so|too)(?=\W*$)"
    r"|^(?:and|but|or|so|what about|how about|anything|any other)\b"
    r"|^(?:any|why|when|where|how|who|what|which)(?=\W*$)",
    re.IGNORECASE,
)
_GOING_ON = re.compile(
    r"(?:(?:and|so|but|well)\b\W*)*"
    r"(?:then|next|after (?:that|this)|go on|continue|(?:tell me |say |any ?thing )?(?:more|else)"
    r"|what (?:else|(?:(?:happened|happens|came|comes|follows|followed) )?"
    r"(?:next|then|after(?:wards?| that| this)?)))\W*",
    re.IGNORECASE,
)


def goes_on(question: str) -> bool:
    """Whether a question asks for no more than what comes next: "and then?"."""
    return bool(_GOING_ON.fullmatch(" ".join(question.split())))


def stands_alone(question: str, period: Period | None) -> bool:
    """Whether a question leans on nothing said before and tells what it is about.

    It does with two telling words, or with one that is a name or has a figure: "Who paid?" does
    not, "Who is Voronkov?" does. (With one of any kind hit@5 of cast2021 with its turns was .874,
    now .891, and of mtrag_un_dev .908 either way; 27 November 2026.)

    Args:
        period: the time that it names; those words tell nothing.
    """
    text = periods.timeless(question, period)
    words = terms.telling_words(text)
    named = any(not word.islower() for word in words)
    return (named or len(set(map(terms.stem, words))) > 1) and not leans(text)


def leans(question: str) -> bool:
    """Whether a question has a word that stands for what was said before, or goes on from there."""
    text = _plain(question)
    return bool(_PRONOUN.search(text) or _POINTING.search(text)) or goes_on(text)


def pronoun(question: str) -> re.Match[str] | None:
    """The first word that stands for somebody or something: the "he" of "What did he say?"."""
    return _PRONOUN.search(_plain(question))


def _plain(question: str) -> str:
    """A question without what only looks as if it leaned; places in it are as they were."""
    return _NO_REFERENCE.sub(lambda match: " " * len(match[0]), question)
