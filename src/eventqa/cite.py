"""Quotes and links as people copy them, and whether a receipt still holds.

Anyone can check a receipt without trusting eventqa: it is a hash, a slice and a comparison.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any, Protocol

from eventqa.types import Hit, Receipt, Release, Span, Verdict


class Shelf(Protocol):
    """Where releases are looked up, as the corpus has them now."""

    def look_up(self, release_id: str, words: str) -> tuple[Release | None, tuple[Release, ...]]:
        """The release of this id, and every release with a paragraph of exactly these words."""
        ...

    def newer(self, release_id: str) -> str | None:
        """The id of the release that has replaced this one, None if none has."""
        ...


def verify(receipt: Receipt | Mapping[str, Any], qa: Shelf) -> Verdict:
    """What has become of the words on a receipt.

    Looks at the corpus as it is now, encodes nothing and needs no model.

    Args:
        receipt: one from `hit.receipt`, or what its `to_dict` gave.
        qa: an `EventQA`.

    Raises:
        InvalidInput: it is no receipt; the message names what is missing.
        EventQAError: the corpus or the store cannot be used.
    """
    if not isinstance(receipt, Receipt):
        receipt = Receipt.from_dict(receipt)
    release, holders = qa.look_up(receipt.release_id, receipt.exact)
    if release is not None and _holds(receipt, release):
        return Verdict.SUPERSEDED if qa.newer(release.id) else Verdict.UNCHANGED
    if holders or (release is not None and receipt.exact in release.text):
        return Verdict.MOVED
    return Verdict.ALTERED if release is not None else Verdict.GONE


def _holds(receipt: Receipt, release: Release) -> bool:
    """Whether the receipt is, in every field, the one that its paragraph would get now."""
    return any(
        passage.number == receipt.paragraph and Receipt.of(passage) == receipt
        for passage in release.passages
    )


def quote(hit: Hit, span: Span | None = None) -> str:
    """A passage, or a part of it, as a person pastes it: the exact words, then the citation.

    >>> quote(hit)  # doctest: +SKIP
    “The conference was hosted by …”
    — “Title”, UN Office of Counter-Terrorism, Dushanbe, 5 May 2018, paragraph 1, https://…
    """
    text = hit.passage.text
    return f"“{text[slice(*span)] if span else text}”\n— {hit.citation}"


def link(hit: Hit, span: Span | None = None) -> str | None:
    """A link to the release on the web that opens it at the words, None when it has no url.

    The words are a text fragment (WICG, URL Fragment Text Directives): browsers that know it
    scroll to them and mark them, others open the page. A PDF is opened at its page instead (RFC
    8118).

    Args:
        span: the part of the passage that is looked for, else all of it.
    """
    url = hit.passage.release.url
    if not url:
        return None
    is_pdf = urllib.parse.urlsplit(url).path.lower().endswith(".pdf")
    if hit.passage.pages and is_pdf and "#" not in url:
        return f"{url}#page={hit.passage.pages[0]}"
    text = hit.passage.text
    words = (text[slice(*span)] if span else text).split()
    if len(words) > 2 * _FRAGMENT_WORDS:
        parts = [words[:_FRAGMENT_WORDS], words[-_FRAGMENT_WORDS:]]
    else:
        parts = [words]
    directive = ",".join(_escaped(" ".join(part)) for part in parts)
    return f"{url}{'' if '#' in url else '#'}:~:text={directive}"


# A page may break a long quote by other text; its beginning and its end find it all the same.
_FRAGMENT_WORDS = 5


def _escaped(words: str) -> str:
    """Words for a text directive, in which a hyphen, too, has a meaning."""
    return urllib.parse.quote(words, safe="").replace("-", "%2D")
