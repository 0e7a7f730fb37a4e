"""The README's code runs and prints what the README says."""

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from pressroom import BRIDGE, FERRY
from written import as_html, as_pdf

from eventqa.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)
# Those that only this machine is needed for.
COMMANDS = re.findall(r"^eventqa (?!chat|add https:)[^\n]+", README, re.MULTILINE)


# Questions of a person's own.
ASKED = {
    "id": "1",
    "question": "Who hosted it?",
    "evidence": [
        {
            "doc_id": "2018-05-05-counter-terrorism-conference-dushanbe.txt",
            "text": "The conference was hosted by the Government of the Republic of Tajikistan",
        }
    ],
}


UNKNOWN = {"id": "2", "question": "Which hotel was it?"}


@pytest.fixture(scope="module")
def fresh_clone(tmp_path_factory, default_qas):
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    (folder / "questions.jsonl").write_text(
        f"{json.dumps(ASKED)}\n{json.dumps(UNKNOWN)}\n", encoding="utf-8"
    )
    (folder / "releases" / "2018").mkdir(parents=True)
    (folder / "releases" / "2018" / "ferry.html").write_bytes(as_html("Ferry returns", FERRY))
    (folder / "opening.pdf").write_bytes(as_pdf("Bridge opened", BRIDGE))
    with contextlib.chdir(folder):
        yield folder


def test_there_is_code_to_run():
    assert (len(PYTHON), len(COMMANDS)) == (4, 11)


@pytest.mark.parametrize(("code", "printed"), PYTHON)
def test_python_prints_what_stands_below_it(fresh_clone, code, printed):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})

    assert out.getvalue() == printed


def test_the_commands_end_well_one_after_the_other(fresh_clone, capsys):
    for command in COMMANDS:
        line, _, target = command.partition(" > ")
        capsys.readouterr()
        assert main(shlex.split(line)[1:]) == 0
        if target:
            (fresh_clone / target).write_text(capsys.readouterr().out, encoding="utf-8")


def test_every_module_is_in_the_table():
    modules = {path.stem for path in (ROOT / "src/eventqa").glob("[a-z]*.py")}

    assert modules == set(re.findall(r"`(\w+)`", re.search(r"\| module.*?\n\n", README, re.S)[0]))
