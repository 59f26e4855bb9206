"""One customer: what a month brings and takes, what scale does, what a job is worth to whom."""

from __future__ import annotations

import numpy as np
from pandas import DataFrame

from analysis.findings.backtests import in_scenario, reported
from analysis.findings.results import USERS, result_row
from analysis.findings.study import Study
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import around_zero, bar_figure, labelled, range_figure
from analysis.show.figures.plotting import ACCENT, GAIN, INK, LOSS, SOFT

MONTH = {
    "revenue": "brings",
    "compute_cost": "compute",
    "service_cost": "service",
    "contribution": "leaves",
}
JOB = {
    "value_created": "worth to the customer",
    "revenue": "price",
    "compute_cost": "compute",
    "service_cost": "service",
    "contribution": "left to the vendor",
}
READ = (
    "Bars are medians, which need not add up; pale bars run from the 5th to the 95th percentile, "
    "an arrow says that they go on."
)
SIZES = USERS[::2]
PER = 1000  # users


@figure(
    "{{ here.customer | capital }} of {{ here.phrase }} brings {{ here.revenue }} a month"
    "{% if here.contribution > 0 %}, of which {{ here.contribution }} is left"
    "{% else %} and costs {{ here.running_cost }} to serve{% endif %}",
    READ,
)
def month(study: Study, segment: str) -> tuple:
    """What a customer brings in a month, what is spent on it and what is left."""
    rows = month_rows(study, segment)
    drawn = signed(rows)
    return bar_figure(drawn, "A customer's month", around_zero(drawn)), rows


def month_rows(study: Study, segment: str) -> DataFrame:
    """What a customer's month brings, takes and leaves."""
    found = [study.result(segment, name) for name in MONTH]
    if found[-1]["p50"] > 0:
        last = GAIN
    else:
        last = LOSS
    return labelled(found, MONTH.values(), [ACCENT, SOFT, SOFT, last])


def signed(rows: DataFrame) -> DataFrame:
    """The rows of a month with costs below zero."""
    cost = rows.metric.str.endswith("_cost")
    low = rows.p05.mask(cost, -rows.p95)
    middle = rows.p50.mask(cost, -rows.p50)
    high = rows.p95.mask(cost, -rows.p05)
    return rows.assign(p05=low, p50=middle, p95=high)


@figure(
    "What is worth {{ here.value_created }} a month to {{ here.customer }} is sold for "
    "{{ here.revenue }}; "
    "{% if here.contribution > 0 %}{{ here.contribution }} is left to the vendor"
    "{% else %}the vendor loses {{ here.contribution | abs }}{% endif %}",
    "{{ here.phrase | capital }}. Marks are medians, bars run from the 5th to the 95th percentile. "
    "What lies at the left edge goes below zero.",
)
def worked_job(study: Study, segment: str) -> tuple:
    """From what a job is worth to a customer to what is left of it to the vendor, in a month."""
    found = [study.result(segment, name) for name in JOB]
    rows = labelled(found, JOB.values(), [GAIN, ACCENT, SOFT, SOFT, INK], "ssooD")
    return range_figure(rows, "A customer's month"), rows


@figure(
    "{% if here.daily_burn > 0 %}More users do not end the loss: {{ here.daily_burn }} a day at "
    "{{ here.monthly_customers }} users a month"
    "{% else %}With {{ here.monthly_customers }} users a month {{ here.phrase }} makes "
    "{{ here.daily_burn | abs }} a day{% endif %}",
    "{{ read }} To the left of zero is a gain.{% if reports %} As reported: a firm's figure over "
    "the users of its own scenario.{% endif %}",
)
def burn(study: Study, segment: str) -> tuple:
    """What a thousand users lose in a day, by how many there are, and as firms reported it."""
    found = {}
    for users in SIZES:
        row = study.result(segment, "daily_burn", f"{users:.0f}")
        found[f"{users:,.0f} users"] = for_a_thousand(row, users)
    colours = [LOSS if row["p50"] > 0 else GAIN for row in found.values()]
    reports = reported_burns(study, segment)
    found |= reports
    colours += [INK] * len(reports)
    rows = labelled(found.values(), found, colours)
    fig = bar_figure(rows, "Loss in a day, for a thousand users", around_zero(rows))
    return fig, rows, {"read": READ, "reports": len(reports)}


def for_a_thousand(row: dict, users: float) -> dict:
    """A row of daily burn over the number of users."""
    over = {name: row[name] * PER / users for name in ("value", "p05", "p50", "p95")}
    return row | over


def reported_burns(study: Study, segment: str) -> dict[str, dict]:
    """Daily burns that firms reported, for each thousand users of their own scenarios."""
    table = reported(study)
    table = table[(table.metric == "daily_burn") & (table.segment == segment)]
    found = {}
    for row in table.itertuples():
        there = in_scenario(study, row.scenario)
        users = np.median(there.drawn(segment).monthly_customers)
        told = result_row(segment, "daily_burn", row.unit, row.reported, row.id)
        told["p50"] = row.reported
        found[f"{row.firm}, as reported"] = for_a_thousand(told, users)
    return found
