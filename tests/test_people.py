"""Who is spoken of in a text."""

import pytest

from eventqa.people import people


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In Rome, Mr. Vladimir Voronkov spoke.", ["Vladimir Voronkov"]),
        ("Mr Voronkov and Ms. Gerard met.", ["Voronkov", "Gerard"]),
        ("said Harbour Master Elin Brandt at the opening", ["Elin Brandt"]),
        ("Under-Secretary-General Vladimir Voronkov took part.", ["Vladimir Voronkov"]),
        (
            "EP President Roberta Metsola spoke; EP President Metsola left.",
            ["Roberta Metsola", "Metsola"],
        ),
        ("Rapporteur Dan Nica said", ["Dan Nica"]),
        ("President Macron left with Mayor Signe Holm.", ["Macron", "Signe Holm"]),
        ("Deputy Secretary-General Amina Mohammed’s remarks", ["Amina Mohammed"]),
        ("J. K. Rahmon and Emomali D. Alimov met.", ["Emomali D. Alimov"]),
        ("The Port Authority opened a line to Sund Island.", []),
        ("He spoke in New York, at Camp David and of Sri Lanka.", []),
        ("The Dushanbe Declaration of the United Nations", []),
        ("The UN spoke. At COP28 the EU’s delegates left.", []),
        ("Condemning Azerbaijan, MEPs left.", []),
        ("", []),
    ],
)
def test_people_are_told_by_capitals_titles_and_names_that_are_no_words(text, found):
    assert list(people(text)) == found


def test_a_title_tells_whom_a_pronoun_cannot_stand_for():
    text = "Mr. Voronkov met Ms. Gerard, Emomali Rahmon and Dr. Alimov."

    assert list(people(text, "he")) == ["Voronkov", "Emomali Rahmon", "Alimov"]
    assert list(people(text, "Her")) == ["Gerard", "Emomali Rahmon", "Alimov"]


def test_names_that_are_words_are_missed():
    assert list(people("said Signe Holm and Mark Twain")) == []
