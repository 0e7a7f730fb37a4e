"""Question files: what is read, what is cut, and how a bad line is told."""

import json
import re

import pytest

from eventqa.questions import Evidence, Question, read
from eventqa.types import InvalidInput

ROW = {
    "id": "q1",
    "question": "Who hosted the conference?",
    "evidence": [{"doc_id": "release.txt", "text": "It was hosted by Tajikistan."}],
}


@pytest.fixture
def file(tmp_path):
    """Writes rows, or lines as they are, into a question file."""

    def write(*rows):
        path = tmp_path / "questions.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def test_a_line_is_a_question_with_its_evidence(file):
    full = ROW | {
        "type": "host",
        "date": "2018-05-06",
        "history": [{"speaker": "user", "text": "Was there a conference?"}],
        "answers": ["Tajikistan"],
        "choices": "of another program",
    }

    assert read(file(full)) == (
        Question(
            id="q1",
            question="Who hosted the conference?",
            answerable=True,
            evidence=(Evidence("release.txt", "It was hosted by Tajikistan."),),
            type="host",
            date="2018-05-06",
            history=({"speaker": "user", "text": "Was there a conference?"},),
            answers=("Tajikistan",),
        ),
    )


def test_a_question_without_evidence_is_unanswerable_unless_it_says_otherwise(file):
    path = file({"id": 7, "question": "Who won?"}, ROW | {"id": 8, "answerable": False})

    assert [(one.id, one.answerable) for one in read(path)] == [("7", False), ("8", False)]


@pytest.mark.parametrize("without", [{"doc_id": 3}, {"doc_id": "3", "text": None}])
def test_evidence_may_be_a_whole_document(without, file):
    (question,) = read(file(ROW | {"evidence": [without]}))

    assert question.evidence == (Evidence("3", ""),)


def test_a_byte_order_mark_and_blank_lines_are_passed_over(file):
    questions = read(file("\ufeff" + json.dumps(ROW), "", "  "))

    assert [one.id for one in questions] == ["q1"]


def test_a_question_too_long_to_ask_is_cut_at_a_word_and_says_so(file):
    (long,) = read(file(ROW | {"question": "hosted " * 200}))  # word 143 ends at character 1,000
    (endless,) = read(file(ROW | {"question": "x" * 1001}))
    (fitting,) = read(file(ROW | {"question": "  " + "x" * 1000 + "\n"}))

    assert (long.question, long.cut) == (" ".join(["hosted"] * 143), True)
    assert (endless.question, endless.cut) == ("x" * 1000, True)
    assert (fitting.question, fitting.cut) == ("x" * 1000, False)


def test_only_the_lines_that_are_wanted_are_read(file):
    path = file(
        ROW | {"lang": "en", "turn": 2},
        ROW | {"id": "q2", "lang": "es"},
        {"lang": "ru"},  # no question, and nobody asked for it
        ROW | {"id": "q4", "lang": "en", "turn": 1},
    )

    assert [one.id for one in read(path, {"lang": "en"})] == ["q1", "q4"]
    assert [one.id for one in read(path, {"lang": "en", "turn": "2"})] == ["q1"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not JSON (Expecting property name enclosed in double quotes"),
        ("[1]", '[1] is no question. Write {"id": …}'),
        ("[" * 100_000, "not JSON (maximum recursion depth exceeded"),
        ({"question": "Who?"}, "'id' is missing. It must be text or a whole number"),
        (ROW | {"id": ""}, "'id' is \"\". It must be text or a whole number"),
        (ROW | {"id": True}, "'id' is true. It must be text or a whole number"),
        ({"id": "q2"}, "'question' is missing. It must be text"),
        (ROW | {"question": ["Who?"]}, "'question' is [\"Who?\"]. It must be text"),
        (ROW | {"question": "?"}, "the question '?' has no word in it"),
        (ROW | {"answerable": "yes"}, "'answerable' is \"yes\". It must be true or false"),
        (ROW | {"evidence": {}}, "'evidence' is {}. It must be a list"),
        (ROW | {"evidence": ["a"]}, "'evidence' is \"a\". It must be objects such as"),
        (ROW | {"evidence": [{"text": "a"}]}, "'doc_id' is missing. It must be text or a whole"),
        (ROW | {"evidence": [{"doc_id": "a", "text": 1}]}, "'text' is 1. It must be text"),
        (ROW | {"evidence": [{"doc_id": "a", "text": "…"}]}, 'the evidence "…" has no word in it'),
        (ROW | {"evidence": [], "answerable": True}, "is answerable, but has no evidence. Name"),
        (ROW | {"date": 2018}, "'date' is 2018. It must be text"),
        (ROW | {"date": "soon"}, "asked_on is 'soon', which names no one day. Write 2018-05-05"),
        (ROW | {"history": "Who?"}, "'history' is \"Who?\". It must be a list"),
        (ROW | {"type": 3}, "'type' is 3. It must be text"),
        (ROW, "the id 'q1' is that of line 1, too. Give each question its own"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(row, message, file):
    path = file(ROW, row)

    with pytest.raises(InvalidInput, match=re.escape(f"{path}, line 2: ")) as caught:
        read(path)
    assert message in str(caught.value)


def test_a_file_without_questions_is_named(file, tmp_path):
    with pytest.raises(InvalidInput, match=r"questions\.jsonl: no question in it. Write one a"):
        read(file())
    with pytest.raises(InvalidInput, match=r"no question has lang=fr and turn=1. Change or leave"):
        read(file(ROW | {"lang": "en"}), {"lang": "fr", "turn": "1"})
    with pytest.raises(InvalidInput, match=r"nowhere' cannot be read \(No such file"):
        read(tmp_path / "nowhere")


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "caf\xe9"}')

    with pytest.raises(InvalidInput, match=r"latin\.jsonl' is not UTF-8 .*Save it as UTF-8"):
        read(tmp_path / "latin.jsonl")
