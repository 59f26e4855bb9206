"""From ranges to draws. Oracles: the closed form of the beta-PERT and scipy.stats; for the streams,
draws that nothing else may move."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from analysis.findings.study import Study
from analysis.inputs.assumptions import override, resolve
from analysis.inputs.scenarios import read_scenario
from analysis.model.distributions import (
    FLAT_WEIGHT,
    PERT_WEIGHT,
    Draws,
    interval,
    quantile,
    standard_error,
    stream,
)

RANGES = [
    (0.0, 0.5, 1.0),
    (2.0, 3.0, 9.0),
    (-1.0, 3.5, 4.0),
    (1.0, 1.0, 5.0),
    (1.0, 5.0, 5.0),
    (0.001, 0.002, 900.0),
]
MIDPOINTS = (np.arange(200_000) + 0.5) / 200_000
PROBABILITIES = np.array([0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999])


@pytest.mark.parametrize("low, value, high", RANGES)
def test_mean_and_variance_of_pert(low, value, high):
    """Mean (low + 4 value + high) / 6, variance (mean - low) (high - mean) / 7."""
    sample = quantile(MIDPOINTS, low, value, high)
    mean = (low + 4 * value + high) / 6
    assert sample.mean() == approx(mean, abs=1e-6 * (high - low)) and sample.var() == approx(
        (mean - low) * (high - mean) / 7, rel=1e-4
    )


@pytest.mark.parametrize("low, value, high", RANGES)
@pytest.mark.parametrize("weight", [1.0, 4.0, 20.0])
def test_quantiles_of_pert(low, value, high, weight):
    exact = stats.beta(
        1 + weight * (value - low) / (high - low),
        1 + weight * (high - value) / (high - low),
        low,
        high - low,
    )
    assert quantile(PROBABILITIES, low, value, high, "pert", weight) == approx(
        exact.ppf(PROBABILITIES), abs=2e-5 * (high - low)
    )


@pytest.mark.parametrize("low, value, high", [r for r in RANGES if r[0] > 0])
def test_log_pert_is_the_same_on_the_logarithm(low, value, high):
    expected = np.exp(quantile(PROBABILITIES, *np.log([low, value, high])))
    assert quantile(PROBABILITIES, low, value, high, "log_pert") == approx(expected, rel=1e-12)
    assert quantile(PROBABILITIES, low, value, high, "log_pert", 0.0) == approx(
        stats.loguniform(low, high).ppf(PROBABILITIES), rel=1e-12
    )


@pytest.mark.parametrize("low, value, high", RANGES)
def test_weight_zero_is_flat(low, value, high):
    assert quantile(PROBABILITIES, low, value, high, "pert", 0.0) == approx(
        stats.uniform(low, high - low).ppf(PROBABILITIES), rel=1e-12
    )


@pytest.mark.parametrize("shape", ["pert", "log_pert", "fixed"])
@pytest.mark.parametrize("weight", [PERT_WEIGHT, FLAT_WEIGHT])
def test_certain_quantity_has_no_spread(shape, weight):
    assert list(quantile(PROBABILITIES, 2.5, 2.5, 2.5, shape, weight)) == [2.5] * len(PROBABILITIES)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.tuples(*[st.floats(1e-3, 1e6)] * 3).map(sorted),
    st.sampled_from(["pert", "log_pert"]),
    st.sampled_from([FLAT_WEIGHT, PERT_WEIGHT]),
)
def test_quantiles_rise_from_low_to_high(limits, shape, weight):
    low, value, high = limits
    drawn = quantile(np.linspace(0, 1, 101), low, value, high, shape, weight)
    assert np.all(np.diff(drawn) >= 0) and (drawn[0], drawn[-1]) == approx((low, high), rel=1e-12)


def test_stream_is_a_stable_hash_of_its_name():
    """By the standard library: the first half of SHA-256 of seed/segment/parameter."""
    expected = np.random.default_rng(
        int(hashlib.sha256(b"7/previs/retakes").hexdigest()[:32], 16)
    ).random(5)
    assert list(stream(7, "previs", "retakes").random(5)) == list(expected)
    others = [
        (8, "previs", "retakes"),
        (7, "archviz", "retakes"),
        (7, "previs", "wage"),
        (7, "all", "retakes"),
        (0, "previs", "retakes"),
    ]
    assert len({stream(*name).random() for name in [(7, "previs", "retakes"), *others]}) == 6


def test_fewer_draws_are_the_first_of_more(assumptions):
    """Draws by number: the stream is read from its start, whatever comes after."""
    few, many = (Draws(assumptions.of("previs"), n, 1, PERT_WEIGHT, {}) for n in (100, 1000))
    assert list(few["retakes"]) == list(many["retakes"][:100])


def test_draws_are_a_mapping_of_frozen_arrays(assumptions):
    quantities = assumptions.of("previs")
    draws = Draws(quantities, 100, 1, PERT_WEIGHT, {})
    assert (
        list(draws) == list(quantities)
        and len(draws) == len(quantities)
        and "retakes" in draws
        and "active_days" not in draws
    )
    with pytest.raises(KeyError):
        draws["active_days"]
    with pytest.raises(ValueError):
        draws["retakes"][0] = 1.0


def drawn(assumptions, seed=5):
    """Every array of draws of a study, by segment and parameter."""
    study = Study(assumptions, read_scenario("base"), 200, seed)
    return {
        (s, parameter): getattr(study.drawn(s), parameter)
        for s in study.segments
        for parameter in assumptions.of(s)
    }


def moved(before, after):
    """The keys of `before` under which the draws are others."""
    return {key for key in before if not np.array_equal(before[key], after[key])}


def with_another_vertical(tables):
    """The tables with a copy of a segment's rows under a new name, put first."""
    segments, rows = tables.segments, tables.assumptions
    new = segments[segments["segment"] == "previs"].assign(segment="opera", title="Opera")
    own = rows[rows["segment"] == "previs"].assign(segment="opera")
    return replace(
        tables,
        segments=pd.concat([new, segments], ignore_index=True),
        assumptions=pd.concat([own, rows], ignore_index=True),
    )


def test_row_order_moves_no_draw(tables, assumptions):
    turned = {
        name: getattr(tables, name)[::-1].reset_index(drop=True)
        for name in ("segments", "parameters", "assumptions")
    }
    assert moved(drawn(assumptions), drawn(resolve(replace(tables, **turned)))) == set()


def test_new_vertical_moves_no_draw(tables, assumptions):
    after = drawn(resolve(with_another_vertical(tables)))
    assert moved(drawn(assumptions), after) == set()
    assert not np.array_equal(after["opera", "retakes"], after["previs", "retakes"])


@pytest.mark.parametrize(
    "name, expected", [("previs.retakes", {("previs", "retakes")}), ("gpu_price", None)]
)
def test_override_moves_its_own_draws_only(assumptions, name, expected):
    quantity = assumptions.quantities[name]
    after = drawn(
        override(
            assumptions, {name: [quantity.value, quantity.value * 1.01, quantity.value * 1.02]}
        )
    )
    assert moved(drawn(assumptions), after) == (
        expected or {(segment, name) for segment in assumptions.segments}
    )


def test_seed_moves_every_draw(assumptions):
    uncertain = {
        (s, p) for s in assumptions.segments for p, q in assumptions.of(s).items() if q.low < q.high
    }
    assert moved(drawn(assumptions, seed=0), drawn(assumptions, seed=1)) == uncertain


def test_shared_quantity_is_drawn_once(study):
    first, *others = (study.drawn(segment) for segment in study.segments)
    assert all(case.gpu_price is first.gpu_price for case in others)
    assert (
        study.drawn("previs", FLAT_WEIGHT).gpu_price
        is study.drawn("consumer", FLAT_WEIGHT).gpu_price
        is not first.gpu_price
    )
    assert len({study.drawn(segment).monthly_churn[0] for segment in study.segments}) == len(
        study.segments
    )


def test_draws_follow_their_range(assumptions):
    """Kolmogorov and Smirnov against scipy's beta, for every quantity of the tables; the level
    allows for their number."""
    for name, q in assumptions.quantities.items():
        if q.low < q.high:
            sample = Draws({q.parameter: q}, 2000, 11, PERT_WEIGHT, {})[q.parameter]
            scale = np.log if q.shape == "log_pert" else np.asarray
            low, value, high = scale([q.low, q.value, q.high])
            shape = 1 + 4 * (value - low) / (high - low), 1 + 4 * (high - value) / (high - low)
            assert (
                stats.kstest(scale(sample), stats.beta(*shape, low, high - low).cdf).pvalue > 1e-6
            ), name


def test_flat_draws_fill_their_range_evenly(assumptions):
    """Kolmogorov and Smirnov against scipy's uniform, on the logarithm where the range is one of
    ratios."""
    for name in ("gpu_price", "utilisation", "previs.retakes"):
        q = assumptions.quantities[name]
        scale = np.log if q.shape == "log_pert" else np.asarray
        sample = scale(Draws({q.parameter: q}, 2000, 11, FLAT_WEIGHT, {})[q.parameter])
        assert (
            stats.kstest(
                sample, stats.uniform(scale(q.low), scale(q.high) - scale(q.low)).cdf
            ).pvalue
            > 1e-4
        ), name


def test_interval():
    assert interval(np.arange(101.0)) == (5, 50, 95)
    assert interval(np.r_[np.arange(101.0), np.nan, np.inf, -np.inf]) == (5, 50, 95) and interval(
        np.array([3.0])
    ) == (3, 3, 3)
    assert (
        np.isnan(interval(np.array([np.nan, np.inf]))).all()
        and np.isnan(interval(np.array([]))).all()
    )


def test_standard_error():
    assert standard_error(0.5, 10_000) == approx(0.005) and standard_error(0.1, 900) == approx(0.01)
    assert standard_error(0.0, 100) == standard_error(1.0, 100) == 0
