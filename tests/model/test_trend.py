"""The path. Oracles: closed forms, limit cases, sums worked by hand, and the scenarios' own sources."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from analysis.findings.sample import COLUMNS, has_market
from analysis.inputs.assumptions import read_scenario, resolve, scenario_names
from analysis.model.metrics import Case
from analysis.model.trend import (
    cost_parts,
    covered_within,
    paying_years,
    quality_map,
    rows,
    subsidy,
    yearly_factors,
)
from analysis.show.chapter import open_chapter

NO_TREND = dict(
    efficiency_gain=0.0,
    supplier_pass_back=0.0,
    gpu_price_decline=0.0,
    quality_growth=0.0,
    price_erosion=0.0,
)
# A user brings 1 a month, costs 0.5 of service and 12 of compute; an account pays 20, of which 2 are service, and costs 5 of compute.
USER = NO_TREND | dict(revenue=1, service_cost=0.5, compute_cost=12, discount_rate=0)
ACCOUNT = NO_TREND | dict(revenue=20, service_cost=2, compute_cost=5, discount_rate=0)


def numbers(inputs):
    return {name: np.float64(value) for name, value in inputs.items()}


def user(**changes):
    """A subscription customer; metrics are given in place of the inputs that make them."""
    return Case("subscription", numbers(USER | dict(headroom=0.5 / 12) | changes))


def account(**changes):
    return Case("workflow", numbers(ACCOUNT | dict(headroom=18 / 5) | changes))


def test_parts_of_the_cost():
    """By hand: 0.6 x 0.9 x 1.3 = 0.702; if suppliers take half of the gain back, the square root of 0.6 stays."""
    rates = dict(efficiency_gain=0.4, gpu_price_decline=0.1, quality_growth=0.3, price_erosion=0.2)
    assert yearly_factors(user(**rates)) == approx((0.702, 1.0))
    assert yearly_factors(account(**rates)) == approx((0.702, 0.8))
    assert yearly_factors(user(supplier_pass_back=0.5, **rates))[0] == approx(
        math.sqrt(0.6) * 0.9 * 1.3
    )


def test_suppliers_can_take_the_whole_gain():
    parts = cost_parts(user(efficiency_gain=0.6, supplier_pass_back=1.0))
    assert parts["software"] * parts["pass_back"] == approx(1.0, rel=1e-12)


@given(headroom=st.floats(0.01, 0.99), gain=st.floats(0.05, 0.9))
def test_break_even_year_in_closed_form(headroom, gain):
    """A cost that falls by the same share each year reaches the revenue after log(headroom) / log(1 - gain) years."""
    year = math.log(headroom) / math.log(1 - gain)
    assert float(paying_years(user(headroom=headroom, efficiency_gain=gain))[0]) == approx(
        year if year <= 10 else math.inf
    )
    assert bool(covered_within(user(headroom=headroom, efficiency_gain=gain), 3)) == (year <= 3)


def test_limits_of_the_break_even_year():
    def years(case):
        return tuple(map(float, paying_years(case)))

    assert years(user(headroom=2)) == (0, math.inf), "already, and for good without growth"
    assert years(user(headroom=2, efficiency_gain=0.1)) == (0, math.inf), (
        "already, and ever more so"
    )
    assert years(user(headroom=0.99))[0] == math.inf and math.isnan(
        years(user(headroom=0.99))[1]
    ), "never without growth"
    assert years(user(headroom=-0.1, efficiency_gain=0.9))[0] == math.inf, (
        "not even free compute helps"
    )
    assert years(user(headroom=0, efficiency_gain=0.9))[0] == math.inf, "no revenue"
    assert years(user(headroom=1, efficiency_gain=0.1))[0] == 0, "at the edge and getting cheaper"
    assert years(user(headroom=1, quality_growth=0.1))[0] == math.inf, (
        "at the edge and getting dearer"
    )
    assert years(user(headroom=0.5, efficiency_gain=0.5, supplier_pass_back=1))[0] == math.inf, (
        "the gain is taken back"
    )
    assert years(user(headroom=0.5, quality_growth=1.0, efficiency_gain=0.5))[0] == math.inf, (
        "quality eats the gain"
    )
    assert years(user(headroom=0.5**9.99, efficiency_gain=0.5))[0] == approx(9.99)
    assert years(user(headroom=0.5**10.01, efficiency_gain=0.5))[0] == math.inf


def test_a_year_on_the_edge_is_within():
    """A cost that halves each year comes down to a 32nd in five years, the time that a rescue has."""
    assert float(paying_years(user(headroom=1 / 32, efficiency_gain=0.5))[0]) == 5
    assert [
        bool(covered_within(user(headroom=1 / part, efficiency_gain=0.5))) for part in (32, 33)
    ] == [True, False]


def test_what_pays_may_stop():
    """Prices halve, costs stay: four times the cost is down to it after two years; a subscription's price stays."""
    assert list(map(float, paying_years(account(headroom=4, price_erosion=0.5)))) == approx([0, 2])
    assert list(map(float, paying_years(user(headroom=4, price_erosion=0.5)))) == [0, math.inf]
    assert float(paying_years(user(headroom=4, quality_growth=1))[1]) == approx(2)


def test_contribution_is_zero_at_the_year_found(study):
    """Put back: compute x cost factor^t and the share captured x price factor^t, through the identities themselves."""
    for segment in study.segments:
        case = study.drawn(segment)
        (start, end), (cost, price) = paying_years(case), yearly_factors(case)
        assert ((start == 0) == (case.headroom > 1)).all()
        for year in (start, end):
            found = np.isfinite(year) & (year > 0)
            t = np.where(found, year, 0.0)
            later = (
                {"value_capture": case.value_capture * price**t}
                if case.business_model == "workflow"
                else {}
            )
            then = case.replace(compute_intensity=case.compute_intensity * cost**t, **later)
            assert np.abs(then.contribution / then.compute_cost)[found] == approx(0, abs=1e-9)


def test_subsidy_worked_by_hand():
    """Compute of 12, 6, 3, 1.5 and 0.75 against 0.5 earned, then 0.375: 23.25 - 2.5. Without a trend ten years of 11.5."""
    assert float(subsidy(user(efficiency_gain=1 - 0.5**12))) == approx(20.75)
    assert float(subsidy(user())) == approx(120 * 11.5)
    assert float(subsidy(user(revenue=20, headroom=19.5 / 12))) == 0
    assert float(subsidy(account(headroom=4, price_erosion=0.5))) == 0, (
        "what is lost after it stops paying is no subsidy until break-even"
    )


def test_subsidy_ends_with_the_break_even():
    """Compute of 32 that halves each year comes down to the 1 that is earned after 60 months: a geometric sum less 60."""
    case = user(revenue=1.5, compute_cost=32, headroom=1 / 32, efficiency_gain=0.5)
    assert float(subsidy(case)) == approx(32 * (1 - 0.5**5) / (1 - 0.5 ** (1 / 12)) - 60)


def test_subsidy_is_a_geometric_sum():
    v = 1.2 ** (-1 / 12)
    assert float(subsidy(user(discount_rate=0.2))) == approx(11.5 * (1 - v**120) / (1 - v))


def test_rows_agree_with_results(study, tables):
    found = rows(study)
    by = {(r["segment"], r["metric"], r["detail"]): r for r in found}
    assert (
        len(by) == len(found)
        and all(list(r) == COLUMNS for r in found)
        and {r["unit"] for r in found} <= set(tables.units["unit"])
    )
    for segment in study.segments:
        today, then = (
            study.result(segment, "cost_per_generated_second"),
            by[segment, "unit_cost", "0"],
        )
        assert [then[c] for c in COLUMNS[4:]] == approx(
            [today[c] for c in COLUMNS[4:]], nan_ok=True
        )
        factor = yearly_factors(study.point(segment))[0]
        costs = [by[segment, "unit_cost", str(year)]["value"] for year in range(11)]
        assert (
            costs == approx([today["value"] * factor**year for year in range(11)])
            and (segment, "unit_cost", "11") not in by
        )
        shares = [
            by[segment, "break_even_share", d]["value"] for d in (*map(str, range(11)), "never")
        ]
        assert sum(shares) == approx(1) and shares[0] == study.probability(
            segment, lambda case: case.contribution > 0
        )
        assert sum(shares[:6]) == approx(study.probability(segment, covered_within))
    for app in study.consumer_segments():
        case = study.point(app)
        users = case.daily_users * 365.25 / 12 / case.active_days
        assert by[app, "subsidy_of_all", ""]["value"] == approx(
            by[app, "subsidy", ""]["value"] * users
        )
    parts = {d: r["value"] for (_, metric, d), r in by.items() if metric == "yearly_cost_factor"}
    assert parts.pop("all") == approx(math.prod(parts.values()))


def test_rows_are_the_same_each_time():
    assert repr(rows(open_chapter(draws=200))) == repr(rows(open_chapter(draws=200)))


@pytest.mark.parametrize(
    "overrides",
    [{}, {"quality_growth": 0, "efficiency_gain": 0, "gpu_price_decline": 0, "discount_rate": 0}],
)
def test_map_of_quality_against_efficiency(overrides):
    """More efficiency never hurts, more quality never helps, and a point of the grid is that override."""
    study = open_chapter(overrides=overrides, draws=300)
    for segment in (*study.consumer_segments(), *study.workflow_segments()[:1]):
        grid = quality_map(study, segment, steps=4)
        for name in ("efficiency_gain", "quality_growth"):
            q = study.assumptions.quantities[name]
            assert grid[name].nunique() == 4
            assert (grid[name].min(), grid[name].max()) == (
                q.minimum,
                q.maximum if name in overrides else q.high,
            )
        for value, sign in (("probability", 1), ("break_even_year", -1)):
            table = (
                grid.pivot(
                    index="efficiency_gain", columns="quality_growth", values=value
                ).to_numpy()
                * sign
            )
            assert (table[1:] >= table[:-1]).all() and (table[:, 1:] <= table[:, :-1]).all()
        last = grid.iloc[-2]
        fixed = open_chapter(
            overrides=overrides | last[["efficiency_gain", "quality_growth"]].to_dict(), draws=300
        )
        assert fixed.probability(segment, covered_within) == last["probability"]
        assert float(paying_years(fixed.point(segment))[0]) == last["break_even_year"]


def test_no_market_never_breaks_even():
    study = open_chapter(overrides={"previs.displaced_share": 0}, draws=200)
    assert not has_market(study.drawn("previs")).any()
    by = {(r["segment"], r["metric"], r["detail"]): r for r in rows(study)}
    assert by["previs", "break_even_share", "never"]["value"] == 1 and math.isnan(
        by["previs", "subsidy", ""]["value"]
    )


@pytest.mark.parametrize("name", [n for n in scenario_names() if n != "base"])
def test_scenario_has_its_reason(name, tables):
    """Every file resolves, differs from the tables, says why, and cites evidence that there is."""
    scenario = read_scenario(name)
    cited = re.findall(r"\b[A-Z]{1,3}\d{2,3}\b", scenario.reason)
    assert cited and set(cited) <= set(tables.evidence["id"])
    assert scenario.title and not scenario.title.endswith(".") and scenario.reason.endswith(".")
    base, changed = resolve(tables), resolve(tables, name)
    assert set(changed.changed) == set(scenario.overrides)
    for quantity in changed.changed:
        before, after = base.quantities[quantity], changed.quantities[quantity]
        assert (before.low, before.value, before.high) != (after.low, after.value, after.high)


@pytest.mark.parametrize(
    "name, better", [("distilled", True), ("gpu_glut", True), ("gpu_squeeze", False)]
)
def test_scenario_moves_every_segment_its_way(name, better):
    """Cheaper compute can only help, dearer only hurt; whom a scenario names, or else everybody."""
    base, other = open_chapter(draws=100), open_chapter(name, draws=100)
    named = {
        quantity.partition(".")[0] for quantity in other.assumptions.changed if "." in quantity
    }
    for segment in named or base.segments:
        assert (other.point(segment).contribution > base.point(segment).contribution) == better


def test_commodity_and_textbook_are_the_ends_of_the_tables(assumptions):
    for name, end in (
        ("commoditised_tools", "low"),
        ("textbook_capture", "high"),
        ("free_ad_platform", "low"),
    ):
        for quantity, texts in read_scenario(name).overrides.items():
            low, value, high = map(float, texts)
            if quantity.endswith(".value_capture"):
                table = getattr(assumptions.quantities[quantity], end)
                assert (high if name == "free_ad_platform" else value) == approx(table, rel=0.1), (
                    quantity
                )
