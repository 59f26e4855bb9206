"""What a generated second costs: measurements, prices of GPU-hours, parts of the cost, list prices beside it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import seaborn as sns

from analysis.findings.sample import result_row
from analysis.findings.study import Study
from analysis.model.distributions import interval
from analysis.show.figures.parts import (
    CASCADE,
    MARK,
    cascade,
    how_many,
    polyline,
    reference,
    rows_table,
    spread,
)
from analysis.show.figures.plotting import (
    ACCENT,
    INK,
    LOSS,
    SOFT,
    colour_of,
    figure_html,
    log_axis,
    log_limits,
    name_rows,
    place_labels,
    sheet,
    styled,
)
from analysis.show.prose import Html, format_percent, format_quantity, format_significant, join_and


def _strip(ax, table: pd.DataFrame, x: str, y: str, order: list[str], **style) -> None:
    """Seaborn's strip plot with the same jitter every time, and the state of NumPy's generator as it was."""
    before = np.random.get_state()
    np.random.seed(0)
    if len(table):
        sns.stripplot(table, x=x, y=y, order=order, ax=ax, jitter=0.22, legend=False, **style)
    np.random.set_state(before)


def _axes(
    ax,
    names: list[str],
    width: int,
    limits: tuple,
    label: str,
    word: str,
    low: float,
    value: float,
    high: float,
) -> None:
    """What Seaborn left of the axes put right, and a range as a band, its best value as a line, named above."""
    name_rows(ax, names, width)
    log_axis(ax, "x", limits, 5)
    ax.set(xlabel=label, ylabel="")
    if math.isfinite(low):
        ax.axvspan(low, high, color=ACCENT, alpha=0.15, lw=0)
    ax.axvline(value, color=ACCENT, lw=1.5)
    side = ax.transAxes.inverted().transform(ax.transData.transform((value, 0)))[0]
    align = "left" if side < 0.35 else "right" if side > 0.65 else "center"
    ax.text(
        value,
        1.02,
        f"{word}: {format_significant(low)} to {format_significant(high)}",
        transform=ax.get_xaxis_transform(),
        color=ACCENT,
        ha=align,
    )


@styled
def benchmarks(study: Study) -> Html:
    """GPU time for one second of 720p video as it was measured, by how the model was sped up."""
    table, q = study.assumptions.tables.inference_benchmarks, study.assumptions.compute_intensity
    table = table[table["resolution"].str.contains("720p") & (table["h100_seconds"] > 0)]
    official = (
        table[["model", "acceleration", "notes"]]
        .apply(lambda c: c.str.contains("MLPerf", case=False))
        .any(axis=1)
    )
    medians = (
        table.groupby("kind")["h100_seconds"]
        .median()
        .reindex(["undistilled", "accelerated", "distilled"])
        .dropna()
    )
    fig, ax = sheet(1.3 + 0.75 * max(len(medians), 1))
    limits = log_limits([q.low, q.value, q.high, *table["h100_seconds"]])
    log_axis(ax, "x", limits, 5)
    _strip(
        ax,
        table[~official],
        "h100_seconds",
        "kind",
        [*medians.index],
        color=SOFT,
        size=5,
        alpha=0.65,
    )
    _strip(
        ax,
        table[official],
        "h100_seconds",
        "kind",
        [*medians.index],
        color=LOSS,
        size=6.5,
        marker="D",
    )
    for i, median in enumerate(medians):
        ax.plot([median] * 2, [i - 0.36, i + 0.36], color=INK, lw=2.5)
    names = [f"{kind} ({(table['kind'] == kind).sum()})" for kind in medians.index]
    _axes(
        ax,
        names,
        13,
        limits,
        "H100 seconds for one second of 720p",
        "assumed",
        q.low,
        q.value,
        q.high,
    )
    told = (
        join_and(f"{format_significant(median)} {kind}" for kind, median in medians.items())
        if len(medians)
        else "not known"
    )
    title = (
        f"GPU-seconds for a second of 720p video, by median of what was measured: {told}; "
        f"the reference model is taken at {format_significant(q.value)}"
    )
    alt = (
        f"{len(table)} measurements in H100 time. Medians: {told}. "
        f"Assumed {format_significant(q.value)}, between {format_significant(q.low)} and {format_significant(q.high)}."
    )
    note = (
        "A dot is a published measurement, brought to H100 time; upright strokes are medians."
        + " Diamonds are MLPerf submissions." * bool(official.any())
    )
    shown = table[["model", "gpu", "h100_seconds", "acceleration", "kind", "as_of"]].assign(
        mlperf=official
    )
    return figure_html("benchmarks", title, alt, fig, shown, note)


def _day(month: pd.Timestamp) -> int:
    """Where Matplotlib puts a month on an axis of dates: days since 1970."""
    return (month - pd.Timestamp(0)).days


@styled
def gpu_price_history(study: Study) -> Html:
    """The rent of an H100 over time: index series, the median of single clouds, contracts, and the assumed range."""
    table, q = study.assumptions.tables.gpu_prices, study.assumptions.gpu_price
    table = table[table["gpu"].eq("H100") & table["price_kind"].isin(["on_demand", "contract"])]
    named = table["cloud"].str.replace(r"\(.*", "", regex=True).str.replace("_", " ").str.strip()
    table = table.assign(name=named, month=pd.to_datetime(table["date"].str[:7]))
    monthly = table.groupby(["price_kind", "series", "name", "month"], as_index=False)[
        "usd_per_gpu_hour"
    ].median()
    on_demand, contracts = (
        monthly[monthly["price_kind"] == kind] for kind in ("on_demand", "contract")
    )
    indices = on_demand[on_demand["series"] == "index"].pivot(
        index="month", columns="name", values="usd_per_gpu_hour"
    )
    indices = indices.loc[:, indices.count() >= 6]
    fig, ax = sheet(4.0)
    log_axis(ax, "y", log_limits([q.low, q.high, *monthly["usd_per_gpu_hour"]]), 6)
    ax.axhspan(q.low, q.high, color=ACCENT, alpha=0.15, lw=0)
    ax.axhline(q.value, color=ACCENT)
    ax.set(xlabel="month", ylabel="USD per H100-hour")
    few = on_demand[~on_demand["name"].isin(indices.columns)]
    ax.plot(few["month"], few["usd_per_gpu_hour"], "o", color=SOFT, alpha=0.35, ms=4.5, mew=0)
    labels, lines, long = [], [], []
    for i, name in enumerate(indices):
        series = indices[name].dropna()
        ax.plot(series.index, series, color=colour_of(i), lw=2, ls=("-", "--", ":")[i % 3])
        apart = np.log(series / indices.drop(columns=name).mean(axis=1).reindex(series.index)).abs()
        at = apart.idxmax() if apart.notna().any() else series.index[len(series) // 2]
        labels.append((_day(at), series[at], name, INK))
        lines += polyline([_day(month) for month in series.index], series.to_numpy())
        long.append(
            (len(series), name, series.iloc[0], series.index[0], series.iloc[-1], series.index[-1])
        )
    ax.plot(contracts["month"], contracts["usd_per_gpu_hour"], "D", color=LOSS, ms=7, **MARK)
    if len(contracts):
        labels.append(
            (
                _day(contracts["month"].iloc[0]),
                contracts["usd_per_gpu_hour"].iloc[0],
                "contract",
                INK,
            )
        )
    if len(monthly):
        first, last = monthly["month"].min(), monthly["month"].max()
        ax.set_xlim(first - pd.Timedelta(days=30), last + pd.Timedelta(days=60))
        years = pd.date_range(first, last, freq="YS")
        ax.set_xticks(years, years.year.astype(str))
        place_labels(
            ax,
            [*labels, (_day(first), q.value, "assumed", INK)],
            [*lines, (_day(first), q.value, _day(last), q.value)],
        )
    when = ""
    if long:
        _, name, start, since, end, until = max(long)
        when = f"; the longest series of list prices, {name}, went from {format_significant(start)} in {since:%B %Y} to {format_significant(end)} in {until:%B %Y}"
    between = (
        f", between {format_significant(q.low)} and {format_significant(q.high)}"
        if q.low < q.high
        else ""
    )
    title = f"The hour of an H100 is taken at {format_quantity(q.value, q.unit)}{between}{when}"
    note = (
        "Monthly medians of on-demand list prices; light dots are single clouds and series of few months, diamonds contract prices. "
        "The band is the assumed range."
    )
    alt = f"On-demand and contract prices of an H100-hour by month, {len(monthly)} points{when}. Assumed: {format_significant(q.value)}{between}."
    return figure_html(
        "gpu-price-history",
        title,
        alt,
        fig,
        monthly.assign(month=monthly["month"].dt.strftime("%Y-%m")),
        note,
    )


@styled
def second_waterfall(study: Study) -> Html:
    """What one generated second of the reference model costs: busy GPUs, idle GPUs, everything else."""
    parts = {
        "GPUs at work": lambda a: a.compute_intensity * a.gpu_price / a.seconds_per_hour,
        "idle GPUs": lambda a: (
            a.compute_intensity * a.gpu_price / a.seconds_per_hour * (1 / a.utilisation - 1)
        ),
        "CPU, network and storage": lambda a: (
            a.cost_per_generated_second * a.serving_overhead / (1 + a.serving_overhead)
        ),
    }
    point, drawn = reference(study)
    *rows, total = (
        result_row(
            "all",
            name,
            "USD/video-s",
            formula(point),
            draws=np.broadcast_to(formula(drawn), study.draws),
        )
        for name, formula in {**parts, "a second": lambda a: a.cost_per_generated_second}.items()
    )
    fig, ax = sheet(2.9)
    cascade(
        ax,
        [*((name, row, ACCENT, 1) for name, row in zip(parts, rows)), ("a second", total, INK, 0)],
        "USD per generated second",
    )
    shares = sorted(
        ((row["value"] / total["value"], name) for name, row in zip(parts, rows)), reverse=True
    )
    title = f"A generated second of the reference model costs USD {spread(total)}: {join_and(f'{format_percent(s)} {name}' for s, name in shares)}"
    alt = f"{title}. In USD: {join_and(f'''{name} {format_significant(row['value'])}''' for name, row in zip(parts, rows))}."
    return figure_html("second-waterfall", title, alt, fig, rows_table([*rows, total]), CASCADE)


@styled
def list_prices(study: Study) -> Html:
    """List prices of a generated second by vendor, beside what the reference second costs."""
    table = study.assumptions.tables.api_prices
    table = table[(table["kind"] == "list") & ~table["tier"].str.contains("marketplace")]
    sized, unsized = (
        table["resolution"].str.contains("720|768"),
        table["resolution"].str.contains("n/s") | (table["resolution"] == ""),
    )
    models = ["vendor", "model"]
    table = table[sized | (unsized & ~sized.groupby([table[c] for c in models]).transform("any"))]
    table = table[table["date"] == table.groupby(models)["date"].transform("max")]
    point, drawn = (case.cost_per_generated_second for case in reference(study))
    low, _, high = interval(np.broadcast_to(drawn, study.draws))
    order = [*table.groupby("vendor")["usd_per_second"].median().sort_values(kind="stable").index]
    fig, ax = sheet(1.1 + 0.28 * max(len(order), 1))
    limits = log_limits([point, *table["usd_per_second"]], [low, high])
    log_axis(ax, "x", limits, 5)
    _strip(ax, table, "usd_per_second", "vendor", order, color=INK, size=5, alpha=0.7)
    _axes(ax, order, 22, limits, "list price, USD per generated second", "cost", low, point, high)
    below, inside = (
        int((table["usd_per_second"] <= point).sum()),
        int(table["usd_per_second"].between(low, high).sum()),
    )
    title = (
        f"Of {len(table)} list prices of a second {how_many(below, len(table))} lie at or below what the reference second costs at the best values, "
        f"{format_quantity(point, 'USD')}, and {how_many(inside, len(table))} within the cost's interval"
    )
    alt = f"{title}, USD {format_significant(low)} to {format_significant(high)}. {len(order)} vendors, ordered by median price."
    note = (
        "A dot is the latest list price of a model at 720p, or at no stated resolution. "
        "A model with less compute than the reference costs less to run."
    )
    return figure_html(
        "list-prices",
        title,
        alt,
        fig,
        table[["date", "vendor", "model", "tier", "resolution", "audio", "usd_per_second"]],
        note,
    )
