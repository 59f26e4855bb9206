"""The claims. Oracles: the IPCC's scale as published, and each test on the same draws in NumPy."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from pytest import approx

from analysis.findings.claims import (
    BY_NAME,
    CLAIMS,
    LIKELIHOODS,
    Claim,
    claim,
    claims,
    likelihood,
)
from analysis.model.distributions import FLAT_WEIGHT, PERT_WEIGHT, Draws
from analysis.model.registry import Case


@pytest.mark.parametrize(
    "probability, word",
    [
        (1.0, "virtually certain"),
        (0.99, "virtually certain"),
        (0.9899, "very likely"),
        (0.90, "very likely"),
        (0.8999, "likely"),
        (0.66, "likely"),
        (0.6599, "about as likely as not"),
        (0.5, "about as likely as not"),
        (0.3301, "about as likely as not"),
        (0.33, "unlikely"),
        (0.1001, "unlikely"),
        (0.10, "very unlikely"),
        (0.0101, "very unlikely"),
        (0.01, "exceptionally unlikely"),
        (0.0, "exceptionally unlikely"),
    ],
)
def test_words_at_each_boundary(probability, word):
    assert likelihood(probability) == word


@pytest.mark.parametrize(
    "probability, flat, word",
    [
        (0.995, 0.70, "likely"),
        (0.70, 0.995, "likely"),
        (0.02, 0.40, "about as likely as not"),
        (0.005, 0.05, "very unlikely"),
        (0.999, 0.30, "unlikely"),
        (0.5, 0.5, "about as likely as not"),
        (1.0, 1.0, "virtually certain"),
    ],
)
def test_word_is_that_of_the_probability_nearer_to_one_half(probability, flat, word):
    assert Claim("c", "s", probability, flat).likelihood == word


def plainly(x, model):
    """What the claims compare, at length on arrays of draws; `buys` where there is a market."""
    second = (
        x.compute_intensity
        * x.compute_factor
        * x.gpu_price
        / 3600
        * (1 + x.serving_overhead)
        / x.utilisation
    )
    loss_rate = x.monthly_churn + x.discount_rate / 12
    if model == "subscription":
        x.generated, x.revenue, x.buys = (
            x.active_days * x.clips_per_day * x.seconds_per_clip,
            x.paid_conversion * x.subscription_price * (1 - x.store_fee) + x.other_revenue,
            True,
        )
    else:
        x.saving = x.displaced_share * x.incumbent_cost - x.labour_hours * x.wage / 60
        x.generated, x.revenue, x.buys = (
            x.finished_seconds * x.retakes,
            x.finished_seconds * x.value_capture * x.saving,
            x.saving > 0,
        )
        x.service_cost, x.acquisition_cost = (
            x.service_share * x.revenue,
            x.acquisition_ratio * 12 * x.revenue,
        )
    x.compute, x.loss_rate = x.generated * second, loss_rate
    x.contribution = x.revenue - x.compute - x.service_cost
    x.lifetime_value = x.contribution / loss_rate
    return x


DIRECT = {
    "covers_running_cost": lambda x, price: x.contribution > 0,
    "repays_acquisition": lambda x, price: x.lifetime_value > x.acquisition_cost,
    "consumer_cost_exceeds_revenue": lambda x, price: x.contribution < 0,
    "scale_does_not_mend": lambda x, price: (
        x.revenue - x.compute * x.utilisation - x.service_cost < 0
    ),
    "users_leave_before_payback": lambda x, price: (
        (x.revenue - x.service_cost) / x.loss_rate < x.acquisition_cost
    ),
    "losses_flow_to_infrastructure": lambda x, price: (
        x.compute
        > x.service_cost
        + x.paid_conversion * x.subscription_price * x.store_fee
        + x.acquisition_cost * x.loss_rate
    ),
    "suppliers_cap_profit": lambda x, price: (
        (x.contribution + x.compute * (1 - price.low / x.gpu_price) > 0)
        & (x.contribution + x.compute * (1 - price.high / x.gpu_price) < 0)
    ),
    "suppliers_earn_more": lambda x, price: (
        x.compute
        * (
            x.cloud_gross_margin
            + (1 - x.cloud_gross_margin)
            * x.accelerator_share
            * x.accelerator_gross_margin
            / (1 + x.serving_overhead)
        )
        > x.contribution
    ),
    "value_price_beats_seconds_price": lambda x, price: (
        x.value_capture * x.saving > x.retakes * x.api_price * x.compute_factor
    ),
}


@pytest.mark.parametrize("name", DIRECT)
def test_probability_is_the_share_of_draws_that_pass(study, name):
    for subject in BY_NAME[name].subjects(study):
        quantities = study.assumptions.of(subject)
        shares = []
        for weight in (PERT_WEIGHT, FLAT_WEIGHT):
            inputs = SimpleNamespace(**Draws(quantities, study.draws, study.seed, weight, {}))
            draws = plainly(inputs, study.assumptions.about(subject)["business_model"])
            shares.append(np.mean(DIRECT[name](draws, quantities["gpu_price"]) & draws.buys))
        found = claim(study, name, subject)
        assert (found.probability, found.probability_flat) == approx(
            tuple(shares), abs=1.5 / study.draws
        ), subject


# An hour of compute costs its price and nothing else is spent, so revenue is compared with the two
# ends of the price, 1 and 4.
AT_COST = dict(
    compute_intensity=3600,
    compute_factor=1,
    serving_overhead=0,
    utilisation=1,
    finished_seconds=1,
    retakes=1,
    service_cost=0,
)


@pytest.mark.parametrize(
    "name, inputs, expected",
    [
        ("covers_running_cost", dict(contribution=[-1e-9, 0, 1e-9]), [False, False, True]),
        (
            "repays_acquisition",
            dict(lifetime_value=[6.99, 7, 7.01], acquisition_cost=7),
            [False, False, True],
        ),
        (
            "consumer_cost_exceeds_revenue",
            dict(contribution=[-1e-9, 0, 1e-9]),
            [True, False, False],
        ),
        ("scale_does_not_mend", dict(contribution=[-1e-9, 0, 1e-9]), [True, False, False]),
        (
            "users_leave_before_payback",
            dict(
                revenue=[1.99, 2, 2.01],
                service_cost=1,
                monthly_churn=0.2,
                discount_rate=0.6,
                acquisition_cost=4,
            ),
            [True, False, False],
        ),  # 1 / (0.2 + 0.05) = 4
        (
            "losses_flow_to_infrastructure",
            dict(
                compute_cost=[5.99, 6, 6.01], service_cost=1, store_fees=2, acquisition_per_month=3
            ),
            [False, False, True],
        ),
        (
            "suppliers_cap_profit",
            AT_COST | dict(revenue=[0.5, 1, 1.01, 3.99, 4, 5]),
            [False, False, True, True, False, False],
        ),
        (
            "value_price_beats_seconds_price",
            dict(
                value_capture=0.25,
                saving_per_finished_second=[7.99, 8, 8.01],
                retakes=4,
                api_price=1,
                compute_factor=0.5,
            ),
            [False, False, True],
        ),
    ],
)
def test_what_lies_on_the_edge_does_not_pass(name, inputs, expected):
    """Equal is not more: a claim of more, or less, fails where both sides are the same."""
    case = Case("workflow", {key: np.asarray(value, float) for key, value in inputs.items()})
    world = SimpleNamespace(
        assumptions=SimpleNamespace(gpu_price=SimpleNamespace(low=1.0, high=4.0))
    )
    assert list(BY_NAME[name].holds(case, world, PERT_WEIGHT)) == expected


def test_professional_first_asks_for_both():
    """It covers its cost and earns more for a GPU-hour than the app: a truth table, app at 1."""
    contribution, per_hour = map(np.ravel, np.meshgrid([-1, 0, 1e-9, 0.5], [0.99, 1, 1.01]))
    app = Case("subscription", dict(contribution_per_gpu_hour=np.ones(len(contribution))))
    for weight in (PERT_WEIGHT, FLAT_WEIGHT):
        world = SimpleNamespace(
            consumer_segments=lambda: ["app"],
            drawn=lambda segment, asked, w=weight: {("app", w): app}[segment, asked],
        )
        case = Case("workflow", dict(contribution=contribution, contribution_per_gpu_hour=per_hour))
        expected = [c > 0 and p > 1 for c, p in zip(contribution, per_hour, strict=True)]
        assert (
            list(BY_NAME["professional_first"].holds(case, world, weight)) == expected
            and sum(expected) == 2
        )


def test_same_two_tests_for_every_segment(study):
    for name in ("covers_running_cost", "repays_acquisition"):
        assert list(BY_NAME[name].subjects(study)) == list(study.segments)


def test_claim_and_result_tell_one_probability(study):
    for segment in study.segments:
        assert (
            claim(study, "covers_running_cost", segment).probability
            == study.result(segment, "contribution")["probability_positive"]
        )


def test_claims_come_in_order_once_each(study):
    found = [(c.claim, c.subject) for c in claims(study)]
    assert found == [
        (test.name, subject) for test in CLAIMS for subject in test.subjects(study)
    ] and len(set(found)) == len(found)
    with pytest.raises(KeyError):
        claim(study, "everybody_pays", "consumer")
    for kept in (claims(study)[0], CLAIMS[0]):
        with pytest.raises(AttributeError):  # what is said once stays said
            kept.claimed = "something else"


@pytest.mark.parametrize(
    "probability, flat, answer",
    [
        (0.995, 0.7, "yes"),
        (0.66, 0.9, "yes"),
        (0.995, 0.5, "open"),
        (0.5, 0.005, "open"),
        (0.65, 0.34, "open"),
        (0.33, 0.1, "no"),
        (0.0, 0.0, "no"),
    ],
)
def test_the_answer_is_that_of_the_word(probability, flat, answer):
    assert Claim("c", "s", probability, flat).answer == answer


def test_the_scale_leaves_no_gap():
    """Each word begins where the next one ends, from one down to zero."""
    ends = [(highest, lowest) for _, lowest, highest in LIKELIHOODS]
    assert ends[0][0] == 1 and ends[-1][1] == 0
    assert all(above[1] == below[0] for above, below in pairwise(ends))
