"""A release's text → title, dateline and the author's paragraphs."""

import datetime as dt
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa.document import Document, Facts, Origin
from eventqa.parse import paragraphs, parse
from eventqa.types import Release

SEED = "2018-05-05-counter-terrorism-conference-dushanbe.txt"
FIFTH = dt.date(2018, 5, 5)
# Pieces of releases, so that chance also meets titles, datelines, headings and odd white space.
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["\n", "\n\n", " ", "\t", "\x0c", "\u2028", "\u2029", "\x85", "\u00a0", "\0", "\ufeff"]
            + ["# ", "## Background", "===", "---", "Dushanbe, 5 May 2018— ", "(Paris, 5 May 2018)"]
            + ["For immediate release", "A Title", "A sentence. ", "word " * 30, "5 May 2018", "–"]
        ),
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=12),
    ),
    max_size=14,
).map("".join)


def parsed(text: str, find_title: bool = True, **facts) -> Release:
    spans = tuple(paragraphs(text))
    return parse(Document(text, spans, Facts(**facts), find_title=find_title), Origin("a.txt"))


def words(release: Release) -> list[str]:
    return [passage.text for passage in release.passages]


def lost(release: Release) -> str:
    """The characters, white space apart, that are in no part of the release."""
    inside = bytearray(len(release.text))
    for span in (release.title_span, release.dateline_span, *release.paragraphs):
        if span:
            inside[slice(*span)] = b"\1" * (span[1] - span[0])
    return "".join(c for c, there in zip(release.text, inside, strict=True) if not there).strip()


def dateline_of(paragraph: str) -> tuple[str, str | None, dt.date | None]:
    release = parsed("A Title\n\n" + paragraph)
    return release.dateline, release.place, release.date


def test_the_seed_release_has_its_title_dateline_and_twelve_paragraphs():
    text = (Path(__file__).parents[1] / "corpus" / SEED).read_text("utf-8")
    release = parsed(text)
    assert release.title == (
        "Head of the UN Office of Counter-Terrorism participates in the High-Level Conference on "
        "Countering Terrorism and Preventing Violent Extremism in Tajikistan"
    )
    assert text[slice(*release.title_span)] == release.title
    assert release.dateline == "Dushanbe, 5 May 2018"
    assert (release.place, release.date) == ("Dushanbe", FIFTH)
    assert [(p.number, p.text[:18], p.text[-17:]) for p in release.passages] == [
        (1, "Dushanbe, 5 May 20", "in Europe (OSCE)."),
        (2, "The Conference was", "al organizations."),
        (3, "Participants discu", "rs (FTF) threats."),
        (4, "In his statement, ", 'rorism," he said.'),
        (5, '"We all must remai', 'l law," he added.'),
        (6, "Referring to the l", "ious initiatives."),
        (7, "The Conference clo", 'N Member States".'),
        (8, "During the visit, ", "rnment officials."),
        (9, "On the margins of ", "on to address it."),
        (10, "The Office of Coun", "to Member States."),
        (11, "For more informati", ", please contact:"),
        (12, "Ms. Gerard, United", "k, gerardl@un.org"),
    ]
    assert lost(release) == ""


def test_passages_are_numbered_from_one_and_cut_out_of_the_text():
    text = "A Title\n\n  First one. \n\n\n\tSecond 😀 one.\n"
    release = parsed(text)
    assert [(p.number, p.start, p.end, p.text) for p in release.passages] == [
        (1, 11, 21, "First one."),
        (2, 26, 39, "Second 😀 one."),
    ]


@pytest.mark.parametrize(
    "gap", ["\n\n", "\n \t\n", "\n\n\n\n", "\n\u00a0\n", "\x0c", "\u2029", "\n\x0c\n"]
)
def test_blank_lines_form_feeds_and_paragraph_separators_end_a_paragraph(gap):
    assert words(parsed(f"One ends.{gap}Two ends.")) == ["One ends.", "Two ends."]


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\v", "\x1c"])
def test_other_odd_marks_do_not_cut_a_paragraph(mark):
    assert words(parsed(f"One{mark}goes on.")) == [f"One{mark}goes on."]


def test_hard_wrapped_lines_are_one_paragraph():
    text = "The Conference was attended by\nrepresentatives from\nmore than 40 countries."
    assert words(parsed(text)) == [text]


def test_one_paragraph_a_line_is_told_by_a_line_too_long_to_be_wrapped():
    long = "The Conference was attended by representatives. " * 3
    release = parsed(f"A Title\n{long}\nShort one.\n{long}")
    assert release.title == "A Title"
    assert words(release) == [long.strip(), "Short one.", long.strip()]


@pytest.mark.parametrize(
    "heading",
    ["# The Title", "## The Title ##", "The Title\n=========", "The Title\n---", "The Title"],
)
def test_a_markdown_heading_is_a_title_without_its_marks(heading):
    release = parsed(f"{heading}\n\nIt began.")
    assert (release.title, words(release)) == ("The Title", ["It began."])
    assert release.text[slice(*release.title_span)] == heading


def test_a_markdown_heading_needs_no_blank_line_after_it():
    release = parsed("# The Title\nIt began.\nAnd went on.\n## Background\nLong ago.")
    assert release.title == "The Title"
    assert words(release) == ["It began.\nAnd went on.", "## Background", "Long ago."]


@pytest.mark.parametrize(
    "first",
    [
        "The conference was opened today.",
        "He said “no.”",
        "会议今天开幕。",
        "The following statement was issued today by the Secretary-General:",
        "Ladies and gentlemen,",
        "Dushanbe, 5 May 2018— The conference was opened today",
        "For immediate release",
        "PRESS RELEASE No. 12",
        "---",
        "word " * 61,
    ],
)
def test_what_is_no_title_is_not_taken_for_one(first):
    release = parsed(f"{first}\n\nIt went on.")
    assert (release.title, release.title_span) == ("", None)
    assert words(release)[0] == first.strip()


@pytest.mark.parametrize("text", ["Only a title", "# Only a title", "One sentence."])
def test_a_text_of_one_paragraph_is_a_passage_and_can_be_cited(text):
    release = parsed(text)
    assert (words(release), release.title) == ([text], "")


def test_a_title_after_a_notice_and_a_date_is_still_found():
    release = parsed("For immediate release\n\n5 May 2018\n\nThe Title\n\nIt began.")
    assert (release.title, release.dateline, release.date) == ("The Title", "5 May 2018", FIFTH)
    assert words(release) == ["For immediate release", "It began."]


def test_a_title_that_is_known_is_found_in_the_text_whatever_its_form():
    release = parsed("# He came.\n\nHe saw.", find_title=False, title="He  came.")
    assert (release.title, words(release)) == ("He  came.", ["He saw."])
    assert release.text[slice(*release.title_span)] == "# He came."


def test_a_title_known_from_elsewhere_takes_no_paragraph():
    release = parsed("Heading\n\nIt began.", title="Known")
    assert (release.title, release.title_span) == ("Known", None)
    assert words(release) == ["Heading", "It began."]


def test_facts_from_outside_win_over_the_text():
    release = parsed(
        "A Title\n\nDushanbe, 5 May 2018— It began.", place="Vienna", date=dt.date(2020, 1, 2)
    )
    assert (release.place, release.date) == ("Vienna", dt.date(2020, 1, 2))
    assert release.dateline == "Dushanbe, 5 May 2018"


@pytest.mark.parametrize(
    "paragraph, line, place",
    [
        ("Dushanbe, 5 May 2018— It began.", "Dushanbe, 5 May 2018", "Dushanbe"),
        ("NEW YORK, May 5, 2018 (Reuters) – It", "NEW YORK, May 5, 2018", "NEW YORK"),
        ("WASHINGTON (May 5, 2018) - It", "WASHINGTON (May 5, 2018)", "WASHINGTON"),
        ("(Dushanbe, 5 May 2018) It began.", "(Dushanbe, 5 May 2018)", "Dushanbe"),
        ("Washington, D.C., May 5, 2018 — It", "Washington, D.C., May 5, 2018", "Washington, D.C."),
        ("The Hague, 5 May 2018 -- It", "The Hague, 5 May 2018", "The Hague"),
        ("A Coruña, 5 de mayo de 2018.- El", "A Coruña, 5 de mayo de 2018", "A Coruña"),
        ("Bruxelles, le 5 mai 2018 - Il", "Bruxelles, le 5 mai 2018", "Bruxelles"),
        ("Berlin, den 5. Mai 2018 – Er", "Berlin, den 5. Mai 2018", "Berlin"),
        ("Brasília, 5º de maio de 2018 — O", "Brasília, 5º de maio de 2018", "Brasília"),
        ("Вена, 5 мая 2018 — Он", "Вена, 5 мая 2018", "Вена"),
        ("北京 2018年5月5日 — 会议", "北京 2018年5月5日", "北京"),
        ("Vienna, 2018-05-05 – It", "Vienna, 2018-05-05", "Vienna"),
        ("5 May 2018, Geneva — It", "5 May 2018, Geneva", "Geneva"),
        ("Nairobi (Kenya), 5 May 2018 – It", "Nairobi (Kenya), 5 May 2018", "Nairobi (Kenya)"),
        ("St. Louis, May 5, 2018 /PRNewswire/ -- It", "St. Louis, May 5, 2018", "St. Louis"),
        ("Dushanbe, 5 May 2018\nIt began.", "Dushanbe, 5 May 2018", "Dushanbe"),
        ("Saturday, 5 May 2018", "Saturday, 5 May 2018", None),
        ("2018-05-05", "2018-05-05", None),
        ("Issued on 5 May 2018", "Issued on 5 May 2018", None),
        ("FOR IMMEDIATE RELEASE May 5, 2018", "FOR IMMEDIATE RELEASE May 5, 2018", None),
        ("Press Release, May 5, 2018", "Press Release, May 5, 2018", None),
    ],
)
def test_a_dateline_names_place_and_day(paragraph, line, place):
    assert dateline_of(paragraph) == (line, place, FIFTH)


@pytest.mark.parametrize(
    "paragraph",
    [
        "May 5, 2018 was a fine day.",
        "Dushanbe, 5 May 2018 the conference began.",
        "The conference was held in Dushanbe, 5 May 2018 — and closed.",
        "In Paris on 5 May 2018 - the talks",
        "Talks of the 5 May 2018 - a summary",
        "Ignaz Semmel ( 11 November 1856 – 21 June 1917 ) was a physician.",
        "Ignaz Semmel (born December 7, 1947) is a physician.",
        "Dushanbe, 31 April 2018 — It began.",
        "Dushanbe, 5/4/2018 — It began.",
        "On Monday they met. Dushanbe, 5 May 2018 — It began.",
    ],
)
def test_what_is_no_dateline_is_not_taken_for_one(paragraph):
    assert dateline_of(paragraph) == ("", None, None)


def test_a_dateline_inside_a_paragraph_stays_in_the_passage():
    release = parsed("A Title\n\nDushanbe, 5 May 2018— It began.")
    assert words(release) == ["Dushanbe, 5 May 2018— It began."]


def test_a_dateline_of_its_own_takes_the_dash_after_it_along():
    release = parsed("A Title\n\nDushanbe, 5 May 2018 —\n\nIt began.")
    assert (release.dateline, release.place) == ("Dushanbe, 5 May 2018 —", "Dushanbe")
    assert words(release) == ["It began."]


def test_a_dateline_further_down_is_not_the_release_s():
    release = parsed("A Title\n\nIt began.\n\nDushanbe, 5 May 2018— It went on.")
    assert (release.dateline, release.date) == ("", None)


@settings(deadline=None, max_examples=200)
@given(PIECES, st.booleans(), st.sampled_from(["", "A Title", "Background"]))
def test_nothing_is_lost(text, find_title, title):
    assert lost(parsed(text, find_title, title=title)) == ""


@settings(deadline=None, max_examples=200)
@given(PIECES, st.booleans())
def test_any_passage_comes_back_from_its_offsets_trimmed_and_in_order(text, find_title):
    release = parsed(text, find_title)
    assert release.text == text
    before = 0
    for number, passage in enumerate(release.passages, start=1):
        assert passage.number == number
        assert before <= passage.start < passage.end
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        before = passage.end


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(st.sampled_from("ab .é😀"), min_size=1).filter(str.strip), max_size=8))
def test_paragraphs_come_apart_as_they_were_put_together(texts):
    whole = "\n\n".join(texts)
    assert [whole[slice(*span)] for span in paragraphs(whole)] == [text.strip() for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "A" + " " * 10**6 + "b",
        "A\u00a0" * (5 * 10**5),
        "A\n" + " " * 10**6 + "b",
        "# a" + " " * 10**6 + "b",
        "#" * 10**6,
        "a" * 10**6,
        "A, " * 333_333,
        "5 May " * 166_666,
        "May 5," + " " * 10**6 + "2018 —",
        "Paris, 5 May 2018 /" + " " * 10**6,
        "5 May 2018" + " " * 10**6 + "b",
        "a\n" * 200_000,
    ],
    ids=lambda text: text[:6].strip() + f"…{len(text)}",
)
@pytest.mark.parametrize("title", ["", "Known"])
def test_a_megabyte_of_mischief_takes_no_more_than_a_moment(text, title):
    began = time.perf_counter()
    release = parsed(text + "\n\nThe end.", title=title)
    assert time.perf_counter() - began < 3
    assert release.passages[-1].text == "The end."


@pytest.mark.parametrize(
    ("paragraph", "dateline", "place"),
    [
        ("WASHINGTON – Senators met today.", "WASHINGTON", "WASHINGTON"),
        ("(Washington, D.C.) - Senators met today.", "(Washington, D.C.)", "Washington, D.C."),
        ("ST. LOUIS, MO -- Senators met.", "ST. LOUIS, MO", "ST. LOUIS, MO"),
        ("Smyrna, DE—They met.", "Smyrna, DE", "Smyrna, DE"),
        ("JUPITER, Fla. (AP) — They met.", "JUPITER, Fla.", "JUPITER, Fla."),
        ("NEW YORK — “They met,” he said.", "NEW YORK", "NEW YORK"),
        ("BAGHDAD – Le ministre est venu.", "BAGHDAD", "BAGHDAD"),
    ],
)
def test_a_dateline_may_have_no_date(paragraph, dateline, place):
    assert dateline_of(paragraph) == (dateline, place, None)
    assert words(parsed(f"A Title\n\n{paragraph}")) == [paragraph]


@pytest.mark.parametrize(
    "paragraph",
    [
        "NOTE – The text was corrected.",
        "CORRECTION -- An earlier text was wrong.",
        "THE ROBERTS REPORT - News of the day.",
        "GOV. KINDER - He met them.",
        "WASHINGTON-based groups met.",
        "WASHINGTON – OFFICES OF THE SENATE",
        "Senators – all of them – met.",
        "UN – African Union talks began.",
        "Monday, May – They met.",
    ],
)
def test_what_only_looks_like_a_dateline_without_a_date_is_none(paragraph):
    assert dateline_of(paragraph) == ("", None, None)
