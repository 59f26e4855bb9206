"""What the tests share: the tables, a small study, one base build, and small projects to break things in."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.build.request import ROOT
from analysis.inputs.assumptions import resolve
from analysis.inputs.tables import read_tables
from analysis.show.chapter import open_chapter

for name in [n for n in os.environ if n.startswith("MAKE") or n == "MFLAGS"]:
    del os.environ[
        name
    ]  # what `make test` hands on, so that a make inside a test says the same as by hand


@pytest.fixture(scope="session")
def tables():
    """The tables of analysis/inputs/data/."""
    return read_tables()


@pytest.fixture(scope="session")
def assumptions():
    """The tables as they stand, without an override."""
    return resolve()


@pytest.fixture(scope="session")
def study():
    """The base scenario with few draws."""
    return open_chapter(draws=2000)


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Calls `make(folder)` in the first worker of a session that asks for a folder of that name, and gives the folder to all."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def made(name, make) -> Path:
        with open(shared / f"{name}.lock", "a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.getsize(lock.name):
                make(shared / name)
                lock.write("made")
        return shared / name

    return made


@pytest.fixture(scope="session")
def base_build(once) -> Path:
    """The folder of the base report, built once with its own draws and seed."""
    return (
        once("base", lambda folder: succeeded(run(ROOT, "build", "--reports", str(folder))))
        / "base"
    )


@pytest.fixture(scope="session")
def base_report(base_build) -> Path:
    """The page of the base report."""
    return base_build / "report.html"


def copied(folder: Path, *notebooks: str) -> Path:
    """A copy of the project with some of its chapters."""
    shutil.copytree(
        ROOT / "analysis", folder / "analysis", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "notebooks" / "scenarios", folder / "notebooks" / "scenarios")
    for name in notebooks:
        shutil.copy(ROOT / "notebooks" / name, folder / "notebooks" / name)
    return folder


@pytest.fixture
def small(tmp_path) -> Path:
    """A copy of the project with two chapters, to change and to build with few draws."""
    return copied(tmp_path / "project", "01-summary.ipynb", "04-vertical.ipynb")


@pytest.fixture
def built(tmp_path, once) -> Path:
    """A copy of the project with two chapters, of which the report x with 100 draws stands."""

    def make(folder):
        succeeded(
            run(
                copied(folder, "01-summary.ipynb", "02-cost.ipynb"),
                "build",
                "--draws",
                "100",
                "--name",
                "x",
            )
        )

    return shutil.copytree(once("built", make), tmp_path / "built")


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
