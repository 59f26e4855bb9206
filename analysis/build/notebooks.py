"""Notebooks as files: their title and parameters before they run, what may be kept afterwards."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis.errors import InputError

if TYPE_CHECKING:  # nbformat takes a while to import, and a refusal needs none of it
    from nbformat import NotebookNode


def heading(cell: Mapping) -> str:
    """The first heading of the first level in a cell of Markdown, or nothing.

    >>> heading({"cell_type": "markdown", "source": "# Costs\\n\\nWords."})
    'Costs'
    """
    lines = []
    if cell["cell_type"] == "markdown":
        lines = cell["source"].splitlines()
    return next((line[2:].strip(" #") for line in lines if line.startswith("# ")), "")


def read_cells(text: str, name: str) -> list[dict]:
    """Type, source and tags of each cell. Raises: InputError for no notebook of format 4."""
    try:
        cells = []
        for cell in json.loads(text)["cells"]:
            source = "".join(cell["source"])
            source.encode()  # half of a surrogate pair is text that could not be written
            tags = cell["metadata"].get("tags", [])
            cells.append({"cell_type": cell["cell_type"], "source": source, "tags": [*tags]})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError(f"{name}: is no notebook of format 4") from None
    return cells


def parameters_of(tagged: list[str], name: str) -> dict[str, object]:
    """The parameters of a notebook with their defaults, from its cells tagged `parameters`.

    Nothing is run. Raises: InputError unless there is one that holds names with plain values.
    """
    if len(tagged) != 1:
        raise InputError(f"{name}: has {len(tagged)} cells tagged parameters; it needs one")
    try:
        found = {}
        for node in ast.parse(tagged[0]).body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                if isinstance(node, ast.AnnAssign):
                    target = node.target
                else:
                    target = node.targets[0]
                found[target.id] = ast.literal_eval(node.value)
    except (SyntaxError, ValueError, TypeError, AttributeError, RecursionError, MemoryError) as e:
        raise InputError(
            f"{name}: the cell of parameters holds more than names with plain values: {e}"
        ) from None
    return found


def normalise(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook without what differs from run to run.

    That is times, paths, random ids, addresses in memory and warnings. Raises: ValueError when a
    cell holds an error, since papermill may save one as completed.
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
                said = f"{output.ename}: {output.evalue}"
                raise ValueError(f"cell {number + 1} holds an error: {said}")
            if len(output.get("data", {})) > 1:
                output.data.pop("text/plain", None)
    return notebook


def without_figure(notebook: NotebookNode) -> str:
    """The source of a cell that calls for a figure and shows none, or nothing."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("figures."):
            shown = "".join(o.get("data", {}).get("text/html", "") for o in cell.outputs)
            if "<svg" not in shown:
                return cell.source
    return ""
