"""A question in its conversation: how it is read, and what it finds so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from eventqa import followup, periods
from eventqa import thread as threads
from eventqa.encoder import EncodedText
from eventqa.followup import Reading
from eventqa.gate import COMPARED, Gate, decisive
from eventqa.history import SHOWN, Turn
from eventqa.leaning import goes_on, is_named
from eventqa.request import Request
from eventqa.retrieve import Found, Question, Steps
from eventqa.types import Passage, Period, Release
from eventqa.view import Place, View


class Asked(NamedTuple):
    """A question with what it may lean on."""

    question: Question  # as asked
    thread: Sequence[Turn]
    readings: Sequence[tuple[Reading, Question]]  # besides as asked, each as it is searched for


class Findings(NamedTuple):
    """What a question finds, best first."""

    question: Question  # with what it takes over
    found: Sequence[Found]
    alone: Sequence[Found] = ()  # as asked, if it takes anything over


def read(
    request: Request, today: dt.date, steps: Steps, encode: Callable[[str], EncodedText]
) -> Asked:
    """The question as it is searched for, and how it is read with what came before it."""
    day, timed = request.asked_on or today, request.time and steps.time
    period = periods.asked(request.question, day) if timed else None
    if request.days:
        words, at = (period.words, period.at) if period else ("", 0)
        period = Period(*request.days, words, at)
    text = request.question
    question = Question(text, encode(text), day, period, request.since, request.until)
    thread = threads.thread(request.history, day, text)
    named = is_named(text, period)  # then nothing more is to be encoded
    readings = [] if named else followup.readings(text, thread, period, timed=timed)
    return Asked(question, thread, [(one, one.searched(question, encode)) for one in readings])


def find(
    asked: Asked, search: Callable[..., Sequence[Found]], k: int, depth: int, gate: Gate
) -> Findings:
    """What a question finds, with what was said before if it needs that.

    Args:
        search: gives the at most `k` best passages for a question.
        k: so many are wanted, `COMPARED` at least are given if there are so many.
        depth: so many are looked at anyway, whatever `k` is.
    """
    question, count = asked.question, max(k, COMPARED)
    if not asked.readings:
        return Findings(question, search(question, k=count))
    deep = max(count, depth)
    alone = search(question, k=deep)
    as_asked = Findings(question, alone[:count])
    if followup.needs_none(question, alone, gate):
        return as_asked
    leaning = followup.taking(question, [one for one, _ in asked.readings])
    leaning = replace(leaning, unknown=threads.unknown(question.text, asked.thread))
    timed = search(leaning, k=deep) if leaning.time else alone
    others = [(one, search(searched, k=deep)) for one, searched in asked.readings]
    found = followup.together(timed, others, count, threads.last_shown(asked.thread))
    found = followup.in_own_words(question, found)
    taken = Findings(leaning, found, alone[:count])
    if followup.is_new(question, asked.thread, alone, gate):
        return taken if gate.lets(decisive(*taken, gate.weights)) else as_asked
    return taken


def shown_last(request: Request, view: View, without: Collection[Place]) -> Passage | None:
    """The passage that was shown last, None if it is not in the corpus (any more).

    Args:
        without: passages that are not to be found.
    """
    last = _last(request)
    if last is None:
        return None
    for id in (last.release,) if last.release else view.holders(last.shown):
        release = view.release(id)
        for passage in release.passages if release else ():
            if passage.text[:SHOWN] == last.shown and (id, passage.number + 1) not in without:
                return passage
    return None


def goes_on_from(request: Request) -> bool:
    """Whether no more is asked for than what comes after the passage shown last."""
    return goes_on(request.question) and _last(request) is not None


def keeps_to(request: Request, release: Release) -> bool:
    """Whether a release is of the days that are asked for; where none are it is."""
    first, last = request.days or (None, None)
    starts = [day for day in (request.since, first) if day]
    ends = [day for day in (request.until, last) if day]
    if release.date is None:
        return not (request.since or request.until)
    return all(day <= release.date for day in starts) and all(release.date <= day for day in ends)


def _last(request: Request) -> Turn | None:
    """The last turn that was not refused, if it is known what was shown."""
    answered = [turn for turn in request.history if not turn.refused]
    return answered[-1] if answered and answered[-1].shown else None
