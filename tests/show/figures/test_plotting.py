"""Axes, rows and the palette."""

import re

import pytest
from matplotlib import rc_params_from_file

from analysis.show.figures import plotting
from analysis.show.figures.plotting import NAMED, TEXT_LINE, TRACK, WIDTH


def test_log_limits_hold_medians_and_near_ends_alone():
    """Oracle: the definition; what lies more than twenty times beyond is cut."""
    low, high = plotting.log_limits([1, 100], [0.5, 1e6, -3, float("nan")])
    assert low < 0.5 and 100 * plotting.REACH < high < 1e6
    assert plotting.log_limits([-1], []) == plotting.log_limits([1], [])


@pytest.mark.parametrize(
    "limits, ticks, words",
    [
        ((0.5, 2000), ["1", "10", "100", "1,000"], "ten times"),
        ((0.5, 2e7), ["1", "100", "10,000", "1,000,000"], "a hundred times"),
        ((1.5, 8), ["2", "5"], "equal factors"),
    ],
)
def test_a_log_axis_says_its_steps(limits, ticks, words):
    _, ax = plotting.sheet(50)
    plotting.log_axis(ax, limits, plotting.short_number, "Size")
    assert [label.get_text() for label in ax.get_xticklabels()] == ticks
    assert words in ax.get_xlabel().replace("\n", " ")


def test_rows_stand_below_one_another_and_long_names_take_more_lines():
    names = ["short", "a name of a good many words that asks for more than one line"]
    heights = plotting.row_heights(names, ["", "12 cents"])
    assert heights[0] == TEXT_LINE + TRACK and heights[1] > heights[0]
    _, ax, at = plotting.row_sheet(names, ["", "12 cents"])
    assert list(at) == [heights[0] - TRACK / 2, sum(heights) - TRACK / 2]
    assert "".join(t.get_text() for t in ax.texts).replace(" ", "").endswith("oneline")


def test_a_figure_without_rows_has_axes():
    fig, ax, at = plotting.row_sheet([])
    assert len(at) == 0 and fig.get_figwidth() * 72 == WIDTH


def test_the_style_uses_the_palette():
    """Oracle: the names of the colours."""
    style = rc_params_from_file(
        plotting.Path(plotting.__file__).with_name("report.mplstyle"), use_default_template=False
    )
    used = set(re.findall(r"[0-9a-f]{6}", " ".join(map(str, style.values()))))
    assert {f"#{colour}" for colour in used} <= set(NAMED.values())
