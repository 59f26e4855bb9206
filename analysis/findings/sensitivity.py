"""What drives the answer: Sobol' indices of a segment's inputs.

Judgement call: indices are of ln(revenue / costs) with revenue floored at 1e-6 of the costs, so
that a draw without market counts as a very bad one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import qmc, sobol_indices

from analysis.findings.results import result_row
from analysis.inputs.assumptions import Quantity
from analysis.model.distributions import quantile, stream
from analysis.model.registry import Case, reads

if TYPE_CHECKING:
    from analysis.findings.study import Study

SLICES = 2**14  # of equal probability, each read at its middle: ten times as quick as exact
INDICES = ["first", "first_low", "first_high", "total", "total_low", "total_high"]


def log_ratio(case: Case):
    """ln(revenue / (compute_cost + service_cost)), floored; above 0 exactly where contribution is.

    >>> inputs = dict(revenue=3.0, compute_cost=2.0, service_cost=1.0)
    >>> float(log_ratio(Case("subscription", inputs)))
    0.0
    """
    return np.log(np.maximum(case.revenue / (case.compute_cost + case.service_cost), 1e-6))


def indices(
    function: Callable,
    quantiles: Mapping[str, Callable],
    points: int,
    generators: Sequence[np.random.Generator],
) -> pd.DataFrame:
    """First-order and total Sobol' indices of a function of independent inputs.

    Parameters: function of a mapping of arrays, quantiles (of each input: uniform -> value), points
    (a power of 2), generators (one a scramble, two at least). Returns: for each input the mean of
    the scrambles and its 90 % interval, mean +- t(0.95, scrambles - 1) x sd / sqrt(scrambles); nan
    where the function does not vary. Source: Saltelli et al. (2010), by SciPy.

    >>> generators = [np.random.default_rng(k) for k in range(4)]
    >>> quantiles = dict.fromkeys("ab", np.asarray)
    >>> found = indices(lambda x: x["a"] + 2 * x["b"], quantiles, 256, generators)
    >>> found["first"].round(2).tolist()
    [0.2, 0.8]
    """
    shares = np.array([_one_scramble(function, quantiles, points, each) for each in generators])
    mean = shares.mean(axis=0)
    scrambles = len(generators)
    margin = stdtrit(scrambles - 1, 0.95) * shares.std(axis=0, ddof=1) / np.sqrt(scrambles)
    columns = np.stack([mean, mean - margin, mean + margin], axis=1).reshape(len(INDICES), -1)
    table = pd.DataFrame(columns.T, columns=INDICES)
    table.insert(0, "parameter", pd.Series(list(quantiles), dtype="str"))
    return table


def _one_scramble(
    function: Callable,
    quantiles: Mapping[str, Callable],
    points: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """First-order indices and total ones, an input a column."""
    undefined = np.full((2, len(quantiles)), np.nan)
    if not quantiles:
        return undefined
    uniform = qmc.Sobol(2 * len(quantiles), rng=generator).random_base2(points.bit_length() - 1).T
    one, other = np.split(uniform, 2)
    a = {p: of(u) for (p, of), u in zip(quantiles.items(), one, strict=True)}
    b = {p: of(u) for (p, of), u in zip(quantiles.items(), other, strict=True)}
    values = {
        "f_A": function(a),
        "f_B": function(b),
        "f_AB": np.array([[function(a | {p: b[p]})] for p in quantiles]),
    }
    if not np.ptp(values["f_A"]) > 0:
        return undefined
    found = sobol_indices(func=values, n=points)
    return np.stack([found.first_order, found.total_order])


def sobol(study: Study, segment: str, points: int = 2**12, scrambles: int = 8) -> pd.DataFrame:
    """`indices` of `log_ratio` for every input of contribution that has a range."""
    case = study.point(segment)
    uncertain = ranges(study, segment)
    # by name each input has its dimension, so that the order of the tables does not matter
    quantiles = {p: _in_slices(q) for p, q in sorted(uncertain.items())}
    generators = [stream(study.seed, segment, f"scramble {k}") for k in range(scrambles)]
    found = indices(lambda x: log_ratio(case.replace(**x)), quantiles, points, generators)
    return found.set_index("parameter").loc[list(uncertain)].reset_index()


def _in_slices(q: Quantity) -> Callable[[np.ndarray], np.ndarray]:
    middles = (np.arange(SLICES) + 0.5) / SLICES
    values = quantile(middles, q.low, q.value, q.high, q.shape)
    return lambda u: values.take((u * SLICES).astype(np.intp))


def ranges(study: Study, segment: str, metric: str = "contribution") -> dict[str, Quantity]:
    """The quantities that a metric reads and that are not certain, by parameter."""
    read = reads(study.business_model(segment), metric)
    return {p: q for p, q in study.assumptions.of(segment).items() if p in read and q.low < q.high}


def ranked_inputs(study: Study, segment: str) -> list[str]:
    """The inputs of a segment that have a total index, the largest first."""
    totals = {p: study.result(segment, "sobol_total", p)["value"] for p in ranges(study, segment)}
    defined = [p for p, total in totals.items() if math.isfinite(total)]
    return sorted(defined, key=totals.get, reverse=True)


def rows(study: Study) -> Iterator[dict]:
    """Both indices of every input of every segment, in the columns of results."""
    for segment in study.segments:
        for found in sobol(study, segment).to_dict("records"):
            for order in ("first", "total"):
                ends = found[f"{order}_low"], found[f"{order}_high"]
                metric, value = f"sobol_{order}", found[order]
                detail = found["parameter"]
                yield result_row(segment, metric, "fraction", value, detail, ends=ends)
