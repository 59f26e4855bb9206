"""Hostile tables: a cell, a table, a title, a note or an address is refused, or executes nothing.

The oracles are those of test_hostile.py, a message being a line or more; for markup also a parser,
and a browser in which nothing may happen.
"""

import csv
import io
import os
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pandera.pandas as pa
import pytest
from browsing import chromium, opened
from hostile import TRIED, Parsed, clear, outcome, wild
from hypothesis import strategies as st
from support import copied, run, succeeded

from analysis.build import publish
from analysis.errors import InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.rules import CONTROL, RULES, unfit
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import DATA, Tables, broken_rules, read_table, read_tables
from analysis.show import html, markup, prose
from analysis.show import tables as shown


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A copy of the tables; of long ones to which no other refers the first rows will do."""
    folder = shutil.copytree(DATA, tmp_path_factory.mktemp("short") / "data")
    for name in ("inference_benchmarks", "gpu_prices", "api_prices"):
        lines = (folder / f"{name}.csv").read_text("utf-8").splitlines(keepends=True)
        (folder / f"{name}.csv").write_text("".join(lines[:4]), "utf-8")
    return folder


@pytest.fixture
def spoilt(short, tmp_path):
    """A folder of tables, a function that spoils a cell of one, and a function that mends it."""
    folder = shutil.copytree(short, tmp_path / "data")
    whole = {
        name: list(csv.reader((short / f"{name}.csv").open(encoding="utf-8", newline="")))
        for name in Tables.__dataclass_fields__
    }

    def put(name, row, column, text):
        written = io.StringIO()
        rows = [[*cells] for cells in whole[name]]
        rows[row % len(rows)][column % len(rows[0])] = text
        csv.writer(written).writerows(rows)
        (folder / f"{name}.csv").write_bytes(written.getvalue().encode("utf-8", "surrogatepass"))

    return SimpleNamespace(
        folder=folder, put=put, mend=lambda name: shutil.copy(short / f"{name}.csv", folder)
    )


CELLS = st.tuples(
    st.sampled_from(sorted(Tables.__dataclass_fields__)),
    st.sampled_from([0, 1, 1, 1, 2, 3, -1]),
    st.integers(0, 19),
    wild,
)


def fit(table):
    """Every text of a table may be shown."""
    cells = [cell for column in table.select_dtypes("str") for cell in table[column]]
    return all(
        not CONTROL.search(cell) and len(cell) <= 2000 and cell[:1] not in set("=+-@")
        for cell in cells
    )


def test_table_cells(fuzz, spoilt):
    """Each table against its own rules; all together are tried below, as that takes longer."""

    def check(example):
        name, *_ = example
        spoilt.put(*example)
        read = outcome(read_table, name, spoilt.folder)
        if read is not None and not read[1] and set(RULES[name].columns) <= set(read[0]):
            table, _ = read
            faults = broken_rules(name, table)
            assert faults or fit(table)
            clear(InputError(*faults or ["none"]), 600)
        spoilt.mend(name)

    fuzz(400, CELLS, check)


def test_tables_together(fuzz, spoilt):
    def check(example):
        spoilt.put(*example)
        read = outcome(read_tables, spoilt.folder, lines=60)
        if read is not None:
            assert all(fit(getattr(read, name)) for name in Tables.__dataclass_fields__)
            outcome(resolve, read)
        spoilt.mend(example[0])

    fuzz(30, CELLS, check)


def test_whole_tables(fuzz, spoilt):
    def check(example):
        name, content = example
        (spoilt.folder / f"{name}.csv").write_bytes(
            content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        )
        read = outcome(read_table, name, spoilt.folder)
        assert read is None or read[1] or fit(read[0]) and len(read[0])

    rows = st.lists(st.lists(wild, max_size=4).map(",".join), max_size=4)
    ends = st.sampled_from(["\n", "\r\n", "\r"])
    headed = st.builds(lambda end, some: end.join(["\ufeffsegment,title", *some]), ends, rows)
    contents = st.one_of(st.binary(max_size=60), st.builds(str.join, ends, rows), headed)
    fuzz(300, st.tuples(st.sampled_from(["segments", "units", "evidence"]), contents), check)


def rule_of(table):
    """Whether cells of these columns would be taken, as a function of their texts."""
    columns = RULES[table].columns
    rules = {name: pa.DataFrameSchema({name: column}) for name, column in columns.items()}

    def passes(**cells):
        if any(map(unfit, cells.values())):
            return False
        try:
            return all(
                len(rules[name].validate(pd.DataFrame({name: [text]})))
                for name, text in cells.items()
            )
        except pa.errors.SchemaError:
            return False

    return passes


def test_titles_and_descriptions(fuzz, tables, assumptions):
    """Whatever a title holds is text in a sentence and in a table, with no markup of its own."""
    passes, base, segment = (
        rule_of("segments"),
        read_scenario("base"),
        tables.segments["segment"][2],
    )
    plain_tags = [tag for tag, _ in Parsed(markup.table("t", "c", ["a"], [["x"]], folded="x")).tags]

    def check(text):
        segments = tables.segments.copy()
        segments.loc[2, ["title", "description"]] = text
        if not passes(title=text, description=text):
            return
        changed = replace(assumptions, tables=replace(tables, segments=segments))
        study = Study(changed, base, 100)
        said, listed = (
            Parsed(prose.render(study, "{{ here.title }} {{ here.description }}", here=segment)),
            Parsed(markup.table("t", "c", ["a"], [[text]], folded=text)),
        )
        assert said.tags == [] and said.text == f"{text} {text}"
        assert [tag for tag, _ in listed.tags] == plain_tags and listed.text.count(text) >= 2

    fuzz(250, wild, check)


def test_notes_and_addresses(fuzz, tables):
    """What passes the rules of evidence is a link to an address of the web and nothing more."""
    passes = rule_of("evidence")

    def check(example):
        if passes(**example):
            row = tables.evidence.iloc[:1].assign(**example)
            link = Parsed(shown.source(next(row.itertuples())))
            assert [tag for tag, _ in link.tags] == ["a"] and set(link.tags[0][1]) == {
                "href",
                "data-source",
            }
            assert link.tags[0][1]["href"] == example["url"] and example["url"].startswith(
                ("http://", "https://")
            )
            csv_of = html.csv_link("x", row)
            assert [tag for tag, _ in Parsed(csv_of).tags] == ["p", "a"]

    addresses = st.one_of(wild, wild.map("https://example.org/{}".format))
    fuzz(250, st.fixed_dictionaries({"url": addresses, "publisher": wild, "notes": wild}), check)


SCRIPT = "<script>owned=1</script>"
MARKUP = (
    SCRIPT + """<img src=x onerror=owned=1>"'&amp;]]> """
    """{draws} {x} $\\frac{1}{ %s <a href="javascript:owned=1">"""
)
TITLE = """<img src=x onerror=owned=1>"'& {x} $a$ </svg><script>owned=1"""
LISTED = '<svg onload=owned=1>"&'
SPOIL = {
    "segments": {
        "title": lambda text: TITLE if text.startswith("Film") else text,
        "description": MARKUP.__add__,
    },
    "parameters": {"meaning": MARKUP.__add__},
    "units": {"meaning": MARKUP.__add__},
    "assumptions": {"note": MARKUP.__add__},
    "market_shares": {"firm": MARKUP.__add__, "layer": LISTED.__add__},
    "api_prices": {"notes": MARKUP.__add__},
    "evidence": {
        **dict.fromkeys(
            ("quantity", "definition", "source_title", "publisher", "notes"), MARKUP.__add__
        ),
        "url": lambda text: f"{text}#javascript:owned=1&data:text/html,&quot;onmouseover=owned=1",
    },
    "retention_points": {"app": LISTED.__add__},
    "backtests": {"what": MARKUP.__add__, "note": MARKUP.__add__},
}


def spoilt_rows(rows, columns):
    """The rows of a table, head first, with a text of every cell in some columns made hostile."""
    head, *others = rows
    for row in others:
        for at, column in enumerate(head):
            if column in columns and row[at]:
                row[at] = columns[column](row[at])
    return [head, *others]


@pytest.fixture
def hostile_report(tmp_path):
    """A report whose every text is markup and code: tables, a scenario, a segment's title."""
    chapters = ("01-answer", "09-segments", "06-suppliers", "10-evidence")
    project = copied(tmp_path / "project", *(f"{chapter}.ipynb" for chapter in chapters))
    for name, columns in SPOIL.items():
        path = project / "analysis" / "inputs" / "data" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = spoilt_rows(list(csv.reader(file)), columns)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    (project / "notebooks" / "scenarios" / "evil.yaml").write_text(
        f"# {TITLE}\n# {MARKUP}\nscenario: evil\noverrides: {{gpu_price: 1.5}}\n", "utf-8"
    )
    changes = ["--set", "previs.retakes=3", "--draws", "100", "--name", "hostile"]
    succeeded(run(project, "build", "evil", *changes))
    return project / "reports" / "hostile" / "report.html"


POINT_AT_ALL = """document.querySelectorAll('main *').forEach(
    (e) => e.dispatchEvent(new MouseEvent('mouseover', { bubbles: false })))"""
ATTRIBUTES = """[...document.querySelectorAll('*')].flatMap(
    (e) => [...e.attributes].map((a) => [a.name, a.value]))"""


@pytest.mark.browser
def test_a_hostile_report_stands_and_executes_nothing(hostile_report):
    """With all of it opened, used and pointed at: no error, request, dialog or other script."""
    with chromium() as browser, opened(browser, hostile_report, reduced_motion="reduce") as page:
        page.on("dialog", lambda dialog: page.heard.append(dialog.message))
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert page.get_by_text(TITLE).count() > 5 and page.get_by_text(SCRIPT).count() > 100
        as_in_the_tables = page.locator("a.input:not(:has([data-input=gpu_price]))")
        as_in_the_tables.first.press("Enter")  # a note with the texts of an assumption
        assert "<script>owned=1" in page.get_by_role("dialog").inner_text()
        page.keyboard.press("Escape")
        page.locator(".whatif .pick").select_option("previs")
        page.locator("#evidence-tab-evidence thead button").first.press("Enter")
        page.evaluate(POINT_AT_ALL)
        page.wait_for_timeout(200)
        assert page.evaluate("typeof owned") == "undefined" and page.heard == []
        assert (
            page.evaluate("[...document.scripts].filter(s => !s.type.includes('json')).length") == 2
        )
        assert (
            page.locator("img, iframe, object, embed, base, meta[http-equiv=refresh], form").count()
            == 0
        )
        attributes = page.evaluate(ATTRIBUTES)
        assert not [name for name, _ in attributes if name.startswith("on")]
        links = [value for name, value in attributes if name == "href"]
        leading = ("#", "https://", "http://", "data:text/csv", "data:,", "notebooks/")
        assert len(links) > 500 and all(link.startswith(leading) for link in links)
    for path in hostile_report.parent.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert not [
                cell
                for row in csv.reader(file)
                for cell in row
                if re.match(r"[=@+\t\r]|-[^\d]", cell)
            ]


def test_what_is_no_file_is_no_input(tmp_path, short):
    """A folder, an endless pipe, a link to nowhere or to a device in the place of a file."""
    folder = shutil.copytree(short, tmp_path / "data")
    table, scenario = folder / "segments.csv", tmp_path / "mine.yaml"
    links = [
        lambda path, to=to: path.symlink_to(to or path)
        for to in (tmp_path / "nowhere", "/dev/zero", None)
    ]
    for make in (os.mkdir, os.mkfifo, *links):
        table.unlink()
        make(table)
        make(scenario)
        assert (
            outcome(read_tables, folder) is None
            and outcome(read_scenario, "mine", tmp_path) is None
        )
        for path in (table, scenario):
            path.rmdir() if path.is_dir() else path.unlink()
        table.touch()


def test_a_link_at_a_reports_name_is_replaced_and_not_followed(tmp_path):
    """What a link leads to, or not, stays as it is, and the next command has nothing to undo."""
    reports, outside = tmp_path / "reports", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    reports.mkdir()
    for target in (outside, tmp_path / "nowhere"):
        (reports / "x").symlink_to(target)
        (reports / ".part").mkdir()
        publish.publish(reports / ".part", reports / "x")
        assert not (reports / "x").is_symlink() and (reports / "x").is_dir()
        (reports / "x").rmdir()
        publish.recover(reports)
        assert list(reports.iterdir()) == []
    assert [(p.name, p.read_text()) for p in outside.iterdir()] == [("kept", "kept")]


def test_so_many_cases_were_tried(record_property):
    """The size that is promised for the usual run: at least 5,000 over all places."""
    if len(TRIED) < 13:
        pytest.skip("not all tests of this file were run")
    tried = f"{sum(TRIED.values()):,} inputs tried at {len(TRIED)} entry points"
    record_property("figure", tried)
    assert sum(TRIED.values()) >= 5000 and min(TRIED.values()) >= 30
