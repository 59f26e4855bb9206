"""A figure from its parts: a drawing, its data, and the words that its template makes of facts.

Each figure has a template in show/templates/figures: its title, alternative text and note.
"""

import functools
import re
from collections.abc import Callable

from analysis.findings.study import Study
from analysis.show.figures.parts import RESULT_COLUMNS, number_or, segments_that, spread
from analysis.show.figures.plotting import figure_html, styled
from analysis.show.html import TEMPLATES, Html
from analysis.show.markup import readable
from analysis.show.numbers import (
    format_percent,
    format_quantity,
    format_significant,
    how_many,
    interval_html,
    join_and,
    result_html,
)


def listing(loop) -> str:
    """What follows an item of "a, b and c" in a loop of a template."""
    if loop.last:
        return ""
    return " and " if loop.revindex == 2 else ", "


TEMPLATES.filters |= {
    "significant": format_significant,
    "percent": format_percent,
    "quantity": format_quantity,
    "number_or": number_or,
    "join_and": join_and,
    "readable": readable,
    "result": result_html,
    "interval": interval_html,
    "spread": spread,
}
TEMPLATES.globals |= {"how_many": how_many, "listing": listing, "segments_that": segments_that}


def words(template: str, **facts) -> dict[str, Html]:
    """Title, alternative text and note that a template makes of facts.

    Raises: jinja2.UndefinedError for a fact that the template asks for and that is not given.
    """
    said = TEMPLATES.get_template(f"figures/{template}.j2").make_module(facts)
    told = {name: re.sub(r"[ \n]+", " ", getattr(said, name)) for name in ("title", "alt", "note")}
    return {name: Html(text.strip()) for name, text in told.items()}


def figure(draw: Callable, halo: bool = True) -> Callable[..., Html]:
    """Make a figure of a function that returns a drawing, its data and facts for its words.

    The function takes a study, and a segment where the figure is about one. Of rows of results the
    data keep what results.csv has of them.
    """

    @styled
    @functools.wraps(draw)
    def made(study: Study, segment: str | None = None, **options) -> Html:
        about = [segment] if segment else []
        fig, data, facts = draw(study, *about, **options)
        if segment:
            facts["segment"] = study.title(segment)
        if "metric" in data:
            data = data[RESULT_COLUMNS]
        name = " ".join([draw.__name__, *about])
        return figure_html(name, fig=fig, data=data, halo=halo, **words(draw.__name__, **facts))

    return made
