"""Does a receipt still hold?"""

import dataclasses
import json
import sqlite3

import pytest

from eventqa import verify
from eventqa.types import InvalidInput, InvalidType, Receipt, Verdict

FIRST = "Dushanbe, 5 May 2018— The Conference was hosted by the Government of Tajikistan."
SECOND = "The Conference closed with the adoption of the Dushanbe Declaration."
OTHER = "The Office was established in June 2017."


@pytest.fixture
def qa(corpus, open_qa):
    (corpus / "a.txt").write_text(f"A Title\n\n{FIRST}\n\n{SECOND}\n")
    (corpus / "b.txt").write_text(f"B Title\n\n{OTHER}\n")
    qa = open_qa()
    qa.build()
    return qa


@pytest.fixture
def receipt(qa) -> Receipt:
    release, _ = qa.look_up("a.txt", SECOND)
    return Receipt.of(release.passages[1])


def test_a_receipt_holds_while_nothing_changes(qa, receipt):
    assert verify(receipt, qa) == Verdict.UNCHANGED
    assert verify(json.loads(json.dumps(receipt.to_dict())), qa) == "unchanged"


def test_a_receipt_survives_a_change_of_another_release(qa, corpus, receipt):
    (corpus / "b.txt").unlink()
    assert verify(receipt, qa) == Verdict.UNCHANGED


@pytest.mark.parametrize(
    "text",
    [
        f"A Title\n\n{FIRST}\n\nOne more.\n\n{SECOND}\n",
        f"A Title\n\n{SECOND}\n",
        f"A Title\n\n{FIRST}\n\n{SECOND} It was late.\n",
        f"A Title\n\n{FIRST}\n\n{SECOND}\n\nOne more.\n",
    ],
)
def test_words_that_still_stand_in_another_text_have_moved(qa, corpus, receipt, text):
    (corpus / "a.txt").write_text(text)
    assert verify(receipt, qa) == Verdict.MOVED


def test_words_in_a_renamed_release_have_moved(qa, corpus, receipt):
    (corpus / "a.txt").rename(corpus / "c.txt")
    assert verify(receipt, qa) == Verdict.MOVED


def test_words_that_are_no_more_are_altered(qa, corpus, receipt):
    (corpus / "a.txt").write_text(f"A Title\n\n{FIRST}\n\n{SECOND[:-1]}!\n")
    assert verify(receipt, qa) == Verdict.ALTERED


def test_words_of_a_release_that_is_no_more_are_gone(qa, corpus, receipt):
    (corpus / "a.txt").unlink()
    assert verify(receipt, qa) == Verdict.GONE


def test_what_came_back_is_unchanged_again(qa, corpus, receipt):
    text = (corpus / "a.txt").read_bytes()
    (corpus / "a.txt").unlink()
    assert verify(receipt, qa) == Verdict.GONE
    (corpus / "a.txt").write_bytes(text)
    assert verify(receipt, qa) == Verdict.UNCHANGED


def test_verifying_encodes_nothing(qa, corpus, receipt, encoder):
    encoded = list(encoder.encoded)
    (corpus / "a.txt").write_text("Something new, never encoded.")
    assert verify(receipt, qa) == Verdict.ALTERED
    assert (encoder.encoded, encoder.asked) == (encoded, [])


@pytest.mark.parametrize(
    "field, value, verdict",
    [
        ("release_id", "b.txt", "moved"),
        ("release_id", "A.txt", "moved"),
        ("release_id", "", "moved"),
        ("sha256", "0" * 64, "moved"),
        ("sha256", "", "moved"),
        ("paragraph", 1, "moved"),
        ("paragraph", 0, "moved"),
        ("paragraph", -1, "moved"),
        ("paragraph", 10**30, "moved"),
        ("start", 0, "moved"),
        ("start", -69, "moved"),
        ("start", 10**30, "moved"),
        ("end", 10**30, "moved"),
        ("end", -1, "moved"),
        ("exact", SECOND[:-1], "moved"),
        ("exact", "Conference", "moved"),
        ("exact", OTHER, "moved"),
        ("exact", SECOND + "\n", "moved"),
        ("exact", "Nobody ever wrote this.", "altered"),
        ("exact", SECOND.upper(), "altered"),
        ("exact", "%", "altered"),
        ("prefix", "", "moved"),
        ("prefix", "\n", "moved"),
        ("prefix", "He denied that:\n\n", "moved"),
        ("suffix", "", "moved"),
        ("suffix", " Not.", "moved"),
    ],
)
def test_a_forged_field_is_never_unchanged(qa, receipt, field, value, verdict):
    assert verify(dataclasses.replace(receipt, **{field: value}), qa) == verdict
    assert verify(receipt.to_dict() | {field: value}, qa) == verdict


def test_the_hash_in_capitals_is_another_hash(qa, receipt):
    forged = dataclasses.replace(receipt, sha256=receipt.sha256.upper())
    assert verify(forged, qa) == Verdict.MOVED


@pytest.mark.parametrize("cut", [1, 20])
def test_a_receipt_cut_to_suit_is_not_unchanged(qa, receipt, cut):
    forged = dataclasses.replace(receipt, end=receipt.end - cut, exact=receipt.exact[:-cut])
    assert verify(forged, qa) == Verdict.MOVED


def test_a_receipt_of_two_paragraphs_is_not_unchanged(qa, receipt):
    release, _ = qa.look_up("a.txt", SECOND)
    start = release.paragraphs[0][0]
    forged = dataclasses.replace(receipt, start=start, exact=release.text[start : receipt.end])
    assert verify(forged, qa) == Verdict.MOVED


@pytest.mark.parametrize("values", [{}, {"exact": "x"}, {"receipt": {}}])
def test_a_mapping_that_is_no_receipt_is_an_error(qa, values):
    with pytest.raises(InvalidInput, match="not a receipt: 'release_id' is None, expected text"):
        verify(values, qa)


@pytest.mark.parametrize("value", ["{}", None, 5, [1]])
def test_what_is_no_mapping_is_an_error(qa, value):
    with pytest.raises(InvalidType, match="not a receipt"):
        verify(value, qa)


def test_zeros_odd_newlines_and_emoji_are_verified_as_they_are(qa, corpus):
    (corpus / "odd.jsonl").write_text(json.dumps({"id": "odd", "text": "A\0b\u2028c 😀.\r\nD"}))
    qa.build()
    release, _ = qa.look_up("odd", "")
    assert release.text == "A\0b\u2028c 😀.\nD"
    assert verify(Receipt.of(release.passages[0]), qa) == Verdict.UNCHANGED


def test_the_files_are_asked_and_not_what_the_store_says_of_them(qa, tmp_path, receipt):
    forged = SECOND.replace("Declaration", "Decree")
    with sqlite3.connect(tmp_path / "embeddings" / "eventqa.sqlite") as store:
        store.execute("UPDATE release SET text = replace(text, 'Declaration', 'Decree')")
    store.close()
    quoted = dataclasses.replace(
        receipt, exact=forged, end=receipt.start + len(forged), sha256="0" * 64
    )

    assert verify(receipt, qa) == Verdict.UNCHANGED
    assert verify(quoted, qa) == Verdict.ALTERED
