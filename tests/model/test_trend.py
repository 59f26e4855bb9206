"""The path. Oracles: closed forms, limit cases, and the scenarios' own sources."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from analysis.inputs.assumptions import resolve
from analysis.inputs.rules import SOURCES
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


def case(model, headroom=1.0, **changes):
    """A customer with this headroom, in place of the inputs that make it."""
    inputs = NO_TREND | dict(headroom=headroom) | changes
    return Case(model, {name: np.float64(value) for name, value in inputs.items()})


def year(headroom, model="subscription", **changes):
    """The year from which contribution is positive."""
    return float(case(model, headroom, **changes).break_even_year)


def test_factors_worked_by_hand():
    """0.6 x 0.9 x 1.3 = 0.702; if suppliers take half of the gain back, the square root of 0.6
    stays; if all of it, only the others do."""
    rates = dict(efficiency_gain=0.4, gpu_price_decline=0.1, quality_growth=0.3, price_erosion=0.2)
    app, account = (case(model, **rates) for model in ("subscription", "account"))
    assert (app.yearly_cost_factor, app.yearly_price_factor) == approx((0.702, 1.0))
    assert (account.yearly_cost_factor, account.yearly_price_factor) == approx((0.702, 0.8))
    assert app.same_model_cost_factor == approx(0.54)
    half, whole = (app.replace(supplier_pass_back=share) for share in (0.5, 1.0))
    assert half.yearly_cost_factor == approx(math.sqrt(0.6) * 0.9 * 1.3)
    assert whole.yearly_cost_factor == approx(0.9 * 1.3)


@given(headroom=st.floats(0.01, 0.99), gain=st.floats(0.05, 0.9))
def test_break_even_year_in_closed_form(headroom, gain):
    """A cost that falls by the same share each year reaches the revenue after log(headroom) / log(1
    - gain) years."""
    expected = math.log(headroom) / math.log(1 - gain)
    found = year(headroom, efficiency_gain=gain)
    assert found == approx(expected if expected <= 10 else math.inf)


@pytest.mark.parametrize(
    "why, found, expected",
    [
        ("already", year(2), 0),
        ("already, and dearer by the year", year(2, quality_growth=1), 0),
        ("never without a trend", year(0.99), math.inf),
        ("not even free compute helps", year(-0.1, efficiency_gain=0.9), math.inf),
        ("no revenue", year(0, efficiency_gain=0.9), math.inf),
        ("at the edge and getting cheaper", year(1, efficiency_gain=0.1), 0),
        ("at the edge and getting dearer", year(1, quality_growth=0.1), math.inf),
        ("taken back", year(0.5, efficiency_gain=0.5, supplier_pass_back=1), math.inf),
        ("quality eats the gain", year(0.5, efficiency_gain=0.5, quality_growth=1), math.inf),
        (
            "prices fall as fast",
            year(0.5, "metered", efficiency_gain=0.5, price_erosion=0.5),
            np.inf,
        ),
        ("just within ten years", year(0.5**9.99, efficiency_gain=0.5), approx(9.99)),
        ("just beyond", year(0.5**10.01, efficiency_gain=0.5), math.inf),
    ],
)
def test_limits_of_the_break_even_year(why, found, expected):
    assert found == expected, why


def test_a_year_on_the_edge_is_within():
    """A cost that halves each year comes down to a 32nd in five years, the time that a rescue
    has."""
    found = [year(1 / part, efficiency_gain=0.5) for part in (32, 33)]
    assert found[0] == 5 == RESCUE_YEARS < found[1]


def test_contribution_is_zero_at_the_year_found(study):
    """Put back: compute x cost factor^t and prices x price factor^t, through the identities
    themselves."""
    for segment in study.segments:
        now = study.drawn(segment)
        found = np.isfinite(now.break_even_year) & (now.break_even_year > 0)
        t = np.where(found, now.break_even_year, 0.0)
        later = {"revenue": now.revenue * now.yearly_price_factor**t}
        later |= {"served_intensity": now.served_intensity * now.yearly_cost_factor**t}
        then = now.replace(**later)
        assert ((now.break_even_year == 0) == (now.headroom > 1)).all()
        assert np.abs(then.contribution / then.compute_cost)[found] == approx(0, abs=1e-9)


@pytest.mark.parametrize("name", [n for n in scenario_names() if n != "base"])
def test_scenario_has_its_reason(name, tables):
    """Every file resolves, differs from the tables, says why, and cites evidence that there is."""
    scenario = read_scenario(name)
    cited = set(re.findall(r"\b[A-Z]{1,3}\d{2,3}\b", scenario.reason)) - {"H100"}
    known = set().union(*(getattr(tables, name)["id"] for name in SOURCES))
    assert cited and cited <= known
    assert scenario.title and not scenario.title.endswith(".") and scenario.reason.endswith(".")
    base, changed = resolve(tables), resolve(tables, name)
    assert set(changed.changed) == set(scenario.overrides)
    for quantity in changed.changed:
        before, after = base.quantities[quantity], changed.quantities[quantity]
        assert (before.low, before.value, before.high) != (after.low, after.value, after.high)


@pytest.mark.parametrize(
    "name, better", [("few_step", True), ("gpu_glut", True), ("gpu_squeeze", False)]
)
def test_scenario_moves_every_segment_its_way(name, better):
    """Cheaper compute can only help, dearer only hurt; whom a scenario names, or else everybody."""
    base, other = open_chapter(draws=100), open_chapter(name, draws=100)
    named = {
        quantity.partition(".")[0] for quantity in other.assumptions.changed if "." in quantity
    }
    for segment in named or base.segments:
        assert (other.point(segment).contribution > base.point(segment).contribution) == better
