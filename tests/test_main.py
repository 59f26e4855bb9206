"""The command line: every refusal is one line with status 2, quickly, and changes nothing."""
import csv
import io
import resource

import pytest
from conftest import ROOT, run

from analysis import ChapterError, report
from analysis.__main__ import Terminated, _Progress, main

REFUSED = [
    (["build", "--set", "gpu_prise=1"], "gpu_price"),
    (["build", "--set", "gpu_price=cheap"], "not a number"),
    (["build", "--set", "gpu_price=1000"], "0.01 to 100"),
    (["build", "--set", "gpu_price=nan"], "not a number"),
    (["build", "--set", "gpu_price=3,2,1"], "low <= value <= high"),
    (["build", "--set", "gpu_price=50%"], "write 0.5"),
    (["build", "--set", "gpu_price=1,000"], "no thousands separators"),
    (["build", "--set", "prevs.retakes=3"], "previs"),
    (["build", "--set", "retakes=3"], "previs.retakes"),
    (["build", "--set", "previs.gpu_price=3"], "without a segment"),
    (["build", "--set", "gpu_price"], "NAME=VALUE"),
    (["build", "--set", "gpu_price=1", "--set", "gpu_price=2"], "given twice"),
    (["build", "bsae"], "base"),
    (["build", "--name", "../x"], "report name"),
    (["build", "--name", "base", "--set", "gpu_price=1"], "base"),
    (["build", "--draws", "99"], "100"),
    (["build", "--draws", "many"], "--draws"),
    (["build", "--seed", "-1"], "seed"),
    (["build", "--jobs", "0"], "--jobs"),
    (["build", "--time-limit", "0"], "--time-limit"),
    (["build", "base", "gpu_glut", "--name", "x"], "--name"),
    (["build", "--drawz", "3"], "--drawz"),
    (["parameters", "zzzz"], "zzzz"),
    ([], "COMMAND"),
]


@pytest.mark.parametrize("arguments, said", REFUSED, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_bad_input_is_one_line_and_status_2(arguments, said, capsys, tmp_path):
    reports = [*arguments, "--reports", str(tmp_path / "reports")] if arguments[:1] == ["build"] else arguments
    assert main(reports) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and said in err
    assert not (tmp_path / "reports").exists()


def test_bad_input_is_told_in_under_three_seconds():
    """Of processor time, so that other work on the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run(ROOT, "build", "--set", "gpu_prise=1")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 2 and "gpu_price" in done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3


def test_parameters_lists_the_codebook(capsys, assumptions):
    assert main(["parameters", "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [r["name"] for r in rows] == list(assumptions.quantities)
    assert float(rows[0]["value"]) == pytest.approx(next(iter(assumptions.quantities.values())).value)
    assert main(["parameters", "CHURN"]) == 0
    out = capsys.readouterr().out
    assert "consumer.monthly_churn" in out and "gpu_price" not in out


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["parameters", "--help"]])
def test_help_is_there(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0 and "usage" in capsys.readouterr().out


class Terminal(io.StringIO):
    """A place to write to that says that a person looks on."""

    def isatty(self):
        return True


@pytest.mark.parametrize("to, quiet, said, unsaid", [
    (Terminal(), False, ["name:", "2/3 chapters", "Second", "left"], ["building"]),
    (io.StringIO(), False, ["building name\n", "  1/3 First (unchanged)\n", "  2/3 Second\n"], ["\r", "\x1b"]),
    (Terminal(), True, [], ["Second"]),
    (io.StringIO(), True, [], ["Second"]),
], ids=["bar", "lines", "quiet on a terminal", "quiet"])
def test_progress(monkeypatch, to, quiet, said, unsaid):
    monkeypatch.setattr("sys.stderr", to)
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    with _Progress("name", quiet) as progress:
        progress("First", 1, 3, False)
        progress("Second", 2, 3, True)
        if progress.bar is not None:
            progress.bar.refresh()
    assert all(text in to.getvalue() for text in said) and not any(text in to.getvalue() for text in unsaid), to.getvalue()
    assert said or not to.getvalue()


@pytest.mark.parametrize("problem, status, said", [
    (ChapterError("01-summary.ipynb: why"), 1, "failed: 01-summary.ipynb: why\n"),
    (OSError(28, "No space left on device"), 1, "failed: No space left on device\n"),
    (PermissionError(13, "Permission denied", "reports"), 1, "failed: Permission denied: reports\n"),
    (OSError("something else"), 1, "failed: something else\n"),
    (KeyboardInterrupt(), 130, "interrupted; what stood before still stands\n"),
    (Terminated(), 143, "terminated; what stood before still stands\n"),
], ids=["chapter", "full", "forbidden", "other", "interrupted", "terminated"])
def test_what_ends_a_build_is_one_line(monkeypatch, capsys, tmp_path, problem, status, said):
    def build(*_):
        raise problem

    monkeypatch.setattr(report, "build", build)
    assert main(["build", "--quiet", "--reports", str(tmp_path)]) == status
    out, err = capsys.readouterr()
    assert (out, err) == ("", said)


def test_nothing_changed_is_told_without_a_build(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(report, "stands", lambda asked: asked.name == "base")
    built = []
    monkeypatch.setattr(report, "build", lambda asked, *_: built.append(asked.name))
    assert main(["build", "base", "gpu_glut", "base", "--reports", str(tmp_path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert built == ["gpu_glut"] and out == [f"{tmp_path}/base/report.html (nothing changed)", f"{tmp_path}/gpu_glut/report.html"]
