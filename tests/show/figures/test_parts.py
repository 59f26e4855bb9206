"""What figures share. Oracles: sums by hand, and where Matplotlib put what was drawn."""

import numpy as np
import pandas as pd
import pytest
from drawing import extreme

from analysis.show.figures import parts, plotting

NAN = float("nan")


@plotting.styled
def on_axes(draw):
    """What `draw` returns of fresh axes."""
    return draw(plotting.sheet(3.0)[1])


@pytest.mark.parametrize(
    "n, of, told",
    [
        (0, 8, "none of the 8 segments earns"),
        (1, 8, "1 of 8 segments earns"),
        (3, 8, "3 of 8 segments earn"),
        (8, 8, "all of the 8 segments earn"),
    ],
)
def test_count_agrees_with_its_verb(n, of, told):
    assert parts.segments_that(n, of, "earns", "earn") == told
    assert parts.segments_that(n, of, "earns", "earn", capital=True) == told.capitalize()


def steps(values):
    """A waterfall of two parts, one taken away and what is left, each within 10 per cent."""
    signs = [1, 1, -1, 0]
    table = pd.DataFrame({"label": [*"abcd"], "sign": signs, "value": values})
    return table.assign(p05=0.9 * table["value"], p95=1.1 * table["value"], colour=plotting.GAIN)


def test_a_waterfall_ends_where_its_total_does():
    """Oracle: 5 + 3 - 2 = 6."""

    def bars(ax):
        parts.waterfall(ax, steps([5.0, 3.0, 2.0, 6.0]), "USD")
        return [sorted((bar.get_x(), bar.get_x() + bar.get_width())) for bar in ax.patches]

    assert on_axes(bars) == [[0, 5], [5, 8], [6, 8], [0, 6]]


def test_a_waterfall_without_a_market_says_so():
    def words(ax):
        parts.waterfall(ax, steps([NAN] * 4), "USD")
        return [text.get_text() for text in ax.texts]

    assert on_axes(words) == ["no market"] * 4


def test_stacked_bars_follow_on_one_another_and_are_cut():
    """Oracle: 0.5 and 2 stand side by side; of 4 there is room for 0.5; -1 is not drawn."""
    looks = parts.looks(*((name, name, plotting.GAIN, 0.5) for name in "abcd"))
    shares = pd.DataFrame([[0.5, 2.0, -1.0, 4.0]], columns=[*"abcd"])

    def bars(ax):
        parts.stacked_bars(ax, shares, looks, 3.0)
        return [(bar.get_x(), bar.get_width()) for bar in ax.patches]

    assert on_axes(bars) == [(0.0, 0.5), (0.5, 2.0), (2.5, 0.5)]


def test_rows_stand_in_order_with_their_numbers():
    table = pd.DataFrame({"value": [2.0, -1.0, NAN], "p05": [1.0, NAN, NAN], "p95": 3.0})
    table = table.assign(colour=plotting.INK, marker="o")

    def draw(ax):
        ax.set_xscale("log")
        parts.interval_rows(ax, table, (0.5, 10.0))
        at = ax.collections[0].get_offsets().filled(np.nan)
        return at.tolist(), [text.get_text() for text in ax.texts]

    marks, numbers = on_axes(draw)
    assert numbers == ["2", "\N{MINUS SIGN}1", "no market"]
    assert np.allclose(marks[:2], [[2.0, 0.0], [0.5, 1.0]]), (
        "what a log axis cannot hold stands at its edge"
    )


def test_results_are_those_of_the_study():
    study = extreme("base")
    table = parts.segment_results(study, "revenue")
    assert table["segment"].to_list() == list(study.segments)
    for row in table.itertuples():
        assert row.value == study.result(row.segment, "revenue")["value"]
        assert row.label == study.title(row.segment)


def test_a_line_is_kept_off_piece_by_piece():
    boxes = parts.polyline([0, 1, 2], [5.0, 3.0, 4.0])
    assert np.array_equal(boxes, [[0, 3, 1, 5], [1, 3, 2, 4]])
