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
from dataclasses import dataclass
from difflib import SequenceMatcher
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


@dataclass(frozen=True, slots=True)
class _Block:
    """Words that stand on lines of their own, and the element that they stand in."""

    words: str
    element: Any
    linked: int  # letters of it that are links


def read(data: bytes, origin: Origin) -> Iterator[Piece]:
    """The one document of a page.

    Raises:
        Undecodable: it is no text, or no article is found in it.
    """
    declared = _DECLARED.search(data[:4096])
    encoding = origin.encoding or (declared[1].decode("ascii") if declared else None)
    words, warning = decode(data, encoding)
    yield Piece(page(words), warnings=(warning,) if warning else ())


def page(words: str) -> Document:
    """The document that a page of HTML shows.

    Trafilatura tells which blocks are the article's; the words are those of the page itself.

    Raises:
        Undecodable: no article is found in it.
    """
    from trafilatura import bare_extraction

    tree = _tree(words)
    found: Any = tree is not None and bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={"extensive_search": False, "original_date": True},
        config=_settings(),
    )
    chosen = list(_blocks(found.body)) if found and found.body is not None else []
    kept = _restored(chosen, list(_blocks(tree))) if chosen else []
    text, spans = typeset(block.words for block in kept)
    if tree is None or not spans or sum(block.linked for block in kept) > len(text) * _ONLY_LINKS:
        raise Undecodable(
            "no article is found in it. Save the page of one release, or its words as text"
        )
    headings = [one_line(one.text_content()) for one in tree.iter("h1")]
    return Document(text, spans, _facts(found, headings, _language(tree)), find_title=True)


def fragment(markup: str) -> list[str]:
    """The paragraphs of a piece of HTML that holds nothing but the author's words."""
    tree = _tree(markup)
    return [] if tree is None else [block.words for block in _blocks(tree)]


def sitemap(data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The pages and the further sitemaps that a sitemap lists; None if it is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(data, parser=parser)
    if root is None or etree.QName(root).localname not in ("urlset", "sitemapindex"):
        return None
    pages, lists = (
        tuple(
            text.strip()
            for text in root.xpath(f"/*/*[local-name()='{name}']/*[local-name()='loc']/text()")
        )
        for name in ("url", "sitemap")
    )
    return pages, lists


def title_of(markup: str) -> str:
    """The words of the first heading of the highest level in a piece of HTML, on one line."""
    tree = _tree(markup)
    heading = None if tree is None else next(tree.iter("h1"), None)
    return "" if heading is None else one_line(heading.text_content())


@cache
def _settings() -> Any:
    from trafilatura.settings import use_config

    settings = use_config()
    # Else the paragraphs of a short page become one.
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
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


def _blocks(tree: Any) -> Iterator[_Block]:
    """The blocks of a tree in order; two line breaks end a block, too."""
    from lxml import etree

    parts: list[str] = []
    inside: list[Any] = [tree]  # the blocks that are open, the innermost last
    silent = links = linked = 0

    def ended() -> Iterator[_Block]:
        nonlocal linked
        words, letters = "".join(parts), linked
        parts.clear()
        linked = 0
        for piece in re.split(r"\n(?:[^\S\n]*\n)+", words):
            lines = "\n".join(line.strip(" ") for line in piece.split("\n")).strip()
            if lines:
                yield _Block(lines, inside[-1], min(letters, len(lines)))

    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        tag = element.tag if isinstance(element.tag, str) else ""
        silent += {"start": 1, "end": -1}.get(event, 0) if tag in _SILENT else 0
        if tag in _BLOCKS:
            yield from ended()
            if event == "start":
                inside.append(element)
            else:
                inside.pop()
        links += {"start": 1, "end": -1}.get(event, 0) if tag == "a" else 0
        begins = event == "start"
        if silent or not (tag if begins else element is not tree):
            continue
        if begins:
            parts += ["\n"] * (tag in _BREAKS) + ["\t"] * (tag in _CELLS)
        parts.append(_SPACE.sub(" ", (element.text if begins else element.tail) or ""))
        linked += len(parts[-1].strip()) if links else 0
    yield from ended()


def _restored(chosen: list[_Block], there: list[_Block]) -> list[_Block]:
    """The blocks of a page that were chosen from it, with those that got lost between them.

    Lost is a part of an element of which another part was chosen, as of `<div>a<br><br>b</div>`,
    and a plain paragraph beside chosen ones.
    """
    if len(there) > _MOST_BLOCKS:
        return chosen
    squeezed = [[re.sub(r"\s+", "", block.words) for block in blocks] for blocks in (chosen, there)]
    alike = SequenceMatcher(None, *squeezed, autojunk=False).get_matching_blocks()
    places = [at for start in alike for at in range(start.b, start.b + start.size)]
    letters = sum(len(squeezed[1][at]) for at in places)
    if letters < _FOUND_AGAIN * sum(map(len, squeezed[0])):
        return chosen
    elements = {there[at].element for at in places}
    parents = {element.getparent() for element in elements}
    kept = set(places)
    for at in range(places[0], places[-1] + 1):
        element = there[at].element
        plain = element.tag == "p" and not element.attrib and element.getparent() in parents
        if element in elements or plain:
            kept.add(at)
    return [there[at] for at in sorted(kept)]


# A page of which so much is links is the way to releases, and none itself.
_ONLY_LINKS = 0.8
# On a page of more blocks it takes too long to find the chosen ones again.
_MOST_BLOCKS = 5_000
# The share of the chosen letters that must be found again, or the page is not what was chosen from.
_FOUND_AGAIN = 0.9


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
