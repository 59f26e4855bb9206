"""Links between the parts of the page, made once all chapters stand together.

An input leads to its assumption, a claim to the section that tests it, and the row of an assumption
or a source back to the sections that show it. What has no row in this page, because its chapter is
left out, stays as it is. Published figures that nothing leads to are marked: paper leaves them out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from analysis.build.tree import HEADINGS, parsed
from analysis.show.numbers import format_quantity

STATS = ("value", "p05", "p50", "p95")
MOST_SECTIONS = 6  # that a row names
MENTIONS = ("data-input", "data-claim", "data-source")


@dataclass(frozen=True, eq=False)
class Mention:
    """A number or a source, the chapter and the section, as (id, words), that show it."""

    tag: Tag
    chapter: str
    section: tuple[str, str] | None


def add_cross_references(page: BeautifulSoup) -> None:
    """Link numbers, claims and sources with each other.

    >>> page = parsed('<data data-input="x">1</data><table><tr id="k-assumption-x"></tr></table>')
    >>> add_cross_references(page)
    >>> str(page.a)
    '<a class="input" href="#k-assumption-x"><data data-input="x">1</data></a>'
    """
    mentions = list(_mentions(page))
    tested = _tested(mentions)
    rows = {name: row for row in page.find_all("tr", id=True) for name in _subject(row)}
    shown = defaultdict(dict)
    for mention in mentions:
        tag = mention.tag
        if claim := tag.get("data-claim"):
            section = tested.get(claim, mention.section)
            if tag["data-stat"] == "probability" and section != mention.section:
                _link(tag, "claim", section[0])
        elif not tag.find_parent("tr", id=True):
            shown[tag.get("data-input") or tag["data-source"]][mention.section] = None
            if row := rows.get(tag.get("data-input")):
                judged = " judgement" if row.select_one("span.judgement") else ""
                _link(tag, f"input{judged}", row["id"])
    for name, row in rows.items():
        _lead_back(row, [section for section in shown[name] if section][:MOST_SECTIONS])
    _say_what_is_printed([row for row in rows.values() if "source-" in row["id"]])


def _mentions(page: BeautifulSoup) -> Iterator[Mention]:
    chapter, section, above = "", None, {}
    for tag in page.find_all(["section", "data", "a", *HEADINGS[1:]]):
        if any(name in tag.attrs for name in MENTIONS):
            yield Mention(tag, chapter, section)
        elif tag.get("class") == "chapter":
            chapter = tag["id"]
        elif tag.name in HEADINGS and "id" in tag.attrs:
            level, words = int(tag.name[1]), tag.get_text()
            over = f"{above[level - 1]}: " if level - 1 in above else ""
            section = (tag["id"], over + words)
            above = {n: w for n, w in above.items() if n < level} | {level: words}


def _tested(mentions: list[Mention]) -> dict[str, tuple[str, str]]:
    """The first section beyond chapter 1 that puts a claim in prose, else in a table."""
    prose, table = {}, {}
    for mention in mentions:
        claim = mention.tag.get("data-claim")
        if claim and mention.chapter != mentions[0].chapter:
            found = table if mention.tag.find_parent(["td", "th"]) else prose
            found.setdefault(claim, mention.section)
    return table | prose


def _subject(row: Tag) -> list[str]:
    """The assumption or the source that a row is of."""
    parts = (row["id"].partition(f"{kind}-") for kind in ("assumption", "source"))
    return [name for _, found, name in parts if found][:1]


def _link(tag: Tag, kind: str, target: str) -> None:
    tag.wrap(Tag(name="a", attrs={"class": kind, "href": f"#{target}"}))


def _lead_back(row: Tag, sections: list[tuple[str, str]]) -> None:
    """Name the sections that show a row's subject, or mark a source that nothing leads to."""
    if sections:
        links = (Markup('<a href="#{}">{}</a>').format(*section) for section in sections)
        said = Markup(' <small class="shown">Shown in {}.</small>').format(Markup("; ").join(links))
        row.find_all("td")[-1].append(parsed(said))
    elif "source-" in row["id"] and not row.select_one('a[href*="assumption-"]'):
        row["class"] = "idle"


def _say_what_is_printed(sources: list[Tag]) -> None:
    if sources and (figure := sources[0].find_parent("figure")):
        count = sum(row.get("class") != "idle" for row in sources)
        said = (
            f"Printed are the {count:,} of {len(sources):,} that this report cites or shows; "
            "the page holds them all."
        )
        figure.insert(0, parsed('<p class="paper">{}</p>', said))


def add_result_notes(page: BeautifulSoup, results: Iterable[Mapping]) -> None:
    """Put what notes say of each computed number in the page at its end.

    A note has the number's unit, its best value, 5th percentile, median and 95th, as text.
    """
    shown = {tag["data-result"] for tag in page.select("[data-result]")}
    facts = {}
    for row in results:
        key = "/".join((row["segment"], row["metric"], row["detail"]))
        if key in shown:
            facts[key] = [row["unit"], *(format_quantity(row[s], row["unit"]) for s in STATS)]
    if facts:
        text = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
        script = page.new_tag("script", type="application/json", id="results", string=text)
        page.body.append(script)
