"""What drives the answer: shares of variance, how long installs stay, and what reported burns imply.

Judgement calls: an input drives a segment from DRIVES of its variance on; two reports whose weights on the draws have less than
APART in common cannot both be true.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from itertools import chain

import numpy as np

from analysis.findings.sensitivity import IMPLIED
from analysis.findings.study import Study
from analysis.model.retention import by_app, survival
from analysis.show.figures.parts import (
    MARK,
    finite,
    interval_row,
    polyline,
    row_limits,
    row_sheet,
    rows_table,
)
from analysis.show.figures.plotting import (
    ACCENT,
    INK,
    SOFT,
    colour_of,
    figure_html,
    log_axis,
    log_limits,
    marker_of,
    name_rows,
    place_labels,
    sheet,
    styled,
)
from analysis.show.markup import readable
from analysis.show.prose import (
    Html,
    format_percent,
    format_quantity,
    format_significant,
    input_html,
    join_and,
    result_html,
    say,
)

MOST, DRIVES, APART = 12, 0.05, 0.05
FEW = 100  # effective draws below which a weighted median is no finding
NOTHING = "no input varies in a way that would change whether it pays"


def _rows(study: Study, segment: str, metric: str) -> dict[str, dict]:
    """The results of that name by their detail."""
    table = study.results
    return {
        r["detail"]: r
        for r in table[(table["segment"] == segment) & (table["metric"] == metric)].to_dict(
            "records"
        )
    }


@styled
def sobol(study: Study) -> Html:
    """Which inputs drive whether a segment pays: total Sobol' indices, a row a segment and a column an input."""
    rows = study.results[study.results["metric"] == "sobol_total"].dropna(subset="value")
    table = (
        rows.pivot(index="segment", columns="detail", values="value")
        .reindex(study.segments)
        .clip(0, 1)
    )
    leads, drivers = (
        {s: own.idxmax() for s, own in table.iterrows() if own.notna().any()},
        table.loc[:, table.max() >= DRIVES],
    )
    names = list(drivers.sum().sort_values(ascending=False, kind="stable").index[:MOST])
    fig, ax = row_sheet([*map(study.title, table.index)], 1.9, 14)
    ax.set(xlim=(-0.5, max(len(names), 1) - 0.5), xticks=range(len(names)))
    ax.set_xticklabels(map(readable, names), rotation=90, color=INK)
    ax.tick_params(axis="x", length=0, labeltop=True, labelbottom=False)
    ax.spines["bottom"].set_visible(False)
    for (i, x), value in np.ndenumerate(table[names]):
        if math.isfinite(value):
            ax.barh(
                i,
                0.92,
                0.88,
                x - 0.46,
                fc=(ACCENT, 0.45 * value),
                ec=INK,
                lw=1.3 * (leads[table.index[i]] == names[x]),
            )
            ax.text(x, i, f"{100 * value:.0f}", ha="center", va="center_baseline")
    counts = join_and(f"{readable(p)} for {n}" for p, n in Counter(leads.values()).most_common())
    title = (
        f"What moves revenue over running cost most: {counts} of {len(table)} segments"
        if leads
        else f"Of every segment: {NOTHING}"
    )
    alt = "Largest share of variance: " + "; ".join(
        f"{study.title(s)} {readable(p)}, {format_percent(table.loc[s, p])}"
        for s, p in leads.items()
    )
    error = format_significant(50 * (rows["p95"] - rows["p05"]).max(), 2) if len(rows) else "0"
    note = (
        "Per cent of the variance of ln(revenue / costs) that an input accounts for, alone or with others (total index), so a row may "
        f"add up to more than 100. Framed: the largest. Blank: certain, no input there, or nobody ever buys. "
        f"Estimated to ± {error} or better. Left out: inputs below {100 * DRIVES:.0f} everywhere"
        + f", and all but {MOST}" * (drivers.shape[1] > MOST)
        + "."
    )
    return figure_html(
        "sobol", title, alt + ".", fig, rows_table(rows[rows["detail"].isin(names)]), note
    )


@styled
def retention(study: Study) -> Html:
    """How many installs are still used N days later, and the days of use that makes, beside those assumed of a monthly user."""
    points = study.assumptions.tables.retention_points
    apps = [
        (a, study.result("all", "active_days_of_an_install", a["app"]))
        for a in by_app(points).to_dict("records")
    ]
    last, low = max([90, *points["day"]]), log_limits([*points["retention"], 1.0])[0]
    fig, ax = sheet(4.4)
    log_axis(ax, "x", (1, last), 5)
    log_axis(ax, "y", (low, 1.0), 8)
    ax.set(
        xlabel="days after the install",
        ylabel="share active on that day",
        xticks=[d for d in (1, 3, 7, 30, 90, 365) if d <= last],
    )
    ax.yaxis.set_major_formatter(lambda v, _: format_percent(v))
    labels, lines = [], []
    for i, (a, row) in enumerate(apps):
        own, fitted = (
            points[(points["app"] == a["app"]) & (points["kind"] == a["kind"])],
            math.isfinite(row["value"]),
        )
        known, others = (
            some.loc[some["retention"] > 0, ["day", "retention"]]
            for some in (own, points[points["app"] != a["app"]])
        )
        day, left = max(
            known.to_numpy(),
            key=lambda at: np.hypot(*np.log(others / at).to_numpy().T).min(initial=9),
        )  # most apart
        t, colour = np.geomspace(1, last if fitted else day, 30), ACCENT if fitted else SOFT
        y = survival(t, a["alpha"], a["beta"]) if fitted else left ** (t / day)
        ax.plot(t, y, color=colour, ls="-" if fitted else "--")
        if not fitted:
            ax.fill_between(t, left, y, color=colour, alpha=0.12, lw=0)
        ax.plot(
            own["day"], np.maximum(own["retention"], low), marker_of(i), color=colour, ms=7, **MARK
        )
        labels.append((day, left, a["app"], INK))
        lines += polyline(list(t), y)
    place_labels(ax, labels, lines)
    fits = sorted(
        (row for _, row in apps if math.isfinite(row["value"])), key=lambda row: row["value"]
    )
    told = " to ".join(
        f"{result_html(row)} ({html.escape(row['detail'])})" for row in fits[:1] + fits[1:][-1:]
    )
    title = (
        f"In its first 30 days an install is active for {told or 'as long as no curve can tell'}"
    )
    for s in study.consumer_segments():
        above = (
            sum(row["value"] < study.assumptions.of(s)["active_days"].value for row in fits)
            or "none"
        )
        told = f", above {above} of {len(fits)} apps with a curve" if fits else ""
        title += say(
            study,
            "; {title here}: a monthly user is taken at {days} a month{told}",
            s,
            days=input_html(study, f"{s}.active_days"),
            told=told,
        )
    alt = "Active days in the first 30: " + "; ".join(
        f"{row['detail']} "
        + (
            format_significant(row["value"])
            if math.isfinite(row["value"])
            else f"{format_significant(row['p05'], 2)} to {format_significant(row['p95'], 2)}"
        )
        for _, row in apps
    )
    note = (
        "Marks: published shares; at the lower edge one rounded to zero, not fitted. Lines: shifted-beta-geometric curves. Dashed, "
        f"above a band: what a single point leaves open, if people leave ever more slowly. {alt}."
    )
    days = points["app"].map({row["detail"]: row["value"] for _, row in apps})
    return figure_html(
        "retention",
        Html(title),
        alt + ".",
        fig,
        points.assign(active_days_of_an_install=days),
        note,
    )


@styled
def calibration(study: Study, segment: str) -> Html:
    """What a reported burn would mean: four quantities as assumed, and as they would have to be."""
    point, drawn, reports = (
        study.point(segment),
        study.drawn(segment),
        study.assumptions.tables.evidence.set_index("id"),
    )
    size, common = (
        _rows(study, segment, metric) for metric in ("effective_draws", "overlap_of_reports")
    )
    found = {
        m: [
            study.summarised(segment, m, unit, formula(point), formula(drawn)),
            *(study.result(segment, f"{m}_given_burn", i) for i in size),
        ]
        for m, (unit, formula) in IMPLIED.items()
    }
    fig, panels = sheet(len(found) * (0.75 + 0.4 * (1 + len(size))), len(found))
    fig.get_layout_engine().set(h_pad=0.1)
    for ax, (m, rows) in zip(panels, found.items()):
        limits = row_limits(rows, stat="p50")
        name_rows(
            ax,
            [
                "as assumed",
                *(
                    f"{format_quantity(reports.at[i, 'value'], 'USD')} a day ({reports.at[i, 'as_of'][:7]})"
                    for i in size
                ),
            ],
            18,
        )
        log_axis(ax, "x", limits, 4)
        ax.set_title(readable(m) + ", USD" * IMPLIED[m][0].startswith("USD"))
        for i, row in enumerate(rows):
            interval_row(
                ax,
                i,
                row,
                limits,
                colour_of(study.segments.index(segment)) if i else SOFT,
                stat="p50",
                otherwise="never",
            )
    assumed, *given_burn = found["cost_per_user_day"]
    told = [
        f"{result_html(r, 'p50') if size[r['detail']]['value'] >= FEW else 'what too few draws tell'} if {format_quantity(reports.at[r['detail'], 'value'], 'USD')} "
        f"burn a day ({result_html(size[r['detail']])} effective draws)"
        for r in given_burn
        if math.isfinite(r["p50"])
    ]
    apart = "".join(
        f"; no one set of inputs gives both: the two share {result_html(row)} of their weights"
        for row in common.values()
        if row["value"] < APART
    )
    told = (
        f", {join_and(told)}{apart}"
        if told
        else "; in no draw is money burnt, as reported"
        if size
        else "; no burn is reported"
    )
    title = say(
        study,
        "{title here}: a user's day takes {day} of compute as assumed{told}",
        segment,
        day=result_html(assumed, "p50"),
        told=told,
    )
    alt = (
        "Medians as assumed"
        + "".join(f", given {i}" for i in size)
        + ": "
        + "; ".join(
            f"{readable(m)} {join_and(finite(row, 'never', stat='p50') for row in rows)}"
            for m, rows in found.items()
        )
    )
    note = (
        "Bars run from the 5th to the 95th percentile, marks are medians; of all draws, and of draws weighted by how well their burn "
        "agrees with a report. Effective draws are as many as would tell as much without weights."
    )
    return figure_html(
        f"calibration-{segment}", title, alt + ".", fig, rows_table(chain(*found.values())), note
    )
