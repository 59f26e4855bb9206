"""Figures of what would change the answer."""

import pandas as pd
import pytest
from worlds import title_of, world

from analysis.model.distributions import Z95
from analysis.show import figures
from analysis.show.figures import change


def information(rows):
    """Rows of results: segment, metric, input, value and standard error."""
    table = pd.DataFrame(rows, columns=["segment", "metric", "detail", "value", "error"])
    table["p05"] = table["value"] - Z95 * table["error"]
    table["p95"] = table["value"] + Z95 * table["error"]
    return table


def test_the_most_worth_knowing_is_measurable_and_a_share_of_all():
    """Oracle: worked by hand; what is below two standard errors does not count."""
    found = change.most_worth(
        information(
            [
                ("a", "evpi", "", 10.0, 1.0),
                ("a", "evppi", "price", 4.0, 1.0),
                ("a", "evppi", "noise", 9.0, 5.0),
                ("a", "evppi", "small", 3.0, 0.1),
                ("b", "evpi", "", 2.0, 0.1),
                ("b", "evppi", "price", 0.1, 0.1),
            ]
        )
    )
    (row,) = found.to_dict("records")
    assert (row["segment"], row["detail"]) == ("a", "price")
    assert [row["p05"], row["p50"]] == pytest.approx([0.4 - Z95 / 10, 0.4])


def test_nothing_is_worth_knowing_where_all_is_certain():
    assert "No input" in title_of(figures.worth_knowing(world("all certain")))
    assert "No input varies" in title_of(figures.sobol(world("all certain")))


def compared(*rows):
    columns = ["scenario", "title", "claim", "subject", "probability", "likelihood"]
    return pd.DataFrame(rows, columns=columns)


def test_a_scenario_is_told_by_its_largest_change(monkeypatch):
    """Oracle: differences by hand; what moves nothing by two points is left out."""
    covers, repays = "covers_running_cost", "repays_acquisition"
    table = compared(
        ("base", "As is", covers, "consumer", 0.2, "unlikely"),
        ("base", "As is", repays, "previs", 0.5, ""),
        ("same", "The same", covers, "consumer", 0.21, "unlikely"),
        ("far", "Far", covers, "consumer", 0.5, ""),
        ("far", "Far", repays, "previs", 0.9, "very likely"),
        ("near", "Near", repays, "previs", 0.4, ""),
        ("near", "Near", "other", "previs", 0.0, ""),
    )
    monkeypatch.setattr(change, "side_by_side", lambda study: table)
    rows = change.differences(world("base"))
    assert rows["scenario"].tolist() == ["far", "near"]
    assert rows["told"].tolist() == ["50 % to 90 %", "50 % to 40 %"]
    title = title_of(figures.scenario_differences(world("base")))
    assert title.startswith("Far: then it is 90 % instead of 50 % that film")
    monkeypatch.setattr(change, "side_by_side", lambda study: table.head(3))
    assert "No scenario" in title_of(figures.scenario_differences(world("base")))


def test_scenarios_count_those_that_make_somebody_likely(monkeypatch):
    repays = "repays_acquisition"
    table = compared(
        ("base", "As is", repays, "previs", 0.5, "about as likely as not"),
        ("far", "Far", repays, "previs", 0.9, "very likely"),
        ("far", "Far", repays, "training", 0.7, "likely"),
    )
    monkeypatch.setattr(change, "side_by_side", lambda study: table)
    title = title_of(figures.scenarios(world("base")))
    assert title.startswith("One of the two scenarios") and title.endswith("two, in this one: Far")


def test_the_input_that_leads_most_often_is_named():
    """Oracle: the largest total index of each segment, counted."""
    study = world("base")
    totals = study.results.query("metric == 'sobol_total'")
    first = totals.loc[totals.groupby("segment")["value"].idxmax(), "detail"].value_counts()
    assert first.index[0].replace("_", " ") in title_of(figures.sobol(study))
