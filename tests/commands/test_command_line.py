"""The command line: every refusal is one line with status 2, quickly, and changes nothing."""

import csv
import io
import os
import pty
import re
import resource
import shlex
import shutil

import pytest
from support import ROOT, run

from analysis.build import report
from analysis.commands import parameters, sweep
from analysis.commands.command_line import Terminated, _changes, _parser, _progress, main
from analysis.errors import ChapterError
from analysis.inputs.assumptions import resolve

SWEEP = ["--segment", "previs", "--metric", "contribution"]
REFUSED = [
    (["build", "--set", "gpu_prise=1"], "gpu_price"),
    (["build", "--set", "GPU_PRICE=1"], "the nearest name is gpu_price"),
    (["build", "--set", "gpu_price=cheap"], "not a number"),
    (["build", "--set", "gpu_price=1.9 USD"], "not a number"),
    (["build", "--set", "gpu_price=1000"], "0.01 to 100"),
    (["build", "--set", "gpu_price=nan"], "not a number"),
    (["build", "--set", "gpu_price=3,2,1"], "low <= value <= high"),
    (["build", "--set", "gpu_price=50%"], "write 0.5"),
    (["build", "--set", "gpu_price=1,9"], "decimal point"),
    (["build", "--set", "gpu_price=1,000"], "no thousands separators"),
    (["build", "--set", "prevs.retakes=3"], "previs"),
    (["build", "--set", "retakes=3"], "previs.retakes"),
    (["build", "--set", "previs.gpu_price=3"], "without a segment"),
    (["build", "--set", "gpu_price"], "NAME=VALUE"),
    (["build", "--set"], "--set"),
    (["build", "gpu_price=1.9"], "--set gpu_price=1.9"),
    (["build", "--set", "gpu_price=1", "--set", "gpu_price=2"], "given twice"),
    (["build", "bsae"], "the nearest name is base"),
    (["build", "../base"], "unknown scenario"),
    (["build", "--name", "../x"], "report name"),
    (["build", "--name", "base", "--set", "gpu_price=1"], "base"),
    (["build", "--name", "gpu_glut"], "kept for the scenario"),
    (["build", "--draws", "99"], "100"),
    (["build", "--draws", "many"], "--draws"),
    (["build", "--draws", "1e4"], "write 10000"),
    (["build", "--draws", "16,384"], "write 16384"),
    (["build", "--seed", "-1"], "seed"),
    (["build", "--jobs", "0"], "--jobs"),
    (["build", "--time-limit", "0"], "--time-limit"),
    (["build", "base", "gpu_glut", "--name", "x"], "--name"),
    (
        ["build", "--drawz", "3"],
        "the nearest name is --draws (see python -m analysis build --help)",
    ),
    (["build", "--dask", "nowhere"], "no Dask scheduler"),
    (["build", "--reports", __file__], "not a folder"),
    (["parameters", "zzzz"], "zzzz"),
    (["parameters", "gpu", "zzzz"], "gpu zzzz"),
    (["parameters", "--cvs"], "the nearest name is --csv"),
    (["compare", "base"], "required: B"),
    (["compare", "base", "bsae"], "none is built yet"),
    (["compare", str(ROOT / "reports" / "base"), str(ROOT)], "no built report"),
    (["compare", "a", "b", "c"], "'c'"),
    (["compare", "a", "b", "--reports", __file__], "not a folder"),
    (["sweep", "gpu_price=1:6:3"], "required: --segment, --metric"),
    (["sweep", "gpu_price=1:6", *SWEEP], "NAME=START:STOP:COUNT"),
    (["sweep", "gpu_price=6:1:3", *SWEEP], "not below"),
    (["sweep", "retakes=1:6:3", *SWEEP], "previs.retakes"),
    (["sweep", "gpu_prise=1:6:3", *SWEEP], "the nearest name is gpu_price"),
    (
        ["sweep", "gpu_price=1:6:3", "--segment", "prevs", "--metric", "contribution"],
        "the nearest name is previs",
    ),
    (
        ["sweep", "gpu_price=1:6:3", "--segment", "previs", "--metric", "saving"],
        "the nearest name is saving_per_finished_second",
    ),
    (
        ["sweep", "gpu_price=1:6:3", "--segment", "previs", "--metric", "store_fees"],
        "previs has no metric",
    ),
    (["sweep", "gpu_price=1:6:3", *SWEEP, "--scenario", "glut"], "the nearest name is gpu_glut"),
    (["sweep", "gpu_price=1:6:3", *SWEEP, "--set", "previs.retakes"], "NAME=VALUE"),
    (["sweep", "gpu_price=1:6:3", *SWEEP, "--name", "base"], "base is the name of a report"),
    (["sweep", "gpu_price=1:6:3", *SWEEP, "--name", "a b"], "report name"),
    (["swep"], "'sweep'"),
    ([], "COMMAND"),
]


@pytest.mark.parametrize(
    "arguments, said", REFUSED, ids=lambda x: " ".join(x) if isinstance(x, list) else ""
)
def test_bad_input_is_one_line_and_status_2(arguments, said, capsys, tmp_path):
    with_reports = (
        arguments[:1] in (["build"], ["compare"], ["sweep"]) and "--reports" not in arguments
    )
    assert (
        main([*arguments, *(["--reports", str(tmp_path / "reports")] if with_reports else [])]) == 2
    )
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
    assert float(rows[0]["value"]) == pytest.approx(
        next(iter(assumptions.quantities.values())).value
    )
    assert main(["parameters", "CHURN"]) == 0
    out = capsys.readouterr().out
    assert "consumer.monthly_churn" in out and "gpu_price" not in out


@pytest.mark.parametrize("width", [80, 200])
def test_parameters_fit_the_terminal(width, capsys, monkeypatch, assumptions):
    """The oracle is the width of a terminal; what is asked for and every source is there in whatever lines."""
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["parameters"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    assert all(
        id in out.split("Sources")[0].replace(")", " ").split()
        for q in assumptions.quantities.values()
        for id in q.evidence
    )
    assert main(["parameters", "GPU", "decline"]) == 0
    q, out = assumptions.gpu_price_decline, capsys.readouterr().out.splitlines()
    assert (
        out[1].split() == ["gpu_price_decline", f"{q.low:g}", f"{q.value:g}", f"{q.high:g}", q.unit]
        and q.meaning.split()[0] in out[2]
    )


@pytest.mark.parametrize("command", ["build", "parameters", "compare", "sweep"])
def test_help_has_examples_that_are_understood(command, capsys):
    """The oracle is the parser: every example of a command's help passes it."""
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    examples = [
        line.split()
        for line in capsys.readouterr().out.split("examples:")[1].splitlines()
        if line.strip()
    ]
    assert stopped.value.code == 0 and len(examples) >= 2
    for python, m, analysis, *arguments in examples:
        asked = _parser().parse_args(
            arguments[: arguments.index(">")] if ">" in arguments else arguments
        )
        assert (python, m, analysis, asked.command) == ("python", "-m", "analysis", command)
    with pytest.raises(SystemExit):
        main(["--help"])
    assert command in capsys.readouterr().out


def test_the_commands_of_the_readme_are_understood():
    """The oracles are the parser, the scenario files and the checks of names and ranges that come before a build."""
    shown = re.findall(r"python -m analysis ([^#&`>\n]+)", (ROOT / "README.md").read_text("utf-8"))
    commands = [shlex.split(line) for line in shown if "--help" not in line]
    for arguments in commands:
        asked = _parser().parse_args(arguments)
        if (
            asked.command == "build" and "cheap_power" not in asked.scenarios
        ):  # which test_extending.py makes
            for scenario in asked.scenarios or ["base"]:
                report.request(scenario, _changes(asked.changes), asked.name, asked.draws)
        if asked.command == "sweep":
            sweep.grid(
                asked.axes,
                asked.segment,
                asked.metric,
                asked.scenario,
                _changes(asked.changes),
                asked.log,
            )
        if asked.command == "parameters":
            parameters.found(resolve(), " ".join(asked.text))
    assert {arguments[0] for arguments in commands} == {
        "build",
        "parameters",
        "compare",
        "sweep",
    } and len(commands) > 9


def test_sweep_and_compare_from_the_command_line(tmp_path, capsys):
    """The oracles are the files that each command leaves: as many points as were asked for, and no difference of a report from itself."""
    base, reports = str(ROOT / "reports" / "base"), ["--reports", str(tmp_path)]
    assert (
        main(
            [
                "sweep",
                "gpu_price=0.01:100:3",
                "previs.retakes=1:4:2",
                *SWEEP,
                "--set",
                "previs.wage=40",
                "--name",
                "s",
                *reports,
            ]
        )
        == 0
    )
    assert capsys.readouterr().out.endswith(f"\n{tmp_path}/s/sweep.html\n")
    rows = (tmp_path / "s" / "sweep.csv").read_text().splitlines()
    assert rows[0] == "gpu_price,previs.retakes,contribution" and len(rows) == 1 + 3 * 2
    assert main(["compare", base, base, *reports]) == 0
    out = capsys.readouterr().out
    assert "Different: 0 of A's" in out and out.endswith(
        f"\n{tmp_path}/compare-base-base/compare.csv\n"
    )
    assert len((tmp_path / "compare-base-base" / "compare.csv").read_text().splitlines()) == 1
    shutil.copytree(base, tmp_path / "base")
    assert main(["compare", "bse", "base", *reports]) == 2
    assert capsys.readouterr() == ("", "error: no built report 'bse'; the nearest name is base\n")


@pytest.mark.parametrize(
    "terminal, quiet, said, unsaid",
    [
        (True, False, ["name:", "2/3 chapters", "Second", "left"], ["building"]),
        (
            False,
            False,
            ["building name\n", "  1/3 First (unchanged)\n", "  2/3 Second\n"],
            ["\r", "\x1b"],
        ),
        (True, True, [], []),
        (False, True, [], []),
    ],
    ids=["bar", "lines", "quiet on a terminal", "quiet"],
)
def test_progress(terminal, quiet, said, unsaid, monkeypatch):
    """The oracle is what arrives at the other end of a real terminal, or of a pipe."""
    at_end, here = pty.openpty() if terminal else os.pipe()
    monkeypatch.setenv("TQDM_MININTERVAL", "0")
    with open(here, "w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        with _progress("name", quiet) as tell:
            tell("First", 1, 3, False)
            tell("Second", 2, 3, True)
        stream.write("end")
        stream.flush()
        heard = ""
        while not heard.endswith("end"):
            heard += os.read(at_end, 65536).decode()
    os.close(at_end)
    assert all(text in heard for text in said) and not any(text in heard for text in unsaid), heard
    assert said or heard == "end"


@pytest.mark.parametrize(
    "problem, status, said",
    [
        (ChapterError("01-summary.ipynb: why"), 1, "failed: 01-summary.ipynb: why\n"),
        (OSError(28, "No space left on device"), 1, "failed: No space left on device\n"),
        (
            PermissionError(13, "Permission denied", "reports"),
            1,
            "failed: Permission denied: reports\n",
        ),
        (OSError("something else"), 1, "failed: something else\n"),
        (KeyboardInterrupt(), 130, "interrupted; what stood before still stands\n"),
        (Terminated(), 143, "terminated; what stood before still stands\n"),
    ],
    ids=["chapter", "full", "forbidden", "other", "interrupted", "terminated"],
)
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
    assert built == ["gpu_glut"] and out == [
        f"{tmp_path}/base/report.html (nothing changed)",
        f"{tmp_path}/gpu_glut/report.html",
    ]
