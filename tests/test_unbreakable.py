"""Whatever happens to a store, the next start answers like a fresh build or says what is wrong.

Each mishap comes a few times here, and very often in `make torture`.
"""

from __future__ import annotations

import itertools
import random
import shutil
import sqlite3
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import WordLengths
from states import content
from unbreakable import (
    MOST,
    STAGES,
    Keyed,
    answers,
    builder,
    built_or_said,
    fill,
    flipped,
    fresh,
    outcome,
    tell,
    write,
)

from eventqa import EventQA, EventQAError, seal, store
from eventqa.calibration import Calibration
from eventqa.encoder import BATCH
from eventqa.schema import FORMAT
from eventqa.store import FILE, Store


def times(few: int, many: int) -> pytest.MarkDecorator:
    """So often in `make test`, and so often in `make torture`."""
    return pytest.mark.parametrize("times", [few, pytest.param(many, marks=pytest.mark.torture)])


def edit(corpus: Path, chance: random.Random, state: int) -> None:
    """Adds a release, changes some, moves one and deletes as many as are too many."""
    write(corpus, 100 + state, f"state {state}")
    there = sorted(corpus.glob("*[0-9].txt"))
    for file in chance.sample(there, 4):
        write(corpus, int(file.stem.lstrip("-")), f"state {state}")
    if state % 5 == 0:  # a page is read in a process of its own
        text = (corpus / "page.html").read_text()
        (corpus / "page.html").write_text(text.replace("</p>", f" In state {state}.</p>", 1))
    moved, *others = chance.sample(there, len(there))
    moved.rename(moved.with_name(f"-{moved.name}"))
    for file in others[MOST - 5 :]:
        file.unlink()


@times(7, 220)
def test_a_build_killed_at_any_moment_is_mended_by_the_next_start(corpus, tmp_path, times):
    chance = random.Random(times)
    fill(corpus, MOST)
    kills, states, again = Counter[str](), iter(range(1, 10_000)), list[str]()
    with builder(corpus, tmp_path / "embeddings", pause=0.01) as one:
        for _ in range(2):
            one.start()
            assert one.ended() == 0
            edit(corpus, chance, next(states))
        turns = itertools.count()
        while kills.total() < times:
            turn = next(turns)
            edit(corpus, chance, next(states))
            where = one.killed(STAGES[turn % len(STAGES)], chance)
            if where is None:  # it was through before
                continue
            kills[where] += 1
            encoder = Keyed()
            wanted, there = fresh(corpus, tmp_path / f"fresh {turn}")
            assert answers(corpus, tmp_path / "embeddings", encoder) == wanted
            with EventQA(corpus, tmp_path / "embeddings", encoder=encoder, watch=False) as qa:
                qa.build()
            assert content(tmp_path / "embeddings") == there
            again += encoder.encoded
            shutil.rmtree(tmp_path / f"fresh {turn}")
        encoded = Counter([*one.encoded(), *again])
    # Nothing was lost but the batches under way.
    assert encoded.total() - len(encoded) <= 3 * BATCH * kills.total()
    stages = ", ".join(f"{stage} {kills[stage]}" for stage in (*STAGES, "done") if kills[stage])
    tell(
        f"kill -9: {kills.total()} builds killed ({stages}); each next start answered as a fresh "
        f"build; of {encoded.total():,} texts {encoded.total() - len(encoded):,} encoded again"
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """A corpus with its store and all that can lie beside it."""
    place = tmp_path_factory.mktemp("built")
    corpus, embeddings = place / "corpus", place / "embeddings"
    corpus.mkdir()
    fill(corpus, MOST)
    embeddings.mkdir()
    own = replace(Calibration.read(), model="word-lengths")
    own.write(embeddings / "gate.toml", "a test")
    answers(corpus, embeddings)
    assert {one.name for one in embeddings.iterdir()} == {
        *("build.holder", "build.lock", "eventqa.sha256", "eventqa.sqlite", "gaps.jsonl"),
        *("gate.toml", "index.faiss", "lexical.npz"),
    }
    return corpus, embeddings


@pytest.fixture(scope="module")
def wanted(built):
    """What a fresh build answers."""
    return answers(*built)


@pytest.fixture(scope="module")
def left(built, tmp_path_factory) -> Path:
    """The same store as a killed process leaves it: with its log, and no seal."""
    corpus, embeddings = built
    place = tmp_path_factory.mktemp("left") / "embeddings"
    shutil.copytree(embeddings, place)
    with Store(place).read():  # whoever reads keeps the log from being taken over
        write(corpus, 3, "another")
        answers(corpus, place)
        write(corpus, 3)
        answers(corpus, place)
        with EventQA(corpus, place, encoder=WordLengths(), watch=False) as qa:
            qa.build()
        shutil.copytree(place, place.with_name("killed"))
    killed = place.with_name("killed")
    assert (killed / f"{FILE}-wal").stat().st_size > 100_000
    assert (killed / f"{FILE}-shm").exists()
    assert not (killed / "eventqa.sha256").exists()
    return killed


@pytest.mark.parametrize("table", [b"vector", b"passage", b"release", b"meta", b"sqlite_sequence"])
@pytest.mark.parametrize("at", [2, 10, 15])
@pytest.mark.parametrize("large", [False, True])
def test_a_store_whose_damage_sqlite_quotes_in_what_it_says_is_mended_or_told(
    built, wanted, tmp_path, monkeypatch, table, at, large
):
    place = tmp_path / "embeddings"
    shutil.copytree(built[1], place)
    data = bytearray((place / FILE).read_bytes())
    data[data.index(b"CREATE TABLE " + table) + at] = 0x84
    (place / FILE).write_bytes(data)
    if large:  # so it is found out by reading it
        monkeypatch.setattr("eventqa.store._LARGE", 1)
    assert outcome(built[0], place, wanted) in ("same", "told")


@pytest.mark.parametrize("kind", ["built", "left"])
@times(3, 100)
def test_bytes_flipped_in_any_file_change_no_answer_unnoticed(
    built, left, wanted, tmp_path, times, kind
):
    corpus, chance = built[0], random.Random(times)
    store = left if kind == "left" else built[1]
    ended = Counter[str]()
    for file in sorted(store.iterdir()):
        for number in range(times):
            place = tmp_path / f"{file.name} {number}"
            shutil.copytree(store, place)
            at = flipped(place / file.name, chance)
            ended[f"{file.name} {outcome(corpus, place, wanted)}"] += at >= 0
            shutil.rmtree(place)
    tell(f"a byte flipped, store {kind}: {dict(+ended)}")


@pytest.mark.parametrize("kind", ["built", "left"])
@times(9, 100)
def test_a_store_cut_short_anywhere_changes_no_answer_unnoticed(
    built, left, wanted, tmp_path, times, kind
):
    corpus, chance = built[0], random.Random(times)
    store = left if kind == "left" else built[1]
    ended = Counter[str]()
    for name in [FILE, f"{FILE}-wal"] if kind == "left" else [FILE]:
        size = (store / name).stat().st_size
        exact = [0, 1, 100, 4096, size // 8192 * 4096, size - 4096, size - 1]
        for length in [*exact, *(chance.randrange(size) for _ in range(times - len(exact)))]:
            place = tmp_path / f"{name} {length}"
            shutil.copytree(store, place)
            with (place / name).open("r+b") as file:
                file.truncate(length)
            ended[f"{name} {outcome(corpus, place, wanted)}"] += 1
            shutil.rmtree(place)
    tell(f"cut short, store {kind}: {dict(ended)}")


def test_a_damaged_store_is_mended_and_its_whole_vectors_are_not_encoded_again(
    built, wanted, tmp_path
):
    corpus, store = built
    shutil.copytree(store, tmp_path / "embeddings")
    whole = len(content(store)["vectors"])
    data = bytearray((store / FILE).read_bytes())
    with Store(store).read() as view:
        ((blob,),) = view.query("SELECT codes FROM vector WHERE id = 30")
    data[bytes(data).index(blob)] ^= 1
    (tmp_path / "embeddings" / FILE).write_bytes(data)
    encoder = WordLengths()
    assert answers(corpus, tmp_path / "embeddings", encoder) == wanted
    assert 1 == len(encoder.encoded) < whole


def test_the_indexes_of_another_generation_or_store_change_no_answer(built, wanted, tmp_path):
    corpus, store = built
    other = tmp_path / "other"
    other.mkdir()
    fill(other, 5)
    answers(other, tmp_path / "of another")
    for name in ("index.faiss", "lexical.npz"):
        place = tmp_path / name
        shutil.copytree(store, place)
        shutil.copy(tmp_path / "of another" / name, place / name)
        assert outcome(corpus, place, wanted) == "same"


def test_a_store_of_a_newer_format_is_refused_and_left_as_it_is(built, wanted, tmp_path):
    corpus, place = built[0], tmp_path / "embeddings"
    shutil.copytree(built[1], place)
    with sqlite3.connect(place / FILE) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (place / FILE).read_bytes()
    for sealed in (False, True):  # by whoever wrote it, or by nobody yet
        seal.put(place / FILE) if sealed else seal.lift(place / FILE)
        assert outcome(corpus, place, wanted) == "told"
        assert (place / FILE).read_bytes() == before


@pytest.mark.torture
def test_processes_that_build_at_the_same_time_all_end_well(corpus, tmp_path):
    chance, states = random.Random(5), iter(range(1, 100))
    fill(corpus, MOST)
    for count in [2, 5] * 5:
        place = tmp_path / f"{next(states)}"
        with ExitStack() as stack:
            logs = [tmp_path / f"{place.name} {n}" for n in range(count)]
            some = [stack.enter_context(builder(corpus, place, 0.005, log=log)) for log in logs]
            for _ in range(4):
                for one in some:
                    one.start()
                assert [one.ended() for one in some] == [0] * count
                assert [one.stage() for one in some] == ["done"] * count
                wanted, there = fresh(corpus, tmp_path / "fresh")
                assert answers(corpus, place) == wanted
                assert content(place) == there
                shutil.rmtree(tmp_path / "fresh")
                edit(corpus, chance, next(states))
            encoded = [text for one in some for text in one.encoded()]
        assert len(encoded) == len(set(encoded))
    tell("at the same time: 20 times two and 20 times five builders, nothing encoded twice")


def _damaged(embeddings: Path, statement: str) -> None:
    with sqlite3.connect(embeddings / "eventqa.sqlite") as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


@pytest.mark.parametrize("name", ["plain.txt", "full.txt", "locked and busy.txt"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE release SET text = replace(text, 'bridge', 'bribes')",
        "UPDATE vector SET codes = zeroblob(length(codes))",
    ],
    ids=["words", "vectors"],
)
def test_what_a_question_reads_is_compared_however_large_the_store_is(
    corpus, tmp_path, monkeypatch, name, statement
):
    monkeypatch.setattr(store, "_LARGE", 0)  # nothing is looked through at the start
    (corpus / name).write_text("A title\n\nThe old bridge was opened by the mayor of the town.")
    wanted = answers(corpus, tmp_path / "fresh")
    place = tmp_path / "embeddings"
    assert built_or_said(corpus, place) == ""
    _damaged(place, statement)
    asked = "Who opened the old bridge of the town?"
    with EventQA(corpus, place, encoder=WordLengths(), watch=False) as qa:
        with pytest.raises(EventQAError, match="It is damaged. Ask or build again"):
            qa.ask(asked)
        (hit,) = (answer := qa.ask(asked)).hits or answer.nearest
        assert hit.passage.text == "The old bridge was opened by the mayor of the town."
    assert answers(corpus, place) == wanted


def test_a_statement_that_is_broken_off_is_not_taken_for_damage(corpus, tmp_path):
    (corpus / "a.txt").write_text("A title\n\nThe words.")
    there = store.Store(tmp_path / "embeddings")
    assert built_or_said(corpus, there.folder) == ""
    for error in (sqlite3.OperationalError("interrupted"), sqlite3.IntegrityError("UNIQUE")):
        with pytest.raises(EventQAError, match="cannot be used"), there.read():
            raise error
        assert there._looked
    there.close()
