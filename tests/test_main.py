"""The command line: every refusal is one line with status 2, quickly, and changes nothing."""
import csv
import io
import resource

import pytest
from conftest import ROOT, run

from analysis.__main__ import main

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
