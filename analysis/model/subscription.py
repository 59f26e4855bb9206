"""What differs where people subscribe or watch: use by days and clips, revenue by plan."""

from __future__ import annotations

from analysis.model.registry import formula


@formula("subscription")
def generated_seconds(active_days, clips_per_day, seconds_per_clip):
    return active_days * clips_per_day * seconds_per_clip


@formula("subscription")
def revenue(paid_conversion, subscription_price, store_fee, other_revenue):
    return paid_conversion * subscription_price * (1 - store_fee) + other_revenue


@formula("subscription")
def yearly_price_factor():
    return 1.0
