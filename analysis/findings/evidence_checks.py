"""Care of the evidence: what is asked of its rows beyond their form, and how many rows answer.

Judgement calls: rows that retell one original count once; a row without an original has its address
for one. A row serves when an input, a claim, a back-test, a scenario, a market share or a retention
curve names it; a row beside one that serves, of its original or on its topic, was weighed and not
chosen. A row is of the firm that published it or that it retells; a measurement of one firm's model
by another is the other's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.findings.backtests import inputs_read
from analysis.findings.confidence import originals
from analysis.inputs.rules import SOURCES
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.inputs.tables import Tables

PUBLISHED_BY = ["publisher", "original", "cloud", "source", "vendor", "host", "firm"]
PAGE = r"^https?://([^/]+/[^/]*).*"  # host and first part of an address say who published it


@dataclass(frozen=True)
class Check:
    """A rule in words, how many rows it was put to, and which of them break it: table and row."""

    rule: str
    rows: int
    broken: tuple[str, ...]


def checks(book: Tables) -> list[Check]:
    """Every rule with what breaks it."""
    told = book.backtests["independent"] == "yes"
    cites = "A back-test is called independent where no input that it reads cites its firm"
    return [
        _check("A figure serves, or stands beside one that does", "evidence", ~orphans(book)),
        _check(cites, "backtests", told == independent(book)),
    ]


def _check(rule: str, table: str, holds: pd.Series) -> Check:
    breaking = holds.index[~holds.astype(bool)]
    broken = tuple(f"{table}.csv row {i + 2}" for i in breaking)
    return Check(rule, len(holds), broken)


def _publishers(book: Tables) -> dict[str, str]:
    """Who published each row that can be cited, and whom it retells, in small letters, by id."""
    found = {}
    for table in (getattr(book, name) for name in SOURCES):
        columns = [c for c in PUBLISHED_BY if c in table] or ["url"]
        told = table[columns].replace(PAGE, r"\1", regex=True).agg(" ".join, axis=1)
        found |= dict(zip(table["id"], told.str.lower(), strict=True))
    return found


def citing(book: Tables) -> dict[str, list[str]]:
    """The inputs that each back-test's prediction reads and that cite its firm, "name cites id"."""
    by = _publishers(book)
    found = {}
    cited = book.assumptions.assign(key=book.assumptions["evidence"].str.split()).explode("key")
    for test in book.backtests.itertuples():
        words = "|".join(re.findall("[a-z0-9]+", test.firm.lower()))
        mine = cited["segment"].isin([test.segment, "all"])
        read = cited["parameter"].isin(inputs_read(book, test))
        firm = re.compile(rf"\b({words})\b")
        found[test.id] = []
        for q in cited[mine & read & cited["key"].notna()].itertuples():
            if firm.search(by[q.key]):
                found[test.id].append(f"{q.parameter} cites {q.key}")
    return found


def independent(book: Tables) -> pd.Series:
    """Which back-tests rest on nothing of their firm; a scenario of its own is made of that."""
    cites = book.backtests["id"].map(citing(book)).astype(bool)
    return (book.backtests["scenario"] == "base") & ~cites


def serving(book: Tables) -> set[str]:
    """The ids of evidence that inputs, back-tests, shares, curves, scenarios and claims name."""
    cited = [book.assumptions, book.backtests, book.market_shares, book.retention_points]
    reasons = pd.Series([read_scenario(name).reason for name in scenario_names()])
    texts = pd.concat([*(table["evidence"] for table in cited), reasons])
    named = texts.str.findall(r"\w+").explode()
    pointing = book.evidence["against"] + book.evidence["compares_with"] != ""
    return {*book.evidence.loc[pointing | book.evidence["id"].isin(named), "id"]}


def orphans(book: Tables) -> pd.Series:
    """Which rows of evidence neither serve nor stand beside one that does."""
    evidence = book.evidence
    serves = book.evidence["id"].isin(serving(book))
    of_original = evidence["original"].isin(evidence.loc[serves, "original"])
    on_topic = evidence["topic"].isin(evidence.loc[serves, "topic"])
    return ~(serves | of_original | on_topic)


def counts(book: Tables) -> Iterator[tuple[str, int]]:
    """What the evidence comes to once the rows that retell one original count once."""
    found = originals(book)
    cited = book.assumptions["evidence"].str.split()

    def originals_of(ids: list[str]) -> int:
        return len({found.get(key, key) for key in ids})

    once = cited.map(originals_of)
    yield "Published figures", len(book.evidence)
    yield "Originals that they retell", book.evidence["original"].nunique()
    yield "Figures that serve", len(serving(book))
    several = "Inputs that name several figures of one original, which count once"
    yield several, int((cited.map(len) > once).sum())
    yield "Inputs that rest on one original", int((once == 1).sum())
    yield "Inputs, all of them judgement, that name no figure", int((once == 0).sum())
