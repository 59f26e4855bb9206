"""What earlier editions said of each claim, and why this one says something else.

editions.csv holds the editions that were published and, of the one at hand, only why each claim
moved (an empty subject stands for every one); what it says follows from the draws.
"""

from __future__ import annotations

import pandas as pd

from analysis.findings.claims import claims
from analysis.findings.study import Study
from analysis.inputs.tables import Tables

SAID = ["claim", "subject", "probability", "likelihood", "confidence"]


def latest(book: Tables) -> str:
    """The latest date of any source; a bare year counts from its first day."""
    dates = [book.evidence["as_of"], book.api_prices["date"], book.gpu_prices["date"]]
    return pd.concat(dates).max()


def _reason(why: pd.Series, claim: str, subject: str) -> str:
    """Why a claim about a subject moved, or else why the claim did about all."""
    return why.get((claim, subject)) or why.get((claim, ""), "")


def said(study: Study) -> pd.DataFrame:
    """This edition's claims, in the columns `SAID` of claims.csv."""
    rows = []
    for claim in claims(study):
        rows.append({name: getattr(claim, name) for name in SAID})
    return pd.DataFrame(rows)


def editions(book: Tables, now: pd.DataFrame) -> pd.DataFrame:
    """Every edition's claims, in the columns of editions.csv; a claim that is gone says why.

    Parameters: book, with the editions that were published; now, this one's claims as in `said`.
    """
    told = book.editions
    edition = book.editions["edition"].max()
    here = told["edition"] == edition
    why = told[here].set_index(["claim", "subject"])["why_it_moved"]
    reasons = [_reason(why, *key) for key in now[["claim", "subject"]].to_numpy()]
    gone = told[here & ~told["claim"].isin(now["claim"])]
    latest_said = pd.concat([now[SAID].assign(why_it_moved=reasons), gone])
    latest_said = latest_said.assign(edition=edition, date=latest(book))
    return pd.concat([told[~here], latest_said])[[*told]].astype({"edition": int})


def moves(study: Study) -> pd.DataFrame:
    """What the last edition claimed, beside what this one says (empty where not asked), and why."""
    table = editions(study.assumptions.tables, said(study))
    edition = table["edition"].max()
    before = table[table["edition"] == edition - 1]
    now = table[table["edition"] == edition]
    found = before.merge(now, "left", on=["claim", "subject"], suffixes=("_before", ""))
    of_claim = now[now["why_it_moved"] != ""].groupby("claim")["why_it_moved"].first()
    why = found["why_it_moved"].fillna(found["claim"].map(of_claim))
    return found.assign(why_it_moved=why.fillna("")).fillna({"likelihood": ""})
