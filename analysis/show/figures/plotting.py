"""How every figure looks: one width, one size of type, a palette, and axes that say what they are.

A figure is drawn 340 units wide with type of 14, so that it reads on a phone as it stands and, made
a quarter larger, in type of the page's size on a desk. Rows bear their names above them, so that
marks have the whole width.

Judgement calls: a colour is drawn as its light value and handed to the page as a CSS variable; text
is measured in DejaVu Sans, which is wider than what pages use.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullLocator

from analysis.show.numbers import format_money

SERIES = ("#c8450c", "#5b82e7", "#1c9c70", "#601287", "#553621", "#4f8bac", "#1f1ed8", "#622956")
NAMED = {
    "ink": "#1b1f24",
    "soft": "#5b6470",
    "line": "#d5d9de",
    "surface": "#ffffff",
    "loss": "#b3261e",
    "gain": "#1b6e3c",
    "accent": "#1f5fa8",
}
INK, SOFT, LINE, SURFACE, LOSS, GAIN, ACCENT = NAMED.values()
MARKERS = "osDPXp^hd"
WIDTH = 340  # units: pixels on a phone
SIDE = 22  # units left and right of the axes
LETTER = 8  # units, with room to spare
LETTERS = 38  # that a line holds
TEXT_LINE = 18  # units
TRACK = 22  # units for the marks of a row
AXIS = 24  # units for the ticks of an axis
WORDS = 2 * TEXT_LINE  # units for the words of an axis
BELOW = AXIS + WORDS
REACH = 20  # times beyond the medians, where intervals are cut
STEPS = {1: "ten times", 2: "a hundred times", 3: "a thousand times"}
MOST_TICKS = 4
short_number = "{:,.10g}".format

# Draws a figure in the report's style and leaves the reader's own settings of Matplotlib alone.
styled = matplotlib.style.context(Path(__file__).with_name("report.mplstyle"), after_reset=True)


def canvas(height: float) -> Figure:
    """An empty figure of the report's width; the height is in units."""
    return Figure(figsize=(WIDTH / 72, height / 72))


def panel(fig: Figure, top: float, height: float, left: float = SIDE):
    """Axes across the figure, so many units below its top edge."""
    full = fig.get_figheight() * 72
    width = WIDTH - left - SIDE
    bottom = full - top - height
    return fig.add_axes((left / WIDTH, bottom / full, width / WIDTH, height / full))


def sheet(height: float, above: float = 6, below: float = BELOW, left: float = SIDE) -> tuple:
    """A figure of one panel, with so much room above and below it."""
    fig = canvas(above + height + below)
    return fig, panel(fig, above, height, left)


def in_lines(names: Iterable[str], told: Iterable[str]) -> list[list[str]]:
    """The names of rows, broken where they would meet what is told at the right."""
    pairs = zip(names, told, strict=True)
    lines = []
    for name, text in pairs:
        letters = max(8, LETTERS - len(text))
        lines.append(textwrap.wrap(name, letters))
    return lines


def row_heights(names: Sequence[str], told: Sequence[str]) -> list[float]:
    """The height of each row: the lines of its name, and its marks below."""
    return [TEXT_LINE * len(lines) + TRACK for lines in in_lines(names, told)]


def name_rows(ax, names: Sequence[str], told: Sequence[str]) -> np.ndarray:
    """A row for each name, from the top, with a text at its right; gives where its marks stand."""
    ends = np.cumsum([0, *row_heights(names, told)])
    ax.set(ylim=(max(ends[-1], TRACK), 0), yticks=[])
    across = ax.get_yaxis_transform()
    for start, lines, text in zip(ends[:-1], in_lines(names, told), told, strict=True):
        baseline = start + 0.75 * TEXT_LINE
        ax.text(1, baseline, text, transform=across, ha="right")
        for line in lines:
            ax.text(0, baseline, line, transform=across)
            baseline += TEXT_LINE
    return ends[1:] - TRACK / 2


def row_sheet(
    names: Iterable[str], told: Iterable[str] = (), above: float = 6, words: float = WORDS
) -> tuple:
    """A figure of rows: it, its axes and where the marks of each row stand.

    Parameters: names and texts at the right of rows; room above, for a key, and below the ticks,
    for the words of the axis.
    """
    names = list(names)
    told = list(told) or [""] * len(names)
    height = sum(row_heights(names, told))
    fig, ax = sheet(max(height, TRACK), above, AXIS + words)
    return fig, ax, name_rows(ax, names, told)


def say_axis(ax, words: str) -> None:
    """The words of the horizontal axis, below its ticks from the left."""
    letters = int(ax.get_window_extent().width / LETTER)
    ax.set_xlabel(textwrap.fill(words, letters), loc="left", linespacing=1.1)


def set_ticks(ax, values: Iterable[float], told: Callable[[float], str]) -> None:
    """Ticks with a line each; the text of one near an edge stays inside."""
    values = [float(value) for value in values]
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(values, [told(value) for value in values])
    ax.grid(axis="x")
    left, right = ax.get_window_extent().intervalx
    for label, value in zip(ax.get_xticklabels(), values, strict=True):
        place, _ = ax.transData.transform((value, 1))
        beyond = len(label.get_text()) * LETTER / 2 - SIDE
        if place - left < beyond:
            label.set_ha("left")
        if right - place < beyond:
            label.set_ha("right")


def short_money(value: float) -> str:
    """Dollars as short as they can be, for a tick.

    >>> short_money(0.01), short_money(1000.0), short_money(2.5)
    ('1 cent', '$1,000', '$2.50')
    """
    return format_money(value, 3).removesuffix(".00")


def positive(numbers: Iterable[float]) -> np.ndarray:
    """Those that have a place on a log axis."""
    found = np.array([*numbers], float)
    placed = np.isfinite(found) & (found > 0)
    return found[placed]


def log_limits(values: Iterable[float], ends: Iterable[float] = ()) -> tuple[float, float]:
    """Limits of a log axis that hold every value, and ends of intervals within `REACH` of them.

    >>> low, high = log_limits([1.0, 10.0], [0.5, 1e9])
    >>> bool(low < 0.5), bool(200 < high < 1000)
    (True, True)
    """
    values = positive(values)
    if not values.size:
        values = np.ones(1)
    shown = np.append(values, positive(ends))
    low = max(shown.min(), values.min() / REACH)
    high = min(shown.max(), values.max() * REACH)
    pad = max((high / low) ** 0.06, 1.3)
    return low / pad, high * pad


def log_axis(ax, limits: tuple, told: Callable[[float], str], words: str) -> None:
    """A horizontal log axis that says in words what it is."""
    ax.set(xscale="log", xlim=limits)
    first, last = np.log10(limits)
    step = max(1, math.ceil((last - first) / MOST_TICKS))
    ticks = 10.0 ** np.arange(math.ceil(first), last, step)
    steps = f"each line is {STEPS.get(step, 'many times')} the last"
    if len(ticks) < 2:
        ticks = np.outer(10.0 ** np.arange(-12, 13), [1, 2, 5]).ravel()
        ticks = ticks[(ticks >= limits[0]) & (ticks <= limits[1])]
        steps = "equal steps are equal factors"
    set_ticks(ax, ticks, told)
    say_axis(ax, f"{words}; {steps}")


def linear_axis(ax, limits: tuple, told: Callable[[float], str], words: str) -> None:
    """A horizontal axis with about four ticks."""
    ax.set_xlim(limits)
    low, high = limits
    ticks = MaxNLocator(4).tick_values(low, high)
    set_ticks(ax, ticks[(ticks >= low) & (ticks <= high)], told)
    say_axis(ax, words)


def key(fig: Figure, looks: dict[str, dict]) -> None:
    """What marks mean, above the figure, where `key_height` makes room."""
    handles = []
    for label, look in looks.items():
        handles.append(Line2D([], [], ls="", ms=9, label=label, **look))
    top = 1 - 4 / (72 * fig.get_figheight())
    fig.legend(handles=handles, loc="upper left", bbox_to_anchor=(SIDE / WIDTH, top))


def key_height(count: int) -> float:
    """The room that a key of so many lines asks for."""
    return 18.5 * count + 12
