"""Bytes → text, or the reason why not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa.decode import Undecodable, check_text, decode

WORDS = "The Conference closed with the adoption of the Dushanbe Declaration. «Élan» — 5 €"
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"))


def reason(data: bytes) -> str:
    with pytest.raises(Undecodable) as caught:
        decode(data)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_utf8_and_utf16_are_read_with_and_without_a_mark(encoding):
    assert decode(WORDS.encode(encoding)) == (WORDS, None)


@pytest.mark.parametrize("mark, encoding", [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_both_byte_orders_of_utf16_are_known_by_their_mark(mark, encoding):
    assert decode(mark + WORDS.encode(encoding)) == (WORDS, None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_cyrillic_utf16_without_a_mark_is_read(encoding):
    words = "Генеральный секретарь прибыл в Душанбе вчера."
    assert decode(words.encode(encoding)) == (words, None)


def test_a_byte_order_mark_inside_the_text_is_left_where_it_is():
    assert decode("one\ufefftwo".encode("utf-8-sig"))[0] == "one\ufefftwo"


def test_windows_1252_is_read_with_a_warning_that_names_the_first_byte():
    text, warning = decode("“Élan” — 5 €".encode("cp1252"))
    assert text == "“Élan” — 5 €"
    assert warning is not None and warning.startswith("byte 1 is not UTF-8") and "1252" in warning


def test_damaged_utf8_is_not_passed_off_as_windows_1252():
    assert "UTF-8 but damaged at byte 45" in reason("Он прибыл в Душанбе вчера.".encode()[:-2])


def test_no_break_spaces_count_as_utf8_when_one_byte_of_it_is_damaged():
    data = "5\u00a0May\u00a02018, 3\u00a0p.m.".encode() + b" \xff"
    assert "UTF-8 but damaged" in reason(data)


def test_every_kind_of_newline_becomes_a_line_feed_and_nothing_else_changes():
    text = "a\r\nb\rc\nd\u2028e\u2029f\x0cg\x85h\ti "
    assert decode(text.encode())[0] == "a\nb\nc\nd\u2028e\u2029f\x0cg\x85h\ti "


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\n\0"])
def test_an_empty_file_is_named_as_empty(data):
    assert reason(data) == "the file is empty. Put the release's text into it, or remove it"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"%PDF-1.4\n" + bytes(range(1, 32)) * 50,
        b"one stray \0 among letters",
        bytes(range(256)),
        "Hello".encode("utf-32"),
    ],
)
def test_a_binary_file_is_named_as_binary(data):
    assert reason(data).startswith("it is binary, not text.")


def test_text_with_zeros_between_its_fields_is_not_read_as_chinese():
    assert reason(b"one\0two\0six\0ten\0").startswith("it is binary")


def test_an_odd_number_of_bytes_is_not_called_utf16():
    assert reason(b"\0a\0b\0").startswith("it is binary")


def test_one_stray_control_character_does_not_cost_a_short_release():
    assert decode(b"A short release.\x07")[0] == "A short release.\x07"


def test_leftovers_of_a_wrong_encoding_do_not_make_a_text_binary():
    assert decode("It\u0092s \u0093quoted\u0094.".encode())[0] == "It\u0092s \u0093quoted\u0094."


def test_half_a_utf16_character_is_named_by_its_byte():
    assert "starts as UTF-16 but byte 3 does not fit" in reason(b"\xff\xfea")


def test_bytes_of_no_known_encoding_are_refused():
    assert reason(b"caf\xe9 \x81\x8d").startswith("it is neither UTF-8, UTF-16 nor Windows-1252")


def test_half_of_a_surrogate_pair_is_no_text():
    with pytest.raises(Undecodable, match=r"character 3 is half a character \(\\ud83d\)"):
        check_text("ab\ud83d")
    assert check_text("ab😀") == "ab😀"


@settings(deadline=None)
@given(TEXT.filter(str.strip), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_comes_back_from_its_bytes(text, encoding):
    assert decode(text.encode(encoding)) == (text, None)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_text_or_a_reason(data):
    try:
        text, _ = decode(data)
    except Undecodable as error:
        assert str(error)
    else:
        assert text.strip() and "\r" not in text and check_text(text) == text


def test_a_text_with_every_character_there_is_takes_no_more_than_a_moment():
    text = "".join(map(chr, [*range(32, 0xD800), *range(0xE000, 0x110000)]))
    began = time.perf_counter()
    assert decode(text.encode())[0] == text
    assert time.perf_counter() - began < 2
