"""How a Matplotlib figure becomes a part of the page.

In: a figure drawn inside `styled`, its title, alternative text and data. Out: `Html` with an SVG
that can be read aloud, changes colour with the page and has equal bytes for equal numbers.

Judgement calls: text stays text, in a stack of fonts as wide as the one Matplotlib measured (others
are narrower, so nothing is cut off); a colour is drawn as its light value and handed to the page as
a CSS variable with that value to fall back on.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from markupsafe import escape
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.show.html import Html, csv_link, plain_text
from analysis.show.numbers import MINUS, format_significant

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
VARIABLES = {colour: f"s{i}" for i, colour in enumerate(SERIES, 1)}
VARIABLES |= {colour: name for name, colour in NAMED.items()}
MARKERS = "osDPXp^hd"
WIDTH, TYPE = 5.0, 12.0  # inches; points
FONTS = "DejaVu Sans, Verdana, sans-serif"
SIZES = ("font.size", "axes.labelsize", "axes.titlesize", "xtick.labelsize", "ytick.labelsize")
THEME = {
    "svg.fonttype": "none",
    "svg.hashsalt": "figure",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "figure.dpi": 72,
    "text.color": INK,
    "ytick.labelcolor": INK,
    "axes.titlelocation": "left",
    "lines.solid_capstyle": "butt",
    **dict.fromkeys(SIZES, TYPE),
    **dict.fromkeys(("axes.labelcolor", "xtick.labelcolor"), SOFT),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), LINE),
    **dict.fromkeys(("axes.facecolor", "figure.facecolor"), "none"),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
}
MARKER_STYLE = {"mec": SURFACE, "mew": 0.7, "clip_on": False}
HALO = {"paint-order": "stroke", "stroke": f"var(--surface,{SURFACE})", "stroke-width": "3px"}
DISTANCES = (9, 16, 26, 40, 58, 80)  # of a label from its mark, in pixels
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.8), (-0.8, 0.8), (0.8, -0.8), (-0.8, -0.8))

# Draws a figure in the report's theme and leaves the reader's own settings of Matplotlib alone.
styled = mpl.style.context([sns.axes_style("ticks"), THEME], after_reset=True)


def sheet(height: float, panels: int = 1, **options) -> tuple:
    """A figure of the report's width (inches, as the height) and its axes, one above the other."""
    fig = Figure(figsize=(WIDTH, height), layout="constrained")
    return fig, fig.subplots(panels, **options)


def figure_html(
    name: str,
    title: str,
    alt: str,
    fig: Figure,
    data: pd.DataFrame,
    note: str = "",
    halo: bool = True,
) -> Html:
    """The markup of a figure: caption, SVG with title and description, note, its data as a CSV.

    Parameters: name, unique within a chapter; title, a sentence; alt, what somebody who does not
    see the picture should know; fig; data, what is drawn; note, how to read it (words as text or
    `Html`); halo, whether text is lifted off the lines beneath it.
    """
    name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    title, note = (text if isinstance(text, Html) else escape(text) for text in (title, note))
    svg = _svg(f"fig-{name}", plain_text(title), plain_text(escape(alt)), fig, halo)
    below = f'<p class="note">{note}</p>' if note else ""
    return Html(
        f'<figure class="plot" id="fig-{name}"><figcaption>{title}</figcaption>'
        f'<div class="canvas">{svg}</div>{below}{csv_link(name, data)}</figure>'
    )


def _svg(key: str, title: str, alt: str, fig: Figure, halo: bool) -> str:
    """The figure as SVG that can stand in a page: only its own ids, no style sheet, no date."""
    written = io.BytesIO()
    fig.savefig(written, format="svg", metadata={"Date": None}, transparent=True)
    root = ET.fromstring(written.getvalue())
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag.endswith(("}metadata", "}style"))]:
            parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # HTML needs no namespace
        attributes = element.attrib.items()
        element.attrib = {name.rpartition("}")[2]: _short(value) for name, value in attributes}
        element.tail = None
        if element.tag == "text":
            _restyle_text(element, halo)
        else:
            element.text = None
    _own_ids(root, key)
    for group in root.iter("g"):
        _join_paths(group)
    root.attrib = {
        "viewBox": root.get("viewBox"),
        "role": "img",
        "aria-labelledby": f"{key}-title {key}-desc",
        "font-family": FONTS,
        "stroke-linejoin": "round",
        "style": "max-width:600px",
    }
    for tag, text in (("desc", alt), ("title", title)):
        told = ET.Element(tag, id=f"{key}-{tag}")
        told.text = text
        root.insert(0, told)
    return ET.tostring(root, encoding="unicode").replace(" />", "/>")


def _short(value: str) -> str:
    """A value on one line, coordinates to a hundredth of a point, colours as variables."""
    value = " ".join(value.split()).replace("; ", ";").replace(": ", ":")
    value = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), value)
    return re.sub(r"#[0-9a-f]{6}\b", _variable, value)


def _variable(colour: re.Match) -> str:
    name = VARIABLES.get(colour[0])
    return f"var(--{name},{colour[0]})" if name else colour[0]


def _restyle_text(element: ET.Element, halo: bool) -> None:
    """Text in the fonts of the whole figure, with a halo that lifts it off lines."""
    style = dict(item.split(":", 1) for item in element.get("style").split(";"))
    del style["font-family"]
    style |= HALO if halo else {}
    element.set("style", ";".join(f"{name}:{value}" for name, value in style.items()))
    if re.match(r"rotate\(-?0 ", element.get("transform", "")):
        del element.attrib["transform"]


def _own_ids(root: ET.Element, key: str) -> None:
    """Only ids that are pointed at, each beginning with the figure's own."""
    used = set()
    for element in root.iter():
        for name, start in (("href", "#"), ("clip-path", "url(#")):
            if value := element.get(name):
                used.add(value.removeprefix(start).removesuffix(")"))
                element.set(name, value.replace("#", f"#{key}-"))
    for element in root.iter():
        if (own := element.attrib.pop("id", None)) in used:
            element.set("id", f"{key}-{own}")


def _join_paths(group: ET.Element) -> None:
    """Paths of a group that differ by their course alone, as cells of one shade, become one."""
    first = {}
    for path in group.findall("path"):
        course = path.attrib.pop("d", "")
        look = tuple(path.attrib.items())
        if look in first:
            group.remove(path)
            course = f"{first[look].get('d')} {course}"
        first.setdefault(look, path).set("d", course)


def colour_of(position: int) -> str:
    """The colour of the segment in that row; past eight it repeats, with another marker."""
    return SERIES[position % len(SERIES)]


def marker_of(position: int) -> str:
    """The marker of the segment in that row; together with its colour it repeats after 72."""
    return MARKERS[position % len(MARKERS)]


def tick(value: float, _=None) -> str:
    """A number on an axis, as short as it can be."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return format_significant(value, 3 if abs(value) > 1 else 1)
    return f"{value:,.6g}".replace("-", MINUS)


def log_limits(
    values: Iterable[float], ends: Iterable[float] = (), reach: float = 20.0
) -> tuple[float, float]:
    """Limits of a log axis that hold every value, and ends of intervals up to `reach` times beyond.

    >>> low, high = log_limits([1.0, 10.0], [0.5, 1e9])
    >>> low < 0.5, 200 < high < 1000
    (True, True)
    """
    values, ends = ([v for v in some if math.isfinite(v) and v > 0] for some in (values, ends))
    values = values or ends or [1.0]
    low = max(min([*values, *ends]), min(values) / reach)
    high = min(max([*values, *ends]), max(values) * reach)
    pad = max((high / low) ** 0.05, 1.15)
    return low / pad, high * pad


def log_axis(ax, which: str, limits: tuple[float, float], most: int = 5) -> None:
    """A log axis with those limits and at most so many ticks, on round numbers."""
    first, last = np.floor(np.log10(limits[0])), np.ceil(np.log10(limits[1]))
    decades = 10.0 ** np.arange(first, last + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = np.outer(decades, steps).ravel()
        ticks = ticks[(ticks >= limits[0]) & (ticks <= limits[1])]
        if len(ticks) <= most:
            break
    ax.set(**{f"{which}scale": "log", f"{which}lim": limits})
    getattr(ax, f"{which}axis").set(
        major_locator=FixedLocator(ticks[:: math.ceil(len(ticks) / most) or 1]),
        minor_locator=NullLocator(),
        major_formatter=tick,
    )


def wrapped(text: str, width: int = 15) -> str:
    """A label in lines of at most so many characters."""
    return textwrap.fill(text, width)


def row_height(labels: Iterable[str], width: int = 15) -> float:
    """The height in inches of a row with room for its labels, up to three lines of them."""
    lines = [wrapped(label, width).count("\n") + 1 for label in labels]
    return 0.16 + 0.19 * min(3, max(lines, default=1))


def name_rows(ax, labels: Iterable[str], width: int = 15, first: float = 0.0) -> None:
    """One row for each label, from the top; the first one's middle is at `first`."""
    names = [wrapped(label, width) for label in labels]
    ax.set_yticks(first + np.arange(len(names)), names, linespacing=1.05)
    ax.set_ylim(first + max(len(names), 1) - 0.5, first - 0.5)
    ax.tick_params(axis="y", length=0, pad=9)  # room for an arrow at the edge
    ax.spines["left"].set_visible(False)


def whisker(
    ax,
    at: float,
    low: float,
    high: float,
    limits: tuple[float, float],
    colour: str,
    vertical: bool = False,
    width: float = 2.5,
) -> None:
    """An interval as a line; what lies beyond the limits is cut there and bears an arrow."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return
    ends = np.clip([low, high], *limits)

    def draw(along, **style) -> None:
        across = [at] * len(along)
        points = (across, along) if vertical else (along, across)
        ax.plot(*points, color=colour, clip_on=False, **style)

    draw(ends, lw=width, alpha=0.55)
    lower, upper = "v^" if vertical else "<>"
    if low < limits[0]:
        draw(ends[:1], marker=lower, ms=5, mew=0)
    if high > limits[1]:
        draw(ends[1:], marker=upper, ms=5, mew=0)


def place_labels(ax, labels: list[tuple], lines: Iterable[tuple] = ()) -> None:
    """Write (x, y, text, colour) beside each mark, off other texts, marks and lines.

    Lines are boxes (x0, y0, x1, y1) in data coordinates. Of positions around the mark the one with
    the least overlap is taken, nearest first; a text that had to go far gets a thin line.
    """
    ax.figure.draw_without_rendering()
    pixels = ax.transData.transform
    corners = pixels(np.reshape(lines, (-1, 2))).reshape(-1, 4) + (-1, -1, 1, 1)
    marks = [_box(pixels((x, y)), (10, 10)) for x, y, _, _ in labels]
    placed = []
    for own, (x, y, text, colour) in enumerate(labels):
        obstacles = ((20, placed), (5, marks[:own] + marks[own + 1 :]), (1, corners))
        size = _text_size(text)
        far, centre = _best_spot(pixels((x, y)), size, ax.get_window_extent().extents, obstacles)
        placed.append(_box(centre, size))
        leader = {"arrowstyle": "-", "color": colour, "lw": 0.7, "shrinkA": 0, "shrinkB": 5}
        ax.annotate(
            text,
            (x, y),
            xytext=ax.transAxes.inverted().transform(centre),
            textcoords="axes fraction",
            ha="center",
            va="center",
            color=colour,
            linespacing=1.05,
            arrowprops=leader if far > DISTANCES[1] else None,
            in_layout=False,
            annotation_clip=False,
        )


def _text_size(text: str) -> np.ndarray:
    """Width and height of a text in pixels, with a little room."""
    rows = text.split("\n")
    widths = [TextPath((0, 0), row or " ", size=TYPE).get_extents().width for row in rows]
    return np.array([max(widths) + 3, 13.5 * len(rows)])


def _best_spot(mark, size, frame, obstacles) -> tuple[float, np.ndarray]:
    """How far from its mark a label stands best, and where its centre is."""
    spots = []
    for far in DISTANCES:
        for direction in DIRECTIONS:
            centre = mark + np.multiply(direction, far + size / 2 - (0, 3))
            box = _box(centre, size)
            cost = 1.5 * far + 20 * (size.prod() - _overlap(box, [frame]))
            cost += sum(weight * _overlap(box, boxes) for weight, boxes in obstacles)
            spots.append((cost, far, centre))
    _, far, centre = min(spots, key=lambda spot: spot[0])
    return far, centre


def _box(centre, size) -> np.ndarray:
    """The corners x0, y0, x1, y1 of a box around a point."""
    half = np.divide(size, 2)
    return np.concatenate([centre - half, centre + half])


def _overlap(box, boxes) -> float:
    """The area that a box shares with others, summed; one with an undefined corner shares none."""
    others = np.reshape(boxes, (-1, 4))
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    return float(np.fmax(shared, 0.0).prod(axis=1).sum())
