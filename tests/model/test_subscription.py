"""Where people subscribe or watch. Oracles: sums by hand, limits."""

from pytest import approx
from sheets import worked


def test_revenue_by_hand():
    """A twentieth pays 20 of which the shop keeps a quarter, and packs bring 0.15: 0.75 + 0.15."""
    assert worked("consumer", paid_conversion=0.05).revenue == approx(0.9)


def test_packs_alone():
    for nothing in (dict(paid_conversion=0), dict(store_fee=1), dict(subscription_price=0)):
        assert worked("prosumer", **nothing).revenue == 1


def test_who_is_away_makes_nothing():
    assert worked("consumer", active_days=0).generated_seconds == 0
    assert worked("consumer", clips_per_day=8).generated_seconds == 400


def test_the_price_stays():
    assert worked("consumer", price_erosion=0.5).yearly_price_factor == 1
