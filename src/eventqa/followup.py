"""How a question is read that follows others: what it leans on is added to it, word by word. Pure.

"Where was it held?" says too little to be searched by. It is read as asked; together with the
telling words of the questions before it; and together with the words that the passage shown last
repeats. A passage is then as good as the mean of its scores says (`together`). Nothing is put
into other words: what is carried over can be shown, and left out by whoever did not mean it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from eventqa import periods, terms
from eventqa.gate import Gate, weigh
from eventqa.history import Turn
from eventqa.retrieve import Found, Question
from eventqa.signals import Signals
from eventqa.types import Period

DEPTH = 60
"""So many passages of each reading are compared, or `k` if that is more."""

# Passage hit@1 / hit@5 with the turns before, and AUROC, by what counts besides the question as
# asked (`python benchmarks/followups.py FOLDER`, 27 November 2026):
#                                                   cast2021      mtrag_un_dev
#   nothing                                         .452 .753     .749 .870 .809
#   all earlier questions in front of it            .151 .640     .611 .808 .738
#   words of the questions                          .431 .808     .766 .925 .826
#   words of the passage                            .485 .858     .778 .904 .820
#   both, also for that passage                     .368 .858     .770 .929 .819
#   both                                            .456 .887     .770 .929 .819
#   both, unless the question needs none            .464 .874     .787 .916 .826
#   as a person put it                              .439 .921     –
# All readings count alike: nothing here was fitted. The passage shown last has its own words more
# than any other, and would come first again whatever is asked.
_REPEATED = 6  # words of the passage
_LETTERS = 4  # at least, in each of them
_SAID = 24  # words of the questions

_WORD = re.compile(r"[^\W_]+")
_LEANING = re.compile(
    r"\b(?:its?|he|him|his|she|hers?|they|them|theirs?|this|that|these|those|there|ones?|former"
    r"|latter|same|others?|another|else|more|such|so|too|also|instead|then)\b"
    r"|^(?:and|but|or|what about|how about|any|why|when|where|how|who)\b(?=\W*$)"
    r"|^(?:and|but|or|what about|how about|anything|any other)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:its?|he|him|his|she|hers?|they|them|theirs?|this|that|these|those|there)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"Mr|Mrs|Ms|Dr", re.IGNORECASE)


class Reading(NamedTuple):
    """A question together with words of the conversation."""

    carried: tuple[str, ...]  # as written there, at least one
    period: Period | None  # the time that counts for it
    shown: str = ""  # the passage that the words are of, if they are not of questions

    def of(self, question: str) -> str:
        """What is searched."""
        return f"{question} {' '.join(self.carried)}"


def thread(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns, from the one on that took up what they are of; those before are past."""
    found: list[Turn] = []
    for turn in turns:
        if stands_alone(turn.question):
            found = []
        found.append(turn)
    return found


def leaning_word(question: str) -> str | None:
    """The word that leans on what was said before: the "he" of "What did he say?"."""
    found = _PRONOUN.search(question)
    return found[0] if found else None


def stands_alone(question: str) -> bool:
    """Whether a question leans on no earlier word, such as "it", and tells what it is about."""
    return bool(_stems(question)) and not _LEANING.search(question)


def needs_none(
    question: Question, thread: Sequence[Turn], alone: Sequence[Found], gate: Gate
) -> bool:
    """Whether a question takes nothing over.

    It stands alone, and is answered as it is or changes the subject.

    Args:
        alone: what it finds as asked, best first.
    """
    if not alone or not stands_alone(question.text):
        return False
    new = is_new(question.text, thread, alone[0].hit.passage.release.id)
    return new or gate.lets(weigh(question, alone))


def is_new(question: str, thread: Sequence[Turn], release: str) -> bool:
    """Whether a question changes the subject: nothing in it was spoken of before.

    It stands alone, has none of the words asked and shown before, and the best passage for it, as
    asked, is of a release that was not shown.

    Args:
        release: the id of the release of that passage.
    """
    if not thread:
        return True
    if not stands_alone(question):
        return False
    own = _stems(question)
    before = terms.stems(text for turn in thread for text in (turn.question, turn.shown))
    return own.isdisjoint(before) and release not in {turn.release for turn in thread}


def readings(
    question: str, thread: Sequence[Turn], period: Period | None = None, *, timed: bool = True
) -> list[Reading]:
    """How a question may be read besides as asked.

    Args:
        thread: what was asked and shown before of the same subject, oldest first.
        period: the time that the question itself names; a time named before is carried if None.
        timed: let a time named before count.
    """
    own = _stems(question)
    named = (turn.period for turn in reversed(thread) if timed and turn.period)
    before = period or next(named, None)
    told = [text for turn in reversed(thread) if terms.telling_words(text := _timeless(turn))]
    said = _unsaid([word for text in (*told[:1], *told[-1:]) for word in _telling(text)], own)
    said = said[:_SAID]
    if before and before.words and not period:
        said.append(before.words)
    shown = next((turn.shown for turn in reversed(thread) if turn.shown), "")
    # What names nothing itself ("why?") may well ask for more of the same passage.
    again = Reading(tuple(_repeated(shown, own)), period, shown if own else "")
    return [one for one in (Reading(tuple(said), before), again) if one.carried]


def dated(turns: Sequence[Turn], day: dt.date) -> list[Turn]:
    """The turns, each with the time that its question names on a day of asking."""
    return [
        replace(turn, period=turn.period or periods.asked(turn.question, day)) for turn in turns
    ]


def together(
    asked: Sequence[Found], others: Sequence[tuple[Reading, Sequence[Found]]], k: int
) -> tuple[Found, ...]:
    """The at most `k` passages that do best by all readings alike, best first.

    Args:
        asked: what the question as asked found, best first.
        others: what each other reading found, best first. A passage that it did not find counts
            as its last one does.
    """
    lists = [(reading, found) for reading, found in ((None, asked), *others) if found]
    places = [{_place(one): one for one in found} for _, found in lists]
    ends = [found[-1] for _, found in lists]
    by_place = {place: one for found in reversed(places) for place, one in found.items()}
    merged: list[Found] = []
    for place, any_one in by_place.items():
        here = [found.get(place, end) for found, end in zip(places, ends, strict=True)]
        for at, (reading, _) in enumerate(lists):
            # Words of a passage do not speak for that passage.
            if reading and reading.shown and any_one.hit.passage.text in reading.shown:
                here[at] = min(here[at], here[0], key=lambda one: one.hit.score)
        merged.append(_mean(any_one, here))
    merged.sort(key=lambda one: (-one.hit.score, _place(one)))
    return tuple(merged[:k])


def _mean(one: Found, here: Sequence[Found]) -> Found:
    """A passage with the means of what speaks for it in each reading."""
    count = len(here)
    return replace(
        one,
        hit=replace(one.hit, score=round(sum(each.hit.score for each in here) / count, 5)),
        signals=Signals(
            *(sum(values) / count for values in zip(*(o.signals for o in here), strict=True))
        ),
        matched=sum(each.matched for each in here) / count,
    )


def _place(one: Found) -> tuple[str, int]:
    return one.hit.passage.release.id, one.hit.passage.number


def _timeless(turn: Turn) -> str:
    """The question of a turn without the words that name its time."""
    return periods.timeless(turn.question, turn.period)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(terms.stem, terms.telling_words(text)))


def _telling(text: str) -> list[str]:
    """The words that tell and are all letters, without forms of address: a number may be a time."""
    words = terms.telling_words(text)
    return [word for word in words if word.isalpha() and not _ADDRESS.fullmatch(word)]


def _repeated(text: str, own: Collection[str]) -> list[str]:
    """The words that a text says more than once, the most frequent first."""
    counts = Counter[str]()
    written: dict[str, str] = {}
    for word in _WORD.findall(text):
        if len(word) >= _LETTERS and _telling(word):
            counts[word.casefold()] += 1
            written.setdefault(word.casefold(), word)
    often = [written[word] for word, count in counts.most_common(_REPEATED) if count > 1]
    return _unsaid(often, own)


def _unsaid(words: Sequence[str], own: Collection[str]) -> list[str]:
    """The words that a question has not itself, each once."""
    found: dict[str, str] = {}
    for word in words:
        if terms.stem(word) not in own:
            found.setdefault(terms.stem(word), word)
    return list(found.values())
