"""What a generated second costs, what a customer earns, and where the two meet: the metrics.

Per customer and month. A customer is a monthly active user (consumer), a paying subscriber
(prosumer) or an account (workflow). Every metric is named here with its unit and meaning, in the
order of results.csv; where business models differ, the formulas stand in `subscription` and
`workflow`.
"""

from __future__ import annotations

import numpy as np

from analysis.model.registry import EVERYWHERE, WORKFLOW, metric, metric_by_business_model

TINY = 1e-300  # turns the logarithm of 1 from zero into a number to divide by, and alters no other


def positive_part(x):
    """x where it is above zero, else 0, without a branch: (x + |x|) / 2.

    >>> positive_part(-3.0), positive_part(3.0)
    (0.0, 3.0)
    """
    return 0.5 * (x + abs(x))


def ratio(numerator, denominator):
    """The quotient where the denominator can be zero, and then nan, not infinity.

    >>> float(ratio(np.float64(1), np.float64(4)))
    0.25
    """
    with np.errstate(invalid="ignore"):
        return numerator * denominator / denominator**2


def geometric_sum(factor, count):
    """The sum of factor^m over m = 0 ... count - 1, to full precision near a factor of 1 as well.

    Parameters: factor, not negative; count of terms, whole or not.

    >>> [round(float(geometric_sum(factor, 60.0)), 9) for factor in (0.0, 0.5, 1.0)]
    [1.0, 2.0, 60.0]
    """
    with np.errstate(divide="ignore"):
        logarithm = np.log(factor) + TINY
    return np.expm1(count * logarithm) / np.expm1(logarithm)


@metric("USD/video-s", "cost of a standard second, bottom up", *EVERYWHERE)
def standard_cost_per_second(
    served_intensity, gpu_price, serving_overhead, utilisation, seconds_per_hour
):
    return served_intensity * gpu_price / seconds_per_hour * (1 + serving_overhead) / utilisation


@metric("USD/video-s", "cost of a standard second, market down", *EVERYWHERE)
def market_cost_per_second(api_price, vendor_gross_margin):
    return api_price * (1 - vendor_gross_margin)


@metric("ratio", "cost of a standard second from the market over bottom up", *EVERYWHERE)
def cost_route_ratio(market_cost_per_second, standard_cost_per_second):
    return market_cost_per_second / standard_cost_per_second


@metric("USD/video-s", "cost of a generated second")
def cost_per_generated_second(standard_cost_per_second, tier_factor):
    return standard_cost_per_second * tier_factor


metric_by_business_model("generated_seconds", "video-s/customer-month", "generated seconds")
metric_by_business_model("revenue", "USD/customer-month", "revenue")
metric_by_business_model("service_cost", "USD/customer-month", "service cost")


@metric("USD/customer-month", "compute cost")
def compute_cost(generated_seconds, cost_per_generated_second):
    return generated_seconds * cost_per_generated_second


@metric("USD/customer-month", "running cost")
def running_cost(compute_cost, service_cost):
    return compute_cost + service_cost


@metric("USD/customer-month", "contribution")
def contribution(revenue, compute_cost, service_cost):
    return revenue - compute_cost - service_cost


@metric("ratio", "contribution margin")
def contribution_margin(contribution, revenue):
    return contribution / revenue


@metric("USD/video-s", "earned per generated second")
def revenue_per_generated_second(revenue, generated_seconds):
    return revenue / generated_seconds


@metric("USD/video-s", "running cost per generated second")
def running_cost_per_generated_second(running_cost, generated_seconds):
    return running_cost / generated_seconds


@metric("ratio", "headroom")
def headroom(revenue, service_cost, compute_cost):
    return (revenue - service_cost) / compute_cost


@metric("USD/GPU-h", "stopping price of a GPU-hour")
def stopping_gpu_price(gpu_price, headroom):
    return gpu_price * headroom


@metric("GPU-h/customer-month", "GPU-hours paid for")
def gpu_hours(generated_seconds, served_intensity, tier_factor, utilisation, seconds_per_hour):
    return generated_seconds * served_intensity * tier_factor / seconds_per_hour / utilisation


@metric("USD/GPU-h", "contribution per GPU-hour")
def contribution_per_gpu_hour(contribution, gpu_hours):
    return contribution / gpu_hours


metric_by_business_model(
    "saving_per_finished_second", "USD/finished-s", "saving per finished second"
)


@metric("USD/customer-month", "value created for the customer", *WORKFLOW)
def value_created(finished_seconds, saving_per_finished_second, revenue):
    saved = finished_seconds * saving_per_finished_second
    return revenue + positive_part(saved - revenue)


@metric("ratio", "captured share of the value created", *WORKFLOW)
def captured_share(revenue, value_created):
    return revenue / value_created


metric_by_business_model(
    "metered_price", "USD/customer-month", "price of the same seconds bought singly"
)


@metric("ratio", "share of a customer's value kept from month to month, discounted")
def kept_each_month(monthly_churn, discount_rate, one_month, months_per_year):
    kept = 1 - monthly_churn * one_month
    return kept / (1 + discount_rate * one_month / months_per_year)


@metric("month", "months kept, discounted, within the horizon")
def months_kept(kept_each_month, horizon, one_month):
    return one_month * geometric_sum(kept_each_month, horizon / one_month)


@metric("USD/customer", "lifetime value")
def lifetime_value(contribution, months_kept):
    return contribution * months_kept


@metric("USD/customer", "net value of a customer")
def net_value(lifetime_value, acquisition_cost):
    return lifetime_value - acquisition_cost


@metric("USD/customer", "net value with free compute")
def net_value_with_free_compute(revenue, service_cost, months_kept, acquisition_cost):
    return (revenue - service_cost) * months_kept - acquisition_cost


@metric("ratio", "lifetime value over acquisition cost")
def ltv_to_cac(lifetime_value, acquisition_cost):
    return lifetime_value / acquisition_cost


@metric("month", "payback")
def payback_months(acquisition_cost, contribution):
    return ratio(acquisition_cost, positive_part(contribution))


@metric("customer", "customers who carry the fixed cost")
def customers_to_carry_fixed_cost(fixed_cost, contribution):
    return ratio(fixed_cost, positive_part(contribution))
