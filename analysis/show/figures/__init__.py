"""The figures of the report: each is one message, told in a title that follows the numbers.

In: a `Study` (and a segment). Out: `Html` with the picture, its description and its data.
"""

# ruff: noqa: F401 (notebooks call them from here)
from analysis.show.figures.answer import trend, verdict, verdict_svg
from analysis.show.figures.change import scenario_differences, scenarios, sobol, worth_knowing
from analysis.show.figures.cost import hosted_prices, second_costs, two_routes
from analysis.show.figures.customer import burn, month, worked_job
from analysis.show.figures.published import (
    benchmarks,
    gpu_price_history,
    list_prices,
    retention,
)
from analysis.show.figures.sheets import segment_sheet
from analysis.show.figures.side_by_side import earned_and_spent, hinge, lost_to, stopping_prices
from analysis.show.figures.supply import compute_dollar, concentration, own_or_rent
from analysis.show.figures.trust import backtests
