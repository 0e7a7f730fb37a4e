"""What counts as a word, and the terms it is found under."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventqa import forms


def test_words_are_as_written_and_compounds_whole():
    text = "The counter-terrorism office’s 1,500 U.S. men met on 3.5 acres."
    assert forms.words_of(text) == (
        ["The", "counter-terrorism", "office’s", "1,500", "U.S", "men", "met", "on", "3.5", "acres"]
    )


def test_a_headline_in_capitals_is_read_in_small_letters_and_two_acronyms_are_not():
    assert forms.words_of("WHO TOLD US") == ["who", "told", "us"]
    assert forms.words_of("WHO, US") == ["WHO", "US"]


def test_what_is_too_long_is_no_word():
    assert forms.words_of("a" * 100 + " " + "b" * 101) == ["a" * 100]


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("Müller", ["muller"]),
        ("counter-terrorism", ["counter", "terror", "counterterror"]),
        ("1,500", ["1500"]),
        ("U.S", ["US"]),
        ("UNODC", ["unodc"]),
        ("US", ["US"]),
        ("us", ["we"]),
    ],
)
def test_a_word_is_found_under_its_terms(word, terms):
    assert forms.indexed(word) == terms


def test_a_compound_is_asked_for_by_its_telling_parts_or_as_one():
    assert forms.forms_of("state-of-emergency") == (("state", "emergenc"), ("stateofemerg",))
    assert forms.forms_of("emergency") == (("emergenc",),)


@pytest.mark.parametrize("word", ["the", "Who", "who’s", "a", "us"])
def test_words_that_ask_or_link_are_small(word):
    assert forms.is_small(word)


@pytest.mark.parametrize("word", ["WHO", "US", "U.S.", "forum", "7", "2018"])
def test_acronyms_and_numbers_are_not(word):
    assert not forms.is_small(word)


def test_a_thing_is_looked_for_once_and_in_all_its_known_forms_the_one_as_asked_first():
    assert forms.asked("Did the forum and the forums meet?", ()) == [(("forum",),), (("meet",),)]
    both = [("UNOCT", "Office of Counter-Terrorism")]
    long = ("offic", "counter", "terror")
    assert forms.asked("UNOCT met", both) == [(("meet",),), (("unoct",), long)]
    assert forms.asked("Office of Counter-Terrorism", both) == [(long, ("unoct",))]


def test_small_words_are_looked_for_where_there_are_no_others():
    assert forms.asked("What is it?", ()) == [(("what",),), (("be",),), (("it",),)]


@given(st.text(max_size=40))
def test_whatever_is_asked_for_is_found_in_itself(text):
    there = {term for word in forms.words_of(text) for term in forms.indexed(word)}
    assert all(there.issuperset(ways[0]) for ways in forms.asked(text, ()))


def test_what_made_the_terms_is_told_with_the_versions_of_all_that_has_a_say():
    made_by = re.fullmatch(r"(\d+) [\d.]+ [\d.]+ (.+)", forms.made_by())
    assert made_by is not None
    assert made_by.groups() == (str(forms.FORMAT), unicodedata.unidata_version)
