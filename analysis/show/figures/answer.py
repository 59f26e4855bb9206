"""The answer in one picture: how likely each segment covers its cost and repays, now or later."""

from __future__ import annotations

from collections.abc import Sequence

from pandas import DataFrame

from analysis.findings.study import Study
from analysis.show.figures import plotting, svg
from analysis.show.figures.figure import described, figure, words
from analysis.show.figures.marks import chance_axis, chances, dots
from analysis.show.figures.plotting import ACCENT, INK, SERIES, TEXT_LINE
from analysis.show.html import plain_text

LOOKS = {  # label, colour, marker, and whether it is hollow
    "covers_running_cost": ("covers its running cost", ACCENT, "o", False),
    "repays_acquisition": ("repays what a customer cost to win", SERIES[0], "D", False),
    "repays_with_free_compute": ("would repay, with free GPUs", SERIES[0], "D", True),
    "pays_off_on_trend": ("repays with costs and prices on trend", INK, "D", True),
}
VERDICT = ["covers_running_cost", "repays_acquisition", "repays_with_free_compute"]
TREND = ["pays_off_on_trend", "repays_acquisition"]
MOVED = 0.02  # of a probability, that counts as a change
TITLE = """
Likely to cover its running cost:
{{ how_many(claims("covers_running_cost", segments).yes | length, segments | length) }};
likely to repay winning a customer:
{{ number_of(claims("repays_acquisition", segments).yes | length, segments | length) }}
"""


@figure(
    TITLE,
    "Each mark says how likely, from 0 to 100 %: likely from 66 % up, unlikely up to 33 %.",
    live=True,
)
def verdict(study: Study) -> tuple:
    """How likely each segment covers its cost, would repay with free compute, and repays."""
    found = chances(study, VERDICT)
    return draw(found, VERDICT), found


@plotting.styled
def verdict_svg(study: Study) -> str:
    """The picture of `verdict` as a file that stands alone, light and dark."""
    found = chances(study, VERDICT)
    title = plain_text(words(study, TITLE))
    alt = described(verdict.__doc__, found)
    return svg.alone(draw(found, VERDICT), title, alt)


@figure(
    "Falling costs and prices make repaying likelier for {{ how_many(better, of) }}, "
    "less likely for {{ number_of(worse, of) }}",
    "A customer won today, while compute gets cheaper and prices fall. Changes of less than two "
    "points are not counted.",
)
def trend(study: Study) -> tuple:
    """How likely each segment repays, with costs and prices on trend and at today's."""
    found = chances(study, TREND)
    change = found["pays_off_on_trend"] - found["repays_acquisition"]
    better = int((change >= MOVED).sum())
    worse = int((change <= -MOVED).sum())
    facts = {"better": better, "worse": worse, "of": len(found)}
    return draw(found, TREND), found, facts


def draw(found: DataFrame, names: Sequence[str]):
    """A row for each segment with the marks of its claims, the hollow ones behind."""
    above = plotting.key_height(len(names)) + TEXT_LINE
    fig, ax, at = plotting.row_sheet(found.label, above=above, words=0)
    chance_axis(ax, at)
    looks = {}
    for layer, name in enumerate(names):
        label, colour, marker, hollow = LOOKS[name]
        same = found.assign(colour=colour, marker=marker)
        points = dots(ax, found[name], at, same, hollow=hollow)
        points.set_zorder(2 if hollow else 3 + layer)
        points.set_gid(f"claim {name} {_scale(ax)} {' '.join(found.index)}")
        fill = "none" if hollow else colour
        looks[label] = {"marker": marker, "mec": colour, "mfc": fill, "mew": 1.6}
    plotting.key(fig, looks)
    return fig


def _scale(ax) -> str:
    """Where 0 and 1 are, in units."""
    zero, one = ax.transData.transform([(0, 0), (1, 0)])[:, 0]
    return f"{zero:.2f} {one:.2f}"
