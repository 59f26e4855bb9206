"""The path: what a second will cost, when segments break even, and quality against efficiency.

Judgement calls: the path of unit cost is that of the app; a draw without a market never pays.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.findings import results
from analysis.findings.study import Study
from analysis.model.trend import RESCUE_YEARS, YEARS
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import ACCENT, GAIN, INK, SOFT, log_axis
from analysis.show.numbers import format_significant

WHEN = parts.looks(
    ("already", "already", ACCENT, 0.85),
    ("five", "within 5 years", ACCENT, 0.5),
    ("ten", "in 5 to 10 years", ACCENT, 0.22),
    ("never", "never, or no market", SOFT, 0.3),
)
FACTORS = {
    "software": "software",
    "pass_back": "suppliers keep",
    "hardware": "hardware",
    "quality": "quality",
    "all": "together",
}


def _when(study: Study, segment: str) -> str:
    """When the running cost is covered on trend, at the best values."""
    year = study.result(segment, "break_even_year")["value"]
    if year == 0:
        return "already"
    return f"from year {format_significant(year)} on" if year > 0 else "at no time within ten years"


@figure
def unit_cost(study: Study) -> tuple:
    """The cost of the app's second over ten years, beside what it earns; the yearly factors."""
    s = (*study.consumer_segments(), *study.segments)[0]
    years = range(YEARS + 1)
    rows = parts.results_table(study, [s], ["unit_cost"], map(str, years))
    rows["label"] = years
    metrics = ("revenue_per_generated_second", "affordable_cost_per_second")
    limits = parts.results_table(study, [s], metrics)
    limits = limits.assign(label=["earns", "earns, less service"], dash=["--", ":"], at=[1, 4])
    factors = parts.results_table(study, ["all"], ["yearly_cost_factor"], FACTORS)
    looks = dict(colour=[ACCENT] * 4 + [INK], marker=[*"ooooD"])
    factors = factors.assign(label=FACTORS.values(), **looks)
    fig, (path, below) = plotting.sheet(6.0, 2, height_ratios=(3.4, 2))
    _draw_path(path, rows, limits, plotting.colour_of(study.segments.index(s)))
    _draw_factors(below, factors)
    facts = {"rows": rows, "limits": limits, "factors": factors}
    facts |= {"app": study.title(s), "when": _when(study, s)}
    return fig, pd.concat([rows, limits, factors]), facts


def _draw_path(ax, rows: pd.DataFrame, limits: pd.DataFrame, colour: str) -> None:
    """The cost as a line in its band, and what is earned as level lines."""
    log_axis(ax, "y", parts.interval_limits(rows, *limits["value"]), 6)
    ax.set(xlim=(0, YEARS), xlabel="years from now", ylabel="USD per generated second")
    years, cost = rows["label"], rows["value"]
    parts.line_in_band(ax, years, rows, colour)
    labels, lines = [(years[3], cost[3], "costs", INK)], parts.polyline(years, cost)
    for row in limits[limits["value"] > 0].itertuples():
        ax.axhline(row.value, color=GAIN, ls=row.dash)
        labels.append((row.at, row.value, row.label, GAIN))
        lines.append((0, row.value, YEARS, row.value))
    plotting.place_labels(ax, labels, lines)


def _draw_factors(ax, factors: pd.DataFrame) -> None:
    """By how much the cost changes in a year, and each part of that."""
    limits = parts.interval_limits(factors, 1.0)
    plotting.name_rows(ax, factors["label"])
    log_axis(ax, "x", limits)
    ax.set_xlabel("times, in a year")
    ax.axvline(1, color=SOFT, lw=1.2)
    parts.interval_rows(ax, factors, limits)


@figure
def break_even_years(study: Study) -> tuple:
    """When each segment covers its running cost on trend: shares of the draws."""
    years = [*map(str, range(YEARS + 1)), "never"]
    data = parts.results_table(study, study.segments, ["break_even_share"], years)
    half, rest = RESCUE_YEARS, YEARS - RESCUE_YEARS
    when = ["already"] + ["five"] * half + ["ten"] * rest + ["never"]
    shares = data.assign(when=when * len(study.segments))
    shares = shares.groupby(["segment", "when"])["value"].sum().unstack()
    shares = shares.loc[[*study.segments], WHEN.index].set_axis(map(study.title, study.segments))
    fig, ax = parts.row_sheet(shares.index, 1.3)
    _draw_shares(ax, shares)
    parts.legend_above(fig, WHEN)
    return fig, data, {"shares": shares, "labels": WHEN["label"]}


def _draw_shares(ax, shares: pd.DataFrame) -> None:
    """A row of stacked bars for each segment, numbers in those that are wide enough."""
    ax.set(xlim=(0, 1), xlabel="share of draws")
    parts.percent_axis(ax.xaxis)
    parts.stacked_bars(ax, shares, WHEN, 1)
    middles = shares.cumsum(axis=1) - shares / 2
    for (row, part), share in np.ndenumerate(shares):
        if share >= 0.14:
            place = dict(ha="center", va="center_baseline")
            ax.text(middles.iat[row, part], row, f"{100 * share:.0f} %", **place)


@figure
def quality_map(study: Study, segment: str) -> tuple:
    """How likely a segment covers its running cost within five years, by quality and efficiency."""
    gain, growth = study.assumptions.efficiency_gain, study.assumptions.quality_growth
    grid = results.quality_map(study, segment)
    likely, year = (
        grid.pivot(index=growth.parameter, columns=gain.parameter, values=name)
        for name in ("probability", "break_even_year")
    )
    fig, ax = plotting.sheet(4.4)
    crossed = year.min(axis=None) < RESCUE_YEARS < year.max(axis=None) and year.min(axis=None) > 0
    _draw_map(ax, likely)
    if crossed:
        with np.errstate(divide="ignore"):
            speed = RESCUE_YEARS / year
        ax.contour(year.columns, year.index, speed, [1.0], colors=[INK], linewidths=1.8)
    plotting.whisker(ax, growth.value, gain.low, gain.high, ax.get_xlim(), INK)
    plotting.whisker(ax, gain.value, growth.low, growth.high, ax.get_ylim(), INK, vertical=True)
    ax.plot(gain.value, growth.value, "o", color=INK, ms=10, **plotting.MARKER_STYLE)
    at = [
        np.abs(axis - q.value).argmin()
        for axis, q in ((likely.index, growth), (likely.columns, gain))
    ]
    facts = {"gain": gain, "growth": growth, "grid": grid, "here": likely.iat[tuple(at)]}
    facts |= {"when": _when(study, segment), "crossed": crossed, "years": RESCUE_YEARS}
    return fig, grid, facts


def _draw_map(ax, likely: pd.DataFrame) -> None:
    """Ten shades for the probability, and some of its values as numbers."""
    x, y = likely.columns, likely.index
    shades = [(ACCENT, (level + 0.3) / 12) for level in range(10)]
    ax.contourf(x, y, likely, np.linspace(0, 1, 11), colors=shades)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    ax.set(
        xlabel="compute saved by software in a year", ylabel="compute added by quality in a year"
    )
    parts.percent_axis(ax.xaxis, ax.yaxis)
    for row in (1, 8, 15):
        for column in (1, 6, 15):
            share = likely.iat[row, column]
            told = f"{format_significant(100 * share, 2 if share > 0.01 else 1)} %"
            ax.text(x[column], y[row], told, ha="center", va="center")
