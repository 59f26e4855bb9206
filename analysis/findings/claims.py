"""The claims under test: each with its test on the draws, its likelihood and its sentence.

In: a `Study`. Out: one `Claim` for each claim and subject. The same two tests,
`covers_running_cost` and `repays_acquisition`, are put to every segment, so consumers and
professionals meet one standard. Training of models and fixed cost come after both.

A probability is the share of draws, given the ranges, or of those in which a condition holds. A
second reading, with ranges half as wide again, serves the confidence alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.findings.confidence import of_metric
from analysis.findings.study import Study
from analysis.model.registry import Case
from analysis.model.trend import RESCUE_YEARS

FEWEST = 400  # draws of a condition, for a likelihood to be told
TOGETHER = {"named_any": np.any, "named_all": np.all}  # subjects made of the segments named
CONFIDENCES = ("low", "medium", "high")
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


Test = Callable[[Case, Study, bool], np.ndarray]


@dataclass(frozen=True)
class ClaimDefinition:
    """A claim: what is claimed in short, whom it is about, its test of draws, and its sentence.

    `weighed_by` is the metric whose inputs the confidence weighs. `given` is the condition of a
    conditional claim. The sentence, as in a cell of `%%prose`, knows the subject as `who` and, if
    it is a segment, as `here`; `likelihood` is the word with its probability.
    """

    name: str
    claimed: str
    subjects: Callable[[Study], Iterable[str]]
    holds: Test
    sentence: str
    weighed_by: str = "contribution_margin"
    given: Test | None = None


@dataclass(frozen=True)
class Claim:
    """What the draws say of one claim about one subject.

    Probabilities are nan where the condition holds in no draw; `condition` is its own probability.
    """

    study: Study
    definition: ClaimDefinition
    subject: str
    probability: float
    probability_wide: float
    condition: float

    @property
    def claim(self) -> str:
        """The name of the claim."""
        return self.definition.name

    @property
    def likelihood(self) -> str:
        """The word of the probability; empty with too few draws behind it."""
        if self.definition.given and self.condition * self.study.draws < FEWEST:
            return ""
        return likelihood(self.probability)

    @cached_property
    def confidence(self) -> str:
        """High, medium or low; of several segments together, the least; empty without a word."""
        if not self.likelihood:
            return ""
        same = self.likelihood == likelihood(self.probability_wide)
        if self.subject in TOGETHER:
            named = self.study.thesis_segments()
        else:
            named = [self.subject]
        metric = self.definition.weighed_by
        found = [of_metric(self.study, segment, metric, same) for segment in named]
        return min(found, key=CONFIDENCES.index)

    @property
    def answer(self) -> str:
        """Whether it holds: yes if at least likely, no if at most unlikely, else open."""
        if self.likelihood in AT_LEAST_LIKELY:
            return "yes"
        if self.likelihood in AT_MOST_UNLIKELY:
            return "no"
        return "open"


def _with_named(study: Study) -> list[str]:
    named = study.thesis_segments()
    return [*study.segments, *(TOGETHER if named else ())]


def _account_segments(study: Study) -> list[str]:
    return [s for s in study.segments if study.business_model(s) == "account"]


def _covers(case: Case, study: Study, wide: bool) -> np.ndarray:
    return case.contribution > 0


def _earns_more_than_app(case: Case, study: Study, wide: bool) -> np.ndarray:
    app = study.drawn(study.consumer_segments()[0], wide)
    more = case.contribution_per_gpu_hour > app.contribution_per_gpu_hour
    return (case.contribution > 0) & more


CLAIMS = (
    ClaimDefinition(
        "covers_running_cost",
        "covers the cost of a month",
        _with_named,
        _covers,
        "It is {{ likelihood }} that {{ who }} covers its running cost.",
    ),
    ClaimDefinition(
        "repays_acquisition",
        "repays what winning the customer costs",
        _with_named,
        lambda case, study, wide: case.net_value > 0,
        "It is {{ likelihood }} that {{ who }} repays what it costs to win a customer.",
        weighed_by="net_value",
    ),
    ClaimDefinition(
        "repays_with_free_compute",
        "would repay what winning the customer costs if compute were free",
        lambda study: study.segments,
        lambda case, study, wide: case.net_value_with_free_compute > 0,
        "It is {{ likelihood }} that {{ who }} would repay what it costs to win a customer "
        "if compute were free.",
        weighed_by="net_value_with_free_compute",
    ),
    ClaimDefinition(
        "pays_off_on_trend",
        "repays what winning the customer costs while costs and prices follow their trends",
        lambda study: study.segments,
        lambda case, study, wide: case.net_value_on_trend > 0,
        "It is {{ likelihood }} that {{ who }} repays what it costs to win a customer today, "
        "with costs and prices on trend.",
        weighed_by="net_value_on_trend",
    ),
    ClaimDefinition(
        "could_carry",
        "creates more value for the customer than serving it costs",
        Study.workflow_segments,
        lambda case, study, wide: case.value_created > case.running_cost,
        "It is {{ likelihood }} that what {{ who }} is worth to the customer, "
        "{{ here.value_created }} a month, exceeds the running cost.",
        weighed_by="value_created",
    ),
    ClaimDefinition(
        "best_peer_would_cover",
        "would cover the cost of a month if it earned as much as its best peer",
        Study.subscription_segments,
        lambda case, study, wide: case.best_peer_revenue > case.running_cost,
        "It is {{ likelihood }} that {{ who }} would cover its running cost "
        "if it earned as much as its best peer.",
        weighed_by="running_cost",
    ),
    ClaimDefinition(
        "consumer_cost_exceeds_revenue",
        "spends more on compute than it earns",
        Study.consumer_segments,
        lambda case, study, wide: case.compute_cost > case.revenue,
        "It is {{ likelihood }} that {{ who }} spends more on a user's compute, "
        "{{ here.compute_cost }} a month, than the user brings, {{ here.revenue }}.",
    ),
    ClaimDefinition(
        "scale_does_not_mend",
        "loses on every customer even with no GPU idle",
        Study.consumer_segments,
        lambda case, study, wide: case.replace(utilisation=1.0).contribution < 0,
        "It is {{ likelihood }} that {{ who }} loses money on a user even with every GPU busy all "
        "the time, which is the most that scale can bring.",
    ),
    ClaimDefinition(
        "professional_first",
        "covers the cost of a month and earns more for a GPU-hour than the consumer app",
        lambda study: study.thesis_segments() if study.consumer_segments() else [],
        _earns_more_than_app,
        "It is {{ likelihood }} that {{ who }} covers its running cost and earns more for a "
        "GPU-hour than the consumer app.",
    ),
    ClaimDefinition(
        "losses_flow_to_suppliers",
        "leaves its suppliers more gross profit than it takes in",
        Study.consumer_segments,
        lambda case, study, wide: case.supplier_gross_profit > case.revenue,
        "It is {{ likelihood }} that cloud and chip maker earn more on a user of {{ who }}, "
        "{{ here.supplier_gross_profit }} a month, than the user brings, {{ here.revenue }}.",
    ),
    ClaimDefinition(
        "suppliers_cap_profit",
        "leaves its suppliers more gross profit than it keeps, where it covers its cost",
        Study.workflow_segments,
        lambda case, study, wide: case.supplier_gross_profit > case.contribution,
        "Where {{ who }} covers its running cost, in {{ condition }} of draws, it is "
        "{{ likelihood }} that cloud and chip maker earn more on an account than the vendor.",
        given=_covers,
    ),
    ClaimDefinition(
        "efficiency_rescues_consumer",
        "covers the cost of a month within five years on trend",
        Study.consumer_segments,
        lambda case, study, wide: case.break_even_year <= RESCUE_YEARS,
        "It is {{ likelihood }} that {{ who }} covers its running cost today or within five years "
        "on trend.",
        weighed_by="net_value_on_trend",
    ),
    ClaimDefinition(
        "value_price_beats_seconds_price",
        "earns more from an account than its seconds would bring singly",
        _account_segments,
        lambda case, study, wide: case.revenue > case.metered_price,
        "It is {{ likelihood }} that {{ who }} earns more from an account, "
        "{{ here.revenue }} a month, than the same seconds would bring when sold singly, "
        "{{ here.metered_price }}.",
        weighed_by="metered_price",
    ),
)
BY_NAME = {definition.name: definition for definition in CLAIMS}


def claim(study: Study, name: str, subject: str) -> Claim:
    """One claim about one subject. Raises: KeyError for a claim that does not exist."""

    def make() -> Claim:
        shares = study.once((_asked, name, subject), lambda: _asked(study, name, subject))
        return Claim(study, BY_NAME[name], subject, *shares)

    return study.once((claim, name, subject), make)


def _asked(study: Study, name: str, subject: str) -> list[float]:
    """Probability, the same with ranges half as wide again, and probability of the condition."""
    probability, condition = _shares(study, BY_NAME[name], subject, wide=False)
    wide, _ = _shares(study, BY_NAME[name], subject, wide=True)
    return [probability, wide, condition]


def _shares(
    study: Study, definition: ClaimDefinition, subject: str, wide: bool
) -> tuple[float, float]:
    """The probability of a claim, given its condition, and that of the condition."""
    true = _in_draws(study, definition.holds, subject, wide)
    if definition.given is None:
        return float(true.mean()), 1.0
    where = _in_draws(study, definition.given, subject, wide)
    if where.any():
        share = float(true[where].mean())
    else:
        share = float("nan")
    return share, float(where.mean())


def _in_draws(study: Study, test: Test, subject: str, wide: bool) -> np.ndarray:
    """In which draws a test holds of a segment, or of any or all that the argument names."""
    if subject not in TOGETHER:
        return np.broadcast_to(test(study.drawn(subject, wide), study, wide), study.draws)
    each = [_in_draws(study, test, segment, wide) for segment in study.thesis_segments()]
    return TOGETHER[subject](each, axis=0)


def claims(study: Study) -> list[Claim]:
    """Every claim about every subject, in the order of `CLAIMS`."""
    pairs = [(definition.name, s) for definition in CLAIMS for s in definition.subjects(study)]
    return [claim(study, *pair) for pair in pairs]


def who(study: Study, subject: str) -> str:
    """A subject in the middle of a sentence, in the singular."""
    if subject in TOGETHER:
        which = {"named_any": "at least one", "named_all": "every one"}[subject]
        return f"{which} of the uses that the argument names"
    return study.assumptions.about(subject)["phrase"]


def in_the_way(study: Study, segment: str) -> tuple[str, ...]:
    """What keeps a segment from repaying: `compute`, `selling`, both or, if it repays, neither.

    Compute, where covering the running cost is not at least likely; selling, where repaying is not
    even with free compute; where neither decides, the one to which more of the draws are lost.
    """
    decided = {"compute": "covers_running_cost", "selling": "repays_with_free_compute"}
    found = []
    for cause, name in decided.items():
        if claim(study, name, segment).answer != "yes":
            found.append(cause)
    if found or claim(study, "repays_acquisition", segment).answer == "yes":
        return tuple(found)
    lost = {cause: study.result(segment, f"lost_to_{cause}")["value"] for cause in decided}
    return (max(lost, key=lost.get),)
