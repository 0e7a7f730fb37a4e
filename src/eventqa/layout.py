"""Lines of print on pages → the author's paragraphs, in the order in which they are read.

A page says where each line stands and in which type, not which lines belong together. Running
heads and page numbers are left out: they are of the pages, not of the text. A line that ends
although the next word would have fitted was ended by its author; the others are wrapped. A
paragraph goes on over the end of a column or page unless its author ended its last line.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from eventqa.document import BETWEEN
from eventqa.parse import NOTICE


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print. Lengths are in points, from the lower left corner of the page."""

    words: str  # one line, without white space around it
    left: float
    right: float
    bottom: float
    top: float
    size: float  # of its type
    first: float  # how wide its first word is
    font: str = ""  # of all its letters; empty where it has several
    hyphenated: bool = False  # a hyphen was at its end, which is not among the words


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page in the order of its file, which is that of reading."""

    lines: tuple[Line, ...]
    height: float  # in points


@dataclass(slots=True)
class Block:
    """The lines of one paragraph, each with its page from 0 and what stands before it."""

    lines: list[tuple[int, Line]] = field(default_factory=list[tuple[int, Line]])
    joints: list[str] = field(default_factory=list[str])  # before each line but the first

    @property
    def words(self) -> str:
        first = self.lines[0][1].words
        rest = zip(self.joints, self.lines[1:], strict=True)
        return first + "".join(joint + line.words for joint, (_, line) in rest)

    @property
    def size(self) -> float:
        return median(line.size for _, line in self.lines)


# Running heads stand in this share of a page's height, at its upper and lower end …
_MARGIN = 0.14
# … on this share of the pages at least: left and right pages often have different ones.
_OFTEN = 0.4
_NUMBER = re.compile(
    r"[-–—|\s]*(?:(?:page|seite|página|pagina|стр\.?|p\.|s\.)\s*)?(?P<page>\d{1,4})"
    r"(?:\s*(?:of|von|de|sur|di|из|/|\|)\s*(?P<all>\d{1,4}))?[-–—|\s]*",
    re.IGNORECASE,
)
# How much wider than between two lines it is between two paragraphs, and how different two sizes.
_WIDER = 1.12
_OTHER_SIZE = 1.08
_INDENTED = 0.8  # of the size
_SPACE = 0.3  # of the size; what is between two words is rarely wider
_ENDED = re.compile(r"[.!?:;…。؟।][\"'”’»)\]]*$")
_BULLET = re.compile(r"[•‣▪▫●○■□◦∙\uf0b7]\s*\S")
# Where a line is wrapped it may begin so by chance.
_LIKE_A_BULLET = re.compile(r"(?:[·*–—-]|\(?(?:\d{1,2}|[a-z])[.)])\s+\S")
# A full stop after one of these hardly ends a sentence.
_SHORT = re.compile(
    r"\b(?:[A-Z]|Mr|Mrs|Ms|Messrs|Dr|St|Prof|Gen|Col|Sen|Rep|Gov|Hon|No|vs|Inc|Ltd|Co|Jr|Sr|etc)\.$"
)
_LONGEST_TITLE = 300


def blocks(pages: Sequence[Page], joined: Callable[[str, str], bool]) -> list[Block]:
    """The paragraphs of some pages, in order.

    Args:
        joined: whether the halves of a word that was broken with a hyphen belong together without
            one: `parti`, `cipants`, but not `counter`, `terrorism`.
    """
    lines = [(number, line) for number, page in enumerate(_bare(pages)) for line in page.lines]
    leading = _leading(lines)
    edges = _edges(lines)
    found: list[Block] = []
    for at, (page, line) in enumerate(lines):
        joint = _joint(lines[at - 1], (page, line), leading, edges[at - 1], joined) if at else None
        if joint is None:
            found.append(Block([(page, line)]))
        else:
            found[-1].lines.append((page, line))
            found[-1].joints.append(joint)
    return found


def set_out(found: Sequence[Block], pages: int) -> tuple[str, tuple[int, ...]]:
    """The text of some paragraphs with blank lines between them, and where each page begins."""
    text: list[str] = []
    length = 0
    starts: list[int] = []

    def add(words: str) -> None:
        nonlocal length
        text.append(words)
        length += len(words)

    for number, block in enumerate(found):
        add(BETWEEN if number else "")
        for joint, (page, line) in zip(["", *block.joints], block.lines, strict=True):
            add(joint)
            starts += [length] * (page + 1 - len(starts))
            add(line.words)
    return "".join(text), (*starts, *[length] * (pages - len(starts)))


def title(found: Sequence[Block]) -> str:
    """What is printed larger than the text, at its top; empty if nothing is."""
    body = _most_letters((block.size, block.words) for block in found)
    top = found[:_TOP]
    # What stands above "Press release" is who issues it.
    notices = [at for at, block in enumerate(top) if NOTICE.fullmatch(block.words)]
    head = [
        block
        for at, block in enumerate(top)
        if block.size > body * _TITLE
        and len(block.words) <= _LONGEST_TITLE
        and at not in notices
        and (at > notices[0] if notices else True)
    ]
    largest = max(head, key=lambda block: round(block.size, 1), default=None)
    return " ".join(largest.words.split()) if largest else ""


# How many paragraphs from the top may be the title, and how much larger than the text it is.
_TOP = 6
_TITLE = 1.1


def _most_letters(sized: Iterable[tuple[float, str]]) -> float:
    """The size in which most letters are set; 0 of none."""
    sizes = Counter[float]()
    for size, words in sized:
        sizes[round(size, 1)] += len(words)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _bare(pages: Sequence[Page]) -> Iterator[Page]:
    """The pages without running heads and numbers."""
    often = Counter(
        head
        for number, page in enumerate(pages)
        for head in {
            one for line in page.lines if _is_marginal(line, page) for one in _heads(line, number)
        }
    )
    least = max(2, len(pages) * _OFTEN)
    body = _most_letters((line.size, line.words) for page in pages for line in page.lines)
    # Of two pages often only the second has a head; it stands above where the text begins.
    begins = max((line.bottom for page in pages[:1] for line in page.lines), default=0.0)
    for number, page in enumerate(pages):
        kept = [
            line
            for line in page.lines
            if not _is_marginal(line, page)
            or not (
                any(often[one] >= least for one in _heads(line, number))
                or _is_number(line, number, len(pages))
                or (number and line.bottom > begins + line.size and line.size * _OTHER_SIZE < body)
            )
        ]
        yield Page(tuple(kept), page.height)


def _heads(line: Line, page: int) -> set[tuple[str, int]]:
    """What a running head may have on every page: its height, and its words.

    Or its words but the number of the page, wherever that may stand.
    """
    height = round(line.bottom / _SAME_HEIGHT)
    numbers = re.finditer(rf"\b{page + 1}\b", line.words)
    masked = (f"{line.words[: one.start()]}#{line.words[one.end() :]}" for one in numbers)
    return {(words, height) for words in (line.words, *masked)}


def _is_number(line: Line, page: int, pages: int) -> bool:
    """Whether a line is nothing but the number of its page, perhaps with that of all pages."""
    found = _NUMBER.fullmatch(line.words)
    return (
        found is not None and int(found["page"]) == page + 1 and int(found["all"] or pages) == pages
    )


_SAME_HEIGHT = 4.0  # points


def _is_marginal(line: Line, page: Page) -> bool:
    middle = (line.bottom + line.top) / 2 / page.height if page.height else 0.5
    return middle < _MARGIN or middle > 1 - _MARGIN


def _leading(lines: Sequence[tuple[int, Line]]) -> float:
    """How many times its size a line is below the one before, as most are."""
    steps = Counter(
        round((above.bottom - below.bottom) / below.size, 2)
        for (page, above), (next_page, below) in pairwise(lines)
        if page == next_page and below.size and _alike(above, below)
    )
    plausible = {step: count for step, count in steps.items() if 0.8 <= step <= 2.6}
    # Where paragraphs of one line have as many gaps as others have lines, lines are the narrower.
    most = max(plausible.values(), default=0)
    return min((step for step, count in plausible.items() if 3 * count >= most), default=1.2)


def _edges(lines: Sequence[tuple[int, Line]]) -> list[float]:
    """Where the column of each line ends on the right, told by its lines of the same type."""
    ends: dict[tuple[int, int, int], float] = {}
    keys: list[tuple[int, int, int]] = []
    column = 0
    for at, now in enumerate(lines):
        column += bool(at and _turned(lines[at - 1], now))
        line = now[1]
        keys.append((column, round(line.size), round(line.left / _GRID)))
        ends[keys[-1]] = max(ends.get(keys[-1], 0.0), line.right)
    near = range(-_NEAR, _NEAR + 1)
    return [
        max(ends.get((column, size, left + step), 0.0) for step in near)
        for column, size, left in keys
    ]


# Lines that begin so near to each other, in points, are of one column, even if one is indented.
_GRID, _NEAR = 10, 4


def _turned(before: tuple[int, Line], now: tuple[int, Line]) -> bool:
    """Whether a line is on another page than the one before, or in another column."""
    (page, above), (next_page, below) = before, now
    return page != next_page or below.bottom > above.bottom + above.size / 2


def _joint(
    before: tuple[int, Line],
    now: tuple[int, Line],
    leading: float,
    edge: float,
    joined: Callable[[str, str], bool],
) -> str | None:
    """What stands between two lines of one paragraph; None where another one begins."""
    above, below, turned = before[1], now[1], _turned(before, now)
    if not _alike(above, below) or _BULLET.match(below.words):
        return None
    step = (above.bottom - below.bottom) / below.size if below.size else 0.0
    if not turned and step > leading * _WIDER:
        return None
    if _is_wide(above.words[-1]) and _is_wide(below.words[0]):
        # Chinese and Japanese are wrapped anywhere, and have no spaces.
        return _wide_joint(above, below, edge, turned)
    if above.hyphenated:
        return "" if joined(*halves(above, below)) else "-"
    ended = _is_ended(above) or _LIKE_A_BULLET.match(below.words)
    if _fits(above, below, edge):
        return None if turned or ended else "\n"
    if turned:
        # A full last line that ends a sentence ends its paragraph or not, equally often. Cut there,
        # .9946 of 25,680 paragraphs come back whole; not cut, .9928 (`benchmarks/paragraphs.py`).
        return None if ended and not below.words[0].islower() else " "
    indented = below.left - above.left > below.size * _INDENTED
    return None if indented and ended else " "


def _wide_joint(above: Line, below: Line, edge: float, turned: bool) -> str | None:
    if above.right + above.size < edge:
        return None if turned or _is_ended(above) else "\n"
    return None if turned and _is_ended(above) else ""


def _is_ended(line: Line) -> bool:
    """Whether a sentence ends with a line."""
    return _ENDED.search(line.words) is not None and _SHORT.search(line.words) is None


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _alike(above: Line, below: Line) -> bool:
    """Whether two lines are set in one type."""
    larger, smaller = max(above.size, below.size), min(above.size, below.size)
    sizes = smaller > 0 and larger / smaller <= _OTHER_SIZE
    return sizes and (above.font == below.font or not above.font or not below.font)


def _fits(above: Line, below: Line, edge: float) -> bool:
    """Whether the first word of a line would have had room at the end of the one before."""
    return above.right + _SPACE * above.size + below.first < edge


def halves(above: Line, below: Line) -> tuple[str, str]:
    """What stands before and after a hyphen at the end of a line."""
    found = re.match(r"\w+", below.words)
    return re.split(r"[\s–—-]", above.words)[-1], found[0] if found else ""
