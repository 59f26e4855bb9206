"""What is said of the claims. Oracle: the list of claims, and worlds in which the answer turns."""

import numpy as np
import pytest
from bs4 import BeautifulSoup

from analysis.findings.claims import CLAIMS, claim, claims
from analysis.show.chapter import open_chapter
from analysis.show.html import plain_text
from analysis.show.verdict import claims_of_the_argument, claims_table, sentence


@pytest.fixture(scope="module")
def turned():
    """A world in which the consumer app pays and previs does not."""
    changes = {
        "consumer.paid_conversion": 1,
        "consumer.subscription_price": 900,
        "consumer.store_fee": 0.1,
        "consumer.service_cost": 0.1,
        "consumer.clips_per_day": 0.01,
        "consumer.acquisition_cost": 1,
        "previs.value_capture": 0.00001,
        "previs.displaced_share": 1,
        "previs.incumbent_cost": 1000,
        "previs.labour_hours": 0.01,
        "previs.wage": 10,
        "previs.retakes": 1000,
    }
    return open_chapter(overrides=changes, draws=500)


@pytest.mark.parametrize(
    "name, subject, word",
    [
        ("covers_running_cost", "consumer", "virtually certain"),
        ("repays_acquisition", "consumer", "virtually certain"),
        ("consumer_cost_exceeds_revenue", "consumer", "exceptionally unlikely"),
        ("scale_does_not_mend", "consumer", "exceptionally unlikely"),
        ("users_leave_before_payback", "consumer", "exceptionally unlikely"),
        ("covers_running_cost", "previs", "exceptionally unlikely"),
        ("repays_acquisition", "previs", "exceptionally unlikely"),
        ("value_price_beats_seconds_price", "previs", "exceptionally unlikely"),
    ],
)
def test_sentences_turn_with_the_numbers(turned, name, subject, word):
    found = claim(turned, name, subject)
    said = plain_text(sentence(turned, found))
    percent = "100 %" if found.probability == 1 else "0 %"
    shares = f"({percent} of draws; {percent} with flat ranges)"
    assert found.likelihood == word
    assert f"it is {word} {shares} that " in said
    assert said.startswith(f"{turned.title(subject)}: ")


def test_the_sign_in_a_sentence_is_that_of_its_number(turned, study):
    for world in (turned, study):
        for segment in world.segments:
            value = world.result(segment, "contribution")["value"]
            said = plain_text(sentence(world, claim(world, "covers_running_cost", segment)))
            sign = "\N{MINUS SIGN}USD" if value < 0 else "USD"
            sign = sign if np.isfinite(value) else "undefined"
            assert f"a customer-month contributes {sign} " in said


def test_the_table_of_claims(study):
    table = claims_table(study)
    assert list(table) == [
        "claim",
        "subject",
        "probability",
        "probability_flat",
        "likelihood",
        "sentence",
    ]
    assert [*zip(table["claim"], table["subject"], strict=True)] == [
        (c.claim, c.subject) for c in claims(study)
    ]
    assert not table["sentence"].str.contains(r"[{}<>]|\bnan\b|\binf\b|&\w+;").any()


def test_every_claim_of_the_argument_has_a_row_with_every_subject(study):
    """Oracle: the list of claims; one row each, every subject named with its word."""
    page = BeautifulSoup(claims_of_the_argument(study), "html.parser")
    rows = page.tbody.find_all("tr")
    assert len(rows) == len(CLAIMS) - 2
    for definition, row in zip(CLAIMS[2:], rows, strict=True):
        assert definition.claimed in row.text
        for subject in definition.subjects(study):
            number = row.find("data", attrs={"data-claim": f"{definition.name}/{subject}"})
            assert study.title(subject) in row.text
            assert claim(study, definition.name, subject).likelihood in row.text
            assert float(number["value"]) == pytest.approx(
                claim(study, definition.name, subject).probability
            )


def test_figures_that_speak_against_a_claim_stand_beside_it(study):
    """Oracle: the column of the evidence that says so."""
    page = BeautifulSoup(claims_of_the_argument(study), "html.parser")
    evidence = study.assumptions.tables.evidence
    for definition, row in zip(CLAIMS[2:], page.tbody.find_all("tr"), strict=True):
        against = evidence.loc[
            evidence["against"].str.split().map(lambda names, name=definition.name: name in names)
        ]
        shown = [link["data-source"] for link in row.find_all("a", attrs={"data-source": True})]
        assert shown == list(against["id"])
