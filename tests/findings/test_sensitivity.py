"""Sobol' indices. Oracles: Ishigami's closed form, an additive model's, SALib, limit cases."""

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats import norm

from analysis.findings.sensitivity import indices, log_ratio, ranges, ranked_inputs, sobol
from analysis.model.distributions import quantile, stream
from analysis.model.registry import Case
from analysis.show.chapter import open_chapter

COLUMNS = ["parameter", "first", "first_low", "first_high", "total", "total_low", "total_high"]
CERTAIN = {"paid_conversion": 1.0, "subscription_price": 1000.0}


def generators(n=8):
    return [np.random.default_rng(k) for k in range(n)]


@pytest.fixture(scope="module")
def lucky():
    """A consumer app that gains in every draw."""
    return open_chapter(draws=500, overrides={f"consumer.{p}": v for p, v in CERTAIN.items()})


def test_indices_of_ishigami():
    """Ishigami and Homma (1990), a = 7, b = 0.1 on (-pi, pi)."""
    a, b = 7.0, 0.1
    v1, v2, v13 = 0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = v1 + v2 + v13
    found = indices(
        lambda x: np.sin(x["x1"]) + a * np.sin(x["x2"]) ** 2 + b * x["x3"] ** 4 * np.sin(x["x1"]),
        dict.fromkeys(("x1", "x2", "x3"), lambda u: np.pi * (2 * u - 1)),
        2**13,
        generators(),
    )
    assert list(found) == COLUMNS
    assert found["first"].to_numpy() == approx(np.array([v1, v2, 0]) / whole, abs=2e-3)
    assert found["total"].to_numpy() == approx(np.array([v1 + v13, v2, v13]) / whole, abs=2e-3)


def test_indices_of_an_additive_model():
    """Y = sum of c_i X_i: both indices are c_i^2 var(X_i) over their sum.

    A uniform has a variance of 1/12, a normal one of 1.
    """
    quantiles = {
        "u": lambda u: u,
        "n": lambda u: norm.ppf(np.clip(u, 1e-12, 1)),
        "unused": lambda u: u,
    }
    found = indices(lambda x: 6 * x["u"] - 2 * x["n"], quantiles, 2**12, generators()).set_index(
        "parameter"
    )
    for kind in ("first", "total"):
        assert found[kind].to_numpy() == approx(np.array([3, 4, 0]) / 7, abs=5e-3)
    assert found.loc["unused", "total"] == 0


def test_interval_holds_the_truth_about_nine_times_in_ten():
    """X1 X2 of uniforms: S1 = 3/7, ST = 4/7.

    Of 100 intervals that cover 0.9 each, 0.78 to 0.99 is within 4 standard errors.
    """
    held = []
    for k in range(100):
        scrambles = [np.random.default_rng([k, j]) for j in range(4)]
        found = indices(
            lambda x: x["a"] * x["b"], dict.fromkeys("ab", np.asarray), 64, scrambles
        ).iloc[0]
        held.append(
            (
                found["first_low"] <= 3 / 7 <= found["first_high"],
                found["total_low"] <= 4 / 7 <= found["total_high"],
            )
        )
    assert np.all((np.mean(held, axis=0) >= 0.78) & (np.mean(held, axis=0) <= 0.99))


def test_indices_of_what_does_not_vary_are_undefined():
    assert (
        indices(lambda x: 0 * x["a"], {"a": np.asarray}, 16, generators(2))
        .drop(columns="parameter")
        .isna()
        .all(axis=None)
    )
    assert list(indices(lambda x: 1.0, {}, 16, generators(2))) == COLUMNS


def test_points_are_a_power_of_two():
    with pytest.raises(ValueError, match="power of 2"):
        indices(lambda x: x["a"], {"a": np.asarray}, 1000, generators(2))


@pytest.mark.parametrize("segment", ["consumer", "previs"])
def test_sobol_agrees_with_salib(study, segment):
    """Within SALib's bootstrap interval, with its own sample and exact quantiles.

    At 99.8 %, so that 26 comparisons hold at 95 %.
    """
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    of, case = ranges(study, segment), study.point(segment)
    problem = {"num_vars": len(of), "names": list(of), "bounds": [[0, 1]] * len(of)}
    u = sample.sample(problem, 2048, calc_second_order=False, seed=7)
    inputs = {
        p: quantile(u[:, i], q.low, q.value, q.high, q.shape) for i, (p, q) in enumerate(of.items())
    }
    theirs = analyse.analyze(
        problem,
        log_ratio(case.replace(**inputs)),
        calc_second_order=False,
        conf_level=0.998,
        seed=7,
    )
    ours = sobol(study, segment)
    assert ours["parameter"].tolist() == list(of)
    for kind, name in (("first", "S1"), ("total", "ST")):
        assert np.all(np.abs(ours[kind] - theirs[name]) <= theirs[f"{name}_conf"] + 1e-3), (
            kind
        )  # an input without effect has no interval


def test_sobol_reads_quantiles_finely_enough(study):
    """Against exact quantiles of the same points."""
    case, of = study.point("previs"), ranges(study, "previs")
    quantiles = {
        p: lambda u, q=q: quantile(u, q.low, q.value, q.high, q.shape)
        for p, q in sorted(of.items())
    }
    scrambles = [stream(study.seed, "previs", f"scramble {k}") for k in range(4)]
    exact = indices(lambda x: log_ratio(case.replace(**x)), quantiles, 2**10, scrambles)
    mine = sobol(study, "previs", 2**10, 4).sort_values("parameter")
    assert mine[["first", "total"]].to_numpy() == approx(
        exact[["first", "total"]].to_numpy(), abs=5e-3
    )


def test_sobol_repeats_and_its_seed_counts(study):
    pd.testing.assert_frame_equal(
        sobol(study, "previs", 256, 2), sobol(study, "previs", 256, 2), check_exact=True
    )
    other = open_chapter(draws=2000, seed=study.seed + 1)
    assert not sobol(study, "previs", 256, 2)["first"].equals(
        sobol(other, "previs", 256, 2)["first"]
    )


def test_first_is_at_most_total_and_certain_inputs_are_left_out(study, lucky):
    for segment in study.segments:
        found = sobol(study, segment)
        noise = (found["first_high"] - found["first_low"]) + (
            found["total_high"] - found["total_low"]
        )
        assert np.all(found["first"] <= found["total"] + noise + 1e-3), segment
    assert not set(CERTAIN) & set(sobol(lucky, "consumer", 64, 2)["parameter"])


def test_no_market_anywhere_has_no_indices():
    poor = open_chapter(draws=100, overrides={"previs.displaced_share": 0.0})
    assert sobol(poor, "previs", 64, 2).drop(columns="parameter").isna().all(axis=None)


def test_log_ratio_has_the_sign_of_contribution_and_a_floor(study):
    case = study.drawn("previs")
    assert np.array_equal(log_ratio(case) > 0, case.contribution > 0)
    nothing = Case("subscription", {"revenue": 0.0, "compute_cost": 1.0, "service_cost": 1.0})
    assert log_ratio(nothing) == approx(np.log(1e-6))


def test_inputs_are_ranked_by_what_results_say(study):
    """Oracle: the rows of results, sorted by pandas."""
    indices = study.results[study.results["metric"] == "sobol_total"].dropna(subset="value")
    for segment in study.segments:
        own = indices[indices["segment"] == segment]
        ranked = own.sort_values("value", ascending=False, kind="stable")["detail"]
        assert ranked_inputs(study, segment) == ranked.tolist() != []


def test_what_nobody_buys_has_no_ranking():
    poor = open_chapter(draws=100, overrides={"previs.displaced_share": 0.0})
    assert ranked_inputs(poor, "previs") == []
