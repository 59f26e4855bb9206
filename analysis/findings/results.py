"""The rows of results.csv: metrics, growth, break-even, suppliers, retention and the path.

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
from analysis.model.retention import bounds, fit, per_install
from analysis.model.suppliers import herfindahl
from analysis.model.trend import RESCUE_YEARS, YEARS

if TYPE_CHECKING:
    from analysis.findings.study import Study

NUMBERS = ["value", "p05", "p50", "p95", "probability_positive", "share_defined"]
COLUMNS = ["segment", "metric", "detail", "unit", *NUMBERS]
USERS = tuple(10.0**k for k in range(3, 9))


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
        positive, defined = float(np.mean(draws > 0)), float(np.mean(np.isfinite(draws)))
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
        point, drawn = {detail: point}, {detail: drawn}
    for part in point:
        yield study.summarised(segment, metric or name, unit, point[part], drawn[part], part)


def metric_rows(study: Study) -> Iterator[dict]:
    """Every metric of every segment; an input that is a metric elsewhere counts as one."""
    for segment in study.segments:
        drawn = study.drawn(segment)
        for name, metric in METRICS.items():
            if drawn.business_model in metric.formulas or name in study.assumptions.own(segment):
                yield from _rows(study, segment, name, metric.unit)
        no_market = 1 - float(np.mean(drawn.has_market))
        yield result_row(segment, "probability_no_market", "fraction", no_market)


def burn_rows(study: Study) -> Iterator[dict]:
    """Monthly users and daily burn of the apps, at their own number of users and at others."""
    for segment in study.consumer_segments():
        yield from _rows(study, segment, "monthly_customers", "customer")
        burn = study, segment, "daily_burn", "USD/day"
        yield from _rows(*burn)
        for users in USERS:
            yield from _rows(*burn, detail=f"{users:.0f}", monthly_customers=users)


def break_even_rows(study: Study) -> Iterator[dict]:
    """The value of each input at which a segment's contribution is zero."""
    for segment in study.segments:
        point = study.point(segment)
        read = reads(point.business_model, "contribution")
        for name, q in study.assumptions.of(segment).items():
            if name in read:
                zero = break_even(point, name, q.minimum, q.maximum)
                yield result_row(segment, "break_even", q.unit, zero, name)


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
    hourly = float(listed.iloc[-1]) if len(listed) else np.nan
    shared, unit = (study, study.shared), "USD/GPU-h"
    yield from _rows(*shared, "compute_dollar", "fraction")
    yield from _rows(*shared, "owned_gpu_hour_parts", unit, metric="owned_gpu_hour")
    yield result_row("all", "gpu_hour_on_demand", unit, hourly)
    for name in ("gpu_hour_in_use", "owned_gpu_hour", "owning_saves"):
        yield from _rows(*shared, name, unit)
    yield from _rows(*shared, "owning_wins_at", "fraction", gpu_hour_on_demand=hourly)
    for segment in study.segments:
        yield from _rows(study, segment, "revenue_dollar", "fraction")
        yield from _rows(study, segment, "supplier_gross_profit", "USD/customer-month")
        yield from _rows(study, segment, "price_elasticity", "ratio")
        yield from _rows(study, segment, "pass_back_to_undo", "fraction")
    shares = study.assumptions.tables.market_shares
    for (layer, date), own in shares.groupby(["layer", "date"], sort=False):
        ends = herfindahl(own["share"])
        yield result_row("all", "herfindahl", "index", ends[0], f"{layer}, {date}", ends=ends)


def retention_by_app(points: pd.DataFrame) -> pd.DataFrame:
    """A row for each app; what needs a curve is nan where one point is all there is."""
    rows = []
    for (app, kind), own in points[points["retention"] > 0].groupby(["app", "kind"], sort=False):
        own = own.sort_values("day")
        least, most = bounds(own["day"], own["retention"])
        row = {"app": app, "kind": kind, "points": len(own)}
        row |= {"active_days_least": least, "active_days_most": most}
        if len(own) > 1:
            curve = fit(own["day"], own["retention"])
            row |= vars(curve) | per_install(curve)
        rows.append(row)
    return pd.DataFrame(rows)


def retention_rows(study: Study) -> Iterator[dict]:
    """Retention by app; where there is one point only, bounds stand for the interval."""
    for app in retention_by_app(study.assumptions.tables.retention_points).to_dict("records"):
        least, most = (app.get(f"churn_{end}", np.nan) for end in ("least", "most"))
        days, middle = app.get("active_days", np.nan), np.sqrt(least * most)
        ends = app["active_days_least"], app["active_days_most"]
        yield result_row("all", "active_days_of_an_install", "day", days, app["app"], ends=ends)
        row = ("all", "churn_of_an_install", "fraction/month", middle, app["app"])
        yield result_row(*row, ends=(least, most))
        for segment in study.consumer_segments():
            # Active months are 1 / churn; with compute for nothing, this repays the acquisition.
            point = study.point(segment)
            monthly = float(point.revenue - point.service_cost)
            row = (segment, "install_before_compute", "USD/customer", monthly / middle, app["app"])
            yield result_row(*row, ends=tuple(sorted((monthly / least, monthly / most))))


def path_rows(study: Study) -> Iterator[dict]:
    """Unit cost, break-even and subsidy on trend; the shares of `break_even_share` add up to 1."""
    for segment in study.segments:
        yield from _rows(study, segment, "unit_cost", "USD/video-s")
        yield from _rows(study, segment, "break_even_year", "year")
        yield from _rows(study, segment, "last_paying_year", "year")
        yield from _rows(study, segment, "subsidy", "USD/customer")
        if segment in study.consumer_segments():
            yield from _rows(study, segment, "subsidy_of_all", "USD")
        drawn = study.drawn(segment)
        years = np.where(drawn.has_market, np.ceil(drawn.break_even_year), np.inf)
        for year in (*range(YEARS + 1), np.inf):
            detail = f"{year}" if year <= YEARS else "never"
            share = np.mean(years == year)
            yield result_row(segment, "break_even_share", "fraction", share, detail)
    factor = "ratio/year", "yearly_cost_factor"
    yield from _rows(study, study.shared, "yearly_cost_factor", *factor, detail="all")
    yield from _rows(study, study.shared, "cost_factors", *factor)


def quality_map(
    study: Study, segment: str, years: float = RESCUE_YEARS, steps: int = 17
) -> pd.DataFrame:
    """Quality growth against efficiency on a grid, up to the highest plausible of both.

    Returns: at each point the break-even year at the best values (inf: not within ten years), and
    the probability, other inputs drawn, that the running cost is covered within some years.
    """
    quantities = study.assumptions.efficiency_gain, study.assumptions.quality_growth
    axes = {}
    for q in quantities:
        most = q.high if q.high > q.minimum else q.maximum
        axes[q.parameter] = np.linspace(q.minimum, most, steps)
    grid = pd.DataFrame(product(*axes.values()), columns=[*axes])
    for at, there in enumerate(grid.to_dict("records")):
        point = study.point(segment).replace(**there)
        grid.loc[at, "break_even_year"] = float(point.break_even_year)
        grid.loc[at, "probability"] = study.probability(
            segment, lambda case, there=there: case.replace(**there).break_even_year <= years
        )
    return grid


GROUPS = (
    metric_rows,
    burn_rows,
    break_even_rows,
    basis_rows,
    supplier_rows,
    retention_rows,
    path_rows,
)
