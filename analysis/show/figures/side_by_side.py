"""Segments side by side: earned and spent, worth and cost of customers, what stands in the way."""

from __future__ import annotations

import pandas as pd

from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import (
    chances,
    input_row,
    of_segments,
    range_axis,
    range_figure,
    ranges,
    share_axis,
)
from analysis.show.figures.plotting import ACCENT, GAIN, INK, SERIES, SOFT, SURFACE

PARTS = {
    "repays": GAIN,
    "lost to compute": ACCENT,
    "lost to winning and keeping customers": SERIES[0],
    "lost to price": SOFT,
}
LOST = ["lost_to_compute", "lost_to_selling", "lost_to_price"]
WORTH = {
    "worth over its stay": {"marker": "o", "color": ACCENT},
    "costs to win": {"marker": "D", "color": SERIES[0]},
}
APART = 5  # units from a row's middle to each of its two marks


@figure(
    "{% set n = segments | selectattr('contribution', 'gt', 0) | list | length %}"
    "{{ how_many(n, segments | length) | capital }} {{ 'earns' if n == 1 else 'earn' }} more than "
    "a dollar for a dollar of running cost",
    "Marks are medians, bars run from the 5th to the 95th percentile. At one dollar a month "
    "covers its cost.",
)
def earned_and_spent(study: Study) -> tuple:
    """Revenue of each segment for a dollar of running cost."""
    found = [earned_for_a_dollar(study, segment) for segment in study.segments]
    rows = of_segments(study, found)
    return range_figure(rows, "Earned for a dollar of running cost", 1.0), rows


def earned_for_a_dollar(study: Study, segment: str) -> dict:
    """Revenue over running cost as a row of results."""
    cases = study.point(segment), study.drawn(segment)
    ratios = [case.revenue / case.running_cost for case in cases]
    return study.summarised(segment, "earned_for_a_dollar", "USD", *ratios)


@figure(
    "{% set n = segments | selectattr('ltv_to_cac', 'gt', 1) | list | length %}"
    "{{ how_many(n, segments | length) | capital }} {{ 'is' if n == 1 else 'are' }} worth more "
    "over {{ 'its' if n == 1 else 'their' }} stay than a customer costs to win, at the median",
    "Marks are medians, bars run from the 5th to the 95th percentile. At the left edge a customer "
    "is worth less than nothing.",
)
def hinge(study: Study) -> tuple:
    """What a customer is worth over its stay, and what winning one costs."""
    found = [study.result(segment, "lifetime_value") for segment in study.segments]
    worth = of_segments(study, found)
    found = [acquisition_cost(study, segment) for segment in study.segments]
    cost = of_segments(study, found)
    both = pd.concat([worth, cost])
    above = plotting.key_height(len(WORTH))
    fig, ax, at = plotting.row_sheet(worth.label, above=above)
    plotting.key(fig, WORTH)
    range_axis(ax, both, "A customer")
    earns, spends = WORTH.values()
    ranges(ax, worth.assign(marker=earns["marker"], colour=earns["color"]), at - APART)
    ranges(ax, cost.assign(marker=spends["marker"], colour=spends["color"]), at + APART)
    return fig, both


def acquisition_cost(study: Study, segment: str) -> dict:
    """What winning a customer costs, an input, as a row of results."""
    return input_row(study, segment, "acquisition_cost", "USD/customer")


@figure(
    "{% set ways = segments | map(attribute='in_the_way') | select | list %}"
    "{% set each = ways | sum(start=()) %}"
    "{% if ways %}In the way of repaying stands winning and keeping customers for "
    "{{ how_many(each.count('selling'), ways | length) }}, compute for "
    "{{ number_of(each.count('compute'), ways | length) }}"
    "{% else %}Nothing stands in the way: each is likely to repay{% endif %}",
    "Of all draws. Lost to compute: what free compute would gain. Lost to price: revenue does not "
    "even pay service.",
)
def lost_to(study: Study) -> tuple:
    """How often each segment repays, and what the rest is lost to: compute, selling, price."""
    rows = chances(study, ["repays_acquisition"])
    for part in LOST:
        rows[part] = [study.result(segment, part)["value"] for segment in study.segments]
    told = rows.told + " repay"
    above = plotting.key_height(len(PARTS))
    fig, ax, at = plotting.row_sheet(rows.label, told, above, words=0)
    plotting.key(fig, {part: {"marker": "s", "color": PARTS[part]} for part in PARTS})
    share_axis(ax)
    start = 0
    for part, colour in zip(["repays_acquisition", *LOST], PARTS.values(), strict=True):
        ax.barh(at, rows[part], left=start, height=14, color=colour, edgecolor=SURFACE)
        start = start + rows[part]
    return fig, rows


@figure(
    "{% set runs = segments | selectattr('contribution', 'gt', 0) | list %}"
    "{% set n = runs | length %}"
    "With a GPU-hour at {{ input('gpu_price') }} {{ how_many(n, segments | length) }} "
    "{{ 'covers its' if n == 1 else 'cover their' }} cost{% if runs %}; as it gets dearer "
    "{{ (runs | sort(attribute='stopping_gpu_price') | first).phrase }} is the first to stop"
    "{% endif %}",
    "Marks are medians, bars run from the 5th to the 95th percentile; at the left edge no rent "
    "would do. The line is today's rent, the band its range.",
)
def stopping_prices(study: Study) -> tuple:
    """The rent of an H100-hour at which each segment stops covering its cost."""
    found = [study.result(segment, "stopping_gpu_price") for segment in study.segments]
    rows = of_segments(study, found).sort_values("p50", kind="stable", ignore_index=True)
    price = study.assumptions.gpu_price
    fig = range_figure(rows, "Rent of an H100-hour", price.value)
    fig.axes[0].axvspan(price.low, price.high, color=INK, alpha=0.08, lw=0)
    return fig, rows
