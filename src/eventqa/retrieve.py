"""Question → ranked hits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from eventqa.encoder import Vector
from eventqa.index import Index
from eventqa.types import Hit
from eventqa.view import Ids, Place, View

# A passage can have several vectors and a vector several passages, so some more are fetched.
_SPARE = 16


def retrieve(
    vector: Vector,
    view: View,
    index: Index | None,
    k: int,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    without: Collection[Place] = (),
) -> tuple[Hit, ...]:
    """The at most `k` passages nearest to a question, best first.

    A long passage counts by its nearest window. Among equal scores the order is that of release
    id and paragraph, so the same question always gets the same hits.

    Args:
        index: that of the view's generation; None when it has no passages.
        vector: the question's unit vector, shape (dim,).
        since, until: keep to releases dated in this period, both ends included.
        without: passages that are not to be found.
    """
    if index is None:
        return ()
    among = view.vector_ids_between(since, until) if since or until else None
    size = len(index.ids if among is None else among)
    fetched = min(k + _SPARE, size)
    while True:
        ids, scores = index.search(vector, fetched, among)
        best = _best(ids, dict(zip(ids.tolist(), scores.tolist(), strict=True)), view, since, until)
        ranked = sorted(((-score, place) for place, score in best.items() if place not in without))[
            :k
        ]
        # Whatever was not fetched scores no higher than the last that was: once that is below the
        # k-th passage nothing can still come before it, not even by a tie.
        if fetched >= size or (len(ranked) == k and scores[-1] < -ranked[-1][0]):
            return tuple(_hit(place, -score, view) for score, place in ranked)
        fetched = min(4 * fetched, size)


def _best(
    ids: Ids,
    scores: dict[int, float],
    view: View,
    since: dt.date | None,
    until: dt.date | None,
) -> dict[Place, float]:
    best: dict[Place, float] = {}
    for id, release, number in view.places(ids, since, until):
        place = (release, number)
        best[place] = max(scores[id], best.get(place, -1.0))
    return best


def _hit(place: Place, score: float, view: View) -> Hit:
    id, number = place
    release = view.release(id)
    if release is None:
        raise RuntimeError(f"the store has a passage {number} of {id!r} but not the release")
    # Rounding can carry the product of two unit vectors a hair beyond one.
    return Hit(release.passages[number - 1], min(1.0, max(-1.0, score)))
