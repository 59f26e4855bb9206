"""What the draws say of each claim, in sentences: in claims.csv and as a table of the report."""

from __future__ import annotations

import pandas as pd

from analysis.findings.claims import BY_NAME, CLAIMS, Claim, ClaimDefinition, claim, claims
from analysis.findings.study import Study
from analysis.show.html import Html, plain_text
from analysis.show.markup import table
from analysis.show.numbers import likelihood_html, source_link
from analysis.show.prose import render

OF_EVERY_SEGMENT = 2  # the first claims are the two tests that every segment meets


def sentence(study: Study, claim: Claim) -> Html:
    """A claim in one sentence that follows its numbers."""
    template = "{{ here.title }}: " + BY_NAME[claim.claim].sentence
    return render(study, template, claim.subject, likelihood=likelihood_html(claim))


def claims_table(study: Study) -> pd.DataFrame:
    """The claims in the columns of claims.csv, sentences as bare text."""
    columns = ["claim", "subject", "probability", "probability_flat", "likelihood"]
    found = claims(study)
    rows = pd.DataFrame([[getattr(c, name) for name in columns] for c in found], columns=columns)
    return rows.assign(sentence=[plain_text(sentence(study, c)) for c in found])


def claims_of_the_argument(study: Study) -> Html:
    """What the draws say of each claim of the argument, and figures that speak against it."""
    asked = [d for d in CLAIMS[OF_EVERY_SEGMENT:] if d.subjects(study)]
    return table(
        "claims",
        "What the numbers say of each claim of the argument, and published figures that speak "
        "against it.",
        ["Claimed", "How likely", "Against it"],
        [_row(study, definition) for definition in asked],
    )


def _row(study: Study, definition: ClaimDefinition) -> list:
    found = [claim(study, definition.name, s) for s in definition.subjects(study)]
    against = [
        source_link(row, row.quantity)
        for row in study.assumptions.tables.evidence.itertuples()
        if definition.name in row.against.split()
    ]
    if len(found) == 1:
        who, said = study.title(found[0].subject), sentence(study, found[0])
    else:
        who = f"Each of {len(found)} segments"
        told = [Html("{} {}").format(study.title(c.subject), likelihood_html(c)) for c in found]
        said = Html("; ").join(told)
    return [f"{who} {definition.claimed}", said, Html(", ").join(against)]
