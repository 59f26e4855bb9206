"""One segment: a customer's month, burn against users, the chain of value, break-even."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from analysis.findings.results import USERS
from analysis.findings.study import Study
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import ACCENT, GAIN, INK, LOSS, SOFT, log_axis
from analysis.show.markup import readable
from analysis.show.numbers import format_quantity, format_significant


@figure
def month_waterfall(study: Study, segment: str) -> tuple:
    """A customer's month: what comes in, what compute and service take, what is left."""
    rows = _month(study, segment)
    fig, ax = plotting.sheet(0.8 + len(rows) * 0.5)
    parts.waterfall(ax, rows, "USD per customer and month")
    metrics = ("revenue", "compute_cost", "contribution")
    here = {metric: study.result(segment, metric) for metric in metrics}
    return fig, rows, {"rows": rows, "here": here}


def _month(study: Study, segment: str) -> pd.DataFrame:
    """What a month brings and takes, and what is left."""
    point, drawn = study.point(segment), study.drawn(segment)

    def part(metric: str, formula) -> dict:
        both = formula(point), formula(drawn)
        return study.summarised(segment, metric, "USD/customer-month", *both)

    brings = {"revenue": study.result(segment, "revenue")}
    if point.business_model == "subscription":
        net = part("subscriptions_net", lambda a: a.revenue - a.other_revenue)
        other = part("other_revenue", lambda a: a.other_revenue)
        brings = {"subscriptions, net of fees": net, "other revenue": other}
    steps = brings | {
        "compute": study.result(segment, "compute_cost"),
        "service": part("service_cost", lambda a: a.service_cost),
        "contribution": study.result(segment, "contribution"),
    }
    signs = [1] * len(brings) + [-1, -1, 0]
    looks = dict(
        label=list(steps), sign=signs, colour=[{1: GAIN, -1: LOSS, 0: INK}[n] for n in signs]
    )
    return pd.DataFrame(steps.values()).assign(**looks)


@figure
def burn_against_users(study: Study, segment: str) -> tuple:
    """What N monthly users lose in a day: pooling makes a user cheaper, and more users dearer."""
    rows = _burn(study, segment)
    users, here = (study.result(segment, m) for m in ("monthly_customers", "daily_burn"))
    evidence = study.assumptions.tables.evidence
    reported = [*evidence.loc[evidence["compares_with"] == f"{segment}/daily_burn", "value"]]
    style = parts.segment_styles(study).set_index("segment").loc[segment]
    fig, ax = plotting.sheet(4.2)
    _draw_burn(ax, rows, users["value"], here["value"], reported, style)
    data = pd.DataFrame([*rows.to_dict("records"), here])
    return fig, data, {"rows": rows, "users": users, "here": here, "reported": reported}


def _burn(study: Study, segment: str) -> pd.DataFrame:
    """Daily burn by number of users, and what it would be if no GPU idled for want of pooling."""
    rows = parts.results_table(study, [segment], ["daily_burn"], [f"{n:.0f}" for n in USERS])
    point = study.point(segment)
    pooled = -np.array(USERS) * float(point.contribution) / point.days_per_month
    labels = [f"{format_significant(n)} users" for n in USERS]
    return rows.assign(users=USERS, pooled=pooled, label=labels)


def _draw_burn(ax, rows: pd.DataFrame, users: float, burn: float, reported: list, style) -> None:
    """Burn as a line in its band, the assumed and the reported burn as marks."""
    log_axis(ax, "x", plotting.log_limits([*rows["users"], users]))
    _burn_axis(ax, rows, [burn, *reported])
    ax.set(xlabel="monthly users", ylabel="USD lost a day")
    parts.line_in_band(ax, rows["users"], rows, style["colour"])
    ax.plot(rows["users"], rows["pooled"], color=SOFT, ls="--", lw=1.2)
    parts.marks(ax, [users], [burn], [style["colour"]], [style["marker"]], 10)
    n = len(reported)
    parts.marks(ax, [users] * n, reported, [LOSS] * n, "D" * n, 7)
    said = [f"assumed users:\n{format_quantity(burn, 'USD/day')} a day"]
    said += [f"reported:\n{format_quantity(value, 'USD/day')}" for value in reported]
    burns = zip([burn, *reported], said, strict=True)
    labels = [(users, value, text, INK) for value, text in burns]
    pooled = (rows["users"][1], rows["pooled"][1], "never a GPU idle\nfor want of pooling", SOFT)
    plotting.place_labels(ax, [*labels, pooled], parts.polyline(rows["users"], rows["value"]))


def _burn_axis(ax, rows: pd.DataFrame, marked: list[float]) -> None:
    """A log axis where everything is lost, else one that is linear around zero."""
    drawn = [*marked, *rows["value"], *rows["pooled"]]
    if min(*rows["p05"], *drawn) > 0:
        log_axis(ax, "y", plotting.log_limits(drawn, [*rows["p05"], *rows["p95"]]), 6)
        return
    size = max(np.abs([*rows["value"], *marked]).max(), 1e-9)
    steps = 10.0 ** (math.floor(math.log10(size)) + np.array([-4, -2, 0]))
    ax.set_yscale("symlog", linthresh=size / 1e5)
    ax.set_ylim(-20 * size if rows["p05"].min() < 0 else 0, 20 * size)
    ax.set_yticks([*-steps[::-1], 0.0, *steps])
    ax.yaxis.set(minor_locator=NullLocator(), major_formatter=plotting.tick)
    ax.axhline(0, color=SOFT, lw=1)


@figure
def break_even(study: Study, segment: str) -> tuple:
    """How far each input would have to move, alone, to bring contribution to zero."""
    rows, without = _break_evens(study, segment)
    fig, ax = parts.row_sheet(rows["parameter"], 0.9, 19)
    _draw_break_evens(ax, rows)
    return fig, rows, {"rows": rows, "without": without}


def _break_evens(study: Study, segment: str) -> tuple[pd.DataFrame, list[str]]:
    """Inputs whose break-even is a multiple of their value, nearest first; and the others, told."""
    rows, without = [], []
    for name, q in study.assumptions.of(segment).items():
        if not study.has(segment, "break_even", name):
            continue
        at = study.result(segment, "break_even", name)["value"]
        if at > 0 and q.value > 0:
            inside = q.low <= at <= q.high
            rows.append((readable(name), q.unit, q.low, q.value, q.high, at, inside))
        else:
            where = f" (at {format_significant(at)})" if math.isfinite(at) else ""
            without.append(readable(name) + where)
    columns = ["parameter", "unit", "low", "value", "high", "break_even", "inside"]
    table = pd.DataFrame(rows, columns=columns).astype({"inside": bool})
    far = np.log((table["break_even"] / table["value"]).astype(float)).abs()
    return table.iloc[far.argsort(kind="stable")], without


def _draw_break_evens(ax, rows: pd.DataFrame) -> None:
    """A wide bar for the plausible range, a diamond for the break-even, as multiples."""
    times = rows[["low", "high", "break_even"]].div(rows["value"], axis=0).astype(float)
    goals = times["break_even"].clip(1e-3, 1e3)
    limits = plotting.log_limits([1.0, *goals], [*times["low"], *times["high"]], 8.0)
    log_axis(ax, "x", limits)
    ax.set_xlabel("multiple of the best value")
    ax.axvline(1, color=SOFT, lw=1.2)
    goals = times["break_even"].clip(*limits)
    at = np.arange(len(rows))
    for row, low, high in zip(at, times["low"], times["high"], strict=True):
        plotting.whisker(ax, row, low, high, limits, ACCENT, width=7)
    ax.hlines(at, 1, goals, color=INK, lw=1, zorder=2)
    shapes = np.select([goals == limits[0], goals == limits[1]], ["<", ">"], "D")
    for hollow, some in ((False, rows["inside"].to_numpy()), (True, ~rows["inside"].to_numpy())):
        parts.marks(ax, goals[some], at[some], [INK] * some.sum(), shapes[some], 7, hollow)
    for row, value, unit in zip(at, rows["break_even"], rows["unit"], strict=True):
        parts.at_right(ax, row, format_quantity(value, unit if unit == "fraction" else "ratio"))


@figure
def value_chain(study: Study, segment: str) -> tuple:
    """Where the money for a finished second goes: as paid before, and with generated video."""
    rows = _value_chain(study, segment)
    fig, (above, below) = plotting.sheet(5.6, 2, height_ratios=(5, 4))
    parts.waterfall(above, rows.loc[:"customer keeps"], "USD per finished second")
    zoom = rows.loc[["vendor's price", "generation", "service", "contribution"]]
    parts.waterfall(below, zoom, "USD per finished second, enlarged")
    return fig, rows, {"rows": rows}


def _value_chain(study: Study, segment: str) -> pd.DataFrame:
    """Per finished second: what was paid before, who gets it now, what the vendor does with it."""
    formulas = {
        "today": lambda a: a.incumbent_cost,
        "still paid as before": lambda a: (1 - a.displaced_share) * a.incumbent_cost,
        "own labour": lambda a: a.labour_hours * a.wage / a.finished_seconds_per_minute,
        "vendor's price": lambda a: a.revenue / a.finished_seconds,
        "customer keeps": lambda a: a.saving_per_finished_second - a.revenue / a.finished_seconds,
        "generation": lambda a: a.compute_cost / a.finished_seconds,
        "service": lambda a: a.service_cost / a.finished_seconds,
        "contribution": lambda a: a.contribution / a.finished_seconds,
    }
    point, drawn = study.point(segment), study.drawn(segment)
    rows = [
        study.summarised(segment, name, "USD/finished-s", formula(point), formula(drawn))
        for name, formula in formulas.items()
    ]
    table = pd.DataFrame(rows, index=list(formulas)).assign(
        label=list(formulas),
        sign=[0, 1, 1, 1, 1, -1, -1, 0],
        colour=[INK, SOFT, SOFT, ACCENT, GAIN, LOSS, LOSS, INK],
    )
    for name in ("today", "still paid as before", "own labour"):  # whether the customer buys or not
        table.loc[name, "value"] = float(formulas[name](point))
    return table
