"""One file's bytes → its releases and what is wrong with it."""

import datetime as dt
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa.readers import READING, SUFFIXES, Reading, read
from eventqa.types import Release

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


AGAIN = "Write the text again from its source."


def markdown(front: str, text: str = "It began.\n") -> Reading:
    return read("a.md", f"---\n{front}\n---\n{text}".encode())


def lines(*values) -> Reading:
    rows = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return read("a.jsonl", "\n".join(rows).encode())


def only(reading: Reading) -> Release:
    (release,) = reading.releases
    return release


def told(reading: Reading) -> list[tuple[int | None, str, bool]]:
    return [(problem.line, problem.message, problem.lost) for problem in reading.problems]


def test_these_kinds_of_file_are_read():
    assert " ".join(sorted(SUFFIXES)) == (
        ".atom .docx .eml .htm .html .jsonl .mbox .md .mht .mhtml .odt .pdf .rss .txt .xhtml "
        ".xml .zip"
    )
    assert isinstance(READING, int)


def test_a_date_that_is_far_from_that_of_the_dateline_is_named():
    text = "A Title\n\nDushanbe, 5 May 2018 — It began."
    reading = markdown("date: 2017-05-05", text)
    assert only(reading).date == dt.date(2017, 5, 5)
    assert told(reading) == [
        (
            None,
            "it is dated 2017-05-05, its dateline 2018-05-05: the former counts. If it is wrong, "
            "write the right one where it comes from, or into a sidecar",
            False,
        )
    ]
    assert told(markdown("date: 2018-06-01", text)) == []  # put up some weeks after


@pytest.mark.parametrize("name", ["a.txt", "A.TXT", "b c/é😀.Txt", "a\nb.txt", "a.b.txt"])
def test_a_text_file_is_one_release_named_by_its_path(name):
    reading = read(name, b"A Title\r\n\r\nIt began.\r\n")
    release = only(reading)
    assert (release.id, release.path, release.line) == (name, name, None)
    assert (release.title, release.text) == ("A Title", "A Title\n\nIt began.\n")
    assert reading.problems == []


def test_the_first_line_of_a_text_file_is_no_front_matter():
    release = only(read("a.txt", b"---\ntitle: x\n---\nIt began."))
    assert release.text == "---\ntitle: x\n---\nIt began."


def test_front_matter_gives_every_fact():
    release = only(
        markdown(
            "id: r-1\ntitle: 'The Title: a story'\nplace: Vienna\ndate: 2018-05-05\n"
            "body: UN Office\nurl: https://un.org/a?b=c\nlanguage: en"
        )
    )
    assert (release.id, release.title, release.place) == ("r-1", "The Title: a story", "Vienna")
    assert (release.date, release.body) == (dt.date(2018, 5, 5), "UN Office")
    assert (release.url, release.language) == ("https://un.org/a?b=c", "en")
    assert release.text == "It began.\n"


def test_markdown_needs_no_front_matter():
    release = only(read("a.md", b"# The Title\n\nIt began."))
    assert (release.id, release.title, release.text) == (
        "a.md", "The Title", "# The Title\n\nIt began."
    )  # fmt: skip


def test_body_and_language_have_other_names_in_archives():
    release = only(markdown("source: UN Press\nlang: fr"))
    assert (release.body, release.language) == ("UN Press", "fr")


@pytest.mark.parametrize("language", ["no", "off", "y", "null", "1"])
def test_yaml_guesses_no_types(language):
    assert only(markdown(f"language: {language}")).language == language


@pytest.mark.parametrize(
    "written, day",
    [("2018-05-05", 5), ("5 May 2018", 5), ("2018-05-05T23:30:00Z", 5), ("'May 6, 2018'", 6)],
)
def test_a_date_in_front_matter_may_be_iso_or_written_out(written, day):
    assert only(markdown(f"date: {written}")).date == dt.date(2018, 5, day)


@pytest.mark.parametrize("written", ["5/4/2018", "31 April 2018", "May 2018", "2018-13-01", "soon"])
def test_a_date_that_names_no_one_day_is_left_out_and_named(written):
    reading = markdown(f"date: {written}")
    assert only(reading).date is None
    assert told(reading) == [
        (None, f"its date {written!r} names no one day and was left out. "
            "Write it as 2018-05-05", False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "un.org/a", "ftp://un.org", "https://[x", "https://a b", "https://"],
)
def test_only_web_addresses_are_urls(url):
    reading = lines({"text": "It began.", "url": url})
    assert only(reading).url is None
    assert f"its url {url!r} is no http or https address" in reading.problems[0].message


@pytest.mark.parametrize(
    "front",
    [
        "title: [unclosed",
        "title: a: b",
        "\ttitle: x",
        "a: &a [*a]",
        "? [a, b]\n: c",
        "title: a\x07b",
        "[" * 5_000,
        "- " * 5_000,
        "? " * 5_000,
        "title: x\n" + "{a: " * 2_000,
    ],
    ids=lambda front: front[:12],
)
def test_bad_front_matter_is_left_aside_and_named(front):
    reading = markdown(front)
    assert only(reading).text == "It began.\n"
    ((line, message, lost),) = told(reading)
    assert message.startswith("its front matter is not YAML") and not lost and line is None


def test_a_yaml_mistake_is_named_by_its_line_in_the_file():
    (problem,) = markdown("title: fine\nplace: a: b").problems
    assert problem.message.startswith("its front matter is not YAML at line 3 (mapping values")


def test_yaml_tags_run_nothing_and_aliases_do_not_explode():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]" for i in range(20)
    )
    began = time.perf_counter()
    release = only(markdown(f"{bomb}\ntitle: !!python/name:os.system kept"))
    assert release.title == "kept"
    assert time.perf_counter() - began < 1


def test_endless_front_matter_is_read_as_text_and_named():
    began = time.perf_counter()
    reading = markdown("\n".join(f"k{i}: v" for i in range(80_000)))
    assert only(reading).text.endswith("\nIt began.\n")
    assert "its front matter has 788,890 characters, at most 65,536" in reading.problems[0].message
    assert time.perf_counter() - began < 2


def test_text_between_two_rules_is_not_lost_as_front_matter():
    reading = read("a.md", b"---\nIt began.\n---\nIt ended.\n")
    assert only(reading).text == "---\nIt began.\n---\nIt ended.\n"
    assert "is text, not `name: value` lines, so it was read as text" in reading.problems[0].message


def test_front_matter_without_an_end_is_text_and_named():
    reading = read("a.md", b"---\ntitle: x\n\nIt began.")
    assert only(reading).text == "---\ntitle: x\n\nIt began."
    assert "no closing ---" in reading.problems[0].message


def test_front_matter_without_a_text_is_lost_and_named():
    reading = markdown("title: x", "  \n")
    assert reading.releases == []
    assert told(reading) == [
        (None, "there is no text after the front matter. Add it, or remove the file", True)
    ]


def test_each_line_of_jsonl_is_a_release_with_its_facts():
    reading = lines(
        {
            "id": "one",
            "title": "A Title",
            "text": "It began.\r\n\r\nIt ended.",
            "date": "2018-05-05",
        },
        "",
        {"id": 7, "text": "Dushanbe, 5 May 2018— It began.", "url": "https://un.org", "body": "UN"},
        {"text": "It began."},
    )
    one, seven, last = reading.releases
    assert (one.id, one.title, one.line, one.date) == ("one", "A Title", 1, dt.date(2018, 5, 5))
    assert one.text == "It began.\n\nIt ended." and len(one.passages) == 2
    assert (seven.id, seven.line, seven.place, seven.url, seven.body) == (
        "7", 3, "Dushanbe", "https://un.org", "UN"
    )  # fmt: skip
    assert (last.id, last.line, last.title) == ("a.jsonl:4", 4, "")
    assert reading.problems == []


def test_lines_of_jsonl_end_at_newlines_only():
    data = '{"text":"a\u2028b\u0085c"}\r\n{"text":"d"}\r{"text":"e"}'.encode()
    assert [r.text for r in read("a.jsonl", data).releases] == ["a\u2028b\u0085c", "d", "e"]


@pytest.mark.parametrize(
    "bad, why",
    [
        ("{", "it is not JSON: Expecting property name enclosed in double quotes at character 2."),
        ('{"text":"x"} x', "it is not JSON: Extra data at character 14."),
        ("[]", 'it holds a list, not an object {"text": …}.'),
        ("null", 'it holds null, not an object {"text": …}.'),
        ("{}", '"text" is missing, it must be the release\'s words.'),
        ('{"text":5}', '"text" is a number, it must be the release\'s words.'),
        ('{"text":" \\n"}', '"text" is empty, it must be the release\'s words.'),
        ('{"text":"a\\ud800"}', "character 2 is half a character (\\ud800). " + AGAIN),
        ('{"text":"a","id":"\\udfff"}', "character 1 is half a character (\\udfff). " + AGAIN),
        ('{"a":' * 100_000, "it is nested too deeply."),
        ('{"text":"x","a":' + "[" * 100_000 + "]" * 100_000 + "}", "it is nested too deeply."),
        ('{"id":' + "9" * 5000 + ',"text":"x"}', "a number in it has too many digits."),
    ],
    ids=lambda value: value[:16],
)  # fmt: skip
def test_a_bad_line_is_named_and_stops_no_other(bad, why):
    reading = lines({"text": "before"}, bad, {"text": "after"})
    assert [release.text for release in reading.releases] == ["before", "after"]
    assert told(reading) == [(2, f"{why} The line was left out; mend it and build again", True)]


@pytest.mark.parametrize(
    "field, value, what",
    [
        ("title", 5, "its title is a number, expected text, and was left out"),
        ("title", "\ud800", "its title was left out: character 1 is half a character (\\ud800)"),
        ("date", 5, "its date is a number, expected text, and was left out"),
        ("body", ["UN"], "its body is a list, expected text, and was left out"),
        ("language", True, "its language is true or false, expected text, and was left out"),
        (
            "id",
            1.5,
            "its id is a number, not text on one line or a whole number: it goes",
        ),
        ("id", "a\0b", "its id is 'a\\x00b', not text on one line or a whole number: it goes by"),
        ("id", " ", "its id is ' ', not text on one line or a whole number: it goes by"),
        (
            "id",
            True,
            "its id is true or false, not text on one line or a whole number: it goes",
        ),
    ],
)
def test_a_fact_of_the_wrong_kind_is_left_out_and_named(field, value, what):
    reading = lines({"text": "It began.", field: value})
    assert only(reading).text == "It began."
    ((line, message, lost),) = told(reading)
    assert (line, lost) == (1, False) and message.startswith(what)


def test_characters_of_two_surrogates_and_zeros_are_text():
    release = only(lines('{"text":"\\ud83d\\ude00 a\\u0000b","title":"😀"}'))
    assert (release.text, release.title) == ("😀 a\0b", "😀")


def test_a_fact_of_several_lines_cannot_break_a_citation():
    assert only(lines({"text": "It began.", "body": "UN\n\n[2] forged"})).body == "UN [2] forged"


def test_a_huge_fact_makes_no_huge_message():
    reading = lines({"text": "x", "date": "5 " * 500_000, "url": "x" * 10**6})
    assert len(reading.problems) == 2
    assert all(len(problem.message) < 200 for problem in reading.problems)


def test_windows_1252_is_read_and_named():
    reading = read("a.txt", "It began — élan.".encode("cp1252"))
    assert only(reading).text == "It began — élan."
    assert "read as Windows-1252" in reading.problems[0].message and not reading.problems[0].lost


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.jsonl"])
@pytest.mark.parametrize("data, why", [(b"", "the file is empty"), (b"\0\1\2", "it is binary")])
def test_what_cannot_be_decoded_is_named(name, data, why):
    reading = read(name, data)
    assert reading.releases == []
    ((line, message, lost),) = told(reading)
    assert message.startswith(why) and lost and line is None


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(SUFFIXES)), st.binary(max_size=60), st.sampled_from([b"", b"---\n"]))
def test_no_bytes_stop_the_reading(suffix, data, start):
    reading = read("a" + suffix, start + data)
    assert suffix == ".jsonl" or reading.releases or reading.problems


@settings(deadline=None, max_examples=150)
@given(
    st.dictionaries(st.sampled_from(["id", "title", "text", "date", "url", "body", "lang"]), JSON)
)
def test_no_json_stops_the_next_line(values):
    reading = lines(values, {"text": "after"})
    assert reading.releases[-1].text == "after"
    lost = [problem for problem in reading.problems if problem.lost]
    assert len(reading.releases) + len(lost) == 2


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=("Cs",))).filter(str.strip))
def test_any_text_in_json_is_kept_but_for_its_newlines(text):
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    assert only(lines({"text": text})).text == expected
