"""How well a passage speaks of every word of a question, and which of its sentences does best.

The operator is MaxSim of ColBERT (Khattab and Zaharia, SIGIR 2020), used with the encoder's own
token vectors, without training: each word piece of the question takes its best match among those
of the text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventqa import quantize, sentences
from eventqa.quantize import Codes, Vector
from eventqa.types import Span
from eventqa.view import Encoded

# A second sentence is marked when it fits nearly as well as the best. An answering sentence is
# marked, and so many are, the right paragraph given (`python benchmarks/sentences.py FOLDER`, 24
# November 2026):
#                  xquad_dev   realtimeqa_2022   timeqa_human_train
#   the best one   .854        .669              .607
#   within .02     .883 1.08   .716 1.11         .679 1.26
#   within .04     .906 1.19   .746 1.22         .721 1.47
# Tried and left out: leaving out the words that name the time (timeqa_human_train loses .08), and
# .03 more for a sentence that has what is asked for, a name, a date or a number (.00 to .01 more).
_NEARLY = 0.04


def best_matches(question: Vector, passages: Sequence[Codes]) -> Vector:
    """How well each word piece of a question is matched in each passage, -1..1, higher is better.

    Args:
        question: its token vectors, shape (pieces, dim).
        passages: the word pieces of each, as `quantize` encodes them.

    Returns:
        Shape (passages, pieces); 0 in a passage without word pieces. 100 passages of 46 pieces
        take 2 ms.
    """
    found = np.zeros((len(passages), len(question)), np.float32)
    filled = [at for at, codes in enumerate(passages) if len(codes)]
    if not filled or not len(question):
        return found
    codes = np.concatenate([passages[at] for at in filled])
    starts = np.cumsum([0, *(len(passages[at]) for at in filled[:-1])])
    found[filled] = np.maximum.reduceat(_matches(question, codes), starts, axis=0)
    return found


def best_sentences(question: Vector, text: str, encoded: Encoded) -> tuple[Span, ...]:
    """The sentence of a text that fits a question best, and a second one if it does nearly so."""
    found = sentences.spans(text)
    if len(found) < 2 or not len(question):
        return tuple(found)
    fits = sentence_fits(question, found, encoded)
    for at, (start, end) in enumerate(found):
        # A sentence that asks what is asked fits best of all, and answers nothing.
        fits[at] -= sentences.only_asks(text[start:end])
    order = sorted(range(len(found)), key=lambda at: (-fits[at], at))
    best = [at for at in order[:2] if fits[at] >= fits[order[0]] - _NEARLY]
    return tuple(found[at] for at in sorted(best))


def sentence_fits(question: Vector, found: Sequence[Span], encoded: Encoded) -> list[float]:
    """How well each sentence of a text fits a question, -1..1, in their order.

    Args:
        question: its token vectors, shape (pieces, dim), at least one.
        found: where the sentences stand.
    """
    matches = _matches(question, encoded.codes)
    starts, ends = encoded.spans[:, 0], encoded.spans[:, 1]
    fits: list[float] = []
    for start, end in found:
        inside = matches[(starts >= start) & (ends <= end)]
        fits.append(float(inside.max(axis=0).mean()) if len(inside) else 0.0)
    return fits


def _matches(question: Vector, codes: Codes) -> Vector:
    """The inner product of each word piece of a text with each of a question."""
    # This way round the product is several times as quick.
    return quantize.decoded(codes, question.shape[1]) @ quantize.rotated(question).T
