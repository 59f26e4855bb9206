"""Retention: how long an install stays, from the few points that are published.

Judgement calls: the curve is the share of installs active on that very day. A published zero is a
rounded share: shown, not fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln

from analysis.errors import InputError


@dataclass(frozen=True)
class Fit:
    """A shifted-beta-geometric curve, and the most by which it misses a published share."""

    alpha: float
    beta: float
    misfit: float


def survival(t, alpha: float, beta: float):
    """Share still there after t periods, if each leaves at a constant rate, beta-distributed.

    Source: Fader and Hardie (2007), How to project customer retention.

    >>> round(float(survival(1, 1.0, 3.0)), 12)
    0.75
    """
    return np.exp(betaln(alpha, beta + t) - betaln(alpha, beta))


def fit(periods, retention) -> Fit:
    """The curve of greatest likelihood through published shares.

    Parameters: periods, rising; retention, the share left after each. Raises: InputError.

    >>> round(fit([1, 2, 7], [1 / 2, 1 / 3, 1 / 8]).alpha, 4)
    1.0
    """
    t = np.r_[0.0, periods]
    share = np.r_[1.0, retention]
    falls = (np.diff(t) > 0).all() and (np.diff(share) <= 0).all() and share[-1] >= 0
    if len(t) < 3 or not falls:
        raise InputError(
            "retention: a curve needs two points or more, "
            "later days with shares that do not rise, from 1 to 0"
        )
    lost = np.append(-np.diff(share), share[-1])

    def unlikelihood(logarithms: np.ndarray) -> float:
        left = survival(t, *np.exp(logarithms))
        expected = np.append(-np.diff(left), left[-1])
        return -lost @ np.log(np.maximum(expected, 1e-300))

    bounds = [(-12, 12)] * 2
    found = minimize(unlikelihood, [0.0, 0.0], method="Nelder-Mead", bounds=bounds, tol=1e-12)
    alpha, beta = np.exp(found.x)
    misfit = np.abs(survival(t, alpha, beta) - share).max()
    return Fit(float(alpha), float(beta), float(misfit))
