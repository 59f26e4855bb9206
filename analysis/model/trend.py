"""The path: costs and prices over time, and what a customer is worth while both move.

Judgement calls: rates hold for ten years; better quality costs compute and earns nothing; price
erosion lowers what professionals pay; a subscription's price stays.
"""

from __future__ import annotations

import numpy as np

from analysis.model.metrics import geometric_sum
from analysis.model.registry import EVERYWHERE, formula, metric, metric_by_business_model

YEARS = 10
RESCUE_YEARS = 5


metric_by_business_model("yearly_price_factor", "ratio", "yearly factor of what a customer pays")


@metric("ratio", "yearly factor of the cost of a second of today's quality", *EVERYWHERE)
def same_model_cost_factor(efficiency_gain, supplier_pass_back, gpu_price_decline, one_year):
    software = (1 - efficiency_gain * one_year) ** (1 - supplier_pass_back)
    return software * (1 - gpu_price_decline * one_year)


@metric("ratio", "yearly factor of the cost of a second", *EVERYWHERE)
def yearly_cost_factor(same_model_cost_factor, quality_growth, one_year):
    return same_model_cost_factor * (1 + quality_growth * one_year)


@metric("month", "months of today's revenue while prices move, discounted")
def months_earned_on_trend(
    kept_each_month, yearly_price_factor, horizon, one_month, one_year, months_per_year
):
    moved = yearly_price_factor ** (one_month / one_year / months_per_year)
    return one_month * geometric_sum(kept_each_month * moved, horizon / one_month)


@metric("month", "months of today's compute cost while it moves, discounted")
def months_of_compute_on_trend(
    kept_each_month, yearly_cost_factor, horizon, one_month, one_year, months_per_year
):
    moved = yearly_cost_factor ** (one_month / one_year / months_per_year)
    return one_month * geometric_sum(kept_each_month * moved, horizon / one_month)


@metric("USD/customer", "net value on trend")
def net_value_on_trend(
    revenue,
    service_cost,
    months_earned_on_trend,
    compute_cost,
    months_of_compute_on_trend,
    acquisition_cost,
):
    earned = (revenue - service_cost) * months_earned_on_trend
    return earned - compute_cost * months_of_compute_on_trend - acquisition_cost


@formula()
def unit_cost(cost_per_generated_second, yearly_cost_factor) -> dict:
    """Cost of a generated second by year from now, USD/video-s."""
    years = range(YEARS + 1)
    return {f"{year}": cost_per_generated_second * yearly_cost_factor**year for year in years}


@formula()
def break_even_year(headroom, yearly_cost_factor, yearly_price_factor):
    """The year from which contribution is positive: 0 already, inf not within ten years.

    >>> float(break_even_year(headroom=0.25, yearly_cost_factor=0.5, yearly_price_factor=1.0))
    2.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        year = -np.log(headroom) / np.log(yearly_price_factor / yearly_cost_factor)
    reached = (yearly_price_factor > yearly_cost_factor) & (year <= YEARS)
    return np.where(headroom > 1, 0.0, np.where(reached, year, np.inf))
