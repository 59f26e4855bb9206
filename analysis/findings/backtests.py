"""Back-tests: what the model says of values that were published and that no input of it rests on.

Judgement calls: a report is inside when its value lies from the 5th to the 95th percentile of the
draws. The GPU time of a model, or the seconds generated for a film, is log-uniform between the
least and the most that was published. A list price holds a margin and discounts, so inside means
that cost alone explains it; above, that something else is paid; below, that the vendor's cost lies
below the model's. A report that an input rests on (cites, in this or another wording) is shown, not
counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import InputError
from analysis.findings.results import result_row
from analysis.inputs.rules import BACKTESTS
from analysis.model.distributions import interval, quantile, stream
from analysis.model.metrics import cost_per_generated_second
from analysis.model.registry import Case, formula, reads

if TYPE_CHECKING:
    from analysis.findings.study import Study

FOUND = ["p05", "p50", "p95", "value", "inside", "miss", "independent"]


@formula()
def cost_of_measured(measured, gpu_price, serving_overhead, utilisation, seconds_per_hour):
    """Cost of a second that takes the GPU time measured of some model, USD/video-s."""
    return cost_per_generated_second(
        measured, 1.0, gpu_price, serving_overhead, utilisation, seconds_per_hour
    )


@formula()
def cost_of_reference(
    compute_intensity, gpu_price, serving_overhead, utilisation, seconds_per_hour
):
    """Cost of a second of the reference model, USD/video-s."""
    return cost_of_measured(
        compute_intensity, gpu_price, serving_overhead, utilisation, seconds_per_hour
    )


@formula()
def margin_at_list_price(cost_of_reference, api_price):
    """Margin of who sells a second of the reference model at the list price, a ratio."""
    return 1 - cost_of_reference / api_price


@formula()
def generation_spend(retakes, compute_factor, api_price):
    """What a finished second's generation costs at the list price, USD/finished-s."""
    return retakes * compute_factor * api_price


@formula()
def spend_at_list_price(measured, api_price):
    """What so many seconds cost at the list price, USD."""
    return measured * api_price


def _matching(table: pd.DataFrame, columns: list[str], pattern: str) -> pd.DataFrame:
    found = table[table[columns].agg(", ".join, axis=1).str.fullmatch(pattern)]
    if found.empty:
        what = ", ".join(columns)
        raise InputError(f"backtests.csv: {pattern}: nothing is published of that {what}")
    return found


def listed(prices: pd.DataFrame, key: str) -> float:
    """The last list price, USD/video-s, of "vendor, model, tier, resolution, sound".

    Marketplaces are left out. Raises: InputError where there is none.
    """
    sold = prices[prices["kind"] != "marketplace"]
    columns = ["vendor", "model", "tier", "resolution", "audio"]
    found = _matching(sold, columns, re.escape(key)).sort_values(["date", "usd_per_second"])
    return float(found["usd_per_second"].iloc[-1])


def measured(benchmarks: pd.DataFrame, pattern: str) -> tuple[float, float]:
    """Least and most H100-seconds of a video second where "model, resolution, kind" match.

    Raises: InputError where none does.
    """
    timed = benchmarks.dropna(subset="h100_seconds")
    found = _matching(timed, ["model", "resolution", "kind"], pattern)["h100_seconds"]
    return float(found.min()), float(found.max())


def _own(study: Study, row, draws: int | None) -> dict:
    """What a test brings along, as a point or as draws: a model's price, a measured quantity."""
    book = study.assumptions.tables
    own = {}
    if row.price and row.evidence:
        own["api_price"] = np.float64(listed(book.api_prices, row.price))
    low, high = row.low, row.high
    if row.benchmarks:
        low, high = measured(book.inference_benchmarks, row.benchmarks)
    if np.isfinite(low):
        u = stream(study.seed, "backtests", row.id).random(draws) if draws else np.float64(0.5)
        own["measured"] = quantile(u, low, np.sqrt(low * high), high, "log_pert", 0)
    return own


def reported(study: Study, row) -> tuple[float, float, float]:
    """Low, value and high as published: by the row, else its evidence, else the list price."""
    if np.isfinite(row.reported):
        return row.reported_low, row.reported, row.reported_high
    book = study.assumptions.tables
    if row.evidence:
        cited = book.evidence.set_index("id").loc[row.evidence, ["low", "value", "high"]]
        return tuple(cited.astype(float))
    return np.nan, listed(book.api_prices, row.price), np.nan


def _independence(row, rests_on: dict[str, tuple[str, ...]]) -> str:
    """yes where nothing cites the report or another wording of it, else no and what does."""
    told = {row.evidence, *row.same_as.split()} - {""}
    common = {name: sorted(told & set(ids)) for name, ids in rests_on.items()}
    cited = [f"{name} cites {', '.join(ids)}" for name, ids in common.items() if ids]
    return f"no: {'; '.join(cited)}" if cited else "yes"


def placed(value: float, low: float, high: float) -> str:
    """Where a value lies: below, inside or above; inside where there are no bounds.

    >>> placed(1.0, 2.0, 3.0), placed(2.0, 2.0, 3.0)
    ('below', 'inside')
    """
    if value < low:
        return "below"
    return "above" if value > high else "inside"


def _predicted(case: Case, name: str):
    """A formula of the case; nan where nothing independent was published to test one by."""
    return getattr(case, name) if name else np.float64("nan")


def _tested(study: Study, row) -> dict:
    segment, own = row.segment or study.shared, _own(study, row, None)
    point = _predicted(study.point(segment).replace(**own), row.formula)
    drawn = study.drawn(segment).replace(**_own(study, row, study.draws))
    p05, p50, p95 = interval(_predicted(drawn, row.formula))
    low, told, high = reported(study, row)
    place = placed(told, p05, p95)
    inside = "undefined" if np.isnan(p50) else "yes" if place == "inside" else "no"
    quantities = study.assumptions.of(segment)
    read = reads(study.business_model(segment), row.formula) - {*own, ""}
    rests_on = {quantities[p].name: quantities[p].evidence for p in sorted(read)}
    rests_on["the quantity measured"] = row.rests_on.split()
    return row._asdict() | dict(
        reported_low=low,
        reported=told,
        reported_high=high,
        p05=p05,
        p50=p50,
        p95=p95,
        value=float(point),
        inside=inside if row.formula else "not testable",
        miss="" if place == "inside" else place,
        independent=_independence(row, rests_on) if row.formula else "",
    )


def backtests(study: Study) -> pd.DataFrame:
    """Every row of backtests.csv with the report it names and, in `FOUND`, what is predicted.

    `value` is the prediction with every input at its best, p05 to p95 are percentiles of the draws;
    `inside` is yes, no, undefined (no prediction) or not testable, `miss` above, below or empty.
    """
    tests = study.assumptions.tables.backtests
    found = [_tested(study, row) for row in tests.itertuples(index=False)]
    return pd.DataFrame(found, columns=[*tests, *FOUND])


def rows(study: Study) -> Iterator[dict]:
    """In the columns of results: prediction, report, report / prediction; then the counts."""
    table = backtests(study)
    for t in table.itertuples():
        predicted = result_row("all", "backtest", t.unit, t.value, t.id, ends=(t.p05, t.p95))
        yield predicted | {"p50": t.p50}
        bounds = t.reported_low, t.reported_high
        yield result_row("all", "backtest_reported", t.unit, t.reported, t.id, ends=bounds)
        ratio = t.reported / t.value if t.value > 0 < t.reported else np.nan
        yield result_row("all", "backtest_ratio", "ratio", ratio, t.id)
    yield from _coverage(table)


def _coverage(table: pd.DataFrame) -> Iterator[dict]:
    """How many reports lie inside: the independent ones, by test, and other ways to count them."""
    tested = table[table["inside"].isin(["yes", "no"])]
    tested = tested.assign(hit=tested["inside"] == "yes")
    counted = tested[tested["independent"] == "yes"]
    hits = {"": counted["hit"]}
    for test in BACKTESTS:
        hits[test] = counted.loc[counted["test"] == test, "hit"]
    hits["with dependent"] = tested["hit"]
    # closed models all meet one prediction
    once = counted.groupby(["p05", "p95"])["hit"].mean()
    hits["each prediction once"] = once
    yield result_row("all", "backtest_shortfall", "fraction", 0.9 - once.mean())
    for detail, hit in hits.items():
        share = hit.mean() if len(hit) else np.nan
        yield result_row("all", "backtest_coverage", "fraction", share, detail)
        yield result_row("all", "backtests", "count", len(hit), detail)
        yield result_row("all", "backtests_inside", "count", hit.sum(), detail)
