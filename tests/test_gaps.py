"""What was asked in vain is kept beside the store, without a word on who asked, and listed."""

import datetime as dt
import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from eventqa import InvalidInput, gaps
from eventqa.cli import main
from eventqa.gaps import Gap
from eventqa.types import Answer, Freshness, Why

FRESH = Freshness(1, 1, None, None, 1)


def refused(question, reason="No title or passage mentions “hotel”.", why=Why.MISSING):
    return Answer(question, False, (), (), reason, 0.1, FRESH, why=why)


def gap(question, minute=0, reason="No title or passage mentions “hotel”."):
    return Gap(dt.datetime(2026, 11, 25, 12, minute, tzinfo=dt.UTC), question, Why.MISSING, reason)


@pytest.fixture
def qa(corpus, open_qa):
    (corpus / "may.txt").write_text("A title\n\nMinisters adopted a declaration.")
    return open_qa()


def test_a_refused_question_is_written_down_with_its_reason_and_nothing_else(qa, tmp_path):
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    answer = qa.ask("Xylophone zebras?")

    (line,) = (tmp_path / "embeddings" / "gaps.jsonl").read_text("utf-8").splitlines()
    row = json.loads(line)
    assert sorted(row) == ["at", "question", "reason", "why"]
    assert row["question"] == "Xylophone zebras?"
    assert (row["reason"], row["why"]) == (answer.reason, "unknown")
    assert before <= dt.datetime.fromisoformat(row["at"]) <= dt.datetime.now(dt.UTC)


def test_an_answered_question_is_not_written_down(qa, tmp_path):
    assert qa.ask("Ministers adopted a declaration.").answered
    assert not (tmp_path / "embeddings" / "gaps.jsonl").exists()


@pytest.mark.parametrize("way", ["argument", "off", "OFF", "0", "false"])
def test_one_setting_switches_the_log_off(way, corpus, open_qa, tmp_path, monkeypatch):
    (corpus / "may.txt").write_text("A title\n\nMinisters adopted a declaration.")
    monkeypatch.setenv("EVENTQA_GAPS", "" if way == "argument" else way)
    qa = open_qa(gaps=False) if way == "argument" else open_qa()

    assert not qa.ask("Xylophone zebras?").answered
    assert not (tmp_path / "embeddings" / "gaps.jsonl").exists()


def test_a_corpus_that_is_still_empty_has_no_gaps(open_qa, tmp_path):
    assert not open_qa().ask("Who met?").answered
    assert gaps.read(tmp_path / "embeddings") == ()


def test_no_address_is_written_down_nor_a_part_of_it(qa, tmp_path):
    assert not qa.ask("Who is jane.doe@example.org?").answered

    written = (tmp_path / "embeddings" / "gaps.jsonl").read_text("utf-8")
    assert not any(part in written for part in ("jane", "doe", "example"))
    (one,) = gaps.read(tmp_path / "embeddings")
    assert (one.question, one.reason) == ("Who is …@…", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other links and pipes")
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_is_no_file_is_neither_followed_nor_waited_for(tmp_path, caplog, kind):
    log, victim = tmp_path / "gaps.jsonl", tmp_path / "victim"
    victim.write_text("")
    if kind == "link":
        log.symlink_to(victim)
    else:
        os.mkfifo(log)

    gaps.add(tmp_path, refused("Which hotel?"))

    assert victim.read_text() == ""
    assert "gaps.jsonl cannot be written" in caplog.text
    if kind == "pipe":
        with pytest.raises(InvalidInput, match="no regular file"):
            gaps.read(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_only_the_owner_may_read_the_log(tmp_path):
    gaps.add(tmp_path, refused("Which hotel?"))

    assert stat.S_IMODE((tmp_path / "gaps.jsonl").stat().st_mode) == 0o600


def test_what_many_threads_write_at_once_stays_whole(tmp_path):
    questions = [f"Which hotel number {number}?" for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda question: gaps.add(tmp_path, refused(question)), questions))

    assert sorted(one.question for one in gaps.read(tmp_path)) == sorted(questions)


def test_a_log_that_cannot_be_written_refuses_the_question_all_the_same(qa, tmp_path, caplog):
    (tmp_path / "embeddings" / "gaps.jsonl").mkdir(parents=True)

    assert not qa.ask("Xylophone zebras?").answered
    assert "gaps.jsonl cannot be written" in caplog.text


def test_a_log_that_is_full_keeps_what_it_has_and_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(gaps, "_LONGEST", 200)
    for number in range(9):
        gaps.add(tmp_path, refused(f"Which hotel {number}?"))

    kept = [one.question for one in gaps.read(tmp_path)]
    assert kept == ["Which hotel 0?", "Which hotel 1?"]
    assert "it is full; move it away" in caplog.text


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[]",
        "null",
        '{"at": 7}',
        '{"at": "2026-11-25"}',
        '{"at": "0001-01-01T00:00:00+14:00", "question": "a", "reason": "b", "why": "weak"}',
        '{"at": "2026-11-25T00:00:00+00:00", "question": "a", "reason": "b", "why": "unheard of"}',
    ],
)
def test_a_damaged_line_loses_no_other(tmp_path, broken):
    gaps.add(tmp_path, refused("Which hotel?"))
    with (tmp_path / "gaps.jsonl").open("a", encoding="utf-8") as log:
        log.write(f"{broken}\n")
    gaps.add(tmp_path, refused("Which ship?"))

    assert [one.question for one in gaps.read(tmp_path)] == ["Which hotel?", "Which ship?"]


def test_questions_that_ask_for_the_same_are_one_gap_the_most_wanted_first():
    found = gaps.grouped(
        [
            gap("What is the budget?", 1),
            gap("Which hotel hosted the conference?", 2),
            gap("Hotel of the conferences", 3),
            gap("Which hotels hosted it?", 4),
            gap("Which hotel hosted the conference?", 5),
        ]
    )

    assert [[one.question for one in group.gaps] for group in found] == [
        [
            "Which hotel hosted the conference?",
            "Which hotels hosted it?",
            "Hotel of the conferences",
            "Which hotel hosted the conference?",
        ],
        ["What is the budget?"],
    ]
    assert found[0].wordings == (
        "Which hotel hosted the conference?",
        "Which hotels hosted it?",
        "Hotel of the conferences",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Who was the President of Tajikistan in 2018?",
            "Who was the President of Kazakhstan in 2018?",
        ),
        (
            "How many people were killed in Kabul in May?",
            "How many people were killed in Paris in May?",
        ),
        ("What was adopted in 2018?", "What was adopted in 2019?"),
    ],
)
def test_other_names_and_numbers_are_other_gaps(one, other):
    assert len(gaps.grouped([gap(one, 1), gap(other, 2)])) == 2


def test_thousands_of_questions_are_grouped_in_a_moment():
    some = [gap(f"What did minister number{at} say about topic{at % 97}?") for at in range(4000)]
    began = time.perf_counter()

    assert len(gaps.grouped(some)) > 10
    assert time.perf_counter() - began < 20


def test_questions_without_a_telling_word_are_one_gap():
    (group,) = gaps.grouped([gap("Who is it?"), gap("What was it?")])

    assert len(group.gaps) == 2


def test_the_command_lists_gaps_with_how_often_and_why(qa, tmp_path, capsys):
    for _ in range(2):
        qa.ask("Xylophone zebras?")
    today = dt.date.today().isoformat()

    assert main(["gaps", "--embeddings", str(tmp_path / "embeddings")]) == 0
    assert capsys.readouterr().out == (
        f"Xylophone zebras?\n    2 times, last on {today}: "
        "No title or passage mentions “Xylophone” or “zebras”.\n"
    )


def test_the_command_prints_json_and_keeps_to_a_day(qa, tmp_path, capsys):
    qa.ask("Xylophone zebras?")
    place = ["--embeddings", str(tmp_path / "embeddings")]

    assert main(["gaps", *place, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["times"], row["question"]) == (1, "Xylophone zebras?")
    assert (row["why"], row["wordings"]) == ("unknown", ["Xylophone zebras?"])
    assert main(["gaps", *place, "--since", "2100-01-01"]) == 0
    assert (
        capsys.readouterr().out
        == f"No refused question is written down in {str(tmp_path / 'embeddings')!r}\n"
    )


def test_a_day_that_is_none_is_an_error_that_names_it(tmp_path, capsys):
    assert main(["gaps", "--embeddings", str(tmp_path), "--since", "soon"]) == 2
    assert "--since is 'soon'" in capsys.readouterr().err
