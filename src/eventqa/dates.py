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

# Whoever writes the year first means the month second. A time of day may follow.
_YEAR_FIRST = re.compile(
    r"(?=\d{4}[-/.]|\d{8})(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[T ]\d\d:\d\d.*)?"
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")  # everywhere the day comes first
_LONGEST = 80


def day(text: str) -> dt.date | None:
    """The day that a whole text names, or None when it names none or could mean two.

    `5/4/2018` is April in Paris and May in New York: it is not guessed.
    """
    text = text.strip()
    if len(text) > _LONGEST or not re.search(r"\d", text):
        return None  # and no second lost on each thousand characters
    if found := _YEAR_FIRST.fullmatch(text):
        try:
            return dt.date(int(found[1]), int(found[3]), int(found[4]))
        except ValueError:
            return None
    return _parsed(text)


@cache
def _parser(language: str | None, order: str) -> Any:
    from dateparser.date import DateDataParser

    return DateDataParser(
        languages=[language] if language else _LANGUAGES,
        settings={"STRICT_PARSING": True, "PARSERS": ["absolute-time"], "DATE_ORDER": order},
    )


def _parsed(text: str) -> dt.date | None:
    text = _DOTTED.sub(r"\3-\2-\1", text).replace("º", "")
    for language in ("en", None):  # English alone is fifty times quicker than all
        found = {_parser(language, order).get_date_data(text).date_obj for order in ("DMY", "MDY")}
        if found != {None}:
            # Two readings are no date: 5/4/2018, but also 5-6 May 2018.
            day = found.pop()
            return None if found or day is None else day.date()
    return None
