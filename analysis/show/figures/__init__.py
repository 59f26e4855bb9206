"""The figures of the report: each is one message, told in a title that follows the data, with the uncertainty drawn.

In: a `Study` (and a segment). Out: `Html` with the picture, its description and its data.
"""

from analysis.show.figures.comparison import earned_against_spent, headroom, who_pays
from analysis.show.figures.cost import benchmarks, gpu_price_history, list_prices, second_waterfall
from analysis.show.figures.customer import (
    break_even,
    burn_against_users,
    month_waterfall,
    value_chain,
)
from analysis.show.figures.drivers import calibration, retention, sobol
from analysis.show.figures.path import break_even_years, quality_map, unit_cost
from analysis.show.figures.scenarios import scenarios
from analysis.show.figures.supply import concentration, own_or_rent, revenue_dollar, stopping_prices

__all__ = [
    "benchmarks",
    "break_even",
    "break_even_years",
    "burn_against_users",
    "calibration",
    "concentration",
    "earned_against_spent",
    "gpu_price_history",
    "headroom",
    "list_prices",
    "month_waterfall",
    "own_or_rent",
    "quality_map",
    "retention",
    "revenue_dollar",
    "scenarios",
    "second_waterfall",
    "sobol",
    "stopping_prices",
    "unit_cost",
    "value_chain",
    "who_pays",
]
