"""A small page with one of everything: verdict, figure, tables, runs of a notebook, an appendix."""

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.build.notebooks import normalise
from analysis.build.page import Chapter, assemble
from analysis.build.page import written as as_text
from analysis.show.figures import plotting
from analysis.show.html import Html, csv_link
from analysis.show.markup import table

META = {
    "name": "cheap",
    "scenario": {"name": "cheap", "title": "Cheap GPUs", "reason": "New capacity."},
    "changed": [("gpu_price", "0.9 USD/GPU-h")],
    "draws": 1000,
    "seed": 1,
    "edition": 2,
    "evidence_until": "2026-11-22",
    "description": "It does not.",
    "linked": {"@type": "Report", "name": "</script>"},
    "hash": "0123456789ab",
    "judgements": 3,
    "assumptions": 9,
}
FIGURE = f"""
<figure class="plot" id="fig-a"><figcaption>One bar</figcaption><div class="canvas">
<svg viewBox="0 0 360 90" role="img" aria-labelledby="fig-a-title fig-a-desc">
<title id="fig-a-title">One bar</title><desc id="fig-a-desc">A bar.</desc>
<defs><clipPath id="fig-a-c"><rect width="300" height="60"/></clipPath></defs>
<g clip-path="url(#fig-a-c)">
<rect id="fig-a-r" width="200" height="40" fill="var(--s1,{plotting.SERIES[0]})"/></g>
<use href="#fig-a-r" y="45"/></svg></div>
<p class="note">How to read it.</p>{csv_link("a", pd.DataFrame({"a": [1]}))}</figure>"""
TABLE = table(
    "a",
    "A wide table of numbers that asks for more room than a phone has",
    ["Name", *[("Some", "USD/generated_second")] * 9],
    [["A row", *[1234.5] * 9]] * 3,
)
GIVEN = Html('<data value="2.5" data-input="gpu_price" data-stat="value">USD 2.50</data>')
CLAIMED = Html('<data value="0.5" data-claim="pays/tv" data-stat="probability">50 %</data>')
RESULT = '<data value="2" data-result="tv/revenue/" data-stat="value">USD 2</data>'
COLUMNS = ("segment", "metric", "detail", "unit", "value", "p05", "p50", "p95")
ROWS = [
    ("tv", "revenue", "", "USD/customer-month", 2.0, 1.0, 1.5, 3.0),
    ("tv", "not shown", "", "count", 1.0, 1.0, 1.0, 1.0),
]
RESULTS = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
VERDICT = f"""
<div class="verdict"><p>A second pays with {CLAIMED}.</p><p>It costs {GIVEN}.</p></div>
<p class="brought">It brings {RESULT} <small>1 to 3</small>.</p>
<table><tr data-segment="tv" data-model="workflow"><td>TV</td></tr></table>"""
VALUES = [3.0, float("nan"), 1e7, -2.0, 0.5, *range(100, 125)]
MANY = [
    [f'=row {i}, "{i}"', value, Html("<b>likely</b> ({})").format(CLAIMED), GIVEN]
    for i, value in enumerate(VALUES)
]
ASSUMPTIONS = table(
    "assumptions",
    "Assumptions.",
    ["Name", "Best value", "Basis", "Evidence", "Why"],
    ids=["assumption-gpu_price"],
    folded="1 input",
    rows=[
        [
            "gpu_price",
            GIVEN,
            Html('<span class="judgement">judgement</span>'),
            Html('<a href="#source-C1">C1</a>'),
            "Because.",
        ]
    ],
)
SOURCE = Html('<a href="https://example.org/{0}" data-source="{1}">{2}</a>, 2026-01 (press)')
SOURCES = table(
    "sources",
    "Sources.",
    ["Id", "Figure", "Source", "Cited by", "Note"],
    ids=["source-C1", "source-C2"],
    folded="2 figures",
    rows=[
        [
            "C1",
            "Rent",
            SOURCE.format("rent", "C1", "A publisher"),
            Html('<a href="#assumption-gpu_price">gpu_price</a>'),
            "",
        ],
        ["C2", "Unused", SOURCE.format("unused", "C2", "Another"), "", ""],
    ],
)
WORKED = table(
    "worked-tv", "Line by line.", ["Metric", "Formula"], [["revenue", "seconds x price"]]
)
GLOSSARY = table(
    "glossary", "Names.", ["Name", "Meaning"], [["revenue", "what a customer pays"]], folded="1"
)
LONG = table(
    "many", "Many rows.", ["Name", ("Size", "m"), "Likelihood", "Given"], MANY, folded="Many rows"
)


def cell(source, *outputs):
    """A cell that has shown this HTML."""
    data = [{"text/html": output, "text/plain": "<Html at 0x7f>"} for output in outputs]
    return new_code_cell(source, outputs=[new_output("display_data", data=d) for d in data])


def chapter(key, title, *outputs, group=""):
    """A chapter with headings, prose, and a table beside its outputs."""
    cells = [
        new_markdown_cell(f"# The title of {key}\n\nProse, see [a source](https://example.org/a)."),
        cell("open_chapter()", *outputs),
        new_markdown_cell("## A part\n\nMore prose, see [a table](#tab-a)."),
        cell("table(study)", TABLE),
        new_markdown_cell("## A part"),
    ]
    return Chapter(key, title, normalise(new_notebook(cells=cells)), group)


def one_cell(key, *outputs, source="1", appendix=False):
    """A chapter of one cell."""
    notebook = new_notebook(cells=[cell(source, *outputs)])
    return Chapter(key, key.capitalize(), notebook, appendix=appendix)


def chapters():
    """A summary, two runs of one notebook, and the evidence as an appendix."""
    runs = []
    for name in ("previs", "tv"):
        paid = f"<p>Paid: {CLAIMED.replace('tv', name)}</p>"
        runs.append(chapter(f"vertical-{name}", name.capitalize(), FIGURE, paid, group="vertical"))
    evidence = "".join([ASSUMPTIONS, SOURCES, WORKED, GLOSSARY, LONG])
    summary = chapter("summary", "The answer", VERDICT, FIGURE)
    return [summary, *runs, one_cell("evidence", evidence, appendix=True)]


def render(chapters, meta=META, **options):
    """The page of these chapters as text."""
    return as_text(assemble(chapters, meta, **options))


def written(folder):
    """The page of these chapters as a file."""
    path = folder / "report.html"
    path.write_text(render(chapters(), results=RESULTS), "utf-8")
    return path
