"""The page: executed chapters as one file that loads nothing, with the appendix folded.

nbconvert writes each chapter's cells as HTML; from there on the page is a tree, parsed once and
written once. What a reader must not meet, a picture without description or a link that leads
nowhere, stops it.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from analysis.build.links import add_cross_references, add_result_notes
from analysis.build.notebooks import heading
from analysis.build.tree import (
    fold_below_heading,
    head_section,
    number_captions,
    parsed,
    prefix_ids,
)

TITLE = "Does a generated second of AI video earn more than it costs, and for whom?"
TEMPLATES = Path(__file__).parent / "template"
DATA = ("application/json", "application/ld+json")  # scripts that are none
MOST_FAULTS = 12  # named in one message


@dataclass(frozen=True, eq=False)
class Chapter:
    """An executed notebook. Runs of one share a `group`, the key of their common chapter."""

    key: str
    title: str
    notebook: NotebookNode
    group: str = ""
    appendix: bool = False


@dataclass(eq=False)
class Section:
    """A chapter of the page, or a run in one; `code` is the run whose cells are shown as code."""

    key: str
    title: str
    cells: list[NotebookNode]
    code: str
    appendix: bool
    runs: list[Section] = field(default_factory=list)
    headings: list[tuple[str, str]] = field(default_factory=list)


class _Exporter(HTMLExporter):
    """nbconvert's without its own pass over the finished HTML, which is parsed here anyway."""

    from_notebook_node = TemplateExporter.from_notebook_node

    def __init__(self):
        folders = [str(TEMPLATES)]
        super().__init__(
            template_name="report", extra_template_basedirs=folders, exclude_anchor_links=True
        )
        self.environment.autoescape = True  # nbconvert leaves it off; a title is anybody's text


def assemble(
    chapters: Sequence[Chapter],
    meta: Mapping,
    scripts: Sequence[str] = (),
    results: Iterable[Mapping] = (),
) -> BeautifulSoup:
    """The whole report as one self-contained page, the appendix last.

    Parameters: chapters, in reading order; meta, as report.py makes it; scripts, JavaScript beyond
    the page's own, put at the end and allowed by hash; results, rows of results.csv, from which
    the notes on computed numbers are made.
    """
    exporter = _Exporter()
    bodies = {}
    sections = sorted(_sections(chapters), key=lambda section: section.appendix)
    for section in sections:
        bodies[section.key] = _body(exporter, section, 2)
        bodies |= {run.key: _body(exporter, run, 3) for run in section.runs}
    template = exporter.environment.get_template("page.html.j2")
    page = parsed(template.render(page=_frame(scripts), meta=meta, sections=sections))
    for slot in page.find_all("slot"):
        slot.replace_with(bodies[slot["name"]])
    number_captions(page)
    add_cross_references(page)
    add_result_notes(page, results)
    return page


def _frame(scripts: Sequence[str]) -> dict:
    """What the page has beside its text: title, style, scripts and their hashes."""
    folder = TEMPLATES / "report"
    own = (folder / "script.js").read_text("utf-8")
    return {
        "title": TITLE,
        "style": "".join(p.read_text("utf-8") for p in sorted(folder.glob("*.css"))),
        "scripts": [own, *scripts],
        "hashes": [_hash(script) for script in (own, *scripts)],
    }


def _hash(script: str) -> str:
    """What the policy of the page calls a script by."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _sections(chapters: Sequence[Chapter]) -> Iterator[Section]:
    """The chapters in order; the title cell of runs of one notebook stands once, before them."""
    for key, group in itertools.groupby(chapters, key=lambda c: c.group or c.key):
        runs = list(group)
        first = runs[0]
        if not first.group:
            yield Section(key, first.title, first.notebook.cells, key, first.appendix)
            continue
        titled = [cell for cell in first.notebook.cells if heading(cell)][:1]
        if titled:
            title = heading(titled[0])
        else:
            title = key.capitalize()
        section = Section(key, title, titled, first.key, first.appendix)
        for run in runs:
            skipped = next((cell for cell in run.notebook.cells if heading(cell)), None)
            cells = [cell for cell in run.notebook.cells if cell is not skipped]
            section.runs.append(Section(run.key, run.title, cells, first.key, run.appendix))
        yield section


def _body(exporter: _Exporter, section: Section, level: int) -> BeautifulSoup:
    """The content of a section as a tree; its headings are noted for the list of contents."""
    resources = {"code": section.code}
    text, _ = exporter.from_notebook_node(new_notebook(cells=section.cells), resources)
    body = parsed(text)
    section.headings = head_section(body, section.key, section.title, level)
    if section.appendix and not section.runs:
        fold_below_heading(body)
    prefix_ids(body, f"{section.key}-")
    for output in body.find_all("div", attrs={"data-cell": True}):
        for downloads in output.find_all("p", class_="download"):
            link = parsed('<a href="#{}">How it is computed</a> ', output["data-cell"])
            downloads.insert(0, link)
        output.unwrap()
    return body


def written(page: BeautifulSoup) -> str:
    """The page as text. Raises: ValueError with what no reader should meet."""
    if faults := list(_faults(page)):
        raise ValueError(f"the page is not fit to be read: {'; '.join(faults[:MOST_FAULTS])}")
    return str(page)


def _faults(page: BeautifulSoup) -> Iterator[str]:
    ids = Counter(tag["id"] for tag in page.find_all(id=True))
    yield from (f"the id {name!r} stands {n} times" for name, n in ids.items() if n > 1)
    for link in sorted({tag["href"] for tag in page.find_all(href=True)}):
        if link.startswith("#") and not {link[1:], unquote(link[1:])} & ids.keys():
            yield f"the link {link!r} leads nowhere"
    for tag in page.select("[src], [srcset], [poster]"):
        sources = (tag[name] for name in ("src", "srcset", "poster") if name in tag.attrs)
        yield from (f"{s[:80]!r} would be loaded" for s in sources if not s.startswith("data:"))
    policy = page.select_one("meta[http-equiv]")["content"]
    for script in page.find_all("script", type=lambda kind: kind not in DATA):
        if _hash(script.get_text()) not in policy:
            yield f"a script is not allowed: {script.get_text().strip()[:60]!r}"
    if page.select_one("img:not([alt])"):
        yield "a picture has no description"
