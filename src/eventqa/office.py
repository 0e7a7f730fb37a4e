"""Word and OpenDocument texts → the author's paragraphs.

Both are XML in a .zip archive, and are read from there word by word. Libraries that were tried lose
words that are in the file (mammoth: fields such as a date; odfdo makes Markdown of links), which an
exact quote cannot have. RTF is not read: what was tried (striprtf) loses notes and emoji and takes
deleted words for text.
"""

# lxml, behind `markup`, is typed loosely.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from eventqa import markup
from eventqa.decode import Undecodable
from eventqa.document import Document, Facts, Origin, Piece, typeset
from eventqa.markup import local_name
from eventqa.types import one_line

# What a text in an office file may unpack to; a novel has a hundredth of it.
_LARGEST_PART = 64 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# How deep in a file its title may stand.
_HEAD = 4

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_OFFICE_DOCUMENT = "/officeDocument"  # what the relation to a Word file's main part ends with

# Elements of Word as HTML has them; those that are not here are no more than their words.
_AS_HTML = {"p": "p", "tbl": "table", "tr": "tr", "tc": "td", "br": "br", "cr": "br"}
# Deleted, moved away, instructions of fields, and what an older Word is shown instead.
_NOT_SHOWN = frozenset(
    "del moveFrom instrText delText delInstrText Fallback pPr rPr tblPr trPr tcPr sectPr "
    "commentReference annotationRef rt".split()
)
_LETTERS = {"tab": "\t", "noBreakHyphen": "\N{NON-BREAKING HYPHEN}", "ptab": "\t"}
# The same for OpenDocument.
_ODF_AS_HTML = {
    "p": "p",
    "h": "p",
    "line-break": "br",
    "table": "table",
    "table-row": "tr",
    "table-cell": "td",
    "list-item": "li",
}
_ODF_NOT_SHOWN = frozenset(
    "tracked-changes annotation note-citation forms sequence-decls object ruby-text "
    "soft-page-break change change-start change-end".split()
)


def docx(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a Word file, changes that are tracked being accepted.

    Raises:
        Undecodable: it is damaged, protected by a password, or holds no text.
    """
    with _opened(data) as file:
        main = _main_part(file)
        folder = posixpath.dirname(main)
        tree = markup.xml(_part(file, main))
        styles = _title_styles(file, f"{folder}/styles.xml")
        notes = [
            note
            for name in ("footnotes", "endnotes")
            if f"{folder}/{name}.xml" in file.namelist()
            for note in markup.xml(_part(file, f"{folder}/{name}.xml"))
            if _value(note, "type") in (None, "normal")
        ]
    titles = [_words(one) for one in tree.iter("{*}p") if _style(one) in styles]
    body = tree.find("{*}body")
    if body is None:
        raise Undecodable("it is not what its name says. Save it anew, or rename it")
    boxes = _taken_out(body, "{*}txbxContent")
    words = [one for part in (body, *boxes, *notes) for one in _blocks_of_word(part)]
    yield Piece(_document(words, titles))


def odt(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of an OpenDocument text, changes that are tracked being accepted.

    Raises:
        Undecodable: it is damaged, protected by a password, or holds no text.
    """
    with _opened(data) as file:
        tree = markup.xml(_part(file, "content.xml"))
    body = tree.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise Undecodable("it is not what its name says. Save it anew, or rename it")
    # Notes and boxes stand in the middle of a sentence; their paragraphs come after all others.
    aside = _taken_out(body, f"{_TEXT}note-body")
    aside += _taken_out(body, "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}text-box")
    aside += _taken_out(body, "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}custom-shape")
    titles = [
        _words(one)
        for one in body.iter(f"{_TEXT}p", f"{_TEXT}h")
        if local_name(one) == "h" or one.get(f"{_TEXT}style-name") == "Title"
    ]
    words = [one for part in (body, *aside) for one in _blocks_of_opendocument(part)]
    yield Piece(_document(words, titles))


def _blocks_of_word(tree: Any) -> list[str]:
    for paragraph in list(tree.iter("{*}p")):
        # Whoever deletes the end of a paragraph joins it with the next one.
        after = paragraph.getnext()
        if paragraph.find("{*}pPr/{*}rPr/{*}del") is not None and after is not None:
            for run in reversed([one for one in paragraph if local_name(one) != "pPr"]):
                after.insert(0, run)
            _removed(paragraph)
    for element in list(tree.iter()):
        name = local_name(element)
        if not name or name in _NOT_SHOWN or (name == "r" and _is_hidden(element)):
            _removed(element)
        else:
            element.text = (
                element.text if name == "t" else _LETTERS.get(name, _symbol(element, name))
            )
            element.tail = None
            element.tag = _AS_HTML.get(name, "span")
    return [block.words for block in markup.blocks(tree)]


def _blocks_of_opendocument(tree: Any) -> list[str]:
    for element in list(tree.iter()):
        name = local_name(element)
        described = element.tag in (f"{_SVG}title", f"{_SVG}desc")  # a picture, to the blind
        hidden = name == "section" and element.get(f"{_TEXT}display") == "none"
        if not name or name in _ODF_NOT_SHOWN or described or hidden:
            _removed(element)
            continue
        if name in ("s", "tab"):
            element.text = " "
        element.tag = _ODF_AS_HTML.get(name, "span")
    return [block.words for block in markup.blocks(tree)]


def _removed(element: Any) -> None:
    """Takes an element out of its tree and leaves what comes after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    tail = element.tail or ""
    if before is not None:
        before.tail = f"{before.tail or ''}{tail}"
    else:
        parent.text = f"{parent.text or ''}{tail}"
    element.tail = None
    parent.remove(element)


def _taken_out(tree: Any, tag: str) -> list[Any]:
    """The elements of a name, outermost first, after they were taken out of a tree."""
    found: list[Any] = []
    for one in list(tree.iter(tag)):
        within = {id(ancestor) for ancestor in one.iterancestors()}
        is_fallback = any(local_name(ancestor) == "Fallback" for ancestor in one.iterancestors())
        if not is_fallback and not any(id(other) in within for other in found):
            found.append(one)
    for one in found:
        _removed(one)
    return found


def _is_hidden(run: Any) -> bool:
    """Whether the letters of a run of Word are not shown."""
    hidden = run.find("{*}rPr/{*}vanish")
    return hidden is not None and _value(hidden, "val") not in ("0", "false", "off")


def _symbol(element: Any, name: str) -> str | None:
    """The letter that an element of Word stands for; in a font of symbols it is only a sign."""
    return "•" if name == "sym" else None


def _words(paragraph: Any) -> str:
    return one_line("".join(text for text in paragraph.itertext()))


def _style(paragraph: Any) -> str | None:
    style = paragraph.find("{*}pPr/{*}pStyle")
    return None if style is None else _value(style, "val")


def _value(element: Any, name: str) -> str | None:
    """An attribute, in whichever of the two namespaces that Word writes."""
    return next((value for key, value in element.attrib.items() if key.endswith(f"}}{name}")), None)


def _title_styles(file: zipfile.ZipFile, path: str) -> set[str]:
    """The ids of the styles that titles have, whatever language Word was set to."""
    if path not in file.namelist():
        return set()
    found: set[str] = set()
    for style in markup.xml(_part(file, path)).iter("{*}style"):
        name = style.find("{*}name")
        if name is not None and (_value(name, "val") or "").lower() in ("title", "heading 1"):
            found.add(_value(style, "styleId") or "")
    return found


def _main_part(file: zipfile.ZipFile) -> str:
    """Where the text of a Word file is, as the file says (ECMA-376, part 2)."""
    if "_rels/.rels" not in file.namelist():
        raise Undecodable("it is not what its name says. Save it anew, or rename it")
    for relation in markup.xml(_part(file, "_rels/.rels")):
        if (relation.get("Type") or "").endswith(_OFFICE_DOCUMENT):
            return (relation.get("Target") or "").lstrip("/")
    raise Undecodable("it is not what its name says. Save it anew, or rename it")


def _opened(data: bytes) -> zipfile.ZipFile:
    if data.startswith(_OLE):
        raise Undecodable(
            "it is protected by a password, or in the format of an older program. Save it anew, "
            "without a password"
        )
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise Undecodable("it is damaged. Save it anew, or get it again from its source") from None


def _part(file: zipfile.ZipFile, path: str) -> bytes:
    try:
        info = file.getinfo(path)
        if info.file_size > _LARGEST_PART:
            raise Undecodable(
                f"its text unpacks to {info.file_size:,} bytes, at most {_LARGEST_PART:,} are "
                "read. Split it"
            )
        return file.read(info)
    except KeyError:
        raise Undecodable("it is not what its name says. Save it anew, or rename it") from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        raise Undecodable("it is damaged. Save it anew, or get it again from its source") from None


def _document(blocks: list[str], titles: list[str]) -> Document:
    text, spans = typeset(blocks)
    if not spans:
        raise Undecodable("there is no text in it. Put the release's text into it, or remove it")
    first = {one_line(text[slice(*span)]) for span in spans[:_HEAD]}
    known = next((title for title in titles if title in first), "")
    return Document(text, spans, Facts(title=known), find_title=True)
