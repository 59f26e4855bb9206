"""The command line: every refusal is one line with status 2, quickly, and changes nothing."""

import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys

import pytest
from support import ROOT, run

from analysis.build import report
from analysis.commands import parameters, sweep
from analysis.commands.command_line import Terminated, changes_of, main, parse
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
    (["build", "--set", "gpu_price=50%"], "+15% or -15%; allowed is 0.01 to 100 USD/GPU-h"),
    (["build", "--set", "gpu_price=1,9"], "write 1.9; allowed is 0.01 to 100 USD/GPU-h"),
    (["build", "--set", "gpu_price=1,000"], "write 1.000 or 1000"),
    (["build", "--set", "utilisation=+60%"], "1.04 (0.64 to 1.36) is out of range"),
    (["build", "--set", "compute_intensity=80"], "since the second edition it is served_intensity"),
    (["build", "distilled"], "since the second edition it is few_step"),
    (["build", "on_demand"], "since the second edition it is gone"),
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
    (["build", "--draws", "16,384"], "invalid int value: '16,384'"),
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
        ["sweep", "gpu_price=1:6:3", "--segment", "previs", "--metric", "metered_price"],
        "previs has no metric",
    ),
    (["sweep", "gpu_price=1:6:3", *SWEEP, "--scenario", "glut"], "the nearest name is gpu_glut"),
    (["sweep", "gpu_price=1:6:3", *SWEEP, "--set", "previs.retakes"], "NAME=VALUE"),
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
        asked = parse(arguments[: arguments.index(">")] if ">" in arguments else arguments)
        assert (python, m, analysis, asked.command) == ("python", "-m", "analysis", command)
    with pytest.raises(SystemExit):
        main(["--help"])
    assert command in capsys.readouterr().out


def test_the_commands_of_the_readme_are_understood():
    """The oracles are the parser, the scenario files, and the checks that come before a build."""
    shown = re.findall(r"python -m analysis ([^#&`>\n]+)", (ROOT / "README.md").read_text("utf-8"))
    commands = [shlex.split(line) for line in shown if "--help" not in line]
    for arguments in commands:
        asked = parse(arguments)
        if (
            asked.command == "build" and "cheap_power" not in asked.scenarios
        ):  # which test_extending.py makes
            for scenario in asked.scenarios or ["base"]:
                report.request(scenario, changes_of(asked.changes), asked.name, asked.draws)
        if asked.command == "sweep":
            changes = changes_of(asked.changes)
            sweep.grid(asked.axes, asked.segment, asked.metric, asked.scenario, changes)
        if asked.command == "parameters":
            parameters.found(resolve(), " ".join(asked.text))
    assert {arguments[0] for arguments in commands} == {
        "build",
        "parameters",
        "compare",
        "sweep",
    } and len(commands) > 6


def test_sweep_and_compare_from_the_command_line(tmp_path, capsys):
    """Oracles: as many points as were asked for; a report does not differ from itself."""
    base, reports = str(ROOT / "reports" / "base"), ["--reports", str(tmp_path)]
    axes = ["gpu_price=0.01:100:3", "previs.retakes=1:4:2"]
    assert main(["sweep", *axes, *SWEEP, "--set", "service_share=15%", *reports]) == 0
    place = tmp_path / "sweep-previs-contribution-gpu_price-retakes"
    assert capsys.readouterr().out.endswith(f"\n{place}/sweep.svg\n")
    rows = (place / "sweep.csv").read_text().splitlines()
    assert rows[0] == "gpu_price,previs.retakes,contribution" and len(rows) == 1 + 3 * 2
    assert main(["compare", base, base, *reports]) == 0
    assert "Different: 0 of A's" in capsys.readouterr().out
    shutil.copytree(base, tmp_path / "base")
    assert main(["compare", "bse", "base", *reports]) == 2
    assert capsys.readouterr() == ("", "error: no built report 'bse'; the nearest name is base\n")


@pytest.mark.parametrize(
    "problem, status, said",
    [
        (ChapterError("01-answer.ipynb: why"), 1, "failed: 01-answer.ipynb: why\n"),
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


def test_a_number_in_the_place_of_a_range_is_told_and_built(monkeypatch, capsys, tmp_path):
    """Oracle: the ranges of the tables, of which widening has none."""
    monkeypatch.setattr(report, "stands", lambda asked: True)
    given = [f"--set={change}" for change in ("gpu_price=1.9", "wage=-10%", "widening=1")]
    asked = ["build", *given, "--reports", str(tmp_path)]
    assert main(asked) == 0
    note, *more = capsys.readouterr().err.splitlines()
    assert note.startswith("note: gpu_price is certain at 1.9 now") and not more
    assert main([*asked, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


SWEPT = ["sweep", "gpu_price=1:6:3", *SWEEP]


@pytest.mark.parametrize("module, command", [("pandas", ["build"]), ("matplotlib", SWEPT)])
@pytest.mark.parametrize(
    "number, status, said",
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
def test_a_signal_during_imports_says_so(module, command, number, status, said, tmp_path):
    """Oracle: a process that is importing, since the module it imports says so and then waits."""
    code = "import time; print('here', flush=True); time.sleep(60)"
    (tmp_path / f"{module}.py").write_text(f"exec({code!r})")
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(number)
        assert process.communicate()[1] == f"{said}; what stood before still stands\n"
    assert process.returncode == status
