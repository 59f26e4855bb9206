"""The two tests that every segment meets, in all scenarios side by side.

Judgement calls: a cell shows the probability nearer to one half of the two; its colour is the step of the likelihood scale, so
that a shade never says more than the word; more segments than fit across the page go on in a further panel.
"""
from __future__ import annotations

import math

import pandas as pd

from analysis.figures.parts import MARK, count, drawn_as
from analysis.figures.plotting import GAIN, LINE, LOSS, SOFT, figure, sheet, styled, wrapped
from analysis.findings import MIRROR, SCALE
from analysis.prose import Html, listed
from analysis.scenarios import DRAWS, compared, sampled, side_by_side
from analysis.study import Study
from analysis.summary import AT_LEAST_LIKELY

TESTED = {"covers_running_cost": "covers", "repays_acquisition": "repays"}
SHADES = {word: (colour, alpha) for scale, colour in ((SCALE, GAIN), (MIRROR, LOSS)) for (_, word), alpha in zip(scale, (0.45, 0.3, 0.15))}
ACROSS, LINE_HEIGHT, STRIP, GAP = 10, 0.2, 0.29, 0.14  # segments in a panel; inches


def percent(probability: float) -> str:
    """A probability in whole percent that never rounds to certainty.

    >>> percent(0.994), percent(0.999), percent(0.001), percent(1.0)
    ('99', '>99', '<1', '100')
    """
    return "<1" if 0 < probability < 0.005 else ">99" if 0.995 <= probability < 1 else f"{100 * probability:.0f}"


@styled
def scenarios(study: Study, draws: int = DRAWS) -> Html:
    """Every segment in every scenario: the probability that it covers its running cost, and that it repays its acquisition."""
    found, about, among = side_by_side(study, draws), drawn_as(study), compared(study, draws)
    cells = {(row.scenario, row.claim, row.subject): row for row in found[found["claim"].isin(TESTED)].itertuples()}
    panels = math.ceil(len(about) / ACROSS)
    each = math.ceil(len(about) / panels)
    named = {key: wrapped(key[1], 44) for key in among}
    heads = [wrapped(title, max(14, len(title) // 2 + 4)) for _, title, _, _ in about]
    tall = sum((name.count("\n") + 1) * LINE_HEIGHT + len(TESTED) * STRIP + GAP for name in named.values())
    head = 0.35 + 0.105 * max(len(line) for text in heads for line in text.split("\n"))
    fig, axes = sheet(panels * (tall + head), panels, squeeze=False)
    for i, ax in enumerate(axes[:, 0]):
        shown = slice(i * each, (i + 1) * each)
        _panel(ax, about[shown], heads[shown], named, cells, each, tall)
    data = found[found["claim"].isin(TESTED)]
    pays = data[(data["claim"] == "repays_acquisition") & data["likelihood"].isin(AT_LEAST_LIKELY)]
    who = {title: [study.title(s) for s in pays.loc[pays["scenario"] == name, "subject"]] for name, title in among}
    alt = "At least likely to repay what winning the customer costs. " + "; ".join(f"{t}: {listed(w) if w else 'nobody'}" for t, w in who.items()) + "."
    note = ("In percent, the nearer to one half of ranges as PERT and flat: that a customer covers the running cost, and repays acquisition. Green "
            f"{listed(word for _, word in SCALE[::-1])}; red likewise unlikely; without colour open. {sampled(study, draws)}")
    return figure("scenarios", _sentence(study, pays, among), alt, fig, data, note)


def _panel(ax, about: list, heads: list[str], named: dict, cells: dict, across: int, tall: float) -> None:
    ax.set(xlim=(0, across), ylim=(tall, 0), xticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelcolor=SOFT)
    for column, ((_, _, colour, marker), text) in enumerate(zip(about, heads)):
        ax.plot(column + 0.5, -0.1, marker=marker, color=colour, ms=8, **MARK)
        ax.annotate(text, (column + 0.5, -0.1), (0, 10), textcoords="offset points", rotation=90, ha="center", va="bottom", linespacing=1.0)
    ticks, top = [], 0.0
    for (name, _), title in named.items():
        top += GAP + LINE_HEIGHT * (title.count("\n") + 1)
        ax.annotate(title, (0, top), (-44, 3), textcoords="offset points", va="bottom", linespacing=1.05)
        for test in TESTED:
            ticks.append((top + STRIP / 2, TESTED[test]))
            for column, (segment, *_) in enumerate(about):
                row = cells[name, test, segment]
                colour, alpha = SHADES.get(row.likelihood, (LINE, 0.3))
                ax.broken_barh([(column + 0.03, 0.94)], (top + 0.01, STRIP - 0.02), color=colour, alpha=alpha, lw=0)
                nearer = min(row.probability, row.probability_flat, key=lambda p: abs(p - 0.5))
                ax.text(column + 0.5, top + STRIP / 2, percent(nearer), ha="center", va="center_baseline")
            top += STRIP
    ax.set_yticks(*zip(*ticks))


def _sentence(study: Study, pays: pd.DataFrame, among: dict) -> str:
    """In which scenario most and fewest segments pay, and which segment pays in most scenarios."""
    number = {title: int((pays["scenario"] == name).sum()) for name, title in among}
    most, fewest, of = max(number.values()), min(number.values()), len(study.segments)
    told = "at least likely to repay what winning the customer costs"
    if most == fewest:
        first = f"{count(most, of, 'is', 'are')} {told}" + (f", in each of {len(among)} scenarios" if len(among) > 1 else f": {next(iter(number))}")
    else:
        first = f"From {fewest} to {most} of {of} segments are {told}: most in {_some(number, most)}, fewest in {_some(number, fewest)}"
    times = {study.title(s): int((pays["subject"] == s).sum()) for s in study.segments}
    often = max(times.values())
    last = f"; in most scenarios, {often} of {len(among)}: {listed(t for t, n in times.items() if n == often)}" if often and len(among) > 1 else ""
    return first[0].upper() + first[1:] + last


def _some(number: dict[str, int], wanted: int) -> str:
    titles = [f"\N{LEFT DOUBLE QUOTATION MARK}{title}\N{RIGHT DOUBLE QUOTATION MARK}" for title, n in number.items() if n == wanted]
    return listed(titles) if len(titles) < 3 else f"{titles[0]} and {len(titles) - 1} more"
