"""The claims. Oracles: the IPCC's scale as published, each test on the same draws in NumPy, brute
force for what is conditional or about several segments. Another reckoning is in promises."""

from itertools import pairwise

import numpy as np
import pytest
from pytest import approx

from analysis.findings.claims import (
    BY_NAME,
    CLAIMS,
    FEWEST,
    LIKELIHOODS,
    claim,
    claims,
    in_the_way,
    likelihood,
    who,
)
from analysis.findings.confidence import of_metric
from analysis.model.registry import METRICS, Case
from analysis.show.chapter import open_chapter


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


EDGE = [-1e-9, 0, 1e-9]


@pytest.mark.parametrize(
    "name, inputs, expected",
    [
        ("covers_running_cost", dict(contribution=EDGE), [False, False, True]),
        ("repays_acquisition", dict(net_value=EDGE), [False, False, True]),
        ("repays_with_free_compute", dict(net_value_with_free_compute=EDGE), [False, False, True]),
        ("pays_off_on_trend", dict(net_value_on_trend=EDGE), [False, False, True]),
        (
            "could_carry",
            dict(value_created=[6.99, 7, 7.01], compute_cost=3, service_cost=4),
            [False, False, True],
        ),
        (
            "best_peer_would_cover",
            dict(best_peer_revenue=[6.99, 7, 7.01], compute_cost=3, service_cost=4),
            [False, False, True],
        ),
        (
            "consumer_cost_exceeds_revenue",
            dict(compute_cost=[2.99, 3, 3.01], revenue=3),
            [False, False, True],
        ),
        ("scale_does_not_mend", dict(contribution=EDGE), [True, False, False]),
        (
            "losses_flow_to_suppliers",
            dict(supplier_gross_profit=[2.99, 3, 3.01], revenue=3),
            [False, False, True],
        ),
        (
            "suppliers_cap_profit",
            dict(supplier_gross_profit=[2.99, 3, 3.01], contribution=3),
            [False, False, True],
        ),
        ("efficiency_rescues_consumer", dict(break_even_year=[0, 5, 5.01]), [True, True, False]),
        (
            "value_price_beats_seconds_price",
            dict(revenue=[2.99, 3, 3.01], metered_price=3),
            [False, False, True],
        ),
    ],
)
def test_what_lies_on_the_edge_does_not_pass(name, inputs, expected):
    """Equal is not more: a claim of more, or less, fails where both sides are the same."""
    case = Case("account", {key: np.asarray(value, float) for key, value in inputs.items()})
    assert list(BY_NAME[name].holds(case, None, False)) == expected


def test_every_claim_has_its_edge_tested_or_is_made_of_two():
    cases = test_what_lies_on_the_edge_does_not_pass.pytestmark[0].args[1]
    assert set(BY_NAME) - {name for name, *_ in cases} == {"professional_first"}


def test_scale_is_a_fleet_without_an_idle_hour(study):
    for app in study.consumer_segments():
        case = study.drawn(app)
        best = case.compute_cost * case.utilisation
        loses = case.revenue - case.service_cost - best < 0
        assert claim(study, "scale_does_not_mend", app).probability == np.mean(loses)


def test_professional_first_asks_for_both():
    """It covers its cost and earns more for a GPU-hour than the app: a truth table, app at 1."""
    contribution, per_hour = map(np.ravel, np.meshgrid([-1, 0, 1e-9, 0.5], [0.99, 1, 1.01]))
    app = Case("subscription", dict(contribution_per_gpu_hour=np.ones(len(contribution))))

    class World:
        def consumer_segments(self):
            return ["app"]

        def drawn(self, segment, wide):
            return {("app", True): app}[segment, wide]

    inputs = dict(contribution=contribution, contribution_per_gpu_hour=per_hour)
    found = BY_NAME["professional_first"].holds(Case("metered", inputs), World(), True)
    expected = [c > 0 and p > 1 for c, p in zip(contribution, per_hour, strict=True)]
    assert list(found) == expected and sum(expected) == 2


def test_same_two_tests_for_every_segment(study):
    for name in ("covers_running_cost", "repays_acquisition"):
        assert list(BY_NAME[name].subjects(study)) == [*study.segments, "named_any", "named_all"]


def test_claim_and_result_tell_one_probability(study):
    told = {
        "covers_running_cost": "contribution",
        "repays_acquisition": "net_value",
        "repays_with_free_compute": "net_value_with_free_compute",
        "pays_off_on_trend": "net_value_on_trend",
    }
    for segment in study.segments:
        for name, metric in told.items():
            result = study.result(segment, metric)["probability_positive"]
            assert claim(study, name, segment).probability == result


@pytest.mark.parametrize("wide", [False, True])
def test_any_and_all_by_brute_force(study, wide):
    """Draw by draw: shared quantities are the same in each of the segments named."""
    for name, metric in {
        "covers_running_cost": "contribution",
        "repays_acquisition": "net_value",
    }.items():
        drawn = [getattr(study.drawn(s, wide), metric) for s in study.thesis_segments()]
        counts = [sum(x[i] > 0 for x in drawn) for i in range(study.draws)]
        for subject, least in (("named_any", 1), ("named_all", len(drawn))):
            found = claim(study, name, subject)
            share = found.probability_wide if wide else found.probability
            assert share == approx(np.mean([count >= least for count in counts]))


def test_conditional_probability_by_brute_force(study):
    for segment in study.workflow_segments():
        case, found = study.drawn(segment), claim(study, "suppliers_cap_profit", segment)
        pairs = zip(case.supplier_gross_profit, case.contribution, strict=True)
        told = [gross > kept for gross, kept in pairs if kept > 0]
        assert found.probability == approx(np.mean(told))
        assert found.condition == approx(len(told) / study.draws)
        assert found.condition == claim(study, "covers_running_cost", segment).probability


def test_few_draws_of_a_condition_have_no_word():
    """Of 400 draws a condition that holds in most is too rare; what has no condition has a word."""
    study = open_chapter(draws=FEWEST)
    for segment in study.workflow_segments():
        found = claim(study, "suppliers_cap_profit", segment)
        told = found.condition * study.draws >= FEWEST
        assert (found.likelihood != "") == (found.confidence != "") == told
        assert found.answer == "open" or told
        assert claim(study, "could_carry", segment).likelihood


def test_a_condition_that_never_holds_leaves_nothing():
    study = open_chapter(overrides={"gpu_price": 100, "served_intensity": 10000}, draws=500)
    found = claim(study, "suppliers_cap_profit", "tv_spot")
    assert found.condition == 0 and np.isnan([found.probability, found.probability_wide]).all()
    assert found.likelihood == found.confidence == "" and found.answer == "open"


def test_confidence_is_that_of_the_weakest_of_several(study):
    order = ["low", "medium", "high"]
    for name in ("covers_running_cost", "repays_acquisition"):
        for subject in ("named_any", "named_all"):
            found = claim(study, name, subject)
            same = found.likelihood == likelihood(found.probability_wide)
            metric = BY_NAME[name].weighed_by
            each = [of_metric(study, s, metric, same) for s in study.thesis_segments()]
            assert found.confidence == min(each, key=order.index)


def test_claims_come_in_order_once_each(study):
    found = [(c.claim, c.subject) for c in claims(study)]
    assert found == [(test.name, subject) for test in CLAIMS for subject in test.subjects(study)]
    assert len(set(found)) == len(found)
    assert {test.weighed_by for test in CLAIMS} <= set(METRICS)
    with pytest.raises(KeyError):
        claim(study, "everybody_pays", "consumer")
    for kept in (claims(study)[0], CLAIMS[0]):
        with pytest.raises(AttributeError):  # what is said once stays said
            kept.probability = 1.0


def test_who_is_spoken_of(study):
    assert who(study, "previs") == study.assumptions.about("previs")["phrase"]
    assert who(study, "named_any").startswith("at least one") and "every one" in who(
        study, "named_all"
    )


@pytest.mark.parametrize(
    "covers, free, repays, lost, expected",
    [
        (0.3, 0.9, 0.2, (0.5, 0.2), ("compute",)),
        (0.9, 0.4, 0.2, (0.2, 0.5), ("selling",)),
        (0.3, 0.4, 0.1, (0.4, 0.4), ("compute", "selling")),
        (0.9, 0.9, 0.8, (0.1, 0.1), ()),
        (0.8, 0.7, 0.5, (0.2, 0.3), ("selling",)),  # neither is at fault alone: the larger
        (0.7, 0.8, 0.5, (0.3, 0.2), ("compute",)),
    ],
)
def test_what_stands_in_the_way(covers, free, repays, lost, expected):
    """A truth table of the three probabilities and of the shares lost."""
    told = {"covers_running_cost": covers, "repays_with_free_compute": free}
    told["repays_acquisition"] = repays

    class World:
        def once(self, key, make):
            word = likelihood(told[key[1]])
            answer = "yes" if told[key[1]] >= 0.66 else "no"
            return type("Told", (), {"answer": answer, "likelihood": word})

        def result(self, segment, metric):
            return {"value": dict(zip(("compute", "selling"), lost, strict=True))[metric[8:]]}

    assert in_the_way(World(), "previs") == expected


def test_the_scale_leaves_no_gap():
    """Each word begins where the next one ends, from one down to zero."""
    ends = [(highest, lowest) for _, lowest, highest in LIKELIHOODS]
    assert ends[0][0] == 1 and ends[-1][1] == 0
    assert all(above[1] == below[0] for above, below in pairwise(ends))
