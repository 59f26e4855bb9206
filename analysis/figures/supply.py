"""Who supplies the compute: where a dollar of revenue goes, the rent at which a segment stops, concentration, owning against renting."""
from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from analysis.figures.parts import MARK, at_right, count, drawn_as, linear, polyline, rows_table, spread
from analysis.figures.plotting import (
    ACCENT, GAIN, INK, LOSS, SOFT, SURFACE, figure, log_axis, log_limits, name_rows, place_labels, row_height, sheet, styled, whisker, wrapped,
)
from analysis.infrastructure import LEVELS
from analysis.prose import Html, digits, listed, said, share
from analysis.study import Study

PARTS = {"service": ("service", SOFT, 0.5), "cloud": ("cloud, gross profit", ACCENT, 0.95), "left": ("left", GAIN, 0.55),
         "accelerator": ("accelerators, gross profit", ACCENT, 0.6), "rest": ("rest of compute", ACCENT, 0.25)}
STACKED = ("service", "cloud", "accelerator", "rest", "left")
FARTHEST = 3.0


def stack(ax, at: int, parts: list[tuple[float, str, float]], limit: float) -> None:
    """One row of bars (width, colour, opacity), each from where the last one ends, cut at the limit."""
    start = 0.0
    for width, colour, alpha in parts:
        if width > 0 and start < limit:
            ax.barh(at, min(width, limit - start), left=start, height=0.62, color=colour, alpha=alpha, ec="none")
            ax.plot([start, start], [at - 0.31, at + 0.31], color=SURFACE, lw=1)
        start += max(width, 0.0)


def key(fig, looks: list[tuple[str, str, float]], columns: int) -> None:
    """What the colours (label, colour, opacity) mean, above the axes; for parts too narrow to bear their names."""
    fig.legend(handles=[Patch(color=colour, alpha=alpha, lw=0, label=label) for label, colour, alpha in looks], ncols=columns,
               loc="outside upper left", frameon=False, handlelength=0.9, handleheight=0.9, borderpad=0, columnspacing=1.2, handletextpad=0.5)


@styled
def revenue_dollar(study: Study) -> Html:
    """A dollar of revenue, followed to service, the gross profits of cloud and accelerator vendor, the rest of compute, and what is left."""
    about = drawn_as(study)
    found = {s: {part: study.result(s, "revenue_dollar", part) for part in STACKED} for s in study.segments}
    left = {s: parts["left"] for s, parts in found.items()}
    known = {s: row["value"] for s, row in left.items() if math.isfinite(row["value"])}
    end = 1.04 * min(FARTHEST, max([1.0, *(1 - v for v in known.values()), *(1 - row["p05"] for row in left.values() if row["p05"] < 1)]))
    fig, ax = sheet(1.2 + len(about) * row_height((t for _, t, _, _ in about), 18))
    name_rows(ax, [t for _, t, _, _ in about], 18)
    ax.set_xlim(0, end)
    key(fig, [PARTS[part] for part in STACKED], 2)
    for i, s in enumerate(study.segments):
        if s in known:
            stack(ax, i, [(found[s][part]["value"], *PARTS[part][1:]) for part in STACKED], end)
        if 1 - known.get(s, 1.0) > end:
            ax.plot(end, i, marker=">", color=INK, ms=7, clip_on=False)
        whisker(ax, i, 1 - left[s]["p95"], 1 - left[s]["p05"], (0, end), INK, width=1.5)
        market = math.isfinite(study.result(s, "revenue")["value"])
        at_right(ax, i, digits(known[s]) if s in known else "no revenue" if market else "no market")
    at_right(ax, -0.75, "left")
    ax.axvline(1, color=INK, lw=1.2)
    linear(ax, "USD for each dollar of revenue")
    kept, most, least = [s for s in known if known[s] > 0], max(known, key=known.get, default=""), min(known, key=known.get, default="")
    title = (f"Of a dollar of revenue, {count(len(kept), len(about), 'keeps', 'keep')} a part at the best values"
             + (f", {study.title(most)} the most, {said(known[most], 'USD')}" if kept else "")
             + (f"; {study.title(least)} spends {said(1 - known[least], 'USD')} to earn it" if least and known[least] < 0 else "")
             + f". Of a dollar of compute, gross profits take {share(1 - study.result('all', 'compute_dollar', 'rest')['value'])}")
    alt = "Of a dollar of revenue, USD. " + "; ".join(
        f"{study.title(s)}: " + ", ".join(f"{PARTS[p][0]} {digits(row['value'])}" for p, row in found[s].items()) for s in known) + "."
    note = ("Bars end at the upright line where the dollar suffices; beyond it a customer is served at a loss. Thin lines: 5th to 95th percentile "
            "of what is spent. Arrows: beyond the axis.")
    return figure("revenue-dollar", title, alt, fig, rows_table([row for parts in found.values() for row in parts.values()]), note)


@styled
def stopping_prices(study: Study) -> Html:
    """The rent of an H100 at which each segment stops covering its cost, beside the rents there have been and the assumed range."""
    q, table = study.assumptions.gpu_price, study.assumptions.codebook.gpu_prices
    table = table[table["gpu"] == "H100"].assign(month=lambda rows: pd.to_datetime(rows["date"].str[:7]))
    listing = table[(table["price_kind"] == "on_demand") & (table["series"] == "index")].groupby("month")["usd_per_gpu_hour"].median()
    signed = table[table["price_kind"] == "contract"]
    rows = {s: study.result(s, "break_even", "gpu_price") for s in study.segments}
    at = dict(sorted(((s, row["value"]) for s, row in rows.items() if math.isfinite(row["value"])), key=lambda pair: pair[1]))
    left = {s: study.result(s, "contribution")["value"] for s in study.segments}
    fig, (past, here) = sheet(max(4.6, 0.9 + 0.42 * len(rows)), ncols=2, sharey=True, width_ratios=(1, 1))
    log_axis(past, "y", log_limits([q.value, *at.values(), *listing], [q.low, q.high, *signed["usd_per_gpu_hour"]]), 6)
    for ax in (past, here):
        ax.axhspan(q.low, q.high, color=ACCENT, alpha=0.15, lw=0)
        ax.axhline(q.value, color=ACCENT)
    past.plot(listing.index, listing, color=SOFT, lw=2)
    past.plot(signed["month"], signed["usd_per_gpu_hour"], "D", color=LOSS, ms=6, **MARK)
    years = sorted({month.year for month in table["month"]})[1:]
    past.set_xticks([pd.Timestamp(y, 1, 1) for y in years], [str(y) for y in years])
    past.set(ylabel="USD per H100-hour")
    here.set(xlim=(0, 1), xticks=[])
    here.tick_params(axis="y", length=0)
    here.spines[["left", "bottom"]].set_visible(False)
    for s, _, colour, marker in drawn_as(study):
        if s in at:
            here.plot(0.06, at[s], marker=marker, color=colour, ms=9, **MARK)
    place_labels(here, [(0.06, price, wrapped(f"{study.title(s)} {digits(price)}", 18), INK) for s, price in at.items()])
    pays, above, below = [s for s in left if left[s] > 0], [s for s in at if at[s] > q.value], [s for s in at if at[s] <= q.value]
    title = (f"With an H100-hour at {said(q.value, q.unit)} {count(len(pays), len(rows), 'covers', 'cover')} the running cost"
             + (f"; as the price rises {study.title(above[0])} stops first, at {said(at[above[0]], q.unit)}" if above else "")
             + (f"; as it falls {study.title(below[-1])} starts {'first' if len(below) > 1 else 'too'}, at {said(at[below[-1]], q.unit)}" if below else ""))
    told = {"cover their cost at every price": [study.title(s) for s in pays if s not in at],
            "do so at none": [study.title(s) for s in left if left[s] <= 0 and s not in at],
            "have no market": [study.title(s) for s in left if not math.isfinite(left[s])]}
    note = (f"Line: median of list price indices by month; diamonds: contracts; band: the assumed range, with its best value. Marks: the price at "
            "which contribution is zero, all else at its best value." + "".join(f" {listed(some)} {which}." for which, some in told.items() if some))
    alt = "Price of an H100-hour at which contribution is zero, USD: " + "; ".join(f"{study.title(s)} {digits(p)}" for s, p in at.items())
    return figure("stopping-prices", title, f"{alt}. Assumed {digits(q.value)}, {digits(q.low)} to {digits(q.high)}.", fig,
                  rows_table(list(rows.values())), note)


@styled
def concentration(study: Study) -> Html:
    """The Herfindahl-Hirschman index of each layer that compute passes through, between its bounds, by date."""
    rows = [r for r in study.results.to_dict("records") if r["metric"] == "herfindahl"]
    layers = {}
    for row in rows:
        layers.setdefault(row["detail"].rpartition(", ")[0], []).append(row)
    lines = [line for layer, own in layers.items() for line in ((layer, None), *((row["detail"].rpartition(", ")[2], row) for row in own))]
    fig, ax = sheet(0.9 + 0.28 * len(lines))
    log_axis(ax, "x", log_limits([limit for limit, _ in LEVELS], [row[p] for row in rows for p in ("p05", "p95")]), 5)
    name_rows(ax, ["" if row is None else name for name, row in lines])
    ax.set_xlabel("Herfindahl-Hirschman index, points")
    for limit, _ in LEVELS:
        ax.axvline(limit, color=SOFT, ls="--", lw=1.2)
        ax.annotate(f"{limit:,}", (limit, 1), (0, 3), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="center", color=SOFT)
    for i, (name, row) in enumerate(lines):
        if row is None:
            ax.annotate(name, (0, i), (-62, 0), xycoords=ax.get_yaxis_transform(), textcoords="offset points", va="center", fontweight="bold")
        else:
            ax.plot([row["p05"], row["p95"]], [i, i], color=ACCENT, lw=9)
            ax.plot([row["p05"]], [i], "|", color=ACCENT, ms=9, mew=2)
            at_right(ax, i, " to ".join(dict.fromkeys(f"{row[p]:,.0f}" for p in ("p05", "p95"))))
    latest = {layer: max(own, key=lambda row: row["detail"]) for layer, own in layers.items()}
    order = sorted(latest, key=lambda layer: -latest[layer]["value"])
    over = [f"{layer} at {latest[layer]['value']:,.0f} points" for layer in order if latest[layer]["value"] > LEVELS[0][0]]
    title = (f"{len(over) or 'None'} of {len(order)} layers {'is' if len(over) < 2 else 'are'} highly concentrated for certain"
             + (f": {listed(over)}" if over else ""))
    note = ("A bar runs from the least the index can be (everybody not named is small) to the most (the others are as large as the smallest "
            f"named). Lines: {listed([f'above {limit:,}, {word}' for limit, word in LEVELS[::-1]])} (US merger guidelines).")
    alt = "Index in points, least to most: " + "; ".join(f"{r['detail']} {r['p05']:,.0f} to {r['p95']:,.0f}" for r in rows) + "."
    return figure("concentration", title, alt, fig, rows_table(rows), note)


@styled
def own_or_rent(study: Study) -> Html:
    """What a needed hour of a GPU costs, owned or rented, by the share of hours in which it is needed."""
    rent, own, wins = study.assumptions.gpu_price, study.result("all", "owned_gpu_hour"), study.result("all", "owning_wins_at")
    parts = {part: study.result("all", "owned_gpu_hour", part) for part in ("purchase", "power", "hosting")}
    x = np.linspace(0.1, 1, 91)
    fig, ax = sheet(3.8)
    log_axis(ax, "y", log_limits([rent.value, own["value"], 5 * own["value"]], [rent.low, rent.high, own["p05"], own["p95"]]), 6)
    ax.set(xlim=(0, 1), xlabel="share of hours needed", ylabel="USD per needed GPU-hour")
    ax.xaxis.set_major_formatter(lambda v, _: f"{100 * v:.0f} %")
    ax.axhspan(rent.low, rent.high, color=ACCENT, alpha=0.15, lw=0)
    ax.axhline(rent.value, color=ACCENT, lw=2)
    ax.fill_between(x, own["p05"] / x, own["p95"] / x, color=LOSS, alpha=0.15, lw=0)
    ax.plot(x, own["value"] / x, color=LOSS, lw=2)
    labels = [(0.2, own["value"] / 0.2, "owned", LOSS), (0.1, rent.value, "rented", ACCENT)]
    if wins["value"] <= 1:
        whisker(ax, rent.value, wins["p05"], wins["p95"], (0, 1), INK)
        ax.plot(wins["value"], rent.value, "o", color=INK, ms=9, **MARK)
        labels.append((wins["value"], rent.value, f"{share(wins['value'])} of hours", INK))
    place_labels(ax, labels, polyline(list(x), own["value"] / x) + [(0, rent.value, 1, rent.value)])
    ends = " to ".join(digits(100 * wins[p]) for p in ("p05", "p95"))
    title = (f"Owning a GPU beats renting one when it is needed in more than {share(wins['value'])} of hours ({ends} %)" if wins["value"] < 1 else
             f"Renting a GPU beats owning one even if every hour is needed: it costs {said(rent.value, rent.unit)}, owned {said(own['value'], own['unit'])}")
    told = listed([f"{name} {spread(row)}" for name, row in parts.items()])
    note = f"An available hour of an owned GPU costs USD {spread(own)}: {told}. Bands: the interval of that cost, the assumed range of the rent."
    alt = f"USD per needed hour. Rented {digits(rent.value)}; owned {digits(own['value'])} divided by the share of hours needed. {title}."
    return figure("own-or-rent", title, alt, fig, rows_table([own, *parts.values(), wins]), note)
