"""What drives the answer: Sobol' indices of a segment's contribution margin, and rank correlations.

Judgement call: the indices are of the margin's rank among the draws. A margin has a tail of heavy
losses wherever revenue is small, and a few points of the tail would make all of its variance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import norm, rankdata, sobol_indices

from analysis.findings.results import result_row
from analysis.inputs.assumptions import Quantity
from analysis.model.distributions import stream, two_piece_normal
from analysis.model.registry import reads

if TYPE_CHECKING:
    from analysis.findings.study import Study

POINTS = 2**11
SCRAMBLES = 4


def sobol(study: Study, segment: str, points: int = POINTS) -> pd.DataFrame:
    """First-order and total Sobol' indices of contribution_margin for every uncertain input of it.

    Parameters: points, a power of 2. Returns: by parameter the mean of four scrambles and its 90 %
    interval, mean +- t(0.95, 3) x sd / sqrt(4); nothing where the margin does not vary. Source:
    Saltelli et al. (2010), by SciPy.
    """
    case = study.point(segment)
    widening = study.assumptions.widening.value
    drawn = np.sort(study.drawn(segment).contribution_margin)
    # by name each input has its dimension, so that the order of the tables does not matter
    quantities = dict(sorted(ranges(study, segment).items()))

    def rank(z: np.ndarray) -> np.ndarray:
        inputs = {}
        for (name, quantity), row in zip(quantities.items(), z, strict=False):
            inputs[name] = two_piece_normal(row, quantity, widening)
        margin = case.replace(**inputs).contribution_margin
        return np.searchsorted(drawn, margin) / drawn.size

    found = []
    for k in range(SCRAMBLES if drawn[0] < drawn[-1] else 0):
        normal = [norm] * (len(quantities) + 1)  # SciPy cannot do one alone; none reads the last
        generator = stream(study.seed, segment, f"scramble {k}")
        one = sobol_indices(func=rank, n=points, dists=normal, rng=generator)
        indices = pd.DataFrame({"first": one.first_order, "total": one.total_order})
        found.append(indices.set_axis([*quantities, "none"]))
    if not found:
        return pd.DataFrame()
    by_input = pd.concat(found).groupby(level=0)
    margin = by_input.std() * stdtrit(SCRAMBLES - 1, 0.95) / np.sqrt(SCRAMBLES)
    table = by_input.mean().join(margin.add_suffix("_margin"))
    return table.loc[list(ranges(study, segment))]


def ranges(study: Study, segment: str, metric: str = "contribution_margin") -> dict[str, Quantity]:
    """The quantities that a metric reads and that are not certain, by parameter."""
    read = reads(study.business_model(segment), metric)
    found = {}
    for parameter, quantity in study.assumptions.of(segment).items():
        if parameter in read and quantity.low < quantity.high:
            found[parameter] = quantity
    return found


def rank_weights(outcome: np.ndarray, ranks: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The squared rank correlation of an outcome with inputs, as shares of their sum.

    Parameters: outcome, as drawn; ranks, the `standard_ranks` of each input.

    >>> rank_weights(np.array([1.0, 2.0, 9.0]), {"a": standard_ranks(np.array([3.0, 4.0, 5.0]))})
    {'a': 1.0}
    """
    ranked = standard_ranks(outcome)
    squares = {}
    for name, other in ranks.items():
        squares[name] = float((ranked * other).sum()) ** 2
    total = sum(squares.values()) or 1.0  # of what does not vary, all are zero
    return {name: square / total for name, square in squares.items()}


def standard_ranks(x: np.ndarray) -> np.ndarray:
    """Ranks, equal ones at their mean, moved and scaled to a mean of zero and a length of one.

    Zero where nothing varies.
    """
    ranks = rankdata(x)
    ranks -= ranks.mean()
    return ranks / (np.sqrt((ranks**2).sum()) or 1.0)


def rows(study: Study) -> Iterator[dict]:
    """Both indices of every input of every segment, in the columns of results."""
    for segment in study.segments:
        for parameter, found in sobol(study, segment).iterrows():
            for order in ("first", "total"):
                value = found[order]
                margin = found[f"{order}_margin"]
                row = segment, f"sobol_{order}", "fraction", value, parameter
                yield result_row(*row, ends=(value - margin, value + margin))
