"""Ranked hits → an answer with its sentences marked, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eventqa import periods, terms
from eventqa.gate import GATE, READ, is_of_time, weigh
from eventqa.maxsim import best_sentences
from eventqa.request import Request
from eventqa.retrieve import Found, Question
from eventqa.types import Answer, Freshness, Hit, written_date

# A passage whose cosine is less than this is no source of an answer. By it these shares of the
# answerable questions lose their only evidence among the first five: realtimeqa_2022 .005,
# timeqa_human_train .002, clapnq_dev .000, xquad_dev .006, time1963 .000 (at .40: .009, .012, .003,
# .019, .037); at .20 next to none, but twice as many others stay (clapnq_dev). The passage that
# the gate decided by always stays.
FAR = 0.30

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
    found = found[: request.k]
    marked = [_marked(question, one) for one in found[:_MARKED]]
    marked += [one.hit for one in found[_MARKED:]]
    if evidence.confidence < GATE:
        reason = _too_far(question, found)
        return _refusal(question, tuple(marked), reason, evidence.confidence, freshness)
    # The passage that decided may lie beyond the few that were asked for: then the first stays.
    kept = evidence.best if evidence.best < len(found) else 0
    # Where meaning was left out of the search (`Steps.dense`) no passage has a cosine.
    measured = any(one.signals.cosine for one in found)
    sources = tuple(
        hit
        for at, (hit, one) in enumerate(zip(marked, found, strict=True))
        if not measured or one.signals.cosine >= FAR or at == kept
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


def _too_far(question: Question, nearest: Sequence[Found]) -> str:
    """Why the nearest passages are no answer, naming telling words that none of them has."""
    texts = [one.hit.passage.text[:READ] for one in nearest]
    there, plain = terms.stems(texts), "\n".join(texts).casefold()
    missing = [
        f"“{word if len(word) <= _LONGEST_WORD else word[:_LONGEST_WORD] + '…'}”"
        for word in terms.telling_words(periods.timeless(question.text, question.period))
        if terms.stem(word) not in there and word.casefold() not in plain
    ]
    if missing:
        return f"The passages that come nearest do not mention {_listed(missing)}."
    if question.period and not is_of_time(nearest):
        return f"The passages that come nearest are not of the time asked for ({question.period})."
    return "The passages that come nearest speak of this, but none of them answers it."


def _listed(words: Sequence[str]) -> str:
    shown = words[:4]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
