"""What figures share: colours of segments, words for counts and intervals, rows, and waterfalls."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis.findings.results import COLUMNS
from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.plotting import INK, SOFT, SURFACE, whisker
from analysis.show.numbers import format_significant, how_many

RESULT_COLUMNS = COLUMNS[:-2]


def segments_that(n: int, of: int, one: str, many: str, capital: bool = False) -> str:
    """ "3 of 8 segments earn": how many of them, with the verb that agrees."""
    which = str(n) if of == 1 == n else how_many(n, of)
    which = which.capitalize() if capital else which
    article = "the " if n in (0, of) else ""
    return f"{which} of {article}{of} segments {one if n < 2 else many}"


def number_or(value: float, otherwise: str = "no market") -> str:
    """A number, or a word where there is none."""
    return format_significant(value) if math.isfinite(value) else otherwise


def spread(row) -> str:
    """The value of a row of results with its interval."""
    low, value, high = (format_significant(row[stat]) for stat in ("p05", "value", "p95"))
    return f"{value} ({low} to {high})"


def results_table(
    study: Study, segments: Iterable[str], metrics: Iterable[str], details: Iterable[str] = ("",)
) -> pd.DataFrame:
    """The results of those segments, metrics and details, all with each other."""
    rows = [study.result(*name) for name in product(segments, metrics, details)]
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


def segment_styles(study: Study) -> pd.DataFrame:
    """Segment, its title as label, colour and marker, in display order."""
    rows = [
        (s, study.title(s), plotting.colour_of(i), plotting.marker_of(i))
        for i, s in enumerate(study.segments)
    ]
    return pd.DataFrame(rows, columns=["segment", "label", "colour", "marker"])


def segment_results(study: Study, metric: str, detail: str = "") -> pd.DataFrame:
    """A metric of every segment, with the segment's label, colour and marker."""
    results = results_table(study, study.segments, [metric], [detail])
    return results.merge(segment_styles(study), on="segment", validate="1:1")


def reference(study: Study) -> tuple:
    """The reference model's case as a point and as draws; its second costs what all share."""
    cases = study.point(study.shared), study.drawn(study.shared)
    return tuple(case.replace(compute_factor=1.0) for case in cases)


def interval_limits(rows: pd.DataFrame, *more: float, stat: str = "value") -> tuple[float, float]:
    """Limits of a log axis for rows of results, and for further values."""
    return plotting.log_limits([*more, *rows[stat]], [*rows["p05"], *rows["p95"]])


def polyline(x: Iterable[float], y: Iterable[float]) -> list[tuple]:
    """The pieces of a line as boxes that labels should keep off."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
    return [*np.column_stack([x[:-1], low, x[1:], high])]


def row_sheet(labels: Iterable[str], more: float, width: int = 18) -> tuple:
    """A sheet of one named row for each label, and `more` inches around them."""
    labels = list(labels)
    height = plotting.row_height(labels, width)
    fig, ax = plotting.sheet(more + max(len(labels), 1) * height)
    plotting.name_rows(ax, labels, width)
    return fig, ax


def at_right(ax, row: float, text: str) -> None:
    """A word or a number beside a row."""
    across = ax.get_yaxis_transform()
    ax.text(1.04, row, text, transform=across, va="center_baseline", ha="left")


def marks(ax, x, y, colours, markers, size: float = 9, hollow: bool = False) -> None:
    """A mark for each x and y in a colour and a shape of its own."""
    keys = [str(i) for i in range(len(x))]
    if not keys:
        return
    points = sns.scatterplot(
        x=np.asarray(x, float),
        y=np.asarray(y, float),
        hue=keys,
        style=keys,
        palette=dict(zip(keys, colours, strict=True)),
        markers=dict(zip(keys, markers, strict=True)),
        s=size**2,
        edgecolor=SURFACE,
        linewidth=0.7,
        clip_on=False,
        zorder=3,
        legend=False,
        ax=ax,
    ).collections[-1]
    if hollow:
        points.set(edgecolor=points.get_facecolor(), facecolor=SURFACE, linewidth=1.5)


def interval_rows(
    ax,
    table: pd.DataFrame,
    limits: tuple[float, float],
    stat: str = "value",
    otherwise: str = "no market",
) -> None:
    """A row of results in each row: its interval, its mark in its colour, its number beside it.

    A mark that has no place on a log axis is an arrow at its edge.
    """
    for at, row in enumerate(table.to_dict("records")):
        whisker(ax, at, row["p05"], row["p95"], limits, row["colour"])
        at_right(ax, at, number_or(row[stat], otherwise))
    markers = table["marker"].mask((table[stat] <= 0) & (limits[0] > 0), "<")
    marks(ax, table[stat].clip(*limits), range(len(table)), table["colour"], markers)


def percent_axis(*axes) -> None:
    """Ticks as per cent."""
    for axis in axes:
        axis.set_major_formatter(lambda v, _: f"{100 * v:.0f} %")


def _limits_with_zero(values: np.ndarray) -> tuple[float, float]:
    """Limits that hold zero and every value, with room at the ends other than zero."""
    values = values[np.isfinite(values)]
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    high = high if low < high else 1.0
    pad = 0.04 * (high - low)
    return (low - pad if low < 0 else low), high + pad


def waterfall(ax, table: pd.DataFrame, unit: str) -> None:
    """Bars that follow on one another, from the top, each with its interval.

    The table has results with label, colour and sign: 1 adds to what stands above, -1 takes from
    it, 0 is a total that starts at zero.
    """
    change = (table["sign"] * table["value"]).fillna(0.0)
    start = (change.cumsum() - change).where(table["sign"] != 0, 0.0)
    direction = table["sign"].replace(0, 1)
    width = direction * table["value"]
    tips = pd.DataFrame({stat: start + direction * table[stat] for stat in ("p05", "p95")})
    size = (start + width).abs().max() or tips.abs().max(axis=None)
    size = size if size > 0 else 1.0
    plotting.name_rows(ax, table["label"])
    ax.set_xlabel(unit)
    ax.xaxis.set(major_locator=MaxNLocator(4), major_formatter=plotting.tick)
    reach = tips.clip(-2 * size, 3 * size).to_numpy().ravel()
    ax.set_xlim(_limits_with_zero(np.concatenate([start + width, reach])))
    ax.axvline(0, color=SOFT, lw=1.2)
    bars = width.notna()
    ax.barh(
        np.flatnonzero(bars),
        width[bars],
        left=start[bars],
        height=0.56,
        color=table.loc[bars, "colour"],
        alpha=0.75,
    )
    for at, tip in enumerate(tips.to_numpy()):
        whisker(ax, at, *sorted(tip), ax.get_xlim(), INK, width=1.5)
        at_right(ax, at, number_or(width.iloc[at]))


def looks(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """How parts of a whole are drawn: their label, colour and opacity, by name."""
    table = pd.DataFrame(rows, columns=["part", "label", "colour", "opacity"])
    return table.set_index("part")


def heatmap(ax, shades: pd.DataFrame, texts: pd.DataFrame, colours: list[tuple]) -> None:
    """A cell with its text in one of the colours for each number from 0 on; blank for nan."""
    sns.heatmap(
        shades,
        annot=texts,
        fmt="",
        annot_kws={"color": INK, "va": "center_baseline"},
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=len(colours) - 0.5,
        linewidths=1.5,
        linecolor=SURFACE,
        cbar=False,
        xticklabels=False,
        yticklabels=False,
        ax=ax,
    )
    ax.set(xlabel="", ylabel="")


def stacked_bars(ax, shares: pd.DataFrame, looks: pd.DataFrame, limit: float) -> None:
    """A row of bars that follow on one another for each row of shares, cut at the limit.

    The looks have a colour and an opacity for each column of the shares.
    """
    stops = shares.clip(lower=0.0).fillna(0.0).cumsum(axis=1).clip(upper=limit)
    starts = stops.shift(axis=1, fill_value=0.0)
    for part, look in looks.iterrows():
        wide = (stops[part] > starts[part]).to_numpy()
        rows, left = np.flatnonzero(wide), starts.loc[wide, part]
        width = stops.loc[wide, part] - left
        ax.barh(rows, width, left=left, height=0.62, color=look["colour"], alpha=look["opacity"])
        ax.vlines(left, rows - 0.31, rows + 0.31, color=SURFACE, lw=1)


def legend_above(fig, looks: pd.DataFrame) -> None:
    """What the colours of stacked bars mean, as many parts are too narrow to bear a name."""
    handles = [
        Patch(color=look.colour, alpha=look.opacity, lw=0, label=look.label)
        for look in looks.itertuples()
    ]
    fig.legend(
        handles=handles,
        ncols=2,
        loc="outside upper left",
        frameon=False,
        borderpad=0,
        handlelength=0.9,
        handleheight=0.9,
    )


def line_in_band(ax, x: Iterable[float], rows: pd.DataFrame, colour: str) -> None:
    """Values as a line in the band of their intervals."""
    ax.fill_between(x, rows["p05"], rows["p95"], color=colour, alpha=0.18, lw=0)
    ax.plot(x, rows["value"], color=colour, lw=2.2)
