"""Figures of what drives the answer: titles that follow the numbers, and what they say when a table holds less."""

import html
import re

from test_figures import EXTREMES, STRANGE, check_markup, data_of, study_of, tables, title_of

from analysis.show import figures


def base(name="base"):
    return study_of(EXTREMES[name])


def test_without_ranges_nothing_drives():
    sobol = figures.sobol(base("all certain"))
    assert "no input varies" in title_of(sobol) and data_of(sobol).empty


def test_sobol_names_the_input_that_leads_most_often():
    """Oracle: the largest total index of each segment, counted from results."""
    study = base()
    totals = study.results[study.results["metric"] == "sobol_total"]
    count = totals.loc[totals.groupby("segment")["value"].idxmax(), "detail"].value_counts()
    title = title_of(figures.sobol(study))
    assert (
        f"most: {count.index[0].replace('_', ' ')} for {count.iloc[0]}" in title
        or count.iloc[0] == count.iloc[1]
    )
    assert sum(map(int, re.findall(r" for (\d+)", title))) == len(study.segments)


def test_sobol_follows_another_range():
    figure = figures.sobol(study_of({"consumer.clips_per_day": [0.01, 2.0, 900.0]}))
    assert re.search(r"Consumer[^;]* clips per day, [89]\d %", figure)


def test_segment_that_never_varies_is_left_blank():
    """Without displaced work there is no market in any draw, so previs has no index and is not among those counted."""
    title = title_of(figures.sobol(base("no market")))
    assert sum(map(int, re.findall(r" for (\d+)", title))) == len(base().segments) - 1


def test_retention_of_single_points_only(tmp_path):
    study = tables(
        tmp_path / "data", lambda t: [t.groupby("app", sort=False).head(1)], "retention_points.csv"
    )
    figure = figures.retention(study)
    check_markup(figure)
    assert "no curve can tell" in title_of(figure) and "above" not in title_of(figure)


def test_retention_compares_with_what_is_assumed():
    for days, n in ((0.02, "none"), (31.0, "3")):
        study = study_of({"consumer.active_days": days})
        curves = study.results[study.results["metric"] == "active_days_of_an_install"][
            "value"
        ].count()
        assert f"above {n if n == 'none' else curves} of {curves} apps" in title_of(
            figures.retention(study)
        )


def test_retention_shows_awkward_names(tmp_path):
    strange = re.sub(
        r"[/{}?@|]", "", STRANGE
    )  # which no app's name may hold, since results are named after it
    study = tables(
        tmp_path / "data",
        lambda t: [t.assign(app=t["app"].where(t["app"] != "Sora", strange))],
        "retention_points.csv",
    )
    figure = figures.retention(study)
    check_markup(figure)
    assert strange in html.unescape(figure)


def test_calibration_without_a_burn_to_explain():
    figure = figures.calibration(
        study_of({"gpu_price": 0.01, "consumer.other_revenue": 1000.0}), "consumer"
    )
    check_markup(figure)
    assert "in no draw is money burnt" in title_of(figure) and data_of(figure)["p50"].count() == 4


def test_calibration_without_reports(tmp_path):
    study = tables(tmp_path / "data", lambda t: [t.assign(compares_with="")], "evidence.csv")
    figure = figures.calibration(study, "consumer")
    check_markup(figure)
    assert "no burn is reported" in title_of(figure)


def test_reports_that_cannot_both_be_true(tmp_path):
    """Two reports far apart exclude each other; two that say the same do not."""

    def reported(folder, values):
        def change(table):
            at = table.index[table["compares_with"] == "consumer/daily_burn"]
            table.loc[at, ["value", "low", "high"]] = ""
            table.loc[at, "value"] = [next(values) for _ in at]
            return [table]

        return title_of(
            figures.calibration(tables(tmp_path / folder, change, "evidence.csv"), "consumer")
        )

    assert "no one set of inputs gives both" in reported("apart", iter(["100000", "30000000"] * 5))
    assert "no one set of inputs gives both" not in reported("alike", iter(["1000000"] * 10))
