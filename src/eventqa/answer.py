"""Ranked hits → an answer with its sentences marked, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eventqa import periods, terms
from eventqa.gate import COMPARED, GATE, READ, weigh
from eventqa.maxsim import best_sentences
from eventqa.request import Request
from eventqa.retrieve import Found, Question
from eventqa.types import Answer, Freshness, Hit, written_date

# A passage that does less well, by all signals but its age, than this share of the best one is no
# source of an answer. Of the first five that do not answer it leaves out .08 in realtimeqa_2022,
# .03 in timeqa_human_train, .72 in clapnq_dev, .45 in xquad_dev and .02 in time1963, and .002,
# .003, .000, .000 and .000 of the questions lose their only evidence; at .60 it is .05, .01, .59,
# .34 and .01 for none, at .70 .13, .08, .81, .57 and .04 for .012, .007, .000, .001 and .000
# (`python benchmarks/weights.py FOLDER`, 24 November 2026). A cosine of at least .30, as it was,
# left out .03, .03, .67, .24 and .08 for .000, .004, .000, .008 and .000.
FAR = 0.65

# So many hits have their sentences marked at most: a longer list is for programs.
_MARKED = 20
_LONGEST_WORD = 40


def decide(
    request: Request, question: Question, found: Sequence[Found], freshness: Freshness
) -> Answer:
    """The hits that answer, each with its answering sentence marked, or why there is none.

    Args:
        found: best first, as retrieved; at least `gate.COMPARED` if there are so many, so that the
            verdict is the same however few are asked for.
    """
    if not found:
        return _refusal(question, (), _nothing_to_search(request, freshness), 0.0, freshness)
    evidence = weigh(question, found)
    compared, found = found[:COMPARED], found[: request.k]
    marked = [_marked(question, one) for one in found[:_MARKED]]
    marked += [one.hit for one in found[_MARKED:]]
    if evidence.confidence < GATE:
        reason = _too_far(question, found, evidence.timely)
        return _refusal(question, tuple(marked), reason, evidence.confidence, freshness)
    least = FAR * max(one.strength for one in compared)
    sources = tuple(
        hit
        for at, (hit, one) in enumerate(zip(marked, found, strict=True))
        if at == 0 or one.strength >= least
    )
    return Answer(
        question.text, True, sources, (), None, evidence.confidence, freshness, question.period
    )


def _marked(question: Question, found: Found) -> Hit:
    """The hit with its highlights."""
    text = found.hit.passage.text[:READ]
    return replace(
        found.hit,
        highlights=best_sentences(question.encoded.tokens.rows, text, found.encoded),
    )


def _refusal(
    question: Question,
    nearest: tuple[Hit, ...],
    reason: str,
    confidence: float,
    freshness: Freshness,
) -> Answer:
    return Answer(question.text, False, (), nearest, reason, confidence, freshness, question.period)


def _nothing_to_search(request: Request, freshness: Freshness) -> str:
    if not freshness.passages:
        return "The corpus has no releases yet. Put some into its folder and ask again."
    if not (request.since or request.until):  # all of it was withdrawn a moment ago
        return "The corpus has changed and is being read anew. Ask again in a moment."
    newest = f" The newest is from {written_date(freshness.newest)}." if freshness.newest else ""
    return f"No release here is dated {_period(request)}.{newest}"


def _period(request: Request) -> str:
    since = written_date(request.since) if request.since else None
    until = written_date(request.until) if request.until else None
    if since and until:
        return f"on {since}" if since == until else f"between {since} and {until}"
    return f"on or after {since}" if since else f"on or before {until}"


def _too_far(question: Question, nearest: Sequence[Found], timely: bool) -> str:
    """Why the nearest passages are no answer, naming telling words that none of them has."""
    if question.period and not timely:
        return f"The best passages are not of the time asked for ({question.period})."
    texts = [one.hit.passage.text[:READ] for one in nearest]
    there, plain = terms.stems(texts), "\n".join(texts).casefold()
    missing = [
        f"“{word if len(word) <= _LONGEST_WORD else word[:_LONGEST_WORD] + '…'}”"
        for word in terms.telling_words(periods.timeless(question.text, question.period))
        if terms.stem(word) not in there and word.casefold() not in plain
    ]
    if missing:
        return f"The passages that come nearest do not mention {_listed(missing)}."
    return "The passages that come nearest speak of this, but none of them answers it."


def _listed(words: Sequence[str]) -> str:
    shown = words[:4]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
