"""`sweep`: one metric of one segment while one or two inputs go from start to stop.

In: axes as `NAME=START:STOP:COUNT`, a segment, a metric; all other inputs stay at their best
values. Out: sweep.csv with every point, and sweep.html with the picture and where a customer breaks
even. Judgement calls: a point without a market is empty, as in results.csv; break-even is solved
and not read off the grid.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.build.request import REPORTS
from analysis.commands.command_line import add_changes, add_reports, changes_of
from analysis.commands.output import publish_files
from analysis.errors import InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import Assumptions, Quantity, override, resolve
from analysis.inputs.parsing import nearest
from analysis.inputs.scenarios import REPORT_NAME, read_scenario, scenario_names
from analysis.model.fleet import break_even
from analysis.model.registry import METRICS, reads
from analysis.show.numbers import join_and

EXAMPLES = [
    "gpu_price=1:6:21 --segment previs --metric contribution",
    "gpu_price=1:6:21 compute_intensity=10:240:21 --segment previs --metric headroom --log",
]
MOST_POINTS = 4_000_000
BLOCK = 2**16  # points evaluated at once, so that their arrays stay in the processor's cache


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Axes, what is evaluated, and the other inputs."""
    add = command.add_argument
    says = "an input, from where to where, and at how many points"
    add("axes", nargs="+", metavar="NAME=START:STOP:COUNT", help=says)
    add("--segment", required=True, help="whose customers, for example previs")
    add("--metric", required=True, help="what of them, for example contribution or headroom")
    says = "the other inputs (default: base); there are "
    add("--scenario", default="base", help=says + ", ".join(scenario_names()))
    add_changes(command)
    add("--log", action="store_true", help="points at equal ratios instead of equal steps")
    says = "name of the sweep, a folder of reports/ (default: sweep-SEGMENT-METRIC-INPUTS)"
    add("--name", help=says)
    add_reports(command)


def run(asked: argparse.Namespace) -> None:
    """Print what was found and where the picture stands."""
    changes = changes_of(asked.changes)
    over = grid(asked.axes, asked.segment, asked.metric, asked.scenario, changes, asked.log)
    folder, found = sweep_grid(over, asked.name, asked.reports)
    print(f"{found}\n{folder / 'sweep.html'}")


@dataclass(frozen=True)
class Axis:
    """An input that is swept, and its values."""

    quantity: Quantity
    values: np.ndarray

    @property
    def name(self) -> str:
        """The input's name as in --set."""
        return self.quantity.name


@dataclass(frozen=True)
class Grid:
    """What is asked for, checked."""

    study: Study
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
    assumptions = resolve(None, scenario, changes)
    if segment not in assumptions.segments:
        hint = nearest(segment, assumptions.segments)
        raise InputError(f"--segment: unknown segment {segment[:60]!r}{hint}")
    study = Study(assumptions, read_scenario(scenario))
    model, own = study.business_model(segment), assumptions.own(segment)
    known = [name for name, m in METRICS.items() if model in m.formulas or name in own]
    if metric not in known:
        hint = nearest(metric, known)
        raise InputError(f"--metric: {segment} has no metric {metric[:60]!r}{hint}")
    if not 1 <= len(axes) <= 2:
        form = "one or two, each written NAME=START:STOP:COUNT"
        raise InputError(f"{len(axes)} axes: a sweep has {form}")
    over = Grid(study, segment, metric, tuple(_axis(a, assumptions, log) for a in axes), log)
    _check_names(over, [axis.name for axis in over.axes], list(changes or ()))
    points = int(np.prod([len(axis.values) for axis in over.axes]))
    if points > MOST_POINTS:
        raise InputError(f"{points:,} points are too many; a sweep has at most {MOST_POINTS:,}")
    return over


def _axis(given: str, assumptions: Assumptions, log: bool) -> Axis:
    name, _, span = (part.strip() for part in given.partition("="))
    start, *others = (part.strip() for part in span.split(":"))
    if len(others) != 2 or not re.fullmatch("[0-9]+", others[-1]) or "," in span:
        example = "write NAME=START:STOP:COUNT, for example gpu_price=1:6:21"
        raise InputError(f"{given[:60]!r}: {example}")
    ends = [override(assumptions, {name: end}).quantities[name].value for end in (start, others[0])]
    start, stop, count = *ends, int(others[1][:9])
    if not 2 <= count <= MOST_POINTS:
        allowed = f"it is a whole number from 2 to {MOST_POINTS:,}"
        raise InputError(f"{name}: {count:,} points are not allowed; {allowed}")
    if start >= stop:
        raise InputError(f"{name}: START {start:g} is not below STOP {stop:g}")
    if log and start <= 0:
        why = f"cannot start at {start:g}; START must be above 0"
        raise InputError(f"{name}: equal ratios (--log) {why}")
    space = np.geomspace if log else np.linspace
    return Axis(assumptions.quantities[name], space(start, stop, count))


def _check_names(over: Grid, swept: list[str], changed: list[str]) -> None:
    """That each input has an effect, and is set or swept once."""
    inputs = reads(over.study.business_model(over.segment), over.metric)
    quantities = over.study.assumptions.of(over.segment)
    effective = sorted(quantities[parameter].name for parameter in inputs)
    for name in swept + changed:
        if name not in effective:
            why = f"which follows from {join_and(effective)}"
            raise InputError(f"{name} has no effect on {over.metric} of {over.segment}, {why}")
    for name in swept:
        if swept.count(name) > 1:
            raise InputError(f"{name}: is swept twice; choose one")
        if name in changed:
            raise InputError(f"{name}: is set and swept; choose one")


def evaluate(over: Grid, metric: str = "") -> np.ndarray:
    """The metric at every point, a dimension for each axis; nan where undefined or no market."""
    first, *rest = over.axes
    parameters = [axis.quantity.parameter for axis in over.axes]
    point = over.study.point(over.segment)
    values = np.empty([len(axis.values) for axis in over.axes])
    rows = max(1, BLOCK // values[0].size)
    for start in range(0, len(values), rows):
        block = slice(start, start + rows)
        sides = [first.values[block], *(axis.values for axis in rest)]
        meshes = np.meshgrid(*sides, indexing="ij", sparse=True)
        case = point.replace(**dict(zip(parameters, meshes, strict=True)))
        values[block] = np.where(case.has_market, getattr(case, metric or over.metric), np.nan)
    values[~np.isfinite(values)] = np.nan
    return values


def break_even_points(over: Grid) -> pd.DataFrame:
    """Where contribution is zero, by the names of the axes, in order along the curve.

    On one axis that is a point or none, on two a point for each value of either: contribution is
    monotonic in every input, so no value of the one axis has two of the other.
    """
    case = over.study.point(over.segment)

    def root(axis: Axis, **held: float) -> float:
        return break_even(case.replace(**held), axis.quantity.parameter, *axis.values[[0, -1]])

    names = [axis.name for axis in over.axes]
    if len(over.axes) == 1:
        points = [(root(over.axes[0]),)]
    else:
        x, y = over.axes
        points = [(root(x, **{y.quantity.parameter: value}), value) for value in y.values]
        points += [(value, root(y, **{x.quantity.parameter: value})) for value in x.values]
    return pd.DataFrame(points, columns=names).dropna().sort_values(names, ignore_index=True)


def sweep_grid(over: Grid, name: str | None = None, reports: Path = REPORTS) -> tuple[Path, str]:
    """Evaluate a grid, put table and picture in place. Returns: the folder, and a sentence."""
    from analysis.commands import sweep_page  # matplotlib takes long to import

    if name is None:
        parameters = [axis.quantity.parameter for axis in over.axes]
        name = "-".join(["sweep", over.segment, over.metric, *parameters])
    elif not REPORT_NAME.fullmatch(name):
        form = "use letters, digits, - and _, beginning with a letter or digit"
        raise InputError(f"report name {name[:60]!r} is not allowed; {form}")
    values = evaluate(over)
    found = sweep_page.sentence(over, values, evaluate(over, "contribution") > 0)
    table = as_table(over, values).to_csv(index=False, lineterminator="\n", float_format="%.12g")
    files = {"sweep.csv": table, "sweep.html": sweep_page.page(over, values, found)}
    return publish_files(reports, name, files), found


def as_table(over: Grid, values: np.ndarray) -> pd.DataFrame:
    """A row for each point, the last axis running fastest."""
    meshes = np.meshgrid(*(axis.values for axis in over.axes), indexing="ij")
    columns = {axis.name: mesh.ravel() for axis, mesh in zip(over.axes, meshes, strict=True)}
    return pd.DataFrame({**columns, over.metric: values.ravel()})
