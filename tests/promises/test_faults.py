"""Faults, for real: after each, and after the next command, the earlier report stands to the last byte and nothing is left behind.

The builds are those of a copy of the project with one chapter, which does what the test wants of it. Nightly sizes: -m slow.
"""

import contextlib
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import uuid

import nbformat
import psutil
import pytest
from support import copied, succeeded

MARK = "FAULT_TEST"
PARAMETERS = 'scenario: str = "base"\noverrides: dict = {}\ndraws: int = 100\nseed: int = 2026'


class Project:
    """A copy of the project whose one chapter runs a given cell, and the processes that its builds start."""

    def __init__(self, folder, template=None):
        self.folder, self.reports, self.mark = folder, folder / "reports", uuid.uuid4().hex
        if template:
            shutil.copytree(template, folder)
            return
        kernels = copied(folder) / "analysis" / "report" / "kernels.py"
        kernels.write_text(
            re.sub(
                r"(?m)^PRELOADED = .*", "PRELOADED = ['ipykernel.ipkernel']", kernels.read_text()
            )
        )  # the chapters import nothing

    def chapter(self, source):
        """Write the notebook."""
        new = nbformat.v4
        cells = [
            new.new_markdown_cell("# One"),
            new.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            new.new_code_cell(source),
        ]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        nbformat.write(
            new.new_notebook(cells=cells, metadata=kernel),
            self.folder / "notebooks" / "01-one.ipynb",
        )
        return self

    def build(self, *arguments, **options):
        """Build the report x and wait for the end."""
        with self.started(*arguments, **options) as process:
            out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def started(self, *arguments, script=None, **options):
        """Start to build the report x, in a process group of its own as a terminal would."""
        command = [
            sys.executable,
            *(["-c", script] if script else ["-m", "analysis"]),
            "build",
            "--name",
            "x",
            "--draws",
            "100",
            *arguments,
        ]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), MARK: self.mark}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            **options,
        )

    def stood(self):
        """The report in place, as hashes."""
        place = self.reports / "x"
        return {
            str(p.relative_to(place)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(place.rglob("*"))
            if p.is_file()
        }

    def left(self):
        """What should not be there: hidden folders beside the report."""
        return sorted(p.name for p in self.reports.glob(".*") if p.name != ".cache")

    def processes(self, patience=8.0):
        """The processes of its builds that are still there after some patience."""
        end = time.monotonic() + patience
        while (found := list(self._processes())) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def _processes(self):
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if (
                    process.environ().get(MARK) == self.mark
                    and process.status() != psutil.STATUS_ZOMBIE
                ):
                    yield process.pid, process.cmdline()

    def wait_for(self, path, process):
        """Until the chapter has got so far."""
        while not path.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)


@pytest.fixture
def project(once, tmp_path):
    """With a report that stands, and a chapter that says on disk that it runs and then takes its time."""
    standing = once("faults", lambda folder: succeeded(Project(folder).chapter("1 + 1").build()))
    made = Project(tmp_path / "project", standing)
    made.before = made.stood()
    made.running = tmp_path / "running"
    made.chapter(
        f"import pathlib, time\npathlib.Path({str(made.running)!r}).touch()\ntime.sleep(60)"
    )
    yield made
    for pid, _ in made.processes(0):
        os.kill(pid, signal.SIGKILL)


def unharmed(project, finished=None):
    """The oracle of every fault: what stood stands (or what was `finished`), before and after the next command, which clears what is left."""
    assert project.processes() == []
    assert project.stood() in (project.before, finished, {})  # {} between the two renames
    done = project.chapter("1 + 1").build()
    assert done.returncode == 0, done.stderr
    assert project.stood() == project.before
    assert project.left() == [] and project.processes() == []
    assert {p.name for p in project.reports.iterdir()} == {".cache", "x", "index.html"}


@pytest.mark.parametrize(
    "number, status, said",
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_an_ended_build_says_so_and_leaves_nothing(project, number, status, said):
    with project.started() as process:
        project.wait_for(project.running, process)
        start = time.monotonic()
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert (
        process.returncode == status and said in err.splitlines()[-1] and "Traceback" not in err
    ), err
    assert project.processes(5) == [] and time.monotonic() - start < 15
    assert project.left() == [] and project.stood() == project.before
    unharmed(project)


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_a_build_killed_at_any_moment(project, kills):
    project.chapter("import time\ntime.sleep(0.2)")
    moments = random.Random(1)
    stood = project.before
    for _ in range(kills):
        seed = moments.randrange(10**6)
        with project.started("--seed", str(seed)) as process:
            time.sleep(moments.uniform(0.2, 6))
            process.kill()
        assert project.processes() == []
        now = project.stood()
        if (
            now and now != stood
        ):  # the build was quicker than its end: then it is the whole of that build
            assert (
                now.keys() == stood.keys()
                and json.loads((project.reports / "x" / "provenance.json").read_text())["seed"]
                == seed
            )
            assert (project.reports / "x" / "report.html").read_text().rstrip().endswith("</html>")
            stood = now
    unharmed(project, stood)


def test_a_kill_between_the_two_renames(project):
    script = (
        "import os, runpy, sys\nreal = os.rename\ndef rename(a, b):\n    if '.part-' in str(a):\n        os.kill(os.getpid(), 9)\n    real(a, b)\n"
        "os.rename = rename\nfrom analysis.__main__ import main\nmain()"
    )
    project.chapter("2 + 2")
    assert project.build(script=script).returncode == -signal.SIGKILL
    assert not (project.reports / "x").exists() and len(project.left()) == 2
    assert project.chapter("1 / 0").build().returncode == 1
    assert project.stood() == project.before and project.left() == []
    unharmed(project)


def test_a_killed_kernel(project):
    with project.started() as process:
        project.wait_for(project.running, process)
        for pid, command in project._processes():
            if (
                pid != process.pid
                and psutil.Process(pid).num_threads() > 3
                and os.getsid(pid) == pid
            ):
                os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "01-one.ipynb (One): the kernel died" in err, err
    assert (project.reports / "x.failed" / "one.ipynb").exists()
    unharmed(project)


@pytest.mark.parametrize(
    "source, arguments, said",
    [
        (
            "1 / 0",
            [],
            "'1 / 0': ZeroDivisionError: division by zero; the failed notebook is x.failed/one.ipynb",
        ),
        ("while True:\n    pass", ["--time-limit", "4"], "ran longer than the limit of 4 s"),
        ("x = bytearray(2**36)", [], "MemoryError"),
    ],
    ids=["fails", "hangs", "eats memory"],
)
def test_a_chapter_that_goes_wrong(project, source, arguments, said):
    project.chapter(source)
    with_limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))}
    done = project.build(*arguments, **with_limit)
    assert done.returncode == 1 and said in done.stderr.splitlines()[-1], done.stderr
    failed = nbformat.read(project.reports / "x.failed" / "one.ipynb", 4)
    assert source in [cell.source for cell in failed.cells]
    assert project.stood() == project.before and project.left() == []
    unharmed(project)


@contextlib.contextmanager
def mounted(*arguments):
    """A file system put in place for a test. Tells whether that was permitted."""
    done = subprocess.run(["mount", *arguments], capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", arguments[-1]], check=True)


def test_a_full_disk(project):
    """On a small file system where mounting is permitted; else with a limit on the size of files, which fails in the same places."""
    project.chapter("print('x' * 300_000)")
    shutil.move(project.reports, kept := project.folder / "kept")
    project.reports.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(project.reports)) as small:
        shutil.copytree(kept, project.reports, dirs_exist_ok=True)
        limits = {
            "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        }
        if small:
            limits = {}
            with (
                open(project.reports / "filler", "wb", buffering=0) as filler,
                contextlib.suppress(OSError),
            ):
                while True:
                    filler.write(bytes(4096))
            os.truncate(
                project.reports / "filler", (project.reports / "filler").stat().st_size - 200_000
            )
        done = project.build(**limits)
        assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith(
            "failed: " + ("No space left" if small else "File too large")
        ), done.stderr
        assert (
            project.stood() == project.before and project.left() == [] and project.processes() == []
        )
        (project.reports / "filler").unlink(missing_ok=True)
        unharmed(project)


def test_a_reports_folder_that_cannot_be_written(project):
    project.chapter("2 + 2")
    in_the_way = project.folder / "file"
    in_the_way.write_text("")
    done = project.build("--reports", str(in_the_way))
    assert done.returncode == 2 and "is not a folder that can be written to" in done.stderr
    with mounted("--bind", str(project.reports), str(project.reports)) as possible:
        if possible:
            subprocess.run(["mount", "-o", "remount,ro,bind", str(project.reports)], check=True)
            done = project.build()
            assert (
                done.returncode == 1 and "Read-only file system" in done.stderr.splitlines()[-1]
            ), done.stderr
            assert "01-one" not in done.stderr  # told before a chapter ran
    assert project.stood() == project.before
    unharmed(project)


def test_two_builds_of_one_name_at_once(project):
    project.chapter("import time\ntime.sleep(1)")
    with project.started() as one, project.started() as two:
        said = one.communicate(timeout=240), two.communicate(timeout=240)
    assert (one.returncode, two.returncode) == (0, 0), said
    assert set(project.stood()) == set(project.before) and project.left() == []
    assert project.build().stdout.endswith("(nothing changed)\n")
    assert project.left() == [] and project.processes() == []
