"""Links between the parts of the page: what leads where is written down here by hand."""

import json

from bs4 import BeautifulSoup
from sample import GIVEN, RESULTS, one_cell, render

from analysis.build.links import add_cross_references, add_result_notes
from analysis.build.tree import parsed
from analysis.show.numbers import format_quantity


def page_of(chapters, **options):
    return BeautifulSoup(render(chapters, **options), "html.parser")


def test_inputs_and_sources_lead_to_each_other(sample):
    page = page_of(sample)
    given = page.select_one(".verdict a.input")
    assert given["href"] == "#evidence-assumption-gpu_price" and "judgement" in given["class"]
    assert not page.select("tr[id] a.input")
    back = page.select_one("tr#evidence-assumption-gpu_price .shown")
    assert back.a["href"] == "#summary-title" and back.a.text == "The title of summary"
    assert page.select_one("tr#evidence-source-C1 a[href='#evidence-assumption-gpu_price']")


def test_a_link_finds_its_row_in_another_chapter_and_without_one_is_no_link(sample):
    links = one_cell("other", '<p><a href="#source-C1">C1</a> <a href="#source-no">no</a></p>')
    page = page_of([*sample, links])
    (link,) = page.select("#other .headed + p > a")
    assert link["href"] == "#evidence-source-C1" and "no" in page.select_one("#other p").text


def test_what_has_no_row_in_this_page_stays_as_it_is(sample):
    alone = page_of(sample[:1])
    assert not alone.select("a.input")
    assert alone.select_one("data[data-input]").text == "USD 2.50"


def test_a_row_names_sections_by_chapter_and_heading_and_at_most_six():
    parts = "".join(f"<h2>Part {n}</h2><p>{GIVEN}</p>" for n in range(8))
    row = '<table><tr id="assumption-gpu_price"><td>x</td></tr></table>'
    page = page_of([one_cell("one", f"<h1>One</h1>{parts}"), one_cell("two", row)])
    shown = page.select_one(".shown")
    assert [a.text for a in shown.select("a")] == [f"One: Part {n}" for n in range(6)]
    assert shown.text.startswith(" Shown in One: Part 0; ".strip()) and shown.text.endswith(".")


def test_headings_of_anybody_are_escaped_where_they_are_named():
    row = '<tr id="k-assumption-gpu_price"><td></td></tr>'
    page = parsed(f'<h2 id="h">a &lt;b&gt;</h2>{GIVEN}<table>{row}</table>')
    add_cross_references(page)
    assert page.select_one(".shown a").text == "a <b>" and not page.select("h2 b, .shown b")


def test_notes_tell_of_the_results_that_are_shown_and_of_no_others(sample):
    """Oracle: the rows themselves, each number formatted as everywhere in the report."""
    (facts,) = page_of(sample, results=RESULTS).select("script[type='application/json']")
    row = RESULTS[0]
    numbers = [format_quantity(row[s], row["unit"]) for s in ("value", "p05", "p50", "p95")]
    assert json.loads(facts.string) == {"tv/revenue/": [row["unit"], *numbers]}
    assert not page_of(sample[3:], results=RESULTS).select("script[type='application/json']")


def test_notes_end_no_script_before_its_end():
    evil = "</script><script>alert(1)</script>"
    page = parsed('<body><data data-result="tv/revenue/">2</data></body>')
    add_result_notes(page, [RESULTS[0] | {"unit": evil}])
    (script,) = BeautifulSoup(str(page), "html.parser").select("script")
    assert json.loads(script.string)["tv/revenue/"][0] == evil
