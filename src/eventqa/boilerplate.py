"""What stands around releases and tells nothing of them: whom to call, "for immediate release".

Most of it is known by being repeated: words that stand in several releases, the same one published
twice counting once. Some is known by its form, however often it stands. It is kept and cited like
all else, and counts less where it was not asked for.
"""

from __future__ import annotations

import re

from eventqa.parse import NOTICE

REPEATED = 3
"""Words that stand in so many releases are not news: 49 paragraphs of 17,947 in senate_press, most
of them whom to call, and 507 of 108,383 in realtimeqa_2022: headings, newsletters."""

_LONGEST = 400  # code points: what is longer is told, whatever it begins with

_PRESS = r"(?:press|media|news|public affairs|general)"
# A number to call, an address, or names: not what the contacts of two governments were about.
_CALLED = r"(?=.*(?:\d\D?\d\D?\d|@|www\.|https?:)|\W*(?-i:[A-ZÀ-Þ]))"
_FORMS = tuple(
    re.compile(rf"\W*(?:{form})", re.IGNORECASE)
    for form in (
        NOTICE.pattern,
        r"(?:strictly |under )?embargo(?:ed)?(?:\W+(?:until|till)\b.{0,100}|\W*:.{0,40}|\W*)",
        r"not for (?:release|publication)(?: (?:before|until|in)\b.{0,100}|\W*)",
        r"(?:ends?|fin|ende|more(?: follows)?)?\W*",  # or no words at all: ###
        r"[-–—]\s?30\s?[-–—]\W*",
        r"(?:notes? (?:to|for) editors?|about us|contacts?)\W*",
        r"about (?:the )?(?-i:[A-ZÀ-Þ])[^.!?\d\n]{0,60}",
        r"(?:for|pour|para) (?:more|further|additional|plus|más) "
        r"(?:d['’])?(?:info|details|enquir|inquir|quer|question)(?!.*[.;] ).{0,200}",
        r"weitere informationen\b(?!.*[.;] ).{0,200}",
        rf"(?:{_PRESS} )?(?:contacts?|enquir(?:y|ies)|inquir(?:y|ies)|quer(?:y|ies))"
        rf"(?: persons?| information| details)?\s*[:–—-]{_CALLED}.{{0,300}}",
        rf"(?:{_PRESS} (?:office|team|desk)|tel(?:ephone)?|phone|fax|mobile|e-?mail|web(?:site)?)"
        rf"\s*[:.–—-]{_CALLED}.{{0,120}}",
        r"(?:presse?kontakt|contact presse|contacto de prensa|kontakt|contacto)"
        rf"\s*[:–—-]{_CALLED}.{{0,300}}",
        r"(?:share|tweet|print|e-?mail)(?: this\b.{0,60}|\W*)",
        r"(?:like|follow|find|visit) us on\b.{0,160}",
        r"(?:sign up|subscribe)\b.{0,80}\b(?:newsletters?|alerts?|mailing list|inbox)\b.{0,160}",
    )
)

_ASKING = re.compile(
    rf"\b(?:{_PRESS} (?:office|team|desk|officer|relations|enquir\w+|contacts?)|contacts?"
    r"|(?:tele)?phone|fax|e-?mails?|newsletters?|web ?sites?|subscribe"
    r"|who(?:m)?\b.{0,20}\b(?:call|reach|write to)"
    r"|(?:can|could|do|should) (?:i|we|one|you) (?:call|reach|contact|write to))\b",
    re.IGNORECASE,
)


def is_notice(text: str) -> bool:
    """Whether a paragraph is of the kind that stands around releases, by its form."""
    return len(text) <= _LONGEST and any(form.fullmatch(text.strip()) for form in _FORMS)


def is_asked_for(question: str) -> bool:
    """Whether a question asks for what stands around releases: whom to call, where to subscribe."""
    return _ASKING.search(question) is not None
