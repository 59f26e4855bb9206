"""The figure of back-tests."""

import pytest
from worlds import data_of, title_of, world

from analysis.findings.backtests import backtests, in_scenario, predicted
from analysis.show import figures


def test_a_report_stands_at_the_share_of_draws_below_it():
    """Oracle: the draws of each prediction, in its scenario."""
    study = world("base")
    rows = data_of(figures.backtests(study)).set_index("id")
    for row in backtests(study).dropna(subset="reported").itertuples():
        own = in_scenario(study, row.scenario)
        draws = predicted(own.drawn(row.segment), row)
        below = (draws < row.reported).mean()
        assert rows.loc[row.id, "below"] == pytest.approx(below, abs=1e-5)


def test_firms_are_inside_if_all_their_reports_are():
    study = world("base")
    table = backtests(study).dropna(subset="reported")
    inside = table.groupby("firm")["met"].all()
    title = title_of(figures.backtests(study))
    for firm in inside.index[~inside.astype(bool)]:
        assert firm in title.partition("outside:")[2]
