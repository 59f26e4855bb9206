"""Rules of the tables. Oracle: a cell of a sound copy breaks one, and the line names that cell."""

import pytest

from analysis.inputs.rules import RULES, in_calendar
from analysis.inputs.tables import Tables


def test_every_table_has_rules():
    assert list(RULES) == list(Tables.__dataclass_fields__)


@pytest.mark.parametrize(
    "text, there",
    [("2024-02-29", True), ("2023-02-29", False), ("2026-12", True), ("2026-00", False)],
)
def test_days_of_the_calendar(text, there):
    """Oracle: the Gregorian calendar, where 2024 is a leap year."""
    assert in_calendar(text) == there


@pytest.mark.parametrize(
    "table, column, text, said",
    [
        ("units", "unit", "two words", "not of the right form"),
        ("units", "definition", "", "not of the right form"),
        ("parameters", "parameter", "Not a name", "not of the right form"),
        ("parameters", "scope", "galaxy", "not among the known names"),
        ("parameters", "unit", "USD/furlong", "not among the known names"),
        ("parameters", "shape", "normal", "not among the known names"),
        ("parameters", "meaning", "", "not of the right form"),
        ("parameters", "minimum", "", "is empty"),
        ("segments", "segment", "all", "not of the right form"),
        ("segments", "title", "x" * 61, "not of the right form"),
        ("segments", "title", "two\nlines", "control character"),
        ("segments", "title", "\u202etitle", "control character"),
        (
            "segments",
            "description",
            '=HYPERLINK("http://example.org")',
            "as a formula of a spreadsheet",
        ),
        ("evidence", "notes", "x" * 2001, "longer than 2,000"),
        ("evidence", "as_of", "2026-02-30", "not a year, month or day"),
        ("evidence", "as_of", "\u0662\u0660\u0662\u0666", "not a year, month or day"),
        ("evidence", "value", "1e16", "below 1e15"),
        ("retention_points", "app", "a/b", "not of the right form"),
        ("backtests", "benchmarks", "(", "not a regular expression"),
        ("units", "unit", "<b>", "not of the right form"),
        ("segments", "business_model", "barter", "not among the known names"),
        ("segments", "in_thesis", "maybe", "not among the known names"),
        ("assumptions", "segment", "nobody", "not among the known names"),
        ("assumptions", "parameter", "nothing", "not among the known names"),
        ("assumptions", "low", "", "is empty"),
        ("assumptions", "value", "inf", "not a finite number"),
        ("assumptions", "basis", "guess", "not among the known names"),
        ("assumptions", "note", "", "not of the right form"),
        ("evidence", "id", "7", "not of the right form"),
        ("evidence", "value", "", "is empty"),
        ("evidence", "unit", "furlong", "not among the known names"),
        ("evidence", "as_of", "Nov 2026", "not a year, month or day"),
        ("evidence", "as_of", "2026-13", "not a year, month or day"),
        ("evidence", "url", "javascript:alert(1)", "not of the right form"),
        ("evidence", "tier", "rumour", "not among the known names"),
        ("evidence", "original", "", "not of the right form"),
        ("inference_benchmarks", "gpu_seconds", "-1", "not above zero"),
        ("inference_benchmarks", "kind", "magic", "not among the known names"),
        ("gpu_prices", "usd_per_gpu_hour", "0", "not above zero"),
        ("gpu_prices", "date", "yesterday", "not a month or day"),
        ("gpu_prices", "date", "2026", "not a month or day"),
        ("api_prices", "audio", "perhaps", "not among the known names"),
        ("api_prices", "usd_per_second", "", "is empty"),
    ],
)
def test_bad_cell_is_named(folder, table, column, text, said):
    folder.spoil(table, column, text)
    assert any(
        line.startswith(f"{table}.csv: row 2: {column}: ") and said in line
        for line in folder.complaint().splitlines()
    )


@pytest.mark.parametrize(
    "table, column, text, said",
    [
        ("parameters", "maximum", "-1e9", "minimum < maximum does not hold"),
        ("parameters", "minimum", "0", "log_pert needs a minimum above zero"),
        ("assumptions", "low", "1e9", "low <= value <= high does not hold"),
        ("assumptions", "high", "1e9", "outside the minimum and maximum of parameters.csv"),
        ("assumptions", "low", "1e-9", "outside the minimum and maximum of parameters.csv"),
        ("assumptions", "evidence", "ZZ999", "cites an id that evidence.csv lacks"),
        ("assumptions", "evidence", "", "a row that is not judgement needs evidence"),
        ("evidence", "low", "1e200", "low <= value <= high does not hold"),
    ],
)
def test_bad_row_is_named(folder, table, column, text, said):
    folder.spoil("parameters", "shape", "log_pert")
    folder.spoil("assumptions", "basis", "derived")
    folder.spoil(table, column, text)
    assert f"{table}.csv: row 2: {said}" in folder.complaint().splitlines()


@pytest.mark.parametrize(
    "table, column",
    [
        ("units", "unit"),
        ("parameters", "parameter"),
        ("segments", "segment"),
        ("segments", "title"),
        ("evidence", "id"),
    ],
)
def test_name_given_twice(folder, table, column):
    head, first = folder.rows(table)[:2]
    folder.spoil(table, column, first[head.index(column)], row=2)
    said = folder.complaint()
    assert (
        all(f"{table}.csv: row {row}: {column}: " in said for row in (2, 3))
        and "stands there twice" in said
    )


def test_assumption_given_twice(folder):
    folder.edit("assumptions", lambda rows: rows.insert(2, rows[1]))
    assert {f"assumptions.csv: row {row}: stands there twice" for row in (2, 3)} <= set(
        folder.complaint().splitlines()
    )


def test_missing_and_unused_rows_of_assumptions(folder):
    shared = folder.rows("assumptions")[1][1]
    workflow = next(row[0] for row in folder.rows("segments") if "workflow" in row)
    folder.spoil("assumptions", "segment", workflow)
    assert folder.complaint().splitlines()[1:] == [
        f"assumptions.csv: all, {shared}: the row is missing",
        f"assumptions.csv: {workflow}, {shared}: this segment does not use that parameter",
    ]


def test_workflow_segment_has_no_daily_users(folder):
    workflow = next(row[0] for row in folder.rows("segments") if "workflow" in row)
    folder.edit(
        "assumptions",
        lambda rows: rows.append(
            [workflow, *next(row for row in rows if row[1] == "daily_users")[1:]]
        ),
    )
    assert folder.complaint().splitlines()[1:] == [
        f"assumptions.csv: {workflow}, daily_users: this segment does not use that parameter"
    ]


def test_parameter_and_segment_do_not_share_a_name(folder):
    folder.spoil("segments", "segment", folder.rows("parameters")[1][0])
    assert "parameters.csv: row 2: a parameter bears the name of a segment" in folder.complaint()
