"""The tables of the report; what a row says comes from results, tables or claims. In: a `Study`. Out: HTML."""

from __future__ import annotations

import html
import math

from analysis.findings.backtests import backtests as tested
from analysis.findings.claims import BY_NAME, claim
from analysis.findings.sensitivity import IMPLIED, ranges
from analysis.findings.study import Study
from analysis.model.distributions import standard_error
from analysis.model.metrics import IDENTITIES
from analysis.model.suppliers import owned_parts
from analysis.show.markup import BARE_UNITS, plausible, readable, table, with_range
from analysis.show.prose import (
    Html,
    format_percent,
    format_quantity,
    input_html,
    interval_html,
    likelihood_html,
    published_value,
    result_html,
    say,
    sentence,
    source_link,
)


def _row(study: Study, reference: str) -> dict:
    """The row of results that is named segment/metric or segment/metric/detail."""
    return study.result(*f"{reference}/".split("/")[:3])


def _listing(study: Study, name: str, caption: str, head: list, rows: list[tuple]) -> Html:
    """A table of results: a label and, for each further column, the name of a row, shown over its interval."""
    return table(
        name,
        caption,
        head,
        [[label, *(with_range(_row(study, name)) for name in names)] for label, *names in rows],
    )


def who_pays(study: Study) -> Html:
    """Every segment by the same two tests, with both probabilities."""
    tests = ("covers_running_cost", "repays_acquisition")
    rows = [
        [study.title(s), *(likelihood_html(claim(study, name, s)) for name in tests)]
        for s in study.segments
    ]
    return table(
        "who-pays",
        "Does a customer cover the running cost, and repay what it costs to win the customer? The same two tests for "
        "every segment.",
        ["Segment", "Covers its running cost", "Repays its acquisition"],
        rows,
    )


def _claims(study: Study, name: str) -> list[list]:
    """One claim about each of its subjects: who, how likely, in a sentence."""
    found = (claim(study, name, s) for s in BY_NAME[name].subjects(study))
    return [[study.title(c.subject), c.likelihood, sentence(study, c)] for c in found]


def claim_by_segment(study: Study, name: str) -> Html:
    """One claim about each of its subjects, in one sentence each."""
    head = ["Segment", "Likelihood", "In a sentence"]
    return table(
        f"claim-{name}",
        f"Claimed: the segment {BY_NAME[name].claimed}.",
        head,
        _claims(study, name),
    )


def metrics(study: Study, *names: str) -> Html:
    """Chosen metrics for every segment, each with its interval."""
    rows = [
        [
            study.title(s),
            *(
                with_range(study.result(s, n)) if study.has(s, n) else "does not apply"
                for n in names
            ),
        ]
        for s in study.segments
    ]
    chosen = [IDENTITIES[n] for n in names]
    caption = f"{', '.join(i.meaning for i in chosen).capitalize()}: best value over the 5th to 95th percentile."
    return table(
        "-".join(("metrics", *names))[:60],
        caption,
        ["Segment", *((i.meaning.capitalize(), BARE_UNITS.get(i.unit, i.unit)) for i in chosen)],
        rows,
    )


def break_even(study: Study, segment: str) -> Html:
    """For each parameter, the value at which contribution is zero, beside the value and range assumed."""
    rows = []
    for parameter, q in study.assumptions.of(segment).items():
        if study.has(segment, "break_even", parameter):
            row = study.result(segment, "break_even", parameter)
            inside = (
                "none possible"
                if math.isnan(row["value"])
                else "yes"
                if q.low <= row["value"] <= q.high
                else "no"
            )
            rows.append(
                [
                    q.meaning,
                    input_html(study, q.name),
                    plausible(study, q.name),
                    result_html(row),
                    inside,
                ]
            )
    caption = say(
        study,
        "{title here}: what would have to be true for a customer to contribute exactly nothing, one quantity at a time.",
        segment,
    )
    return table(
        f"break-even-{segment}",
        caption,
        ["Quantity", "Best value", "Plausible range", "Break-even", "Inside the range"],
        rows,
    )


def reported_beside_model(study: Study, segment: str) -> Html:
    """Published figures that the model also computes, from inputs that do not rest on them."""
    rows, evidence = [], study.assumptions.tables.evidence
    for e in evidence[evidence["compares_with"].str.startswith(f"{segment}/")].itertuples():
        row = _row(study, e.compares_with)
        lies = "below" if e.value < row["p05"] else "above" if e.value > row["p95"] else "inside"
        rows.append(
            [
                e.quantity,
                source_link(e, format_quantity(e.value, e.unit)),
                e.as_of,
                result_html(row),
                interval_html(row),
                lies,
            ]
        )
    return table(
        "reported",
        "What was reported beside what the model gives, and where the report falls in the model's interval.",
        ["Figure", "Reported", "As of", "Model", "Model, 5th to 95th percentile", "Reported lies"],
        rows,
    )


def against(study: Study, *subjects: str) -> Html:
    """Evidence that speaks against the argument for these segments or claims."""
    rows = [
        [
            e.quantity,
            published_value(e) if e.unit == "date" else format_quantity(e.value, e.unit),
            e.definition,
            source(e),
        ]
        for e in study.assumptions.tables.evidence.itertuples()
        if set(e.against.split()) & set(subjects)
    ]
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
    return Html(f"{source_link(e, e.publisher)}{f', {e.as_of}' if e.as_of else ''} ({e.tier})")


def assumptions(study: Study, segment: str) -> Html:
    """The inputs of one segment, or the shared ones (`all`), as resolved, with basis, note and sources."""
    quantities = [q for q in study.assumptions.quantities.values() if q.segment == segment]
    rows = [
        [
            q.name,
            input_html(study, q.name),
            plausible(study, q.name),
            q.unit,
            Html(f'<span class="{q.basis}">{q.basis}</span>'),
            Html(" ".join(f'<a class="id" href="#source-{e}">{e}</a>' for e in q.evidence)),
            q.note,
        ]
        for q in quantities
    ]
    title = "Shared by every segment" if segment == "all" else study.title(segment)
    return table(
        f"assumptions-{segment}",
        f"Assumptions: {html.escape('shared by every segment' if segment == 'all' else title)}.",
        ["Name", "Best value", "Range", "Unit", "Basis", "Evidence", "Why"],
        rows,
        ids=[f"assumption-{q.name}" for q in quantities],
        folded=f"{title}: {len(rows)} inputs",
    )


def all_assumptions(study: Study) -> Html:
    """The shared inputs and those of each segment, a table each."""
    return Html("".join(assumptions(study, s) for s in ("all", *study.segments)))


def evidence(study: Study) -> Html:
    """Every published figure in the tables, and the assumptions that cite it."""
    citing = {}
    for q in study.assumptions.quantities.values():
        for key in q.evidence:
            citing.setdefault(key, []).append(
                f'<a class="id" href="#assumption-{q.name}">{q.name}</a>'
            )
    rows = [
        [
            e.id,
            e.quantity,
            published_value(e),
            e.unit,
            e.definition,
            source(e),
            Html(", ".join(citing.get(e.id, ()))),
            e.notes,
        ]
        for e in study.assumptions.tables.evidence.itertuples()
    ]
    return table(
        "evidence",
        "Published figures, with where each was read and which assumptions cite it.",
        ["Id", "Figure", "Value", "Unit", "What it is", "Source", "Cited by", "Note"],
        rows,
        ids=[f"source-{row[0]}" for row in rows],
        folded=f"All {len(rows)} published figures in the tables",
    )


def worked(study: Study, segment: str) -> Html:
    """One customer of a segment worked line by line at the best values: formula, number, unit."""
    model, rows = study.point(segment).business_model, []
    for i in IDENTITIES.values():
        if model in i.formulas:
            formula = i.formulas[model].__doc__.strip().splitlines()[0].split(";")[0].split(":")[0]
            rows.append([i.name, formula, result_html(study.result(segment, i.name)), i.unit])
    caption = f"{html.escape(study.title(segment))}: one customer, one month, line by line at the best values."
    return table(f"worked-{segment}", caption, ["Metric", "Formula", "Result", "Unit"], rows)


def glossary(study: Study) -> Html:
    """The words of the report: metrics and quantities, with unit and meaning."""
    rows = [[i.name, i.meaning, i.unit] for i in IDENTITIES.values()]
    rows += [
        [p.parameter, p.meaning, p.unit] for p in study.assumptions.tables.parameters.itertuples()
    ]
    return table(
        "glossary",
        "Names used in this report and in its files.",
        ["Name", "Meaning", "Unit"],
        sorted(rows),
        folded=f"{len(rows)} names",
    )


def benchmarks(study: Study) -> Html:
    """GPU time for one second of 720p video by how the model was run: number of measurements, median, extremes."""
    measured = study.assumptions.tables.inference_benchmarks
    measured = measured[
        measured["resolution"].str.contains("720p") & measured["h100_seconds"].notna()
    ]
    rows = [
        [
            kind,
            str(len(seconds)),
            float(seconds.min()),
            float(seconds.median()),
            float(seconds.max()),
        ]
        for kind, seconds in measured.groupby("kind")["h100_seconds"]
    ]
    return table(
        "benchmarks",
        "Measured GPU time for one second of 720p video, brought to H100 time.",
        [
            "How the model was run",
            "Measurements",
            *((word, "GPU-s/video-s") for word in ("Lowest", "Median", "Highest")),
        ],
        rows,
    )


def skewed(study: Study) -> Html:
    """The results whose best value differs from the median of the draws by more than half of it."""
    found = [
        (s, m, study.result(s, m)) for s in study.segments for m in IDENTITIES if study.has(s, m)
    ]
    rows = [
        [
            study.title(s),
            IDENTITIES[m].meaning,
            result_html(row),
            result_html(row, "p50"),
            interval_html(row),
        ]
        for s, m, row in found
        if abs(row["value"] - row["p50"]) > 0.5 * abs(row["p50"])
    ]
    if not rows:
        return Html("<p>No best value differs from the median of its draws by more than half.</p>")
    return table(
        "skewed",
        "Results whose best value differs from the median of the draws by more than half of it: the ranges are lopsided "
        "there.",
        ["Segment", "Metric", "Best value", "Median of draws", "5th to 95th percentile"],
        rows,
    )


def provenance(study: Study) -> Html:
    """What this report was made from: scenario, changes, draws, seed and the Monte Carlo error of its probabilities."""
    changed = [study.assumptions.quantities[n] for n in study.assumptions.changed]
    rows = [
        ["Scenario", study.scenario.title],
        ["Reason", study.scenario.reason],
        *(
            ["Changed", Html(f"{q.name}: {input_html(study, q.name)} ({html.escape(q.note)})")]
            for q in changed
        ),
        ["Draws", f"{study.draws}"],
        ["Seed", f"{study.seed}"],
        [
            "Monte Carlo error of a probability of one half",
            format_percent(standard_error(0.5, study.draws)),
        ],
    ]
    return table(
        "provenance",
        "What this report was made from. Versions and hashes of all inputs stand in provenance.json beside it.",
        ["What", "Value"],
        rows,
    )


def owned_hour(study: Study) -> Html:
    """The owned GPU-hour and its parts beside the rent."""
    parts = owned_parts(study.point(study.segments[0]))
    rows = [
        ("An available hour of an owned GPU", "all/owned_gpu_hour"),
        *((f"of which {p}", f"all/owned_gpu_hour/{p}") for p in parts),
        ("Share of hours needed from which owning wins", "all/owning_wins_at"),
    ]
    return _listing(
        study,
        "owned-hour",
        "What an owned GPU-hour costs, used or not.",
        ["Part", "USD/GPU-h; the last row a share"],
        rows,
    )


def suppliers(study: Study) -> Html:
    """What the price of GPUs does to each segment."""
    rows = [
        (
            study.title(s),
            f"{s}/price_elasticity",
            f"{s}/break_even/gpu_price",
            f"{s}/pass_back_to_undo",
        )
        for s in study.segments
    ]
    return _listing(
        study,
        "suppliers",
        "How contribution moves with the GPU price (per cent for one per cent; above zero a loss deepens), "
        "the GPU price at which it is zero, and the part of a year's software gain that suppliers can take back before it is "
        "(undefined where no part does).",
        ["Segment", "Elasticity", ("Contribution is zero at", "USD/GPU-h"), "Part taken back"],
        rows,
    )


def years(study: Study) -> Html:
    """When each segment breaks even on trend, and what it costs until then."""
    rows = [
        (
            study.title(s),
            *(
                f"{s}/{name}"
                for name in (
                    "break_even_share/0",
                    "break_even_share/never",
                    "break_even_year",
                    "subsidy",
                )
            ),
        )
        for s in study.segments
    ]
    return _listing(
        study,
        "years",
        "Break-even on trend: shares of draws that cover their cost already, and never within ten years; the "
        "year among those that do; what a customer loses until then (over ten years where that is never).",
        [
            "Segment",
            "Already",
            "Never within ten years",
            ("Break-even", "year"),
            ("Subsidy", "USD/customer"),
        ],
        rows,
    )


def retention(study: Study, segment: str) -> Html:
    """How long installs stay, app by app, and what a segment that kept them as long would have to repay their acquisition."""
    rows = []
    for app in study.assumptions.tables.retention_points["app"].unique():
        days, churn = (
            study.result("all", f"{metric}_of_an_install", app)
            for metric in ("active_days", "churn")
        )
        rows.append(
            [
                app,
                result_html(days),
                interval_html(days),
                interval_html(churn),
                with_range(study.result(segment, "install_before_compute", app)),
            ]
        )
    caption = say(
        study,
        "Days of use in an install's first month, from a curve through published points (bounds where there is one "
        "point); the monthly churn that it implies; and what an install kept so long would bring to the {title here} before any "
        "compute, beside {here/acquisition_cost} to win it.",
        segment,
    )
    return table(
        "retention",
        caption,
        [
            "App",
            ("Active days", "day/month"),
            "Bounds of active days",
            "Bounds of monthly churn",
            ("Brings before compute", "USD/customer"),
        ],
        rows,
    )


def calibration(study: Study, segment: str) -> Html:
    """What each reported burn makes of the draws."""
    rows = []
    for e in study.assumptions.tables.evidence.query(
        "compares_with == @segment + '/daily_burn'"
    ).itertuples():
        rows.append(
            [
                e.quantity,
                source_link(e, format_quantity(e.value, e.unit)),
                *(
                    result_html(study.result(segment, metric, e.id))
                    for metric in ("effective_draws", "agreement")
                ),
                *(
                    with_range(study.result(segment, f"{metric}_given_burn", e.id))
                    for metric in IMPLIED
                ),
            ]
        )
    return table(
        "calibration",
        "What each reported burn implies: draws weighted by how well they reproduce it, how many draws that is "
        "worth, the share of unweighted draws within a factor of two of it, and the median over the 5th to 95th percentile of "
        "what it implies.",
        [
            "Report",
            ("Burn", "USD/day"),
            "Effective draws",
            "Draws near it",
            *((readable(m).capitalize(), unit) for m, (unit, _) in IMPLIED.items()),
        ],
        rows,
    )


def _first(cells: list[str], most: int) -> list[str]:
    """So many cells, empty where there are fewer."""
    return [*cells[:most], *[""] * (most - len(cells))]


def drivers(study: Study, most: int = 3) -> Html:
    """The inputs that drive each segment's answer most, by total Sobol' index, with the first-order one."""
    rows = []
    for s in study.segments:
        found = [
            (p, *(study.result(s, f"sobol_{order}", p) for order in ("total", "first")))
            for p in ranges(study, s)
        ]
        found = sorted(
            (f for f in found if math.isfinite(f[1]["value"])), key=lambda f: -f[1]["value"]
        )
        rows.append(
            [
                study.title(s),
                *_first(
                    [
                        Html(
                            f"{readable(p)}: {result_html(total)}<br><small>{interval_html(total)}; alone {result_html(first)}, "
                            f"{interval_html(first)}</small>"
                        )
                        for p, total, first in found
                    ],
                    most,
                ),
            ]
        )
    return table(
        "drivers",
        "The inputs whose spread moves the answer most: share of the variance of ln(revenue / cost) that goes with "
        "each, together with others and alone, with the 90 % intervals of the estimates.",
        ["Segment", *(f"{n}. input" for n in range(1, most + 1))],
        rows,
    )


def least_changes(study: Study, most: int = 3) -> Html:
    """For each segment the inputs that need the least change, against their range, to bring contribution to zero."""
    rows = []
    for s in study.segments:
        found = [
            (q, study.result(s, "break_even", p))
            for p, q in study.assumptions.of(s).items()
            if study.has(s, "break_even", p)
        ]
        found = sorted(
            (f for f in found if math.isfinite(f[1]["value"])),
            key=lambda f: abs(f[1]["value"] - f[0].value) / ((f[0].high - f[0].low) or math.inf),
        )
        rows.append(
            [
                study.title(s),
                *_first(
                    [
                        Html(
                            f"{readable(q.parameter)}: {result_html(row)} <small>instead of {input_html(study, q.name)}, "
                            f"{'inside' if q.low <= row['value'] <= q.high else 'outside'} the range</small>"
                        )
                        for q, row in found
                    ],
                    most,
                ),
            ]
        )
    return table(
        "least-changes",
        "What would have to be true: the three changes, each alone, that bring a customer's contribution to zero "
        "with the least move against the plausible range.",
        ["Segment", *(f"{n}. change" for n in range(1, most + 1))],
        rows,
    )


def backtests(study: Study) -> Html:
    """Predictions beside what was reported, and how many reports fall inside the model's interval."""
    rows = []
    for t in tested(study).itertuples():
        remark = (
            "not counted, " + t.independent.removeprefix("no: ")
            if t.independent.startswith("no")
            else t.note
        )
        told, predicted = (
            study.result("all", metric, t.id) for metric in ("backtest_reported", "backtest")
        )
        rows.append(
            [
                t.what,
                result_html(told),
                result_html(predicted),
                interval_html(predicted),
                t.inside + (f", {t.miss}" if t.miss else ""),
                remark,
            ]
        )
    caption = say(
        study,
        "{all/backtests_inside} of {all/backtests} independent reports lie inside the model's interval; with reports that "
        "meet one and the same prediction counted together it is {all/backtest_coverage/each prediction once}.",
    )
    head = [
        "What was tested",
        "Reported",
        "Predicted",
        "Predicted, 5th to 95th percentile",
        "Report lies inside",
        "Remark",
    ]
    return table("backtests", caption, head, rows)
