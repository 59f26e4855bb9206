"""What figures share: who is drawn in which colour, words for counts and intervals, and the cascade of a sum and its parts."""
from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from analysis.figures.plotting import INK, SOFT, SURFACE, colour_of, marker_of, name_rows, tick, whisker
from analysis.prose import digits
from analysis.study import Study

INTERVAL = "Bars run from the 5th to the 95th percentile of the draws; marks are the best values."
CASCADE = "Each bar starts where the one above ends. Thin lines run from the 5th to the 95th percentile of that part; arrows: beyond."
MARK = {"mec": SURFACE, "mew": 0.7, "clip_on": False}


def count(n: int, of: int, one: str, many: str) -> str:
    """"3 of 8 segments earn": how many of them, with the verb that agrees."""
    return f"{'none' if n == 0 else 'all' if n == of > 1 else n} of {'the ' if n in (0, of) else ''}{of} segments {one if n < 2 else many}"


def drawn_as(study: Study) -> list[tuple[str, str, str, str]]:
    """Segment, title, colour and marker of every segment, in display order."""
    return [(s, study.title(s), colour_of(i), marker_of(i)) for i, s in enumerate(study.segments)]


def spread(row: dict, way: int = 1) -> str:
    return f"{digits(way * row['value'])} ({digits(row['p05'])} to {digits(row['p95'])})"


def reference(study: Study) -> tuple:
    """The reference model's case, as a point and as draws; what a second of it costs rests on shared quantities alone."""
    return tuple(case.replace(compute_factor=1.0) for case in (study.point(study.segments[0]), study.drawn(study.segments[0])))


def rows_table(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows).drop(columns=["probability_positive", "share_defined"], errors="ignore")


def linear(ax, label: str) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(tick))
    ax.set_xlabel(label)


def at_right(ax, row: int, text: str) -> None:
    ax.text(1.04, row, text, transform=ax.get_yaxis_transform(), va="center_baseline", ha="left")


def cascade(ax, steps: list[tuple[str, float, float, dict, str]], unit: str) -> None:
    """Bars that follow on one another, from the top: (label, start, direction, row of results, colour), each with its interval."""
    name_rows(ax, [label for label, *_ in steps])
    ends = [start + way * row["value"] for _, start, way, row, _ in steps if math.isfinite(row["value"])]
    tips = [start + way * row[p] for _, start, way, row, _ in steps for p in ("p05", "p95") if math.isfinite(row[p])]
    size = max((abs(e) for e in ends), default=0.0) or max((abs(t) for t in tips), default=0.0) or 1.0
    limits = max(min([0.0, *ends, *tips]), -2 * size), min(max([0.0, *ends, *tips]), 3 * size)
    limits = limits if limits[0] < limits[1] else (0.0, size)
    pad = 0.04 * (limits[1] - limits[0])
    limits = limits[0] - pad * (limits[0] < 0), limits[1] + pad
    ax.set_xlim(*limits)
    ax.axvline(0, color=SOFT, lw=1.2)
    for i, (_, start, way, row, colour) in enumerate(steps):
        if math.isfinite(row["value"]):
            ax.barh(i, way * row["value"], left=start, height=0.56, color=colour, alpha=0.75)
        whisker(ax, i, *sorted((start + way * row["p05"], start + way * row["p95"])), limits, INK, width=1.5)
        at_right(ax, i, digits(way * row["value"]) if math.isfinite(row["value"]) else "no market")
    linear(ax, unit)


def polyline(x: list, y: np.ndarray) -> list[tuple]:
    """The pieces of a line as boxes that labels should keep off."""
    return list(zip(x[:-1], np.minimum(y[:-1], y[1:]), x[1:], np.maximum(y[:-1], y[1:])))
