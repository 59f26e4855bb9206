"""What differs where a customer's workflow is served: use by finished seconds, revenue by account.

Revenue of an account is as vendors report it (`account`), or all its seconds at the price of one
(`metered`). What the work is worth to the customer makes no price.
"""

from __future__ import annotations

from analysis.model.metrics import positive_part
from analysis.model.registry import WORKFLOW, formula


@formula(*WORKFLOW)
def generated_seconds(finished_seconds, retakes):
    return finished_seconds * retakes


@formula(*WORKFLOW)
def saving_per_finished_second(
    displaced_share, incumbent_cost, labour_hours, wage, finished_seconds_per_minute
):
    labour_cost = labour_hours * wage / finished_seconds_per_minute
    return positive_part(displaced_share * incumbent_cost - labour_cost)


@formula("account")
def metered_price(generated_seconds, second_price):
    return generated_seconds * second_price


formula("metered", name="revenue")(metered_price)


@formula("account", name="revenue")
def revenue_of_account(account_price):
    return account_price


@formula(*WORKFLOW)
def service_cost(service_share, revenue):
    return service_share * revenue


@formula(*WORKFLOW)
def yearly_price_factor(price_erosion, one_year):
    return 1 - price_erosion * one_year
