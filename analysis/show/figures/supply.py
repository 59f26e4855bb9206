"""Who supplies the compute: a dollar of it, own against rent, how concentrated its makers are."""

from __future__ import annotations

from analysis.findings.study import Study
from analysis.model.suppliers import LEVELS, MONOPOLY
from analysis.show.figures import plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import (
    bar_figure,
    dots,
    input_row,
    intervals,
    labelled,
    range_figure,
)
from analysis.show.figures.plotting import ACCENT, GAIN, INK, SERIES, SOFT
from analysis.show.numbers import format_percent

DOLLAR = {"cloud": "cloud's profit", "accelerator": "chip maker's", "rest": "costs"}
OWNED = ["purchase", "power", "hosting"]


@figure(
    "Of a dollar of compute, {{ shared.compute_dollar['cloud'] }} is the cloud's gross profit and "
    "{{ shared.compute_dollar['accelerator'] }} the chip maker's",
    "Bars are medians, which need not add up; pale bars run from the 5th to the 95th percentile.",
)
def compute_dollar(study: Study) -> tuple:
    """Where a dollar of compute goes: the cloud's and the chip maker's gross profit, the rest."""
    found = [study.result(study.shared, "compute_dollar", part) for part in DOLLAR]
    rows = labelled(found, DOLLAR.values(), [ACCENT, SERIES[0], SOFT])
    return bar_figure(rows, "Of a dollar of compute", (0, 1), format_percent), rows


@figure(
    "{% if shared.owning_wins_at < 1 %}Owning a GPU beats renting by the hour when it is needed in "
    "more than {{ shared.owning_wins_at }} of hours{% else %}Renting a GPU by the hour beats "
    "owning one, even if every hour is needed{% endif %}",
    "Marks are medians, bars run from the 5th to the 95th percentile. An owned hour: "
    "{% for part in parts %}{{ part }} {{ shared.owned_gpu_hour[part] }}"
    "{{ '.' if loop.last else ', ' }}{% endfor %}",
)
def own_or_rent(study: Study) -> tuple:
    """An available hour of an H100: owned, rented for a year, rented by the hour."""
    own = study.result(study.shared, "owned_gpu_hour")
    contract = input_row(study, study.shared, "gpu_price", "USD/GPU-h")
    hourly = study.result(study.shared, "gpu_hour_on_demand")
    hourly = hourly | dict.fromkeys(("p05", "p50", "p95"), hourly["value"])
    names = ["owned", "rented for a year", "rented by the hour"]
    rows = labelled([own, contract, hourly], names, [GAIN, ACCENT, SERIES[0]], "soD")
    return range_figure(rows, "An H100-hour"), rows, {"parts": OWNED}


@figure(
    "{{ how_many(highly, of) | capital }} layers of supply {{ 'is' if highly == 1 else 'are' }} "
    "highly concentrated even at the least",
    "Herfindahl-Hirschman index, from the least it can be to the most; 10,000 is one firm alone. "
    "Lines: above {% for limit, word in levels %}{{ limit }} {{ word }}"
    "{{ '' if loop.last else ', above ' }}{% endfor %} (US merger guidelines of 2023).",
)
def concentration(study: Study) -> tuple:
    """The Herfindahl-Hirschman index of each layer that compute passes through, at its latest."""
    table = study.results.query("metric == 'herfindahl'")
    layer = table.detail.str.rpartition(", ")[0]
    rows = table.groupby(layer, sort=False).tail(1)
    told = rows.p05.map("{:,.0f}".format)
    rows = rows.assign(label=rows.detail, told=told, colour=ACCENT, marker="o")
    fig, ax, at = plotting.row_sheet(rows.label, told, words=plotting.TEXT_LINE)
    plotting.linear_axis(ax, (0, MONOPOLY), "{:,.0f}".format, "Herfindahl-Hirschman index")
    for limit, _ in LEVELS:
        ax.axvline(limit, color=INK, ls="--", lw=1.2)
    intervals(ax, rows, at)
    dots(ax, rows.p05, at, rows, 8)
    highly = int((rows.p05 > LEVELS[0][0]).sum())
    return fig, rows, {"levels": LEVELS, "highly": highly, "of": len(rows)}
