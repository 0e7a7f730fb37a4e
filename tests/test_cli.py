"""The command line: what it prints, where, and how it ends."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request

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

    assert capsys.readouterr().out.startswith("No answer. The passages that come nearest do not")


def test_bad_input_is_one_line_on_stderr_and_ends_with_2(places, capsys):
    assert main(["ask", "?", *places]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("eventqa: the question '?' has no word in it. Write what you want to know\n")


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
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as chat:
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
