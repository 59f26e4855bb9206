"""How chapters are run: only what changed, the same bytes by every path, with limits that are told."""

import importlib.util
import itertools
import json
import os
import shutil
import signal
import sys
import threading
import time
from concurrent.futures import Executor, Future
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from support import ROOT, run

from analysis.build import cache, execution, kernels, provenance, report
from analysis.build.page import normalise
from analysis.errors import ChapterError, InputError


class Noted(Executor):
    """An executor that runs nothing, notes what it is asked to run, and answers with a notebook."""

    def __init__(self, answer=None):
        self.asked, self.answer = [], answer

    def submit(self, call, text, parameters):
        self.asked.append(
            parameters.get("segment", json.loads(text)["cells"][0]["source"][0].strip("# "))
        )
        future = Future()
        future.set_result((self.answer or text, ""))
        return future


@pytest.fixture
def project(small, monkeypatch):
    """A copy of the project whose hashes count, and what a request for it would run."""
    monkeypatch.setattr(provenance, "MODULE", small / "analysis")
    monkeypatch.setattr(provenance, "SCENARIOS", small / "notebooks" / "scenarios")
    monkeypatch.setattr(execution, "_checked", lambda asked, run, text, error: text)

    def ran(**options):
        asked = report.request(
            notebooks=small / "notebooks", reports=small / "reports", **{"draws": 100, **options}
        )
        asked.__dict__["study"] = SimpleNamespace(results=None)
        noted = Noted()
        execution.run_all(asked, noted, lambda *_: None, 2, 60)
        return noted.asked

    return SimpleNamespace(folder=small, ran=ran, all=ran())


def test_nothing_is_run_twice(project):
    assert len(project.all) == 1 + 6 and project.ran() == []
    assert project.ran(name="another") == []


@pytest.mark.parametrize(
    "file",
    [
        "analysis/model/metrics.py",
        "analysis/show/figures/cost.py",
        "analysis/inputs/data/assumptions.csv",
        "notebooks/scenarios/base.yaml",
        "notebooks/scenarios/gpu_glut.yaml",
    ],
)
def test_a_module_a_table_and_a_scenario_change_every_chapter(project, file):
    path = project.folder / file
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    assert project.ran() == project.all
    path.write_bytes(before)
    assert project.ran() == []


def test_the_template_changes_no_chapter(project):
    (project.folder / "analysis" / "template" / "report" / "style.css").write_text("")
    assert project.ran() == []


@pytest.mark.parametrize("name, count", [("01-summary", 1), ("04-vertical", 6)])
def test_a_notebook_changes_its_own_chapters(project, name, count):
    path = project.folder / "notebooks" / f"{name}.ipynb"
    path.write_text(path.read_text() + "\n")
    assert len(project.ran()) == count and project.ran() == []


@pytest.mark.parametrize(
    "option",
    [
        {"draws": 101},
        {"seed": 1},
        {"scenario": "gpu_glut"},
        {"overrides": {"gpu_price": 1.0}},
        {"overrides": {"previs.retakes": 3}},
    ],
)
def test_a_parameter_changes_every_chapter(project, option):
    assert (
        project.ran(**option) == project.all and project.ran(**option) == [] and project.ran() == []
    )


def test_the_same_override_in_other_words_changes_none(project):
    assert project.ran(overrides={"gpu_price": "1.50"}) == project.all
    assert (
        project.ran(overrides={"gpu_price": 1.5})
        == []
        == project.ran(overrides={"gpu_price": [1.5, 1.5, 1.5]})
    )


@pytest.mark.parametrize(
    "module, name, value",
    [
        (provenance, "installed", lambda: ["numpy-9.dist-info"]),
        (provenance.platform, "machine", lambda: "other"),
        (provenance.platform, "python_version", lambda: "3.99.0"),
    ],
)
def test_a_version_and_the_platform_change_every_chapter(project, monkeypatch, module, name, value):
    monkeypatch.setattr(module, name, value)
    assert project.ran() == project.all


def test_the_packages_that_count_are_those_installed():
    assert {f"numpy-{provenance.importlib.metadata.version('numpy')}.dist-info"} < set(
        provenance.installed()
    )


@pytest.mark.parametrize(
    "damage",
    [lambda b: b"", lambda b: b[:-20], lambda b: b"\xff" + b],
    ids=["empty", "cut", "no text"],
)
def test_a_damaged_entry_is_done_again(project, damage):
    entries = sorted((project.folder / "reports" / ".cache").iterdir())
    assert len(entries) == 7
    whole = entries[3].read_bytes()
    entries[3].write_bytes(damage(whole))
    assert len(project.ran()) == 1 and entries[3].read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error(project):
    shutil.rmtree(project.folder / "reports")
    (project.folder / "reports").mkdir()
    (project.folder / "reports" / ".cache").write_text("in the way")
    assert project.ran() == project.all == project.ran()


def test_writers_do_not_meet(tmp_path):
    kept, texts = cache.Cache(tmp_path), [json.dumps(letter * 100_000) for letter in "xy"]
    stop = time.monotonic() + 0.5

    def write(text):
        while time.monotonic() < stop:
            kept.put("one", text)

    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for writer in writers:
        writer.start()
    while kept.get("one") is None:
        pass
    while time.monotonic() < stop:
        assert kept.get("one") in texts
    for writer in writers:
        writer.join()
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def notebook(*sources):
    """A notebook of these cells, as text."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.writes(
        nbformat.v4.new_notebook(
            cells=cells,
            metadata={"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}},
        )
    )


def test_a_figure_that_is_not_there_is_missed(tmp_path):
    asked = replace(report.request(draws=100), reports=tmp_path)
    with pytest.raises(ChapterError, match="'figures.unseen\\(study\\)' shows no figure"):
        execution._checked(asked, asked.runs[0], notebook("figures.unseen(study)"), "")


@pytest.fixture
def server(monkeypatch):
    """The server that kernels are forked from. It wants a program that was started by `python -m`, which a worker of pytest is not."""
    monkeypatch.setattr(
        sys.modules["__main__"],
        "__spec__",
        importlib.util.find_spec("analysis.commands.command_line"),
    )
    if not kernels.start_server():
        (pytest.fail if sys.platform == "linux" else pytest.skip)("kernels cannot be forked here")


@pytest.mark.parametrize(
    "source, said",
    [
        ("import os; os._exit(9)", "the kernel died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the kernel died"),
        ("import time; time.sleep(60)", "ran longer than the limit of 3 s"),
    ],
)
@pytest.mark.parametrize("forked", [False, True])
def test_a_dead_kernel_and_a_slow_chapter_are_told(source, said, forked, request):
    if forked:
        request.getfixturevalue("server")
    text, error = report.execute(
        notebook(source), {}, provenance.code(), limit=3 if "limit" in said else 60, forked=forked
    )
    assert said in error and source in text


def test_forked_and_ordinary_kernels_give_the_same_bytes(server):
    """The oracle is the ordinary kernel; matplotlib's and seaborn's default ways to draw are in it, which a bad preload would drop in silence."""
    drawn = (
        "import seaborn\nimport matplotlib.pyplot as plt\nseaborn.histplot([1, 2, 2])\nplt.show()"
    )
    summary = (ROOT / "notebooks" / "01-summary.ipynb").read_text()
    for text, parameters in ((notebook(drawn), {}), (summary, {"draws": 100})):
        done = [
            report.execute(text, parameters, provenance.code(), forked=forked)
            for forked in (False, True)
        ]
        assert [error for _, error in done] == ["", ""]
        ordinary, forked = (nbformat.writes(normalise(nbformat.reads(text, 4))) for text, _ in done)
        assert ordinary == forked
        assert "image/png" in forked or "<svg" in forked


def test_a_worker_with_other_code_is_refused():
    text, error = report.execute(notebook("1"), {}, "other")
    assert text == "" and "another version" in error and "worker" in error


def test_a_cluster_that_breaks_down_is_told(tmp_path):
    class Broken(Executor):
        def submit(self, call, text, parameters):
            (future := Future()).set_exception(ConnectionError("scheduler gone"))
            return future

    asked = report.request(draws=100, reports=tmp_path)
    with pytest.raises(ChapterError, match="ConnectionError: scheduler gone"):
        report.build(asked, Broken())
    assert list(tmp_path.iterdir()) == []


def test_code_that_changes_during_a_build_spoils_nothing(project, monkeypatch):
    """Chapters run by code that has changed meanwhile are not kept."""
    versions = itertools.count()
    monkeypatch.setattr(provenance, "installed", lambda: [str(next(versions))])
    assert project.ran() == project.all
    monkeypatch.undo()
    assert len(list((project.folder / "reports" / ".cache").iterdir())) == 7


def test_a_cluster_that_is_not_there_is_told(monkeypatch):
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:port"):
        with (
            pytest.raises(InputError, match="no Dask scheduler answered"),
            report.cluster(address, patience=1),
        ):
            pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="not installed"), report.cluster("tcp://127.0.0.1:1"):
        pass


def test_a_dask_cluster_that_loses_a_worker_completes_the_build(built, tmp_path):
    """The oracle is the build without a cluster: the same bytes, though one of two worker processes is killed midway."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            worker_dashboard_address=None,
        ) as cluster,
        report.cluster(cluster.scheduler_address) as executor,
    ):
        asked = report.request(
            draws=100, name="x", notebooks=built / "notebooks", reports=tmp_path / "reports"
        )
        counts = itertools.count()
        workers = [worker.pid for worker in cluster.workers.values()]

        def kill_one():
            while not psutil.Process(workers[0]).children():  # the kernel that it has started
                time.sleep(0.02)
            next(counts)
            os.kill(workers[0], signal.SIGKILL)

        killer = threading.Thread(target=kill_one, daemon=True)
        killer.start()
        place = report.build(asked, executor)
        killer.join(5)
    assert next(counts) == 1
    assert report.stands(asked)
    here = built / "reports" / "x"
    for path in sorted(here.rglob("*")):
        assert (
            path.is_dir() or path.read_bytes() == (place / path.relative_to(here)).read_bytes()
        ), path


def test_a_chapter_that_nobody_waits_for_ends_on_the_cluster():
    """The oracle is the process table: the worker's kernel is gone long before the chapter or its limit would end it."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, worker_dashboard_address=None
    ) as cluster:
        worker = psutil.Process(next(iter(cluster.workers.values())).pid)
        for cancel in (True, False):
            with report.cluster(cluster.scheduler_address) as executor:
                future = executor.submit(
                    report.execute, notebook("import time; time.sleep(120)"), {}, provenance.code()
                )
                (kernel,) = waited(worker.children, 60)
                if cancel:
                    future.cancel()
                    assert waited(lambda: not kernel.is_running(), 20)
            assert waited(lambda: not kernel.is_running(), 20)  # the client is gone


def waited(condition, patience):
    """What a condition gives once it is true, or at the end of patience."""
    end = time.monotonic() + patience
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_a_build_with_nothing_changed_is_told_and_an_edited_report_is_restored(built):
    place = built / "reports" / "x"
    page = (place / "report.html").read_bytes()
    again = run(built, "build", "--draws", "100", "--name", "x")
    assert again.stdout == f"{place / 'report.html'} (nothing changed)\n" and again.stderr == ""
    (place / "report.html").write_bytes(page + b"<!-- by hand -->")
    (place / "note.txt").write_text("by hand")
    mended = run(built, "build", "--draws", "100", "--name", "x")
    assert (
        mended.stdout == again.stdout.replace(" (nothing changed)", "")
        and "1/2 The verdict (unchanged)" in mended.stderr
    )
    assert (place / "report.html").read_bytes() == page and not (place / "note.txt").exists()
