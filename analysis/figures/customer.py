"""One segment: a customer's month, burn against users, the chain of value, and what would have to be true."""
from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullLocator

from analysis.figures.parts import CASCADE, spread, rows_table, at_right, cascade, polyline
from analysis.figures.plotting import (
    ACCENT, GAIN, INK, LOSS, SOFT, SURFACE, colour_of, figure, log_axis,
    log_limits, marker_of, name_rows, place_labels, row_height, sheet, styled, tick, whisker,
)
from analysis.prose import Html, digits, listed, said, say, share
from analysis.study import Study


@styled
def month_waterfall(study: Study, segment: str) -> Html:
    """A customer's month: what comes in, what compute and service take, what is left."""
    point, drawn, unit = study.point(segment), study.drawn(segment), "USD/customer-month"
    revenue, compute, left = (study.result(segment, m) for m in ("revenue", "compute_cost", "contribution"))
    service = study.summary(segment, "service_cost", unit, point.service_cost, drawn.service_cost)
    steps = [("revenue", 0, 1, revenue, GAIN)]
    if point.business_model == "subscription":
        fees = study.summary(segment, "subscriptions_net", unit, point.revenue - point.other_revenue, drawn.revenue - drawn.other_revenue)
        other = study.summary(segment, "other_revenue", unit, point.other_revenue, drawn.other_revenue)
        steps = [("subscriptions, net of fees", 0, 1, fees, GAIN), ("other revenue", fees["value"], 1, other, GAIN)]
    steps += [("compute", revenue["value"], -1, compute, LOSS), ("service", revenue["value"] - compute["value"], -1, service, LOSS),
              ("contribution", 0, 1, left, INK)]
    steps = [(a, b if math.isfinite(b) else 0.0, c, d, e) for a, b, c, d, e in steps]
    fig, ax = sheet(0.8 + len(steps) * 0.5)
    cascade(ax, steps, "USD per customer and month")
    if math.isfinite(left["value"]):
        title = say(study, "{title here}: of {here/revenue} that a customer-month brings, compute takes {here/compute_cost} and "
                    "service {part}; what is {here/contribution? left | missing} is {rest}", segment,
                    part=said(service["value"], unit), rest=said(abs(left["value"]), unit))
    else:
        title = say(study, "{title here}: at the best values the customer saves nothing, so nobody buys", segment)
    alt = "USD a customer-month: " + "; ".join(f"{name} {spread(row)}" for name, _, _, row, _ in steps)
    return figure(f"month-waterfall-{segment}", title, alt + ".", fig, rows_table([row for _, _, _, row, _ in steps]), CASCADE)


@styled
def burn_against_users(study: Study, segment: str) -> Html:
    """What N monthly users lose in a day: pooling makes a user cheaper, and more users dearer."""
    rows = [r for r in study.results.to_dict("records") if r["segment"] == segment and r["metric"] == "daily_burn" and r["detail"]]
    rows.sort(key=lambda r: float(r["detail"]))
    n = np.array([float(r["detail"]) for r in rows])
    value, low, high = (np.array([r[p] for r in rows]) for p in ("value", "p05", "p95"))
    users, here = study.result(segment, "monthly_customers"), study.result(segment, "daily_burn")
    flat = -n * float(study.point(segment).contribution) / study.point(segment).days_per_month
    evidence = study.assumptions.codebook.evidence
    reported = evidence[evidence.get("compares_with", pd.Series("", evidence.index)) == f"{segment}/daily_burn"]
    marks = [here["value"], *reported["value"]]
    fig, ax = sheet(4.2)
    log_axis(ax, "x", log_limits([*n, users["value"]]), 5)
    if min(low.min(), value.min(), flat.min(), *marks) > 0:
        log_axis(ax, "y", log_limits([*value, *flat, *marks], [*low, *high]), 6)
    else:
        size = max(np.abs([value.min(), value.max(), *marks]).max(), 1e-9)
        ax.set_yscale("symlog", linthresh=size / 1e5)
        ax.set_ylim(-20 * size if low.min() < 0 else 0, 20 * size)
        ax.set_yticks(sorted({sign * 10.0 ** (math.floor(math.log10(size)) + k) for sign in (-1, 1) for k in (-4, -2, 0)} | {0.0}))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(tick))
        ax.axhline(0, color=SOFT, lw=1)
    ax.set(xlabel="monthly users", ylabel="USD lost a day")
    position = study.segments.index(segment)
    ax.fill_between(n, low, high, color=colour_of(position), alpha=0.18, lw=0)
    ax.plot(n, value, color=colour_of(position), lw=2.2)
    ax.plot(n, flat, color=SOFT, ls="--", lw=1.2)
    ax.plot(users["value"], here["value"], marker=marker_of(position), color=colour_of(position), ms=10, mec=SURFACE, clip_on=False)
    labels = [(users["value"], here["value"], f"assumed users:\n{said(here['value'], here['unit'])} a day", INK)]
    for _, row in reported.iterrows():
        ax.plot(users["value"], row["value"], "D", color=LOSS, ms=7, mec=SURFACE, clip_on=False)
        labels.append((users["value"], row["value"], f"reported:\n{said(row['value'], row['unit'])}", INK))
    end = len(n) // 4
    labels.append((n[end], flat[end], "never a GPU idle\nfor want of pooling", SOFT))
    place_labels(ax, labels, polyline(list(n), value))
    each = value / n
    least, most = each[-1], each[0]
    if most > 0 and least > 0:
        told = f"pooling cuts the loss per user by {share(1 - least / most)} from {digits(n[0])} to {digits(n[-1])} users, and no further"
    elif most > 0:
        told = f"pooling turns the loss per user at {digits(n[0])} users into a gain at {digits(n[-1])}"
    else:
        told = f"it gains on each user from {digits(n[0])} users on"
    title = say(study, "{title here}: {here/monthly_customers} {here/daily_burn? lose | leave | leave} {burn} a day at the best values "
                "({here/daily_burn@range}); {told}", segment, burn=said(abs(here["value"]), here["unit"]), told=told)
    alt = "USD lost a day by monthly users: " + "; ".join(f"{digits(float(r['detail']))} users {spread(r)}" for r in rows)
    alt += "".join(f"; reported {digits(v)}" for v in reported["value"])
    note = ("The band runs from the 5th to the 95th percentile; below zero is a gain. The dashed line is a fleet so large that pooling "
            "brings no more." + (" Diamonds are published figures." if len(reported) else ""))
    return figure(f"burn-against-users-{segment}", title, alt + ".", fig, rows_table([*rows, here]), note)


@styled
def break_even(study: Study, segment: str) -> Html:
    """How far each input would have to move, alone, to bring contribution to zero, as a multiple of its best value."""
    of = study.assumptions.of(segment)
    rows, without = [], []
    for parameter, q in of.items():
        try:
            at = study.result(segment, "break_even", parameter)["value"]
        except KeyError:
            continue
        name = parameter.replace("_", " ")
        if at > 0 and q.value > 0:
            inside = q.low <= at <= q.high
            rows.append(dict(parameter=name, unit=q.unit, low=q.low, value=q.value, high=q.high, break_even=at, inside=inside))
        else:
            without.append(f"{name} (at {digits(at)})" if math.isfinite(at) else name)
    rows.sort(key=lambda r: abs(math.log(r["break_even"] / r["value"])))
    names = [r["parameter"] for r in rows]
    fig, ax = sheet(0.9 + max(len(rows), 1) * row_height(names, 19))
    times = [[r[c] / r["value"] for r in rows] for c in ("break_even", "low", "high")]
    limits = log_limits([1.0, *(min(max(t, 1e-3), 1e3) for t in times[0])], times[1] + times[2], 8.0)
    name_rows(ax, names, 19)
    log_axis(ax, "x", limits, 5)
    ax.axvline(1, color=SOFT, lw=1.2)
    for i, r in enumerate(rows):
        goal = float(np.clip(r["break_even"] / r["value"], *limits))
        whisker(ax, i, r["low"] / r["value"], r["high"] / r["value"], limits, ACCENT, width=7)
        ax.plot([1, goal], [i, i], color=INK, lw=1)
        beyond = "<" if goal == limits[0] else ">" if goal == limits[1] else "D"
        ax.plot(goal, i, marker=beyond, ms=7, color=INK, mfc=INK if r["inside"] else SURFACE, clip_on=False)
        at_right(ax, i, said(r["break_even"], "fraction") if r["unit"] == "fraction" else digits(r["break_even"]))
    ax.set_xlabel("multiple of the best value")
    inside = [r["parameter"] for r in rows if r["inside"]]
    several = f"{len(inside)} inputs could each, alone," if len(inside) != 1 else "one input could, alone,"
    title = say(study, "{title here}: " + (
        f"{several} bring contribution to zero within the plausible range, {inside[0]} with the least change" if inside
        else "no input could, alone, bring contribution to zero within its plausible range"), segment)
    ratios = "; ".join(f"{r['parameter']} {digits(r['break_even'] / r['value'])}" for r in rows)
    alt = f"Break-even as a multiple of the best value: {ratios}" if rows else "No input has a break-even between its bounds"
    columns = ["parameter", "unit", "low", "value", "high", "break_even", "inside"]
    note = ("Diamonds: the value at which contribution is zero, filled where it is plausible, its number at the right. "
            "Wide bars: the plausible range."
            + (f" Not shown, having no break-even that a log axis can hold: {listed(without)}." if without else ""))
    return figure(f"break-even-{segment}", title, alt + ".", fig, pd.DataFrame(rows, columns=columns), note)


@styled
def value_chain(study: Study, segment: str) -> Html:
    """Where the money for a finished second goes: as it was paid before, and with generated video."""
    point, drawn, unit = study.point(segment), study.drawn(segment), "USD/finished-s"
    parts = {"today": lambda a: a.incumbent_cost, "still paid as before": lambda a: (1 - a.displaced_share) * a.incumbent_cost,
             "own labour": lambda a: a.labour_hours * a.wage / a.finished_seconds_per_minute,
             "vendor's price": lambda a: a.revenue / a.finished_seconds,
             "customer keeps": lambda a: a.saving_per_finished_second - a.revenue / a.finished_seconds,
             "generation": lambda a: a.compute_cost / a.finished_seconds, "service": lambda a: a.service_cost / a.finished_seconds,
             "contribution": lambda a: a.contribution / a.finished_seconds}
    rows = {name: study.summary(segment, name, unit, formula(point), formula(drawn)) for name, formula in parts.items()}
    for name in ("today", "still paid as before", "own labour"):  # these stand whether or not the customer buys
        rows[name]["value"] = float(parts[name](point))
    got = {name: row["value"] if math.isfinite(row["value"]) else 0.0 for name, row in rows.items()}
    colours = {"today": INK, "still paid as before": SOFT, "own labour": SOFT, "vendor's price": ACCENT, "customer keeps": GAIN}
    steps, start = [("today", 0.0, 1, rows["today"], INK)], 0.0
    for name in list(colours)[1:]:
        steps.append((name, start, 1, rows[name], colours[name]))
        start += got[name]
    vendor = [("vendor's price", 0.0, 1, rows["vendor's price"], ACCENT),
              ("generation", got["vendor's price"], -1, rows["generation"], LOSS),
              ("service", got["vendor's price"] - got["generation"], -1, rows["service"], LOSS),
              ("contribution", 0.0, 1, rows["contribution"], INK)]
    fig, (whole, zoom) = sheet(5.6, 2, height_ratios=(5, 4))
    cascade(whole, steps, "USD per finished second")
    cascade(zoom, vendor, "USD per finished second, enlarged")
    if got["vendor's price"] > 0:
        cost, kept, paid, made = (said(got[name], unit) for name in ("today", "customer keeps", "vendor's price", "generation"))
        told = f"of what cost {cost} a finished second the customer keeps {kept} and the vendor gets {paid}, against {made} for generation"
    else:
        told = "at the best values the customer saves nothing, so nobody buys"
    title = say(study, "{title here}: {told}", segment, told=told)
    alt = "USD per finished second: " + "; ".join(f"{name} {spread(r)}" for name, r in rows.items())
    note = ("Above, the first bar is the cost without generated video, and those below it add up to it; beneath, the vendor's price on a "
            "scale of its own. Thin lines: 5th to 95th percentile, over draws in which the customer saves something.")
    return figure(f"value-chain-{segment}", title, alt + ".", fig, rows_table(list(rows.values())), note)
