"""A web page as saved from a browser → its main text, in the author's paragraphs.

Menus, cookie banners, footers and share lines are left out. The only home of trafilatura and lxml.
"""

# lxml and trafilatura are typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from eventqa import dates
from eventqa.decode import Undecodable, decode
from eventqa.document import Document, Facts, Origin, Piece, typeset
from eventqa.facts import is_web_address, language_tag
from eventqa.types import one_line

_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE
)
# What stands on lines of its own, as HTML and as trafilatura call it.
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option "
    "p pre section summary table tbody tfoot thead tr ul "
    "head item list quote row".split()
)
_BREAKS = frozenset(("br", "lb"))
_CELLS = frozenset(("td", "th", "cell"))
_SILENT = frozenset("iframe noscript script style svg template title".split())
# A space that does not break is the author's.
_SPACE = re.compile(r"[ \t\n\r\f]+")


def read(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a page.

    Raises:
        Undecodable: it is no text, or no article is found in it.
    """
    declared = _DECLARED.search(data[:4096])
    words, warning = decode(data, declared[1].decode("ascii") if declared else None)
    yield Piece(page(words), warnings=(warning,) if warning else ())


def page(words: str) -> Document:
    """The document that a page of HTML shows.

    Raises:
        Undecodable: no article is found in it.
    """
    from trafilatura import bare_extraction

    tree = _tree(words)
    headings = [] if tree is None else [one_line(one.text_content()) for one in tree.iter("h1")]
    language = None if tree is None else _language(tree)
    found: Any = tree is not None and bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={"extensive_search": False, "original_date": True},
        config=_settings(),
    )
    blocks = list(_paragraphs(found.body)) if found and found.body is not None else []
    if not any(block.strip() for block in blocks):
        raise Undecodable(
            "no article is found in it. Save the page of one release, or its words as text"
        )
    text, spans = typeset(blocks)
    return Document(text, spans, _facts(found, headings, language), find_title=True)


def fragment(markup: str) -> list[str]:
    """The paragraphs of a piece of HTML that holds nothing but the author's words."""
    tree = _tree(markup)
    return [] if tree is None else list(_paragraphs(tree))


def title_of(markup: str) -> str:
    """The words of the first heading of the highest level in a piece of HTML, on one line."""
    tree = _tree(markup)
    heading = None if tree is None else next(tree.iter("h1"), None)
    return "" if heading is None else one_line(heading.text_content())


@cache
def _settings() -> Any:
    from trafilatura.settings import use_config

    settings = use_config()
    # Else a short page is taken for none, and its paragraphs become one.
    for name in ("MIN_EXTRACTED_SIZE", "MIN_OUTPUT_SIZE"):
        settings.set("DEFAULT", name, "1")
    return settings


def _tree(words: str) -> Any:
    """What a parser makes of HTML; None of nothing."""
    from lxml import etree, html

    try:
        # As bytes, because a text that declares an encoding is refused.
        return html.document_fromstring(
            words.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _paragraphs(tree: Any) -> Iterator[str]:
    """The words of the blocks of a tree, in order; two line breaks end a block, too."""
    from lxml import etree

    parts: list[str] = []

    def ended() -> Iterator[str]:
        words = "".join(parts)
        parts.clear()
        for block in re.split(r"\n(?:[^\S\n]*\n)+", words):
            lines = (line.strip(" ") for line in block.split("\n"))
            yield "\n".join(lines).strip()

    silent = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        silent += {"start": 1, "end": -1}.get(event, 0) if tag in _SILENT else 0
        if tag in _BLOCKS:
            yield from ended()
        if event == "start" and not silent and tag:
            parts += ["\n"] * (tag in _BREAKS) + ["\t"] * (tag in _CELLS)
            parts.append(_SPACE.sub(" ", element.text or ""))
        elif event != "start" and not silent and element is not tree:
            parts.append(_SPACE.sub(" ", element.tail or ""))
    yield from ended()


def _facts(found: Any, headings: list[str], language: str | None) -> Facts:
    title = one_line(found.title or "")
    # Sites add their name to the title: "Ferry returns | Port of Aldmar".
    written = next((one for one in headings if one and one in title), title)
    url = found.url or ""
    return Facts(
        title=written,
        date=dates.day(found.date) if found.date else None,
        body=one_line(found.sitename or "") or None,
        url=url if is_web_address(url) else None,
        language=language,
    )


def _language(tree: Any) -> str | None:
    for place in ("/html/@lang", "//meta[@http-equiv='content-language']/@content"):
        for written in tree.xpath(place):
            if tag := language_tag(written):
                return tag
    return None
