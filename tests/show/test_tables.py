"""Tables: escaped, captioned, right-aligned where they hold numbers; what they say is what the results say."""

import math
import re

import pytest

from analysis.findings.sensitivity import ranges
from analysis.show import tables
from analysis.show import verdict as summary
from analysis.show.chapter import open_chapter
from analysis.show.markup import readable
from analysis.show.prose import Html, format_percent, plain_text, result_html

VERTICALS = ("previs", "archviz", "performance_ads", "tv_spot", "training", "product_video")


def rows_of(markup):
    return [
        [plain_text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", markup, re.S)
    ]


def test_text_is_escaped_and_numbers_stand_right():
    markup = tables.table(
        "t", "A caption", ["name", ("size", "m")], [["<b>", 1.0], ["x", math.nan]]
    )
    assert "&lt;b&gt;" in markup and "<b>" not in markup and "nan" not in markup
    assert markup.count('class="number"') == 3 and "undefined" in markup
    assert '<th scope="row">' in markup and '<th scope="col"' in markup and 'id="tab-t"' in markup


def test_a_column_with_a_sentence_is_no_column_of_numbers():
    markup = tables.table("t", "c", ["a", "b"], [["x", Html('it is <data value="1">1</data>')]])
    assert 'class="number"' not in markup


def test_an_empty_table_still_stands():
    assert "<tbody></tbody>" in tables.table("t", "c", ["a"], [])


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"gpu_price": 0.01, "compute_intensity": 0.01},
        {"gpu_price": 100, "compute_intensity": 10000},
        {f"{s}.displaced_share": 0 for s in VERTICALS},
    ],
)
def test_every_table_stands_in_every_world(overrides):
    """No nan, no infinity, in worlds where all pay, none pays, or no vertical has a market."""
    study = open_chapter(overrides=overrides, draws=200)
    of_all = (
        tables.who_pays,
        summary.claims_of_the_argument,
        summary.unobserved,
        tables.benchmarks,
        tables.all_assumptions,
        tables.evidence,
        tables.glossary,
        tables.skewed,
        tables.provenance,
        tables.owned_hour,
        tables.suppliers,
        tables.years,
        tables.drivers,
        tables.least_changes,
        tables.backtests,
    )
    of_one = (
        (tables.break_even, "previs"),
        (tables.reported_beside_model, "consumer"),
        (tables.against, "previs"),
        (tables.worked, "consumer"),
        (tables.worked, "previs"),
        (tables.retention, "consumer"),
        (tables.calibration, "consumer"),
        (tables.claim_by_segment, "suppliers_cap_profit"),
        (tables.metrics, "headroom", "payback_months"),
    )
    for markup in [
        *(draw(study) for draw in of_all),
        *(draw(study, *names) for draw, *names in of_one),
    ]:
        assert not re.search(r"\b(nan|inf|None)\b", plain_text(markup)), plain_text(markup)[:200]


def test_who_pays_has_a_row_a_segment_and_both_words(study):
    from analysis.findings.claims import claim

    rows = rows_of(tables.who_pays(study))[1:]
    assert [row[0] for row in rows] == [study.title(s) for s in study.segments]
    for segment, row in zip(study.segments, rows):
        assert row[1].startswith(claim(study, "covers_running_cost", segment).likelihood)
        assert row[2].startswith(claim(study, "repays_acquisition", segment).likelihood)


def test_break_even_says_whether_it_is_plausible(study):
    of = study.assumptions.of("previs")
    for row in rows_of(tables.break_even(study, "previs"))[1:]:
        q = next(q for q in of.values() if q.meaning == row[0])
        value = study.result("previs", "break_even", q.parameter)["value"]
        assert row[-1] == (
            "none possible" if math.isnan(value) else "yes" if q.low <= value <= q.high else "no"
        )


def test_reported_figures_are_placed_against_the_interval(study):
    evidence = study.assumptions.tables.evidence.set_index("quantity")
    for row in rows_of(tables.reported_beside_model(study, "consumer"))[1:]:
        e = evidence.loc[row[0]]
        model = study.result(*e["compares_with"].split("/"))
        assert row[-1] == (
            "below"
            if e["value"] < model["p05"]
            else "above"
            if e["value"] > model["p95"]
            else "inside"
        )


def test_a_worked_customer_adds_up_to_the_results(study):
    for row in rows_of(tables.worked(study, "previs"))[1:]:
        assert row[1] and study.has("previs", row[0])


def test_drivers_are_the_largest_indices_each_with_what_it_does_alone(study):
    """Oracle: the rows of results."""
    for segment, row in zip(study.segments, rows_of(tables.drivers(study))[1:]):
        totals = {
            p: study.result(segment, "sobol_total", p)["value"] for p in ranges(study, segment)
        }
        largest = max(totals, key=totals.get)
        alone = plain_text(result_html(study.result(segment, "sobol_first", largest)))
        assert (
            row[1].startswith(f"{readable(largest)}: {format_percent(totals[largest])}")
            and f"; alone {alone}," in row[1]
        )


def test_what_evidence_points_to_exists(study):
    """`against` names claims or segments, `compares_with` a result: a name that nobody reads would be silently without effect."""
    from analysis.findings.claims import BY_NAME

    evidence = study.assumptions.tables.evidence
    assert {name for text in evidence["against"] for name in text.split()} <= {
        *BY_NAME,
        *study.segments,
    }
    for reference in evidence["compares_with"]:
        assert not reference or study.result(*reference.split("/"))


@pytest.mark.parametrize("subject", [*VERTICALS, "professional_first"])
def test_something_speaks_against_every_part_of_the_thesis(study, subject):
    assert len(rows_of(tables.against(study, subject))) > 1
