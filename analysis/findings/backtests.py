"""Back-tests: what the model says of values that were published and that none of its inputs rests on.

In: a `Sample` and the tables (backtests.csv says what is tested by which formula). Out: prediction beside report.

Judgement calls: a report is inside when its value lies from the 5th to the 95th percentile of the draws. The GPU time of a
model, or the seconds generated for a film, is log-uniform between the least and the most that was published. A list price holds
a margin and discounts, so inside means that cost alone explains it; above, that something else is paid; below, that the
vendor's cost lies below the model's. A report dependent on an input (it, or another wording of it, is cited) is shown, not counted.
"""

from __future__ import annotations

import re
from collections import UserDict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.errors import InputError
from analysis.findings.sample import Sample, result_row
from analysis.inputs.tables import BACKTESTS
from analysis.model.distributions import interval, quantile, stream
from analysis.model.metrics import Case, daily_burn, monthly_customers

FORMULAS = {
    "cost_of_measured": lambda a: (
        a.replace(compute_intensity=a.measured, compute_factor=1.0).cost_per_generated_second
    ),
    "cost_of_reference": lambda a: a.replace(compute_factor=1.0).cost_per_generated_second,
    "margin_at_list_price": lambda a: (
        1 - a.replace(compute_factor=1.0).cost_per_generated_second / a.api_price
    ),
    "contribution_margin": lambda a: a.contribution_margin,
    "cost_per_clip": lambda a: a.cost_per_clip,
    "daily_burn": lambda a: daily_burn(a, monthly_customers(a)),
    "generation_spend": lambda a: a.retakes * a.compute_factor * a.api_price,
    "spend_at_list_price": lambda a: a.measured * a.api_price,
    "": lambda a: np.float64("nan"),  # nothing independent was published: not testable
}
COLUMNS = [
    "id",
    "test",
    "what",
    "unit",
    "reported",
    "reported_low",
    "reported_high",
    "p05",
    "p50",
    "p95",
    "value",
    "inside",
    "miss",
    "independent",
    "source",
    "note",
]


def _matching(table: pd.DataFrame, columns: list[str], pattern: str) -> pd.DataFrame:
    found = table[table[columns].agg(", ".join, axis=1).str.fullmatch(pattern)]
    if found.empty:
        raise InputError(
            f"backtests.csv: {pattern}: nothing is published of that {', '.join(columns)}"
        )
    return found


def listed(prices: pd.DataFrame, key: str) -> float:
    """The last list price (USD/video-s) of "vendor, model, tier, resolution, sound"; marketplaces left out. Raises: InputError."""
    found = _matching(
        prices[prices["kind"] != "marketplace"],
        ["vendor", "model", "tier", "resolution", "audio"],
        re.escape(key),
    )
    return float(found.sort_values(["date", "usd_per_second"])["usd_per_second"].iloc[-1])


def measured(benchmarks: pd.DataFrame, pattern: str) -> tuple[float, float]:
    """Least and most H100-seconds of a video second among the benchmarks whose "model, resolution, kind" match. Raises: InputError."""
    found = _matching(
        benchmarks.dropna(subset="h100_seconds"), ["model", "resolution", "kind"], pattern
    )["h100_seconds"]
    return float(found.min()), float(found.max())


def inputs_read(formula: str, case: Case, own: dict) -> set[str]:
    """The assumptions that a prediction reads, less what the test brings along itself."""
    names = set()

    class Noted(UserDict):
        def __getitem__(self, name):
            names.add(name)
            return super().__getitem__(name)

    FORMULAS[formula](Case(case.business_model, Noted(case._inputs)).replace(**own))
    return names


def _own(study: Sample, row, draws: int | None) -> dict:
    """What a test brings along: the price of that model and month, and a measured quantity, as a point or as draws."""
    book = study.assumptions.tables
    own = (
        {"api_price": np.float64(listed(book.api_prices, row.price))}
        if row.price and row.evidence
        else {}
    )
    low, high = (
        measured(book.inference_benchmarks, row.benchmarks)
        if row.benchmarks
        else (row.low, row.high)
    )
    if np.isfinite(low):
        u = (
            np.float64(0.5)
            if draws is None
            else stream(study.seed, "backtests", row.id).random(draws)
        )
        own["measured"] = quantile(u, low, np.sqrt(low * high), high, "log_pert", 0)
    return own


def reported(study: Sample, row) -> tuple[float, float, float]:
    """Low, value and high as published: by the row itself, else by the evidence it names, else by the price list."""
    if np.isfinite(row.reported):
        return row.reported_low, row.reported, row.reported_high
    if row.evidence:
        return tuple(
            study.assumptions.tables.evidence.set_index("id")
            .loc[row.evidence, ["low", "value", "high"]]
            .astype(float)
        )
    return np.nan, listed(study.assumptions.tables.api_prices, row.price), np.nan


def independence(study: Sample, row, case: Case, own: dict) -> str:
    """yes where no input of the prediction cites the report or another wording of it, else no and which do."""
    told, quantities = (
        {row.evidence, *row.same_as.split()} - {""},
        study.assumptions.of(row.segment or study.segments[0]),
    )
    rests = {
        quantities[p].name: quantities[p].evidence
        for p in sorted(inputs_read(row.formula, case, own))
    }
    rests["the quantity measured"] = row.rests_on.split()
    cited = "; ".join(
        f"{name} cites {', '.join(sorted(told & set(ids)))}"
        for name, ids in rests.items()
        if told & set(ids)
    )
    return f"no: {cited}" if cited else "yes"


def backtests(study: Sample) -> pd.DataFrame:
    """Each test in `COLUMNS`, its prediction as value (every input at its best) and 5th to 95th percentile of the draws;
    `inside` is yes, no, undefined (no prediction) or not testable, `miss` above or below."""
    found = []
    for row in study.assumptions.tables.backtests.itertuples():
        segment, formula = row.segment or study.segments[0], FORMULAS[row.formula]
        case, own = study.point(segment), _own(study, row, None)
        point, draws = (
            formula(case.replace(**own)),
            formula(study.drawn(segment).replace(**_own(study, row, study.draws))),
        )
        (low, told, high), (p05, p50, p95) = reported(study, row), interval(draws)
        miss = "below" if told < p05 else "above" if told > p95 else ""
        inside = (
            "not testable"
            if not row.formula
            else "undefined"
            if np.isnan(p50)
            else "no"
            if miss
            else "yes"
        )
        found.append(
            [
                row.id,
                row.test,
                row.what,
                row.unit,
                told,
                low,
                high,
                p05,
                p50,
                p95,
                float(point),
                inside,
                miss,
                independence(study, row, case, own) if row.formula else "",
                row.evidence or row.price,
                row.note,
            ]
        )
    return pd.DataFrame(found, columns=COLUMNS)


def rows(study: Sample) -> Iterator[dict]:
    """In the columns of results: prediction, report (bounds as p05, p95), report / prediction, and how many independent ones are inside."""
    table = backtests(study)
    for t in table.itertuples():
        yield result_row("all", "backtest", t.unit, t.value, t.id, ends=(t.p05, t.p95)) | {
            "p50": t.p50
        }
        yield result_row(
            "all",
            "backtest_reported",
            t.unit,
            t.reported,
            t.id,
            ends=(t.reported_low, t.reported_high),
        )
        yield result_row(
            "all",
            "backtest_ratio",
            "ratio",
            t.reported / t.value if t.value > 0 < t.reported else np.nan,
            t.id,
        )
    tested = table[table["inside"].isin(["yes", "no"])]
    counted = tested[tested["independent"] == "yes"]
    parts = {
        "": counted,
        **{test: counted[counted["test"] == test] for test in BACKTESTS},
        "with dependent": tested,
    }
    hits = {detail: part["inside"].eq("yes") for detail, part in parts.items()}
    hits["each prediction once"] = (
        hits[""].groupby([counted["p05"], counted["p95"]]).mean()
    )  # closed models all meet one prediction
    yield result_row(
        "all", "backtest_shortfall", "fraction", 0.9 - hits["each prediction once"].mean()
    )
    for detail, hit in hits.items():
        yield result_row(
            "all", "backtest_coverage", "fraction", hit.mean() if len(hit) else np.nan, detail
        )
        yield result_row("all", "backtests", "count", len(hit), detail)
        yield result_row("all", "backtests_inside", "count", hit.sum(), detail)
