"""The path. Oracles: closed forms, limit cases, sums worked by hand, and the scenarios' own
sources."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.model.registry import Case
from analysis.model.trend import RESCUE_YEARS
from analysis.show.chapter import open_chapter

NO_TREND = dict(
    efficiency_gain=0.0,
    supplier_pass_back=0.0,
    gpu_price_decline=0.0,
    quality_growth=0.0,
    price_erosion=0.0,
)


# A user brings 1 a month, costs 0.5 of service and 12 of compute; an account pays 20, of which
# 2 are service, and costs 5 of compute.
USER = NO_TREND | dict(revenue=1, service_cost=0.5, compute_cost=12, discount_rate=0)


ACCOUNT = NO_TREND | dict(revenue=20, service_cost=2, compute_cost=5, discount_rate=0)


def numbers(inputs):
    return {name: np.float64(value) for name, value in inputs.items()}


def user(**changes):
    """A subscription customer; metrics are given in place of the inputs that make them."""
    return Case("subscription", numbers(USER | dict(headroom=0.5 / 12) | changes))


def account(**changes):
    return Case("workflow", numbers(ACCOUNT | dict(headroom=18 / 5) | changes))


def test_parts_of_the_cost():
    """By hand: 0.6 x 0.9 x 1.3 = 0.702; if suppliers take half of the gain back, the square root of
    0.6 stays."""
    rates = dict(efficiency_gain=0.4, gpu_price_decline=0.1, quality_growth=0.3, price_erosion=0.2)
    factors = [
        (c.yearly_cost_factor, c.yearly_price_factor) for c in (user(**rates), account(**rates))
    ]
    assert factors == [approx((0.702, 1.0)), approx((0.702, 0.8))]
    assert user(supplier_pass_back=0.5, **rates).yearly_cost_factor == approx(
        math.sqrt(0.6) * 0.9 * 1.3
    )


def test_suppliers_can_take_the_whole_gain():
    parts = user(efficiency_gain=0.6, supplier_pass_back=1.0).cost_factors
    assert parts["software"] * parts["pass_back"] == approx(1.0, rel=1e-12)


@given(headroom=st.floats(0.01, 0.99), gain=st.floats(0.05, 0.9))
def test_break_even_year_in_closed_form(headroom, gain):
    """A cost that falls by the same share each year reaches the revenue after log(headroom) / log(1
    - gain) years."""
    year = math.log(headroom) / math.log(1 - gain)
    assert float(user(headroom=headroom, efficiency_gain=gain).break_even_year) == approx(
        year if year <= 10 else math.inf
    )


def years(case):
    """The years from which and until which contribution is positive."""
    return float(case.break_even_year), float(case.last_paying_year)


def test_limits_of_the_break_even_year():
    assert years(user(headroom=2)) == (0, math.inf), "already, and for good without growth"
    assert years(user(headroom=2, efficiency_gain=0.1)) == (0, math.inf), (
        "already, and ever more so"
    )
    assert years(user(headroom=0.99))[0] == math.inf and math.isnan(
        years(user(headroom=0.99))[1]
    ), "never without growth"
    assert years(user(headroom=-0.1, efficiency_gain=0.9))[0] == math.inf, (
        "not even free compute helps"
    )
    assert years(user(headroom=0, efficiency_gain=0.9))[0] == math.inf, "no revenue"
    assert years(user(headroom=1, efficiency_gain=0.1))[0] == 0, "at the edge and getting cheaper"
    assert years(user(headroom=1, quality_growth=0.1))[0] == math.inf, (
        "at the edge and getting dearer"
    )
    assert years(user(headroom=0.5, efficiency_gain=0.5, supplier_pass_back=1))[0] == math.inf, (
        "the gain is taken back"
    )
    assert years(user(headroom=0.5, quality_growth=1.0, efficiency_gain=0.5))[0] == math.inf, (
        "quality eats the gain"
    )
    assert years(user(headroom=0.5**9.99, efficiency_gain=0.5))[0] == approx(9.99)
    assert years(user(headroom=0.5**10.01, efficiency_gain=0.5))[0] == math.inf


def test_a_year_on_the_edge_is_within():
    """A cost that halves each year comes down to a 32nd in five years, the time that a rescue
    has."""
    assert years(user(headroom=1 / 32, efficiency_gain=0.5))[0] == 5
    assert [
        bool(user(headroom=1 / part, efficiency_gain=0.5).break_even_year <= RESCUE_YEARS)
        for part in (32, 33)
    ] == [True, False]


def test_what_pays_may_stop():
    """Prices halve, costs stay: four times the cost is down to it after two years; a subscription's
    price stays."""
    assert years(account(headroom=4, price_erosion=0.5)) == approx((0, 2))
    assert years(user(headroom=4, price_erosion=0.5)) == (0, math.inf)
    assert years(user(headroom=4, quality_growth=1))[1] == approx(2)


def test_contribution_is_zero_at_the_year_found(study):
    """Put back: compute x cost factor^t and the share captured x price factor^t, through the
    identities themselves."""
    for segment in study.segments:
        case = study.drawn(segment)
        start, end = case.break_even_year, case.last_paying_year
        cost, price = case.yearly_cost_factor, case.yearly_price_factor
        assert ((start == 0) == (case.headroom > 1)).all()
        for year in (start, end):
            found = np.isfinite(year) & (year > 0)
            t = np.where(found, year, 0.0)
            later = (
                {"value_capture": case.value_capture * price**t}
                if case.business_model == "workflow"
                else {}
            )
            then = case.replace(compute_intensity=case.compute_intensity * cost**t, **later)
            assert np.abs(then.contribution / then.compute_cost)[found] == approx(0, abs=1e-9)


def test_subsidy_worked_by_hand():
    """Compute of 12, 6, 3, 1.5 and 0.75 against 0.5 earned, then 0.375: 23.25 - 2.5. Without a
    trend ten years of 11.5."""
    assert float(user(efficiency_gain=1 - 0.5**12).subsidy) == approx(20.75)
    assert float(user().subsidy) == approx(120 * 11.5)
    assert float(user(revenue=20, headroom=19.5 / 12).subsidy) == 0
    assert float(account(headroom=4, price_erosion=0.5).subsidy) == 0, (
        "what is lost after it stops paying is no subsidy until break-even"
    )


def test_subsidy_ends_with_the_break_even():
    """Compute of 32 that halves each year comes down to the 1 that is earned after 60 months: a
    geometric sum less 60."""
    case = user(revenue=1.5, compute_cost=32, headroom=1 / 32, efficiency_gain=0.5)
    assert float(case.subsidy) == approx(32 * (1 - 0.5**5) / (1 - 0.5 ** (1 / 12)) - 60)


def test_subsidy_is_a_geometric_sum():
    v = 1.2 ** (-1 / 12)
    assert float(user(discount_rate=0.2).subsidy) == approx(11.5 * (1 - v**120) / (1 - v))


@pytest.mark.parametrize("name", [n for n in scenario_names() if n != "base"])
def test_scenario_has_its_reason(name, tables):
    """Every file resolves, differs from the tables, says why, and cites evidence that there is."""
    scenario = read_scenario(name)
    cited = re.findall(r"\b[A-Z]{1,3}\d{2,3}\b", scenario.reason)
    assert cited and set(cited) <= set(tables.evidence["id"])
    assert scenario.title and not scenario.title.endswith(".") and scenario.reason.endswith(".")
    base, changed = resolve(tables), resolve(tables, name)
    assert set(changed.changed) == set(scenario.overrides)
    for quantity in changed.changed:
        before, after = base.quantities[quantity], changed.quantities[quantity]
        assert (before.low, before.value, before.high) != (after.low, after.value, after.high)


@pytest.mark.parametrize(
    "name, better", [("distilled", True), ("gpu_glut", True), ("gpu_squeeze", False)]
)
def test_scenario_moves_every_segment_its_way(name, better):
    """Cheaper compute can only help, dearer only hurt; whom a scenario names, or else everybody."""
    base, other = open_chapter(draws=100), open_chapter(name, draws=100)
    named = {
        quantity.partition(".")[0] for quantity in other.assumptions.changed if "." in quantity
    }
    for segment in named or base.segments:
        assert (other.point(segment).contribution > base.point(segment).contribution) == better


def test_commodity_and_textbook_are_the_ends_of_the_tables(assumptions):
    for name, end in (
        ("commoditised_tools", "low"),
        ("textbook_capture", "high"),
        ("free_ad_platform", "low"),
    ):
        for quantity, texts in read_scenario(name).overrides.items():
            low, value, high = map(float, texts)
            if quantity.endswith(".value_capture"):
                table = getattr(assumptions.quantities[quantity], end)
                assert (high if name == "free_ad_platform" else value) == approx(table, rel=0.1), (
                    quantity
                )
