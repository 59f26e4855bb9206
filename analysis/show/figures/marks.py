"""What figures draw: medians as marks, intervals as bars, chances, parts of a whole.

In: rows with a label, the text told at its right, a colour and a marker, and numbers p05, p50 and
p95. Segments have one colour and one marker everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import seaborn as sns
from pandas import DataFrame, Index

from analysis.findings.claims import AT_LEAST_LIKELY, AT_MOST_UNLIKELY, LIKELIHOODS, claim
from analysis.findings.results import COLUMNS
from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.plotting import (
    GAIN,
    INK,
    LINE,
    LOSS,
    MARKERS,
    SERIES,
    SOFT,
    SURFACE,
    short_money,
)
from analysis.show.html import plain_text
from analysis.show.numbers import (
    format_percent,
    format_probability,
    format_quantity,
    interval_html,
)

LIKELY = min(low for word, low, _ in LIKELIHOODS if word in AT_LEAST_LIKELY)
UNLIKELY = max(high for word, _, high in LIKELIHOODS if word in AT_MOST_UNLIKELY)
DOT = {"linewidth": 0.8, "clip_on": False, "zorder": 3, "legend": False}


def segment_looks(study: Study) -> DataFrame:
    """Title, colour and marker of every segment, by its name.

    Past eight the colours repeat with other markers, so that no two of 72 look alike.
    """
    index = Index(study.segments, name="segment")
    titles = map(study.title, study.segments)
    colours = np.resize(SERIES, len(index))
    markers = np.resize([*MARKERS], len(index))
    looks = {"label": [*titles], "colour": colours, "marker": markers}
    return DataFrame(looks, index=index)


def median(row: dict) -> str:
    """The median of a row of results as people say it."""
    return format_quantity(row["p50"], row["unit"], 2)


def spread(row: dict) -> str:
    """The median of a row with its interval, where it has one."""
    if not row["p05"] < row["p95"]:
        return median(row)
    return f"{median(row)} ({plain_text(interval_html(row, 2))})"


def labelled(found, labels, colours, markers="o") -> DataFrame:
    """Rows of results with labels and looks; what is told is the median with its interval."""
    rows = DataFrame(found)[COLUMNS[:-2]]
    rows["label"] = list(labels)
    rows["told"] = [spread(row) for row in rows.to_dict("records")]
    rows["colour"] = list(colours)
    if len(markers) > 1:
        rows["marker"] = list(markers)
    else:
        rows["marker"] = markers
    return rows


def of_segments(study: Study, found) -> DataFrame:
    """Rows of results, one a segment, with the segments' looks."""
    looks = segment_looks(study)
    return labelled(found, looks.label, looks.colour, [*looks.marker])


def input_row(study: Study, segment: str, name: str, unit: str) -> dict:
    """An input as a row of results."""
    point = getattr(study.point(segment), name)
    drawn = getattr(study.drawn(segment), name)
    return study.summarised(segment, name, unit, point, drawn)


def chances(study: Study, names: Sequence[str]) -> DataFrame:
    """The probability of claims about every segment, a column for each claim."""
    table = segment_looks(study)[["label"]]
    for name in names:
        table[name] = [claim(study, name, segment).probability for segment in study.segments]
    table["told"] = table[list(names)].map(format_probability).agg(", ".join, axis=1)
    return table


def dots(ax, x, y, looks: DataFrame, size: float = 10, hollow: bool = False):
    """A mark for each x and y in its look; on the edge where it lies beyond the axis."""
    if looks.empty:
        return None
    left, right = ax.get_xlim()
    inside = np.clip([*x], left, right)
    each = np.arange(len(looks)).astype(str)
    shape = {"hue": each, "palette": [*looks.colour]}
    shape |= {"style": each, "markers": [*looks.marker]}
    sns.scatterplot(x=inside, y=[*y], s=size**2, edgecolor=SURFACE, ax=ax, **shape, **DOT)
    points = ax.collections[-1]
    if hollow:
        fill = points.get_facecolor()
        points.set(edgecolor=fill, facecolor=SURFACE, linewidth=1.8)
    return points


def intervals(ax, rows: DataFrame, y) -> None:
    """The 5th to 95th percentile as a bar, with an arrow where it goes on beyond the axis."""
    left, right = ax.get_xlim()
    low = rows.p05.clip(left, right)
    high = rows.p95.clip(left, right)
    ax.hlines(y, low, high, color=rows.colour, lw=6, alpha=0.35, clip_on=False)
    arrow = {"color": SOFT, "ms": 7, "mew": 0, "clip_on": False}
    for at in y[rows.p05 < left]:
        ax.plot(left, at, "<", **arrow)
    for at in y[rows.p95 > right]:
        ax.plot(right, at, ">", **arrow)


def ranges(ax, rows: DataFrame, y) -> None:
    """Medians as marks on the bars of their intervals."""
    intervals(ax, rows, y)
    below = rows.p50 < min(ax.get_xlim())
    arrows = rows.marker.mask(below, "<")
    dots(ax, rows.p50, y, rows.assign(marker=arrows))


def range_axis(ax, rows: DataFrame, words: str, more: Sequence[float] = ()) -> None:
    """A log axis of dollars for rows, and for more values."""
    limits = plotting.log_limits([*more, *rows.p50], [*rows.p05, *rows.p95])
    plotting.log_axis(ax, limits, short_money, words)


def range_figure(rows: DataFrame, words: str, line: float = np.nan):
    """A range of dollars in each row, on a log axis with a line that divides them."""
    told = [median(row) for row in rows.to_dict("records")]
    fig, ax, at = plotting.row_sheet(rows.label, told)
    range_axis(ax, rows, words, [line])
    ax.axvline(line, color=INK, lw=1.5)
    ranges(ax, rows, at)
    return fig


def bars(ax, rows: DataFrame, y) -> None:
    """Bars from zero to the median, in front of their intervals."""
    intervals(ax, rows, y)
    widths = rows.p50.clip(*ax.get_xlim())
    ax.barh(y, widths, height=12, color=rows.colour)
    ax.axvline(0, color=SOFT, lw=1.2)


def bar_figure(rows, words: str, limits: tuple, told: Callable = short_money):
    """A bar in each row, on an axis that holds zero."""
    fig, ax, at = plotting.row_sheet(rows.label, rows.told, words=plotting.TEXT_LINE)
    plotting.linear_axis(ax, limits, told, words)
    bars(ax, rows, at)
    return fig


def around_zero(rows: DataFrame) -> tuple[float, float]:
    """Limits that hold every bar, and intervals up to twice the longest bar."""
    most = rows.p50.abs().max() or 1.0
    low = max(rows.p05.min(), -2 * most)
    high = min(rows.p95.max(), 2 * most)
    return min(low, 0.0), max(high, 0.1 * most)


def share_axis(ax, y=()) -> None:
    """An axis from 0 to 100 %, with a line for each row."""
    ax.set_xlim(0, 1)
    plotting.set_ticks(ax, [0, 0.25, 0.5, 0.75, 1], format_percent)
    ax.hlines(y, 0, 1, color=LINE, lw=2, zorder=1)


def chance_axis(ax, y) -> None:
    """An axis from 0 to 100 % with the words of the scale above it."""
    share_axis(ax, y)
    plotting.set_ticks(ax, [0, UNLIKELY, LIKELY, 1], format_percent)
    ax.axvspan(0, UNLIKELY, color=LOSS, alpha=0.09, lw=0)
    ax.axvspan(LIKELY, 1, color=GAIN, alpha=0.09, lw=0)
    above = ax.secondary_xaxis("top")
    above.set_xticks([UNLIKELY / 2, 0.5, (1 + LIKELY) / 2], ["unlikely", "either way", "likely"])
    above.tick_params(length=0)
    above.spines["top"].set_visible(False)
