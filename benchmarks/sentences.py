"""How often the marked sentence is the one that answers, the right paragraph given.

    python benchmarks/sentences.py FOLDER [--sets NAME,…]

FOLDER holds the sets, as for `evaluate.py`; their questions must come with `answers`. Counted are
those whose paragraph has several sentences and one of the answers in it, word for word: the marked
sentence is right when an answer begins in it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sets import Set, bar, named, searchable, there

from eventqa import questions, sentences
from eventqa.encoder import EncodedText, Encoder, SentenceEncoder
from eventqa.evaluate import figure, table
from eventqa.lexical import Entry, LexicalIndex
from eventqa.maxsim import Matches, best_sentences, matches, said_before, sentence_fits
from eventqa.types import Embedded, Passage, Span
from eventqa.view import View

_SETS = ("xquad_dev", "realtimeqa_2022", "timeqa_human_train")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A question with the paragraph that answers it."""

    question: str
    asked: EncodedText
    text: str
    said: frozenset[str]  # by the release's title, place and date
    matches: Matches
    sentences: tuple[Span, ...]
    right: frozenset[int]  # which of the sentences hold an answer


def main() -> None:
    """Prints a line for each way to choose a sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=named, default=list(_SETS))
    options = parser.parse_args()
    encoder = SentenceEncoder()
    shares: dict[str, Mapping[str, str]] = {}
    for one in there(options.folder, options.sets):
        shares[one.name] = measure(list(paragraphs(options.folder, one, encoder)), encoder)
    ways = list(shares[next(iter(shares))]) if shares else []
    rows = [(way, *(some[way] for some in shares.values())) for way in ways]
    print(table([("chosen by", *shares), *rows]))


def paragraphs(folder: Path, one: Set, encoder: Encoder) -> Iterator[Paragraph]:
    """Every question that can be counted, in order."""
    asked = [question for question in one.questions(folder) if question.answers]
    with searchable(folder, one, encoder) as (view, _), bar(one.name, "question") as show:
        ids = {at.place: at.id for at in view.places(view.vector_ids(), None, None)}
        for done, question in enumerate(asked, start=1):
            show(done, len(asked))
            for passage in _answering(view, one, question):
                spans = tuple(sentences.spans(passage.text))
                right = _right(passage.text, spans, question.answers)
                if len(spans) > 1 and right:
                    id = ids.get((passage.release.id, passage.number))
                    if id is None:  # a newer version has replaced its release
                        break
                    encoded = view.encoded(np.array([id]))[id]
                    text = question.question
                    query = encoder.encode_query(text)
                    said = said_before(passage.release)
                    (own,) = matches(query.tokens.rows, [encoded])
                    yield Paragraph(text, query, passage.text, said, own, spans, right)
                    break


def measure(some: list[Paragraph], encoder: Encoder) -> dict[str, str]:
    """The share of questions whose chosen sentence is right, for each way to choose."""
    hits: dict[str, list[bool]] = {}
    marks: list[int] = []
    for one in some:
        marked = best_sentences(one.question, one.asked.tokens, one.text, one.matches, one.said)
        marks.append(len(marked))
        right = {one.sentences[at] for at in one.right}
        hits.setdefault("marked", []).append(not right.isdisjoint(marked))
        hits.setdefault("marked, the best one", []).append(marked[0] in right)
        for way, scores in _scores(one, encoder).items():
            hits.setdefault(way, []).append(int(np.argmax(scores)) in one.right)
    counts = {"questions": f"{len(some):,}", "sentences marked": f"{np.mean(marks):.2f}"}
    return {way: figure(float(np.mean(found))) for way, found in hits.items()} | counts


def _scores(one: Paragraph, encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    """For each way to choose one sentence what each of them scores."""
    texts = [one.text[start:end] for start, end in one.sentences]
    alone = encoder.encode_documents([Embedded("", text) for text in texts])
    words = LexicalIndex.of(Entry(at, "", text) for at, text in enumerate(texts))
    fits = sentence_fits(one.sentences, one.matches)
    return {
        "MaxSim, one sentence": np.array(fits, np.float32),
        "cosine of each sentence": np.array(
            [float((row.rows @ one.asked.rows[0]).max()) for row in alone], np.float32
        ),
        "BM25 within the paragraph": words.weigh(one.question, words.ids).shares,
        "the first": -np.arange(len(texts), dtype=np.float32),
    }


def _answering(view: View, one: Set, question: questions.Question) -> Iterator[Passage]:
    """The passages that hold the evidence of a question."""
    for evidence in question.evidence:
        release = view.release(evidence.doc_id)
        for passage in release.passages if release else ():
            if one.finds(passage, question):
                yield passage


def _right(text: str, spans: tuple[Span, ...], answers: tuple[str, ...]) -> frozenset[int]:
    starts = [match.start() for answer in answers for match in re.finditer(re.escape(answer), text)]
    return frozenset(
        at for at, (start, end) in enumerate(spans) if any(start <= one < end for one in starts)
    )


if __name__ == "__main__":
    main()
