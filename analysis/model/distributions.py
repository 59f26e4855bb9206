"""From ranges to draws, intervals and probabilities.

In: quantities with low, median and high, the 5th, 50th and 95th percentile. Out: draws, one
reproducible stream a quantity, seeded by (seed, segment, parameter), so that no change elsewhere
moves it; and what a sample says. A shared quantity has one stream for all segments, so comparisons
between segments are paired.

Judgement calls: a range is read as a two-piece normal on the scale of its parameter, and made as
much wider as the project's own record asks for (`widening`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from scipy.special import expit, logit, ndtri

from analysis.inputs.assumptions import Quantity
from analysis.model.registry import SHARED

Z95 = float(ndtri(0.95))
WIDE = 1.5  # the second reading, which serves the confidence alone, is half as wide again
SCALES = {
    "linear": (np.asarray, np.asarray),
    "log": (np.log, np.exp),
    "logit": (logit, expit),
}


def two_piece_normal(z, q: Quantity, widening: float = 1.0) -> np.ndarray:
    """The values of a quantity at standard normal z: a two-piece normal, joined at the median.

    On the parameter's scale (`linear`, `log`, `logit`) z = -1.645, 0, 1.645 give low, value and
    high with a widening of 1; values are held to minimum and maximum. Three equal numbers, and a
    parameter of scale `fixed`, are certain. Source: Britton, Fisher and Whitley (1998).
    """
    if q.scale == "fixed" or q.low == q.high:
        return np.full(np.shape(z), float(q.value))
    onto, back = SCALES[q.scale]
    low, middle, high = onto(np.array([q.low, q.value, q.high]))
    side = np.where(np.asarray(z) < 0, middle - low, high - middle)
    return np.clip(back(middle + z / Z95 * widening * side), q.minimum, q.maximum)


def stream(seed: int, segment: str, parameter: str) -> np.random.Generator:
    """The generator of one quantity, by a stable hash of its name."""
    digest = hashlib.sha256(f"{seed}/{segment}/{parameter}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


class Draws(dict):
    """The inputs of one segment as arrays of n draws, each drawn when it is first read.

    `shared` is a dictionary that the segments of one report hand on, so that what they share is
    drawn once.
    """

    def __init__(
        self, quantities: Mapping[str, Quantity], n: int, seed: int, widening: float, shared: dict
    ):
        super().__init__()
        self._quantities = quantities
        self._n = n
        self._seed = seed
        self._widening = widening
        self._shared = shared

    def __missing__(self, parameter: str) -> np.ndarray:
        q = self._quantities[parameter]
        if q.segment == SHARED:
            kept = self._shared
        else:
            kept = self
        if parameter not in kept:
            z = stream(self._seed, q.segment, q.parameter).standard_normal(self._n)
            kept[parameter] = two_piece_normal(z, q, self._widening)
            kept[parameter].flags.writeable = False
        return kept[parameter]


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
