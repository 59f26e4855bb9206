"""The markup of a captioned table, and cells that tell what they hold.

In: text, numbers (shown with three digits) or finished `Html`. Out: `Html`, of which the page
offers the cells as CSV.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import zip_longest

from markupsafe import Markup

from analysis.findings.study import Study
from analysis.show.html import Html, rendered
from analysis.show.numbers import format_significant, input_html, interval_html, result_html

BARE_UNITS = {"fraction": "", "ratio": "", "count": "", "index": ""}


def table(
    name: str,
    caption: str,
    head: list,
    rows: list[list],
    *,
    folded: str = "",
    ids: Iterable[str] = (),
) -> Html:
    """A table with a caption; the first cell of a row is its head.

    Parameters: name, unique in a chapter; caption, what to see, as HTML; head, a label or (label,
    unit) for each column; rows, lists of cells; folded, the words under which a long table is
    folded away; ids, one a row, where rows are pointed at.

    >>> "<caption>Two" in table("t", "Two numbers", ["name", ("size", "m")], [["a", 1.0]])
    True
    """
    labels = [label if isinstance(label, tuple) else (label, "") for label in head]
    columns = list(zip(*rows, strict=True)) or [("",) for _ in head]
    numeric = ["number" if all(map(_is_number, column)) else None for column in columns]
    return rendered(
        "table",
        name=name,
        caption=Markup(caption),
        folded=folded,
        head=[(*label, number) for label, number in zip(labels, numeric, strict=True)],
        rows=[(key or None, _cells(row, numeric)) for row, key in zip_longest(rows, ids)],
    )


def _is_number(cell: str | float) -> bool:
    return not isinstance(cell, str) or cell.startswith(("<data", "<span data-result"))


def _cells(row: list, numeric: list) -> list[tuple]:
    """Text, exact value and class of each cell."""
    cells = []
    for cell, kind in zip(row, numeric, strict=True):
        if isinstance(cell, str):
            cells.append((cell, None, kind))
        else:
            exact = None
            if math.isfinite(cell):
                exact = f"{cell:.12g}"
            cells.append((format_significant(cell), exact, kind))
    return cells


def readable(name: str) -> str:
    """A name of the files as words."""
    return name.replace("_", " ")


def with_range(row: dict) -> Html:
    """A value over its interval where it has one."""
    if not math.isfinite(row["p05"]):
        return result_html(row)
    return Html("{}<br><small>{}</small>").format(result_html(row), interval_html(row))


def plausible(study: Study, name: str) -> Html:
    """The range of an assumption."""
    ends = (input_html(study, name, end) for end in ("low", "high"))
    return Html(" to ").join(ends)
