"""The page: executed chapters, joined into one notebook and exported once, as one file that loads nothing.

In: executed notebooks as `Chapter`s, and what head and foot say about the report. Out: HTML as a string.
Ids are prefixed with the chapter's key here and nowhere else. A reference to an id of the same chapter follows
it; any other is left alone, so a chapter may point into another (`#evidence-tab-evidence`). Links between
chapters that follow from what is shown are made by links.py. What a reader must
not meet, a picture without description or a link that leads nowhere, stops the page.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from analysis.build.links import add_cross_references, add_result_notes

TITLE = "Does a generated second of AI video earn more than it costs, and for whom?"
DOWNLOAD = '<p class="download">'
TEMPLATES = Path(__file__).parent / "template"
REFERENCES = {
    "for",
    "headers",
    "list",
    "form",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-owns",
    "aria-details",
    "data-for",
    "data-target",
}
LINKS = {"href", "xlink:href", "usemap"}
PAINTS = {
    "style",
    "fill",
    "stroke",
    "clip-path",
    "mask",
    "filter",
    "marker",
    "marker-start",
    "marker-mid",
    "marker-end",
}
INSIDE = r"""(?:[^>"']|"[^"]*"|'[^']*')*"""  # of a tag, where > may stand between quotation marks
TOKEN = re.compile(
    rf"<!--.*?-->|(<(script|style)\b{INSIDE}>)(.*?)(?=</\2\s*>)|<[a-z]{INSIDE}>",
    re.DOTALL | re.IGNORECASE,
)
HEADING = re.compile(rf"<h([1-6])\b((?:\s{INSIDE})?)>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
CAPTION = re.compile(
    r'<figure class="(?P<kind>plot|table)" id="(?P<id>[^"]+)">(?:(?!</figure>).)*?<(?:fig)?caption>',
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([\s/])([^\s"'<>/=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
PAINT = re.compile(r"""(url\(\s*(?:["']|&quot;|&\#39;|&apos;)?\#)([^)"'&\s]+)""", re.VERBOSE)


@dataclass(frozen=True, eq=False)
class Chapter:
    """An executed notebook. Runs of one notebook share a `group`, the key of their common chapter; `title` then names the run."""

    key: str
    title: str
    notebook: NotebookNode
    group: str = ""


def normalise(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook without what differs from run to run: times, paths, random ids, addresses in memory, warnings.

    Returns: a new notebook. Raises: ValueError when a cell holds an error, since papermill may save one as completed.
    """
    notebook = copy.deepcopy(notebook)
    notebook.metadata.pop("papermill", None)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        for timed in ("papermill", "execution"):
            cell.metadata.pop(timed, None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise ValueError(
                    f"cell {number + 1} holds an error: {output.ename}: {output.evalue}"
                )
            if len(output.get("data", {})) > 1:
                output.data.pop("text/plain", None)
    return notebook


def prefixed(text: str, prefix: str) -> str:
    """HTML with a prefix before each id and before each reference to one of these ids; all else stays.

    >>> prefixed('<a href="#fig">see</a> <a href="#elsewhere">there</a> <svg id="fig"></svg>', "cost-")
    '<a href="#cost-fig">see</a> <a href="#elsewhere">there</a> <svg id="cost-fig"></svg>'
    """
    ids = set(_values(text, {"id"}))

    def follow(name: str) -> str:
        return prefix + name if ids & {html.unescape(name), unquote(html.unescape(name))} else name

    def attribute(match: re.Match) -> str:
        before, name, equals, *values = match.groups()
        value, quote = next((v, q) for v, q in zip(values, ('"', "'", "")) if v is not None)
        if name.lower() == "id":
            value = prefix + value
        elif name.lower() in REFERENCES:
            value = re.sub(r"\S+", lambda m: follow(m[0]), value)
        elif name.lower() in LINKS and value.startswith("#"):
            value = "#" + follow(value[1:])
        elif name.lower() in PAINTS:
            value = PAINT.sub(lambda m: m[1] + follow(m[2]), value)
        return f"{before}{name}{equals}{quote}{value}{quote}"

    def token(match: re.Match) -> str:
        opening, kind, content = match.groups(default="")
        if not opening:
            return match[0] if match[0].startswith("<!--") else ATTRIBUTE.sub(attribute, match[0])
        if kind.lower() == "style":
            content = re.sub(r"#([\w-]+)", lambda m: "#" + follow(m[1]), content)
        return ATTRIBUTE.sub(attribute, opening) + content

    return TOKEN.sub(token, text)


def render(
    chapters: Sequence[Chapter],
    meta: Mapping,
    scripts: Sequence[str] = (),
    results: Iterable[Mapping] = (),
) -> str:
    """The whole report as one self-contained page.

    Parameters: chapters, in reading order; meta, with name, scenario (name, title, reason), changed (pairs of an
    input's name and its new value as text), draws, seed, evidence_until, hash, judgements, assumptions; scripts,
    JavaScript beyond the page's own, put at the end and allowed by hash; results, rows of results.csv, from which
    the notes on computed numbers are made. Raises: ValueError with what is amiss.
    """
    notebook, entries = _joined(chapters)
    page = _frame(TITLE, scripts) | {"entries": entries, "meta": meta}
    text, _ = _exporter().from_notebook_node(notebook, resources={"page": page})
    return _sound(add_result_notes(add_cross_references(_numbered(text)), results), page["scripts"])


def sheet(title: str, body: str) -> str:
    """A page in the report's style that is no report: a title over markup that is already safe. Raises: ValueError with what is amiss."""
    page = _frame(title) | {"body": Markup(body)}
    text = _exporter().environment.get_template("sheet.html.j2").render(resources={"page": page})
    return _sound(_numbered(text), page["scripts"])


def _frame(title: str, scripts: Sequence[str] = ()) -> dict:
    folder = TEMPLATES / "report"
    style, own = (
        "".join(p.read_text("utf-8") for p in sorted(folder.glob("*.css"))),
        (folder / "script.js").read_text("utf-8"),
    )
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in (own, *scripts)
    )
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}; base-uri 'none'; form-action 'none'"
    return {"title": title, "style": style, "scripts": [own, *scripts], "policy": policy}


def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(TEMPLATES)], exclude_anchor_links=True
    )
    exporter.environment.autoescape = (
        True  # nbconvert leaves it off; a scenario's title is anybody's text
    )
    exporter.register_filter("chaptered", _chaptered)
    exporter.register_filter(
        "computed",
        lambda text, cell: text.replace(
            DOWNLOAD, f'{DOWNLOAD}<a href="#{cell}">How it is computed</a> '
        ),
    )
    return exporter


def _joined(chapters: Sequence[Chapter]) -> tuple[NotebookNode, list[dict]]:
    """One notebook whose cells know their chapter, and the chapters in order; a group's title cell stands once, before its runs."""
    cells, entries = [], []

    def add(key: str, some: Iterable[NotebookNode]) -> None:
        for cell in some:
            cells.append(
                NotebookNode(
                    cell, id=f"cell-{len(cells)}", metadata=NotebookNode(cell.metadata, chapter=key)
                )
            )

    for key, runs in itertools.groupby(chapters, key=lambda chapter: chapter.group or chapter.key):
        runs = list(runs)
        entry = {"key": key, "title": runs[0].title, "runs": [], "code": runs[0].key}
        if runs[0].group:
            titled = [
                next((cell for cell in run.notebook.cells if _title(cell)), None) for run in runs
            ]
            entry["runs"] = [{"key": run.key, "title": run.title} for run in runs]
            entry["title"] = _title(titled[0]) if titled[0] else key.capitalize()
            add(key, titled[:1] if titled[0] else [])
        for i, run in enumerate(runs):
            add(
                run.key,
                (cell for cell in run.notebook.cells if not run.group or cell is not titled[i]),
            )
        entries.append(entry)
    return new_notebook(cells=cells), entries


def _title(cell: NotebookNode) -> str:
    found = (
        re.search(r"^# +(.+?)\s*#*$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown"
        else None
    )
    return found[1] if found else ""


def _chaptered(text: str, key: str, title: str, level: int) -> dict:
    """A chapter's HTML with its heading at that level, ids prefixed, and the (id, text) of the headings one level below."""
    ids, listed = set(_values(text, {"id"})), []

    def heading(match: re.Match) -> str:
        depth, attributes, content = min(int(match[1]) + level - 1, 6), match[2], match[3]
        words = " ".join(html.unescape(re.sub(r"<[^>]+>", "", content)).split())
        first = (
            "title" if depth == level and "title" not in ids else "-".join(words.split()) or "part"
        )
        name = next(
            n
            for n in itertools.chain([first], (f"{first}-{i}" for i in itertools.count(2)))
            if n not in ids
        )
        ids.add(name)
        if depth == level + 1:
            listed.append((f"{key}-{name}", words))
        attributes = ATTRIBUTE.sub(lambda m: "" if m[2].lower() == "id" else m[0], attributes)
        return headed(
            f'<h{depth}{attributes} id="{html.escape(name)}">{content}</h{depth}>',
            key if name == "title" else name,
            words,
        )

    def headed(made: str, name: str, words: str) -> str:
        label = html.escape(f"Link to this section: {words}")
        return f'<div class="headed">{made}<a class="permalink" href="#{html.escape(name)}" aria-label="{label}">#</a></div>'

    text = HEADING.sub(heading, str(text))
    if "title" not in ids:
        text = headed(f'<h{level} id="title">{html.escape(title)}</h{level}>', key, title) + text
    return {"html": Markup(prefixed(text, key + "-")), "headings": listed}


def _numbered(text: str) -> str:
    """The page with its figures and tables numbered from the first to the last, each number a link to where it stands."""
    counts = Counter()

    def caption(match: re.Match) -> str:
        kind = "Figure" if match["kind"] == "plot" else "Table"
        counts[kind] += 1
        link = f'<a class="permalink" href="#{match["id"]}" title="Link to this {kind.lower()}">{kind} {counts[kind]}.</a> '
        return match[0] + link

    return CAPTION.sub(caption, text)


def _values(text: str, names: set[str]) -> Iterator[str]:
    """The values of attributes of these names, wherever tags hold them."""
    for token in TOKEN.finditer(text):
        if not token[0].startswith("<!--"):
            for match in ATTRIBUTE.finditer(token[1] or token[0]):
                if match[2].lower() in names:
                    yield html.unescape(
                        next(value for value in match.groups()[3:] if value is not None)
                    )


def _sound(text: str, scripts: Sequence[str]) -> str:
    """The page as it is. Raises: ValueError with what no reader should meet."""
    if faults := list(_faults(text, scripts)):
        raise ValueError("the page is not fit to be read: " + "; ".join(faults[:12]))
    return text


def _faults(text: str, scripts: Sequence[str]) -> Iterator[str]:
    ids = Counter(_values(text, {"id"}))
    yield from (f"the id {name!r} stands {count} times" for name, count in ids.items() if count > 1)
    for link in sorted({link for link in _values(text, {"href"}) if link.startswith("#")}):
        if not {link[1:], unquote(link[1:])} & ids.keys():
            yield f"the link {link!r} leads nowhere"
    yield from (
        f"{source[:80]!r} would be loaded"
        for source in _values(text, {"src", "srcset", "poster"})
        if source[:5] != "data:"
    )
    for token in TOKEN.finditer(text):
        if (
            (token[2] or "").lower() == "script"
            and token[3] not in scripts
            and "json" not in token[1]
        ):
            yield f"a script is not allowed: {token[3].strip()[:60]!r}"
    if (
        "No description has been provided for this image" in text
    ):  # what nbconvert fills in where alt is missing
        yield "a picture has no description"
