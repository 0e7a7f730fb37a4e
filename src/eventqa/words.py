"""Every sentence of the page that comes neither from a release nor from `eventqa.qa`.

Here in English. `LABELS` are translated in the browser (Gradio's I18n, by its language): a
translation is one more mapping with the same keys. All others are rendered on the server.
"""

from __future__ import annotations

from eventqa.types import CHANGES, Change, Sureness, written_date

NAME = "eventqa"
PROMISE = "Answers about events in the words of the releases that announced them."

LABELS = {
    "ask_tab": "Ask",
    "archive_tab": "Archive",
    "question": "Your question",
    "placeholder": "Who, what, when, where?",
    "ask": "Ask",
}

# Asking
WELCOME = "You get the authors’ own paragraphs, each with its source, or a plain “no answer”."
LOOKING = "Looking through the releases…"
BLANK = "Type a question first."
TRY = "Questions that the newest releases answer"
FOLLOW_UP = "Could be asked next"
COULD_MEAN = "You could ask"
INSTEAD = "Questions that these releases answer"

NOT_SENT = "The question could not be sent. Ask again in a moment."
FORGOTTEN = "This answer is no longer kept for you. Ask the question again."

# Reading
READ_AS = "Read as"
AS_TYPED = "Read exactly as typed"
ALONE = "Ask exactly as typed"
TOGETHER = "Read it with the questions before"

# Time
ASKED_FOR = "Time asked for"
ANY_TIME = "any"
NO_TIME = "any, at your wish"
FROM = "From"
TO = "To"
CHANGE_TIME = "Ask for this time"
REMOVE_TIME = "Remove this time"
RESTORE_TIME = "Let time count again"

# Answers
SOURCES = "Other sources"
NO_ANSWER = "No answer"
NEAREST = "Nearest passages (they do not answer the question)"
NEAREST_LABEL = "nearest"
FAILED = "The question could not be answered"
UNEXPECTED = "Something went wrong inside eventqa. Its log says what; you can ask again."
DRAWN_FROM = "Drawn from"
EARLIER = "Earlier questions"
MARK_BEGINS = "answering sentence begins"
MARK_ENDS = "answering sentence ends"
PARAGRAPH_BEGINS = "cited paragraph begins"
PARAGRAPH_ENDS = "cited paragraph ends"
SURENESS = {
    Sureness.STRONG: "Strong match",
    Sureness.FAIR: "Fair match",
    Sureness.WEAK: "Weak match: read it with care",
}

# Buttons of a source
COPY_SENTENCE = "Copy sentence"
COPY_PARAGRAPH = "Copy paragraph"
COPY_LINK = "Copy link"
COPIED = "Copied"
NOT_COPIED = "Could not copy"
OPEN = "Open the release"

# The source panel
SOURCE = "Source"
SOURCE_EMPTY = "The release behind an answer opens here, with the cited paragraph marked."
SOURCE_GONE = "This release is no longer in the archive."
PUBLISHED = "The release as published"
PREVIOUS = "Previous source"
NEXT = "Next source"
BACK = "Back to the answer"
CLOSE = "Close the release"
SHORTENED = "A very long release: only the part around the cited paragraph is shown."
BEGINNING = "A very long release: only its beginning is shown."
OPEN_ALL = "Show all of it"
CHANGED_SINCE = "This release has been changed since the answer was given. Shown is what was cited."
SUPERSEDED = "superseded"
SUPERSEDED_BY = "A newer version has replaced this release:"
SUPERSEDES = "Replaces an older version:"
ALSO_PUBLISHED = "Also published:"
COMPARE = "What changed"
COMPARE_COPY = "What differs"
COMPARED = "What differs between the two, words that are gone struck out"
FACTS = {
    "title": "Title:",
    "body": "Issued by:",
    "place": "Place:",
    "date": "Date:",
    "url": "Address:",
}
REMOVED_BEGINS = "removed"
ADDED_BEGINS = "added"
CHANGE_ENDS = "end"
BACK_TO_TEXT = "Show the release"
GONE_SINCE = "This release has left the archive since the answer was given."

# The archive
STATE = "State of the archive"
REBUILD = "Look for changes now"
REBUILDING = "Looking for changes…"
LAST_CHANGE = "Last change"
FILTER = "Filter the releases"
SEARCH = "Search title, place, body, file"
PLACE = "Place"
BODY = "Issued by"
ALL_PLACES = "All places"
ALL_BODIES = "All bodies"
CLEAR = "Show all"
OVER_TIME = "Releases over time"
OVER_TIME_HINT = "choose a bar to see only its releases"
RELEASES = "Releases"
NO_RELEASES = "No release matches. Change the filter, or show all."
UNREAD = "The releases are being read for the first time. They are listed here when that is done."
EMPTY = "The archive is empty. Put releases into the corpus folder; they are read by themselves."
UNTITLED = "Untitled"
NO_DATE = "no date"
IN_THE_FUTURE = "(in the future?)"
SHOW_UNDATED = "Show them"
DATE = "Date"
TITLE = "Title"
PASSAGES = "Passages"
PREVIOUS_PAGE = "Previous page"
NEXT_PAGE = "Next page"
MORE_PROBLEMS = "{count} more: `eventqa build` lists them all."
SEE_ARCHIVE = "see Archive"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def found(number: int) -> str:
    """How many sources there are: `2 passages, the likeliest answer first.`"""
    return "1 passage." if number == 1 else f"{number:,} passages, the likeliest answer first."


def promised(risk: float) -> str:
    """What is promised of an answer."""
    return f"Promised: of such answers at most {risk:.0%} have no such passage."


def position(number: int, total: int) -> str:
    """Which of the sources is open: `Source 2 of 5`."""
    return f"Source {number} of {total:,}"


def paragraphs(number: int) -> str:
    """`11 paragraphs`."""
    return counted(number, "paragraph")


def shown(start: int, end: int, total: int) -> str:
    """Which releases are listed: `1 to 50 of 3,000 releases`."""
    if not total:
        return "No releases"
    return f"{start + 1:,} to {end:,} of {counted(total, 'release')}"


def bar(name: str, releases: int) -> str:
    """What a bar stands for: `May 2018: 3 releases`."""
    return f"{name}: {counted(releases, 'release')}"


def repeated(releases: int) -> str:
    """In how many releases a paragraph stands."""
    return f"These words stand in {counted(releases, 'release')}."


def differing(changed: int, of: int) -> str:
    """How much differs: `2 of 11 paragraphs differ.`"""
    if not changed:
        return "No paragraph differs."
    return f"{changed:,} of {paragraphs(of)} differ{'s' if of == 1 else ''}."


def undated(number: int) -> str:
    """How many releases have no place on the time line."""
    return f"{counted(number, 'release')} without a date"


def change(done: Change) -> str:
    """What a build did: `5 May 2018, 10:12: 2 added, 1 removed`."""
    local = done.at.astimezone()
    counts = [f"{getattr(done, kind):,} {kind}" for kind in CHANGES if getattr(done, kind)]
    return f"{written_date(local.date())}, {local:%H:%M}: {', '.join(counts) or 'details of files'}"


def troubles(lost: int, doubtful: int) -> str:
    """What is wrong with the corpus: `2 files could not be read, 1 read with a reservation`."""
    parts: list[str] = []
    if lost:
        parts.append(f"{counted(lost, 'file')} could not be read")
    if doubtful:
        noun = "" if lost else " file" if doubtful == 1 else " files"
        parts.append(f"{doubtful:,}{noun} read with a reservation")
    return ", ".join(parts)


def port_taken(host: str, port: int, reason: str = "") -> str:
    """Why the page could not be served, and what to do."""
    return (
        f"port {port} is not free on {host}{reason}. Stop what uses it, or choose another one, "
        f"for example {port + 1 if 1023 < port < 65535 else 7860}"
    )


def serving(url: str) -> str:
    """Where the page is, for the terminal."""
    return f"eventqa is at {url} (Ctrl+C stops it)"
