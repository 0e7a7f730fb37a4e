"""How a question is read that follows others: what it leans on is added to it, word by word. Pure.

"Where was it held?" says too little to be searched by. It is read as asked; together with the
telling words of the questions before it; and together with the words that the passage shown last
repeats. A passage is then as good as the mean of its scores says (`together`). Nothing is put
into other words: what is carried over can be shown, and left out by whoever did not mean it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from eventqa import periods, terms
from eventqa.encoder import EncodedText
from eventqa.gate import Gate, said, weigh
from eventqa.history import SHOWN, Turn
from eventqa.leaning import adds, goes_on, stands_alone
from eventqa.retrieve import Found, Question
from eventqa.thread import last_shown, leant_on, spoken, stems
from eventqa.types import Period

# Passage hit@1 / hit@5 with the turns before, and AUROC, by what counts besides the question as
# asked (`python benchmarks/followups.py FOLDER`, 27 November 2026):
#                                                   cast2021      mtrag_un_dev
#   nothing                                         .452 .753     .757 .870 .808
#   all earlier questions in front of it            .151 .640     .611 .812 .738
#   words of the questions                          .418 .808     .787 .925 .828
#   words of the passage                            .485 .866     .782 .904 .836
#   both, also for that passage                     .360 .866     .774 .929 .842
#   both                                            .464 .895     .774 .929 .842
#   both, unless the question needs none            .477 .891     .791 .912 .838
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


class Reading(NamedTuple):
    """A question together with words of the conversation."""

    carried: tuple[str, ...]  # words and names, as written there
    period: Period | None  # the time that counts for it, its words where they stand in `of`
    time: str = ""  # the words that name that time, if it is carried, too
    shown: bool = False  # whether they are of the passage shown last, which they say nothing for

    def of(self, question: str) -> str:
        """What is searched."""
        return " ".join(filter(None, (question, *self.carried, self.time)))

    def searched(self, question: Question, encode: Callable[[str], EncodedText]) -> Question:
        """The question as it is searched for when it is read so."""
        text = self.of(question.text)
        return replace(question, text=text, encoded=encode(text), period=self.period)


def needs_none(question: Question, alone: Sequence[Found], gate: Gate) -> bool:
    """Whether a question takes nothing over: it stands alone and has an answer of its own.

    Args:
        alone: what it finds as asked, best first.
    """
    stands = bool(alone) and stands_alone(question.text, question.period)
    return stands and gate.lets(weigh(question, alone))


def is_new(question: Question, thread: Sequence[Turn], alone: Sequence[Found], gate: Gate) -> bool:
    """Whether a question that only adds a word changes the subject: "What about the earthquake?".

    Nothing in it was spoken of before, and as asked it is answered by another release.

    Args:
        alone: what it finds as asked, best first.
    """
    own = stems(periods.timeless(question.text, question.period))
    if not alone or not own or not adds(question.text) or not own.isdisjoint(spoken(thread)):
        return False
    release = alone[0].hit.passage.release.id
    return release not in {turn.release for turn in thread} and gate.lets(weigh(question, alone))


def readings(
    question: str, thread: Sequence[Turn], period: Period | None = None, *, timed: bool = True
) -> list[Reading]:
    """How a question may be read besides as asked.

    Args:
        thread: what was asked and shown before of the same subject, oldest first.
        period: the time that the question itself asks for; one named before is carried if None.
        timed: let a time named before count. What stands alone takes over words at most.
    """
    own = stems(periods.timeless(question, period))
    known = (turn for turn in reversed(thread) if turn.timed or turn.period)
    # The paragraph that comes next was shown whatever its time.
    carried = next((turn.period for turn in known if not goes_on(turn.question)), None)
    if period or not timed or stands_alone(question, period):
        carried = None  # "Who won the World Cup?" does not ask for 2019
    who = leant_on(question, thread)
    if who is None:
        return []
    answered = [turn for turn in thread if not turn.refused] or thread
    told = [text for turn in reversed(answered) if terms.telling_words(text := _timeless(turn))]
    said = _unsaid([word for text in (*told[:1], *told[-1:]) for word in _telling(text)], own)
    first = Reading((*who, *said[:_SAID]), period)
    if carried:
        first = first._replace(time=str(carried))
        at = len(first.of(question)) - len(first.time)
        first = first._replace(period=replace(carried, words=first.time, at=at))
        period = replace(carried, words="", at=0)
    last = last_shown(thread)
    words = _repeated(last.shown, own) if last else ()
    # What names nothing itself ("why?") may well ask for more of the same passage.
    again = Reading(tuple(words), period, shown=bool(own))
    return [one for one in (first, again) if one.carried or one.time]


def in_own_words(question: Question, found: Sequence[Found]) -> Sequence[Found]:
    """What a question found; if it only adds a word, first those passages that have it."""
    own = stems(periods.timeless(question.text, question.period))
    if not own or not adds(question.text):
        return found
    return sorted(found, key=lambda one: not own <= said([one]))


def taking(question: Question, readings: Iterable[Reading]) -> Question:
    """The question with all that its readings take over. A time among that is the one asked for."""
    carried = [word for one in readings for word in one.carried]
    phrases = [word.casefold().split() for word in carried if " " in word]
    part = {word for phrase in phrases for word in phrase}
    words: dict[str, str] = {}
    for word in carried:
        if word.casefold() not in part:
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
    seen = {place for place, one in by_place.items() if last and _is_shown(one, last)}
    releases = {release for release, _ in seen} | ({last.release} if last else set[str]())
    merged: list[Found] = []
    for place, any_one in by_place.items():
        here = [found.get(place) for found in places]
        scores = [(one or end).hit.score for one, end in zip(here, ends, strict=True)]
        for at, (reading, _) in enumerate(lists):
            # Words of a passage do not speak for that passage.
            if reading and reading.shown and place in seen:
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


def _is_shown(one: Found, turn: Turn) -> bool:
    passage = one.hit.passage
    if turn.release and turn.release != passage.release.id:
        return False
    return passage.text[:SHOWN] in turn.shown


def _place(one: Found) -> tuple[str, int]:
    return one.hit.passage.release.id, one.hit.passage.number


def _timeless(turn: Turn) -> str:
    """The question of a turn without the words that name its time."""
    return periods.timeless(turn.question, turn.period)


def _telling(text: str) -> list[str]:
    """The words that tell and have a letter: a number may be a time."""
    return [word for word in terms.telling_words(text) if any(map(str.isalpha, word))]


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
