"""Suppliers: where a dollar of compute goes, how concentrated its takers are, own against rent.

Judgement calls: the cloud's margin is taken on the whole compute dollar. Named firms are taken to
be the largest of their layer, so an index from some of the shares lies between two bounds.
"""

from __future__ import annotations

import numpy as np
from scipy.special import exprel

from analysis.errors import InputError
from analysis.model.metrics import ratio
from analysis.model.registry import formula

# Points above which the US merger guidelines of 2023 speak of concentration: guidelines 7 and 1.
LEVELS = ((1800, "highly concentrated"), (1000, "moderately concentrated"))
MONOPOLY = 10_000


@formula()
def compute_dollar(
    cloud_gross_margin, accelerator_share, accelerator_gross_margin, serving_overhead
) -> dict:
    """Shares of a dollar of compute: gross profit of cloud and accelerator vendor, and the rest.

    >>> compute_dollar(0.5, 0.5, 0.5, 0.0)
    {'cloud': 0.5, 'accelerator': 0.125, 'rest': 0.375}
    """
    hardware = (1 - cloud_gross_margin) * accelerator_share
    accelerator = hardware * accelerator_gross_margin / (1 + serving_overhead)
    rest = 1 - cloud_gross_margin - accelerator
    return {"cloud": cloud_gross_margin, "accelerator": accelerator, "rest": rest}


@formula()
def supplier_gross_profit(compute_cost, compute_dollar):
    """Gross profit of cloud and accelerator vendor on a customer, USD/customer-month."""
    return compute_cost * (1 - compute_dollar["rest"])


@formula()
def revenue_dollar(
    revenue, compute_cost, service_cost, contribution_margin, compute_dollar
) -> dict:
    """Shares of a dollar of net revenue: service, the three of compute, and what is left."""
    compute = ratio(compute_cost, revenue)
    parts = {part: share * compute for part, share in compute_dollar.items()}
    return {"service": ratio(service_cost, revenue), **parts, "left": contribution_margin}


@formula()
def price_elasticity(compute_cost, contribution):
    """Per cent by which contribution moves with one of GPU price; above 0 a loss deepens."""
    return ratio(-compute_cost, contribution)


@formula()
def pass_back_to_undo(headroom, efficiency_gain, years: float = 1):
    """Share of the software gain of some years that, taken back, brings contribution to zero.

    nan where no share does: without any gain the segment pays, or even with all of it it does not.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 - np.log(headroom) / (years * np.log1p(-efficiency_gain))
        return np.where((share >= 0) & (share <= 1), share, np.nan)


def capital_recovery(rate, years):
    """Yearly payment for one dollar over some years; written so that a rate of 0 is its limit.

    >>> round(float(capital_recovery(0.10, 5.0)), 6)
    0.263797
    """
    growth = np.log1p(rate)
    return exprel(growth) / (years * exprel(-years * growth))


@formula()
def owned_gpu_hour_parts(
    gpu_purchase_price,
    server_factor,
    discount_rate,
    gpu_life,
    power_per_gpu,
    power_usage_effectiveness,
    electricity_price,
    hosting_cost,
    months_per_year,
    hours_per_month,
) -> dict:
    """What an hour of an owned GPU costs, used or not: USD/GPU-h of purchase, power and hosting."""
    yearly = gpu_purchase_price * server_factor * capital_recovery(discount_rate, gpu_life)
    return {
        "purchase": yearly / (months_per_year * hours_per_month),
        "power": power_per_gpu * power_usage_effectiveness * electricity_price,
        "hosting": hosting_cost / hours_per_month,
    }


@formula()
def owned_gpu_hour(owned_gpu_hour_parts):
    """Levelised cost of an available hour of an owned GPU, USD/GPU-h."""
    return sum(owned_gpu_hour_parts.values())


@formula()
def gpu_hour_in_use(gpu_price, utilisation):
    """What an hour in which the fleet generates costs, USD/GPU-h."""
    return gpu_price / utilisation


@formula()
def owning_saves(gpu_price, owned_gpu_hour):
    """What an owned GPU saves for each available hour against a contract, USD/GPU-h."""
    return gpu_price - owned_gpu_hour


@formula()
def owning_wins_at(owned_gpu_hour, gpu_hour_on_demand):
    """Share of hours needed from which owning beats renting those alone; never, above 1."""
    return owned_gpu_hour / gpu_hour_on_demand


def herfindahl(shares) -> tuple[float, float]:
    """Herfindahl-Hirschman index, in points, least and most, from the shares of the largest firms.

    Least: everybody else is small. Most: the others are as large as the smallest one named.
    Raises: InputError for what is no fraction, or adds up to more than 1.

    >>> herfindahl([0.5, 0.5])
    (5000.0, 5000.0)
    """
    shares = np.asarray(shares, float)
    if not (shares > 0).all() or shares.sum() > 1.005:  # published shares are rounded
        raise InputError("market shares are fractions above 0 that add up to 1 at most")
    least, rest = float(shares @ shares), max(0.0, 1 - float(shares.sum()))
    return MONOPOLY * least, MONOPOLY * (least + rest * min(rest, float(shares.min())))
