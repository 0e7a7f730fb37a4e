"""A virtual environment for each system, made once from its requirements file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def environment(name: str, folder: Path) -> Path:
    """The folder of a system's environment, made again when what it is made from has changed."""
    place = folder / "env"
    stamp, made_from = place / ".made-from", _made_from(name)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != made_from:
        print(f"{name}: installing", file=sys.stderr, flush=True)
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        _pip(place, "--upgrade", "pip>=25.1")
        _pip(place, "-r", f"{name}.txt")
        stamp.write_text(made_from, encoding="utf-8")
    return place


def python(place: Path) -> Path:
    """The interpreter of an environment."""
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def mebibytes(place: Path) -> float:
    """What an environment takes on disk; links are not followed."""
    files = (Path(at, name) for at, _, names in os.walk(place) for name in names)
    return sum(file.lstat().st_size for file in files) / 2**20


def _made_from(name: str) -> str:
    """What an environment depends on: its requirements, and eventqa's where it is eventqa's."""
    requirements = (HERE / f"{name}.txt").read_text(encoding="utf-8")
    ours = [ROOT / "pyproject.toml", ROOT / "constraints.txt"] if "../.." in requirements else []
    return "\n".join([requirements, *(path.read_text(encoding="utf-8") for path in ours)])


def _pip(place: Path, *arguments: str) -> None:
    # From here, because `-e ../..` is read relative to the current folder.
    command = [python(place.absolute()), "-m", "pip", "install", "-qq", *arguments]
    subprocess.run(command, check=True, cwd=HERE)
