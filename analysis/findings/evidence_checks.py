"""Care of the evidence: what is asked of its rows beyond their form, and how many rows answer.

In: the tables. Out: one `Check` a question, with the rows asked and those that fail it, and the table of chapter 9.

Judgement calls: rows that retell one original count once. A row serves when an input, a claim, a back-test, a market share or a
retention curve names it; a row beside one that serves, of its original or on its topic, was weighed and not chosen; any other is an
orphan. Money two years old or older has to say which money it is; money of last year is left as printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pandas as pd

from analysis.findings.study import Study
from analysis.inputs.tables import Tables, in_calendar
from analysis.show.markup import table
from analysis.show.prose import Html, published_value

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
    """A rule in words, how many rows it was put to, and which of them break it, as table and row."""

    rule: str
    rows: int
    broken: tuple[str, ...]


def well_formed(address: str) -> bool:
    """Whether an address names a host of the web and nothing secret.

    >>> well_formed("https://example.org/a"), well_formed("https://localhost/a"), well_formed("https://me:key@example.org")
    (True, False, False)
    """
    try:
        parts = urlsplit(address)
        return bool(parts.scheme in ("http", "https") and re.fullmatch(HOST, parts.netloc.lower()))
    except ValueError:
        return False


def named(book: Tables) -> set[str]:
    """The ids of evidence that serve: named by an input, a back-test, a share or a curve, or speaking against or beside a result."""
    evidence, tests = book.evidence, book.backtests
    columns = [
        t["evidence"] for t in (book.assumptions, tests, book.market_shares, book.retention_points)
    ]
    columns += [tests["rests_on"], tests["same_as"]]
    return set(" ".join(map(" ".join, columns)).split()) | set(
        evidence.loc[evidence["against"] + evidence["compares_with"] != "", "id"]
    )


def orphans(book: Tables) -> pd.Series:
    """Which rows of evidence neither serve nor stand beside one that does."""
    evidence, serve = book.evidence, book.evidence["id"].isin(named(book))
    return ~(
        serve
        | evidence["original"].isin(evidence.loc[serve, "original"])
        | evidence["topic"].isin(evidence.loc[serve, "topic"])
    )


def checks(book: Tables) -> list[Check]:
    """Every rule with what breaks it."""
    e, inputs, dated = (
        book.evidence,
        book.assumptions,
        [(name, getattr(book, name)[column]) for name, column in DATED.items()],
    )
    ranged, days = e[e["low"].notna() | e["high"].notna()], e[e["unit"] == "date"]
    money = e["unit"].str.startswith("USD") & (e["unit"] != "USD/(USD/year)")
    old = e[
        money & e["id"].isin(named(book)) & e["as_of"].between("1", f"{MONEY_YEAR - 1}", "left")
    ]
    return [
        _check(
            "An address is well-formed",
            *((name, getattr(book, name)["url"].map(well_formed)) for name in ADDRESSED),
        ),
        _check(
            "A date is one of the calendar",
            *((name, column[column != ""].map(in_calendar)) for name, column in dated),
            (
                "evidence",
                pd.Series(
                    [in_calendar(published_value(row)) for row in days.itertuples()], days.index
                ),
            ),
        ),
        _check(
            "A value lies inside its low and high",
            ("evidence", ~((ranged["value"] < ranged["low"]) | (ranged["value"] > ranged["high"]))),
        ),
        _check("A unit is one of the vocabulary", ("evidence", e["unit"].isin(book.units["unit"]))),
        _check(
            f"A sum of money from before {MONEY_YEAR - 1} that serves says which money it is",
            ("evidence", old["notes"].str.contains(WHICH_MONEY)),
        ),
        _check("A figure serves, or stands beside one that does", ("evidence", ~orphans(book))),
        _check(
            "An input that is not judgement names its evidence",
            ("assumptions", inputs.loc[inputs["basis"] != "judgement", "evidence"] != ""),
        ),
    ]


def _check(rule: str, *asked: tuple[str, pd.Series]) -> Check:
    broken = [
        f"{name}.csv row {i + 2}" for name, holds in asked for i in holds.index[~holds.astype(bool)]
    ]
    return Check(rule, sum(len(holds) for _, holds in asked), tuple(broken))


def counts(book: Tables) -> Iterator[tuple[str, int]]:
    """What the evidence comes to once the rows that retell one original count once."""
    of = book.evidence.set_index("id")["original"]
    cited = [(len(ids.split()), of[ids.split()].nunique()) for ids in book.assumptions["evidence"]]
    yield "Published figures", len(of)
    yield "Originals that they retell", of.nunique()
    yield "Figures that serve", len(named(book))
    yield (
        "Inputs that name several figures of one original, which count once",
        sum(rows > once for rows, once in cited),
    )
    yield "Inputs that rest on one original", sum(once == 1 for _, once in cited)
    yield "Inputs, all of them judgement, that name no figure", sum(once == 0 for _, once in cited)


def care(study: Study) -> Html:
    """What the tables were asked and what they answer: rows asked, rows that break the rule; then what they come to."""
    book = study.assumptions.tables
    rows = [
        [check.rule, str(check.rows), ", ".join(check.broken) or "none"] for check in checks(book)
    ]
    return table(
        "care",
        "What the tables were asked, and what they come to.",
        ["Rule or count", "Rows", "Rows that break the rule"],
        rows + [[what, str(number), ""] for what, number in counts(book)],
    )
