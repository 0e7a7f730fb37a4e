"""A build that is killed just where it counts; at any moment: `test_unbreakable`."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WordLengths
from states import content

from eventqa import EventQA

CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import WordLengths
from eventqa import EventQA

with EventQA(sys.argv[2], sys.argv[3], encoder=WordLengths(), watch=False) as qa:
    qa.build()
"""


def build_elsewhere(corpus: Path, embeddings: Path, first: str = "") -> int:
    """Builds in another process, after some other statements, and returns how that ended."""
    arguments = [Path(__file__).parent, corpus, embeddings]
    return subprocess.run([sys.executable, "-c", first + CHILD, *map(str, arguments)]).returncode


def fill(corpus: Path, release: int, state: str) -> None:
    """A release of 12 paragraphs, of which the last is the same in all of them."""
    paragraphs = [f"{state} paragraph {n} of release {release}." for n in range(11)]
    text = "\n\n".join([*paragraphs, "About the organisation."])
    (corpus / f"{release}.txt").write_text(f"A title\n\n{text}")


@pytest.mark.parametrize("moment", ["encoded", "switched", "index written"])
def test_a_build_killed_around_the_switch_over_is_whole(corpus, tmp_path, moment):
    """Killed just after the last batch, just after the commit, and before the index is noted."""
    code = {
        "encoded": "build._write = lambda *a: os.kill(os.getpid(), 9)",
        "switched": "Derived.keep = lambda self: os.kill(os.getpid(), 9)",
        "index written": "FaissIndex.save = lambda self, folder: "
        "(open(folder / 'index.faiss', 'wb').write(b'half'), os.kill(os.getpid(), 9))",
    }[moment]
    head = (
        "import os\nfrom eventqa import build\nfrom eventqa.derived import Derived\n"
        f"from eventqa.index import FaissIndex\n{code}\n"
    )
    for release in range(3):
        fill(corpus, release, "first")
    assert build_elsewhere(corpus, tmp_path / "embeddings") == 0
    fill(corpus, 1, "second")
    assert build_elsewhere(corpus, tmp_path / "embeddings", head) == -9
    encoder = WordLengths()
    with EventQA(corpus, tmp_path / "embeddings", encoder=encoder, watch=False) as qa:
        assert qa.freshness.generation == (1 if moment == "encoded" else 2)
        report = qa.build()
        answer = qa.ask("second paragraph 3 of release 1.")
        assert answer.hits[0].passage.text.startswith("second paragraph")
    assert (encoder.encoded, report.encoded, report.generation) == ([], 0, 2)
    with EventQA(corpus, tmp_path / "alone", encoder=WordLengths(), watch=False) as alone:
        alone.build()
    assert content(tmp_path / "embeddings") == content(tmp_path / "alone")
