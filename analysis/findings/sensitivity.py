"""What drives the answer, and what a reported burn says about the inputs.

In: a `Sample`. Out: Sobol' indices of a segment; its draws weighted by their agreement with a reported burn per day.

Judgement calls: indices are of ln(revenue / costs) with revenue floored at 1e-6 of the costs, so that a draw without
market counts as a very bad one; a reported burn may be off by REPORT_SPREAD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import qmc, sobol_indices

from analysis.findings.sample import Sample, inputs_of, result_row
from analysis.model.distributions import interval, quantile, stream
from analysis.model.metrics import IDENTITIES, Case, daily_burn, monthly_customers

REPORT_SPREAD = 0.3  # of ln(burn), a judgement: the logarithm of 0.5 to 1.5 million, all "about a million", has this standard deviation
SLICES = (
    2**14
)  # of equal probability, each read at its middle: ten times as quick as a quantile for every point
INDICES = ["first", "first_low", "first_high", "total", "total_low", "total_high"]
IMPLIED = {
    "clips_per_day": ("clip/day", lambda a: a.clips_per_day),
    "cost_per_generated_second": ("USD/video-s", lambda a: a.cost_per_generated_second),
    "cost_per_user_day": ("USD/day", lambda a: a.compute_cost / a.active_days),
    "daily_users": ("customer", lambda a: a.daily_users),
}


def log_ratio(case: Case):
    """ln(revenue / (compute_cost + service_cost)), floored; above 0 exactly where contribution is.

    >>> float(log_ratio(Case("subscription", dict(revenue=3.0, compute_cost=2.0, service_cost=1.0))))
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

    Parameters: function of a mapping of arrays, quantiles (of each input: uniform -> value), points (a power of 2), generators
    (one a scramble, two at least). Returns: for each input the mean of the scrambles and its 90 % interval, mean +- t(0.95,
    scrambles - 1) x sd / sqrt(scrambles); nan where the function does not vary. Source: Saltelli et al. (2010), by SciPy.

    >>> found = indices(lambda x: x["a"] + 2 * x["b"], dict.fromkeys("ab", np.asarray), 256, [np.random.default_rng(k) for k in range(4)])
    >>> found["first"].round(2).tolist()
    [0.2, 0.8]
    """
    d, r = len(quantiles), len(generators)
    shares = np.full((r, 2, d), np.nan)
    for k in range(r if d else 0):
        u = qmc.Sobol(2 * d, rng=generators[k]).random_base2(points.bit_length() - 1).T
        a, b = (
            {p: q(row) for (p, q), row in zip(quantiles.items(), half)} for half in (u[:d], u[d:])
        )
        at = {
            "f_A": function(a),
            "f_B": function(b),
            "f_AB": np.array([[function(a | {p: b[p]})] for p in quantiles]),
        }
        if np.ptp(at["f_A"]) > 0:
            found = sobol_indices(func=at, n=points)
            shares[k] = found.first_order, found.total_order
    mean = shares.mean(axis=0)
    margin = stdtrit(r - 1, 0.95) * shares.std(axis=0, ddof=1) / np.sqrt(r)
    table = pd.DataFrame(
        np.stack([mean, mean - margin, mean + margin], axis=1).reshape(6, d).T, columns=INDICES
    )
    table.insert(0, "parameter", pd.Series(list(quantiles), dtype="str"))
    return table


def sobol(study: Sample, segment: str, points: int = 2**12, scrambles: int = 8) -> pd.DataFrame:
    """`indices` of `log_ratio` for every input of contribution that has a range, in the order of the tables; by name each has its dimension."""
    case, middles, of = (
        study.point(segment),
        (np.arange(SLICES) + 0.5) / SLICES,
        ranges(study, segment),
    )
    values = {p: quantile(middles, q.low, q.value, q.high, q.shape) for p, q in sorted(of.items())}
    quantiles = {
        p: lambda u, value=value: value.take((u * SLICES).astype(np.intp))
        for p, value in values.items()
    }
    generators = [stream(study.seed, segment, f"scramble {k}") for k in range(scrambles)]
    found = indices(lambda x: log_ratio(case.replace(**x)), quantiles, points, generators)
    return found.set_index("parameter").loc[list(of)].reset_index()


def ranges(study: Sample, segment: str, metric: str = "contribution") -> dict:
    """The quantities that a metric reads and that are not certain, by parameter."""
    read = inputs_of(study.point(segment), metric)
    return {p: q for p, q in study.assumptions.of(segment).items() if p in read and q.low < q.high}


@dataclass(frozen=True)
class Reweighted:
    """What a reported burn (USD/day) makes of the draws: percentiles of each implied quantity before and after, in `table`.

    `weights` of the draws sum to 1; `effective_size` is Kish's (sum w)^2 / sum w^2; `agreement` is the share of the
    unweighted draws within a factor 2 of the report, `share_below` of those that burn less.
    """

    reported: float
    weights: np.ndarray
    effective_size: float
    agreement: float
    share_below: float
    table: pd.DataFrame


def importance_weights(
    burn: np.ndarray,
    implied: Mapping[str, np.ndarray],
    reported: float,
    spread: float = REPORT_SPREAD,
) -> Reweighted:
    """Weights exp(-ln(burn / reported)^2 / (2 spread^2)), 0 where nothing is burnt; nan where no draw burns money.

    >>> importance_weights(np.array([-1.0, 1.0, 4.0]), {}, 2.0).weights.tolist()
    [0.0, 0.5, 0.5]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(burn > 0, -0.5 * (np.log(burn / reported) / spread) ** 2, -np.inf)
        weights = np.exp(
            log - log.max()
        )  # less the largest, since far from every draw all would round to 0
    weights /= weights.sum()
    rows = []
    for metric, draws in implied.items():
        after = (
            np.percentile(draws, [5, 50, 95], weights=weights, method="inverted_cdf")
            if (burn > 0).any()
            else [np.nan] * 3
        )
        rows.append([metric, *interval(draws), *after])
    table = pd.DataFrame(
        rows,
        columns=[
            "metric",
            "before_p05",
            "before_p50",
            "before_p95",
            "after_p05",
            "after_p50",
            "after_p95",
        ],
    )
    near, below = (reported / 2 <= burn) & (burn <= 2 * reported), burn < reported
    return Reweighted(
        reported,
        weights,
        float(1 / np.sum(weights**2)),
        float(near.mean()),
        float(below.mean()),
        table,
    )


def calibrate(
    study: Sample, segment: str, reported: float, spread: float = REPORT_SPREAD
) -> Reweighted:
    """The draws of a segment that has `daily_users`, by agreement of their burn with a report; cost_per_user_day is USD a day of use."""
    case = study.drawn(segment)
    return importance_weights(
        daily_burn(case, monthly_customers(case)),
        {m: formula(case) for m, (_, formula) in IMPLIED.items()},
        reported,
        spread,
    )


def weight_overlap(one: Reweighted, other: Reweighted) -> float:
    """What two reports have in common, sum of min(w1, w2): near 0 where no draw makes both true, 1 where they say the same."""
    return float(np.minimum(one.weights, other.weights).sum())


def rows(study: Sample) -> Iterator[dict]:
    """Sensitivity and calibration in the columns of results; a calibrated quantity bears the id of the report as its detail."""
    for segment in study.segments:
        for found in sobol(study, segment).to_dict("records"):
            for order in ("first", "total"):
                ends = found[f"{order}_low"], found[f"{order}_high"]
                yield result_row(
                    segment,
                    f"sobol_{order}",
                    "fraction",
                    found[order],
                    found["parameter"],
                    ends=ends,
                )
    for segment in study.consumer_segments():
        for metric, (unit, formula) in IMPLIED.items():
            if metric not in IDENTITIES:
                yield study.summarised(
                    segment,
                    metric,
                    unit,
                    formula(study.point(segment)),
                    formula(study.drawn(segment)),
                )
        reports = reported_burns(study, segment)
        for id, report in reports.items():
            yield result_row(segment, "effective_draws", "count", report.effective_size, id)
            yield result_row(segment, "agreement", "fraction", report.agreement, id)
            for found in report.table.to_dict("records"):
                yield result_row(
                    segment,
                    f"{found['metric']}_given_burn",
                    IMPLIED[found["metric"]][0],
                    found["after_p50"],
                    id,
                    ends=(found["after_p05"], found["after_p95"]),
                ) | {"p50": found["after_p50"]}
        for one, other in combinations(sorted(reports), 2):
            yield result_row(
                segment,
                "overlap_of_reports",
                "fraction",
                weight_overlap(reports[one], reports[other]),
                f"{one} and {other}",
            )


def reported_burns(study: Sample, segment: str) -> dict[str, Reweighted]:
    """A calibration for each published figure that compares with the segment's daily burn, by its evidence id."""
    evidence = study.assumptions.tables.evidence
    against = evidence[evidence["compares_with"] == f"{segment}/daily_burn"]
    return {e.id: calibrate(study, segment, e.value) for e in against.itertuples()}
