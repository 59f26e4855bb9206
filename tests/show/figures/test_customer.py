"""Figures of one customer."""

import numpy as np
import pytest
from worlds import data_of, title_of, world

from analysis.findings.backtests import in_scenario
from analysis.show import figures
from analysis.show.figures import customer


@pytest.mark.parametrize("segment", ["consumer", "training"])
def test_a_month_is_told_by_its_results_and_drawn_with_costs_below_zero(segment):
    study = world("base")
    rows = customer.month_rows(study, segment)
    signed = customer.signed(rows)
    for row, drawn in zip(rows.itertuples(), signed.itertuples(), strict=True):
        result = study.result(segment, row.metric)
        assert (row.p05, row.p50, row.p95) == (result["p05"], result["p50"], result["p95"])
        if row.metric.endswith("_cost"):
            assert (drawn.p05, drawn.p50, drawn.p95) == (-row.p95, -row.p50, -row.p05)
        else:
            assert drawn.p50 == row.p50


def test_titles_say_a_gain_or_a_loss():
    loses, gains = world("nobody pays"), world("everybody pays")
    assert "to serve" in title_of(figures.month(loses, "consumer"))
    assert "is left" in title_of(figures.month(gains, "consumer"))
    assert "the vendor loses" in title_of(figures.worked_job(loses, "previs"))
    assert "is left to the vendor" in title_of(figures.worked_job(gains, "previs"))
    assert "do not end the loss" in title_of(figures.burn(loses, "consumer"))
    assert "makes" in title_of(figures.burn(gains, "consumer"))


def test_burn_is_that_of_a_thousand_users():
    """Oracle: daily burn over users, of the segment and of Sora's report in its own scenario."""
    study = world("base")
    rows = data_of(figures.burn(study, "consumer"))
    for users, row in zip(customer.SIZES, rows.itertuples(), strict=False):
        whole = study.result("consumer", "daily_burn", f"{users:.0f}")
        assert row.p50 == pytest.approx(1000 * whole["p50"] / users, rel=1e-5)
    there = in_scenario(study, "sora").drawn("consumer").monthly_customers
    assert rows.iloc[-1]["p50"] == pytest.approx(1000 * 1e6 / np.median(there), rel=1e-5)
    assert rows.iloc[-1]["label"] == "OpenAI (Sora), as reported"
