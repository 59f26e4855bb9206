"""Notebooks before and after they run: refusals in one line, and the same text for the same run."""

import copy
import json

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sample import cell

from analysis.build.notebooks import heading, normalise, parameters_of, read_cells, without_figure
from analysis.errors import InputError

KERNEL = {"name": "python3", "display_name": "Python 3"}


def run_at(moment):
    """A notebook as papermill might leave it at some moment."""
    cells = [new_markdown_cell("Words"), cell("1", "<p>1</p>")]
    made = new_notebook(cells=cells, metadata={"kernelspec": dict(KERNEL)})
    made.metadata["papermill"] = {"start_time": moment}
    made.metadata["language_info"] = {"name": "python", "version": moment}
    code = made.cells[1]
    code.metadata.update(
        papermill={"duration": moment}, execution={"t": moment}, tags=["parameters"]
    )
    code.outputs[0].data["text/plain"] = f"<Html at {moment}>"
    code.outputs.append(new_output("stream", name="stderr", text=f"/tmp/{moment}"))
    code.outputs.append(new_output("stream", name="stdout", text="said"))
    code.outputs.append(new_output("display_data", data={"text/plain": "kept: nothing is richer"}))
    return made


def test_normalise_takes_out_what_differs_between_runs_and_nothing_else():
    first, second = run_at("a"), run_at("b")
    before = copy.deepcopy(first)
    made = normalise(first)
    assert made == normalise(second) == normalise(made) and first == before
    assert made.metadata == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert made.cells[1].metadata == {"tags": ["parameters"]}
    kept = [output.get("text") or output.data for output in made.cells[1].outputs]
    assert kept == [{"text/html": "<p>1</p>"}, "said", {"text/plain": "kept: nothing is richer"}]


def test_a_notebook_with_an_error_is_refused():
    error = new_output("error", ename="ZeroDivisionError", evalue="division", traceback=[])
    with pytest.raises(ValueError, match="cell 1 .*ZeroDivisionError"):
        normalise(new_notebook(cells=[new_code_cell("1/0", outputs=[error])]))


def test_a_figure_that_is_called_for_and_not_shown_is_missed():
    shown, unseen = cell("figures.a(study)", "<svg></svg>"), cell("figures.b(study)", "<p></p>")
    assert without_figure(new_notebook(cells=[shown, unseen])) == "figures.b(study)"
    assert without_figure(new_notebook(cells=[shown, cell("tables.c(study)", "")])) == ""


def test_parameters_of_a_notebook_are_plain_values():
    read = parameters_of(["draws: int = 100  # draws\noverrides = {}"], "n.ipynb")
    assert read == {"draws": 100, "overrides": {}}
    with pytest.raises(InputError, match="plain values"):
        parameters_of(["x = __import__('os')"], "n.ipynb")
    for cells in ([], ["x = 1", "y = 2"]):
        with pytest.raises(InputError, match="needs one"):
            parameters_of(cells, "n.ipynb")


def test_cells_are_read_as_they_may_be_written():
    metadata = {"tags": ["parameters"]}
    for source in ("a\nb", ["a\n", "b"]):
        text = json.dumps(
            {"cells": [{"cell_type": "code", "source": source, "metadata": metadata}]}
        )
        assert read_cells(text, "n") == [
            {"cell_type": "code", "source": "a\nb", "tags": ["parameters"]}
        ]


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"cells": [{}]}', '{"worksheets": []}', "\x00", "[" * 100_000],
)
def test_what_is_no_notebook_is_refused(text):
    with pytest.raises(InputError, match="01-one.ipynb: is no notebook"):
        read_cells(text, "01-one.ipynb")


@pytest.mark.parametrize(
    "kind, source, title",
    [
        ("markdown", "# Costs\n\nWords.", "Costs"),
        ("markdown", "Words.\n# Costs #\n# More", "Costs"),
        ("markdown", "## Costs\n#Costs", ""),
        ("code", "# Costs", ""),
    ],
)
def test_a_title_is_the_first_heading_of_the_first_level(kind, source, title):
    assert heading({"cell_type": kind, "source": source}) == title
