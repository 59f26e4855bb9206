"""From one customer to many: load, utilisation and burn of a fleet, and the break-even of an input.

N monthly customers keep so many GPUs busy, a fleet of that size has its utilisation, and at that
utilisation N customers earn or burn money each day.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from analysis.model import metrics
from analysis.model.registry import Case, formula


@formula()
def monthly_customers(daily_users, active_days, days_per_month):
    """Monthly active users behind those of a day, a count."""
    return daily_users * days_per_month / active_days


@formula()
def offered_load(
    monthly_customers,
    generated_seconds,
    compute_intensity,
    compute_factor,
    seconds_per_hour,
    hours_per_month,
):
    """GPUs that N customers keep busy at all times."""
    seconds_per_month = seconds_per_hour * hours_per_month
    busy = generated_seconds * compute_intensity * compute_factor / seconds_per_month
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
def fleet_compute_cost(
    generated_seconds,
    compute_intensity,
    compute_factor,
    gpu_price,
    serving_overhead,
    fleet_utilisation,
    seconds_per_hour,
):
    """Compute cost of a customer, USD/customer-month, at the utilisation that N customers bring."""
    second = metrics.cost_per_generated_second(
        compute_intensity,
        compute_factor,
        gpu_price,
        serving_overhead,
        fleet_utilisation,
        seconds_per_hour,
    )
    return metrics.compute_cost(generated_seconds, second)


@formula()
def daily_burn(monthly_customers, revenue, fleet_compute_cost, service_cost, days_per_month):
    """What N customers lose in a day, USD/day; negative where they leave money."""
    contribution = metrics.contribution(revenue, fleet_compute_cost, service_cost)
    return -monthly_customers * contribution / days_per_month


@formula()
def subsidy_of_all(subsidy, monthly_customers):
    """What all customers of a month lose until break-even, USD."""
    return subsidy * monthly_customers


def break_even(case: Case, parameter: str, minimum: float, maximum: float) -> float:
    """The value of one input at which contribution is zero, others held; nan where there is none.

    Parameters: a case of scalars, the name of an input, and the bounds of the search in its unit.
    Contribution is monotonic in every input, so there is one root at most.

    >>> case = Case("subscription", dict(revenue=9.0, compute_cost=6.0))
    >>> break_even(case, "service_cost", 0.0, 10.0)
    3.0
    """

    def contribution_at(value: float) -> float:
        return float(case.replace(**{parameter: np.float64(value)}).contribution)

    if not contribution_at(minimum) * contribution_at(maximum) < 0:
        return float("nan")
    precision = 4 * np.finfo(float).eps
    return brentq(contribution_at, minimum, maximum, xtol=1e-300, rtol=precision, maxiter=500)
