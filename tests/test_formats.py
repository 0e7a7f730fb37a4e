"""Every kind of file → the same release, whatever it was written as."""

import base64
import datetime as dt
import io
import json
import os
import zipfile
from pathlib import Path

import docx
import odfdo
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from written import WRITERS, a_mail, as_html, as_pdf, as_rss, as_txt, saved, zipped

from eventqa.readers import Reading, objection, read
from eventqa.types import Release, one_line

ROOT = Path(__file__).parents[1]
SEED = ROOT / "corpus" / "2018-05-05-counter-terrorism-conference-dushanbe.txt"
BENCH = Path(os.environ.get("EVENTQA_BENCH", ROOT.parent / "shared" / "bench"))
UN_PRESS = BENCH / "un_press_mini" / "corpus.jsonl"


def parts(text: str) -> tuple[str, list[str]]:
    title, *paragraphs = (one_line(part) for part in text.strip().split("\n\n"))
    return title, paragraphs


def releases() -> dict[str, tuple[str, list[str]]]:
    files = [SEED, *sorted((ROOT / "tests" / "aldmar").glob("*.txt"))]
    found = {file.stem[:12]: parts(file.read_text("utf-8")) for file in files}
    if UN_PRESS.exists():
        for line in UN_PRESS.read_text("utf-8").splitlines():
            one = json.loads(line)
            found[one["id"]] = parts(f"{one['title']}\n\n{one['text']}")
    return found


RELEASES = releases()


def only(reading: Reading) -> Release:
    assert [str(problem) for problem in reading.problems] == []
    (release,) = reading.releases
    return release


def words(release: Release) -> list[str]:
    return [passage.text for passage in release.passages]


def told(reading: Reading) -> list[tuple[str | None, str, bool]]:
    return [(problem.member, problem.message, problem.lost) for problem in reading.problems]


# Its page ends with a full line that ends a sentence; the paragraph goes on, which nothing tells.
UNTELLABLE = {("un-c7e74cc52e", ".pdf")}
EVERY = [
    pytest.param(name, suffix, marks=[pytest.mark.xfail] * ((name, suffix) in UNTELLABLE))
    for name in RELEASES
    for suffix in WRITERS
]


@pytest.mark.parametrize(("name", "suffix"), EVERY)
def test_a_release_is_the_same_whatever_it_is_written_as(name, suffix):
    title, paragraphs = RELEASES[name]
    release = only(read(f"a{suffix}", WRITERS[suffix](title, paragraphs)))
    assert one_line(release.title) == title
    assert words(release) == paragraphs
    for passage in release.passages:
        assert release.text[passage.start : passage.end] == passage.text


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_seed_release_keeps_its_facts_in_every_format(suffix):
    release = only(read(f"a{suffix}", WRITERS[suffix](*parts(SEED.read_text("utf-8")))))
    assert release.title == (
        "Head of the UN Office of Counter-Terrorism participates in the High-Level Conference on "
        "Countering Terrorism and Preventing Violent Extremism in Tajikistan"
    )
    assert (release.dateline, release.place) == ("Dushanbe, 5 May 2018", "Dushanbe")
    assert release.date == dt.date(2018, 5, 5)
    assert len(release.paragraphs) == 12
    assert release.passages[6].text == (
        "The Conference closed with the adoption of the Dushanbe Declaration reflecting the "
        'commitment of "the Republic of Tajikistan to submit a Declaration as the UN General '
        'Assembly document and distribute it to all UN Member States".'
    )
    assert release.passages[11].text.endswith("gerardl@un.org")


def page(body: str, head: str = "", **attributes: str) -> Release:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return only(
        read("a.html", f"<html{written}><head>{head}</head><body>{body}</body></html>".encode())
    )


JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org",
"@type": "NewsArticle", "headline": "Ferry returns", "datePublished": "2024-03-05T10:00:00+01:00",
"publisher": {"@type": "Organization", "name": "Port Authority of Aldmar"}}</script>
<link rel="canonical" href="https://port.example/news/ferry">"""
OPEN_GRAPH = """<meta property="og:title" content="Ferry returns | Port">
<meta property="og:site_name" content="Port of Aldmar">
<meta property="og:url" content="https://port.example/og">
<meta property="article:published_time" content="2024-03-06T08:00:00Z">"""


def test_json_ld_gives_the_facts_of_a_page():
    release = page("<h1>Ferry returns</h1><p>She is back, they said.</p>", JSON_LD, lang="en-GB")
    assert (release.title, release.date) == ("Ferry returns", dt.date(2024, 3, 5))
    assert release.body == "Port Authority of Aldmar"
    assert (release.url, release.language) == ("https://port.example/news/ferry", "en-GB")
    assert words(release) == ["She is back, they said."]


def test_open_graph_gives_the_facts_of_a_page_and_its_heading_the_title():
    release = page("<h1>Ferry returns</h1><p>She is back, they said.</p>", OPEN_GRAPH)
    assert (release.title, release.body) == ("Ferry returns", "Port of Aldmar")
    assert (release.url, release.date) == ("https://port.example/og", dt.date(2024, 3, 6))


def test_facts_of_the_page_win_over_the_dateline_and_the_sidecar_wins_over_both():
    body = "<h1>Ferry returns</h1><p>Aldmar, 4 March 2024 — She is back, they said.</p>"
    html = f"<html><head>{JSON_LD}</head><body>{body}</body></html>".encode()
    told = only(read("a.html", html))
    assert (told.place, told.date) == ("Aldmar", dt.date(2024, 3, 5))
    sidecar = "date: 2024-03-04\nplace: Old Port\nbody: Harbour Master\nid: ferry-1\ntitle: Back"
    told = only(read("a.html", html, sidecar.encode()))
    assert (told.place, told.date, told.body) == ("Old Port", dt.date(2024, 3, 4), "Harbour Master")
    assert (told.id, told.title, told.url) == ("ferry-1", "Back", "https://port.example/news/ferry")


def test_a_sidecar_that_cannot_be_used_is_named_and_the_release_is_read():
    reading = read("a.txt", b"A Title\n\nIt began.", b"- a\n- b")
    assert [release.title for release in reading.releases] == ["A Title"]
    assert told(reading) == [
        (
            None,
            "its sidecar is a list, not `name: value` lines, so it was left aside. Write lines "
            "such as `date: 2018-05-05` into it",
            False,
        )
    ]


def test_blocks_of_a_page_are_paragraphs_and_its_line_breaks_are_kept():
    release = page(
        "<main><h1>Ferry returns</h1><p>“She is back,” said Reik.<br>“And <b>faster</b>.”</p>"
        "<h2>What was repaired</h2><ul><li>Both engines.</li><li>The hull in 14 places.</li></ul>"
        "<div>An editor's paragraph of some length in a div.<br><br>And a second one.</div>"
        "<table><tr><th>Day</th><th>Crossings</th></tr><tr><td>Monday</td><td>12</td></tr></table>"
        "<blockquote><p>The island has waited\n   long enough.</p></blockquote>"
        "<p>FOR IMMEDIATE RELEASE</p><p>Contact: press@port.example</p><p>ENDS</p></main>"
    )
    assert words(release) == [
        "“She is back,” said Reik.\n“And faster.”",
        "What was repaired",
        "Both engines.",
        "The hull in 14 places.",
        "An editor's paragraph of some length in a div.",
        "And a second one.",
        "Day\tCrossings",
        "Monday\t12",
        "The island has waited long enough.",
        "FOR IMMEDIATE RELEASE",
        "Contact: press@port.example",
        "ENDS",
    ]


@pytest.mark.parametrize(
    ("encoding", "declared", "said"),
    [
        ("utf-8", "", "élan – Вена"),
        ("windows-1251", '<meta charset="windows-1251">', "Вена встретила гостей"),
        ("iso-8859-1", "<meta charset=iso-8859-1>", "élan vital à Genève"),
        ("shift_jis", '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">',
         "東京"),
        ("utf-8", '<meta charset="iso-8859-1">', "declared wrongly, as many pages are: élan"),
    ],
)  # fmt: skip
def test_a_page_is_read_in_the_encoding_that_it_is_in(encoding, declared, said):
    html = f"<html><head>{declared}</head><body><h1>Title of it</h1><p>{said}</p></body></html>"
    assert words(only(read("a.html", html.encode(encoding)))) == [said]


def test_a_page_without_an_article_is_named():
    assert told(read("a.html", b"<html><body><nav><a href=/>Home</a></nav></body></html>")) == [
        (
            None,
            "no article is found in it. Save the page of one release, or its words as text",
            True,
        )
    ]


def test_a_page_saved_with_all_its_parts_in_one_file_is_read():
    title, paragraphs = RELEASES["ferry"]
    mail = a_mail("Saved", Snapshot_Content_Location="https://port.example/ferry")
    mail.set_content(as_html(title, paragraphs).decode(), subtype="html")
    mail.add_related(b"GIF89a", maintype="image", subtype="gif", cid="<x>")
    release = only(read("a.mhtml", mail.as_bytes()))
    assert (release.title, words(release)) == (title, paragraphs)
    assert release.url == "https://port.example/ferry"


def test_a_mail_tells_who_sent_it_when_only_where_its_words_do_not():
    plain = a_mail("Fwd: RE: Ferry returns")
    plain.set_content("She is back.\n\nAnd faster.")
    plain["Content-Language"] = "en-GB"
    release = only(read("a.eml", plain.as_bytes()))
    assert (release.title, words(release)) == ("Ferry returns", ["She is back.", "And faster."])
    assert (release.body, release.language) == ("Port of Aldmar", "en-GB")
    assert release.date == dt.date(2018, 5, 7)  # where it was sent, not in Greenwich
    dated = a_mail("Ferry returns")
    dated.set_content("Aldmar, 5 May 2018 — She is back.")
    assert only(read("a.eml", dated.as_bytes())).date == dt.date(2018, 5, 5)


def test_a_mail_whose_plain_text_is_an_excuse_is_read_as_html():
    mail = a_mail("Ferry returns")
    mail.set_content("Please show HTML.")
    mail.add_alternative(
        "<p>She is back, said the harbour master.</p><p>And she is faster than before.</p>",
        subtype="html",
    )
    assert words(only(read("a.eml", mail.as_bytes()))) == [
        "She is back, said the harbour master.",
        "And she is faster than before.",
    ]


def test_line_breaks_that_a_mail_program_put_in_are_taken_out():
    mail = a_mail("Ferry returns")
    mail.set_content("She is back, \nsaid Reik.\n\nAnd faster.\n")
    mail.set_param("format", "flowed")
    assert words(only(read("a.eml", mail.as_bytes()))) == ["She is back, said Reik.", "And faster."]


def test_what_is_attached_to_a_mail_is_read_and_pictures_are_left_alone():
    title, paragraphs = RELEASES["ferry"]
    mail = a_mail("Ferry returns")
    mail.set_content("Please find our release attached.")
    for name, data in (
        ("ferry.pdf", as_pdf(title, paragraphs)),
        ("prices.xlsx", b"PK"),
        ("logo.png", b"\x89PNG"),
        ("../../up.txt", as_txt(title, paragraphs)),
    ):
        kind = "image/png" if name == "logo.png" else "application/octet-stream"
        mail.add_attachment(
            data, maintype=kind.split("/")[0], subtype=kind.split("/")[1], filename=name
        )
    reading = read("a.eml", mail.as_bytes())
    assert [(one.id, one.title) for one in reading.releases] == [
        ("a.eml", "Ferry returns"),
        ("a.eml/ferry.pdf", title),
        ("a.eml/.._.._up.txt", title),
    ]
    assert [one.where for one in reading.releases][1] == "a.eml/ferry.pdf"
    ((member, message, lost),) = told(reading)
    assert (member, lost) == ("prices.xlsx", True) and message.startswith(".xlsx is not read")


def test_a_mailbox_is_read_mail_by_mail_named_by_their_ids():
    mails = []
    for id in ("one@port.example", "two@port.example", "one@port.example"):
        mail = a_mail(f"Mail {id[:3]}", Message_ID=f"<{id}>")
        mail.set_content("From the port: she is back.\nFrom now on she is faster.")
        mails.append(
            b"From press Mon May  7 2018\n" + mail.as_bytes().replace(b"\nFrom ", b"\n>From ")
        )
    broken = b"From press Mon May  7 2018\nSubject: empty\n\n"
    reading = read("box.mbox", b"\n".join([*mails, broken]))
    assert [(one.id, one.title) for one in reading.releases] == [
        ("box.mbox/one@port.example", "Mail one"),
        ("box.mbox/two@port.example", "Mail two"),
        ("box.mbox/3 one@port.example", "Mail one"),
    ]
    assert [(one.path, one.member) for one in reading.releases][1] == (
        "box.mbox",
        "two@port.example",
    )
    ((member, message, lost),) = told(reading)
    assert (member, lost) == ("4", True) and message.startswith("there is no text in this mail")


def test_a_word_file_is_read_with_its_lists_tables_and_tracked_changes():
    file = docx.Document()
    file.add_paragraph("Ferry returns", style="Title")
    changed = file.add_paragraph("She is ")
    changed._p.append(
        parse_xml(f"<w:ins {nsdecls('w')} w:id='1'><w:r><w:t>back</w:t></w:r></w:ins>")
    )
    changed._p.append(
        parse_xml(f"<w:del {nsdecls('w')} w:id='2'><w:r><w:delText>gone</w:delText></w:r></w:del>")
    )
    changed.add_run(", they said.").add_break()
    changed.add_run("And faster.")
    file.add_paragraph("Both engines.", style="List Bullet")
    row = file.add_table(1, 2).rows[0].cells
    row[0].text, row[1].text = "Monday", "12"
    file.add_heading("Background", 1)
    file.add_paragraph("She was built in 1987.")
    release = only(read("a.docx", saved(file.save)))
    assert release.title == "Ferry returns"
    assert words(release) == [
        "She is back, they said.\nAnd faster.",
        "Both engines.",
        "Monday\t12",
        "Background",
        "She was built in 1987.",
    ]


def test_a_heading_in_the_middle_of_a_word_file_is_not_its_title():
    file = docx.Document()
    for one in ["Ferry returns", "She is back.", "And she is faster.", "It took nine months."]:
        file.add_paragraph(one)
    file.add_heading("Background", 1)
    file.add_paragraph("She was built in 1987.")
    release = only(read("a.docx", saved(file.save)))
    assert (release.title, words(release)[3:]) == (
        "Ferry returns",
        ["Background", "She was built in 1987."],
    )


def test_what_was_deleted_from_an_opendocument_is_not_read_and_notes_come_last():
    file = odfdo.Document("text")
    file.body.clear()
    file.body.append(
        odfdo.Element.from_tag(
            "<text:tracked-changes><text:changed-region><text:deletion><text:p>Secret.</text:p>"
            "</text:deletion></text:changed-region></text:tracked-changes>"
        )
    )
    file.body.append(odfdo.Header(1, "Ferry returns"))
    noted = odfdo.Paragraph("She is back, they said.")
    noted.insert_note(after="back", note_id="n1", citation="1", body="After nine months.")
    file.body.append(noted)
    file.body.append(odfdo.List(["Both engines.", "The hull."]))
    release = only(read("a.odt", saved(file.save)))
    assert release.title == "Ferry returns"
    assert words(release) == [
        "She is back, they said.",
        "Both engines.",
        "The hull.",
        "After nine months.",
    ]


def test_rtf_is_not_read_and_what_to_do_is_told(tmp_path):
    assert objection("a.rtf", 5) == ".rtf is not read. Save it as .docx"


@pytest.mark.parametrize("suffix", [".docx", ".odt"])
def test_a_file_of_another_kind_or_with_a_password_is_named(suffix):
    other = {".docx": ".odt", ".odt": ".docx"}[suffix]
    wrong = WRITERS[other]("A Title", ["It began."])
    assert told(read(f"a{suffix}", wrong)) == [
        (None, "it is not what its name says. Save it anew, or rename it", True)
    ]
    locked = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512
    ((_, message, lost),) = told(read(f"a{suffix}", locked))
    assert lost and message.startswith(
        "it is protected by a password, or in the format of an older"
    )


def test_the_entries_of_a_feed_are_releases_with_their_facts():
    day = "Sat, 05 May 2018 23:30:00 -0500"
    release = only(read("a.rss", as_rss("Ferry & co", ["She is back.", "And faster."], day)))
    assert (release.id, release.title) == ("a.rss/release-1", "Ferry & co")
    assert words(release) == ["She is back.", "And faster."]
    assert (release.body, release.language) == ("Press room", "en-gb")
    assert release.url == "https://press.example/1"
    assert release.date == dt.date(2018, 5, 5)  # at Greenwich it was the sixth


def test_an_atom_feed_is_read_and_entries_without_their_text_are_named():
    reading = read(
        "a.xml",
        b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Port</title>
<entry><id>urn:1</id><title>Whole</title><updated>2024-03-04T23:30:00-05:00</updated>
<content type="html">&lt;p&gt;She is back.&lt;/p&gt;</content></entry>
<entry><title>Teaser</title><link href="https://port.example/2"/>
<summary>She is back and \xe2\x80\xa6</summary></entry>
<entry><id>urn:3</id><title>Nothing</title></entry></feed>""",
    )
    assert [(one.id, one.title, one.date, words(one)) for one in reading.releases] == [
        ("a.xml/urn:1", "Whole", dt.date(2024, 3, 4), ["She is back."]),
        ("a.xml/https:_port.example_2", "Teaser", None, ["She is back and …"]),
    ]
    assert told(reading) == [
        (
            "https:_port.example_2",
            "this entry seems to have only the beginning of its text. Add the page it leads to",
            False,
        ),
        ("urn:3", "this entry has no text, only a title. Add the page it leads to", True),
    ]


def test_xml_that_is_no_feed_is_named():
    assert told(read("a.xml", b"<note><to>you</to></note>")) == [
        (None, "it is no RSS or Atom feed. Save the releases as web pages or text", True)
    ]


CLINICS = [
    "The ministry said that the clinics of the islands will be open on every day of the week.",
    "Nurses from the mainland are hired for the winter, and two doctors for the whole year.",
]
BODY = "".join(f"<p>{one}</p>" for one in CLINICS)


def test_parts_of_an_article_that_are_no_plain_paragraphs_are_not_lost():
    release = page(
        '<article><h1>Clinics open</h1><div class="lead">The lead sentence stands here.</div>'
        f"{BODY}"
        '<div class="quote">“A quote in a div,” said Rob.</div><p>Last.</p>'
        "<figure><img src=x><figcaption>Rob Holm at a clinic</figcaption></figure>"
        '<div class="contact"><span>Contact: Rob Holm</span></div>'
        '<div class="share-line">Share: <a href=f>F</a></div>'
        '<p><a href="x">www.clinic.example</a></p>'
        "</article><aside><h3>More news</h3><p>Another release of ours.</p></aside>"
    )
    assert words(release) == [
        "The lead sentence stands here.",
        *CLINICS,
        "“A quote in a div,” said Rob.",
        "Last.",
        "Rob Holm at a clinic",
        "Contact: Rob Holm",
        "www.clinic.example",
    ]


def test_other_news_beside_an_article_are_none_of_it():
    release = page(
        f'<div class="row"><div class="col-8"><h1>Clinics open</h1>{BODY}</div><div class="col-4">'
        "<h3>More news</h3><p><a href=a>Bridge opened to walkers</a></p>"
        "<p><a href=b>Ferry returns at last</a></p></div></div>"
    )
    assert words(release) == CLINICS


def test_the_first_part_of_an_element_is_kept_and_a_banner_is_not():
    release = page(
        '<div class="cookie-banner">We use cookies. <a href=x>More</a></div><h1>Clinics open</h1>'
        f'<div class="body">{"<br><br>".join([*CLINICS, "Contact:<br>Jane Doe<br>123"])}</div>'
    )
    assert words(release) == [*CLINICS, "Contact:\nJane Doe\n123"]


def test_what_a_page_does_not_show_is_not_read_and_quotes_are_as_it_shows_them():
    release = page(
        f"<main><h1>Clinics open</h1><noscript>Enable scripts.</noscript><p hidden>Secret.</p>"
        f'<p class="sr-only">Skip.</p><p style="display: none">Hidden.</p>{BODY}'
        "<p>She said <q>yes, <b>now</b></q> and left.</p></main>"
    )
    assert words(release) == [*CLINICS, "She said “yes, now” and left."]


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:modified_time" content="2025-05-05T10:00:00Z">',
        '<meta name="last-updated" content="2025-05-05">',
        '<script type="application/ld+json">{"dateModified": "2025-05-05"}</script>',
        "",
    ],
)
def test_only_a_stated_day_of_publication_wins_over_the_dateline(head):
    release = page(
        f"<main><h1>Clinics open</h1><p>Paris, 5 March 2024 – {CLINICS[0]}</p>{BODY}</main>"
        '<aside><article><time datetime="2019-01-01">1 January 2019</time></article></aside>',
        head,
    )
    assert (release.place, release.date) == ("Paris", dt.date(2024, 3, 5))


def test_a_day_that_is_guessed_counts_where_nothing_else_tells_one():
    release = page(f'<main><h1>Clinics</h1><time datetime="2024-03-05">5 March</time>{BODY}</main>')
    assert release.date == dt.date(2024, 3, 5)


def test_an_address_may_be_relative_to_the_base_of_the_page():
    head = '<base href="https://x.example/news/"><link rel="canonical" href="clinics">'
    assert page(f"<h1>Clinics</h1>{BODY}", head).url == "https://x.example/news/clinics"


def test_a_letterhead_above_press_release_is_not_the_title():
    lines = ["MINISTRY OF HEALTH", "PRESS RELEASE", "Clinics open", "5 March 2024", *CLINICS]
    for suffix in (".txt", ".docx", ".odt"):
        release = only(read(f"a{suffix}", WRITERS[suffix]("MINISTRY OF HEALTH", lines[1:])))
        if suffix == ".txt":
            assert (release.title, release.date) == ("Clinics open", dt.date(2024, 3, 5))
            assert words(release) == ["MINISTRY OF HEALTH", "PRESS RELEASE", *CLINICS]


def test_fields_and_links_of_a_word_file_are_words_and_hidden_ones_are_not():
    file = docx.Document()
    file.add_paragraph("Ferry returns", style="Title")
    one = file.add_paragraph("Opened on ")
    one._p.append(
        parse_xml(
            f"<w:fldSimple {nsdecls('w')} w:instr='DATE'><w:r><w:t>5 March</w:t></w:r>"
            "</w:fldSimple>"
        )
    )
    one._p.append(
        parse_xml(f"<w:r {nsdecls('w')}><w:rPr><w:vanish/></w:rPr><w:t> secretly</w:t></w:r>")
    )
    one._p.append(
        parse_xml(f"<w:hyperlink {nsdecls('w')}><w:r><w:t> at the port</w:t></w:r></w:hyperlink>")
    )
    one._p.append(parse_xml(f"<w:bdo {nsdecls('w')} w:val='rtl'><w:r><w:t>.</w:t></w:r></w:bdo>"))
    assert words(only(read("a.docx", saved(file.save)))) == ["Opened on 5 March at the port."]


def test_links_in_an_opendocument_are_their_words_and_white_space_is_one_space():
    file = odfdo.Document("text")
    file.body.clear()
    file.body.append(odfdo.Header(1, "Ferry returns"))
    file.body.append(
        odfdo.Element.from_tag(
            '<text:p>Read it <text:a xlink:href="http://x">here</text:a>,\n   '
            "<text:span>now</text:span>"
            "<text:s text:c='3'/>and<text:line-break/>then.</text:p>"
        )
    )
    file.body.append(
        odfdo.Element.from_tag(
            '<text:section text:name="s" text:display="none"><text:p>Hidden.</text:p>'
            "</text:section>"
        )
    )
    assert words(only(read("a.odt", saved(file.save)))) == ["Read it here, now and\nthen."]


def test_all_texts_and_files_of_a_mail_are_read_however_it_is_put_together():
    title, paragraphs = RELEASES["ferry"]
    pdf = as_pdf(title, paragraphs)
    raw = (
        b"Subject: Ferry returns\nFrom: Minist\xc3\xa8re <m@x.example>\n"
        b'Content-Type: multipart/mixed; boundary="a"\n\n'
        b'--a\nContent-Type: multipart/alternative; boundary="b"\n\n'
        b"--b\nContent-Type: text/plain\n\nShe is back, said the harbour master of the port.\n"
        b'--b\nContent-Type: multipart/mixed; boundary="c"\n\n'
        b"--c\nContent-Type: text/html\n\n<p>She is back, said the harbour master.</p>\n"
        b"--c\nContent-Type: application/pdf\nContent-Disposition: attachment\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(pdf) + b"--c--\n"
        b"--b--\n--a\nContent-Type: text/plain\n\nSent by the list of the port.\n--a--\n"
    )
    reading = read("a.eml", raw)
    assert [(one.id, one.title) for one in reading.releases] == [
        ("a.eml", "Ferry returns"),
        ("a.eml/attachment 1.pdf", title),
    ]
    assert words(reading.releases[0]) == [
        "She is back, said the harbour master of the port.",
        "Sent by the list of the port.",
    ]
    assert reading.releases[0].body == "Ministère"
    assert reading.problems == []


def test_a_sentence_that_begins_with_from_does_not_end_a_mail():
    box = (
        b"From press@port.example Mon May  7 10:00:00 2018\nSubject: One\n\n"
        b"The ferry is back.\n\nFrom 1 May it sails daily, and\n>From June twice.\n\n"
        b"From press@port.example Tue May  8 10:00:00 2018\nSubject: Two\n\nIt rains.\n"
    )
    reading = read("a.mbox", box)
    assert [(one.title, words(one)) for one in reading.releases] == [
        ("One", ["The ferry is back.", "From 1 May it sails daily, and\nFrom June twice."]),
        ("Two", ["It rains."]),
    ]


def test_control_characters_in_a_head_reach_nobody():
    raw = b'Subject: x\x1b[2Jy\x07\nFrom: "a\x1b[31m\x00b" <a@b.example>\n\nShe is back.'
    release = only(read("a.eml", raw))
    assert not set(f"{release.title}{release.body}") & set(map(chr, range(32)))


def test_a_feed_that_is_cut_off_says_so():
    whole = as_rss("Ferry returns", ["She is back."])
    reading = read("a.rss", whole[: whole.index(b"</item>") + 7] + b"<ite")
    assert [one.title for one in reading.releases] == ["Ferry returns"]
    assert told(reading) == [
        (
            None,
            "it is damaged or cut off: what follows the damage is missing. Save it again",
            False,
        )
    ]


def test_plain_text_in_a_feed_has_paragraphs_too():
    body = b"One &amp;amp; all.\n\nTwo."
    feed = b"<rss version='2.0'><channel><item><title>T</title><description>%b</description></item>"
    release = only(read("a.rss", feed % body + b"</channel></rss>"))
    assert words(release) == ["One & all.", "Two."]


def test_entities_in_a_feed_are_refused_in_every_encoding():
    feed = '<?xml version="1.0" encoding="{}"?><!DOCTYPE a [<!ENTITY a "ha">]><rss version="2.0"/>'
    for encoding in ("utf-8", "utf-16"):
        ((_, message, lost),) = told(read("a.rss", feed.format(encoding).encode(encoding)))
        assert lost and message.startswith("it defines entities of its own")


def test_a_sidecar_of_several_releases_tells_only_what_they_share():
    data = b'{"text": "One."}\n{"text": "Two."}'
    reading = read(
        "a.jsonl", data, b"title: Same\nid: same\nbody: Port of Aldmar\nurl: https://x.example"
    )
    assert [(one.id, one.title, one.body, one.url) for one in reading.releases] == [
        ("a.jsonl:1", "", "Port of Aldmar", None),
        ("a.jsonl:2", "", "Port of Aldmar", None),
    ]
    assert told(reading) == [
        (
            None,
            "its sidecar tells what only one release can have (title, date, url, id, supersedes), "
            "which was left out. Put it where the release stands",
            False,
        )
    ]


def test_a_style_with_a_text_of_its_own_is_not_the_text_of_an_opendocument():
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0">'
        "<office:automatic-styles><number:date-style><number:text>/</number:text>"
        "</number:date-style></office:automatic-styles><office:body><office:text>"
        "<text:p>Today <text:title>the ferry</text:title><!-- a note --> returns, "
        "<text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text>"
        "</text:ruby>.</text:p></office:text></office:body></office:document-content>"
    )
    file = zipped({"content.xml": content.encode(), "mimetype": b"x"})
    assert words(only(read("a.odt", file))) == ["Today the ferry returns, 東京."]


def test_comments_and_readings_in_a_word_file_are_no_words():
    file = docx.Document()
    one = file.add_paragraph("She is ")
    one._p.append(docx.oxml.parser.etree.Comment("a note"))
    one.add_run("back in ")
    one._p.append(
        parse_xml(
            f"<w:r {nsdecls('w')}><w:ruby><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt><w:rubyBase>"
            "<w:r><w:t>東京</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        )
    )
    one.add_run(".")
    assert words(only(read("a.docx", saved(file.save)))) == ["She is back in 東京."]


def test_a_word_file_of_the_strict_kind_is_read():
    strict = {
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main": b"http://purl.oclc.org/"
        b"ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc"
        b".org/ooxml/officeDocument/relationships",
    }
    with zipfile.ZipFile(io.BytesIO(WRITERS[".docx"]("Ferry returns", CLINICS))) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    for old, new in strict.items():
        files = {name: data.replace(old, new) for name, data in files.items()}
    release = only(read("a.docx", zipped(files)))
    assert (release.title, words(release)) == ("Ferry returns", CLINICS)


def test_a_name_that_begins_as_a_banner_does_costs_no_words():
    release = page(
        '<main><h1 id="cookie-law-passed">Cookie law passed</h1><h2 id="share-capital">Shares</h2>'
        f'<p class="share-price">It rose.</p>{BODY}<table class="social-spending"><tr><td>Pensions'
        '</td><td>12</td></tr></table></main><div class="share-buttons">Share: F X</div>'
    )
    assert release.title == "Cookie law passed"
    assert words(release) == ["Shares", "It rose.", *CLINICS, "Pensions\t12"]


def test_mails_without_a_weekday_or_a_blank_line_between_them_are_told_apart():
    box = (
        b"Lost words.\nFrom a@b 2018-05-07 10:00\nSubject: One\n\nIt rains.\n"
        b"From a@b Tue May  8 10:00:00 2018\nSubject: Two\n\n"
        b"The list.\n\nFrom here on Mon the ferry sails.\n\nAnd back.\n"
    )
    reading = read("a.mbox", box)
    assert [(one.title, words(one)) for one in reading.releases] == [
        ("One", ["It rains."]),
        ("Two", ["The list.", "From here on Mon the ferry sails.", "And back."]),
    ]
    assert told(reading) == [(None, "what stands before its first mail was left out", False)]


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next():
    file = docx.Document()
    for words_of_it in ("She is", " back.", "And faster."):
        file.add_paragraph(words_of_it)
    mark = parse_xml(f"<w:rPr {nsdecls('w')}><w:del w:id='3'/></w:rPr>")
    file.paragraphs[0]._p.get_or_add_pPr().append(mark)
    assert words(only(read("a.docx", saved(file.save)))) == ["She is back.", "And faster."]
