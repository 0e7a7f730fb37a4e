"""A text → pieces that fit an encoder. Together they are the whole text: nothing is cut off."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import Any

from eventqa import sentences

# A word cut in two can need a token more on either side than it did whole.
_SPARE = 2


def windows(text: str, tokenizer: Any, room: int | None) -> list[str]:
    """The text itself if it fits, else its sentences packed into as few windows as they need.

    Args:
        tokenizer: a fast tokenizer of the transformers library.
        room: how many tokens fit, without the special ones; None is any number.
    """
    read = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    starts = [start for start, _ in read["offset_mapping"]]
    if room is None or len(starts) <= room:
        return [text]
    return _pack(text, starts, max(1, room - _SPARE))


def _pack(text: str, starts: list[int], room: int) -> list[str]:
    """Whole sentences packed into windows of at most `room` tokens; a longer one is cut up.

    Args:
        starts: where each token of the text begins, in code points.
    """
    cuts = [0]
    first = fitting = 0  # tokens: where the window begins, where its last whole sentence ends
    for _, end in sentences.spans(text):
        reached = bisect_left(starts, end)
        while reached - first > room:
            first = fitting if fitting > first else first + room
            cuts.append(starts[first])
        fitting = reached
    return [text[a:b] for a, b in pairwise([*cuts, len(text)]) if a < b]
