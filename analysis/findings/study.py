"""One report's numbers: every segment as a point and as draws, and the table of results.

In: `Assumptions`, a number of draws, a seed. Out: `Case`s, probabilities, and `results`, which
texts, figures, tables and the CSV all read from.

Judgement calls: a draw in which the customer saves nothing has no market; it counts as not paying
in every probability, and intervals run over the draws that have a market.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.findings import backtests, calibration, results, sensitivity
from analysis.inputs.assumptions import Assumptions
from analysis.inputs.parsing import FEWEST_DRAWS, MOST_DRAWS, check_whole
from analysis.inputs.scenarios import Scenario
from analysis.model.distributions import FLAT_WEIGHT, PERT_WEIGHT, Draws
from analysis.model.registry import SHARED, Case

GROUPS = (*results.GROUPS, sensitivity.rows, calibration.rows, backtests.rows)


class Study:
    """One set of inputs and what follows from it, each thing computed when first asked for."""

    shared = SHARED  # what all segments have in common, a case of its own beside theirs

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
        self.assumptions = assumptions
        self.scenario = scenario
        self.draws = draws
        self.seed = seed
        self.segment = segment
        self._cases: dict[tuple[str, float | None], Case] = {}
        self._shared_draws = {PERT_WEIGHT: {}, FLAT_WEIGHT: {}}
        self._rows: dict[Callable, dict] = {}

    @property
    def segments(self) -> tuple[str, ...]:
        """Every segment, in display order."""
        return self.assumptions.segments

    def title(self, segment: str) -> str:
        """The name of a segment as a reader sees it."""
        return self.assumptions.about(segment)["title"]

    def business_model(self, segment: str) -> str:
        """How a segment is sold to; `all` for what every segment shares."""
        if segment == self.shared:
            return self.shared
        return self.assumptions.about(segment)["business_model"]

    def workflow_segments(self) -> list[str]:
        """The segments that sell into a customer's workflow."""
        return [s for s in self.segments if self.business_model(s) == "workflow"]

    def thesis_segments(self) -> list[str]:
        """The segments that the argument under test names."""
        return [s for s in self.segments if self.assumptions.about(s)["in_thesis"] == "yes"]

    def consumer_segments(self) -> list[str]:
        """The segments with users a day: the consumer app."""
        return [s for s in self.segments if "daily_users" in self.assumptions.of(s)]

    def point(self, segment: str) -> Case:
        """A segment, or what all share, with every assumption at its best value."""
        return self._case(segment, None)

    def drawn(self, segment: str, weight: float = PERT_WEIGHT) -> Case:
        """A segment, or what all share, with every assumption as an array of draws."""
        return self._case(segment, weight)

    def _case(self, segment: str, weight: float | None) -> Case:
        if (segment, weight) not in self._cases:
            quantities = self.assumptions.of(segment)
            if weight is None:
                inputs = {p: np.float64(q.value) for p, q in quantities.items()}
            else:
                shared = self._shared_draws[weight]
                inputs = Draws(quantities, self.draws, self.seed, weight, shared)
            self._cases[segment, weight] = Case(self.business_model(segment), inputs)
        return self._cases[segment, weight]

    def probability(
        self, segment: str, test: Callable[[Case], np.ndarray], weight: float = PERT_WEIGHT
    ) -> float:
        """The share of draws that have a market and pass a test, given the ranges."""
        case = self.drawn(segment, weight)
        return float(np.mean(np.broadcast_to(test(case) & case.has_market, self.draws)))

    def summarised(
        self, segment: str, metric: str, unit: str, point, draws, detail: str = ""
    ) -> dict:
        """A row of results; what is undefined, or without a market, is nan."""
        cases = self.point(segment), self.drawn(segment)
        value, defined = (
            np.where(case.has_market & np.isfinite(x), x, np.nan)
            for case, x in zip(cases, (point, draws), strict=True)
        )
        defined = np.broadcast_to(defined, self.draws)
        return results.result_row(segment, metric, unit, value, detail, defined)

    def _group(self, group: Callable) -> dict[tuple[str, str, str], dict]:
        if group not in self._rows:
            rows = group(self)
            self._rows[group] = {(r["segment"], r["metric"], r["detail"]): r for r in rows}
        return self._rows[group]

    def result(self, segment: str, metric: str, detail: str = "") -> dict:
        """The one row of results of that name, for texts, tables and figures. Raises: KeyError."""
        for group in GROUPS:
            if (segment, metric, detail) in self._group(group):
                return self._group(group)[segment, metric, detail]
        raise KeyError(f"no result {segment}/{metric}/{detail}")

    def has(self, segment: str, metric: str, detail: str = "") -> bool:
        """Whether there is such a result among the metrics of the model and their break-even."""
        groups = results.metric_rows, results.break_even_rows
        return any((segment, metric, detail) in self._group(group) for group in groups)

    @cached_property
    def results(self) -> pd.DataFrame:
        """Every result, in the columns of results.csv."""
        rows = [row for group in GROUPS for row in self._group(group).values()]
        return pd.DataFrame(rows, columns=results.COLUMNS)
