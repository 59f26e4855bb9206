"""Links between the parts of the page, made once all chapters stand together.

An input leads to its assumption, and the row of an assumption or a source back to the sections that
show it. What has no row in this page, because its chapter is left out, stays as it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from analysis.build.tree import HEADINGS, parsed
from analysis.show.numbers import format_quantity

STATS = ("value", "p05", "p50", "p95")
MOST_SECTIONS = 6  # that a row names
KINDS = ("assumption-", "source-")  # of rows that are led to


def add_cross_references(page: BeautifulSoup) -> None:
    """Link inputs and sources with their rows.

    >>> page = parsed('<data data-input="x">1</data><table><tr id="k-assumption-x"></tr></table>')
    >>> add_cross_references(page)
    >>> str(page.a)
    '<a class="input" href="#k-assumption-x"><data data-input="x">1</data></a>'
    """
    rows = {_subject(row["id"]): row for row in page.find_all("tr", id=True)}
    _find_rows(page, rows)
    shown = defaultdict(dict)
    for tag, section in _mentions(page):
        kind = "assumption-"
        attribute = "data-input"
        if "data-source" in tag.attrs:
            kind = "source-"
            attribute = "data-source"
        name = kind + tag[attribute]
        shown[name][section] = None
        if name in rows and attribute == "data-input":
            judged = " judgement" if rows[name].select_one("span.judgement") else ""
            link = {"class": f"input{judged}", "href": f"#{rows[name]['id']}"}
            tag.wrap(Tag(name="a", attrs=link))
    for name, row in rows.items():
        _lead_back(row, [section for section in shown[name] if section][:MOST_SECTIONS])


def _subject(name: str) -> str:
    """Kind and name of what a row is of, without the key of its chapter."""
    starts = [name.find(kind) for kind in KINDS if kind in name]
    if starts:
        return name[min(starts) :]
    return name


def _find_rows(page: BeautifulSoup, rows: Mapping[str, Tag]) -> None:
    """Send links to a row of another chapter to its place there; without a row they are words."""
    ids = {tag["id"] for tag in page.find_all(id=True)}
    for link in page.select("a[href^='#']"):
        name = link["href"][1:]
        if name in ids or not name.startswith(KINDS):
            continue
        if name in rows:
            link["href"] = f"#{rows[name]['id']}"
        else:
            link.unwrap()


def _mentions(page: BeautifulSoup) -> Iterator[tuple[Tag, tuple[str, str] | None]]:
    """Each input and source outside those rows, and the section, as (id, words), that shows it."""
    section = None
    above = {}
    for tag in page.find_all(["data", "a", *HEADINGS[1:]]):
        if tag.name in HEADINGS and "id" in tag.attrs:
            level = int(tag.name[1])
            words = tag.get_text()
            over = ""
            if level - 1 in above:
                over = f"{above[level - 1]}: "
            section = (tag["id"], over + words)
            above = {n: w for n, w in above.items() if n < level} | {level: words}
        elif _is_mention(tag):
            yield tag, section


def _is_mention(tag: Tag) -> bool:
    marked = {"data-input", "data-source"} & tag.attrs.keys()
    return bool(marked) and not tag.find_parent("tr", id=True)


def _lead_back(row: Tag, sections: list[tuple[str, str]]) -> None:
    """Name the sections that show a row's subject."""
    if sections:
        links = (Markup('<a href="#{}">{}</a>').format(*section) for section in sections)
        said = Markup(' <small class="shown">Shown in {}.</small>').format(Markup("; ").join(links))
        row.find_all("td")[-1].append(parsed(said))


def add_result_notes(page: BeautifulSoup, results: Iterable[Mapping]) -> None:
    """Put what notes say of each computed number in the page at its end.

    A note has the number's unit, its best value, 5th percentile, median and 95th, as text.
    """
    shown = {tag["data-result"] for tag in page.select("[data-result]")}
    facts = {}
    for row in results:
        key = "/".join((row["segment"], row["metric"], row["detail"]))
        if key in shown:
            unit = row["unit"]
            numbers = [format_quantity(row[stat], unit) for stat in STATS]
            facts[key] = [unit, *numbers]
    if facts:
        text = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
        script = page.new_tag("script", type="application/json", id="results", string=text)
        page.body.append(script)
