"""The words that times are written with, and the one scan that finds them in a text.

What is found may yet be no time: a name, a number or a verb. `mentions` decides that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from eventqa.days import Way

_MONTHS = (
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
    "september sept sep|october oct|november nov|december dec"
)
MONTHS = {name: n for n, names in enumerate(_MONTHS.split("|"), 1) for name in names.split()}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 12}
"""The month that each begins in."""
ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4, "final": 4}
_CENTURIES = "sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
CENTURIES = {word: number for number, word in enumerate(_CENTURIES.split(), 16)}
_NUMBERS = "a an one|couple two|few three|four|several five|six|seven|eight|nine|ten|eleven|twelve"
NUMBERS: dict[str, int] = {
    **{word: n for n, like in enumerate(_NUMBERS.split("|"), 1) for word in like.split()},
    **{"couple of": 2, "dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50},
}
UNITS = tuple("hour day week weekend fortnight month quarter year decade century".split())

# What the word before a time makes of it.
SINCE = frozenset(["since"])
UNTIL = frozenset(["until", "till", "up to", "through"])
BEFORE = frozenset(["before", "pre-", "prior to"])
AFTER = frozenset(["after", "post-", "following"])
BOUNDS = SINCE | UNTIL | BEFORE | AFTER
BETWEEN = "between"
FROM = frozenset(["from", BETWEEN])
IN = frozenset("in on during at by within throughout over for as".split())
GOVERNING = IN | BOUNDS | FROM
STARTING = frozenset(["starting", "beginning", "effective"])
WAYS: dict[str, Way] = {
    "last": "last",
    "past": "last",
    "this": "this",
    "next": "next",
    "coming": "next",
}
VERBS = frozenset(["may", "march"])
"""The months that are also something else."""
THIRDS = (
    dict.fromkeys(["early", "early in", "beginning of", "start of"], 0)
    | dict.fromkeys(["mid", "mid-", "middle of"], 1)
    | dict.fromkeys(["late", "late in", "end of"], 2)
)

ROUGHLY = frozenset("than nearly almost least over exactly some".split())
NUMBERED = ROUGHLY | frozenset(
    "agenda vision resolution resolutions article articles section sections rule no nos number "
    "numbers flight route room page pages boeing airbus directive regulation bill hr chapter "
    "paragraph channel highway building s. h.r. res. $ € £ ¥ # + = × & @".split()
)
"""A number after one of these is no year."""

NEAR = 40  # characters before or between times that are looked at

# White space is bounded everywhere: the scan stays linear whatever the text.
S, GAP = r"\s{1,3}", r"\s{0,3}"
END = r"(?![^\W_])"
DASH = r"(?:--|[-–—−‒])"


@cache
def scan() -> re.Pattern[str]:
    """Finds what may be a time; the last group it has is the kind.

    Compiled at first use, which takes some 50 milliseconds.
    """
    return re.compile(_TIME, re.VERBOSE)


def after_the(match: re.Match[str]) -> bool:
    """Whether "the" stands right before a time."""
    return match.string[max(0, match.start() - 4) : match.start()].lower() == "the "


def _cased(words: Iterable[str]) -> str:
    """A pattern of some words as they stand in a line, in a heading and in capitals."""
    # Grouped by first letter, so that most words of a text are passed over at their first letter;
    # the flag IGNORECASE would make the scan four times slower.
    forms = {f for word in words for f in (word, word.capitalize(), word.upper())}
    groups: dict[str, list[str]] = {}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        groups.setdefault(form[0], []).append(form[1:].replace(" ", r"\s"))
    return "(?:" + "|".join(f"{k}(?:{'|'.join(v)})" for k, v in sorted(groups.items())) + ")"


_YEAR = r"(?:1\d|2[01])\d\d(?!\d)"
# "May '18", but not "in May '10 men were arrested'": there a quotation opens that ends later on.
# An apostrophe after an s ends no quotation here: "in May '18 the ministers' meeting was held".
_SHORT_YEAR = r"['’‘]\d\d(?!\w)(?![^\n]{0,200}?(?:[^\W_sS]|[.,;:!?])['’](?![^\W_]))"
_NEAR_YEAR = rf"{_cased(('this year', 'last year', 'next year'))}{END}"
_SOME_YEAR = rf"(?:{_YEAR}(?!\s?%)|{_SHORT_YEAR}|{_NEAR_YEAR})"
_MONTH = rf"{_cased(MONTHS)}{END}"
_NTH = r"(?:[sS][tT]|[nN][dD]|[rR][dD]|[tT][hH])?"
_TO = rf"{GAP}(?:{DASH}|/|&|to|and|or|through|TO|AND){GAP}"
_OF = rf"{GAP},?{GAP}(?:(?:of|OF)\s)?"
_NUMBER = rf"(?:\d{{1,3}}|{_cased(NUMBERS)})"
_UNIT = _cased(UNITS)
_FISCAL = r"(?:(?:fiscal|calendar|financial)\s)?"
_HOWS = "this past|this coming|this|last|next|past|coming".split("|")
_PARTS = "earlier later early late".split()
_NEARBY = (
    "today|tonight|yesterday|tomorrow|last night|this morning|this afternoon|this evening|"
    "day before yesterday|day after tomorrow|over the weekend|at the weekend"
).split("|")
# The words that a time can begin with, looked for before anything else: it brought the scan of a
# 70-word paragraph from 75 to 29 microseconds. With the reading of what it finds, a paragraph takes
# 29 (news, 32 words on average) to 54 microseconds (capitals, 81 words), each time in it some 20.
_OPENING = _cased(
    [*MONTHS, *WEEKDAYS, *SEASONS, *_HOWS, *_PARTS, *_NEARBY, *ORDER, *CENTURIES]
    + ["fiscal", "financial", *(f"{number} {unit}" for number in NUMBERS for unit in UNITS)]
)
_TIME = rf"""(?<![0-9A-Za-z_À-ɏ])(?<![0-9][.,:])
    (?=\d|['’‘]\d|Q[1-4]|H[12]|FY|{_OPENING}[sS]?{END})(?:
    (?=\d)(?:
      (?P<iso>(?P<iso_y>\d{{4}})(?P<iso_s>[-/.])(?P<iso_m>\d\d?)(?P=iso_s)(?P<iso_d>\d\d?)(?!\d))
    | (?P<num>(?P<num_a>\d\d?)(?P<num_s>[-/.])(?P<num_b>\d\d?)(?P=num_s)(?P<num_y>\d{{4}})(?!\d))
    | (?P<dm>(?P<dm_d>\d\d?){_NTH}(?:{_TO}(?P<dm_d2>\d\d?){_NTH})?{S}(?:of\s)?
        (?P<dm_m>{_MONTH})(?:\.?{_OF}(?P<dm_y>{_SOME_YEAR}))?)
    | (?P<year>(?<!(?<!\d)\d{{3}}[-.\s])(?P<y>{_YEAR})(?P<y_s>['’]?[sS]{END})?
        (?:(?P<y_to>[-–—/])(?P<y_2>\d\d)(?!\w))?
        (?!\w|[.,:]\d|/(?!{_YEAR})\d|-\d{{1,3}}(?!\d)))
    )
    | (?P<month>(?P<m_m>{_MONTH})(?:
        \.?{_OF}(?P<m_y>{_SOME_YEAR})
      | \.?{S}(?:the\s)?(?P<m_d>\d\d?){_NTH}(?!\w|,\d{{3}}(?!\d)|[.:]\d|\s?%)
        (?:{_TO}(?P<m_d2>\d\d?){_NTH}(?!\w|[.:]\d|\s\w{{1,20}}s\b|{S}(?:of\s)?{_MONTH}))?
        (?:{_OF}(?P<m_dy>{_SOME_YEAR}))?)?)
    | (?P<weekday>(?:(?P<w_how>{_cased(_HOWS)})\s)?(?P<w>{_cased(WEEKDAYS)}){END})
    | (?P<near>{_cased(_NEARBY)}{END})
    | (?P<season>(?P<s>{_cased(SEASONS)}){END}
        (?:{_OF}(?P<s_y>{_SOME_YEAR})(?:[-–/](?:\d\d)?\d\d(?!\d))?)?)
    | (?P<rolling>(?:(?P<r_part>{_cased(_PARTS)})\s)?
        (?P<r_how>{_cased(_HOWS)})\s(?:(?P<r_n>{_NUMBER})\s)?{_FISCAL}
        (?P<r>{_UNIT})(?P<r_s>[sS])?{END})
    | (?P<ago>(?P<a_n>{_NUMBER})\s(?P<a>{_UNIT})[sS]?\s{_cased(("ago",))}{END})
    | (?P<quarter>(?:Q(?P<q_n>[1-4])|H(?P<q_h>[12])
        |(?P<q_w>{_cased(ORDER)}|1st|2nd|3rd|4th)[\s-](?P<q>{_cased(("quarter", "half"))}))
        (?:{GAP},?{GAP}|\s(?:of|in)\s)(?:the\s)?{_FISCAL}(?:year\s)?(?P<q_y>{_SOME_YEAR}))
    | (?P<fiscal>(?:FY|{_cased(("fiscal", "fiscal year", "financial year"))})[\s-]{{0,3}}
        (?P<f_y>{_YEAR}|['’]?\d\d(?!\d))(?:[-/–](?P<f_2>(?:\d\d)?\d\d)(?!\d))?)
    | (?P<century>(?P<c>\d\d?(?:st|nd|rd|th|ST|ND|RD|TH)|{_cased(CENTURIES)})[\s-]
        (?:century|centuries|CENTURY|CENTURIES){END}(?!\s(?:BC|B\.C)))
    | (?P<decade>['’‘](?P<d>[2-9]0)s{END})
    )"""
