"""The metrics. Oracles: four sheets worked by hand, pint for dimension and magnitude, closed forms,
limit cases, scaling laws."""

from fractions import Fraction

import numpy as np
import pint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from sheets import INPUTS, MODELS, NAN, SHEET_METRICS, SHEETS, worked

from analysis.model.metrics import geometric_sum, positive_part, ratio
from analysis.model.registry import CONVERSIONS, METRICS, Case, formula_of, parameters, reads
from analysis.show.formulas import expression


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_sheet_worked_by_hand(customer, name):
    expected = approx(SHEETS[customer][name], rel=1e-12, nan_ok=True)
    assert getattr(worked(customer), name) == expected


@pytest.mark.parametrize("customer, model", MODELS.items())
def test_sheet_leaves_no_metric_out(customer, model):
    had = {name for name, metric in METRICS.items() if model in metric.formulas}
    assert set(SHEETS[customer]) == had


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_array_is_its_scalars(customer, name):
    factors, inputs = np.array([0.25, 0.75, 1.0]), INPUTS[customer]
    arrays = Case(MODELS[customer], {p: value * factors for p, value in inputs.items()})
    scalars = []
    for factor in factors:
        moved = {p: value * factor for p, value in inputs.items()}
        scalars.append(getattr(worked(customer, **moved), name))
    assert getattr(arrays, name) == approx(np.array(scalars), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_symbols_give_the_plain_number(customer, name):
    """The whole metric as SymPy prints it, from the inputs alone; where the plain model is
    undefined it may be infinite, never a number."""
    inputs, model = INPUTS[customer], MODELS[customer]

    def followed(name):
        function = formula_of(model, name)
        if function is None:
            return sympy.Float(inputs[name], 30)
        written = expression(function)
        return written.subs({s: followed(s.name) for s in written.free_symbols})

    found = followed(name).doit()
    value = float(found) if found.is_finite else NAN
    assert value == approx(SHEETS[customer][name], rel=1e-12, nan_ok=True)


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
    make.plain = register.Quantity
    return make


def disagreement(quantity, customer, formula, unit, conversions=CONVERSIONS):
    """What pint finds wrong with a formula: its dimension, its magnitude in the claimed unit, or
    nothing."""
    model, inputs = MODELS[customer], INPUTS[customer]
    numbers = inputs | {name: value for name, (value, _) in conversions.items()}
    plain = formula(Case(model, {name: np.float64(value) for name, value in numbers.items()}))
    units = {name: quantity(*conversion) for name, conversion in conversions.items()}
    try:
        found = formula(Case(model, quantity.inputs(inputs) | units))
        magnitude = quantity.plain(found).to(quantity.units[unit]).magnitude
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


@pytest.mark.parametrize("name", [n for n, (value, _) in CONVERSIONS.items() if value != 1])
def test_conversion_is_worth_one(quantity, name):
    assert quantity(*CONVERSIONS[name]).to_base_units().magnitude == approx(1, rel=1e-12)


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_dimension_and_magnitude(quantity, customer, name):
    assert disagreement(quantity, customer, lambda a: getattr(a, name), METRICS[name].unit) is None


@pytest.mark.parametrize(
    "formula, wrong",
    [
        (lambda a: a.served_intensity * a.gpu_price / a.seconds_per_hour, None),
        (lambda a: a.served_intensity * a.gpu_price, "magnitude"),
        (lambda a: a.served_intensity * a.gpu_price / a.finished_seconds_per_minute, "magnitude"),
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
    assert disagreement(quantity, "account", formula, "USD/video-s") == wrong


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_dropped_conversion_is_noticed(quantity, customer, name):
    """Each formula that converts, with its conversion replaced by a bare 1."""
    formula, unit = METRICS[name].formulas[MODELS[customer]], METRICS[name].unit
    for conversion in set(CONVERSIONS) & set(parameters(formula)):
        dropped = CONVERSIONS | {conversion: (1.0, "ratio")}
        found = disagreement(quantity, customer, lambda a: getattr(a, name), unit, dropped)
        assert found or np.isnan(SHEETS[customer][name]), conversion


def test_positive_part_and_ratio():
    assert list(positive_part(np.array([-2.0, 0.0, 3.0]))) == [0, 0, 3]
    with np.errstate(all="ignore"):
        quotients = ratio(
            np.array([1.0, -1.0, 0.0, 6.0, 6.0]), np.array([0.0, 0.0, 0.0, 3.0, -4.0])
        )
    assert quotients == approx(np.array([NAN, NAN, NAN, 2, -1.5]), nan_ok=True)


def test_geometric_sum_term_by_term():
    for factor in (0.0, 0.3, 0.97, 1.0, 1.03):
        for count in (1, 2, 12, 120):
            terms = sum(factor**m for m in range(count))
            assert geometric_sum(np.float64(factor), float(count)) == approx(terms, rel=1e-12)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15])
def test_geometric_sum_near_one(gap):
    """Oracle: whole fractions, without rounding."""
    for factor in (1 - gap, 1 + gap):
        exact = Fraction(factor)
        terms = (1 - exact**60) / (1 - exact) if exact != 1 else Fraction(60)
        assert geometric_sum(factor, 60.0) == approx(float(terms), rel=1e-12)


def test_a_customer_kept_for_good_is_a_perpetuity():
    """Oracle: with churn c and rate d by month, 1 + ... = (1 + d) / (c + d)."""
    case = worked("account", monthly_churn=0.02, discount_rate=0.12, horizon=1e5)
    assert case.months_kept == approx(1.01 / 0.03, rel=1e-12)


def test_months_kept_at_the_edges():
    """All leave at once; as many months as the horizon where growth makes up for the rate."""
    assert worked("account", monthly_churn=1).months_kept == 1
    assert worked("account", monthly_churn=-0.01, horizon=60).months_kept == approx(60, rel=1e-12)
    assert worked("account", monthly_churn=-0.03, horizon=60).months_kept > 60
    growing = sum((1.03 / 1.01) ** m for m in range(60))
    found = worked("account", monthly_churn=-0.03, horizon=60).months_kept
    assert found == approx(growing, rel=1e-12)


def test_net_value_on_trend_month_by_month():
    """Oracle: what comes in and goes out in each of 60 months, added up."""
    rates = dict(
        efficiency_gain=0.4,
        supplier_pass_back=0.25,
        gpu_price_decline=0.1,
        quality_growth=0.3,
        price_erosion=0.15,
    )
    for customer, price in (("prosumer", 1.0), ("metered", 0.85)):
        case = worked(customer, monthly_churn=0.03, horizon=60, **rates)
        value, cost = -case.acquisition_cost, 0.6**0.75 * 0.9 * 1.3
        for month in range(60):
            earned = (case.revenue - case.service_cost) * price ** (month / 12)
            spent = case.compute_cost * cost ** (month / 12)
            value += (earned - spent) * (0.97 / 1.01) ** month
        assert case.net_value_on_trend == approx(value, rel=1e-12)


def test_without_a_trend_the_trend_is_today():
    still = dict.fromkeys(
        ["efficiency_gain", "gpu_price_decline", "quality_growth", "price_erosion"], 0
    )
    for customer in MODELS:
        case = worked(customer, **still)
        assert case.net_value_on_trend == approx(case.net_value, rel=1e-12)


@pytest.mark.parametrize(
    "customer, changes, expected",
    [
        ("consumer", dict(utilisation=1), dict(cost_per_generated_second=0.03, gpu_hours=2.5)),
        (
            "consumer",
            dict(utilisation=1, serving_overhead=0),
            dict(cost_per_generated_second=90 * 0.5 * 2 / 3600),
        ),
        ("consumer", dict(store_fee=1), dict(revenue=0.15)),
        (
            "consumer",
            dict(active_days=0),
            dict(
                compute_cost=0,
                contribution=0.5,
                payback_months=6,
                customers_to_carry_fixed_cost=14400,
            ),
        ),
        ("account", dict(labour_hours=9), dict(saving_per_finished_second=0, value_created=240)),
        ("account", dict(service_share=1), dict(service_cost=240, contribution=-144, headroom=0)),
        ("metered", dict(second_price=0.06), dict(contribution=-7.2, payback_months=NAN)),
        ("metered", dict(monthly_churn=1), dict(net_value=45, net_value_with_free_compute=117)),
    ],
)
def test_limit_cases(customer, changes, expected):
    case = worked(customer, **changes)
    found = {name: getattr(case, name) for name in expected}
    assert found == approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("customer", MODELS)
def test_what_is_undefined_anywhere_in_the_bounds(customer, tables):
    """Oracle: the denominators. At 4,096 corners of what the tables allow nothing is infinite;
    undefined is only what a loss divides."""
    bounds, corner = tables.parameters.set_index("parameter"), np.random.default_rng(7)

    def corners(parameter):
        least, most = bounds.loc[parameter, ["minimum", "maximum"]].astype(float)
        return np.where(corner.random(4096) < 0.5, least, most)

    case = Case(MODELS[customer], {p: corners(p) for p in INPUTS[customer]})
    losing = {"payback_months", "customers_to_carry_fixed_cost"}
    for name in SHEETS[customer]:
        found = np.broadcast_to(getattr(case, name), 4096)
        undefined = case.contribution <= 0 if name in losing else np.zeros(4096, bool)
        assert np.array_equal(np.isnan(found), undefined), name
        assert not np.isinf(found).any(), name


SHARES = {
    "utilisation",
    "vendor_gross_margin",
    "cloud_gross_margin",
    "accelerator_share",
    "accelerator_gross_margin",
    "paid_conversion",
    "store_fee",
    "displaced_share",
    "service_share",
    "monthly_churn",
    "discount_rate",
    "efficiency_gain",
    "supplier_pass_back",
    "gpu_price_decline",
    "price_erosion",
}
MONEY = {
    "gpu_price",
    "api_price",
    "subscription_price",
    "other_revenue",
    "service_cost",
    "acquisition_cost",
    "account_price",
    "second_price",
    "incumbent_cost",
    "wage",
    "fixed_cost",
}
SETTINGS = settings(max_examples=25, deadline=None, derandomize=True)
FACTORS = st.floats(1.01, 20)


def cases(customer):
    """Any inputs from a fiftieth of the sheet's to fifty times, shares below 1."""

    def near(name, value):
        return st.floats(value / 50, min(value * 50, 0.99 if name in SHARES else np.inf))

    def case(inputs):
        return Case(MODELS[customer], {name: np.float64(x) for name, x in inputs.items()})

    ranges = {name: near(name, value) for name, value in INPUTS[customer].items()}
    return st.fixed_dictionaries(ranges).map(case)


ANY = st.one_of(*map(cases, MODELS))


def scaled(case, names, factor):
    """The case with some inputs multiplied, of those that it has."""
    return case.replace(**{n: getattr(case, n) * factor for n in names if n in case.inputs})


@SETTINGS
@given(ANY, FACTORS)
def test_cost_of_a_second_is_proportional(case, k):
    before = case.cost_per_generated_second
    for name in ("gpu_price", "served_intensity", "tier_factor"):
        assert scaled(case, [name], k).cost_per_generated_second == approx(k * before)
    assert scaled(case, ["utilisation"], 1 / k).cost_per_generated_second == approx(k * before)


@SETTINGS
@given(ANY, st.sampled_from([0.25, 2.0, 1024.0]))
def test_money_has_no_scale(case, k):
    """In another currency everything in money is k times as much and nothing else moves; powers of
    two round nothing."""
    there = scaled(case, MONEY, k)
    for name, metric in METRICS.items():
        if case.business_model in metric.formulas:
            expected = getattr(case, name) * (k if metric.unit.startswith("USD") else 1)
            assert getattr(there, name) == approx(expected, rel=1e-12, nan_ok=True), name


@SETTINGS
@given(cases("metered"), FACTORS)
def test_account_twice_the_size_earns_twice(case, k):
    there = scaled(case, ["finished_seconds"], k)
    for name in ("contribution", "value_created", "gpu_hours"):
        assert getattr(there, name) == approx(k * getattr(case, name)), name
    assert there.headroom == approx(case.headroom)


@SETTINGS
@given(ANY)
def test_free_compute_never_lowers_net_value(case):
    assert case.net_value_with_free_compute >= case.net_value
    free = case.replace(served_intensity=np.float64(0)).net_value
    assert case.net_value_with_free_compute == approx(free)


@SETTINGS
@given(ANY)
def test_one_truth_in_every_metric(case):
    size = case.revenue + case.running_cost
    if abs(case.contribution) > 1e-9 * size:
        pays = case.contribution > 0
        assert pays == (case.headroom > 1) == (case.stopping_gpu_price > case.gpu_price)
        assert pays == (case.lifetime_value > 0) == (case.payback_months > 0)
    assert case.contribution_per_gpu_hour * case.gpu_hours == approx(case.contribution)
    by_second = case.revenue_per_generated_second - case.running_cost_per_generated_second
    assert by_second * case.generated_seconds == approx(case.contribution, abs=1e-9 * size)


RAISES = {
    "paid_conversion",
    "subscription_price",
    "other_revenue",
    "account_price",
    "second_price",
    "utilisation",
}
LOWERS = {
    "served_intensity",
    "tier_factor",
    "gpu_price",
    "serving_overhead",
    "active_days",
    "clips_per_day",
    "seconds_per_clip",
    "store_fee",
    "service_cost",
    "service_share",
}


@pytest.mark.parametrize("customer", MODELS)
@pytest.mark.parametrize("parameter", sorted(RAISES | LOWERS))
def test_contribution_is_monotonic(customer, parameter):
    sign = 1 if parameter in RAISES else -1

    @SETTINGS
    @given(cases(customer), FACTORS)
    def law(case, k):
        rise = scaled(case, [parameter], k).contribution - case.contribution
        assert sign * rise >= -1e-9 * (case.revenue + case.running_cost)

    if parameter in reads(MODELS[customer], "contribution"):
        law()
        moved = worked(customer, **{parameter: INPUTS[customer][parameter] * 1.1})
        assert np.sign(moved.contribution - SHEETS[customer]["contribution"]) == sign
