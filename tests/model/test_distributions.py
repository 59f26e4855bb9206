"""From ranges to draws. Oracles: the quantiles that a range states, moments by numerical
integration, scipy.stats; for the streams, draws that nothing else may move."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import integrate, stats

from analysis.findings.study import Study
from analysis.inputs.assumptions import override, resolve
from analysis.inputs.scenarios import read_scenario
from analysis.model.distributions import (
    WIDE,
    Draws,
    interval,
    standard_error,
    stream,
    two_piece_normal,
)

Z = stats.norm.ppf([0.05, 0.5, 0.95])
RANGES = [
    ("linear", -2.0, 0.5, 9.0),
    ("linear", 1.0, 1.0, 5.0),
    ("linear", 1.0, 5.0, 5.0),
    ("log", 0.001, 0.002, 900.0),
    ("log", 2.0, 3.0, 9.0),
    ("logit", 0.1, 0.65, 0.8),
    ("logit", 0.001, 0.5, 0.999),
]


@pytest.fixture(scope="module")
def ranged(assumptions):
    """A quantity of this range and scale, by default without bounds that matter."""
    some = assumptions.gpu_price

    def make(scale, low, value, high, minimum=-1e15, maximum=1e15):
        bounds = dict(minimum=minimum, maximum=maximum)
        return replace(some, scale=scale, low=low, value=value, high=high, **bounds)

    return make


@pytest.mark.parametrize("scale, low, value, high", RANGES)
def test_a_range_states_its_5th_50th_and_95th_percentile(ranged, scale, low, value, high):
    found = two_piece_normal(Z, ranged(scale, low, value, high))
    assert found == approx(np.array([low, value, high]), rel=1e-12)


ONTO = {"linear": lambda x: x, "log": np.log, "logit": lambda x: np.log(x / (1 - x))}


@pytest.mark.parametrize("widening", [1.25, 1.5, 2.5])
@pytest.mark.parametrize("scale, low, value, high", RANGES)
def test_widening_moves_the_ends_on_the_scale(ranged, scale, low, value, high, widening):
    """The median stays; on the scale of the parameter its distance to either end is multiplied."""
    found = ONTO[scale](two_piece_normal(Z, ranged(scale, low, value, high), widening))
    at = ONTO[scale](np.array([low, value, high]))
    assert found == approx(at[1] + widening * (at - at[1]), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("scale, low, value, high", RANGES)
def test_moments_by_numerical_integration(ranged, scale, low, value, high):
    """Mean and variance on the scale, of the density with two halves of a normal, joined at the
    median: each half has the weight of one half, whatever its width."""
    at = ONTO[scale](np.array([low, value, high]))
    below, above = np.diff(at) / stats.norm.ppf(0.95)

    def moment(power):
        parts = []
        for width, side in ((below, (-12, 0)), (above, (0, 12))):
            term = lambda z, w=width: (w * z) ** power * stats.norm.pdf(z)  # noqa: E731
            parts.append(integrate.quad(term, *side)[0])
        return sum(parts)

    middles = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    sample = ONTO[scale](two_piece_normal(middles, ranged(scale, low, value, high)))
    assert sample.mean() == approx(at[1] + moment(1), abs=1e-3 * (at[2] - at[0]))
    assert sample.var() == approx(moment(2) - moment(1) ** 2, rel=1e-3)


def test_values_are_held_to_the_bounds(ranged):
    q = ranged("linear", 0.0, 1.0, 2.0, minimum=-0.5, maximum=2.5)
    assert list(two_piece_normal(np.array([-9.0, 0.0, 9.0]), q)) == [-0.5, 1.0, 2.5]


@pytest.mark.parametrize("scale", ["linear", "log", "logit", "fixed"])
def test_certain_quantity_has_no_spread(ranged, scale):
    """Three equal numbers are certain whatever the scale, at its edges, too."""
    for value in (0.25, 0.0, 1.0):
        assert list(two_piece_normal(Z, ranged(scale, value, value, value), 2.0)) == [value] * 3


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.tuples(*[st.floats(1e-3, 0.999)] * 3).map(sorted),
    st.sampled_from(["linear", "log", "logit"]),
    st.floats(0, 4),
)
def test_values_rise_with_z(ranged, limits, scale, widening):
    drawn = two_piece_normal(np.linspace(-6, 6, 101), ranged(scale, *limits), widening)
    assert np.all(np.diff(drawn) >= 0) and drawn[50] == approx(limits[1], rel=1e-12)


def test_stream_is_a_stable_hash_of_its_name():
    """By the standard library: the first half of SHA-256 of seed/segment/parameter."""
    expected = np.random.default_rng(
        int(hashlib.sha256(b"7/previs/retakes").hexdigest()[:32], 16)
    ).standard_normal(5)
    assert list(stream(7, "previs", "retakes").standard_normal(5)) == list(expected)
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
    few, many = (Draws(assumptions.of("previs"), n, 1, 1.5, {}) for n in (100, 1000))
    assert list(few["retakes"]) == list(many["retakes"][:100])


def test_draws_are_frozen_arrays_of_what_there_is(assumptions):
    draws = Draws(assumptions.of("previs"), 100, 1, 1.5, {})
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
    assert study.drawn("previs", wide=True).gpu_price is study.drawn("consumer", True).gpu_price
    own = {study.drawn(segment).tier_factor[0] for segment in study.segments}
    assert len(own) == len(study.segments)


def test_the_second_reading_is_half_as_wide_again(study):
    """On the logarithm each draw of a price lies half as far again from the median."""
    middle = np.log(study.assumptions.gpu_price.value)
    drawn, wide = (np.log(study.drawn(study.shared, w).gpu_price) - middle for w in (False, True))
    inside = np.abs(wide) < 2.5  # bounds hold what lies beyond
    assert wide[inside] == approx(WIDE * drawn[inside], rel=1e-9)


def test_draws_follow_their_range(assumptions):
    """Kolmogorov and Smirnov against scipy's normal on either side of the median, for every
    quantity of the tables; the level allows for their number."""
    for name, q in assumptions.quantities.items():
        if q.low < q.high:
            free = replace(q, minimum=-np.inf, maximum=np.inf)
            sample = ONTO[q.scale](Draws({q.parameter: free}, 2000, 11, 1.0, {})[q.parameter])
            low, value, high = ONTO[q.scale](np.array([q.low, q.value, q.high]))
            width = np.where(sample < value, value - low, high - value)
            moved = sample != value  # a range may have one side alone
            z = (sample - value)[moved] / width[moved] * stats.norm.ppf(0.95)
            folded = stats.kstest(np.abs(z), stats.halfnorm.cdf)
            assert folded.pvalue > 1e-6, name
            assert np.mean(sample < value) in (0, approx(0.5, abs=0.05)), name


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
