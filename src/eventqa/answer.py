"""Ranked hits → an answer with its sentences marked, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from eventqa.gate import READ, Gate, decisive
from eventqa.maxsim import Matches, best_sentences, matches, said_before
from eventqa.reasons import ended, is_vague, not_answered, nothing_to_search
from eventqa.request import Request
from eventqa.retrieve import Found, Question
from eventqa.types import Answer, Freshness, Hit, Passage
from eventqa.vocabulary import Vocabulary

# A passage that does less well, by all signals but its age, than this share of the best one is no
# source of an answer. Of the first five that do not answer it leaves out .08 in realtimeqa_2022,
# .03 in timeqa_human_train, .72 in clapnq_dev, .45 in xquad_dev and .02 in time1963, and .002,
# .003, .000, .000 and .000 of the questions lose their only evidence; at .60 it is .05, .01, .59,
# .34 and .01 for none, at .70 .13, .08, .81, .57 and .04 for .012, .007, .000, .001 and .000
# (`python benchmarks/weights.py FOLDER`, 24 November 2026). A cosine of at least .30, as it was,
# left out .03, .03, .67, .24 and .08 for .000, .004, .000, .008 and .000.
FAR = 0.65

FIRST = 6
"""The best of so many is what the others are compared with: by its age it may come second."""

_NEXT = "the next paragraph"

# So many hits have their sentences marked at most: a longer list is for programs.
_MARKED = 20


def decide(
    request: Request,
    question: Question,
    found: Sequence[Found],
    freshness: Freshness,
    gate: Gate,
    vocabulary: Vocabulary,
    alone: Sequence[Found] = (),
) -> Answer:
    """The hits that answer, each with its answering sentence marked, or why there is none.

    Args:
        found: best first, as retrieved; at least `gate.COMPARED` if there are so many, so that the
            verdict is the same however few are asked for.
        vocabulary: looked into for the reason of a refusal.
        alone: what the question finds as asked, if it takes anything over.
    """
    answer = partial(
        Answer,
        question.text,
        freshness=freshness,
        period=question.period,
        read_as=question.read_as,
    )
    if not found:
        why, reason = nothing_to_search(request, freshness)
        return answer(False, (), (), reason, 0.0, why=why)
    evidence = decisive(question, found, alone, gate.weights)
    confidence = evidence.confidence(gate.weights)
    first, found = found[:FIRST], found[: request.k]
    # It may have been found by another reading of the question than the one that is shown.
    fits = matches(question.encoded.tokens.rows, [one.encoded for one in found[:_MARKED]])
    marked = [_marked(question, one, own) for one, own in zip(found, fits, strict=False)]
    marked += [one.hit for one in found[_MARKED:]]
    answer = partial(answer, risk=gate.risk, evidence=evidence.to_dict())
    if is_vague(question) or not gate.lets(evidence):
        why, reason = not_answered(
            request,
            question,
            [one.hit.passage for one in first],
            evidence.timely,
            freshness,
            vocabulary,
        )
        return answer(False, (), tuple(marked), reason, confidence, why=why)
    least = FAR * max(one.strength for one in first)
    sources = tuple(
        hit
        for at, (hit, one) in enumerate(zip(marked, found, strict=True))
        if at == 0 or one.strength >= least
    )
    # What is proved is proved of questions that stand alone.
    sureness = None if question.read_as else gate.sureness(confidence)
    return answer(True, sources, (), None, confidence, sureness=sureness)


def going_on(question: str, shown: Passage | None, freshness: Freshness) -> Answer:
    """The paragraph after the one shown last, for a question such as "and then?".

    Args:
        shown: None: it is not in the corpus (any more).
    """
    answer = partial(Answer, question, freshness=freshness, read_as=f"{question} ({_NEXT})")
    if shown and (after := shown.release.passages[shown.number : shown.number + 1]):
        return answer(True, (Hit(after[0], 1.0),), (), None, 1.0)
    why, reason = ended(shown and shown.release)
    return answer(False, (), (Hit(shown, 1.0),) if shown else (), reason, 0.0, why=why)


def _marked(question: Question, found: Found, own: Matches) -> Hit:
    """The hit with its highlights."""
    passage, tokens = found.hit.passage, question.encoded.tokens
    said, text = said_before(passage.release), passage.text[:READ]
    marks = best_sentences(question.text, tokens, text, own, said)
    return replace(found.hit, highlights=marks)
