"""The path: unit cost over time, the year a segment breaks even, and the subsidy until then.

In: a `Sample` and its cases. Out: when a case pays, rows of results.
Judgement calls: rates hold for ten years; better quality costs compute and earns nothing; price erosion lowers what professionals pay;
a subscription's price stays.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pandas as pd

from analysis.findings.sample import Sample, has_market, result_row
from analysis.model.metrics import Case, monthly_customers

YEARS, MONTHS, RESCUE_YEARS = 10, 120, 5


def cost_parts(case: Case) -> dict[str, np.ndarray]:
    """A year of unit cost: 1 - efficiency_gain, that to the power -supplier_pass_back, 1 - gpu_price_decline, 1 + quality_growth.

    >>> cost_parts(Case("subscription", dict(efficiency_gain=0.5, supplier_pass_back=1.0, gpu_price_decline=0.25, quality_growth=1.0)))
    {'software': 0.5, 'pass_back': 2.0, 'hardware': 0.75, 'quality': 2.0}
    """
    software, hardware, quality = (
        1 - case.efficiency_gain,
        1 - case.gpu_price_decline,
        1 + case.quality_growth,
    )
    return {
        "software": software,
        "pass_back": software**-case.supplier_pass_back,
        "hardware": hardware,
        "quality": quality,
    }


def yearly_factors(case: Case) -> tuple:
    """Yearly factor of unit cost, the product of its parts, and of what a customer pays, 1 - price_erosion (of a subscription 1).

    >>> yearly_factors(Case("subscription", dict(efficiency_gain=0.5, supplier_pass_back=0.0, gpu_price_decline=0.0, quality_growth=1.0)))
    (1.0, 1.0)
    """
    return prod(
        cost_parts(case).values()
    ), 1 - case.price_erosion if case.business_model == "workflow" else 1.0


def paying_years(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The years t from which and until which contribution is positive on trend: headroom x (price factor / cost factor)^t = 1.

    Returns: the break-even year (0: already; inf: not within ten years), and when what pays today stops (inf: not within ten years).

    >>> rates = dict(efficiency_gain=0.5, supplier_pass_back=0.0, gpu_price_decline=0.0, quality_growth=0.0)
    >>> float(paying_years(Case("subscription", dict(rates, headroom=0.25)))[0])
    2.0
    """
    (cost, price), pays = yearly_factors(case), case.headroom > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        year = -np.log(case.headroom) / np.log(price / cost)
        start, end = (
            np.where(moves & (year <= YEARS), year, np.inf)
            for moves in (price > cost, price < cost)
        )
    return np.where(pays, 0.0, start), np.where(pays, end, np.nan)


def covered_within(case: Case, years: float = RESCUE_YEARS) -> np.ndarray:
    """Whether a customer covers the running cost at some time in the next years on trend: the claim `efficiency_rescues_consumer`."""
    return paying_years(case)[0] <= years


def subsidy(case: Case) -> np.ndarray:
    """USD that one customer, kept or replaced, loses until break-even, or in ten years (a floor) where that is never: the sum over months
    m before it of (compute_cost x cost factor^(m/12) - (revenue - service_cost) x price factor^(m/12)) / (1 + discount_rate)^(m/12)."""
    cost_step, paid_step = (
        (factor / (1 + case.discount_rate)) ** (1 / 12) for factor in yearly_factors(case)
    )
    total, cost, earned, end = (
        0.0,
        case.compute_cost,
        case.revenue - case.service_cost,
        paying_years(case)[0],
    )
    for month in range(MONTHS):
        total = total + np.where(month < 12 * end, cost - earned, 0.0)
        cost, earned = cost * cost_step, earned * paid_step
    return total


def quality_map(
    study: Sample, segment: str, years: float = RESCUE_YEARS, steps: int = 17
) -> pd.DataFrame:
    """Quality growth against efficiency, on a grid up to the highest plausible of both: the probability, with the other inputs drawn, that
    the running cost is covered within some years; and the break-even year at the best values (infinite: not within ten years)."""
    axes = [
        (q, q.high if q.high > q.minimum else q.maximum)
        for q in (study.assumptions.efficiency_gain, study.assumptions.quality_growth)
    ]
    grid = pd.DataFrame(
        product(*(np.linspace(q.minimum, most, steps) for q, most in axes)),
        columns=[q.parameter for q, _ in axes],
    )
    points = grid.to_dict("records")
    grid["break_even_year"] = [
        float(paying_years(study.point(segment).replace(**there))[0]) for there in points
    ]
    grid["probability"] = [
        study.probability(segment, lambda case: covered_within(case.replace(**there), years))
        for there in points
    ]
    return grid


def rows(study: Sample) -> list[dict]:
    """The path in the columns of results; the shares of `break_even_share` (0: already, 1: in the first year, ... never) add up to 1."""
    found = []
    for s in study.segments:
        both = study.point(s), study.drawn(s)
        for year in range(YEARS + 1):
            costs = (c.cost_per_generated_second * yearly_factors(c)[0] ** year for c in both)
            found.append(study.summarised(s, "unit_cost", "USD/video-s", *costs, str(year)))
        (start, stop), (starts, stops) = map(paying_years, both)
        found += [
            study.summarised(s, "break_even_year", "year", start, starts),
            study.summarised(s, "last_paying_year", "year", stop, stops),
            study.summarised(s, "subsidy", "USD/customer", *map(subsidy, both)),
        ]
        if s in study.consumer_segments():
            found.append(
                study.summarised(
                    s, "subsidy_of_all", "USD", *(subsidy(c) * monthly_customers(c) for c in both)
                )
            )
        whole = np.where(has_market(both[1]), np.ceil(starts), np.inf)
        for year in (*range(YEARS + 1), np.inf):
            found.append(
                result_row(
                    s,
                    "break_even_share",
                    "fraction",
                    np.mean(whole == year),
                    str(year) if year <= YEARS else "never",
                )
            )
    point, drawn = ({"all": yearly_factors(c)[0], **cost_parts(c)} for c in both)
    found += [
        result_row("all", "yearly_cost_factor", "ratio/year", point[part], part, drawn[part])
        for part in point
    ]
    return found
