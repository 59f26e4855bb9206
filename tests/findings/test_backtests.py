"""Back-tests. Oracles: sheets by hand, the results they must agree with, ids of the tables."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from analysis.errors import InputError
from analysis.findings import backtests as module
from analysis.findings.backtests import backtests, listed, measured, reported, rows
from analysis.findings.study import Study
from analysis.inputs.rules import BACKTESTS
from analysis.model.registry import Case, reads

NAN = float("nan")
# By hand: 90 x 2 / 3600 x 1.2 / 0.5 = 0.12 USD a second of the reference.
SHARED = dict(
    compute_intensity=90,
    compute_factor=0.5,
    gpu_price=2,
    serving_overhead=0.2,
    utilisation=0.5,
    api_price=0.3,
)
APP = SHARED | dict(
    active_days=5,
    clips_per_day=2,
    seconds_per_clip=10,
    paid_conversion=0.1,
    subscription_price=20,
    store_fee=0.25,
    other_revenue=0.5,
    service_cost=0.4,
    daily_users=1000,
    staffing_factor=0,
)
WORK = SHARED | dict(retakes=4)
PREDICTIONS = [
    ("all", "cost_of_measured"),
    ("all", "cost_of_reference"),
    ("all", "margin_at_list_price"),
    ("all", "spend_at_list_price"),
    ("subscription", "contribution_margin"),
    ("subscription", "cost_per_clip"),
    ("subscription", "daily_burn"),
    ("workflow", "generation_spend"),
]
BLANK = dict(
    id="a",
    test="hosted",
    what="A",
    formula="",
    segment="",
    unit="USD",
    evidence="",
    reported_low=NAN,
    reported=NAN,
    reported_high=NAN,
    price="",
    benchmarks="",
    low=NAN,
    high=NAN,
    rests_on="",
    same_as="",
    note="",
)
PRICES = pd.DataFrame(
    [
        ["2025-08", "v (open)", "m", "pro", "720p", "no", 0.2, "list"],
        ["2026-01-31", "v (open)", "m", "pro", "720p", "no", 0.1, "implied"],
        ["2026-09", "v (open)", "m", "pro", "720p", "no", 0.9, "marketplace"],
        ["2026-09", "v (open)", "m", "pro", "720p", "yes", 0.8, "list"],
    ],
    columns=["date", "vendor", "model", "tier", "resolution", "audio", "usd_per_second", "kind"],
)
TIMES = pd.DataFrame(
    [
        ["m.1", "720p", "undistilled", 160.0],
        ["m.1", "720p", "accelerated", 40.0],
        ["m.1", "720p", "distilled", 2.0],
        ["mx1", "720p", "undistilled", 900.0],
        ["m.1", "720p", "undistilled", NAN],
    ],
    columns=["model", "resolution", "kind", "h100_seconds"],
)
KEY = "v (open), m, pro, 720p, no"


def worked(model="subscription", inputs=APP, **changes):
    """A case of made-up numbers."""
    return Case(model, {name: np.float64(value) for name, value in (inputs | changes).items()})


def made_up(assumptions, *tests, **tables):
    """A sample with back-tests of our own, and other tables where given."""
    table = pd.DataFrame([BLANK | {"id": f"t{i}"} | test for i, test in enumerate(tests)])
    book = replace(assumptions.tables, backtests=table, **tables)
    return Study(replace(assumptions, tables=book), None, draws=4000)


@pytest.mark.parametrize(
    "formula, own, expected",
    [
        # 60 / 90 of 0.12, whatever the segment's factor is
        ("cost_of_measured", dict(measured=60), 0.08),
        ("cost_of_reference", {}, 0.12),
        ("margin_at_list_price", {}, 0.6),  # 1 - 0.12 / 0.3
        ("cost_per_clip", {}, 0.6),  # 0.06 x 10
        # earns 0.1 x 20 x 0.75 + 0.5 = 2, spends 100 s x 0.06 + 0.4 = 6.4
        ("contribution_margin", {}, -2.2),
        ("daily_burn", {}, 880),  # 1000 users of 5 days a month each lose 4.4 / 5 a day of use
        ("generation_spend", dict(retakes=4), 0.6),  # 4 x 0.5 x 0.3
        ("spend_at_list_price", dict(measured=2800), 840),
    ],
)
def test_predictions_worked_by_hand(formula, own, expected):
    assert getattr(worked().replace(**own), formula) == approx(expected)


def test_last_price_of_the_list_and_no_other():
    assert listed(PRICES, KEY) == 0.1
    with pytest.raises(InputError, match="nothing is published"):
        listed(PRICES, "v, m, pro, 720p, no")


def test_times_of_the_same_model():
    assert measured(TIMES, r"m\.1, 720p, (undistilled|accelerated)") == (40, 160)
    with pytest.raises(InputError, match="nothing is published"):
        measured(TIMES, r"m\.1, 480p, undistilled")


def test_a_hosted_model_from_price_to_verdict(assumptions):
    """From 40 to 160 s the middle is 80 s; with rent etc. fixed, draws are log-uniform.

    So their 5th percentile is at 40 x 4^0.05 s.
    """
    fixed = {
        p: replace(q, low=q.value, high=q.value)
        for p, q in assumptions.quantities.items()
        if p in ("gpu_price", "utilisation", "serving_overhead")
    }
    known = replace(assumptions, quantities=MappingProxyType({**assumptions.quantities, **fixed}))
    one = (
        fixed["gpu_price"].value
        / 3600
        * (1 + fixed["serving_overhead"].value)
        / fixed["utilisation"].value
    )
    test = dict(
        formula="cost_of_measured", price=KEY, benchmarks=r"m\.1, 720p, (undistilled|accelerated)"
    )
    table = backtests(made_up(known, test, api_prices=PRICES, inference_benchmarks=TIMES)).iloc[0]
    assert table["reported"] == 0.1 and table["value"] == approx(80 * one)
    assert [table["p05"], table["p50"], table["p95"]] == approx(
        [40 * 4**0.05 * one, 80 * one, 40 * 4**0.95 * one], rel=0.05
    )
    for price, inside, miss in [
        (39 * one, "no", "below"),
        (80 * one, "yes", ""),
        (161 * one, "no", "above"),
    ]:
        table = backtests(
            made_up(
                known,
                test,
                api_prices=PRICES.assign(usd_per_second=price),
                inference_benchmarks=TIMES,
            )
        ).iloc[0]
        assert (table["inside"], table["miss"]) == (inside, miss)


def test_reports_come_from_the_row_then_evidence_then_the_price_list(assumptions):
    known = assumptions.tables.evidence.iloc[0]
    study = made_up(
        assumptions,
        dict(reported_low=1.0, reported=2.0, reported_high=3.0, evidence=known["id"]),
        dict(evidence=known["id"]),
        dict(price=KEY),
        api_prices=PRICES,
    )
    own, cited, priced = (
        reported(study, row) for row in study.assumptions.tables.backtests.itertuples()
    )
    assert (
        own == (1, 2, 3)
        and cited[1] == known["value"]
        and priced == approx((NAN, 0.1, NAN), nan_ok=True)
    )


def test_a_price_beside_evidence_is_an_input(assumptions):
    """An advertisement of 2,400 to 3,200 seconds at its model's price, not at the assumed one."""
    cited = assumptions.tables.evidence["id"].iloc[0]
    study = made_up(
        assumptions,
        dict(formula="spend_at_list_price", evidence=cited, price=KEY, low=2400.0, high=3200.0),
        api_prices=PRICES,
    )
    assert backtests(study)["value"][0] == approx(0.1 * np.sqrt(2400 * 3200))
    assert 240 <= backtests(study)["p05"][0] < backtests(study)["p95"][0] <= 320


@pytest.mark.parametrize("business_model, formula", PREDICTIONS)
def test_inputs_are_those_that_a_prediction_reads(business_model, formula):
    """Oracle: arithmetic on an unknown number gives an unknown number, on any other it does not."""
    inputs = WORK if business_model == "workflow" else APP | dict(retakes=4)
    known = inputs | dict(measured=60)
    poisoned = {
        name
        for name in known
        if np.isnan(getattr(worked(business_model, known, **{name: NAN}), formula))
    }
    assert reads(business_model, formula) == poisoned


def test_an_input_that_cites_the_report_is_found(assumptions):
    """The same report against a formula that reads the citing assumption and one that does not.

    And one told by another id.
    """
    cited = assumptions.gpu_price.evidence[0]
    other = next(
        i
        for i in assumptions.tables.evidence["id"]
        if all(i not in q.evidence for q in assumptions.quantities.values())
    )
    cost, spend = (
        dict(formula="cost_of_reference"),
        dict(formula="spend_at_list_price", low=1.0, high=2.0),
    )
    study = made_up(
        assumptions,
        cost | dict(evidence=cited),
        spend | dict(evidence=cited),
        cost | dict(evidence=other),
        cost | dict(evidence=other, same_as=cited),
        spend | dict(evidence=other, rests_on=other),
    )
    found = backtests(study)["independent"].tolist()
    assert found[0] == found[3] and "gpu_price cites" in found[0] and found[1] == found[2] == "yes"
    assert found[4] == f"no: the quantity measured cites {other}"


def test_coverage_counts(assumptions, monkeypatch):
    """Independent: 3 of one prediction (2 inside), 1 of another (inside); dependent: 1 outside.

    Besides, 1 is undefined and 1 not testable.
    """
    table = pd.DataFrame(
        [
            ["a", "closed", "yes", "yes", 1.0],
            ["b", "closed", "yes", "yes", 1.0],
            ["c", "closed", "no", "yes", 1.0],
            ["d", "margin", "yes", "yes", 2.0],
            ["e", "margin", "undefined", "yes", NAN],
            ["f", "production", "not testable", "yes", NAN],
            ["g", "consumer", "no", "no: x cites C1", 3.0],
        ],
        columns=["id", "test", "inside", "independent", "value"],
    )
    table = table.assign(
        unit="USD",
        reported=4.0,
        reported_low=NAN,
        reported_high=NAN,
        **dict.fromkeys(("p05", "p50", "p95"), table["value"]),
    )
    monkeypatch.setattr(module, "backtests", lambda study: table)
    found = {(r["metric"], r["detail"]): r["value"] for r in rows(None)}
    assert (
        found["backtests", ""],
        found["backtests_inside", ""],
        found["backtest_coverage", ""],
    ) == (4, 3, 0.75)
    assert (found["backtests", "with dependent"], found["backtest_coverage", "with dependent"]) == (
        5,
        0.6,
    )
    assert (
        found["backtests", "each prediction once"],
        found["backtest_coverage", "each prediction once"],
    ) == (2, approx((2 / 3 + 1) / 2))
    assert found["backtest_coverage", "closed"] == approx(2 / 3) and np.isnan(
        found["backtest_coverage", "hosted"]
    )
    assert found["backtest_ratio", "d"] == 2 and np.isnan(found["backtest_ratio", "e"])


def test_every_cited_id_exists_and_every_prediction_is_used(tables):
    cited = (
        tables.backtests[["evidence", "rests_on", "same_as"]]
        .agg(" ".join, axis=1)
        .str.split()
        .explode()
        .dropna()
    )
    assert set(cited) <= set(tables.evidence["id"])
    assert set(tables.backtests["test"]) == set(BACKTESTS)
    assert set(tables.backtests["formula"]) == {"", *(formula for _, formula in PREDICTIONS)}


def test_what_evidence_compares_with_is_tested_by_that_formula(tables):
    """The column compares_with of evidence names segment and metric; back-tests hold each."""
    tested = tables.backtests.set_index("evidence")
    for row in tables.evidence[tables.evidence["compares_with"] != ""].itertuples():
        assert "/".join(tested.loc[row.id, ["segment", "formula"]]) == row.compares_with


def test_reports_in_words_stand_in_the_evidence(tables):
    """A row that gives its own numbers found them in the evidence, for a minute or a second."""
    evidence = tables.evidence.set_index("id")
    for row in tables.backtests.dropna(subset="reported").itertuples():
        words = " ".join(evidence.loc[row.evidence, ["definition", "notes"]])
        assert any(
            f"{row.reported_low * k:.0f}-{row.reported_high * k:.0f} USD" in words for k in (1, 60)
        ), row.id
        assert row.reported_low <= row.reported <= row.reported_high


def test_the_counted_are_independent_and_units_agree(study):
    """What counts is read from assumptions none of which cites the report, says their table."""
    table, book = backtests(study).set_index("id"), study.assumptions.tables
    for row in book.backtests.itertuples():
        if row.formula and table.loc[row.id, "independent"] == "yes":
            segment = row.segment or study.shared
            read = reads(study.business_model(segment), row.formula) - {"measured"}
            citing = book.assumptions[
                book.assumptions["segment"].isin(["all", segment])
                & book.assumptions["parameter"].isin(read)
            ]
            assert not {row.evidence, *row.same_as.split()} - {""} & set(
                " ".join(citing["evidence"]).split()
            ), row.id
        if row.evidence and np.isnan(row.reported):
            assert book.evidence.set_index("id").loc[row.evidence, "unit"] == row.unit


def test_the_app_is_predicted_as_elsewhere(study):
    """A back-test of a metric of the results is that metric."""
    table = backtests(study).set_index("id")
    for row in study.assumptions.tables.backtests.itertuples():
        if row.segment and row.formula in ("daily_burn", "cost_per_clip", "contribution_margin"):
            known = study.result(row.segment, row.formula)
            assert table.loc[row.id, ["value", "p05", "p50", "p95"]].tolist() == approx(
                [known[c] for c in ("value", "p05", "p50", "p95")]
            )


def test_rows_bear_one_name_each_and_are_finite_where_testable(study):
    found = pd.DataFrame(rows(study))
    assert not found.duplicated(["segment", "metric", "detail"]).any()
    table = backtests(study)
    tested, rest = (
        table[(table["inside"] != "not testable") == whether] for whether in (True, False)
    )
    assert (
        np.isfinite(tested[["reported", "p05", "p50", "p95", "value"]]).all(axis=None)
        and (tested["p05"] <= tested["p50"]).all()
    )
    assert (
        rest["value"].isna().all()
        and rest["independent"].eq("").all()
        and rest["note"].str.startswith("Not testable").all()
    )
