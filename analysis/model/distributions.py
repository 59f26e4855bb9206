"""From ranges to draws, intervals and probabilities.

In: quantities with low, best value and high. Out: draws, one reproducible stream a quantity, seeded
by (seed, segment, parameter), so that no change elsewhere moves it; and what a sample says. A
shared quantity has one stream for all segments, so comparisons between segments are paired.

Judgement calls: a range is read as a beta-PERT distribution (weight 4 on the best value); since the
shape of a judged range is itself a guess, everything is also counted with weight 0 (flat).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
from scipy.special import betainc

from analysis.inputs.assumptions import Quantity
from analysis.model.registry import SHARED

PERT_WEIGHT, FLAT_WEIGHT = 4.0, 0.0
GRID = np.linspace(0.0, 1.0, 4097)


def quantile(
    u: np.ndarray, low: float, value: float, high: float, shape="pert", weight=PERT_WEIGHT
) -> np.ndarray:
    """The u-quantile of a range: of a beta-PERT, or of one on the logarithm (`log_pert`).

    Parameters: u in [0, 1], low <= value <= high in any unit (low > 0 for `log_pert`), weight on
    the best value (0: flat). Returns: values in the same unit, by interpolation of the distribution
    function between 4,097 points. Source: Clark (1962) for PERT; Vose (2008) for the weight.

    >>> float(quantile(np.array([0.5]), 0.0, 0.5, 1.0)[0])
    0.5
    """
    if shape == "log_pert" and low < high:
        return np.exp(quantile(u, np.log(low), np.log(value), np.log(high), "pert", weight))
    if low == high:
        return np.full(np.shape(u), float(value))
    if weight == 0:
        return low + (high - low) * u
    width = high - low
    a, b = 1 + weight * (value - low) / width, 1 + weight * (high - value) / width
    return low + width * np.interp(u, betainc(a, b, GRID), GRID)


def stream(seed: int, segment: str, parameter: str) -> np.random.Generator:
    """The generator of one quantity, by a stable hash of its name."""
    digest = hashlib.sha256(f"{seed}/{segment}/{parameter}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


class Draws(Mapping):
    """The inputs of one segment as arrays of n draws, each drawn when it is first read.

    `shared` is a dictionary that the segments of one report hand on, so that what they share is
    drawn once.
    """

    def __init__(
        self, quantities: Mapping[str, Quantity], n: int, seed: int, weight: float, shared: dict
    ):
        self._quantities = quantities
        self._n = n
        self._seed = seed
        self._weight = weight
        self._shared = shared
        self._own = {}

    def __getitem__(self, parameter: str) -> np.ndarray:
        q = self._quantities[parameter]
        kept = self._shared if q.segment == SHARED else self._own
        if parameter not in kept:
            u = stream(self._seed, q.segment, q.parameter).random(self._n)
            kept[parameter] = quantile(u, q.low, q.value, q.high, q.shape, self._weight)
            kept[parameter].flags.writeable = False
        return kept[parameter]

    def __contains__(self, parameter: object) -> bool:
        return parameter in self._quantities

    def __iter__(self) -> Iterator[str]:
        return iter(self._quantities)

    def __len__(self) -> int:
        return len(self._quantities)


def interval(draws: np.ndarray) -> tuple[float, float, float]:
    """The 5th, 50th and 95th percentile of the defined draws; nan where none is.

    >>> interval(np.arange(101.0))
    (5.0, 50.0, 95.0)
    """
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return (float("nan"),) * 3
    return tuple(float(p) for p in np.percentile(defined, [5, 50, 95]))


def standard_error(probability: float, n: int) -> float:
    """The Monte Carlo error of a probability from n draws."""
    return float(np.sqrt(probability * (1 - probability) / n))
