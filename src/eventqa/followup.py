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
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from eventqa import periods, terms
from eventqa.encoder import EncodedText
from eventqa.gate import Gate, weigh
from eventqa.history import SHOWN, Turn
from eventqa.leaning import stands_alone
from eventqa.retrieve import Found, Question
from eventqa.types import Period

# Passage hit@1 / hit@5 with the turns before, and AUROC, by what counts besides the question as
# asked (`python benchmarks/followups.py FOLDER`, 27 November 2026):
#                                                   cast2021      mtrag_un_dev
#   nothing                                         .452 .753     .757 .870 .808
#   all earlier questions in front of it            .151 .640     .611 .812 .738
#   words of the questions                          .418 .812     .782 .925 .830
#   words of the passage                            .485 .866     .782 .904 .839
#   both, also for that passage                     .360 .866     .774 .929 .847
#   both                                            .460 .895     .774 .929 .847
#   both, unless the question needs none            .477 .891     .782 .908 .845
#   as a person put it                              .439 .921     –
# All readings count alike: nothing here was fitted. The passage shown last has its own words more
# than any other, and would come first again whatever is asked.
#
# The release shown last is preferred by so much, if it has more than one paragraph. Of .0 .1 .2 .3
# .4 hit@1 / hit@5 of mtrag_un_dev are .778/.904 .782/.908 .782/.912 .782/.912 .782/.900, though of
# its turns but 45 quote a passage. (Documents of cast2021 are of one paragraph each.) Of a talk of
# 16 turns on the 25 releases of un_press_mini .1 brings one passage up and .2 loses two.
_PREFERRED = 0.1
_REPEATED = 6  # words of the passage
_LETTERS = 4  # at least, in each of them
_SAID = 24  # words of the questions

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"Mr|Mrs|Ms|Dr", re.IGNORECASE)


class Reading(NamedTuple):
    """A question together with words of the conversation."""

    carried: tuple[str, ...]  # as written there
    period: Period | None  # the time that counts for it, its words where they stand in `of`
    time: str = ""  # the words that name that time, if it is carried, too
    shown: str = ""  # the passage that the words are of, if they are not of questions

    def of(self, question: str) -> str:
        """What is searched."""
        return " ".join(filter(None, (question, *self.carried, self.time)))

    def searched(self, question: Question, encode: Callable[[str], EncodedText]) -> Question:
        """The question as it is searched for when it is read so."""
        text = self.of(question.text)
        return replace(question, text=text, encoded=encode(text), period=self.period)


def thread(turns: Sequence[Turn], day: dt.date) -> list[Turn]:
    """The last turns, from the one on that took up what they are of; those before are past.

    Each has the time that it was understood to speak of, else the one that its question names on
    that day.
    """
    found: list[Turn] = []
    for turn in reversed(turns):
        period = turn.period if turn.timed else periods.asked(turn.question, day)
        found.append(replace(turn, period=period))
        if stands_alone(turn.question, period):
            break
    return found[::-1]


def needs_none(
    question: Question, thread: Sequence[Turn], alone: Sequence[Found], gate: Gate
) -> bool:
    """Whether a question takes nothing over.

    It stands alone, and is answered as it is or changes the subject.

    Args:
        alone: what it finds as asked, best first.
    """
    if not alone or not stands_alone(question.text, question.period):
        return False
    new = is_new(question, thread, alone[0].hit.passage.release.id)
    return new or gate.lets(weigh(question, alone))


def is_new(question: Question, thread: Sequence[Turn], release: str) -> bool:
    """Whether a question changes the subject: nothing in it was spoken of before.

    It stands alone, has none of the words asked and shown before, and the best passage for it, as
    asked, is of a release that was not shown.

    Args:
        release: the id of the release of that passage.
    """
    if not thread:
        return True
    if not stands_alone(question.text, question.period):
        return False
    own = _stems(periods.timeless(question.text, question.period))
    before = terms.stems(text for turn in thread for text in (turn.question, turn.shown))
    return own.isdisjoint(before) and release not in {turn.release for turn in thread}


def readings(
    question: str, thread: Sequence[Turn], period: Period | None = None, *, timed: bool = True
) -> list[Reading]:
    """How a question may be read besides as asked.

    Args:
        thread: what was asked and shown before of the same subject, oldest first.
        period: the time that the question itself asks for; one named before is carried if None.
        timed: let a time named before count. What stands alone takes over words at most.
    """
    own = _stems(periods.timeless(question, period))
    carried = next((turn.period for turn in reversed(thread) if turn.period), None)
    if period or not timed or stands_alone(question, period):
        carried = None  # "Who won the World Cup?" does not ask for 2019
    told = [text for turn in reversed(thread) if terms.telling_words(text := _timeless(turn))]
    said = _unsaid([word for text in (*told[:1], *told[-1:]) for word in _telling(text)], own)
    first = Reading(tuple(said[:_SAID]), period)
    if carried:
        first = first._replace(time=str(carried))
        at = len(first.of(question)) - len(first.time)
        first = first._replace(period=replace(carried, words=first.time, at=at))
        period = replace(carried, words="", at=0)
    last = last_shown(thread)
    shown = last.shown if last else ""
    # What names nothing itself ("why?") may well ask for more of the same passage.
    again = Reading(tuple(_repeated(shown, own)), period, shown=shown if own else "")
    return [one for one in (first, again) if one.carried or one.time]


def last_shown(thread: Sequence[Turn]) -> Turn | None:
    """The last turn of which it is known what was shown."""
    return next((turn for turn in reversed(thread) if turn.shown), None)


def taking(question: Question, readings: Iterable[Reading]) -> Question:
    """The question with all that its readings take over. A time among that is the one asked for."""
    words: dict[str, str] = {}
    for word in (word for one in readings for word in one.carried):
        words.setdefault(word.casefold(), word)
    taken = replace(question, carried=tuple(words.values()))
    for one in readings:
        if one.time and one.period:
            taken = replace(taken, time=one.time, period=replace(one.period, words="", at=0))
    return taken


def together(
    asked: Sequence[Found],
    others: Sequence[tuple[Reading, Sequence[Found]]],
    k: int,
    last: Turn | None = None,
) -> tuple[Found, ...]:
    """The at most `k` passages that do best by all readings alike, best first.

    What speaks for a passage is what does so in the reading that supports it best.

    Args:
        asked: what the question as asked found, best first.
        others: what each other reading found, best first. A passage that it did not find counts
            as its last one does.
        last: the turn of which something was shown last: its release is preferred.
    """
    lists = [(reading, found) for reading, found in ((None, asked), *others) if found]
    places = [{_place(one): one for one in found} for _, found in lists]
    ends = [found[-1] for _, found in lists]
    by_place = {place: one for found in reversed(places) for place, one in found.items()}
    shown = last.shown if last else ""
    releases = {release for (release, _), one in by_place.items() if _is_of(one, shown)}
    if last:
        releases.add(last.release)
    merged: list[Found] = []
    for place, any_one in by_place.items():
        here = [found.get(place) for found in places]
        scores = [(one or end).hit.score for one, end in zip(here, ends, strict=True)]
        for at, (reading, _) in enumerate(lists):
            # Words of a passage do not speak for that passage.
            if reading and _is_of(any_one, reading.shown):
                scores[at], here[at] = min(scores[at], scores[0]), None
        score = sum(scores) / len(scores)
        # One of a single paragraph has been shown in full.
        if place[0] in releases and len(any_one.hit.passage.release.paragraphs) > 1:
            score += _PREFERRED
        merged.append(_supported(any_one, round(score, 5), list(filter(None, here)) or ends[:1]))
    merged.sort(key=lambda one: (-one.hit.score, _place(one)))
    return tuple(merged[:k])


def _supported(one: Found, score: float, here: Sequence[Found]) -> Found:
    """A passage with a score and with what speaks for it where that is most."""
    best = max(here, key=lambda each: each.strength)
    matched = max(each.matched for each in here)
    return replace(one, hit=replace(one.hit, score=score), signals=best.signals, matched=matched)


def _is_of(one: Found, shown: str) -> bool:
    return bool(shown) and one.hit.passage.text[:SHOWN] in shown


def _place(one: Found) -> tuple[str, int]:
    return one.hit.passage.release.id, one.hit.passage.number


def _timeless(turn: Turn) -> str:
    """The question of a turn without the words that name its time."""
    return periods.timeless(turn.question, turn.period)


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(terms.stem, terms.telling_words(text)))


def _telling(text: str) -> list[str]:
    """The words that tell and have a letter, without forms of address: a number may be a time."""
    words = terms.telling_words(text)
    return [w for w in words if any(map(str.isalpha, w)) and not _ADDRESS.fullmatch(w)]


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
