"""What a generated second costs: measurements, GPU-hours, parts of the cost, list prices."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.dates import date2num

from analysis.findings.results import result_row
from analysis.findings.study import Study
from analysis.model.distributions import interval
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import ACCENT, INK, LOSS, SOFT, log_axis
from analysis.show.numbers import format_significant


def _strip(ax, table: pd.DataFrame, x: str, y: str, order: list[str], **style) -> None:
    """Seaborn's strip plot with equal jitter every time, and NumPy's generator as it was."""
    before = np.random.get_state()
    np.random.seed(0)
    if len(table):
        sns.stripplot(table, x=x, y=y, order=order, ax=ax, jitter=0.22, legend=False, **style)
    np.random.set_state(before)


def _range_band(ax, word: str, low: float, value: float, high: float) -> None:
    """A range as an upright band, its best value as a line, named above."""
    if math.isfinite(low):
        ax.axvspan(low, high, color=ACCENT, alpha=0.15, lw=0)
    ax.axvline(value, color=ACCENT, lw=1.5)
    side = ax.transAxes.inverted().transform(ax.transData.transform((value, 0)))[0]
    align = str(np.select([side < 0.35, side > 0.65], ["left", "right"], "center"))
    told = f"{word}: {format_significant(low)} to {format_significant(high)}"
    ax.text(value, 1.02, told, transform=ax.get_xaxis_transform(), color=ACCENT, ha=align)


@figure
def benchmarks(study: Study) -> tuple:
    """GPU time for one second of 720p video as it was measured, by how the model was sped up."""
    rows, assumed = _measurements(study), study.assumptions.compute_intensity
    medians = rows.groupby("kind")["h100_seconds"].median()
    medians = medians.reindex(["undistilled", "accelerated", "distilled"]).dropna()
    fig, ax = plotting.sheet(1.3 + 0.75 * max(len(medians), 1))
    _draw_measurements(ax, rows, medians, assumed)
    data = rows[["model", "gpu", "h100_seconds", "acceleration", "kind", "as_of", "mlperf"]]
    return fig, data, {"rows": rows, "medians": medians, "assumed": assumed}


def _measurements(study: Study) -> pd.DataFrame:
    """Measurements at 720p, and whether they were submitted to MLPerf."""
    table = study.assumptions.tables.inference_benchmarks
    table = table[table["resolution"].str.contains("720p") & (table["h100_seconds"] > 0)]
    words = table["model"] + "\n" + table["acceleration"] + "\n" + table["notes"]
    return table.assign(mlperf=words.str.contains("MLPerf", case=False))


def _draw_measurements(ax, rows: pd.DataFrame, medians: pd.Series, assumed) -> None:
    """A dot for each measurement in the row of its kind, medians as strokes."""
    kinds, official = [*medians.index], rows["mlperf"]
    limits = plotting.log_limits([assumed.low, assumed.value, assumed.high, *rows["h100_seconds"]])
    log_axis(ax, "x", limits)
    dots, diamonds = dict(color=SOFT, size=5, alpha=0.65), dict(color=LOSS, size=6.5, marker="D")
    for some, style in ((rows[~official], dots), (rows[official], diamonds)):
        _strip(ax, some, "h100_seconds", "kind", kinds, **style)
    at = np.arange(len(medians))
    ax.vlines(medians, at - 0.36, at + 0.36, color=INK, lw=2.5, zorder=3)
    counts = rows["kind"].value_counts()
    plotting.name_rows(ax, [f"{kind} ({counts[kind]})" for kind in kinds], 13)
    log_axis(ax, "x", limits)
    ax.set(xlabel="H100 seconds for one second of 720p", ylabel="")
    _range_band(ax, "assumed", assumed.low, assumed.value, assumed.high)


@figure
def gpu_price_history(study: Study) -> tuple:
    """The rent of an H100 over time: index series, single clouds, contracts, the assumed range."""
    monthly, assumed = _monthly_prices(study), study.assumptions.gpu_price
    indices = monthly[(monthly["price_kind"] == "on_demand") & (monthly["series"] == "index")]
    indices = indices.pivot(index="month", columns="name", values="usd_per_gpu_hour")
    indices = indices.loc[:, indices.count() >= 6]
    fig, ax = plotting.sheet(4.0)
    _draw_prices(ax, monthly, indices, assumed)
    series = [indices[name].dropna() for name in indices]
    longest = max(series, key=lambda prices: (len(prices), prices.name), default=None)
    data = monthly.assign(month=monthly["month"].dt.strftime("%Y-%m"))
    return fig, data, {"points": len(monthly), "longest": longest, "assumed": assumed}


def _monthly_prices(study: Study) -> pd.DataFrame:
    """The median price of each series in each month."""
    table = study.assumptions.tables.gpu_prices
    table = table[table["gpu"].eq("H100") & table["price_kind"].isin(["on_demand", "contract"])]
    named = table["cloud"].str.partition("(")[0].str.replace("_", " ").str.strip()
    table = table.assign(name=named, month=pd.to_datetime(table["date"].str[:7]))
    series = table.groupby(["price_kind", "series", "name", "month"], as_index=False)
    return series["usd_per_gpu_hour"].median()


def _draw_prices(ax, monthly: pd.DataFrame, indices: pd.DataFrame, assumed) -> None:
    """Lines for indices, dots for single clouds, diamonds for contracts, a band for the range."""
    prices, contract = monthly["usd_per_gpu_hour"], monthly["price_kind"] == "contract"
    log_axis(ax, "y", plotting.log_limits([assumed.low, assumed.high, *prices]), 6)
    ax.axhspan(assumed.low, assumed.high, color=ACCENT, alpha=0.15, lw=0)
    ax.axhline(assumed.value, color=ACCENT)
    few = monthly[~contract & ~monthly["name"].isin(indices.columns)]
    ax.plot(few["month"], few["usd_per_gpu_hour"], "o", color=SOFT, alpha=0.35, ms=4.5, mew=0)
    labels, lines = _draw_indices(ax, indices)
    signed = monthly.loc[contract, ["month", "usd_per_gpu_hour"]]
    ax.plot(*signed.to_numpy().T, "D", color=LOSS, ms=7, **plotting.MARKER_STYLE)
    labels += [(date2num(month), price, "contract", INK) for month, price in signed.to_numpy()[:1]]
    ax.set(xlabel="month", ylabel="USD per H100-hour")
    if monthly.empty:
        return
    first, last = monthly["month"].min(), monthly["month"].max()
    ax.set_xlim(first - pd.Timedelta(days=30), last + pd.Timedelta(days=60))
    years = pd.date_range(first, last, freq="YS")
    ax.set_xticks(years, years.year.astype(str))
    start, stop = date2num([first, last])
    labels.append((start, assumed.value, "assumed", INK))
    plotting.place_labels(ax, labels, [*lines, (start, assumed.value, stop, assumed.value)])


def _draw_indices(ax, indices: pd.DataFrame) -> tuple[list[tuple], list[tuple]]:
    """A line for each index; gives its label where it is farthest from others, and its pieces."""
    labels, lines = [], []
    for i, name in enumerate(indices):
        prices, dash = indices[name].dropna(), ("-", "--", ":")[i % 3]
        sns.lineplot(prices, ax=ax, color=plotting.colour_of(i), lw=2, ls=dash, errorbar=None)
        others = indices.drop(columns=name).mean(axis=1).reindex(prices.index)
        apart = np.log(prices / others).abs()
        at = apart.idxmax() if apart.notna().any() else prices.index[len(prices) // 2]
        labels.append((date2num(at), prices[at], name, INK))
        lines += parts.polyline(date2num(prices.index), prices)
    return labels, lines


@figure
def second_waterfall(study: Study) -> tuple:
    """What one generated second of the reference model costs: busy GPUs, idle GPUs, the rest."""
    rows = _parts_of_a_second(study)
    fig, ax = plotting.sheet(2.9)
    parts.waterfall(ax, rows, "USD per generated second")
    return fig, rows, {"rows": rows}


def _parts_of_a_second(study: Study) -> pd.DataFrame:
    """The parts of a second's cost and their sum."""

    def at_work(a):
        return a.compute_intensity * a.gpu_price / a.seconds_per_hour

    formulas = {
        "GPUs at work": at_work,
        "idle GPUs": lambda a: at_work(a) * (1 / a.utilisation - 1),
        "CPU, network and storage": lambda a: (
            a.cost_per_generated_second * a.serving_overhead / (1 + a.serving_overhead)
        ),
        "a second": lambda a: a.cost_per_generated_second,
    }
    point, drawn = parts.reference(study)
    rows = []
    for label, formula in formulas.items():
        draws = np.broadcast_to(formula(drawn), study.draws)
        rows.append(result_row("all", label, "USD/video-s", formula(point), draws=draws))
    looks = dict(label=list(formulas), sign=[1, 1, 1, 0], colour=[ACCENT, ACCENT, ACCENT, INK])
    return pd.DataFrame(rows).assign(**looks)


@figure
def list_prices(study: Study) -> tuple:
    """List prices of a generated second by vendor, beside what the reference second costs."""
    rows = _latest_list_prices(study)
    point, drawn = (case.cost_per_generated_second for case in parts.reference(study))
    low, _, high = interval(np.broadcast_to(drawn, study.draws))
    prices = rows["usd_per_second"]
    vendors = [*prices.groupby(rows["vendor"]).median().sort_values(kind="stable").index]
    fig, ax = plotting.sheet(1.1 + 0.28 * max(len(vendors), 1))
    limits = plotting.log_limits([point, *prices], [low, high])
    log_axis(ax, "x", limits)
    _strip(ax, rows, "usd_per_second", "vendor", vendors, color=INK, size=5, alpha=0.7)
    plotting.name_rows(ax, vendors, 22)
    log_axis(ax, "x", limits)
    ax.set(xlabel="list price, USD per generated second", ylabel="")
    _range_band(ax, "cost", low, point, high)
    columns = ["date", "vendor", "model", "tier", "resolution", "audio", "usd_per_second"]
    cost = {"value": point, "low": low, "high": high}
    return fig, rows[columns], {"prices": prices, "cost": cost, "vendors": len(vendors)}


def _latest_list_prices(study: Study) -> pd.DataFrame:
    """The latest list prices of each model at 720p, else at no stated resolution."""
    table = study.assumptions.tables.api_prices
    table = table[(table["kind"] == "list") & ~table["tier"].str.contains("marketplace")]
    sized = table["resolution"].str.contains("720|768")
    unsized = table["resolution"].str.contains("n/s") | (table["resolution"] == "")
    has_sized = sized.groupby([table["vendor"], table["model"]]).transform("any")
    table = table[sized | (unsized & ~has_sized)]
    latest = table.groupby(["vendor", "model"])["date"].transform("max")
    return table[table["date"] == latest]
