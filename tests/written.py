"""One release written down as every kind of file, by the libraries that people's programs use."""

import html
import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import odfdo
from fpdf import FPDF

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")

Paragraphs = list[str]


def as_txt(title: str, paragraphs: Paragraphs) -> bytes:
    return "\n\n".join([title, *paragraphs]).encode()


def as_md(title: str, paragraphs: Paragraphs) -> bytes:
    return "\n\n".join([f"# {title}", *paragraphs]).encode()


def as_html(title: str, paragraphs: Paragraphs, head: str = "", lang: str = "en") -> bytes:
    """A page of a press room, with all that stands around a release there."""
    body = "".join(f"<p>{html.escape(one)}</p>\n" for one in paragraphs)
    return f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<title>{html.escape(title)} | Press room</title>{head}
<script>document.title = "never read"</script><style>p {{ color: red }}</style></head><body>
<div id="cookie-banner" class="cookie">We use cookies. <button>Accept all</button></div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<main><article><h1>{html.escape(title)}</h1>{body}
<div class="share">Share this: <a href="#">Facebook</a> <a href="#">X</a></div></article>
<aside><h3>Related news</h3><ul><li><a href="/x">Another release</a></li></ul></aside></main>
<footer>© 2026 Press room. All rights reserved. <a href="/privacy">Privacy</a></footer>
</body></html>""".encode()


def as_docx(title: str, paragraphs: Paragraphs) -> bytes:
    document = docx.Document()
    document.add_heading(title, 0)
    for one in paragraphs:
        document.add_paragraph(one)
    document.sections[0].header.paragraphs[0].text = "Press office"
    return saved(document.save)


def as_odt(title: str, paragraphs: Paragraphs) -> bytes:
    document = odfdo.Document("text")
    document.body.clear()
    document.body.append(odfdo.Header(1, title))
    for one in paragraphs:
        document.body.append(odfdo.Paragraph(one))
    return saved(document.save)


def as_eml(title: str, paragraphs: Paragraphs) -> bytes:
    mail = a_mail(title)
    mail.set_content("\n\n".join(paragraphs))
    return mail.as_bytes()


def as_rss(title: str, paragraphs: Paragraphs, day: str = "") -> bytes:
    body = html.escape("".join(f"<p>{html.escape(one)}</p>" for one in paragraphs))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Press room</title><language>en-gb</language><item><title>{html.escape(title)}</title>
<link>https://press.example/1</link><guid isPermaLink="false">release-1</guid>
<pubDate>{day}</pubDate><description>The first lines …</description>
<content:encoded>{body}</content:encoded></item></channel></rss>""".encode()


def as_pdf(title: str, paragraphs: Paragraphs, *, align: str = "J", width: float = 0) -> bytes:
    """With a running head and numbered pages; the first page has no head, as in letters."""
    pages = _Paper()
    pages.add_font("sans", fname=FONT)
    pages.add_page()
    pages.set_font("sans", size=16)
    pages.multi_cell(0, 8, title, align="L")
    pages.ln(4)
    pages.set_font("sans", size=11)
    for one in paragraphs:
        pages.multi_cell(width, 5.5, one, align=align)
        pages.ln(3)
    return bytes(pages.output())


class _Paper(FPDF):
    def header(self) -> None:
        if self.page_no() > 1:
            self.set_font("sans", size=8)
            self.cell(0, 8, "PRESS OFFICE · NEWS OF THE DAY", align="R")
            self.set_font("sans", size=11)
        self.set_y(25)  # as word processors do: the head stands above the text

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("sans", size=8)
        self.cell(0, 8, f"Page {self.page_no()} of {{nb}}", align="C")


WRITERS = {
    ".txt": as_txt,
    ".md": as_md,
    ".html": as_html,
    ".docx": as_docx,
    ".odt": as_odt,
    ".eml": as_eml,
    ".rss": as_rss,
    ".pdf": as_pdf,
}


def a_mail(subject: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Port of Aldmar <press@port.example>"
    mail["Date"] = "Mon, 07 May 2018 23:30:00 -0500"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def saved(save) -> bytes:
    """What a function writes into the file that it is given."""
    file = io.BytesIO()
    save(file)
    return file.getvalue()
