"""Word, OpenDocument and RTF files → the author's paragraphs.

The only home of mammoth, odfdo and striprtf.
"""

# These libraries are typed loosely, or not at all.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from eventqa import webpage
from eventqa.decode import Undecodable
from eventqa.document import Document, Facts, Origin, Piece, typeset
from eventqa.types import one_line

# What the texts in an office file may unpack to; a novel has a hundredth of it.
_LARGEST_PARTS = 64 * 1024 * 1024
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => h2:fresh"


def docx(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a Word file, changes that are tracked being accepted.

    Raises:
        Undecodable: it is damaged, protected by a password, or holds no text.
    """
    import mammoth

    _check(data, "word/document.xml")
    # Pictures are left out, else they would be written into the page.
    drawn = mammoth.images.img_element(_no_picture)
    page = mammoth.convert_to_html(io.BytesIO(data), style_map=_STYLES, convert_image=drawn).value
    yield Piece(_document(webpage.fragment(page), webpage.title_of(page)))


def odt(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of an OpenDocument text, changes that are tracked being accepted.

    Raises:
        Undecodable: it is damaged, protected by a password, or holds no text.
    """
    import odfdo

    _check(data, "content.xml")
    body: Any = odfdo.Document(io.BytesIO(data)).body
    for left_out in body.xpath("//text:tracked-changes | //office:annotation"):
        left_out.delete()
    # Notes and boxes stand in the middle of a sentence; their own paragraphs come after all others.
    aside = body.xpath("//text:note-body//text:p | //draw:text-box//text:p")
    words = [one.inner_text for one in aside]
    for one in body.xpath("//text:note | //draw:frame"):
        one.delete()
    blocks = body.xpath("//text:p | //text:h")
    title = next((one.inner_text for one in blocks[:_HEAD] if _is_heading(one)), "")
    yield Piece(_document([*(one.inner_text for one in blocks), *words], title))


def rtf(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of an RTF file.

    Raises:
        Undecodable: it is no RTF, or holds no text.
    """
    from striprtf.striprtf import rtf_to_text

    if not data.lstrip().startswith(b"{\\rtf"):
        raise Undecodable("it is no RTF. Save it anew as RTF, or name it as what it is")
    # The library makes one kind of line break of both, where only \par ends a paragraph.
    marked = _RTF_LINE.sub(rf"\\u{ord(_LINE)}?", data.decode("latin-1"))
    blocks = rtf_to_text(marked, errors="replace").split("\n")
    yield Piece(_document([block.replace(_LINE, "\n") for block in blocks], ""))


def _no_picture(image: Any) -> dict[str, str]:
    return {"src": ""}


# How deep in a file its title may stand.
_HEAD = 4
_LINE = "\N{LINE SEPARATOR}"
_RTF_LINE = re.compile(r"\\line(?![a-z]) ?")


def _document(blocks: list[str], title: str) -> Document:
    text, spans = typeset(blocks)
    if not spans:
        raise Undecodable("there is no text in it. Put the release's text into it, or remove it")
    first = {one_line(text[slice(*span)]) for span in spans[:_HEAD]}
    known = one_line(title) if one_line(title) in first else ""
    return Document(text, spans, Facts(title=known), find_title=True)


def _is_heading(block: Any) -> bool:
    return block.tag == "text:h" or block.get_attribute("text:style-name") == "Title"


def _check(data: bytes, part: str) -> None:
    """Does nothing where an office file has its main part and unpacks to no monster.

    Raises:
        Undecodable: it has not, or does.
    """
    if data.startswith(_OLE):
        raise Undecodable(
            "it is protected by a password, or in the format of an older program. Save it anew, "
            "without a password"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            sizes = {one.filename: one.file_size for one in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise Undecodable("it is damaged. Save it anew, or get it again from its source") from None
    if part not in sizes:
        raise Undecodable("it is not what its name says. Save it anew, or rename it")
    texts = sum(size for name, size in sizes.items() if name.endswith((".xml", ".rels")))
    if texts > _LARGEST_PARTS:
        raise Undecodable(
            f"its text unpacks to {texts:,} bytes, at most {_LARGEST_PARTS:,} are read. Split it"
        )


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
