"""HTML as a tree: read by one parser, its headings, ids and captions put in order.

Ids are prefixed with their chapter's key here and nowhere else. A reference to an id of the same
chapter follows it; any other is left alone, so a chapter may point into another.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
IDS = {"id", "for", "headers", "list", "form", "data-for", "data-target"} | {
    f"aria-{name}" for name in ("labelledby", "describedby", "controls", "owns", "details")
}
LINKS = {"href", "xlink:href", "usemap"}
CSS_URL = re.compile(r"""(url\(\s*["']?#)([^)"'\s]+)""")
CSS_ID = re.compile(r"(#)([\w-]+)")
PERMALINK = '<a class="permalink" href="#{}" {}="{}">{}</a>'


def parsed(text: str, *values: object) -> BeautifulSoup:
    """HTML as a tree, after the values have been escaped and put in place of its `{}`.

    >>> str(parsed("<b>{}</b>", "a < b"))
    '<b>a &lt; b</b>'
    """
    if values:
        markup = Markup(text).format(*values)
    else:
        markup = text
    return BeautifulSoup(markup, "html.parser", multi_valued_attributes=None)


def prefix_ids(tree: Tag, prefix: str) -> None:
    """Put a prefix before each id, and before each reference to one of these ids.

    >>> tree = parsed('<a href="#fig">see</a> <a href="#elsewhere">there</a> <svg id="fig"></svg>')
    >>> prefix_ids(tree, "cost-")
    >>> str(tree)
    '<a href="#cost-fig">see</a> <a href="#elsewhere">there</a> <svg id="cost-fig"></svg>'
    """
    ids = {tag["id"] for tag in tree.find_all(id=True)}

    def follow(name: str) -> str:
        if ids & {name, unquote(name)}:
            return prefix + name
        return name

    for tag in tree.find_all(True):
        for attribute, value in tag.attrs.items():
            tag[attribute] = _followed(attribute, value, follow)
    for style in tree.find_all("style"):
        style.string = CSS_ID.sub(lambda m: m[1] + follow(m[2]), style.get_text())


def _followed(attribute: str, value: str, follow: Callable[[str], str]) -> str:
    if attribute in IDS:
        return " ".join(map(follow, value.split()))
    if attribute in LINKS:
        if value.startswith("#"):
            return "#" + follow(value[1:])
        return value
    return CSS_URL.sub(lambda m: m[1] + follow(m[2]), value)


def head_section(tree: BeautifulSoup, key: str, title: str, level: int) -> list[tuple[str, str]]:
    """Bring a section's headings to their level, each with an id and a link to itself.

    Parameters: tree, the section's content; key, its id; title, its heading where it has none;
    level, that of its heading. Returns: id and words of the headings one level below.
    """
    ids = {tag["id"] for tag in tree.find_all(id=True)}
    below = []
    for heading in tree.find_all(HEADINGS):
        depth = min(int(heading.name[1]) + level - 1, 6)
        words = " ".join(heading.get_text().split())
        wanted = "-".join(words.split()) or "part"
        if depth == level and "title" not in ids:
            wanted = "title"
        heading.name = f"h{depth}"
        heading["id"] = _free(wanted, ids)
        ids.add(heading["id"])
        _add_permalink(heading, key, words)
        if depth == level + 1:
            below.append((f"{key}-{heading['id']}", words))
    if "title" not in ids:
        heading = tree.new_tag(f"h{level}", id="title", string=title)
        tree.insert(0, heading)
        _add_permalink(heading, key, title)
    return below


def fold_below_heading(tree: BeautifulSoup) -> None:
    """Fold away all that follows a section's heading.

    >>> tree = parsed("<h2>A</h2><p>Words.</p>")
    >>> fold_below_heading(tree)
    >>> str(tree.details)
    '<details class="fold"><summary>Open this part</summary><p>Words.</p></details>'
    """
    fold = parsed('<details class="fold"><summary>Open this part</summary></details>').details
    first = tree.find(True)
    for below in list(first.next_siblings):
        fold.append(below)
    first.insert_after(fold)


def _free(wanted: str, taken: set[str]) -> str:
    numbered = (f"{wanted}-{i}" for i in itertools.count(2))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)


def _add_permalink(heading: Tag, key: str, words: str) -> None:
    if heading["id"] == "title":
        target = key
    else:
        target = heading["id"]
    link = parsed(PERMALINK, target, "aria-label", f"Link to this section: {words}", "#")
    heading.wrap(Tag(name="div", attrs={"class": "headed"})).append(link)


def number_captions(tree: Tag) -> None:
    """Number figures and tables from the first to the last; each number links to its place."""
    counts = Counter()
    for figure in tree.select("figure.plot[id], figure.table[id]"):
        kind = "Figure" if figure["class"] == "plot" else "Table"
        caption = figure.find(["figcaption", "caption"])
        if caption:
            counts[kind] += 1
            label = f"Link to this {kind.lower()}"
            number = f"{kind} {counts[kind]}."
            caption.insert(0, parsed(PERMALINK + " ", figure["id"], "title", label, number))
