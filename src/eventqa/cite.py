"""Does a receipt still hold?

Anyone can check without trusting eventqa: it is a hash, a slice and a comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from eventqa.types import Receipt, Release, Verdict


class Shelf(Protocol):
    """Where releases are looked up, as the corpus has them now."""

    def look_up(self, release_id: str, words: str) -> tuple[Release | None, tuple[Release, ...]]:
        """The release of this id, and every release with a paragraph of exactly these words."""
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
        return Verdict.UNCHANGED
    if holders or (release is not None and receipt.exact in release.text):
        return Verdict.MOVED
    return Verdict.ALTERED if release is not None else Verdict.GONE


def _holds(receipt: Receipt, release: Release) -> bool:
    """Whether the receipt is, in every field, the one that its paragraph would get now."""
    return any(
        passage.number == receipt.paragraph and Receipt.of(passage) == receipt
        for passage in release.passages
    )
