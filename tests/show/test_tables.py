"""Tables. Oracles: results.csv's rows, sums of the numbers shown, the tables read by csv alone."""

import csv
import math
import re
import statistics
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pytest import approx

from analysis.findings import evidence_checks
from analysis.findings.backtests import backtests, firms_inside
from analysis.findings.claims import BY_NAME, claim, claims
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.inputs.tables import DATA, read_tables
from analysis.model.registry import METRICS
from analysis.show import tables
from analysis.show.chapter import open_chapter

DRAWS = 100
WORLDS = {
    "base": {},
    "everybody pays": {"gpu_price": 0.01, "served_intensity": 0.01},
    "nobody pays": {"gpu_price": 100, "served_intensity": 10000},
}
OF_SEGMENT = ("claims", "worked")
OF_ALL = (
    "claims_of_the_argument",
    "claims",
    "segments_side_by_side",
    "winning_and_keeping",
    "what_would_have_to_be_true",
    "backtests",
    "open_predictions",
    "reasons_of_backtests",
    "confidence",
    "editions",
    "benchmarks",
    "evidence",
    "evidence_checks",
    "glossary",
    "provenance",
)


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


def plain(name):
    """The rows of a table by csv alone."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def every_table(study):
    """The markup of each table but that of scenarios, by name; of those of one segment, two."""
    made = {name: getattr(tables, name)(study) for name in OF_ALL}
    made["against"] = tables.against(study, "consumer", "repays_acquisition")
    for name in OF_SEGMENT:
        for segment in (study.segments[0], study.segments[-1]):
            made[f"{name} {segment}"] = getattr(tables, name)(study, segment)
    for segment in (study.shared, *study.segments):
        made[f"assumptions {segment}"] = tables.assumptions(study, segment)
    return made


def without(study, *segments):
    """The same study with the tables of these segments alone."""
    book = study.assumptions.tables
    kept = {
        name: table[table["segment"].isin([*segments, "all"])]
        for name in ("segments", "assumptions", "backtests")
        for table in [getattr(book, name)]
    }
    return Study(resolve(replace(book, **kept)), study.scenario, study.draws)


@pytest.fixture(scope="module")
def base():
    return open_chapter(draws=400)


@pytest.mark.parametrize("world", WORLDS)
def test_every_table_stands_in_every_world(world):
    """No nan and no infinity where all pay or none pays."""
    study = open_chapter(overrides=WORLDS[world], draws=DRAWS)
    for name, markup in every_table(study).items():
        text = BeautifulSoup(markup, "html.parser").get_text(" ")
        assert not re.search(r"\b(nan|inf|None)\b", text), name


@pytest.mark.parametrize("segments", [("consumer",), ("tv_spot",), ("consumer", "training")])
def test_every_table_stands_with_few_segments(base, segments):
    study = without(base, *segments)
    for name in ("segments_side_by_side", "winning_and_keeping", "what_would_have_to_be_true"):
        shown = [row["Segment"] for row in texts_of(getattr(tables, name)(study))]
        assert shown == [study.title(segment) for segment in segments]
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
    assert counted > 300


def test_every_link_inside_the_report_leads_to_a_row(base):
    page = BeautifulSoup("".join(every_table(base).values()), "html.parser")
    there = {row["id"] for row in page.select("tr[id]")}
    links = [link["href"].removeprefix("#") for link in page.select("a.id")]
    assert len(links) > 200 and set(links) <= there


def test_each_claim_of_the_argument_fares_as_its_draws_do(base):
    """Oracle: shares of the draws, formula by formula; of every segment the figures tell."""
    shown = {row["Claimed"].get_text(): row for row in rows_of(tables.claims_of_the_argument(base))}
    for name, test in (
        ("covers_running_cost", lambda c: c.revenue > c.compute_cost + c.service_cost),
        ("repays_acquisition", lambda c: c.contribution * c.months_kept > c.acquisition_cost),
    ):
        claimed = BY_NAME[name].claimed
        row = shown[claimed[0].upper() + claimed[1:]]
        held = [test(base.drawn(s)) for s in base.thesis_segments()]
        expected = [np.mean(np.any(held, axis=0)), np.mean(np.all(held, axis=0))]
        assert numbers(row["How likely"]) == approx(expected)
    could = shown["Creates more value for the customer than serving it costs"]
    held = [
        base.drawn(s).value_created > base.drawn(s).running_cost for s in base.workflow_segments()
    ]
    assert numbers(could["How likely"]) == approx([np.mean(h) for h in held])


def test_a_segment_has_its_claims_and_no_other(base):
    for segment in ("consumer", "training"):
        rows = texts_of(tables.claims(base, segment))
        own = [c for c in claims(base) if c.subject == segment]
        assert [row["Confidence"] for row in rows] == [c.confidence for c in own]
        assert {row["Subject"] for row in rows} == {base.title(segment)}
    assert len(texts_of(tables.claims(base))) == len(claims(base))


def test_segments_side_by_side_are_medians_of_draws(base):
    """Oracle: the draws themselves; what a subscriber saves is in no table."""
    for segment, row in zip(
        base.segments, rows_of(tables.segments_side_by_side(base)), strict=True
    ):
        drawn = base.drawn(segment)
        assert numbers(row["Price"]) == approx(np.percentile(drawn.revenue, [50, 5, 95]))
        margin = 1 - (drawn.compute_cost + drawn.service_cost) / drawn.revenue
        assert numbers(row["Margin"]) == approx(np.percentile(margin, [50, 5, 95]))
        subscribed = base.business_model(segment) == "subscription"
        assert (row["Value created"].get_text() == "does not apply") is subscribed


def test_winning_and_keeping_is_assumed_and_then_drawn(base):
    for segment, row in zip(base.segments, rows_of(tables.winning_and_keeping(base)), strict=True):
        q = base.assumptions.quantities[f"{segment}.acquisition_cost"]
        assert numbers(row["Acquisition cost"]) == [q.value, q.low, q.high]
        drawn = base.drawn(segment)
        ratio = drawn.contribution * drawn.months_kept / drawn.acquisition_cost
        assert numbers(row["LTV/CAC"]) == approx(np.percentile(ratio, [50, 5, 95]))


def test_what_would_have_to_be_true_leaves_nothing_when_put_back(base):
    """Oracles: the model at the value shown; the range of the input that it names."""
    tests = {
        "Running cost is just covered": "contribution",
        "Acquisition is just repaid": "net_value",
    }
    counted = 0
    for segment, row in zip(
        base.segments, rows_of(tables.what_would_have_to_be_true(base)), strict=True
    ):
        for head, metric in tests.items():
            shown = row[head].find_all("data")
            outside = row[head].get_text().count("outside its range")
            for turn, assumed in zip(shown[::2], shown[1::2], strict=True):
                parameter, value = turn["data-result"].split("/")[2], float(turn["value"])
                q = base.assumptions.of(segment)[parameter]
                assert float(assumed["value"]) == q.value
                assert (q.low <= value <= q.high) is (outside == 0)
                case = base.point(segment).replace(**{parameter: np.float64(value)})
                terms = case.revenue * case.months_kept + case.acquisition_cost
                assert getattr(case, metric) == approx(0, abs=1e-8 * terms)
                counted += 1
    assert counted > 20


def test_backtests_are_told_as_found(base):
    found = backtests(base).dropna(subset="reported")
    rows = rows_of(tables.backtests(base))
    assert len(rows) == len(found)
    told = [(r["Firm"].get_text(), r["Inside"].get_text()) for r in rows]
    met = found["met"].map({True: "yes", False: "no"})
    assert sorted(told) == sorted(zip(found["firm"], met, strict=True))
    for row in rows:
        missed = "no" in (row["Inside"].get_text(), row["Inside the ranges as typed"].get_text())
        assert (row["A miss hangs most on"].get_text() != "") is missed
    bounds = [row["Reported"].get_text() for row in rows]
    assert sum(text.startswith("at most ") for text in bounds) == sum(
        found["relation"] == "at_most"
    )


def test_open_predictions_say_when_and_who_settles_them(base):
    rows = texts_of(tables.open_predictions(base))
    due = [row["due"] for row in plain("backtests") if row["due"]]
    assert [row["Due"] for row in rows] == sorted(due)
    assert all(row["Settled by"] and row["To be"] for row in rows)
    waiting = [row for row in rows if row["Reckoned"] == ""]
    assert {row["5th to 95th percentile"] for row in waiting} == {"once growth is known"}


def test_confidence_shows_what_it_is_made_of(base):
    rows = texts_of(tables.confidence(base))
    assert len(rows) == 2 * len(base.segments)
    for number, segment in enumerate(base.segments):
        own = rows[2 * number]
        firms = firms_inside(base, segment)
        assert own["Firms inside"] == f"{sum(firms.values())} of {len(firms)}"
        assert own["Confidence"] == claim(base, "covers_running_cost", segment).confidence


def test_editions_show_what_moved_and_why(base):
    """Oracle: the first edition's words by csv, this one's from the claims."""
    rows = texts_of(tables.editions(base))
    first = [row for row in plain("editions") if row["edition"] == "1"]
    assert len(rows) == len({row["claim"] for row in first})
    text = " ".join(row["Before, and now"] for row in rows)
    for row in first:
        known = row["claim"] in BY_NAME and row["subject"] in BY_NAME[row["claim"]].subjects(base)
        word = claim(base, row["claim"], row["subject"]).likelihood if known else "not asked"
        moved = re.search(
            rf"{base.title(row['subject'])}: {row['likelihood']}, [^→]*→ {word}", text
        )
        assert moved or word == row["likelihood"]
    assert all(row["Why it moved"] for row in rows)


@pytest.mark.parametrize("segment", ["consumer", "prosumer", "previs", "training"])
def test_a_worked_customer_adds_up(study, segment):
    """Oracle: the arithmetic of a month, on the numbers that the table shows and on the inputs."""
    by_meaning = {metric.meaning.lower(): name for name, metric in METRICS.items()}
    shown = {
        by_meaning[row["Metric"].get_text().lower()]: numbers(row["Every input at its median"])
        for row in rows_of(tables.worked(study, segment))
    }
    inputs = {p: q.value for p, q in study.assumptions.of(segment).items()}
    n = inputs | {name: value[0] if value else math.nan for name, value in shown.items()}
    assert n["compute_cost"] == approx(n["generated_seconds"] * n["cost_per_generated_second"])
    rent = n["gpu_hours"] * n["gpu_price"] * (1 + n["serving_overhead"])
    assert rent == approx(n["compute_cost"])
    left = n["revenue"] - n["compute_cost"] - n["service_cost"]
    assert n["contribution"] == approx(left)
    assert n["contribution_margin"] * n["revenue"] == approx(left)
    kept = (1 - n["monthly_churn"]) / (1 + n["discount_rate"] / 12)
    months = sum(kept**m for m in range(round(n["horizon"])))
    assert n["lifetime_value"] == approx(left * months)
    assert n["net_value"] == approx(left * months - n["acquisition_cost"])


def test_benchmarks_are_counted_by_kind(base):
    """Oracle: csv and statistics."""
    times = {}
    for row in plain("inference_benchmarks"):
        if "720p" in row["resolution"] and row["h100_seconds"]:
            times.setdefault(row["kind"], []).append(float(row["h100_seconds"]))
    for row in rows_of(tables.benchmarks(base)):
        own = times.pop(row["How the model was run"].get_text())
        assert row["Measurements"].get_text() == str(len(own))
        shown = [float(row[head]["data-value"]) for head in ("Lowest", "Median", "Highest")]
        assert shown == approx([min(own), statistics.median(own), max(own)])
    assert not times


def test_all_inputs_and_all_figures_are_listed(base):
    inputs, figures = plain("assumptions"), plain("evidence")
    listed = [tables.assumptions(base, segment) for segment in (base.shared, *base.segments)]
    page = BeautifulSoup("".join(listed), "html.parser")
    names = {
        row["parameter"] if row["segment"] == "all" else f"{row['segment']}.{row['parameter']}"
        for row in inputs
    }
    assert {row["id"] for row in page.select("tr[id]")} == {f"assumption-{name}" for name in names}
    listed = rows_of(tables.evidence(base))
    known = [figure["id"] for figure in figures]
    assert [row["Id"].get_text() for row in listed] == known
    citing = sum(key in known for row in inputs for key in row["evidence"].split())
    assert sum(len(row["Cited by"].find_all("a")) for row in listed) == citing


def test_the_glossary_has_every_metric_and_parameter_in_order(base):
    names = [row["Name"] for row in texts_of(tables.glossary(base))]
    assert names == sorted([*METRICS, *(row["parameter"] for row in plain("parameters"))])


def test_provenance_tells_what_was_changed():
    changed = open_chapter("gpu_glut", {"previs.retakes": 3.0}, draws=400)
    rows = {row["What"]: row["Value"] for row in texts_of(tables.provenance(changed))}
    assert rows["Scenario"] == read_scenario("gpu_glut").title and rows["Draws"] == "400"
    assert rows["Monte Carlo error of a probability of one half"] == "2.5 %"
    assert "previs.retakes 3" in rows["Changed"]


def test_what_evidence_points_to_exists(study):
    """`against` names claims or segments, `compares_with` a result; else it were without effect."""
    evidence = study.assumptions.tables.evidence
    known = {*BY_NAME, *study.segments}
    assert {name for text in evidence["against"] for name in text.split()} <= known
    for reference in filter(None, evidence["compares_with"]):
        assert study.result(*reference.split("/"))


@pytest.mark.parametrize("subject", ["previs", "archviz", "performance_ads", "professional_first"])
def test_something_speaks_against_every_part_of_the_thesis(base, subject):
    said = [e["quantity"] for e in plain("evidence") if subject in e["against"].split()]
    assert [row["Figure"] for row in texts_of(tables.against(base, subject))] == said != []


def test_nothing_speaks_against_what_nobody_doubts(base):
    assert (
        tables.against(base, "nothing")
        == "<p>What published figures say against it. There is none.</p>"
    )


def test_the_checks_of_evidence_are_shown_as_found(base):
    rows = [tuple(row.values()) for row in texts_of(tables.evidence_checks(base))]
    for check in evidence_checks.checks(base.assumptions.tables):
        assert (check.rule, str(check.rows), "none") in rows
    for what, number in evidence_checks.counts(base.assumptions.tables):
        assert (what, str(number), "") in rows


def test_scenarios_say_what_changes_why_and_who_pays(base):
    """Oracle: each scenario opened on its own."""
    rows = texts_of(tables.scenarios(base))
    assert len(rows) == len(scenario_names())
    for scenario, row in zip(map(read_scenario, scenario_names()), rows, strict=True):
        assert (row["Scenario"], row["Why"]) == (scenario.title, scenario.reason)
        assert all(name in row["Changed inputs"] for name in scenario.overrides)
    there = open_chapter("commoditised_tools", draws=400)
    row = rows[scenario_names().index("commoditised_tools")]
    net = {there.title(s): np.mean(there.drawn(s).contribution > 0) for s in there.segments}
    paying = [title for title, share in net.items() if share >= 0.66]
    assert row["Cover the running cost"] == ", ".join(paying)


def test_a_report_with_changes_of_its_own_has_the_first_row():
    changed = open_chapter("gpu_glut", {"previs.retakes": 3.0}, DRAWS)
    own = texts_of(tables.scenarios(changed))[0]
    assert own["Scenario"] == "This report" and "previs.retakes 3" in own["Changed inputs"]


def test_awkward_titles_and_equal_titles_keep_scenarios_apart(scenario_folder):
    hostile = '<script>alert(1)</script> & $x_1$ "{here}" ' + "wide " * 20
    scenario_folder("hostile", hostile, "{gpu_price: 100.0}")
    scenario_folder("twin", "As the tables stand", "{gpu_price: 100.0}")
    markup = tables.scenarios(open_chapter(draws=DRAWS))
    usual, strange, twin = texts_of(markup)
    assert usual["Scenario"] == twin["Scenario"] == "As the tables stand" and usual != twin
    assert strange["Scenario"].strip() == hostile.strip()
    assert "<script" not in markup and "Because &lt;b&gt;." in markup


def test_another_vertical_has_its_row_in_every_table_by_segment(base):
    """Oracle: a twin of previs, which shows what previs shows but for its own draws."""
    book = read_tables()
    twins = {
        name: pd.concat([table, table[table["segment"] == "previs"].assign(segment="twin")])
        for name, table in (("segments", book.segments), ("assumptions", book.assumptions))
    }
    study = Study(resolve(replace(book, **twins)), base.scenario, DRAWS)
    for name in ("segments_side_by_side", "winning_and_keeping", "what_would_have_to_be_true"):
        rows = texts_of(getattr(tables, name)(study))
        assert len(rows) == len(base.segments) + 1
        assert rows[-1]["Segment"] == base.title("previs"), name
