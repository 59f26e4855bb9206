"""A figure from its parts: a drawing, its data, and words that follow its numbers.

A function that draws takes a study, and a segment where the figure is about one. It gives the
drawing, the data of its CSV and, if its words need them, facts. Title and note are Jinja with the
names of a cell of `%%prose` and these facts; the alternative text is the function's docstring and
the data's rows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import pandas as pd

from analysis.findings.study import Study
from analysis.show.figures.plotting import styled
from analysis.show.figures.svg import in_page
from analysis.show.html import Html, csv_link, plain_text
from analysis.show.live import following
from analysis.show.prose import LINE, render

LOOKS = ["told", "colour", "marker"]  # that serve the drawing alone


def words(study: Study, template: str, segment: str = "", **facts) -> Html:
    """A line of Jinja filled from a study and the facts of a figure."""
    found = render(study, template, segment, **facts)
    return Html(re.sub(r"\s+", " ", found).strip())


def described(what: str, data: pd.DataFrame) -> str:
    """What a figure shows, row by row, for somebody who does not see it.

    >>> described("Two sizes.", pd.DataFrame({"label": ["a", "b"], "told": ["1", "2"]}))
    'Two sizes. a: 1; b: 2.'
    """
    if "told" not in data:
        return what
    rows = [f"{row.label}: {row.told}" for row in data.itertuples()]
    return f"{what} {'; '.join(rows)}."


def figure_html(name: str, title: Html, alt: str, note: Html, fig, data: pd.DataFrame) -> Html:
    """The markup of a figure: caption, picture with its description, note, its data as a CSV."""
    key = f"fig-{name}"
    svg = Html(in_page(fig, key, plain_text(title), alt))
    return Html(
        '<figure class="plot" id="{}"><figcaption>{}</figcaption>'
        '<div class="canvas">{}</div><p class="note">{}</p>{}</figure>'
    ).format(key, title, svg, note, csv_link(name, data))


def figure(title: str, note: str, live: bool = False) -> Callable:
    """Make a figure of a function that draws.

    A `live` title names results and claims alone, and follows the what-if panel.
    """

    def decorated(draw: Callable) -> Callable[..., Html]:
        @styled
        @functools.wraps(draw)
        def made(study: Study, segment: str = "") -> Html:
            about = [str(segment)] if segment else []
            fig, data, *more = draw(study, *about)
            facts = more[0] if more else {}
            said = words(study, title, *about, **facts)
            if live:
                said = following(study, LINE.parse(title), said)
            read = words(study, note, *about, **facts)
            alt = described(draw.__doc__, data)
            name = "-".join([draw.__name__, *about]).replace("_", "-")
            kept = data.drop(columns=LOOKS, errors="ignore")
            return figure_html(name, said, alt, read, fig, kept)

        return made

    return decorated
