"""How well a passage speaks of every word of a question, and which of its sentences does best.

The operator is MaxSim of ColBERT (Khattab and Zaharia, SIGIR 2020), used with the encoder's own
token vectors, without training: each word piece of the question takes its best match among those
of the text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventqa import quantize, sentences, terms
from eventqa.encoder import Tokens
from eventqa.quantize import Vector
from eventqa.types import Release, Span, written_date
from eventqa.view import Encoded

# A second sentence is marked when it fits nearly as well as the best. An answering sentence is
# marked, the best one is, and so many are marked, the right paragraph given (xquad_dev has no
# titles; `python benchmarks/sentences.py FOLDER`, 26 November 2026):
#                                          xquad_dev         timeqa_human_train
#   MaxSim alone, within .04               .908 .857 1.19    .722 .611 1.46
#   what title and place say counts .25    .908 .857 1.19    .768 .636 1.52
#   and .15 for the words they do not say  .893 .860 1.13    .766 .640 1.39
#   and a second one within .06            .907 .860 1.19    .787 .641 1.52
# The date counts as said, too: no question of the sets names the day of the release that answers
# it, so it changes none of these figures (27 November 2026), but "Who hosted the conference in
# Dushanbe in May 2018?" no longer marks the dateline's sentence.
# Tried and left out: leaving out the words that name the time (timeqa_human_train loses .03 to
# .08), small words counting more or less, all telling words in place of those that title and place
# do not say, and .03 more for a sentence that has what is asked for, a name, a date or a number.
_NEARLY = 0.06
_SAID = 0.25
_UNSAID = 0.15

# So many word pieces are decoded at a time: that memory is used again. All at once took 1.7 ms of a
# question, so 1.25.
_AT_ONCE = 512

_WORD = re.compile(r"[^\W_]+")


class Matches(NamedTuple):
    """How well each word piece of a text matches each of a question."""

    values: Vector  # shape (pieces of the text, pieces of the question), -1..1, higher is better
    spans: NDArray[np.int32]  # where those of the text stand, as in `Encoded`


def matches(question: Vector, passages: Sequence[Encoded]) -> list[Matches]:
    """How well each word piece of some passages matches each of a question, in order.

    Args:
        question: its token vectors, shape (pieces, dim). For 100 passages of 46 pieces: 2 ms.
    """
    filled = [one.codes for one in passages if len(one.codes)]
    values = np.zeros((0, len(question)), np.float32)
    if filled and len(question):
        codes = np.concatenate(filled)
        # This way round the product is several times as quick.
        asked = np.ascontiguousarray(quantize.rotated(question).T)
        values = np.empty((len(codes), len(question)), np.float32)
        for start in range(0, len(codes), _AT_ONCE):
            rows = quantize.decoded(codes[start : start + _AT_ONCE], question.shape[1])
            np.matmul(rows, asked, out=values[start : start + _AT_ONCE])
    ends = np.cumsum([len(one.codes) for one in passages], dtype=np.int64)[:-1]
    parts = np.split(values, ends) if passages else []
    return [Matches(part, one.spans) for part, one in zip(parts, passages, strict=True)]


def best_matches(found: Sequence[Matches]) -> Vector:
    """The best match of each word piece of a question in each passage, -1..1.

    Returns:
        Shape (passages, pieces); 0 in a passage without word pieces.
    """
    if not found:
        return np.zeros((0, 0), np.float32)
    best = np.zeros((len(found), found[0].values.shape[1]), np.float32)
    filled = [at for at, one in enumerate(found) if len(one.values)]
    if filled and best.size:
        starts = np.cumsum([0, *(len(found[at].values) for at in filled[:-1])])
        values = np.concatenate([found[at].values for at in filled])
        best[filled] = np.maximum.reduceat(values, starts, axis=0)
    return best


def best_sentences(
    question: str,
    tokens: Tokens,
    text: str,
    matches: Matches,
    said: Collection[str] = frozenset(),
) -> tuple[Span, ...]:
    """The sentence of a text that fits a question best, then a second one if it does nearly so.

    Args:
        question: as asked; `tokens` are its own, and `matches` those of the text with them.
        said: the stems of words that are known before the text is read (`said_before`). They
            count less: "the conference in Dushanbe" is in every paragraph, what tells who hosted
            it is not.
    """
    found = sentences.spans(text)
    if len(found) < 2 or not len(tokens.rows):
        return tuple(found)
    fits = sentence_fits(found, matches, _weights(question, tokens, said))
    wanted = {terms.stem(word) for word in terms.telling_words(question)}.difference(said)
    for at, (start, end) in enumerate(found):
        sentence = text[start:end]
        # A sentence that asks what is asked fits best of all, and answers nothing.
        fits[at] -= sentences.only_asks(sentence)
        if wanted:
            fits[at] += _UNSAID * len(wanted & terms.stems([sentence])) / len(wanted)
    order = sorted(range(len(found)), key=lambda at: (-fits[at], at))
    return tuple(found[at] for at in order[:2] if fits[at] >= fits[order[0]] - _NEARLY)


def said_before(release: Release) -> frozenset[str]:
    """The stems of what is known before a passage is read: title, place and date of its release."""
    return _said_before(release.title, release.place, release.date)


@lru_cache(maxsize=1_000)
def _said_before(title: str, place: str | None, date: dt.date | None) -> frozenset[str]:
    told = terms.telling_words(f"{title}\n{place or ''}")
    return terms.stems([*told, written_date(date) if date else ""])


def sentence_fits(
    found: Sequence[Span], matches: Matches, weights: Vector | None = None
) -> list[float]:
    """How well each sentence of a text fits a question, -1..1, in their order.

    To five decimals, as what a passage scores: what lies beyond depends on its neighbours.

    Args:
        found: where the sentences stand.
        matches: those of the text with a question of at least one word piece.
        weights: how much each word piece of the question counts, shape (pieces,); alike if None.
    """
    starts, ends = matches.spans[:, 0], matches.spans[:, 1]
    shares = np.ones(matches.values.shape[1], np.float32) if weights is None else weights
    shares = shares / shares.sum()
    fits: list[float] = []
    for start, end in found:
        inside = matches.values[(starts >= start) & (ends <= end)]
        fits.append(round(float(inside.max(axis=0) @ shares), 5) if len(inside) else 0.0)
    return fits


def _weights(question: str, tokens: Tokens, known: Collection[str]) -> Vector:
    """What each word piece of a question counts, shape (pieces,), over 0."""
    weights = np.ones(len(tokens.rows), np.float32)
    starts = tokens.spans[:, 0]
    for word in _WORD.finditer(question):
        if terms.stem(word[0]) in known:
            weights[(starts >= word.start()) & (starts < word.end())] = _SAID
    return weights
