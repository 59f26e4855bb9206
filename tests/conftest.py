"""Fixtures: the tables, a small study, one base build, and small projects to break things in."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from hostile import CANARY, TRIED
from hypothesis import HealthCheck, given, settings
from support import ROOT, copied, run, succeeded

from analysis.inputs import scenarios as scenarios_module
from analysis.inputs.assumptions import resolve
from analysis.inputs.tables import read_tables
from analysis.show.chapter import open_chapter

# What `make test` hands on goes, so that a make inside a test says the same as by hand.
for name in [n for n in os.environ if n.startswith("MAKE") or n == "MFLAGS"]:
    del os.environ[name]


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
    """`once(name, make)` calls `make(folder)` in one worker only and gives the folder to all."""
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

    def make(folder):
        succeeded(run(ROOT, "build", "--reports", str(folder)))

    return once("base", make) / "base"


@pytest.fixture(scope="session")
def base_report(base_build) -> Path:
    """The page of the base report."""
    return base_build / "report.html"


@pytest.fixture
def small(tmp_path) -> Path:
    """A copy of the project with two chapters, to change and to build with few draws."""
    return copied(tmp_path / "project", "01-answer.ipynb", "09-segments.ipynb")


@pytest.fixture
def built(tmp_path, once) -> Path:
    """A copy of the project with two chapters, of which the report x with 100 draws stands."""

    def make(folder):
        project = copied(folder, "01-answer.ipynb", "02-second.ipynb")
        succeeded(run(project, "build", "--draws", "100", "--name", "x"))

    return shutil.copytree(once("built", make), tmp_path / "built")


@pytest.fixture
def scenario_folder(tmp_path, monkeypatch):
    """A folder of scenarios that holds `base` alone; gives a function that adds one."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    monkeypatch.setattr(scenarios_module, "SCENARIOS", folder)

    def add(name, title, overrides="{}"):
        text = f"# {title}\n# Because <b>.\nscenario: {name}\noverrides: {overrides}\n"
        (folder / f"{name}.yaml").write_text(text, "utf-8")

    add("base", "As the tables stand")
    return add


@pytest.fixture(params=["usual", pytest.param("nightly", marks=pytest.mark.slow)])
def fuzz(request):
    """Tries a property on so many fixed examples, under `-m slow` on twenty times as many new."""
    times = {"usual": 1, "nightly": 20}[request.param]

    def run(cases, strategy, check):
        @settings(
            max_examples=cases * times,
            deadline=None,
            database=None,
            derandomize=times == 1,
            suppress_health_check=[*HealthCheck],
        )
        @given(strategy)
        def tried(example):
            TRIED[request.node.originalname] += 1
            check(example)

        tried()
        assert CANARY not in os.environ

    return run
