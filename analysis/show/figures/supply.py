"""Who supplies the compute: a dollar of revenue, the rent at which a segment stops, concentration, owning against renting."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from analysis.findings.study import Study
from analysis.model.suppliers import LEVELS
from analysis.show.figures.parts import (
    MARK,
    at_right,
    linear,
    percent,
    polyline,
    row_sheet,
    rows_table,
    segment_styles,
    segments_that,
    spread,
)
from analysis.show.figures.plotting import (
    ACCENT,
    GAIN,
    INK,
    LOSS,
    SOFT,
    SURFACE,
    figure_html,
    log_axis,
    log_limits,
    name_rows,
    place_labels,
    row_height,
    sheet,
    styled,
    whisker,
)
from analysis.show.prose import Html, format_percent, format_quantity, format_significant, join_and

PARTS = {
    "service": ("service", SOFT, 0.5),
    "cloud": ("cloud, gross profit", ACCENT, 0.95),
    "accelerator": ("accelerators, gross profit", ACCENT, 0.6),
    "rest": ("rest of compute", ACCENT, 0.25),
    "left": ("left", GAIN, 0.55),
}
FARTHEST = 3.0  # USD spent for a dollar of revenue, at which a bar is cut


def stack(
    ax, at: int, widths: list[float], looks: list[tuple[str, str, float]], limit: float
) -> None:
    """One row of bars that follow on one another, (label, colour, opacity) each, cut at the limit."""
    start = 0.0
    for width, (_, colour, alpha) in zip(widths, looks):
        if width > 0 and start < limit:
            ax.barh(
                at, min(width, limit - start), left=start, height=0.62, color=colour, alpha=alpha
            )
            ax.plot([start, start], [at - 0.31, at + 0.31], color=SURFACE, lw=1)
        start += max(width, 0.0)


def key(fig, looks: list[tuple[str, str, float]]) -> None:
    """What the colours of stacked bars mean, above them, as many parts are too narrow to bear a name: (label, colour, opacity)."""
    fig.legend(
        handles=[
            Patch(color=colour, alpha=alpha, lw=0, label=label) for label, colour, alpha in looks
        ],
        ncols=2,
        borderpad=0,
        loc="outside upper left",
        frameon=False,
        handlelength=0.9,
        handleheight=0.9,
        columnspacing=1.2,
        handletextpad=0.5,
    )


@styled
def revenue_dollar(study: Study) -> Html:
    """A dollar of revenue: service, gross profits of cloud and accelerator vendor, the rest of compute, and what is left."""
    names, looks = [study.title(s) for s in study.segments], [*PARTS.values()]
    found = [[study.result(s, "revenue_dollar", part) for part in PARTS] for s in study.segments]
    left = {
        i: parts[-1]["value"] for i, parts in enumerate(found) if math.isfinite(parts[-1]["value"])
    }
    end = 1.04 * min(
        FARTHEST,
        max(
            [
                1.0,
                *(1 - v for v in left.values()),
                *(1 - p[-1]["p05"] for p in found if p[-1]["p05"] < 0),
            ]
        ),
    )
    fig, ax = row_sheet(names, 1.5)
    linear(ax, "USD for each dollar of revenue")
    ax.set(xlim=(0, end), xticks=range(int(end) + 1))
    ax.axvline(1, color=INK, lw=1.2)
    key(fig, looks)
    for i, (s, parts) in enumerate(zip(study.segments, found)):
        stack(ax, i, [row["value"] for row in parts], looks, end)
        whisker(ax, i, 1 - parts[-1]["p95"], 1 - parts[-1]["p05"], (0, end), INK, width=1.5)
        at_right(
            ax,
            i,
            format_significant(left[i])
            if i in left
            else "no market"
            if math.isnan(study.result(s, "revenue")["value"])
            else "no revenue",
        )
        if 1 - left.get(i, 1.0) > end:
            ax.plot(end, i, marker=">", color=INK, ms=7, clip_on=False)
    at_right(ax, -0.8, "left")
    order = sorted(left, key=left.get)
    kept = [i for i in order if left[i] > 0]
    title = (
        f"Of a dollar of revenue, {segments_that(len(kept), len(names), 'keeps', 'keep')} a part at the best values"
        + (
            f", {names[kept[-1]]} the most, {format_quantity(left[kept[-1]], 'USD')}"
            if kept
            else ""
        )
        + (
            f"; {names[order[0]]} spends {format_quantity(1 - left[order[0]], 'USD')} to earn it"
            if order and left[order[0]] < 0
            else ""
        )
        + f". Of a dollar of compute, gross profits take {format_percent(1 - study.result('all', 'compute_dollar', 'rest')['value'])}"
    )
    told = [
        f"{names[i]}: {', '.join(f'''{label} {format_significant(row['value'])}''' for (label, *_), row in zip(looks, found[i]))}"
        for i in left
    ]
    note = (
        "Beyond the upright line a customer is served at a loss. Thin lines: 5th to 95th percentile of what is spent. Arrows: beyond "
        "the axis, where the parts that follow have no room."
    )
    return figure_html(
        "revenue-dollar",
        title,
        f"Of a dollar of revenue, USD. {'; '.join(told)}.",
        fig,
        rows_table(sum(found, [])),
        note,
    )


@styled
def stopping_prices(study: Study) -> Html:
    """The rent of an H100 at which each segment stops covering its cost, below the rents there have been and the assumed range."""
    q, table, about = (
        study.assumptions.gpu_price,
        study.assumptions.tables.gpu_prices,
        segment_styles(study),
    )
    table = table[table["gpu"] == "H100"].assign(
        month=lambda rows: pd.to_datetime(rows["date"].str[:7])
    )
    history = (
        table[(table["price_kind"] == "on_demand") & (table["series"] == "index")]
        .groupby("month")["usd_per_gpu_hour"]
        .median()
    )
    signed, names = table[table["price_kind"] == "contract"], {s: title for s, title, _, _ in about}
    rows, left = (
        [study.result(s, *name) for s in names]
        for name in (("break_even", "gpu_price"), ("contribution",))
    )
    at = {
        row["segment"]: row["value"]
        for row in sorted(rows, key=lambda row: row["value"])
        if math.isfinite(row["value"])
    }
    tall = len(about) * row_height(names.values(), 18)
    fig, (past, here) = sheet(2.6 + tall, 2, sharex=True, height_ratios=(1.6, tall))
    past.plot(history, history.index, color=SOFT, lw=2)
    past.plot(signed["usd_per_gpu_hour"], signed["month"], "D", color=LOSS, ms=6, **MARK)
    years = sorted({month.year for month in table["month"]})[1:]
    past.set_yticks([pd.Timestamp(y, 1, 1) for y in years], [str(y) for y in years])
    past.invert_yaxis()
    name_rows(here, [*names.values()], 18)
    log_axis(
        here,
        "x",
        log_limits([q.value, *at.values(), *history], [q.low, q.high, *signed["usd_per_gpu_hour"]]),
        5,
    )
    here.set_xlabel("USD per H100-hour")
    for ax in (past, here):
        ax.axvspan(q.low, q.high, color=ACCENT, alpha=0.15, lw=0)
        ax.axvline(q.value, color=ACCENT)
    told = {
        row["segment"]: "always pays"
        if row["value"] > 0
        else "never pays"
        if row["value"] <= 0
        else "no market"
        for row in left
    }
    told |= {s: format_significant(price) for s, price in at.items()}
    for i, (s, _, colour, marker) in enumerate(about):
        if s in at:
            here.plot([q.value, at[s]], [i, i], color=colour, lw=1)
            here.plot(at[s], i, marker=marker, color=colour, ms=9, **MARK)
        at_right(here, i, told[s])
    pays = sum(row["value"] > 0 for row in left)
    above, below = [s for s in at if at[s] > q.value], [s for s in at if at[s] <= q.value]
    title = (
        f"With an H100-hour at {format_quantity(q.value, q.unit)}, {segments_that(pays, len(rows), 'covers', 'cover')} the running cost"
        + (
            f"; as the price rises, {names[above[0]]} is the first to stop, at {format_quantity(at[above[0]], q.unit)}"
            if above
            else ""
        )
        + (
            f"; as it falls, {names[below[-1]]} is the next to start, at {format_quantity(at[below[-1]], q.unit)}"
            if below
            else ""
        )
    )
    note = (
        "Above: monthly median of list price indices, and contracts as diamonds. Below: the price at which contribution is zero, all "
        "else at its best value. Band: the assumed range."
        + f" Always, never: from {format_quantity(q.minimum, q.unit)} to {format_quantity(q.maximum, q.unit)}."
        * any("pays" in told[s] for s in names)
    )
    alt = "USD an H100-hour at which contribution is zero: " + "; ".join(
        f"{names[s]} {told[s]}" for s in names
    )
    alt += f". Assumed {format_significant(q.value)}, {format_significant(q.low)} to {format_significant(q.high)}."
    return figure_html("stopping-prices", title, alt, fig, rows_table(rows), note)


@styled
def concentration(study: Study) -> Html:
    """The Herfindahl-Hirschman index of each layer that compute passes through, between its bounds, by date."""
    shares, rows, lines, latest = study.assumptions.tables.market_shares, [], [], {}
    for layer, date in shares[["layer", "date"]].drop_duplicates().itertuples(index=False):
        rows.append(row := study.result("all", "herfindahl", f"{layer}, {date}"))
        lines += [(layer, None)] * (layer not in latest) + [(date, row)]
        latest[layer] = max(latest.get(layer, row), row, key=lambda row: row["detail"])
    fig, ax = sheet(0.9 + 0.28 * len(lines))
    log_axis(
        ax,
        "x",
        log_limits(
            [limit for limit, _ in LEVELS], [row[p] for row in rows for p in ("p05", "p95")]
        ),
        5,
    )
    name_rows(ax, [name if row else "" for name, row in lines])
    ax.set_xlabel("Herfindahl-Hirschman index, points")
    for limit, _ in LEVELS:
        ax.axvline(limit, color=SOFT, ls="--", lw=1.2)
        ax.text(
            limit, 1.02, f"{limit:,}", transform=ax.get_xaxis_transform(), ha="center", color=SOFT
        )
    for i, (name, row) in enumerate(lines):
        if row is None:
            ax.annotate(
                name,
                (0, i),
                (-62, 0),
                xycoords=ax.get_yaxis_transform(),
                textcoords="offset points",
                va="center",
                weight="bold",
            )
        else:
            ax.plot([row["p05"], row["p95"]], [i, i], color=ACCENT, lw=9)
            ax.plot(row["p05"], i, "|", color=ACCENT, ms=9, mew=2)
            at_right(ax, i, " to ".join(dict.fromkeys(f"{row[p]:,.0f}" for p in ("p05", "p95"))))
    over = sorted(
        ((row["value"], layer) for layer, row in latest.items() if row["value"] > LEVELS[0][0]),
        reverse=True,
    )
    title = (
        f"{len(over) or 'None'} of {len(latest)} layers {'is' if len(over) < 2 else 'are'} {LEVELS[0][1]} even at the least"
        + (
            f": {join_and([f'{layer} at {index:,.0f} points' for index, layer in over])}"
            if over
            else ""
        )
    )
    note = (
        "A bar runs from the least the index can be (who is not named is small) to the most (each is as large as the smallest named). "
        f"Lines: above {join_and([f'{limit:,} {word}' for limit, word in LEVELS[::-1]])} (US merger guidelines)."
    )
    alt = (
        "Index in points, least to most: "
        + "; ".join(f"{r['detail']} {r['p05']:,.0f} to {r['p95']:,.0f}" for r in rows)
        + "."
    )
    return figure_html("concentration", title, alt, fig, rows_table(rows), note)


@styled
def own_or_rent(study: Study) -> Html:
    """What a needed hour of a GPU costs, owned or rented on demand, by the share of hours in which it is needed."""
    rent, own, wins = (
        study.result("all", metric)
        for metric in ("gpu_hour_on_demand", "owned_gpu_hour", "owning_wins_at")
    )
    parts = {
        part: study.result("all", "owned_gpu_hour", part)
        for part in ("purchase", "power", "hosting")
    }
    x = np.linspace(0.02, 1, 50)
    fig, ax = sheet(3.8)
    log_axis(
        ax,
        "y",
        log_limits([rent["value"], own["value"], 5 * own["value"]], [own["p05"], own["p95"]]),
        6,
    )
    ax.set(xlim=(0, 1), xlabel="share of hours needed", ylabel="USD per needed GPU-hour")
    percent(ax.xaxis)
    ax.axhline(rent["value"], color=ACCENT, lw=2)
    ax.fill_between(x, own["p05"] / x, own["p95"] / x, color=LOSS, alpha=0.15, lw=0)
    ax.plot(x, own["value"] / x, color=LOSS, lw=2)
    whisker(ax, rent["value"], wins["p05"], wins["p95"], (0, 1), INK)
    labels = [
        (0.25, own["value"] / 0.25, "owned", LOSS),
        (0.08, rent["value"], "on demand", ACCENT),
    ]
    if wins["value"] < 1:
        ax.plot(wins["value"], rent["value"], "o", color=INK, ms=9, **MARK)
        labels.append(
            (wins["value"], rent["value"], f"{format_percent(wins['value'])} of hours", INK)
        )
    place_labels(ax, labels, polyline(x, own["value"] / x) + [(0, rent["value"], 1, rent["value"])])
    owned, rented = (
        format_quantity(own["value"], own["unit"]),
        format_quantity(rent["value"], rent["unit"]),
    )
    title = (
        f"Owning a GPU beats renting one on demand when it is needed in more than {format_percent(wins['value'])} of hours "
        f"({format_quantity(wins['p05'], 'fraction')} to {format_quantity(wins['p95'], 'fraction')})"
        if wins["value"] < 1
        else f"Renting a GPU on demand at {rented} an hour beats owning one at {owned}, even when every hour is needed"
    )
    note = (
        f"An available hour of an owned GPU costs USD {spread(own)}: "
        f"{join_and([f'{name} {spread(row)}' for name, row in parts.items()])}. "
        "Band: the interval of that cost. Short bar: the interval of the crossing. On demand: the median of list price indices in their latest month."
    )
    alt = f"USD per needed hour. On demand {format_significant(rent['value'])}; owned {format_significant(own['value'])} divided by the share of hours needed. {title}."
    return figure_html(
        "own-or-rent", title, alt, fig, rows_table([rent, own, *parts.values(), wins]), note
    )
