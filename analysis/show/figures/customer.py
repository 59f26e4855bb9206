"""One segment: a customer's month, burn against users, the chain of value, and what would have to be true."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from analysis.findings.study import USERS, Study
from analysis.show.figures.parts import (
    CASCADE,
    MARK,
    at_right,
    cascade,
    polyline,
    row_sheet,
    rows_table,
    segment_styles,
    spreads,
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
    place_labels,
    sheet,
    styled,
    tick,
    whisker,
)
from analysis.show.markup import readable
from analysis.show.prose import (
    Html,
    format_percent,
    format_quantity,
    format_significant,
    join_and,
    say,
)


@styled
def month_waterfall(study: Study, segment: str) -> Html:
    """A customer's month: what comes in, what compute and service take, what is left."""
    point, drawn, unit = study.point(segment), study.drawn(segment), "USD/customer-month"
    revenue, compute, left = (
        study.result(segment, m) for m in ("revenue", "compute_cost", "contribution")
    )
    service = study.summarised(
        segment, "service_cost", unit, point.service_cost, drawn.service_cost
    )
    steps = [("revenue", revenue, GAIN, 1)]
    if point.business_model == "subscription":
        fees = study.summarised(
            segment,
            "subscriptions_net",
            unit,
            point.revenue - point.other_revenue,
            drawn.revenue - drawn.other_revenue,
        )
        other = study.summarised(
            segment, "other_revenue", unit, point.other_revenue, drawn.other_revenue
        )
        steps = [("subscriptions, net of fees", fees, GAIN, 1), ("other revenue", other, GAIN, 1)]
    steps += [
        ("compute", compute, LOSS, -1),
        ("service", service, LOSS, -1),
        ("contribution", left, INK, 0),
    ]
    fig, ax = sheet(0.8 + len(steps) * 0.5)
    cascade(ax, steps, "USD per customer and month")
    if math.isfinite(left["value"]):
        title = say(
            study,
            "{title here}: of {here/revenue} that a customer-month brings, compute takes {here/compute_cost} and "
            "service {part}; what is {here/contribution? left | missing} is {rest}",
            segment,
            part=format_quantity(service["value"], unit),
            rest=format_quantity(abs(left["value"]), unit),
        )
    else:
        title = say(
            study,
            "{title here}: at the best values the customer saves nothing, so nobody buys",
            segment,
        )
    rows = {name: row for name, row, *_ in steps}
    return figure_html(
        f"month-waterfall-{segment}",
        title,
        f"USD a customer-month: {spreads(rows)}.",
        fig,
        rows_table(rows.values()),
        CASCADE,
    )


@styled
def burn_against_users(study: Study, segment: str) -> Html:
    """What N monthly users lose in a day: pooling makes a user cheaper, and more users dearer."""
    rows = [study.result(segment, "daily_burn", f"{users:.0f}") for users in USERS]
    n, (value, low, high) = (
        np.array(USERS),
        (np.array([r[p] for r in rows]) for p in ("value", "p05", "p95")),
    )
    users, here = study.result(segment, "monthly_customers"), study.result(segment, "daily_burn")
    flat = -n * float(study.point(segment).contribution) / study.point(segment).days_per_month
    evidence = study.assumptions.tables.evidence
    reported = evidence.loc[evidence["compares_with"] == f"{segment}/daily_burn", "value"]
    fig, ax = sheet(4.2)
    log_axis(ax, "x", log_limits([*n, users["value"]]), 5)
    marks = [here["value"], *reported, *value, *flat]
    if min(*low, *marks) > 0:
        log_axis(ax, "y", log_limits(marks, [*low, *high]), 6)
    else:
        size = max(np.abs([*value, here["value"], *reported]).max(), 1e-9)
        ax.set_yscale("symlog", linthresh=size / 1e5)
        ax.set_ylim(-20 * size if low.min() < 0 else 0, 20 * size)
        ax.set_yticks(
            sorted(
                {
                    sign * 10.0 ** (math.floor(math.log10(size)) + k)
                    for sign in (-1, 1)
                    for k in (-4, -2, 0)
                }
                | {0.0}
            )
        )
        ax.yaxis.set(minor_locator=NullLocator(), major_formatter=tick)
        ax.axhline(0, color=SOFT, lw=1)
    ax.set(xlabel="monthly users", ylabel="USD lost a day")
    _, _, colour, marker = segment_styles(study)[study.segments.index(segment)]
    ax.fill_between(n, low, high, color=colour, alpha=0.18, lw=0)
    ax.plot(n, value, color=colour, lw=2.2)
    ax.plot(n, flat, color=SOFT, ls="--", lw=1.2)
    ax.plot(users["value"], here["value"], marker=marker, color=colour, ms=10, **MARK)
    ax.plot([users["value"]] * len(reported), reported, "D", color=LOSS, ms=7, **MARK)
    labels = [
        (
            users["value"],
            here["value"],
            f"assumed users:\n{format_quantity(here['value'], here['unit'])} a day",
            INK,
        ),
        *(
            (users["value"], burn, f"reported:\n{format_quantity(burn, here['unit'])}", INK)
            for burn in reported
        ),
        (n[1], flat[1], "never a GPU idle\nfor want of pooling", SOFT),
    ]
    place_labels(ax, labels, polyline(n, value))
    most, *_, least = value / n
    if most <= 0:
        told = f"it gains on each user from {format_significant(n[0])} users on"
    elif least > 0:
        told = f"pooling cuts the loss per user by {format_percent(1 - least / most)} from {format_significant(n[0])} to {format_significant(n[-1])} users, and no further"
    else:
        told = f"pooling turns the loss per user at {format_significant(n[0])} users into a gain at {format_significant(n[-1])}"
    title = say(
        study,
        "{title here}: {here/monthly_customers} users burn {here/daily_burn} a day at the best values "
        "({here/daily_burn@range}; below zero a gain); {told}",
        segment,
        told=told,
    )
    alt = f"USD lost a day by monthly users: {spreads({f'{format_significant(k)} users': row for k, row in zip(n, rows)})}"
    alt += "".join(f"; reported {format_significant(burn)}" for burn in reported)
    note = (
        "The band runs from the 5th to the 95th percentile; below zero is a gain. The dashed line is a fleet so large that pooling "
        "brings no more." + " Diamonds are published figures." * bool(len(reported))
    )
    return figure_html(
        f"burn-against-users-{segment}", title, alt + ".", fig, rows_table([*rows, here]), note
    )


@styled
def break_even(study: Study, segment: str) -> Html:
    """How far each input would have to move, alone, to bring contribution to zero, as a multiple of its best value."""
    rows, without = [], []
    for parameter, q in study.assumptions.of(segment).items():
        if study.has(segment, "break_even", parameter):
            at = study.result(segment, "break_even", parameter)["value"]
            if at > 0 and q.value > 0:
                rows.append(
                    [readable(parameter), q.unit, q.low, q.value, q.high, at, q.low <= at <= q.high]
                )
            else:
                without.append(
                    readable(parameter)
                    + (f" (at {format_significant(at)})" if math.isfinite(at) else "")
                )
    rows = pd.DataFrame(
        rows, columns=["parameter", "unit", "low", "value", "high", "break_even", "inside"]
    )
    times = rows[["low", "high", "break_even"]].div(rows["value"], axis=0)
    order = np.log(times["break_even"].astype(float)).abs().argsort(kind="stable")
    rows, times = rows.iloc[order], times.iloc[order]
    fig, ax = row_sheet([*rows["parameter"]], 0.9, 19)
    limits = log_limits(
        [1.0, *times["break_even"].clip(1e-3, 1e3)], [*times["low"], *times["high"]], 8.0
    )
    log_axis(ax, "x", limits, 5)
    ax.axvline(1, color=SOFT, lw=1.2)
    for i, (row, time) in enumerate(zip(rows.itertuples(), times.itertuples())):
        goal = float(np.clip(time.break_even, *limits))
        whisker(ax, i, time.low, time.high, limits, ACCENT, width=7)
        ax.plot([1, goal], [i, i], color=INK, lw=1)
        beyond = "<" if goal == limits[0] else ">" if goal == limits[1] else "D"
        ax.plot(
            goal,
            i,
            marker=beyond,
            ms=7,
            color=INK,
            mfc=INK if row.inside else SURFACE,
            clip_on=False,
        )
        at_right(
            ax,
            i,
            format_quantity(row.break_even, "fraction")
            if row.unit == "fraction"
            else format_significant(row.break_even),
        )
    ax.set_xlabel("multiple of the best value")
    inside = [*rows.loc[rows["inside"].astype(bool), "parameter"]]
    several = (
        f"{len(inside)} inputs could each, alone,"
        if len(inside) != 1
        else "one input could, alone,"
    )
    title = say(
        study,
        "{title here}: "
        + (
            f"{several} bring contribution to zero within the plausible range, {inside[0]} with the least change"
            if inside
            else "no input could, alone, bring contribution to zero within its plausible range"
        ),
        segment,
    )
    ratios = "; ".join(
        f"{name} {format_significant(time)}"
        for name, time in zip(rows["parameter"], times["break_even"])
    )
    alt = (
        f"Break-even as a multiple of the best value: {ratios}"
        if ratios
        else "No input has a break-even between its bounds"
    )
    note = (
        "Diamonds: the value at which contribution is zero, filled where it is plausible, its number at the right. "
        "Wide bars: the plausible range."
        + (
            f" Not shown, having no break-even that a log axis can hold: {join_and(without)}."
            if without
            else ""
        )
    )
    return figure_html(f"break-even-{segment}", title, alt + ".", fig, rows, note)


@styled
def value_chain(study: Study, segment: str) -> Html:
    """Where the money for a finished second goes: as it was paid before, and with generated video."""
    point, drawn, unit = study.point(segment), study.drawn(segment), "USD/finished-s"
    parts = {
        "today": lambda a: a.incumbent_cost,
        "still paid as before": lambda a: (1 - a.displaced_share) * a.incumbent_cost,
        "own labour": lambda a: a.labour_hours * a.wage / a.finished_seconds_per_minute,
        "vendor's price": lambda a: a.revenue / a.finished_seconds,
        "customer keeps": lambda a: a.saving_per_finished_second - a.revenue / a.finished_seconds,
        "generation": lambda a: a.compute_cost / a.finished_seconds,
        "service": lambda a: a.service_cost / a.finished_seconds,
        "contribution": lambda a: a.contribution / a.finished_seconds,
    }
    rows = {
        name: study.summarised(segment, name, unit, formula(point), formula(drawn))
        for name, formula in parts.items()
    }
    for name in (
        "today",
        "still paid as before",
        "own labour",
    ):  # these stand whether or not the customer buys
        rows[name]["value"] = float(parts[name](point))
    whole = {
        "today": (INK, 0),
        "still paid as before": (SOFT, 1),
        "own labour": (SOFT, 1),
        "vendor's price": (ACCENT, 1),
        "customer keeps": (GAIN, 1),
    }
    zoom = {
        "vendor's price": (ACCENT, 1),
        "generation": (LOSS, -1),
        "service": (LOSS, -1),
        "contribution": (INK, 0),
    }
    fig, panels = sheet(5.6, 2, height_ratios=(5, 4))
    for ax, steps, scale in zip(panels, (whole, zoom), ("", ", enlarged")):
        cascade(
            ax,
            [(name, rows[name], *look) for name, look in steps.items()],
            f"USD per finished second{scale}",
        )
    if rows["vendor's price"]["value"] > 0:
        cost, kept, paid, made = (
            format_quantity(rows[name]["value"], unit)
            for name in ("today", "customer keeps", "vendor's price", "generation")
        )
        told = f"of {cost} that a finished second cost before, the customer saves {kept} after paying the vendor {paid}; generation costs {made}"
    else:
        told = "at the best values the customer saves nothing, so nobody buys"
    title = say(study, "{title here}: {told}", segment, told=told)
    note = (
        "Above, the first bar is the cost without generated video, and those below it add up to it; beneath, the vendor's price on a "
        "scale of its own. Thin lines: 5th to 95th percentile, over draws in which the customer saves something."
    )
    return figure_html(
        f"value-chain-{segment}",
        title,
        f"USD per finished second: {spreads(rows)}.",
        fig,
        rows_table(rows.values()),
        note,
    )
