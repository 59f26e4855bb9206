"""Captioned tables; what a row says comes from results, tables or claims.

In: a `Study`. Out: HTML. A cell is text (escaped), a number (three digits) or finished `Html`.
"""
from __future__ import annotations

import html
import math
from collections.abc import Iterable
from itertools import zip_longest

from analysis.backtests import backtests as tested
from analysis.economics import IDENTITIES
from analysis.findings import BY_NAME, TESTS, claim
from analysis.infrastructure import owned_parts
from analysis.prose import Html, between, digits, given, marked, plain, published, said, say, sentence, share, verdict
from analysis.sensitivity import IMPLIED, IMPLIED_UNITS, ranges
from analysis.study import Study
from analysis.trajectory import OUTCOMES, PLANS
from analysis.uncertainty import standard_error

BARE_UNITS = {"fraction": "", "ratio": "", "count": "", "index": ""}


def table(name: str, caption: str, head: list[str | tuple[str, str]], rows: list[list], *, folded: str = "", ids: Iterable[str] = ()) -> Html:
    """A table with a caption; the first cell of a row is its head. The page offers its cells as CSV.

    Parameters: name, unique in a chapter; caption, what to see; head, a label or (label, unit) for each column; rows,
    lists of cells; folded, the words under which a long table is folded away; ids, one a row, where rows are pointed at.

    >>> "<caption>Two" in table("t", "Two numbers", ["name", ("size", "m")], [["a", 1.0], ["b", 2.0]])
    True
    """
    labels = [label if isinstance(label, tuple) else (label, "") for label in head]
    numeric = [bool(rows) and all(isinstance(row[i], (int, float)) or row[i].startswith(("<data", "<span data-result")) for row in rows) for i in range(len(head))]
    heads = "".join(f'<th scope="col"{_class(n)}>{html.escape(label)}{f" <span class=unit>{html.escape(unit)}</span>" if unit else ""}</th>'
                    for (label, unit), n in zip(labels, numeric))
    body = "".join(f"<tr{_id(key)}>" + "".join(_cell(cell, i, numeric[i]) for i, cell in enumerate(row)) + "</tr>"
                   for row, key in zip_longest(rows, ids))
    markup = (f'<figure class="table" id="tab-{name}"><div class="scroll" role="group" tabindex="0" aria-label="{html.escape(plain(caption))}">'
              f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div></figure>")
    return Html(f"<details><summary>{html.escape(folded)}</summary>{markup}</details>" if folded else markup)


def _class(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def _id(key: str | None) -> str:
    return f' id="{html.escape(key)}"' if key else ""


def _cell(cell, column: int, numeric: bool) -> str:
    text = cell if isinstance(cell, Html) else html.escape(cell) if isinstance(cell, str) else digits(cell)
    exact = "" if isinstance(cell, str) or not math.isfinite(cell) else f' data-value="{cell:.12g}"'
    return f'<th scope="row"{exact}>{text}</th>' if column == 0 else f"<td{_class(numeric)}{exact}>{text}</td>"


def with_range(row: dict) -> Html:
    """A value over its interval where it has one, as a cell."""
    return Html(f"{marked(row)}<br><small>{between(row)}</small>" if math.isfinite(row["p05"]) else marked(row))


def who_pays(study: Study) -> Html:
    """Every segment by the same two tests, with both probabilities."""
    rows = [[study.title(s), *(Html(verdict(claim(study, name, s))) for name in ("covers_running_cost", "repays_acquisition"))] for s in study.segments]
    return table("who-pays", "Does a customer cover the running cost, and repay what it costs to win the customer? The same two tests for every segment.",
                 ["Segment", "Covers its running cost", "Repays its acquisition"], rows)


def claims_of_the_argument(study: Study) -> Html:
    """The claims beyond the two tests, each in one sentence, with the published figures that speak against it."""
    evidence = study.assumptions.codebook.evidence
    rows = []
    for test in TESTS[2:]:
        contrary = ", ".join(f'<a href="{html.escape(e.url)}" data-source="{e.id}">{html.escape(e.quantity)}</a>' for e in evidence.itertuples() if test.name in e.against.split())
        rows += [[f"{study.title(s)} {test.claimed}", claim(study, test.name, s).likelihood, sentence(study, claim(study, test.name, s)), Html(contrary)]
                 for s in test.subjects(study)]
    return table("claims", "What the numbers say of each claim of the argument, and published figures that speak against it.",
                 ["Claimed", "Likelihood", "In a sentence", "Against it"], rows)


def claim_by_segment(study: Study, name: str) -> Html:
    """One claim about each of its subjects, in one sentence each."""
    rows = [[study.title(s), claim(study, name, s).likelihood, sentence(study, claim(study, name, s))] for s in BY_NAME[name].subjects(study)]
    return table(f"claim-{name}", f"Claimed: the segment {BY_NAME[name].claimed}.", ["Segment", "Likelihood", "In a sentence"], rows)


def metrics(study: Study, *names: str) -> Html:
    """Chosen metrics for every segment, each with its interval."""
    rows = [[study.title(s), *(with_range(study.result(s, n)) if study.has(s, n) else "does not apply" for n in names)] for s in study.segments]
    return table("-".join(("metrics", *names))[:60], f"{', '.join(IDENTITIES[n].meaning for n in names).capitalize()}: best value over the 5th to 95th percentile.",
                 ["Segment", *((IDENTITIES[n].meaning.capitalize(), BARE_UNITS.get(IDENTITIES[n].unit, IDENTITIES[n].unit)) for n in names)], rows)


def break_even(study: Study, segment: str) -> Html:
    """For each parameter, the value at which contribution is zero, beside the value and range assumed."""
    rows = []
    for parameter, q in study.assumptions.of(segment).items():
        if study.has(segment, "break_even", parameter):
            row = study.result(segment, "break_even", parameter)
            inside = "none possible" if not math.isfinite(row["value"]) else "yes" if q.low <= row["value"] <= q.high else "no"
            rows.append([q.meaning, given(study, q.name), Html(f"{given(study, q.name + '@low')} to {given(study, q.name + '@high')}"), marked(row, text=None), inside])
    return table(f"break-even-{segment}", f"{html.escape(study.title(segment))}: what would have to be true for a customer to contribute exactly nothing, one quantity at a time.",
                 ["Quantity", "Best value", "Plausible range", "Break-even", "Inside the range"], rows)


def reported_beside_model(study: Study, segment: str) -> Html:
    """Published figures that the model also computes, from inputs that do not rest on them."""
    evidence = study.assumptions.codebook.evidence
    rows = []
    for e in evidence[evidence["compares_with"].str.startswith(f"{segment}/")].itertuples():
        row = study.result(*(e.compares_with.split("/") + [""])[:3])
        outside = "below" if e.value < row["p05"] else "above" if e.value > row["p95"] else "inside"
        rows.append([e.quantity, Html(f'<a href="{html.escape(e.url)}" data-source="{e.id}">{said(e.value, e.unit)}</a>'), e.as_of, marked(row), between(row), outside])
    return table("reported", "What was reported beside what the model gives, and where the report falls in the model's interval.",
                 ["Figure", "Reported", "As of", "Model", "Model, 5th to 95th percentile", "Reported lies"], rows)


def against(study: Study, *subjects: str) -> Html:
    """Evidence that speaks against the argument for these segments or claims."""
    evidence = study.assumptions.codebook.evidence
    rows = [[e.quantity, published(e) if e.unit == "date" else said(e.value, e.unit), e.definition, source(e)]
            for e in evidence.itertuples() if set(e.against.split()) & set(subjects)]
    return table("against", "What published figures say against it.", ["Figure", "Value", "What it is", "Source"], rows) if rows else Html("<p>No published figure in the tables speaks against it.</p>")


def source(e) -> Html:
    """Publisher, date and tier of a row of evidence, linked to its address."""
    return Html(f'<a href="{html.escape(e.url)}" data-source="{html.escape(e.id)}">{html.escape(e.publisher)}</a>'
                f'{f", {e.as_of}" if e.as_of else ""} ({e.tier})')


def assumptions(study: Study, segment: str) -> Html:
    """The inputs of one segment, or the shared ones (`all`), as resolved, with basis, note and sources."""
    quantities = [q for q in study.assumptions.quantities.values() if q.segment == segment]
    rows = [[q.name, given(study, q.name), Html(f"{given(study, q.name + '@low')} to {given(study, q.name + '@high')}"), q.unit,
             Html(f'<span class="{q.basis}">{q.basis}</span>'), Html(" ".join(f'<a class="id" href="#source-{e}">{e}</a>' for e in q.evidence)), q.note]
            for q in quantities]
    return table(f"assumptions-{segment}", f"Assumptions: {html.escape('shared by every segment' if segment == 'all' else study.title(segment))}.",
                 ["Name", "Best value", "Range", "Unit", "Basis", "Evidence", "Why"], rows, ids=[f"assumption-{q.name}" for q in quantities],
                 folded=f"{'Shared by every segment' if segment == 'all' else study.title(segment)}: {len(rows)} inputs")


def evidence(study: Study) -> Html:
    """Every published figure in the tables, and the assumptions that cite it."""
    citing = {}
    for q in study.assumptions.quantities.values():
        for key in q.evidence:
            citing.setdefault(key, []).append(f'<a class="id" href="#assumption-{q.name}">{q.name}</a>')
    table_of = list(study.assumptions.codebook.evidence.itertuples())
    rows = [[e.id, e.quantity, published(e), e.unit, e.definition, source(e), Html(", ".join(citing.get(e.id, ()))), e.notes] for e in table_of]
    return table("evidence", "Published figures, with where each was read and which assumptions cite it.",
                 ["Id", "Figure", "Value", "Unit", "What it is", "Source", "Cited by", "Note"], rows, ids=[f"source-{e.id}" for e in table_of],
                 folded=f"All {len(rows)} published figures in the tables")


def worked(study: Study, segment: str) -> Html:
    """One customer of a segment worked line by line at the best values: formula, number, unit."""
    model = study.assumptions.about(segment)["business_model"]
    rows = []
    for i in IDENTITIES.values():
        if model in i.formulas and study.has(segment, i.name):
            formula = i.formulas[model].__doc__.strip().splitlines()[0].split(";")[0].split(":")[0]
            rows.append([i.name, formula, marked(study.result(segment, i.name)), i.unit])
    return table(f"worked-{segment}", f"{html.escape(study.title(segment))}: one customer, one month, line by line at the best values.", ["Metric", "Formula", "Result", "Unit"], rows)


def glossary(study: Study) -> Html:
    """The words of the report: metrics and quantities, with unit and meaning."""
    rows = [[i.name, i.meaning, i.unit] for i in IDENTITIES.values()]
    rows += [[p.parameter, p.meaning, p.unit] for p in study.assumptions.codebook.parameters.itertuples()]
    return table("glossary", "Names used in this report and in its files.", ["Name", "Meaning", "Unit"], sorted(rows), folded=f"{len(rows)} names")


def benchmarks(study: Study) -> Html:
    """GPU time for one second of 720p video by how the model was run: number of measurements, median, extremes."""
    measured = study.assumptions.codebook.inference_benchmarks
    measured = measured[measured["resolution"].str.contains("720p") & measured["h100_seconds"].notna()]
    rows = [[kind, str(len(seconds)), float(seconds.min()), float(seconds.median()), float(seconds.max())]
            for kind, seconds in measured.groupby("kind")["h100_seconds"]]
    return table("benchmarks", "Measured GPU time for one second of 720p video, brought to H100 time.",
                 ["How the model was run", "Measurements", ("Lowest", "GPU-s/video-s"), ("Median", "GPU-s/video-s"), ("Highest", "GPU-s/video-s")], rows)


def all_assumptions(study: Study) -> Html:
    """The shared inputs and those of each segment, a table each."""
    return Html("".join(assumptions(study, s) for s in ("all", *study.segments)))


def skewed(study: Study) -> Html:
    """Where the best value lies outside the middle half of what the draws say, or differs from the median by half or more."""
    found = [(s, m, study.result(s, m)) for s in study.segments for m in IDENTITIES if study.has(s, m)]
    rows = [[study.title(s), IDENTITIES[m].meaning, marked(row), marked(row, "p50"), between(row)] for s, m, row in found
            if math.isfinite(row["value"]) and math.isfinite(row["p50"])
            and abs(row["value"] - row["p50"]) > 0.5 * abs(row["p50"])]
    return table("skewed", "Results whose best value differs from the median of the draws by more than half of it: the ranges are lopsided there.",
                 ["Segment", "Metric", "Best value", "Median of draws", "5th to 95th percentile"], rows) if rows else Html(
        "<p>No best value differs from the median of its draws by more than half.</p>")


def provenance(study: Study) -> Html:
    """What this report was made from: scenario, changes, draws, seed and the Monte Carlo error of its probabilities."""
    changed = [study.assumptions.quantities[n] for n in study.assumptions.changed]
    rows = [["Scenario", study.scenario.title], ["Reason", study.scenario.reason],
            *(["Changed", Html(f"{q.name}: {given(study, q.name)} ({html.escape(q.note)})")] for q in changed),
            ["Draws", f"{study.draws}"], ["Seed", f"{study.seed}"],
            ["Monte Carlo error of a probability of one half", share(standard_error(0.5, study.draws))]]
    return table("provenance", "What this report was made from. Versions and hashes of all inputs stand in provenance.json beside it.", ["What", "Value"], rows)


def _listing(study: Study, name: str, caption: str, head: list, rows: list[tuple]) -> Html:
    """A table of results: a label and, for each further column, segment/metric/detail, shown over its interval."""
    return table(name, caption, head, [[label, *(with_range(study.result(*(f"{ref}//".split("/")[:3]))) for ref in refs)] for label, *refs in rows])


def readable(name: str) -> str:
    """A name of the files as words."""
    return name.replace("_", " ")


def plans(study: Study) -> Html:
    """The three orders of markets beside each other, with the chance that each needs less capital than serving consumers first."""
    rows = [(readable(p).capitalize(), *(f"all/{outcome}/{p}" for outcome in OUTCOMES)) for p in PLANS]
    return _listing(study, "plans", "Three orders of markets with the same capital, budget and fixed cost. Where the months of a positive cash flow are "
                    "undefined, there is none within ten years.", ["Plan", *((readable(o).capitalize(), u) for o, u in OUTCOMES.items())], rows)


def owned_hour(study: Study) -> Html:
    """The owned GPU-hour and its parts beside the rent."""
    rows = [("An available hour of an owned GPU", "all/owned_gpu_hour"), *((f"of which {p}", f"all/owned_gpu_hour/{p}") for p in owned_parts(study.point(study.segments[0]))),
            ("Saved against a contract for the same hours", "all/owning_saves"), ("Share of hours needed from which owning beats hours on demand", "all/owning_wins_at")]
    return _listing(study, "owned-hour", "What an owned GPU-hour costs, used or not.", ["Part", "USD/GPU-h; the last row a share"], rows)


def suppliers(study: Study) -> Html:
    """What the price of GPUs does to each segment."""
    rows = [(study.title(s), f"{s}/price_elasticity", f"{s}/break_even/gpu_price", f"{s}/pass_back_to_undo") for s in study.segments]
    return _listing(study, "suppliers", "How contribution moves with the GPU price (per cent for one per cent; above zero a loss deepens), the GPU price at which it "
                    "is zero, and the part of a year's software gain that suppliers can take back before it is (undefined where no part does).",
                    ["Segment", "Elasticity", ("Contribution is zero at", "USD/GPU-h"), "Part taken back"], rows)


def years(study: Study) -> Html:
    """When each segment breaks even on trend, and what it costs until then."""
    rows = [(study.title(s), f"{s}/break_even_share/0", f"{s}/break_even_share/never", f"{s}/break_even_year", f"{s}/subsidy") for s in study.segments]
    return _listing(study, "years", "Break-even on trend: shares of draws that cover their cost already, and never within ten years; the year among those that do; "
                    "what a customer loses until then (over ten years where that is never).",
                    ["Segment", "Already", "Never within ten years", ("Break-even", "year"), ("Subsidy", "USD/customer")], rows)


def retention(study: Study, segment: str) -> Html:
    """How long installs stay, app by app, and what a segment that kept them as long would have to repay their acquisition."""
    apps = study.assumptions.codebook.retention_points["app"].unique()
    rows = [[app, *(marked(study.result("all", "active_days_of_an_install", app)), between(study.result("all", "active_days_of_an_install", app)),
                    between(study.result("all", "churn_of_an_install", app)), with_range(study.result(segment, "install_before_compute", app)))] for app in apps]
    return table("retention", say(study, "Days of use in an install's first month, from a curve through published points (bounds where there is one point); the "
                                         "monthly churn that it implies; and what an install kept so long would bring to the {title here} before any compute, "
                                         "beside {here/acquisition_cost} to win it.", segment),
                 ["App", ("Active days", "day/month"), "Bounds of active days", "Bounds of monthly churn", ("Brings before compute", "USD/customer")], rows)


def calibration(study: Study, segment: str) -> Html:
    """What each reported burn makes of the draws."""
    rows = [[e.quantity, Html(f'<a href="{html.escape(e.url)}">{said(e.value, e.unit)}</a>'), marked(study.result(segment, "effective_draws", e.id)),
             marked(study.result(segment, "agreement", e.id)), *(with_range(study.result(segment, f"{m}_given_burn", e.id)) for m in IMPLIED)]
            for e in study.assumptions.codebook.evidence.itertuples() if e.compares_with == f"{segment}/daily_burn"]
    return table("calibration", "What each reported burn implies: draws weighted by how well they reproduce it, how many draws that is worth, the share of unweighted "
                 "draws within a factor of two of it, and the median over the 5th to 95th percentile of what it implies.",
                 ["Report", ("Burn", "USD/day"), "Effective draws", "Draws near it", *((readable(m).capitalize(), u) for m, u in IMPLIED_UNITS.items())], rows)


def drivers(study: Study, most: int = 3) -> Html:
    """The inputs that drive each segment's answer most, by total Sobol' index."""
    rows = []
    for s in study.segments:
        totals = [(study.result(s, "sobol_total", p), p) for p in ranges(study, s)]
        top = sorted((t for t in totals if math.isfinite(t[0]["value"])), key=lambda t: -t[0]["value"])[:most]
        rows.append([study.title(s), *(Html(f"{readable(p)}: {marked(row)}<br><small>{between(row)}</small>") for row, p in top), *[""] * (most - len(top))])
    return table("drivers", "The inputs whose spread moves the answer most: share of the variance of ln(revenue / cost) that goes with each, alone and together with others.",
                 ["Segment", *(f"{n}. input" for n in range(1, most + 1))], rows)


def least_changes(study: Study, most: int = 3) -> Html:
    """For each segment the inputs that need the least change, against their range, to bring contribution to zero."""
    rows = []
    for s in study.segments:
        found = [(q, study.result(s, "break_even", p)) for p, q in study.assumptions.of(s).items() if study.has(s, "break_even", p)]
        found = sorted((f for f in found if math.isfinite(f[1]["value"])), key=lambda f: abs(f[1]["value"] - f[0].value) / ((f[0].high - f[0].low) or math.inf))[:most]
        rows.append([study.title(s), *(Html(f"{readable(q.parameter)}: {marked(row)} <small>instead of {given(study, q.name)}, "
                                            f"{'inside' if q.low <= row['value'] <= q.high else 'outside'} the range</small>") for q, row in found), *[""] * (most - len(found))])
    return table("least-changes", "What would have to be true: the three changes, each alone, that bring a customer's contribution to zero with the least move against the plausible range.",
                 ["Segment", *(f"{n}. change" for n in range(1, most + 1))], rows)


def backtests(study: Study) -> Html:
    """Predictions beside what was reported, and how many reports fall inside the model's interval."""
    rows = []
    for t in tested(study).itertuples():
        said_of_it = "not counted, " + t.independent.removeprefix("no: ") if t.independent.startswith("no") else t.note
        rows.append([t.what, *(marked(study.result("all", m, t.id)) for m in ("backtest_reported", "backtest")), between(study.result("all", "backtest", t.id)),
                     t.inside + (f", {t.miss}" if t.miss else ""), said_of_it])
    return table("backtests", say(study, "{all/backtests_inside} of {all/backtests} independent reports lie inside the model's interval; with reports that meet one and "
                                         "the same prediction counted together it is {all/backtest_coverage/each prediction once}."),
                 ["What was tested", "Reported", "Predicted", "Predicted, 5th to 95th percentile", "Report lies inside", "Remark"], rows)
