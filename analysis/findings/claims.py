"""The claims under test: each with its test on the draws, its likelihood word and the sentence it is told in.

In: a `Study`. Out: one `Claim` for each claim and subject. The same two tests, `covers_running_cost`
and `repays_acquisition`, are put to every segment, so consumers and professionals meet one standard.
Training of models and fixed cost come after both.

A probability is the share of draws, given the ranges, with PERT weight 4 and again with flat ranges;
the likelihood word is that of the one nearer to one half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from analysis.findings.sample import repays
from analysis.findings.study import Study
from analysis.model.distributions import FLAT_WEIGHT, PERT_WEIGHT
from analysis.model.metrics import Case
from analysis.model.suppliers import supplier_gross_profit
from analysis.model.trend import covered_within

SCALE = ((0.99, "virtually certain"), (0.90, "very likely"), (0.66, "likely"))
MIRROR = ((0.01, "exceptionally unlikely"), (0.10, "very unlikely"), (0.33, "unlikely"))


@dataclass(frozen=True)
class Claim:
    """What the draws say of one claim about one subject; `template` is the sentence before its numbers."""

    claim: str
    subject: str
    claimed: str
    probability: float
    probability_flat: float
    template: str

    @property
    def likelihood(self) -> str:
        """The word of the probability nearer to one half."""
        return likelihood(min(self.probability, self.probability_flat, key=lambda p: abs(p - 0.5)))


def likelihood(probability: float) -> str:
    """The word of the IPCC's scale for a probability.

    Source: Mastrandrea et al. (2010), guidance note on uncertainty of the IPCC's fifth assessment report.

    >>> likelihood(0.995), likelihood(0.5), likelihood(0.05)
    ('virtually certain', 'about as likely as not', 'very unlikely')
    """
    for limit, word in SCALE:
        if probability >= limit:
            return word
    for limit, word in MIRROR:
        if probability <= limit:
            return word
    return "about as likely as not"


@dataclass(frozen=True)
class ClaimDefinition:
    """A claim: the short form of what is claimed, whom it is about, the test of a case, the template of its sentence."""

    name: str
    claimed: str
    subjects: Callable[[Study], Iterable[str]]
    holds: Callable[[Case, Study, float], np.ndarray]
    template: str


def _lost_at_some_gpu_price(case: Case, study: Study, weight: float) -> np.ndarray:
    price = study.assumptions.gpu_price
    return (case.replace(gpu_price=price.low).contribution > 0) & (
        case.replace(gpu_price=price.high).contribution < 0
    )


def _earns_more_than_app(case: Case, study: Study, weight: float) -> np.ndarray:
    app = study.drawn(study.consumer_segments()[0], weight)
    return (case.contribution > 0) & (
        case.contribution_per_gpu_hour > app.contribution_per_gpu_hour
    )


CLAIMS = (
    ClaimDefinition(
        "covers_running_cost",
        "covers its running cost",
        lambda study: study.segments,
        lambda case, study, weight: case.contribution > 0,
        "{title here}: a customer-month contributes {here/contribution} at the best values "
        "({here/contribution@range}); it is {verdict} that it covers its running cost.",
    ),
    ClaimDefinition(
        "repays_acquisition",
        "repays what winning the customer costs",
        lambda study: study.segments,
        lambda case, study, weight: repays(case),
        "{title here}: a customer's lifetime is worth {here/lifetime_value} against {here/acquisition_cost} to win the customer; "
        "it is {verdict} that it repays its acquisition.",
    ),
    ClaimDefinition(
        "consumer_cost_exceeds_revenue",
        "costs more to serve than it pays",
        Study.consumer_segments,
        lambda case, study, weight: case.contribution < 0,
        "{title here}: a user brings {here/revenue} a month and costs {here/compute_cost} of compute and {here/service_cost} of service; "
        "it is {verdict} that the cost exceeds the revenue.",
    ),
    ClaimDefinition(
        "scale_does_not_mend",
        "loses on every customer even with no GPU idle",
        Study.consumer_segments,
        lambda case, study, weight: case.replace(utilisation=1.0).contribution < 0,
        "{title here}: it is {verdict} that a user still loses money with every GPU busy all the time, which is the most that scale can bring.",
    ),
    ClaimDefinition(
        "users_leave_before_payback",
        "loses users before they repay their acquisition, even with free compute",
        Study.consumer_segments,
        lambda case, study, weight: (
            (case.revenue - case.service_cost)
            / (case.monthly_churn + case.discount_rate / case.months_per_year)
            < case.acquisition_cost
        ),
        "{title here}: it is {verdict} that users leave before they have repaid the {here/acquisition_cost} which it costs to win them, "
        "even if compute were free.",
    ),
    ClaimDefinition(
        "losses_flow_to_infrastructure",
        "spends most of its money on compute",
        Study.consumer_segments,
        lambda case, study, weight: (
            case.compute_cost
            > (case.compute_cost + case.service_cost + case.store_fees + case.acquisition_per_month)
            / 2
        ),
        "{title here}: compute is {here/compute_cost} of a user's month beside {here/service_cost} of service, {here/store_fees} of store fees and "
        "{here/acquisition_per_month} of acquisition; it is {verdict} that compute is more than half of all that is spent.",
    ),
    ClaimDefinition(
        "suppliers_cap_profit",
        "turns from profit to loss at some plausible GPU price",
        Study.workflow_segments,
        _lost_at_some_gpu_price,
        "{title here}: with the GPU price {range gpu_price} an hour, it is {verdict} that some such price turns it from covering its cost to a loss.",
    ),
    ClaimDefinition(
        "suppliers_earn_more",
        "leaves its suppliers more gross profit than it contributes itself",
        Study.workflow_segments,
        lambda case, study, weight: supplier_gross_profit(case) > case.contribution,
        "{title here}: cloud and accelerator vendor keep {here/supplier_gross_profit} of gross profit a month beside the {here/contribution} that an account "
        "contributes; it is {verdict} that theirs is the larger.",
    ),
    ClaimDefinition(
        "professional_first",
        "covers its running cost and earns more for a GPU-hour than the consumer app",
        lambda study: study.thesis_segments() if study.consumer_segments() else [],
        _earns_more_than_app,
        "{title here}: a GPU-hour contributes {here/contribution_per_gpu_hour} beside {app/contribution_per_gpu_hour} in the {title app}; it is {verdict} that "
        "it covers its running cost and earns more for a GPU-hour than the consumer app.",
    ),
    ClaimDefinition(
        "efficiency_rescues_consumer",
        "covers its running cost within five years on trend",
        Study.consumer_segments,
        lambda case, study, weight: covered_within(case),
        "{title here}: a second may cost {here/headroom} times what it does, and on trend costs {all/yearly_cost_factor/all} times as much in a year's time; "
        "it is {verdict} that it covers its running cost within five years.",
    ),
    ClaimDefinition(
        "value_price_beats_seconds_price",
        "earns more by a share of the saving than by selling seconds",
        Study.workflow_segments,
        lambda case, study, weight: (
            case.value_capture * case.saving_per_finished_second
            > case.retakes * case.api_price * case.compute_factor
        ),
        "{title here}: it is {verdict} that a price by value, {here/revenue} a month, brings more than selling the same seconds at {input api_price} each.",
    ),
)


def claim(study: Study, name: str, subject: str) -> Claim:
    """One claim about one subject, with both probabilities.

    Raises: KeyError for a claim that does not exist.
    """
    if (name, subject) not in study.kept:
        test = BY_NAME[name]
        both = [
            study.probability(subject, lambda case: test.holds(case, study, weight), weight)
            for weight in (PERT_WEIGHT, FLAT_WEIGHT)
        ]
        study.kept[name, subject] = Claim(name, subject, test.claimed, *both, test.template)
    return study.kept[name, subject]


def claims(study: Study) -> list[Claim]:
    """Every claim about every subject, in the order of `TESTS`."""
    return [claim(study, test.name, subject) for test in CLAIMS for subject in test.subjects(study)]


BY_NAME = {test.name: test for test in CLAIMS}
