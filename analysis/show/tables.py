"""The tables of the report: each a list of rows, and a row a cell under the head of each column.

Results are medians of the draws over their 5th to 95th percentile, with three digits, in the unit
of the column's head.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from analysis.findings import backtests as tests
from analysis.findings import confidence as sure
from analysis.findings import evidence_checks as checked
from analysis.findings.claims import BY_NAME, claim, likelihood
from analysis.findings.claims import claims as all_claims
from analysis.findings.editions import moves
from analysis.findings.scenarios import OWN, compared
from analysis.findings.study import Study
from analysis.inputs.assumptions import Quantity
from analysis.model.distributions import standard_error
from analysis.model.registry import FORMULAS, METRICS
from analysis.show.formulas import formulas_html, mathml
from analysis.show.html import Html, plain_text
from analysis.show.markup import plausible, readable, table
from analysis.show.numbers import (
    format_percent,
    format_probability,
    format_quantity,
    format_significant,
    input_html,
    interval_html,
    likelihood_html,
    published_value,
    result_html,
    source_link,
)
from analysis.show.prose import sentence

MONTH = {
    ("Value created", "USD/month"): "value_created",
    ("Price", "USD/month"): "revenue",
    ("Running cost", "USD/month"): "running_cost",
    "Margin": "contribution_margin",
}
LIFETIME = {
    "Acquisition cost": "acquisition_cost",
    "Monthly churn, net": "monthly_churn",
    ("Kept, discounted", "months"): "months_kept",
    "LTV/CAC": "ltv_to_cac",
    ("Payback", "months"): "payback_months",
    "Customers who carry the fixed cost": "customers_to_carry_fixed_cost",
}
ERROR = "Monte Carlo error of a probability of one half"
RELATIONS = {"equal": "", "at_most": "at most ", "at_least": "at least "}
OF_EVERY_SEGMENT = (
    "covers_running_cost",
    "repays_acquisition",
    "repays_with_free_compute",
    "pays_off_on_trend",
)
TOGETHER = {"named_any": "At least one of those named", "named_all": "All of those named"}
LABELS = ["vendor", "host", "firm", "cloud", "model", "what", "tier", "variant", "resolution"]
LABELS += ["gpu", "acceleration", "price_kind", "period", "date", "as_of"]
VALUES = {  # what is measured, by table, and its unit
    "inference_benchmarks": ("h100_seconds", "GPU-s/video-s"),
    "gpu_prices": ("usd_per_gpu_hour", "USD/GPU-h"),
    "api_prices": ("usd_per_second", "USD/video-s"),
    "hosted_prices": ("usd_per_second", "USD/video-s"),
    "vendor_margins": ("gross_margin", "fraction"),
}
TURNS = {
    "Running cost is just covered": "break_even",
    "Acquisition is just repaid": "break_even_net_value",
}


def _table(name: str, caption: str, rows: list[dict], **options) -> Html:
    """A table of rows by the heads of their columns; a sentence where there is no row."""
    if not rows:
        return Html("<p>{} There is none.</p>").format(caption)
    return table(name, caption, list(rows[0]), [list(row.values()) for row in rows], **options)


def _cell(row: dict, stat: str = "p50") -> Html:
    """A number whose unit stands in the head; a share is per cent."""
    share = row["unit"].startswith("fraction") or row["metric"].endswith("margin")
    if share:
        said = format_percent(row[stat])
    else:
        said = format_significant(row[stat])
    return result_html(row, stat, said)


def _spread(study: Study, segment: str, name: str) -> Html | str:
    """The median of a metric, or of an input, over its range."""
    own = f"{segment}.{name}"
    if own in study.assumptions.quantities:
        cells = [input_html(study, own), plausible(study, own)]
        return Html("{}<br><small>{}</small>").format(*cells)
    if not study.has(segment, name):
        return "does not apply"
    cells = [_cell(study.result(segment, name), stat) for stat in ("p50", "p05", "p95")]
    return Html("{}<br><small>{} to {}</small>").format(*cells)


def _side_by_side(study: Study, columns: dict) -> list[dict]:
    """A row for each segment: its title, and what stands under each head."""
    rows = []
    for segment in study.segments:
        cells = {head: _spread(study, segment, name) for head, name in columns.items()}
        rows.append({"Segment": study.title(segment), **cells})
    return rows


def _lines(cells: Iterable[Html]) -> Html:
    return Html("<br>").join(cells)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _links(table_name: str, keys: Iterable[str]) -> Html:
    """Links to the rows of assumptions or sources."""
    link = Html('<a class="id" href="#{}-{}">{}</a>')
    return Html(" ").join(link.format(table_name, key, key) for key in keys)


def _subject(study: Study, subject: str) -> str:
    """A segment's title, or what stands for several; a segment that is gone by its name."""
    if subject in study.segments:
        return study.title(subject)
    return TOGETHER.get(subject) or _capital(readable(subject))


def claims_of_the_argument(study: Study) -> Html:
    """What the argument claims, with how likely it is, subject by subject.

    What is asked of every segment is told of those that the argument names together; the figures
    tell the rest.
    """
    fared = defaultdict(list)
    for c in all_claims(study):
        if c.claim in OF_EVERY_SEGMENT and c.subject not in TOGETHER:
            continue
        line = Html("{}: {}").format(_subject(study, c.subject), likelihood_html(c))
        fared[c.definition.claimed].append(line)
    rows = [
        {"Claimed": _capital(claimed), "How likely": _lines(lines)}
        for claimed, lines in fared.items()
    ]
    caption = "What the argument claims, and how each claim fares."
    return _table("claims-of-the-argument", caption, rows)


def claims(study: Study, segment: str = "") -> Html:
    """Every claim, or those about one segment, in a sentence with its confidence."""
    rows = [
        {
            "Subject": _subject(study, c.subject),
            "In a sentence": sentence(study, c),
            "Confidence": c.confidence,
        }
        for c in all_claims(study)
        if segment in ("", c.subject)
    ]
    caption = "Claims, each in a sentence, and the confidence in its likelihood."
    folded = "" if segment else f"All {len(rows)} claims"
    return _table(f"claims-{segment or 'all'}", caption, rows, folded=folded)


def segments_side_by_side(study: Study) -> Html:
    """What a customer's work is worth, its price and its running cost, for every segment."""
    caption = (
        "A customer's month: what the work is worth to the customer, what the vendor is paid, "
        "what serving it costs, and the share left. Medians, with the 5th to 95th percentile below."
    )
    return _table("segments-side-by-side", caption, _side_by_side(study, MONTH))


def winning_and_keeping(study: Study) -> Html:
    """What it costs to win a customer and what one is worth while it stays, for every segment."""
    caption = (
        "Winning and keeping customers, and what it brings: medians, 5th to 95th percentile below; "
        "for the first two as assumed, for the last two where a month leaves something."
    )
    return _table("winning-and-keeping", caption, _side_by_side(study, LIFETIME))


def what_would_have_to_be_true(study: Study, most: int = 3) -> Html:
    """For each segment and test the inputs that alone decide it inside their range."""
    rows = [
        {"Segment": study.title(segment)}
        | {head: _turns(study, segment, metric, most) for head, metric in TURNS.items()}
        for segment in study.segments
    ]
    caption = (
        "Where the answer turns, one input at a time and all others at their median: up to "
        f"{most} inputs that turn it inside their range, or else the nearest."
    )
    return _table("what-would-have-to-be-true", caption, rows)


def _turns(study: Study, segment: str, metric: str, most: int) -> Html | str:
    """The inputs of which a value brings a metric to zero, the nearest to their median first."""
    turns = []
    for parameter, q in study.assumptions.of(segment).items():
        if study.has(segment, metric, parameter):
            value = study.result(segment, metric, parameter)["value"]
            turns.append((_distance(q, value), parameter, q.name))
    near = sorted(turn for turn in turns if turn[0] < math.inf)
    inside = [turn for turn in near if turn[0] <= 1]
    told = Html("{}: {} <small>(assumed {}{})</small>")
    lines = []
    for distance, parameter, name in inside[:most] or near[:1]:
        label = _capital(readable(parameter))
        turn = result_html(study.result(segment, metric, parameter))
        beyond = "" if distance <= 1 else ", outside its range"
        lines.append(told.format(label, turn, input_html(study, name), beyond))
    return _lines(lines) or "no single input"


def _distance(q: Quantity, value: float) -> float:
    """How far a value is from the median: 1 at the end of the range on that side."""
    if value > q.value:
        end = q.high
    else:
        end = q.low
    if not math.isfinite(value) or end == q.value:
        return math.inf
    return (value - q.value) / (end - q.value)


def _meaning(name: str) -> str:
    """A metric in words; a formula of the back-tests by what it says of itself."""
    if name in METRICS:
        return METRICS[name].meaning
    for function in FORMULAS.get(name, {}).values():
        return function.__doc__.partition(",")[0]
    return readable(name)


def _tested(study: Study, test) -> dict:
    """What a back-test is about, and what the model says."""
    row = study.result("all", "backtest", test.id)
    known = math.isfinite(row["p50"])
    about = [_meaning(test.metric)]
    if test.segment != study.shared:
        about.append(study.assumptions.about(test.segment)["phrase"])
    if test.scenario != "base":
        about.append(f"scenario {readable(test.scenario)}")
    return {
        "Firm": test.firm,
        "Figure": _capital(", ".join(about)),
        "Reckoned": result_html(row, "p50") if known else "",
        "5th to 95th percentile": interval_html(row) if known else "once growth is known",
        "Independent": test.independent,
    }


def backtests(study: Study) -> Html:
    """What firms reported beside what the model gives, with what would be to blame for a miss."""
    rows = []
    for test in tests.reported(study).itertuples():
        blame = ""
        if test.driver:
            blame = study.assumptions.quantities[test.driver].meaning
        told = format_quantity(test.reported, test.unit)
        rows.append(
            _tested(study, test)
            | {
                "Reported": RELATIONS[test.relation] + told,
                "Inside": _yes(test.met),
                "Inside the ranges as typed": _yes(test.met_unwidened),
                "Inside with compute at a quarter": _yes(test.met_at_quarter),
                "and at four times its cost": _yes(test.met_at_four_times),
                "A miss hangs most on": blame,
            }
        )
    caption = (
        "What firms reported beside the model's 5th to 95th percentile. Independent: no input that "
        "the figure is made from cites the firm."
    )
    return _table("backtests", caption, rows)


def open_predictions(study: Study) -> Html:
    """Figures that are not out yet: what the model gives, when they are due, who will settle it."""
    rows = []
    for test in tests.open_predictions(study).itertuples():
        source = test.why.partition("Settled by: ")[2].partition(". ")[0]
        row = _tested(study, test)
        row["To be"] = RELATIONS[test.relation].strip() or "equal"
        row["Due"] = test.due
        row["Settled by"] = source.removesuffix(".")
        rows.append(row)
    caption = "Figures that are not out yet, and what the model says of them now."
    return _table("open-predictions", caption, rows)


def reasons_of_backtests(study: Study) -> Html:
    """How the figure of each back-test was come by, with its sources."""
    rows = [
        {
            "Name": test.id,
            "Firm": test.firm,
            "Why": test.why,
            "Evidence": _links("source", test.evidence.split()),
        }
        for test in study.assumptions.tables.backtests.itertuples()
    ]
    caption = "Back-tests and open predictions: how each figure was come by."
    folded = f"How each of the {len(rows)} figures was come by"
    return _table("reasons-of-backtests", caption, rows, folded=folded)


def confidence(study: Study) -> Html:
    """What the confidence in both tests is made of, for every segment."""
    rows = []
    for segment in study.segments:
        firms = tests.firms_inside(study, segment)
        for name, metric in sure.TESTS.items():
            c = claim(study, name, segment)
            originals = sure.originals_an_input(study, segment, metric)
            rows.append(
                {
                    "Claim": f"{study.title(segment)} {c.definition.claimed}",
                    "Likelihood": likelihood_html(c),
                    "Weight of judged inputs": _cell(
                        study.result(segment, "judged_weight", name), "value"
                    ),
                    "Originals an input": format_significant(originals, 2),
                    "Firms inside": f"{sum(firms.values())} of {len(firms)}",
                    "Same word": _yes(likelihood(c.probability_wide) == c.likelihood),
                    "Confidence": c.confidence,
                }
            )
    caption = (
        "What the confidence rests on: a point where judged inputs carry a third of the weight or "
        "less, where an input has two originals on average, where two firms were tested and two "
        "thirds lie inside, and where ranges half as wide again give the same word."
    )
    return _table("confidence", caption, rows)


def editions(study: Study) -> Html:
    """What the last edition said of each claim, what this one says, and why it moved."""
    rows = []
    for name, own in moves(study).groupby("claim", sort=False):
        moved = own[own["likelihood"] != own["likelihood_before"]]
        lines = [_moved(study, c) for c in moved.itertuples()]
        if len(moved) < len(own):
            lines.append(f"{len(own) - len(moved)} unchanged")
        rows.append(
            {
                "Claim": _capital(BY_NAME[name].claimed if name in BY_NAME else readable(name)),
                "Before, and now": _lines(lines),
                "Why it moved": " ".join(own["why_it_moved"].unique()),
            }
        )
    caption = "What the last edition said of each claim, and what this one says."
    return _table("editions", caption, rows)


def _moved(study: Study, c) -> str:
    before = f"{c.likelihood_before}, {format_probability(c.probability_before)}"
    now = "not asked"
    if c.likelihood:
        now = f"{c.likelihood}, {format_probability(c.probability)}"
    return f"{_subject(study, c.subject)}: {before} → {now}"


def scenarios(study: Study) -> Html:
    """What each scenario changes and why, and which segments then pay."""
    rows = []
    for (name, title), there in compared(study).items():
        changed = [there.assumptions.quantities[key] for key in there.assumptions.changed]
        reason = there.scenario.reason
        if name == OWN:
            reason = "The file of that name, with what was changed for this report."
        rows.append(
            {
                "Scenario": title,
                "Changed inputs": "; ".join(map(_changed, changed)),
                "Why": reason,
                "Cover the running cost": _paying(there, "covers_running_cost"),
                "Repay acquisition": _paying(there, "repays_acquisition"),
            }
        )
    caption = "What each scenario changes, why, and who is then at least likely to pay."
    folded = f"What each of the {len(rows)} scenarios changes, and why"
    return _table("scenarios", caption, rows, folded=folded)


def _paying(study: Study, test: str) -> str:
    paying = [study.title(s) for s in study.segments if claim(study, test, s).answer == "yes"]
    if len(paying) == len(study.segments):
        return "all"
    return ", ".join(paying) or "nobody"


def _changed(q: Quantity) -> str:
    low, value, high = map(format_significant, (q.low, q.value, q.high))
    if q.low < q.high:
        return f"{q.name} {value} ({low} to {high})"
    return f"{q.name} {value}"


def worked(study: Study, segment: str) -> Html:
    """One customer of a segment line by line: formula, every input at its median, the draws."""
    model = study.business_model(segment)
    rows = [
        {
            "Metric": _capital(m.meaning),
            "Formula": mathml(model, m.name) if model in m.formulas else "as assumed",
            "Every input at its median": _cell(study.result(segment, m.name), "value"),
            "Median, 5th to 95th percentile": _spread(study, segment, m.name),
            "Unit": m.unit,
        }
        for m in METRICS.values()
        if study.has(segment, m.name)
    ]
    caption = Html("{}: one customer, one month, line by line.").format(study.title(segment))
    return _table(f"worked-{segment}", caption, rows)


def against(study: Study, *subjects: str) -> Html:
    """Evidence that speaks against the argument for these segments or claims."""
    rows = [
        {"Figure": e.quantity, "Value": _told(e), "What it is": e.definition, "Source": source(e)}
        for e in study.assumptions.tables.evidence.itertuples()
        if set(e.against.split()) & set(subjects)
    ]
    return _table("against", "What published figures say against it.", rows)


def _told(e) -> str:
    if e.unit == "date":
        return published_value(e)
    return format_quantity(e.value, e.unit)


def source(e) -> Html:
    """Publisher, date and tier of a row of evidence, linked to its address."""
    when = f", {e.as_of}" if e.as_of else ""
    return Html("{}{} ({})").format(source_link(e, e.publisher), when, e.tier)


def benchmarks(study: Study) -> Html:
    """GPU time for one second of 720p video by how the model was run."""
    measured = study.assumptions.tables.inference_benchmarks
    measured = measured[measured["resolution"].str.contains("720p")].groupby("kind")
    found = measured["h100_seconds"].agg(["count", "min", "median", "max"]).reset_index()
    heads = [(word, "GPU-s/video-s") for word in ("Lowest", "Median", "Highest")]
    found = found.set_axis(["How the model was run", "Measurements", *heads], axis=1)
    rows = found.to_dict("records")
    caption = "Measured GPU time for one second of 720p video, brought to H100 time."
    return _table("benchmarks", caption, rows)


def assumptions(study: Study, segment: str) -> Html:
    """The inputs of one segment, or the shared ones (`all`), with basis, note and sources."""
    rows = [
        {
            "Name": q.name,
            "Median": input_html(study, q.name),
            "Range": plausible(study, q.name),
            "Unit": q.unit,
            "Basis": Html('<span class="{0}">{0}</span>').format(q.basis),
            "Evidence": _links("source", q.evidence),
            "Why": q.note,
        }
        for q in study.assumptions.own(segment).values()
    ]
    if segment == study.shared:
        whose = "shared by every segment"
    else:
        whose = study.title(segment)
    ids = [f"assumption-{row['Name']}" for row in rows]
    folded = f"{_capital(whose)}: {len(rows)} inputs"
    caption = Html("Assumptions: {}.").format(whose)
    return _table(f"assumptions-{segment}", caption, rows, ids=ids, folded=folded)


def evidence(study: Study) -> Html:
    """Every published figure in the tables, and the assumptions that cite it."""
    citing = defaultdict(list)
    for q in study.assumptions.quantities.values():
        for key in q.evidence:
            citing[key].append(q.name)
    rows = [
        {
            "Id": e.id,
            "Figure": e.quantity,
            "Value": published_value(e),
            "Unit": e.unit,
            "What it is": e.definition,
            "Source": source(e),
            "Cited by": _links("assumption", citing[e.id]),
            "Note": e.notes,
        }
        for e in study.assumptions.tables.evidence.itertuples()
    ]
    ids = [f"source-{row['Id']}" for row in rows]
    folded = f"All {len(rows)} published figures in the tables"
    caption = "Published figures, with where each was read and which assumptions cite it."
    return _table("evidence", caption, rows, ids=ids, folded=folded) + _measurements(study)


def _measurements(study: Study) -> Html:
    """Rows of the other tables that assumptions and back-tests cite."""
    book = study.assumptions.tables
    rows = []
    cited = " ".join([*book.assumptions["evidence"], *book.backtests["evidence"]]).split()
    for name, (column, unit) in VALUES.items():
        source_table = getattr(book, name)
        for e in source_table[source_table["id"].isin(cited)].to_dict("records"):
            what = [e[label] for label in LABELS if e.get(label)]
            if "url" in e:
                where = Html('<a href="{}">{}</a>').format(e["url"], e["id"])
            else:
                where = e["id"]
            rows.append(
                {
                    "Id": where,
                    "What": f"{_capital(readable(name))}: {', '.join(what)}",
                    "Value": float(e[column]),
                    "Unit": unit,
                    "Note": e.get("notes", e.get("note", "")),
                }
            )
    ids = [f"source-{plain_text(row['Id'])}" for row in rows]
    caption = "Measurements, prices and margins that assumptions and back-tests cite."
    folded = f"{len(rows)} measurements, prices and margins that are cited"
    return _table("measurements", caption, rows, ids=ids, folded=folded)


def evidence_checks(study: Study) -> Html:
    """What the tables were asked and what they answer; then what they come to."""
    book = study.assumptions.tables
    asked = [(c.rule, c.rows, ", ".join(c.broken) or "none") for c in checked.checks(book)]
    counted = [(what, number, "") for what, number in checked.counts(book)]
    rows = [
        {"Rule or count": rule, "Rows": str(number), "Rows that break the rule": broken}
        for rule, number, broken in asked + counted
    ]
    return _table("care", "What the tables were asked, and what they come to.", rows)


def glossary(study: Study) -> Html:
    """The words of the report: metrics with their formulas, and quantities; unit and meaning."""
    names = [(m.name, m.meaning, formulas_html(m), m.unit) for m in METRICS.values()]
    for p in study.assumptions.tables.parameters.itertuples():
        names.append((p.parameter, p.meaning, "", p.unit))
    rows = [
        {"Name": name, "Meaning": meaning, "Formula": formula, "Unit": unit}
        for name, meaning, formula, unit in sorted(names)
    ]
    caption = "Names used in this report and in its files."
    return _table("glossary", caption, rows, folded=f"{len(rows)} names")


def provenance(study: Study) -> Html:
    """What this report was made from, with the Monte Carlo error of its probabilities."""
    changed = [study.assumptions.quantities[name] for name in study.assumptions.changed]
    made_from = {
        "Scenario": study.scenario.title,
        "Reason": study.scenario.reason,
        "Changed": "; ".join(map(_changed, changed)),
        "Draws": str(study.draws),
        "Seed": str(study.seed),
        ERROR: format_percent(standard_error(0.5, study.draws)),
    }
    rows = [{"What": what, "Value": value or "nothing"} for what, value in made_from.items()]
    caption = "What this report was made from. Versions and hashes stand in provenance.json."
    return _table("provenance", caption, rows)
