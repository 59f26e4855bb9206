"""The claims under test: each with its test on the draws, its likelihood and its sentence.

In: a `Study`. Out: one `Claim` for each claim and subject. The same two tests,
`covers_running_cost` and `repays_acquisition`, are put to every segment, so consumers and
professionals meet one standard. Training of models and fixed cost come after both.

A probability is the share of draws, given the ranges, with PERT weight 4 and again with flat
ranges; the likelihood is that of the one nearer to one half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from analysis.findings.study import Study
from analysis.model.distributions import FLAT_WEIGHT, PERT_WEIGHT
from analysis.model.registry import Case
from analysis.model.trend import RESCUE_YEARS

# The IPCC's scale: a word, its lowest and its highest probability (Mastrandrea et al. 2010,
# guidance note on uncertainty of the fifth assessment report).
LIKELIHOODS = (
    ("virtually certain", 0.99, 1.00),
    ("very likely", 0.90, 0.99),
    ("likely", 0.66, 0.90),
    ("about as likely as not", 0.33, 0.66),
    ("unlikely", 0.10, 0.33),
    ("very unlikely", 0.01, 0.10),
    ("exceptionally unlikely", 0.00, 0.01),
)
AT_LEAST_LIKELY = tuple(word for word, lowest, _ in LIKELIHOODS if lowest > 0.5)
AT_MOST_UNLIKELY = tuple(word for word, _, highest in LIKELIHOODS if highest < 0.5)


def likelihood(probability: float) -> str:
    """The word for a probability; on a boundary the one farther from one half.

    >>> likelihood(0.995), likelihood(0.5), likelihood(0.33)
    ('virtually certain', 'about as likely as not', 'unlikely')
    """
    if probability >= 0.5:
        return next(word for word, lowest, _ in LIKELIHOODS if probability >= lowest)
    return next(word for word, _, highest in reversed(LIKELIHOODS) if probability <= highest)


@dataclass(frozen=True)
class ClaimDefinition:
    """A claim: what is claimed in short, whom it is about, its test of a case, and its sentence.

    The sentence, as in a cell of `%%prose`, goes on after the subject's name (`here`) and a colon;
    `likelihood` is the word with both shares.
    """

    name: str
    claimed: str
    subjects: Callable[[Study], Iterable[str]]
    holds: Callable[[Case, Study, float], np.ndarray]
    sentence: str


@dataclass(frozen=True)
class Claim:
    """What the draws say of one claim about one subject."""

    claim: str
    subject: str
    probability: float
    probability_flat: float

    @property
    def likelihood(self) -> str:
        """The word of the probability nearer to one half."""
        return likelihood(min(self.probability, self.probability_flat, key=lambda p: abs(p - 0.5)))

    @property
    def answer(self) -> str:
        """Whether it holds: yes if at least likely, no if at most unlikely, else open."""
        if self.likelihood in AT_LEAST_LIKELY:
            return "yes"
        return "no" if self.likelihood in AT_MOST_UNLIKELY else "open"


def _leaves_before_payback(case: Case, study: Study, weight: float) -> np.ndarray:
    loss_rate = case.monthly_churn + case.discount_rate / case.months_per_year
    return (case.revenue - case.service_cost) / loss_rate < case.acquisition_cost


def _mostly_compute(case: Case, study: Study, weight: float) -> np.ndarray:
    other = case.service_cost + case.store_fees + case.acquisition_per_month
    return case.compute_cost > other


def _lost_at_some_gpu_price(case: Case, study: Study, weight: float) -> np.ndarray:
    price = study.assumptions.gpu_price
    cheap, dear = case.replace(gpu_price=price.low), case.replace(gpu_price=price.high)
    return (cheap.contribution > 0) & (dear.contribution < 0)


def _earns_more_than_app(case: Case, study: Study, weight: float) -> np.ndarray:
    app = study.drawn(study.consumer_segments()[0], weight)
    more = case.contribution_per_gpu_hour > app.contribution_per_gpu_hour
    return (case.contribution > 0) & more


def _value_beats_seconds(case: Case, study: Study, weight: float) -> np.ndarray:
    by_value = case.value_capture * case.saving_per_finished_second
    return by_value > case.retakes * case.api_price * case.compute_factor


CLAIMS = (
    ClaimDefinition(
        "covers_running_cost",
        "covers its running cost",
        lambda study: study.segments,
        lambda case, study, weight: case.contribution > 0,
        "a customer-month contributes {{ here.contribution }} at the best values "
        "({{ here.contribution.range }}); it is {{ likelihood }} that it covers its running cost.",
    ),
    ClaimDefinition(
        "repays_acquisition",
        "repays what winning the customer costs",
        lambda study: study.segments,
        lambda case, study, weight: case.lifetime_value > case.acquisition_cost,
        "a customer's lifetime is worth {{ here.lifetime_value }} against "
        "{{ here.acquisition_cost }} to win the customer; "
        "it is {{ likelihood }} that it repays its acquisition.",
    ),
    ClaimDefinition(
        "consumer_cost_exceeds_revenue",
        "costs more to serve than it pays",
        Study.consumer_segments,
        lambda case, study, weight: case.contribution < 0,
        "a user brings {{ here.revenue }} a month and costs {{ here.compute_cost }} of compute and "
        "{{ here.service_cost }} of service; it is {{ likelihood }} that the cost exceeds the "
        "revenue.",
    ),
    ClaimDefinition(
        "scale_does_not_mend",
        "loses on every customer even with no GPU idle",
        Study.consumer_segments,
        lambda case, study, weight: case.replace(utilisation=1.0).contribution < 0,
        "it is {{ likelihood }} that a user still loses money with every GPU busy all the time, "
        "which is the most that scale can bring.",
    ),
    ClaimDefinition(
        "users_leave_before_payback",
        "loses users before they repay their acquisition, even with free compute",
        Study.consumer_segments,
        _leaves_before_payback,
        "it is {{ likelihood }} that users leave before they have repaid the "
        "{{ here.acquisition_cost }} which it costs to win them, even if compute were free.",
    ),
    ClaimDefinition(
        "losses_flow_to_infrastructure",
        "spends most of its money on compute",
        Study.consumer_segments,
        _mostly_compute,
        "compute is {{ here.compute_cost }} of a user's month beside {{ here.service_cost }} of "
        "service, {{ here.store_fees }} of store fees and {{ here.acquisition_per_month }} of "
        "acquisition; it is {{ likelihood }} that compute is more than half of all that is spent.",
    ),
    ClaimDefinition(
        "suppliers_cap_profit",
        "turns from profit to loss at some plausible GPU price",
        Study.workflow_segments,
        _lost_at_some_gpu_price,
        'with the GPU price {{ input("gpu_price").range }} an hour, it is {{ likelihood }} that '
        "some such price turns it from covering its cost to a loss.",
    ),
    ClaimDefinition(
        "suppliers_earn_more",
        "leaves its suppliers more gross profit than it contributes itself",
        Study.workflow_segments,
        lambda case, study, weight: case.supplier_gross_profit > case.contribution,
        "cloud and accelerator vendor keep {{ here.supplier_gross_profit }} of gross profit a "
        "month beside the {{ here.contribution }} that an account contributes; "
        "it is {{ likelihood }} that theirs is the larger.",
    ),
    ClaimDefinition(
        "professional_first",
        "covers its running cost and earns more for a GPU-hour than the consumer app",
        lambda study: study.thesis_segments() if study.consumer_segments() else [],
        _earns_more_than_app,
        "a GPU-hour contributes {{ here.contribution_per_gpu_hour }} beside "
        "{{ app.contribution_per_gpu_hour }} in the {{ app.title }}; it is {{ likelihood }} that "
        "it covers its running cost and earns more for a GPU-hour than the consumer app.",
    ),
    ClaimDefinition(
        "efficiency_rescues_consumer",
        "covers its running cost within five years on trend",
        Study.consumer_segments,
        lambda case, study, weight: case.break_even_year <= RESCUE_YEARS,
        "a second may cost {{ here.headroom }} times what it does, and on trend costs "
        '{{ shared.yearly_cost_factor["all"] }} times as much in a year\'s time; '
        "it is {{ likelihood }} that it covers its running cost within five years.",
    ),
    ClaimDefinition(
        "value_price_beats_seconds_price",
        "earns more by a share of the saving than by selling seconds",
        Study.workflow_segments,
        _value_beats_seconds,
        "it is {{ likelihood }} that a price by value, {{ here.revenue }} a month, brings more "
        'than selling the same seconds at {{ input("api_price") }} each.',
    ),
)
BY_NAME = {definition.name: definition for definition in CLAIMS}
_known: WeakKeyDictionary[Study, dict[tuple[str, str], Claim]] = WeakKeyDictionary()


def claim(study: Study, name: str, subject: str) -> Claim:
    """One claim about one subject. Raises: KeyError for a claim that does not exist."""
    known = _known.setdefault(study, {})
    if (name, subject) not in known:
        holds = BY_NAME[name].holds
        drawn, flat = (
            study.probability(subject, lambda case, w=weight: holds(case, study, w), weight)
            for weight in (PERT_WEIGHT, FLAT_WEIGHT)
        )
        known[name, subject] = Claim(name, subject, drawn, flat)
    return known[name, subject]


def claims(study: Study) -> list[Claim]:
    """Every claim about every subject, in the order of `CLAIMS`."""
    pairs = [(definition.name, s) for definition in CLAIMS for s in definition.subjects(study)]
    return [claim(study, *pair) for pair in pairs]
