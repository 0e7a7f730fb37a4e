"""How many of the author's paragraphs come back whole from a PDF.

Sets the releases of a .jsonl file in several type sizes, widths and gaps, justified and ragged,
reads the PDFs and counts the paragraphs that are exactly what was set:

    python benchmarks/paragraphs.py ../shared/bench/un_press_mini/corpus.jsonl
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fpdf import FPDF

from eventqa.readers import read

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
SIZES = (9, 10, 11, 12, 13)  # points
WIDTHS = (0, 150, 110)  # of the column in mm; 0: as wide as the page
GAPS = (3.0, 1.2)  # between paragraphs, mm
ALIGNMENTS = ("L", "J")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("releases", type=Path, help='.jsonl file with "title" and "text"')
    releases = list(_releases(parser.parse_args().releases))
    paragraphs = whole = turns = titles = files = 0
    for style in itertools.product(SIZES, WIDTHS, GAPS, ALIGNMENTS):
        for title, texts in releases:
            (release,) = read("set.pdf", _set(title, texts, *style)).releases
            found = Counter(passage.text for passage in release.passages)
            paragraphs += len(texts)
            whole += (found & Counter(texts)).total()
            titles += release.title == title
            turns += len(release.pages) - 1
            files += 1
    print(f"{files:,} PDFs with {turns:,} page turns")
    print(f"paragraphs whole {whole:,} of {paragraphs:,} ({whole / paragraphs:.4f})")
    print(f"titles {titles:,} ({titles / files:.4f})")


def _releases(file: Path) -> Iterator[tuple[str, list[str]]]:
    for line in file.read_text("utf-8").splitlines():
        values = json.loads(line)
        texts = [" ".join(text.split()) for text in values["text"].split("\n\n")]
        yield " ".join(values["title"].split()), [text for text in texts if text]


def _set(title: str, texts: list[str], size: int, width: int, gap: float, align: str) -> bytes:
    paper = FPDF()
    paper.add_font("sans", fname=FONT)
    paper.add_page()
    paper.set_font("sans", size=16)
    paper.multi_cell(0, 8, title, align="L")
    paper.ln(4)
    paper.set_font("sans", size=size)
    for text in texts:
        paper.multi_cell(width, size / 2, text, align=align)
        paper.ln(gap)
    return bytes(paper.output())


if __name__ == "__main__":
    main()
