"""Care of the evidence: what is asked of its rows beyond their form, and how many rows answer.

Judgement calls: rows that retell one original count once. A row serves when an input, a claim, a
back-test, a market share or a retention curve names it; a row beside one that serves, of its
original or on its topic, was weighed and not chosen; any other is an orphan. Money two years old or
older has to say which money it is; money of last year is left as printed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pandas as pd

from analysis.inputs.rules import in_calendar
from analysis.inputs.tables import Tables

HOST = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
MONEY_YEAR = 2026
WHICH_MONEY = r"\b[Nn]ominal\b|\bmoney (?:taken as )?of (?:19|20)\d\d\b"
DATED = {
    "evidence": "as_of",
    "inference_benchmarks": "as_of",
    "gpu_prices": "date",
    "api_prices": "date",
    "market_shares": "date",
}
ADDRESSED = ("evidence", "inference_benchmarks", "api_prices")


@dataclass(frozen=True)
class Check:
    """A rule in words, how many rows it was put to, and which of them break it: table and row."""

    rule: str
    rows: int
    broken: tuple[str, ...]


def checks(book: Tables) -> list[Check]:
    """Every rule with what breaks it."""
    evidence, inputs = book.evidence, book.assumptions
    low, high = evidence["low"].fillna(-math.inf), evidence["high"].fillna(math.inf)
    ranged = evidence["low"].notna() | evidence["high"].notna()
    sourced = inputs.loc[inputs["basis"] != "judgement", "evidence"]
    which_money = f"A sum of money from before {MONEY_YEAR - 1} that serves says which money it is"
    return [
        _check("An address is well-formed", **_addresses(book)),
        _check("A date is one of the calendar", **_dates(book)),
        _check(
            "A value lies inside its low and high",
            evidence=evidence["value"].between(low, high)[ranged],
        ),
        _check(
            "A unit is one of the vocabulary", evidence=evidence["unit"].isin(book.units["unit"])
        ),
        _check(which_money, evidence=_old_money(book)["notes"].str.contains(WHICH_MONEY)),
        _check("A figure serves, or stands beside one that does", evidence=~orphans(book)),
        _check("An input that is not judgement names its evidence", assumptions=sourced != ""),
    ]


def _check(rule: str, **asked: pd.Series) -> Check:
    """A rule put to tables, each with whether it holds, by row."""
    broken = []
    for name, holds in asked.items():
        broken += [f"{name}.csv row {i + 2}" for i in holds.index[~holds.astype(bool)]]
    return Check(rule, sum(map(len, asked.values())), tuple(broken))


def _addresses(book: Tables) -> dict[str, pd.Series]:
    return {name: getattr(book, name)["url"].map(well_formed) for name in ADDRESSED}


def _dates(book: Tables) -> dict[str, pd.Series]:
    dates = {name: getattr(book, name)[column] for name, column in DATED.items()}
    days = book.evidence.loc[book.evidence["unit"] == "date", "value"].map("{:.0f}".format)
    dashed = days.str[:4] + "-" + days.str[4:6] + "-" + days.str[6:]
    dates["evidence"] = pd.concat([dates["evidence"], dashed])
    return {name: column[column != ""].map(in_calendar) for name, column in dates.items()}


def well_formed(address: str) -> bool:
    """Whether an address names a host of the web and nothing secret.

    >>> well_formed("https://example.org/a"), well_formed("https://me:key@example.org")
    (True, False)
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(re.fullmatch(HOST, parts.netloc.lower()))


def serving(book: Tables) -> set[str]:
    """The ids of evidence that inputs, back-tests, shares, curves, claims and results name."""
    cited = [book.assumptions, book.backtests, book.market_shares, book.retention_points]
    columns = [table["evidence"] for table in cited]
    columns += [book.backtests["rests_on"], book.backtests["same_as"]]
    named = set(pd.concat(columns).str.split().explode().dropna())
    pointing = book.evidence["against"] + book.evidence["compares_with"] != ""
    return named | set(book.evidence.loc[pointing, "id"])


def orphans(book: Tables) -> pd.Series:
    """Which rows of evidence neither serve nor stand beside one that does."""
    evidence, serves = book.evidence, book.evidence["id"].isin(serving(book))
    of_original = evidence["original"].isin(evidence.loc[serves, "original"])
    on_topic = evidence["topic"].isin(evidence.loc[serves, "topic"])
    return ~(serves | of_original | on_topic)


def _old_money(book: Tables) -> pd.DataFrame:
    evidence = book.evidence
    money = evidence["unit"].str.startswith("USD") & (evidence["unit"] != "USD/(USD/year)")
    old = evidence["as_of"].between("1", f"{MONEY_YEAR - 1}", "left")
    return evidence[money & old & evidence["id"].isin(serving(book))]


def counts(book: Tables) -> Iterator[tuple[str, int]]:
    """What the evidence comes to once the rows that retell one original count once."""
    originals = book.evidence.set_index("id")["original"]
    cited = book.assumptions["evidence"].str.split()
    figures = cited.map(len)
    once = cited.map(lambda ids: originals[ids].nunique())
    yield "Published figures", len(originals)
    yield "Originals that they retell", originals.nunique()
    yield "Figures that serve", len(serving(book))
    several = "Inputs that name several figures of one original, which count once"
    yield several, int((figures > once).sum())
    yield "Inputs that rest on one original", int((once == 1).sum())
    yield "Inputs, all of them judgement, that name no figure", int((once == 0).sum())
