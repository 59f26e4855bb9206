"""What drives the answer: shares of variance, one input at a time, how long installs stay, and what reported burns imply.

Judgement calls: an input counts as a driver from DRIVES of a segment's variance on; two reports of which the draws that fit one
hardly fit the other (less than APART of their weights in common) cannot both be true.
"""
from __future__ import annotations

import html
import math
from collections import Counter

import numpy as np

from analysis.figures.parts import MARK, at_right, linear, rows_table
from analysis.figures.plotting import (
    ACCENT, INK, SOFT, SURFACE, colour_of, figure, log_axis, log_limits, marker_of, name_rows, place_labels, row_height, sheet, styled, whisker,
)
from analysis.prose import Html, digits, given, listed, marked, said, say, share
from analysis.retention import by_app, survival
from analysis.sensitivity import IMPLIED, IMPLIED_UNITS
from analysis.study import Study

MOST, TOP, DRIVES, APART = 12, 10, 0.05, 0.05


def _rows(study: Study, segment: str, metric: str) -> dict[str, dict]:
    """The defined results of that name by their detail, in the order of results."""
    table = study.results[(study.results["segment"] == segment) & (study.results["metric"] == metric)]
    return {row["detail"]: row for row in table.to_dict("records")}


def _indices(study: Study, segment: str, order: str) -> dict[str, dict]:
    """A segment's Sobol' indices by input, the largest first; none where nothing varies."""
    rows = {p: row for p, row in _rows(study, segment, f"sobol_{order}").items() if math.isfinite(row["value"])}
    return dict(sorted(rows.items(), key=lambda item: -item[1]["value"]))


def _named(name: str) -> str:
    return name.replace("_", " ")


def _share(row: dict) -> str:
    """An index in whole per cent; an estimate just below zero is zero."""
    return f"{100 * max(row['value'], 0):.0f}"


@styled
def sobol(study: Study) -> Html:
    """Which inputs drive whether a segment pays: total Sobol' indices, a row a segment and a column an input."""
    totals = {study.title(s): _indices(study, s, "total") for s in study.segments}
    every = [row for own in totals.values() for row in own.values()]
    weight = {r["detail"]: sum(q["value"] for q in every if q["detail"] == r["detail"]) for r in every if r["value"] >= DRIVES}
    names = sorted(weight, key=weight.get, reverse=True)[:MOST]
    fig, ax = sheet(1.9 + len(totals) * row_height(totals, 14))
    name_rows(ax, list(totals), 14)
    ax.set_xlim(-0.5, max(len(names), 1) - 0.5)
    ax.set_xticks(range(len(names)), [_named(p) for p in names], rotation=90)
    ax.tick_params(axis="x", top=False, bottom=False, labeltop=True, labelbottom=False, labelcolor=INK)
    ax.spines["bottom"].set_visible(False)
    for i, own in enumerate(totals.values()):
        for p, row in own.items():
            if p in names:
                cell = dict(y=i, width=0.92, left=names.index(p) - 0.46, height=0.88)
                ax.barh(**cell, color=ACCENT, alpha=0.45 * np.clip(row["value"], 0, 1), lw=0)
                ax.barh(**cell, fill=False, ec=INK, lw=1.3 * (p == next(iter(own))))
                ax.text(names.index(p), i, _share(row), ha="center", va="center_baseline")
        if not own:
            ax.text(-0.4, i, "nothing varies", va="center_baseline", color=SOFT)
    leads = [f"{_named(p)} for {n}" for p, n in Counter(next(iter(own)) for own in totals.values() if own).most_common()]
    title = (f"What drives most whether it pays, of {len(totals)} segments: {listed(leads)}" if leads
             else "No input varies in a way that would change whether a segment pays")
    alt = "Total share of variance. " + "; ".join(
        f"{name}: " + listed(f"{_named(p)} {_share(row)} %" for p, row in list(own.items())[:3]) for name, own in totals.items())
    error = max(((r["p95"] - r["p05"]) / 2 for r in every), default=0.0)
    note = ("Per cent of the variance of ln(revenue / costs) that an input accounts for, alone or with others (total index): a row may add up "
            f"to more than 100. Framed: the largest. Blank: certain, or no input there. Estimated to ± {digits(100 * error, 2)} or better. "
            f"Left out: inputs below {share(DRIVES)} everywhere" + (f", and all but the first {MOST}." if weight.keys() - names else "."))
    return figure("sobol", title, alt + ".", fig, rows_table([row for row in every if row["detail"] in names]), note)


@styled
def sobol_of(study: Study, segment: str) -> Html:
    """One segment's drivers: what each input explains by itself, and together with others."""
    totals, alone, colour = _indices(study, segment, "total"), _indices(study, segment, "first"), colour_of(study.segments.index(segment))
    shown = list(totals)[:TOP]
    fig, ax = sheet(0.9 + max(len(shown), 1) * row_height(map(_named, shown), 19))
    name_rows(ax, [_named(p) for p in shown], 19)
    linear(ax, "per cent of the variance")
    ax.set_xlim(0, 100)
    for i, p in enumerate(shown):
        ax.plot([100 * alone[p]["value"], 100 * totals[p]["value"]], [i, i], color=colour, lw=1)
        for row, face in ((totals[p], SURFACE), (alone[p], colour)):
            whisker(ax, i, max(100 * row["p05"], 0), 100 * row["p95"], (0, 100), colour, width=6)
            ax.plot(np.clip(100 * row["value"], 0, 100), i, "o", color=colour, mfc=face, ms=7, mew=1.5, clip_on=False)
        at_right(ax, i, f"{_share(totals[p])} %")
    told = "no input varies in a way that would change whether it pays"
    if shown:
        told = (f"{_named(shown[0])} drives most, {marked(totals[shown[0]])} of the variance together with others and "
                f"{marked(alone[shown[0]])} by itself; one by one, all inputs explain {share(sum(r['value'] for r in alone.values()))}")
    alt = "Per cent of the variance, total and alone: " + "; ".join(f"{_named(p)} {_share(totals[p])}, {_share(alone[p])}" for p in shown)
    note = ("Variance of ln(revenue / costs). Filled: an input by itself (first-order index). Hollow, and at the right: with its interactions "
            f"(total index). Wide bars: 90 % interval of the estimate. {len(shown)} of {len(totals)} inputs.")
    return figure(f"sobol-{segment}", say(study, "{title here}: {told}", segment, told=told), alt + ".", fig,
                  rows_table([row for p in totals for row in (alone[p], totals[p])]), note)


@styled
def tornado(study: Study, segment: str) -> Html:
    """Contribution with one input at its low and at its high end, all others at their best values; the widest first."""
    best, of = study.result(segment, "contribution")["value"], study.assumptions.of(segment)
    ends = {p: (low, study.result(segment, "contribution_at_high", p)) for p, low in _rows(study, segment, "contribution_at_low").items()}
    unsold = [f"the {end} end of {_named(p)}" for p, rows in ends.items() for end, r in zip(("low", "high"), rows) if math.isnan(r["value"])]
    shown = list(ends)[:TOP]
    fig, ax = sheet(0.9 + 0.42 * max(len(shown), 1))
    name_rows(ax, [f"{_named(p)}\n{digits(of[p].low)} to {digits(of[p].high)}" for p in shown], 99)
    return ax
