"""Why there is no answer, in words: from what was asked and what the releases have.

Every sentence is one of those below, filled in with the words of the question and the facts of a
release, and says only what has been looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from eventqa import periods
from eventqa.gate import READ
from eventqa.leaning import pronoun
from eventqa.request import Request
from eventqa.retrieve import Question
from eventqa.types import Freshness, Passage, Release, Why, one_line, written_date
from eventqa.vocabulary import Vocabulary, says, telling

_NAMED = 4  # words
_LONGEST_WORD = 40
_LONGEST_TITLE = 80


class Reason(NamedTuple):
    """Why there is no answer."""

    why: Why
    words: str  # one or two sentences


def nothing_to_search(request: Request, freshness: Freshness) -> Reason:
    """Why not one passage could be compared with the question."""
    if not freshness.passages:
        words = "The corpus has no releases yet. Put some into its folder and ask again."
        return Reason(Why.EMPTY, words)
    if not (request.since or request.until):  # all of it was withdrawn a moment ago
        words = "The corpus has changed and is being read anew. Ask again in a moment."
        return Reason(Why.CHANGED, words)
    newest = ""
    if request.since and freshness.newest and freshness.newest < request.since:
        newest = f" The newest is from {written_date(freshness.newest)}."
    return Reason(Why.UNDATED, f"No release here is dated {_dated(request)}.{newest}")


def not_answered(
    request: Request,
    question: Question,
    nearest: Sequence[Passage],
    timely: bool,
    freshness: Freshness,
    vocabulary: Vocabulary,
) -> Reason:
    """Why the passages that come nearest are no answer.

    Args:
        nearest: the first few, however many are shown; at least one.
        timely: whether any that was compared may be of the time in question.
    """
    words = _wanted(question)
    if is_vague(question):
        return Reason(Why.VAGUE, _vague(question.text))
    if question.period and not timely:
        return _other_time(question, freshness)
    if not words:
        return Reason(Why.VAGUE, _vague(question.text))
    lacking = vocabulary.lacking(words, nearest)
    places = {word: vocabulary.where(word) for word in lacking}
    if nowhere := [word for word, (_, certain) in places.items() if certain]:
        return _missing(request, words, nowhere, nearest)
    for word, (place, _) in places.items():
        if place is not None:
            others = [other for other in words if other not in lacking]
            return _elsewhere(word, place, others, vocabulary)
    if all(vocabulary.lacking(words, [one]) for one in nearest):
        return Reason(
            Why.APART, f"No passage that comes near has {_listed(words, 'and')} together."
        )
    if missing := _missing_kind(question.text, nearest):
        return Reason(
            Why.KIND,
            f"The passages that come nearest speak of this, but none of them names {missing}.",
        )
    return Reason(
        Why.WEAK,
        "The passages that come nearest have the words of the question, but do not fit it well "
        "enough to be called an answer.",
    )


def is_vague(question: Question) -> bool:
    """Whether nothing tells who or what a question is about: a pronoun, perhaps a time, no more."""
    return not _wanted(question) and pronoun(question.text) is not None


def ended(release: Release | None) -> Reason:
    """Why nothing comes next.

    Args:
        release: the one shown last, None if what was shown is no paragraph of the corpus.
    """
    if release is None:
        return Reason(
            Why.END,
            "What was shown last is no paragraph of a release here (any more), so nothing is known "
            "to come after it.",
        )
    return Reason(Why.END, f"{_name(release)} ends with the paragraph shown last.")


def _wanted(question: Question) -> Sequence[str]:
    """The words that tell what to look for: its own, or else those carried over.

    With its own are the names that were not found before, and that it is still about.
    """
    own = telling(periods.timeless(question.text, question.period))
    return (*own, *question.unknown) or telling(" ".join(question.carried))


def _vague(question: str) -> str:
    if word := pronoun(question):
        return (
            f"By itself the question does not say who or what {_quoted(word[0])} is, and it names "
            "nothing else to look for. Say who, what or where it is about."
        )
    return "The question names nothing to look for. Say who, what or where it is about."


def _other_time(question: Question, freshness: Freshness) -> Reason:
    start, newest = question.period and question.period.start, freshness.newest
    before = " before" if question.time else ""
    if start and newest and start > newest:
        about = f"the time asked for{before} is" if before else "you asked about"
        return Reason(
            Why.LATER,
            f"The newest release is from {written_date(newest)}; {about} {question.period}.",
        )
    return Reason(
        Why.OTHER_TIME,
        f"The best passages are not of the time asked for{before} ({question.period}).",
    )


def _missing(
    request: Request, words: Sequence[str], nowhere: Sequence[str], nearest: Sequence[Passage]
) -> Reason:
    dated = f" dated {_dated(request)}" if request.since or request.until else ""
    sentence = f"No title or passage{dated} mentions {_listed(nowhere, 'or')}"
    texts = [text for one in nearest for text in (one.text[:READ], one.release.title)]
    found = [word for word in words if word not in nowhere and says(word, texts)]
    if found:
        return Reason(Why.MISSING, f"{sentence}; {_listed(found, 'and')} can be found.")
    return Reason(Why.UNKNOWN if len(nowhere) == len(words) else Why.MISSING, f"{sentence}.")


def _elsewhere(word: str, place: Passage, others: Sequence[str], vocabulary: Vocabulary) -> Reason:
    name = _name(place.release)
    where = f"{name}, paragraph {place.number},"
    if not vocabulary.has(word, place.text):
        where = f"The title {name}"
    without = vocabulary.lacking(others, [place])
    but = f"but not {_listed(without, 'or')}" if without else "but fits the question less well"
    return Reason(
        Why.ELSEWHERE,
        f"The passages that come nearest do not mention {_quoted(word)}. {where} does, {but}.",
    )


def _name(release: Release) -> str:
    """A release by its title, or else its file, and its date."""
    name = f"“{_cut(one_line(release.title), _LONGEST_TITLE)}”" if release.title else release.where
    return f"{name} ({written_date(release.date)})" if release.date else name


def _dated(request: Request) -> str:
    since = written_date(request.since) if request.since else None
    until = written_date(request.until) if request.until else None
    if since and until:
        return f"on {since}" if since == until else f"between {since} and {until}"
    return f"on or after {since}" if since else f"on or before {until}"


_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|"
    r"fou?rty|fifty|sixty|seventy|eighty|ninety|half|thirds?|quarters?|couple|pairs?|dozens?|"
    r"hundreds?|thousands?|[mb]illions?|trillions?|none|no|all|both|once|twice)\b",
    re.IGNORECASE,
)
_KINDS: tuple[tuple[re.Pattern[str], str, Callable[[Passage], bool]], ...] = (
    (
        re.compile(r"\bhow (?:many|much)\b|\bwhat (?:number|percentage|share)\b", re.IGNORECASE),
        "a number",
        lambda one: _NUMBER.search(one.text[:READ]) is not None,
    ),
    (
        re.compile(r"^when\b|\b(?:what|which) (?:date|day|month|year)\b", re.IGNORECASE),
        "a time",
        lambda one: bool(periods.spoken_of(one.text[:READ], one.release.date)),
    ),
)


def _missing_kind(question: str, nearest: Iterable[Passage]) -> str | None:
    """The kind of answer asked for that none of the passages has."""
    for asked, kind, has in _KINDS:
        if asked.search(question):
            return None if any(map(has, nearest)) else kind
    return None


def _listed(words: Sequence[str], joint: str) -> str:
    shown = [_quoted(word) for word in words[:_NAMED]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {joint} {shown[-1]}"


def _quoted(word: str) -> str:
    return f"“{_cut(word, _LONGEST_WORD)}”"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
