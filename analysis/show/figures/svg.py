"""A drawn figure as SVG that can be read aloud, with equal bytes for equal numbers.

In: a Matplotlib figure, a key that no other figure of the page has, title and description. Out: SVG
for a page, where colours follow the page's variables, or for a file that stands alone.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from markupsafe import escape
from matplotlib.figure import Figure

from analysis.show.figures.plotting import NAMED, SERIES

FONTS = "DejaVu Sans,Verdana,sans-serif"
VARIABLES = {colour: name for name, colour in NAMED.items()}
VARIABLES |= {colour: f"s{i}" for i, colour in enumerate(SERIES, 1)}
HALO = "paint-order:stroke;stroke:#ffffff;stroke-width:3px;"
WIDEST = 425  # pixels, at which type is of the page's size
STYLE = Path(__file__).with_name("alone.css").read_text("utf-8")
UNUSED = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</defs>|<!--.*?-->", re.DOTALL)
CLAIM = re.compile(r'<g id="claim ([^"]+)">(.*?)</g>', re.DOTALL)


def in_page(fig: Figure, key: str, title: str, alt: str) -> str:
    """The figure as an element of a page: only its own ids, no style sheet, no date."""
    style = f'style="max-width:{WIDEST}px;font-family:var(--sans,{FONTS})"'
    return _element(fig, key, title, alt, style)


def alone(fig: Figure, title: str, alt: str) -> str:
    """The figure as a file that follows the reader's choice of light or dark."""
    space = 'xmlns="http://www.w3.org/2000/svg"'
    own = f'{space} width="{WIDEST}" font-family="system-ui,{FONTS}"'
    ground = '<rect width="100%" height="100%" fill="var(--surface)"/>'
    return _element(fig, "figure", title, alt, own, f"<style>{STYLE}</style>{ground}") + "\n"


def _element(fig: Figure, key: str, title: str, alt: str, own: str, before: str = "") -> str:
    """An SVG element that is named by its title and described by its alternative text."""
    written = io.StringIO()
    fig.savefig(written, format="svg", metadata={"Date": None}, transparent=True)
    _, _, written = written.getvalue().partition("<svg ")
    opening, _, drawn = written.partition(">")
    box = re.search('viewBox="[^"]+"', opening)[0]
    named = f'role="img" aria-labelledby="{key}-title {key}-desc" stroke-linejoin="round"'
    title = f'<title id="{key}-title">{escape(title)}</title>'
    alt = f'<desc id="{key}-desc">{escape(alt)}</desc>'
    return f"<svg {box} {named} {own}>{title}{alt}{before}{_cleaned(drawn, key)}"


def _cleaned(drawn: str, key: str) -> str:
    """The content of the element: no line breaks, colours as variables, few ids."""
    drawn = UNUSED.sub("", drawn)
    drawn = CLAIM.sub(_flagged, drawn)
    drawn = re.sub("<[^>]+>", _tidy, drawn)
    drawn = re.sub(r"\s*\n\s*", "", drawn)
    for colour, name in VARIABLES.items():
        drawn = drawn.replace(colour, f"var(--{name},{colour})")
    return _own_ids(drawn, key)


def _flagged(group: re.Match) -> str:
    """Marks that a script may move say their claim and segment, and where 0 and 1 are."""
    claim, zero, one, *segments = group[1].split()
    names = iter(segments)
    mark = "<use " if "<use " in group[2] else "<path "
    marks = re.sub(mark, lambda _: f'{mark}data-segment="{next(names)}" ', group[2])
    return f'<g data-claim="{claim}" data-zero="{zero}" data-one="{one}">{marks}</g>'


def _tidy(tag: re.Match) -> str:
    """A tag on one line, coordinates to a hundredth of a unit, colours as variables."""
    text = " ".join(tag[0].split()).replace("; ", ";").replace(": ", ":")
    text = text.replace("xlink:href", "href").replace(' "', '"')
    text = re.sub(r"font-family:[^;\"]*;?|transform=\"rotate\(-0 [^\"]*\"", "", text)
    text = re.sub(r"-?\d+\.\d{3,}", _rounded, text)
    return text.replace('<text style="', f'<text style="{HALO}')


def _rounded(number: re.Match) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _own_ids(drawn: str, key: str) -> str:
    """Only ids that are pointed at, each beginning with the figure's own."""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', drawn))
    drawn = re.sub(r'(href="|url\()#', rf"\g<1>#{key}-", drawn)

    def own(found: re.Match) -> str:
        if found[1] in used:
            return f' id="{key}-{found[1]}"'
        return ""

    return re.sub(r' id="([^"]*)"', own, drawn)
