"""The turns before that a question may lean on, and whom "he" stands for in them. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from eventqa import periods, terms
from eventqa.history import Turn
from eventqa.leaning import adds, names, pronoun, stands_alone
from eventqa.people import PRONOUNS, people
from eventqa.types import Period

_WHO = re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)


def thread(turns: Sequence[Turn], day: dt.date, question: str = "") -> list[Turn]:
    """The turns that a question may lean on, oldest first.

    They begin with the last one that stands alone, or that only added a word ("What about hunger?")
    and changed the subject. If the question itself only adds a word that is not in those, but in
    earlier ones ("And the bridge?"), they are those in which that was spoken of. Refused turns are
    passed over, unless they name somebody or something else: what "he" says after "Who is Macron?"
    is not what the one before said.

    Each turn has the time that it was understood to speak of, else the one that its question names
    on that day.
    """
    if not turns:
        return []
    threads: list[list[Turn]] = [[]]
    for turn in turns:
        period = turn.period if turn.timed else periods.asked(turn.question, day)
        named = frozenset(map(terms.stem, names(turn.question, period)))
        if turn.refused and not named - spoken(threads[-1]):
            continue
        if stands_alone(turn.question, period):
            threads.append([])
        elif not turn.refused:
            threads = _turned(threads, turn.question, period, turn.release)
        threads[-1].append(replace(turn, period=period))
    return _turned(threads, question, periods.asked(question, day))[-1]


def _turned(
    threads: list[list[Turn]], question: str, period: Period | None, release: str = ""
) -> list[list[Turn]]:
    """The threads with the one last that a question goes on with, if it only adds a word.

    Args:
        release: the id of the release that was shown for it, if that is known.
    """
    own = stems(periods.timeless(question, period))
    if not own or not adds(question) or own & spoken(threads[-1]):
        return threads
    for one in reversed(threads[:-1]):
        if own & spoken(one):
            return [*(other for other in threads if other is not one), one]
    if release and release not in {turn.release for turn in threads[-1]}:
        return [*threads, []]
    return threads


def spoken(thread: Iterable[Turn]) -> frozenset[str]:
    """The stems of all that was asked and shown."""
    return terms.stems(text for turn in thread for text in (turn.question, turn.shown))


def last_shown(thread: Sequence[Turn]) -> Turn | None:
    """The last turn of which it is known what was shown."""
    return next((turn for turn in reversed(thread) if turn.shown), None)


def leant_on(question: str, thread: Sequence[Turn]) -> tuple[str, ...] | None:
    """Whom "he" or "she" stands for: the last one asked about, else the first one shown last.

    Empty where no such word stands there, or nobody is found that it may stand for. None where the
    question says nothing else: then nothing said before tells what it asks for.
    """
    word = pronoun(question)
    if word is None or word[0].lower() not in PRONOUNS:
        return ()
    for turn in reversed(thread):
        found = list(people(turn.question, word[0]))
        # Whom the corpus does not know may be anybody: "And Macron?"
        found += names(turn.question, turn.period) if turn.refused and not found else ()
        if found:
            return (found[-1],)
    for turn in reversed(thread):
        if first := next(people(turn.shown, word[0]), None):
            return (first,)
    return () if stems(question) or any(_asks_who(turn) for turn in thread) else None


def unknown(question: str, thread: Sequence[Turn]) -> tuple[str, ...]:
    """The names in refused turns that a question leans on: without them it is of somebody else.

    Those of a turn that the talk begins with, and of the one that "he" or "she" stands for.
    """
    who = leant_on(question, thread) or ()
    return tuple(
        name
        for turn in thread
        if turn.refused
        for name in names(turn.question, turn.period)
        if turn is thread[0] or name in who
    )


def _asks_who(turn: Turn) -> bool:
    """Whether somebody was asked for, or named in a way that only a person may know to be one."""
    return bool(_WHO.search(turn.question))


def stems(text: str) -> frozenset[str]:
    """The stems of the telling words of a text."""
    return frozenset(map(terms.stem, terms.telling_words(text)))
