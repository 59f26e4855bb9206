"""The path: what a second will cost, when segments break even, and quality against efficiency.

Judgement calls: the path of unit cost is that of the app; a draw without a market never breaks even.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from analysis.findings.study import Study
from analysis.model import trend as trajectory
from analysis.show.figures.parts import (
    MARK,
    capital,
    interval_row,
    percent,
    polyline,
    row_limits,
    row_sheet,
    rows_table,
    segments_that,
    spread,
    spreads,
)
from analysis.show.figures.plotting import (
    ACCENT,
    GAIN,
    INK,
    SOFT,
    colour_of,
    figure_html,
    log_axis,
    log_limits,
    name_rows,
    place_labels,
    sheet,
    styled,
    whisker,
)
from analysis.show.figures.supply import key, stack
from analysis.show.prose import Html, format_percent, format_quantity, format_significant, join_and

WHEN = {
    "already": ("already", ACCENT, 0.85),
    "five": ("within 5 years", ACCENT, 0.5),
    "ten": ("in 5 to 10 years", ACCENT, 0.22),
    "never": ("never, or no market", SOFT, 0.3),
}
FACTORS = {
    "software": "software",
    "pass_back": "suppliers keep",
    "hardware": "hardware",
    "quality": "quality",
    "all": "together",
}
SHADES = 10


def _when(study: Study, segment: str) -> str:
    """When the running cost is covered on trend, at the best values."""
    year = study.result(segment, "break_even_year")["value"]
    return (
        "already"
        if year == 0
        else f"from year {format_significant(year)} on"
        if year > 0
        else "at no time within ten years"
    )


@styled
def unit_cost(study: Study) -> Html:
    """The cost of the app's generated second over ten years, beside what it earns; below, the yearly factor and its parts."""
    s = (*study.consumer_segments(), *study.segments)[0]
    years = np.arange(trajectory.YEARS + 1)
    rows = [study.result(s, "unit_cost", str(year)) for year in years]
    value, low, high = (np.array([row[p] for row in rows]) for p in ("value", "p05", "p95"))
    earned, served = (
        study.result(s, "revenue_per_generated_second"),
        study.result(s, "affordable_cost_per_second"),
    )
    factors = {
        name: study.result("all", "yearly_cost_factor", part) for part, name in FACTORS.items()
    }
    fig, (path, parts) = sheet(6.0, 2, height_ratios=(3.4, 2))
    log_axis(path, "y", log_limits([*value, earned["value"], served["value"]], [*low, *high]), 6)
    path.set(xlim=(0, years[-1]), xlabel="years from now", ylabel="USD per generated second")
    colour = colour_of(study.segments.index(s))
    path.fill_between(years, low, high, color=colour, alpha=0.18, lw=0)
    path.plot(years, value, color=colour, lw=2.2)
    labels, lines = [(years[3], value[3], "costs", INK)], polyline(years, value)
    for row, word, dash, at in (
        (earned, "earns", "--", 1),
        (served, "earns, less service", ":", 4),
    ):
        if row["value"] > 0:
            path.axhline(row["value"], color=GAIN, ls=dash)
            labels.append((at, row["value"], word, GAIN))
            lines.append((0, row["value"], years[-1], row["value"]))
    place_labels(path, labels, lines)
    limits = row_limits(factors.values(), 1.0)
    name_rows(parts, [*factors])
    log_axis(parts, "x", limits, 5)
    parts.set_xlabel("times, in a year")
    parts.axvline(1, color=SOFT, lw=1.2)
    for i, (part, row) in enumerate(factors.items()):
        interval_row(parts, i, row, limits, *((INK, "D") if part == "together" else (ACCENT, "o")))
    title = (
        f"On trend, a generated second of {study.title(s)} goes from {format_quantity(value[0], 'USD')} to {format_quantity(value[-1], 'USD')} in ten years "
        f"({format_significant(low[-1])} to {format_significant(high[-1])}), times {format_significant(factors['together']['value'])} a year; at the best values it is "
        f"covered {_when(study, s)}"
    )
    alt = f"USD per generated second by year: {spreads(dict(zip(years, rows)))}. Earned {spread(earned)}. Factors: {spreads(factors)}."
    note = (
        "Bands and bars run from the 5th to the 95th percentile. The running cost is covered where the line of cost is below that of "
        "earnings less service."
        + "".join(
            f" Not drawn, not being above zero: {name}."
            for row, name in ((earned, "earnings"), (served, "earnings less service"))
            if not row["value"] > 0
        )
    )
    return figure_html(
        "unit-cost", title, alt, fig, rows_table([*rows, earned, served, *factors.values()]), note
    )


@styled
def break_even_years(study: Study) -> Html:
    """When each segment covers its running cost on trend: shares of the draws."""
    half, names = trajectory.RESCUE_YEARS, {s: study.title(s) for s in study.segments}
    spans = {
        "already": ["0"],
        "five": range(1, half + 1),
        "ten": range(half + 1, trajectory.YEARS + 1),
        "never": ["never"],
    }
    rows = {
        s: {
            when: [study.result(s, "break_even_share", str(y)) for y in span]
            for when, span in spans.items()
        }
        for s in names
    }
    shares = {
        s: {when: sum(row["value"] for row in some) for when, some in own.items()}
        for s, own in rows.items()
    }
    fig, ax = row_sheet([*names.values()], 1.3)
    ax.set(xlim=(0, 1), xlabel="share of draws")
    percent(ax.xaxis)
    key(fig, [*WHEN.values()])
    for i, own in enumerate(shares.values()):
        stack(ax, i, [*own.values()], [*WHEN.values()], 1)
        for end, width in zip(np.cumsum([*own.values()]), own.values()):
            if width >= 0.14:
                ax.text(
                    end - width / 2, i, f"{100 * width:.0f} %", ha="center", va="center_baseline"
                )
    pay = sum(own["already"] > 0.5 for own in shares.values())
    never = [
        f"{names[s]} ({format_percent(own['never'])})"
        for s, own in shares.items()
        if own["never"] > 0.5
    ]
    later, helped = max(
        ((s, own["five"] + own["ten"]) for s, own in shares.items()), key=lambda pair: pair[1]
    )
    title = capital(
        f"{segments_that(pay, len(names), 'covers its', 'cover their')} running cost already in most draws"
        + (f"; at no time within ten years in most: {join_and(never)}" if never else "")
        + (
            f". Time helps {names[later]} the most, in {format_percent(helped)} of draws"
            if helped >= 0.01
            else ""
        )
    )
    alt = (
        "Share of draws. "
        + "; ".join(
            f"{names[s]}: "
            + ", ".join(f"{WHEN[w][0]} {format_percent(min(v, 1.0))}" for w, v in own.items())
            for s, own in shares.items()
        )
        + "."
    )
    note = "On trend: software, hardware, quality and prices move at rates drawn once for all ten years. A part below 14 % bears no number."
    data = rows_table(row for own in rows.values() for some in own.values() for row in some)
    return figure_html("break-even-years", title, alt, fig, data, note)


@styled
def quality_map(study: Study, segment: str) -> Html:
    """The probability that a segment covers its running cost within five years, by growth of quality and gain of efficiency."""
    gain, growth = study.assumptions.efficiency_gain, study.assumptions.quality_growth
    grid = trajectory.quality_map(study, segment)
    x, y = (np.unique(grid[q.parameter]) for q in (gain, growth))
    p, year = (
        grid[name].to_numpy().reshape(len(x), len(y)).T
        for name in ("probability", "break_even_year")
    )
    dx, dy = (np.diff(v)[0] / 2 for v in (x, y))
    fig, ax = sheet(4.4)
    ax.set(xlim=(x[0] - dx, x[-1] + dx), ylim=(y[0] - dy, y[-1] + dy))
    ax.set(
        xlabel="compute saved by software in a year", ylabel="compute added by quality in a year"
    )
    percent(ax.xaxis, ax.yaxis)
    shade = np.minimum((p * SHADES).astype(int), SHADES - 1)
    for level in np.unique(shade):
        cells = [
            Path(
                [
                    (a - dx, b - dy),
                    (a + dx, b - dy),
                    (a + dx, b + dy),
                    (a - dx, b + dy),
                    (a - dx, b - dy),
                ],
                closed=True,
            )
            for j, b in enumerate(y)
            for i, a in enumerate(x)
            if shade[j, i] == level
        ]
        ax.add_patch(
            PathPatch(
                Path.make_compound_path(*cells),
                fc=ACCENT,
                alpha=(level + 0.3) / (SHADES + 2),
                lw=0,
                antialiased=False,
            )
        )
    with np.errstate(divide="ignore"):
        speed = trajectory.RESCUE_YEARS / year
    crossed = speed.min() < 1 < speed.max() < np.inf
    if crossed:
        ax.contour(x, y, speed, [1.0], colors=[INK], linewidths=1.8)
    whisker(ax, growth.value, gain.low, gain.high, ax.get_xlim(), INK)
    whisker(ax, gain.value, growth.low, growth.high, ax.get_ylim(), INK, vertical=True)
    ax.plot(gain.value, growth.value, "o", color=INK, ms=10, **MARK)
    for j, i in product((1, 8, 15), (1, 6, 15)):
        ax.text(
            x[i],
            y[j],
            f"{format_significant(100 * p[j, i], 2 if p[j, i] > 0.01 else 1)} %",
            ha="center",
            va="center",
        )
    best = p[np.abs(y - growth.value).argmin(), np.abs(x - gain.value).argmin()]
    title = (
        f"{study.title(segment)}: near {format_percent(gain.value)} of compute saved and {format_percent(growth.value)} added in a year, the running "
        f"cost is covered within five years in {format_percent(best)} of draws"
        + (
            f"; over the map, in {format_percent(p.min())} to {format_percent(p.max())}"
            if p.min() < p.max()
            else ", as everywhere on the map"
        )
    )
    alt = f"{title}. With all inputs at their best values it is covered {_when(study, segment)}."
    note = (
        "The stronger the colour, the more draws; numbers are shares of draws. Cross: the assumed ranges, at the best values. "
        + (
            "Line: covered after five years, all other inputs at their best values."
            if crossed
            else f"All other inputs at their best values, it is covered in five years {'everywhere' if speed.min() >= 1 else 'nowhere'}."
        )
    )
    return figure_html(f"quality-map-{segment}", title, alt, fig, grid, note)
