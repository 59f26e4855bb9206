"""Retention. Oracles: Fader and Hardie (2007), their two data sets and estimates; closed forms;
the cited evidence."""

import re

import numpy as np
import pytest
from pytest import approx

from analysis.errors import InputError
from analysis.model.retention import fit, survival

# Per cent of customers left after 0, 1, ..., 12 years; alpha, beta and log-likelihood of 1,000
# customers as published for years 1 to 7.
PUBLISHED = {
    "Regular": (
        [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3],
        0.704,
        1.182,
        -1680.265,
    ),
    "High End": (
        [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4],
        0.668,
        3.806,
        -1611.158,
    ),
}


SETS = pytest.mark.parametrize(
    "percent, alpha, beta, likelihood", PUBLISHED.values(), ids=PUBLISHED
)


@SETS
def test_estimates_of_fader_and_hardie(percent, alpha, beta, likelihood):
    curve = fit(range(1, 8), np.array(percent[1:8]) / 100)
    assert (curve.alpha, curve.beta) == approx((alpha, beta), abs=0.0005)
    left = survival(np.arange(8), curve.alpha, curve.beta)
    count = np.array(percent[:8]) * 10
    assert -np.diff(count) @ np.log(-np.diff(left)) + count[-1] * np.log(left[-1]) == approx(
        likelihood, abs=0.001
    )


@SETS
def test_projection_of_fader_and_hardie(percent, alpha, beta, likelihood):
    """The five years that were held back; and survival by their recursion, retention r(t) = (beta +
    t - 1) / (alpha + beta + t - 1)."""
    years = np.arange(8, 13)
    curve = fit(range(1, 8), np.array(percent[1:8]) / 100)
    assert 100 * survival(years, curve.alpha, curve.beta) == approx(np.array(percent[8:]), abs=2)
    t = np.arange(1, 13)
    assert survival(t, alpha, beta) == approx(
        np.cumprod((beta + t - 1) / (alpha + beta + t - 1)), rel=1e-12
    )


def test_survival_in_closed_form():
    """alpha = 1: beta / (beta + t). A large alpha + beta is one rate for all: (beta / (alpha +
    beta))^t. Nobody has left at 0."""
    t = np.array([0.0, 1.0, 2.5, 30.0])
    assert survival(t, 1.0, 3.0) == approx(3 / (3 + t), rel=1e-12)
    assert survival(t, 2e5, 8e5) == approx(0.8**t, rel=1e-3)


@pytest.mark.parametrize("alpha, beta", [(0.74, 0.08), (1.0, 1.0), (0.6, 1.1), (3.0, 9.0)])
@pytest.mark.parametrize("days", [[1, 7], [1, 7, 30], [1, 3, 7, 14, 60]])
def test_curve_is_found_again_from_points_with_gaps(alpha, beta, days):
    curve = fit(days, survival(np.array(days), alpha, beta))
    assert (curve.alpha, curve.beta) == approx((alpha, beta), rel=1e-4) and curve.misfit < 1e-6


def test_one_rate_for_all_is_a_limit_of_the_curve():
    curve = fit([1, 2, 5], 0.8 ** np.array([1, 2, 5]))
    assert survival(np.arange(10), curve.alpha, curve.beta) == approx(
        0.8 ** np.arange(10), abs=1e-3
    )


@pytest.mark.parametrize(
    "days, shares",
    [
        ([1], [0.5]),
        ([7, 1], [0.5, 0.4]),
        ([0, 1], [1, 0.5]),
        ([1, 7], [0.2, 0.3]),
        ([1, 7], [1.2, 0.3]),
        ([1, 7], [0.2, -0.1]),
        ([1, 7], [0.2, float("nan")]),
    ],
)
def test_what_is_no_retention_is_refused(days, shares):
    with pytest.raises(InputError, match="retention"):
        fit(days, shares)


def test_points_stand_in_the_evidence_they_cite(tables):
    """Each share is the value of the cited row, or is printed in its definition or its notes beside
    that day."""
    evidence = tables.evidence.set_index("id")
    for point in tables.retention_points.itertuples():
        row = evidence.loc[point.evidence]
        told = f"{row['definition']}; {row['notes']}".lower()
        stated = row["value"] == point.retention and re.search(
            rf"day-{point.day:g}\b", row["quantity"].lower()
        )
        assert stated or re.search(
            rf"(day-{point.day:g}|{point.app.lower()}) {point.retention:g}\b", told
        ), point
        assert row["unit"] == "fraction" and row["topic"] == "retention"
