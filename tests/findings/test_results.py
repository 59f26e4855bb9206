"""The rows of results. Oracles: the draws put through NumPy, formulas beside their rows, the tables
counted, what is read written out here."""

import math

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from analysis.findings.results import (
    COLUMNS,
    on_demand,
    path_rows,
    quality_map,
    retention_by_app,
    supplier_rows,
)
from analysis.model.registry import METRICS, reads
from analysis.model.suppliers import herfindahl
from analysis.show.chapter import open_chapter

NAN = float("nan")
COST = {"compute_intensity", "compute_factor", "gpu_price", "serving_overhead", "utilisation"}


READ = {
    "subscription": COST
    | {
        "active_days",
        "clips_per_day",
        "seconds_per_clip",
        "paid_conversion",
        "subscription_price",
        "store_fee",
        "other_revenue",
        "service_cost",
    },
    "workflow": COST
    | {
        "finished_seconds",
        "retakes",
        "incumbent_cost",
        "displaced_share",
        "labour_hours",
        "wage",
        "value_capture",
        "service_share",
    },
}


def test_columns_keys_and_units(study, tables):
    assert (
        " ".join(study.results)
        == "segment metric detail unit value p05 p50 p95 probability_positive share_defined"
    )
    assert not study.results.duplicated(["segment", "metric", "detail"]).any()
    assert set(study.results["unit"]) <= set(tables.units["unit"]) and set(
        study.results["segment"]
    ) == {"all", *study.segments}
    assert not np.isinf(study.results.select_dtypes(float)).any(axis=None)
    ordered = study.results.dropna(subset=["p05", "p50", "p95"])
    bounded = study.results.dropna(subset=["p05", "p95"])
    assert len(ordered) > 200 and (bounded["p05"] <= bounded["p95"]).all()
    assert (ordered["p05"] <= ordered["p50"]).all() and (ordered["p50"] <= ordered["p95"]).all()
    assert (
        study.results[["probability_positive", "share_defined"]]
        .stack()
        .dropna()
        .between(0, 1)
        .all()
    )


def test_every_metric_has_its_row(study):
    for segment in study.segments:
        model = study.business_model(segment)
        for name, metric in METRICS.items():
            if model in metric.formulas:
                assert study.result(segment, name)["unit"] == metric.unit
    assert (
        study.result("consumer", "service_cost")["value"]
        == study.assumptions.consumer.service_cost.value
    )
    with pytest.raises(KeyError):
        study.result("consumer", "saving_per_finished_second")


def test_break_even_has_a_row_for_every_input_of_contribution(study):
    for segment in study.segments:
        assert (
            reads(study.business_model(segment), "contribution")
            == READ[study.business_model(segment)]
        )
        rows = study.results[
            (study.results["segment"] == segment) & (study.results["metric"] == "break_even")
        ]
        assert set(rows["detail"]) == reads(study.business_model(segment), "contribution")
        for row in rows.dropna(subset=["value"]).to_dict("records"):
            there = study.point(segment).replace(**{row["detail"]: np.float64(row["value"])})
            assert there.contribution == approx(
                0, abs=1e-9 * (there.revenue + there.compute_cost + there.service_cost)
            )


def test_judgements_are_counted(study, tables):
    for basis, count in tables.assumptions["basis"].value_counts().items():
        assert study.result("all", "assumptions", basis)["value"] == count
    assert study.result("all", "assumptions")["value"] == len(tables.assumptions)


def test_rows_are_the_formulas_at_the_best_values_and_over_the_draws(study):
    """Each formula beside its row, with the percentiles of NumPy; the index of a layer stands
    between its bounds."""
    found = {(r["segment"], r["metric"], r["detail"]): r for r in supplier_rows(study)}
    hourly = found["all", "gpu_hour_on_demand", ""]["value"]
    expected = {}
    point, drawn = (
        case.replace(gpu_hour_on_demand=hourly)
        for case in (study.point("consumer"), study.drawn("consumer"))
    )
    for metric, name in {
        "compute_dollar": "compute_dollar",
        "owned_gpu_hour": "owned_gpu_hour_parts",
    }.items():
        for part, value in getattr(point, name).items():
            expected["all", metric, part] = value, getattr(drawn, name)[part]
    for metric in ("owned_gpu_hour", "owning_saves", "owning_wins_at", "gpu_hour_in_use"):
        expected["all", metric, ""] = getattr(point, metric), getattr(drawn, metric)
    for segment in study.segments:
        point, drawn = study.point(segment), study.drawn(segment)
        for part, value in point.revenue_dollar.items():
            expected[segment, "revenue_dollar", part] = value, drawn.revenue_dollar[part]
        for metric in ("supplier_gross_profit", "price_elasticity", "pass_back_to_undo"):
            expected[segment, metric, ""] = getattr(point, metric), getattr(drawn, metric)
    for key, (value, draws) in expected.items():
        buys = study.drawn(key[0]).has_market if key[0] in study.segments else np.True_
        defined = np.where(buys & np.isfinite(draws), draws, NAN)
        told = [found[key][column] for column in ("value", "p05", "p50", "p95", "share_defined")]
        percentiles = (
            np.nanpercentile(defined, [5, 50, 95]) if np.isfinite(defined).any() else [NAN] * 3
        )
        assert told == approx(
            [float(value), *percentiles, np.isfinite(defined).mean()], nan_ok=True
        ), key
    layers = study.assumptions.tables.market_shares.groupby(["layer", "date"], sort=False)
    for (layer, date), own in layers:
        row, (least, most) = (
            found["all", "herfindahl", f"{layer}, {date}"],
            herfindahl(own["share"]),
        )
        assert (row["value"], row["p05"], row["p95"]) == (least, least, most)
    assert [key[2] for key in found if key[1] == "herfindahl"] == [
        f"{layer}, {date}" for (layer, date), _ in layers
    ], "in the order of the table"
    assert (
        len(found) == len(expected) + len(layers) + 1
    )  # the price on demand, which stands in a test of its own


def test_an_hour_on_demand_is_the_median_of_the_indices_of_its_month():
    rows = [
        ("2026-09-02", "H100", "on_demand", "index", 3.0),
        ("2026-10-01", "H100", "on_demand", "index", 4.0),
        ("2026-10-05", "H100", "on_demand", "index", 5.0),
        ("2026-10-05", "H100", "on_demand", "cloud", 99.0),
        ("2026-10-05", "H100", "spot", "index", 1.0),
        ("2026-10-05", "B200", "on_demand", "index", 9.0),
    ]
    prices = pd.DataFrame(rows, columns=["date", "gpu", "price_kind", "series", "usd_per_gpu_hour"])
    assert on_demand(prices).to_dict() == {"2026-09": 3.0, "2026-10": 4.5}


def test_rows_agree_with_results(study, tables):
    found = list(path_rows(study))
    by = {(r["segment"], r["metric"], r["detail"]): r for r in found}
    assert (
        len(by) == len(found)
        and all(list(r) == COLUMNS for r in found)
        and {r["unit"] for r in found} <= set(tables.units["unit"])
    )
    for segment in study.segments:
        today, then = (
            study.result(segment, "cost_per_generated_second"),
            by[segment, "unit_cost", "0"],
        )
        assert [then[c] for c in COLUMNS[4:]] == approx(
            [today[c] for c in COLUMNS[4:]], nan_ok=True
        )
        factor = study.point(segment).yearly_cost_factor
        costs = [by[segment, "unit_cost", str(year)]["value"] for year in range(11)]
        assert (
            costs == approx([today["value"] * factor**year for year in range(11)])
            and (segment, "unit_cost", "11") not in by
        )
        shares = [
            by[segment, "break_even_share", d]["value"] for d in (*map(str, range(11)), "never")
        ]
        assert sum(shares) == approx(1) and shares[0] == study.probability(
            segment, lambda case: case.contribution > 0
        )
        assert sum(shares[:6]) == approx(
            study.probability(segment, lambda case: case.break_even_year <= 5)
        )
    for app in study.consumer_segments():
        case = study.point(app)
        users = case.daily_users * 365.25 / 12 / case.active_days
        assert by[app, "subsidy_of_all", ""]["value"] == approx(
            by[app, "subsidy", ""]["value"] * users
        )
    parts = {d: r["value"] for (_, metric, d), r in by.items() if metric == "yearly_cost_factor"}
    assert parts.pop("all") == approx(math.prod(parts.values()))


def test_rows_are_the_same_each_time():
    assert repr([*path_rows(open_chapter(draws=200))]) == repr(
        [*path_rows(open_chapter(draws=200))]
    )


@pytest.mark.parametrize(
    "overrides",
    [{}, {"quality_growth": 0, "efficiency_gain": 0, "gpu_price_decline": 0, "discount_rate": 0}],
)
def test_map_of_quality_against_efficiency(overrides):
    """More efficiency never hurts, more quality never helps, and a point of the grid is that
    override."""
    study = open_chapter(overrides=overrides, draws=300)
    for segment in (*study.consumer_segments(), *study.workflow_segments()[:1]):
        grid = quality_map(study, segment, steps=4)
        for name in ("efficiency_gain", "quality_growth"):
            q = study.assumptions.quantities[name]
            assert grid[name].nunique() == 4
            assert (grid[name].min(), grid[name].max()) == (
                q.minimum,
                q.maximum if name in overrides else q.high,
            )
        for value, sign in (("probability", 1), ("break_even_year", -1)):
            table = (
                grid.pivot(
                    index="efficiency_gain", columns="quality_growth", values=value
                ).to_numpy()
                * sign
            )
            assert (table[1:] >= table[:-1]).all() and (table[:, 1:] <= table[:, :-1]).all()
        last = grid.iloc[-2]
        fixed = open_chapter(
            overrides=overrides | last[["efficiency_gain", "quality_growth"]].to_dict(), draws=300
        )
        assert (
            fixed.probability(segment, lambda case: case.break_even_year <= 5)
            == last["probability"]
        )
        assert float(fixed.point(segment).break_even_year) == last["break_even_year"]


def test_no_market_never_breaks_even():
    study = open_chapter(overrides={"previs.displaced_share": 0}, draws=200)
    assert not study.drawn("previs").has_market.any()
    by = {(r["segment"], r["metric"], r["detail"]): r for r in path_rows(study)}
    assert by["previs", "break_even_share", "never"]["value"] == 1 and math.isnan(
        by["previs", "subsidy", ""]["value"]
    )


def test_every_app_has_a_row_and_a_curve_if_it_has_points(tables):
    points = tables.retention_points
    apps = retention_by_app(points)
    assert (
        list(apps["app"]) == list(points["app"].unique())
        and not points.duplicated(["app", "day"]).any()
    )
    assert (apps["alpha"].notna() == (apps["points"] > 1)).all() and (
        apps["misfit"].dropna() < 0.05
    ).all()
    for measure in ("active_days", "churn"):
        assert (apps[f"{measure}_least"].dropna() <= apps[f"{measure}_most"].dropna()).all()


def test_published_zero_is_shown_and_not_fitted(tables):
    rows = [
        ("a", "ai_video", 1.0, 0.1, "C1"),
        ("a", "ai_video", 7.0, 0.02, "C1"),
        ("a", "ai_video", 60.0, 0.0, "C1"),
    ]
    points = pd.DataFrame(rows, columns=["app", "kind", "day", "retention", "evidence"])
    assert retention_by_app(points).equals(retention_by_app(points.iloc[:2]))
