"""Suppliers: where a dollar of compute goes, how concentrated its takers are, own against rent.

Judgement calls: the cloud's margin is taken on the whole compute dollar. Named firms are taken to
be the largest of their layer, so an index from some of the shares lies between two bounds.
"""

from __future__ import annotations

import numpy as np
from scipy.special import exprel

from analysis.errors import InputError
from analysis.model.registry import EVERYWHERE, formula, metric

# Points above which the US merger guidelines of 2023 speak of concentration: guidelines 7 and 1.
LEVELS = ((1800, "highly concentrated"), (1000, "moderately concentrated"))
MONOPOLY = 10_000


@metric("fraction", "suppliers' gross profit on a dollar of compute", *EVERYWHERE)
def supplier_share(
    cloud_gross_margin, accelerator_share, accelerator_gross_margin, serving_overhead
):
    hardware = (1 - cloud_gross_margin) * accelerator_share
    return cloud_gross_margin + hardware * accelerator_gross_margin / (1 + serving_overhead)


@metric("USD/customer-month", "suppliers' gross profit on a customer")
def supplier_gross_profit(compute_cost, supplier_share):
    return compute_cost * supplier_share


@formula()
def compute_dollar(cloud_gross_margin, supplier_share) -> dict:
    """Shares of a dollar of compute: gross profit of cloud and accelerator vendor, and the rest."""
    accelerator = supplier_share - cloud_gross_margin
    return {"cloud": cloud_gross_margin, "accelerator": accelerator, "rest": 1 - supplier_share}


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
    least = float(shares @ shares)
    rest = max(0.0, 1 - float(shares.sum()))
    return MONOPOLY * least, MONOPOLY * (least + rest * min(rest, float(shares.min())))
