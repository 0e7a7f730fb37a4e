"""What happens around a store: full disks, no right to write, other clocks, folders that go.

Each is met a few times here, and often or in large in `make torture`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import WordLengths
from states import content, found, texts, until
from test_unbreakable import times
from unbreakable import (
    MOST,
    QUESTIONS,
    TESTS,
    Keyed,
    answers,
    built_or_said,
    fill,
    fresh,
    mounted,
    outcome,
    tell,
    write,
)

from eventqa import EventQA, EventQAError
from eventqa.encoder import BATCH
from eventqa.store import FILE


@times(4, 40)
def test_a_full_disk_is_told_and_what_was_encoded_before_is_kept(corpus, tmp_path, times):
    fill(corpus, MOST)
    wanted, there = fresh(corpus, tmp_path / "fresh")
    needed = sum(file.stat().st_size for file in (tmp_path / "fresh").iterdir())
    ended, twice = Counter[str](), 0
    for number in range(times):
        # From next to nothing to what the build and its log fit into.
        size = 65_536 + int(4 * needed * number / times)
        place = tmp_path / f"{number}"
        with mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs", at=place):
            first, second = Keyed(), Keyed()
            said = built_or_said(corpus, place, first)
            assert said == "" or ("Make room on the disk" in said and str(place) in said), said
            ended["told" if said else "built"] += 1
            subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)
            assert answers(corpus, place, second) == wanted
            assert built_or_said(corpus, place, second) == ""
            assert content(place) == there
        encoded = [*first.encoded, *second.encoded]
        assert len(encoded) - len(set(encoded)) <= BATCH
        twice += len(encoded) - len(set(encoded))
    assert ended["told"] and ended["built"]
    tell(f"full disks: {times} sizes, {dict(ended)}; then all as fresh, {twice} encoded again")


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from unbreakable import Keyed
from eventqa import EventQA, EventQAError
with EventQA(sys.argv[2], sys.argv[3], encoder=Keyed(), watch=False) as qa:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
    try:
        qa.build()
    except EventQAError as error:
        print(error)
"""


@times(1, 20)
def test_a_store_that_may_not_grow_says_so_and_goes_on_when_it_may(corpus, tmp_path, times):
    fill(corpus, MOST)
    wanted, there = fresh(corpus, tmp_path / "fresh")
    needed = max(file.stat().st_size for file in (tmp_path / "fresh").iterdir())
    for number in range(times):
        place, limit = tmp_path / f"{number}", int(needed * (number + 1) / (times + 2))
        command = [sys.executable, "-c", LIMITED, TESTS, corpus, place, limit]
        done = subprocess.run(map(str, command), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "cannot be used" in done.stdout and "Make room on the disk" in done.stdout
        assert answers(corpus, place) == wanted
        assert built_or_said(corpus, place) == ""
        assert content(place) == there
    tell(f"files that may not grow: {times} limits, each told and then as fresh")


def test_a_disk_that_is_full_once_the_store_is_in_step_costs_the_next_start_time_and_no_more(
    corpus, tmp_path, monkeypatch, caplog
):
    fill(corpus, 5)
    wanted, there = fresh(corpus, tmp_path / "fresh")
    place, encoder = tmp_path / "embeddings", WordLengths()

    def full(*_: object) -> None:
        raise EventQAError("the store cannot be used (full). Make room on the disk")

    with monkeypatch.context() as patch, EventQA(corpus, place, encoder=encoder) as qa:
        patch.setattr("eventqa.store.Store.seal", full)
        assert qa.build().added == 9  # five and the page, and three lines
        assert "Make room on the disk" in caplog.text
        assert qa.status is None
    assert answers(corpus, place, encoder) == wanted
    assert content(place) == there
    assert len(encoder.encoded) == len(set(encoder.encoded))


def test_who_has_a_store_open_while_another_one_mends_it_answers_from_the_mended_one(
    corpus, tmp_path
):
    fill(corpus, 5)
    place = tmp_path / "embeddings"
    wanted = answers(corpus, place)
    with EventQA(corpus, place, encoder=WordLengths(), watch=False) as early:
        early.build()
        before = [found(early, question, 10) for question in QUESTIONS]
        with (place / FILE).open("r+b") as file:
            file.seek((place / FILE).stat().st_size // 2)
            file.write(b"damage" * 100)
        assert answers(corpus, place) == wanted  # and it is mended
        assert [found(early, question, 10) for question in QUESTIONS] == before
        write(corpus, 99)
        assert early.build().added == 1
    assert outcome(corpus, place, answers(corpus, tmp_path / "fresh")) == "same"


def test_a_store_that_cannot_be_written_to_is_answered_from_and_a_build_says_why(corpus, tmp_path):
    fill(corpus, 10)
    place = tmp_path / "embeddings"
    wanted = answers(corpus, place)
    with mounted("--bind", str(place), at=place):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        assert answers(corpus, place) == wanted
        said = built_or_said(corpus, place)
        assert f"{str(place)!r} cannot be written to (Read-only file system)" in said
        assert "Questions are answered from what was built" in said
        (corpus / "3.txt").unlink()
        with EventQA(corpus, place, encoder=WordLengths(), watch=False) as qa:
            assert "3.txt" not in {id for id, *_ in found(qa, "minister number 3", 50)}
            until(lambda: "cannot be written to" in (qa.status or ""))
    write(corpus, 3)
    assert outcome(corpus, place, wanted) == "same"


READ_ONLY = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from unbreakable import answers, built_or_said
corpus, place = map(Path, sys.argv[2:])
print(json.dumps([answers(corpus, place), built_or_said(corpus, place)]))
"""
# The administrator may write everywhere; without this right only where the modes of files say so.
ORDINARY = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]


@pytest.mark.skipif(os.name == "posix" and not shutil.which("setpriv"), reason="needs util-linux")
def test_whoever_may_only_read_is_answered_and_told_that_a_build_is_not_allowed(corpus, tmp_path):
    fill(corpus, 5)
    place = tmp_path / "embeddings"
    wanted = answers(corpus, place)
    for file in place.iterdir():
        file.chmod(0o444)
    place.chmod(0o555)
    ordinary = ORDINARY if os.getuid() == 0 else []
    command = [*ordinary, sys.executable, "-c", READ_ONLY, TESTS, corpus, place]
    done = subprocess.run(map(str, command), capture_output=True, text=True)
    place.chmod(0o755)
    assert done.returncode == 0, done.stderr
    given, said = json.loads(done.stdout)
    assert given == json.loads(json.dumps(wanted))
    assert f"{str(place)!r} cannot be written to (Permission denied)" in said


YEAR = 365 * 86_400 * 10**9


@pytest.mark.parametrize("back", [0, 3_600 * 10**9, 10 * YEAR, 50 * YEAR, -80 * YEAR])
def test_an_edit_is_noticed_however_its_file_is_dated(corpus, open_qa, back):
    file = corpus / "a.txt"
    file.write_text("The first words.")
    stamp = file.stat().st_mtime_ns - 60 * 10**9
    os.utime(file, ns=(stamp, stamp))
    qa = open_qa()
    assert texts(qa, "the words") == ["The first words."]
    file.write_text("The later words.")  # as long as before
    os.utime(file, ns=(stamp - back, stamp - back))
    assert texts(qa, "the words") == ["The later words."]


@pytest.mark.parametrize("ahead", [3_600, 40 * 365 * 86_400])
def test_a_clock_that_is_set_back_costs_no_answer(corpus, tmp_path, monkeypatch, ahead):
    fill(corpus, 10)
    for file in corpus.iterdir():
        os.utime(file, (time.time() + ahead,) * 2)

    class Ahead(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + dt.timedelta(seconds=ahead)

    with monkeypatch.context() as patch:
        clock = {**vars(time), "time_ns": lambda: time.time_ns() + ahead * 10**9}
        patch.setattr("eventqa.corpus.time", SimpleNamespace(**clock))
        for module in ("writer", "build"):
            patch.setattr(
                f"eventqa.{module}.dt", SimpleNamespace(**{**vars(dt), "datetime": Ahead})
            )
        answers(corpus, tmp_path / "embeddings")
    with EventQA(corpus, tmp_path / "embeddings", encoder=WordLengths(), watch=False) as qa:
        assert qa.freshness.built_at > dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead - 60)
        write(corpus, 3, "another")
        (corpus / "4.txt").unlink()
        write(corpus, 50)
        assert "another step" in str(texts(qa, "another step for Khujand"))
        qa.build()
        assert qa.freshness.built_at <= dt.datetime.now(dt.UTC)
    wanted, there = fresh(corpus, tmp_path / "fresh")
    assert answers(corpus, tmp_path / "embeddings") == wanted
    assert content(tmp_path / "embeddings") == there


def test_a_drive_that_is_not_there_for_a_while_costs_no_encoding(corpus, tmp_path):
    drive, encoder = tmp_path / "drive", Keyed()
    drive.mkdir()
    fill(drive, 10)
    wanted = answers(drive, tmp_path / "fresh")
    with EventQA(corpus, tmp_path / "embeddings", encoder=encoder, watch=True) as qa:
        for _ in range(3):
            with mounted("--bind", str(drive), at=corpus):
                # Whether before or after the watch has seen it.
                until(lambda: qa.ask("the bridge").freshness.releases == 14)
                assert answers(corpus, tmp_path / "embeddings", encoder) == wanted
            until(lambda: qa.ask("the bridge").why == "empty")
            corpus.rmdir()
            with pytest.raises(EventQAError, match="cannot be read.*Nothing was removed"):
                qa.ask("the bridge")
            corpus.mkdir()
    assert (
        len(encoder.encoded)
        == len(set(encoder.encoded))
        == len(content(tmp_path / "fresh")["vectors"])
    )


@times(2_000, 100_000)
def test_very_many_tiny_files_are_built_and_found(corpus, tmp_path, times):
    for number in range(times):
        if number % 1_000 == 0:
            (corpus / f"{number}").mkdir()
        file = corpus / f"{number // 1_000 * 1_000}" / f"{number}.txt"
        file.write_text(f"Event {number}\n\nThe event number {number} took place in the hall.")
    took = []

    def build() -> object:
        began = time.monotonic()
        with EventQA(corpus, tmp_path / "embeddings", encoder=WordLengths(), watch=False) as qa:
            report = qa.build()
        took.append(time.monotonic() - began)
        return report.added, report.changed, report.unchanged

    assert build() == (times, 0, 0)
    # A file touched less than two seconds ago is read once more.
    time.sleep(2)
    build()
    assert build() == (0, 0, times)
    (corpus / "0" / "7.txt").write_text("Event 7\n\nThe event number 7 was moved to the garden.")
    assert build() == (0, 1, times - 1)
    with EventQA(corpus, tmp_path / "embeddings", encoder=WordLengths(), watch=False) as qa:
        assert "moved to the garden" in texts(qa, "What was moved to the garden?", 1)[0]
        last = times - 1
        assert f"number {last} " in str(texts(qa, f"Where was event number {last}?", 5))
        asked = []
        for number in range(0, times, times // 20):
            began = time.monotonic()
            assert f"number {number} " in str(texts(qa, f"event number {number}", 5))
            asked.append(time.monotonic() - began)
    assert took[2] < 1 + times / 10_000
    tell(
        f"{times:,} tiny files: first build {took[0]:.1f} s, nothing changed {took[2]:.1f} s, one "
        f"changed {took[3]:.1f} s, a question {sorted(asked)[10] * 1000:.0f} ms (median of 20)"
    )


NAMES = [
    "وزارة الخارجية.txt",
    "外交部新闻稿.txt",
    "विदेश मंत्रालय.txt",
    "министерство.txt",
    "υπουργείο.txt",
    "משרד החוץ.txt",
    "กระทรวง.txt",
    "외교부.txt",
    "🕊️ 👩‍👩‍👧 release 🇹🇯.txt",
    "caf\u00e9.txt",
    "cafe\u0301.txt",
    "\u202etxt.exe.txt",
    "  two  spaces .txt",
    'it\'s "quoted" `here`.txt',
    "line\nbreak.txt",
    "tab\tand\x07bell.txt",
    "-rf.txt",
    "--corpus.txt",
    "Case.txt",
    "case.txt",
    "a&b;c|d$(e)<f>.txt",
    "100%25 %s {0}.txt",
    "x" * 251 + ".txt",
    "ж" * 125 + ".txt",
    "con.txt",
    "C:\\windows\\path.txt",
    "'; DROP TABLE release; --.txt",
    "\U0001d518\U0001d52b.txt",
    "zero\u200bwidth.txt",
]


def test_files_may_be_named_in_every_script_and_nothing_is_mixed_up(corpus, tmp_path):
    for number, name in enumerate(NAMES):
        (corpus / name).write_text(f"Words of the file that is number {number:03}.", "utf-8")
    (Path(os.fsdecode(os.fsencode(corpus) + b"/no\xfftext.txt"))).write_text(
        "Not named in Unicode."
    )
    if len(list(corpus.iterdir())) < len(NAMES) + 1:
        pytest.skip("this file system takes some of these names for the same")
    place, encoder = tmp_path / "embeddings", Keyed()

    def check(qa: EventQA, moved: str = "") -> None:
        for number, name in enumerate(NAMES):
            (best, *_) = found(qa, f"What is number {number:03}?", 1)
            assert best[0] == moved + name
            assert best[3].endswith(f"{number:03}.")

    with EventQA(corpus, place, encoder=encoder, watch=False) as qa:
        report = qa.build()
        assert report.added == len(NAMES)
        (problem,) = report.problems
        assert problem.message == "its name or its folder's is not valid Unicode. Rename it"
        check(qa)
        encoded = len(encoder.encoded)
        # All of them into a folder that is named so, too, and the two cafés change their names.
        folder = corpus / unicodedata.normalize("NFD", "Ünïcödé 文件夹 \u202e")
        folder.mkdir()
        for name in NAMES:
            (corpus / name).rename(folder / name)
        report = qa.build()
        assert (report.renamed, report.added, report.removed) == (len(NAMES), 0, 0)
        check(qa, f"{folder.name}/")
        twins = [folder / "caf\u00e9.txt", folder / "cafe\u0301.txt"]
        twins[0].rename(folder / "x.txt")
        twins[1].rename(twins[0])
        (folder / "x.txt").rename(twins[1])
        wanted = [f"{folder.name}/{one.name}" for one in reversed(twins)]
        for number, id in zip((9, 10), wanted, strict=True):
            assert found(qa, f"What is number {number:03}?", 1)[0][0] == id
        assert len(encoder.encoded) == encoded
    with EventQA(corpus, place, encoder=encoder, watch=False) as qa:
        qa.build()
    assert content(place) == fresh(corpus, tmp_path / "fresh")[1]
