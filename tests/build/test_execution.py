"""How chapters run: only what changed, the same bytes by every path, with limits that are told."""

import importlib.util
import itertools
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import Executor, Future
from types import SimpleNamespace

import psutil
import pytest

from analysis.build import execution, kernels, report
from analysis.build.request import request
from analysis.errors import ChapterError, InputError
from analysis.inputs import fingerprint

OPTIONS = [
    {"draws": 101},
    {"seed": 1},
    {"scenario": "gpu_glut"},
    {"overrides": {"gpu_price": 1.0}},
    {"overrides": {"previs.retakes": 3}},
]


class Noted(Executor):
    """An executor that runs nothing, notes what it is asked to run, and hands the text back."""

    def __init__(self):
        self.asked = []

    def submit(self, call, text, parameters):
        title = json.loads(text)["cells"][0]["source"][0].strip("# ")
        self.asked.append(parameters.get("segment", title))
        future = Future()
        future.set_result((text, ""))
        return future


@pytest.fixture
def project(small, monkeypatch):
    """A copy of the project whose hashes count, and what a request for it would run."""
    monkeypatch.setattr(fingerprint, "MODULE", small / "analysis")
    monkeypatch.setattr(fingerprint, "SCENARIOS", small / "notebooks" / "scenarios")
    for path in (small / "notebooks").glob("*.ipynb"):  # as nothing runs, no figure is shown
        path.write_text(path.read_text().replace('"figures.', '"1; figures.'))

    monkeypatch.setattr(execution, "compute", lambda study: None)

    def ran(**options):
        folders = {"notebooks": small / "notebooks", "reports": small / "reports"}
        asked = request(**folders, **{"draws": 100, **options})
        noted = Noted()
        execution.run_all(asked, noted, lambda *_: None, 2, 60)
        return noted.asked

    return SimpleNamespace(folder=small, ran=ran, all=ran())


def test_nothing_is_run_twice(project):
    assert project.all[0] == "The answer" and len(project.all) > 2 and project.ran() == []
    assert project.ran(name="another") == []


@pytest.mark.parametrize(
    "file",
    ["model/metrics.py", "show/figures/cost.py", "inputs/data/assumptions.csv"],
)
def test_a_file_that_changes_and_changes_back_runs_every_chapter_once(project, file):
    path = project.folder / "analysis" / file
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    assert project.ran() == project.all
    path.write_bytes(before)
    assert project.ran() == []


def test_the_template_changes_no_chapter(project):
    style = project.folder / "analysis" / "build" / "template" / "report" / "style.css"
    style.write_text("")
    assert project.ran() == []


@pytest.mark.parametrize("name, count", [("01-answer", 1), ("09-segments", 8)])
def test_a_notebook_changes_its_own_chapters(project, name, count):
    path = project.folder / "notebooks" / f"{name}.ipynb"
    path.write_text(path.read_text() + "\n")
    assert len(project.ran()) == count and project.ran() == []


@pytest.mark.parametrize("option", OPTIONS)
def test_a_parameter_changes_every_chapter(project, option):
    assert project.ran(**option) == project.all
    assert project.ran(**option) == [] and project.ran() == []


def test_the_same_override_in_other_words_changes_none(project):
    assert project.ran(overrides={"gpu_price": "1.50"}) == project.all
    for same in (1.5, [1.5, 1.5, 1.5]):
        assert project.ran(overrides={"gpu_price": same}) == []


def test_a_damaged_entry_is_done_again(project):
    entries = sorted((project.folder / "reports" / ".cache").iterdir())
    whole = entries[3].read_bytes()
    entries[3].write_bytes(whole[:-20])
    assert (
        len(entries) == len(project.all)
        and len(project.ran()) == 1
        and entries[3].read_bytes() == whole
    )


def test_code_that_changes_during_a_build_spoils_nothing(project, monkeypatch):
    """Chapters run by code that has changed meanwhile are not kept."""
    versions = itertools.count()
    monkeypatch.setattr(fingerprint, "installed", lambda: [str(next(versions))])
    assert project.ran() == project.all
    monkeypatch.undo()
    assert len(list((project.folder / "reports" / ".cache").iterdir())) == len(project.all)


@pytest.fixture(params=[False, True], ids=["ordinary", "forked"])
def forked(request, monkeypatch):
    """Both kinds of kernel; the server wants a program started by `python -m`, as pytest is not."""
    if request.param:
        spec = importlib.util.find_spec("analysis.__main__")
        monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
        if not kernels.start_server(fingerprint.code()):
            pytest.skip("kernels cannot be forked here")
    return request.param


@pytest.mark.parametrize(
    "source, said",
    [
        ("import os; os._exit(9)", "the kernel died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the kernel died"),
        ("import time; time.sleep(60)", "ran longer than the limit of 3 s"),
        ("x = 1\n1 / 0", "cell 1, 'x = 1': ZeroDivisionError: division by zero"),
    ],
)
def test_what_ends_a_chapter_is_told_with_the_notebook_as_far_as_it_ran(
    source, said, forked, notebook
):
    limit = 3 if "limit" in said else 60
    text, error = execution.execute(
        notebook(source), {}, fingerprint.code(), limit=limit, forked=forked
    )
    assert said in error and json.dumps(source.split("\n")[0])[1:-1] in text


def test_an_event_ends_a_chapter_at_once(notebook, forked):
    stop, start = threading.Event(), time.monotonic()
    threading.Timer(3, stop.set).start()
    source = notebook("import time; time.sleep(60)")
    _, error = execution.execute(source, {}, fingerprint.code(), forked=forked, stop=stop)
    assert error == "stopped" and time.monotonic() - start < 20


def test_a_worker_with_other_code_is_refused(notebook):
    text, error = execution.execute(notebook("1"), {}, "other")
    assert text == "" and "another version" in error and "worker" in error


class Broken(Executor):
    """A cluster that breaks down, or whose worker hands something else back."""

    def __init__(self, outcome):
        self.outcome = outcome

    def submit(self, call, text, parameters):
        future = Future()
        if isinstance(self.outcome, Exception):
            future.set_exception(self.outcome)
        else:
            future.set_result((self.outcome, ""))
        return future


def test_a_cluster_that_breaks_down_is_told(tmp_path):
    asked = request(draws=100, reports=tmp_path)
    with pytest.raises(ChapterError, match="ConnectionError: scheduler gone"):
        report.build(asked, Broken(ConnectionError("scheduler gone")))
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_is_not_there_is_missed(tmp_path, notebook):
    asked = request(draws=100, reports=tmp_path)
    with pytest.raises(ChapterError, match="'figures.unseen\\(study\\)' shows no figure"):
        report.build(asked, Broken(notebook("figures.unseen(study)")))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:port"])
def test_a_cluster_that_is_not_there_is_told(address):
    with pytest.raises(InputError, match="no Dask scheduler answered"):
        execution.cluster(address, patience=1).__enter__()


def test_a_package_for_clusters_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="not installed"):
        execution.cluster("tcp://127.0.0.1:1").__enter__()


def dask(workers):
    """A cluster of processes on this machine."""
    distributed = pytest.importorskip("distributed")
    quiet = {"dashboard_address": None, "worker_dashboard_address": None}
    return distributed.LocalCluster(n_workers=workers, threads_per_worker=1, **quiet)


def test_a_dask_cluster_that_loses_a_worker_completes_the_build(built, tmp_path):
    """The oracle is the build without a cluster: the same bytes, one of two workers killed."""
    killed = []
    with (
        dask(2) as cluster,
        execution.cluster(cluster.scheduler_address) as executor,
    ):
        folders = {"notebooks": built / "notebooks", "reports": tmp_path / "reports"}
        asked = request(draws=100, name="x", **folders)
        victim = next(iter(cluster.workers.values())).pid

        def kill_it():
            waited(psutil.Process(victim).children, 60)  # the kernel that it has started
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

        killer = threading.Thread(target=kill_it, daemon=True)
        killer.start()
        place = report.build(asked, executor)
        killer.join(5)
    assert killed and report.stands(asked)
    here = built / "reports" / "x"
    for path in (p for p in sorted(here.rglob("*")) if p.is_file()):
        assert path.read_bytes() == (place / path.relative_to(here)).read_bytes(), path


@pytest.mark.parametrize("cancel", [True, False], ids=["cancelled", "client gone"])
def test_a_chapter_that_nobody_waits_for_ends_on_the_cluster(cancel, notebook):
    """Oracle: the process table; the kernel is gone long before the chapter or its limit ends."""
    text, code = notebook("import time; time.sleep(120)"), fingerprint.code()
    with dask(1) as cluster:
        worker = psutil.Process(next(iter(cluster.workers.values())).pid)
        with execution.cluster(cluster.scheduler_address) as executor:
            future = executor.submit(execution.execute, text, {}, code)
            (kernel,) = waited(worker.children, 60)
            if cancel:
                future.cancel()
                assert waited(lambda: not kernel.is_running(), 20)
        assert waited(lambda: not kernel.is_running(), 20)


def waited(condition, patience):
    """What a condition gives once it is true, or at the end of patience."""
    end = time.monotonic() + patience
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found
