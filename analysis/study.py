"""One report's numbers: the resolved assumptions, their draws, and the table of results.

In: `Assumptions`, a number of draws, a seed. Out: point estimates and draws of every segment as
`Case`s, and `results`, the long table that texts, figures, tables and the CSV all read from.

Judgement calls: a draw in which the customer saves nothing has no market; it counts as not paying
in every probability, and intervals run over the draws that have a market.
"""
from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd

from analysis import InputError, economics
from analysis.assumptions import Assumptions, Scenario
from analysis.economics import IDENTITIES, Case
from analysis.uncertainty import FLAT_WEIGHT, PERT_WEIGHT, Draws, interval

COLUMNS = ["segment", "metric", "detail", "unit", "value", "p05", "p50", "p95", "probability_positive", "share_defined"]
FEWEST_DRAWS = 100
MOST_DRAWS = 2**22
USERS = tuple(10.0**k for k in range(3, 9))


class Study:
    """What one set of inputs says. Everything is computed when it is first asked for."""

    def __init__(self, assumptions: Assumptions, scenario: Scenario, draws: int = 16384, seed: int = 2026, segment: str | None = None):
        check_whole("draws", draws, FEWEST_DRAWS, MOST_DRAWS)
        check_whole("seed", seed, 0, 2**63 - 1)
        self.assumptions, self.scenario, self.draws, self.seed, self.segment = assumptions, scenario, draws, seed, segment
        self._shared = {PERT_WEIGHT: {}, FLAT_WEIGHT: {}}
        self._cases, self.kept = {}, {}

    @property
    def segments(self) -> tuple[str, ...]:
        """Every segment, in display order."""
        return self.assumptions.segments

    def title(self, segment: str) -> str:
        """The name of a segment as a reader sees it."""
        return self.assumptions.about(segment)["title"]

    def workflows(self) -> list[str]:
        """The segments that sell into a customer's workflow."""
        return [s for s in self.segments if self.assumptions.about(s)["business_model"] == "workflow"]

    def named(self) -> list[str]:
        """The segments that the argument under test names."""
        return [s for s in self.segments if self.assumptions.about(s)["in_thesis"] == "yes"]

    def apps(self) -> list[str]:
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
            inputs = ({p: np.float64(q.value) for p, q in quantities.items()} if weight is None
                      else Draws(quantities, self.draws, self.seed, weight, self._shared[weight]))
            self._cases[segment, weight] = Case(self.assumptions.about(segment)["business_model"], inputs)
        return self._cases[segment, weight]

    def probability(self, segment: str, test: Callable[[Case], np.ndarray], weight: float = PERT_WEIGHT) -> float:
        """The share of draws that have a market and pass a test, given the ranges."""
        case = self.drawn(segment, weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.mean(np.broadcast_to(test(case) & has_market(case), self.draws)))

    def summary(self, segment: str, metric: str, unit: str, point, draws, detail: str = "") -> dict:
        """A row of results: the point estimate and what the draws say; nan where undefined or without a market."""
        market = np.broadcast_to(has_market(self.drawn(segment)), self.draws)
        draws = np.where(market & np.isfinite(draws), draws, np.nan)
        with np.errstate(invalid="ignore"):
            positive = float(np.mean(draws > 0))
        value = float(point) if has_market(self.point(segment)) and np.isfinite(point) else np.nan
        return dict(zip(COLUMNS, [segment, metric, detail, unit, value, *interval(draws), positive, float(np.mean(np.isfinite(draws)))]))

    def metric(self, segment: str, name: str) -> dict:
        """The row of results of one identity."""
        return self.summary(segment, name, IDENTITIES[name].unit, getattr(self.point(segment), name), getattr(self.drawn(segment), name))

    @cached_property
    def results(self) -> pd.DataFrame:
        """Every result, one row for each (segment, metric, detail), in the columns of results.csv."""
        rows = []
        for segment in self.segments:
            model = self.assumptions.about(segment)["business_model"]
            own = {p for p, q in self.assumptions.of(segment).items() if q.segment != "all"}
            rows += [self.metric(segment, name) for name, i in IDENTITIES.items() if model in i.formulas or name in own]
            rows += self._burn(segment)
            rows += self._break_even(segment)
            rows.append(self._single(segment, "probability_no_market", "fraction", 1 - float(np.mean(has_market(self.drawn(segment))))))
        bases = self.assumptions.table()["basis"].value_counts()
        rows += [self._single("all", "assumptions", "count", float(n), basis) for basis, n in sorted(bases.items())]
        rows.append(self._single("all", "assumptions", "count", float(bases.sum())))
        return pd.DataFrame(rows, columns=COLUMNS)

    def _single(self, segment: str, metric: str, unit: str, value: float, detail: str = "") -> dict:
        return dict(zip(COLUMNS, [segment, metric, detail, unit, value, *(np.nan,) * 5]))

    def _burn(self, segment: str) -> list[dict]:
        if "daily_users" not in self.assumptions.of(segment):
            return []
        point, drawn = self.point(segment), self.drawn(segment)
        rows = [self.summary(segment, "monthly_customers", "customer", economics.monthly_customers(point), economics.monthly_customers(drawn)),
                self.summary(segment, "daily_burn", "USD/day", economics.daily_burn(point, economics.monthly_customers(point)),
                             economics.daily_burn(drawn, economics.monthly_customers(drawn)))]
        for users in USERS:
            rows.append(self.summary(segment, "daily_burn", "USD/day", economics.daily_burn(point, users), economics.daily_burn(drawn, users), f"{users:.0f}"))
        return rows

    def _break_even(self, segment: str) -> list[dict]:
        point, of = self.point(segment), self.assumptions.of(segment)
        read = inputs_of(point, "contribution")
        return [self._single(segment, "break_even", q.unit, economics.break_even(point, p, q.minimum, q.maximum), p) for p, q in of.items() if p in read]

    @cached_property
    def index(self) -> dict[tuple[str, str, str], dict]:
        """The rows of results by (segment, metric, detail)."""
        return {(r["segment"], r["metric"], r["detail"]): r for r in self.results.to_dict("records")}

    def result(self, segment: str, metric: str, detail: str = "") -> dict:
        """The one row of results of that name; the only accessor of texts, tables and figures."""
        return self.index[segment, metric, detail]


def inputs_of(case: Case, metric: str) -> set[str]:
    """The inputs that a metric reads, found by evaluating it."""
    fresh = case.replace()
    getattr(fresh, metric)
    return {name for name in fresh.__dict__ if name in fresh._inputs}


def has_market(case: Case):
    """Whether the customer saves anything and so buys; a subscription always has its users."""
    return case.saving_per_finished_second > 0 if case.business_model == "workflow" else np.bool_(True)


def check_whole(name: str, given: object, least: int, most: int) -> int:
    """A whole number inside its range, or an InputError."""
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or not least <= given <= most:
        raise InputError(f"{name}: {given!r} is not allowed; it is a whole number from {least} to {most}")
    return int(given)
