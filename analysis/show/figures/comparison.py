"""Segments beside each other: what a second earns against what it costs, headroom, and who pays.

Judgement calls: money that spans orders of magnitude stands on log axes; an interval that would
squash the rest is cut at the axis and bears an arrow; what cannot stand on a log axis is drawn at
its edge and told in the note.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.findings.claims import LIKELIHOODS, claim
from analysis.findings.study import Study
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import GAIN, INK, LOSS, SOFT, log_axis

SPENT, EARNED = "full_cost_per_generated_second", "revenue_per_generated_second"
TESTS = {
    "covers_running_cost": "covers its running cost",
    "repays_acquisition": "repays its acquisition cost",
}


@figure
def earned_against_spent(study: Study) -> tuple:
    """What a generated second earns against what is spent on it; on the diagonal neither wins."""
    rows = _earned_and_spent(study)
    fig, ax = plotting.sheet(4.7)
    cut = _draw_earned_and_spent(ax, rows)
    data = parts.results_table(study, study.segments, [EARNED, SPENT])
    return fig, data, {"rows": rows, "cut": cut}


def _earned_and_spent(study: Study) -> pd.DataFrame:
    """What each segment spends and earns at the best values, market or none, and the intervals."""
    rows = parts.segment_styles(study)
    for name, metric in (("spent", SPENT), ("earned", EARNED)):
        rows[name] = [float(getattr(study.point(s), metric)) for s in study.segments]
        results = parts.segment_results(study, metric)
        rows[f"{name}_low"], rows[f"{name}_high"] = results["p05"], results["p95"]
    return rows.assign(ratio=rows["earned"] / rows["spent"])


def _draw_earned_and_spent(ax, rows: pd.DataFrame) -> bool:
    """Marks with whiskers both ways around the diagonal; tells whether a whisker was cut."""
    spent_too = rows["spent"] if rows["earned"].min() <= 0 else []
    xlim = plotting.log_limits(rows["spent"], [*rows["spent_low"], *rows["spent_high"]])
    ylim = plotting.log_limits(
        [*rows["earned"], *spent_too], [*rows["earned_low"], *rows["earned_high"]]
    )
    log_axis(ax, "x", xlim)
    log_axis(ax, "y", ylim, 6)
    ax.set(xlabel="spent, USD per generated second", ylabel="earned, USD per generated second")
    obstacles = _draw_diagonal(ax, xlim, ylim)
    x, y = rows["spent"].clip(*xlim), rows["earned"].clip(*ylim)
    labels = []
    for row in rows.assign(x=x, y=y).itertuples():
        plotting.whisker(ax, row.y, row.spent_low, row.spent_high, xlim, row.colour)
        plotting.whisker(ax, row.x, row.earned_low, row.earned_high, ylim, row.colour, True)
        labels.append((row.x, row.y, plotting.wrapped(row.label, 16), INK))
        left, right = np.clip([row.spent_low, row.spent_high], *xlim)
        bottom, top = np.clip([row.earned_low, row.earned_high], *ylim)
        obstacles += [(left, row.y, right, row.y), (row.x, bottom, row.x, top)]
    parts.marks(ax, x, y, rows["colour"], rows["marker"].mask(rows["earned"] <= 0, "v"), 10)
    plotting.place_labels(ax, labels, obstacles)
    left, below = rows["spent_low"] < xlim[0], rows["earned_low"] < ylim[0]
    right, above = rows["spent_high"] > xlim[1], rows["earned_high"] > ylim[1]
    return (left | below | right | above).any()


def _draw_diagonal(ax, xlim: tuple, ylim: tuple) -> list[tuple]:
    """The line on which a customer earns what it costs, sides named; gives what labels avoid."""
    both = np.array([min(xlim[0], ylim[0]), max(xlim[1], ylim[1])])
    ax.fill_between(both, both, both[1], color=GAIN, alpha=0.07, lw=0)
    ax.fill_between(both, both[0], both, color=LOSS, alpha=0.07, lw=0)
    ax.plot(both, both, color=SOFT, lw=1.2)
    corner = dict(transform=ax.transAxes, style="italic")
    sides = (
        ax.text(0.02, 0.98, "earns more\nthan it costs", va="top", color=GAIN, **corner),
        ax.text(0.98, 0.02, "costs more\nthan it earns", ha="right", color=LOSS, **corner),
    )
    ax.figure.draw_without_rendering()
    to_data = ax.transData.inverted()
    boxes = [tuple(side.get_window_extent().transformed(to_data).extents) for side in sides]
    steps = np.geomspace(*both, 60)
    return parts.polyline(steps, steps) + 8 * boxes


@figure
def headroom(study: Study) -> tuple:
    """How many times its cost a generated second could cost before the customer loses money."""
    rows = parts.segment_results(study, "headroom")
    limits = parts.interval_limits(rows, 1.0)
    fig, ax = parts.row_sheet(rows["label"], 0.75)
    log_axis(ax, "x", limits)
    ax.set_xlabel("affordable cost over cost, times")
    ax.axvline(1, color=SOFT, lw=1.2)
    parts.interval_rows(ax, rows, limits)
    return fig, rows, {"rows": rows}


@figure
def who_pays(study: Study) -> tuple:
    """The probability that each segment passes the two tests, ranges read as PERT and as flat."""
    styles = parts.segment_styles(study)
    found = [claim(study, name, s) for name in TESTS for s in study.segments]
    data = pd.DataFrame(found)[["claim", "subject", "probability", "probability_flat"]]
    rows = data.merge(styles, left_on="subject", right_on="segment")
    panels = {told: rows[rows["claim"] == name] for name, told in TESTS.items()}
    height = 1.3 + 2 * len(styles) * plotting.row_height(styles["label"], 18)
    fig, axes = plotting.sheet(height, 2, sharex=True)
    for ax, (told, tested) in zip(axes, panels.items(), strict=True):
        ax.set_title(told, pad=6)
        _draw_probabilities(ax, tested)
    place = dict(xycoords=ax.get_xaxis_transform(), textcoords="offset points")
    for at, word in ((0.165, "unlikely"), (0.495, "about as\nlikely as not"), (0.83, "likely")):
        ax.annotate(word, (at, 0), (0, -20), ha="center", va="top", color=SOFT, **place)
    return fig, data, {"panels": panels, "n": len(styles)}


def _draw_probabilities(ax, rows: pd.DataFrame) -> None:
    """Both probabilities of each segment over shades for the likelihood words."""
    plotting.name_rows(ax, rows["label"], 18)
    for _, lowest, highest in LIKELIHOODS:
        if highest < 0.5:
            ax.axvspan(0, highest, color=LOSS, alpha=0.08, lw=0)
        elif lowest > 0.5:
            ax.axvspan(lowest, 1, color=GAIN, alpha=0.08, lw=0)
    at, colours, markers = range(len(rows)), rows["colour"], rows["marker"]
    ax.hlines(at, rows["probability"], rows["probability_flat"], color=colours, lw=2)
    parts.marks(ax, rows["probability_flat"], at, colours, markers, 8, hollow=True)
    parts.marks(ax, rows["probability"], at, colours, markers)
    ax.set(xlim=(0, 1), xticks=[0, 0.33, 0.66, 1])
    parts.percent_axis(ax.xaxis)
