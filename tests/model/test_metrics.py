"""The identities. Oracles: two sheets worked by hand, pint for dimension and magnitude, closed forms, limit cases, scaling laws."""

import inspect

import numpy as np
import pint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import norm

from analysis.model.metrics import (
    CONVERSIONS,
    IDENTITIES,
    Case,
    break_even,
    daily_burn,
    fleet_utilisation,
    monthly_customers,
    positive_part,
    ratio,
)

NAN = float("nan")
COMPUTE = dict(
    compute_intensity=90,
    compute_factor=0.5,
    gpu_price=2,
    serving_overhead=0.2,
    utilisation=0.5,
    discount_rate=0.12,
    fixed_cost=7200,
)
INPUTS = {
    "subscription": COMPUTE
    | dict(
        active_days=5,
        clips_per_day=4,
        seconds_per_clip=10,
        paid_conversion=0.04,
        subscription_price=20,
        store_fee=0.25,
        other_revenue=0.15,
        service_cost=0.25,
        acquisition_cost=3,
        monthly_churn=0.19,
    ),
    "workflow": COMPUTE
    | dict(
        finished_seconds=120,
        retakes=20,
        incumbent_cost=15,
        displaced_share=0.8,
        labour_hours=3,
        wage=80,
        value_capture=0.25,
        service_share=0.1,
        acquisition_ratio=0.5,
        monthly_churn=0.02,
        api_price=0.16,
    ),
}
# By hand. Both: 90 x 0.5 = 45 GPU-s a second; 45 x 2 / 3600 = 0.025, x 1.2 = 0.03, / 0.5 = 0.06 USD.
SHEETS = {
    "subscription": {
        "cost_per_generated_second": 0.06,
        "generated_seconds": 200,  # 5 days x 4 clips x 10 s
        "revenue": 0.75,  # 0.04 x 20 x 0.75 = 0.60, + 0.15
        "compute_cost": 12,  # 200 x 0.06
        "gpu_hours": 5,  # 200 x 45 / 3600 = 2.5, / 0.5
        "contribution": -11.5,  # 0.75 - 12 - 0.25
        "contribution_margin": -46 / 3,  # -11.5 / 0.75
        "revenue_per_generated_second": 0.00375,  # 0.75 / 200
        "full_cost_per_generated_second": 0.06125,  # 0.06 + 0.25 / 200
        "affordable_cost_per_second": 0.0025,  # (0.75 - 0.25) / 200
        "headroom": 1 / 24,  # 0.0025 / 0.06
        "contribution_per_gpu_hour": -2.3,  # -11.5 / 5
        "lifetime_value": -57.5,  # -11.5 / (0.19 + 0.01)
        "ltv_to_cac": -115 / 6,  # -57.5 / 3
        "payback_months": NAN,  # a loss pays nothing back
        "customers_to_carry_fixed_cost": NAN,  # nor carries anything
        "cost_per_clip": 0.6,  # 0.06 x 10
        "store_fees": 0.2,  # 0.04 x 20 x 0.25
        "acquisition_per_month": 0.6,  # 3 x (0.19 + 0.01)
    },
    "workflow": {
        "cost_per_generated_second": 0.06,
        "generated_seconds": 2400,  # 120 x 20
        "saving_per_finished_second": 8,  # 0.8 x 15 = 12, less 3 h/min x 80 / 60 = 4
        "revenue": 240,  # 120 x 0.25 x 8
        "service_cost": 24,  # a tenth of it
        "acquisition_cost": 1440,  # 0.5 of 12 x 240
        "compute_cost": 144,  # 2400 x 0.06
        "gpu_hours": 60,  # 2400 x 45 / 3600 = 30, / 0.5
        "contribution": 72,  # 240 - 144 - 24
        "contribution_margin": 0.3,
        "revenue_per_generated_second": 0.1,
        "full_cost_per_generated_second": 0.07,  # 0.06 + 24 / 2400
        "affordable_cost_per_second": 0.09,  # 216 / 2400
        "headroom": 1.5,
        "contribution_per_gpu_hour": 1.2,
        "lifetime_value": 2400,  # 72 / (0.02 + 0.01)
        "ltv_to_cac": 5 / 3,  # 2400 / 1440
        "payback_months": 20,  # 1440 / 72
        "customers_to_carry_fixed_cost": 100,  # 7200 / 72
        "selling_seconds": 28.8,  # 2400 x (0.16 x 0.5 x 0.9 - 0.06)
        "acquisition_per_month": 43.2,  # 1440 x 0.03
    },
}
METRICS = [(model, name) for model, sheet in SHEETS.items() for name in sheet]


def worked(model, **changes):
    """The case of the sheet, on NumPy scalars."""
    return Case(
        model, {name: np.float64(value) for name, value in (INPUTS[model] | changes).items()}
    )


@pytest.mark.parametrize("model, name", METRICS)
def test_sheet_worked_by_hand(model, name):
    assert getattr(worked(model), name) == approx(SHEETS[model][name], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("model", SHEETS)
def test_sheet_leaves_no_identity_out(model):
    assert set(SHEETS[model]) == {
        name for name, identity in IDENTITIES.items() if model in identity.formulas
    }


@pytest.mark.parametrize("model, name", METRICS)
def test_array_is_its_scalars(model, name):
    factors = np.array([0.25, 1.0, 1.75])
    arrays = Case(model, {parameter: value * factors for parameter, value in INPUTS[model].items()})
    scalars = [
        getattr(worked(model, **{p: v * f for p, v in INPUTS[model].items()}), name)
        for f in factors
    ]
    assert getattr(arrays, name) == approx(np.array(scalars), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("model, name", METRICS)
def test_symbols_give_the_plain_number(model, name):
    """The formula that SymPy has seen, evaluated; where the plain model is undefined it may be infinite, never a number."""
    symbols = sympy.symbols(list(INPUTS[model]), real=True)
    formula = sympy.lambdify(symbols, getattr(Case(model, dict(zip(INPUTS[model], symbols))), name))
    with np.errstate(divide="ignore"):
        result = formula(*map(np.float64, INPUTS[model].values()))
    assert (result if np.isfinite(result) else NAN) == approx(
        SHEETS[model][name], rel=1e-12, nan_ok=True
    )


@pytest.fixture(scope="module")
def quantity(tables):
    """quantity(value, unit of units.csv) as pint reads it; what is counted is a dimension of its own."""
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
    make = lambda value, unit: register.Quantity(
        np.float64(value), register.parse_units(definitions[unit])
    )  # noqa: E731
    make.units = {
        unit: register.parse_units(definition) for unit, definition in definitions.items()
    }
    make.inputs = lambda inputs: {
        p: make(v, tables.parameters.set_index("parameter")["unit"][p]) for p, v in inputs.items()
    }
    return make


def disagreement(quantity, model, formula, unit, conversions=CONVERSIONS):
    """What pint finds wrong with a formula: its dimension, its magnitude in the claimed unit, or nothing."""
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
    """pint read every definition; a metric that some segments are given has the unit of that parameter."""
    units = tables.parameters.set_index("parameter")["unit"]
    used = (
        {unit for _, unit in CONVERSIONS.values()}
        | {identity.unit for identity in IDENTITIES.values()}
        | set(units)
    )
    assert used <= set(quantity.units)
    assert all(IDENTITIES[name].unit == units[name] for name in set(IDENTITIES) & set(units))


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversion_is_worth_one(quantity, name):
    assert quantity(*CONVERSIONS[name]).to_base_units().magnitude == approx(1, rel=1e-12)


@pytest.mark.parametrize("model, name", METRICS)
def test_dimension_and_magnitude(quantity, model, name):
    assert disagreement(quantity, model, lambda a: getattr(a, name), IDENTITIES[name].unit) is None


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


@pytest.mark.parametrize("model, name", METRICS)
def test_dropped_conversion_is_noticed(quantity, model, name):
    """Each formula that converts, with its conversion replaced by a bare 1."""
    formula = IDENTITIES[name].formulas[model]
    for conversion in set(CONVERSIONS) & set(inspect.getclosurevars(formula).unbound):
        dropped = CONVERSIONS | {conversion: (1.0, "ratio")}
        assert disagreement(quantity, model, formula, IDENTITIES[name].unit, dropped) or np.isnan(
            SHEETS[model][name]
        )


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
    """Oracle: the denominators. At 4,096 corners of what the tables allow nothing is infinite; undefined is only what a zero divides."""
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


def test_case_answers_only_what_it_has():
    case = worked("subscription")
    for wrong in ("saving_per_finished_second", "wage", "profit"):
        with pytest.raises(AttributeError, match=wrong):
            getattr(case, wrong)
    with pytest.raises(AttributeError):
        case.gpu_price = 1.0
    assert case.replace(gpu_price=np.float64(4)).cost_per_generated_second == approx(0.12)
    assert case.cost_per_generated_second == approx(0.06)


def test_square_root_staffing():
    assert fleet_utilisation(10000.0, 0.5, 1.0) == approx(0.5 * 100 / 101)
    assert fleet_utilisation(4.0, 0.6, 0.0) == approx(0.6) and fleet_utilisation(
        1e30, 0.6, 2.0
    ) == approx(0.6)
    assert fleet_utilisation(1e-30, 0.6, 2.0) == approx(0, abs=1e-12)


def test_burn_worked_by_hand():
    """2,922,000 users x 200 s x 45 GPU-s / (3600 x 730.5) keep 10,000 GPUs busy; 12 x 1.01 of compute; 2,922,000 / 30.4375 = 96,000."""
    case = worked("subscription", staffing_factor=1, daily_users=1e6)
    assert daily_burn(case, 2_922_000.0) == approx(96_000 * 11.62, rel=1e-12)
    assert monthly_customers(case) == approx(6_087_500)


def test_scale_helps_but_never_beyond_the_large_fleet():
    case = worked("subscription", staffing_factor=1)
    users = np.logspace(0, 12, 49)
    per_user, limit = daily_burn(case, users) / users, 11.5 / 30.4375
    assert (
        np.all(np.diff(per_user) < 0)
        and np.all(per_user > limit)
        and per_user[-1] == approx(limit, rel=1e-4)
    )
    assert daily_burn(worked("subscription", staffing_factor=0), 1e6) == approx(1e6 * limit)


@pytest.mark.parametrize(
    "parameter, expected",
    [
        # headroom 1.5; 0.9 R = 144, so R = 160, and 240 (1 - s) = 144; saving 160 / 30 = 16 / 3; the last have no effect on the sign
        ("gpu_price", 3),
        ("compute_intensity", 135),
        ("compute_factor", 0.75),
        ("utilisation", 1 / 3),
        ("serving_overhead", 0.8),
        ("retakes", 30),
        ("value_capture", 1 / 6),
        ("service_share", 0.4),
        ("labour_hours", 5),
        ("wage", 400 / 3),
        ("incumbent_cost", 35 / 3),
        ("displaced_share", 28 / 45),
        ("finished_seconds", NAN),
        ("monthly_churn", NAN),
        ("api_price", NAN),
    ],
)
def test_break_even_in_closed_form(parameter, expected):
    assert break_even(worked("workflow"), parameter, 1e-9, 1e6) == approx(
        expected, rel=1e-12, nan_ok=True
    )


def test_break_even_outside_the_bounds_is_none():
    assert np.isnan(break_even(worked("workflow"), "gpu_price", 0.01, 2.99))
    assert break_even(worked("workflow"), "gpu_price", 0.01, 3.01) == approx(3)


def test_who_buys_nothing_has_no_break_even():
    """Contribution is zero at every value, so at no value more than at another."""
    assert np.isnan(break_even(worked("workflow", finished_seconds=0), "gpu_price", 0.01, 100))


def test_break_even_put_back_gives_zero(study):
    """For every segment and parameter of the tables; where none is found, contribution keeps its sign all the way."""
    for segment in study.segments:
        case = study.point(segment)
        for parameter, q in study.assumptions.of(segment).items():
            root = break_even(case, parameter, q.minimum, q.maximum)
            if np.isnan(root):
                along = case.replace(
                    **{parameter: np.linspace(q.minimum, q.maximum, 300)}
                ).contribution
                assert not np.any(along > 0) or not np.any(along < 0), (segment, parameter)
            else:
                there = case.replace(**{parameter: np.float64(root)})
                assert q.minimum <= root <= q.maximum
                assert abs(there.contribution) < 1e-9 * (
                    there.revenue + there.compute_cost + there.service_cost
                ), (segment, parameter)


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
    """In another currency everything in money is k times as much and nothing else moves; powers of two round nothing."""
    there = scaled(case, MONEY, k)
    for name, identity in IDENTITIES.items():
        if case.business_model in identity.formulas:
            factor = k if identity.unit.startswith("USD") else 1
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


def erlang_c(load: float, servers: int) -> float:
    """The probability of waiting in an M/M/n queue, by the recursion for Erlang B."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


@pytest.mark.parametrize("load", [25, 400, 10_000])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_square_root_staffing_gives_one_grade_of_service_at_every_load(load, factor):
    """Oracle: Erlang's C formula at three loads against the limit of Halfin and Whitt (1981), 1 / (1 + b Phi(b) / phi(b));
    the fleet is the one that `fleet_utilisation` implies."""
    servers = load / fleet_utilisation(float(load), 1.0, factor)
    assert servers == pytest.approx(load + factor * load**0.5)
    limit = 1 / (1 + factor * norm.cdf(factor) / norm.pdf(factor))
    assert erlang_c(load, round(servers)) == pytest.approx(limit, abs=0.05 if load < 100 else 0.02)
