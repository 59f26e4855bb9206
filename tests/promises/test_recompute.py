"""Every result and claim against a second reckoning from the tables alone (recompute.py).

Its streams are others, so points agree to 1e-6 and shares of draws within Monte Carlo error.
"""

import numpy as np
import pytest
import recompute
from pytest import approx

from analysis.findings.claims import claims
from analysis.findings.confidence import TESTS, weights
from analysis.inputs.tables import DATA
from analysis.show.chapter import open_chapter

ERRORS = 4.5  # so many standard errors apart are two of some 2,000 shares by chance once in 70 runs
OVERRIDES = {
    "gpu_price": 1.5,
    "served_intensity": [20, 60, 300],
    "horizon": 48,
    "consumer.paid_conversion": [0.02, 0.06, 0.2],
    "previs.second_price": [0.05, 0.08, 0.2],
    "training.monthly_churn": [-0.02, 0.01, 0.04],
    "performance_ads.account_price": 60,
    "tv_spot.labour_hours": 9000,
}


@pytest.fixture(scope="module", params=[{}, OVERRIDES], ids=["base", "overridden"])
def pair(request):
    """A study of the package and one of the second reckoning, of the same inputs."""
    return open_chapter(overrides=request.param), recompute.Study(DATA, request.param)


def apart(share, count):
    """By how much two shares of so many draws may differ by chance."""
    return ERRORS * np.sqrt(2 * np.maximum(share * (1 - share), 1 / count) / count)


def test_points_and_percentiles_of_every_metric(pair):
    study, again = pair
    expected = recompute.results(again)
    drawn = {segment: again.evaluate(segment) for segment in ("all", *study.segments)}
    compared = 0
    for row in expected.to_dict("records"):
        key = row["segment"], row["metric"]
        if not study.results.query("segment == @key[0] and metric == @key[1]").empty:
            found = study.result(*key)
            assert found["value"] == approx(row["value"], rel=1e-6, nan_ok=True), key
            for name in ("probability_positive", "share_defined"):
                error = apart(row[name], study.draws)
                assert found[name] == approx(row[name], abs=error), (key, name)
            draws = np.broadcast_to(drawn[key[0]][key[1]], again.count)
            error = apart(0.5, study.draws * row["share_defined"])
            assert share_below(draws, found) == approx(SHARES, abs=error), key
            compared += 1
    assert compared > 180


SHARES = [0.05, 0.5, 0.95]


def share_below(draws, found):
    """The shares of the second reckoning's draws below the first one's percentiles."""
    defined = draws[np.isfinite(draws)]
    ends = [found[name] for name in ("p05", "p50", "p95")]
    least = [np.mean(defined < end * (1 - 1e-9)) for end in ends]
    most = [np.mean(defined <= end * (1 + 1e-9)) for end in ends]
    return list(np.clip(SHARES, np.minimum(least, most), np.maximum(least, most)))


def test_every_claim(pair):
    study, again = pair
    wide = recompute.Study(DATA, widening=1.5 * again.widening)
    wide.ranges = again.ranges
    expected = recompute.claims(again, wide).set_index(["claim", "subject"])
    found = {(c.claim, c.subject): c for c in claims(study)}
    assert set(found) == set(expected.index)
    for key, row in expected.iterrows():
        one = found[key]
        behind = max(1, study.draws * row["condition"])
        assert one.condition == approx(row["condition"], abs=apart(row["condition"], study.draws))
        for name in ("probability", "probability_wide"):
            error = apart(row[name], behind)
            assert getattr(one, name) == approx(row[name], abs=error, nan_ok=True), (key, name)
        edges = np.array(recompute.LEVELS[:-1])
        if np.abs(row["probability"] - edges).min() > apart(row["probability"], behind):
            assert one.likelihood == row["likelihood"], key


def test_what_stands_in_the_way(pair):
    study, again = pair
    for segment in study.segments:
        lost = recompute.in_the_way(again, segment)
        for cause, share in lost.items():
            found = study.result(segment, f"lost_to_{cause}")["value"]
            assert found == approx(share, abs=0.02), (segment, cause)


def test_break_even(pair):
    study, again = pair
    rows = study.results[study.results["metric"].isin(["break_even", "break_even_net_value"])]
    for row in rows.to_dict("records"):
        metric = "contribution" if row["metric"] == "break_even" else "net_value"
        zero = recompute.break_even(again, row["segment"], row["detail"], metric)
        assert row["value"] == approx(zero, rel=1e-6, nan_ok=True), row


def test_value_of_information(pair):
    """Each estimate within its own and the other's error; heavy tails make errors of errors."""
    study, again = pair
    for segment in study.segments:
        expected = recompute.value_of_information(again, segment)
        for name, (mean, error) in expected.iterrows():
            key = ("evpi",) if name == "EVPI" else ("evppi", name)
            found = study.result(segment, *key)
            own = (found["p95"] - found["value"]) / 1.645
            assert found["value"] == approx(mean, abs=6 * np.hypot(own, error) + 1e-9), (
                segment,
                name,
            )


def test_weight_of_inputs(pair):
    study, again = pair
    for segment in study.segments:
        for metric in TESTS.values():
            found = weights(study, segment, metric)
            expected = recompute.weights(again, segment, metric)
            for (_, parameter), weight in expected.items():
                assert found[parameter] == approx(weight, abs=0.03), (segment, metric, parameter)
