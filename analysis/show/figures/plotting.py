"""How a Matplotlib figure becomes a part of the page: SVG that can be read aloud, changes colour with the page and has equal bytes.

In: a figure drawn inside `styled`, its title, alternative text and data. Out: `Html`.

Judgement calls: text stays text, in a stack of fonts as wide as the one Matplotlib measured (others are narrower, so nothing
is cut off); a colour is drawn as its light value and handed to the page as a CSS variable with that value to fall back on.
"""

from __future__ import annotations

import functools
import html
import io
import math
import re
import textwrap
from collections.abc import Callable, Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.show.prose import MINUS, Html, csv_link, format_significant, plain_text

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
VARIABLES = {
    **{colour: f"s{i}" for i, colour in enumerate(SERIES, 1)},
    **{colour: name for name, colour in NAMED.items()},
}
MARKERS = "osDPXp^hd"
WIDTH, TYPE = 5.0, 12.0
FONTS = "DejaVu Sans, Verdana, sans-serif"
THEME = {
    "svg.fonttype": "none",
    "svg.hashsalt": "figure",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "figure.dpi": 72,
    "font.size": TYPE,
    "axes.labelsize": TYPE,
    "axes.titlesize": TYPE,
    "xtick.labelsize": TYPE,
    "ytick.labelsize": TYPE,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": INK,
    "axes.edgecolor": LINE,
    "grid.color": LINE,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.titlelocation": "left",
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "butt",
    "path.simplify": True,
}
DEFAULTS = {
    key: value
    for key, value in mpl.rcParamsDefault.items()
    if not key.startswith(("backend", "interactive", "toolbar"))
}
HALO = f"paint-order:stroke;stroke:var(--surface,{SURFACE});stroke-width:3px"


def styled(draw: Callable[..., Html]) -> Callable[..., Html]:
    """Draw a figure in the report's theme and leave the reader's own settings of Matplotlib as they were."""

    @functools.wraps(draw)
    def within(*args, **kwargs) -> Html:
        with mpl.rc_context({**DEFAULTS, **THEME}):
            return draw(*args, **kwargs)

    return within


def sheet(height: float, panels: int = 1, **options) -> tuple:
    """A figure of the report's width (inches, as the height) and its axes, one above the other."""
    fig = Figure(figsize=(WIDTH, height), layout="constrained")
    return fig, fig.subplots(panels, **options)


def figure_html(
    name: str, title: str, alt: str, fig: Figure, data: pd.DataFrame, note: str = ""
) -> Html:
    """The markup of a figure: caption, SVG with title and description, note, and its data as a CSV to download.

    Parameters: name, unique within a chapter; title, a sentence, as text or `Html`; alt, what somebody who
    does not see the picture should know; fig; data, what is drawn; note, how to read it, as text or `Html`.
    """
    name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    svg, link = _svg(f"fig-{name}", plain_text(_as_html(title)), alt, fig), csv_link(name, data)
    below = f'<p class="note">{_as_html(note)}</p>' if note else ""
    return Html(
        f'<figure class="plot" id="fig-{name}"><figcaption>{_as_html(title)}</figcaption><div class="canvas">'
        f"{svg}</div>{below}{link}</figure>"
    )


def _as_html(text: str) -> str:
    return text if isinstance(text, Html) else html.escape(text)


def _svg(key: str, title: str, alt: str, fig: Figure) -> str:
    """The figure as SVG that can stand in a page: only its own ids, no style sheet that would reach beyond it, no date."""
    written = io.StringIO()
    fig.savefig(written, format="svg", metadata={"Date": None}, transparent=True)
    whole = written.getvalue()
    box = re.search(r'viewBox="([^"]+)"', whole)[1]
    body = whole[whole.index(">", whole.index("<svg")) + 1 :]
    body = re.sub(
        r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL
    )
    body = body.replace("</svg>", "").replace("xlink:href", "href").replace("<defs></defs>", "")
    used = set(re.findall(r"#([A-Za-z][\w.-]*)(?=[\")])", body))
    body = re.sub(
        r'(?<=[ "\n]) ?id="([^"]+)"', lambda m: f' id="{key}-{m[1]}"' if m[1] in used else "", body
    )
    body = re.sub(r'(href="|url\()#', rf"\1#{key}-", body)
    body = re.sub(r"<[^>]+>", lambda m: _tag(m[0]), body)
    body = re.sub(r">\s+<", "><", body).replace("<g >", "<g>").strip()
    return (
        f'<svg viewBox="{box}" role="img" aria-labelledby="{key}-title {key}-desc" font-family="{FONTS}" stroke-linejoin="round" '
        f'style="max-width:600px"><title id="{key}-title">{html.escape(title)}</title>'
        f'<desc id="{key}-desc">{html.escape(alt)}</desc>{body}</svg>'
    )


def _tag(tag: str) -> str:
    """One tag: coordinates to a hundredth of a point, colours as variables, text with a halo that lifts it off lines."""
    tag = re.sub(
        r"(?<![#\w])-?\d+\.\d{3,}",
        lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."),
        re.sub(r"\s+", " ", tag),
    )
    if tag.startswith("<text"):
        tag = re.sub(
            r' transform="rotate\(-?0 [^"]*"', "", re.sub(r"font-family: [^;\"]+", HALO, tag)
        )
    for colour, name in VARIABLES.items():
        tag = re.sub(rf"(?<!,){colour}\b", f"var(--{name},{colour})", tag)
    return tag


def colour_of(position: int) -> str:
    """The colour of the segment in that row; past eight it repeats, with another marker."""
    return SERIES[position % len(SERIES)]


def marker_of(position: int) -> str:
    """The marker of the segment in that row; as there are nine of them, colour and marker together repeat after 72."""
    return MARKERS[position % len(MARKERS)]


def tick(value: float, _=None) -> str:
    """A number on an axis, as short as it can be."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return format_significant(value, 3 if abs(value) > 1 else 1)
    return f"{value:,.6g}".replace("-", MINUS)


def log_limits(
    values: Iterable[float], ends: Iterable[float] = (), reach: float = 20.0
) -> tuple[float, float]:
    """Limits of a log axis that hold every value, and the ends of intervals up to `reach` times beyond the outermost value.

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


def log_axis(ax, which: str, limits: tuple[float, float], most: int = 6) -> None:
    """A log axis with those limits and at most so many ticks, on round numbers."""
    ax.set(**{f"{which}scale": "log", f"{which}lim": limits})
    decades = range(math.floor(math.log10(limits[0])), math.ceil(math.log10(limits[1])) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        at = [s * 10.0**k for k in decades for s in steps if limits[0] <= s * 10.0**k <= limits[1]]
        if len(at) <= most:
            break
    getattr(ax, f"{which}axis").set(
        major_locator=FixedLocator(at[:: -(-len(at) // most)] if len(at) > most else at),
        minor_locator=NullLocator(),
        major_formatter=tick,
    )


def wrapped(text: str, width: int = 15) -> str:
    """A label in lines of at most so many characters."""
    return textwrap.fill(text, width)


def row_height(labels: Iterable[str], width: int = 15) -> float:
    """The height in inches of a row with room for its labels; a label of more than three lines may reach into its neighbours' space."""
    return 0.16 + 0.19 * min(
        3, max((wrapped(label, width).count("\n") + 1 for label in labels), default=1)
    )


def name_rows(ax, labels: list[str], width: int = 15) -> None:
    """One row for each label, from the top."""
    ax.set_yticks(range(len(labels)), [wrapped(label, width) for label in labels], linespacing=1.05)
    ax.set_ylim(max(len(labels), 1) - 0.5, -0.5)
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
) -> bool:
    """An interval as a line. What lies beyond the limits is cut there and bears an arrow; tells whether it was cut."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return False
    ends = np.clip([low, high], *limits)

    def draw(along, **style) -> None:
        across = [at] * len(along)
        ax.plot(
            *((across, along) if vertical else (along, across)),
            color=colour,
            clip_on=False,
            **style,
        )

    draw(ends, lw=width, alpha=0.55)
    cut = [low < limits[0], high > limits[1]]
    for end, beyond, tip in zip(ends, cut, "v^" if vertical else "<>"):
        if beyond:
            draw([end], marker=tip, ms=5, ls="", mew=0)
    return any(cut)


def place_labels(
    ax,
    labels: list[tuple[float, float, str, str]],
    lines: list[tuple[float, float, float, float]] = (),
) -> None:
    """Write (x, y, text, colour) beside each mark so that texts meet neither each other nor marks, and few lines.

    Lines are boxes (x0, y0, x1, y1) in data coordinates. Of positions around the mark the one with the least
    overlap is taken, nearest first, label by label; a text that had to go far gets a thin line to its mark.
    """
    ax.figure.draw_without_rendering()
    at = ax.transData.transform
    x0, y0, x1, y1 = ax.get_window_extent().extents
    marks = [(*(at((x, y)) - 5), *(at((x, y)) + 5)) for x, y, _, _ in labels]
    placed, lines = [], [(*(at((a, b)) - 1), *(at((c, d)) + 1)) for a, b, c, d in lines]
    for own, (x, y, text, colour) in enumerate(labels):
        rows = text.split("\n")
        w, h = (
            max(TextPath((0, 0), row or " ", size=TYPE).get_extents().width for row in rows) + 3,
            13.5 * len(rows),
        )
        px, py = at((x, y))
        best = None
        for far in (9, 16, 26, 40, 58, 80):
            for dx, dy in (
                (1, 0),
                (-1, 0),
                (0, 1),
                (0, -1),
                (0.8, 0.8),
                (-0.8, 0.8),
                (0.8, -0.8),
                (-0.8, -0.8),
            ):
                cx, cy = px + dx * (far + w / 2), py + dy * (far + h / 2 - 3)
                box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
                outside = w * h - _overlap(box, (x0, y0, x1, y1))
                cost = (
                    20 * outside
                    + 20 * sum(_overlap(box, p) for p in placed)
                    + 5 * sum(_overlap(box, m) for i, m in enumerate(marks) if i != own)
                    + sum(_overlap(box, line) for line in lines)
                    + 1.5 * far
                )
                if best is None or cost < best[0]:
                    best = (cost, box, cx, cy, far)
        _, box, cx, cy, far = best
        placed.append(box)
        xy = ax.transAxes.inverted().transform((cx, cy))
        leader = (
            {"arrowstyle": "-", "color": colour, "lw": 0.7, "shrinkA": 0, "shrinkB": 5}
            if far > 16
            else None
        )
        ax.annotate(
            text,
            (x, y),
            xytext=xy,
            textcoords="axes fraction",
            ha="center",
            va="center",
            color=colour,
            linespacing=1.05,
            arrowprops=leader,
            in_layout=False,
            annotation_clip=False,
        )


def _overlap(a: tuple, b: tuple) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
