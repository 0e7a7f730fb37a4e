"""Releases that are alike are found among many, and words tell what they do not agree in."""

import pytest

from eventqa.likeness import alike, bands, contradict, plain, shingles

TEXT = " ".join(f"word{number}" for number in range(60))


def test_shingles_are_runs_of_three_words():
    assert shingles(plain("The port opened. Ships came!")) == {
        "the port opened",
        "port opened ships",
        "opened ships came",
    }
    assert shingles(plain("One, two")) == {"one two"}
    assert shingles(plain("…")) == frozenset()


def test_likeness_is_the_share_of_common_shingles():
    assert alike("ab", "bc") == 1 / 3
    assert alike("ab", "ab") == 1
    assert alike("", "") == 0


def test_what_is_alike_has_a_band_in_common_and_strangers_have_none():
    one = bands(shingles(plain(TEXT)))
    assert len(one) == 20
    assert bands(shingles(plain(TEXT))) == one
    edited = shingles(plain(TEXT.replace("word30", "another")))
    assert set(one) & set(bands(edited))
    stranger = shingles(plain(TEXT.replace("word", "other")))
    assert not set(one) & set(bands(stranger))


def test_a_text_without_words_is_found_by_nothing():
    assert len(bands(shingles(plain("No change today.")))) == 20
    assert bands(shingles(plain("…"))) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It paid $961,407 to them.", "It paid $1,817,553 to them."),
        ("A grant for Humboldt County today.", "A grant for Elko County today."),
        ("At least 12 people died.", "At least 14 people died."),
        ("He came on 4 May to the port.", "He came on 5 May to the port."),
    ],
)
def test_another_number_or_name_in_the_same_place_contradicts(one, other):
    assert contradict(one, other)
    assert contradict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It opened today.", "It opened on Monday."),
        ("Sens. Reid and Ensign said so.", "Senators Reid and Ensign said so."),
        ("Gov. Lind spoke.", "Governor Lind spoke."),
        ("He spoke.", "He spoke for 40 minutes in Aldmar."),
        ("The quay. Contact: Ann Lind, 202/224-5521", "The quay. Contact: Bo Dahl, 202/380-8183."),
        ("“It is done”, he said.", '"It is done," he said.'),
        ("Reid met Ensign in May 2004.", "In May 2004 Ensign met Reid."),
        ("", "Anything."),
    ],
)
def test_style_order_and_whom_to_call_do_not_contradict(one, other):
    assert not contradict(one, other)
    assert not contradict(other, one)
