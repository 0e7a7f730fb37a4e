"""MaxSim and the best sentences, against plain loops over the decoded vectors."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest
from desk import DUSHANBE
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa import quantize, sentences
from eventqa.encoder import Tokens
from eventqa.maxsim import best_matches, best_sentences, matches, said_before
from eventqa.view import Encoded

DIM = 16
AXES = np.eye(DIM, dtype=np.float32)


def unit_rows(count: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def brute(question: np.ndarray, passages: list[np.ndarray]) -> list[list[float]]:
    """The best inner product of each question piece in each passage, one by one."""
    dim = question.shape[1]
    turned = quantize.rotated(question)
    found = []
    for codes in passages:
        pieces = quantize.decoded(codes, dim)
        found.append([max([float(q @ p) for p in pieces], default=0.0) for q in turned])
    return found


def matched(question: np.ndarray, passages: list[np.ndarray]) -> np.ndarray:
    """The best match of each question piece in each passage, given by its codes."""
    return best_matches(matches(question, [encoded_with(codes) for codes in passages]))


def encoded_with(codes: np.ndarray) -> Encoded:
    return Encoded(AXES[:1], codes, np.zeros((len(codes), 2), np.int32))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1, 3, 16, 384]),
    st.integers(1, 6),
    st.lists(st.integers(0, 9), min_size=1, max_size=8),
    st.integers(0, 1000),
)
def test_matches_are_those_of_a_loop_over_the_decoded_vectors(dim, asked, lengths, seed):
    question = unit_rows(asked, seed, dim)
    passages = [
        quantize.encoded(unit_rows(length, seed + at + 1, dim)) for at, length in enumerate(lengths)
    ]
    found = matched(question, passages)
    assert found.shape == (len(lengths), asked)
    np.testing.assert_allclose(found, brute(question, passages), atol=1e-5)


def test_matches_are_near_those_of_the_vectors_before_they_were_coded():
    question, passage = unit_rows(8, 1, 384), unit_rows(40, 2, 384)
    passage[3] = question[5]
    exact = (question @ passage.T).max(axis=1)
    np.testing.assert_allclose(matched(question, [quantize.encoded(passage)])[0], exact, atol=0.09)
    assert exact[5] == pytest.approx(1)


NOTHING = np.empty((0, quantize.width(DIM)), np.uint8)


def test_a_passage_without_pieces_matches_nothing_and_disturbs_no_other():
    question = unit_rows(3)
    codes = quantize.encoded(unit_rows(4, 1))
    alone = matched(question, [codes])[0].tolist()
    found = matched(question, [NOTHING, codes, NOTHING, NOTHING, codes, NOTHING]).tolist()
    assert found == [[0, 0, 0], alone, [0, 0, 0], [0, 0, 0], alone, [0, 0, 0]]
    assert matched(question, [NOTHING]).tolist() == [[0, 0, 0]]


def test_pieces_that_were_kept_without_a_width_match_nothing():
    # The store cannot tell how wide no codes are.
    assert matched(unit_rows(2), [np.empty((0, 0), np.uint8)]).tolist() == [[0, 0]]


def test_a_question_without_pieces_has_no_matches():
    none = np.empty((0, DIM), np.float32)
    assert matched(none, [quantize.encoded(unit_rows(4))]).shape == (1, 0)
    assert matches(unit_rows(2), []) == []
    assert best_matches([]).shape == (0, 0)


# The best sentences

TEXT = "Ministers met. It rained at noon. A declaration was adopted."
SENTENCES = ((0, 14), (15, 33), (34, 60))


def encoded_as(*pieces: tuple[int, int, int]) -> Encoded:
    """A text's word pieces, each by start, end and the axis that its vector is."""
    rows = AXES[[axis for *_, axis in pieces]]
    spans = np.array([piece[:2] for piece in pieces], np.int32).reshape(-1, 2)
    return Encoded(AXES[:1], quantize.encoded(rows), spans)


# Two words of each sentence: the axes 0 1, 2 3 and 4 5.
WORDS = encoded_as((0, 9, 0), (10, 13, 1), (15, 17, 2), (18, 24, 3), (36, 47, 4), (52, 59, 5))


def marked_in(rows, text, encoded, question="", places=(), said=frozenset()):
    """The best sentences for word pieces of a question, which stand in none of its words."""
    spans = np.array(places or [(0, 0)] * len(rows), np.int64).reshape(-1, 2)
    (own,) = matches(rows, [encoded])
    return best_sentences(question, Tokens(rows, spans), text, own, said)


@pytest.mark.parametrize(
    ("axes", "marked"),
    [
        ([0, 1], SENTENCES[:1]),
        ([2], SENTENCES[1:2]),
        ([4, 5], SENTENCES[2:]),
        ([4, 5, 0], SENTENCES[2:]),
    ],
)
def test_the_sentence_that_has_the_question_s_words_is_marked(axes, marked):
    assert marked_in(AXES[axes], TEXT, WORDS) == marked


def test_two_sentences_that_fit_alike_are_both_marked_in_their_order():
    words = encoded_as((0, 9, 7), (15, 17, 2), (36, 47, 7))
    assert marked_in(AXES[[7]], TEXT, words) == (SENTENCES[0], SENTENCES[2])


def test_the_better_of_two_marked_sentences_comes_first_wherever_it_stands():
    words = encoded_as((0, 9, 6), (15, 17, 2), (36, 47, 7))
    asked = np.stack([AXES[7] * 0.72 + AXES[6] * 0.694])
    assert marked_in(asked, TEXT, words) == (SENTENCES[2], SENTENCES[0])


HOSTED = "Guests came to Dushanbe. The state hosted it."


def test_words_that_title_place_or_date_say_already_count_less():
    words = encoded_as((15, 23, 2), (35, 41, 1))
    rows = np.array(AXES[[1, 2]] * [[0.8], [1.0]], np.float32)
    asked = (rows, HOSTED, words, "Zzz the Dushanbe?", [(0, 3), (8, 16)])
    assert marked_in(*asked) == ((0, 24),)
    assert marked_in(*asked, said={"talk", "dushanb"}) == ((25, 45),)


def test_of_sentences_that_fit_alike_the_one_with_words_that_title_and_place_do_not_say_is_best():
    words = encoded_as((15, 23, 7), (35, 41, 7))
    asked = (AXES[[7]], HOSTED, words, "Which hosted?", [(0, 5)])
    assert marked_in(*asked) == ((25, 45),)
    assert marked_in(*asked, said={"host", "talk"}) == ((0, 24), (25, 45))


def test_title_place_and_date_are_said_before_a_passage_is_read_but_no_small_words_of_theirs():
    one = replace(DUSHANBE, title="The talks of May", place="In Dushanbe", date=dt.date(2018, 5, 3))
    assert said_before(one) == {"talk", "dushanb", "3", "may", "2018"}
    assert said_before(replace(one, title="", place=None, date=None)) == set()


def test_never_more_than_two_sentences_are_marked_and_of_equals_the_first():
    words = encoded_as((0, 9, 7), (15, 17, 7), (36, 47, 7))
    assert marked_in(AXES[[7]], TEXT, words) == SENTENCES[:2]


def test_the_only_sentence_is_marked_whatever_is_asked():
    assert marked_in(AXES[[9]], "It rained.", encoded_as((0, 2, 1))) == ((0, 10),)


def test_a_sentence_that_only_asks_is_not_marked_while_another_says_something():
    text = "Who met? Ministers met."
    words = encoded_as((0, 3, 0), (4, 7, 1), (9, 18, 2), (19, 22, 1))

    assert marked_in(AXES[[0, 1]], text, words) == ((9, 23),)


def test_of_sentences_that_all_ask_the_best_is_marked():
    words = encoded_as((0, 3, 0), (4, 7, 1), (9, 14, 2), (15, 17, 3))

    assert marked_in(AXES[[2, 3]], "Who met? Where was it?", words) == ((9, 22),)


def test_a_piece_that_reaches_into_the_next_sentence_counts_for_neither():
    words = encoded_as((10, 20, 7), (36, 47, 7))
    assert marked_in(AXES[[7]], TEXT, words) == SENTENCES[2:]


def test_a_question_without_pieces_marks_every_sentence():
    assert marked_in(AXES[:0], TEXT, WORDS) == SENTENCES


@pytest.mark.parametrize("width", [0, quantize.width(DIM)])
def test_a_text_without_pieces_has_its_first_sentences_marked(width):
    nothing = Encoded(AXES[:1], np.empty((0, width), np.uint8), np.empty((0, 2), np.int32))
    assert marked_in(AXES[:2], TEXT, nothing) == SENTENCES[:2]


WHAT_TEXTS_ARE_MADE_OF = st.sampled_from(
    ["Mr. ", "H.E. ", "U.N. ", "3.5 million ", "met. ", "He said “Stop.” ", "\n- one;\n- two ", "é"]
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(WHAT_TEXTS_ARE_MADE_OF | st.text(max_size=20), max_size=12).map("".join),
    st.integers(0, 4),
    st.integers(0, 1000),
)
def test_what_is_marked_is_whole_sentences_inside_the_text_whatever_it_is(text, asked, seed):
    spans = np.array([one.span() for one in re.finditer(r"\w+", text)], np.int32).reshape(-1, 2)
    encoded = Encoded(
        AXES[:1], quantize.encoded(unit_rows(len(spans) or 1, seed))[: len(spans)], spans
    )

    marked = marked_in(unit_rows(asked or 1, seed + 1)[:asked], text, encoded)

    assert set(marked) <= set(sentences.spans(text))
    assert len(marked) == len(set(marked))
    assert all(0 <= start < end <= len(text) for start, end in marked)
    assert bool(marked) == bool(text.strip())
