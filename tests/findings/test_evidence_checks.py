"""Care of the evidence. Oracles: a row spoilt on purpose, csv and sets, citations read by hand."""

import csv
import re
from dataclasses import replace
from datetime import date

import pytest

from analysis.findings import evidence_checks as care
from analysis.inputs.rules import SOURCES
from analysis.inputs.tables import DATA

ORPHAN = "A figure serves, or stands beside one that does"
INDEPENDENT = "A back-test is called independent where no input that it reads cites its firm"


def plain(name):
    """The rows of a table by csv alone."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def broken(book):
    return {check.rule: check.broken for check in care.checks(book)}


def test_every_rule_holds_of_the_tables_as_they_stand(tables):
    assert broken(tables) == {ORPHAN: (), INDEPENDENT: ()}
    assert all(check.rows for check in care.checks(tables))


def spoilt(book, table, **cells):
    """The tables with cells of one row replaced: of evidence the first that serves and is money."""
    changed, row = getattr(book, table).copy(), 0
    if table == "evidence":
        money = changed["unit"].str.startswith("USD/")
        row = changed.index[money & changed["id"].isin(care.serving(book))][0]
    for column, cell in cells.items():
        changed.at[row, column] = cell
    return replace(book, **{table: changed}), f"{table}.csv row {row + 2}"


ALONE = dict(id="ZZ1", topic="its_own", original="its-own", against="", compares_with="")


@pytest.mark.parametrize(
    "rule, table, cells",
    [
        (ORPHAN, "evidence", ALONE),
        (INDEPENDENT, "backtests", dict(independent="no")),
        (INDEPENDENT, "backtests", dict(scenario="sora")),
    ],
)
def test_a_row_that_breaks_a_rule_is_named(tables, rule, table, cells):
    book, row = spoilt(tables, table, **cells)
    assert row in broken(book)[rule] and row not in broken(tables)[rule]


def test_money_of_long_ago_says_which_money_it_is(tables):
    """Of sums that serve and are two years old or older; money of last year is left as printed."""
    said = r"\b[Nn]ominal\b|\bmoney (?:taken as )?of (?:19|20)\d\d\b"
    serving = care.serving(tables)
    for row in plain("evidence"):
        money = row["unit"].startswith("USD") and row["unit"] != "USD/(USD/year)"
        old = "" < row["as_of"] < "2025"
        assert not (money and old and row["id"] in serving) or re.search(said, row["notes"]), row


def test_a_scenario_serves_what_its_reason_names(tables):
    assert {"C038", "C044"} <= care.serving(tables)


@pytest.mark.parametrize(
    "name, cited",
    [
        ("magnific_payer", {"DM14"}),
        ("bytedance_seedance1", {"CB46"}),
        ("open_grok_list_price", {"AP109"}),
        ("hailuo_user_cost", set()),  # MiniMax's model, but measured by others
        ("fal_wan22", set()),
        ("creatify_account", set()),
    ],
)
def test_what_a_prediction_cites_of_its_firm(tables, name, cited):
    found = {line.split(" cites ")[1] for line in care.citing(tables)[name]}
    assert found == cited


def test_a_citation_of_the_firm_makes_a_row_dependent(tables):
    """Oracle: Creatify's own figure written behind the price that its row tests."""
    inputs = tables.assumptions.copy()
    own = (inputs["segment"] == "performance_ads") & (inputs["parameter"] == "account_price")
    inputs.loc[own, "evidence"] += " DM12"
    book = replace(tables, assumptions=inputs)
    at = tables.backtests["id"] == "creatify_account"
    assert care.independent(tables)[at].all() and not care.independent(book)[at].any()


def test_nothing_is_dated_in_the_future():
    """A year or a month counts from its first day."""
    for name in (*SOURCES, "market_shares"):
        for row in plain(name):
            assert row.get("as_of", row.get("date", "")) <= date.today().isoformat(), row


def test_rows_that_retell_one_original_count_once(tables):
    evidence, inputs = plain("evidence"), plain("assumptions")
    known = {row["id"]: row.get("url", row["id"]) for name in SOURCES for row in plain(name)}
    known |= {row["id"]: row["original"] for row in evidence}
    cited = [row["evidence"].split() for row in inputs]
    once = [{known[key] for key in ids} for ids in cited]
    found = dict(care.counts(tables))
    assert found["Published figures"] == len(evidence)
    originals = {row["original"] for row in evidence}
    assert found["Originals that they retell"] == len(originals)
    several = [ids for ids, originals in zip(cited, once, strict=True) if len(ids) > len(originals)]
    told = found["Inputs that name several figures of one original, which count once"]
    assert told == len(several) > 0
    alone = [originals for originals in once if len(originals) == 1]
    assert found["Inputs that rest on one original"] == len(alone)
    silent = [row for row in inputs if not row["evidence"]]
    assert found["Inputs, all of them judgement, that name no figure"] == len(silent)
    assert all(row["basis"] == "judgement" for row in silent)


def test_what_notes_name_is_in_the_tables():
    """An id in a note leads to a row: what looks like one, and begins as ids do, is one."""
    ids = {row["id"] for name in SOURCES for row in plain(name)}
    begins = "|".join(sorted({id.rstrip("0123456789") for id in ids} - {"C", "H"}))
    for name in ("assumptions", "evidence", "backtests"):
        for row in plain(name):
            cells = " ".join(text for column, text in row.items() if column not in ("url", "id"))
            assert set(re.findall(rf"\b(?:(?:{begins})\d\d\d?|C\d\d\d)\b", cells)) <= ids, row


def test_money_of_one_year_has_one_factor():
    """Sums are brought to money of 2026 by one factor a year, which falls as the year nears."""
    pattern = r"money (?:taken as )?of (\d{4}),? times (\d+\.\d+)"
    said = {found for row in plain("evidence") for found in re.findall(pattern, row["notes"])}
    factors = dict(said)
    assert len(factors) == len(said) > 2
    in_time = [float(factors[year]) for year in sorted(factors)]
    assert in_time == sorted(in_time, reverse=True)
