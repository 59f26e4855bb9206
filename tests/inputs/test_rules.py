"""Rules of the tables. Oracle: a cell of a sound copy breaks one, and the line names that cell."""

import pytest

from analysis.inputs.rules import COLUMNS, RULES, in_calendar
from analysis.inputs.tables import Tables, read_tables


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
        ("parameters", "scale", "normal", "not among the known names"),
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
        ("segments", "phrase", "", "not of the right form"),
        ("segments", "customer", "user", "an article and a noun"),
        ("segments", "business_model", "workflow", "account, metered, subscription"),
        ("assumptions", "evidence", "CP26 ZZ999", "'ZZ999': not among the known names"),
        ("hosted_prices", "benchmark", "CP26", "'CP26': not among the known names"),
        ("hosted_prices", "h100_low", "", "is empty"),
        ("vendor_margins", "covers_video", "perhaps", "not among the known names"),
        ("vendor_margins", "id", "vm1", "not of the right form"),
        ("api_prices", "tier", "cheap", "flagship, lite, standard"),
        ("backtests", "relation", "above", "at_least, at_most, equal"),
        ("backtests", "unit", "furlong", "not among the known names"),
        ("backtests", "segment", "nobody", "not among the known names"),
        ("backtests", "evidence", "ZZ999", "not among the known names"),
        ("backtests", "due", "soon", "not a year, month or day"),
        ("backtests", "reported", "much", "not a number"),
        ("editions", "claim", "", "not of the right form"),
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
        ("gpu_prices", "date", "yesterday", "not a year, month or day"),
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
        ("assumptions", "low", "1e9", "low <= value <= high does not hold"),
        ("assumptions", "high", "1e9", "outside the minimum and maximum of parameters.csv"),
        ("assumptions", "low", "1e-9", "outside the minimum and maximum of parameters.csv"),
        ("assumptions", "evidence", "", "a row that is not judgement needs evidence"),
        ("evidence", "low", "1e200", "low <= value <= high does not hold"),
        ("hosted_prices", "h100_low", "1e9", "h100_low <= h100_seconds <= h100_high does not hold"),
        ("backtests", "evidence", "", "a report needs evidence"),
        ("backtests", "reported", "", "neither a report nor a date on which one is due"),
        ("gpu_prices", "id", "CP26", "another table has that id"),
    ],
)
def test_bad_row_is_named(folder, table, column, text, said):
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


@pytest.mark.parametrize(
    "scale, low, minimum, fits",
    [
        ("log", "0", "-1", False),
        ("log", "1e-9", "-1", True),
        ("logit", "0", "-1", False),
        ("logit", "0.01", "-1", True),
        ("linear", "-0.5", "-1", True),
        ("fixed", "0.01", "-1", False),
    ],
)
def test_a_range_lies_on_its_scale(folder, scale, low, minimum, fits):
    """Oracle: the logarithm of 0 and the logit of 0 and 1 do not exist; a point needs no scale."""
    parameters, assumptions = folder.rows("parameters"), folder.rows("assumptions")
    names = [row[0] for row in parameters]
    row = next(i for i, cells in enumerate(assumptions) if cells[1] == "service_share")
    at = names.index("service_share")
    folder.spoil("parameters", "scale", scale, at)
    folder.spoil("parameters", "minimum", minimum, at)
    folder.spoil("assumptions", "low", low, row)
    if fits:
        read_tables(folder.path)
    else:
        assert f"assumptions.csv: row {row + 1}: a " in folder.complaint()
    for column in ("low", "value", "high"):
        folder.spoil("assumptions", column, "0", row)
    read_tables(folder.path)  # certain


def test_missing_and_unused_rows_of_assumptions(folder):
    shared = folder.rows("assumptions")[1][1]
    workflow = next(row[0] for row in folder.rows("segments") if "metered" in row)
    folder.spoil("assumptions", "segment", workflow)
    assert folder.complaint().splitlines()[1:] == [
        f"assumptions.csv: all, {shared}: the row is missing",
        f"assumptions.csv: {workflow}, {shared}: this segment does not use that parameter",
    ]


@pytest.mark.parametrize(
    "model, parameter", [("metered", "daily_users"), ("metered", "account_price")]
)
def test_a_segment_has_what_its_business_model_needs_and_nothing_else(folder, model, parameter):
    """Oracle: the scope of the parameter."""
    segment = next(row[0] for row in folder.rows("segments") if model in row)
    other = next(row for row in folder.rows("assumptions") if row[1] == parameter)
    folder.edit("assumptions", lambda rows: rows.append([segment, *other[1:]]))
    assert folder.complaint().splitlines()[1:] == [
        f"assumptions.csv: {segment}, {parameter}: this segment does not use that parameter"
    ]


def test_another_business_model_needs_other_rows(folder):
    """Oracle: account and metered differ in one parameter."""
    segments = folder.rows("segments")
    row = next(i for i, cells in enumerate(segments) if "metered" in cells)
    folder.spoil("segments", "business_model", "account", row)
    segment = segments[row][0]
    assert folder.complaint().splitlines()[1:] == [
        f"assumptions.csv: {segment}, account_price: the row is missing"
    ]


def test_parameter_and_segment_do_not_share_a_name(folder):
    folder.spoil("segments", "segment", folder.rows("parameters")[1][0])
    assert "parameters.csv: row 2: a parameter bears the name of a segment" in folder.complaint()


def test_the_codebook_has_every_column_of_every_table_in_its_order():
    """Oracle: the heads of the files."""
    tables = read_tables()
    for name, rules in RULES.items():
        assert list(getattr(tables, name).columns) == list(rules.columns), name
    assert all(row["meaning"] for row in COLUMNS)
