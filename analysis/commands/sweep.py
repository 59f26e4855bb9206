"""The model over a grid: one metric of one segment while one or two inputs go from start to stop, all others at their best values.

In: axes as `NAME=START:STOP:COUNT`, a segment, a metric. Out: sweep.csv with every point, and sweep.html with the picture and where a
customer breaks even. Judgement calls: a point without a market is empty, as in results.csv; the picture shows at most `SHOWN` points
an axis, both ends among them; break-even is solved and not read off the grid.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.build.page import sheet
from analysis.build.request import REPORT_NAME, REPORTS
from analysis.commands.compare import publish_files
from analysis.errors import InputError
from analysis.findings.sample import Sample, has_market, inputs_of
from analysis.inputs.assumptions import (
    Assumptions,
    Quantity,
    nearest,
    override,
    read_scenario,
    resolve,
)
from analysis.model.metrics import IDENTITIES, break_even
from analysis.show.figures import plotting
from analysis.show.figures.parts import MARK
from analysis.show.prose import Html, format_percent, format_quantity, format_significant, join_and

MOST_POINTS = 4_000_000
BLOCK = 2**16  # points evaluated at once, so that their arrays stay in the processor's cache
SHOWN = 61


@dataclass(frozen=True)
class Axis:
    """An input that is swept, and where it goes."""

    quantity: Quantity
    values: np.ndarray

    @property
    def name(self) -> str:
        """The input's name as in --set."""
        return self.quantity.name


@dataclass(frozen=True)
class Grid:
    """What is asked for, checked."""

    sample: Sample
    segment: str
    metric: str
    axes: tuple[Axis, ...]
    log: bool


def grid(
    axes: Sequence[str],
    segment: str,
    metric: str,
    scenario: str = "base",
    changes: Mapping[str, object] | None = None,
    log: bool = False,
) -> Grid:
    """Check all that a sweep needs. Raises: InputError for the first thing that is wrong."""
    assumptions, changes = resolve(None, scenario, changes), changes or {}
    if segment not in assumptions.segments:
        raise InputError(
            f"--segment: unknown segment {segment[:60]!r}{nearest(segment, assumptions.segments)}"
        )
    sample, model = (
        Sample(assumptions, read_scenario(scenario)),
        assumptions.about(segment)["business_model"],
    )
    metrics = [
        name
        for name, i in IDENTITIES.items()
        if model in i.formulas or name in assumptions.own(segment)
    ]
    if metric not in metrics:
        raise InputError(
            f"--metric: {segment} has no metric {metric[:60]!r}{nearest(metric, metrics)}"
        )
    if not 1 <= len(axes) <= 2:
        raise InputError(
            f"{len(axes)} axes: a sweep has one or two, each written NAME=START:STOP:COUNT"
        )
    point, names = sample.point(segment), [axis.partition("=")[0].strip() for axis in axes]
    reads = {q.name for p, q in assumptions.of(segment).items() if p in inputs_of(point, metric)}
    found = tuple(_axis(axis, assumptions, log) for axis in axes)
    for name in [*names, *changes]:
        if name not in reads:
            raise InputError(
                f"{name} has no effect on {metric} of {segment}, which follows from {join_and(sorted(reads))}"
            )
    if twice := [name for i, name in enumerate(names) if name in names[:i] or name in changes]:
        raise InputError(
            f"{twice[0]}: is {'set and swept' if twice[0] in changes else 'swept twice'}; choose one"
        )
    if (points := int(np.prod([len(axis.values) for axis in found]))) > MOST_POINTS:
        raise InputError(f"{points:,} points are too many; a sweep has at most {MOST_POINTS:,}")
    return Grid(sample, segment, metric, found, log)


def _axis(given: str, assumptions: Assumptions, log: bool) -> Axis:
    name, _, span = (part.strip() for part in given.partition("="))
    parts = [part.strip() for part in span.split(":")]
    if len(parts) != 3 or not parts[2].isascii() or not parts[2].isdigit() or "," in span:
        raise InputError(
            f"{given[:60]!r}: write NAME=START:STOP:COUNT, for example gpu_price=1:6:21"
        )
    start, stop = (override(assumptions, {name: end}).quantities[name].value for end in parts[:2])
    count, q = int(parts[2][:9]), assumptions.quantities[name]
    if not 2 <= count <= MOST_POINTS:
        raise InputError(
            f"{name}: {count:,} points are not allowed; it is a whole number from 2 to {MOST_POINTS:,}"
        )
    if not start < stop:
        raise InputError(f"{name}: START {start:g} is not below STOP {stop:g}")
    if log and start <= 0:
        raise InputError(
            f"{name}: equal ratios (--log) cannot start at {start:g}; START must be above 0"
        )
    return Axis(q, (np.geomspace if log else np.linspace)(start, stop, count))


def evaluate(over: Grid, metric: str = "") -> np.ndarray:
    """The metric at every point, an array with a dimension for each axis; nan where it is undefined or has no market."""
    first, *rest = over.axes
    values = np.empty([len(axis.values) for axis in over.axes])
    rows = max(1, BLOCK // values[0].size)
    for start in range(0, len(values), rows):
        block = slice(start, start + rows)
        meshes = np.meshgrid(
            first.values[block], *(axis.values for axis in rest), indexing="ij", sparse=True
        )
        case = over.sample.point(over.segment).replace(
            **{axis.quantity.parameter: mesh for axis, mesh in zip(over.axes, meshes)}
        )
        values[block] = np.where(has_market(case), getattr(case, metric or over.metric), np.nan)
    values[~np.isfinite(values)] = np.nan
    return values


def thinned(over: Grid) -> tuple[Grid, tuple]:
    """The grid with what the picture shows of it, and where that stands in the whole."""
    at = [
        np.unique(
            np.linspace(0, len(axis.values) - 1, min(len(axis.values), SHOWN)).round().astype(int)
        )
        for axis in over.axes
    ]
    return replace(
        over, axes=tuple(replace(axis, values=axis.values[i]) for axis, i in zip(over.axes, at))
    ), np.ix_(*at)


def line(over: Grid) -> pd.DataFrame:
    """Where contribution is zero: on one axis a point or none, on two a point for each value of either, in order along the curve.

    Contribution is monotonic in every input, so that no value of the one axis has two of the other.
    """
    point, names = over.sample.point(over.segment), [axis.name for axis in over.axes]

    def root(axis: Axis, **held: float) -> float:
        return break_even(
            point.replace(**held), axis.quantity.parameter, axis.values[0], axis.values[-1]
        )

    if len(over.axes) == 1:
        found = [{names[0]: root(over.axes[0])}]
    else:
        found = [
            {axis.name: root(axis, **{other.quantity.parameter: value}), other.name: value}
            for axis, other in (over.axes, over.axes[::-1])
            for value in other.values
        ]
    return pd.DataFrame(found, columns=names).dropna().sort_values(names, ignore_index=True)


def sentence(over: Grid, values: np.ndarray, covers: np.ndarray) -> str:
    """What the sweep found, in a sentence that follows it."""
    metric, who, covered = (
        IDENTITIES[over.metric],
        over.sample.title(over.segment),
        f"at {format_percent(covers.mean())} of {covers.size:,} points",
    )
    if np.isnan(values).all():
        return f"{who}: {metric.meaning} is undefined at every point"
    if len(over.axes) == 2:
        low, high = (
            format_quantity(end, metric.unit) for end in (np.nanmin(values), np.nanmax(values))
        )
        return f"{who}: {metric.meaning} lies between {low} and {high}; a customer covers the running cost {covered}"
    axis, zero = over.axes[0], line(over)[over.axes[0].name]
    start, stop = map(format_significant, axis.values[[0, -1]])
    first, last = (format_quantity(value, metric.unit) for value in values[[0, -1]])
    if len(zero):
        covered = f"{'up to' if covers[0] else 'from'} {format_significant(zero[0])}"
    elif covers.all() or not covers.any():
        covered = "at every value" if covers.all() else "at no value"
    return f"{who}: {metric.meaning} is {first} at {axis.name} {start} and {last} at {stop}; a customer covers the running cost {covered}"


@plotting.styled
def picture(over: Grid, values: np.ndarray, title: str) -> Html:
    """A line, or a map with lines of equal value; with break-even, and the best values where they lie inside."""
    small, at = thinned(over)
    shown, zero, metric = values[at], line(small), IDENTITIES[over.metric]
    points, label = [axis.values for axis in small.axes], f"{metric.meaning}, {metric.unit}"
    fig, ax = plotting.sheet(4.2)
    _axes(ax, small)
    best = [axis.quantity.value for axis in small.axes]
    if len(points) == 1:
        _curve(ax, points[0], shown, zero.iloc[:, 0], label)
        best.append(
            float(evaluate(replace(over, axes=(replace(over.axes[0], values=np.array(best)),)))[0])
        )
    elif np.isfinite(shown).any() and np.nanmin(shown) < np.nanmax(shown):
        _map(ax, points, shown)
        ax.plot(zero.iloc[:, 0], zero.iloc[:, 1], color=plotting.INK, lw=2.5, ls="--")
    if np.isfinite(best[-1]) and all(
        axis.values[0] <= axis.quantity.value <= axis.values[-1] for axis in over.axes
    ):
        ax.plot(*best, "D", color=plotting.INK, ms=8, **MARK)
    data = pd.DataFrame(
        itertools.product(*points), columns=[axis.name for axis in small.axes]
    ).assign(**{over.metric: shown.ravel()})
    some = data.iloc[np.unique(np.linspace(0, len(data) - 1, 9).astype(int))]
    alt = (
        f"{label}: "
        + "; ".join(
            f"{format_significant(row[-1])} at {join_and(map(format_significant, row[:-1]))}"
            for row in some.itertuples(index=False)
        )
        + "."
    )
    note = "All other inputs are held at their best values, which the diamond marks; dashed: where a customer's contribution is zero."
    if len(points) == 2:
        note = f"{label[0].upper()}{label[1:]}, on lines of equal value. {note}"
    return plotting.figure_html("sweep", title, alt, fig, data, note)


def _axes(ax, over: Grid) -> None:
    """Name, ticks and ends of what is swept."""
    for axis, which in zip(over.axes, "xy"):
        getattr(ax, f"set_{which}label")(f"{axis.name}, {axis.quantity.unit}")
        getattr(ax, f"{which}axis").set(
            major_locator=MaxNLocator(5, steps=(1, 2, 5, 10)),
            major_formatter=FuncFormatter(plotting.tick),
        )
        if over.log:
            plotting.log_axis(ax, which, (axis.values[0], axis.values[-1]))
        getattr(ax, f"set_{which}lim")(axis.values[0], axis.values[-1])


def _curve(ax, points: np.ndarray, shown: np.ndarray, zero: pd.Series, label: str) -> None:
    """A line over one input, with zero where it is crossed and break-even where there is one."""
    ax.plot(points, shown, color=plotting.ACCENT, lw=2)
    ax.set_ylabel(label)
    ax.yaxis.set(
        major_locator=MaxNLocator(6, steps=(1, 2, 5, 10)),
        major_formatter=FuncFormatter(plotting.tick),
    )
    if np.nanmin(shown, initial=0) < 0 < np.nanmax(shown, initial=0):
        ax.axhline(0, color=plotting.SOFT, lw=1.2)
    for root in zero:
        ax.axvline(root, color=plotting.INK, ls="--")


def _map(ax, points: list[np.ndarray], shown: np.ndarray) -> None:
    """Bands of about equal area, the deeper the farther from zero, red below and green above it, with labelled lines between."""
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    levels = sorted(
        {float(f"{q:.2g}") for q in np.nanquantile(shown, (0.08, 0.25, 0.42, 0.58, 0.75, 0.92))}
        - {low, high}
    )
    levels = [level for level in levels if low < level < high]
    edges = sorted({low, high, *levels} | ({0.0} if low < 0 < high else set()))
    below = sum(edge < 0 for edge in edges[:-1]) if high > 0 else len(edges)
    signs = (plotting.LOSS, plotting.GAIN) if low < 0 < high else (plotting.ACCENT, plotting.ACCENT)
    depths = [
        (i >= below, below - i if i < below else i - below + 1) for i in range(len(edges) - 1)
    ]
    ax.contourf(
        *points, shown.T, edges, colors=[(signs[above], 0.09 * depth) for above, depth in depths]
    )
    if levels:
        lines = ax.contour(
            *points, shown.T, levels, colors=plotting.SOFT, linewidths=0.8, linestyles="solid"
        )
        ax.clabel(lines, fmt=plotting.tick, fontsize=plotting.TYPE, colors=plotting.INK)


def run(over: Grid, name: str | None = None, reports: Path = REPORTS) -> tuple[Path, str]:
    """Evaluate a grid and put its table and picture in place. Returns: the folder, and what was found in a sentence."""
    if name is not None and not REPORT_NAME.fullmatch(name):
        raise InputError(
            f"report name {name[:60]!r} is not allowed; use letters, digits, - and _, beginning with a letter or digit"
        )
    name = name or "-".join(
        ["sweep", over.segment, over.metric, *(axis.quantity.parameter for axis in over.axes)]
    )
    values = evaluate(over)
    found = sentence(over, values, evaluate(over, "contribution") > 0)
    columns = [[f"{v:.12g}" for v in axis.values.tolist()] for axis in over.axes]
    numbers = ("" if v != v else f"{v:.12g}" for v in values.ravel().tolist())
    head = [*(axis.name for axis in over.axes), over.metric]
    table = (
        "\n".join(
            map(
                ",".join,
                [head, *((*point, v) for point, v in zip(itertools.product(*columns), numbers))],
            )
        )
        + "\n"
    )
    assumptions, scenario = over.sample.assumptions, over.sample.scenario
    changed = [
        f"{n} {format_significant(assumptions.quantities[n].value, 6)}"
        for n in assumptions.changed
        if n not in head
    ]
    facts = f"Scenario {scenario.name}: {scenario.title}. {values.size:,} points in sweep.csv."
    facts += f" Changed: {join_and(changed)}." if changed else ""
    title = f"{over.sample.title(over.segment)}: {IDENTITIES[over.metric].meaning}"
    page = sheet(title, f"<p>{html.escape(facts)}</p>{picture(over, values, found)}")
    return publish_files(reports, name, {"sweep.csv": table, "sweep.html": page}), found
