"""What a generated second costs, what a customer earns, and where the two meet: the metrics.

Per customer and month. A customer is a monthly active user (consumer), a paying subscriber
(prosumer) or an account (workflow). Every metric is named here with its unit and meaning, in the
order of results.csv; where business models differ, the formulas stand in `subscription` and
`workflow`.
"""

from __future__ import annotations

import numpy as np

from analysis.model.registry import metric, metric_by_business_model


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


@metric("USD/video-s", "cost of a generated second")
def cost_per_generated_second(
    compute_intensity, compute_factor, gpu_price, serving_overhead, utilisation, seconds_per_hour
):
    compute = compute_intensity * compute_factor * gpu_price / seconds_per_hour
    return compute * (1 + serving_overhead) / utilisation


metric_by_business_model("generated_seconds", "video-s/customer-month", "generated seconds")
metric_by_business_model(
    "saving_per_finished_second", "USD/finished-s", "saving per finished second"
)
metric_by_business_model("revenue", "USD/customer-month", "revenue")
metric_by_business_model("service_cost", "USD/customer-month", "service cost")
metric_by_business_model("acquisition_cost", "USD/customer", "customer acquisition cost")


@metric("USD/customer-month", "compute cost")
def compute_cost(generated_seconds, cost_per_generated_second):
    return generated_seconds * cost_per_generated_second


@metric("GPU-h/customer-month", "GPU-hours paid for")
def gpu_hours(generated_seconds, compute_intensity, compute_factor, utilisation, seconds_per_hour):
    return generated_seconds * compute_intensity * compute_factor / seconds_per_hour / utilisation


@metric("USD/customer-month", "contribution")
def contribution(revenue, compute_cost, service_cost):
    return revenue - compute_cost - service_cost


@metric("ratio", "contribution margin")
def contribution_margin(contribution, revenue):
    return ratio(contribution, revenue)


@metric("USD/video-s", "earned per generated second")
def revenue_per_generated_second(revenue, generated_seconds):
    return revenue / generated_seconds


@metric("USD/video-s", "spent per generated second")
def full_cost_per_generated_second(cost_per_generated_second, service_cost, generated_seconds):
    return cost_per_generated_second + service_cost / generated_seconds


@metric("USD/video-s", "affordable cost of a generated second")
def affordable_cost_per_second(revenue, service_cost, generated_seconds):
    return (revenue - service_cost) / generated_seconds


@metric("ratio", "headroom")
def headroom(affordable_cost_per_second, cost_per_generated_second):
    return affordable_cost_per_second / cost_per_generated_second


@metric("USD/GPU-h", "contribution per GPU-hour")
def contribution_per_gpu_hour(contribution, gpu_hours):
    return contribution / gpu_hours


@metric("USD/customer", "lifetime value")
def lifetime_value(contribution, monthly_churn, discount_rate, months_per_year):
    return contribution / (monthly_churn + discount_rate / months_per_year)


@metric("ratio", "lifetime value over acquisition cost")
def ltv_to_cac(lifetime_value, acquisition_cost):
    return ratio(lifetime_value, acquisition_cost)


@metric("month", "payback")
def payback_months(acquisition_cost, contribution):
    return ratio(acquisition_cost, positive_part(contribution))


@metric("customer", "customers who carry the fixed cost")
def customers_to_carry_fixed_cost(fixed_cost, contribution):
    return ratio(fixed_cost, positive_part(contribution))


metric_by_business_model(
    "selling_seconds", "USD/customer-month", "left by selling seconds at the list price"
)
metric_by_business_model("cost_per_clip", "USD/clip", "cost of a clip")
metric_by_business_model("store_fees", "USD/customer-month", "store fees")


@metric("USD/customer-month", "acquisition cost spread over the lifetime")
def acquisition_per_month(acquisition_cost, monthly_churn, discount_rate, months_per_year):
    return acquisition_cost * (monthly_churn + discount_rate / months_per_year)
