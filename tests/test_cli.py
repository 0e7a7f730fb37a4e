"""The command line: what it prints, where, and how it ends."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from functools import partial

import pytest

from eventqa.cli import main

RELEASE = """Ministers meet in Dushanbe

Dushanbe, 5 May 2018— The conference was hosted by the Government of Tajikistan.

More than 40 countries attended the conference.
"""
QUESTION = "How many countries attended the conference?"


@pytest.fixture
def places(corpus, tmp_path):
    (corpus / "release.txt").write_text(RELEASE, encoding="utf-8")
    return ["--corpus", str(corpus), "--embeddings", str(tmp_path / "embeddings")]


def test_an_answered_question_is_printed_with_its_citation_and_ends_with_0(places, capsys):
    assert main(["ask", QUESTION, *places]) == 0

    out, err = capsys.readouterr()
    assert out.startswith("[1] More than 40 countries attended the conference.\n    — “Ministers m")
    assert err == ""


def test_a_refused_question_says_why_and_ends_with_1(places, capsys):
    assert main(["ask", "What is the capital of France?", *places]) == 1

    assert capsys.readouterr().out.startswith(
        "No answer. No title or passage mentions “capital” or “France”."
    )


def test_bad_input_is_one_line_on_stderr_and_ends_with_2(places, capsys):
    assert main(["ask", "?", *places]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("eventqa: the question '?' has no word in it. Write what you want to know\n")


@pytest.mark.parametrize(
    ("options", "period"),
    [
        (
            ["--asked-on", "2018-06-05"],
            {"start": "2018-05-01", "end": "2018-05-31", "words": "last month"},
        ),
        (["--asked-on", "2018-06-05", "--no-time"], None),
    ],
)
def test_the_day_of_asking_and_whether_time_counts_can_be_given(options, period, places, capsys):
    main(["ask", QUESTION.replace("?", " last month?"), "--json", *options, *places])

    assert json.loads(capsys.readouterr().out)["period"] == period


def test_a_question_is_read_with_those_it_follows(places, capsys):
    after = ["--after", "What is the capital of France?", "--after", "Who hosted the conference?"]
    assert main(["ask", "And then?", *after, *places]) == 0

    out = capsys.readouterr().out
    assert out.startswith("[1] More than 40 countries attended the conference.\n")
    assert "\nRead as: And then? (the next paragraph)\n" in out


def test_a_day_of_asking_that_is_none_is_named(places, capsys):
    assert main(["ask", QUESTION, "--asked-on", "someday", *places]) == 2
    assert "asked_on is 'someday', which names no one day" in capsys.readouterr().err


def test_json_holds_the_whole_answer(places, capsys):
    main(["ask", QUESTION, "--k", "1", "--json", *places])

    values = json.loads(capsys.readouterr().out)
    assert values["answered"] is True
    assert [hit["receipt"]["release_id"] for hit in values["hits"]] == ["release.txt"]


def test_a_receipt_is_verified_until_the_release_is_edited_and_deleted(
    places, corpus, tmp_path, capsys
):
    main(["ask", QUESTION, "--k", "1", "--json", *places])
    receipt = tmp_path / "answer.json"
    receipt.write_text(capsys.readouterr().out, encoding="utf-8")
    release = corpus / "release.txt"
    check = ["verify", str(receipt), *places]

    assert main(check) == 0
    assert capsys.readouterr().out.startswith("unchanged: release.txt, “More than 40 countries")
    release.write_text("Corrected\n\n" + RELEASE, encoding="utf-8")
    assert main(check) == 1
    assert capsys.readouterr().out.startswith("moved: ")
    release.write_text(RELEASE.replace("40", "50"), encoding="utf-8")
    assert main(check) == 1
    assert capsys.readouterr().out.startswith("altered: ")
    release.unlink()
    assert main(check) == 1
    assert capsys.readouterr().out.startswith("gone: ")


def test_a_receipt_of_a_release_that_was_corrected_names_the_newer_and_diff_shows_it(
    places, corpus, tmp_path, capsys
):
    main(["ask", QUESTION, "--k", "1", "--json", *places])
    receipt = tmp_path / "answer.json"
    receipt.write_text(capsys.readouterr().out, encoding="utf-8")
    newer = f"---\nsupersedes: release.txt\n---\n{RELEASE.replace('40', '44')}"
    (corpus / "newer.md").write_text(newer, encoding="utf-8")
    main(["build", *places])
    capsys.readouterr()

    assert main(["verify", str(receipt), *places]) == 1
    assert capsys.readouterr().out == (
        "superseded: release.txt, “More than 40 countries attended the conference.…” "
        "by 'newer.md': `eventqa diff` shows what changed\n"
    )
    assert main(["diff", "release.txt", "newer.md", *places]) == 1
    assert capsys.readouterr().out == (
        "--- “Ministers meet in Dushanbe”, 5 May 2018, release.txt\n"
        "+++ “Ministers meet in Dushanbe”, 5 May 2018, newer.md\n"
        "\n"
        "Paragraph 2:\n"
        "    More than [-40-] {+44+} countries attended the conference.\n"
        "\n"
        "1 of 2 paragraphs differ.\n"
    )
    assert main(["diff", "newer.md", "newer.md", "--json", *places]) == 0
    assert json.loads(capsys.readouterr().out)["differs"] is False
    assert main(["diff", "newer.md", "gone.md", *places]) == 2
    assert "'gone.md' is no release here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "is not JSON"),
        ("[]", "holds no receipt"),
        ('{"hits": []}', "holds no receipt"),
        ('{"hits": [7]}', "holds no receipt"),
        ("7", "holds no receipt"),
        ('{"release_id": "x"}', "not a receipt: 'sha256' is None, expected text"),
    ],
)
def test_what_is_no_receipt_is_named(content, message, places, tmp_path, capsys):
    (tmp_path / "receipt.json").write_text(content)

    assert main(["verify", str(tmp_path / "receipt.json"), *places]) == 2
    assert message in capsys.readouterr().err


def test_a_build_reports_what_it_did_and_what_is_wrong(places, corpus, capsys):
    (corpus / "empty.txt").touch()

    assert main(["build", *places]) == 0

    out = capsys.readouterr().out
    assert out.startswith("Releases: 1 added. Passages: 2 encoded, 0 reused.")
    assert "! empty.txt: the file is empty. Put the release's text into it, or remove it" in out


def test_a_build_report_can_be_json(places, capsys):
    main(["build", "--json", *places])

    values = json.loads(capsys.readouterr().out)
    assert (values["added"], values["encoded"], values["problems"]) == (1, 2, [])


def test_what_a_release_says_cannot_command_the_terminal(places, corpus, capsys):
    (corpus / "release.txt").write_text(
        "Title\n\nMore than 40 countries attended the conference.\x1b]0;owned\x07 " + "Yes. " * 500
    )

    main(["ask", QUESTION, "--k", "1", *places])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "conference.\N{REPLACEMENT CHARACTER}]0;owned" in out


def test_a_receipt_cannot_write_its_own_verdict(places, tmp_path, capsys):
    main(["ask", QUESTION, "--k", "1", "--json", *places])
    (receipt,) = [hit["receipt"] for hit in json.loads(capsys.readouterr().out)["hits"]]
    receipt["release_id"] = "x\nunchanged: release.txt\u202e"
    (tmp_path / "forged.json").write_text(json.dumps(receipt))

    assert main(["verify", str(tmp_path / "forged.json"), *places]) == 1

    out = capsys.readouterr().out
    assert out.startswith("moved: x unchanged: release.txt\N{REPLACEMENT CHARACTER}, “More than 40")
    assert out.count("\n") == 1


def test_chat_serves_the_page_until_it_is_interrupted(places):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "eventqa", "chat", "--port", str(port), *places]
    # Started from a job in the background, the tests ignore interrupts, and so would the command.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heed) as chat:
        try:
            told = chat.stdout.readline()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                body = page.read().decode()
            chat.send_signal(signal.SIGINT)
            chat.wait(timeout=60)
        finally:
            chat.kill()

    assert told == f"eventqa is at http://127.0.0.1:{port} (Ctrl+C stops it)\n"
    assert "Answers about events in the words of the releases that announced them." in body
    assert chat.returncode in (0, 130)


def test_the_installed_command_reports_a_missing_corpus_without_a_traceback(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "eventqa", "build", "--corpus", "nowhere"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("eventqa: corpus ")
    assert run.stderr.count("\n") == 1


def test_long_work_shows_a_bar_with_an_estimate(places, corpus, capsys, monkeypatch):
    monkeypatch.setattr("eventqa.cli._WORTH_A_BAR", 0)  # seconds of work
    (corpus / "long.txt").write_text("\n\n".join(f"Paragraph number {n}." for n in range(200)))

    main(["build", *places])

    shown = capsys.readouterr().err
    assert "202/202" in shown
    assert "passage/s" in shown


@pytest.fixture
def asked(tmp_path):
    rows = [
        {
            "id": "q1",
            "question": QUESTION,
            "evidence": [{"doc_id": "release.txt", "text": "more than 40 countries"}],
            "type": "count",
            "lang": "en",
        },
        {"id": "q2", "question": "What is the capital of France?", "type": "off", "lang": "en"},
        {"id": "q3", "question": "Combien de pays ?", "type": "count", "lang": "fr"},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


def test_a_question_file_is_measured_and_every_outcome_written(asked, places, tmp_path, capsys):
    measures, outcomes = tmp_path / "measures.json", tmp_path / "outcomes.jsonl"
    files = ["--out", str(measures), "--questions-out", str(outcomes)]

    assert main(["evaluate", asked, "--where", "lang=en", *files, *places]) == 0

    out = capsys.readouterr().out
    assert out.startswith("2 questions. 1 release · 2 passages · newest from 5 May 2018")
    assert "| count |          1 | 1.000 |" in out
    values = json.loads(measures.read_text("utf-8"))
    (result,) = values["results"].values()
    assert (result["answered_right"], result["refused_right"], result["auroc"]) == (1, 1, 1.0)
    assert values["model"].startswith("all-MiniLM-L6-v2@")
    assert [
        (one["id"], one["answered"], one["passage"])
        for one in map(json.loads, outcomes.read_text("utf-8").splitlines())
    ] == [("q1", True, 1), ("q2", False, None)]


def test_measures_can_be_json(asked, places, capsys):
    main(["evaluate", asked, "--json", *places])

    (result,) = json.loads(capsys.readouterr().out)["results"].values()
    assert (result["questions"], result["types"]["count"]["questions"]) == (3, 2)


def test_documents_that_are_not_in_the_corpus_are_named(places, tmp_path, capsys):
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"id": 1, "question": "Who?", "evidence": [{"doc_id": "gone.txt"}]}))

    assert main(["evaluate", str(file), *places]) == 0

    assert (
        "eventqa: documents that should answer are not in the corpus: 1, the first 'gone.txt'. "
        "Compare doc_id with the ids of the releases\n"
    ) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--where", "lang"], "--where 'lang' is no condition. Write lang=en"),
        (["--where", "lang=de"], "no question has lang=de"),
        (["--configurations", "best"], "there is no configuration 'best'. Choose among all"),
        (["--k", "0"], "k is 0, a whole number from 1 to 1,000 is allowed"),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_one_line(options, message, asked, places, capsys):
    assert main(["evaluate", asked, *options, *places]) == 2

    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_measures_that_cannot_be_written_are_told_before_anything_is_asked(
    asked, places, tmp_path, capsys
):
    nowhere = str(tmp_path / "nowhere" / "measures.json")

    assert main(["evaluate", asked, "--out", nowhere, *places]) == 2
    assert (
        "cannot be written (No such file or directory). Name a file in" in capsys.readouterr().err
    )
    assert not (tmp_path / "embeddings").exists()


def test_another_model_is_said_to_be_uncalibrated(places, tmp_path, capsys):
    main(["ask", QUESTION, "--model", str(tmp_path / "nowhere"), *places])

    assert "with another model they are uncalibrated" in capsys.readouterr().err
