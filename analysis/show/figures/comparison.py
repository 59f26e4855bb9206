"""Segments beside each other: what a second earns against what it costs, headroom, and who pays.

Judgement calls: money that spans orders of magnitude stands on log axes; an interval (5th to 95th percentile) that would squash
the rest is cut at the axis and bears an arrow; what cannot stand on a log axis is drawn at its edge and told in the note.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.findings.claims import MIRROR, SCALE, claim
from analysis.findings.study import Study
from analysis.show.figures.parts import (
    INTERVAL,
    MARK,
    capital,
    how_many,
    interval_row,
    percent,
    polyline,
    row_limits,
    row_sheet,
    rows_table,
    segment_styles,
    segments_that,
    spreads,
)
from analysis.show.figures.plotting import (
    GAIN,
    INK,
    LOSS,
    SOFT,
    SURFACE,
    figure_html,
    log_axis,
    log_limits,
    name_rows,
    place_labels,
    row_height,
    sheet,
    styled,
    whisker,
    wrapped,
)
from analysis.show.prose import Html, format_percent, format_quantity, format_significant, join_and


@styled
def earned_against_spent(study: Study) -> Html:
    """What a generated second earns against what is spent on it, one mark a segment; the diagonal is contribution zero."""
    about = segment_styles(study)
    spent = {s: study.result(s, "full_cost_per_generated_second") for s in study.segments}
    earned = {s: study.result(s, "revenue_per_generated_second") for s in study.segments}
    x = {s: float(study.point(s).full_cost_per_generated_second) for s in study.segments}
    y = {s: float(study.point(s).revenue_per_generated_second) for s in study.segments}
    ends = [[row[p] for row in rows.values() for p in ("p05", "p95")] for rows in (spent, earned)]
    xlim, ylim = (
        log_limits(x.values(), ends[0]),
        log_limits([*y.values(), *(v for v in x.values() if min(y.values()) <= 0)], ends[1]),
    )
    fig, ax = sheet(4.7)
    log_axis(ax, "x", xlim, 5)
    log_axis(ax, "y", ylim, 6)
    ax.set(xlabel="spent, USD per generated second", ylabel="earned, USD per generated second")
    both = np.array([min(xlim[0], ylim[0]), max(xlim[1], ylim[1])])
    ax.fill_between(both, both, both[1], color=GAIN, alpha=0.07, lw=0)
    ax.fill_between(both, both[0], both, color=LOSS, alpha=0.07, lw=0)
    ax.plot(both, both, color=SOFT, lw=1.2)
    lines, labels, cut = [], [], False
    for s, title, colour, marker in about:
        at = np.clip(x[s], *xlim), np.clip(y[s], *ylim)
        for row, limits, down in ((spent[s], xlim, False), (earned[s], ylim, True)):
            cut |= whisker(ax, at[not down], row["p05"], row["p95"], limits, colour, vertical=down)
            if math.isfinite(row["p05"]):
                a, b = np.clip([row["p05"], row["p95"]], *limits)
                lines.append((at[0], a, at[0], b) if down else (a, at[1], b, at[1]))
        ax.plot(*at, marker=marker if y[s] > 0 else "v", color=colour, ms=10, zorder=4, **MARK)
        labels.append((*at, wrapped(title, 16), INK))
    steps = np.geomspace(*both, 60)
    corners = (
        ax.text(
            0.02,
            0.98,
            "earns more\nthan it costs",
            transform=ax.transAxes,
            va="top",
            color=GAIN,
            style="italic",
        ),
        ax.text(
            0.98,
            0.02,
            "costs more\nthan it earns",
            transform=ax.transAxes,
            ha="right",
            color=LOSS,
            style="italic",
        ),
    )
    fig.draw_without_rendering()
    boxes = [
        tuple(text.get_window_extent().transformed(ax.transData.inverted()).extents)
        for text in corners
    ]
    place_labels(ax, labels, lines + polyline(steps, steps) + boxes * 8)
    ratio = {s: y[s] / x[s] for s in study.segments}
    low, high = min(ratio, key=ratio.get), max(ratio, key=ratio.get)
    wins = [s for s in study.segments if y[s] > x[s]]
    title = (
        f"At the best values {segments_that(len(wins), len(about), 'earns', 'earn')} more per generated second than is spent on it: "
        f"for a dollar spent {study.title(high)} earns {format_quantity(ratio[high], 'USD')}, {study.title(low)} {format_quantity(ratio[low], 'USD')}"
    )
    none = [study.title(s) for s in study.segments if y[s] <= 0]
    note = (
        "On the diagonal a customer neither earns nor loses. "
        + INTERVAL
        + (" Arrows: the bar goes on beyond the axis." if cut else "")
        + (
            f" At the lower edge, since nothing is earned at the best values: {join_and(none)}."
            if none
            else ""
        )
    )
    alt = (
        "Per generated second, USD. "
        + "; ".join(
            f"{t}: earns {format_significant(y[s])}, spends {format_significant(x[s])}"
            for s, t, _, _ in about
        )
        + "."
    )
    return figure_html(
        "earned-against-spent",
        title,
        alt,
        fig,
        rows_table([r for s in study.segments for r in (earned[s], spent[s])]),
        note,
    )


@styled
def headroom(study: Study) -> Html:
    """How many times what a generated second costs it could cost before the customer loses money."""
    about, rows = (
        segment_styles(study),
        {study.title(s): study.result(s, "headroom") for s in study.segments},
    )
    limits = row_limits(rows.values(), 1.0)
    fig, ax = row_sheet([*rows], 0.75)
    log_axis(ax, "x", limits, 5)
    ax.set_xlabel("affordable cost over cost, times")
    ax.axvline(1, color=SOFT, lw=1.2)
    for i, ((_, _, colour, marker), row) in enumerate(zip(about, rows.values())):
        interval_row(ax, i, row, limits, colour, marker)
    wins, sure = (sum(row[stat] > 1 for row in rows.values()) for stat in ("value", "p05"))
    title = (
        f"At the best values {segments_that(wins, len(rows), 'has', 'have')} headroom over the running cost"
        + (f"; the whole interval lies above 1 for {how_many(sure, wins)} of them" if wins else "")
    )
    note = f"Right of 1 a customer covers the running cost; at or below 0 not even free compute would help. {INTERVAL} Arrows: beyond."
    return figure_html(
        "headroom",
        title,
        f"Headroom, times: {spreads(rows)}.",
        fig,
        rows_table(rows.values()),
        note,
    )


@styled
def who_pays(study: Study) -> Html:
    """The probability that each segment passes the two tests, with ranges read as PERT and as flat."""
    about, names = segment_styles(study), [*map(study.title, study.segments)]
    tests = {
        "covers_running_cost": "covers its running cost",
        "repays_acquisition": "repays its acquisition cost",
    }
    found = {name: [claim(study, name, s) for s in study.segments] for name in tests}
    fig, panels = sheet(1.3 + 2 * len(about) * row_height(names, 18), 2, sharex=True)
    for ax, (name, told) in zip(panels, tests.items()):
        name_rows(ax, names, 18)
        ax.set_title(told, pad=6)
        for limits, colour in ((MIRROR, LOSS), (SCALE, GAIN)):
            for limit, _ in limits:
                ax.axvspan(limit, round(limit), color=colour, alpha=0.08, lw=0)
        for i, ((_, _, colour, marker), c) in enumerate(zip(about, found[name])):
            ax.plot([c.probability, c.probability_flat], [i, i], color=colour, lw=2)
            ax.plot(
                c.probability_flat,
                i,
                marker=marker,
                color=colour,
                mfc=SURFACE,
                ms=8,
                mew=1.5,
                clip_on=False,
            )
            ax.plot(c.probability, i, marker=marker, color=colour, ms=9, **MARK)
    ax.set(xlim=(0, 1), xticks=[0, 0.33, 0.66, 1])
    percent(ax.xaxis)
    for at, word in ((0.165, "unlikely"), (0.495, "about as\nlikely as not"), (0.83, "likely")):
        ax.annotate(
            word,
            (at, 0),
            (0, -20),
            ax.get_xaxis_transform(),
            "offset points",
            ha="center",
            va="top",
            color=SOFT,
        )
    covers, repays = (
        sum(min(c.probability, c.probability_flat) >= 0.66 for c in found[name]) for name in tests
    )
    title = capital(
        f"{segments_that(covers, len(about), 'is', 'are')} likely, or more than that, to cover the running cost, and "
        f"{how_many(repays, len(about))} to repay what winning the customer costs"
    )
    alt = " ".join(
        f"{told}: "
        + "; ".join(
            f"{study.title(c.subject)} {format_percent(c.probability)}, flat {format_percent(c.probability_flat)}"
            for c in found[name]
        )
        + "."
        for name, told in tests.items()
    )
    data = pd.DataFrame([c for cs in found.values() for c in cs])[
        ["claim", "subject", "probability", "probability_flat"]
    ]
    note = (
        "Share of draws that pass. Filled: ranges as PERT; hollow: flat. Shades: unlikely and likely (33 and 66 %), "
        "very (10 and 90 %), and beyond 1 and 99 %."
    )
    return figure_html("who-pays", title, alt, fig, data, note)
