"""What drives the answer: shares of variance, how long installs stay, what reported burns imply.

Judgement calls: an input drives a segment from DRIVES of its variance on; two reports whose weights
on the draws have less than APART in common cannot both be true.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.patches import Rectangle

from analysis.findings.calibration import IMPLIED
from analysis.findings.results import retention_by_app
from analysis.findings.study import Study
from analysis.model.retention import survival
from analysis.show.figures import parts, plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.plotting import ACCENT, INK, SOFT, log_axis
from analysis.show.markup import readable
from analysis.show.numbers import format_percent, format_quantity, input_html

MAX_COLUMNS, DRIVES, APART = 12, 0.05, 0.05
MIN_EFFECTIVE_DRAWS = 100  # below which a weighted median is no finding


@figure
def sobol(study: Study) -> tuple:
    """Which inputs drive whether a segment pays: total Sobol' indices by segment and input."""
    rows = study.results[study.results["metric"] == "sobol_total"].dropna(subset="value")
    shares = rows.pivot(index="segment", columns="detail", values="value")
    shares = shares.reindex(study.segments).clip(0, 1)
    known = shares.dropna(how="all") if len(rows) else shares.iloc[:0]
    leading = {s: own.idxmax() for s, own in known.iterrows()}
    drivers = shares.columns[shares.max() >= DRIVES]
    ordered = shares[drivers].sum().sort_values(ascending=False, kind="stable")
    names = [*ordered.index[:MAX_COLUMNS]]
    titles = [*map(study.title, shares.index)]
    fig, ax = plotting.sheet(1.9 + len(shares) * plotting.row_height(titles, 14))
    _draw_shares(ax, shares[names], leading)
    plotting.name_rows(ax, titles, 14, first=0.5)
    facts = {
        "segments": len(shares),
        "leads": [(study.title(s), name, shares.at[s, name]) for s, name in leading.items()],
        "counts": Counter(leading.values()).most_common(),
        "error": 50 * (rows["p95"] - rows["p05"]).max() if len(rows) else 0.0,
        "drives": round(100 * DRIVES),
        "most": MAX_COLUMNS if len(drivers) > MAX_COLUMNS else None,
    }
    return fig, rows[rows["detail"].isin(names)], facts


def _draw_shares(ax, shares: pd.DataFrame, leading: dict[str, str]) -> None:
    """A shaded cell for each segment and input, the largest of a row framed."""
    if len(shares.columns):
        percent = (100 * shares).map("{:.0f}".format)
        parts.heatmap(
            ax, (100 * shares).round(), percent, [(ACCENT, 0.0045 * i) for i in range(101)]
        )
    for segment, name in leading.items():
        at = shares.columns.get_loc(name), shares.index.get_loc(segment)
        ax.add_patch(Rectangle(at, 1, 1, fill=False, ec=INK, lw=1.3, clip_on=False))
    ax.set_xticks(np.arange(len(shares.columns)) + 0.5, map(readable, shares), rotation=90)
    ax.tick_params(axis="x", length=0, labeltop=True, labelbottom=False, labelcolor=INK)
    ax.spines["bottom"].set_visible(False)


@figure
def retention(study: Study) -> tuple:
    """How many installs are still used N days later, beside the days assumed of a monthly user."""
    points = study.assumptions.tables.retention_points
    apps = retention_by_app(points)
    rows = parts.results_table(study, ["all"], ["active_days_of_an_install"], apps["app"])
    fig, ax = plotting.sheet(4.4)
    _draw_retention(ax, points, apps.assign(fitted=np.isfinite(rows["value"])))
    fits = rows.dropna(subset="value").sort_values("value", kind="stable").to_dict("records")
    assumed = []
    for s in study.consumer_segments():
        days = study.assumptions.of(s)["active_days"].value
        above = sum(row["value"] < days for row in fits)
        marked = input_html(study, f"{s}.active_days")
        assumed.append({"title": study.title(s), "days": marked, "above": above})
    days = points["app"].map(rows.set_index("detail")["value"])
    data = points.assign(active_days_of_an_install=days)
    return fig, data, {"fits": fits, "assumed": assumed, "rows": rows}


def _draw_retention(ax, points: pd.DataFrame, apps: pd.DataFrame) -> None:
    """Published shares as marks, a curve through those of an app, a band where one point is all."""
    last, low = max([90, *points["day"]]), plotting.log_limits([*points["retention"], 1.0])[0]
    log_axis(ax, "x", (1, last))
    log_axis(ax, "y", (low, 1.0), 8)
    ax.set(xlabel="days after the install", ylabel="share active on that day")
    ax.set_xticks([day for day in (1, 3, 7, 30, 90, 365) if day <= last])
    ax.yaxis.set_major_formatter(lambda share, _: format_percent(share))
    labels, lines = [], []
    for i, app in enumerate(apps.itertuples()):
        own = points[(points["app"] == app.app) & (points["kind"] == app.kind)]
        day, share = _farthest(own, points[points["app"] != app.app])
        if app.fitted:
            x, colour = np.geomspace(1, last, 30), ACCENT
            y = survival(x, app.alpha, app.beta)
        else:
            x, colour = np.geomspace(1, day, 30), SOFT
            y = share ** (x / day)
            ax.fill_between(x, share, y, color=colour, alpha=0.12, lw=0)
        sns.lineplot(x=x, y=y, color=colour, ls="-" if app.fitted else "--", errorbar=None, ax=ax)
        shown = own["retention"].clip(lower=low)
        parts.marks(ax, own["day"], shown, [colour] * len(own), plotting.marker_of(i) * len(own), 7)
        labels.append((day, share, app.app, INK))
        lines += parts.polyline(x, y)
    plotting.place_labels(ax, labels, lines)


def _farthest(own: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """The point of an app that is farthest from those of others: where a label meets none."""
    own, others = (
        table.loc[table["retention"] > 0, ["day", "retention"]].to_numpy()
        for table in (own, others)
    )
    steps = np.log(others[None, :, :] / own[:, None, :])
    return own[np.hypot(*np.moveaxis(steps, -1, 0)).min(axis=1, initial=9).argmax()]


@figure
def calibration(study: Study, segment: str) -> tuple:
    """What a reported burn would mean: four quantities as assumed, and as they would have to be."""
    evidence = study.assumptions.tables.evidence.set_index("id")
    size, common = (
        _by_detail(study, segment, m) for m in ("effective_draws", "overlap_of_reports")
    )
    reports = evidence.loc[[*size]].assign(
        enough=[row["value"] >= MIN_EFFECTIVE_DRAWS for row in size.values()]
    )
    panels = {metric: _implied(study, segment, metric, [*size]) for metric in IMPLIED}
    names = ["as assumed"]
    for report in reports.itertuples():
        names.append(f"{format_quantity(report.value, 'USD')} a day ({report.as_of[:7]})")
    fig, axes = plotting.sheet(len(panels) * (0.75 + 0.4 * len(names)), len(panels))
    fig.get_layout_engine().set(h_pad=0.1)
    for ax, (metric, rows) in zip(axes, panels.items(), strict=True):
        plotting.name_rows(ax, names, 18)
        limits = parts.interval_limits(rows, stat="p50")
        log_axis(ax, "x", limits, 4)
        unit = ", USD" if rows["unit"][0].startswith("USD") else ""
        ax.set_title(readable(metric) + unit)
        parts.interval_rows(ax, rows, limits, "p50", "never")
    assumed, *given = panels["cost_per_user_day"].to_dict("records")
    facts = {
        "assumed": assumed,
        "given": [row for row in given if math.isfinite(row["p50"])],
        "reports": reports,
        "size": size,
        "apart": [row for row in common.values() if row["value"] < APART],
        "panels": panels,
    }
    return fig, pd.concat(panels.values()), facts


def _by_detail(study: Study, segment: str, metric: str) -> dict[str, dict]:
    """The results of that name by their detail."""
    rows = study.results.query("segment == @segment and metric == @metric").to_dict("records")
    return {row["detail"]: row for row in rows}


def _implied(study: Study, segment: str, metric: str, reports: list[str]) -> pd.DataFrame:
    """A quantity as assumed, and given each of the reported burns."""
    unit, formula = IMPLIED[metric]
    cases = study.point(segment), study.drawn(segment)
    rows = [study.summarised(segment, metric, unit, *map(formula, cases))]
    rows += [study.result(segment, f"{metric}_given_burn", report) for report in reports]
    own = plotting.colour_of(study.segments.index(segment))
    return pd.DataFrame(rows).assign(colour=[SOFT] + [own] * len(reports), marker="o")
