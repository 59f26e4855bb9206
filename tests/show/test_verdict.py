"""The verdict follows the claims: the oracle is the list of claims, and worlds in which the answer turns round."""

import pytest

from analysis.findings.claims import CLAIMS, Claim, claim
from analysis.show import verdict as summary
from analysis.show.chapter import open_chapter
from analysis.show.prose import plain_text

RICH = {
    "consumer.subscription_price": 1000,
    "consumer.paid_conversion": 1.0,
    "consumer.store_fee": 0.0,
    "consumer.monthly_churn": 0.01,
}
CHEAP = {"gpu_price": 0.01, "compute_intensity": 0.01}


def a_claim(probability, flat=None):
    return Claim(
        "repays_acquisition", "x", "claimed", probability, probability if flat is None else flat, ""
    )


def test_claims_are_sorted_by_their_word():
    likely, undecided, unlikely = summary.sorted_out(
        [a_claim(0.995), a_claim(0.5), a_claim(0.05), a_claim(0.7), a_claim(0.99, 0.5)]
    )
    assert [c.probability for c in likely] == [0.995, 0.7]
    assert [c.probability for c in undecided] == [0.5, 0.99]
    assert [c.probability for c in unlikely] == [0.05]


@pytest.mark.parametrize(
    "overrides, app, named, paying",
    [
        ({}, None, None, None),
        (RICH, "yes", None, "Consumer app"),
        (
            {
                f"{s}.value_capture": 0.00001
                for s in (
                    "previs",
                    "archviz",
                    "performance_ads",
                    "tv_spot",
                    "training",
                    "product_video",
                )
            }
            | {"prosumer.subscription_price": 0, "prosumer.other_revenue": 0},
            "no",
            "no",
            "nobody at these numbers",
        ),
        (
            {
                **CHEAP,
                "previs.value_capture": 1.0,
                "previs.acquisition_ratio": 0.0001,
                "previs.displaced_share": 1.0,
                "previs.labour_hours": 0.0001,
            },
            None,
            "mixed",
            "Film pre-visualisation",
        ),
    ],
)
def test_the_verdict_says_what_the_claims_say(overrides, app, named, paying):
    study = open_chapter(overrides=overrides, draws=300)
    text = plain_text(summary.verdict(study))
    for segment in study.consumer_segments():
        c = claim(study, "repays_acquisition", segment)
        assert "costs USD" in text and f"it is {c.likelihood} (" in text
    assert app is None or f"Consumer app: {app}." in text
    assert named is None or f"said to carry the cost: {named}." in text
    if paying is not None:
        assert paying in text[text.index("At least likely to pay off:") :]
    likely = [
        study.title(s)
        for s in study.segments
        if claim(study, "repays_acquisition", s).likelihood in summary.AT_LEAST_LIKELY
    ]
    start = text.index("At least likely to pay off: ")
    assert all(title in text[start:] for title in likely)
    assert "nan" not in text and "inf" not in text


def test_every_claim_of_the_argument_has_a_row_with_every_subject(study):
    """The oracle is the list of tests: one row each, all subjects named with their word."""
    rows = str(summary.claims_of_the_argument(study)).split("<tbody>")[1].split("</tr>")[:-1]
    assert len(rows) == len(CLAIMS) - 2
    for test, row in zip(CLAIMS[2:], rows):
        assert test.claimed in plain_text(row)
        for subject in test.subjects(study):
            assert (
                study.title(subject) in plain_text(row)
                and f'data-claim="{test.name}/{subject}"' in row
            )


def test_what_list_prices_imply_is_counted(study):
    """The oracle is the break-even share, since contribution rises with the share: a segment loses where it lies above the low end."""
    losing = sum(
        study.result(s, "break_even", "value_capture")["value"]
        > study.assumptions.own(s)["value_capture"].low
        for s in study.workflow_segments()
    )
    words = "none" if not losing else "all" if losing == len(study.workflow_segments()) else losing
    assert (
        f"imply, {words} of the {len(study.workflow_segments())} professional segments lose"
        in plain_text(summary.unobserved(study))
    )


def test_the_headline_stands_in_the_results(study):
    for metric in ("revenue_per_generated_second", "full_cost_per_generated_second"):
        assert f'data-result="consumer/{metric}/"' in summary.headline(study)
