"""Marks, bars and intervals stand where their numbers are."""

import numpy as np
import pandas as pd
import pytest
from worlds import world

from analysis.findings.claims import likelihood
from analysis.show.figures import marks, plotting

ROWS = pd.DataFrame(
    {
        "p05": [1.0, -5.0],
        "p50": [2.0, 0.5],
        "p95": [3.0, 99.0],
        "colour": ["#1b1f24", "#5b6470"],
        "marker": ["o", "D"],
    }
)


@pytest.fixture
def ax():
    _, ax = plotting.sheet(100)
    ax.set_xlim(0, 10)
    return ax


def test_intervals_are_cut_at_the_axis_and_arrows_say_so(ax):
    marks.intervals(ax, ROWS, np.array([1, 2]))
    ends = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert ends == [[1, 3], [0, 10]]
    arrows = [(line.get_xdata()[0], line.get_marker()) for line in ax.lines]
    assert arrows == [(0, "<"), (10, ">")]


def test_dots_stand_at_their_values_or_on_the_edge(ax):
    points = marks.dots(ax, [2.0, 20.0], [1, 2], ROWS)
    assert points.get_offsets().tolist() == [[2, 1], [10, 2]]
    assert marks.dots(ax, [], [], ROWS.iloc[:0]) is None


def test_a_median_off_a_log_axis_is_an_arrow(ax, monkeypatch):
    seen = []
    monkeypatch.setattr(marks, "dots", lambda ax, x, y, looks: seen.append([*looks.marker]))
    ax.set_xlim(1, 10)
    marks.ranges(ax, ROWS, np.array([1, 2]))
    assert seen == [["o", "<"]]


def test_bars_go_from_zero_to_the_median(ax):
    marks.bars(ax, ROWS, np.array([1, 2]))
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 2), (0, 0.5)]


def test_limits_around_zero_hold_every_bar():
    low, high = marks.around_zero(ROWS)
    assert (low, high) == (-4, 4)
    assert marks.around_zero(ROWS * 0 if False else ROWS.assign(p50=0, p05=0, p95=0))[1] > 0


def test_looks_of_many_segments_differ():
    """Oracle: eight colours and nine markers have no common factor, so 72 differ."""

    class Many:
        segments = tuple(f"s{i}" for i in range(72))

        def title(self, segment):
            return segment

    looks = marks.segment_looks(Many())
    assert not looks[["colour", "marker"]].duplicated().any()


def test_the_words_of_the_scale_are_those_of_the_claims():
    assert likelihood(marks.LIKELY) == "likely" and likelihood(marks.UNLIKELY) == "unlikely"
    assert likelihood(marks.LIKELY - 1e-6) == likelihood(marks.UNLIKELY + 1e-6)


def test_what_is_told_is_the_median_with_its_interval():
    row = world("base").result("all", "standard_cost_per_second")
    row = row | {"p05": 0.004, "p50": 0.04, "p95": 0.3}
    assert marks.spread(row) == "4 cents (0.4 to 30 cents)"
    assert marks.spread(row | {"p05": 0.04, "p95": 0.04}) == "4 cents"
