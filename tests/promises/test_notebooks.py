"""Notebooks: committed clean, explained, and usable with plain papermill and plain nbconvert from the root."""

import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from papermill import PapermillExecutionError, cli
from support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def plain(*arguments):
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, text=True, capture_output=True, timeout=300
    )


def papermill(*arguments):
    """The command `papermill` without the two seconds that its imports take; its kernels are ordinary ones."""
    cli.papermill.main([*arguments, "--no-progress-bar"], standalone_mode=False)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_a_sentence_a_call_a_figure(path):
    notebook = nbformat.read(path, 4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)
    assert sum("parameters" in c.metadata.get("tags", []) for c in code) == 1
    for cell in code:
        tree = ast.parse(cell.source)
        assert not any(
            isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.BinOp))
            for n in ast.walk(tree)
        ), cell.source
        if "parameters" not in cell.metadata.get("tags", []):
            assert not any(
                isinstance(n, ast.Constant) and isinstance(n.value, (int, float))
                for n in ast.walk(tree)
            ), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_words_that_are_not_produced_hold_no_number(path):
    """A sentence with a number must come from results; in markdown only links, percentiles of the method and 720p may have digits."""
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "markdown":
            assert not re.search(
                r"\d", re.sub(r"720p|[Aa]bove 1\b|below 0\b|H100", "", cell.source)
            ), cell.source


@pytest.mark.parametrize(
    "notebooks",
    [[NOTEBOOKS[0], NOTEBOOKS[3], NOTEBOOKS[-1]], pytest.param(NOTEBOOKS, marks=pytest.mark.slow)],
    ids=["three", "all"],
)
def test_plain_papermill_and_plain_nbconvert_work_from_the_root(notebooks, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda path: papermill(
                    str(path.relative_to(ROOT)), str(tmp_path / path.name), "-p", "draws", "100"
                ),
                notebooks,
            )
        )
    pages = plain(
        "jupyter", "nbconvert", "--to", "html", *(str(tmp_path / path.name) for path in notebooks)
    )
    assert pages.returncode == 0, pages.stderr[-800:]
    for path in notebooks:
        text = (tmp_path / path.name).with_suffix(".html").read_text()
        assert "<table" in text or "<svg" in text, path.name


def test_papermill_explains_the_parameters():
    done = plain("papermill", "--help-notebook", "notebooks/04-vertical.ipynb")
    for name, kind in (
        ("scenario", "str"),
        ("overrides", "dict"),
        ("draws", "int"),
        ("seed", "int"),
        ("segment", "str"),
    ):
        assert re.search(rf"{name}: {kind} \(default .*\)\s+\w+", done.stdout), done.stdout


def test_plain_papermill_refuses_what_would_have_no_effect(tmp_path):
    done = plain(
        "papermill",
        "notebooks/01-summary.ipynb",
        str(tmp_path / "o.ipynb"),
        "-p",
        "gpu_price",
        "1.9",
        "--no-progress-bar",
    )
    assert done.returncode == 1 and "overrides = {'gpu_price': 1.9}" in done.stderr


@pytest.mark.parametrize(
    "given, said",
    [
        (["-p", "sead", "5"], "the nearest name is seed"),
        (["-p", "draws", "abc"], "whole number"),
        (["-y", "{overrides: {gpu_prise: 1}}"], "gpu_price"),
        (["-p", "scenario", "bsae"], "base"),
    ],
)
def test_other_names_and_values_are_refused(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(PapermillExecutionError, match=said):
        papermill("notebooks/01-summary.ipynb", str(tmp_path / "o.ipynb"), *given)
