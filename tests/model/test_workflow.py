"""Where a customer's workflow is served. Oracles: sums by hand, limits."""

import pytest
from pytest import approx
from sheets import worked


def test_an_account_pays_its_price_and_a_meter_its_seconds():
    """2,400 seconds at 0.08 are 192, whatever an account pays; 1,200 at 0.15 are 180."""
    assert worked("account", account_price=500).revenue == 500
    assert worked("account", account_price=500).metered_price == approx(192)
    assert worked("metered", retakes=40).revenue == approx(360)
    assert worked("metered", second_price=0.3).service_cost == approx(36)


def test_what_the_work_is_worth_makes_no_price():
    dear = worked("metered", incumbent_cost=1500)
    assert dear.revenue == 180 and dear.value_created == approx(60 * (1200 - 4))


@pytest.mark.parametrize(
    "labour_hours, saving, value",
    [(0, 12, 1440), (3, 8, 960), (9, 0, 240), (90, 0, 240), (7.5, 2, 240), (6.75, 3, 360)],
)
def test_who_pays_values_it_at_the_price_at_least(labour_hours, saving, value):
    """12 USD a finished second are replaced; an hour a minute costs 80 / 60; the bill is 240."""
    case = worked("account", labour_hours=labour_hours)
    assert case.saving_per_finished_second == approx(saving)
    assert case.value_created == approx(value)
    assert case.captured_share == approx(240 / value)


def test_prices_fall_by_the_year():
    assert worked("account", price_erosion=0.2).yearly_price_factor == approx(0.8)
