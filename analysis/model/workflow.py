"""What differs where a customer's workflow is served: use by finished seconds, price by saving."""

from __future__ import annotations

from analysis.model.metrics import positive_part
from analysis.model.registry import formula


@formula("workflow")
def generated_seconds(finished_seconds, retakes):
    return finished_seconds * retakes


@formula("workflow")
def saving_per_finished_second(
    displaced_share, incumbent_cost, labour_hours, wage, finished_seconds_per_minute
):
    labour_cost = labour_hours * wage / finished_seconds_per_minute
    return positive_part(displaced_share * incumbent_cost - labour_cost)


@formula("workflow")
def revenue(finished_seconds, value_capture, saving_per_finished_second):
    return finished_seconds * value_capture * saving_per_finished_second


@formula("workflow")
def service_cost(service_share, revenue):
    return service_share * revenue


@formula("workflow")
def acquisition_cost(acquisition_ratio, months_per_year, revenue):
    return acquisition_ratio * months_per_year * revenue


@formula("workflow")
def selling_seconds(
    generated_seconds, api_price, compute_factor, service_share, cost_per_generated_second
):
    earned = api_price * compute_factor * (1 - service_share)
    return generated_seconds * (earned - cost_per_generated_second)


@formula("workflow")
def has_market(saving_per_finished_second):
    """Whether the customer buys at all: only one who saves does."""
    return saving_per_finished_second > 0


@formula("workflow")
def yearly_price_factor(price_erosion):
    """Yearly factor of what a customer pays."""
    return 1 - price_erosion
