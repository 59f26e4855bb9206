"""What is asked for is checked in full before anything runs; each fault in one line."""

import json

import pytest

from analysis.build.request import NOTEBOOKS, request
from analysis.errors import InputError

PARAMETERS = "draws: int = 100"


def notebook(folder, name, parameters=PARAMETERS, title="# One"):
    """A notebook with a title and a cell of parameters."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": title},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": parameters},
    ]
    (folder / name).write_text(json.dumps({"cells": cells}))


def test_the_projects_own_notebooks_in_order_and_one_for_every_segment():
    """Oracle: the folder of notebooks and the table of segments."""
    asked = request(draws=200, overrides={"gpu_price": "1.50"})
    alone = [run for run in asked.runs if not run.group]
    assert [run.notebook for run in alone] == [
        path
        for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
        if "segment:" not in path.read_text()
    ]
    of_segments = [run.parameters["segment"] for run in asked.runs if run.group]
    assert of_segments == list(asked.assumptions.tables.segments["segment"])
    assert {run.notebook.stem for run in asked.runs if run.appendix} == {
        "09-segments",
        "10-evidence",
    }
    given = {"scenario": "base", "overrides": {"gpu_price": 1.5}, "draws": 200, "seed": 2026}
    assert all(given.items() <= run.parameters.items() for run in asked.runs)
    assert asked.name == "base-changed"


def test_a_notebook_gets_the_parameters_that_it_names_and_its_heading_as_title(tmp_path):
    notebook(tmp_path, "02-b_c.ipynb", title="Words.\n# The title\n# Another")
    notebook(tmp_path, "01-A.ipynb", "seed = 1", title="no title")
    notebook(tmp_path, "notes.ipynb", "broken(")
    runs = request(notebooks=tmp_path, draws=300, seed=5).runs
    assert [(run.key, run.title, run.parameters) for run in runs] == [
        ("a", "a", {"seed": 5}),
        ("b-c", "The title", {"draws": 300}),
    ]


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".x", "x.failed", "a b", "x\n", "-x", "é", "a" * 61, "base"]
)
def test_a_report_name_cannot_leave_its_folder(name):
    with pytest.raises(InputError, match="name"):
        request(overrides={"gpu_price": 1.0}, name=name)


def test_a_scenarios_name_is_kept_for_it():
    with pytest.raises(InputError, match="gpu_glut is kept"):
        request(name="gpu_glut")
    assert request("gpu_glut").name == "gpu_glut"


@pytest.mark.parametrize(
    "options, said",
    [
        ({"draws": 3}, "draws"),
        ({"seed": -1}, "seed"),
        ({"scenario": "gpu_glutt"}, "gpu_glut"),
        ({"overrides": {"gpu_prise": 1}}, "gpu_price"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(options, said):
    with pytest.raises(InputError, match=said):
        request(**options)


@pytest.mark.parametrize(
    "name, parameters, said",
    [
        ("01-a b.ipynb", PARAMETERS, "a notebook's name"),
        ("01-1.ipynb", PARAMETERS, "a notebook's name"),
        ("01-a.ipynb", "x = f()", "plain values"),
    ],
)
def test_a_notebook_that_cannot_be_a_chapter_is_named(tmp_path, name, parameters, said):
    notebook(tmp_path, name, parameters)
    with pytest.raises(InputError, match=said):
        request(notebooks=tmp_path)


def test_two_notebooks_of_one_name_and_none_at_all_are_refused(tmp_path):
    with pytest.raises(InputError, match="no numbered notebook"):
        request(notebooks=tmp_path)
    for name in ("01-one.ipynb", "02-One.ipynb"):
        notebook(tmp_path, name)
    with pytest.raises(InputError, match="02-One.ipynb: another notebook .* one"):
        request(notebooks=tmp_path)


def test_bytes_that_are_no_text_are_no_notebook(tmp_path):
    (tmp_path / "01-one.ipynb").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="01-one.ipynb: is no notebook"):
        request(notebooks=tmp_path)
