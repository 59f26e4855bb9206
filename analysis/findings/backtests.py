"""Back-tests: what the model says of figures that firms have reported, or will report.

A row of backtests.csv names a metric of the model, or one of the formulas here, in a segment and in
a scenario of its own. A figure reported as `equal` is met from the 5th to the 95th percentile of
the draws; a bound where at least a twentieth of the draws lies on its side. Rows without a figure
are open predictions. A row is independent where no input that the prediction reads cites the firm,
and no scenario is made of the firm's own facts (`evidence_checks` recomputes that).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import InputError
from analysis.findings.results import result_row
from analysis.findings.sensitivity import rank_weights, standard_ranks
from analysis.inputs.assumptions import override, resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import Tables
from analysis.model.distributions import interval
from analysis.model.metrics import standard_cost_per_second
from analysis.model.registry import SHARED, WORKFLOW, Case, formula, reads

if TYPE_CHECKING:
    from analysis.findings.study import Study

LEAST_SHARE = 0.05  # of the draws on a bound's side, if it is met
WIDENINGS = (1.0, 1.25, 1.5, 2.0, 2.5)
COVERAGE = 0.8  # of the figures reported as equal, if the ranges are wide enough
COSTS = {"met_at_quarter": 0.25, "met_at_four_times": 4.0}  # times the rent, for a test's power
FOUND = ["value", "p05", "p50", "p95", "probability", "met", "met_unwidened", *COSTS, "driver"]
KINDS = {"equal": ["equal"], "bounds": ["at_most", "at_least"]}


@formula(SHARED)
def measured_cost_per_second(given, gpu_price, serving_overhead, utilisation, seconds_per_hour):
    """Cost of a second of a model whose GPU time was measured, USD/video-s."""
    return standard_cost_per_second(
        given, gpu_price, serving_overhead, utilisation, seconds_per_hour
    )


@formula(SHARED)
def api_margin(standard_cost_per_second, given):
    """Margin on a standard second at the vendor's own list price, a fraction."""
    return 1 - standard_cost_per_second / given


@formula("subscription", *WORKFLOW)
def margin_after_selling(
    contribution_margin, acquisition_cost, given, monthly_churn, revenue, months_per_year
):
    """Margin after winning new customers, a fraction; given is the factor of a year's growth.

    In steady growth new customers bring the month's growth and what was lost, and each costs so
    many months of revenue.
    """
    newly_won = given ** (1 / months_per_year) - 1 + monthly_churn
    return contribution_margin - acquisition_cost * newly_won / revenue


@formula(*WORKFLOW)
def spend_per_finished_second(retakes, second_price):
    """Spending on generation for a finished second, USD/finished-s."""
    return retakes * second_price


@formula("subscription")
def app_spend(daily_users, given, active_days, revenue):
    """What users of the app bring over all its days on sale, USD."""
    return daily_users * given / active_days * revenue


@formula(SHARED)
def contract_price(gpu_price, gpu_price_decline, given):
    """Rent of a GPU-hour some years on, USD/GPU-h."""
    return gpu_price * (1 - gpu_price_decline) ** given


@formula(SHARED)
def busy_hour_on_trend(contract_price, serving_overhead, utilisation):
    """Cost of an hour in which a GPU generates some years on, USD/GPU-h."""
    return contract_price * (1 + serving_overhead) / utilisation


@formula(SHARED)
def list_price(api_price, price_erosion, given):
    """List price of a standard second some years on, USD/video-s."""
    return api_price * (1 - price_erosion) ** given


@formula(SHARED)
def standard_cost_on_trend(standard_cost_per_second, same_model_cost_factor, given):
    """Cost of a standard second of today's quality some years on, USD/video-s."""
    return standard_cost_per_second * same_model_cost_factor**given


def in_scenario(study: Study, scenario: str, widening: float | None = None) -> Study:
    """The study of a scenario, with the same tables, draws and seed; the study itself in its own.

    Raises: InputError where the scenario does not fit the tables.
    """

    def make() -> Study:
        own = study.assumptions
        told = study.scenario
        if scenario != told.name:
            try:
                own = resolve(own.tables, scenario)
                told = read_scenario(scenario)
            except InputError as error:
                raise InputError(f"backtests.csv: scenario {scenario}: {error}") from None
        if widening is not None:
            own = override(own, {"widening": widening})
        return study.beside(own, told)

    if scenario == study.scenario.name and widening is None:
        return study
    return study.once((in_scenario, scenario, widening), make)


def inputs_read(book: Tables, row) -> frozenset[str]:
    """The inputs that a row's prediction follows from."""
    models = book.segments.set_index("segment")["business_model"]
    return reads(models.get(row.segment, SHARED), row.metric)


def predicted(case: Case, row):
    """What a case says of a row's metric. Raises: InputError for a metric that it has not."""
    try:
        return getattr(case.replace(given=np.float64(row.given)), row.metric)
    except AttributeError as error:
        raise InputError(f"backtests.csv: {row.id}: {error}") from None


def on_side(drawn: np.ndarray, relation: str, reported: float) -> float:
    """The share of draws on the reported side: at least so much, else at most so much."""
    if relation == "at_least":
        return float(np.mean(drawn >= reported))
    return float(np.mean(drawn <= reported))


def is_met(drawn: np.ndarray, row) -> bool:
    """Whether a row's report lies inside what was drawn."""
    if row.relation != "equal":
        return on_side(drawn, row.relation, row.reported) >= LEAST_SHARE
    p05, _, p95 = interval(drawn)
    return p05 <= row.reported <= p95


def _driver(study: Study, row, drawn: np.ndarray) -> str:
    """The input that moves a prediction most: that of the largest rank correlation."""
    quantities = study.assumptions.of(row.segment)
    case = study.drawn(row.segment)
    read = sorted(inputs_read(study.assumptions.tables, row) & set(quantities))
    ranks = {}
    for parameter in read:
        if quantities[parameter].low < quantities[parameter].high:
            ranks[parameter] = standard_ranks(getattr(case, parameter))
    weights = rank_weights(drawn, ranks)
    if any(weights.values()):
        return quantities[max(weights, key=weights.get)].name
    return ""


def _tested(study: Study, row) -> dict:
    own = in_scenario(study, row.scenario)
    case = own.drawn(row.segment)
    drawn = predicted(own.drawn(row.segment), row)
    p05, p50, p95 = interval(drawn)
    value = float(predicted(own.point(row.segment), row))
    found = row._asdict() | dict(value=value, p05=p05, p50=p50, p95=p95)
    if not np.isnan(row.reported):
        plain = in_scenario(study, row.scenario, widening=1.0).drawn(row.segment)
        found["probability"] = on_side(drawn, row.relation, row.reported)
        found["met"] = is_met(drawn, row)
        found["met_unwidened"] = is_met(predicted(plain, row), row)
        missed = not (found["met"] and found["met_unwidened"])
        if missed:
            found["driver"] = _driver(own, row, drawn)
        else:
            found["driver"] = ""
        for name, factor in COSTS.items():
            at_cost = case.replace(gpu_price=case.gpu_price * factor)
            found[name] = is_met(predicted(at_cost, row), row)
    return found


def backtests(study: Study) -> pd.DataFrame:
    """Every row of backtests.csv with its prediction and, where there is a report, whether met.

    Adds value (the point) and p05, p50, p95 in the row's unit; probability, the share of draws on
    the reported side; met, met_unwidened, and met with compute at a quarter and at four times its
    cost; driver, the input that moves the prediction of a miss most. Raises: InputError.
    """
    tests = study.assumptions.tables.backtests

    def make() -> pd.DataFrame:
        found = [_tested(study, row) for row in tests.itertuples(index=False)]
        return pd.DataFrame(found, columns=[*tests, *FOUND])

    return study.once((backtests,), make)


def reported(study: Study) -> pd.DataFrame:
    """The back-tests that have a report, the equal ones first."""
    table = backtests(study).dropna(subset="reported")
    return table.sort_values("relation", key=lambda r: r != "equal", kind="stable")


def open_predictions(study: Study) -> pd.DataFrame:
    """The rows that wait for a report, by the date on which it is due."""
    table = backtests(study)
    return table[table["reported"].isna()].sort_values("due", kind="stable")


def firms_inside(study: Study, segment: str) -> dict[str, bool]:
    """Each firm that independent reports test a segment by, and whether all of them are met.

    What all segments share is no segment's own.
    """

    def make() -> dict[str, bool]:
        table = reported(study)
        own = table[(table["segment"] == segment) & (table["independent"] == "yes")]
        return {firm: bool(all(met)) for firm, met in own.groupby("firm")["met"]}

    return study.once((firms_inside, segment), make)


def derived_widening(study: Study) -> float:
    """The least of `WIDENINGS` at which four fifths of the `equal` reports are met, else nan."""
    tests = study.assumptions.tables.backtests.query("relation == 'equal' and reported.notna()")

    def is_met_at(row, widening: float) -> bool:
        own = in_scenario(study, row.scenario, widening)
        return is_met(predicted(own.drawn(row.segment), row), row)

    for widening in WIDENINGS:
        met = [is_met_at(row, widening) for row in tests.itertuples(index=False)]
        if np.mean(met) >= COVERAGE:
            return widening
    return float("nan")


def rows(study: Study) -> Iterator[dict]:
    """In the columns of results: every prediction, then how many reports are met.

    Counted are reports and firms (with all their reports met), by kind of relation, of all rows and
    of independent ones, at this widening and unwidened.
    """
    for t in backtests(study).itertuples():
        row = result_row("all", "backtest", t.unit, t.value, t.id, ends=(t.p05, t.p95))
        yield row | {"p50": t.p50}
    table = reported(study)
    for kind, relations in KINDS.items():
        own = table[table["relation"].isin(relations)]
        counted = own[own["independent"] == "yes"]
        for how, column in {"": "met", ", unwidened": "met_unwidened"}.items():
            yield from _counts(own, column, f"{kind}{how}")
            yield from _counts(counted, column, f"independent {kind}{how}")


def _counts(table: pd.DataFrame, column: str, detail: str) -> Iterator[dict]:
    inside = table[column].astype(float)
    firms = inside.groupby(table["firm"]).min()
    yield result_row("all", "backtest_coverage", "fraction", inside.mean(), detail)
    yield result_row("all", "backtests", "count", len(inside), detail)
    yield result_row("all", "backtests_inside", "count", inside.sum(), detail)
    yield result_row("all", "backtest_firms", "count", len(firms), detail)
    yield result_row("all", "backtest_firms_inside", "count", firms.sum(), detail)
