"""A paragraph → its sentences."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa import sentences

PIECES = st.lists(
    st.sampled_from(
        ["He left. ", "Mr. ", "U.S. ", "Senate ", "no", "“No.” ", "?", "!", "…", "。", "؟ ", "\n"]
        + [" ", "\t", "\u00a0", "\0", "3.5", "(", ")", '"', "😀", "é", "\u2028", "e.g. ", "\ufeff"]
    ),
    max_size=20,
).map("".join)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences.spans(text)]


@pytest.mark.parametrize(
    "one, two",
    [
        ("Mr. Voronkov met H.E. Mr. Aslov.", "He left."),
        ('He said "Stop."', "Then he left."),
        ("The U.S. Senate met.", "The U.N. agreed."),
        ("Gov. Rell spoke.", "Sen. Dodd left."),
        ("Reps. Shays and Larson met Sra. Lopez.", "He met Mme. Curie."),
        ("It rose 3.5 per cent.", "It fell."),
        ("What did he say?", "Nothing!"),
        ("Он прибыл.", "Она уехала."),
        ("هل جاء؟", "نعم."),
        ("The talks\nwent on.", "They closed."),
    ],
)
def test_a_paragraph_is_cut_between_its_sentences(one, two):
    assert cut(f"{one} {two}") == [one, two]


def test_chinese_sentences_need_no_space_between_them():
    assert cut("会议开幕。他说“好。”她来了！") == ["会议开幕。", "他说“好。”", "她来了！"]


def test_one_sentence_is_one_sentence():
    assert cut("  For more information, please contact  ") == [
        "For more information, please contact"
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\t\n", "\u00a0"])
def test_no_words_are_no_sentence(text):
    assert sentences.spans(text) == []


@settings(deadline=None, max_examples=150)
@given(PIECES | st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_sentences_cover_the_text_in_order_and_once(text):
    at = 0
    for start, end in sentences.spans(text):
        assert text[at:start].strip() == ""
        assert at <= start < end
        assert text[start:end] == text[start:end].strip()
        at = end
    assert text[at:].strip() == ""


@pytest.mark.parametrize(
    "unit", ["!", '."', "؟", "!?", ".)", ". ", "\n", " ", "a", "A. ", "。", '"']
)
def test_long_runs_of_anything_take_no_more_than_a_moment(unit):
    text = unit * (100_000 // len(unit))
    began = time.perf_counter()
    found = sentences.spans(text)
    assert time.perf_counter() - began < 2
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "Which retailer cut its prices?",
        "What is it? And where?",
        "“Who hosted it?”",
        "هل جاء؟",
        "他来了吗？",
        "Who? ",
    ],
)
def test_a_text_of_nothing_but_questions_only_asks(text):
    assert sentences.only_asks(text)
    assert sentences.ends_asking(text)


@pytest.mark.parametrize(
    "text", ["It rained.", "What is it? It is rain.", "It rained. Did it?", "", " ", "? Who knows."]
)
def test_a_text_that_says_something_does_more_than_ask(text):
    assert not sentences.only_asks(text)


def test_a_text_can_end_asking_without_doing_only_that():
    assert sentences.ends_asking("It rained. Did it?")
    assert not sentences.ends_asking("Did it? It rained.")
