"""The figures of the report: each is one message, told in a title that follows the data.

In: a `Study` (and a segment). Out: `Html` with the picture, its description and its data.
"""

# ruff: noqa: F401 (notebooks call them from here)
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
