"""What differs where people subscribe or watch: use by days and clips, revenue by plan."""

from __future__ import annotations

import numpy as np

from analysis.model.registry import SHARED, formula


@formula("subscription")
def generated_seconds(active_days, clips_per_day, seconds_per_clip):
    return active_days * clips_per_day * seconds_per_clip


@formula("subscription")
def revenue(paid_conversion, subscription_price, store_fee, other_revenue):
    return paid_conversion * subscription_price * (1 - store_fee) + other_revenue


@formula("subscription")
def cost_per_clip(cost_per_generated_second, seconds_per_clip):
    return cost_per_generated_second * seconds_per_clip


@formula("subscription")
def store_fees(paid_conversion, subscription_price, store_fee):
    return paid_conversion * subscription_price * store_fee


@formula(SHARED, "subscription")
def has_market():
    """Whether the customer buys at all; a subscription always has its users."""
    return np.bool_(True)


@formula("subscription")
def yearly_price_factor():
    """Yearly factor of what a customer pays; the price of a subscription stays."""
    return 1.0
