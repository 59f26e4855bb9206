"""The figures of the report: each is one message, told in a title that follows the data, with the uncertainty drawn.

In: a `Study` (and a segment). Out: `Html` with the picture, its description and its data.
"""
from analysis.figures.comparison import earned_against_spent, headroom, who_pays
from analysis.figures.cost import benchmarks, gpu_price_history, list_prices, second_waterfall
from analysis.figures.customer import break_even, burn_against_users, month_waterfall, value_chain

__all__ = ["benchmarks", "break_even", "burn_against_users", "earned_against_spent", "gpu_price_history", "headroom", "list_prices",
           "month_waterfall", "second_waterfall", "value_chain", "who_pays"]
