"""What a build finds, encodes, keeps and reports; and that no history of edits matters."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import WordLengths
from hypothesis import given, settings
from hypothesis import strategies as st
from states import Broken, Held, content, found, texts, until
from written import as_pdf, zipped

import eventqa.qa
from eventqa import EventQA, EventQAError, build
from eventqa.archive import Filter
from eventqa.corpus import Corpus
from eventqa.encoder import BATCH, EncodedText, Tokens
from eventqa.lock import Cancelled
from eventqa.retrieve import Found
from eventqa.signals import WEIGHTS, Signals
from eventqa.store import FILE, Store
from eventqa.types import Embedded

A = "First words of a release.\n\nAnother paragraph of it."
B = "Something else was said.\n\nAnd more."


def counts(report) -> tuple[int, ...]:
    return (report.added, report.changed, report.renamed, report.removed, report.unchanged)


def jsonl(*records: dict) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_first_build_adds_and_encodes_everything(corpus, open_qa, encoder):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(B)
    report = open_qa().build()
    assert counts(report) == (2, 0, 0, 0, 0)
    assert (report.encoded, report.reused, report.generation) == (4, 0, 1)
    assert sorted(encoder.encoded) == sorted([*A.split("\n\n"), *B.split("\n\n")])
    assert report.seconds > 0


def test_an_unchanged_corpus_costs_nothing_and_makes_no_generation(corpus, open_qa, encoder):
    (corpus / "a.txt").write_text(A)
    open_qa().build()
    encoder.encoded.clear()
    report = open_qa().build()
    assert counts(report) == (0, 0, 0, 0, 1)
    assert (report.encoded, report.reused, report.generation) == (0, 2, 1)
    assert encoder.encoded == []


def test_a_touched_file_is_an_unchanged_one(corpus, open_qa):
    (corpus / "a.txt").write_text(A)
    open_qa().build()
    os.utime(corpus / "a.txt", (1, 1))
    report = open_qa().build()
    assert (counts(report), report.generation) == ((0, 0, 0, 0, 1), 1)


def test_only_the_changed_paragraph_is_encoded(corpus, open_qa, encoder):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(B)
    open_qa().build()
    encoder.encoded.clear()
    (corpus / "a.txt").write_text(A.replace("Another", "A new"))
    report = open_qa().build()
    assert counts(report) == (0, 1, 0, 0, 1)
    assert (report.encoded, report.reused, report.generation) == (1, 3, 2)
    assert encoder.encoded == ["A new paragraph of it."]


@pytest.mark.parametrize(
    "after",
    [
        f"---\ntitle: Another title\nplace: Vienna\ndate: 2018-05-05\n---\n{A}",
        f"---\ntitle: A title\nplace: Geneva\ndate: 2018-05-05\n---\n{A}",
        f"---\ntitle: A title\nplace: Vienna\ndate: 2018-05-06\n---\n{A}",
    ],
    ids=["title", "place", "date"],
)
def test_a_change_of_what_a_release_is_of_encodes_its_passages_and_no_others(
    corpus, open_qa, encoder, after
):
    before = f"---\ntitle: A title\nplace: Vienna\ndate: 2018-05-05\n---\n{A}"
    (corpus / "a.md").write_text(before)
    (corpus / "b.md").write_text(before.replace("release", "story"))
    open_qa().build()
    encoder.encoded.clear()
    (corpus / "a.md").write_text(after)
    report = open_qa().build()
    assert counts(report) == (0, 1, 0, 0, 1)
    assert (report.encoded, report.reused, report.generation) == (2, 2, 2)
    assert sorted(encoder.encoded) == sorted(A.split("\n\n"))


def test_facts_that_no_passage_is_embedded_with_encode_nothing_again(corpus, open_qa, encoder):
    (corpus / "a.md").write_text(f"---\ntitle: A title\nurl: https://a.org\n---\n{A}")
    open_qa().build()
    (corpus / "a.md").write_text(f"---\ntitle: A  title\nurl: https://b.org\n---\n{A}")
    qa = open_qa()
    report = qa.build()
    assert (counts(report), report.encoded) == ((0, 1, 0, 0, 0), 0)
    (hit, *_) = qa.ask("Another paragraph of it.").hits
    assert hit.citation.link == "https://b.org"


class Reading(WordLengths):
    """Writes down what it reads before each text."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts: dict[str, str] = {}

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        self.contexts |= {one.text: one.context for one in texts}
        return super().encode_documents(texts)


DATED = """A title that
runs on

Dushanbe, 5 May 2018— First words of a release. More of them.

Another paragraph of it."""


def test_each_paragraph_is_embedded_after_a_line_of_title_place_and_date(corpus, open_qa):
    encoder = Reading()
    (corpus / "a.txt").write_text(DATED)
    (corpus / "b.txt").write_text("Nothing is known of this.")
    long = json.dumps({"text": "Of a long title.", "title": "long " * 100, "date": "2018-05-06"})
    (corpus / "c.jsonl").write_text(long)
    open_qa(encoder=encoder).build()
    _, first, second = DATED.split("\n\n")
    line = "A title that runs on. Dushanbe. 5 May 2018"
    assert encoder.contexts == {
        first: line,
        second: line,
        "Nothing is known of this.": "",
        "Of a long title.": f"{'long ' * 40}. 6 May 2018",
    }


def test_nobody_is_shown_what_a_paragraph_was_embedded_after(corpus, open_qa):
    encoder = Reading()
    (corpus / "a.txt").write_text(DATED)
    answer = open_qa(encoder=encoder).ask("Another paragraph, first words of a release.")
    (context,) = set(encoder.contexts.values())
    assert len(answer.hits) == 2
    assert context not in json.dumps(answer.to_dict(), ensure_ascii=False)
    assert context not in str(answer)
    for hit in answer.hits:
        passage, receipt = hit.passage, hit.receipt
        assert DATED[passage.start : passage.end] == passage.text == receipt.exact
        assert passage.text in DATED.split("\n\n")
        assert DATED[: receipt.start].endswith(receipt.prefix)
        assert {passage.text[start:end] for start, end in hit.highlights} <= {
            passage.text,
            "Dushanbe, 5 May 2018— First words of a release.",
            "More of them.",
        }


def test_equal_words_of_releases_of_other_titles_are_encoded_for_each(corpus, open_qa, encoder):
    (corpus / "a.md").write_text("---\ntitle: One\n---\nEqual words.")
    (corpus / "b.md").write_text("---\ntitle: Two\n---\nEqual words.")
    qa = open_qa()
    assert (qa.build().encoded, encoder.encoded) == (2, ["Equal words."] * 2)
    assert {hit[0] for hit in found(qa, "Equal words.")} == {"a.md", "b.md"}


def test_a_paragraph_without_a_single_word_is_kept_and_disturbs_no_question(corpus, open_qa):
    (corpus / "a.txt").write_text("A title\n\n— * — ! — ? —\n\nAnother paragraph of it.")
    qa = open_qa()
    assert qa.build().encoded == 2
    assert texts(qa, "Another paragraph of it.") == ["Another paragraph of it."]
    assert "— * — ! — ? —" in texts(qa, "Xylophones?")


def test_a_change_that_keeps_size_and_time_stamp_is_found(corpus, open_qa):
    file = corpus / "a.txt"
    file.write_text(A)
    open_qa().build()
    stamp = file.stat().st_mtime_ns
    file.write_text(A.replace("First", "Third"))
    os.utime(file, ns=(stamp, stamp))
    assert counts(open_qa().build()) == (0, 1, 0, 0, 0)


def test_a_renamed_file_is_renamed_and_not_encoded_again(corpus, open_qa, encoder):
    (corpus / "a.txt").write_text(A)
    open_qa().build()
    encoder.encoded.clear()
    (corpus / "sub").mkdir()
    (corpus / "a.txt").rename(corpus / "sub" / "z.txt")
    qa = open_qa()
    assert counts(qa.build()) == (0, 0, 1, 0, 0)
    assert encoder.encoded == []
    assert {hit[0] for hit in found(qa, "words of a release")} == {"sub/z.txt"}


def test_a_file_that_keeps_its_id_under_another_name_is_renamed(corpus, open_qa):
    (corpus / "a.md").write_text(f"---\nid: one\n---\n{A}")
    open_qa().build()
    (corpus / "a.md").rename(corpus / "b.md")
    qa = open_qa()
    assert counts(qa.build()) == (0, 0, 1, 0, 0)
    (hit, *_) = qa.ask(A.split("\n\n")[1]).hits
    assert (hit.passage.release.id, hit.passage.release.path) == ("one", "b.md")


def test_a_removed_file_takes_its_passages_and_vectors_along(corpus, open_qa, tmp_path):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(B)
    open_qa().build()
    (corpus / "a.txt").unlink()
    report = open_qa().build()
    assert counts(report) == (0, 0, 0, 1, 1)
    assert (report.encoded, report.reused) == (0, 2)
    assert content(tmp_path / "embeddings")["kept vectors"] == 2


def test_equal_text_is_encoded_once_and_citable_in_both_releases(corpus, open_qa, encoder):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(A)
    qa = open_qa()
    report = qa.build()
    assert (report.encoded, report.reused) == (2, 2)
    assert sorted(encoder.encoded) == sorted(A.split("\n\n"))
    assert [hit[:2] for hit in found(qa, "Another paragraph of it.", 2)] == [
        ("a.txt", 2),
        ("b.txt", 2),
    ]


def test_a_text_stays_citable_when_one_of_its_releases_goes(corpus, open_qa, encoder):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(A)
    qa = open_qa()
    qa.build()
    (corpus / "a.txt").unlink()
    report = qa.build()
    assert (report.encoded, report.reused) == (0, 2)
    assert {hit[0] for hit in found(qa, "Another paragraph of it.")} == {"b.txt"}


def test_a_line_that_only_moved_is_unchanged_but_known_at_its_new_place(corpus, open_qa):
    one, two = ({"id": id, "text": f"{id} said so."} for id in ("one", "two"))
    (corpus / "all.jsonl").write_text(jsonl(one, two))
    open_qa().build()
    (corpus / "all.jsonl").write_text("\n\n" + jsonl(two, one))
    qa = open_qa()
    report = qa.build()
    assert counts(report) == (0, 0, 0, 0, 2)
    assert report.encoded == 0
    answer = qa.ask("one said so.")
    places = [hit.passage.release for hit in answer.hits or answer.nearest]
    assert {one.id: one.line for one in places} == {"two": 3, "one": 4}


def test_of_two_releases_with_one_id_the_first_by_path_is_kept_and_the_other_named(corpus, open_qa):
    (corpus / "b.md").write_text(f"---\nid: one\n---\n{B}")
    open_qa().build()
    (corpus / "a.jsonl").write_text(jsonl({"id": "one", "text": "The other."}))
    report = open_qa().build()
    assert counts(report) == (0, 1, 0, 0, 0)
    (problem,) = report.problems
    assert (problem.path, problem.line, problem.lost) == ("b.md", None, True)
    assert "'one' is taken by a.jsonl, line 1" in problem.message


@pytest.mark.parametrize("how", ["removed", "given another id", "emptied"])
def test_the_second_release_of_an_id_comes_in_when_the_first_goes(corpus, open_qa, how):
    (corpus / "a.jsonl").write_text(jsonl({"id": "one", "text": "The first."}))
    (corpus / "b.md").write_text(f"---\nid: one\n---\n{B}")
    assert len(open_qa().build().problems) == 1
    if how == "removed":
        (corpus / "a.jsonl").unlink()
    else:
        other = {"id": "two", "text": "The first."}
        (corpus / "a.jsonl").write_text(jsonl(other) if how == "given another id" else "")
    qa = open_qa()
    report = qa.build()
    assert [p for p in report.problems if "taken" in p.message] == []
    assert ("one", 2) in {hit[:2] for hit in found(qa, "And more.")}


def test_an_error_while_encoding_keeps_the_old_state_and_what_was_encoded(corpus, open_qa):
    encoder = Broken()
    (corpus / "a.txt").write_text(A)
    qa = open_qa(encoder=encoder)
    qa.build()
    (corpus / "b.txt").write_text(B)
    encoder.broken = True
    with pytest.raises(OSError, match="on fire"):
        qa.build()
    assert qa.freshness.generation == 1
    encoder.broken = False
    report = qa.build()
    assert counts(report) == (1, 0, 0, 0, 1)


def test_progress_tells_how_far_the_build_is(corpus, open_qa):
    lines = [{"text": f"Paragraph number {n}."} for n in range(BATCH + 3)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    told: list[tuple[int, int]] = []
    open_qa().build(progress=lambda *numbers: told.append(numbers))
    assert told == [(0, BATCH + 3), (BATCH, BATCH + 3), (BATCH + 3, BATCH + 3)]


def test_what_was_encoded_before_an_interruption_is_not_encoded_again(corpus, open_qa, encoder):
    lines = [{"text": f"Paragraph number {n}."} for n in range(3 * BATCH)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))

    def interrupt(done: int, total: int) -> None:
        if done == 2 * BATCH:
            raise KeyboardInterrupt

    qa = open_qa()
    with pytest.raises(KeyboardInterrupt):
        qa.build(progress=interrupt)
    assert qa.freshness.generation == 0
    report = qa.build()
    assert (report.encoded, report.reused) == (BATCH, 2 * BATCH)
    assert len(encoder.encoded) == len(set(encoder.encoded)) == 3 * BATCH


class Pairs(WordLengths):
    """Encodes two batches at the same time, and never one alone."""

    at_once = 2

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self._both = threading.Barrier(2, timeout=30)
        self._one = threading.Lock()

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        self._both.wait()
        with self._one:
            self.sizes.append(len(texts))
            return super().encode_documents(texts)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(16, [8, 8]), (27, [14, 13]), (2 * BATCH, [BATCH] * 2), (6 * BATCH, [BATCH] * 6)],
)
def test_an_encoder_that_takes_two_batches_gets_them_at_once(
    corpus, open_qa, tmp_path, count, sizes
):
    lines = [{"text": f"Paragraph{'s' * (n % 20)} number {n}."} for n in range(count)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    encoder = Pairs()
    report = open_qa(encoder=encoder).build()
    assert (report.encoded, sorted(encoder.sizes, reverse=True)) == (count, sizes)
    with EventQA(corpus, tmp_path / "one by one", encoder=WordLengths(), watch=False) as qa:
        qa.build()
    assert content(tmp_path / "embeddings") == content(tmp_path / "one by one")


def test_when_one_of_two_batches_fails_the_build_says_so_and_what_was_kept_is_not_encoded_again(
    corpus, open_qa
):
    class Failing(Two):
        failing = True

        def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
            if self.failing and any(one.text == "Paragraph number 100." for one in texts):
                raise OSError(5, "the model's disk is on fire")
            return super().encode_documents(texts)

    lines = [{"text": f"Paragraph number {n}."} for n in range(8 * BATCH)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    encoder = Failing()
    qa = open_qa(encoder=encoder)
    with pytest.raises(OSError, match="on fire"):
        qa.build()
    encoder.failing = False
    report = qa.build()
    assert report.encoded + report.reused == 8 * BATCH
    assert len(encoder.encoded) == len(set(encoder.encoded)) == 8 * BATCH


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_two_batches_that_are_encoded_when_a_build_is_stopped_are_kept(corpus, open_qa, stop):
    def interrupt(done: int, total: int) -> None:
        if done == 2 * BATCH:
            until(lambda: len(encoder.encoded) == 4 * BATCH)
            raise stop

    lines = [{"text": f"Paragraph number {n}."} for n in range(8 * BATCH)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    encoder = Two()
    qa = open_qa(encoder=encoder)
    with pytest.raises(stop):
        qa.build(progress=interrupt)
    report = qa.build()
    assert report.reused >= 4 * BATCH
    assert len(encoder.encoded) == len(set(encoder.encoded)) == 8 * BATCH


class Two(WordLengths):
    """Takes two batches at the same time."""

    at_once = 2


class Late(Two):
    """Is the slower with the first batch."""

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        if not self.encoded:
            self.encoded.append("")
            time.sleep(0.5)
        return super().encode_documents(texts)


def test_which_batch_is_encoded_first_makes_no_difference_to_the_store(corpus, open_qa, tmp_path):
    lines = [{"text": f"Paragraph{'s' * (n % 20)} number {n}."} for n in range(6 * BATCH)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    ids: list[list[tuple[str, int]]] = []
    for name, encoder in {"one": Two(), "other": Late()}.items():
        with EventQA(corpus, tmp_path / name, encoder=encoder, watch=False) as qa:
            qa.build()
        with Store(tmp_path / name).read() as view:
            ids.append(view.query("SELECT embedded, id FROM vector ORDER BY embedded"))
            assert view.next_vector_id() == 6 * BATCH + 1
    assert ids[0] == ids[1]


class Counted(WordLengths):
    """Takes the number in a text for how many word pieces it has, and notes its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[int]] = []

    def lengths(self, texts: Sequence[Embedded]) -> list[int]:
        return [int(one.text.split()[1]) for one in texts]

    def encode_documents(self, texts: Sequence[Embedded]) -> list[EncodedText]:
        self.batches.append(self.lengths(texts))
        return super().encode_documents(texts)


def test_texts_of_as_many_word_pieces_are_encoded_together_however_many_letters_they_have(
    corpus, open_qa
):
    lines = [{"text": f"Paragraph {n} of {'x' * (n * 37 % 101)}."} for n in range(1, 4 * BATCH + 1)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    encoder = Counted()
    open_qa(encoder=encoder).build()
    assert sorted(encoder.batches) == [
        list(range(first + BATCH, first, -1)) for first in range(0, 4 * BATCH, BATCH)
    ]
    assert encoder.batches != sorted(encoder.batches, reverse=True)  # long and short by turns


def test_of_long_texts_fewer_are_encoded_together(corpus, open_qa):
    lines = [{"text": f"Paragraph {n + 4096} of it."} for n in range(9)]
    (corpus / "all.jsonl").write_text(jsonl(*lines, {"text": "Paragraph 99999 of it."}))
    encoder = Counted()
    open_qa(encoder=encoder).build()
    assert sorted(map(len, encoder.batches)) == [1, 3, 3, 3]


# A build in the background, while the program comes to its end.
ENDING = """
import sys, time
sys.path.insert(0, sys.argv[1])
from conftest import WordLengths
from eventqa import EventQA

class Slow(WordLengths):
    at_once = 2

    def encode_documents(self, texts):
        time.sleep(0.3)
        return super().encode_documents(texts)

qa = EventQA(*sys.argv[2:], encoder=Slow(), watch=False)
qa.start()
while not qa.progress:
    time.sleep(0.01)
"""


def test_a_program_that_ends_during_a_build_in_the_background_ends_quietly(corpus, tmp_path):
    lines = [{"text": f"Paragraph number {n}."} for n in range(40 * BATCH)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    command = [sys.executable, "-c", ENDING, Path(__file__).parent, corpus, tmp_path / "store"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.returncode == 0


def test_vectors_of_an_interrupted_build_that_nobody_wants_any_more_are_dropped(
    corpus, open_qa, tmp_path
):
    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    (corpus / "a.txt").write_text(A)
    qa = open_qa()
    qa.build()
    (corpus / "b.txt").write_text(B)
    with pytest.raises(KeyboardInterrupt):
        qa.build(progress=interrupt)
    (corpus / "b.txt").unlink()
    qa.build()
    assert content(tmp_path / "embeddings")["kept vectors"] == 2


def test_another_model_encodes_all_again_and_switching_back_costs_nothing(corpus, open_qa):
    (corpus / "a.txt").write_text(A)
    first, second = WordLengths("first"), WordLengths("second")
    assert open_qa(encoder=first).build().encoded == 2
    assert open_qa(encoder=second).build().encoded == 2
    report = open_qa(encoder=first).build()
    assert (report.encoded, report.reused) == (0, 2)
    assert len(first.encoded) == len(second.encoded) == 2


def test_another_model_does_not_encode_what_is_removed_in_the_same_build(corpus, open_qa):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(B)
    open_qa().build()
    (corpus / "b.txt").unlink()
    second = WordLengths("second")
    report = open_qa(encoder=second).build()
    assert (report.encoded, report.reused) == (2, 0)
    assert sorted(second.encoded) == sorted(A.split("\n\n"))


class Negative(WordLengths):
    """Another model whose vectors point the other way."""

    def encode_documents(self, texts):
        return [
            EncodedText(-one.rows, Tokens(-one.tokens.rows, one.tokens.spans))
            for one in super().encode_documents(texts)
        ]


@pytest.fixture
def retrieved(monkeypatch) -> list[Found]:
    """What the questions of a test have found, in order."""
    seen: list[Found] = []
    retrieve = eventqa.qa.retrieve

    def watched(*args, **options):
        found = retrieve(*args, **options)
        seen.extend(found)
        return found

    monkeypatch.setattr(eventqa.qa, "retrieve", watched)
    return seen


def test_vectors_of_two_models_are_never_mixed(corpus, open_qa, retrieved):
    (corpus / "a.txt").write_text(A)
    open_qa(encoder=Negative("negative")).build()
    (corpus / "b.txt").write_text(B)
    open_qa().ask("and more of words")
    assert [one.signals.cosine > 0 for one in retrieved] == [True] * 4
    retrieved.clear()
    open_qa(encoder=Negative("negative")).ask("and more of words")
    assert [one.signals.cosine < 0 for one in retrieved] == [True] * 4


def test_a_file_that_changes_between_look_and_read_is_settled_by_the_next_build(
    corpus, open_qa, monkeypatch
):
    (corpus / "a.txt").write_text(A)
    read = Corpus.read

    def late(self, path):
        (corpus / "a.txt").write_text(B)
        monkeypatch.setattr(Corpus, "read", read)
        return read(self, path)

    monkeypatch.setattr(Corpus, "read", late)
    qa = open_qa()
    qa.build()
    assert {hit[3] for hit in found(qa, "words")} == {"Something else was said.", "And more."}
    assert counts(open_qa().build()) == (0, 0, 0, 0, 1)


def test_a_file_that_goes_between_look_and_read_is_a_problem_and_then_forgotten(
    corpus, open_qa, monkeypatch
):
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(B)
    read = Corpus.read

    def late(self, path):
        (corpus / "b.txt").unlink(missing_ok=True)
        return read(self, path)

    monkeypatch.setattr(Corpus, "read", late)
    assert [problem.path for problem in open_qa().build().problems] == ["b.txt"]
    report = open_qa().build()
    assert (counts(report), report.problems) == ((0, 0, 0, 0, 1), ())


def test_a_problem_that_was_mended_is_reported_no_more(corpus, open_qa):
    (corpus / "a.jsonl").write_text('{"text": "fine"}\nnot json\n')
    (problem,) = open_qa().build().problems
    assert (problem.path, problem.line) == ("a.jsonl", 2)
    assert open_qa().build().problems == (problem,)
    (corpus / "a.jsonl").write_text('{"text": "fine"}\n{"text": "mended"}\n')
    assert open_qa().build().problems == ()


def test_a_corpus_that_is_gone_is_an_error_and_removes_nothing(corpus, open_qa):
    (corpus / "a.txt").write_text(A)
    qa = open_qa()
    qa.build()
    corpus.rename(corpus.with_name("elsewhere"))
    with pytest.raises(EventQAError, match="Nothing was removed from the store"):
        qa.build()
    assert qa.freshness.releases == 1


def test_a_corpus_that_is_emptied_and_filled_again_is_encoded_once(corpus, open_qa, encoder):
    # As a drive does that is not mounted for a while.
    (corpus / "a.txt").write_text(A)
    (corpus / "b.txt").write_text(B)
    qa = open_qa()
    wanted = found(qa, "words")
    encoder.encoded.clear()
    files = {path: path.read_bytes() for path in corpus.iterdir()}
    for path in files:
        path.unlink()
    assert qa.build().removed == 2
    assert qa.ask("words").why == "empty"
    assert qa.build().removed == 0
    for path, data in files.items():
        path.write_bytes(data)
    assert found(qa, "words") == wanted
    assert encoder.encoded == []


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_cannot_be_opened_for_a_while_is_no_answer_and_is_encoded_once(
    corpus, open_qa, encoder, monkeypatch, what
):
    (corpus / "a.txt").write_text(A)
    (corpus / "sub").mkdir()
    (corpus / "sub" / "b.txt").write_text(B)
    qa = open_qa()
    wanted = found(qa, "words")
    encoder.encoded.clear()
    with monkeypatch.context() as patch:
        if what == "file":
            patch.setattr(Corpus, "_open", _failing(Corpus._open, 1, "sub/b.txt"))
            os.utime(corpus / "sub" / "b.txt", (1, 1))
        else:
            patch.setattr(os, "scandir", _failing(os.scandir, 0, str(corpus / "sub/")))
        (problem,) = qa.build().problems
        assert "it cannot be opened (Input/output error)" in str(problem)
        assert {id for id, *_ in found(qa, "words")} == {"a.txt"}
    assert found(qa, "words") == wanted
    assert encoder.encoded == []


def _failing(real, at: int, name: str):
    """A function that cannot read what has a name, its argument at a place."""

    def fail(*args):
        if os.path.normpath(args[at]) == os.path.normpath(name):
            raise OSError(5, "Input/output error")
        return real(*args)

    return fail


def test_files_read_by_older_rules_are_read_again(corpus, open_qa, monkeypatch, encoder):
    (corpus / "a.txt").write_text(A)
    open_qa().ask("words")
    monkeypatch.setattr(build, "READING", 999)
    reads = []
    read = Corpus.read
    monkeypatch.setattr(Corpus, "read", lambda self, path: reads.append(path) or read(self, path))
    qa = open_qa()
    qa.ask("words")
    assert reads == ["a.txt"]
    qa.ask("words")
    assert reads == ["a.txt"]
    assert len(encoder.encoded) == 2


def test_a_store_that_is_replaced_during_a_build_ends_up_whole(corpus, open_qa, tmp_path):
    encoder = Held()
    (corpus / "a.txt").write_text(A)
    qa = open_qa(encoder=encoder)
    qa.build()
    (corpus / "b.txt").write_text(B)

    def vanish(done: int, total: int) -> None:
        if done == 0 and total == 2:
            for file in (tmp_path / "embeddings").glob(f"{FILE}*"):
                file.unlink()

    report = qa.build(progress=vanish)
    assert report.unchanged + report.added == 2
    assert sorted(content(tmp_path / "embeddings")["releases"]) == ["a.txt", "b.txt"]


BUILD = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import WordLengths, vector_of
from eventqa import EventQA
with EventQA(sys.argv[2], sys.argv[3], encoder=WordLengths(), watch=False) as qa:
    report = qa.build()
print(report.added, report.encoded, report.unchanged)
heavy = {"torch", "faiss", "gradio", "sentence_transformers"} & set(sys.modules)
print(*sorted(heavy))
"""


def build_elsewhere(corpus: Path, embeddings: Path) -> subprocess.Popen:
    tests = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, tests, str(corpus), str(embeddings)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_build_of_an_unchanged_corpus_loads_neither_torch_nor_faiss(corpus, open_qa, tmp_path):
    (corpus / "a.txt").write_text(A)
    open_qa().build()
    with build_elsewhere(corpus, tmp_path / "embeddings") as process:
        assert process.communicate(timeout=60)[0].splitlines() == ["0 0 1", ""]


def test_of_two_processes_that_build_at_once_one_does_the_work(corpus, tmp_path):
    lines = [{"text": f"Paragraph number {n}."} for n in range(5 * BATCH)]
    (corpus / "all.jsonl").write_text(jsonl(*lines))
    both = [build_elsewhere(corpus, tmp_path / "embeddings") for _ in range(2)]
    outputs = sorted(process.communicate(timeout=60)[0].splitlines()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert outputs == [f"0 0 {5 * BATCH}", f"{5 * BATCH} {5 * BATCH} 0"]


# Any history of edits.

WORDS = ["a", "an", "era", "year", "of", "water", "glacier", "declaration", "summit"]
paragraph = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
text = st.lists(paragraph, min_size=1, max_size=3).map("\n\n".join)
name = st.sampled_from(["a.txt", "b.txt", "c.md", "sub/d.txt"])
line = st.one_of(
    st.fixed_dictionaries({"text": text}, optional={"id": st.sampled_from(["x", "y", "a.txt"])}),
    st.sampled_from(["", "not json"]),
)
edit = st.one_of(
    st.tuples(st.just("write"), name, text),
    st.tuples(st.just("write"), name, text.map(lambda words: f"---\nid: x\n---\n{words}")),
    st.tuples(st.just("rename"), name, name),
    st.tuples(st.just("copy"), name, name),
    st.tuples(st.just("remove"), name, st.none()),
    st.tuples(
        st.just("lines"),
        st.sampled_from(["e.jsonl", "aa.jsonl"]),
        st.lists(line, min_size=1, max_size=4),
    ),
    st.tuples(st.sampled_from(["build", "ask", "reopen"]), st.none(), st.none()),
)


def apply(corpus: Path, what: str, path: str, value) -> None:
    file = corpus / path
    file.parent.mkdir(exist_ok=True)
    if what == "write":
        file.write_text(value)
    elif what == "lines":
        file.write_text(
            "\n".join(one if isinstance(one, str) else json.dumps(one) for one in value)
        )
    elif what == "remove":
        file.unlink(missing_ok=True)
    elif file.exists():
        other = corpus / value
        other.parent.mkdir(exist_ok=True)
        data = file.read_bytes()
        if what == "rename":
            file.rename(other)
        else:
            other.write_bytes(data)


@settings(max_examples=20, deadline=None)
@given(st.lists(edit, max_size=14))
def test_after_any_history_of_edits_the_answers_are_those_of_a_full_rebuild(edits):
    with tempfile.TemporaryDirectory() as folder:
        corpus, old, new = (Path(folder) / one for one in ("corpus", "old", "new"))
        corpus.mkdir()
        encoder = WordLengths()
        living = EventQA(corpus, old, encoder=encoder, watch=False)
        for what, path, value in edits:
            if what == "build":
                living.build()
            elif what == "ask":
                living.ask("a glacier year")
            elif what == "reopen":
                living.close()
                living = EventQA(corpus, old, encoder=encoder, watch=False)
            else:
                apply(corpus, what, path, value)
        with living, EventQA(corpus, new, encoder=WordLengths(), watch=False) as fresh:
            assert living.ask("an era").freshness.releases == fresh.ask("an era").freshness.releases
            for question in ("an era", "a glacier declaration", "summit of water"):
                for k in (1, 4, 30):
                    assert found(living, question, k) == found(fresh, question, k)
            assert living.problems == fresh.problems
            mine, other = living.freshness, fresh.freshness
            assert (mine.passages, mine.newest) == (other.passages, other.newest)
            report = living.build()
            assert counts(report)[:4] == (0, 0, 0, 0)
        assert content(old) == content(new)


def test_the_sources_are_the_passages_that_do_nearly_as_well_as_the_best(
    corpus, open_qa, retrieved
):
    for at in range(6):
        words = ["A title", f"{'word ' * at}of {'a ' * (at + 1)}year", f"{'ab ' * at}x"]
        (corpus / f"{at}.txt").write_text("\n\n".join(words))
    (corpus / "far.txt").write_text("A title\n\nextraordinarily\n\nunquestionably")
    hits = found(open_qa(), "a word of the year", 50)
    strengths = {
        (one.hit.passage.release.id, one.hit.passage.number): sum(
            signal * weight
            for name, signal, weight in zip(Signals._fields, one.signals, WEIGHTS, strict=True)
            if name != "recency"
        )
        for one in retrieved
    }
    assert len(strengths) == 14
    near = [
        key for key, strength in strengths.items() if strength >= 0.65 * max(strengths.values())
    ]
    assert 3 < len(near) < 14
    assert [hit[:2] for hit in hits] == near
    assert [hit[2] for hit in hits] == sorted((hit[2] for hit in hits), reverse=True)


def test_a_sidecar_changes_the_facts_of_a_release_and_encodes_what_they_are_part_of(
    corpus, open_qa, encoder
):
    (corpus / "a.txt").write_text("A Title\n\nIt began.")
    with open_qa() as qa:
        qa.build()
        (corpus / "a.txt.yaml").write_text("date: 2018-05-05\nplace: Aldmar")
        report = qa.build()
        assert (report.changed, report.encoded, report.problems) == (1, 1, ())
        release = qa.archive.release("a.txt")
        assert (release.place, str(release.date)) == ("Aldmar", "2018-05-05")
        (corpus / "a.txt.yaml").unlink()
        assert qa.build().changed == 1
        assert qa.archive.release("a.txt").place is None


def test_an_archive_of_files_is_built_and_each_can_be_cited_and_searched_for(corpus, open_qa):
    (corpus / "2018.zip").write_bytes(
        zipped({"may/ferry.txt": b"Ferry returns\n\nShe is back.", "bad.xlsx": b"x"})
    )
    with open_qa() as qa:
        report = qa.build()
        assert (report.added, [str(problem) for problem in report.problems][0][:18]) == (
            1,
            "2018.zip/bad.xlsx:",
        )
        (row,) = qa.archive.listed(Filter(words="may/ferry")).rows
        assert (row.id, row.path) == ("2018.zip/may/ferry.txt", "2018.zip/may/ferry.txt")
        assert qa.archive.release(row.id).member == "may/ferry.txt"
        assert qa.build().unchanged == 1
        assert [problem.member for problem in qa.problems] == ["bad.xlsx"]
        (corpus / "2018.zip").unlink()
        assert qa.build().removed == 1


def test_the_pages_of_a_pdf_come_back_from_the_store(corpus, open_qa):
    long = " ".join(f"Word{number}" for number in range(700))
    (corpus / "a.pdf").write_bytes(as_pdf("Ferry returns", [long]))
    with open_qa() as qa:
        qa.build()
        (passage,) = qa.archive.release("a.pdf").passages
        assert passage.pages == (1, 2)
        assert qa.build().unchanged == 1
