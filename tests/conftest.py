"""What the tests share: the tables, a small study, one base build, and small projects to break things in."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import report
from analysis.assumptions import resolve
from analysis.chapter import open_chapter
from analysis.codebook import read_codebook

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def codebook():
    """The tables of analysis/data/."""
    return read_codebook()


@pytest.fixture(scope="session")
def assumptions():
    """The tables as they stand, without an override."""
    return resolve()


@pytest.fixture(scope="session")
def study():
    """The base scenario with few draws."""
    return open_chapter(draws=2000)


@pytest.fixture(scope="session")
def base_build(tmp_path_factory) -> Path:
    """The folder of the base report, built once with its own draws and seed."""
    return report.build(report.request(reports=tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="session")
def base_report(base_build) -> Path:
    """The page of the base report."""
    return base_build / "report.html"


@pytest.fixture
def small(tmp_path) -> Path:
    """A copy of the project with two chapters, to change and to build with few draws."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "analysis", copy / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "notebooks").mkdir()
    shutil.copytree(ROOT / "notebooks" / "scenarios", copy / "notebooks" / "scenarios")
    for name in ("01-summary.ipynb", "04-vertical.ipynb"):
        shutil.copy(ROOT / "notebooks" / name, copy / "notebooks" / name)
    return copy


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """`python -m analysis ...` in a copy of the project, with that copy's module."""
    return subprocess.run([sys.executable, "-m", "analysis", *arguments], cwd=folder, text=True, capture_output=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(folder), **environment})
