"""What figures share: who is drawn in which colour, words for counts and intervals, named rows of intervals, and the cascade of a sum."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, NullLocator

from analysis.findings.sample import COLUMNS
from analysis.findings.study import Study
from analysis.show.figures.plotting import (
    INK,
    SOFT,
    SURFACE,
    colour_of,
    log_limits,
    marker_of,
    name_rows,
    row_height,
    sheet,
    tick,
    whisker,
)
from analysis.show.prose import format_significant

INTERVAL = "Bars run from the 5th to the 95th percentile of the draws; marks are the best values."
CASCADE = "Each bar starts where the one above ends. Thin lines run from the 5th to the 95th percentile of that part; arrows: beyond."
MARK = {"mec": SURFACE, "mew": 0.7, "clip_on": False}


def capital(sentence: str) -> str:
    """The sentence with a capital, where its first word depends on a number."""
    return sentence[0].upper() + sentence[1:]


def how_many(n: int, of: int) -> str:
    """ "none", "all" or how many of so many."""
    return "none" if n == 0 else "all" if n == of else str(n)


def segments_that(n: int, of: int, one: str, many: str) -> str:
    """ "3 of 8 segments earn": how many of them, with the verb that agrees."""
    return f"{'none' if n == 0 else 'all' if n == of > 1 else n} of {'the ' if n in (0, of) else ''}{of} segments {one if n < 2 else many}"


def segment_styles(study: Study) -> list[tuple[str, str, str, str]]:
    """Segment, title, colour and marker of every segment, in display order."""
    return [(s, study.title(s), colour_of(i), marker_of(i)) for i, s in enumerate(study.segments)]


def spread(row: dict) -> str:
    """A value with its interval."""
    return f"{format_significant(row['value'])} ({format_significant(row['p05'])} to {format_significant(row['p95'])})"


def spreads(rows: dict[str, dict]) -> str:
    """Values with their intervals, each after its name."""
    return "; ".join(f"{name} {spread(row)}" for name, row in rows.items())


def finite(row: dict, otherwise: str = "no market", stat: str = "value") -> str:
    """A number of a row of results, or a word where there is none."""
    return format_significant(row[stat]) if math.isfinite(row[stat]) else otherwise


def reference(study: Study) -> tuple:
    """The reference model's case, as a point and as draws; what a second of it costs rests on shared quantities alone."""
    return tuple(
        case.replace(compute_factor=1.0)
        for case in (study.point(study.segments[0]), study.drawn(study.segments[0]))
    )


def rows_table(rows: Iterable[dict] | pd.DataFrame) -> pd.DataFrame:
    """Rows of results as the data of a figure; the columns are named even where there is no row."""
    return pd.DataFrame(rows, columns=COLUMNS[:-2])


def row_limits(rows: Iterable[dict], *values: float, stat: str = "value") -> tuple[float, float]:
    """Limits of a log axis for rows of results, and further values."""
    rows = list(rows)
    return log_limits(
        [*values, *(row[stat] for row in rows)], [row[p] for row in rows for p in ("p05", "p95")]
    )


def row_sheet(labels: list[str], more: float, width: int = 18) -> tuple:
    """A sheet of one named row for each label, and `more` inches around them."""
    fig, ax = sheet(more + max(len(labels), 1) * row_height(labels, width))
    name_rows(ax, labels, width)
    return fig, ax


def at_right(ax, row: int, text: str) -> None:
    """A word or a number beside a row."""
    ax.text(1.04, row, text, transform=ax.get_yaxis_transform(), va="center_baseline", ha="left")


def interval_row(
    ax,
    i: int,
    row: dict,
    limits: tuple[float, float],
    colour: str,
    marker: str = "o",
    otherwise: str = "no market",
    stat: str = "value",
) -> None:
    """One row of results: its interval, its mark (an arrow at the edge where a log axis has no place for it), its number beside it."""
    whisker(ax, i, row["p05"], row["p95"], limits, colour)
    if math.isfinite(row[stat]):
        marker = marker if row[stat] > 0 or limits[0] <= 0 else "<"
        ax.plot(np.clip(row[stat], *limits), i, marker, color=colour, ms=9, **MARK)
    at_right(ax, i, finite(row, otherwise, stat))


def linear(ax, label: str, values: Iterable[float] = ()) -> tuple[float, float]:
    """A linear axis with few ticks; with values, one that holds them and zero, which is drawn. Returns its limits."""
    ax.xaxis.set(major_locator=MaxNLocator(4), minor_locator=NullLocator(), major_formatter=tick)
    ax.set_xlabel(label)
    if values := [v for v in values if math.isfinite(v)]:
        low, high = min(0.0, *values), max(0.0, *values)
        high = high if low < high else 1.0
        pad = 0.04 * (high - low)
        ax.set_xlim(low - pad * (low < 0), high + pad)
        ax.axvline(0, color=SOFT, lw=1.2)
    return ax.get_xlim()


def percent(*axes) -> None:
    """Ticks as per cent."""
    for axis in axes:
        axis.set_major_formatter(lambda v, _: f"{100 * v:.0f} %")


def cascade(ax, steps: list[tuple[str, dict, str, int]], unit: str) -> None:
    """Bars that follow on one another, from the top: (label, row of results, colour, way), each with its interval.

    A way of 1 adds to what stands above, -1 takes from it, and 0 is a total that starts at zero.
    """
    name_rows(ax, [label for label, *_ in steps])
    bars, end = [], 0.0
    for _, row, colour, way in steps:
        bars.append((end if way else 0.0, way or 1, row, colour))
        end += way * row["value"] if math.isfinite(row["value"]) else 0.0
    ends = [
        start + way * row["value"] for start, way, row, _ in bars if math.isfinite(row["value"])
    ]
    tips = [
        start + way * row[p]
        for start, way, row, _ in bars
        for p in ("p05", "p95")
        if math.isfinite(row[p])
    ]
    size = max(map(abs, ends), default=0.0) or max(map(abs, tips), default=0.0) or 1.0
    limits = linear(ax, unit, [0.0, *ends, *np.clip(tips, -2 * size, 3 * size)])
    for i, (start, way, row, colour) in enumerate(bars):
        if math.isfinite(row["value"]):
            ax.barh(i, way * row["value"], left=start, height=0.56, color=colour, alpha=0.75)
        whisker(
            ax,
            i,
            *sorted((start + way * row["p05"], start + way * row["p95"])),
            limits,
            INK,
            width=1.5,
        )
        at_right(
            ax,
            i,
            format_significant(way * row["value"]) if math.isfinite(row["value"]) else "no market",
        )


def polyline(x: Iterable[float], y: np.ndarray) -> list[tuple]:
    """The pieces of a line as boxes that labels should keep off."""
    return list(zip(x[:-1], np.minimum(y[:-1], y[1:]), x[1:], np.maximum(y[:-1], y[1:])))
