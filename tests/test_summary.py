"""The verdict follows the claims: the oracle is the list of claims, and worlds in which the answer turns round."""
import pytest

from analysis import summary
from analysis.chapter import open_chapter
from analysis.findings import Claim, claim
from analysis.prose import plain

RICH = {"consumer.subscription_price": 1000, "consumer.paid_conversion": 1.0, "consumer.store_fee": 0.0, "consumer.monthly_churn": 0.01}
CHEAP = {"gpu_price": 0.01, "compute_intensity": 0.01}


def a_claim(probability, flat=None):
    return Claim("repays_acquisition", "x", "claimed", probability, probability if flat is None else flat, "")


def test_claims_are_sorted_by_their_word():
    likely, undecided, unlikely = summary.sorted_out([a_claim(0.995), a_claim(0.5), a_claim(0.05), a_claim(0.7), a_claim(0.99, 0.5)])
    assert [c.probability for c in likely] == [0.995, 0.7]
    assert [c.probability for c in undecided] == [0.5, 0.99]
    assert [c.probability for c in unlikely] == [0.05]


@pytest.mark.parametrize("overrides, app, named, paying", [
    ({}, None, None, None),
    (RICH, "yes", None, "Consumer app"),
    ({f"{s}.value_capture": 0.00001 for s in ("previs", "archviz", "performance_ads", "tv_spot", "training", "product_video")}
     | {"prosumer.subscription_price": 0, "prosumer.other_revenue": 0}, "no", "no", "nobody at these numbers"),
    ({**CHEAP, "previs.value_capture": 1.0, "previs.acquisition_ratio": 0.0001, "previs.displaced_share": 1.0,
      "previs.labour_hours": 0.0001}, None, "mixed", "Film pre-visualisation"),
])
def test_the_verdict_says_what_the_claims_say(overrides, app, named, paying):
    study = open_chapter(overrides=overrides, draws=300)
    text = plain(summary.verdict(study))
    for segment in study.apps():
        c = claim(study, "repays_acquisition", segment)
        assert f"repays what it takes to win and serve them is {c.likelihood}" in text
    assert app is None or f"Consumer app: {app}." in text
    assert named is None or f"argument names: {named}." in text
    if paying is not None:
        assert paying in text[text.index("at least likely to pay:"):]
    likely = [study.title(s) for s in study.segments if claim(study, "repays_acquisition", s).likelihood in summary.AT_LEAST_LIKELY]
    start = text.index("Who is at least likely to pay: ")
    assert all(title in text[start:] for title in likely)
    assert "nan" not in text and "inf" not in text


def test_the_argument_is_counted():
    study = open_chapter(draws=300)
    from analysis.findings import TESTS

    total = sum(len(list(t.subjects(study))) for t in TESTS[2:])
    assert f"makes {total} claims" in plain(summary.argument(study))


def test_the_headline_stands_in_the_results(study):
    for metric in ("revenue_per_generated_second", "full_cost_per_generated_second"):
        assert f'data-result="consumer/{metric}/"' in summary.headline(study)


def test_what_the_answer_hangs_on_is_what_the_indices_and_break_evens_say(study):
    """The oracles are the rows of results: the highest total index comes first, and inputs that turn the sign are those whose break-even is plausible."""
    told = plain(summary.hangs_on(study)).split("customer's month.")
    for segment in study.apps() + study.named():
        here = next(text for text in told if text.startswith(study.title(segment)))
        quantities = {p: q for p, q in study.assumptions.of(segment).items() if study.has(segment, "break_even", p) and q.low < q.high}
        first = max(quantities, key=lambda p: study.result(segment, "sobol_total", p)["value"])
        assert f"moved most by {first.replace('_', ' ')}" in here
        turning = [p for p, q in quantities.items() if q.low <= study.result(segment, "break_even", p)["value"] <= q.high]
        assert f"Of {len(quantities)} uncertain inputs {len(turning) or 'none'} could" in here or all(p.replace("_", " ") in here for p in turning)


def test_nothing_moves_what_is_certain():
    quantities = open_chapter(draws=100).assumptions.quantities
    certain = open_chapter(draws=100, overrides={name: q.value for name, q in quantities.items()})
    assert "moved most by nothing, since all inputs are certain. Of 0 uncertain inputs none could" in plain(summary.hangs_on(certain))
