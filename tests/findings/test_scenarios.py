"""Scenarios side by side. Oracle: each scenario opened on its own."""

import pandas as pd
import pytest

from analysis.errors import InputError
from analysis.findings import claims as findings
from analysis.findings.scenarios import COLUMNS, OWN, compared, side_by_side
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.show.chapter import open_chapter

DRAWS = 100


@pytest.fixture(scope="module")
def base():
    return open_chapter(draws=DRAWS)


def test_every_claim_in_every_scenario(base):
    found = side_by_side(base)
    assert list(found.columns) == COLUMNS
    assert list(found["scenario"].unique()) == scenario_names()
    assert len(found) == len(scenario_names()) * len(findings.claims(base))


@pytest.mark.parametrize("scenario", ["base", "gpu_squeeze"])
def test_a_row_is_the_claim_of_that_scenario_opened_on_its_own(base, scenario):
    found = side_by_side(base)
    rows = found[found["scenario"] == scenario].drop(columns=["scenario", "title"])
    claims = findings.claims(open_chapter(scenario, draws=DRAWS))
    alone = [(c.claim, c.subject, c.probability, c.likelihood) for c in claims]
    assert list(rows.itertuples(index=False, name=None)) == alone


def test_fewer_draws_are_the_claims_of_a_report_with_as_many(base):
    more = open_chapter(draws=3 * DRAWS)
    pd.testing.assert_frame_equal(side_by_side(more, DRAWS), side_by_side(base))


def test_a_report_with_changes_of_its_own_has_the_first_row(base):
    changed = open_chapter("gpu_glut", {"previs.retakes": 3.0}, DRAWS)
    found = side_by_side(changed)
    assert list(found["scenario"].unique()) == [OWN, *scenario_names()]
    assert found["title"][0] == "This report"
    own, files = found[found["scenario"] == OWN], found[found["scenario"] != OWN]
    assert list(own["probability"]) == [c.probability for c in findings.claims(changed)]
    pd.testing.assert_frame_equal(files.reset_index(drop=True), side_by_side(base))


@pytest.mark.parametrize("scenario, overrides", [("gpu_glut", {}), ("base", {"gpu_price": "same"})])
def test_a_report_that_equals_a_file_has_no_row_of_its_own(scenario, overrides):
    q = resolve().gpu_price
    same = {name: [q.low, q.value, q.high] for name in overrides}
    study = open_chapter(scenario, same, DRAWS)
    among = compared(study)
    assert [name for name, _ in among] == scenario_names()
    assert among[scenario, read_scenario(scenario).title] is study


def test_equal_titles_keep_scenarios_apart(scenario_folder):
    scenario_folder("twin", "As the tables stand", "{gpu_price: 100.0}")
    found = side_by_side(open_chapter(draws=DRAWS)).set_index("scenario")
    assert set(found["title"]) == {"As the tables stand"}
    assert list(found.loc["base", "probability"]) != list(found.loc["twin", "probability"])


def test_a_scenario_that_does_not_fit_the_tables_is_named(scenario_folder):
    scenario_folder("wrong", "Wrong", "{previs.retake: 3}")
    with pytest.raises(InputError, match="^scenario wrong: .*previs.retakes"):
        side_by_side(open_chapter(draws=DRAWS))
