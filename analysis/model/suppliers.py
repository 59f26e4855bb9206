"""Infrastructure: where a dollar of compute goes, how concentrated its takers are, and owning against renting.

In: a `Case`, on scalars or draws, and `market_shares.csv`. Out: shares of a dollar, elasticity, concentration, an owned GPU-hour.

Judgement calls: the cloud's margin is taken on the whole compute dollar. Named firms are taken to be the
largest of their layer, so an index from some of the shares lies between two bounds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import exprel

from analysis.errors import InputError
from analysis.findings.sample import Sample, result_row
from analysis.model.metrics import Case, ratio

# Points above which the US merger guidelines of 2023 speak of concentration: guideline 7, and guideline 1.
LEVELS = ((1800, "highly concentrated"), (1000, "moderately concentrated"))
MONOPOLY = 10_000


def dollar(case: Case) -> dict:
    """Shares of a dollar of compute: gross profit of the cloud and of the accelerator vendor, and the rest.

    >>> dollar(Case("workflow", dict(cloud_gross_margin=0.5, accelerator_share=0.5, accelerator_gross_margin=0.5, serving_overhead=0.0)))
    {'cloud': 0.5, 'accelerator': 0.125, 'rest': 0.375}
    """
    cloud = case.cloud_gross_margin
    accelerator = (
        (1 - cloud)
        * case.accelerator_share
        * case.accelerator_gross_margin
        / (1 + case.serving_overhead)
    )
    return {"cloud": cloud, "accelerator": accelerator, "rest": 1 - cloud - accelerator}


def supplier_gross_profit(case: Case):
    """Gross profit of cloud and accelerator vendor on a customer-month, USD: compute_cost x (1 - the rest of a compute dollar)."""
    return case.compute_cost * (1 - dollar(case)["rest"])


def revenue_dollar(case: Case) -> dict:
    """Shares of a dollar of net revenue: service, the three of compute, and what is left (below 0 in a loss); nan without revenue."""
    compute, service = (
        ratio(case.compute_cost, case.revenue),
        ratio(case.service_cost, case.revenue),
    )
    return {
        "service": service,
        **{part: share * compute for part, share in dollar(case).items()},
        "left": case.contribution_margin,
    }


def price_elasticity(case: Case):
    """Per cent by which contribution moves with one per cent of GPU price: -compute_cost / contribution; above 0 a loss deepens.

    >>> price_elasticity(Case("workflow", dict(compute_cost=3.0, contribution=2.0)))
    -1.5
    """
    return ratio(-case.compute_cost, case.contribution)


def pass_back_to_undo(case: Case, years: float = 1):
    """Share p of the software gain of `years` that suppliers can take back before contribution is zero.

    Solves compute_cost x (1 - efficiency_gain)^((1 - p) x years) = revenue - service_cost. nan where no p from
    0 to 1 does: the segment pays without any gain (its contribution is above 0), or not even with all of it.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 - np.log(case.headroom) / (years * np.log1p(-case.efficiency_gain))
        return np.where((share >= 0) & (share <= 1), share, np.nan)


def capital_recovery(rate, years):
    """Yearly payment for one dollar: rate / (1 - (1 + rate)^-years), written with (e^x - 1) / x so that a rate of 0 gives 1 / years.

    >>> round(float(capital_recovery(0.10, 5.0)), 6)
    0.263797
    """
    growth = np.log1p(rate)
    return exprel(growth) / (years * exprel(-years * growth))


def owned_parts(case: Case) -> dict:
    """What an owned GPU costs for each hour that it is available, used or not: USD/GPU-h of purchase, power and hosting."""
    yearly = (
        case.gpu_purchase_price
        * case.server_factor
        * capital_recovery(case.discount_rate, case.gpu_life)
    )
    return {
        "purchase": yearly / (case.months_per_year * case.hours_per_month),
        "power": case.power_per_gpu * case.power_usage_effectiveness * case.electricity_price,
        "hosting": case.hosting_cost / case.hours_per_month,
    }


def owned_gpu_hour(case: Case):
    """Levelised cost of an available hour of an owned GPU, USD/GPU-h: the sum of `owned_parts`."""
    return sum(owned_parts(case).values())


def owning_saves(case: Case):
    """What an owned GPU saves for each available hour against a contract for the same hours, USD/GPU-h: gpu_price - owned hour."""
    return case.gpu_price - owned_gpu_hour(case)


def on_demand(gpu_prices: pd.DataFrame) -> pd.Series:
    """What an hour of an H100 lists at on demand, USD/GPU-h: the median of the price indices, by month."""
    listed = gpu_prices[
        gpu_prices["gpu"].eq("H100")
        & gpu_prices["price_kind"].eq("on_demand")
        & gpu_prices["series"].eq("index")
    ]
    return listed.groupby(listed["date"].str[:7])["usd_per_gpu_hour"].median()


def owning_wins_at(case: Case, hourly: float):
    """Share of hours needed from which owning beats renting those alone: owned hour / price of an hour on demand; never, above 1."""
    return owned_gpu_hour(case) / hourly


def herfindahl(shares) -> tuple[float, float]:
    """Herfindahl-Hirschman index in points from shares of the largest firms, as fractions: sum of squares x 10,000.

    Least: everybody else is small. Most: the others are as large as the smallest one named.

    >>> herfindahl([0.5, 0.5])
    (5000.0, 5000.0)
    """
    shares = np.asarray(shares, float)
    if not (shares > 0).all() or shares.sum() > 1.005:  # published shares are rounded
        raise InputError("market shares are fractions above 0 that add up to 1 at most")
    least, rest = float(shares @ shares), max(0.0, 1 - float(shares.sum()))
    return MONOPOLY * least, MONOPOLY * (least + rest * min(rest, float(shares.min())))


def rows(study: Sample) -> Iterator[dict]:
    """Infrastructure in the columns of results."""
    both = study.point(study.segments[0]), study.drawn(study.segments[0])
    for metric, unit, parts in (
        ("compute_dollar", "fraction", dollar),
        ("owned_gpu_hour", "USD/GPU-h", owned_parts),
    ):
        point, drawn = map(parts, both)
        yield from (
            result_row("all", metric, unit, point[part], part, drawn[part]) for part in point
        )
    listed = on_demand(study.assumptions.tables.gpu_prices)
    hourly = float(listed.iloc[-1]) if len(listed) else np.nan
    yield result_row("all", "gpu_hour_on_demand", "USD/GPU-h", hourly)
    for metric, unit, formula in (
        ("gpu_hour_in_use", "USD/GPU-h", lambda case: case.gpu_price / case.utilisation),
        ("owned_gpu_hour", "USD/GPU-h", owned_gpu_hour),
        ("owning_saves", "USD/GPU-h", owning_saves),
        ("owning_wins_at", "fraction", lambda case: owning_wins_at(case, hourly)),
    ):
        point, drawn = map(formula, both)
        yield result_row("all", metric, unit, point, draws=drawn)
    for segment in study.segments:
        both = study.point(segment), study.drawn(segment)
        point, drawn = map(revenue_dollar, both)
        yield from (
            study.summarised(segment, "revenue_dollar", "fraction", point[part], drawn[part], part)
            for part in point
        )
        yield study.summarised(
            segment,
            "supplier_gross_profit",
            "USD/customer-month",
            *map(supplier_gross_profit, both),
        )
        yield study.summarised(segment, "price_elasticity", "ratio", *map(price_elasticity, both))
        yield study.summarised(
            segment, "pass_back_to_undo", "fraction", *map(pass_back_to_undo, both)
        )
    for (layer, date), own in study.assumptions.tables.market_shares.groupby(
        ["layer", "date"], sort=False
    ):
        least, most = herfindahl(own["share"])
        yield result_row(
            "all", "herfindahl", "index", least, f"{layer}, {date}", ends=(least, most)
        )
