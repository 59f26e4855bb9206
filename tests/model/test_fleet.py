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
    case = worked("subscription", staffing_factor=1, daily_users=1e6)
    assert case.replace(monthly_customers=2_922_000.0).daily_burn == approx(
        96_000 * 11.62, rel=1e-12
    )
    assert case.monthly_customers == approx(6_087_500)


def test_scale_helps_but_never_beyond_the_large_fleet():
    case = worked("subscription", staffing_factor=1)
    users = np.logspace(0, 12, 49)
    per_user, limit = case.replace(monthly_customers=users).daily_burn / users, 11.5 / 30.4375
    assert (
        np.all(np.diff(per_user) < 0)
        and np.all(per_user > limit)
        and per_user[-1] == approx(limit, rel=1e-4)
    )
    assert worked("subscription", staffing_factor=0, monthly_customers=1e6).daily_burn == approx(
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
        # headroom 1.5; 0.9 R = 144, so R = 160, and 240 (1 - s) = 144; saving 160 / 30 = 16 /
        # 3; the last have no effect on the sign
        ("gpu_price", 3),
        ("compute_intensity", 135),
        ("compute_factor", 0.75),
        ("utilisation", 1 / 3),
        ("serving_overhead", 0.8),
        ("retakes", 30),
        ("value_capture", 1 / 6),
        ("service_share", 0.4),
        ("labour_hours", 5),
        ("wage", 400 / 3),
        ("incumbent_cost", 35 / 3),
        ("displaced_share", 28 / 45),
        ("finished_seconds", NAN),
        ("monthly_churn", NAN),
        ("api_price", NAN),
    ],
)
def test_break_even_in_closed_form(parameter, expected):
    assert break_even(worked("workflow"), parameter, 1e-9, 1e6) == approx(
        expected, rel=1e-12, nan_ok=True
    )


def test_break_even_outside_the_bounds_is_none():
    assert np.isnan(break_even(worked("workflow"), "gpu_price", 0.01, 2.99))
    assert break_even(worked("workflow"), "gpu_price", 0.01, 3.01) == approx(3)


def test_who_buys_nothing_has_no_break_even():
    """Contribution is zero at every value, so at no value more than at another."""
    assert np.isnan(break_even(worked("workflow", finished_seconds=0), "gpu_price", 0.01, 100))


def test_break_even_put_back_gives_zero(study):
    """For every segment and parameter of the tables; where none is found, contribution keeps its
    sign all the way."""
    for segment in study.segments:
        case = study.point(segment)
        for parameter, q in study.assumptions.of(segment).items():
            root = break_even(case, parameter, q.minimum, q.maximum)
            if np.isnan(root):
                along = case.replace(
                    **{parameter: np.linspace(q.minimum, q.maximum, 300)}
                ).contribution
                assert not np.any(along > 0) or not np.any(along < 0), (segment, parameter)
            else:
                there = case.replace(**{parameter: np.float64(root)})
                assert q.minimum <= root <= q.maximum
                assert abs(there.contribution) < 1e-9 * (
                    there.revenue + there.compute_cost + there.service_cost
                ), (segment, parameter)
