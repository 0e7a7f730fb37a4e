"""What differs between two releases, to the word."""

import pytest
from test_families import CORRECTED, FIRST, PARAGRAPHS, SECOND, THIRD, release, write

from eventqa import InvalidInput
from eventqa.comparison import Fact, compare


def pieces(pair) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in pair.pieces]


def test_a_word_that_was_exchanged_is_shown_between_those_that_stayed():
    found = compare(
        release("a", ("At least 12 people died.",)), release("b", ("At least 14 people died.",))
    )
    (pair,) = found.pairs
    assert pieces(pair) == [
        ("same", "At least "),
        ("removed", "12 "),
        ("added", "14 "),
        ("same", "people died."),
    ]
    assert (found.differs, found.changed, found.facts) == (True, 1, ())


def test_a_release_does_not_differ_from_itself_set_in_another_way():
    wrapped = tuple(one.replace(" ", "\n", 3) for one in PARAGRAPHS)
    found = compare(release(), release("b", wrapped))
    assert not found.differs
    assert str(found).endswith("They have the same words and facts.")


def test_facts_that_differ_are_named():
    found = compare(release(title="Quay", place=None), release("b", title="A quay", place="Aldmar"))
    assert found.facts == (Fact("title", "Quay", "A quay"), Fact("place", None, "Aldmar"))
    assert found.differs
    assert found.changed == 0


def test_paragraphs_that_came_went_and_moved_are_told_apart():
    after = release("b", ("An opening of its own.", CORRECTED[0], THIRD))
    found = compare(release(), after)
    numbers = [
        (pair.before and pair.before.number, pair.after and pair.after.number)
        for pair in found.pairs
    ]
    assert numbers == [(None, 1), (1, 2), (2, None), (3, 3)]
    assert [pair.differs for pair in found.pairs] == [True, True, True, False]
    assert str(found) == (
        "--- “A new quay”, 4 May 2018, a.txt\n"
        "+++ “A new quay”, 4 May 2018, b.txt\n"
        "\n"
        "Paragraph 1 is new:\n"
        "    {+An opening of its own.+}\n"
        "\n"
        "Paragraph 1, now 2:\n"
        f"    {FIRST.replace('31 million', '[-31-] {+13+} million')}\n"
        "\n"
        "Paragraph 2 is gone:\n"
        f"    [-{SECOND}-]\n"
        "\n"
        "3 of 4 paragraphs differ."
    )


def test_paragraphs_of_very_many_words_are_shown_whole():
    old, new = (" ".join([word] * 2_100) for word in ("one two", "one three"))
    (pair,) = compare(release("a", (old,)), release("b", (new,))).pairs
    assert pieces(pair) == [("removed", old), ("added", new)]


def test_releases_are_compared_by_id_or_file_as_they_are_now(corpus, open_qa):
    write(corpus, "a.md", id="first")
    qa = open_qa()
    qa.build()
    write(corpus, "b.md", CORRECTED)
    assert qa.compare("first", "b.md").changed == 1
    assert qa.compare("a.md", "b.md").changed == 1
    assert qa.compare("b.md", "a.md").to_dict() == {
        "before": "b.md",
        "after": "first",
        "differs": True,
        "facts": [],
        "paragraphs": [
            {
                "before": 1,
                "after": 1,
                "pieces": [
                    {"text": FIRST[: FIRST.index("31")], "kind": "same"},
                    {"text": "13 ", "kind": "removed"},
                    {"text": "31 ", "kind": "added"},
                    {"text": FIRST[FIRST.index("million") :], "kind": "same"},
                ],
            }
        ],
    }
    with pytest.raises(InvalidInput, match="'c.md' is no release here"):
        qa.compare("a.md", "c.md")


def test_a_file_of_several_releases_is_no_name_for_one(corpus, open_qa):
    (corpus / "a.jsonl").write_text('{"id": "x", "text": "One."}\n{"id": "y", "text": "Two."}\n')
    with pytest.raises(InvalidInput, match="'a.jsonl' is a file of 2 releases"):
        open_qa().compare("a.jsonl", "x")
    assert open_qa().compare("x", "y").changed == 2
