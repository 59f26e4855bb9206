"""Who supplies the compute: a dollar of revenue, rents at which segments stop, concentration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns

from analysis.findings.study import Study
from analysis.model.suppliers import LEVELS
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import ACCENT, GAIN, INK, LOSS, MARKER_STYLE, SOFT, log_axis
from analysis.show.numbers import format_percent

PARTS = parts.looks(
    ("service", "service", SOFT, 0.5),
    ("cloud", "cloud, gross profit", ACCENT, 0.95),
    ("accelerator", "accelerators, gross profit", ACCENT, 0.6),
    ("rest", "rest of compute", ACCENT, 0.25),
    ("left", "left", GAIN, 0.55),
)
OWNED = ("purchase", "power", "hosting")
FARTHEST = 3.0  # USD spent for a dollar of revenue, at which a bar is cut


@figure
def revenue_dollar(study: Study) -> tuple:
    """A dollar of revenue: service, gross profits of its suppliers, the rest, what is left."""
    rows = parts.segment_results(study, "revenue_dollar", "left")
    data = parts.results_table(study, study.segments, ["revenue_dollar"], PARTS.index)
    shares = data.pivot(index="segment", columns="detail", values="value")
    shares = shares.loc[[*study.segments], PARTS.index]
    revenue = parts.segment_results(study, "revenue")["value"]
    otherwise = np.where(revenue.isna(), "no market", "no revenue")
    fig, ax = parts.row_sheet(rows["label"], 1.5)
    parts.legend_above(fig, PARTS)
    _draw_dollars(ax, rows, shares, otherwise)
    known = shares.set_axis(rows["label"]).dropna(subset="left").rename(columns=PARTS["label"])
    kept = study.result("all", "compute_dollar", "rest")["value"]
    facts = {"rows": rows, "known": known, "gross_profits": 1 - kept}
    return fig, data, facts


def _draw_dollars(ax, rows: pd.DataFrame, shares: pd.DataFrame, otherwise: np.ndarray) -> None:
    """What a dollar is spent on, one part after the other; beyond one dollar at a loss."""
    spent, most = 1 - rows["value"], 1 - rows["p05"]
    end = 1.04 * min(FARTHEST, max(1.0, spent.max(), most.max()))
    ax.set(xlim=(0, end), xticks=range(int(end) + 1), xlabel="USD for each dollar of revenue")
    ax.axvline(1, color=INK, lw=1.2)
    parts.stacked_bars(ax, shares, PARTS, end)
    for at, row in rows.iterrows():
        plotting.whisker(ax, at, 1 - row["p95"], most[at], (0, end), INK, width=1.5)
        parts.at_right(ax, at, parts.number_or(row["value"], otherwise[at]))
        if spent[at] > end:
            ax.plot(end, at, marker=">", color=INK, ms=7, clip_on=False)
    parts.at_right(ax, -0.8, "left")


@figure
def stopping_prices(study: Study) -> tuple:
    """The rent of an H100 at which each segment stops covering its cost, below the rents so far."""
    assumed = study.assumptions.gpu_price
    rows = parts.segment_results(study, "break_even", "gpu_price")
    left = parts.segment_results(study, "contribution")["value"]
    verdict = np.select([left > 0, left <= 0], ["always pays", "never pays"], "no market")
    rows["told"] = [*map(parts.number_or, rows["value"], verdict)]
    height = len(rows) * plotting.row_height(rows["label"], 18)
    fig, axes = plotting.sheet(2.6 + height, 2, sharex=True, height_ratios=(1.6, height))
    prices = study.assumptions.tables.gpu_prices.query("gpu == 'H100'")
    prices = prices.assign(month=pd.to_datetime(prices["date"].str[:7]))
    _draw_stopping_prices(axes, rows, prices, assumed)
    facts = {
        "rows": rows.sort_values("value", kind="stable"),
        "price": assumed,
        "pays": (left > 0).sum(),
    }
    return fig, rows.sort_index(), facts


def _draw_stopping_prices(axes, rows: pd.DataFrame, prices: pd.DataFrame, assumed) -> None:
    """Rents so far above, the rent at which each segment stops below, on one axis of prices."""
    past, here = axes
    indices = prices.query("price_kind == 'on_demand' and series == 'index'")
    history = indices.groupby("month")["usd_per_gpu_hour"].median()
    signed = prices.query("price_kind == 'contract'")
    past.plot(history, history.index, color=SOFT, lw=2)
    past.plot(signed["usd_per_gpu_hour"], signed["month"], "D", color=LOSS, ms=6, **MARKER_STYLE)
    years = pd.date_range(prices["month"].min(), prices["month"].max(), freq="YS")
    past.set_yticks(years, years.year.astype(str))
    past.invert_yaxis()
    plotting.name_rows(here, rows["label"], 18)
    ends = [assumed.low, assumed.high, *signed["usd_per_gpu_hour"]]
    log_axis(here, "x", plotting.log_limits([assumed.value, *rows["value"], *history], ends))
    here.set_xlabel("USD per H100-hour")
    for ax in axes:
        ax.axvspan(assumed.low, assumed.high, color=ACCENT, alpha=0.15, lw=0)
        ax.axvline(assumed.value, color=ACCENT)
    here.hlines(range(len(rows)), assumed.value, rows["value"], color=rows["colour"], lw=1)
    parts.marks(here, rows["value"], range(len(rows)), rows["colour"], rows["marker"])
    for at, told in enumerate(rows["told"]):
        parts.at_right(here, at, told)


@figure
def concentration(study: Study) -> tuple:
    """The Herfindahl-Hirschman index of each layer that compute passes through, by date."""
    dates = study.assumptions.tables.market_shares[["layer", "date"]].drop_duplicates()
    names = dates["layer"] + ", " + dates["date"]
    rows = parts.results_table(study, ["all"], ["herfindahl"], names)
    rows = rows.assign(**dates.reset_index(drop=True))
    fig, ax = plotting.sheet(0.9 + 0.28 * (len(rows) + rows["layer"].nunique()))
    _draw_concentration(ax, rows)
    latest = rows.sort_values("detail", kind="stable").groupby("layer").tail(1)
    latest = latest.sort_values(["value", "layer"], ascending=False)
    return fig, rows, {"rows": rows, "latest": latest, "levels": LEVELS}


def _draw_concentration(ax, rows: pd.DataFrame) -> None:
    """A bar between the bounds of each index, under the name of its layer."""
    limits = plotting.log_limits([limit for limit, _ in LEVELS], [*rows["p05"], *rows["p95"]])
    log_axis(ax, "x", limits)
    ax.set_xlabel("Herfindahl-Hirschman index, points")
    above, beside = ax.get_xaxis_transform(), ax.get_yaxis_transform()
    for limit, _ in LEVELS:
        ax.axvline(limit, color=SOFT, ls="--", lw=1.2)
        ax.text(limit, 1.02, f"{limit:,}", transform=above, ha="center", color=SOFT)
    names = []
    for layer, own in rows.groupby("layer", sort=False):
        place = dict(xycoords=beside, textcoords="offset points", va="center", weight="bold")
        ax.annotate(layer, (0, len(names)), (-62, 0), **place)
        names.append("")
        for row in own.itertuples():
            ax.hlines(len(names), row.p05, row.p95, color=ACCENT, lw=9)
            ax.plot(row.p05, len(names), "|", color=ACCENT, ms=9, mew=2)
            ends = dict.fromkeys(f"{end:,.0f}" for end in (row.p05, row.p95))
            parts.at_right(ax, len(names), " to ".join(ends))
            names.append(row.date)
    plotting.name_rows(ax, names)


@figure
def own_or_rent(study: Study) -> tuple:
    """What a needed hour of a GPU costs, owned or rented, by the share of hours it is needed."""
    details = {"gpu_hour_on_demand": [""], "owned_gpu_hour": ["", *OWNED], "owning_wins_at": [""]}
    found = [parts.results_table(study, ["all"], [name], details[name]) for name in details]
    rows = pd.concat(found)
    rent, own, *owned, wins = rows.to_dict("records")
    fig, ax = plotting.sheet(3.8)
    _draw_own_or_rent(ax, rent["value"], own, wins)
    return fig, rows, {"rent": rent, "own": own, "parts": owned, "wins": wins}


def _draw_own_or_rent(ax, rent: float, own: dict, wins: dict) -> None:
    """The owned hour falls with use, the rented one does not; a mark where they cross."""
    x = np.linspace(0.02, 1, 50)
    limits = plotting.log_limits([rent, own["value"], 5 * own["value"]], [own["p05"], own["p95"]])
    log_axis(ax, "y", limits, 6)
    ax.set(xlim=(0, 1), xlabel="share of hours needed", ylabel="USD per needed GPU-hour")
    parts.percent_axis(ax.xaxis)
    ax.axhline(rent, color=ACCENT, lw=2)
    ax.fill_between(x, own["p05"] / x, own["p95"] / x, color=LOSS, alpha=0.15, lw=0)
    sns.lineplot(x=x, y=own["value"] / x, color=LOSS, lw=2, errorbar=None, ax=ax)
    plotting.whisker(ax, rent, wins["p05"], wins["p95"], (0, 1), INK)
    labels = [(0.25, own["value"] / 0.25, "owned", LOSS), (0.08, rent, "on demand", ACCENT)]
    if wins["value"] < 1:
        ax.plot(wins["value"], rent, "o", color=INK, ms=9, **MARKER_STYLE)
        labels.append((wins["value"], rent, f"{format_percent(wins['value'])} of hours", INK))
    plotting.place_labels(ax, labels, parts.polyline(x, own["value"] / x) + [(0, rent, 1, rent)])
