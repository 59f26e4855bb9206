"""The metrics. Oracles: two sheets worked by hand, pint for dimension and magnitude, closed forms,
limit cases, scaling laws."""

import numpy as np
import pint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from sheets import INPUTS, NAN, SHEET_METRICS, SHEETS, worked

from analysis.model.metrics import positive_part, ratio
from analysis.model.registry import CONVERSIONS, METRICS, Case, parameters


@pytest.mark.parametrize("model, name", SHEET_METRICS)
def test_sheet_worked_by_hand(model, name):
    assert getattr(worked(model), name) == approx(SHEETS[model][name], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("model", SHEETS)
def test_sheet_leaves_no_metric_out(model):
    assert set(SHEETS[model]) == {
        name for name, metric in METRICS.items() if model in metric.formulas
    }


@pytest.mark.parametrize("model, name", SHEET_METRICS)
def test_array_is_its_scalars(model, name):
    factors = np.array([0.25, 1.0, 1.75])
    arrays = Case(model, {parameter: value * factors for parameter, value in INPUTS[model].items()})
    scalars = [
        getattr(worked(model, **{p: v * f for p, v in INPUTS[model].items()}), name)
        for f in factors
    ]
    assert getattr(arrays, name) == approx(np.array(scalars), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("model, name", SHEET_METRICS)
def test_symbols_give_the_plain_number(model, name):
    """The formula that SymPy has seen, evaluated; where the plain model is undefined it may be
    infinite, never a number."""
    symbols = sympy.symbols(list(INPUTS[model]), real=True)
    formula = sympy.lambdify(
        symbols, getattr(Case(model, dict(zip(INPUTS[model], symbols, strict=True))), name)
    )
    with np.errstate(divide="ignore"):
        result = formula(*map(np.float64, INPUTS[model].values()))
    assert (result if np.isfinite(result) else NAN) == approx(
        SHEETS[model][name], rel=1e-12, nan_ok=True
    )


@pytest.fixture(scope="module")
def quantity(tables):
    """quantity(value, unit of units.csv) as pint reads it; what is counted is a dimension of its
    own."""
    register = pint.UnitRegistry()
    for base in (
        "customer",
        "payer",
        "gpu",
        "video_second",
        "finished_second",
        "USD",
        "clip",
        "project",
        "download",
        "creative",
    ):
        register.define(f"{base} = [{base}]")
    register.define("finished_minute = 60 * finished_second")
    definitions = tables.units.set_index("unit")["definition"]

    def make(value, unit):
        return register.Quantity(np.float64(value), register.parse_units(definitions[unit]))

    make.units = {
        unit: register.parse_units(definition) for unit, definition in definitions.items()
    }
    make.inputs = lambda inputs: {
        p: make(v, tables.parameters.set_index("parameter")["unit"][p]) for p, v in inputs.items()
    }
    return make


def disagreement(quantity, model, formula, unit, conversions=CONVERSIONS):
    """What pint finds wrong with a formula: its dimension, its magnitude in the claimed unit, or
    nothing."""
    numbers = INPUTS[model] | {name: value for name, (value, _) in conversions.items()}
    plain = formula(Case(model, {name: np.float64(value) for name, value in numbers.items()}))
    with_units = quantity.inputs(INPUTS[model]) | {
        name: quantity(*conversion) for name, conversion in conversions.items()
    }
    try:
        magnitude = formula(Case(model, with_units)).to(quantity.units[unit]).magnitude
    except pint.DimensionalityError:
        return "dimension"
    return None if magnitude == approx(plain, rel=1e-12, nan_ok=True) else "magnitude"


def test_units_are_those_of_the_codebook(quantity, tables):
    """pint read every definition; a metric that some segments are given has the unit of that
    parameter."""
    units = tables.parameters.set_index("parameter")["unit"]
    used = (
        {unit for _, unit in CONVERSIONS.values()}
        | {metric.unit for metric in METRICS.values()}
        | set(units)
    )
    assert used <= set(quantity.units)
    assert all(METRICS[name].unit == units[name] for name in set(METRICS) & set(units))


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversion_is_worth_one(quantity, name):
    assert quantity(*CONVERSIONS[name]).to_base_units().magnitude == approx(1, rel=1e-12)


@pytest.mark.parametrize("model, name", SHEET_METRICS)
def test_dimension_and_magnitude(quantity, model, name):
    assert disagreement(quantity, model, lambda a: getattr(a, name), METRICS[name].unit) is None


@pytest.mark.parametrize(
    "formula, wrong",
    [
        (lambda a: a.compute_intensity * a.gpu_price / a.seconds_per_hour, None),
        (lambda a: a.compute_intensity * a.gpu_price, "magnitude"),
        (lambda a: a.compute_intensity * a.gpu_price / a.finished_seconds_per_minute, "magnitude"),
        (lambda a: a.cost_per_generated_second * a.retakes, "dimension"),
        (lambda a: a.cost_per_generated_second + a.serving_overhead, "dimension"),
    ],
    ids=[
        "right",
        "seconds meet hours",
        "another conversion",
        "finished for generated",
        "a share added to money",
    ],
)
def test_units_test_can_fail(quantity, formula, wrong):
    assert disagreement(quantity, "workflow", formula, "USD/video-s") == wrong


@pytest.mark.parametrize("model, name", SHEET_METRICS)
def test_dropped_conversion_is_noticed(quantity, model, name):
    """Each formula that converts, with its conversion replaced by a bare 1."""
    for conversion in set(CONVERSIONS) & set(parameters(METRICS[name].formulas[model])):
        dropped = CONVERSIONS | {conversion: (1.0, "ratio")}
        found = disagreement(
            quantity, model, lambda a: getattr(a, name), METRICS[name].unit, dropped
        )
        assert found or np.isnan(SHEETS[model][name])


def test_positive_part_and_ratio():
    assert list(positive_part(np.array([-2.0, 0.0, 3.0]))) == [0, 0, 3]
    with np.errstate(all="ignore"):
        quotients = ratio(
            np.array([1.0, -1.0, 0.0, 6.0, 6.0]), np.array([0.0, 0.0, 0.0, 3.0, -4.0])
        )
    assert quotients == approx(np.array([NAN, NAN, NAN, 2, -1.5]), nan_ok=True)


@pytest.mark.parametrize(
    "model, changes, expected",
    [
        ("subscription", dict(utilisation=1), dict(cost_per_generated_second=0.03, gpu_hours=2.5)),
        (
            "subscription",
            dict(utilisation=1, serving_overhead=0),
            dict(cost_per_generated_second=90 * 0.5 * 2 / 3600),
        ),
        (
            "subscription",
            dict(paid_conversion=0, other_revenue=0),
            dict(revenue=0, contribution=-12.25, contribution_margin=NAN, headroom=-1 / 48),
        ),
        ("subscription", dict(store_fee=1), dict(revenue=0.15, store_fees=0.8)),
        ("subscription", dict(acquisition_cost=0), dict(ltv_to_cac=NAN, acquisition_per_month=0)),
        (
            "subscription",
            dict(active_days=0),
            dict(
                compute_cost=0,
                contribution=0.5,
                payback_months=6,
                customers_to_carry_fixed_cost=14400,
            ),
        ),
        (
            "workflow",
            dict(labour_hours=9),
            dict(saving_per_finished_second=0, revenue=0, acquisition_cost=0, contribution=-144),
        ),
        (
            "workflow",
            dict(labour_hours=90),
            dict(
                saving_per_finished_second=0,
                contribution_margin=NAN,
                ltv_to_cac=NAN,
                payback_months=NAN,
            ),
        ),
        ("workflow", dict(service_share=1), dict(service_cost=240, contribution=-144, headroom=0)),
        ("workflow", dict(discount_rate=0), dict(lifetime_value=3600)),
    ],
)
def test_limit_cases(model, changes, expected):
    case = worked(model, **changes)
    assert {name: getattr(case, name) for name in expected} == approx(
        expected, rel=1e-12, abs=1e-12, nan_ok=True
    )


@pytest.mark.parametrize("model", SHEETS)
def test_what_is_undefined_anywhere_in_the_bounds(model, tables):
    """Oracle: the denominators. At 4,096 corners of what the tables allow nothing is infinite;
    undefined is only what a zero divides."""
    bounds, corner = tables.parameters.set_index("parameter"), np.random.default_rng(7)
    case = Case(
        model,
        {
            p: np.where(corner.random(4096) < 0.5, bounds["minimum"][p], bounds["maximum"][p])
            for p in INPUTS[model]
        },
    )
    undefined = {
        "contribution_margin": case.revenue == 0,
        "ltv_to_cac": case.acquisition_cost == 0,
        "payback_months": case.contribution <= 0,
        "customers_to_carry_fixed_cost": case.contribution <= 0,
    }
    for name in SHEETS[model]:
        assert np.array_equal(
            np.isnan(getattr(case, name)), undefined.get(name, np.zeros(4096, bool))
        ), name
        assert not np.isinf(getattr(case, name)).any(), name


SHARES = {
    "utilisation",
    "paid_conversion",
    "store_fee",
    "displaced_share",
    "value_capture",
    "service_share",
    "monthly_churn",
    "discount_rate",
}


MONEY = {
    "gpu_price",
    "api_price",
    "subscription_price",
    "other_revenue",
    "service_cost",
    "acquisition_cost",
    "incumbent_cost",
    "wage",
    "fixed_cost",
}


SETTINGS = settings(max_examples=25, deadline=None, derandomize=True)


def cases(model):
    """Any inputs from a fiftieth of the sheet's to fifty times, shares below 1."""
    limits = {
        name: (value / 50, min(value * 50, 0.99 if name in SHARES else np.inf))
        for name, value in INPUTS[model].items()
    }
    return st.fixed_dictionaries({name: st.floats(*pair) for name, pair in limits.items()}).map(
        lambda inputs: Case(model, {name: np.float64(value) for name, value in inputs.items()})
    )


FACTORS = st.floats(1.01, 20)


EITHER = st.one_of(cases("subscription"), cases("workflow"))


def scaled(case, names, factor):
    """The case with some inputs multiplied."""
    return case.replace(
        **{
            name: getattr(case, name) * factor
            for name in names
            if name in INPUTS[case.business_model]
        }
    )


@SETTINGS
@given(EITHER, FACTORS)
def test_cost_of_a_second_is_proportional(case, k):
    for name in ("gpu_price", "compute_intensity", "compute_factor"):
        assert scaled(case, [name], k).cost_per_generated_second == approx(
            k * case.cost_per_generated_second
        )
    assert scaled(case, ["utilisation"], 1 / k).cost_per_generated_second == approx(
        k * case.cost_per_generated_second
    )


@SETTINGS
@given(EITHER, st.sampled_from([0.25, 2.0, 1024.0]))
def test_money_has_no_scale(case, k):
    """In another currency everything in money is k times as much and nothing else moves; powers of
    two round nothing."""
    there = scaled(case, MONEY, k)
    for name, metric in METRICS.items():
        if case.business_model in metric.formulas:
            factor = k if metric.unit.startswith("USD") else 1
            assert getattr(there, name) == approx(
                getattr(case, name) * factor, rel=1e-12, nan_ok=True
            ), name


@SETTINGS
@given(EITHER, FACTORS)
def test_lifetime_value_is_homogeneous(case, k):
    assert scaled(case, ["monthly_churn", "discount_rate"], k).lifetime_value == approx(
        case.lifetime_value / k
    )
    assert case.lifetime_value * case.acquisition_per_month == approx(
        case.contribution * case.acquisition_cost
    )


@SETTINGS
@given(cases("workflow"), FACTORS)
def test_account_twice_the_size_earns_twice(case, k):
    there = scaled(case, ["finished_seconds"], k)
    for name in ("contribution", "acquisition_cost", "gpu_hours"):
        assert getattr(there, name) == approx(k * getattr(case, name)), name
    assert (there.headroom, there.payback_months) == approx(
        (case.headroom, case.payback_months), nan_ok=True
    )


@SETTINGS
@given(EITHER)
def test_one_truth_in_every_metric(case):
    if abs(case.contribution) > 1e-9 * (case.revenue + case.compute_cost):
        pays = case.contribution > 0
        assert (
            pays
            == (case.headroom > 1)
            == (case.lifetime_value > 0)
            == (case.contribution_per_gpu_hour > 0)
            == (case.payback_months > 0)
        )
    assert case.contribution_per_gpu_hour * case.gpu_hours == approx(case.contribution)
    assert (
        case.revenue_per_generated_second - case.full_cost_per_generated_second
    ) * case.generated_seconds == approx(
        case.contribution, abs=1e-9 * (case.revenue + case.compute_cost)
    )


@pytest.mark.parametrize(
    "model, parameter, sign",
    [
        *[
            (model, parameter, -1)
            for model in SHEETS
            for parameter in (
                "compute_intensity",
                "compute_factor",
                "gpu_price",
                "serving_overhead",
            )
        ],
        *[(model, "utilisation", 1) for model in SHEETS],
        *[
            ("subscription", parameter, 1)
            for parameter in ("paid_conversion", "subscription_price", "other_revenue")
        ],
        *[
            ("subscription", parameter, -1)
            for parameter in (
                "active_days",
                "clips_per_day",
                "seconds_per_clip",
                "store_fee",
                "service_cost",
            )
        ],
        *[
            ("workflow", parameter, 1)
            for parameter in ("incumbent_cost", "displaced_share", "value_capture")
        ],
        *[
            ("workflow", parameter, -1)
            for parameter in ("retakes", "labour_hours", "wage", "service_share")
        ],
    ],
)
def test_contribution_is_monotonic(model, parameter, sign):
    @SETTINGS
    @given(cases(model), FACTORS)
    def law(case, k):
        size = case.revenue + case.compute_cost + case.service_cost
        assert (
            sign * (scaled(case, [parameter], k).contribution - case.contribution) >= -1e-9 * size
        )

    law()
    moved = (
        worked(model, **{parameter: INPUTS[model][parameter] * 1.1}).contribution
        - SHEETS[model]["contribution"]
    )
    assert np.sign(moved) == sign
