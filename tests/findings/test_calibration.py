"""Calibration to reported burns. Oracles: a normal prior with a normal likelihood, limit cases."""

from itertools import combinations

import numpy as np
import pytest
from pytest import approx
from scipy.stats import norm

from analysis.findings.calibration import IMPLIED, calibrate, importance_weights, weight_overlap
from analysis.show.chapter import open_chapter


@pytest.fixture(scope="module")
def lucky():
    """A consumer app that gains in every draw."""
    certain = {"consumer.paid_conversion": 1.0, "consumer.subscription_price": 1000.0}
    return open_chapter(draws=500, overrides=certain)


def test_of_a_lognormal_prior_is_lognormal():
    """Prior N(m, t^2) of the logarithm x likelihood N(ln report, s^2): their precisions add.

    E w and E w^2 give the effective size; what is independent of the burn keeps its percentiles.
    """
    n, m, t, r, s = 2**18, 1.0, 1.2, 2.5, 0.3
    log = m + t * norm.ppf((np.arange(n) + 0.5) / n)
    alone = np.random.default_rng(1).normal(size=n)
    found = importance_weights(np.exp(log), {"burn": log, "alone": alone}, np.exp(r), s)
    precision = 1 / t**2 + 1 / s**2
    mean, sd = (m / t**2 + r / s**2) / precision, precision**-0.5
    assert found.weights.sum() == approx(1)
    assert np.average(log, weights=found.weights) == approx(mean, abs=1e-4)
    posterior = mean + sd * norm.ppf([0.05, 0.5, 0.95])
    assert found.percentiles["burn"] == approx(posterior, abs=1e-3)
    first = s / np.hypot(s, t) * np.exp(-((m - r) ** 2) / (2 * (s**2 + t**2)))
    second = s / np.sqrt(s**2 + 2 * t**2) * np.exp(-((m - r) ** 2) / (s**2 + 2 * t**2))
    assert found.effective_size == approx(n * first**2 / second, rel=1e-3)
    assert found.agreement == approx(np.diff(norm.cdf(r + np.log([0.5, 2]), m, t))[0], abs=1e-4)
    error = np.sqrt(0.05 * 0.95 / found.effective_size) / norm.pdf(norm.ppf(0.05))
    assert found.percentiles["alone"] == approx(norm.ppf([0.05, 0.5, 0.95]), abs=5 * error)


def test_a_report_far_from_every_draw_still_has_weights():
    """All densities would round to 0; the nearest draw takes all, as the effective size says."""
    far = importance_weights(np.array([1.0, 2.0, 3.0]), {}, 1e30)
    assert far.weights == approx([0, 0, 1], abs=1e-100)
    assert (far.effective_size, far.agreement) == (1, 0)


def test_overlap_of_the_same_and_of_rival_reports(study):
    middle = float(np.median(study.drawn("consumer").daily_burn))
    one, far = calibrate(study, "consumer", middle), calibrate(study, "consumer", middle * 100)
    assert weight_overlap(one, one) == approx(1)
    assert weight_overlap(one, far) < 0.01
    assert one.effective_size > far.effective_size


def test_a_report_in_the_middle_keeps_the_burn_near_it(study):
    burn = study.drawn("consumer").daily_burn
    found = calibrate(study, "consumer", 1e6)
    mean = np.exp(np.average(np.log(np.maximum(burn, 1)), weights=found.weights))
    assert mean == approx(1e6, rel=0.2)
    assert np.all(found.weights[burn <= 0] == 0)


def test_implied_quantities_agree_with_each_other(study):
    """In every draw a day's compute is clips x seconds x cost of a second."""
    case = study.drawn("consumer")
    implied = {metric: formula(case) for metric, (_, formula) in IMPLIED.items()}
    clip = case.seconds_per_clip * implied["cost_per_generated_second"]
    assert implied["cost_per_user_day"] == approx(implied["clips_per_day"] * clip)


def test_a_consumer_that_gains_has_no_calibration(lucky):
    found = calibrate(lucky, "consumer", 1e6)
    assert np.isnan(found.weights).all() and np.isnan(found.effective_size)
    assert found.agreement == 0 and np.isnan(weight_overlap(found, found))
    assert set(found.percentiles) == set(IMPLIED)
    assert np.isnan([*found.percentiles.values()]).all()


def test_results_hold_each_report_and_each_pair(study):
    """Oracle: the ids of evidence that compares with the burn."""
    evidence = study.assumptions.tables.evidence
    burns = evidence.loc[evidence["compares_with"] == "consumer/daily_burn", "id"].tolist()
    results = study.results.set_index(["segment", "metric"])
    assert results.loc[("consumer", "effective_draws"), "detail"].tolist() == burns
    pairs = results.loc[[("consumer", "overlap_of_reports")], "detail"]
    assert pairs.tolist() == [" and ".join(pair) for pair in combinations(sorted(burns), 2)]
    given = study.result("consumer", "daily_users_given_burn", burns[0])
    assert given["p05"] < given["value"] == given["p50"] < given["p95"]


def test_priors_are_not_built_on_burn(study):
    """No input of the burn cites a row that reports a burn."""
    evidence = study.assumptions.tables.evidence
    burns = set(evidence.loc[evidence["compares_with"] == "consumer/daily_burn", "id"])
    cited = {key for q in study.assumptions.of("consumer").values() for key in q.evidence}
    assert burns and not burns & cited
