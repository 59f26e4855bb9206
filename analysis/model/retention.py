"""Retention: how long an install stays, from the few points that are published.

In: shares of installers active on day N. Out: a curve for each app, active days and months of an install.
Judgement calls: the curve is the share of installs active on that very day. Who is away on the first day of a month
may come on another, so active months lie between two bounds. A published zero is a rounded share: shown, not fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln

from analysis.errors import InputError
from analysis.findings.sample import Sample, result_row
from analysis.model.metrics import CONVERSIONS


@dataclass(frozen=True)
class Fit:
    """A shifted-beta-geometric curve, and by how much it misses the published share that it misses most."""

    alpha: float
    beta: float
    misfit: float


def survival(t, alpha: float, beta: float):
    """Share still there after t periods: B(alpha, beta + t) / B(alpha, beta).

    Each leaves at a constant rate, beta-distributed over people. Source: Fader and Hardie (2007), How to project customer retention.

    >>> round(float(survival(1, 1.0, 3.0)), 12)
    0.75
    """
    return np.exp(betaln(alpha, beta + t) - betaln(alpha, beta))


def fit(periods, retention) -> Fit:
    """The curve of greatest likelihood: who is lost between two points adds ln(S(before) - S(after)), who is left ln S(last).

    >>> round(fit([1, 2, 7], [1/2, 1/3, 1/8]).alpha, 4)
    1.0
    """
    t, share = np.r_[0.0, periods], np.r_[1.0, retention]
    if (
        len(t) < 3
        or not (np.diff(t) > 0).all()
        or not (np.diff(share) <= 0).all()
        or not share[-1] >= 0
    ):
        raise InputError(
            "retention: a curve needs two points or more, later days with shares that do not rise, from 1 to 0"
        )

    def unlikelihood(logarithms: np.ndarray) -> float:
        left = survival(t, *np.exp(logarithms))
        return -np.append(-np.diff(share), share[-1]) @ np.log(
            np.maximum(np.append(-np.diff(left), left[-1]), 1e-300)
        )

    alpha, beta = np.exp(
        minimize(
            unlikelihood, [0.0, 0.0], method="Nelder-Mead", bounds=[(-12, 12)] * 2, tol=1e-12
        ).x
    )
    return Fit(float(alpha), float(beta), float(np.abs(survival(t, alpha, beta) - share).max()))


def active_months(curve: Fit, months: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Probability that an install is active in month 0, 1, ...: at least the share on its best day, at most the sum over its days."""
    length = CONVERSIONS["days_per_month"][0]
    month = (np.arange(int(months * length)) / length).astype(int)
    share = survival(np.arange(month.size), curve.alpha, curve.beta)
    return share[np.searchsorted(month, np.arange(months))], np.minimum(
        np.bincount(month, share), 1
    )


def per_install(curve: Fit, days: int = 30) -> dict[str, float]:
    """Active days in the first `days`; monthly churn, new over monthly users: 1 / active months in a year, least and most."""
    least, most = (float(1 / active.sum()) for active in reversed(active_months(curve)))
    return {
        "active_days": float(survival(np.arange(days), curve.alpha, curve.beta).sum()),
        "churn_least": least,
        "churn_most": most,
    }


def bounds(days, retention, horizon: int = 30) -> tuple[float, float]:
    """Active days, given only that people leave, ever more slowly: each day as the next published one; an even rate of loss in between.

    >>> bounds([2], [0.25], horizon=2)
    (1.25, 1.5)
    """
    t, share, day = np.r_[0.0, days], np.r_[1.0, retention], np.arange(horizon)
    return float(np.append(share, 0.0)[np.searchsorted(t, day)].sum()), float(
        np.exp(np.interp(day, t, np.log(share))).sum()
    )


def by_app(points: pd.DataFrame) -> pd.DataFrame:
    """A row for each app; what needs a curve is nan where one point is all there is."""
    rows = []
    for (app, kind), own in points[points["retention"] > 0].groupby(["app", "kind"], sort=False):
        own = own.sort_values("day")
        least, most = bounds(own["day"], own["retention"])
        row = {
            "app": app,
            "kind": kind,
            "points": len(own),
            "active_days_least": least,
            "active_days_most": most,
        }
        if len(own) > 1:
            curve = fit(own["day"], own["retention"])
            row |= vars(curve) | per_install(curve)
        rows.append(row)
    return pd.DataFrame(rows)


def rows(study: Sample) -> Iterator[dict]:
    """Retention in the columns of results; where an app has one point only, bounds stand for the interval."""
    for app in by_app(study.assumptions.tables.retention_points).to_dict("records"):
        name, least, most = (
            app["app"],
            app.get("churn_least", np.nan),
            app.get("churn_most", np.nan),
        )
        middle, days = np.sqrt(least * most), (app["active_days_least"], app["active_days_most"])
        yield result_row(
            "all",
            "active_days_of_an_install",
            "day",
            app.get("active_days", np.nan),
            name,
            ends=days,
        )
        yield result_row(
            "all", "churn_of_an_install", "fraction/month", middle, name, ends=(least, most)
        )
        for segment in study.consumer_segments():  # active months are 1 / churn; with compute for nothing this is what is there to repay the acquisition
            monthly = float(study.point(segment).revenue - study.point(segment).service_cost)
            worth = sorted((monthly / least, monthly / most))
            yield result_row(
                segment,
                "install_before_compute",
                "USD/customer",
                monthly / middle,
                name,
                ends=worth,
            )
