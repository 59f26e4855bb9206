"""From one customer to many: load, utilisation and burn of a fleet, and the break-even of an input.

N monthly customers keep so many GPUs busy, a fleet of that size has its utilisation, and at that
utilisation N customers earn or burn money each day.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from analysis.model.registry import Case, formula


@formula()
def monthly_customers(daily_users, active_days, days_per_month):
    """Monthly active users behind those of a day, a count."""
    return daily_users * days_per_month / active_days


@formula()
def offered_load(
    monthly_customers,
    generated_seconds,
    served_intensity,
    tier_factor,
    seconds_per_hour,
    hours_per_month,
):
    """GPUs that N customers keep busy at all times."""
    seconds_per_month = seconds_per_hour * hours_per_month
    busy = generated_seconds * served_intensity * tier_factor / seconds_per_month
    return monthly_customers * busy


@formula()
def fleet_utilisation(offered_load, utilisation, staffing_factor):
    """Utilisation of a fleet staffed by the square-root rule, a fraction.

    Parameters: offered_load in GPUs, utilisation in the limit of a large fleet, staffing_factor in
    spare GPUs for each square root of the load. Source: Halfin and Whitt (1981).

    >>> round(float(fleet_utilisation(100.0, 0.55, 1.0)), 6)
    0.5
    """
    return utilisation * np.sqrt(offered_load) / (np.sqrt(offered_load) + staffing_factor)


@formula()
def daily_burn(
    monthly_customers,
    revenue,
    service_cost,
    compute_cost,
    utilisation,
    fleet_utilisation,
    days_per_month,
):
    """What N customers lose in a day, USD/day; negative where they leave money."""
    compute_at_load = compute_cost * utilisation / fleet_utilisation
    return monthly_customers * (compute_at_load + service_cost - revenue) / days_per_month


def break_even(
    case: Case, parameter: str, minimum: float, maximum: float, metric: str = "contribution"
) -> float:
    """The value of one input at which a metric is zero, others held; nan where there is none.

    Parameters: a case of scalars, the name of an input, the bounds of the search in its unit, and a
    metric that is monotonic in every input, so that there is one root at most.

    >>> case = Case("subscription", dict(revenue=9.0, compute_cost=6.0))
    >>> break_even(case, "service_cost", 0.0, 10.0)
    3.0
    """

    def metric_at(value: float) -> float:
        return float(getattr(case.replace(**{parameter: np.float64(value)}), metric))

    if not metric_at(minimum) * metric_at(maximum) < 0:
        return float("nan")
    precision = 4 * np.finfo(float).eps
    return brentq(metric_at, minimum, maximum, xtol=1e-300, rtol=precision, maxiter=500)
