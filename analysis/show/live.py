"""Sentences that follow the what-if panel: their Jinja as a tree, which `sentences.js` reads.

In: a template that has been filled for the report, and what it gave. Out: the same with the tree
and the results it names in an attribute, so that the page writes it anew with other numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from jinja2.nodes import Node, Template
from markupsafe import Markup

from analysis.findings.study import Study
from analysis.show.html import Html

STATS = ("value", "p05", "p50", "p95")


def following(study: Study, template: Template, html: str, markdown: bool = False) -> Html:
    """A filled template, as an element that the panel may write anew."""
    tree = _tree(template)
    named = set(_texts(tree))
    results = study.results
    rows = {}
    for row in results[results["metric"].isin(named)].to_dict("records"):
        key = "/".join((row["segment"], row["metric"], row["detail"]))
        rows[key] = _numbers(row)
    given = json.dumps({"tree": tree, "rows": rows, "markdown": markdown}, separators=(",", ":"))
    given = given.replace("'", "\\u0027")  # so that the attribute needs no other escape
    tag = "div" if markdown else "span"
    return Html(f'<{tag} data-live="{{}}">{{}}</{tag}>').format(given, Markup(html))


def _tree(node: object) -> object:
    """A node as a list of its kind and its fields."""
    if isinstance(node, Node):
        return [type(node).__name__, *(_tree(getattr(node, name)) for name in node.fields)]
    if isinstance(node, list):
        return [_tree(each) for each in node]
    return node


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list):
        for each in tree:
            yield from _texts(each)


def _numbers(row: dict) -> dict:
    """A row of results without what is undefined."""
    values = {}
    for stat in STATS:
        if math.isfinite(row[stat]):
            values[stat] = float(f"{row[stat]:.12g}")
    return {"unit": row["unit"], "values": values}
