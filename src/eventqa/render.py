"""What has been asked and answered, as HTML: every value escaped, every passage untouched.

Pure: nothing here knows Gradio or the network. The templates lie in `templates/`, and jinja2
escapes whatever enters them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eventqa import words
from eventqa.types import Answer, Freshness, Problem, Span

_SHOWN_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came of it: an answer, or the sentence that says what failed."""

    question: str
    answer: Answer | None
    failure: str = ""

    @property
    def kind(self) -> str:
        """`answered`, `refused` or `failed`."""
        if self.answer is None:
            return "failed"
        return "answered" if self.answer.answered else "refused"


def masthead() -> str:
    """The page's name and what it promises."""
    return _render("masthead.html")


def desk(turns: Sequence[Turn]) -> str:
    """The latest question with its answer; a welcome when nothing was asked yet."""
    return _render("desk.html", turn=turns[-1] if turns else None)


def earlier(turns: Sequence[Turn]) -> str:
    """All questions but the latest, folded, newest first; empty when there are none."""
    return _render("earlier.html", turns=turns[-2::-1]) if len(turns) > 1 else ""


def said(seen: str, heard: str = "") -> str:
    """The page's live region: one line that is seen and read out, and one only read out."""
    return _render("said.html", seen=seen, heard=heard)


def outcome(turn: Turn) -> str:
    """The live region once a question is done; what the desk shows anyway is only read out."""
    if turn.answer is None:
        return said("", f"{words.FAILED}. {turn.failure}")
    if turn.answer.answered:
        return said(words.found(len(turn.answer.hits)))
    return said("", f"{words.NO_ANSWER}. {turn.answer.reason}")


def state(status: str | None, freshness: Freshness, problems: Sequence[Problem]) -> str:
    """What the corpus holds, what is being done to it, and what is wrong with it."""
    lost = len({problem.path for problem in problems if problem.lost})
    doubtful = len({problem.path for problem in problems if not problem.lost})
    return _render(
        "state.html",
        status=status,
        freshness=freshness,
        troubles=words.troubles(lost, doubtful),
        problems=problems[:_SHOWN_PROBLEMS],
        more=max(0, len(problems) - _SHOWN_PROBLEMS),
    )


def pieces(text: str, spans: Iterable[Span]) -> list[tuple[str, bool]]:
    """The text cut at the spans' ends, with whether a piece is marked; joined it is the text.

    >>> pieces("He met her. He left.", [(0, 11)])
    [('He met her.', True), (' He left.', False)]
    """
    cut: list[tuple[str, bool]] = []
    done = 0
    for start, end in _merged(spans, len(text)):
        cut += [(text[done:start], False), (text[start:end], True)]
        done = end
    cut.append((text[done:], False))
    return [piece for piece in cut if piece[0]]


def web_address(url: str | None) -> str | None:
    """The url when a browser may be sent there (http or https, with a host), else None."""
    try:
        parts = urlsplit(url or "")
    except ValueError:  # such as an unfinished IPv6 address
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def _merged(spans: Iterable[Span], length: int) -> Iterator[Span]:
    """The spans in order, kept within the text, overlapping ones made one."""
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, length)
        if start < end:
            yield start, end
            at = end


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values).strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = cast("dict[str, object]", environment.globals)
    known.update(words=words, pieces=pieces, web_address=web_address)
    return environment
