"""Links between the parts of the page, made from what the numbers say of themselves once all chapters stand together.

In: the page as HTML. Out: the page in which an input leads to its assumption, a claim to the section that tests it,
and the row of an assumption or a source back to the sections that show it. What has no row in this page, because
its chapter is left out, stays as it is. Of the published figures those that nothing leads to are marked, since paper leaves them out.
What a note says of a computed number stands once at the end of the page.
"""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.show.prose import format_quantity

MARKS = re.compile(
    r'<section (?=[^>]*class="chapter")[^>]*\bid="(?P<chapter>[^"]*)"'
    r'|<h(?P<level>[2-6])\b[^>]*\bid="(?P<heading>[^"]*)"[^>]*>(?P<words>.*?)</h[2-6]>'
    r'|<(?P<block>p|td|th)\b|(?P<row><tr id=)|(?P<end></tr>)|<a [^>]*\bdata-source="(?P<source>[^"]*)"'
    r'|<data [^>]*\bdata-(?P<kind>input|claim)="(?P<name>[^"]*)"[^>]*>[^<]*</data>',
    re.DOTALL,
)
ROW = re.compile(r'<tr id="([^"]*?(?:assumption|source)-([^"]*))">.*?</td></tr>', re.DOTALL)
CITED = re.compile(r'<a [^>]*href="#[^"]*assumption-')
SOURCES = re.compile(
    r'<figure class="table"[^>]*>(?=(?:(?!</figure>).)*<tr (?:class="idle" )?id="[^"]*source-)',
    re.DOTALL,
)
STATS = ("value", "p05", "p50", "p95")
MOST = 6  # sections that a row names


@dataclass(frozen=True)
class Mention:
    """A number or a source in the page, with the chapter and the section, as (id, words), that show it; a row with an id is pointed at."""

    match: re.Match
    chapter: str
    section: tuple[str, str]
    in_prose: bool
    in_row: bool


def add_cross_references(text: str) -> str:
    """The page with its links.

    >>> rows = '<table><tr id="k-assumption-x"><td>1</td></tr></table>'
    >>> add_cross_references('<data data-input="x">1</data>' + rows)[:70]
    '<a class="input" href="#k-assumption-x"><data data-input="x">1</data><'
    """
    rows = {
        row[2]: (row[1], " judgement" if '<span class="judgement">' in row[0] else "")
        for row in ROW.finditer(text)
    }
    mentions = list(_mentions(text))
    tested = _tested(mentions)
    shown, made, after = defaultdict(dict), [], 0
    for m in mentions:
        kind, name, number = m.match["kind"], m.match["name"], m.match[0]
        target = judged = ""
        if (
            kind == "claim"
            and 'data-stat="probability"' in number
            and tested.get(name) != m.section
        ):
            target = tested.get(name, ("",))[0]
        elif kind != "claim" and not m.in_row:
            shown[name or m.match["source"]][m.section] = None
            target, judged = rows.get(name, ("", ""))
        if target:
            made += [
                text[after : m.match.start()],
                f'<a class="{kind}{judged}" href="#{target}">{number}</a>',
            ]
            after = m.match.end()

    sources: list[bool] = []  # whether something leads to each

    def back(row: re.Match) -> str:
        links = "; ".join(
            f'<a href="#{id}">{words}</a>' for id, words in list(filter(None, shown[row[2]]))[:MOST]
        )
        source, used = "source-" in row[1], bool(links or CITED.search(row[0]))
        if source:
            sources.append(used)
        opening = '<tr class="idle" ' if source and not used else "<tr "
        where = f' <small class="shown">Shown in {links}.</small>' if links else ""
        return (
            opening + row[0].removeprefix("<tr ").removesuffix("</td></tr>") + where + "</td></tr>"
        )

    text = ROW.sub(back, "".join(made) + text[after:])
    printed = f"Printed are the {sum(sources):,} of {len(sources):,} that this report cites or shows; the page holds them all."
    return SOURCES.sub(lambda table: f'{table[0]}<p class="paper">{printed}</p>', text, count=1)


def add_result_notes(text: str, results: Iterable[Mapping]) -> str:
    """The page with what its notes say of each computed number in it, as text: unit, best value, 5th percentile, median, 95th."""
    shown = set(re.findall(r'data-result="([^"]*)"', text))
    rows = {
        "/".join((r["segment"], r["metric"], r["detail"])): [
            r["unit"],
            *(format_quantity(r[stat], r["unit"]) for stat in STATS),
        ]
        for r in results
    }
    facts = json.dumps(
        {key: row for key, row in rows.items() if html.escape(key) in shown}, separators=(",", ":")
    ).replace("<", "\\u003c")
    return (
        text.replace(
            "</body>", f'<script type="application/json" id="results">{facts}</script>\n</body>'
        )
        if facts != "{}"
        else text
    )


def _tested(mentions: list[Mention]) -> dict[str, tuple[str, str]]:
    """For each claim the first section beyond the first chapter that speaks of it in prose, or else shows it in a table."""
    prose, table = {}, {}
    for m in mentions:
        if m.match["kind"] == "claim" and m.chapter != mentions[0].chapter:
            (prose if m.in_prose else table).setdefault(m.match["name"], m.section)
    return table | prose


def _mentions(text: str) -> Iterator[Mention]:
    chapter, section, block, in_row, above = "", (), "", False, {}
    for match in MARKS.finditer(text):
        if match["kind"] or match["source"]:
            yield Mention(match, chapter, section, block == "p", in_row)
        elif match["heading"]:
            level, words = int(match["level"]), re.sub(r"<[^>]+>", "", match["words"])
            section = (
                match["heading"],
                f"{above[level - 1]}: {words}" if level - 1 in above else words,
            )
            above = {n: w for n, w in above.items() if n < level} | {level: words}
        chapter = match["chapter"] or chapter
        block = match["block"] or block
        in_row = bool(match["row"]) or in_row and not match["end"]
