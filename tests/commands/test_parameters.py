"""`parameters`. Oracles: the tables, and the width of a terminal."""

import csv
import io

import pytest

from analysis.commands.command_line import main


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
    """Oracle: the width of a terminal; all that is asked for and every source is there."""
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
