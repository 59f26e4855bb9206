"""The rows of results. Oracles: the draws put through NumPy, formulas beside their rows, the tables
counted, what is read written out here."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from analysis.findings.results import (
    COLUMNS,
    on_demand,
    retention_by_app,
    supplier_rows,
    trend_rows,
)
from analysis.model.registry import METRICS
from analysis.model.suppliers import herfindahl

NAN = float("nan")
COST = {"served_intensity", "tier_factor", "gpu_price", "serving_overhead", "utilisation"}
KEEPING = {"monthly_churn", "acquisition_cost", "discount_rate", "horizon"}
METERED = COST | {"finished_seconds", "retakes", "second_price", "service_share"}
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
    "account": METERED - {"second_price"} | {"account_price"},
    "metered": METERED,
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
    for name, metric in METRICS.items():
        for segment in ["all"] if "all" in metric.formulas else study.segments:
            if study.business_model(segment) in metric.formulas:
                assert study.result(segment, name)["unit"] == metric.unit
    given = study.assumptions.consumer.service_cost.value
    assert study.result("consumer", "service_cost")["value"] == given
    assert study.result("all", "widening")["value"] == study.assumptions.widening.value
    for name in ("saving_per_finished_second", "market_cost_per_second"):
        with pytest.raises(KeyError):
            study.result("consumer", name)


def test_the_two_routes_and_their_ratio_go_draw_by_draw(study):
    drawn = study.drawn(study.shared)
    assert drawn.cost_route_ratio == approx(
        drawn.market_cost_per_second / drawn.standard_cost_per_second
    )
    hour = drawn.gpu_price * (1 + drawn.serving_overhead) / drawn.utilisation
    assert drawn.standard_cost_per_second == approx(drawn.served_intensity * hour / 3600)
    for segment in study.segments:
        case = study.drawn(segment)
        expected = drawn.standard_cost_per_second * case.tier_factor
        assert case.cost_per_generated_second == approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "name, metric, beyond",
    [("break_even", "contribution", set()), ("break_even_net_value", "net_value", KEEPING)],
)
def test_break_even_has_a_row_for_every_input_read(study, name, metric, beyond):
    for segment in study.segments:
        rows = study.results.query("segment == @segment and metric == @name")
        assert set(rows["detail"]) == READ[study.business_model(segment)] | beyond
        for row in rows.dropna(subset=["value"]).to_dict("records"):
            there = study.point(segment).replace(**{row["detail"]: np.float64(row["value"])})
            terms = (there.revenue + there.running_cost) * max(1, there.months_kept)
            terms += there.acquisition_cost
            assert getattr(there, metric) == approx(0, abs=1e-9 * terms)


def test_what_is_lost_adds_up(study):
    """By brute force on the draws; shares add up to what is lacking of certainty, none below 0."""
    for segment in study.segments:
        case = study.drawn(segment)
        repays, free = case.net_value > 0, case.net_value_with_free_compute > 0
        covers, priced = case.contribution > 0, case.revenue > case.service_cost
        lost = {
            c: study.result(segment, f"lost_to_{c}")["value"]
            for c in ("compute", "selling", "price")
        }
        assert sum(lost.values()) == approx(1 - np.mean(repays))
        assert lost["price"] == approx(1 - np.mean(priced))
        assert lost["compute"] - lost["selling"] == approx(np.mean(free) - np.mean(covers))
        assert min(lost.values()) >= 0


def test_judgements_are_counted(study, tables):
    for basis, count in tables.assumptions["basis"].value_counts().items():
        assert study.result("all", "assumptions", basis)["value"] == count
    assert study.result("all", "assumptions")["value"] == len(tables.assumptions)


def told(row):
    return [row[column] for column in ("value", "p05", "p50", "p95", "share_defined")]


def test_rows_are_the_formulas_at_the_medians_and_over_the_draws(study):
    """Each formula beside its row, with the percentiles of NumPy; the index of a layer stands
    between its bounds."""
    found = {(r["metric"], r["detail"]): r for r in supplier_rows(study)}
    hourly = found["gpu_hour_on_demand", ""]["value"]
    both = study.point(study.shared), study.drawn(study.shared)
    point, drawn = (case.replace(gpu_hour_on_demand=hourly) for case in both)
    expected = {}
    for metric, name in {
        "compute_dollar": "compute_dollar",
        "owned_gpu_hour": "owned_gpu_hour_parts",
    }.items():
        for part, value in getattr(point, name).items():
            expected[metric, part] = value, getattr(drawn, name)[part]
    for metric in ("owned_gpu_hour", "owning_wins_at"):
        expected[metric, ""] = getattr(point, metric), getattr(drawn, metric)
    for key, (value, draws) in expected.items():
        assert told(found[key]) == approx([value, *np.percentile(draws, [5, 50, 95]), 1]), key
    layers = study.assumptions.tables.market_shares.groupby(["layer", "date"], sort=False)
    for (layer, date), own in layers:
        row, (least, most) = found["herfindahl", f"{layer}, {date}"], herfindahl(own["share"])
        assert (row["value"], row["p05"], row["p95"]) == (least, least, most)
    in_order = [f"{layer}, {date}" for (layer, date), _ in layers]
    assert [detail for metric, detail in found if metric == "herfindahl"] == in_order
    assert len(found) == len(expected) + len(layers) + 1  # and the price on demand


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


def test_trend_rows_agree_with_results(study, tables):
    by = {(r["segment"], r["metric"], r["detail"]): r for r in trend_rows(study)}
    assert all(list(r) == COLUMNS for r in by.values())
    assert {r["unit"] for r in by.values()} <= set(tables.units["unit"])
    factor = study.result("all", "yearly_cost_factor")["value"]
    for segment in study.segments:
        today = study.result(segment, "cost_per_generated_second")
        assert told(by[segment, "unit_cost", "0"]) == approx(told(today))
        costs = [by[segment, "unit_cost", str(year)]["value"] for year in range(11)]
        assert costs == approx([today["value"] * factor**year for year in range(11)])
        assert (segment, "unit_cost", "11") not in by
        in_time = study.probability(segment, lambda case: case.break_even_year <= 10)
        assert by[segment, "break_even_year", ""]["share_defined"] == approx(in_time)


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


def test_published_zero_is_shown_and_not_fitted(tables):
    rows = [
        ("a", "ai_video", 1.0, 0.1, "C1"),
        ("a", "ai_video", 7.0, 0.02, "C1"),
        ("a", "ai_video", 60.0, 0.0, "C1"),
    ]
    points = pd.DataFrame(rows, columns=["app", "kind", "day", "retention", "evidence"])
    assert retention_by_app(points).equals(retention_by_app(points.iloc[:2]))
