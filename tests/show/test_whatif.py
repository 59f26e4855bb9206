"""What the panel hands to the browser: tests and formulas in print, inputs, scenarios, command."""

import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import sympy
from bs4 import BeautifulSoup
from scipy.stats import qmc

from analysis.findings.claims import BY_NAME, claim
from analysis.findings.results import LOST_TESTS
from analysis.findings.study import Study
from analysis.inputs.assumptions import Assumptions, override, resolve
from analysis.inputs.scenarios import read_scenario
from analysis.show import whatif

HOSTILE = "</script><script>alert('\u2028')</script> \"&<!--"


@pytest.fixture(scope="module")
def handed(study):
    return whatif.inputs(study)


def test_a_test_in_print_says_what_the_test_says(study):
    """Oracle: the test itself, on the draws."""
    for segment in study.segments:
        drawn = study.drawn(segment)
        for name, relation in whatif._tests(study, study.business_model(segment)).items():
            symbols = sorted(relation.free_symbols, key=str)
            printed = sympy.lambdify(symbols, relation)(*(getattr(drawn, s.name) for s in symbols))
            own = LOST_TESTS.get(name) or (
                lambda case, n=name: BY_NAME[n].holds(case, study, False)
            )
            assert np.array_equal(printed, own(drawn)), (segment, name)


def test_offered_are_the_inputs_most_worth_knowing(study, handed):
    """Oracle: EVPPI with its interval in results.csv."""
    rows = study.results.query("metric == 'evppi'").set_index(["segment", "detail"])
    for segment in handed["segments"]:
        own = rows.loc[segment["name"]]
        measured = own[own["value"] > 2 * (own["value"] - own["p05"]) / whatif.Z95]["value"]
        first = list(measured.sort_values(ascending=False).index)[: whatif.OFFERED]
        offered = [name.rpartition(".")[2] for name in segment["offered"]]
        assert offered[: len(first)] == first and len(offered) == whatif.OFFERED


def test_reported_are_the_claims_and_intervals_of_the_report(study, handed):
    for segment in handed["segments"]:
        name = segment["name"]
        for test, probability in segment["report"].items():
            if test in BY_NAME:
                assert probability == claim(study, test, name).probability
        for metric, ends in segment["intervals"].items():
            row = study.result(name, metric)
            assert ends == [row["p05"], row["p50"], row["p95"]]
    assert handed["together"]["named_any"]["repays_acquisition"] == (
        claim(study, "repays_acquisition", "named_any").probability
    )


def test_a_scenario_is_what_it_sets_otherwise(study, handed):
    scenarios = {scenario["name"]: scenario for scenario in handed["scenarios"]}
    own = read_scenario("gpu_glut")
    assert "base" not in scenarios
    assert scenarios["gpu_glut"]["settings"] == {
        "gpu_price": resolve(scenario="gpu_glut").gpu_price.range
    }
    assert scenarios["gpu_glut"]["reason"] == own.reason
    there = Study(resolve(scenario="gpu_glut"), own, 100)
    back = {scenario["name"]: scenario for scenario in whatif.inputs(there)["scenarios"]}
    assert "gpu_glut" not in back
    assert back["base"]["settings"] == {"gpu_price": study.assumptions.gpu_price.range}


def test_the_command_makes_what_the_report_has_and_the_scenario_has_not(study, handed):
    assert handed["command"] == {"scenario": "base", "options": ["--draws 2000"], "given": {}}
    own = {"gpu_price": [1.0, 1.5, 2.0], "utilisation": 0.5}
    scenario = replace(study.scenario, name="cheap", overrides=own)
    changes = {"utilisation": 0.6, "previs.retakes": [3, 5, 20]}
    changed = override(override(resolve(), own), changes)
    assert whatif.inputs(Study(changed, scenario, 100, 7))["command"] == {
        "scenario": "cheap",
        "options": ["--draws 100", "--seed 7"],
        "given": {"utilisation": (0.6, 0.6, 0.6), "previs.retakes": (3.0, 5.0, 20.0)},
    }


def test_the_script_is_ascii_in_which_no_tag_begins(study):
    book = study.assumptions.tables
    quantities = {n: replace(q, meaning=HOSTILE) for n, q in study.assumptions.quantities.items()}
    book = replace(book, segments=book.segments.assign(title=HOSTILE))
    script = whatif.script(Study(Assumptions(book, quantities), study.scenario, 100))
    data = re.search(r"\n\}, .*?, (\{\"segments.*\})\);$", script, re.DOTALL)[1]
    assert script.isascii() and "</" not in data and "<!--" not in script
    assert json.loads(data)["segments"][0]["title"] == HOSTILE


def test_the_panel_has_a_place_for_each_claim_and_interval(study):
    soup = BeautifulSoup(whatif.panel(study), "html.parser")
    for segment in study.segments:
        row = soup.select_one(f"tr[data-segment={segment}]")
        tests = [cell["data-test"] for cell in row.select("[data-test]")]
        assert tests == [n for n in whatif.CLAIMS if segment in BY_NAME[n].subjects(study)]
        assert len(tests) == 4 == len(soup.select(".now dd"))
    assert soup.select_one("section.whatif").has_attr("hidden")


def test_a_report_without_ranges_has_sliders_that_rest(study):
    fixed = {q.name: q.value for q in study.assumptions.quantities.values()}
    certain = override(study.assumptions, fixed)
    handed = whatif.inputs(Study(certain, study.scenario, 100))
    assert all(segment["offered"] == [] for segment in handed["segments"])
    probabilities = (segment["report"].values() for segment in handed["segments"])
    assert set(itertools.chain(*probabilities)) == {0.0, 1.0}


def test_orders_are_a_sobol_sequence(study, handed):
    """Oracle: SciPy's own points; each quantity meets each of 4,096 places once."""
    orders = handed["orders"]
    assert list(orders) == list(handed["quantities"])
    points = qmc.Sobol(len(orders), rng=study.seed).random(4096)
    for own, (first, *flips) in zip(points.T, orders.values(), strict=True):
        places = [first]
        for i in range(1, 4096):
            places.append(places[-1] ^ flips[(i & -i).bit_length() - 1])
        assert sorted(places) == list(range(4096)) and places == list((own * 4096).astype(int))
