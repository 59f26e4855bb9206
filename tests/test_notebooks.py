"""Notebooks: committed clean, explained, and usable with plain papermill and plain nbconvert from the root."""
import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def plain(*arguments, folder=ROOT):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=folder, text=True, capture_output=True, timeout=300)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_a_sentence_a_call_a_figure(path):
    notebook = nbformat.read(path, 4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)
    assert sum("parameters" in c.metadata.get("tags", []) for c in code) == 1
    for cell in code:
        tree = ast.parse(cell.source)
        assert not any(isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.BinOp)) for n in ast.walk(tree)), cell.source
        if "parameters" not in cell.metadata.get("tags", []):
            assert not any(isinstance(n, ast.Constant) and isinstance(n.value, (int, float)) for n in ast.walk(tree)), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_words_that_are_not_produced_hold_no_number(path):
    """A sentence with a number must come from results; in markdown only links, percentiles of the method and 720p may have digits."""
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\d", re.sub(r"720p|[Aa]bove 1\b|below 0\b|H100", "", cell.source)), cell.source


def test_plain_papermill_and_plain_nbconvert_work_from_the_root(tmp_path):
    def made(path):
        return plain("papermill", str(path.relative_to(ROOT)), str(tmp_path / path.name), "-p", "draws", "100", "--no-progress-bar")

    with ThreadPoolExecutor(2) as pool:
        for path, done in zip(NOTEBOOKS, pool.map(made, NOTEBOOKS)):
            assert done.returncode == 0, (path.name, done.stderr[-800:])
    pages = plain("jupyter", "nbconvert", "--to", "html", *(str(tmp_path / path.name) for path in NOTEBOOKS))
    assert pages.returncode == 0, pages.stderr[-800:]
    for path in NOTEBOOKS:
        text = (tmp_path / path.name).with_suffix(".html").read_text()
        assert "<table" in text or "<svg" in text, path.name


def test_papermill_explains_the_parameters():
    done = plain("papermill", "--help-notebook", "notebooks/04-vertical.ipynb")
    for name, kind in (("scenario", "str"), ("overrides", "dict"), ("draws", "int"), ("seed", "int"), ("segment", "str")):
        assert re.search(rf"{name}: {kind} \(default .*\)\s+\w+", done.stdout), done.stdout


@pytest.mark.parametrize("given, said", [
    (["-p", "gpu_price", "1.9"], "overrides = {'gpu_price': 1.9}"),
    (["-p", "sead", "5"], "the nearest name is seed"),
    (["-p", "draws", "abc"], "whole number"),
    (["-y", "{overrides: {gpu_prise: 1}}"], "gpu_price"),
    (["-p", "scenario", "bsae"], "base"),
])
def test_plain_papermill_refuses_what_would_have_no_effect(given, said, tmp_path):
    done = plain("papermill", "notebooks/01-summary.ipynb", str(tmp_path / "o.ipynb"), *given, "--no-progress-bar")
    assert done.returncode == 1 and said in done.stderr
