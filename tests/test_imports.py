"""What is loaded when, and which modules know which."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import eventqa

SOURCE = Path(eventqa.__file__).parent
HEAVY = {"torch", "gradio", "sentence_transformers", "faiss", "pandas", "sklearn"} | {
    "trafilatura",
    "lxml",
    "pypdfium2",
    "feedparser",
}
HOMES = {
    "sqlite3": {"connections", "salvage", "schema", "store", "view"},
    "faiss": {"index"},
    "torch": {"encoder"},
    "sentence_transformers": {"encoder"},
    "transformers": {"encoder"},
    "threadpoolctl": {"encoder"},
    "gradio": {"chat", "listeners", "page", "tool"},
    "jinja2": {"render"},
    "yaml": {"facts"},
    "trafilatura": {"webpage"},
    "htmldate": {"webpage"},
    "lxml": {"markup"},
    "httpx": {"web"},
    "protego": {"web"},
    "pypdfium2": {"pdf"},
    "feedparser": {"feed"},
    "dateparser": {"dates"},
    "watchfiles": {"watch"},
    "filelock": {"lock"},
    "nupunkt": {"sentences"},
    "simplemma": {"terms"},
    "Stemmer": {"terms"},
    "sklearn": {"calibrate", "measures"},
    "scipy": {"promise", "quantize"},
    "datasketch": {"likeness"},
    "tqdm": {"cli"},
}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after running some code."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in run.stdout.splitlines()[-1].split()}


def imports(path: Path) -> set[str]:
    """Every module a file names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import eventqa",
        "import eventqa; eventqa.EventQA('nowhere', 'elsewhere')",
        "import eventqa.cli\ntry: eventqa.cli.main(['--help'])\nexcept SystemExit: pass",
    ],
)
def test_neither_torch_nor_gradio_is_loaded_before_it_is_needed(code):
    assert not loaded_by(code) & HEAVY


def test_torch_is_imported_before_faiss_whoever_asks_first():
    code = (
        "import numpy as np, sys\nfrom eventqa.index import FaissIndex\n"
        "FaissIndex.of(np.arange(1), np.ones((1, 2), np.float32))\n"
        "order = list(sys.modules)\nassert order.index('torch') < order.index('faiss')"
    )

    assert {"torch", "faiss"} <= loaded_by(code)


@pytest.mark.parametrize("package", HOMES)
def test_each_third_party_has_one_home(package):
    users = {
        path.stem
        for path in SOURCE.glob("*.py")
        if any(name.partition(".")[0] == package for name in imports(path))
    }

    assert users == HOMES[package]


def test_no_module_imports_itself_by_way_of_others():
    names = {path.stem for path in SOURCE.glob("*.py")}
    arrows = {
        path.stem: {
            name.split(".")[1]
            for name in imports(path)
            if name.startswith("eventqa.") and name.split(".")[1] in names
        }
        for path in SOURCE.glob("*.py")
    }

    TopologicalSorter(arrows).prepare()  # raises CycleError, naming the cycle


def test_the_public_names_are_sorted_and_all_there():
    assert eventqa.__all__ == sorted(eventqa.__all__)
    assert all(hasattr(eventqa, name) for name in eventqa.__all__)


def test_every_package_that_is_imported_is_declared():
    declared = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text("utf-8"))
    names = {re.match(r"[\w-]+", line)[0] for line in declared["project"]["dependencies"]}
    owners = importlib.metadata.packages_distributions()
    used = {name.partition(".")[0] for path in SOURCE.glob("*.py") for name in imports(path)}
    foreign = used - sys.stdlib_module_names - {"eventqa", "transformers"}  # with the models'

    assert {name for name in foreign if not names & {o.lower() for o in owners[name]}} == set()
