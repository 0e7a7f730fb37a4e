"""Files that do harm cost themselves and nothing else: time, memory and every other file."""

import datetime as dt
import resource
import subprocess
import sys
import time
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written import WRITERS, as_docx, as_html, as_pdf, as_rss, as_txt, zipped

from eventqa import apart
from eventqa.apart import ReadingProcess
from eventqa.readers import SUFFIXES, At, events, read
from eventqa.types import EventQAError, Release

TITLE, PARAGRAPHS = "Ferry returns", ["Aldmar, 4 March 2024 — She is back.", "And she is faster."]
STOPPED = "broke down over it or took too long, and was stopped. Save it anew from a program"
LAUGHS = '<!DOCTYPE a [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9)
)
LOOP = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>endobj\ntrailer<</Root 1 0 R>>"
)


@pytest.fixture
def process():
    process = ReadingProcess()
    yield process
    process.close()


def a_docx_with(part: bytes) -> bytes:
    """A Word file whose text is something else."""
    import io

    with zipfile.ZipFile(io.BytesIO(as_docx(TITLE, PARAGRAPHS))) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    return zipped(files | {"word/document.xml": part})


def a_pdf_that_grows() -> bytes:
    stream = zlib.compress(b"BT /F1 12 Tf (hello) Tj ET " * 20_000_000)
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<</Font"
        b"<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>" % (len(stream), stream)
    )


@pytest.mark.parametrize("suffix", sorted(set(WRITERS) - {".txt", ".md"}))
def test_a_file_read_apart_is_what_it_is_when_read_here(process, suffix):
    data, sidecar = (
        WRITERS[suffix](TITLE, PARAGRAPHS),
        b"place: Old Port\nurl: https://port.example",
    )
    path = f"a b/é{suffix}"
    found = process.read(path, data, sidecar)
    assert (found.releases, found.problems) == (
        read(path, data, sidecar).releases,
        read(path, data, sidecar).problems,
    )
    assert found.releases[0].place == "Old Port"
    assert found.releases[0].date == dt.date(2024, 3, 4)


HARMFUL = {
    "laughs.docx": lambda: a_docx_with(f"{LAUGHS}]><w>&a9;</w>".encode()),
    "deep.docx": lambda: a_docx_with(b"<a>" * 5_000_000),
    "huge.docx": lambda: a_docx_with(b"0" * 100_000_000),
    "laughs.rss": lambda: f"<?xml version='1.0'?>{LAUGHS}]><rss><item>&a9;</item></rss>".encode(),
    "deep.html": lambda: b"<div>" * 10_000 + b"Deep down." + b"</div>" * 10_000,
    "many.html": lambda: b"<html><body>" + b"<p>x</p>" * 1_900_000,
    "bomb.zip": lambda: zipped({"bomb.txt": b"0" * 100_000_000}),
    "loop.pdf": lambda: LOOP,
    "count.pdf": lambda: LOOP.replace(b"Count 2", b"Count 2000000000"),
    "grows.pdf": a_pdf_that_grows,
    "deep.eml": lambda: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)
    ),
    "many.mbox": lambda: b"From x\n\n" * 20_001,
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_file_is_named_and_the_next_one_is_read(process, name):
    data = HARMFUL[name]()
    began = time.monotonic()
    found = process.read(name, data)
    assert found.releases == []
    assert [(problem.path, problem.lost) for problem in found.problems] == [(name, True)]
    assert time.monotonic() - began < 5 + len(data) * 1e-6 + 2
    assert process.read("next.pdf", as_pdf(TITLE, PARAGRAPHS)).releases[0].title == TITLE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_the_memory_of_all_of_them_is_bounded(process):
    process.read("a.pdf", as_pdf(TITLE, PARAGRAPHS))
    limits = resource.prlimit(process._process.pid, resource.RLIMIT_AS)
    assert limits == (apart.MEMORY, apart.MEMORY) == (1_073_741_824, 1_073_741_824)
    (problem,) = process.read("many.html", HARMFUL["many.html"]()).problems
    assert problem.message == "it needs more memory than a release may. Split it, or remove it"


def slow_pdf() -> bytes:
    """A PDF that takes some seconds, however fast the machine is."""
    return a_pdf_that_grows()


def read_in_time(files: dict[str, bytes], seconds: float = 0.5):
    process = ReadingProcess(seconds=seconds)
    try:
        return process.read("a.zip", zipped(files, zipfile.ZIP_STORED))
    finally:
        process.close()


def test_a_file_that_takes_too_long_is_stopped_and_what_follows_it_in_an_archive_is_read():
    found = read_in_time(
        {
            "before.txt": as_txt(TITLE, PARAGRAPHS),
            "slow.pdf": slow_pdf(),
            "after.txt": as_txt(TITLE, PARAGRAPHS),
        }
    )
    assert [one.where for one in found.releases] == ["a.zip/before.txt", "a.zip/after.txt"]
    (problem,) = found.problems
    assert (problem.path, problem.member, problem.lost) == ("a.zip", "slow.pdf", True)
    assert problem.message.startswith(f"the reader of .pdf files {STOPPED}")


def test_a_file_that_is_stopped_deep_inside_of_others_costs_nothing_but_itself():
    inner = zipped(
        {"1.txt": b"One.", "2.txt": b"Two.", "slow.pdf": slow_pdf(), "3.txt": b"Three."},
        zipfile.ZIP_STORED,
    )
    files = {f"{name}.txt": name.encode() for name in "abc"}
    found = read_in_time({"0.txt": b"Zero.", "inner.zip": inner, **files})
    assert [one.member for one in found.releases] == [
        "0.txt",
        "inner.zip/1.txt",
        "inner.zip/2.txt",
        "a.txt",
        "b.txt",
        "c.txt",
    ]
    assert [problem.member for problem in found.problems] == ["inner.zip/slow.pdf"]


def test_patience_with_one_file_ends():
    found = read_in_time({f"{number}.pdf": slow_pdf() for number in range(5)}, 0.3)
    assert [problem.member for problem in found.problems] == ["0.pdf", "1.pdf", "2.pdf", None]
    assert found.problems[-1].message.startswith("what follows in it was not read, after so much")


def test_a_process_that_is_killed_is_started_anew(process):
    assert process.read("a.pdf", as_pdf(TITLE, PARAGRAPHS)).releases
    process._process.kill()
    process._process.wait()
    assert process.read("a.pdf", as_pdf(TITLE, PARAGRAPHS)).releases


def test_a_process_that_is_killed_over_a_sound_file_reads_it_again(process):
    killed = []

    def kill_once(event):
        if not killed:
            killed.append(process._process.pid)
            process._process.kill()
        return seen(event)

    seen, apart._event = apart._event, kill_once
    try:
        found = process.read("a.zip", zipped({f"{n}.txt": b"Text." for n in range(300)}))
    finally:
        apart._event = seen
    assert len(killed) == 1
    assert [one.member for one in found.releases] == [f"{n}.txt" for n in range(300)]
    assert found.problems == []


def test_what_was_interrupted_is_not_taken_for_the_next_file(process):
    def interrupt(event):
        raise KeyboardInterrupt

    seen, apart._event = apart._event, interrupt
    try:
        with pytest.raises(KeyboardInterrupt):
            process.read("first.zip", zipped({f"{n}.txt": b"Text." for n in range(300)}))
    finally:
        apart._event = seen
    found = process.read("second.html", as_html(TITLE, PARAGRAPHS))
    assert [one.path for one in found.releases] == ["second.html"]


def test_a_process_that_cannot_start_is_no_fault_of_the_files(process, monkeypatch):
    monkeypatch.setattr(apart, "_serve_with", lambda paths: "raise SystemExit('no such module')")
    with pytest.raises(EventQAError, match="does not start .no such module."):
        process.read("a.pdf", as_pdf(TITLE, PARAGRAPHS))


def test_an_idle_process_is_ended(process, monkeypatch):
    monkeypatch.setattr(apart, "_IDLE", 0.2)
    process.read("a.pdf", as_pdf(TITLE, PARAGRAPHS))
    running = process._process
    until = time.monotonic() + 10
    while running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert running.poll() is not None
    assert process.read("a.pdf", as_pdf(TITLE, PARAGRAPHS)).releases


def test_files_in_the_working_folder_are_not_taken_for_libraries(tmp_path):
    (tmp_path / "lxml.py").write_text("raise SystemExit('taken over')")
    code = (
        "import sys; sys.path.pop(0)\nfrom eventqa import apart\n"
        f"print(len(apart.read('a.html', {as_html(TITLE, PARAGRAPHS)!r}).releases))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "1\n"


def test_of_hundreds_of_problems_with_one_file_the_first_are_told():
    found = read("a.jsonl", b"{bad\n" * 250)
    assert len(found.problems) == 101
    assert found.problems[-1].message == (
        "it has 150 more problems, which are not listed. Mend those above, then build again"
    )


def test_before_each_piece_there_is_a_sign_of_life():
    data = zipped({"a.txt": b"A.", "b.txt": b"B."})
    signs = [event for event in events("a.zip", data) if isinstance(event, At)]
    assert [(sign.member, sign.suffix, sign.done) for sign in signs] == [
        ("a.txt", ".txt", 0),
        ("a.txt", ".txt", 0),
        ("a.txt", ".txt", 0),
        (None, ".zip", 1),
        ("b.txt", ".txt", 1),
        ("b.txt", ".txt", 1),
        ("b.txt", ".txt", 1),
        (None, ".zip", 2),
    ]
    rest = [event for event in events("a.zip", data, skip=1) if isinstance(event, Release)]
    assert [release.where for release in rest] == ["a.zip/b.txt"]


SAMPLES = {
    ".html": as_html(TITLE, PARAGRAPHS),
    ".rss": as_rss(TITLE, PARAGRAPHS),
    ".zip": zipped({"a.txt": b"A.", "b.html": as_html(TITLE, PARAGRAPHS)}),
    ".mbox": b"From x\n" + WRITERS[".eml"](TITLE, PARAGRAPHS),
    ".mhtml": b"MIME-Version: 1.0\nContent-Type: text/html\n\n" + as_html(TITLE, PARAGRAPHS),
    ".jsonl": b'{"text": "It began.", "date": "2018-05-05", "id": 5}',
}
SAMPLES |= {suffix: write(TITLE, PARAGRAPHS) for suffix, write in WRITERS.items()}
SAMPLES |= {".htm": SAMPLES[".html"], ".xhtml": SAMPLES[".html"], ".mht": SAMPLES[".mhtml"]}
SAMPLES |= {".xml": SAMPLES[".rss"], ".atom": SAMPLES[".rss"]}


@st.composite
def damaged(draw, sample: bytes) -> bytes:
    """A file in which pieces are cut out, doubled, or written over."""
    data = bytearray(sample)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["cut", "double", "write"]))
        if kind == "cut":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length] * draw(st.integers(1, 50))
        else:
            data[at:at] = draw(st.binary(max_size=20))
    return bytes(data)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@settings(deadline=5_000, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_damage_to_a_file_stops_the_reading_or_shifts_a_quote(suffix, data):
    found = read(f"a{suffix}", data.draw(damaged(SAMPLES[suffix])))
    assert found.releases or found.problems
    for release in found.releases:
        release.text.encode()
        for passage in release.passages:
            assert passage.text.strip() == passage.text != ""
            assert passage.pages is None or 1 <= passage.pages[0] <= passage.pages[1]
            assert passage.pages is None or passage.pages[1] <= len(release.pages)


def test_every_kind_of_file_is_damaged_in_these_tests():
    assert set(SAMPLES) == SUFFIXES
