"""How far to trust it: what firms reported, against what the model says of them."""

from __future__ import annotations

from pandas import DataFrame, Index

from analysis.findings.backtests import LEAST_SHARE, reported
from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import dots
from analysis.show.figures.plotting import ACCENT, GAIN, INK, LINE, LOSS
from analysis.show.numbers import format_percent

MARKS = {"equal": "o", "at_most": "<", "at_least": ">"}
MEANING = {"reported": "o", "no more than": "<", "no less than": ">"}
FIRM_ROW = 23  # units
COLUMNS = ["id", "firm", "relation", "reported", "unit", "p05", "p50", "p95", "met", "independent"]


@figure(
    "What {{ how_many(inside, of) }} firms report lies inside our ranges"
    "{% if 0 < missed | length < 4 %}; outside: {{ missed | join_and }}{% endif %}",
    "A mark is a report, placed by the share of our draws below it; the band is the middle 90 %. "
    "A pointed mark is a bound, met if enough draws lie where it points. Hollow: not independent "
    "of our inputs.",
)
def backtests(study: Study) -> tuple:
    """Where each firm's reports lie among our draws of the same quantity, in per cent of them."""
    table = reported(study)
    side = table.probability
    below = side.where(table.relation != "at_least", 1 - side)
    data = table[COLUMNS].assign(below=below)
    data["label"] = data.firm + ", " + data["id"].str.replace("_", " ")
    data["told"] = below.map(format_percent)
    data["marker"] = data.relation.map(MARKS)
    data["colour"] = data.met.map({True: GAIN, False: LOSS})
    inside = data.groupby("firm", sort=False)["met"].all().astype(bool)
    missed = list(inside.index[~inside])
    fig = _draw(data, inside.index)
    return fig, data, {"inside": int(inside.sum()), "of": len(inside), "missed": missed}


def _draw(data: DataFrame, firms: Index):
    """A row for each firm with a mark for each of its reports."""
    above = plotting.key_height(len(MEANING))
    fig, ax = plotting.sheet(FIRM_ROW * max(len(firms), 1), above, left=152)
    plotting.key(fig, {told: {"marker": mark, "color": INK} for told, mark in MEANING.items()})
    rows = range(len(firms))
    ax.set(xlim=(0, 1), ylim=(len(firms) - 0.5, -0.5), yticks=rows, yticklabels=firms)
    ax.axvspan(LEAST_SHARE, 1 - LEAST_SHARE, color=ACCENT, alpha=0.13, lw=0)
    ax.hlines(rows, 0, 1, color=LINE, lw=2)
    plotting.set_ticks(ax, [0, 0.5, 1], format_percent)
    plotting.say_axis(ax, "Draws below it")
    for independent, own in data.groupby("independent"):
        rows = firms.get_indexer(own.firm)
        dots(ax, own.below, rows, own, hollow=independent != "yes")
    return fig
