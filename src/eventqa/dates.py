"""What day a piece of text names. The only home of dateparser."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Any

# Tried in this order; searching all 200 locales of the library takes a second for a miss.
_LANGUAGES = ["en", "fr", "es", "de", "it", "pt", "ru", "ar", "zh", "nl", "pl", "uk", "tr"]

_MONTH = r"[^\W\d_]{3,12}\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"(?:1[5-9]|20|21)\d\d"
WRITTEN = (
    rf"(?:\d{{4}}-\d\d-\d\d(?!\d)"
    rf"|{_DAY}\s+(?:de\s+|of\s+)?{_MONTH},?\s+(?:de\s+)?{_YEAR}(?!\d)"
    rf"|{_MONTH}\s+{_DAY},?\s+{_YEAR}(?!\d)"
    rf"|{_YEAR}年\d{{1,2}}月\d{{1,2}}日)"
)
"""Pattern of what may be a written-out or ISO date; `day` decides whether it is one."""

_NUMERIC = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2\d{2,4}\s*")


def day(text: str) -> dt.date | None:
    """The day that a whole text names, or None when it names none or could mean two.

    `5/4/2018` is April in Paris and May in New York: it is not guessed.
    """
    text = text.strip()
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        pass
    numeric = _NUMERIC.fullmatch(text)
    if numeric and numeric[2] != "." and numeric[1] != numeric[3]:
        either_way = max(int(numeric[1]), int(numeric[3])) <= 12
        if either_way:
            return None
    return _parsed(text) if re.search(r"\d", text) else None


@cache
def _parser(language: str | None) -> Any:
    from dateparser.date import DateDataParser

    return DateDataParser(
        languages=[language] if language else _LANGUAGES,
        settings={"STRICT_PARSING": True, "PARSERS": ["absolute-time"]},
    )


def _parsed(text: str) -> dt.date | None:
    dotted = re.sub(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$", r"\3-\2-\1", text)
    for language in ("en", None):  # English alone is fifty times quicker than all
        found = _parser(language).get_date_data(dotted).date_obj
        if found is not None:
            return found.date()
    return None
