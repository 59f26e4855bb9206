"""Reports: complete, reproducible, put in place at once, and made of what was asked for."""

import csv
import hashlib
import shutil

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from support import ROOT, run

from analysis.build import report
from analysis.errors import ChapterError
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import DATA, read_tables

COMMITTED = ROOT / "reports" / "base"
FILES = {"report.html", "verdict.svg", "provenance.json", "datapackage.json", "notebooks"}
KEYS = {
    "results": ["segment", "metric", "detail"],
    "claims": ["claim", "subject"],
    "assumptions": ["segment", "parameter"],
}
NUMBERS = {
    *("value", "low", "high", "p05", "p50", "p95", "probability_positive", "share_defined"),
    *("probability", "probability_wide"),
}


def digest(folder):
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_report_is_complete_and_nothing_else_is_left(base_build):
    assert {p.name for p in base_build.iterdir()} == FILES | {f"{name}.csv" for name in KEYS}
    assert {p.name for p in base_build.parent.iterdir()} == {".cache", "base"}


@pytest.mark.parametrize("name", KEYS)
def test_the_committed_base_is_what_a_build_gives(base_build, name):
    """The oracle is the committed report: equal keys, units and words; numbers to 1e-6."""
    fresh, committed = (
        pd.read_csv(folder / f"{name}.csv", keep_default_na=False).set_index(KEYS[name])
        for folder in (base_build, COMMITTED)
    )
    numbers = [column for column in fresh if column in NUMBERS]
    assert fresh.index.equals(committed.index) and not fresh.index.duplicated().any()
    pd.testing.assert_frame_equal(fresh.drop(columns=numbers), committed.drop(columns=numbers))
    as_numbers = [table[numbers].apply(pd.to_numeric) for table in (fresh, committed)]
    pd.testing.assert_frame_equal(*as_numbers, rtol=1e-6, atol=1e-9)


def rows_of(folder, name):
    """The rows of a CSV file by their key."""
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as file:
        return {tuple(row[k] for k in KEYS[name]): row for row in csv.DictReader(file)}


def key_of(kind, said):
    """The key of the row that a mark in the page names."""
    if kind == "input":
        return tuple(said.split(".")) if "." in said else ("all", said)
    return tuple(said.split("/"))


@pytest.mark.parametrize(
    "kind, name", [("result", "results"), ("claim", "claims"), ("input", "assumptions")]
)
def test_every_number_marked_on_the_page_stands_in_its_csv_file(base_build, kind, name):
    """The oracles are the CSV files: what the page shows is what they hold."""
    page = BeautifulSoup((base_build / "report.html").read_text("utf-8"), "html.parser")
    rows, marks = rows_of(base_build, name), page.find_all("data", attrs={f"data-{kind}": True})
    assert len(marks) > 50
    for mark in marks:
        row = rows[key_of(kind, mark[f"data-{kind}"])]
        assert float(row[mark["data-stat"]]) == pytest.approx(float(mark["value"]), rel=1e-9), mark


def test_every_chapter_is_executed_and_shows_what_it_calls(base_build):
    """The oracle is the count of calls in the notebooks."""
    executed = sorted((base_build / "notebooks").glob("*.ipynb"))
    assert len(executed) == len(report.request().runs)
    for path in executed:
        cells = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
        for cell in cells:
            if cell.source.startswith(("figures.", "tables.", "%%prose")):
                shown = "".join(str(o.get("data", {}).get("text/html", "")) for o in cell.outputs)
                assert len(shown) > 50, (path.name, cell.source)
                drawn = cell.source.startswith("figures.")
                assert ("<svg" in shown) == drawn, (path.name, cell.source)


def append(path, rows):
    with open(path, "a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_a_vertical_is_rows_in_two_tables_and_moves_nobody_else(tmp_path):
    """The oracle is the study without it: every row of every other segment is equal to the bit."""
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    about = [
        *("news_clip", "News clip", "the news clip", "an account", "account", "yes"),
        "An account that makes news clips",
    ]
    append(data / "segments.csv", [about])
    with open(data / "assumptions.csv", encoding="utf-8") as file:
        template = [row for row in csv.reader(file) if row[0] == "training"]
    append(data / "assumptions.csv", [["news_clip", *row[1:]] for row in template])
    before, after = (
        Study(resolve(tables), read_scenario("base"), 100).results
        for tables in (read_tables(), read_tables(data))
    )
    others = after[~after["segment"].isin(["news_clip", "all"])].reset_index(drop=True)
    standing = before[before["segment"] != "all"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, standing, rtol=0, atol=0)
    assert (after["segment"] == "news_clip").sum() == (before["segment"] == "training").sum()


def test_a_failing_chapter_is_named_kept_and_leaves_the_report_that_stood(built):
    stood = digest(built / "reports" / "x")
    path = built / "notebooks" / "01-answer.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, path)
    done = run(built, "build", "--draws", "100", "--name", "x")
    assert done.returncode == 1
    for word in ("01-answer.ipynb", "'1 / 0'", "ZeroDivisionError", "x.failed/answer.ipynb"):
        assert word in done.stderr
    assert digest(built / "reports" / "x") == stood
    assert (built / "reports" / "x.failed" / "answer.ipynb").exists()
    assert [p.name for p in (built / "reports").glob(".*")] == [".cache"]


def test_a_page_that_is_not_fit_to_be_read_is_a_failure(tmp_path, monkeypatch):
    """A chapter whose link leads nowhere stops the build and leaves nothing in place."""
    asked = report.request(draws=100, reports=tmp_path)
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("[there](#nowhere)")])
    monkeypatch.setattr(report, "run_all", lambda *_: [(asked.runs[0], broken)])
    with pytest.raises(ChapterError, match="nowhere"):
        report.build(asked)
    assert list(tmp_path.iterdir()) == []


def test_a_build_with_nothing_changed_is_told_and_an_edited_report_is_restored(built):
    place = built / "reports" / "x"
    page = (place / "report.html").read_bytes()
    again = run(built, "build", "--draws", "100", "--name", "x")
    assert again.stdout == f"{place / 'report.html'} (nothing changed)\n" and again.stderr == ""
    (place / "report.html").write_bytes(page + b"<!-- by hand -->")
    (place / "note.txt").write_text("by hand")
    mended = run(built, "build", "--draws", "100", "--name", "x")
    assert mended.stdout == f"{place / 'report.html'}\n" and "(unchanged)" in mended.stderr
    assert (place / "report.html").read_bytes() == page and not (place / "note.txt").exists()


def test_the_page_says_what_was_changed_and_by_how_much(tmp_path):
    """Oracle: the overrides themselves."""
    overrides = {"gpu_price": "1,2,3", "previs.retakes": 4}
    asked = report.request("gpu_glut", overrides, draws=100, reports=tmp_path, name="x")
    study = Study(asked.assumptions, asked.scenario, 100)
    asked.__dict__["study"] = study
    cells = [nbformat.v4.new_markdown_cell("# One")]
    run_of = [(asked.runs[0], nbformat.v4.new_notebook(cells=cells))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "run_all", lambda *_: run_of)
        place = report.build(asked)
    page = BeautifulSoup((place / "report.html").read_text("utf-8"), "html.parser")
    changed = [item.text for item in page.select(".scenario li")]
    assert "gpu_price is now 2 (1 to 3) USD/GPU-h" in changed
    assert any(item.startswith("previs.retakes is now 4 ") for item in changed)
    assert asked.scenario.title in page.select_one(".scenario p").text
