"""Drawings as parts of a page. Oracles: Matplotlib's own extents, an XML parser, round numbers."""

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from drawing import check_markup
from matplotlib.text import Text

from analysis.show.figures import plotting
from analysis.show.html import Html


@plotting.styled
def drawn(draw, **words):
    """A figure of what `draw` does with its axes."""
    fig, ax = plotting.sheet(3.0)
    draw(ax)
    words = {"title": "A title", "alt": "What can be seen in it"} | words
    return plotting.figure_html("A figure", fig=fig, data=pd.DataFrame({"a": [1.5]}), **words)


def test_text_is_escaped_and_html_is_left():
    figure = drawn(lambda ax: ax.set_title("5 < 6"), title="1 < 2", note=Html("<b>how</b>"))
    check_markup(figure)
    assert "<figcaption>1 &lt; 2</figcaption>" in figure and ">5 &lt; 6</text>" in figure
    assert '<p class="note"><b>how</b></p>' in figure


def test_colours_are_variables_with_their_light_value():
    figure = drawn(lambda ax: ax.plot([0, 1], [0, 1], color=plotting.LOSS))
    assert f"stroke:var(--loss,{plotting.LOSS})" in figure


def test_text_has_a_halo_unless_it_is_told_not_to():
    assert "paint-order:stroke" in drawn(lambda ax: None)
    assert "paint-order" not in drawn(lambda ax: None, halo=False)


def test_paths_of_one_look_are_one_and_keep_their_course():
    """Oracle: two bars that share their colour are two; as a collection they are one path."""
    figure = drawn(lambda ax: ax.hlines([0, 1], 0, 1, color=plotting.GAIN))
    paths = [path.get("d") for path in ET.fromstring(figure).iter("path")]
    assert sum(len(re.findall("M ", path)) == 2 for path in paths) == 1


def test_labels_do_not_cover_each_other():
    """Oracle: Matplotlib's own extents of the texts, for marks that all but coincide."""

    def overlaps(ax):
        ax.set(xlim=(0, 1), ylim=(0, 1))
        marks = [(0.5 + i / 100, 0.5, f"label {i}", plotting.INK) for i in range(9)]
        plotting.place_labels(ax, marks)
        ax.figure.draw_without_rendering()
        boxes = [Text.get_window_extent(text).shrunk(0.9, 0.8) for text in ax.texts]
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:i])

    drawn(overlaps)


@pytest.mark.parametrize("high", [1.5, 8.0, 3e3, 4e9])
def test_ticks_of_a_log_axis_are_few_and_round(high):
    def check(ax):
        plotting.log_axis(ax, "x", (0.9, high), 5)
        ticks = [tick for tick in ax.get_xticks() if 0.9 <= tick <= high]
        assert 1 <= len(ticks) <= 5
        assert all(f"{tick:e}"[0] in "1235" and "000000" in f"{tick:e}" for tick in ticks)

    drawn(check)


def test_limits_hold_every_value_but_not_every_end():
    low, high = plotting.log_limits([2.0, 5.0], [1.0, 1e6, float("nan")])
    assert low < 1.0 and 100.0 < high < 200.0
    assert plotting.log_limits([]) == plotting.log_limits([1.0])


@pytest.mark.parametrize("end, arrows", [((2, 3), 0), ((0.1, 3), 1), ((0.1, 99), 2)])
def test_a_whisker_that_is_cut_bears_an_arrow(end, arrows):
    def check(ax):
        plotting.whisker(ax, 0, *end, (1, 10), plotting.INK)
        ends = ax.lines[0].get_xdata()
        assert ends.min() >= 1 and ends.max() <= 10
        assert [line.get_marker() for line in ax.lines].count("None") == 1
        assert len(ax.lines) == 1 + arrows

    drawn(check)


def test_what_is_undefined_has_no_whisker():
    def check(ax):
        plotting.whisker(ax, 0, float("nan"), 1.0, (1, 10), plotting.INK)
        assert not ax.lines

    drawn(check)


def test_colour_and_marker_together_tell_72_segments_apart():
    looks = {(plotting.colour_of(i), plotting.marker_of(i)) for i in range(72)}
    assert len(looks) == 72


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (1200, "1,200"), (-0.5, "\N{MINUS SIGN}0.5"), (2e6, "2 million")],
)
def test_a_tick_is_short(value, text):
    assert plotting.tick(value) == text
