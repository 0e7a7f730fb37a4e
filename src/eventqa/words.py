"""Every sentence of the page that comes neither from a release nor from `eventqa.qa`."""

from __future__ import annotations

NAME = "eventqa"
PROMISE = "Answers about events in the words of the releases that announced them."

LABEL = "Your question"
PLACEHOLDER = "Who, what, when, where?"
ASK = "Ask"
EXAMPLES = (
    "Which organisations cooperated with Tajikistan to host the conference?",
    "How many countries attended?",
    "Who is the President of Tajikistan?",
    "Which hotel hosted the conference?",
)

TIME = "Let the time named in a question count"
TIME_INFO = "“in May 2018”, “last week”; and what is new comes first"
ASKED_FOR = "Time asked for"

WELCOME = "You get the authors’ own paragraphs, each with its source, or a plain “no answer”."
LOOKING = "Looking through the releases…"
BLANK = "Type a question first."

SOURCES = "In the authors’ words"
NO_ANSWER = "No answer"
NEAREST = "Nearest passages (they do not answer the question)"
NEAREST_LABEL = "nearest"
FAILED = "The question could not be answered"
UNEXPECTED = "Something went wrong inside eventqa. Its log says what; you can ask again."
DRAWN_FROM = "Drawn from"
EARLIER = "Earlier questions"
MORE_PROBLEMS = "{count} more: `eventqa build` lists them all."


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 file`, `2 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def found(number: int) -> str:
    """How many sources there are: `2 passages, the likeliest answer first.`"""
    return "1 passage." if number == 1 else f"{number:,} passages, the likeliest answer first."


def troubles(lost: int, doubtful: int) -> str:
    """What is wrong with the corpus: `2 files could not be read, 1 read with a reservation`."""
    parts: list[str] = []
    if lost:
        parts.append(f"{counted(lost, 'file')} could not be read")
    if doubtful:
        noun = "" if lost else " file" if doubtful == 1 else " files"
        parts.append(f"{doubtful:,}{noun} read with a reservation")
    return ", ".join(parts)


def port_taken(port: int) -> str:
    """Why the page could not be served, and what to do."""
    return (
        f"port {port} is not free on 127.0.0.1. Stop what uses it, or choose another one, "
        f"for example {port + 1}"
    )


def serving(url: str) -> str:
    """Where the page is, for the terminal."""
    return f"eventqa is at {url} (Ctrl+C stops it)"
