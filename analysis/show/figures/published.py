"""What is published: GPU time, list prices, the rent of a GPU over time, how long installs stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.dates import DateFormatter, YearLocator
from pandas import DataFrame, Series

from analysis.findings.study import Study
from analysis.show.figures import plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import (
    ACCENT,
    INK,
    LOSS,
    MARKERS,
    SERIES,
    SOFT,
    SURFACE,
    short_money,
)
from analysis.show.numbers import format_percent

KINDS = {
    "undistilled": "models at full steps",
    "accelerated": "the same, made faster",
    "distilled": "distilled to few steps",
}
INDEX = "list price indices"
PRICES = {
    INDEX: {"marker": "s", "color": ACCENT},
    "single clouds": {"marker": "o", "color": SOFT},
    "contracts": {"marker": "D", "color": LOSS},
}
TALL = 220  # units


@figure(
    "A second is taken at {{ input('served_intensity') }} as vendors serve it; "
    "{{ how_many(slower, of) }} measurements of open models took longer",
    "A dot is a published measurement, brought to H100 time; strokes are medians. Line and band: "
    "what is assumed of the standard tier.",
)
def benchmarks(study: Study) -> tuple:
    """GPU time for a second of 720p video as measured, beside what is assumed."""
    table = study.assumptions.tables.inference_benchmarks
    table = table.query("resolution.str.contains('720p') and h100_seconds > 0")
    times = table.h100_seconds
    medians = times.groupby(table.kind).median().reindex([*KINDS]).dropna()
    fig, ax, at = plotting.row_sheet(medians.index.map(KINDS))
    assumed = study.assumptions.served_intensity.range
    limits = plotting.log_limits([*times, *assumed])
    plotting.log_axis(ax, limits, plotting.short_number, "H100 seconds for a second of video")
    band(ax.axvspan, ax.axvline, assumed)
    ax.vlines(medians, at - 9, at + 9, color=INK, lw=2.5)
    rows = table.kind.map(Series(at, index=medians.index))
    apart = np.arange(len(table)) * 5 % 11 - 5  # units, so that dots do not cover each other
    look = {"color": SOFT, "s": 26, "alpha": 0.6, "linewidth": 0}
    sns.scatterplot(x=[*times], y=[*rows + apart], ax=ax, **look)
    data = table[["model", "gpu", "h100_seconds", "acceleration", "kind", "as_of"]]
    slower = int((times > assumed[1]).sum())
    return fig, data, {"slower": slower, "of": len(times)}


def band(span, line, ends: tuple[float, float, float]) -> None:
    """A range as a band with its middle as a line."""
    low, middle, high = ends
    span(low, high, color=ACCENT, alpha=0.13, lw=0)
    line(middle, color=ACCENT, lw=2)


@figure(
    "{{ how_many(below, of) | capital }} list prices of a second lie below what a standard second "
    "costs here, {{ shared.standard_cost_per_second }}",
    "A bar is as high as the number of models: latest list price at 720p, or at no stated "
    "resolution. Line and band: median and 5th to 95th percentile of the cost.",
)
def list_prices(study: Study) -> tuple:
    """List prices of a generated second, beside what a standard second costs."""
    data = latest_list_prices(study.assumptions.tables.api_prices)
    prices = data.usd_per_second
    cost = study.result(study.shared, "standard_cost_per_second")
    ends = cost["p05"], cost["p50"], cost["p95"]
    fig, ax = plotting.sheet(TALL / 2)
    if len(data):
        sns.histplot(x=prices, bins=16, log_scale=True, color=SOFT, edgecolor=SURFACE, ax=ax)
    ax.set(ylabel="", yticks=[])
    limits = plotting.log_limits([*prices, cost["p50"]], ends)
    plotting.log_axis(ax, limits, short_money, "List price of a second")
    band(ax.axvspan, ax.axvline, ends)
    below = int((prices < cost["p50"]).sum())
    return fig, data, {"below": below, "of": len(data)}


def latest_list_prices(table: DataFrame) -> DataFrame:
    """The latest list prices of each model at 720p, or at no stated resolution."""
    table = table.query("kind == 'list' and not tier.str.contains('marketplace')")
    table = table.query("resolution.str.contains('720|768|n/s|^$')")
    latest = table.groupby(["vendor", "model"])["date"].transform("max")
    columns = ["date", "vendor", "model", "tier", "resolution", "audio", "usd_per_second"]
    return table.loc[table.date == latest, columns]


@figure(
    "A contract of one year, as taken here, rents an H100-hour at {{ input('gpu_price') }}; by the "
    "hour it lists at {{ shared.gpu_hour_on_demand }}",
    "Line and band: what is assumed ({{ input('gpu_price').range }}). Marks: medians by month.",
)
def gpu_price_history(study: Study) -> tuple:
    """The rent of an H100 over time: list prices, single clouds, contracts; what is assumed."""
    data = rents(study.assumptions.tables.gpu_prices)
    fig, ax = plotting.sheet(TALL, plotting.key_height(len(PRICES)), plotting.AXIS)
    plotting.key(fig, PRICES)
    assumed = study.assumptions.gpu_price.range
    band(ax.axhspan, ax.axhline, assumed)
    for kind, look in PRICES.items():
        own = data[data.kind == kind]
        sns.scatterplot(own, x="month", y="usd_per_gpu_hour", ax=ax, **look)
    highest = max([assumed[-1], *data.usd_per_gpu_hour])
    ax.set(ylim=(0, 1.05 * highest), xlabel="")
    ax.xaxis.set(major_locator=YearLocator(), major_formatter=DateFormatter("%Y"))
    levels(ax, range(2, int(highest) + 1, 2), short_money)
    return fig, data


def rents(table: DataFrame) -> DataFrame:
    """The median price of an H100-hour by kind and month."""
    table = table.query("gpu == 'H100'")
    kind = table.price_kind.map({"on_demand": "single clouds", "contract": "contracts"})
    kind = kind.mask((table.series == "index") & (kind == "single clouds"), INDEX)
    month = pd.to_datetime(table.date.str[:7])
    groups = table.assign(kind=kind, month=month).groupby(["kind", "month"])
    return groups["usd_per_gpu_hour"].median().reset_index()


def levels(ax, values, told) -> None:
    """Lines across with their value above, inside the picture."""
    ax.set(yticks=[], ylabel="")
    ax.minorticks_off()
    for value in values:
        ax.axhline(value, color=SOFT, lw=0.6, alpha=0.4, zorder=0)
        ax.text(0, value, told(value), transform=ax.get_yaxis_transform(), color=SOFT)


@figure(
    "On day {{ day }} after an install {{ low.retention | percent }} ({{ low.app }}) to "
    "{{ high.retention | percent }} ({{ high.app }}) "
    "still use the app",
    "Published shares, joined by lines; shares rounded to zero are left out.",
)
def retention(study: Study) -> tuple:
    """Share of installs that still use an app, by days after the install."""
    table = study.assumptions.tables.retention_points
    table = table.query("retention > 0")
    apps = table["app"].unique()
    fig, ax = plotting.sheet(TALL, plotting.key_height(len(apps)))
    looks = {}
    for i, app in enumerate(apps):
        looks[app] = {"marker": MARKERS[i], "color": SERIES[i]}
    plotting.key(fig, looks)
    ax.set(yscale="log", ylim=(0.6 * table.retention.min(), 1.1))
    for app, look in looks.items():
        own = table[table["app"] == app]
        sns.lineplot(own, x="day", y="retention", ms=8, errorbar=None, ax=ax, **look)
    levels(ax, [0.01, 0.1, 1], format_percent)
    limits = 0.9, 1.2 * table.day.max()
    plotting.log_axis(ax, limits, plotting.short_number, "Days after the install")
    day = table.day.mode().max()
    ranked = table[table.day == day].sort_values("retention")
    lowest = ranked.iloc[0]
    highest = ranked.iloc[-1]
    return fig, table, {"day": f"{day:.0f}", "low": lowest, "high": highest}
