"""Notebooks: committed clean, with words that follow numbers, and usable with plain tools."""

import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from papermill import PapermillExecutionError, cli
from support import ROOT

from analysis.findings.claims import AT_LEAST_LIKELY, claim
from analysis.inputs.tables import read_tables
from analysis.show.chapter import open_chapter
from analysis.show.html import plain_text
from analysis.show.prose import render_markdown

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SUMMARY, COST = NOTEBOOKS[:2]
PROSE = "%%prose\n"
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    """The cells of a notebook of one kind: markdown, prose, parameters or code."""
    for cell in nbformat.read(path, 4).cells:
        own = cell.cell_type
        if cell.source.startswith(PROSE):
            own = "prose"
        elif "parameters" in cell.metadata.get("tags", []):
            own = "parameters"
        if kind in (None, own):
            yield cell


def plain(*arguments):
    """A command as a user types it, from the root."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300)


def papermill(*arguments):
    """The command `papermill` without the two seconds that its imports take."""
    arguments = [*map(str, arguments), "--no-progress-bar"]
    cli.papermill.main(arguments, standalone_mode=False)


@each
def test_a_notebook_is_a_sentence_a_call_a_figure(path):
    for cell in [*cells(path, "code"), *cells(path, "prose"), *cells(path, "parameters")]:
        assert not cell.outputs and cell.execution_count is None
    assert len([*cells(path, "parameters")]) == 1
    unwanted = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.BinOp)
    for cell in cells(path, "code"):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, unwanted), cell.source
            number = isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
            assert not number, cell.source


@each
def test_a_line_has_at_most_100_characters(path):
    assert [line for c in cells(path) for line in c.source.splitlines() if len(line) > 100] == []


@each
def test_words_hold_no_number_of_their_own(path):
    """A number comes from results; only names, percentiles and fixed marks may have digits."""
    fixed = r"720p|H100|above\s100 %|[Aa]bove 1\b|below 0\b|interval of 90 %|5th|95th"
    for cell in [*cells(path, "markdown"), *cells(path, "prose")]:
        words = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", cell.source, flags=re.DOTALL)
        assert not re.search(r"\d", re.sub(fixed, "", words)), words


@each
def test_a_chapter_names_no_segment(path):
    """Segments come from the tables; the plan for those who pay is the one that is named."""
    named = {"03-consumer": {"prosumer"}}.get(path.stem, set())
    segments = set(read_tables().segments["segment"])
    for cell in [*cells(path, "code"), *cells(path, "prose")]:
        source = "".join(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", cell.source, re.DOTALL))
        code = source if cell.source.startswith(PROSE) else cell.source
        assert set(re.findall(r"\w+", code)) & segments - {"training"} <= named, code


@pytest.mark.parametrize(
    "notebooks",
    [[SUMMARY, NOTEBOOKS[3], NOTEBOOKS[-1]], pytest.param(NOTEBOOKS, marks=pytest.mark.slow)],
    ids=["three", "all"],
)
def test_plain_papermill_and_plain_nbconvert_work_from_the_root(notebooks, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)

    def run(path):
        papermill(path.relative_to(ROOT), tmp_path / path.name, "-p", "draws", "100")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, notebooks))
    made = [tmp_path / path.name for path in notebooks]
    pages = plain("jupyter", "nbconvert", "--to", "html", *made)
    assert pages.returncode == 0, pages.stderr[-800:]
    for path in made:
        page = BeautifulSoup(path.with_suffix(".html").read_text("utf-8"), "html.parser")
        assert page.find(["table", "svg"]), path.name
        for cell in cells(path, "prose"):
            assert plain_text(cell.outputs[0].data["text/html"]) in plain_text(str(page)), path.name


@pytest.fixture
def edited(tmp_path):
    """The first sentences of a chapter in a copy, one of them changed, with few draws."""
    notebook = nbformat.read(COST, 4)
    del notebook.cells[4:]
    notebook.cells[1].source = notebook.cells[1].source.replace("16384", "100")
    notebook.cells[3].source += " *Rented* at {{ input('gpu_price') }}."
    nbformat.write(notebook, tmp_path / "02-cost.ipynb")
    return tmp_path / "02-cost.ipynb"


def test_an_edited_sentence_shows_by_plain_papermill_and_by_plain_nbconvert(edited, tmp_path):
    papermill(edited, tmp_path / "out.ipynb")
    (sentence,) = cells(tmp_path / "out.ipynb", "prose")
    assert "<em>Rented</em> at <data" in sentence.outputs[0].data["text/html"]
    done = plain("jupyter", "nbconvert", "--execute", "--to", "html", edited)
    assert done.returncode == 0, done.stderr[-800:]
    page = BeautifulSoup(edited.with_suffix(".html").read_text("utf-8"), "html.parser")
    price = page.find("em", string="Rented").find_next("data")
    assert price["data-input"] == "gpu_price" and price.text.startswith("USD ")


def test_a_wrong_name_in_a_sentence_fails_its_cell_and_says_the_nearest(edited, tmp_path):
    edited.write_text(edited.read_text("utf-8").replace("'gpu_price'", "'gpu_prize'"), "utf-8")
    with pytest.raises(PapermillExecutionError, match="'gpu_prize'; the nearest name is gpu_price"):
        papermill(edited, tmp_path / "out.ipynb")


def summary(overrides, number):
    """What a cell of sentences of the first chapter says in a world, as text."""
    study = open_chapter(overrides=overrides, draws=300)
    source = [cell.source for cell in cells(SUMMARY, "prose")][number]
    return study, plain_text(render_markdown(study, source.removeprefix(PROSE)))


RICH = {
    "consumer.subscription_price": 1000,
    "consumer.paid_conversion": 1.0,
    "consumer.store_fee": 0.0,
    "consumer.monthly_churn": 0.01,
}
WORKFLOWS = ("previs", "archviz", "performance_ads", "tv_spot", "training", "product_video")
NOBODY = {f"{segment}.value_capture": 0.00001 for segment in WORKFLOWS} | {
    "prosumer.subscription_price": 0,
    "prosumer.other_revenue": 0,
}
PREVIS = {
    "gpu_price": 0.01,
    "compute_intensity": 0.01,
    "previs.value_capture": 1.0,
    "previs.acquisition_ratio": 0.0001,
    "previs.displaced_share": 1.0,
    "previs.labour_hours": 0.0001,
}


@pytest.mark.parametrize(
    "overrides, expected",
    [
        ({}, []),
        (RICH, ["Consumer app: yes.", "At least likely to pay off: Consumer app"]),
        (
            NOBODY,
            ["Consumer app: no.", "carry the cost: no. At the best values none of the 3 uses"],
        ),
        (NOBODY, ["At least likely to pay off: nobody at these numbers."]),
        (PREVIS, ["said to carry the cost: mixed.", "at least likely for Film pre-visualisation,"]),
    ],
)
def test_the_verdict_says_what_the_claims_say(overrides, expected):
    """Oracle: the claims, and worlds in which the answer turns round."""
    study, text = summary(overrides, 0)
    assert all(words in text for words in expected), text
    for segment in study.consumer_segments():
        found = claim(study, "repays_acquisition", segment)
        assert f"it is {found.likelihood} (" in text
    _, last = text.split("At least likely to pay off: ")
    paying, _ = last.split(f"Of {len(study.segments)} segments ")
    for segment in study.segments:
        likely = claim(study, "repays_acquisition", segment).likelihood in AT_LEAST_LIKELY
        assert (study.title(segment) in paying) == likely
    assert not re.search(r"\b(nan|inf)\b|[{}]", text)


def test_the_headline_numbers_are_those_of_the_app_and_the_best_use_that_is_named():
    study, text = summary({}, 1)
    best = max(
        (claim(study, "repays_acquisition", s) for s in study.thesis_segments()),
        key=lambda found: found.probability + found.probability_flat,
    )
    for segment in (*study.consumer_segments(), best.subject):
        for words in ("earned", "spent"):
            assert f"{study.title(segment)}: {words} a generated second USD " in text


@pytest.mark.parametrize("overrides", [{}, {"gpu_price": 100}, {"gpu_price": 0.01}])
def test_what_list_prices_imply_is_counted(overrides):
    """Oracle: contribution rises with the share, so it is below zero at or under its break-even."""
    study, text = summary(overrides, 2)
    sellers = study.workflow_segments()
    losing = 0
    for segment in sellers:
        zero_at = study.result(segment, "break_even", "value_capture")["value"]
        at_no_share = np.isnan(zero_at) and study.result(segment, "contribution")["value"] < 0
        losing += at_no_share or zero_at > study.assumptions.own(segment)["value_capture"].low
    words = {0: "none", len(sellers): "all"}.get(losing, str(losing))
    verb = "loses" if losing == 1 else "lose"
    said = f"imply, {words} of the {len(sellers)} professional segments {verb} money"
    assert said in text


def test_papermill_explains_the_parameters():
    done = plain("papermill", "--help-notebook", "notebooks/04-vertical.ipynb")
    kinds = {
        "scenario": "str",
        "overrides": "dict",
        "draws": "int",
        "seed": "int",
        "segment": "str",
    }
    for name, kind in kinds.items():
        assert re.search(rf"{name}: {kind} \(default .*\)\s+\w+", done.stdout), done.stdout


@pytest.mark.parametrize(
    "given, said",
    [
        (["-p", "gpu_price", "1.9"], r"overrides = \{'gpu_price': 1.9\}"),
        (["-y", "{overrides: {gpu_prise: 1}}"], "gpu_price"),
    ],
)
def test_what_would_have_no_effect_is_refused(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(PapermillExecutionError, match=said):
        papermill("notebooks/01-summary.ipynb", tmp_path / "o.ipynb", *given)
