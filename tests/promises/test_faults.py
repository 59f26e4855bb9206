"""Faults, for real: after each the earlier report stands to the last byte and nothing is left.

So it does after the next command. The builds are those of a copy of the project with one chapter,
which does what the test wants of it. Nightly sizes: -m slow.
"""

import contextlib
import hashlib
import json
import os
import random
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
RUNNING = "import pathlib, time\npathlib.Path({!r}).touch()\ntime.sleep(60)"
PARAMETERS = 'scenario: str = "base"\noverrides: dict = {}\ndraws: int = 100\nseed: int = 2026'


class Project:
    """A copy of the project whose one chapter runs a given cell, and its builds' processes."""

    def __init__(self, folder, template=None):
        self.folder, self.reports, self.mark = folder, folder / "reports", uuid.uuid4().hex
        if template:
            shutil.copytree(template, folder)
            return
        with open(copied(folder) / "analysis" / "build" / "kernels.py", "a") as kernels:
            kernels.write("\nPRELOADED = ['ipykernel.ipkernel']  # the chapters import nothing\n")

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
        python = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new.new_notebook(cells=cells, metadata={"kernelspec": python})
        nbformat.write(notebook, self.folder / "notebooks" / "01-one.ipynb")
        return self

    def build(self, *arguments, **options):
        """Build the report x and wait for the end."""
        with self.started(*arguments, **options) as process:
            out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def started(self, *arguments, script=None, **options):
        """Start to build the report x, in a process group of its own as a terminal would."""
        program = ["-c", script] if script else ["-m", "analysis"]
        build = ["build", "--name", "x", "--draws", "100", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), MARK: self.mark}
        return subprocess.Popen(
            [sys.executable, *program, *build],
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
        files = [path for path in sorted(place.rglob("*")) if path.is_file()]
        return {
            str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
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
                own = process.environ().get(MARK) == self.mark
                if own and process.status() != psutil.STATUS_ZOMBIE:
                    yield process.pid, process.cmdline()

    def wait_for(self, path, process):
        """Until the chapter has got so far."""
        while not path.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)


@pytest.fixture
def project(once, tmp_path):
    """With a report that stands, and a chapter that says on disk that it runs and then waits."""
    standing = once("faults", lambda folder: succeeded(Project(folder).chapter("1 + 1").build()))
    made = Project(tmp_path / "project", standing)
    made.before = made.stood()
    made.running = tmp_path / "running"
    made.chapter(RUNNING.format(str(made.running)))
    yield made
    for pid, _ in made.processes(0):
        os.kill(pid, signal.SIGKILL)


def unharmed(project, finished=None):
    """The oracle of every fault: what stood stands, or what was `finished`, and nothing else.

    So it is before the next command and after it, which clears what is left.
    """
    assert project.processes() == []
    assert project.stood() in (project.before, finished, {})  # {} between the two renames
    done = project.chapter("1 + 1").build()
    assert done.returncode == 0, done.stderr
    assert project.stood() == project.before
    assert project.left() == [] and project.processes() == []
    assert {p.name for p in project.reports.iterdir()} == {".cache", "x"}


ENDS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]


@pytest.mark.parametrize("number, status, said", ENDS)
def test_an_ended_build_says_so_and_leaves_nothing(project, number, status, said):
    with project.started() as process:
        project.wait_for(project.running, process)
        start = time.monotonic()
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert said in err.splitlines()[-1] and "Traceback" not in err, err
    assert project.processes(5) == [] and time.monotonic() - start < 15
    assert project.left() == [] and project.stood() == project.before
    unharmed(project)


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_a_build_killed_at_any_moment(project, kills, record_property):
    project.chapter("import time\ntime.sleep(0.2)")
    moments = random.Random(1)
    stood, report = project.before, project.reports / "x"
    for _ in range(kills):
        seed = moments.randrange(10**6)
        with project.started("--seed", str(seed)) as process:
            time.sleep(moments.uniform(0.2, 6))
            process.kill()
        assert project.processes() == []
        now = project.stood()
        if now and now != stood:  # the build was quicker than its end: then it stands whole
            assert now.keys() == stood.keys()
            assert json.loads((report / "provenance.json").read_text())["seed"] == seed
            assert (report / "report.html").read_text().rstrip().endswith("</html>")
            stood = now
    unharmed(project, stood)
    record_property("figure", f"{kills} of {kills} kills at random moments survived")


KILLED = """
import os
real = os.rename
def rename(a, b):
    if '.part-' in str(a):
        os.kill(os.getpid(), 9)
    real(a, b)
os.rename = rename
from analysis.commands.command_line import main
main()
"""


def test_a_kill_between_the_two_renames(project):
    project.chapter("2 + 2")
    assert project.build(script=KILLED).returncode == -signal.SIGKILL
    assert not (project.reports / "x").exists() and len(project.left()) == 2
    assert project.chapter("1 / 0").build().returncode == 1
    assert project.stood() == project.before and project.left() == []
    unharmed(project)


def test_a_killed_kernel(project):
    with project.started() as process:
        project.wait_for(project.running, process)
        for pid, _ in project.processes(0):
            kernel = psutil.Process(pid).num_threads() > 3 and os.getsid(pid) == pid
            if kernel and pid != process.pid:
                os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "01-one.ipynb (One): the kernel died" in err, err
    assert (project.reports / "x.failed" / "one.ipynb").exists()
    unharmed(project)


DIVIDED = "'1 / 0': ZeroDivisionError: division by zero"
WRONG = {
    "fails": ("1 / 0", [], f"{DIVIDED}; the failed notebook is x.failed/one.ipynb"),
    "hangs": ("while 1:\n    pass", ["--time-limit", "4"], "ran longer than the limit of 4 s"),
    "eats memory": ("x = bytearray(2**36)", [], "MemoryError"),
}


def limited(resource_of, most):
    """Options of a process that may use so many bytes of something."""
    return {"preexec_fn": lambda: resource.setrlimit(resource_of, (most, most))}


@pytest.mark.parametrize("source, arguments, said", WRONG.values(), ids=WRONG)
def test_a_chapter_that_goes_wrong(project, source, arguments, said):
    project.chapter(source)
    done = project.build(*arguments, **limited(resource.RLIMIT_AS, 2**34))
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


def filled(path, free):
    """A file that takes all of a small file system but some bytes."""
    with open(path, "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))
    os.truncate(path, path.stat().st_size - free)


def test_a_full_disk(project):
    """On a small file system; where none may be mounted a limit on files fails in like places."""
    project.chapter("print('x' * 300_000)")
    shutil.move(project.reports, kept := project.folder / "kept")
    project.reports.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(project.reports)) as small:
        shutil.copytree(kept, project.reports, dirs_exist_ok=True)
        if small:
            filled(project.reports / "filler", free=200_000)
        done = project.build(**({} if small else limited(resource.RLIMIT_FSIZE, 100_000)))
        said = "failed: No space left" if small else "failed: File too large"
        assert done.returncode == 1, done.stderr
        assert done.stderr.splitlines()[-1].startswith(said), done.stderr
        assert project.stood() == project.before
        assert project.left() == [] and project.processes() == []
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
            assert done.returncode == 1, done.stderr
            assert "Read-only file system" in done.stderr.splitlines()[-1], done.stderr
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
