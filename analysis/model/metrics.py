"""The identities: what a generated second costs, what a customer earns, and where the two meet.

In: the inputs of one segment, as attributes. Out: one metric an identity. An identity is plain
arithmetic on attributes, with no branch on a value, so the same function runs on NumPy scalars (the
point estimate), on arrays (draws), on pint quantities (a test of dimension and magnitude) and on
SymPy symbols (printed as JavaScript). What a `Case` is asked for by name it has been given, is a
conversion of units, or is an identity; so a formula reads as it is written in a book.

Per customer and month. A customer is a monthly active user (consumer), a paying subscriber
(prosumer) or an account (workflow).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

CONVERSIONS = {
    "seconds_per_hour": (3600.0, "s/h"),
    "finished_seconds_per_minute": (60.0, "finished-s/finished-min"),
    "months_per_year": (12.0, "month/year"),
    "days_per_month": (365.25 / 12, "day/month"),
    "hours_per_month": (365.25 / 12 * 24, "h/month"),
}


@dataclass(frozen=True)
class Identity:
    """A metric: its unit, what it means in words, and its formula for each business model."""

    name: str
    unit: str
    meaning: str
    formulas: dict[str, Callable]


IDENTITIES: dict[str, Identity] = {}


def identity(unit: str, meaning: str, *models: str):
    """Register a function as the formula of the metric that bears its name (less the model's prefix)."""

    def register(function: Callable) -> Callable:
        name = function.__name__.removeprefix("subscription_").removeprefix("workflow_")
        known = IDENTITIES.setdefault(name, Identity(name, unit, meaning, {}))
        known.formulas.update(dict.fromkeys(models or ("subscription", "workflow"), function))
        return function

    return register


class Case:
    """One segment with one set of inputs; every identity is evaluated once, when it is first read.

    >>> case = Case("subscription", {"active_days": 4.0, "clips_per_day": 2.0, "seconds_per_clip": 10.0})
    >>> float(case.generated_seconds)
    80.0
    """

    def __init__(self, business_model: str, inputs: Mapping[str, object]):
        self.__dict__.update(business_model=business_model, _inputs=inputs)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._inputs:
            value = self._inputs[name]
        elif name in CONVERSIONS:
            value = CONVERSIONS[name][0]
        elif name in IDENTITIES and self.business_model in IDENTITIES[name].formulas:
            value = IDENTITIES[name].formulas[self.business_model](self)
        else:
            raise AttributeError(
                f"{name!r} is neither an input nor an identity of a {self.business_model} segment"
            )
        self.__dict__[name] = value
        return value

    def __setattr__(self, name, value):
        raise AttributeError("a case does not change; replace() makes another")

    def replace(self, **changes) -> Case:
        """The same case with other inputs."""
        return Case(self.business_model, ChainMap(changes, self._inputs))


def positive_part(x):
    """x where it is above zero, else 0: (x + |x|) / 2, which arrays, quantities and symbols understand.

    >>> positive_part(-3.0), positive_part(3.0)
    (0.0, 3.0)
    """
    return 0.5 * (x + abs(x))


def ratio(numerator, denominator):
    """numerator / denominator where the denominator can be zero, and then nan, not infinity.

    >>> float(ratio(np.float64(1), np.float64(4)))
    0.25
    """
    with np.errstate(invalid="ignore"):
        return numerator * denominator / denominator**2


@identity("USD/video-s", "cost of a generated second")
def cost_per_generated_second(a):
    """compute_intensity x compute_factor x gpu_price / 3600 x (1 + serving_overhead) / utilisation

    >>> a = Case("workflow", dict(compute_intensity=90.0, compute_factor=1.0, gpu_price=2.0, serving_overhead=0.2, utilisation=0.5))
    >>> round(a.cost_per_generated_second, 6)
    0.12
    """
    return (
        a.compute_intensity
        * a.compute_factor
        * a.gpu_price
        / a.seconds_per_hour
        * (1 + a.serving_overhead)
        / a.utilisation
    )


@identity("video-s/customer-month", "generated seconds", "subscription")
def subscription_generated_seconds(a):
    """active_days x clips_per_day x seconds_per_clip"""
    return a.active_days * a.clips_per_day * a.seconds_per_clip


@identity("video-s/customer-month", "generated seconds", "workflow")
def workflow_generated_seconds(a):
    """finished_seconds x retakes"""
    return a.finished_seconds * a.retakes


@identity("USD/finished-s", "saving per finished second", "workflow")
def saving_per_finished_second(a):
    """positive_part(displaced_share x incumbent_cost - labour_hours x wage / 60)"""
    return positive_part(
        a.displaced_share * a.incumbent_cost
        - a.labour_hours * a.wage / a.finished_seconds_per_minute
    )


@identity("USD/customer-month", "revenue", "subscription")
def subscription_revenue(a):
    """paid_conversion x subscription_price x (1 - store_fee) + other_revenue"""
    return a.paid_conversion * a.subscription_price * (1 - a.store_fee) + a.other_revenue


@identity("USD/customer-month", "revenue", "workflow")
def workflow_revenue(a):
    """finished_seconds x value_capture x saving_per_finished_second"""
    return a.finished_seconds * a.value_capture * a.saving_per_finished_second


@identity("USD/customer-month", "service cost", "workflow")
def workflow_service_cost(a):
    """service_share x revenue"""
    return a.service_share * a.revenue


@identity("USD/customer", "customer acquisition cost", "workflow")
def workflow_acquisition_cost(a):
    """acquisition_ratio x 12 x revenue"""
    return a.acquisition_ratio * a.months_per_year * a.revenue


@identity("USD/customer-month", "compute cost")
def compute_cost(a):
    """generated_seconds x cost_per_generated_second"""
    return a.generated_seconds * a.cost_per_generated_second


@identity("GPU-h/customer-month", "GPU-hours paid for")
def gpu_hours(a):
    """generated_seconds x compute_intensity x compute_factor / 3600 / utilisation"""
    return (
        a.generated_seconds
        * a.compute_intensity
        * a.compute_factor
        / a.seconds_per_hour
        / a.utilisation
    )


@identity("USD/customer-month", "contribution")
def contribution(a):
    """revenue - compute_cost - service_cost"""
    return a.revenue - a.compute_cost - a.service_cost


@identity("ratio", "contribution margin")
def contribution_margin(a):
    """contribution / revenue; undefined without revenue"""
    return ratio(a.contribution, a.revenue)


@identity("USD/video-s", "earned per generated second")
def revenue_per_generated_second(a):
    """revenue / generated_seconds"""
    return a.revenue / a.generated_seconds


@identity("USD/video-s", "spent per generated second")
def full_cost_per_generated_second(a):
    """cost_per_generated_second + service_cost / generated_seconds"""
    return a.cost_per_generated_second + a.service_cost / a.generated_seconds


@identity("USD/video-s", "affordable cost of a generated second")
def affordable_cost_per_second(a):
    """(revenue - service_cost) / generated_seconds: what a generated second may cost before the customer loses money"""
    return (a.revenue - a.service_cost) / a.generated_seconds


@identity("ratio", "headroom")
def headroom(a):
    """affordable_cost_per_second / cost_per_generated_second: above 1 the customer covers the running cost"""
    return a.affordable_cost_per_second / a.cost_per_generated_second


@identity("USD/GPU-h", "contribution per GPU-hour")
def contribution_per_gpu_hour(a):
    """contribution / gpu_hours"""
    return a.contribution / a.gpu_hours


@identity("USD/customer", "lifetime value")
def lifetime_value(a):
    """contribution / (monthly_churn + discount_rate / 12)"""
    return a.contribution / (a.monthly_churn + a.discount_rate / a.months_per_year)


@identity("ratio", "lifetime value over acquisition cost")
def ltv_to_cac(a):
    """lifetime_value / acquisition_cost; undefined where nothing is spent on acquisition"""
    return ratio(a.lifetime_value, a.acquisition_cost)


@identity("month", "payback")
def payback_months(a):
    """acquisition_cost / contribution; undefined where contribution is not above zero"""
    return ratio(a.acquisition_cost, positive_part(a.contribution))


@identity("customer", "customers who carry the fixed cost")
def customers_to_carry_fixed_cost(a):
    """fixed_cost / contribution; undefined where contribution is not above zero"""
    return ratio(a.fixed_cost, positive_part(a.contribution))


@identity("USD/customer-month", "left by selling seconds at the list price", "workflow")
def selling_seconds(a):
    """generated_seconds x (api_price x compute_factor x (1 - service_share) - cost_per_generated_second)"""
    return a.generated_seconds * (
        a.api_price * a.compute_factor * (1 - a.service_share) - a.cost_per_generated_second
    )


@identity("USD/clip", "cost of a clip", "subscription")
def subscription_cost_per_clip(a):
    """cost_per_generated_second x seconds_per_clip"""
    return a.cost_per_generated_second * a.seconds_per_clip


@identity("USD/customer-month", "store fees", "subscription")
def subscription_store_fees(a):
    """paid_conversion x subscription_price x store_fee"""
    return a.paid_conversion * a.subscription_price * a.store_fee


@identity("USD/customer-month", "acquisition cost spread over the lifetime")
def acquisition_per_month(a):
    """acquisition_cost x (monthly_churn + discount_rate / 12)"""
    return a.acquisition_cost * (a.monthly_churn + a.discount_rate / a.months_per_year)


def fleet_utilisation(load, utilisation, staffing_factor):
    """Utilisation of a fleet staffed by the square-root rule: utilisation x sqrt(load) / (sqrt(load) + staffing_factor).

    Parameters: load in GPUs busy at all times, utilisation in the limit of a large fleet, staffing_factor
    in spare GPUs for each square root of the load. Returns: a fraction, rising to `utilisation` with the load.
    Source: the square-root staffing rule of queueing theory (Halfin and Whitt, 1981).

    >>> round(float(fleet_utilisation(100.0, 0.55, 1.0)), 6)
    0.5
    """
    return utilisation * np.sqrt(load) / (np.sqrt(load) + staffing_factor)


def daily_burn(case: Case, customers):
    """What N customers lose in a day, in USD: -N x contribution(N) / days_per_month, at the utilisation that N brings.

    Parameters: case, a segment's inputs with `staffing_factor`; customers N, a count of monthly customers.
    Returns: USD a day, negative where the customers leave money.
    """
    busy = (
        case.generated_seconds
        * case.compute_intensity
        * case.compute_factor
        / (case.seconds_per_hour * case.hours_per_month)
    )
    there = case.replace(
        utilisation=fleet_utilisation(customers * busy, case.utilisation, case.staffing_factor)
    )
    return -customers * there.contribution / case.days_per_month


def monthly_customers(case: Case):
    """Monthly active users behind `daily_users`: daily_users x days_per_month / active_days.

    >>> monthly_customers(Case("subscription", dict(daily_users=100.0, active_days=5.0)))
    608.75
    """
    return case.daily_users * case.days_per_month / case.active_days


def break_even(case: Case, parameter: str, minimum: float, maximum: float) -> float:
    """The value of one input at which contribution is zero, others held; nan where there is none in between.

    Parameters: case of scalars, parameter, and the bounds of the search in the parameter's unit.
    Returns: a root of contribution, put back |contribution| < 1e-9 x (revenue + costs); contribution is
    monotonic in every input, so there is one at most. A parameter without effect has none.

    >>> case = Case("workflow", dict(finished_seconds=1.0, retakes=2.0, value_capture=0.5, displaced_share=1.0, incumbent_cost=1.0,
    ...     labour_hours=0.0, wage=1.0, service_share=0.0, compute_intensity=3600.0, compute_factor=1.0, gpu_price=0.1,
    ...     serving_overhead=0.0, utilisation=1.0))
    >>> round(break_even(case, "gpu_price", 0.01, 100.0), 9)
    0.25
    """

    def contribution_at(value: float) -> float:
        return float(case.replace(**{parameter: np.float64(value)}).contribution)

    low, high = contribution_at(minimum), contribution_at(maximum)
    if not low * high < 0:
        return float("nan")
    return brentq(
        contribution_at, minimum, maximum, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=500
    )
