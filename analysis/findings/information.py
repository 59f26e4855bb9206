"""What it would be worth to know: the value of perfect information, of all inputs and of each.

The decision is whether to serve a segment; its gain is `net_value` of a customer, in USD. Without
further knowledge one serves all customers or none, by the mean. EVPI is what knowing every input
would add, EVPPI what knowing one would.

Source: Strong and Oakley (2013), An efficient method for computing single-parameter partial
expected value of perfect information.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from analysis.findings.results import result_row
from analysis.findings.sensitivity import ranges
from analysis.model.distributions import Z95

if TYPE_CHECKING:
    from analysis.findings.study import Study

BINS = 32


def evpi(net: np.ndarray) -> tuple[float, float]:
    """What it is worth to know the outcome of each draw, and the standard error of that.

    >>> evpi(np.array([-1.0, 3.0]))[0]
    0.5
    """
    if net.mean() > 0:
        served = net
    else:
        served = np.zeros_like(net)
    return _mean(np.maximum(net, 0) - served)


def evppi(net: np.ndarray, known: np.ndarray) -> tuple[float, float]:
    """What it is worth to know one input, and the standard error of that.

    Draws are ordered by the input and cut into bins of equal count. In each the mean of one half
    says whether to serve the other, so that noise does not pass for knowledge.
    """
    size = max(1, net.size // (2 * BINS)) * 2 * BINS
    order = np.argsort(known, kind="stable")[:size]
    halves = net[order].reshape(BINS, -1, 2)  # neighbours go to either half by turns
    other_mean = halves.mean(axis=1, keepdims=True)[..., ::-1]
    serve = (other_mean > 0).astype(float) - (net.mean() > 0)
    return _mean((halves * serve).ravel())


def _mean(gains: np.ndarray) -> tuple[float, float]:
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(gains.size))


def rows(study: Study) -> Iterator[dict]:
    """EVPI of each segment, and EVPPI of each input that `net_value` reads, with 90 % intervals."""
    for segment in study.segments:
        drawn = study.drawn(segment)
        net = drawn.net_value
        yield _row(segment, "evpi", "", evpi(net))
        for parameter in ranges(study, segment, "net_value"):
            known = getattr(drawn, parameter)
            yield _row(segment, "evppi", parameter, evppi(net, known))


def _row(segment: str, metric: str, detail: str, found: tuple[float, float]) -> dict:
    value, error = found
    ends = value - Z95 * error, value + Z95 * error
    return result_row(segment, metric, "USD/customer", value, detail, ends=ends)
