"""Sobol' indices and rank weights. Oracles: an additive model's closed form, SALib, limit cases."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats import norm, spearmanr

from analysis.findings.sensitivity import (
    SCRAMBLES,
    ranges,
    rank_weights,
    rows,
    sobol,
    standard_ranks,
)
from analysis.inputs.assumptions import resolve
from analysis.model.distributions import two_piece_normal
from analysis.show.chapter import open_chapter

CERTAIN = {"consumer.paid_conversion": 1.0, "consumer.subscription_price": 1000.0}


def margin_rank(study, segment, u):
    """The rank of the margin at uniform numbers of every input, by counting draws below it."""
    widening, of = study.assumptions.widening.value, ranges(study, segment)
    values = {p: two_piece_normal(norm.ppf(u[p]), q, widening) for p, q in of.items()}
    margin = study.point(segment).replace(**values).contribution_margin
    drawn = study.drawn(segment).contribution_margin
    return (drawn[None, :] < margin[:, None]).mean(axis=1)


def test_the_rank_of_a_sum_is_divided_as_in_closed_form(study):
    """Where revenue alone varies, and is a price, that price has all of the rank's variance."""
    quantities = study.assumptions.of("training")
    fixed = {q.name: q.value for p, q in quantities.items() if p != "account_price"}
    alone = open_chapter(draws=2000, overrides=fixed)
    found = sobol(alone, "training")
    assert found.index.tolist() == ["account_price"]
    assert found.loc["account_price", ["first", "total"]].tolist() == approx([1, 1], abs=1e-2)


@pytest.mark.parametrize("segment", ["consumer", "previs"])
def test_sobol_agrees_with_salib(study, segment):
    """Within SALib's bootstrap interval, with its own sample.

    At 99.8 %, so that 26 comparisons hold at 95 %.
    """
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    names = list(ranges(study, segment))
    problem = {"num_vars": len(names), "names": names, "bounds": [[1e-9, 1 - 1e-9]] * len(names)}
    u = sample.sample(problem, 1024, calc_second_order=False, seed=7)
    ranks = margin_rank(study, segment, dict(zip(names, u.T, strict=True)))
    theirs = analyse.analyze(problem, ranks, calc_second_order=False, conf_level=0.998, seed=7)
    ours = sobol(study, segment)
    assert ours.index.tolist() == names
    for kind, name in (("first", "S1"), ("total", "ST")):
        near = np.abs(ours[kind] - theirs[name]) <= theirs[f"{name}_conf"] + 1e-3
        assert np.all(near), kind  # an input without effect has no interval


def test_the_interval_is_that_of_four_scrambles(study):
    """Of many points the indices lie in nine of ten intervals of few points."""
    near, exact = sobol(study, "previs", 2**7), sobol(study, "previs", 2**12)
    held = []
    for kind in ("first", "total"):
        inside = np.abs(near[kind] - exact[kind]) <= near[f"{kind}_margin"] + 1e-12
        held += inside.tolist()
    assert SCRAMBLES == 4 and np.mean(held) >= 0.6


def test_sobol_repeats_and_its_seed_counts(study):
    once, again = sobol(study, "previs", 256), sobol(study, "previs", 256)
    pd.testing.assert_frame_equal(once, again, check_exact=True)
    other = open_chapter(draws=2000, seed=study.seed + 1)
    assert not once["first"].equals(sobol(other, "previs", 256)["first"])


def test_first_is_at_most_total_and_certain_inputs_are_left_out(study):
    for segment in study.segments:
        found = sobol(study, segment)
        noise = found["first_margin"] + found["total_margin"]
        assert np.all(found["first"] <= found["total"] + 2 * noise + 1e-3), segment
    lucky = open_chapter(draws=500, overrides=CERTAIN)
    named = {f"consumer.{p}" for p in sobol(lucky, "consumer", 64).index}
    assert named and not set(CERTAIN) & named


def test_what_does_not_vary_has_no_index():
    names = {q.name: q.value for q in resolve().quantities.values()}
    certain = open_chapter(draws=100, overrides=names)
    assert sobol(certain, "previs", 64).empty and list(rows(certain)) == []


def test_rows_hold_the_interval(study):
    found = pd.DataFrame(rows(study)).set_index(["segment", "metric", "detail"])
    row = found.loc["previs", "sobol_total", "served_intensity"]
    own = sobol(study, "previs").loc["served_intensity"]
    assert row["value"] == own["total"]
    assert row["p95"] - row["p05"] == approx(2 * own["total_margin"])


def test_rank_weights_are_squared_rank_correlations():
    """Oracle: SciPy's Spearman."""
    rng = np.random.default_rng(1)
    inputs = {name: rng.normal(size=500) for name in "abc"}
    outcome = np.exp(inputs["a"]) - 0.5 * inputs["b"]
    found = rank_weights(outcome, {name: standard_ranks(x) for name, x in inputs.items()})
    squares = {name: spearmanr(outcome, x).statistic ** 2 for name, x in inputs.items()}
    assert found == approx({name: s / sum(squares.values()) for name, s in squares.items()})
    assert rank_weights(np.ones(5), {"a": standard_ranks(np.arange(5.0))}) == {"a": 0.0}
