"""Growth and break-even. Oracles: sums worked by hand, closed forms, limits, Erlang's C formula."""

import numpy as np
import pytest
from pytest import approx
from scipy.stats import norm
from sheets import NAN, worked

from analysis.model.fleet import break_even, fleet_utilisation


def test_square_root_staffing():
    assert fleet_utilisation(10000.0, 0.5, 1.0) == approx(0.5 * 100 / 101)
    assert fleet_utilisation(4.0, 0.6, 0.0) == approx(0.6) and fleet_utilisation(
        1e30, 0.6, 2.0
    ) == approx(0.6)
    assert fleet_utilisation(1e-30, 0.6, 2.0) == approx(0, abs=1e-12)


def test_burn_worked_by_hand():
    """2,922,000 users x 200 s x 45 GPU-s / (3600 x 730.5) keep 10,000 GPUs busy; 12 x 1.01 of
    compute; 2,922,000 / 30.4375 = 96,000."""
    case = worked("consumer", staffing_factor=1, daily_users=1e6)
    assert case.replace(monthly_customers=2_922_000.0).daily_burn == approx(
        96_000 * 11.62, rel=1e-12
    )
    assert case.monthly_customers == approx(6_087_500)


def test_scale_helps_but_never_beyond_the_large_fleet():
    case = worked("consumer", staffing_factor=1)
    users = np.logspace(0, 12, 49)
    per_user, limit = case.replace(monthly_customers=users).daily_burn / users, 11.5 / 30.4375
    assert (
        np.all(np.diff(per_user) < 0)
        and np.all(per_user > limit)
        and per_user[-1] == approx(limit, rel=1e-4)
    )
    assert worked("consumer", staffing_factor=0, monthly_customers=1e6).daily_burn == approx(
        1e6 * limit
    )


def erlang_c(load: float, servers: int) -> float:
    """The probability of waiting in an M/M/n queue, by the recursion for Erlang B."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


@pytest.mark.parametrize("load", [25, 400, 10_000])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_square_root_staffing_gives_one_grade_of_service_at_every_load(load, factor):
    """Oracle: Erlang's C formula at three loads against the limit of Halfin and Whitt (1981), 1 /
    (1 + b Phi(b) / phi(b));
    the fleet is the one that `fleet_utilisation` implies."""
    servers = load / fleet_utilisation(float(load), 1.0, factor)
    assert servers == pytest.approx(load + factor * load**0.5)
    limit = 1 / (1 + factor * norm.cdf(factor) / norm.pdf(factor))
    assert erlang_c(load, round(servers)) == pytest.approx(limit, abs=0.05 if load < 100 else 0.02)


@pytest.mark.parametrize(
    "parameter, expected",
    [
        # headroom 1.5: 216 of revenue less service against 144 of compute; the last have no effect
        # on the sign
        ("gpu_price", 3),
        ("served_intensity", 135),
        ("tier_factor", 0.75),
        ("utilisation", 1 / 3),
        ("serving_overhead", 0.8),
        ("retakes", 30),
        ("finished_seconds", 180),
        ("account_price", 160),
        ("service_share", 0.4),
        ("labour_hours", NAN),
        ("monthly_churn", NAN),
        ("second_price", NAN),
    ],
)
def test_break_even_in_closed_form(parameter, expected):
    found = break_even(worked("account"), parameter, 1e-9, 1e6)
    assert found == approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    "parameter, expected",
    [
        # 1.75 months of 72 less 63: 36 a month would do, so compute may cost 180 or revenue be 200
        ("gpu_price", 2.5),
        ("account_price", 200),
        ("acquisition_cost", 126),
        ("horizon", 1),  # the first month's 72 is more than 63
    ],
)
def test_break_even_of_net_value_in_closed_form(parameter, expected):
    if parameter == "horizon":
        expected = np.log(1 - 63 / 72 / 2) / np.log(0.5)  # 72 x 2 x (1 - 0.5^h) = 63
    found = break_even(worked("account"), parameter, 1e-9, 1e6, "net_value")
    assert found == approx(expected, rel=1e-12)


def test_break_even_outside_the_bounds_is_none():
    assert np.isnan(break_even(worked("account"), "gpu_price", 0.01, 2.99))
    assert break_even(worked("account"), "gpu_price", 0.01, 3.01) == approx(3)


def test_who_sells_singly_does_not_break_even_by_volume():
    """Each second earns or loses the same, so contribution keeps its sign at every volume."""
    assert np.isnan(break_even(worked("metered"), "finished_seconds", 0.01, 1e6))


@pytest.mark.parametrize("metric", ["contribution", "net_value"])
def test_break_even_put_back_gives_zero(study, metric):
    """For every segment and parameter of the tables; where none is found, the metric keeps its
    sign all the way."""
    for segment in study.segments:
        case = study.point(segment)
        for parameter, q in study.assumptions.of(segment).items():
            root = break_even(case, parameter, q.minimum, q.maximum, metric)
            if np.isnan(root):
                grid = np.linspace(q.minimum, q.maximum, 300)
                along = getattr(case.replace(**{parameter: grid}), metric)
                assert not np.any(along > 0) or not np.any(along < 0), (segment, parameter)
            else:
                there = case.replace(**{parameter: np.float64(root)})
                assert q.minimum <= root <= q.maximum
                terms = there.revenue + there.running_cost
                if metric == "net_value":
                    terms = terms * there.months_kept + there.acquisition_cost
                assert abs(getattr(there, metric)) < 1e-9 * terms, (segment, parameter)
