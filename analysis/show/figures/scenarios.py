"""The two tests that every segment meets, in all scenarios side by side.

Judgement calls: a cell shows the probability nearer to one half of the two, coloured by its likelihood word, so that a shade
never says more than the word; more segments than fit across the page go on in a further panel.
"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from analysis.findings.claims import MIRROR, SCALE
from analysis.findings.scenarios import DRAWS, compared, sampled, side_by_side
from analysis.findings.study import Study
from analysis.show.figures.parts import MARK, segment_styles, segments_that
from analysis.show.figures.plotting import (
    GAIN,
    HALO,
    LINE,
    LOSS,
    SOFT,
    figure_html,
    sheet,
    styled,
    wrapped,
)
from analysis.show.prose import Html, join_and
from analysis.show.verdict import AT_LEAST_LIKELY

TESTED = {"covers_running_cost": "covers", "repays_acquisition": "repays"}
SHADES = {
    word: (colour, alpha)
    for scale, colour in ((SCALE, GAIN), (MIRROR, LOSS))
    for (_, word), alpha in zip(scale, (0.45, 0.3, 0.15))
}
ACROSS, LINE_HEIGHT, STRIP, GAP = 10, 0.2, 0.29, 0.14  # segments in a panel; inches
CELL = np.array([(0.03, 0.01), (0.97, 0.01), (0.97, STRIP - 0.01), (0.03, STRIP - 0.01)])  # corners


def percent(*probabilities: float) -> str:
    """The probability nearest to one half in whole percent, which never rounds to certainty.

    >>> percent(0.64, 0.7), percent(0.999), percent(0.001), percent(1.0)
    ('64', '>99', '<1', '100')
    """
    p = min(probabilities, key=lambda p: abs(p - 0.5))
    return "<1" if 0 < p < 0.005 else ">99" if 0.995 <= p < 1 else f"{100 * p:.0f}"


@styled
def scenarios(study: Study, draws: int = DRAWS) -> Html:
    """Every segment in every scenario: the probability that it covers its running cost, and that it repays its acquisition."""
    among, data = compared(study, draws), side_by_side(study, draws).query("claim in @TESTED")
    cells = {(row.scenario, row.claim, row.subject): row for row in data.itertuples()}
    named = {name: wrapped(title, 44) for name, title in among}
    columns = [
        (s, wrapped(title, max(14, len(title) // 2 + 4)), colour, marker)
        for s, title, colour, marker in segment_styles(study)
    ]
    across = -(-len(columns) // -(-len(columns) // ACROSS))
    parts = [columns[i : i + across] for i in range(0, len(columns), across)]
    tall = sum(
        (title.count("\n") + 1) * LINE_HEIGHT + len(TESTED) * STRIP + GAP
        for title in named.values()
    )
    above = 0.35 + 0.105 * max(
        len(line) for _, title, _, _ in columns for line in title.split("\n")
    )
    fig, axes = sheet(
        len(parts) * (tall + above),
        len(parts),
        squeeze=False,
        subplot_kw=dict(xlim=(0, across), ylim=(tall, 0)),
    )
    for ax, part in zip(axes[:, 0], parts):
        _matrix(ax, part, named, cells)
    who = [
        (
            title,
            [
                s
                for s in study.segments
                if cells[n, "repays_acquisition", s].likelihood in AT_LEAST_LIKELY
            ],
        )
        for n, title in among
    ]
    alt = (
        "At least likely to repay: "
        + "; ".join(f"{t}: {join_and(map(study.title, w)) if w else 'nobody'}" for t, w in who)
        + "."
    )
    note = (
        "Probability in percent that a customer covers the running cost, and repays acquisition: of ranges read as PERT and as flat "
        f"the nearer to one half. Green, darkening: {join_and(w for _, w in SCALE[::-1])}; red: unlikely. {sampled(study, draws)}"
    )
    made = figure_html(
        "scenarios",
        _sentence(study, who),
        alt,
        fig,
        data.drop(columns=["title", "likelihood"]),
        note,
    )
    return Html(
        made.replace(f"{HALO}; text-anchor: middle", "text-anchor: middle")
    )  # a number alone in its cell needs no halo


def _matrix(ax, columns: list, named: dict[str, str], cells: dict) -> None:
    """Heads above, then for each scenario its title and a strip of cells for each test; cells of one shade are one path."""
    for x, (_, title, colour, marker) in enumerate(columns):
        ax.plot(x + 0.5, -0.05, marker=marker, color=colour, ms=8, **MARK)
        ax.annotate(
            title,
            (x + 0.5, -0.05),
            (0, 9),
            "data",
            "offset points",
            ha="center",
            va="bottom",
            rotation=90,
            annotation_clip=False,
        )
    ticks, boxes, y = {}, {}, 0.0
    for name, title in named.items():
        y += GAP + LINE_HEIGHT * (title.count("\n") + 1)
        ax.annotate(
            title,
            (0, y),
            (-47, 3),
            textcoords="offset points",
            va="bottom",
            linespacing=1.05,
            in_layout=False,
        )
        for test, word in TESTED.items():
            ticks[y + STRIP / 2] = word
            for x, (segment, *_) in enumerate(columns):
                row = cells[name, test, segment]
                boxes.setdefault(SHADES.get(row.likelihood, (LINE, 0.3)), []).append(
                    np.array([x, y]) + CELL
                )
                ax.text(
                    x + 0.5,
                    y + STRIP / 2,
                    percent(row.probability, row.probability_flat),
                    ha="center",
                    va="center_baseline",
                )
            y += STRIP
    for (colour, alpha), cornered in boxes.items():
        ax.add_patch(
            PathPatch(
                Path.make_compound_path_from_polys(np.array(cornered)),
                color=colour,
                alpha=alpha,
                lw=0,
            )
        )
    ax.set(frame_on=False, xticks=[], yticks=list(ticks), yticklabels=ticks.values())
    ax.tick_params(length=0, labelcolor=SOFT)


def _sentence(study: Study, who: list[tuple[str, list[str]]]) -> str:
    """How many segments pay where most and where fewest do, and which one pays in most scenarios."""

    def where(number: int) -> str:
        titles = [
            f"\N{LEFT DOUBLE QUOTATION MARK}{title}\N{RIGHT DOUBLE QUOTATION MARK}"
            for title, w in who
            if len(w) == number
        ]
        return (
            join_and(titles)
            if len(titles) < 3
            else f"{'all' if len(titles) == len(who) else len(titles)} of {len(who)} scenarios"
        )

    most, fewest = (extreme(len(w) for _, w in who) for extreme in (max, min))
    told = f"{segments_that(most, len(study.segments), 'is', 'are')} at least likely to repay what winning the customer costs, in {where(most)}"
    told += f", and {fewest or 'none'} in {where(fewest)}" if fewest < most else ""
    times = {s: sum(s in paying for _, paying in who) for s in study.segments}
    often = join_and(study.title(s) for s in times if times[s] == max(times.values()))
    return (
        told[0].upper()
        + told[1:]
        + (
            f"; most often {often}, in {max(times.values())} of {len(who)}"
            if most and len(who) > 1
            else ""
        )
    )
