"""A figure from its parts: the contract of every figure at the extremes, and equal bytes."""

import hashlib
import html
import os
import subprocess
import sys

import jinja2
import matplotlib as mpl
import numpy as np
import pytest
from drawing import (
    EXTREMES,
    LONG,
    STRANGE,
    all_figures,
    base_figures,
    check_markup,
    extreme,
    names,
    study_with_segments,
    texts_of,
    title_of,
)
from support import ROOT

from analysis.show import figures
from analysis.show.figures.figure import words

OFTEN = ("base", "eight orders of magnitude", "nobody has a market")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow) for name in EXTREMES],
)
def test_every_figure_keeps_the_contract_at_the_extremes(name):
    made = base_figures() if name == "base" else all_figures(extreme(name))
    for figure in made.values():
        check_markup(figure)


def test_more_verticals_with_awkward_titles(tmp_path):
    study = study_with_segments(tmp_path / "data", {"ninth": STRANGE, "tenth": LONG})
    made = all_figures(study, "ninth")
    for figure in made.values():
        check_markup(figure)
    letters = "".join(STRANGE.split())
    for name in ("headroom", "revenue_dollar", "stopping_prices", "break_even_years"):
        drawn = "".join("".join(texts_of(made[name])).split())
        assert letters in drawn, f"{name}: a title is drawn letter by letter as it is written"
    own = [title_of(figure) for name, figure in made.items() if name.endswith(" ninth")]
    assert own and all(title.startswith(STRANGE) for title in own)


def test_equal_numbers_give_equal_bytes_in_another_process():
    here = "\n".join(base_figures().values())
    code = (
        "import hashlib, drawing; "
        "made = '\\n'.join(drawing.base_figures().values()); "
        "print(hashlib.sha256(made.encode()).hexdigest())"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    other = {"PYTHONPATH": path, "PYTHONHASHSEED": "7", "MPLBACKEND": "svg"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | other
    )
    assert done.stdout.strip() == hashlib.sha256(here.encode()).hexdigest(), done.stderr


def test_drawing_leaves_settings_and_generators_alone():
    settings, state = dict(mpl.rcParams), np.random.get_state()[1].tolist()
    figures.benchmarks(extreme("base"))
    assert dict(mpl.rcParams) == settings and np.random.get_state()[1].tolist() == state


def test_each_figure_has_a_template_and_each_template_a_figure():
    folder = ROOT / "analysis" / "show" / "templates" / "figures"
    assert sorted(path.stem for path in folder.iterdir()) == sorted([*names(), "shared"])


def test_a_fact_that_is_missing_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="rows"):
        words("headroom")


def test_the_title_stands_in_the_caption_and_is_read_aloud():
    """Oracle: the caption's text; the picture's own title repeats it without marks."""
    figure = base_figures()["burn_against_users consumer"]
    assert "<data" in figure.split("</figcaption>")[0]
    assert f">{html.escape(title_of(figure), quote=False)}</title>" in figure
