"""A study. Oracles: formulas written out here, the tables, certain inputs."""

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
from analysis.model.registry import METRICS


def contribution(model, x):
    """Per customer and month, written out at length."""
    gpu_hour = x.gpu_price * (1 + x.serving_overhead) / x.utilisation
    second = x.served_intensity * x.tier_factor * gpu_hour / 3600
    if model == "subscription":
        subscribed = x.paid_conversion * x.subscription_price * (1 - x.store_fee)
        made = x.active_days * x.clips_per_day * x.seconds_per_clip
        return subscribed + x.other_revenue - x.service_cost - made * second
    made = x.finished_seconds * x.retakes
    paid = x.account_price if model == "account" else made * x.second_price
    return paid * (1 - x.service_share) - made * second


def medians(study, segment):
    """Every input of a segment at its median."""
    quantities = study.assumptions.of(segment)
    return SimpleNamespace(**{name: q.value for name, q in quantities.items()})


def test_point_takes_every_median(study):
    for segment in study.segments:
        model = study.assumptions.about(segment)["business_model"]
        expected = contribution(model, medians(study, segment))
        assert study.result(segment, "contribution")["value"] == approx(expected, rel=1e-9)


def test_burn_rows(study):
    """At the consumer's own size, by hand; and a user's loss never grows with the number of
    users."""
    q = medians(study, "consumer")
    users = q.daily_users * 30.4375 / q.active_days
    made = q.active_days * q.clips_per_day * q.seconds_per_clip
    load = users * made * q.served_intensity * q.tier_factor / (3600 * 730.5)
    q.utilisation *= load**0.5 / (load**0.5 + q.staffing_factor)
    burn = -users * contribution("subscription", q) / 30.4375
    assert study.result("consumer", "monthly_customers")["value"] == approx(users)
    assert study.result("consumer", "daily_burn")["value"] == approx(burn)
    sizes = [10**k for k in range(3, 9)]
    per_user = [study.result("consumer", "daily_burn", f"{n}")["value"] / n for n in sizes]
    assert per_user == sorted(per_user, reverse=True)


def test_undefined_metric_is_empty_not_infinite(assumptions):
    certain = override(assumptions, {name: q.value for name, q in assumptions.quantities.items()})
    study = Study(override(certain, {"service_share": 0.99}), read_scenario("base"), 100)
    assert study.result("previs", "contribution")["value"] < 0
    row = study.result("previs", "payback_months")
    assert np.isnan([row[name] for name in ("value", "p05", "p50", "p95")]).all()
    assert (row["probability_positive"], row["share_defined"]) == (0, 0)


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
    told = rows["metric"].str.contains("backtest|evp")  # in scenarios of their own; an error
    for row in rows[~told].to_dict("records"):
        assert (row["p05"], row["p50"], row["p95"]) == approx((row["value"],) * 3, rel=1e-9)


def test_what_is_asked_once_is_made_once(study):
    made = []
    for _ in range(2):
        assert study.once((test_who_is_who, "a"), lambda: made.append(1) or "b") == "b"
    assert made == [1]


def test_who_is_who(study, tables):
    rows = tables.segments.to_dict("records")
    assert study.workflow_segments() == [
        row["segment"] for row in rows if row["business_model"] in ("account", "metered")
    ]
    assert study.subscription_segments() == [
        row["segment"] for row in rows if row["business_model"] == "subscription"
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
