"""A web page as saved from a browser → its main text, in the author's paragraphs.

Menus, cookie banners, footers and share lines are left out. The only home of trafilatura.
"""

# lxml, behind `markup`, and trafilatura are typed loosely.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from difflib import SequenceMatcher
from functools import cache
from typing import Any
from urllib.parse import urljoin

from eventqa import dates, markup
from eventqa.decode import Undecodable, decode
from eventqa.document import Document, Facts, Origin, Piece, typeset
from eventqa.facts import is_web_address, language_tag
from eventqa.markup import Block, local_name
from eventqa.types import one_line

_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE
)
# A page of which so much is links is the way to releases, and none itself.
_ONLY_LINKS = 0.8
# On a page of more blocks it takes too long to find the chosen ones again.
_MOST_BLOCKS = 5_000
# The share of the chosen letters that must be found again, or the page is not what was chosen from.
_FOUND_AGAIN = 0.9
# What a part of a page may have and still be a part of the article that was overlooked: a
# standfirst, a pull quote, a caption, whom to call.
_FEW_BLOCKS, _FEW_LINKS = 4, 1
_MOSTLY = 0.5
_SHORT = 60  # characters
_CHROME_TAGS = frozenset("aside button footer form header nav".split())
# Whole names of parts of a site: `site-footer`, `related-posts`.
_CHROME = re.compile(
    r"(?:[\w-]*[_-])?(?:banner|comments?|footer|menu|nav|navigation|newsletter|pagination|promo|"
    r"related|sidebar|skip|subscribe|tags?|widget)"
    r"(?:[_-](?:area|bar|block|box|container|content|inner|items?|links?|list|posts?|section|wrapper))*",
    re.IGNORECASE,
)
# A whole name of a box, and no heading's: "share-capital-increase" may be one.
_NEVER = re.compile(
    r"(?:breadcrumbs?|(?:cookies?|consent|gdpr)|(?:share|sharing|social))"
    r"(?:[_-]+(?:bars?|banner|box|buttons?|consent|icons?|line|links?|list|media|menu|notice|"
    r"overlay|popup|this|tools?|widget|wrapper))*",
    re.IGNORECASE,
)
_BOXES = ("div", "section", "aside", "ul", "ol", "nav", "form", "dialog", "span")
_LONGEST_NOTICE = 600  # characters
# What small parts of a page say that are not the author's.
_ASIDE = re.compile(
    r"(?:advertisement|back to top|follow us|loading|print|read more|share|sign up|skip|"
    r"subscribe)\b",
    re.IGNORECASE,
)
_PLACES_OF_LANGUAGE = ("/html/@lang", "//meta[@http-equiv='content-language']/@content")
_PLACES_OF_ADDRESS = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
_CHANGED = re.compile("modified|updated|revised", re.IGNORECASE)


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

    tree = markup.html(words)
    if tree is not None:
        _drop_notices(tree)
    found: Any = tree is not None and bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={"extensive_search": False, "original_date": True},
        config=_settings(),
    )
    chosen = list(markup.blocks(found.body)) if found and found.body is not None else []
    kept = _restored(chosen, list(markup.blocks(tree))) if chosen else []
    text, spans = typeset(block.words for block in kept)
    if tree is None or not spans or _linked(kept) > len(text) * _ONLY_LINKS:
        raise Undecodable(
            "no article is found in it. Save the page of one release, or its words as text"
        )
    # A guess, such as the day beside some other news, counts where the words tell no day.
    guess = Facts(date=dates.day(found.date) if found.date else None)
    return Document(text, spans, _facts(found, tree), guess, find_title=True)


def fragment(words: str) -> list[str]:
    """The paragraphs of a piece of HTML that holds nothing but the author's words."""
    tree = markup.html(words)
    return [] if tree is None else [block.words for block in markup.blocks(tree)]


def sitemap(data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The pages and the further sitemaps that a sitemap lists; None if it is none."""
    try:
        root = markup.xml(data)
    except Undecodable:
        return None
    if local_name(root) not in ("urlset", "sitemapindex"):
        return None
    pages, lists = (
        tuple(
            (place.text or "").strip()
            for entry in root
            if local_name(entry) == name
            for place in entry
            if local_name(place) == "loc"
        )
        for name in ("url", "sitemap")
    )
    return pages, lists


@cache
def _settings() -> Any:
    from trafilatura.settings import use_config

    settings = use_config()
    # Else the paragraphs of a short page become one.
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    return settings


def _restored(chosen: list[Block], there: list[Block]) -> list[Block]:
    """The blocks of a page that were chosen from it, with those that got lost between them.

    Lost is a part of an element of which another part was chosen, as of `<div>a<br><br>b</div>`; a
    plain paragraph beside chosen ones; and a small part beside them that does not look like one of
    the site's own, such as a standfirst in a `<div>`.
    """
    if len(there) > _MOST_BLOCKS:
        return chosen
    squeezed = [[re.sub(r"\s+", "", one.words) for one in blocks] for blocks in (chosen, there)]
    alike = SequenceMatcher(None, *squeezed, autojunk=False).get_matching_blocks()
    places = {at for start in alike for at in range(start.b, start.b + start.size)}
    letters = sum(len(squeezed[1][at]) for at in places)
    if letters < _FOUND_AGAIN * sum(map(len, squeezed[0])):
        return chosen
    elements = {there[at].element for at in places}
    parents = {element.getparent() for element in elements} - {None}
    branches = Counter(_branch(block.element, parents) for block in there)
    kept = [
        block
        for at, block in enumerate(there)
        if at in places
        or block.element in elements
        or _is_overlooked(block, _branch(block.element, parents), branches, elements)
    ]
    return kept


def _drop_notices(tree: Any) -> None:
    """Takes small parts out of a page that are never the author's, such as a cookie banner."""
    for element in list(tree.iter(*_BOXES)):
        names = f"{element.get('class', '')} {element.get('id', '')}".split()
        if any(map(_NEVER.fullmatch, names)) and len(element.text_content()) < _LONGEST_NOTICE:
            element.drop_tree()


def _branch(element: Any, parents: set[Any]) -> Any:
    """The outermost element around one that stands beside chosen ones; None if there is none."""
    found = None
    while element is not None:
        if element.getparent() in parents:
            found = element
        element = element.getparent()
    return found


def _is_overlooked(block: Block, branch: Any, branches: Counter[Any], elements: set[Any]) -> bool:
    """Whether a block that was not chosen stands beside chosen ones as a part of the article."""
    if branch is None or (len(block.words) < _SHORT and _ASIDE.match(block.words)):
        return False
    if branch is block.element and branch.tag == "p" and not branch.attrib:
        return True
    return (
        branches[branch] <= _FEW_BLOCKS
        and block.linked <= len(block.words) * _MOSTLY
        and sum(1 for _ in branch.iter("a")) <= _FEW_LINKS
        and not any(_is_chrome(one) for one in branch.iter() if isinstance(one.tag, str))
        and elements.isdisjoint(branch.iter())
    )


def _is_chrome(element: Any) -> bool:
    """Whether an element is one of the site rather than of the article, as far as it says so."""
    names = f"{element.get('class', '')} {element.get('id', '')} {element.get('role', '')}".split()
    return element.tag in _CHROME_TAGS or any(
        _CHROME.fullmatch(name) or _NEVER.fullmatch(name) for name in names
    )


def _linked(blocks: list[Block]) -> int:
    return sum(block.linked for block in blocks)


def _facts(found: Any, tree: Any) -> Facts:
    title = one_line(found.title or "")
    headings = [one_line(one.text_content()) for one in tree.iter("h1")]
    return Facts(
        # Sites add their name to the title: "Ferry returns | Port of Aldmar".
        title=next((one for one in headings if one and one in title), title),
        date=_stated_day(tree),
        body=one_line(found.sitename or "") or None,
        url=_address(tree) or (found.url if is_web_address(found.url or "") else None),
        language=next(
            filter(None, map(language_tag, _written(tree, _PLACES_OF_LANGUAGE))),
            None,
        ),
    )


def _stated_day(tree: Any) -> Any:
    """The day of publication that a page states in its head or as JSON-LD, and no guess."""
    from htmldate import find_date

    stated = [
        *(
            meta
            for meta in tree.iter("meta")
            if not any(_CHANGED.search(value) for value in meta.attrib.values())
        ),
        *(
            script
            for script in tree.iter("script")
            if script.get("type") == "application/ld+json"
            and "datePublished" in (script.text or "")
        ),
    ]
    head = tree.makeelement("head")
    head.extend(map(deepcopy, stated))
    page = tree.makeelement("html")
    page.append(head)
    day = find_date(page, extensive_search=False, original_date=True)
    return dates.day(day) if day else None


def _address(tree: Any) -> str | None:
    base = next(iter(tree.xpath("//base/@href")), "")
    addresses = (urljoin(base, one.strip()) for one in _written(tree, _PLACES_OF_ADDRESS))
    return next(filter(is_web_address, addresses), None)


def _written(tree: Any, places: tuple[str, ...]) -> list[str]:
    return [str(value) for place in places for value in tree.xpath(place)]
