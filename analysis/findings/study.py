"""One report's numbers: the table of results, which texts, figures, tables and the CSV all read from.

In: what a `Sample` takes. Out: `results`, a row for each (segment, metric, detail), gathered from groups of rows, each of
which is computed when a result is first looked for in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.findings import backtests, sensitivity
from analysis.findings.sample import COLUMNS, Sample, has_market, inputs_of, result_row
from analysis.inputs.tables import BASES
from analysis.model import retention
from analysis.model import suppliers as infrastructure
from analysis.model import trend as trajectory
from analysis.model.metrics import IDENTITIES, daily_burn, monthly_customers
from analysis.model.metrics import break_even as solved

USERS = tuple(10.0**k for k in range(3, 9))


def identities(study: Sample) -> Iterator[dict]:
    """Every metric of every segment; a quantity that is a metric elsewhere (service_cost) counts as one."""
    for segment in study.segments:
        model, own = (
            study.assumptions.about(segment)["business_model"],
            study.assumptions.own(segment),
        )
        point, drawn = study.point(segment), study.drawn(segment)
        for name, identity in IDENTITIES.items():
            if model in identity.formulas or name in own:
                yield study.summarised(
                    segment, name, identity.unit, getattr(point, name), getattr(drawn, name)
                )
        yield result_row(
            segment, "probability_no_market", "fraction", 1 - float(np.mean(has_market(drawn)))
        )


def burn(study: Sample) -> Iterator[dict]:
    """Monthly users and daily burn of the apps, at their own number of users and at others."""
    for segment in study.consumer_segments():
        both = study.point(segment), study.drawn(segment)
        own = [*map(monthly_customers, both)]
        yield study.summarised(segment, "monthly_customers", "customer", *own)
        for users, detail in ((own, ""), *(([n, n], f"{n:.0f}") for n in USERS)):
            yield study.summarised(
                segment, "daily_burn", "USD/day", *map(daily_burn, both, users), detail
            )


def break_even(study: Sample) -> Iterator[dict]:
    """The value of each input at which a segment's contribution is zero."""
    for segment in study.segments:
        point = study.point(segment)
        for p, q in study.assumptions.of(segment).items():
            if p in inputs_of(point, "contribution"):
                yield result_row(
                    segment, "break_even", q.unit, solved(point, p, q.minimum, q.maximum), p
                )


def inputs(study: Sample) -> Iterator[dict]:
    """How many assumptions there are, by basis."""
    bases = study.assumptions.table()["basis"].value_counts()
    yield result_row("all", "assumptions", "count", bases.sum())
    for basis in BASES:
        yield result_row("all", "assumptions", "count", bases.get(basis, 0), basis)


GROUPS = (
    identities,
    burn,
    break_even,
    inputs,
    infrastructure.rows,
    retention.rows,
    trajectory.rows,
    sensitivity.rows,
    backtests.rows,
)


class Study(Sample):
    """A sample and everything that the report says of it."""

    def _group(self, group) -> dict[tuple[str, str, str], dict]:
        if group not in self.kept:
            self.kept[group] = {(r["segment"], r["metric"], r["detail"]): r for r in group(self)}
        return self.kept[group]

    def result(self, segment: str, metric: str, detail: str = "") -> dict:
        """The one row of results of that name; the only accessor of texts, tables and figures. Raises: KeyError."""
        for group in GROUPS:
            if (segment, metric, detail) in self._group(group):
                return self._group(group)[segment, metric, detail]
        raise KeyError(f"no result {segment}/{metric}/{detail}")

    def has(self, segment: str, metric: str, detail: str = "") -> bool:
        """Whether there is such a result among the metrics of the model."""
        return any(
            (segment, metric, detail) in self._group(group) for group in (identities, break_even)
        )

    @cached_property
    def results(self) -> pd.DataFrame:
        """Every result, in the columns of results.csv."""
        return pd.DataFrame(
            [row for group in GROUPS for row in self._group(group).values()], columns=COLUMNS
        )
