"""Reports: complete, reproducible, put in place at once, and made of what was asked for."""

import csv
import hashlib
import json
import os
import re
import shutil

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from support import ROOT, run

from analysis.build import report
from analysis.build.publish import write_index
from analysis.errors import ChapterError, InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import read_scenario, resolve
from analysis.inputs.tables import DATA, read_tables

COMMITTED = ROOT / "reports" / "base"
FILES = {
    "report.html",
    "results.csv",
    "claims.csv",
    "assumptions.csv",
    "provenance.json",
    "notebooks",
}


def digest(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_a_report_is_complete_and_nothing_else_is_left(base_build):
    assert {p.name for p in base_build.iterdir()} == FILES
    assert {p.name for p in base_build.parent.iterdir()} == {".cache", "base", "index.html"}
    assert 'href="base/report.html"' in (base_build.parent / "index.html").read_text()


@pytest.mark.parametrize(
    "name, key",
    [
        ("results", ["segment", "metric", "detail"]),
        ("claims", ["claim", "subject"]),
        ("assumptions", ["segment", "parameter"]),
    ],
)
def test_the_committed_base_is_what_a_build_gives(base_build, name, key):
    """The oracle is the committed report: equal keys, units and words; numbers to 1e-6."""
    fresh, committed = (
        pd.read_csv(folder / f"{name}.csv", keep_default_na=False).set_index(key)
        for folder in (base_build, COMMITTED)
    )
    numbers = [
        c
        for c in fresh
        if c
        in (
            "value",
            "low",
            "high",
            "p05",
            "p50",
            "p95",
            "probability_positive",
            "share_defined",
            "probability",
            "probability_flat",
        )
    ]
    assert fresh.index.equals(committed.index) and not fresh.index.duplicated().any()
    pd.testing.assert_frame_equal(fresh.drop(columns=numbers), committed.drop(columns=numbers))
    as_numbers = [t[numbers].apply(pd.to_numeric) for t in (fresh, committed)]
    pd.testing.assert_frame_equal(*as_numbers, rtol=1e-6, atol=1e-9)


def test_every_number_marked_on_the_page_stands_in_the_results(base_build):
    """The oracles are the CSV files: what the page shows of a result, a claim or an input is what they hold."""

    def rows(name, *key):
        with open(base_build / f"{name}.csv", encoding="utf-8", newline="") as file:
            return {tuple(row[k] for k in key): row for row in csv.DictReader(file)}

    tables = {
        "data-result": rows("results", "segment", "metric", "detail"),
        "data-claim": rows("claims", "claim", "subject"),
        "data-input": rows("assumptions", "segment", "parameter"),
    }
    seen = dict.fromkeys(tables, 0)
    for tag in re.findall(r"<data [^>]*>", (base_build / "report.html").read_text()):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind = next(k for k in tables if k in said)
        key = (
            tuple(said[kind].split("/"))
            if kind != "data-input"
            else tuple(said[kind].split("."))
            if "." in said[kind]
            else ("all", said[kind])
        )
        assert float(tables[kind][key][said["data-stat"]]) == pytest.approx(
            float(said["value"]), rel=1e-9
        ), tag
        seen[kind] += 1
    assert min(seen.values()) > 50, seen


def test_every_chapter_is_executed_and_shows_what_it_calls(base_build):
    """The oracle is the count of calls in the notebooks: each figure and table that is called is in the page's notebook."""
    executed = sorted((base_build / "notebooks").glob("*.ipynb"))
    assert len(executed) == len(report.request().runs)
    for path in executed:
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source.startswith(
                ("figures.", "tables.", "summary.", "paragraph(")
            ):
                shown = "".join(str(o.get("data", {}).get("text/html", "")) for o in cell.outputs)
                assert len(shown) > 50, (path.name, cell.source)
                assert ("<svg" in shown) == cell.source.startswith("figures."), (
                    path.name,
                    cell.source,
                )


def test_the_provenance_names_no_time_and_no_path(base_build):
    text = (base_build / "provenance.json").read_text()
    provenance = json.loads(text)
    assert (
        provenance["draws"] == 16384
        and provenance["seed"] == 2026
        and provenance["overrides"] == {}
    )
    assert str(ROOT) not in text and str(base_build) not in text
    assert (
        provenance["inputs"]["analysis/inputs/data/assumptions.csv"]
        == hashlib.sha256((ROOT / "analysis/inputs/data/assumptions.csv").read_bytes()).hexdigest()
    )
    page = (base_build / "report.html").read_text()
    assert str(ROOT) not in page and str(base_build.parent) not in page


def append(path, rows):
    with open(path, "a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_a_vertical_is_rows_in_two_tables_and_moves_nobody_else(tmp_path):
    """The oracle is the study without it: every row of every other segment is equal to the last digit."""
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    append(
        data / "segments.csv",
        [["news_clip", "News clip", "workflow", "yes", "An account that makes news clips"]],
    )
    template = [
        r
        for r in csv.reader(open(data / "assumptions.csv", encoding="utf-8"))
        if r[0] == "training"
    ]
    append(data / "assumptions.csv", [["news_clip", *row[1:]] for row in template])
    before, after = (
        Study(resolve(book), read_scenario("base"), 100).results
        for book in (read_tables(), read_tables(data))
    )
    pd.testing.assert_frame_equal(
        after[~after["segment"].isin(["news_clip", "all"])].reset_index(drop=True),
        before[before["segment"] != "all"].reset_index(drop=True),
        rtol=0,
        atol=0,
    )
    assert (after["segment"] == "news_clip").sum() == (before["segment"] == "training").sum()


def test_a_failing_chapter_is_named_kept_and_leaves_the_report_that_stood(built):
    stood = digest(built / "reports" / "x")
    path = built / "notebooks" / "01-summary.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, path)
    done = run(built, "build", "--draws", "100", "--name", "x")
    assert done.returncode == 1
    assert all(
        word in done.stderr
        for word in ("01-summary.ipynb", "'1 / 0'", "ZeroDivisionError", "x.failed/summary.ipynb")
    )
    assert digest(built / "reports" / "x") == stood
    assert (built / "reports" / "x.failed" / "summary.ipynb").exists()
    assert [p.name for p in (built / "reports").glob(".*")] == [".cache"]


def test_an_exchange_cut_short_is_undone(tmp_path):
    """What a kill between the two renames leaves: the earlier report aside, a finished part, nobody holding it."""
    for name in (".x.old", ".x.part-dead"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_text(name)
    report.recover(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "report.html").read_text() == ".x.old"


def test_the_reports_that_stand_are_listed(tmp_path):
    """Base first, then by name; what a hand left in disorder is listed without its scenario, and nothing of it is markup."""
    for name, text in (
        ("cheap", '{"scenario": "<b>"}'),
        ("base", '{"scenario": "base"}'),
        ("a", "{"),
        ("a.failed", "{}"),
        ("compare-a-b", None),
    ):
        (tmp_path / name).mkdir()
        if text:
            (tmp_path / name / "provenance.json").write_text(text)
    write_index(tmp_path)
    items = BeautifulSoup((tmp_path / "index.html").read_text("utf-8"), "html.parser").select("li")
    assert [(item.a["href"], item.text) for item in items] == [
        ("base/report.html", "base, scenario base"),
        ("a/report.html", "a"),
        ("cheap/report.html", "cheap, scenario <b>"),
    ]


def test_a_part_that_is_being_built_is_left_alone(tmp_path):
    import fcntl

    part = tmp_path / ".x.part-busy"
    part.mkdir()
    descriptor = os.open(part, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    report.recover(tmp_path)
    assert part.exists()
    os.close(descriptor)


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".x", "x.failed", "a b", "x\n", "-x", "é", "a" * 61, "base"]
)
def test_a_report_name_cannot_leave_its_folder(name):
    with pytest.raises(InputError, match="name"):
        report.request(overrides={"gpu_price": 1.0}, name=name)


def test_parameters_of_a_notebook_are_plain_values():
    assert report.parameters_of(["draws: int = 100  # draws\noverrides = {}"], "n.ipynb") == {
        "draws": 100,
        "overrides": {},
    }
    with pytest.raises(InputError, match="plain values"):
        report.parameters_of(["x = __import__('os')"], "n.ipynb")
    for cells in ([], ["x = 1", "y = 2"]):
        with pytest.raises(InputError, match="needs one"):
            report.parameters_of(cells, "n.ipynb")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": [{}]}', '{"worksheets": []}', "\x00"])
def test_what_is_no_notebook_is_refused(tmp_path, text):
    (tmp_path / "01-one.ipynb").write_text(text)
    with pytest.raises(InputError, match="01-one.ipynb: is no notebook"):
        report.request(notebooks=tmp_path)


def test_a_page_that_is_not_fit_to_be_read_is_a_failure(tmp_path, monkeypatch):
    """A chapter whose link leads nowhere stops the build and leaves nothing in place."""
    asked = report.request(draws=100, reports=tmp_path)
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("[there](#nowhere)")])
    monkeypatch.setattr(report, "run_all", lambda *_: [(asked.runs[0], broken)])
    with pytest.raises(ChapterError, match="nowhere"):
        report.build(asked)
    assert list(tmp_path.iterdir()) == []


def test_the_readme_says_what_the_base_report_says(base_build):
    """The oracle is the base build: the marked block is its headline, word for word."""
    block = (
        (ROOT / "README.md")
        .read_text("utf-8")
        .split("<!-- headline -->\n")[1]
        .split("<!-- /headline -->")[0]
    )
    assert block.splitlines() == [f"- {line}" for line in report.headline(report.request().study)]
