"""Scenarios side by side. Oracles: each scenario opened on its own, and the words counted from the long table by plain Python."""

import io
import re
import shutil
import urllib.parse
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from test_figures import STRANGE, check_markup, data_of, title_of

from analysis.errors import InputError
from analysis.findings import claims as findings
from analysis.findings.scenarios import (
    COLUMNS,
    OWN,
    compared,
    sampled,
    scenario_table,
    side_by_side,
)
from analysis.findings.study import Study
from analysis.inputs import assumptions
from analysis.inputs.assumptions import read_scenario, resolve, scenario_names
from analysis.inputs.tables import DATA, read_tables
from analysis.show.chapter import open_chapter
from analysis.show.figures.scenarios import percent, scenarios
from analysis.show.prose import plain_text
from analysis.show.verdict import AT_LEAST_LIKELY

DRAWS = 100


@pytest.fixture(scope="module")
def base():
    return open_chapter(draws=DRAWS)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder of scenarios that holds `base` alone; gives a function that adds one."""
    monkeypatch.setattr(assumptions, "SCENARIOS", tmp_path)

    def add(name, title, overrides="{}"):
        (tmp_path / f"{name}.yaml").write_text(
            f"# {title}\n# Because <b>.\nscenario: {name}\noverrides: {overrides}\n", "utf-8"
        )

    add("base", "As the tables stand")
    return add


def link_of(markup, name):
    content = re.search(
        rf'download="{name}.csv" href="data:text/csv;charset=utf-8,([^"]*)"', markup
    )[1]
    return pd.read_csv(io.StringIO(urllib.parse.unquote(content)), keep_default_na=False)


def rows_of(markup):
    """The cells of the table of claims, row by row, as bare text, under their heads."""
    root = ET.fromstring(markup.split("<details>")[0])
    heads = ["".join(cell.itertext()) for cell in root.iter("th") if cell.get("scope") == "col"]
    return [
        dict(zip(heads, ("".join(cell.itertext()) for cell in row), strict=True))
        for row in root.find(".//tbody")
    ]


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
    alone = [(c.claim, c.subject, c.probability, c.probability_flat, c.likelihood) for c in claims]
    assert list(rows.itertuples(index=False, name=None)) == alone


def test_fewer_draws_are_the_claims_of_a_report_with_as_many(base):
    more = open_chapter(draws=3 * DRAWS)
    pd.testing.assert_frame_equal(side_by_side(more, DRAWS), side_by_side(base))
    assert "first 100 of this report's 300 draws" in sampled(
        more, DRAWS
    ) and "is 5 percentage points" in sampled(base)


def test_a_report_with_changes_of_its_own_has_the_first_row(base):
    changed = open_chapter("gpu_glut", {"previs.retakes": 3.0}, DRAWS)
    found = side_by_side(changed)
    assert (
        list(found["scenario"].unique()) == [OWN, *scenario_names()]
        and found["title"][0] == "This report"
    )
    own = found[found["scenario"] == OWN]
    assert list(own["probability"]) == [c.probability for c in findings.claims(changed)]
    pd.testing.assert_frame_equal(
        found[found["scenario"] != OWN].reset_index(drop=True), side_by_side(base)
    )
    check_markup(scenarios(changed))
    assert "previs.retakes 3The file of that name" in plain_text(
        scenario_table(changed).split("<details>")[1]
    )


@pytest.mark.parametrize("scenario, overrides", [("gpu_glut", {}), ("base", {"gpu_price": "same"})])
def test_a_report_that_equals_a_file_has_no_row_of_its_own(scenario, overrides):
    q = resolve().gpu_price
    study = open_chapter(scenario, {name: [q.low, q.value, q.high] for name in overrides}, DRAWS)
    among = compared(study)
    assert [name for name, _ in among] == scenario_names() and among[
        scenario, read_scenario(scenario).title
    ] is study


def test_the_table_counts_what_the_long_table_says(base):
    markup, found = scenario_table(base), side_by_side(base)
    pd.testing.assert_frame_equal(
        link_of(markup, "scenario-claims"), found, check_exact=False, rtol=1e-5
    )
    rows = rows_of(markup)
    assert [row["Scenario"] for row in rows] == [
        read_scenario(name).title for name in scenario_names()
    ]
    assert len(rows[0]) == 2 + len({c.claim for c in findings.claims(base)})
    for name, row in zip(scenario_names(), rows):
        for test in findings.CLAIMS:
            words = [
                r.likelihood
                for r in found.itertuples()
                if r.scenario == name and r.claim == test.name
            ]
            cell = next(
                text for head, text in row.items() if head.lower().endswith(test.claimed.lower())
            )
            assert cell == (
                words[0]
                if len(words) == 1
                else f"{sum(w in AT_LEAST_LIKELY for w in words)} of {len(words)}"
            )
        paying = [
            base.title(r.subject)
            for r in found.itertuples()
            if r.scenario == name
            and r.claim == "repays_acquisition"
            and r.likelihood in AT_LEAST_LIKELY
        ]
        assert re.split(", | and ", row["At least likely to repay its acquisition"]) == (
            paying or ["nobody"]
        )


def test_every_scenario_is_told_with_its_file_changes_and_reason(base):
    folded = plain_text(scenario_table(base).split("<details>")[1])
    for scenario in map(read_scenario, scenario_names()):
        assert scenario.title in folded and scenario.name in folded and scenario.reason in folded
        assert all(name in folded for name in scenario.overrides)


def test_the_figure_keeps_the_contract_and_draws_the_two_tests(base):
    figure, found = scenarios(base), side_by_side(base)
    check_markup(figure)
    drawn = found[found["claim"].isin(["covers_running_cost", "repays_acquisition"])]
    assert len(data_of(figure)) == len(drawn) == 2 * len(scenario_names()) * len(base.segments)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", figure)
    for row in drawn.itertuples():
        assert (
            percent(row.probability, row.probability_flat).replace("<", "&lt;").replace(">", "&gt;")
            in texts
        )
    assert all(read_scenario(name).title in " ".join(texts) for name in scenario_names())


PAYS, LOSES = (
    {"consumer.other_revenue": 500.0},
    {"gpu_price": 100.0, "prosumer.subscription_price": 0.0},
)


@pytest.mark.parametrize("overrides", [PAYS, LOSES])
def test_the_title_follows_the_numbers(files, overrides):
    files("base", "As the tables stand", {"gpu_price": 0.01})
    files("other", "Another", {"gpu_price": 0.01} | overrides)
    study = open_chapter(draws=DRAWS)
    paying = {
        name: [
            r.subject
            for r in side_by_side(study).itertuples()
            if (r.scenario, r.claim) == (name, "repays_acquisition")
            and r.likelihood in AT_LEAST_LIKELY
        ]
        for name in ("base", "other")
    }
    title, titles = (
        title_of(scenarios(study)),
        {"base": "“As the tables stand”", "other": "“Another”"},
    )
    most, least = sorted(paying, key=lambda name: -len(paying[name]))
    assert len(paying[most]) > len(paying[least])
    assert title.startswith(f"{len(paying[most])} of ")
    assert f"in {titles[most]}, and {len(paying[least]) or 'none'} in {titles[least]}" in title
    often = {s: sum(s in who for who in paying.values()) for s in study.segments}
    assert [s for s in often if study.title(s) in title.split("most often")[1]] == [
        s for s in often if often[s] == max(often.values())
    ]


def test_no_scenario_beside_base(files):
    study = open_chapter(draws=DRAWS)
    figure = scenarios(study)
    check_markup(figure)
    assert (
        title_of(figure).endswith("in “As the tables stand”")
        and len(rows_of(scenario_table(study))) == 1
    )


def test_awkward_titles_and_equal_titles_keep_scenarios_apart(files):
    hostile = '<script>alert(1)</script> & $x_1$ "{here}" ' + "wide " * 20
    files("hostile", hostile, "{gpu_price: 100.0}")
    files("twin", "As the tables stand", "{gpu_price: 100.0}")
    study = open_chapter(draws=DRAWS)
    markup = scenario_table(study)
    check_markup(scenarios(study))
    assert [row["Scenario"] for row in rows_of(markup)] == [
        "As the tables stand",
        hostile.strip(),
        "As the tables stand",
    ]
    assert "<script" not in markup + scenarios(study) and "Because &lt;b&gt;." in markup
    assert rows_of(markup)[0] != rows_of(markup)[2]


def test_a_scenario_that_does_not_fit_the_tables_is_named(files):
    files("wrong", "Wrong", "{previs.retake: 3}")
    with pytest.raises(InputError, match="^scenario wrong: .*previs.retakes"):
        side_by_side(open_chapter(draws=DRAWS))


def test_more_segments_than_fit_across_go_on_below(tmp_path, files):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    segments, table = (
        pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("segments", "assumptions")
    )
    titles = {
        "more": STRANGE,
        "even_more": "An extraordinarily long title for a vertical: sixty letters.",
        "most": "none",
    }
    for name, title in titles.items():
        segments = pd.concat(
            [segments, segments[segments["segment"] == "previs"].assign(segment=name, title=title)]
        )
        table = pd.concat([table, table[table["segment"] == "previs"].assign(segment=name)])
    segments.to_csv(folder / "segments.csv", index=False)
    table.to_csv(folder / "assumptions.csv", index=False)
    study = Study(resolve(read_tables(folder)), read_scenario("base"), DRAWS)
    figure = scenarios(study)
    check_markup(figure)
    drawn = "".join(re.findall(r"<text[^>]*>([^<]*)</text>", figure))
    assert drawn.count("As the tables stand") == 2, "a panel for each part of the segments"
    assert all(
        "".join(plain_text(drawn).split()).count("".join(title.split()))
        for title in titles.values()
    )
    assert {row["Scenario"] for row in rows_of(scenario_table(study))} == {"As the tables stand"}
