"""A changed corpus is noticed by itself; every answer is of one state; nothing is left behind."""

import gc
import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import WordLengths
from states import Broken, Held, content, found, texts, until
from test_build import build_elsewhere as building_elsewhere

from eventqa import EventQA, EventQAError
from eventqa.encoder import BATCH
from eventqa.lock import building

MANY = 3 * BATCH  # more than a question waits for


def write(corpus: Path, name: str, *paragraphs: str) -> None:
    """Puts a file into the corpus as a program does that replaces it: all at once."""
    part = corpus.parent / "part"
    part.write_text("\n\n".join(paragraphs))
    os.replace(part, corpus / name)


def build_elsewhere(corpus: Path, embeddings: Path) -> None:
    with building_elsewhere(corpus, embeddings) as process:
        process.communicate(timeout=30)
    assert process.returncode == 0


def many(word: str) -> list[str]:
    return [f"Paragraph {word} number {number}." for number in range(MANY)]


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def long_build(corpus, open_qa, held):
    """An EventQA with one known release, in the middle of a long build in the background."""
    write(corpus, "a.txt", "The old words.", "They stay here.")
    write(corpus, "b.txt", "Of another release.")
    qa = open_qa(encoder=held)
    qa.build()
    held.gate.clear()
    held.waiting.clear()
    write(corpus, "many.txt", *many("long"))
    yield_to = threading.Thread(target=qa.ask, args=("the words",))
    yield_to.start()
    assert held.waiting.wait(10)
    yield_to.join(10)
    assert not yield_to.is_alive()
    yield qa
    held.gate.set()


def test_a_small_edit_is_in_the_very_next_answer(corpus, open_qa):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    for number in range(5):
        write(corpus, "a.txt", f"The words number {number}.")
        assert texts(qa, "the words number") == [f"The words number {number}."]


def test_an_edit_within_one_tick_of_the_clock_is_in_the_very_next_answer(corpus, open_qa):
    file = corpus / "a.txt"
    qa = open_qa()
    stamp = time.time_ns()
    for number in range(5):
        file.write_text(f"The words number {number}.")
        os.utime(file, ns=(stamp, stamp))
        assert texts(qa, "the words number") == [f"The words number {number}."]


def test_an_added_file_is_in_the_very_next_answer(corpus, open_qa):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")
    write(corpus, "b.txt", "The new words.")
    assert sorted(texts(qa, "the words")) == ["The new words.", "The old words."]


def test_a_deleted_file_is_no_answer_any_more(corpus, open_qa):
    for name in "abcdef":
        write(corpus, f"{name}.txt", f"The words of {name}.")
    qa = open_qa()
    assert len(texts(qa, "the words")) == 6
    (corpus / "c.txt").unlink()
    assert sorted(texts(qa, "the words")) == [f"The words of {name}." for name in "abdef"]


@pytest.fixture
def seldom(monkeypatch):
    """Looks count for ever, as they did for long where the machine was busy during one."""
    monkeypatch.setattr("eventqa.look._NEXT_TO_NOTHING", 0.0)
    monkeypatch.setattr("eventqa.look._LOOK_SHARE", 1e-9)
    monkeypatch.setattr("eventqa.look._OLDEST", 1e9)


@pytest.mark.parametrize("change", ["deleted", "edited", "moved", "told another date"])
def test_what_is_no_longer_so_is_no_answer_however_old_the_last_look_is(
    corpus, open_qa, seldom, change
):
    write(corpus, "a.txt", "The first words.")
    write(corpus, "b.txt", "The other words stay.")
    qa = open_qa()
    assert len(texts(qa, "the words")) == 2
    if change == "deleted":
        (corpus / "a.txt").unlink()
    elif change == "edited":
        write(corpus, "a.txt", "The edited words.")
    elif change == "moved":
        (corpus / "a.txt").rename(corpus / "c.txt")
    else:
        (corpus / "a.txt.yaml").write_text("date: 2018-05-05")
    passages = {hit.passage for hit in _hits(qa.ask("the words"))}
    was = {
        "deleted": set(),
        "edited": {("a.txt", "The edited words.", None)},
        "moved": {("c.txt", "The first words.", None)},
        "told another date": {("a.txt", "The first words.", "2018-05-05")},
    }[change]
    assert {(p.release.path, p.text, p.release.date and str(p.release.date)) for p in passages} == {
        ("b.txt", "The other words stay.", None),
        *was,
    }


def test_files_that_change_while_every_answer_is_drawn_do_not_keep_a_question_waiting(
    corpus, open_qa, encoder
):
    write(corpus, "a.txt", "The first words.")
    qa = open_qa()
    qa.ask("the words")
    number = iter(range(100))
    encode = encoder.encode_query

    def encode_query(text):
        write(corpus, "a.txt", f"The words number {next(number)}.")
        return encode(text)

    encoder.encode_query = encode_query
    began = time.monotonic()
    qa.ask("the words")
    assert next(number) <= 3
    assert time.monotonic() - began < 5


def _hits(answer):
    return answer.hits or answer.nearest


def test_a_question_does_not_wait_for_a_long_build(long_build):
    began = time.monotonic()
    assert "The old words." in texts(long_build, "the old words")
    assert time.monotonic() - began < 1
    assert long_build.status == f"Encoding new passages: 0 of {MANY}"
    assert long_build.freshness.generation == 1


def test_text_deleted_before_a_long_build_is_no_answer_during_it(corpus, open_qa, held):
    write(corpus, "a.txt", "The old words.", "They stay here.")
    write(corpus, "b.txt", "Of another release.")
    qa = open_qa(encoder=held)
    qa.build()
    held.gate.clear()
    write(corpus, "many.txt", *many("long"))
    (corpus / "b.txt").unlink()
    write(corpus, "a.txt", "The new words.", "They stay here.")
    try:
        assert texts(qa, "of another release") == ["They stay here."]
        assert qa.freshness.generation == 1
    finally:
        held.gate.set()


def test_text_deleted_during_a_long_build_is_no_answer_from_then_on(corpus, long_build, held):
    (corpus / "b.txt").unlink()
    assert sorted(texts(long_build, "of a release")) == ["The old words.", "They stay here."]
    write(corpus, "a.txt", "They stay here.")
    assert texts(long_build, "of a release") == ["They stay here."]
    held.gate.set()
    until(lambda: long_build.freshness.releases == 2 and long_build.status is None)
    assert texts(long_build, "They stay here.", 1) == ["They stay here."]


def test_text_of_a_large_file_that_changed_during_a_long_build_is_no_answer(
    corpus, long_build, held
):
    write(corpus, "a.txt", "They stay here.", "Filler. " * 200_000)
    assert texts(long_build, "the old words") == ["Of another release."]


def test_deleted_text_is_no_answer_after_a_build_that_failed(corpus, open_qa):
    encoder = Broken()
    write(corpus, "a.txt", "The old words.")
    write(corpus, "b.txt", "Other words stay.")
    qa = open_qa(encoder=encoder)
    qa.build()
    encoder.broken = True
    (corpus / "a.txt").unlink()
    write(corpus, "c.txt", "The new words.")
    for _ in range(3):
        assert texts(qa, "the words") == ["Other words stay."]
    assert qa.freshness.generation == 1


def test_a_paragraph_that_takes_the_number_of_a_deleted_one_is_found(corpus, open_qa, held):
    # What was withdrawn from the old state says nothing about the new one.
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(encoder=held)
    qa.build()
    held.gate.clear()
    write(corpus, "a.txt", "The new words.")
    write(corpus, "many.txt", *many("x"))
    assert texts(qa, "the words") == []
    held.gate.set()
    until(lambda: qa.freshness.generation == 2)
    assert "The new words." in texts(qa, "the new words")


def test_a_build_that_failed_in_the_background_is_told_and_tried_again(
    corpus, open_qa, caplog, monkeypatch
):
    monkeypatch.setattr("eventqa.refresh._RETRY_SECONDS", 0.05)
    encoder = Broken()
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(encoder=encoder)
    qa.build()
    encoder.broken = True
    write(corpus, "b.txt", "The new words.")
    assert texts(qa, "the words") == ["The old words."]
    assert qa.status == "The last build failed; see the log"
    assert "on fire" in caplog.text
    encoder.broken = False
    until(lambda: len(texts(qa, "the words")) == 2)
    assert qa.status is None


def test_what_keeps_a_first_question_waiting_is_the_model(corpus, open_qa):
    assert open_qa(encoder=None).status == "Loading the model"
    assert open_qa().status is None  # an encoder is there


def test_a_failure_is_forgotten_when_the_corpus_is_as_it_was(corpus, open_qa):
    encoder = Broken()
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(encoder=encoder)
    qa.build()
    encoder.broken = True
    write(corpus, "b.txt", "The new words.")
    qa.ask("the words")
    assert qa.status
    (corpus / "b.txt").unlink()
    qa.ask("the words")
    assert qa.status is None


def test_a_corpus_that_vanishes_is_an_error_and_one_that_returns_is_answered_from(
    corpus, open_qa, encoder
):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")
    corpus.rename(corpus.with_name("away"))
    with pytest.raises(EventQAError, match="corpus .* cannot be read"):
        qa.ask("the words")
    assert qa.freshness.releases == 1
    corpus.with_name("away").rename(corpus)
    assert texts(qa, "the words") == ["The old words."]
    assert len(encoder.encoded) == 1


def test_a_deleted_store_is_built_again_by_the_next_question(corpus, open_qa, tmp_path):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")
    shutil.rmtree(tmp_path / "embeddings")
    assert texts(qa, "the words") == ["The old words."]
    assert content(tmp_path / "embeddings")["files"].keys() == {"a.txt"}


def test_the_build_of_another_process_is_picked_up_without_building(
    corpus, open_qa, encoder, tmp_path
):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")
    encoder.encoded.clear()
    write(corpus, "a.txt", "The new words.")
    build_elsewhere(corpus, tmp_path / "embeddings")
    assert texts(qa, "the words") == ["The new words."]
    assert encoder.encoded == []
    assert qa.freshness.generation == 2


def test_a_corpus_put_back_after_another_process_built_is_noticed(corpus, open_qa, tmp_path):
    # For this process nothing has changed; for the store it has.
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")
    write(corpus, "a.txt", "The new words.")
    build_elsewhere(corpus, tmp_path / "embeddings")
    write(corpus, "a.txt", "The old words.")
    assert texts(qa, "the words") == ["The old words."]


class Interrupted(WordLengths):
    """Something happens while the next question is encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile = lambda: None

    def encode_query(self, text):
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        return super().encode_query(text)


def test_a_question_that_began_before_a_build_does_not_take_its_new_text_for_gone(
    corpus, open_qa, monkeypatch
):
    monkeypatch.setattr("eventqa.look._FILES_AT_ONCE", 0)  # no second glance at the file
    encoder = Interrupted()
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(encoder=encoder)
    qa.ask("the words")

    def add() -> None:
        write(corpus, "b.txt", "The new words.")
        open_qa().build()

    encoder.meanwhile = add
    assert sorted(texts(qa, "the words")) == ["The new words.", "The old words."]


def test_a_question_that_meets_another_model_in_the_store_starts_anew(corpus, open_qa):
    encoder = Interrupted()
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(encoder=encoder)
    wanted = found(qa, "the words")
    encoder.meanwhile = open_qa(encoder=WordLengths("other")).build
    assert found(qa, "the words") == wanted
    assert qa.freshness.generation == 3


def test_questions_are_answered_at_once_while_another_process_builds(corpus, open_qa, tmp_path):
    write(corpus, "a.txt", "The old words.")
    write(corpus, "b.txt", "Other words stay.")
    qa = open_qa()
    qa.ask("the words")
    with building(tmp_path / "embeddings", patience=0):
        (corpus / "a.txt").unlink()
        began = time.monotonic()
        assert texts(qa, "the words") == ["Other words stay."]
        assert time.monotonic() - began < 1.5
        until(lambda: (qa.status or "").startswith("Waiting for process"))
        assert qa.freshness.generation == 1
    until(lambda: qa.freshness.generation == 2)


def test_a_file_that_is_no_release_does_not_make_every_question_build(corpus, open_qa):
    for name in ("z.pdf", "a.doc", "m.xls"):
        (corpus / name).write_bytes(b"?")
    write(corpus, "a.txt", "The old words.")
    open_qa().build()
    qa = open_qa()
    before = content(corpus.parent / "embeddings")["files"], qa.freshness.built_at
    started = []
    qa._refresher.start = lambda: started.append(True)
    for _ in range(3):
        qa.ask("the words")
    assert started == []
    assert len(qa.problems) == 3
    assert before == (content(corpus.parent / "embeddings")["files"], qa.freshness.built_at)


def test_a_change_that_alters_no_release_makes_no_further_builds(corpus, open_qa):
    (corpus / "a.jsonl").write_text('{"text": "The old words."}\n')
    qa = open_qa()
    qa.ask("the words")
    (corpus / "a.jsonl").write_text('{"text": "The old words."} \n')
    qa.ask("the words")
    started = []
    qa._refresher.start = lambda: started.append(True)
    qa.ask("the words")
    assert (started, qa.freshness.generation) == ([], 1)


def test_many_first_questions_at_once_build_once(corpus, open_qa, encoder):
    write(corpus, "a.txt", *many("x"))
    qa = open_qa()
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(texts, qa, "paragraph number", 3) for _ in range(6)]
        assert len({tuple(answer.result()) for answer in answers}) == 1
    assert len(encoder.encoded) == MANY


@pytest.mark.parametrize("size", [3, MANY])
def test_every_answer_is_wholly_of_one_state(tmp_path, size):
    def words(state: str) -> list[str]:
        return [f"{state} said {'x' * (n % 9 + 1)}" for n in range(size)]

    def lines(state: str) -> str:
        records = ({"id": f"r{n}", "text": text} for n, text in enumerate(words(state)))
        return "\n".join(json.dumps(record) for record in records)

    place = tmp_path / "all.jsonl"
    states = {state: lines(state) for state in ("early", "later")}

    def flip(state: str) -> None:
        (tmp_path / "part").write_text(states[state])
        os.replace(tmp_path / "part", place)

    flip("early")
    stop = threading.Event()
    seen: set[frozenset[str]] = set()

    with EventQA(place, tmp_path / "embeddings", encoder=WordLengths(), watch=True) as qa:
        qa.build()

        def ask() -> None:
            while not stop.is_set():
                seen.add(frozenset(texts(qa, "early later said", size)))

        with ThreadPoolExecutor(3) as pool:
            asking = [pool.submit(ask) for _ in range(3)]
            for state in ["later", "early"] * 6:
                flip(state)
                until(lambda state=state: state in str(texts(qa, "early later said", size)))
            stop.set()
            for each in asking:
                each.result(20)
        # A state that is gone from the corpus while the next is being built is no answer either.
        assert seen - {frozenset()} == {frozenset(words(state)) for state in states}


def test_the_watch_notices_a_change_without_a_question(corpus, open_qa):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(watch=True)
    qa.ask("the words")
    number = iter(range(1000))
    until(
        lambda: write(corpus, "b.txt", f"New {next(number)}.") or qa.freshness.releases == 2
    )  # the watch may need a moment to begin


def test_the_watch_outlives_its_corpus(corpus, open_qa, monkeypatch, caplog):
    monkeypatch.setattr("eventqa.watch._RETRY_SECONDS", 0.05)
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(watch=True)
    qa.ask("the words")
    shutil.rmtree(corpus)
    until(lambda: "not watched" in caplog.text)
    corpus.mkdir()
    write(corpus, "b.txt", "New words.")
    write(corpus, "c.txt", "More new words.")
    until(lambda: qa.freshness.releases == 2)
    until(lambda: qa.status is None)


def test_a_store_inside_the_corpus_does_not_keep_the_watch_building(corpus):
    write(corpus, "a.txt", "The old words.")
    with EventQA(corpus, corpus / ".embeddings", encoder=WordLengths(), watch=True) as qa:
        qa.ask("the words")
        write(corpus, "b.txt", "New words.")
        until(lambda: qa.freshness.releases == 2)
        until(lambda: qa.status is None and qa._refresher._running is None)
        holder = corpus / ".embeddings" / "build.holder"
        before = holder.stat().st_mtime_ns
        assert threading.Event().wait(1) is False  # nothing to wait for: it must stay quiet
        assert holder.stat().st_mtime_ns == before


def threads() -> set[str]:
    return {one.name for one in threading.enumerate() if one.name.startswith("eventqa")}


def test_what_is_written_while_a_program_starts_is_in_the_next_answer(corpus, open_qa, monkeypatch):
    # The first question builds by itself while the build of the background waits for its turn.
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    refresher, reached, let_on = qa._refresher, threading.Event(), threading.Event()
    is_needed = refresher._is_needed

    def held() -> bool:
        reached.set()
        assert let_on.wait(10)
        return is_needed()

    monkeypatch.setattr(refresher, "_is_needed", held)
    qa.start()
    assert reached.wait(10)
    qa.build()
    write(corpus, "b.txt", "The new words.")
    threading.Timer(0.3, let_on.set).start()
    assert len(texts(qa, "the words")) == 2


def test_close_leaves_no_thread(corpus, open_qa):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa(watch=True)
    qa.start()
    qa.ask("the words")
    write(corpus, "b.txt", "The new words.")
    qa.ask("the words")
    assert "eventqa-watch" in threads()
    qa.close()
    assert threads() == set()
    assert len(texts(qa, "the words")) == 2  # still answers, and starts nothing
    assert threads() == set()


def test_close_ends_a_long_build_after_the_batch_in_hand_and_keeps_that(
    corpus, long_build, held, open_qa
):
    closing = threading.Thread(target=long_build.close)
    closing.start()
    until(long_build._refresher._closed.is_set)
    held.gate.set()
    closing.join(10)
    assert threads() == set()
    assert long_build.freshness.generation == 1
    report = open_qa(encoder=held).build()
    assert (report.encoded, report.reused) == (MANY - BATCH, BATCH + 3)


def test_close_does_not_wait_for_another_process(corpus, open_qa, tmp_path):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")
    with building(tmp_path / "embeddings", patience=0):
        write(corpus, "b.txt", "The new words.")
        qa.ask("the words")
        until(lambda: (qa.status or "").startswith("Waiting"))
        qa.close()
    assert threads() == set()


def test_asking_and_building_leave_no_descriptors_open(corpus, open_qa):
    write(corpus, "a.txt", "The old words.")
    qa = open_qa()
    qa.ask("the words")

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    gc.collect()  # what earlier tests have left
    before = descriptors()
    for number in range(20):
        write(corpus, "a.txt", f"The words number {number}.")
        found(qa, "the words")
    # Connections wait for the next question, and a build may be about to end.
    until(lambda: descriptors() <= before + 4 * 3)


def test_another_model_on_the_same_store_is_served_in_turn_and_never_mixed(corpus, open_qa):
    write(corpus, "a.txt", "The old words.", "Some other words stand here.")
    first, second = WordLengths("first"), WordLengths("second")
    one, two = open_qa(encoder=first), open_qa(encoder=second)
    wanted = found(one, "the old words")
    for _ in range(3):
        assert found(two, "the old words") == found(one, "the old words") == wanted
    assert len(first.encoded) == len(second.encoded) == 2


def test_a_sidecar_that_is_too_large_costs_a_question_nothing(corpus, open_qa):
    write(corpus, "a.txt", "The old words.")
    (corpus / "a.txt.yaml").write_text("# " + "x" * 100_000)
    encoder = Held()
    qa = open_qa(encoder=encoder)
    qa.build()
    asked: list[str] = []
    encode = encoder.encode_query
    encoder.encode_query = lambda text: asked.append(text) or encode(text)
    assert texts(qa, "the words") == ["The old words."]
    assert asked == ["the words"]
