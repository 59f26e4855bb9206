"""The tables of the report: each a list of rows from results, tables or claims, and one `table`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import product

import pandas as pd

from analysis.findings import evidence_checks as checked
from analysis.findings.backtests import backtests as tested
from analysis.findings.backtests import placed
from analysis.findings.calibration import IMPLIED
from analysis.findings.claims import AT_LEAST_LIKELY, BY_NAME, CLAIMS, ClaimDefinition, claim
from analysis.findings.scenarios import DRAWS, OWN, compared, side_by_side
from analysis.findings.sensitivity import ranked_inputs
from analysis.findings.study import Study
from analysis.inputs.assumptions import Quantity
from analysis.model.distributions import standard_error
from analysis.model.registry import METRICS
from analysis.show.formulas import formulas_html, mathml
from analysis.show.html import Html, csv_link
from analysis.show.markup import BARE_UNITS, plausible, readable, table, with_range
from analysis.show.numbers import (
    format_percent,
    format_quantity,
    format_significant,
    input_html,
    interval_html,
    join_and,
    likelihood_html,
    published_value,
    result_html,
    source_link,
)
from analysis.show.verdict import sentence


def _by_segment(study: Study, cells: Callable[[str], Iterable]) -> list[list]:
    """A row for each segment: its title, then its cells."""
    return [[study.title(segment), *cells(segment)] for segment in study.segments]


def _spreads(study: Study, segment: str, *names: str) -> list[Html]:
    """Results of a segment, each a metric or metric/detail, over their intervals."""
    return [with_range(study.result(segment, *name.split("/", 1))) for name in names]


def _results_by_segment(study: Study, *names: str) -> list[list]:
    return _by_segment(study, lambda segment: _spreads(study, segment, *names))


def _first(cells: list, most: int) -> list:
    """So many cells, empty where there are fewer."""
    return [*cells[:most], *[""] * (most - len(cells))]


def _id_link(table_name: str, key: str) -> Html:
    """A link to the row of an assumption or a source."""
    return Html('<a class="id" href="#{}-{}">{}</a>').format(table_name, key, key)


def who_pays(study: Study) -> Html:
    """Every segment by the same two tests, with both probabilities."""
    tests = "covers_running_cost", "repays_acquisition"
    rows = _by_segment(study, lambda s: [likelihood_html(claim(study, t, s)) for t in tests])
    return table(
        "who-pays",
        "Does a customer cover the running cost, and repay what it costs to win the customer? "
        "The same two tests for every segment.",
        ["Segment", "Covers its running cost", "Repays its acquisition"],
        rows,
    )


def claim_by_segment(study: Study, name: str) -> Html:
    """One claim about each of its subjects, in one sentence each."""
    found = [claim(study, name, subject) for subject in BY_NAME[name].subjects(study)]
    rows = [[study.title(c.subject), c.likelihood, sentence(study, c)] for c in found]
    return table(
        f"claim-{name}",
        f"Claimed: the segment {BY_NAME[name].claimed}.",
        ["Segment", "Likelihood", "In a sentence"],
        rows,
    )


def metrics(study: Study, *names: str) -> Html:
    """Chosen metrics for every segment, each with its interval."""

    def cell(segment: str, name: str) -> Html | str:
        applies = study.has(segment, name)
        return with_range(study.result(segment, name)) if applies else "does not apply"

    rows = _by_segment(study, lambda segment: [cell(segment, name) for name in names])
    chosen = [METRICS[name] for name in names]
    meanings = ", ".join(metric.meaning for metric in chosen).capitalize()
    heads = [(m.meaning.capitalize(), BARE_UNITS.get(m.unit, m.unit)) for m in chosen]
    return table(
        "-".join(("metrics", *names))[:60],
        f"{meanings}: best value over the 5th to 95th percentile.",
        ["Segment", *heads],
        rows,
    )


def worked(study: Study, segment: str) -> Html:
    """One customer of a segment worked line by line at the best values: formula, number, unit."""
    model = study.business_model(segment)
    rows = [
        [m.name, mathml(model, m.name), result_html(study.result(segment, m.name)), m.unit]
        for m in METRICS.values()
        if model in m.formulas
    ]
    return table(
        f"worked-{segment}",
        Html("{}: one customer, one month, line by line at the best values.").format(
            study.title(segment)
        ),
        ["Metric", "Formula", "Result", "Unit"],
        rows,
    )


def skewed(study: Study) -> Html:
    """The results whose best value differs from the median of the draws by more than half of it."""
    rows = []
    for segment, metric in product(study.segments, METRICS.values()):
        if not study.has(segment, metric.name):
            continue
        row = study.result(segment, metric.name)
        if abs(row["value"] - row["p50"]) > 0.5 * abs(row["p50"]):
            numbers = result_html(row), result_html(row, "p50"), interval_html(row)
            rows.append([study.title(segment), metric.meaning, *numbers])
    if not rows:
        return Html("<p>No best value differs from the median of its draws by more than half.</p>")
    return table(
        "skewed",
        "Results whose best value differs from the median of the draws by more than half of it: "
        "the ranges are lopsided there.",
        ["Segment", "Metric", "Best value", "Median of draws", "5th to 95th percentile"],
        rows,
    )


def _break_evens(study: Study, segment: str) -> list[tuple[Quantity, dict]]:
    """The inputs of contribution, each with the row of results that holds its break-even."""
    quantities = study.assumptions.of(segment).items()
    known = [(q, p) for p, q in quantities if study.has(segment, "break_even", p)]
    return [(q, study.result(segment, "break_even", p)) for q, p in known]


def _is_inside(q: Quantity, value: float) -> bool:
    return placed(value, q.low, q.high) == "inside"


def break_even(study: Study, segment: str) -> Html:
    """The value of each input at which contribution is zero, beside the value and range assumed."""
    rows = []
    for q, row in _break_evens(study, segment):
        assumed = input_html(study, q.name), plausible(study, q.name)
        inside = "yes" if _is_inside(q, row["value"]) else "no"
        inside = "none possible" if math.isnan(row["value"]) else inside
        rows.append([q.meaning, *assumed, result_html(row), inside])
    return table(
        f"break-even-{segment}",
        Html(
            "{}: what would have to be true for a customer to contribute exactly nothing, "
            "one quantity at a time."
        ).format(study.title(segment)),
        ["Quantity", "Best value", "Plausible range", "Break-even", "Inside the range"],
        rows,
    )


def least_changes(study: Study, most: int = 3) -> Html:
    """The inputs that need the least change, against their range, for a contribution of zero."""

    def move(found: tuple[Quantity, dict]) -> float:
        q, row = found
        return abs(row["value"] - q.value) / ((q.high - q.low) or math.inf)

    def cells(segment: str) -> list:
        possible = [f for f in _break_evens(study, segment) if math.isfinite(f[1]["value"])]
        return _first([_change(study, *found) for found in sorted(possible, key=move)], most)

    return table(
        "least-changes",
        "What would have to be true: the three changes, each alone, that bring a customer's "
        "contribution to zero with the least move against the plausible range.",
        ["Segment", *(f"{n}. change" for n in range(1, most + 1))],
        _by_segment(study, cells),
    )


def _change(study: Study, q: Quantity, row: dict) -> Html:
    instead = input_html(study, q.name)
    where = "inside" if _is_inside(q, row["value"]) else "outside"
    words = Html("{}: {} <small>instead of {}, {} the range</small>")
    return words.format(readable(q.parameter), result_html(row), instead, where)


def drivers(study: Study, most: int = 3) -> Html:
    """The inputs of the largest total Sobol' indices, each with what it does alone."""

    def cells(segment: str) -> list:
        ranked = ranked_inputs(study, segment)
        return _first([_driver(study, segment, parameter) for parameter in ranked], most)

    return table(
        "drivers",
        "The inputs whose spread moves the answer most: share of the variance of "
        "ln(revenue / cost) that goes with each, together with others and alone, with the 90 % "
        "intervals of the estimates.",
        ["Segment", *(f"{n}. input" for n in range(1, most + 1))],
        _by_segment(study, cells),
    )


def _driver(study: Study, segment: str, parameter: str) -> Html:
    total = study.result(segment, "sobol_total", parameter)
    alone = study.result(segment, "sobol_first", parameter)
    numbers = [show(row) for row in (total, alone) for show in (result_html, interval_html)]
    return Html("{}: {}<br><small>{}; alone {}, {}</small>").format(readable(parameter), *numbers)


def scenarios(study: Study, draws: int = DRAWS) -> Html:
    """Every claim in short and who pays, by scenario; then what each scenario changes and why."""
    found = side_by_side(study, draws)
    note = Html('<p class="note">{}</p>').format(sampled(study, draws))
    link = csv_link("scenario-claims", found).replace("Data (CSV)", "Every claim (CSV)")
    parts = _scenario_claims(study, found), note, link, _scenario_changes(study, draws)
    return Html("").join(parts)


def sampled(study: Study, draws: int = DRAWS) -> str:
    """On how many draws the comparison rests, and their Monte Carlo error, as a sentence."""
    used = min(draws, study.draws)
    which = f"{used:,}"
    if used < study.draws:
        which = f"first {which} of this report's {study.draws:,}"
    error = format_significant(100 * standard_error(0.5, used), 2)
    return (
        f"Counted on the {which} draws, which are the same in every row; "
        f"the Monte Carlo error of a probability of one half is {error} percentage points."
    )


def _scenario_claims(study: Study, found: pd.DataFrame) -> Html:
    subjects = found.groupby("claim")["subject"].unique()
    asked = [test for test in CLAIMS if test.name in subjects]
    rows = []
    for (_, title), own in found.groupby(["scenario", "title"], sort=False):
        words = own.groupby("claim")["likelihood"]
        likely = own[own["likelihood"].isin(AT_LEAST_LIKELY)]
        paying = likely.loc[likely["claim"] == "repays_acquisition", "subject"]
        who = join_and(map(study.title, paying)) if len(paying) else "nobody"
        rows.append([title, *(_in_short(words.get_group(test.name)) for test in asked), who])
    heads = [_claimed(study, test, subjects[test.name]) for test in asked]
    return table(
        "scenarios",
        "Scenarios side by side: how likely each claim is, or for how many segments at least "
        "likely, by both readings of the ranges.",
        ["Scenario", *heads, "At least likely to repay its acquisition"],
        rows,
    )


def _in_short(words: pd.Series) -> str:
    if len(words) == 1:
        return words.iat[0]
    return f"{words.isin(AT_LEAST_LIKELY).sum()} of {len(words)}"


def _claimed(study: Study, test: ClaimDefinition, subjects: list[str]) -> str:
    if len(subjects) == 1:
        return f"{study.title(subjects[0])}: {test.claimed}"
    return test.claimed[0].upper() + test.claimed[1:]


def _scenario_changes(study: Study, draws: int) -> Html:
    rows = []
    for (name, title), there in compared(study, draws).items():
        file = Html("<code>{}</code>").format(there.scenario.name)
        changed = [there.assumptions.quantities[key] for key in there.assumptions.changed]
        reason = there.scenario.reason
        if name == OWN:
            reason = "The file of that name, with what was changed for this report."
        rows.append([title, file, "; ".join(map(_changed, changed)), reason])
    return table(
        "scenario-reasons",
        "What each scenario changes, and why.",
        ["Scenario", "File", "Changed inputs", "Why"],
        rows,
        folded=f"What each of the {len(rows)} rows changes, and why",
    )


def _changed(q: Quantity) -> str:
    low, value, high = map(format_significant, (q.low, q.value, q.high))
    return f"{q.name} {value} ({low} to {high})" if q.low < q.high else f"{q.name} {value}"


def owned_hour(study: Study) -> Html:
    """The owned GPU-hour and its parts beside the rent."""
    own = study.point(study.shared).owned_gpu_hour_parts
    parts = {f"of which {part}": f"owned_gpu_hour/{part}" for part in own}
    names = {"An available hour of an owned GPU": "owned_gpu_hour", **parts}
    names["Share of hours needed from which owning wins"] = "owning_wins_at"
    rows = [[label, *_spreads(study, "all", name)] for label, name in names.items()]
    return table(
        "owned-hour",
        "What an owned GPU-hour costs, used or not.",
        ["Part", "USD/GPU-h; the last row a share"],
        rows,
    )


def suppliers(study: Study) -> Html:
    """What the price of GPUs does to each segment."""
    names = "price_elasticity", "break_even/gpu_price", "pass_back_to_undo"
    return table(
        "suppliers",
        "How contribution moves with the GPU price (per cent for one per cent; above zero a loss "
        "deepens), the GPU price at which it is zero, and the part of a year's software gain that "
        "suppliers can take back before it is (undefined where no part does).",
        ["Segment", "Elasticity", ("Contribution is zero at", "USD/GPU-h"), "Part taken back"],
        _results_by_segment(study, *names),
    )


def years(study: Study) -> Html:
    """When each segment breaks even on trend, and what it costs until then."""
    names = "break_even_share/0", "break_even_share/never", "break_even_year", "subsidy"
    head = "Already", "Never within ten years", ("Break-even", "year"), ("Subsidy", "USD/customer")
    return table(
        "years",
        "Break-even on trend: shares of draws that cover their cost already, and never within ten "
        "years; the year among those that do; what a customer loses until then (over ten years "
        "where that is never).",
        ["Segment", *head],
        _results_by_segment(study, *names),
    )


def retention(study: Study, segment: str) -> Html:
    """How long installs stay, app by app, and what a segment that kept them so long would earn."""
    rows, head = [], ["App", ("Active days", "day/month"), "Bounds of active days"]
    head += ["Bounds of monthly churn", ("Brings before compute", "USD/customer")]
    for app in study.assumptions.tables.retention_points["app"].unique():
        days = study.result("all", "active_days_of_an_install", app)
        churn = interval_html(study.result("all", "churn_of_an_install", app))
        brings = with_range(study.result(segment, "install_before_compute", app))
        rows.append([app, result_html(days), interval_html(days), churn, brings])
    return table(
        "retention",
        Html(
            "Days of use in an install's first month, from a curve through published points "
            "(bounds where there is one point); the monthly churn that it implies; and what an "
            "install kept so long would bring to the {} before any compute, beside {} to win it."
        ).format(study.title(segment), result_html(study.result(segment, "acquisition_cost"))),
        head,
        rows,
    )


def reported_beside_model(study: Study, segment: str) -> Html:
    """Published figures that the model also computes, from inputs that do not rest on them."""
    rows, evidence = [], study.assumptions.tables.evidence
    for e in evidence[evidence["compares_with"].str.startswith(f"{segment}/")].itertuples():
        row = study.result(*e.compares_with.split("/"))
        told = source_link(e, format_quantity(e.value, e.unit))
        lies = placed(e.value, row["p05"], row["p95"])
        rows.append([e.quantity, told, e.as_of, result_html(row), interval_html(row), lies])
    return table(
        "reported",
        "What was reported beside what the model gives, and where the report falls in the model's "
        "interval.",
        ["Figure", "Reported", "As of", "Model", "Model, 5th to 95th percentile", "Reported lies"],
        rows,
    )


def calibration(study: Study, segment: str) -> Html:
    """What each reported burn makes of the draws."""
    rows, evidence = [], study.assumptions.tables.evidence
    for e in evidence[evidence["compares_with"] == f"{segment}/daily_burn"].itertuples():
        told = source_link(e, format_quantity(e.value, e.unit))
        draws = result_html(study.result(segment, "effective_draws", e.id))
        near = result_html(study.result(segment, "agreement", e.id))
        implied = _spreads(study, segment, *(f"{m}_given_burn/{e.id}" for m in IMPLIED))
        rows.append([e.quantity, told, draws, near, *implied])
    heads = [(readable(metric).capitalize(), unit) for metric, (unit, _) in IMPLIED.items()]
    return table(
        "calibration",
        "What each reported burn implies: draws weighted by how well they reproduce it, how many "
        "draws that is worth, the share of unweighted draws within a factor of two of it, and the "
        "median over the 5th to 95th percentile of what it implies.",
        ["Report", ("Burn", "USD/day"), "Effective draws", "Draws near it", *heads],
        rows,
    )


def backtests(study: Study) -> Html:
    """Predictions beside what was reported, and how many reports lie inside the interval."""
    rows = []
    for test in tested(study).itertuples():
        told = result_html(study.result("all", "backtest_reported", test.id))
        predicted = study.result("all", "backtest", test.id)
        inside = f"{test.inside}, {test.miss}" if test.miss else test.inside
        remark = test.note
        if test.independent.startswith("no: "):
            remark = "not counted, " + test.independent.removeprefix("no: ")
        numbers = told, result_html(predicted), interval_html(predicted)
        rows.append([test.what, *numbers, inside, remark])
    counted = ("backtests_inside",), ("backtests",), ("backtest_coverage", "each prediction once")
    head = ["What was tested", "Reported", "Predicted", "Predicted, 5th to 95th percentile"]
    head += ["Report lies inside", "Remark"]
    return table(
        "backtests",
        Html(
            "{} of {} independent reports lie inside the model's interval; with reports that meet "
            "one and the same prediction counted together it is {}."
        ).format(*(result_html(study.result("all", *name)) for name in counted)),
        head,
        rows,
    )


def against(study: Study, *subjects: str) -> Html:
    """Evidence that speaks against the argument for these segments or claims."""
    rows = []
    for e in study.assumptions.tables.evidence.itertuples():
        if set(e.against.split()) & set(subjects):
            dated = e.unit == "date"
            value = published_value(e) if dated else format_quantity(e.value, e.unit)
            rows.append([e.quantity, value, e.definition, source(e)])
    if not rows:
        return Html("<p>No published figure in the tables speaks against it.</p>")
    return table(
        "against",
        "What published figures say against it.",
        ["Figure", "Value", "What it is", "Source"],
        rows,
    )


def source(e) -> Html:
    """Publisher, date and tier of a row of evidence, linked to its address."""
    when = f", {e.as_of}" if e.as_of else ""
    return Html("{}{} ({})").format(source_link(e, e.publisher), when, e.tier)


def benchmarks(study: Study) -> Html:
    """GPU time for one second of 720p video by how the model was run."""
    measured = study.assumptions.tables.inference_benchmarks.dropna(subset="h100_seconds")
    measured = measured[measured["resolution"].str.contains("720p")]
    rows, heads = [], [(word, "GPU-s/video-s") for word in ("Lowest", "Median", "Highest")]
    for kind, seconds in measured.groupby("kind")["h100_seconds"]:
        rows.append([kind, str(len(seconds)), *map(float, seconds.quantile([0, 0.5, 1]))])
    return table(
        "benchmarks",
        "Measured GPU time for one second of 720p video, brought to H100 time.",
        ["How the model was run", "Measurements", *heads],
        rows,
    )


def all_assumptions(study: Study) -> Html:
    """The shared inputs and those of each segment, a table each."""
    return Html("").join(assumptions(study, segment) for segment in ("all", *study.segments))


def assumptions(study: Study, segment: str) -> Html:
    """The inputs of one segment, or the shared ones (`all`), with basis, note and sources."""
    rows = []
    for q in study.assumptions.quantities.values():
        if q.segment != segment:
            continue
        numbers = input_html(study, q.name), plausible(study, q.name), q.unit
        basis = Html('<span class="{0}">{0}</span>').format(q.basis)
        cited = Html(" ").join(_id_link("source", key) for key in q.evidence)
        rows.append([q.name, *numbers, basis, cited, q.note])
    whose = "shared by every segment" if segment == "all" else study.title(segment)
    return table(
        f"assumptions-{segment}",
        Html("Assumptions: {}.").format(whose),
        ["Name", "Best value", "Range", "Unit", "Basis", "Evidence", "Why"],
        rows,
        ids=[f"assumption-{row[0]}" for row in rows],
        folded=f"{whose[0].upper()}{whose[1:]}: {len(rows)} inputs",
    )


def evidence(study: Study) -> Html:
    """Every published figure in the tables, and the assumptions that cite it."""
    rows, citing = [], defaultdict(list)
    for q in study.assumptions.quantities.values():
        for key in q.evidence:
            citing[key].append(_id_link("assumption", q.name))
    for e in study.assumptions.tables.evidence.itertuples():
        what = e.id, e.quantity, published_value(e), e.unit, e.definition
        rows.append([*what, source(e), Html(", ").join(citing[e.id]), e.notes])
    return table(
        "evidence",
        "Published figures, with where each was read and which assumptions cite it.",
        ["Id", "Figure", "Value", "Unit", "What it is", "Source", "Cited by", "Note"],
        rows,
        ids=[f"source-{row[0]}" for row in rows],
        folded=f"All {len(rows)} published figures in the tables",
    )


def evidence_checks(study: Study) -> Html:
    """What the tables were asked and what they answer; then what they come to."""
    book, rows = study.assumptions.tables, []
    for check in checked.checks(book):
        rows.append([check.rule, str(check.rows), ", ".join(check.broken) or "none"])
    for what, number in checked.counts(book):
        rows.append([what, str(number), ""])
    return table(
        "care",
        "What the tables were asked, and what they come to.",
        ["Rule or count", "Rows", "Rows that break the rule"],
        rows,
    )


def glossary(study: Study) -> Html:
    """The words of the report: metrics with their formulas, and quantities; unit and meaning."""
    rows = [[m.name, m.meaning, formulas_html(m), m.unit] for m in METRICS.values()]
    for p in study.assumptions.tables.parameters.itertuples():
        rows.append([p.parameter, p.meaning, "", p.unit])
    return table(
        "glossary",
        "Names used in this report and in its files.",
        ["Name", "Meaning", "Formula", "Unit"],
        sorted(rows),
        folded=f"{len(rows)} names",
    )


def provenance(study: Study) -> Html:
    """What this report was made from, with the Monte Carlo error of its probabilities."""
    rows = [["Scenario", study.scenario.title], ["Reason", study.scenario.reason]]
    for name in study.assumptions.changed:
        note = study.assumptions.quantities[name].note
        rows.append(["Changed", Html("{}: {} ({})").format(name, input_html(study, name), note)])
    error = format_percent(standard_error(0.5, study.draws))
    rows += [["Draws", f"{study.draws}"], ["Seed", f"{study.seed}"]]
    rows += [["Monte Carlo error of a probability of one half", error]]
    return table(
        "provenance",
        "What this report was made from. Versions and hashes of all inputs stand in "
        "provenance.json beside it.",
        ["What", "Value"],
        rows,
    )
