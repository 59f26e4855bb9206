"""What drives the answer. Oracles: results counted here, tables that hold less or other rows."""

import html
import re

import pytest
from drawing import (
    STRANGE,
    base_figures,
    check_markup,
    data_of,
    extreme,
    study_of,
    study_with,
    title_of,
)

from analysis.show import figures


def test_without_ranges_nothing_drives():
    sobol = figures.sobol(extreme("all certain"))
    assert "no input varies" in title_of(sobol) and data_of(sobol).empty


def test_sobol_names_the_input_that_leads_most_often():
    """Oracle: the largest total index of each segment, counted from results."""
    study = extreme("base")
    totals = study.results.query("metric == 'sobol_total'")
    count = totals.loc[totals.groupby("segment")["value"].idxmax(), "detail"].value_counts()
    title = title_of(base_figures()["sobol"])
    told = dict(re.findall(r"(?:most: |, |and )([\w ]+?) for (\d+)", title))
    assert told == {name.replace("_", " "): str(n) for name, n in count.items()}


def test_sobol_follows_another_range():
    figure = figures.sobol(study_of({"consumer.clips_per_day": [0.01, 2.0, 900.0]}))
    assert re.search(r"Consumer[^;]* clips per day, [89]\d %", figure)


def test_segment_that_never_varies_is_left_blank():
    """Without displaced work previs has no market in any draw, so it has no index to count."""
    study = extreme("no market")
    counted = re.findall(r" for (\d+)", title_of(figures.sobol(study)))
    assert sum(map(int, counted)) == len(study.segments) - 1


def test_retention_of_single_points_only(tmp_path):
    study = study_with(
        tmp_path / "data", retention_points=lambda t: t.groupby("app", sort=False).head(1)
    )
    figure = figures.retention(study)
    check_markup(figure)
    assert "no curve can tell" in title_of(figure) and "above" not in title_of(figure)


@pytest.mark.parametrize("days, all_below", [(0.02, False), (31.0, True)])
def test_retention_compares_with_what_is_assumed(days, all_below):
    study = study_of({"consumer.active_days": days})
    curves = study.results.query("metric == 'active_days_of_an_install'")["value"].count()
    told = f"above {curves if all_below else 'none'} of {curves} apps"
    assert told in title_of(figures.retention(study))


def test_retention_shows_awkward_names(tmp_path):
    # Results are named after apps, so these letters are refused.
    strange = re.sub(r"[/{}?@|]", "", STRANGE)

    def renamed(points):
        return points.assign(app=points["app"].where(points["app"] != "Sora", strange))

    figure = figures.retention(study_with(tmp_path / "data", retention_points=renamed))
    check_markup(figure)
    assert strange in html.unescape(figure)


def test_calibration_without_a_burn_to_explain():
    study = study_of({"gpu_price": 0.01, "consumer.other_revenue": 1000.0})
    figure = figures.calibration(study, "consumer")
    check_markup(figure)
    assert "in no draw is money burnt" in title_of(figure)
    assert data_of(figure)["p50"].count() == 4


def test_calibration_without_reports(tmp_path):
    study = study_with(tmp_path / "data", evidence=lambda table: table.assign(compares_with=""))
    figure = figures.calibration(study, "consumer")
    check_markup(figure)
    assert "no burn is reported" in title_of(figure)


@pytest.mark.parametrize("burns, apart", [(["100000", "30000000"], True), (["1000000"], False)])
def test_reports_that_cannot_both_be_true(tmp_path, burns, apart):
    """Two reports far apart exclude each other; two that say the same do not."""

    def change(table):
        at = table.index[table["compares_with"] == "consumer/daily_burn"]
        table.loc[at, ["value", "low", "high"]] = ""
        table.loc[at, "value"] = (burns * len(at))[: len(at)]
        return table

    study = study_with(tmp_path / "data", evidence=change)
    title = title_of(figures.calibration(study, "consumer"))
    assert ("no one set of inputs gives both" in title) == apart
