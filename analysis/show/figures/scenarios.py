"""The two tests that every segment meets, in all scenarios side by side.

Judgement calls: a cell shows the probability nearer to one half of the two, coloured by its
likelihood word, so that a shade never says more than the word; more segments than fit across the
page go on in a further panel.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from analysis.findings.claims import AT_LEAST_LIKELY, AT_MOST_UNLIKELY
from analysis.findings.scenarios import DRAWS, compared, side_by_side
from analysis.findings.study import Study
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import GAIN, LINE, LOSS, SOFT
from analysis.show.tables import sampled

TESTS = {"covers_running_cost": "covers", "repays_acquisition": "repays"}
SHADES = {"about as likely as not": (LINE, 0.3)}
for _colour, _words in ((LOSS, AT_MOST_UNLIKELY[::-1]), (GAIN, AT_LEAST_LIKELY)):
    SHADES |= {word: (_colour, 0.45 - 0.15 * i) for i, word in enumerate(_words)}
MAX_ACROSS, ROW_HEIGHT = 10, 0.245  # segments in a panel; inches


def percent(*probabilities: float) -> str:
    """The probability nearest to one half in whole percent, which never rounds to certainty.

    >>> percent(0.64, 0.7), percent(0.999), percent(0.001), percent(1.0)
    ('64', '>99', '<1', '100')
    """
    p = min(probabilities, key=lambda p: abs(p - 0.5))
    return "<1" if 0 < p < 0.005 else ">99" if 0.995 <= p < 1 else f"{100 * p:.0f}"


@partial(figure, halo=False)
def scenarios(study: Study, draws: int = DRAWS) -> tuple:
    """Every segment in every scenario: how likely it covers its running cost, and repays."""
    among = dict(compared(study, draws).keys())
    data = side_by_side(study, draws).query("claim in @TESTS")
    columns = parts.segment_styles(study).set_index("segment")
    columns["head"] = [plotting.wrapped(t, max(14, len(t) // 2 + 4)) for t in columns["label"]]
    panels = math.ceil(len(columns) / MAX_ACROSS)
    across = math.ceil(len(columns) / panels)
    titles = {name: plotting.wrapped(title, 44) for name, title in among.items()}
    lines = sum(title.count("\n") + 1 for title in titles.values())
    letters = max(len(line) for head in columns["head"] for line in head.split("\n"))
    tall = (lines + len(TESTS) * len(titles)) * ROW_HEIGHT + 0.35 + 0.105 * letters
    fig, axes = plotting.sheet(panels * tall, panels, squeeze=False)
    for i, ax in enumerate(axes[:, 0]):
        _draw_panel(ax, data, columns.iloc[i * across : (i + 1) * across], titles)
        ax.set_xlim(0, across)
    facts = _who_repays(study, data, among) | {"sampled": sampled(study, draws)}
    return fig, data.drop(columns=["title", "likelihood"]), facts


def _draw_panel(ax, data: pd.DataFrame, columns: pd.DataFrame, titles: dict[str, str]) -> None:
    """Heads above, then for each scenario its title and a row of shaded cells for each test."""
    middles = np.arange(len(columns)) + 0.5
    parts.marks(ax, middles, [-0.2] * len(columns), columns["colour"], columns["marker"], 8)
    for x, head in zip(middles, columns["head"], strict=True):
        place = dict(textcoords="offset points", rotation=90, ha="center", va="bottom")
        ax.annotate(head, (x, -0.2), (0, 9), annotation_clip=False, **place)
    layout = []
    for name, title in titles.items():
        layout += [(name, "")] * (title.count("\n") + 1) + [(name, test) for test in TESTS]
        place = dict(textcoords="offset points", in_layout=False, linespacing=1.05)
        ax.annotate(title, (0, len(layout) - len(TESTS)), (-47, 3), va="bottom", **place)
    shown = data.assign(
        shade=data["likelihood"].map([*SHADES].index),
        percent=[*map(percent, data["probability"], data["probability_flat"])],
    )
    wide = shown.pivot(index=["scenario", "claim"], columns="subject", values=["shade", "percent"])
    wide = wide.reindex(pd.MultiIndex.from_tuples(layout))
    shades = wide["shade"][columns.index].astype(float)
    parts.heatmap(ax, shades, wide["percent"][columns.index], [*SHADES.values()])
    ticks = {at + 0.5: TESTS[test] for at, (_, test) in enumerate(layout) if test}
    ax.set_yticks([*ticks], ticks.values())
    ax.tick_params(length=0, labelcolor=SOFT)
    ax.set_frame_on(False)


def _who_repays(study: Study, data: pd.DataFrame, titles: dict[str, str]) -> dict:
    """Who is at least likely to repay, scenario by scenario; where most and fewest are."""
    likely = data["likelihood"].isin(AT_LEAST_LIKELY) & (data["claim"] == "repays_acquisition")
    pays = data.assign(pays=likely).groupby(["scenario", "subject"])["pays"].any().unstack()
    pays = pays.loc[[*titles], [*study.segments]]
    counts, times = pays.sum(axis=1), pays.sum()
    quoted = "\N{LEFT DOUBLE QUOTATION MARK}{}\N{RIGHT DOUBLE QUOTATION MARK}"
    extremes = {"most": counts.max(), "fewest": counts.min()}
    where = {
        name: [quoted.format(titles[there]) for there in counts.index[counts == count]]
        for name, count in extremes.items()
    }
    return extremes | {
        "where": where,
        "who": [
            (titles[name], [*map(study.title, own.index[own])]) for name, own in pays.iterrows()
        ],
        "often": [*map(study.title, times.index[times == times.max()])],
        "times": times.max(),
        "n": len(titles),
        "segments": len(study.segments),
        "words": AT_LEAST_LIKELY[::-1],
    }
