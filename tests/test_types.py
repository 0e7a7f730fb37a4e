"""The values that flow."""

import datetime as dt
import hashlib
import json
from dataclasses import replace

import pytest

from eventqa.types import (
    Answer,
    BuildReport,
    Citation,
    Embedded,
    Freshness,
    Hit,
    InvalidInput,
    InvalidType,
    Passage,
    Period,
    Problem,
    Receipt,
    Release,
    Verdict,
    digest,
    one_line,
    written_date,
)

TEXT = "Dushanbe, 5 May 2018— It began 😀.\n\nIt closed with a Declaration that was adopted by all."
RELEASE = Release(
    id="r-1",
    path="sub/a.txt",
    line=None,
    text=TEXT,
    paragraphs=((0, 33), (35, 88)),
    title="A\n Title",
    dateline_span=(0, 20),
    place="Dushanbe",
    date=dt.date(2018, 5, 5),
    body="UN Office",
    url="https://un.org/a",
)
PASSAGE = RELEASE.passages[1]
RECEIPT = {
    "release_id": "r-1",
    "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
    "paragraph": 2,
    "start": 35,
    "end": 88,
    "exact": "It closed with a Declaration that was adopted by all.",
    "prefix": "hanbe, 5 May 2018— It began 😀.\n\n",
    "suffix": "",
}
FRESH = Freshness(1, 2, dt.date(2018, 5, 5), dt.datetime(2020, 1, 2, 3, 4, tzinfo=dt.UTC), 7)


@pytest.mark.parametrize("number", [0, -1, 99])
def test_a_release_has_no_passage_of_another_number(number):
    assert RELEASE.passage(2) == RELEASE.passages[1]
    with pytest.raises(IndexError):
        RELEASE.passage(number)


def test_passages_are_the_author_s_words_numbered_from_one():
    assert [(p.number, p.text) for p in RELEASE.passages] == [
        (1, "Dushanbe, 5 May 2018— It began 😀."),
        (2, "It closed with a Declaration that was adopted by all."),
    ]
    assert RELEASE.dateline == "Dushanbe, 5 May 2018"
    assert RELEASE.sha256 == RECEIPT["sha256"] == digest(TEXT)


@pytest.mark.parametrize("spans", [((5, 5),), ((5, 4),), ((-1, 4),), ((0, 89),), ((0, 9), (8, 12))])
def test_paragraphs_that_do_not_fit_the_text_are_an_error(spans):
    with pytest.raises(ValueError, match="'r-1': paragraph .* does not fit between"):
        Release("r-1", "a.txt", None, TEXT, spans)


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "A Title. Dushanbe. 5 May 2018"),
        ({"title": ""}, "Dushanbe. 5 May 2018"),
        ({"place": None}, "A Title. 5 May 2018"),
        ({"place": "New\n York"}, "A Title. New York. 5 May 2018"),
        ({"date": None}, "A Title. Dushanbe"),
        ({"title": "", "place": None, "date": None}, ""),
        ({"title": "x" * 201, "place": None, "date": None}, "x" * 200),
    ],
)
def test_a_passage_is_embedded_after_a_line_of_what_is_known_of_its_release(facts, line):
    passage = replace(RELEASE, **facts).passages[1]
    embedded = Embedded.of(passage)
    assert (embedded.context, embedded.text) == (line, passage.text)


def test_only_what_is_embedded_and_searched_alike_has_the_same_key():
    def key(number: int = 1, **facts: object) -> str:
        return Embedded.of(replace(RELEASE, **facts).passages[number]).key

    same = {"id": "other", "path": "b", "line": 3, "body": None, "url": None, "title": "A Title"}
    assert key(**same) == key()
    others = [
        {"number": 0},
        {"title": "A Titles"},
        {"title": "A Title. Dushanbe", "place": None},
        {"title": "x" * 201},
        {"title": "x" * 202},
        {"place": None},
        {"date": None},
    ]
    assert len({key(), *(key(**facts) for facts in others)}) == 1 + len(others)


def test_a_citation_names_all_that_is_known_in_one_line():
    assert str(Citation.of(PASSAGE)) == (
        "“A Title”, UN Office, Dushanbe, 5 May 2018, paragraph 2, https://un.org/a"
    )


def test_a_citation_leaves_out_what_is_not_known_and_links_to_the_path():
    bare = Release("x", "sub/a.txt", None, "It began.", ((0, 9),))
    assert str(Citation.of(bare.passages[0])) == "paragraph 1, sub/a.txt"


def test_a_receipt_has_hash_place_words_and_what_stands_around_them():
    first = Receipt.of(RELEASE.passages[0])
    assert (first.prefix, first.suffix) == ("", "\n\nIt closed with a Declaration t")
    assert len(first.suffix) == 32
    second = Receipt.of(PASSAGE).to_dict()
    assert second == RECEIPT


def test_a_receipt_comes_back_from_json():
    receipt = Receipt.of(PASSAGE)
    assert Receipt.from_dict(json.loads(json.dumps(receipt.to_dict()))) == receipt


@pytest.mark.parametrize("name", list(RECEIPT))
@pytest.mark.parametrize("value", [None, 1.0, True, b"x", [], "missing", "wrong"])
def test_a_receipt_with_a_field_missing_or_of_another_type_is_named(name, value):
    values = dict(RECEIPT)
    if value == "missing":
        del values[name]
    else:
        values[name] = (5 if isinstance(values[name], str) else "5") if value == "wrong" else value
    with pytest.raises(InvalidInput, match=f"not a receipt: '{name}' is .*, expected"):
        Receipt.from_dict(values)


@pytest.mark.parametrize("name", ["release_id", "exact", "prefix"])
def test_a_receipt_with_half_a_character_is_none(name):
    with pytest.raises(InvalidInput, match=rf"'{name}' is .*ud800.*, expected text"):
        Receipt.from_dict(RECEIPT | {name: "a\ud800"})


def test_a_receipt_without_words_is_none():
    with pytest.raises(InvalidInput, match="'exact' is empty"):
        Receipt.from_dict(RECEIPT | {"exact": ""})


@pytest.mark.parametrize(
    "values", ["{}", None, 5, [], 10**5000], ids=["text", "None", "5", "[]", "huge"]
)
def test_what_is_no_mapping_is_no_receipt(values):
    with pytest.raises(InvalidType, match="not a receipt: .*eventqa ask --json"):
        Receipt.from_dict(values)


def test_a_hit_is_plain_json_with_its_citation_and_receipt():
    values = Hit(PASSAGE, 0.123456, ((0, 9),)).to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["text"] == "It closed with a Declaration that was adopted by all."
    assert (values["score"], values["highlights"]) == (0.1235, [[0, 9]])
    assert values["release"] == {
        "id": "r-1",
        "title": "A Title",
        "body": "UN Office",
        "place": "Dushanbe",
        "date": "2018-05-05",
        "url": "https://un.org/a",
        "language": None,
        "file": "sub/a.txt",
    }
    assert values["citation"].startswith("“A Title”, UN Office")
    assert values["receipt"]["sha256"] == RECEIPT["sha256"]


def test_an_answer_has_either_hits_or_a_reason():
    hit = Hit(PASSAGE, 0.5)
    for answered, hits, reason in [
        (True, (), None),
        (True, (hit,), "why"),
        (False, (hit,), "why"),
        (False, (), None),
        (False, (), ""),
    ]:
        with pytest.raises(ValueError, match="an answer has hits and no reason"):
            Answer("Who?", answered, hits, (), reason, 0.5, FRESH)


def test_an_answer_names_the_time_that_was_asked_for():
    period = Period(dt.date(2018, 5, 1), dt.date(2018, 5, 31), "in May")
    answer = Answer("Who?", True, (Hit(PASSAGE, 0.5),), (), None, 0.5, FRESH, period)
    assert answer.to_dict()["period"] == {
        "start": "2018-05-01",
        "end": "2018-05-31",
        "words": "in May",
    }
    assert "\n\nTime asked for: May 2018\n\n" in str(answer)
    timeless = replace(answer, period=None)
    assert timeless.to_dict()["period"] is None
    assert "Time asked for" not in str(timeless)


def test_an_answer_prints_its_passages_with_their_citations():
    text = str(Answer("Who?", True, (Hit(PASSAGE, 0.5),), (), None, 0.5, FRESH))
    assert text.startswith(f"[1] {PASSAGE.text}\n    — “A Title”, UN Office, Dushanbe, 5 May 2018")
    assert "1 release · 2 passages · newest from 5 May 2018 · built" in text


def test_a_refusal_prints_its_reason_and_calls_what_is_near_nearest():
    refusal = Answer("Who?", False, (), (Hit(PASSAGE, 0.5),), "Nothing fits.", 0.1, FRESH)
    assert str(refusal).startswith(f"No answer. Nothing fits.\n\nnearest: {PASSAGE.text}")
    values = refusal.to_dict()
    assert (values["answered"], values["hits"], len(values["nearest"])) == (False, [], 1)
    assert values["freshness"]["built_at"] == "2020-01-02T03:04:00+00:00"


def test_a_problem_says_where_it_is():
    assert str(Problem("a.txt", None, "it is empty", True)) == "a.txt: it is empty"
    assert str(Problem("a.jsonl", 3, "it is bad", True)) == "a.jsonl, line 3: it is bad"


def test_a_report_tells_what_was_done_and_what_is_wrong():
    report = BuildReport(2, 0, 0, 1, 0, 5, 3, (Problem("a", None, "bad", True),), 1.25, 4)
    assert str(report) == (
        "Releases: 2 added, 1 removed. Passages: 5 encoded, 3 reused. 1.2 s.\n! a: bad"
    )
    assert json.loads(json.dumps(report.to_dict()))["problems"] == [
        {"path": "a", "line": None, "message": "bad", "lost": True, "member": None}
    ]


def test_dates_and_lines_are_written_as_people_write_them():
    assert written_date(dt.date(2018, 12, 5)) == "5 December 2018"
    assert one_line(" a\n\tb\u2028 c ") == "a b c"


def test_verdicts_are_the_five_words():
    words = ["unchanged", "superseded", "moved", "altered", "gone"]
    assert [str(one) for one in Verdict] == words


def test_values_are_frozen():
    with pytest.raises(AttributeError):
        PASSAGE.number = 3
    assert Passage(RELEASE, 2, 35, 88) == PASSAGE
