"""`sweep`: one metric of one segment while one or two inputs go from start to stop.

In: axes as `NAME=START:STOP:COUNT`, a segment, a metric; all other inputs stay at their medians.
Out: sweep.csv with every point, sweep.svg, and a sentence on where a customer breaks even.
"""

from __future__ import annotations

import argparse
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.build.publish import publish, recover, staging_folder
from analysis.build.request import REPORTS
from analysis.commands.command_line import add_changes, add_reports, changes_of
from analysis.errors import InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import Assumptions, Quantity, override, resolve
from analysis.inputs.parsing import nearest
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.model.fleet import break_even
from analysis.model.registry import METRICS, Case, reads

EXAMPLES = [
    "gpu_price=1:6:21 --segment previs --metric contribution",
    "gpu_price=1:6:21 served_intensity=5:100:21 --segment previs --metric headroom",
]
MOST_POINTS = 1_000_000
AXIS = re.compile(
    r"\s*(?P<name>[^=]*?)\s*=\s*(?P<start>[^:,]*):(?P<stop>[^:,]*):\s*(?P<count>[0-9]{1,9})\s*"
)
INK = "#1b1f24"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Axes, what is evaluated, and the other inputs."""
    add = command.add_argument
    says = "an input, from where to where, and at how many points"
    add("axes", nargs="+", metavar="NAME=START:STOP:COUNT", help=says)
    add("--segment", required=True, help="whose customers, for example previs")
    add("--metric", required=True, help="what is evaluated, for example contribution")
    says = "the other inputs (default: base); there are "
    add("--scenario", default="base", help=says + ", ".join(scenario_names()))
    add_changes(command)
    add_reports(command)


def run(asked: argparse.Namespace) -> None:
    """Print what was found and where it stands."""
    changes = changes_of(asked.changes)
    over = grid(asked.axes, asked.segment, asked.metric, asked.scenario, changes)
    folder, found = sweep_grid(over, asked.reports)
    print(f"{found}\n{folder / 'sweep.svg'}")


@dataclass(frozen=True)
class Grid:
    """What is asked for, checked: what is evaluated, and the values of each input that is swept."""

    study: Study
    segment: str
    metric: str
    axes: dict[Quantity, np.ndarray]

    @property
    def inputs(self) -> list[Quantity]:
        """What is swept, one or two."""
        return list(self.axes)

    @property
    def medians(self) -> Case:
        """The segment with every input at its median."""
        return self.study.point(self.segment)

    @property
    def label(self) -> str:
        """The metric with its unit."""
        metric = METRICS[self.metric]
        return f"{metric.meaning}, {metric.unit}"


def grid(
    axes: Sequence[str],
    segment: str,
    metric: str,
    scenario: str = "base",
    changes: Mapping[str, object] | None = None,
) -> Grid:
    """Check all that a sweep needs. Raises: InputError for the first thing that is wrong."""
    assumptions = resolve(None, scenario, changes)
    if segment not in assumptions.segments:
        hint = nearest(segment, assumptions.segments)
        raise InputError(f"--segment: unknown segment {segment[:60]!r}{hint}")
    study = Study(assumptions, read_scenario(scenario))
    _check_metric(study, segment, metric)
    if not 1 <= len(axes) <= 2:
        raise InputError(f"{len(axes)} axes: a sweep has one or two, as NAME=START:STOP:COUNT")
    over = Grid(study, segment, metric, dict(_axis(axis, assumptions) for axis in axes))
    _check_names(over, axes, list(changes or ()))
    points = math.prod(map(len, over.axes.values()))
    if points > MOST_POINTS:
        raise InputError(f"{points:,} points are too many; a sweep has at most {MOST_POINTS:,}")
    return over


def _check_metric(study: Study, segment: str, metric: str) -> None:
    model = study.business_model(segment)
    own = study.assumptions.own(segment)
    known = []
    for name, described in METRICS.items():
        if model in described.formulas or name in own:
            known.append(name)
    if metric not in known:
        hint = nearest(metric, known)
        raise InputError(f"--metric: {segment} has no metric {metric[:60]!r}{hint}")


def _axis(given: str, assumptions: Assumptions) -> tuple[Quantity, np.ndarray]:
    axis = AXIS.fullmatch(given)
    if not axis:
        example = "write NAME=START:STOP:COUNT, for example gpu_price=1:6:21"
        raise InputError(f"{given[:60]!r}: {example}")
    name = axis["name"]
    count = int(axis["count"])
    start = override(assumptions, {name: axis["start"]}).quantities[name].value
    stop = override(assumptions, {name: axis["stop"]}).quantities[name].value
    if not 2 <= count <= MOST_POINTS:
        raise InputError(f"{name}: {count:,} points; it is a number from 2 to {MOST_POINTS:,}")
    if start >= stop:
        raise InputError(f"{name}: START {start:g} is not below STOP {stop:g}")
    return assumptions.quantities[name], np.linspace(start, stop, count)


def _check_names(over: Grid, axes: Sequence[str], changed: list[str]) -> None:
    """That each input has an effect, and is set or swept once."""
    read = reads(over.medians.business_model, over.metric)
    quantities = over.study.assumptions.of(over.segment)
    effective = sorted(quantities[parameter].name for parameter in read)
    swept = [quantity.name for quantity in over.inputs]
    for name in swept + changed:
        if name not in effective:
            why = f"which follows from {', '.join(effective)}"
            raise InputError(f"{name} has no effect on {over.metric} of {over.segment}, {why}")
    if len(axes) > len(set(swept) - set(changed)):
        raise InputError(f"{swept[0]}: is swept twice, or set and swept; choose one")


def evaluate(over: Grid, metric: str = "") -> np.ndarray:
    """The metric at every point, a dimension for each axis; nan where it is undefined."""
    meshes = np.meshgrid(*over.axes.values(), indexing="ij")
    swept = [quantity.parameter for quantity in over.inputs]
    inputs = dict(zip(swept, meshes, strict=True))
    case = over.medians.replace(**inputs)
    with np.errstate(all="ignore"):
        values = np.asarray(getattr(case, metric or over.metric), dtype=float)
    everywhere = np.broadcast_to(values, meshes[0].shape)  # also what no axis moves
    return np.where(np.isfinite(everywhere), everywhere, np.nan)


def sweep_grid(over: Grid, reports: Path = REPORTS) -> tuple[Path, str]:
    """Evaluate a grid, put table and picture in place. Returns: the folder, and a sentence."""
    swept = [quantity.parameter for quantity in over.inputs]
    place = reports / "-".join(["sweep", over.segment, over.metric, *swept])
    values = evaluate(over)
    found = sentence(over, values)
    table = as_table(over, values)
    recover(reports)
    with staging_folder(place) as folder:
        table.to_csv(folder / "sweep.csv", index=False, lineterminator="\n", float_format="%.12g")
        draw(over, values, found, folder / "sweep.svg")
        publish(folder, place)
    return place, found


def as_table(over: Grid, values: np.ndarray) -> pd.DataFrame:
    """A row for each point, the last axis running fastest."""
    names = [quantity.name for quantity in over.inputs]
    points = pd.MultiIndex.from_product(over.axes.values(), names=names)
    return pd.Series(values.ravel(), points, name=over.metric).reset_index()


def zero(over: Grid) -> float:
    """Where on the first axis a customer's contribution is zero; nan for nowhere."""
    first = over.inputs[0]
    along = over.axes[first]
    return break_even(over.medians, first.parameter, along[0], along[-1])


def sentence(over: Grid, values: np.ndarray) -> str:
    """What the sweep found: the metric's values, and where a customer covers the running cost."""
    about = f"{over.study.title(over.segment)}: {over.label},"
    if np.isnan(values).all():
        return f"{about} is undefined at every point"
    covers = evaluate(over, "contribution") > 0
    if values.ndim == 2:
        found = f"lies between {np.nanmin(values):.3g} and {np.nanmax(values):.3g}"
        covered = f"at {covers.mean():.0%} of {covers.size:,} points"
    else:
        first = over.inputs[0]
        start, *_, stop = over.axes[first]
        ends = f"{values[0]:.3g} at {start:.3g} to {values[-1]:.3g} at {stop:.3g}"
        found = f"over {first.name} goes from {ends}"
        covered = _covered(covers, zero(over))
    return f"{about} {found}; a customer covers the running cost {covered}"


def _covered(covers: np.ndarray, root: float) -> str:
    if np.isfinite(root):
        side = "up to" if covers[0] else "from"
        return f"{side} {root:.3g}"
    return "at every value" if covers.all() else "at no value"


def draw(over: Grid, values: np.ndarray, title: str, path: Path) -> None:
    """A line, or a map; dashed where contribution is zero, a diamond at the medians."""
    import matplotlib as mpl  # takes long to import
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sweep", "font.size": 11}):
        fig = Figure(figsize=(7, 5), layout="constrained")
        ax = fig.subplots()
        if values.ndim == 1:
            _line(over, ax, values)
        else:
            _map(over, ax, values)
        ax.set_title(textwrap.fill(title, 80), fontsize=11, loc="left")
        fig.savefig(path, format="svg", metadata={"Date": None})


def _line(over: Grid, ax, values: np.ndarray) -> None:
    first = over.inputs[0]
    along = over.axes[first]
    ax.plot(along, values, color="#1f5fa8", lw=2)
    ax.axhline(0, color="#d5d9de", lw=1, zorder=0)
    ax.axvline(zero(over), color=INK, ls="--")
    ax.plot(first.value, getattr(over.medians, over.metric), "D", color=INK)
    ax.set(xlabel=_with_unit(first), xlim=along[[0, -1]], ylabel=over.label)


def _map(over: Grid, ax, values: np.ndarray) -> None:
    across, up = over.inputs
    x, y = over.axes.values()
    ax.set(xlabel=_with_unit(across), ylabel=_with_unit(up))
    if np.isfinite(values).any():
        scale = "log" if np.nanmin(values) > 0 else "linear"
        drawn = ax.pcolormesh(x, y, values.T, norm=scale, cmap="cividis", rasterized=True)
        ax.figure.colorbar(drawn, label=over.label)
        contribution = evaluate(over, "contribution").T
        if contribution.min() < 0 < contribution.max():
            ax.contour(x, y, contribution, [0], colors="white", linestyles="--")
        ax.plot(across.value, up.value, "D", color="white", mec=INK)
    ax.set(xlim=x[[0, -1]], ylim=y[[0, -1]])


def _with_unit(quantity: Quantity) -> str:
    return f"{quantity.name}, {quantity.unit}"
