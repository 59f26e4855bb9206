"""What a sweep found, as a sentence and as a page with a picture.

Judgement call: the picture shows at most `SHOWN` points an axis, both ends among them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Template
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.build.page import sheet
from analysis.commands.sweep import Axis, Grid, as_table, break_even_points, evaluate
from analysis.model.registry import METRICS
from analysis.show.figures import plotting
from analysis.show.html import Html
from analysis.show.numbers import format_percent, format_quantity, format_significant, join_and

PAGE = Template(Path(__file__).with_name("sweep.html.j2").read_text("utf-8"), autoescape=True)
SHOWN = 61
TOLD = 9  # points in the alternative text
LEVELS = (0.08, 0.25, 0.42, 0.58, 0.75, 0.92)  # shares of the map below its lines of equal value
NOTE = (
    "All other inputs are held at their best values, which the diamond marks; "
    "dashed: where a customer's contribution is zero."
)


def sentence(over: Grid, values: np.ndarray, covers: np.ndarray) -> str:
    """What the sweep found: the metric's values, and where a customer covers the running cost."""
    metric = METRICS[over.metric]
    about = f"{over.study.title(over.segment)}: {metric.meaning}"
    if np.isnan(values).all():
        return f"{about} is undefined at every point"
    if len(over.axes) == 2:
        low = format_quantity(np.nanmin(values), metric.unit)
        high = format_quantity(np.nanmax(values), metric.unit)
        found = f"lies between {low} and {high}"
        covered = f"at {format_percent(covers.mean())} of {covers.size:,} points"
    else:
        axis = over.axes[0]
        start, stop = map(format_significant, axis.values[[0, -1]])
        first, last = (format_quantity(value, metric.unit) for value in values[[0, -1]])
        found = f"is {first} at {axis.name} {start} and {last} at {stop}"
        covered = _covered_along(over, covers)
    return f"{about} {found}; a customer covers the running cost {covered}"


def _covered_along(over: Grid, covers: np.ndarray) -> str:
    zero = break_even_points(over)[over.axes[0].name]
    if len(zero):
        return f"{'up to' if covers[0] else 'from'} {format_significant(zero[0])}"
    return "at every value" if covers.all() else "at no value"


def page(over: Grid, values: np.ndarray, found: str) -> str:
    """The page: scenario, changes, the picture under what was found."""
    assumptions, metric = over.study.assumptions, METRICS[over.metric]
    swept = [axis.name for axis in over.axes]
    changed = [
        f"{name} {format_significant(assumptions.quantities[name].value, 6)}"
        for name in assumptions.changed
        if name not in swept
    ]
    body = PAGE.render(
        scenario=over.study.scenario,
        points=f"{values.size:,}",
        changed=join_and(changed) if changed else "",
        picture=picture(over, values, found),
    )
    return sheet(f"{over.study.title(over.segment)}: {metric.meaning}", body)


@plotting.styled
def picture(over: Grid, values: np.ndarray, title: str) -> Html:
    """A line, or a map with lines of equal value; with break-even and the best values."""
    small, places = _thinned(over)
    shown, zero, metric = values[places], break_even_points(small), METRICS[over.metric]
    label, note = f"{metric.meaning}, {metric.unit}", NOTE
    fig, ax = plotting.sheet(4.2)
    _axes(ax, small)
    if len(over.axes) == 1:
        _curve(ax, small.axes[0].values, shown, zero.iloc[:, 0], label)
    else:
        note = f"{label[0].upper()}{label[1:]}, on lines of equal value. {NOTE}"
        if np.isfinite(shown).any() and np.nanmin(shown) < np.nanmax(shown):
            _map(ax, [axis.values for axis in small.axes], shown)
            ax.plot(*zero.to_numpy().T, color=plotting.INK, lw=2.5, ls="--")
    _mark_best_values(ax, over)
    data = as_table(small, shown)
    return plotting.figure_html("sweep", title, _alternative(data, label), fig, data, note)


def _thinned(over: Grid) -> tuple[Grid, tuple]:
    """The grid with what the picture shows of it, and where that stands in the whole."""
    places = [_spread(len(axis.values), SHOWN) for axis in over.axes]
    axes = [
        replace(axis, values=axis.values[at]) for axis, at in zip(over.axes, places, strict=True)
    ]
    return replace(over, axes=tuple(axes)), np.ix_(*places)


def _spread(count: int, most: int) -> np.ndarray:
    """Numbers of at most so many things out of a row of them, both ends among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _alternative(data: pd.DataFrame, label: str) -> str:
    told = []
    for *at, value in data.iloc[_spread(len(data), TOLD)].itertuples(index=False):
        told.append(f"{format_significant(value)} at {join_and(map(format_significant, at))}")
    return f"{label}: {'; '.join(told)}."


def _mark_best_values(ax, over: Grid) -> None:
    """A diamond, where the best values lie inside the picture."""
    best = [axis.quantity.value for axis in over.axes]
    if len(over.axes) == 1:
        there = replace(over, axes=(Axis(over.axes[0].quantity, np.array(best)),))
        best.append(float(evaluate(there)[0]))
    inside = [axis.values[0] <= axis.quantity.value <= axis.values[-1] for axis in over.axes]
    if all(inside) and np.isfinite(best[-1]):
        ax.plot(*best, "D", color=plotting.INK, ms=8, **plotting.MARKER_STYLE)


def _axes(ax, over: Grid) -> None:
    """Name, ticks and ends of what is swept."""
    for axis, which in zip(over.axes, "xy", strict=False):
        ends = (axis.values[0], axis.values[-1])
        ax.set(**{f"{which}label": f"{axis.name}, {axis.quantity.unit}"})
        _ticks(getattr(ax, f"{which}axis"), 5)
        if over.log:
            plotting.log_axis(ax, which, ends)
        ax.set(**{f"{which}lim": ends})


def _ticks(axis, most: int) -> None:
    locator = MaxNLocator(most, steps=(1, 2, 5, 10))
    axis.set(major_locator=locator, major_formatter=FuncFormatter(plotting.tick))


def _curve(ax, points: np.ndarray, shown: np.ndarray, zero: pd.Series, label: str) -> None:
    """A line over one input, with zero where it is crossed and break-even where there is one."""
    ax.plot(points, shown, color=plotting.ACCENT, lw=2)
    ax.set_ylabel(label)
    _ticks(ax.yaxis, 6)
    if np.nanmin(shown, initial=0) < 0 < np.nanmax(shown, initial=0):
        ax.axhline(0, color=plotting.SOFT, lw=1.2)
    for root in zero:
        ax.axvline(root, color=plotting.INK, ls="--")


def _map(ax, points: list[np.ndarray], shown: np.ndarray) -> None:
    """Bands of about equal area, red below zero and green above, with labelled lines between."""
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    rounded = {float(f"{level:.2g}") for level in np.nanquantile(shown, LEVELS)}
    levels = sorted(level for level in rounded if low < level < high)
    edges = sorted({low, high, *levels} | ({0.0} if low < 0 < high else set()))
    ax.contourf(*points, shown.T, edges, colors=_band_colours(edges))
    if levels:
        look = {"colors": plotting.SOFT, "linewidths": 0.8, "linestyles": "solid"}
        lines = ax.contour(*points, shown.T, levels, **look)
        ax.clabel(lines, fmt=plotting.tick, fontsize=plotting.TYPE, colors=plotting.INK)


def _band_colours(edges: list[float]) -> list[tuple[str, float]]:
    """A colour and its opacity for each band, the deeper the farther from zero."""
    zero = np.searchsorted(edges, 0.0)
    depths = np.arange(len(edges) - 1) + 0.5 - zero
    loss, gain = plotting.LOSS, plotting.GAIN
    if not edges[0] < 0 < edges[-1]:
        loss = gain = plotting.ACCENT
    return [(gain if depth > 0 else loss, 0.09 * (abs(depth) + 0.5)) for depth in depths]
