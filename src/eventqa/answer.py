"""Ranked hits → an answer or a refusal. The one gate, last in line.

It looks at how well the best passages speak of every word of the question (`maxsim.fit`). The
cosine alone cannot tell a question whose topic is here from one whose answer is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from eventqa.encoder import EncodedQuestion, Encoder
from eventqa.maxsim import best_sentences, fit
from eventqa.request import Request
from eventqa.types import Answer, Freshness, Hit, written_date

# The best fit among the three nearest passages decides. Right and wrong answers, right and wrong
# refusals at .60: clapnq_dev 256/60/240/44, a sample of realtimeqa_2022 302/127/677/45,
# mtrag_un_dev as asked 133/12/39/98, timeqa_human_train 421/586/33/131 (AUROC .885, .966, .799,
# .549). The best cosine threshold, .60 as well, wrongly refuses 102 of clapnq_dev for 28 wrong
# answers, and answers 237 of realtimeqa_2022 wrongly.
GATE = 0.60
_DECIDING = 3
# Steepness of the confidence around the gate, from a logistic regression on half of those sets.
_STEEPNESS = 9.9

# A passage further than this is no source even when the question is answered: on all four sets
# less than 1 % of the true evidence is lost (a margin below the best hit loses 2 to 6 %).
FAR = 0.40

# So many hits are marked at most; the rest of a long list is for programs.
_MARKED = 20


def decide(
    request: Request,
    question: EncodedQuestion,
    hits: Sequence[Hit],
    freshness: Freshness,
    encoder: Encoder,
) -> Answer:
    """The hits that answer, each with its answering sentence marked, or why there is none.

    Args:
        hits: best first, as retrieved.
    """
    reason = _nothing_to_search(request, hits, freshness)
    if reason:
        return _refusal(request, (), reason, 0.0, freshness)
    marked, best = _mark(question, hits, encoder)
    confidence = 1 / (1 + math.exp(-_STEEPNESS * (best - GATE)))
    near = tuple(hit for hit in marked if hit.score >= FAR)
    if best < GATE or not near:
        reason = _too_far(request.question, marked, freshness)
        return _refusal(request, marked, reason, min(confidence, 0.5), freshness)
    return Answer(request.question, True, near, (), None, confidence, freshness)


def _mark(
    question: EncodedQuestion, hits: Sequence[Hit], encoder: Encoder
) -> tuple[tuple[Hit, ...], float]:
    """The hits with their highlights, and the best fit among those that decide."""
    texts = [hit.passage.text for hit in hits[:_MARKED]]
    tokens = encoder.encode_tokens(texts)
    best = max(fit(question.words, one) for one in tokens[:_DECIDING])
    marked = (
        replace(hit, highlights=best_sentences(question.words, text, one))
        for hit, text, one in zip(hits, texts, tokens, strict=False)
    )
    return (*marked, *hits[_MARKED:]), best


def _refusal(
    request: Request, nearest: tuple[Hit, ...], reason: str, confidence: float, freshness: Freshness
) -> Answer:
    return Answer(request.question, False, (), nearest, reason, confidence, freshness)


def _nothing_to_search(request: Request, hits: Sequence[Hit], freshness: Freshness) -> str | None:
    if not freshness.passages:
        return "The corpus has no releases yet. Put some into its folder and ask again."
    if hits:
        return None
    newest = f" The newest is from {written_date(freshness.newest)}." if freshness.newest else ""
    return f"No release here is dated {_period(request)}.{newest}"


def _period(request: Request) -> str:
    since = written_date(request.since) if request.since else None
    until = written_date(request.until) if request.until else None
    if since and until:
        return f"on {since}" if since == until else f"between {since} and {until}"
    return f"on or after {since}" if since else f"on or before {until}"


def _too_far(question: str, nearest: Sequence[Hit], freshness: Freshness) -> str:
    """Why the nearest passages are no answer, naming words of the question they do not have."""
    texts = " ".join(hit.passage.text for hit in nearest).casefold()
    missing = [f"“{word}”" for word in _telling_words(question) if word.casefold() not in texts]
    if missing:
        return f"The passages that come nearest do not mention {_listed(missing)}."
    return "The passages that come nearest speak of this, but none of them answers it."


# Words that ask or link and say nothing about what is asked for.
_SMALL_WORDS = frozenset(
    "a about after against all also am an and any are as at be been before being between both but "
    "by can come could did do does doing during each ever find for from get give given had happen "
    "happened has have having he her here him his how i if in into is it its just know last made "
    "make many may me might more most much must my name named new no nor not now of off on one "
    "only or other our out over own please said say says shall she should show so some such take "
    "tell than that the their them then there these they this those time to today told too under "
    "until up us use used very was we week were what when where whether which while who whom whose "
    "why will with would year yes you your".split()
)


def _telling_words(question: str) -> list[str]:
    words = re.findall(r"[^\W_]+(?:[-’'][^\W_]+)*", question)
    telling = (re.sub(r"[’']s$", "", word) for word in words)
    return list(
        dict.fromkeys(w for w in telling if len(w) > 1 and w.casefold() not in _SMALL_WORDS)
    )


def _listed(words: Sequence[str]) -> str:
    shown = words[:4]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
