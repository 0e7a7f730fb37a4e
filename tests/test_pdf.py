"""What is printed on pages → the paragraphs, the title, the pages they stand on."""

import json

import pytest
from fpdf import FPDF
from written import FONT, as_pdf

from eventqa.cite import link
from eventqa.layout import Line, Page, blocks, set_out
from eventqa.readers import Reading, read
from eventqa.types import Citation, Hit, Release

FERRY = (
    "The ferry Marta has returned to service after nine months of repairs, and both of her engines "
    "were replaced in that time."
)


def paper(**more) -> FPDF:
    pages = FPDF(**more)
    pages.add_font("sans", fname=FONT)
    pages.set_font("sans", size=11)
    pages.add_page()
    return pages


def reading(pages: FPDF) -> Reading:
    return read("a.pdf", bytes(pages.output()))


def only(found: Reading) -> Release:
    assert [str(problem) for problem in found.problems] == []
    (release,) = found.releases
    return release


def words(release: Release) -> list[str]:
    return [passage.text for passage in release.passages]


def test_a_paragraph_goes_on_over_the_end_of_a_page_and_is_cited_with_both():
    long = " ".join(f"Word{number}" for number in range(700))
    release = only(read("a.pdf", as_pdf("Ferry returns", ["A first one.", long, "The last."])))
    assert words(release) == ["A first one.", long, "The last."]
    assert [passage.pages for passage in release.passages] == [(1, 1), (1, 2), (2, 2)]
    second = release.text[release.pages[1] :].split()[0]
    assert second in long.split()  # the page begins with a word of the paragraph
    facts = [Citation.of(passage).facts[-1] for passage in release.passages]
    assert facts == ["page 1", "pages 1–2", "page 2"]
    assert str(Citation.of(release.passages[0])) == "“Ferry returns”, paragraph 1, page 1, a.pdf"


def test_running_heads_and_page_numbers_are_no_text():
    names = [f"{first}{second}" for first in "BDFGKLMN" for second in ("ara", "edin", "olm", "umi")]
    paragraphs = [f"{name} {FERRY} So said {name}, and others." for name in names] * 2
    release = only(read("a.pdf", as_pdf("Ferry returns", paragraphs)))
    assert len(release.pages) == 4
    assert words(release) == paragraphs
    assert "PRESS OFFICE" not in release.text and "Page 2" not in release.text


def test_columns_are_read_one_after_the_other():
    pages = paper()
    pages.set_font("sans", size=16)
    pages.multi_cell(0, 8, "A title over both of the columns of it", align="L")
    pages.set_font("sans", size=11)
    top = pages.get_y() + 4
    for column in range(2):
        pages.set_y(top)
        for number in range(3):
            pages.set_x(10 + column * 100)
            pages.multi_cell(85, 5.5, f"Column {column}, paragraph {number}. {FERRY}", align="L")
            pages.ln(3)
    release = only(reading(pages))
    assert release.title == "A title over both of the columns of it"
    assert words(release) == [
        f"Column {column}, paragraph {number}. {FERRY}"
        for column in range(2)
        for number in range(3)
    ]


def test_first_lines_that_are_indented_begin_paragraphs():
    pages = paper()
    for number in range(3):
        pages.multi_cell(100, 5.5, f"\u2003\u2003{FERRY} It is number {number}.", align="L")
    assert words(only(reading(pages))) == [f"{FERRY} It is number {number}." for number in range(3)]


def test_line_breaks_of_the_author_are_kept_and_those_of_the_page_are_not():
    pages = paper()
    pages.multi_cell(100, 5.5, FERRY, align="L")
    pages.ln(4)
    pages.multi_cell(100, 5.5, "Contact\nMarta Holm\npress@port.example", align="L")
    assert words(only(reading(pages))) == [FERRY, "Contact\nMarta Holm\npress@port.example"]


@pytest.mark.parametrize(
    ("lines", "read_as"),
    [
        ("The counter-\nterrorism office met.", "The counter-terrorism office met."),
        ("The partici-\npants met.", "The participants met."),
        ("The Secretary-\nGeneral met them.", "The Secretary-General met them."),
        ("The co-\noperation goes on: a cooperation.", "The cooperation goes on: a cooperation."),
        (
            "The co-\noperation goes on: a co-operation.",
            "The co-operation goes on: a co-operation.",
        ),
        ("The zug-\nzwang of it.", "The zug-zwang of it."),  # no word that is known
    ],
)
def test_a_hyphen_at_the_end_of_a_line_stays_where_it_is_its_authors(lines, read_as):
    pages = paper()
    pages.multi_cell(0, 6, lines)
    assert words(only(reading(pages))) == [read_as]


def test_letters_beyond_sixteen_bits_and_ligatures_are_whole():
    pages = FPDF()
    pages.add_font("emoji", fname="/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    pages.set_font("emoji", size=11)
    pages.add_page()
    pages.multi_cell(0, 6, "An efficient 😀 ferry, at last.")
    assert words(only(reading(pages))) == ["An efficient 😀 ferry, at last."]


def test_what_is_printed_largest_at_the_top_is_the_title():
    pages = paper()
    pages.multi_cell(0, 6, "Port of Aldmar, press office")
    pages.ln(5)
    pages.set_font("sans", size=20)
    pages.multi_cell(
        0, 9, "The ferry returns to the island after nine months of repairs", align="L"
    )
    pages.set_font("sans", size=11)
    pages.ln(5)
    pages.multi_cell(0, 6, f"Aldmar, 4 March 2024 — {FERRY}", align="L")
    release = only(reading(pages))
    assert release.title == "The ferry returns to the island after nine months of repairs"
    assert (release.place, str(release.date)) == ("Aldmar", "2024-03-04")
    assert words(release)[0] == "Port of Aldmar, press office"


def scanned(pages: FPDF) -> None:
    from PIL import Image

    pages.image(Image.new("L", (40, 40), 200), x=10, y=10, w=100)


def test_a_scan_is_named():
    pages = paper()
    scanned(pages)
    ((problem),) = reading(pages).problems
    assert problem.lost
    assert problem.message.startswith("it has no text, only pictures of its pages (a scan). Let a ")


def test_pages_of_a_scan_among_others_are_named():
    pages = paper()
    pages.multi_cell(0, 6, FERRY)
    pages.add_page()
    scanned(pages)
    found = reading(pages)
    assert words(found.releases[0]) == [FERRY]
    assert [(problem.message, problem.lost) for problem in found.problems] == [
        ("no text but only pictures (a scan): page 2. Let a program for OCR read them", False)
    ]


def test_a_password_is_asked_for_by_name():
    pages = paper()
    pages.set_encryption("owner", "user")
    pages.multi_cell(0, 6, FERRY)
    (problem,) = reading(pages).problems
    assert problem.message == "it is protected by a password. Save it anew without one"
    free = paper()
    free.set_encryption("owner")  # may be read by everybody, only not changed
    free.multi_cell(0, 6, FERRY, align="L")
    assert words(only(reading(free))) == [FERRY]


def test_the_pages_are_in_what_programs_get():
    release = only(read("a.pdf", as_pdf("Ferry returns", ["A first one."])))
    values = Hit(release.passages[0], 0.5).to_dict()
    assert values["pages"] == [1, 1]
    assert values["citation"].endswith("paragraph 1, page 1, a.pdf")
    assert json.loads(json.dumps(values)) == values


def test_the_link_to_a_pdf_on_the_web_opens_its_page():
    sidecar = b"url: https://port.example/ferry.pdf"
    long = [f"{number}. {FERRY}" for number in range(40)]
    (release,) = read("a.pdf", as_pdf("Ferry returns", long), sidecar).releases
    assert link(Hit(release.passages[-1], 0.5)) == "https://port.example/ferry.pdf#page=3"


def a_line(words: str, bottom: float, left: float = 50, right: float = 500, **more) -> Line:
    values = {"top": bottom + 10, "size": 10.0, "first": 20.0, **more}
    return Line(words, left=left, right=right, bottom=bottom, **values)


@pytest.mark.parametrize(
    ("first", "second", "joint"),
    [
        ("ends here.", "A new one", "\n\n"),  # a full line, but the sentence has ended
        ("does not end", "A new one", " "),
        ("ends here.", "goes on in small letters", " "),
    ],
)
def test_the_end_of_a_page_ends_a_paragraph_only_where_a_sentence_ends(first, second, joint):
    pages = [
        Page((a_line("above", 300), a_line(first, 288)), 800),
        Page((a_line(second, 500), a_line("below", 488)), 800),
    ]
    text, starts = set_out(blocks(pages, lambda *_: True), 2)
    assert text == f"above {first}{joint}{second} below"
    assert starts == (0, text.index(second))


def test_pages_without_text_begin_where_the_next_one_does():
    pages = [Page((), 800), Page((a_line("one", 400),), 800), Page((), 800)]
    assert set_out(blocks(pages, lambda *_: True), 3) == ("one", (0, 0, 3))


def printed(browser, html: str) -> bytes:
    """A page as Chromium prints it into a PDF."""
    page = browser.new_page()
    page.set_content(html)
    data = page.pdf(
        tagged=True,
        display_header_footer=True,
        header_template="<div style='font-size: 8px'>11/28/26, 2:14 AM</div>",
        footer_template="<div style='font-size: 8px'>about:blank <span class=pageNumber></span>/"
        "<span class=totalPages></span></div>",
        margin={"top": "25mm", "bottom": "25mm", "left": "20mm", "right": "20mm"},
    )
    page.close()
    return data


def test_what_a_browser_prints_around_a_page_is_no_text(browser):
    paragraphs = "".join(f"<p>{number}. {FERRY * 3}</p>" for number in range(1, 14))
    html = f"<html lang=en-GB><style>body {{ font: 12pt serif }}</style><h1>Ferry</h1>{paragraphs}"
    release = only(read("a.pdf", printed(browser, html)))
    assert (release.title, release.language, len(release.pages)) == ("Ferry", "en-GB", 2)
    assert words(release) == [f"{number}. {FERRY * 3}" for number in range(1, 14)]


def test_text_from_right_to_left_is_refused_rather_than_garbled(browser):
    (problem,) = read(
        "a.pdf", printed(browser, "<p>أعلنت وزارة الصحة اليوم أنها ستفتح عيادة جديدة")
    ).problems
    assert problem.message.startswith("its text runs from right to left, which a PDF does not tell")


def test_a_year_at_the_top_and_a_source_in_small_type_are_text():
    pages = paper()
    other = f"Then, {FERRY}"
    pages.multi_cell(0, 6, "2024")
    pages.ln(3)
    pages.multi_cell(0, 6, FERRY)
    pages.add_page()
    pages.set_font("sans", size=8)
    pages.multi_cell(0, 6, "Source: the port, revised in May.")
    pages.set_font("sans", size=11)
    pages.ln(3)
    pages.multi_cell(0, 6, other)
    release = only(reading(pages))
    assert words(release) == ["2024", FERRY, "Source: the port, revised in May.", other]


def test_a_letterhead_printed_largest_is_not_the_title():
    pages = paper()
    for size, line in ((24, "MINISTRY OF HEALTH"), (14, "PRESS RELEASE"), (18, "Clinics open")):
        pages.set_font("sans", size=size)
        pages.multi_cell(0, 12, line)
        pages.ln(4)
    pages.set_font("sans", size=11)
    pages.multi_cell(0, 6, "5 March 2024")
    pages.ln(4)
    pages.multi_cell(0, 6, FERRY)
    release = only(reading(pages))
    assert (release.title, str(release.date)) == ("Clinics open", "2024-03-05")
    assert words(release) == ["MINISTRY OF HEALTH", "PRESS RELEASE", FERRY]


def test_lines_of_chinese_are_joined_without_a_space():
    pages = [Page((a_line("卫生部今天宣布将", 300), a_line("新诊所开业。", 288, right=200)), 800)]
    assert set_out(blocks(pages, lambda *_: True), 1)[0] == "卫生部今天宣布将新诊所开业。"
