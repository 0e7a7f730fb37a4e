"""What times the passages of a store speak of, found out once, when their releases are new."""

from __future__ import annotations

import re

from eventqa import periods
from eventqa.types import Period, Release
from eventqa.writer import Writer

LONGEST = 10_000
"""Times and questions are looked for in so many code points of a passage."""

_NUMERIC = re.compile(r"\d[/.]\d{1,2}[/.]\d")


def find(writer: Writer) -> None:
    """Finds the times of all releases whose times are not known yet."""
    for id in writer.untimed():
        release = writer.release(id)
        if release is not None:
            writer.put_spoken(id, of(release))


def of(release: Release) -> list[tuple[Period, ...]]:
    """The times that each passage of a release names, in order; none where it names none.

    Which of 05/06/2018 is the day follows from the other dates of the release.
    """
    habit = periods.day_first([release.text]) if _NUMERIC.search(release.text) else None
    return [
        periods.spoken_of(passage.text[:LONGEST], release.date, habit)
        for passage in release.passages
    ]
