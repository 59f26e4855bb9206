"""Tables. Oracles: results.csv's rows, sums of the numbers shown, the tables read by csv alone."""

import csv
import io
import math
import re
import statistics
import urllib.parse
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pytest import approx

from analysis.findings import evidence_checks
from analysis.findings.claims import BY_NAME, CLAIMS, claim
from analysis.findings.scenarios import side_by_side
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.inputs.tables import DATA, read_tables
from analysis.model.registry import METRICS
from analysis.show import tables
from analysis.show.chapter import open_chapter
from analysis.show.html import Html

VERTICALS = ("previs", "archviz", "performance_ads", "tv_spot", "training", "product_video")
LIKELY = ("likely", "very likely", "virtually certain")
DRAWS = 100
WORLDS = {
    "base": {},
    "everything pays": {"gpu_price": 0.01, "compute_intensity": 0.01},
    "nothing pays": {"gpu_price": 100, "compute_intensity": 10000},
    "no market": {f"{s}.displaced_share": 0 for s in VERTICALS},
}


def rows_of(markup, number=0):
    """The rows of a table, each from head to cell as parsed."""
    table = BeautifulSoup(markup, "html.parser").find_all("table")[number]
    for unit in table.select("th .unit"):
        unit.decompose()
    heads = [head.get_text().strip() for head in table.select("thead th")]
    rows = table.select("tbody tr")
    return [dict(zip(heads, row.find_all(["th", "td"]), strict=True)) for row in rows]


def texts_of(markup, number=0):
    return [{h: c.get_text() for h, c in row.items()} for row in rows_of(markup, number)]


def numbers(cell):
    """The exact numbers that a cell shows."""
    return [float(number["value"]) for number in cell.find_all("data")]


def first_number(cell):
    return numbers(cell)[0] if numbers(cell) else math.nan


def plain(name):
    """The rows of a table by csv alone."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def every_table(study):
    """The markup of each table but that of scenarios, by name; of those of one segment, one."""
    shown = {
        "break_even": ["previs"],
        "reported_beside_model": ["consumer"],
        "against": ["previs"],
        "retention": ["consumer"],
        "calibration": ["consumer"],
        "claim_by_segment": ["suppliers_cap_profit"],
        "metrics": ["headroom", "payback_months"],
    }
    of_all = (
        "who_pays benchmarks all_assumptions evidence glossary skewed provenance owned_hour "
        "suppliers years drivers least_changes backtests evidence_checks"
    )
    shown |= {name: [] for name in of_all.split()}
    made = {name: getattr(tables, name)(study, *given) for name, given in shown.items()}
    workings = {f"worked {s}": tables.worked(study, s) for s in ("consumer", "previs")}
    return made | workings


@pytest.fixture(scope="module")
def base():
    return open_chapter(draws=DRAWS)


def test_text_is_escaped_and_numbers_stand_right():
    markup = tables.table("t", "c", ["name", ("size", "m")], [["<b>", 1.0], ["x", math.nan]])
    assert "&lt;b&gt;" in markup and "<b>" not in markup and "nan" not in markup
    assert markup.count('class="number"') == 3 and "undefined" in markup


def test_a_column_with_a_sentence_is_no_column_of_numbers():
    markup = tables.table("t", "c", ["a", "b"], [["x", Html('it is <data value="1">1</data>')]])
    assert 'class="number"' not in markup


@pytest.mark.parametrize("world", WORLDS)
def test_every_table_stands_in_every_world(world):
    """No nan, no infinity, where all pay, none pays, or no vertical has a market."""
    study = open_chapter(overrides=WORLDS[world], draws=DRAWS)
    for name, markup in every_table(study).items():
        text = BeautifulSoup(markup, "html.parser").get_text(" ")
        assert not re.search(r"\b(nan|inf|None)\b", text), name


def test_every_number_is_the_one_of_results(base):
    """Oracle: the rows that results.csv is written from."""
    results = base.results.set_index(["segment", "metric", "detail"])
    counted = 0
    for name, markup in every_table(base).items():
        for shown in BeautifulSoup(markup, "html.parser").select("data[data-result]"):
            segment, metric, *detail = shown["data-result"].split("/", 2)
            row = results.loc[(segment, metric, "".join(detail))]
            assert float(shown["value"]) == approx(row[shown["data-stat"]], rel=1e-11), name
            counted += 1
    assert counted > 500


def test_every_link_inside_the_report_leads_to_a_row(base):
    page = BeautifulSoup("".join(every_table(base).values()), "html.parser")
    there = {row["id"] for row in page.select("tr[id]")}
    links = [link["href"].removeprefix("#") for link in page.select("a.id")]
    assert len(links) > 200 and set(links) <= there


def test_who_pays_gives_the_share_of_draws_that_do(study):
    """Oracle: the draws themselves."""
    rows = rows_of(tables.who_pays(study))
    assert [row["Segment"].get_text() for row in rows] == [study.title(s) for s in study.segments]
    for segment, row in zip(study.segments, rows, strict=True):
        case = study.drawn(segment)
        buys = getattr(case, "saving_per_finished_second", np.float64(1)) > 0
        covers = np.mean(buys & (case.revenue > case.compute_cost + case.service_cost))
        repays = np.mean(buys & (case.lifetime_value > case.acquisition_cost))
        assert first_number(row["Covers its running cost"]) == approx(covers)
        assert first_number(row["Repays its acquisition"]) == approx(repays)


def test_a_claim_is_told_of_each_subject_in_its_word(study):
    subjects = BY_NAME["suppliers_cap_profit"].subjects(study)
    rows = texts_of(tables.claim_by_segment(study, "suppliers_cap_profit"))
    for segment, row in zip(subjects, rows, strict=True):
        assert row["Segment"] == study.title(segment) and row["In a sentence"].startswith(
            study.title(segment)
        )
        assert row["Likelihood"] == claim(study, "suppliers_cap_profit", segment).likelihood
        assert f" {row['Likelihood']} (" in row["In a sentence"]


def test_a_metric_applies_where_its_business_model_has_it(study):
    rows = texts_of(tables.metrics(study, "cost_per_clip", "selling_seconds"))
    for segment, row in zip(study.segments, rows, strict=True):
        seller = segment in VERTICALS
        assert (row["Cost of a clip"] == "does not apply") is seller
        selling = row["Left by selling seconds at the list price"]
        assert (selling == "does not apply") is not seller


@pytest.mark.parametrize("segment", ["consumer", "prosumer", *VERTICALS])
def test_a_worked_customer_adds_up(study, segment):
    """Oracle: the arithmetic of a month, on the numbers that the table shows and on the inputs."""
    shown = {
        r["Metric"].get_text(): first_number(r["Result"])
        for r in rows_of(tables.worked(study, segment))
    }
    inputs = {p: q.value for p, q in study.assumptions.of(segment).items()}
    n = inputs | shown
    seconds, second = n["generated_seconds"], n["cost_per_generated_second"]
    assert n["compute_cost"] == approx(seconds * second)
    assert n["gpu_hours"] * n["gpu_price"] * (1 + n["serving_overhead"]) == approx(
        n["compute_cost"]
    )
    left = n["revenue"] - n["compute_cost"] - n["service_cost"]
    assert n["contribution"] == approx(left)
    assert n["contribution_margin"] * n["revenue"] == approx(left)
    earned, spent = n["revenue_per_generated_second"], n["full_cost_per_generated_second"]
    assert (earned - spent) * seconds == approx(left)
    kept = 1 / (n["monthly_churn"] + n["discount_rate"] / 12)
    assert n["lifetime_value"] == approx(left * kept)
    assert n["ltv_to_cac"] == approx(left * kept / n["acquisition_cost"])
    assert n["acquisition_per_month"] * kept == approx(n["acquisition_cost"])


@pytest.mark.parametrize("segment", ["consumer", "previs"])
def test_each_formula_of_a_worked_customer_gives_its_result(study, segment):
    """Oracle: the formula as printed, worked out with the page's own numbers and the inputs."""
    known = {p: q.value for p, q in study.assumptions.of(segment).items()}
    for row in rows_of(tables.worked(study, segment)):
        text = row["Formula"].math["alttext"].replace("×", "*").replace("−", "-")
        named = re.sub(r"(?<=[a-z]) (?=[a-z])", "_", text)
        name, result = row["Metric"].get_text(), first_number(row["Result"])
        if math.isfinite(result):
            assert eval(named, {"max": max}, known) == approx(result, rel=1e-9), name
        known[name] = result


def test_a_break_even_put_back_leaves_nothing(study):
    """Oracles: the model at the value shown; where it stands among the ends shown beside it."""
    quantities = {q.meaning: q for q in study.assumptions.of("previs").values()}
    rows, told = rows_of(tables.break_even(study, "previs")), set()
    for row in rows:
        value = first_number(row["Break-even"])
        inside = row["Inside the range"].get_text()
        told.add(inside)
        if inside == "none possible":
            assert math.isnan(value)
            continue
        there = {quantities[row["Quantity"].get_text()].parameter: np.float64(value)}
        case = study.point("previs").replace(**there)
        assert case.contribution == approx(0, abs=1e-8 * case.revenue)
        between = statistics.median([value, *numbers(row["Plausible range"])]) == value
        assert inside == {True: "yes", False: "no"}[between]
    assert told == {"yes", "no", "none possible"}


def test_least_changes_are_those_of_the_break_evens(study):
    """Oracle: the table of break-evens, its moves measured against the ranges shown there."""
    for segment, row in zip(study.segments, rows_of(tables.least_changes(study)), strict=True):
        moves = {}
        for found in rows_of(tables.break_even(study, segment)):
            value = first_number(found["Break-even"])
            low, high = numbers(found["Plausible range"])
            if math.isfinite(value) and low < high:
                moves[value] = abs(value - first_number(found["Best value"])) / (high - low)
        shown = [first_number(row[f"{n}. change"]) for n in (1, 2, 3)]
        ranged = [value for value in shown if value in moves]
        assert ranged == sorted(moves, key=moves.get)[: len(ranged)] != []


def test_drivers_are_the_largest_indices_each_with_what_it_does_alone(study):
    """Oracle: the rows of results."""
    results = study.results.set_index("metric")
    rows = rows_of(tables.drivers(study, 2))
    for segment, row in zip(study.segments, rows, strict=True):
        own = results[results["segment"] == segment]
        totals = own.loc["sobol_total"].set_index("detail")["value"].nlargest(2)
        alone = own.loc["sobol_first"].set_index("detail")["value"]
        for n, (parameter, total) in enumerate(totals.items(), 1):
            cell = row[f"{n}. input"]
            assert cell.get_text().startswith(parameter.replace("_", " ") + ": ")
            assert numbers(cell)[0] == approx(total)
            assert numbers(cell)[3] == approx(alone[parameter])


def test_no_driver_where_nobody_buys():
    study = open_chapter(overrides={"previs.displaced_share": 0.0}, draws=DRAWS)
    row = texts_of(tables.drivers(study))[study.segments.index("previs")]
    assert [row[f"{n}. input"] for n in (1, 2, 3)] == ["", "", ""]


def test_an_owned_hour_is_the_sum_of_its_parts(study):
    whole, *parts, _ = rows_of(tables.owned_hour(study))
    cost = "USD/GPU-h; the last row a share"
    assert len(parts) == 3
    assert first_number(whole[cost]) == approx(sum(first_number(part[cost]) for part in parts))


@pytest.mark.parametrize("factor, lies", [(0.5, "below"), (1.0, "inside"), (2.0, "above")])
def test_a_report_is_placed_against_the_interval(base, factor, lies):
    """Oracle: reports made up half as low as the interval, at its median, and twice as high."""
    row = base.result("consumer", "cost_per_clip")
    book = base.assumptions.tables
    told = {0.5: row["p05"], 1.0: row["p50"], 2.0: row["p95"]}[factor] * factor
    made_up = book.evidence.iloc[:1].assign(
        compares_with="consumer/cost_per_clip", value=told, unit="USD/clip"
    )
    given = replace(base.assumptions, tables=replace(book, evidence=made_up))
    study = Study(given, base.scenario, DRAWS)
    (shown,) = texts_of(tables.reported_beside_model(study, "consumer"))
    assert shown["Reported lies"] == lies


def test_the_caption_of_the_backtests_counts_its_rows(study):
    markup = tables.backtests(study)
    rows = texts_of(markup)
    assert [row["What was tested"] for row in rows] == [t["what"] for t in plain("backtests")]
    testable = [row for row in rows if row["Report lies inside"].startswith(("yes", "no, "))]
    counted = [row for row in testable if not row["Remark"].startswith("not counted")]
    inside = [row for row in counted if row["Report lies inside"] == "yes"]
    caption = BeautifulSoup(markup, "html.parser").caption.get_text()
    assert caption.startswith(f"{len(inside)} of {len(counted)} independent reports ")
    assert len(testable) > len(counted) > len(inside) > 0


def test_calibration_has_a_row_for_each_reported_burn(study):
    burns = [e for e in plain("evidence") if e["compares_with"] == "consumer/daily_burn"]
    rows = texts_of(tables.calibration(study, "consumer"))
    assert [row["Report"] for row in rows] == [burn["quantity"] for burn in burns]
    assert all(row["Burn"].startswith("USD ") for row in rows)


def test_skewed_are_those_far_from_their_median_and_no_other(study):
    results = study.results[study.results["metric"].isin(list(METRICS))]
    results = results[results["detail"] == ""]
    far = results[(results["value"] - results["p50"]).abs() > results["p50"].abs() / 2]
    named = [(study.title(r.segment), METRICS[r.metric].meaning) for r in far.itertuples()]
    rows = texts_of(tables.skewed(study))
    assert sorted((row["Segment"], row["Metric"]) for row in rows) == sorted(named)


def test_benchmarks_are_counted_by_kind():
    """Oracle: csv and statistics."""
    times = {}
    for row in plain("inference_benchmarks"):
        if "720p" in row["resolution"] and row["h100_seconds"]:
            times.setdefault(row["kind"], []).append(float(row["h100_seconds"]))
    for row in rows_of(tables.benchmarks(open_chapter(draws=DRAWS))):
        own = times.pop(row["How the model was run"].get_text())
        assert row["Measurements"].get_text() == str(len(own))
        shown = [float(row[head]["data-value"]) for head in ("Lowest", "Median", "Highest")]
        assert shown == approx([min(own), statistics.median(own), max(own)])
    assert not times


def test_all_inputs_and_all_figures_are_listed(base):
    inputs, figures = plain("assumptions"), plain("evidence")
    page = BeautifulSoup(tables.all_assumptions(base), "html.parser")
    names = {
        row["parameter"] if row["segment"] == "all" else f"{row['segment']}.{row['parameter']}"
        for row in inputs
    }
    assert {row["id"] for row in page.select("tr[id]")} == {f"assumption-{name}" for name in names}
    listed = rows_of(tables.evidence(base))
    assert [row["Id"].get_text() for row in listed] == [figure["id"] for figure in figures]
    citing = sum(len(row["evidence"].split()) for row in inputs)
    assert sum(len(row["Cited by"].find_all("a")) for row in listed) == citing


def test_the_glossary_has_every_metric_and_parameter_in_order(base):
    names = [row["Name"] for row in texts_of(tables.glossary(base))]
    assert names == sorted([*METRICS, *(row["parameter"] for row in plain("parameters"))])


def test_provenance_tells_what_was_changed():
    changed = open_chapter("gpu_glut", {"previs.retakes": 3.0}, draws=400)
    rows = [(row["What"], row["Value"]) for row in texts_of(tables.provenance(changed))]
    assert ("Scenario", read_scenario("gpu_glut").title) in rows and ("Draws", "400") in rows
    assert ("Monte Carlo error of a probability of one half", "2.5 %") in rows
    assert any(what == "Changed" and value.startswith("previs.retakes: 3 ") for what, value in rows)


def test_what_evidence_points_to_exists(study):
    """`against` names claims or segments, `compares_with` a result; else it were without effect."""
    evidence = study.assumptions.tables.evidence
    known = {*BY_NAME, *study.segments}
    assert {name for text in evidence["against"] for name in text.split()} <= known
    for reference in filter(None, evidence["compares_with"]):
        assert study.result(*reference.split("/"))


@pytest.mark.parametrize("subject", [*VERTICALS, "professional_first"])
def test_something_speaks_against_every_part_of_the_thesis(base, subject):
    said = [e["quantity"] for e in plain("evidence") if subject in e["against"].split()]
    assert [row["Figure"] for row in texts_of(tables.against(base, subject))] == said != []


def test_nothing_speaks_against_what_nobody_doubts(base):
    assert tables.against(base, "nothing").startswith("<p>No published figure")


def test_the_checks_of_evidence_are_shown_as_found(study):
    book, rows = study.assumptions.tables, rows_of(tables.evidence_checks(study))
    shown = [[cell.get_text() for cell in row.values()] for row in rows]
    for check in evidence_checks.checks(book):
        assert [check.rule, str(check.rows), "none"] in shown
    for what, number in evidence_checks.counts(book):
        assert [what, str(number), ""] in shown


def test_a_row_that_breaks_a_rule_is_named(base):
    book = base.assumptions.tables
    spoilt = book.evidence.assign(unit=["furlong", *book.evidence["unit"][1:]])
    given = replace(base.assumptions, tables=replace(book, evidence=spoilt))
    rows = texts_of(tables.evidence_checks(Study(given, base.scenario, DRAWS)))
    assert "evidence.csv row 2" in [row["Rows that break the rule"] for row in rows]


def long_table(markup):
    """The table that the link holds as CSV."""
    link = BeautifulSoup(markup, "html.parser").find("a", download="scenario-claims.csv")
    content = urllib.parse.unquote(link["href"].removeprefix("data:text/csv;charset=utf-8,"))
    return pd.read_csv(io.StringIO(content), keep_default_na=False)


def test_scenarios_are_counted_from_the_long_table(base):
    """Oracle: the words of the long table, counted by plain Python."""
    markup, found = tables.scenarios(base), side_by_side(base)
    assert not re.search(r"\b(nan|inf|None)\b", BeautifulSoup(markup, "html.parser").get_text(" "))
    pd.testing.assert_frame_equal(long_table(markup), found, check_exact=False, rtol=1e-5)
    rows = texts_of(markup)
    assert [r["Scenario"] for r in rows] == [read_scenario(n).title for n in scenario_names()]
    for name, row in zip(scenario_names(), rows, strict=True):
        own = [r for r in found.itertuples() if r.scenario == name]
        for test in CLAIMS:
            words = [r.likelihood for r in own if r.claim == test.name]
            likely = sum(word in LIKELY for word in words)
            cells = [
                text for head, text in row.items() if head.lower().endswith(test.claimed.lower())
            ]
            assert cells == [f"{likely} of {len(words)}" if len(words) > 1 else words[0]]
        paying = [r for r in own if r.claim == "repays_acquisition" and r.likelihood in LIKELY]
        who = [base.title(r.subject) for r in paying]
        told = row["At least likely to repay its acquisition"]
        assert re.split(", | and ", told) == (who or ["nobody"])


def test_every_scenario_is_told_with_its_file_changes_and_reason(base):
    rows = {row["File"]: row for row in texts_of(tables.scenarios(base), 1)}
    for scenario in map(read_scenario, scenario_names()):
        row = rows[scenario.name]
        assert (row["Scenario"], row["Why"]) == (scenario.title, scenario.reason)
        assert all(name in row["Changed inputs"] for name in scenario.overrides)


def test_a_report_with_changes_of_its_own_has_the_first_row():
    changed = open_chapter("gpu_glut", {"previs.retakes": 3.0}, DRAWS)
    markup = tables.scenarios(changed)
    own, of_file = texts_of(markup)[0], texts_of(markup, 1)[0]
    assert own["Scenario"] == of_file["Scenario"] == "This report"
    assert of_file["File"] == "gpu_glut" and "previs.retakes 3" in of_file["Changed inputs"]


def test_awkward_titles_and_equal_titles_keep_scenarios_apart(scenario_folder):
    hostile = '<script>alert(1)</script> & $x_1$ "{here}" ' + "wide " * 20
    scenario_folder("hostile", hostile, "{gpu_price: 100.0}")
    scenario_folder("twin", "As the tables stand", "{gpu_price: 100.0}")
    markup = tables.scenarios(open_chapter(draws=DRAWS))
    usual, strange, twin = texts_of(markup)
    assert usual["Scenario"] == twin["Scenario"] == "As the tables stand" and usual != twin
    assert strange["Scenario"].strip() == hostile.strip()
    assert "<script" not in markup and "Because &lt;b&gt;." in markup


def test_the_sample_of_the_comparison_is_told():
    said = tables.sampled(open_chapter(draws=3 * DRAWS), DRAWS)
    assert "first 100 of this report's 300 draws" in said and "is 5 percentage points" in said
    assert "Counted on the 100 draws" in tables.sampled(open_chapter(draws=DRAWS))


def test_another_vertical_has_its_row_in_every_table_by_segment(base):
    """Oracle: a twin of previs, which shows what previs shows but for its own draws."""
    book = read_tables()
    twins = {
        name: pd.concat([table, table[table["segment"] == "previs"].assign(segment="twin")])
        for name, table in (("segments", book.segments), ("assumptions", book.assumptions))
    }
    study = Study(resolve(replace(book, **twins)), base.scenario, DRAWS)
    for name in ("who_pays", "suppliers", "years", "drivers", "least_changes"):
        rows = texts_of(getattr(tables, name)(study))
        assert len(rows) == len(base.segments) + 1
        assert rows[-1]["Segment"] == base.title("previs"), name
