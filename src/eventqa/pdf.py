"""The text layer of a PDF → lines of print, and of these a document. The only home of pypdfium2."""

# pypdfium2 is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from eventqa import layout
from eventqa.decode import Undecodable
from eventqa.document import Document, Facts, Origin, Piece
from eventqa.facts import language_tag
from eventqa.layout import Line, Page
from eventqa.terms import is_word
from eventqa.types import one_line

_MOST_PAGES = 2_000
_MOST_LETTERS = 20_000_000
# PDFium writes one of these for a hyphen at the end of a line, and draws its halves together.
_CLOSING, _NOTHING = ",.;:!?)]’”»", "\x01"
_HYPHENS = ("\ufffe", "\x02")
_BREAK = re.compile(r"\r\n|\n|\r|\ufffe|\x02")
# What a font without a table of its letters gives: nothing that is one. It stands as U+FFFD.
_NO_LETTER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\uffff]")
_UNTOLD_LETTER = "\ufffd"
_BULLET = "\uf0b7"  # of the font that Word takes them from
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def read(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a PDF, with the pages it is printed on.

    Raises:
        Undecodable: it is damaged, protected by a password, or has no text but pictures of it.
    """
    pages, scans, language = _pages(data)
    words = "".join(line.words for page in pages for line in page.lines)
    if not words:
        raise Undecodable(
            "it has no text, only pictures of its pages (a scan). Let a program for OCR read it, "
            "and save what that gives"
        )
    if len(_RIGHT_TO_LEFT.findall(words)) > len(words) * _UNTOLD:
        raise Undecodable(
            "its text runs from right to left, which a PDF does not tell in the order of reading. "
            "Save the text from the program that made it"
        )
    untold = words.count(_UNTOLD_LETTER)
    if untold > len(words) * _UNTOLD:
        raise Undecodable(
            "its fonts do not tell which letters they draw. Save the text from the program that "
            "made it, or let a program for OCR read it"
        )
    blocks = layout.blocks(pages, _Hyphens(pages).are_one)
    text, starts = layout.set_out(blocks, len(pages))
    spans: list[tuple[int, int]] = []
    at = 0
    for block in blocks:
        spans.append((at, at + len(block.words)))
        at = spans[-1][1] + len(layout.BETWEEN)
    title = layout.title(blocks)
    yield Piece(
        Document(
            text,
            tuple(spans),
            Facts(title=title, language=language),
            find_title=not title,
            pages=starts,
        ),
        warnings=(*_told_of(scans), *_told_of_letters(untold)),
    )


# From this share of such letters on, a text cannot be read.
_UNTOLD = 0.1
_SMALLEST = 2.0  # points
_LONGEST_FONT = 128  # characters of a font's or a language's name
_LISTED = 10


def _pages(data: bytes) -> tuple[list[Page], list[int], str | None]:
    """The pages, the numbers of those that are only pictures, and the language that is stated."""
    import pypdfium2

    try:
        file = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Undecodable("it is protected by a password. Save it anew without one") from None
        raise Undecodable("it is no PDF, or a damaged one. Get it again from its source") from None
    try:
        if len(file) > _MOST_PAGES:
            raise Undecodable(
                f"it has {len(file):,} pages, at most {_MOST_PAGES:,} are read. Split it"
            )
        pages: list[Page] = []
        scans: list[int] = []
        letters = 0
        for number in range(len(file)):
            page = file[number]
            lines = tuple(_lines(page))
            pages.append(Page(lines, float(page.get_height())))
            if (letters := letters + sum(len(line.words) for line in lines)) > _MOST_LETTERS:
                raise Undecodable(f"it has more than {_MOST_LETTERS:,} letters. Split it")
            scans += [number + 1] if not lines and _has_picture(page) else []
            page.close()
        return pages, scans, _language(file)
    finally:
        file.close()


def _lines(page: Any) -> Iterator[Line]:
    """The lines of a page as PDFium puts them in order."""
    import pypdfium2.raw

    text = page.get_textpage()
    try:
        # Its own function for whole texts leaves out what has more than 16 bits, such as emoji.
        letter, is_guessed = pypdfium2.raw.FPDFText_GetUnicode, pypdfium2.raw.FPDFText_IsGenerated
        letters = [chr(letter(text, at)) for at in range(text.count_chars())]
        for at, (here, after) in enumerate(pairwise(letters)):
            # Kerning may look like a space to it, as in "Gridlock’ , he said".
            if here == " " and after in _CLOSING and is_guessed(text, at) == 1:
                letters[at] = _NOTHING
        words = "".join(letters)
        start = 0
        for end in [*_BREAK.finditer(words), None]:
            stop = end.start() if end else len(words)
            line = _line(text, words, start, stop, hyphenated=bool(end and end[0] in _HYPHENS))
            if line:
                yield line
            start = end.end() if end else stop
    finally:
        text.close()


def _line(text: Any, words: str, start: int, stop: int, *, hyphenated: bool) -> Line | None:
    """A line from a place in a page's text to another; None of white space."""
    piece = words[start:stop]
    start, stop = start + len(piece) - len(piece.lstrip()), stop - len(piece) + len(piece.rstrip())
    if start >= stop:
        return None
    left, bottom, _, top = text.get_charbox(start, loose=True)
    _, _, right, _ = text.get_charbox(stop - 1, loose=True)
    space = words.find(" ", start, stop)
    _, _, first, _ = text.get_charbox((space if space > 0 else stop) - 1, loose=True)
    size = abs(_call("FPDFText_GetFontSize", text, start))
    fonts = {_font(text, at) for at in (start, (start + stop) // 2, stop - 1)}
    return Line(
        one_line(_paired(words[start:stop].replace(_NOTHING, ""))),
        left=left,
        right=right,
        bottom=bottom,
        top=top,
        # Type may be set at 1 point and made larger after that.
        size=size if size > _SMALLEST else top - bottom,
        font=fonts.pop() if len(fonts) == 1 else "",
        first=first - left,
        hyphenated=hyphenated,
    )


def _paired(words: str) -> str:
    """Words with halves of characters put together, as some files give them, and no non-letters."""
    paired = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NO_LETTER.sub(_UNTOLD_LETTER, paired.replace(_BULLET, "•"))


def _font(text: Any, at: int) -> str:
    """The name of a letter's font, as its file has it."""
    name = ctypes.create_string_buffer(_LONGEST_FONT)
    flags = ctypes.c_int()
    length = _call("FPDFText_GetFontInfo", text, at, name, len(name), ctypes.byref(flags))
    return name.value.decode("utf-8", "replace") if 0 < length <= len(name) else ""


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw

    pictures = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    return next(iter(pictures), None) is not None


def _language(file: Any) -> str | None:
    written = (ctypes.c_ushort * _LONGEST_FONT)()
    size = _call("FPDFCatalog_GetLanguage", file, written, ctypes.sizeof(written))
    return language_tag(bytes(written)[: max(0, size - 2)].decode("utf-16-le", "replace"))


def _call(name: str, *values: Any) -> Any:
    """A function of PDFium that has no other name in Python."""
    import pypdfium2.raw

    return getattr(pypdfium2.raw, name)(*values)


class _Hyphens:
    """What is known of the words of a document: whether a hyphen in one was its author's."""

    def __init__(self, pages: list[Page]) -> None:
        lines = [line for page in pages for line in page.lines]
        words = " ".join(line.words for line in lines).casefold()
        self._there = frozenset(re.findall(r"\w+(?:-\w+)*", words))
        self._breaks_words = any(
            _is_broken(*layout.halves(above, below))
            for above, below in pairwise(lines)
            if above.hyphenated
        )

    def are_one(self, first: str, second: str) -> bool:
        """Whether two halves are one word without a hyphen: as elsewhere in it, else in English.

        Where no word is broken that could not be a compound (`partici-pants`), none is taken for
        one: `counter-terrorism` has its hyphen from its author.
        """
        whole = (first + second).casefold()
        if whole in self._there or f"{first}-{second}".casefold() in self._there:
            return whole in self._there
        return _is_broken(first, second) or (
            self._breaks_words and second.islower() and is_word(whole)
        )


def _is_broken(first: str, second: str) -> bool:
    """Whether two halves are a word together, and not each by itself."""
    return (
        second.islower()
        and is_word((first + second).casefold())
        and not (is_word(first.casefold()) and is_word(second))
    )


def _told_of_letters(untold: int) -> tuple[str, ...]:
    if not untold:
        return ()
    return (
        f"its fonts do not tell {untold:,} of its letters, which stand as {_UNTOLD_LETTER}. "
        "Compare quotes with the page",
    )


def _told_of(scans: list[int]) -> tuple[str, ...]:
    if not scans:
        return ()
    listed = "page " + ", ".join(map(str, scans[:_LISTED])) + ("…" if len(scans) > _LISTED else "")
    return (f"no text but only pictures (a scan): {listed}. Let a program for OCR read them",)
