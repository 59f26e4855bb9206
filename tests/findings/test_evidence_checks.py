"""Care of the evidence. Oracles: a row spoilt on purpose, the library's calendar, csv and sets."""

import calendar
import csv
import re
from dataclasses import replace
from datetime import date

import pytest

from analysis.findings import evidence_checks as care
from analysis.inputs.rules import in_calendar
from analysis.inputs.tables import DATA

RULES = {
    "address": "An address is well-formed",
    "date": "A date is one of the calendar",
    "range": "A value lies inside its low and high",
    "unit": "A unit is one of the vocabulary",
    "money": "A sum of money from before 2025 that serves says which money it is",
    "orphan": "A figure serves, or stands beside one that does",
    "source": "An input that is not judgement names its evidence",
}


def plain(name):
    """The rows of a table by csv alone."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_rule_holds_of_the_tables_as_they_stand(tables):
    checks = care.checks(tables)
    assert [check.rule for check in checks] == list(RULES.values())
    assert {check.rule: check.broken for check in checks if check.broken} == {} and all(
        check.rows for check in checks
    )


def spoilt(book, table, **cells):
    """The tables with cells of one row replaced.

    That is the first row, or of evidence the first that serves, is money and has a range.
    """
    changed = getattr(book, table).copy()
    row = 0
    if table == "evidence":
        money = changed["unit"].str.startswith("USD/")
        serves = changed["id"].isin(care.serving(book))
        row = changed.index[money & serves & changed["low"].notna()][0]
    for column, cell in cells.items():
        changed.at[row, column] = cell
    return replace(book, **{table: changed}), f"{table}.csv row {row + 2}"


@pytest.mark.parametrize(
    "rule, table, cells",
    [
        ("address", "evidence", dict(url="https://localhost/page")),
        ("address", "api_prices", dict(url="https://me:secret@example.org/")),
        ("address", "inference_benchmarks", dict(url="https://[::1/")),
        ("date", "evidence", dict(as_of="2026-02-30")),
        ("date", "api_prices", dict(date="2025-11-31")),
        ("date", "evidence", dict(unit="date", value=20260229.0)),
        ("range", "evidence", dict(value=1e9)),
        ("range", "evidence", dict(value=-1.0)),
        ("unit", "evidence", dict(unit="USD/furlong")),
        ("money", "evidence", dict(as_of="2024-12", notes="Published as 3 USD.")),
        ("money", "evidence", dict(as_of="1999", notes="Of 1999.")),
        (
            "orphan",
            "evidence",
            dict(
                id="ZZ1",
                topic="a_topic_of_its_own",
                original="an-original-of-its-own",
                against="",
                compares_with="",
            ),
        ),
        ("source", "assumptions", dict(basis="reported", evidence="")),
    ],
)
def test_a_row_that_breaks_a_rule_is_named(tables, rule, table, cells):
    book, row = spoilt(tables, table, **cells)
    assert row in {check.rule: check.broken for check in care.checks(book)}[RULES[rule]]
    assert row not in {check.rule: check.broken for check in care.checks(tables)}[RULES[rule]]


@pytest.mark.parametrize(
    "cells",
    [
        dict(as_of="2024", notes="Nominal."),
        dict(as_of="2018", notes="times 1.3 from money of 2018"),
        dict(as_of="2023", notes="money taken as of 2023"),
        dict(as_of="2025-01", notes=""),
        dict(as_of="", notes=""),
    ],
)
def test_money_that_says_its_year_or_is_recent_passes(tables, cells):
    book, row = spoilt(tables, "evidence", **cells)
    assert row not in {check.rule: check.broken for check in care.checks(book)}[RULES["money"]]


@pytest.mark.parametrize(
    "address, sound",
    [
        ("https://example.org", True),
        ("http://a-b.example.co.uk/x?y=(1)&z=%20#there", True),
        ("https://EXAMPLE.org/", True),
        ("ftp://example.org/", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https:///page", False),
        ("https://example/", False),
        ("https://-a.example.org/", False),
        ("https://example.org:99999/", False),
        ("https://example.org@evil.example/", False),
        ("https://[::1", False),
    ],
)
def test_addresses(address, sound):
    assert care.well_formed(address) is sound


def test_days_of_two_centuries_are_those_of_the_calendar():
    for year in (1900, 2000, 2023, 2024, 2026):
        assert (
            in_calendar(str(year))
            and not in_calendar(f"{year}-00")
            and not in_calendar(f"{year}-13")
        )
        for month in range(1, 13):
            days = calendar.monthrange(year, month)[1]
            assert [in_calendar(f"{year}-{month:02}-{day:02}") for day in range(32)] == [
                0 < day <= days for day in range(32)
            ]


def test_nothing_is_dated_in_the_future():
    """A year or a month counts from its first day."""
    assert all(
        row[column] <= date.today().isoformat()
        for name, column in care.DATED.items()
        for row in plain(name)
    )


def test_rows_that_retell_one_original_count_once(tables):
    evidence, inputs = plain("evidence"), plain("assumptions")
    original = {row["id"]: row["original"] for row in evidence}
    cited = [
        (row["evidence"].split(), {original[id] for id in row["evidence"].split()})
        for row in inputs
    ]
    found = dict(care.counts(tables))
    assert found["Published figures"] == len(evidence) and found[
        "Originals that they retell"
    ] == len(set(original.values()))
    several = found["Inputs that name several figures of one original, which count once"]
    assert several == len([1 for ids, once in cited if len(ids) > len(once)]) > 0
    assert found["Inputs that rest on one original"] == len(
        [1 for _, once in cited if len(once) == 1]
    )
    assert found["Inputs, all of them judgement, that name no figure"] == len(
        [1 for row in inputs if not row["evidence"]]
    )
    assert all(row["basis"] == "judgement" for row in inputs if not row["evidence"])


def test_what_notes_name_is_in_the_tables(tables):
    """An id in a note leads to a row: what looks like one, and begins as ids do, is one."""
    ids = {row["id"] for row in plain("evidence")}
    begins = "|".join(sorted({id.rstrip("0123456789") for id in ids} - {"C"}))
    for name in ("assumptions", "evidence", "backtests"):
        for row in plain(name):
            cells = " ".join(text for column, text in row.items() if column not in ("url", "id"))
            assert set(re.findall(rf"\b(?:(?:{begins})\d\d|C\d\d\d)\b", cells)) <= ids, row


def test_money_of_one_year_has_one_factor():
    """Sums are brought to money of 2026 by one factor a year, which falls as the year nears."""
    said = {
        found
        for row in plain("evidence")
        for found in re.findall(r"money (?:taken as )?of (\d{4}),? times (\d+\.\d+)", row["notes"])
    }
    factors = dict(said)
    assert len(factors) == len(said) > 2
    assert [factors[year] for year in sorted(factors)] == sorted(
        factors.values(), key=float, reverse=True
    )
