"""Back-tests. Oracles: sheets by hand, plain NumPy on the draws, the tables read by csv alone."""

import csv
import hashlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from analysis.errors import InputError
from analysis.findings.backtests import (
    KINDS,
    WIDENINGS,
    backtests,
    derived_widening,
    firms_inside,
    in_scenario,
    is_met,
    open_predictions,
    reported,
    rows,
)
from analysis.findings.study import Study
from analysis.inputs.assumptions import override, resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import DATA
from analysis.model.registry import Case
from analysis.show.chapter import open_chapter

NAN = float("nan")
# By hand: 60 x 3 / 3600 x 1.2 / 0.6 = 0.10 USD a standard second.
SHARED = dict(
    served_intensity=60,
    gpu_price=3,
    serving_overhead=0.2,
    utilisation=0.6,
    api_price=0.2,
    price_erosion=0.19,
    gpu_price_decline=0.36,
    efficiency_gain=0.75,
    supplier_pass_back=0.5,
    quality_growth=9,  # which no formula here reads
)
APP = dict(
    daily_users=1000,
    active_days=5,
    revenue=2,
    contribution_margin=0.5,
    acquisition_cost=8,
    monthly_churn=0.1,
)
FROZEN = "727db19608a9fc95"


@pytest.fixture(scope="module")
def whole():
    """The base scenario with its own draws."""
    return open_chapter()


@pytest.mark.parametrize(
    "model, metric, given, expected",
    [
        ("all", "measured_cost_per_second", 90, 0.15),
        ("all", "standard_cost_per_second", NAN, 0.1),
        ("all", "api_margin", 0.4, 0.75),
        ("all", "contract_price", 0.5, 2.4),  # 3 x 0.64^0.5
        ("all", "busy_hour_on_trend", 0.5, 4.8),  # 2.4 x 1.2 / 0.6
        ("all", "list_price", 0.5, 0.18),  # 0.2 x 0.81^0.5
        ("all", "standard_cost_on_trend", 2, 0.1 * (0.5 * 0.64) ** 2),  # 0.25^0.5 is 0.5
        ("subscription", "app_spend", 30, 12000),  # 1000 x 30 / 5 users a month, each 2
        # twelve months of 1 % growth; of the revenue 0.01 + 0.1 is new, at 4 months each
        ("subscription", "margin_after_selling", 1.01**12, 0.5 - 4 * 0.11),
        ("account", "spend_per_finished_second", NAN, 1.2),
    ],
)
def test_predictions_worked_by_hand(model, metric, given, expected):
    inputs = SHARED | APP | dict(retakes=4, second_price=0.3, given=given)
    case = Case(model, {name: np.float64(value) for name, value in inputs.items()})
    assert getattr(case, metric) == approx(expected)


@pytest.mark.parametrize(
    "relation, value, met",
    [
        ("equal", 5, True),
        ("equal", 95, True),
        ("equal", 4.9, False),
        ("equal", 95.1, False),
        ("at_most", 5, True),  # 6 of 101 draws lie at or below
        ("at_most", 4, False),
        ("at_most", 1e9, True),
        ("at_least", 95, True),
        ("at_least", 97, False),
    ],
)
def test_a_bound_is_met_by_a_twentieth_of_the_draws(relation, value, met):
    row = pd.Series(dict(relation=relation, reported=value))
    assert is_met(np.arange(101.0), row) is met


def test_a_row_is_its_metric_in_its_own_scenario(study):
    """Oracle: the scenario opened by itself, percentiles by NumPy."""
    found = backtests(study).set_index("id")
    sora = Study(resolve(scenario="sora"), read_scenario("sora"), study.draws, study.seed)
    for name, own in (("sora_burn", sora), ("kling_revenue_per_user", study)):
        row = found.loc[name]
        drawn = getattr(own.drawn("consumer"), row["metric"])
        assert row["value"] == approx(float(getattr(own.point("consumer"), row["metric"])))
        ends = np.percentile(drawn, [5, 50, 95])
        assert row[["p05", "p50", "p95"]].tolist() == approx(ends.tolist())
        assert row["probability"] == approx(np.mean(drawn <= row["reported"]))
        assert row["met"] == (ends[0] <= row["reported"] <= ends[2])


def test_an_input_held_against_a_measurement_reads_no_rent(study):
    row = backtests(study).set_index("id").loc["bytedance_seedance1"]
    assert row["p50"] == approx(np.median(study.drawn("all").served_intensity))
    assert row["met"] == row["met_at_quarter"] == row["met_at_four_times"]


def test_ranges_as_typed_are_those_of_a_widening_of_one(study):
    plain = Study(
        override(study.assumptions, {"widening": 1.0}), study.scenario, study.draws, study.seed
    )
    found, typed = backtests(study), backtests(plain)
    assert found["met_unwidened"].dropna().tolist() == typed["met"].dropna().tolist()
    wide = (found["p95"] >= typed["p95"]) & (found["p05"] <= typed["p05"])
    assert wide[found["p05"].notna()].all()


def test_the_power_of_a_test_is_shown_at_a_quarter_and_four_times_the_rent(study):
    found = backtests(study).set_index("id")
    for name, factor in (("met_at_quarter", 0.25), ("met_at_four_times", 4.0)):
        case = study.drawn("all")
        hosted = case.replace(gpu_price=case.gpu_price * factor, given=52.5)
        share = np.mean(hosted.measured_cost_per_second <= 0.06)
        assert found.loc["runpod_wan22", name] == (share >= 0.05)
    assert found.loc["runpod_wan22", "met"] and not found.loc["runpod_wan22", "met_at_four_times"]


def test_the_driver_of_a_miss_is_one_that_moves_it(study):
    found = reported(study).set_index("id")
    hits = found["met"].astype(bool) & found["met_unwidened"].astype(bool)
    assert (found.loc[hits, "driver"] == "").all() and (found.loc[~hits, "driver"] != "").all()
    assert found.loc["bytedance_seedance1", "driver"] == "served_intensity"
    assert found.loc["jovan_branded_ad", "driver"] == "performance_ads.second_price"


def test_the_widening_is_the_least_that_our_own_record_asks_for(whole):
    """Four fifths of the figures reported as equal; at one step less fewer lie inside."""
    widening = derived_widening(whole)
    assert whole.assumptions.widening.value == widening == 1.5
    for step in WIDENINGS[: WIDENINGS.index(widening) + 1]:
        asked = whole.assumptions.tables.backtests.query("relation == 'equal'")
        asked = asked.dropna(subset="reported").itertuples()
        met = []
        for row in asked:
            case = in_scenario(whole, row.scenario, step).drawn(row.segment)
            drawn = getattr(case.replace(given=row.given), row.metric)
            met.append(abs(np.mean(drawn <= row.reported) - 0.5) <= 0.45)
        assert (np.mean(met) >= 0.8) == (step == widening)


def test_coverage_counts_rows_and_firms(study):
    """Oracle: pandas on the table of back-tests."""
    found = pd.DataFrame(rows(study)).set_index(["metric", "detail"])["value"]
    table = backtests(study).dropna(subset="reported")
    for kind, relations in KINDS.items():
        for how, column in (("", "met"), (", unwidened", "met_unwidened")):
            own = table[table["relation"].isin(relations)]
            for which in ("", "independent "):
                own = own[own["independent"] == "yes"] if which else own
                detail = f"{which}{kind}{how}"
                assert found["backtests", detail] == len(own) > 0
                assert found["backtests_inside", detail] == own[column].sum()
                assert found["backtest_coverage", detail] == approx(own[column].mean())
                firms = {f: t[column].all() for f, t in own.groupby("firm")}
                assert found["backtest_firms", detail] == len(firms)
                assert found["backtest_firms_inside", detail] == sum(firms.values())


def test_at_least_eight_firms_are_tested_by_independent_reports(study):
    told = reported(study)
    assert told.loc[told["independent"] == "yes", "firm"].nunique() >= 8
    assert len(open_predictions(study)) >= 8


def test_firms_inside_are_the_independent_ones_of_the_segment_itself(study):
    found = firms_inside(study, "consumer")
    assert set(found) == {"MiniMax", "Kuaishou (Kling)", "AISphere (PixVerse)"}
    assert firms_inside(study, "previs") == {}


def test_open_predictions_are_frozen():
    """What was empty may be filled in: the report, its evidence, growth where it comes with it.

    A changed hash means that a prediction was changed after it was made.
    """
    with (DATA / "backtests.csv").open(encoding="utf-8", newline="") as file:
        frozen = [row for row in csv.DictReader(file) if row["due"]]
    for row in frozen:
        del row["reported"], row["evidence"]
        if row["id"] in ("open_synthesia_margin", "open_higgsfield_growth"):
            del row["given"]
    text = json.dumps(frozen, sort_keys=True, ensure_ascii=False)
    assert len(frozen) == 14
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == FROZEN


def made_up(assumptions, **cells):
    """A small study whose only back-test is the first of the table with other cells."""
    table = assumptions.tables.backtests.iloc[:1].assign(**cells)
    book = replace(assumptions.tables, backtests=table)
    return Study(replace(assumptions, tables=book), read_scenario("base"), 200)


def test_what_cannot_be_predicted_is_refused_by_name(assumptions):
    with pytest.raises(InputError, match="hailuo_user_cost: 'profit' is neither"):
        backtests(made_up(assumptions, metric="profit"))
    with pytest.raises(InputError, match="scenario base2: unknown scenario"):
        backtests(made_up(assumptions, scenario="base2"))


def test_open_rows_alone_have_no_coverage(assumptions):
    study = made_up(assumptions, reported=NAN, due="2027-01-01")
    found = pd.DataFrame(rows(study)).set_index(["metric", "detail"])["value"]
    assert found["backtests", "equal"] == 0 and np.isnan(found["backtest_coverage", "equal"])
    assert firms_inside(study, "consumer") == {}
