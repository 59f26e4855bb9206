"""Text that is HTML already: templates make it and leave it as it is, a notebook shows it."""

import math
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


class Html(Markup):
    """Finished markup.

    >>> Html("<b>{}</b>").format("a < b")
    Html('<b>a &lt; b</b>')
    """

    def _repr_html_(self) -> str:
        return str(self)


def rendered(template: str, **values: object) -> Html:
    """A template of show/templates with its values, which are escaped unless they are markup."""
    return Html(TEMPLATES.get_template(f"{template}.html.j2").render(**values))


def plain_text(html: str) -> str:
    """HTML as bare text, for CSV files, titles and alternative text.

    >>> plain_text("<p>2 &lt; <b>3</b></p>")
    '2 < 3'
    """
    return Markup(html).striptags()


def csv_link(name: str, data: pd.DataFrame) -> Html:
    """A link that holds a table as CSV."""
    finite = data.replace([math.inf, -math.inf], math.nan)
    content = finite.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    address = f"data:text/csv;charset=utf-8,{quote(content)}"
    link = Html('<p class="download"><a download="{}.csv" href="{}">Data (CSV)</a></p>')
    return link.format(name, address)
