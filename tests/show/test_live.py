"""Sentences that follow the panel: a template's tree and the results that it names."""

import json

import pytest
from bs4 import BeautifulSoup

from analysis.show.live import following
from analysis.show.prose import LINE


@pytest.fixture
def given(study):
    """What the page is handed of a template."""

    def made(template, html="<p>filled</p>", markdown=True):
        out = following(study, LINE.parse(template), html, markdown)
        tag = BeautifulSoup(out, "html.parser").find(attrs={"data-live": True})
        return tag, json.loads(tag["data-live"])

    return made


def test_what_was_filled_stands_in_it(given):
    tag, told = given("{{ draws }}")
    assert tag.name == "div" and str(tag.p) == "<p>filled</p>" and told["markdown"] is True
    assert given("{{ draws }}", "x", markdown=False)[0].name == "span"


def test_the_tree_has_each_node_with_its_fields(given):
    _, told = given("a {{ how_many(1, of) }}{% if x > 2 %}b{% endif %}")
    call = ["Call", ["Name", "how_many", "load"], [["Const", 1], ["Name", "of", "load"]]]
    output = ["Output", [["TemplateData", "a "], [*call, [], None, None]]]
    test = ["Compare", ["Name", "x", "load"], [["Operand", "gt", ["Const", 2]]]]
    then = ["If", test, [["Output", [["TemplateData", "b"]]]], [], []]
    assert told["tree"] == ["Template", [output, then]]


def test_the_results_it_names_come_with_it_and_no_others(given, study):
    _, told = given('{{ previs.revenue }} {{ x | map(attribute="lost_to_selling") }}')
    assert {key.split("/")[1] for key in told["rows"]} == {"revenue", "lost_to_selling"}
    revenue = told["rows"]["previs/revenue/"]
    row = study.result("previs", "revenue")
    assert revenue["unit"] == row["unit"]
    assert revenue["values"] == pytest.approx({s: row[s] for s in ("value", "p05", "p50", "p95")})
    assert set(told["rows"]["previs/lost_to_selling/"]["values"]) == {"value"}


def test_a_hostile_text_stays_a_text(given):
    hostile = "'\"</div><script>alert(1)</script>&quot;"
    tag, told = given(hostile)
    assert told["tree"][1][0][1][0] == ["TemplateData", hostile] and not tag.find("script")
