"""One report's numbers: every segment as a point and as draws, and the table of results.

In: `Assumptions`, a number of draws, a seed. Out: `Case`s, probabilities, and `results`, which
texts, figures, tables and the CSV all read from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.findings import backtests, confidence, information, results, sensitivity, store
from analysis.inputs.assumptions import Assumptions
from analysis.inputs.parsing import FEWEST_DRAWS, MOST_DRAWS, check_whole
from analysis.inputs.scenarios import Scenario
from analysis.model.distributions import WIDE, Draws
from analysis.model.registry import SHARED, WORKFLOW, Case

GROUPS = (
    *results.GROUPS,
    information.rows,
    confidence.rows,
    sensitivity.rows,
    backtests.rows,
)


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
        kept: bool = False,
    ):
        check_whole("draws", draws, FEWEST_DRAWS, MOST_DRAWS)
        check_whole("seed", seed, 0, 2**63 - 1)
        self.assumptions = assumptions
        self.scenario = scenario
        self.draws = draws
        self.seed = seed
        self.segment = segment
        self._points: dict[str, Case] = {}
        self._drawn: dict[tuple[str, bool], Case] = {}
        self._shared_draws = {False: {}, True: {}}
        self._once: dict[tuple, object] = {}
        self._rows: dict[Callable, dict] = {}
        self._keeps = kept

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

    def subscription_segments(self) -> list[str]:
        """The segments that people subscribe to or watch."""
        return [s for s in self.segments if self.business_model(s) == "subscription"]

    def workflow_segments(self) -> list[str]:
        """The segments that sell into a customer's workflow."""
        return [s for s in self.segments if self.business_model(s) in WORKFLOW]

    def thesis_segments(self) -> list[str]:
        """The segments that the argument under test names."""
        return [s for s in self.segments if self.assumptions.about(s)["in_thesis"] == "yes"]

    def consumer_segments(self) -> list[str]:
        """The segments with users a day: the consumer app."""
        return [s for s in self.segments if "daily_users" in self.assumptions.of(s)]

    def point(self, segment: str) -> Case:
        """A segment, or what all share, with every assumption at its median."""
        if segment not in self._points:
            quantities = self.assumptions.of(segment)
            inputs = {p: np.float64(q.value) for p, q in quantities.items()}
            self._points[segment] = Case(self.business_model(segment), inputs)
        return self._points[segment]

    def drawn(self, segment: str, wide: bool = False) -> Case:
        """A segment, or what all share, with every assumption as an array of draws.

        `wide` is the second reading, with ranges half as wide again.
        """
        if (segment, wide) not in self._drawn:
            quantities = self.assumptions.of(segment)
            shared = self._shared_draws[wide]
            widening = self.assumptions.widening.value * (WIDE if wide else 1)
            inputs = Draws(quantities, self.draws, self.seed, widening, shared)
            self._drawn[segment, wide] = Case(self.business_model(segment), inputs)
        return self._drawn[segment, wide]

    def probability(
        self, segment: str, test: Callable[[Case], np.ndarray], wide: bool = False
    ) -> float:
        """The share of draws that pass a test, given the ranges."""
        return float(np.mean(test(self.drawn(segment, wide))))

    def summarised(
        self, segment: str, metric: str, unit: str, point, draws, detail: str = ""
    ) -> dict:
        """A row of results; what is undefined is nan."""
        value, defined = (np.where(np.isfinite(x), x, np.nan) for x in (point, draws))
        defined = np.broadcast_to(defined, self.draws)
        return results.result_row(segment, metric, unit, value, detail, defined)

    def once(self, key: tuple, make: Callable[[], object]):
        """What `make` gives, or gave in a build, under a key that begins with a function."""
        if key not in self._once:
            name = store.called(key)
            if name in self._kept:
                found = store.restored(self._kept[name])
            else:
                found = make()
            self._once[key] = found
        return self._once[key]

    @cached_property
    def _kept(self) -> dict[str, object]:
        if self._keeps:
            return store.read(self)
        return {}

    def beside(self, assumptions: Assumptions, scenario: Scenario, draws: int = 0) -> Study:
        """A study of other inputs, with this one's seed and, unless given, its draws."""
        return Study(assumptions, scenario, draws or self.draws, self.seed, kept=self._keeps)

    def keep(self) -> None:
        """Keep what is known for other studies of these inputs, and of those beside."""
        store.write(self, self._once)
        for known in list(self._once.values()):
            if isinstance(known, dict):
                beside = known.values()
            else:
                beside = [known]
            for study in beside:
                if isinstance(study, Study) and study is not self:
                    study.keep()

    def _group(self, group: Callable) -> dict[tuple[str, str, str], dict]:
        if group not in self._rows:
            rows = self.once((group,), lambda: list(group(self)))
            by_name = {}
            for row in rows:
                by_name[row["segment"], row["metric"], row["detail"]] = row
            self._rows[group] = by_name
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
