"""Editions. Oracles: the first edition's committed claims, this one's claims, csv alone."""

import csv

import pandas as pd
from support import ROOT

from analysis.findings.claims import claims
from analysis.findings.editions import editions, latest, moves, said
from analysis.inputs.tables import DATA


def test_what_was_published_stays_as_it_was(study):
    with (DATA / "editions.csv").open(encoding="utf-8", newline="") as file:
        told = [row for row in csv.DictReader(file) if row["probability"]]
    table = editions(study.assumptions.tables, said(study))
    first = table[table["edition"] == 1]
    assert len(first) == len(told) == 42
    assert first["probability"].tolist() == [float(row["probability"]) for row in told]
    assert first["likelihood"].tolist() == [row["likelihood"] for row in told]


def test_this_edition_says_what_the_draws_say_and_why(study):
    table = editions(study.assumptions.tables, said(study))
    now = table[(table["edition"] == 2) & table["probability"].notna()]
    found = claims(study)
    assert now["claim"].tolist() == [c.claim for c in found]
    assert now["subject"].tolist() == [c.subject for c in found]
    assert now["probability"].tolist() == [c.probability for c in found]
    assert now["confidence"].tolist() == [c.confidence for c in found]
    assert (now["why_it_moved"] != "").all() and set(now["date"]) == {
        latest(study.assumptions.tables)
    }


def test_every_claim_that_is_gone_says_so(study):
    table = editions(study.assumptions.tables, said(study))
    gone = set(table.loc[table["edition"] == 1, "claim"]) - {c.claim for c in claims(study)}
    told = table[(table["edition"] == 2) & table["probability"].isna()]
    assert set(told["claim"]) == gone and told["why_it_moved"].str.startswith("Gone: ").all()


def test_moves_are_the_first_edition_beside_the_second(study):
    found = moves(study)
    now = {(c.claim, c.subject): c for c in claims(study)}
    assert len(found) == 42 and (found["why_it_moved"] != "").all()
    for row in found.itertuples():
        c = now.get((row.claim, row.subject))
        assert row.likelihood == (c.likelihood if c else "")
        assert pd.isna(row.probability) if c is None else row.probability == c.probability


def test_the_latest_date_is_that_of_a_source(tables):
    dates = [*tables.evidence["as_of"], *tables.api_prices["date"], *tables.gpu_prices["date"]]
    assert latest(tables) == max(dates)


def test_the_record_that_is_kept_is_that_of_the_base_report(tables):
    """Oracle: the claims of the report that is kept beside it."""
    kept = pd.read_csv(ROOT / "reports" / "editions.csv", keep_default_na=False, dtype=str)
    now = pd.read_csv(ROOT / "reports" / "base" / "claims.csv", keep_default_na=False, dtype=str)
    this = kept[(kept["edition"] == "2") & (kept["probability"] != "")]
    columns = ["claim", "subject", "likelihood", "confidence"]
    assert this[columns].to_numpy().tolist() == now[columns].to_numpy().tolist()
    assert this["probability"].astype(float).tolist() == now["probability"].astype(float).tolist()
