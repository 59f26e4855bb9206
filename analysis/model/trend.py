"""The path: unit cost over time, the year a segment breaks even, and the subsidy until then.

Judgement calls: rates hold for ten years; better quality costs compute and earns nothing; price
erosion lowers what professionals pay; a subscription's price stays.
"""

from __future__ import annotations

from math import prod

import numpy as np

from analysis.model.registry import formula

YEARS, MONTHS, RESCUE_YEARS = 10, 120, 5


@formula()
def cost_factors(efficiency_gain, supplier_pass_back, gpu_price_decline, quality_growth) -> dict:
    """Yearly factors of unit cost by cause; suppliers take back a part of the software gain.

    >>> cost_factors(0.5, 1.0, 0.25, 1.0)
    {'software': 0.5, 'pass_back': 2.0, 'hardware': 0.75, 'quality': 2.0}
    """
    software = 1 - efficiency_gain
    return {
        "software": software,
        "pass_back": software**-supplier_pass_back,
        "hardware": 1 - gpu_price_decline,
        "quality": 1 + quality_growth,
    }


@formula()
def yearly_cost_factor(cost_factors):
    """Yearly factor of unit cost."""
    return prod(cost_factors.values())


@formula()
def unit_cost(cost_per_generated_second, yearly_cost_factor) -> dict:
    """Cost of a generated second by year from now, USD/video-s."""
    years = range(YEARS + 1)
    return {f"{year}": cost_per_generated_second * yearly_cost_factor**year for year in years}


def _years_to_break_even(headroom, yearly_cost_factor, yearly_price_factor):
    """The years t with headroom x (price factor / cost factor)^t = 1; inf beyond ten."""
    year = -np.log(headroom) / np.log(yearly_price_factor / yearly_cost_factor)
    return np.where(year <= YEARS, year, np.inf)


@formula()
def break_even_year(headroom, yearly_cost_factor, yearly_price_factor):
    """The year from which contribution is positive: 0 already, inf not within ten years.

    >>> float(break_even_year(headroom=0.25, yearly_cost_factor=0.5, yearly_price_factor=1.0))
    2.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        year = _years_to_break_even(headroom, yearly_cost_factor, yearly_price_factor)
    start = np.where(yearly_price_factor > yearly_cost_factor, year, np.inf)
    return np.where(headroom > 1, 0.0, start)


@formula()
def last_paying_year(headroom, yearly_cost_factor, yearly_price_factor):
    """The year until which what pays today does: inf for ten years or more; nan if it does not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        year = _years_to_break_even(headroom, yearly_cost_factor, yearly_price_factor)
    end = np.where(yearly_price_factor < yearly_cost_factor, year, np.inf)
    return np.where(headroom > 1, end, np.nan)


@formula()
def subsidy(
    revenue,
    service_cost,
    compute_cost,
    discount_rate,
    yearly_cost_factor,
    yearly_price_factor,
    break_even_year,
):
    """What one customer, kept or replaced, loses until break-even, discounted: USD/customer.

    Where break-even is never within ten years, what is lost in those ten years: a floor.
    """
    cost_step = (yearly_cost_factor / (1 + discount_rate)) ** (1 / 12)
    price_step = (yearly_price_factor / (1 + discount_rate)) ** (1 / 12)
    total, cost, earned = 0.0, compute_cost, revenue - service_cost
    for month in range(MONTHS):
        total = total + np.where(month < 12 * break_even_year, cost - earned, 0.0)
        cost, earned = cost * cost_step, earned * price_step
    return total
