"""The figure of all scenarios. Oracle: the long table, counted by plain Python."""

import pytest
from drawing import (
    LONG,
    STRANGE,
    check_markup,
    data_of,
    study_with_segments,
    texts_of,
    title_of,
)

from analysis.findings.scenarios import side_by_side
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.show.chapter import open_chapter
from analysis.show.figures.scenarios import percent, scenarios

DRAWS = 100
LIKELY = ("likely", "very likely", "virtually certain")


@pytest.fixture(scope="module")
def base():
    return open_chapter(draws=DRAWS)


def test_the_figure_keeps_the_contract_and_draws_the_two_tests(base):
    figure, found = scenarios(base), side_by_side(base)
    check_markup(figure)
    drawn = found[found["claim"].isin(["covers_running_cost", "repays_acquisition"])]
    assert len(data_of(figure)) == len(drawn) == 2 * len(scenario_names()) * len(base.segments)
    texts = texts_of(figure)
    for row in drawn.itertuples():
        shown = percent(row.probability, row.probability_flat)
        assert shown in texts
    assert all(read_scenario(name).title in " ".join(texts) for name in scenario_names())


def test_a_report_with_changes_of_its_own_is_drawn():
    check_markup(scenarios(open_chapter("gpu_glut", {"previs.retakes": 3.0}, DRAWS)))


PAYS = {"consumer.other_revenue": 500.0}
LOSES = {"gpu_price": 100.0, "prosumer.subscription_price": 0.0}


@pytest.mark.parametrize("overrides", [PAYS, LOSES])
def test_the_title_follows_the_numbers(scenario_folder, overrides):
    scenario_folder("base", "As the tables stand", {"gpu_price": 0.01})
    scenario_folder("other", "Another", {"gpu_price": 0.01} | overrides)
    study = open_chapter(draws=DRAWS)
    found = side_by_side(study).query("claim == 'repays_acquisition' and likelihood in @LIKELY")
    paying = {name: [] for name in ("base", "other")}
    for row in found.itertuples():
        paying[row.scenario].append(row.subject)
    title = title_of(scenarios(study))
    titles = {"base": "“As the tables stand”", "other": "“Another”"}
    most, least = sorted(paying, key=lambda name: -len(paying[name]))
    assert len(paying[most]) > len(paying[least])
    assert title.startswith(f"{len(paying[most])} of ")
    assert f"in {titles[most]}, and {len(paying[least]) or 'none'} in {titles[least]}" in title
    often = {s: sum(s in who for who in paying.values()) for s in study.segments}
    named = [s for s in often if study.title(s) in title.split("most often")[1]]
    assert named == [s for s in often if often[s] == max(often.values())]


def test_no_scenario_beside_base(scenario_folder):
    figure = scenarios(open_chapter(draws=DRAWS))
    check_markup(figure)
    assert title_of(figure).endswith("in “As the tables stand”")


def test_awkward_titles_are_text(scenario_folder):
    scenario_folder("hostile", '<script>alert(1)</script> & $x_1$ "{here}" ' + "wide " * 20)
    figure = scenarios(open_chapter(draws=DRAWS))
    check_markup(figure)
    assert "<script" not in figure


def test_more_segments_than_fit_across_go_on_below(tmp_path, scenario_folder):
    titles = {"more": STRANGE, "even_more": LONG, "most": "none"}
    figure = scenarios(study_with_segments(tmp_path / "data", titles))
    check_markup(figure)
    drawn = "".join("".join(texts_of(figure)).split())
    assert drawn.count("Asthetablesstand") == 2, "a panel for each part of the segments"
    assert all("".join(title.split()) in drawn for title in titles.values())
