"""The markup of a captioned table, and cells that tell what they hold.

In: text (escaped), numbers (three digits) or finished `Html`. Out: `Html`, of which the page offers the cells as CSV.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from itertools import zip_longest

from analysis.findings.study import Study
from analysis.show.prose import (
    Html,
    format_significant,
    input_html,
    interval_html,
    plain_text,
    result_html,
)

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

    Parameters: name, unique in a chapter; caption, what to see; head, a label or (label, unit) for each column; rows,
    lists of cells; folded, the words under which a long table is folded away; ids, one a row, where rows are pointed at.

    >>> "<caption>Two" in table("t", "Two numbers", ["name", ("size", "m")], [["a", 1.0], ["b", 2.0]])
    True
    """
    labels = [label if isinstance(label, tuple) else (label, "") for label in head]
    numeric = [
        bool(rows)
        and all(
            isinstance(cell, (int, float)) or cell.startswith(("<data", "<span data-result"))
            for cell in column
        )
        for column in (zip(*rows) if rows else head)
    ]
    heads = "".join(
        f'<th scope="col"{_attribute("class", n and "number")}>{html.escape(label)}'
        f"{f' <span class=unit>{html.escape(unit)}</span>' if unit else ''}</th>"
        for (label, unit), n in zip(labels, numeric)
    )
    body = "".join(
        f"<tr{_attribute('id', key)}>{''.join(map(_cell, row, range(len(row)), numeric))}</tr>"
        for row, key in zip_longest(rows, ids)
    )
    markup = (
        f'<figure class="table" id="tab-{name}">'
        f'<div class="scroll" role="group" tabindex="0"{_attribute("aria-label", plain_text(caption))}>'
        f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )
    return Html(
        f"<details><summary>{html.escape(folded)}</summary>{markup}</details>" if folded else markup
    )


def _attribute(name: str, value: str | None) -> str:
    return f' {name}="{html.escape(value)}"' if value else ""


def _cell(cell, column: int, numeric: bool) -> str:
    text = (
        cell
        if isinstance(cell, Html)
        else html.escape(cell)
        if isinstance(cell, str)
        else format_significant(cell)
    )
    exact = _attribute(
        "data-value", None if isinstance(cell, str) or not math.isfinite(cell) else f"{cell:.12g}"
    )
    return (
        f'<th scope="row"{exact}>{text}</th>'
        if column == 0
        else f"<td{_attribute('class', numeric and 'number')}{exact}>{text}</td>"
    )


def readable(name: str) -> str:
    """A name of the files as words."""
    return name.replace("_", " ")


def with_range(row: dict) -> Html:
    """A value over its interval where it has one."""
    return Html(
        f"{result_html(row)}<br><small>{interval_html(row)}</small>"
        if math.isfinite(row["p05"])
        else result_html(row)
    )


def plausible(study: Study, name: str) -> Html:
    """The range of an assumption."""
    return Html(f"{input_html(study, f'{name}@low')} to {input_html(study, f'{name}@high')}")
