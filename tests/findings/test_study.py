"""A study. Oracles: an independent simulation, the draws put through formulas written out here."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from analysis.errors import InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import override
from analysis.inputs.parsing import check_whole
from analysis.inputs.scenarios import read_scenario
from analysis.model.distributions import FLAT_WEIGHT, PERT_WEIGHT
from analysis.model.registry import METRICS


def with_overrides(assumptions, **overrides):
    """A small study in which labour costs previs 3 x 80 / 60 = 4 USD a finished second, of 15 that
    it costs without AI."""
    changes = dict(incumbent_cost=15, labour_hours=3, wage=80) | overrides
    return Study(
        override(assumptions, {f"previs.{name}": given for name, given in changes.items()}),
        read_scenario("base"),
        1000,
        3,
    )


def sampled(quantities, n, weight):
    """Every quantity drawn anew with NumPy's own beta generator."""
    rng, drawn = np.random.default_rng(99), {}
    for name, q in quantities.items():
        low, value, high = (
            np.log([q.low, q.value, q.high]) if q.shape == "log_pert" else (q.low, q.value, q.high)
        )
        width = (high - low) or 1.0
        sample = low + (high - low) * rng.beta(
            1 + weight * (value - low) / width, 1 + weight * (high - value) / width, n
        )
        drawn[name] = np.exp(sample) if q.shape == "log_pert" else sample
    return SimpleNamespace(**drawn)


def saving(x):
    """Per finished second, negative where the AI workflow is the dearer one."""
    return x.displaced_share * x.incumbent_cost - x.labour_hours * x.wage / 60


def contribution(model, x):
    """Per customer and month, written out at length."""
    second = (
        x.compute_intensity
        * x.compute_factor
        * x.gpu_price
        / 3600
        * (1 + x.serving_overhead)
        / x.utilisation
    )
    if model == "subscription":
        return (
            x.paid_conversion * x.subscription_price * (1 - x.store_fee)
            + x.other_revenue
            - x.service_cost
            - x.active_days * x.clips_per_day * x.seconds_per_clip * second
        )
    earned = x.finished_seconds * x.value_capture * np.maximum(saving(x), 0)
    return np.where(
        saving(x) > 0,
        earned * (1 - x.service_share) - x.finished_seconds * x.retakes * second,
        np.nan,
    )


def near(share, *sizes):
    """A share as two samples of these sizes may tell it: within 4.5 Monte Carlo errors."""
    return approx(share, abs=1e-3 + 4.5 * np.sqrt(share * (1 - share) * sum(1 / n for n in sizes)))


@pytest.mark.parametrize("weight", [PERT_WEIGHT, FLAT_WEIGHT])
def test_draws_agree_with_an_independent_simulation(study, weight):
    for segment in study.segments:
        anew = contribution(
            study.assumptions.about(segment)["business_model"],
            sampled(study.assumptions.of(segment), 30_000, weight),
        )
        pays = study.probability(segment, lambda case: case.contribution > 0, weight)
        assert pays == near(np.mean(anew > 0), study.draws, 30_000), segment
        if weight == PERT_WEIGHT:
            row, defined = study.result(segment, "contribution"), anew[np.isfinite(anew)]
            for stat, q in (("p05", 0.05), ("p50", 0.50), ("p95", 0.95)):
                assert np.mean(defined <= row[stat]) == near(
                    q, study.draws * row["share_defined"], len(defined)
                ), (segment, stat)


def test_point_estimate_takes_every_best_value(study):
    for segment in study.segments:
        best = SimpleNamespace(
            **{name: q.value for name, q in study.assumptions.of(segment).items()}
        )
        expected = contribution(study.assumptions.about(segment)["business_model"], best)
        assert study.result(segment, "contribution")["value"] == approx(
            float(expected), rel=1e-9, nan_ok=True
        )


def test_burn_rows(study):
    """At the consumer's own size, by hand; and a user's loss never grows with the number of
    users."""
    q = SimpleNamespace(
        **{name: quantity.value for name, quantity in study.assumptions.of("consumer").items()}
    )
    users = q.daily_users * 30.4375 / q.active_days
    load = (
        users
        * q.active_days
        * q.clips_per_day
        * q.seconds_per_clip
        * q.compute_intensity
        * q.compute_factor
        / (3600 * 730.5)
    )
    q.utilisation *= load**0.5 / (load**0.5 + q.staffing_factor)
    assert study.result("consumer", "monthly_customers")["value"] == approx(users)
    assert study.result("consumer", "daily_burn")["value"] == approx(
        -users * contribution("subscription", q) / 30.4375
    )
    per_user = [
        study.result("consumer", "daily_burn", f"{10**k}")["value"] / 10**k for k in range(3, 9)
    ]
    assert per_user == sorted(per_user, reverse=True)


def test_customer_who_saves_nothing_does_not_buy(assumptions):
    study = with_overrides(assumptions, displaced_share=0)
    row = study.result("previs", "contribution")
    assert study.result("previs", "probability_no_market")["value"] == 1
    assert np.isnan([row[stat] for stat in ("value", "p05", "p50", "p95")]).all()
    assert (row["probability_positive"], row["share_defined"]) == (0, 0)
    assert study.probability("previs", lambda case: case.contribution < 0) == 0


def test_draws_without_a_market_count_as_not_paying(assumptions):
    study = with_overrides(assumptions, displaced_share=[0, 0.3, 1])
    case, row = study.drawn("previs"), study.result("previs", "revenue")
    buys = case.displaced_share * 15 > 4
    assert 0 < buys.mean() < 1 and list(buys) == list(case.has_market)
    assert study.result("previs", "probability_no_market")["value"] == approx(1 - buys.mean())
    assert row["share_defined"] == approx(buys.mean()) == row["probability_positive"]
    assert [row["p05"], row["p50"], row["p95"]] == approx(
        np.percentile(case.revenue[buys], [5, 50, 95])
    )
    loses, earns = (
        study.probability("previs", test)
        for test in (lambda case: case.contribution <= 0, lambda case: case.contribution > 0)
    )
    assert loses + earns == approx(buys.mean())


def test_undefined_metric_is_empty_not_infinite(assumptions):
    study = with_overrides(assumptions, displaced_share=0.8, service_share=1)
    assert study.result("previs", "contribution")["value"] < 0
    assert (
        np.isnan(study.result("previs", "payback_months")["value"])
        and study.result("previs", "payback_months")["share_defined"] == 0
    )


def test_same_inputs_same_table(assumptions, study):
    again = Study(assumptions, read_scenario("base"), study.draws, study.seed)
    pd.testing.assert_frame_equal(again.results, study.results, check_exact=True)
    other = Study(assumptions, read_scenario("base"), 500, 1)
    points = [s.results.loc[s.results["metric"].isin(METRICS), "value"] for s in (study, other)]
    assert points[0].equals(points[1])
    assert (
        other.result("consumer", "contribution")["p50"]
        != study.result("consumer", "contribution")["p50"]
    )


def test_certain_inputs_leave_no_interval(assumptions):
    certain = override(assumptions, {name: q.value for name, q in assumptions.quantities.items()})
    rows = Study(certain, read_scenario("base"), 100).results.dropna(subset=["p50"])
    for row in rows[~rows["metric"].str.startswith("backtest")].to_dict(
        "records"
    ):  # a back-test has measured ranges of its own
        assert (row["p05"], row["p50"], row["p95"]) == approx((row["value"],) * 3, rel=1e-9)


def test_who_is_who(study, tables):
    rows = tables.segments.to_dict("records")
    assert study.workflow_segments() == [
        row["segment"] for row in rows if row["business_model"] == "workflow"
    ]
    assert study.consumer_segments() == [
        s for s in study.segments if "daily_users" in study.assumptions.of(s)
    ]
    assert study.thesis_segments() == [row["segment"] for row in rows if row["in_thesis"] == "yes"]
    assert [study.title(segment) for segment in study.segments] == [row["title"] for row in rows]


@pytest.mark.parametrize("given", [99, 2**22 + 1, -1, 0, 1e4, "1000", True, None, float("nan")])
def test_draws_are_a_whole_number_in_range(assumptions, given):
    with pytest.raises(InputError, match="^draws: .* a whole number from 100 to 4194304$"):
        Study(assumptions, read_scenario("base"), given)


@pytest.mark.parametrize("given", [-1, 2**63, 1.0, "7", False, None])
def test_seed_is_a_whole_number_in_range(assumptions, given):
    with pytest.raises(InputError, match="^seed: .* a whole number from 0 to"):
        Study(assumptions, read_scenario("base"), 100, given)


def test_whole_numbers_at_the_bounds():
    assert [check_whole("n", n, 0, 5) for n in (0, 5, np.int64(3))] == [0, 5, 3]
