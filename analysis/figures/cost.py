"""What a generated second costs: measurements, prices of GPU-hours, parts of the cost, list prices beside it."""
from __future__ import annotations

import math

import numpy as np
import pandas as pd
import seaborn as sns

from analysis.figures.parts import CASCADE, spread, reference, rows_table, cascade, polyline
from analysis.figures.plotting import (
    ACCENT, INK, LOSS, SOFT, SURFACE, colour_of,
    figure, log_axis, log_limits, name_rows, place_labels, sheet, styled,
)
from analysis.prose import Html, digits, listed, said, share
from analysis.study import Study
from analysis.uncertainty import interval


def _strip(ax, table: pd.DataFrame, x: str, y: str, order: list[str], **style) -> None:
    """Seaborn's strip plot with the same jitter every time, and the state of NumPy's generator as it was."""
    before = np.random.get_state()
    np.random.seed(0)
    sns.stripplot(table, x=x, y=y, order=order, ax=ax, jitter=0.22, legend=False, **style)
    np.random.set_state(before)


def _band(ax, low: float, value: float, high: float, label: str) -> None:
    """A range as a vertical band with a line at its best value, named above the axes."""
    if math.isfinite(low) and math.isfinite(high):
        ax.axvspan(low, high, color=ACCENT, alpha=0.15, lw=0)
    ax.axvline(value, color=ACCENT, lw=1.5)
    side = ax.transAxes.inverted().transform(ax.transData.transform((value, 0)))[0]
    align = "left" if side < 0.35 else "right" if side > 0.65 else "center"
    ax.text(value, 1.02, label, transform=ax.get_xaxis_transform(), color=ACCENT, ha=align)


@styled
def benchmarks(study: Study) -> Html:
    """GPU time for one second of 720p video as it was measured, by how the model was sped up."""
    table, q = study.assumptions.codebook.inference_benchmarks, study.assumptions.compute_intensity
    table = table[table["resolution"].str.contains("720p") & (table["h100_seconds"] > 0)]
    official = table[["model", "acceleration", "notes"]].apply(lambda c: c.str.contains("MLPerf", case=False)).any(axis=1)
    kinds = [k for k in ("undistilled", "accelerated", "distilled") if (table["kind"] == k).any()]
    fig, ax = sheet(1.3 + 0.75 * max(len(kinds), 1))
    limits = log_limits([q.low, q.value, q.high, *table["h100_seconds"]])
    log_axis(ax, "x", limits, 5)
    looks = (table[~official], dict(color=SOFT, size=5, alpha=0.65)), (table[official], dict(color=LOSS, size=6.5, marker="D"))
    for rows, style in looks:
        if len(rows):
            _strip(ax, rows, "h100_seconds", "kind", kinds, **style)
    medians = {k: table.loc[table["kind"] == k, "h100_seconds"].median() for k in kinds}
    for i, k in enumerate(kinds):
        ax.plot([medians[k]] * 2, [i - 0.36, i + 0.36], color=INK, lw=2.5)
    name_rows(ax, [f"{k} ({(table['kind'] == k).sum()})" for k in kinds], 13)
    log_axis(ax, "x", limits, 5)
    ax.set(xlabel="H100 seconds for one second of 720p", ylabel="")
    _band(ax, q.low, q.value, q.high, f"assumed: {digits(q.low)} to {digits(q.high)}")
    told = listed([f"{digits(m)} {k}" for k, m in medians.items()]) if kinds else "not known"
    title = (f"GPU-seconds for a second of 720p video, by median of what was measured: {told}; "
             f"the reference model is taken at {digits(q.value)}")
    alt = (f"{len(table)} measurements in H100 time. Medians: {told}. "
           f"Assumed {digits(q.value)}, between {digits(q.low)} and {digits(q.high)}.")
    note = "A dot is a published measurement, brought to H100 time; upright strokes are medians." + (
        " Diamonds are MLPerf submissions." if official.any() else "")
    shown = table[["model", "gpu", "h100_seconds", "acceleration", "kind", "as_of"]].assign(mlperf=official)
    return figure("benchmarks", title, alt, fig, shown, note)


def _day(month: pd.Timestamp) -> int:
    """Where Matplotlib puts a month on an axis of dates: days since 1970."""
    return (month - pd.Timestamp(0)).days


@styled
def gpu_price_history(study: Study) -> Html:
    """The rent of an H100 over time: index series, the median of single clouds, contracts, and the assumed range."""
    table, q = study.assumptions.codebook.gpu_prices, study.assumptions.gpu_price
    table = table[table["gpu"].eq("H100") & table["price_kind"].isin(["on_demand", "contract"])]
    named = table["cloud"].str.replace(r"\(.*", "", regex=True).str.replace("_", " ").str.strip()
    table = table.assign(name=named, month=pd.to_datetime(table["date"].str[:7]))
    monthly = table.groupby(["price_kind", "series", "name", "month"], as_index=False)["usd_per_gpu_hour"].median()
    listed, contracts = (monthly[monthly["price_kind"] == kind] for kind in ("on_demand", "contract"))
    indices = listed[listed["series"] == "index"].pivot(index="month", columns="name", values="usd_per_gpu_hour")
    indices = indices.loc[:, indices.count() >= 6]
    fig, ax = sheet(4.0)
    log_axis(ax, "y", log_limits([q.low, q.high, *monthly["usd_per_gpu_hour"]]), 6)
    ax.axhspan(q.low, q.high, color=ACCENT, alpha=0.15, lw=0)
    ax.axhline(q.value, color=ACCENT)
    ax.set(xlabel="month", ylabel="USD per H100-hour")
    few = listed[~listed["name"].isin(indices.columns)]
    ax.plot(few["month"], few["usd_per_gpu_hour"], "o", color=SOFT, alpha=0.35, ms=4.5, mew=0)
    labels, lines, long = [], [], []
    for i, name in enumerate(indices):
        series = indices[name].dropna()
        ax.plot(series.index, series, color=colour_of(i), lw=2, ls=("-", "--", ":")[i % 3])
        apart = np.log(series / indices.drop(columns=name).mean(axis=1).reindex(series.index)).abs()
        at = apart.idxmax() if apart.notna().any() else series.index[len(series) // 2]
        labels.append((_day(at), series[at], name, INK))
        lines += polyline([_day(month) for month in series.index], series.to_numpy())
        long.append((len(series), name, series.iloc[0], series.index[0], series.iloc[-1], series.index[-1]))
    ax.plot(contracts["month"], contracts["usd_per_gpu_hour"], "D", color=LOSS, ms=7, mec=SURFACE, mew=1)
    if len(contracts):
        labels.append((_day(contracts["month"].iloc[0]), contracts["usd_per_gpu_hour"].iloc[0], "contract", INK))
    if len(monthly):
        first, last = monthly["month"].min(), monthly["month"].max()
        ax.set_xlim(first - pd.Timedelta(days=30), last + pd.Timedelta(days=60))
        years = [pd.Timestamp(y, 1, 1) for y in range(first.year, last.year + 2) if first <= pd.Timestamp(y, 1, 1) <= last]
        ax.set_xticks(years, [str(y.year) for y in years])
        place_labels(ax, [*labels, (_day(first), q.value, "assumed", INK)], [*lines, (_day(first), q.value, _day(last), q.value)])
    when = "" if not long else "; the longest series of list prices, {}, went from {} in {:%B %Y} to {} in {:%B %Y}".format(max(long)[1], *(
        digits(v) if isinstance(v, float) else v for v in max(long)[2:]))
    spread = f", between {digits(q.low)} and {digits(q.high)}" if q.low < q.high else ""
    title = f"The hour of an H100 is taken at {said(q.value, q.unit)}{spread}{when}"
    note = ("Monthly medians of on-demand list prices; light dots are single clouds and series of few months, diamonds contract prices. "
            "The band is the assumed range.")
    alt = f"On-demand and contract prices of an H100-hour by month, {len(monthly)} points{when}. Assumed: {digits(q.value)}{spread}."
    return figure("gpu-price-history", title, alt, fig, monthly.assign(month=monthly["month"].dt.strftime("%Y-%m")), note)


@styled
def second_waterfall(study: Study) -> Html:
    """What one generated second of the reference model costs: busy GPUs, idle GPUs, everything else."""
    point, drawn = reference(study)

    def row(name: str, formula) -> dict:
        low, middle, high = interval(np.broadcast_to(formula(drawn), study.draws))
        return dict(segment="all", metric=name, unit="USD/video-s", value=float(formula(point)), p05=low, p50=middle, p95=high)

    busy = row("busy", lambda a: a.compute_intensity * a.gpu_price / a.seconds_per_hour)
    idle = row("idle", lambda a: a.compute_intensity * a.gpu_price / a.seconds_per_hour * (1 / a.utilisation - 1))
    rest = row("overhead", lambda a: a.cost_per_generated_second * a.serving_overhead / (1 + a.serving_overhead))
    total = row("cost_per_generated_second", lambda a: a.cost_per_generated_second)
    fig, ax = sheet(2.9)
    cascade(ax, [("GPUs at work", 0, 1, busy, ACCENT), ("GPUs idle", busy["value"], 1, idle, ACCENT),
                  ("CPU, network, storage", busy["value"] + idle["value"], 1, rest, ACCENT), ("a second", 0, 1, total, INK)],
             "USD per generated second")
    named = (busy, "GPUs at work"), (idle, "idle GPUs"), (rest, "CPU, network and storage")
    shares = sorted(((r["value"] / total["value"], name) for r, name in named), reverse=True)
    title = (f"A generated second of the reference model costs USD {spread(total)}: "
             + listed([f"{share(s)} {name}" for s, name in shares]))
    alt = f"{title}. In USD: at work {digits(busy['value'])}, idle {digits(idle['value'])}, the rest {digits(rest['value'])}."
    return figure("second-waterfall", title, alt, fig, rows_table([busy, idle, rest, total]), CASCADE)


@styled
def list_prices(study: Study) -> Html:
    """List prices of a generated second by vendor, beside what the reference second costs."""
    table = study.assumptions.codebook.api_prices
    table = table[(table["kind"] == "list") & ~table["tier"].str.contains("marketplace")]
    sized, unsized = table["resolution"].str.contains("720|768"), table["resolution"].str.contains("n/s") | (table["resolution"] == "")
    models = ["vendor", "model"]
    table = table[sized | (unsized & ~sized.groupby([table[c] for c in models]).transform("any"))]
    table = table[table["date"] == table.groupby(models)["date"].transform("max")]
    point, drawn = (case.cost_per_generated_second for case in reference(study))
    low, _, high = interval(np.broadcast_to(drawn, study.draws))
    order = list(table.groupby("vendor")["usd_per_second"].median().sort_values(kind="stable").index)
    fig, ax = sheet(1.1 + 0.28 * max(len(order), 1))
    limits = log_limits([point, *table["usd_per_second"]], [low, high])
    log_axis(ax, "x", limits, 5)
    if len(table):
        _strip(ax, table, "usd_per_second", "vendor", order, color=INK, size=5, alpha=0.7)
    name_rows(ax, order, 22)
    log_axis(ax, "x", limits, 5)
    ax.set(xlabel="list price, USD per generated second", ylabel="")
    _band(ax, low, point, high, f"cost: {digits(low)} to {digits(high)}")
    above, inside = int((table["usd_per_second"] > point).sum()), int(table["usd_per_second"].between(low, high).sum())
    title = (f"{above} of {len(table)} list prices of a second lie above what the reference second costs at the best values, "
             f"{said(point, 'USD')}; {inside} lie within the cost's interval")
    alt = f"{title}, USD {digits(low)} to {digits(high)}. {len(order)} vendors, ordered by median price."
    note = ("A dot is the latest list price of a model at 720p, or at no stated resolution. "
            "A model with less compute than the reference costs less to run.")
    return figure("list-prices", title, alt, fig, table[["date", "vendor", "model", "tier", "resolution", "audio", "usd_per_second"]], note)
