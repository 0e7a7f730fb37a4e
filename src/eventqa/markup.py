"""Trees of HTML and XML → the blocks of words in them. The only home of lxml."""

# lxml is typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eventqa.decode import Undecodable

# What stands on lines of its own, as HTML and as trafilatura call it.
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option "
    "p pre section summary table tbody tfoot thead tr ul "
    "head item list quote row".split()
)
_BREAKS = frozenset(("br", "lb"))
_CELLS = frozenset(("td", "th", "cell"))
_ROWS = frozenset(("tr", "row"))
_SILENT = frozenset("iframe noscript script style svg template title".split())
# A space that does not break is the author's.
_SPACE = re.compile(r"[ \t\n\r\f]+")
_GAP = re.compile(r"\n(?:[^\S\n]*\n)+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOR_EARS = re.compile(r"(?:^|\s)(?:sr-only|screen-reader-text|visually-?hidden)(?:\s|$)", re.I)


@dataclass(frozen=True, slots=True)
class Block:
    """Words that stand on lines of their own, and the element that they stand in."""

    words: str
    element: Any
    linked: int  # letters of it that are links


def html(words: str) -> Any:
    """The tree of a page, without what it does not show; None of nothing."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        # As bytes, because a text that declares an encoding is refused.
        data = words.encode("utf-8", "replace")
        tree = document_fromstring(data, parser=HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    for element in list(tree.iter(etree.Element)):
        if _is_hidden(element) and element.getparent() is not None:
            element.drop_tree()
    for quote in tree.iter("q"):
        # A browser draws these marks, so they are what somebody read.
        quote.tag = "span"
        quote.text = f"“{quote.text or ''}"
        if len(quote):
            quote[-1].tail = f"{quote[-1].tail or ''}”"
        else:
            quote.text += "”"
    return tree


def xml(data: bytes) -> Any:
    """The tree of an XML file.

    Raises:
        Undecodable: it is none, or defines entities of its own.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser=parser)
    except etree.XMLSyntaxError as error:
        reason = " ".join(str(error).split())[:100]
        raise Undecodable(f"it is damaged ({reason}). Get it again from its source") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Undecodable("it defines entities of its own, as only harmful files do. Save it anew")
    return root


def local_name(element: Any) -> str:
    """The name of an element without its namespace; empty of a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def blocks(tree: Any) -> Iterator[Block]:
    """The blocks of a tree in order; two line breaks end a block, too.

    A row of a table is one block, with tabs between its cells, unless more than one block is in a
    cell, as where a page is laid out with tables.
    """
    from lxml import etree

    parts: list[str] = []
    inside: list[Any] = [tree]  # the blocks that are open, the innermost last
    silent = links = linked = 0
    row: Any = None  # the row of one block that is open

    def ended() -> Iterator[Block]:
        nonlocal linked
        words, letters = "".join(parts), linked
        parts.clear()
        linked = 0
        for piece in _GAP.split(words):
            lines = "\n".join(line.strip(" ") for line in piece.split("\n")).strip()
            if lines:
                yield Block(lines, inside[-1], min(letters, len(lines)))

    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        begins = event == "start"
        silent += {"start": 1, "end": -1}.get(event, 0) if tag in _SILENT else 0
        links += {"start": 1, "end": -1}.get(event, 0) if tag == "a" else 0
        if tag in _BLOCKS and (row is None or element is row):
            yield from ended()
            if begins:
                inside.append(element)
                row = element if tag in _ROWS and _is_simple(element) else None
            else:
                inside.pop()
                row = None
        if silent or not (tag if begins else element is not tree):
            continue
        if begins:
            parts += ["\n"] * (tag in _BREAKS) + ["\t"] * (tag in _CELLS)
        parts.append(_SPACE.sub(" ", (element.text if begins else element.tail) or ""))
        linked += len(parts[-1].strip()) if links else 0
    yield from ended()


def _is_simple(row: Any) -> bool:
    """Whether it has some cells with one block each at most, and no table in them."""
    cells = [cell for cell in row if cell.tag in _CELLS]
    return len(cells) > 1 and all(
        sum(inner.tag in _BLOCKS for inner in cell.iterdescendants()) <= 1 for cell in cells
    )


def _is_hidden(element: Any) -> bool:
    values = element.attrib
    return (
        element.tag in ("noscript", "template")
        or "hidden" in values
        or _HIDDEN.search(values.get("style", "")) is not None
        or _FOR_EARS.search(values.get("class", "")) is not None
    )
