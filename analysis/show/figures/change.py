"""What would change the answer: what is worth knowing, other scenarios, inputs that drive it."""

from __future__ import annotations

from pandas import DataFrame, Series

from analysis.findings.claims import AT_LEAST_LIKELY
from analysis.findings.scenarios import side_by_side
from analysis.findings.study import Study
from analysis.model.distributions import Z95
from analysis.show.figures import plotting
from analysis.show.figures.figure import figure
from analysis.show.figures.marks import bar_figure, chance_axis, dots, segment_looks, share_axis
from analysis.show.figures.plotting import ACCENT, SOFT, TEXT_LINE
from analysis.show.markup import readable
from analysis.show.numbers import format_percent, format_probability

MOST_DRIVERS = 10  # rows that are shown
MOST_SCENARIOS = 7
MEASURABLE = 2  # standard errors
LEAST = 0.02  # of a probability, that counts as a difference
CLAIMS = {
    "covers_running_cost": "covers its running cost",
    "repays_acquisition": "repays winning a customer",
}
BASE = {"marker": "o", "mec": SOFT, "mfc": "none", "mew": 1.6}
THERE = {"marker": "o", "color": ACCENT}


@figure(
    "{% if top %}Most worth finding out: {{ top.name }}, for {{ how_many(top.leads, top.of) }}"
    "{% else %}No input is measurably worth finding out{% endif %}",
    "The input that is worth most to know, for somebody who decides whether to serve a segment, "
    "as a share of what knowing everything is worth (EVPPI over EVPI). Pale bars: 90 % interval "
    "of the estimate.{% if top %} {{ top.name | capital }}: {{ top.meaning }}.{% endif %}",
)
def worth_knowing(study: Study) -> tuple:
    """The input that is worth most to know in each segment, as a share of knowing everything."""
    rows = most_worth(study.results)
    names = rows.detail.map(readable)
    rows["label"] = rows.segment.map(study.title) + ": " + names
    rows["told"] = rows.p50.map(format_percent)
    rows["colour"] = ACCENT
    limits = 0, max([0.1, *rows.p95.clip(upper=1)])
    fig = bar_figure(rows, "Of the worth of knowing everything", limits, format_percent)
    if rows.empty:
        return fig, rows, {"top": None}
    counts = rows.detail.value_counts()
    parameters = study.assumptions.tables.parameters.set_index("parameter")
    meaning = parameters.meaning[counts.index[0]]
    return fig, rows, {"top": leading(counts) | {"meaning": meaning}}


def leading(counts: Series) -> dict:
    """The input that is counted most often, and of how many."""
    name = readable(counts.index[0])
    return {"name": name, "leads": int(counts.iloc[0]), "of": int(counts.sum())}


def most_worth(results: DataFrame) -> DataFrame:
    """The measurable EVPPI that is largest in each segment, over its EVPI, with 90 % interval."""
    whole = results.query("metric == 'evpi'").set_index("segment").value
    table = results.query("metric == 'evppi'").sort_values("value", kind="stable")
    error = (table.p95 - table.value) / Z95
    table = table[table.value > MEASURABLE * error]
    best = table.groupby("segment", sort=False).tail(1)
    rows = best[["segment", "detail"]].copy()
    evpi = best.segment.map(whole)
    rows["p05"] = best.p05 / evpi
    rows["p50"] = best.value / evpi
    rows["p95"] = best.p95 / evpi
    return rows.sort_values("p50", ascending=False)


@figure(
    "{% if first %}{{ first.title }}: then it is {{ first.then }} instead of {{ first.now }} that "
    "{{ first.who }} {{ first.claimed }}{% else %}No scenario makes much difference{% endif %}",
    "From the tables as they stand to the scenario, for the segment and the test that it moves "
    "most. Scenarios that move nothing by two points are left out.",
)
def scenario_differences(study: Study) -> tuple:
    """What each scenario changes most, from the tables as they stand."""
    rows = differences(study).head(MOST_SCENARIOS)
    above = plotting.key_height(2) + TEXT_LINE
    fig, ax, at = plotting.row_sheet(rows.label, above=above, words=0)
    chance_axis(ax, at)
    plotting.key(fig, {"tables as they stand": BASE, "scenario": THERE})
    ax.hlines(at, rows.base, rows.probability, color=ACCENT, lw=2.5)
    dots(ax, rows.base, at, rows.assign(colour=SOFT, marker="o"), hollow=True)
    dots(ax, rows.probability, at, rows.assign(colour=ACCENT, marker="o"))
    return fig, rows, {"first": rows.iloc[0].to_dict() if len(rows) else None}


def differences(study: Study) -> DataFrame:
    """The largest change of a probability in each scenario, from the tables as they stand."""
    table = side_by_side(study)
    table = table[table.claim.isin(CLAIMS) & table.subject.isin(study.segments)]
    places = ["claim", "subject"]
    base = table.query("scenario == 'base'").set_index(places).probability
    table = table.join(base.rename("base"), on=places)
    table["size"] = (table.probability - table.base).abs()
    table = table.sort_values("size", ascending=False, kind="stable")
    table = table[table["size"] >= LEAST]
    rows = table.groupby("scenario", sort=False).head(1).drop(columns="size")
    about = study.assumptions.tables.segments.set_index("segment")
    rows["who"] = rows.subject.map(about["phrase"])
    rows["claimed"] = rows.claim.map(CLAIMS)
    rows["now"] = rows.base.map(format_probability)
    rows["then"] = rows.probability.map(format_probability)
    found = list(rows.itertuples())
    rows["label"] = [f"{row.title}: {row.who} {row.claimed}" for row in found]
    rows["told"] = [f"{row.now} to {row.then}" for row in found]
    return rows


def segment_marks(study: Study, table: DataFrame, labels: Series, axis):
    """A row for each label with a mark for each segment: the table has segment, row and x."""
    looks = segment_looks(study)
    above = plotting.key_height(len(looks)) + TEXT_LINE
    fig, ax, at = plotting.row_sheet(labels, above=above, words=0)
    axis(ax, at)
    styles = looks.rename(columns={"colour": "color"}).set_index("label")
    plotting.key(fig, styles.to_dict("index"))
    own = table.join(looks, on="segment")
    y = own.row.map(Series(at, index=labels.index))
    dots(ax, own.x, y, own)
    return fig


@figure(
    "{{ how_many(some, of) | capital }} scenarios make a segment likely to repay; the most, "
    "{{ most | number_word }}, in this one: {{ best }}",
    "A mark is how likely a segment is to repay what winning a customer costs. Why each scenario "
    "is what it is stands in its file.",
)
def scenarios(study: Study) -> tuple:
    """How likely each segment repays what winning a customer costs, in every scenario."""
    table = side_by_side(study)
    table = table.query("claim == 'repays_acquisition'")
    table = table[table.subject.isin(study.segments)].rename(columns={"subject": "segment"})
    titles = table.drop_duplicates("scenario").set_index("scenario")["title"]
    shown = table.assign(x=table.probability, row=table.scenario)
    fig = segment_marks(study, shown, titles, chance_axis)
    likely = table.likelihood.isin(AT_LEAST_LIKELY)
    counts = likely.groupby(table.scenario, sort=False).sum()
    some = int((counts > 0).sum())
    facts = {"some": some, "of": len(counts), "most": int(counts.max())}
    return fig, table, facts | {"best": titles[counts.idxmax()]}


@figure(
    "{% if top %}What moves the margin most is {{ top.name }}, for "
    "{{ how_many(top.leads, top.of) }}"
    "{% else %}No input varies{% endif %}",
    "A mark is a segment: the share of its margin's variation that would go if the input were "
    "known (total Sobol' index).",
)
def sobol(study: Study) -> tuple:
    """Which inputs drive each segment's margin: total Sobol' indices."""
    table = study.results.query("metric == 'sobol_total'").dropna(subset="value")
    most = table.groupby("detail").value.max().sort_values(ascending=False, kind="stable")
    names = most.index[:MOST_DRIVERS]
    labels = Series(names.map(readable), index=names, dtype=str)
    shown = table[table.detail.isin(names)]
    shown = shown.assign(x=shown.value.clip(0, 1), row=shown.detail)
    fig = segment_marks(study, shown, labels, share_axis)
    if table.empty:
        return fig, table, {"top": None}
    first = table.sort_values("value").groupby("segment").tail(1)
    return fig, table, {"top": leading(first.detail.value_counts())}
