"""What a reported daily burn says about the inputs: draws weighted by their agreement with it.

Judgement call: a reported burn may be off by REPORT_SPREAD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from analysis.findings.results import result_row
from analysis.model.registry import METRICS

if TYPE_CHECKING:
    from analysis.findings.study import Study

# Standard deviation of ln(burn): that of 0.5 to 1.5 million, all of which are "about a million".
REPORT_SPREAD = 0.3
IMPLIED = {
    "clips_per_day": ("clip/day", lambda case: case.clips_per_day),
    "cost_per_generated_second": ("USD/video-s", lambda case: case.cost_per_generated_second),
    "cost_per_user_day": ("USD/day", lambda case: case.compute_cost / case.active_days),
    "daily_users": ("customer", lambda case: case.daily_users),
}


@dataclass(frozen=True)
class Reweighted:
    """What a reported burn makes of the draws.

    `weights` of the draws sum to 1; `effective_size` is Kish's (sum w)^2 / sum w^2; `agreement` is
    the share of the unweighted draws within a factor 2 of the report; `percentiles` are the 5th,
    50th and 95th of each implied quantity, in its own unit.
    """

    weights: np.ndarray
    effective_size: float
    agreement: float
    percentiles: dict[str, tuple[float, float, float]]


def importance_weights(
    burn: np.ndarray,
    implied: Mapping[str, np.ndarray],
    reported: float,
    spread: float = REPORT_SPREAD,
) -> Reweighted:
    """Draws weighted by exp(-ln(burn / reported)^2 / (2 spread^2)), burn and report in USD/day.

    A draw that burns nothing has weight 0; where none burns money, all is nan.

    >>> importance_weights(np.array([-1.0, 1.0, 4.0]), {}, 2.0).weights.tolist()
    [0.0, 0.5, 0.5]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(burn > 0, -0.5 * (np.log(burn / reported) / spread) ** 2, -np.inf)
        # less the largest, since far from every draw all would round to 0
        weights = np.exp(log - log.max())
    weights /= weights.sum()
    near = (reported / 2 <= burn) & (burn <= 2 * reported)
    return Reweighted(
        weights=weights,
        effective_size=float(1 / np.sum(weights**2)),
        agreement=float(near.mean()),
        percentiles={metric: _percentiles(draws, weights) for metric, draws in implied.items()},
    )


def _percentiles(draws: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
    if np.isnan(weights).any():
        return (np.nan,) * 3
    return tuple(np.percentile(draws, [5, 50, 95], weights=weights, method="inverted_cdf"))


def calibrate(study: Study, segment: str, reported: float) -> Reweighted:
    """The draws of a segment that has `daily_users`, by agreement with a burn in USD/day."""
    case = study.drawn(segment)
    implied = {metric: formula(case) for metric, (_, formula) in IMPLIED.items()}
    return importance_weights(case.daily_burn, implied, reported)


def reported_burns(study: Study, segment: str) -> dict[str, Reweighted]:
    """A calibration for each published figure of the segment's daily burn, by its evidence id."""
    evidence = study.assumptions.tables.evidence
    burns = evidence[evidence["compares_with"] == f"{segment}/daily_burn"]
    return {burn.id: calibrate(study, segment, burn.value) for burn in burns.itertuples()}


def weight_overlap(one: Reweighted, other: Reweighted) -> float:
    """Sum of min(w1, w2): near 0 where no draw makes both reports true, 1 where they agree."""
    return float(np.minimum(one.weights, other.weights).sum())


def rows(study: Study) -> Iterator[dict]:
    """In the columns of results; what a report implies bears the report's id as its detail."""
    for segment in study.consumer_segments():
        point, drawn = study.point(segment), study.drawn(segment)
        for metric, (unit, formula) in IMPLIED.items():
            if metric not in METRICS:
                yield study.summarised(segment, metric, unit, formula(point), formula(drawn))
        reports = reported_burns(study, segment)
        for key, report in reports.items():
            yield from _given_burn(segment, key, report)
        for one, other in combinations(sorted(reports), 2):
            common = weight_overlap(reports[one], reports[other])
            both = f"{one} and {other}"
            yield result_row(segment, "overlap_of_reports", "fraction", common, both)


def _given_burn(segment: str, key: str, report: Reweighted) -> Iterator[dict]:
    yield result_row(segment, "effective_draws", "count", report.effective_size, key)
    yield result_row(segment, "agreement", "fraction", report.agreement, key)
    for metric, (p05, p50, p95) in report.percentiles.items():
        unit, _ = IMPLIED[metric]
        row = result_row(segment, f"{metric}_given_burn", unit, p50, key, ends=(p05, p95))
        yield row | {"p50": p50}
