"""The rows of results.csv: metrics, what stands in the way, growth, break-even, suppliers, trend.

In: a `Study`. Out: from each function of `GROUPS` a row for each (segment, metric, detail).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.inputs.rules import BASES
from analysis.model.distributions import interval
from analysis.model.fleet import break_even
from analysis.model.registry import METRICS, reads
from analysis.model.retention import fit
from analysis.model.suppliers import herfindahl

if TYPE_CHECKING:
    from analysis.findings.study import Study

NUMBERS = ["value", "p05", "p50", "p95", "probability_positive", "share_defined"]
COLUMNS = ["segment", "metric", "detail", "unit", *NUMBERS]
USERS = tuple(10.0**k for k in range(3, 9))
BREAK_EVEN = {"break_even": "contribution", "break_even_net_value": "net_value"}


def result_row(
    segment: str,
    metric: str,
    unit: str,
    value: float,
    detail: str = "",
    draws: np.ndarray | None = None,
    ends: tuple = (),
) -> dict:
    """A row of results: a value, with the interval of its draws, or with given ends, if any."""
    numbers = [float(value), *[np.nan] * 5]
    if draws is not None:
        positive = float(np.mean(draws > 0))
        defined = float(np.mean(np.isfinite(draws)))
        numbers[1:] = *interval(draws), positive, defined
    if ends:
        numbers[1], numbers[3] = ends
    return dict(zip(COLUMNS, [segment, metric, detail, unit, *numbers], strict=True))


def _rows(
    study: Study, segment: str, name: str, unit: str, metric: str = "", detail: str = "", **given
) -> Iterator[dict]:
    """What a segment, or all, has by a name: a row, or one for each of its parts."""
    cases = study.point(segment), study.drawn(segment)
    point, drawn = (getattr(c.replace(**given) if given else c, name) for c in cases)
    if not isinstance(point, dict):
        point = {detail: point}
        drawn = {detail: drawn}
    for part in point:
        yield study.summarised(segment, metric or name, unit, point[part], drawn[part], part)


def metric_rows(study: Study) -> Iterator[dict]:
    """Every metric, of what all share or else of each segment.

    An input of a segment that is a metric elsewhere counts as one.
    """
    for name, metric in METRICS.items():
        for segment in [study.shared] if study.shared in metric.formulas else study.segments:
            known = study.business_model(segment) in metric.formulas
            if known or name in study.assumptions.own(segment):
                yield from _rows(study, segment, name, metric.unit)
    widening = study.point(study.shared).widening
    yield result_row(study.shared, "widening", "ratio", widening)


LOST_TESTS = {
    "repays": lambda case: case.net_value > 0,
    "free": lambda case: case.net_value_with_free_compute > 0,
    "covers": lambda case: case.contribution > 0,
    "priced": lambda case: case.revenue > case.service_cost,
}


def lost(repays, free, covers, priced) -> dict:
    """Of what a segment lacks to repay for certain, the parts of compute, selling and price.

    Parameters: the probability that it repays, would with free compute, covers a month, and is
    priced above its service. They add up to 1 - repays; compute and selling share evenly what
    either would do alone.
    """
    return {
        "compute": ((free - repays) + (priced - covers)) / 2,
        "selling": ((covers - repays) + (priced - free)) / 2,
        "price": 1 - priced,
    }


def lost_rows(study: Study) -> Iterator[dict]:
    """What stands in the way of each segment."""
    for segment in study.segments:
        shares = [study.probability(segment, test) for test in LOST_TESTS.values()]
        for cause, share in lost(*shares).items():
            yield result_row(segment, f"lost_to_{cause}", "fraction", share)


def burn_rows(study: Study) -> Iterator[dict]:
    """Monthly users and daily burn of the apps, at their own number of users and at others."""
    for segment in study.consumer_segments():
        yield from _rows(study, segment, "monthly_customers", "customer")
        burn = study, segment, "daily_burn", "USD/day"
        yield from _rows(*burn)
        for users in USERS:
            yield from _rows(*burn, detail=f"{users:.0f}", monthly_customers=users)


def break_even_rows(study: Study) -> Iterator[dict]:
    """The value of each input at which a segment's contribution, or its net value, is zero."""
    for segment, (name, metric) in product(study.segments, BREAK_EVEN.items()):
        point = study.point(segment)
        read = reads(point.business_model, metric)
        for parameter, q in study.assumptions.of(segment).items():
            if parameter in read:
                zero = break_even(point, parameter, q.minimum, q.maximum, metric)
                yield result_row(segment, name, q.unit, zero, parameter)


def basis_rows(study: Study) -> Iterator[dict]:
    """How many assumptions there are, by basis."""
    bases = study.assumptions.table()["basis"].value_counts()
    yield result_row("all", "assumptions", "count", bases.sum())
    for basis in BASES:
        yield result_row("all", "assumptions", "count", bases.get(basis, 0), basis)


def on_demand(gpu_prices: pd.DataFrame) -> pd.Series:
    """What an H100 lists at on demand, USD/GPU-h: the median of the price indices, by month."""
    chosen = {"gpu": "H100", "price_kind": "on_demand", "series": "index"}
    listed = gpu_prices[(gpu_prices[[*chosen]] == pd.Series(chosen)).all(axis=1)]
    return listed.groupby(listed["date"].str[:7])["usd_per_gpu_hour"].median()


def supplier_rows(study: Study) -> Iterator[dict]:
    """Where a dollar of compute and one of revenue go, own against rent, concentration."""
    listed = on_demand(study.assumptions.tables.gpu_prices)
    if len(listed):
        hourly = float(listed.iloc[-1])
    else:
        hourly = np.nan
    shared = (study, study.shared)
    unit = "USD/GPU-h"
    yield from _rows(*shared, "compute_dollar", "fraction")
    yield from _rows(*shared, "owned_gpu_hour_parts", unit, metric="owned_gpu_hour")
    yield result_row("all", "gpu_hour_on_demand", unit, hourly)
    yield from _rows(*shared, "owned_gpu_hour", unit)
    yield from _rows(*shared, "owning_wins_at", "fraction", gpu_hour_on_demand=hourly)
    shares = study.assumptions.tables.market_shares
    for (layer, date), own in shares.groupby(["layer", "date"], sort=False):
        ends = herfindahl(own["share"])
        yield result_row("all", "herfindahl", "index", ends[0], f"{layer}, {date}", ends=ends)


def retention_by_app(points: pd.DataFrame) -> pd.DataFrame:
    """A row for each app: how many points, and the curve through them, nan where there is one."""
    rows = []
    for (app, kind), own in points[points["retention"] > 0].groupby(["app", "kind"], sort=False):
        own = own.sort_values("day")
        row = {"app": app, "kind": kind, "points": len(own)}
        if len(own) > 1:
            row |= vars(fit(own["day"], own["retention"]))
        rows.append(row)
    return pd.DataFrame(rows)


def trend_rows(study: Study) -> Iterator[dict]:
    """The cost of a second by year, and the year of break-even."""
    for segment in study.segments:
        yield from _rows(study, segment, "unit_cost", "USD/video-s")
        yield from _rows(study, segment, "break_even_year", "year")


GROUPS = (
    metric_rows,
    lost_rows,
    burn_rows,
    break_even_rows,
    basis_rows,
    supplier_rows,
    trend_rows,
)
