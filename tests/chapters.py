"""Chapters run in the tests' own process, which takes a tenth of a kernel's time."""

import ast
from pathlib import Path

import nbformat

from analysis.show.prose import render_markdown

PROSE = "%%prose"


def shown(source: str, space: dict):
    """What a cell's last line gives, run among the variables of a notebook."""
    if source.startswith(PROSE):
        return render_markdown(space["study"], source.removeprefix(PROSE))
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), space)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), space) if last else None


def executed(path: Path, **parameters) -> nbformat.NotebookNode:
    """A notebook as papermill leaves it: what each cell's last line gives is its output."""
    notebook, space = nbformat.read(path, 4), {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        html = shown(cell.source, space)
        if "parameters" in cell.metadata.get("tags", []):
            space |= parameters
        data = {"text/html": str(html)}
        cell.outputs = [nbformat.v4.new_output("display_data", data=data)] if html else []
    return notebook
