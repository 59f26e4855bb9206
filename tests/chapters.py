"""Chapters run in the tests' own process, which takes a tenth of a kernel's time."""

import ast
from pathlib import Path

import nbformat

from analysis.show.prose import fill_cell

PROSE = "%%prose"


def shown(source: str, space: dict):
    """What a cell's last line gives, run among the variables of a notebook."""
    if source.startswith(PROSE):
        line, _, cell = source.removeprefix(PROSE).partition("\n")
        return fill_cell(space["study"], line, cell)
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), space)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), space) if last else None


def executed(path: Path, **parameters) -> nbformat.NotebookNode:
    """A notebook as papermill leaves it, with what each cell displays and what its last line is."""
    notebook, displayed = nbformat.read(path, 4), []
    space = {"display": displayed.append}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        displayed.append(shown(cell.source, space))
        if "parameters" in cell.metadata.get("tags", []):
            space |= parameters
        found = [{"text/html": str(html)} for html in displayed if html]
        cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in found]
        displayed.clear()
    return notebook
