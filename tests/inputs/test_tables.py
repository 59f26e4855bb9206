"""Unreadable tables are told in full. Oracle: one thing of a sound copy is spoilt and named."""

import pytest

from analysis.inputs.assumptions import resolve
from analysis.inputs.tables import Tables, read_tables

TABLES = list(Tables.__dataclass_fields__)


def test_tables_as_they_stand_are_sound(folder):
    assert list(read_tables(folder.path).segments.columns) == [
        "segment",
        "title",
        "phrase",
        "customer",
        "business_model",
        "in_thesis",
        "description",
    ]


@pytest.mark.parametrize("text", ["abc", "1,5", "1_000", "10%", "nan", "0x10"])
def test_what_is_not_a_number_is_named(folder, text):
    folder.spoil("assumptions", "value", text)
    said = folder.complaint()
    assert all(
        part in said for part in ("assumptions.csv", "value", "not a number", "row 2", repr(text))
    )


def test_every_failure_in_one_message(folder):
    for table, column, text in [
        ("segments", "business_model", "barter"),
        ("parameters", "unit", "furlong"),
        ("assumptions", "basis", "guess"),
        ("evidence", "tier", "rumour"),
        ("api_prices", "kind", "magic"),
    ]:
        folder.spoil(table, column, text)
    said = folder.complaint()
    assert all(
        f"{table}.csv: row 2" in said
        for table in ("segments", "parameters", "assumptions", "evidence", "api_prices")
    )


def test_what_is_not_a_number_is_told_with_everything_else(folder):
    for table, column in [("assumptions", "low"), ("assumptions", "high"), ("evidence", "value")]:
        folder.spoil(table, column, "abc")
    folder.spoil("segments", "business_model", "barter")
    said = folder.complaint()
    assert said.count("not a number") == 3 and "barter" in said


@pytest.mark.parametrize("table", TABLES)
def test_missing_table(folder, table):
    (folder.path / f"{table}.csv").unlink()
    assert f"{table}.csv: no such table" in folder.complaint()


@pytest.mark.parametrize("table", TABLES)
def test_missing_column(folder, table):
    column = folder.rows(table)[0][0]
    folder.edit(table, lambda rows: [row.pop(0) for row in rows])
    said = folder.complaint()
    assert f"{table}.csv: the column {column} is missing" in said and "Index(" not in said


@pytest.mark.parametrize("row", [1, 2, -1], ids=["first", "second", "last"])
@pytest.mark.parametrize(
    "change",
    [lambda row: row.append("more"), lambda row: row.__delitem__(slice(2, None))],
    ids=["long", "short"],
)
def test_row_of_another_length(folder, row, change):
    folder.edit("segments", lambda rows: change(rows[row]))
    assert "segments.csv" in folder.complaint()


def test_row_of_another_length_does_not_shift_the_rows_below(folder):
    folder.edit("segments", lambda rows: rows[1].append("more"))
    folder.spoil("segments", "in_thesis", "maybe", row=4)
    assert "segments.csv: row 5: in_thesis: 'maybe'" in folder.complaint()


def test_a_column_given_twice_a_table_without_rows_and_a_flood_of_failures(folder):
    folder.edit("units", lambda rows: rows[0].__setitem__(1, rows[0][0]))
    assert folder.complaint() == "units.csv: the column 'unit' stands there twice"
    folder.edit(
        "units",
        lambda rows: [rows[0].__setitem__(1, "definition"), rows.__delitem__(slice(1, None))],
    )
    assert "units.csv: has no row" in folder.complaint()
    said = folder.complaint().splitlines()
    assert len(said) == 52 and said[-1].startswith("and ") and said[-1].endswith(" more")


def test_a_column_of_ones_own_changes_nothing(folder):
    folder.edit("assumptions", lambda rows: [row.append("mine") for row in rows])
    assert resolve(read_tables(folder.path)).quantities == resolve().quantities


@pytest.mark.parametrize(
    "content", [b"", b"segment,title\n\xff\xfe,x\n"], ids=["empty", "not UTF-8"]
)
def test_unreadable_table(folder, content):
    (folder.path / "segments.csv").write_bytes(content)
    assert (
        folder.complaint().startswith("segments.csv: cannot be read as a table")
        or "\nsegments.csv: cannot be read" in folder.complaint()
    )


def test_spreadsheet_files_are_read(folder):
    """As Excel saves them: a byte order mark and CRLF."""
    before = read_tables(folder.path)
    for path in folder.path.glob("*.csv"):
        path.write_bytes(
            b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        )
    after = read_tables(folder.path)
    assert all(getattr(before, table).equals(getattr(after, table)) for table in TABLES)
