"""What tests share besides fixtures: the project's folder, copies of it, and its commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import InputError

ROOT = Path(__file__).parents[1]


def copied(folder: Path, *notebooks: str) -> Path:
    """A copy of the project with some of its chapters."""
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "analysis", folder / "analysis", ignore=without)
    shutil.copytree(ROOT / "notebooks" / "scenarios", folder / "notebooks" / "scenarios")
    for name in notebooks:
        shutil.copy(ROOT / "notebooks" / name, folder / "notebooks" / name)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """`python -m analysis ...` in a copy of the project, with that copy's module."""
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
    )


def succeeded(done: subprocess.CompletedProcess) -> None:
    """Fail with what the command said unless it ended well."""
    assert done.returncode == 0, done.stderr


def complaint(function, *arguments, **named):
    """What is said of a mistake: always one line."""
    with pytest.raises(InputError) as caught:
        function(*arguments, **named)
    said = str(caught.value)
    assert said and len(said.splitlines()) == 1 and len(said) < 400
    return said
