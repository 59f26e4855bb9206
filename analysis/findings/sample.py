"""A sample of one set of assumptions: every segment as a point and as draws, and what shares of the draws say.

In: `Assumptions`, a number of draws, a seed. Out: `Case`s, probabilities, and rows in the columns of results.csv.

Judgement calls: a draw in which the customer saves nothing has no market; it counts as not paying
in every probability, and intervals run over the draws that have a market.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.inputs.assumptions import FEWEST_DRAWS, MOST_DRAWS, Assumptions, Scenario, check_whole
from analysis.model.distributions import FLAT_WEIGHT, PERT_WEIGHT, Draws, interval
from analysis.model.metrics import Case

COLUMNS = [
    "segment",
    "metric",
    "detail",
    "unit",
    "value",
    "p05",
    "p50",
    "p95",
    "probability_positive",
    "share_defined",
]


class Sample:
    """The cases of one set of inputs, each computed when it is first asked for."""

    def __init__(
        self,
        assumptions: Assumptions,
        scenario: Scenario,
        draws: int = 16384,
        seed: int = 2026,
        segment: str | None = None,
    ):
        check_whole("draws", draws, FEWEST_DRAWS, MOST_DRAWS)
        check_whole("seed", seed, 0, 2**63 - 1)
        self.assumptions, self.scenario, self.draws, self.seed, self.segment = (
            assumptions,
            scenario,
            draws,
            seed,
            segment,
        )
        self._shared = {PERT_WEIGHT: {}, FLAT_WEIGHT: {}}
        self._cases, self.kept = {}, {}

    @property
    def segments(self) -> tuple[str, ...]:
        """Every segment, in display order."""
        return self.assumptions.segments

    def title(self, segment: str) -> str:
        """The name of a segment as a reader sees it."""
        return self.assumptions.about(segment)["title"]

    def workflow_segments(self) -> list[str]:
        """The segments that sell into a customer's workflow."""
        return [
            s for s in self.segments if self.assumptions.about(s)["business_model"] == "workflow"
        ]

    def thesis_segments(self) -> list[str]:
        """The segments that the argument under test names."""
        return [s for s in self.segments if self.assumptions.about(s)["in_thesis"] == "yes"]

    def consumer_segments(self) -> list[str]:
        """The segments with users a day: the consumer app."""
        return [s for s in self.segments if "daily_users" in self.assumptions.of(s)]

    def point(self, segment: str) -> Case:
        """A segment with every assumption at its best value."""
        return self._case(segment, None)

    def drawn(self, segment: str, weight: float = PERT_WEIGHT) -> Case:
        """A segment with every assumption as an array of draws."""
        return self._case(segment, weight)

    def _case(self, segment: str, weight: float | None) -> Case:
        if (segment, weight) not in self._cases:
            quantities = self.assumptions.of(segment)
            inputs = (
                {p: np.float64(q.value) for p, q in quantities.items()}
                if weight is None
                else Draws(quantities, self.draws, self.seed, weight, self._shared[weight])
            )
            self._cases[segment, weight] = Case(
                self.assumptions.about(segment)["business_model"], inputs
            )
        return self._cases[segment, weight]

    def probability(
        self, segment: str, test: Callable[[Case], np.ndarray], weight: float = PERT_WEIGHT
    ) -> float:
        """The share of draws that have a market and pass a test, given the ranges."""
        case = self.drawn(segment, weight)
        return float(np.mean(np.broadcast_to(test(case) & has_market(case), self.draws)))

    def summarised(
        self, segment: str, metric: str, unit: str, point, draws, detail: str = ""
    ) -> dict:
        """A row of results: the point estimate and what the draws say; nan where undefined or without a market."""
        market = np.broadcast_to(has_market(self.drawn(segment)), self.draws)
        draws = np.where(market & np.isfinite(draws), draws, np.nan)
        value = float(point) if has_market(self.point(segment)) and np.isfinite(point) else np.nan
        return result_row(segment, metric, unit, value, detail, draws)


def result_row(
    segment: str,
    metric: str,
    unit: str,
    value: float,
    detail: str = "",
    draws: np.ndarray | None = None,
    ends: tuple = (),
) -> dict:
    """A row of results that has no market behind it: a value, with the interval of its draws, or with given ends, where there are any."""
    spread = (
        (np.nan,) * 5
        if draws is None
        else (*interval(draws), float(np.mean(draws > 0)), float(np.mean(np.isfinite(draws))))
    )
    return dict(zip(COLUMNS, [segment, metric, detail, unit, float(value), *spread])) | dict(
        zip(("p05", "p95"), ends)
    )


def inputs_of(case: Case, metric: str) -> set[str]:
    """The inputs that a metric reads, found by evaluating it."""
    fresh = case.replace()
    getattr(fresh, metric)
    return {name for name in fresh.__dict__ if name in fresh._inputs}


def repays(case: Case):
    """Whether a customer's lifetime is worth more than it costs to win the customer."""
    return case.lifetime_value > case.acquisition_cost


def has_market(case: Case):
    """Whether the customer saves anything and so buys; a subscription always has its users."""
    return (
        case.saving_per_finished_second > 0 if case.business_model == "workflow" else np.bool_(True)
    )
