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

import numpy as np

from eventqa import quantize, sentences, terms
from eventqa.encoder import Tokens
from eventqa.quantize import Codes, Vector
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

_WORD = re.compile(r"[^\W_]+")


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


def best_sentences(
    question: str,
    tokens: Tokens,
    text: str,
    encoded: Encoded,
    said: Collection[str] = frozenset(),
) -> tuple[Span, ...]:
    """The sentence of a text that fits a question best, then a second one if it does nearly so.

    Args:
        question: as asked; `tokens` are its own.
        said: the stems of words that are known before the text is read (`said_before`). They
            count less: "the conference in Dushanbe" is in every paragraph, what tells who hosted
            it is not.
    """
    found = sentences.spans(text)
    if len(found) < 2 or not len(tokens.rows):
        return tuple(found)
    fits = sentence_fits(tokens.rows, found, encoded, _weights(question, tokens, said))
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
    question: Vector, found: Sequence[Span], encoded: Encoded, weights: Vector | None = None
) -> list[float]:
    """How well each sentence of a text fits a question, -1..1, in their order.

    Args:
        question: its token vectors, shape (pieces, dim), at least one.
        found: where the sentences stand.
        weights: how much each word piece of the question counts, shape (pieces,); alike if None.
    """
    matches = _matches(question, encoded.codes)
    starts, ends = encoded.spans[:, 0], encoded.spans[:, 1]
    fits: list[float] = []
    for start, end in found:
        inside = matches[(starts >= start) & (ends <= end)]
        best = inside.max(axis=0) if len(inside) else np.zeros(len(question))
        fits.append(float(np.average(best, weights=weights)))
    return fits


def _weights(question: str, tokens: Tokens, known: Collection[str]) -> Vector:
    """What each word piece of a question counts, shape (pieces,), over 0."""
    weights = np.ones(len(tokens.rows), np.float32)
    starts = tokens.spans[:, 0]
    for word in _WORD.finditer(question):
        if terms.stem(word[0]) in known:
            weights[(starts >= word.start()) & (starts < word.end())] = _SAID
    return weights


def _matches(question: Vector, codes: Codes) -> Vector:
    """The inner product of each word piece of a text with each of a question."""
    # This way round the product is several times as quick.
    return quantize.decoded(codes, question.shape[1]) @ quantize.rotated(question).T
