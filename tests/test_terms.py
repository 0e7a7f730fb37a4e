"""The words that tell what a question is about."""

import pytest

from eventqa import terms
from eventqa.acronyms import Acronyms


def test_only_the_words_that_carry_the_subject_are_left_in_order():
    question = "Who hosted the conference in Dushanbe, and who came to the Dushanbe conference?"
    assert terms.telling_words(question) == ("hosted", "conference", "Dushanbe", "came")


@pytest.mark.parametrize("mark", ["'", "’"])
def test_short_forms_tell_nothing(mark):
    question = "I'm sure they've said: what's Tajikistan's role, didn't James' envoy come?"
    assert terms.telling_words(question.replace("'", mark)) == (
        "sure", "Tajikistan", "role", "James", "envoy",
    )  # fmt: skip


@pytest.mark.parametrize("question", ["", "?!", "What is it?", "a", "…", "don't"])
def test_a_question_without_a_subject_has_no_telling_word(question):
    assert terms.telling_words(question) == ()


def test_forms_of_address_tell_nothing():
    assert terms.telling_words("Did Mr. Ali, Ms Lee or Dr. Khan vote?") == (
        "Ali", "Lee", "Khan", "vote",
    )  # fmt: skip


def test_numbers_and_letters_of_other_scripts_are_words():
    assert terms.telling_words("Was geschah 2018 in Вена, 国会议?") == (
        "geschah", "2018", "Вена", "国会议",
    )  # fmt: skip


@pytest.mark.parametrize(
    "one, other",
    [
        ("meet", "met"),
        ("adopted", "adoption"),
        ("Child", "children"),
        ("hosts", "HOSTED"),
        ("won", "win"),
    ],
)
def test_forms_of_a_word_share_a_stem(one, other):
    assert terms.stem(one) == terms.stem(other)


def test_different_words_have_different_stems():
    assert len({terms.stem(word) for word in ("Dushanbe", "Ashgabat", "host", "meet")}) == 4


def test_a_name_is_found_in_its_possessive():
    there = terms.stems(["Tajikistan's envoys", "met."])
    assert {terms.stem(word) for word in ("Tajikistan", "envoy", "meet")} <= there
    assert terms.stem("Hungary") not in there
    assert terms.stems([]) == frozenset()


@pytest.mark.parametrize("word", ["care", "meetings", "held", "Paris", "aid"])
def test_english_has_its_words_in_all_their_forms(word):
    assert terms.is_word(word)


@pytest.mark.parametrize("word", ["unoct", "minusma", "nato", "", "2018", "who's"])
def test_english_has_no_word_that_is_only_a_short_form_a_number_or_nothing(word):
    assert not terms.is_word(word)


def test_a_short_form_in_small_letters_is_understood_where_it_is_no_word():
    known = Acronyms([{"UNOCT": "Office of Counter-Terrorism", "AID": "Agency for Development"}])
    assert known.used("What did unoct say of aid?", terms.is_word) == {
        (9, 14): "Office of Counter-Terrorism"
    }
