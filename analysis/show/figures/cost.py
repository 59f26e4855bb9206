"""What a generated second costs: two routes to it, where the cents go, and what hosts charge."""

from __future__ import annotations

from pandas import DataFrame

from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import bar_figure, dots, labelled, median, range_figure
from analysis.show.figures.plotting import ACCENT, INK, SERIES, SOFT

ROUTES = {
    "standard_cost_per_second": "GPU time as served",
    "market_cost_per_second": "list price less margin",
}
PARTS = ["at work", "waiting", "around", "together"]
FEW_STEPS = "few steps|turbo|ultra-fast|(?<!not )distilled"
HOST_ROW = 22  # units


@figure(
    "Two routes to the cost of a second: {{ shared.standard_cost_per_second }} from GPU time, "
    "{{ shared.market_cost_per_second }} from list prices",
    "Marks are medians, bars run from the 5th to the 95th percentile. The second route is "
    "{{ shared.cost_route_ratio }} times the first ({{ shared.cost_route_ratio.range }}).",
)
def two_routes(study: Study) -> tuple:
    """The cost of a standard second from GPU time as served and from what vendors charge."""
    found = [study.result(study.shared, name) for name in ROUTES]
    rows = labelled(found, ROUTES.values(), [ACCENT, SERIES[0]], "oD")
    return range_figure(rows, "Cost of a standard second"), rows


@figure(
    "Of {{ shared.standard_cost_per_second }} for a standard second {{ work }} go to GPUs at "
    "work, {{ waiting }} to GPUs that wait",
    "Bars are medians, which need not add up; pale bars run from the 5th to the 95th percentile, "
    "an arrow says that they go on. Around: CPU, network, storage and failed runs.",
)
def second_costs(study: Study) -> tuple:
    """Where the cents of a standard second go: GPUs at work, GPUs that wait, all around them."""
    point = parts_of_a_second(study.point(study.shared))
    drawn = parts_of_a_second(study.drawn(study.shared))
    about = study.shared, "second_costs", "USD/video-s"
    found = [study.summarised(*about, point[part], drawn[part], part) for part in PARTS]
    rows = labelled(found, PARTS, [ACCENT, ACCENT, SOFT, INK])
    limits = 0, 2 * rows.p50.max()
    fig = bar_figure(rows, "Cost of a standard second", limits)
    return fig, rows, {"work": median(found[0]), "waiting": median(found[1])}


def parts_of_a_second(case) -> dict:
    """What a standard second costs in a case, by part and together, USD/video-s."""
    work = case.served_intensity * case.gpu_price / case.seconds_per_hour
    rented = work / case.utilisation
    around = rented * case.serving_overhead
    return dict(zip(PARTS, (work, rented - work, around, rented + around), strict=True))


@figure(
    "Hosts of open models charge {{ middle }} times what the measured GPU time costs here, at the "
    "median",
    "A mark is a model at a host, hollow where it takes few steps. At 1 a host charges what the "
    "same GPU time costs here; the band is how uncertain that cost is.",
)
def hosted_prices(study: Study) -> tuple:
    """Hosts' prices over what the measured GPU time of the same model costs here."""
    table = study.assumptions.tables.hosted_prices
    second = cost_of_a_gpu_second(study)
    over = table.usd_per_second / table.h100_seconds / second["p50"]
    few = table.variant.str.contains(FEW_STEPS, case=False)
    kept = ["host", "model", "variant", "resolution", "usd_per_second", "h100_seconds"]
    table = table[kept].assign(over_cost=over, few_steps=few)
    low = second["p05"] / second["p50"]
    high = second["p95"] / second["p50"]
    return _draw_hosts(table, low, high), table, {"middle": f"{over.median():.2g}"}


def cost_of_a_gpu_second(study: Study) -> dict:
    """What a second of GPU time in use costs, as a row of results."""
    point = study.point(study.shared).replace(given=1.0)
    drawn = study.drawn(study.shared).replace(given=1.0)
    costs = [case.measured_cost_per_second for case in (point, drawn)]
    return study.summarised(study.shared, "gpu_second", "USD/GPU-s", *costs)


def _draw_hosts(table: DataFrame, low: float, high: float):
    """A row of marks for each host, the cheapest above."""
    hosts = table.groupby("host")["over_cost"].median().sort_values(kind="stable").index
    fig, ax = plotting.sheet(HOST_ROW * max(len(hosts), 1), left=118)
    ax.set(ylim=(len(hosts) - 0.5, -0.5), yticks=range(len(hosts)), yticklabels=hosts)
    limits = plotting.log_limits([1, *table.over_cost], [low, high])
    plotting.log_axis(ax, limits, plotting.short_number, "Price to cost")
    ax.axvspan(low, high, color=ACCENT, alpha=0.15, lw=0)
    ax.axvline(1, color=ACCENT, lw=2)
    for few, own in table.groupby("few_steps"):
        rows = hosts.get_indexer(own.host)
        dots(ax, own.over_cost, rows, own.assign(colour=INK, marker="o"), 8, bool(few))
    return fig
