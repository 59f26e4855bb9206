"""A segment on one page: its month, what a customer is worth and costs, and its chances."""

from __future__ import annotations

import pandas as pd
from pandas import DataFrame

from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.answer import LOOKS, VERDICT
from analysis.show.figures.customer import month_rows, signed
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import (
    around_zero,
    bars,
    chance_axis,
    chances,
    dots,
    labelled,
    median,
    range_axis,
    ranges,
)
from analysis.show.figures.plotting import ACCENT, AXIS, SERIES, TEXT_LINE, WORDS
from analysis.show.figures.side_by_side import acquisition_cost
from analysis.show.numbers import format_probability

WORTH = ["is worth", "costs to win"]
HEADING = 2 * TEXT_LINE  # room above a panel


@figure(
    "{{ here.customer | capital }} of {{ here.phrase }} "
    "{{ 'leaves' if here.contribution > 0 else 'loses' }} {{ here.contribution | abs }} a month "
    "and costs {{ cost }} to win",
    "Medians with the 5th to 95th percentile; an arrow says that a range goes on. Medians need "
    "not add up. A customer is worth what its months leave over its stay.",
)
def segment_sheet(study: Study, segment: str) -> tuple:
    """A customer's month, what it is worth and costs to win, and how likely it pays."""
    month = month_rows(study, segment)
    cost = acquisition_cost(study, segment)
    pair = [study.result(segment, "lifetime_value"), cost]
    worth = labelled(pair, WORTH, [ACCENT, SERIES[0]], "oD")
    likely = chances_of(study, segment)
    panels = [month, worth, likely]
    fig, (first, second, third) = stacked(panels)
    drawn = signed(month)
    plotting.linear_axis(first, around_zero(drawn), plotting.short_money, "A month")
    bars(first, drawn, name_rows(first, month))
    at = name_rows(second, worth)
    range_axis(second, worth, "A customer")
    ranges(second, worth, at)
    at = name_rows(third, likely)
    chance_axis(third, at)
    dots(third, likely.probability, at, likely)
    return fig, pd.concat(panels), {"cost": median(cost)}


def chances_of(study: Study, segment: str) -> DataFrame:
    """The probability of the tests of the verdict about one segment, with their looks."""
    found = chances(study, VERDICT).loc[segment, VERDICT]
    rows = DataFrame({"probability": found})
    rows["label"] = [LOOKS[name][0] for name in VERDICT]
    rows["colour"] = [LOOKS[name][1] for name in VERDICT]
    rows["marker"] = [LOOKS[name][2] for name in VERDICT]
    rows["told"] = found.map(format_probability)
    return rows


def name_rows(ax, rows: DataFrame):
    """Where the marks of named rows stand."""
    return plotting.name_rows(ax, rows.label, rows.told)


def stacked(panels: list[DataFrame]) -> tuple:
    """A figure with axes for each table of rows, one below the other."""
    heights = [sum(plotting.row_heights(rows.label, rows.told)) for rows in panels]
    between = HEADING + AXIS + WORDS
    fig = plotting.canvas(sum(heights) + between * len(heights))
    axes = []
    top = HEADING
    for height in heights:
        axes.append(plotting.panel(fig, top, height))
        top += height + between
    return fig, axes
