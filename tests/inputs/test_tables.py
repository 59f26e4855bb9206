"""Bad tables are caught and named. Oracle: one cell of a sound copy is spoilt, and the message has to name that cell."""

import csv
import shutil

import pytest

from analysis.errors import InputError
from analysis.inputs.assumptions import resolve
from analysis.inputs.tables import DATA, Tables, read_tables

TABLES = list(Tables.__dataclass_fields__)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A copy of the tables; of the long price tables the first rows will do."""
    copy = shutil.copytree(DATA, tmp_path_factory.mktemp("short") / "data")
    for name in ("inference_benchmarks", "gpu_prices", "api_prices"):
        edit(copy, name, lambda rows: rows.__delitem__(slice(4, None)))
    return copy


@pytest.fixture
def folder(short, tmp_path):
    """Tables that a test may spoil."""
    return shutil.copytree(short, tmp_path / "data")


def rows_of(folder, table):
    """A table's rows as lists of texts, the head first."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def edit(folder, table, change):
    """Rewrite a table after `change` has altered its rows."""
    rows = rows_of(folder, table)
    change(rows)
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def spoil(folder, table, column, text, row=1):
    """Put a text into one cell; row 1 is the first below the head, which a spreadsheet calls row 2."""
    edit(folder, table, lambda rows: rows[row].__setitem__(rows[0].index(column), text))


def complaint(folder):
    """What is said of the tables in a folder; each line names a table."""
    with pytest.raises(InputError) as caught:
        read_tables(folder)
    return str(caught.value)


def test_tables_as_they_stand_are_sound(folder):
    assert list(read_tables(folder).segments.columns) == [
        "segment",
        "title",
        "business_model",
        "in_thesis",
        "description",
    ]


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
    spoil(folder, table, column, text)
    assert any(
        line.startswith(f"{table}.csv: row 2: {column}: ") and said in line
        for line in complaint(folder).splitlines()
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
    spoil(folder, "parameters", "shape", "log_pert")
    spoil(folder, "assumptions", "basis", "derived")
    spoil(folder, table, column, text)
    assert f"{table}.csv: row 2: {said}" in complaint(folder).splitlines()


@pytest.mark.parametrize("text", ["abc", "1,5", "1_000", "10%", "nan", "0x10"])
def test_what_is_not_a_number_is_named(folder, text):
    spoil(folder, "assumptions", "value", text)
    said = complaint(folder)
    assert all(
        part in said for part in ("assumptions.csv", "value", "not a number", "row 2", repr(text))
    )


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
    head, first = rows_of(folder, table)[:2]
    spoil(folder, table, column, first[head.index(column)], row=2)
    said = complaint(folder)
    assert (
        all(f"{table}.csv: row {row}: {column}: " in said for row in (2, 3))
        and "stands there twice" in said
    )


def test_assumption_given_twice(folder):
    edit(folder, "assumptions", lambda rows: rows.insert(2, rows[1]))
    assert {f"assumptions.csv: row {row}: stands there twice" for row in (2, 3)} <= set(
        complaint(folder).splitlines()
    )


def test_missing_and_unused_rows_of_assumptions(folder):
    shared = rows_of(folder, "assumptions")[1][1]
    workflow = next(row[0] for row in rows_of(folder, "segments") if "workflow" in row)
    spoil(folder, "assumptions", "segment", workflow)
    assert complaint(folder).splitlines()[1:] == [
        f"assumptions.csv: all, {shared}: the row is missing",
        f"assumptions.csv: {workflow}, {shared}: this segment does not use that parameter",
    ]


def test_workflow_segment_has_no_daily_users(folder):
    workflow = next(row[0] for row in rows_of(folder, "segments") if "workflow" in row)
    edit(
        folder,
        "assumptions",
        lambda rows: rows.append(
            [workflow, *next(row for row in rows if row[1] == "daily_users")[1:]]
        ),
    )
    assert complaint(folder).splitlines()[1:] == [
        f"assumptions.csv: {workflow}, daily_users: this segment does not use that parameter"
    ]


def test_parameter_and_segment_do_not_share_a_name(folder):
    spoil(folder, "segments", "segment", rows_of(folder, "parameters")[1][0])
    assert "parameters.csv: row 2: a parameter bears the name of a segment" in complaint(folder)


def test_every_failure_in_one_message(folder):
    for table, column, text in [
        ("segments", "business_model", "barter"),
        ("parameters", "unit", "furlong"),
        ("assumptions", "basis", "guess"),
        ("evidence", "tier", "rumour"),
        ("api_prices", "kind", "magic"),
    ]:
        spoil(folder, table, column, text)
    said = complaint(folder)
    assert all(
        f"{table}.csv: row 2" in said
        for table in ("segments", "parameters", "assumptions", "evidence", "api_prices")
    )


def test_what_is_not_a_number_is_told_with_everything_else(folder):
    for table, column in [("assumptions", "low"), ("assumptions", "high"), ("evidence", "value")]:
        spoil(folder, table, column, "abc")
    spoil(folder, "segments", "business_model", "barter")
    said = complaint(folder)
    assert said.count("not a number") == 3 and "barter" in said


@pytest.mark.parametrize("table", TABLES)
def test_missing_table(folder, table):
    (folder / f"{table}.csv").unlink()
    assert f"{table}.csv: no such table" in complaint(folder)


@pytest.mark.parametrize("table", TABLES)
def test_missing_column(folder, table):
    column = rows_of(folder, table)[0][0]
    edit(folder, table, lambda rows: [row.pop(0) for row in rows])
    said = complaint(folder)
    assert f"{table}.csv: the column {column} is missing" in said and "Index(" not in said


@pytest.mark.parametrize("row", [1, 2, -1], ids=["first", "second", "last"])
@pytest.mark.parametrize(
    "change",
    [lambda row: row.append("more"), lambda row: row.__delitem__(slice(2, None))],
    ids=["long", "short"],
)
def test_row_of_another_length(folder, row, change):
    edit(folder, "segments", lambda rows: change(rows[row]))
    assert "segments.csv" in complaint(folder)


def test_row_of_another_length_does_not_shift_the_rows_below(folder):
    edit(folder, "segments", lambda rows: rows[1].append("more"))
    spoil(folder, "segments", "in_thesis", "maybe", row=4)
    assert "segments.csv: row 5: in_thesis: 'maybe'" in complaint(folder)


def test_a_column_given_twice_a_table_without_rows_and_a_flood_of_failures(folder):
    edit(folder, "units", lambda rows: rows[0].__setitem__(1, rows[0][0]))
    assert complaint(folder) == "units.csv: the column 'unit' stands there twice"
    edit(
        folder,
        "units",
        lambda rows: [rows[0].__setitem__(1, "definition"), rows.__delitem__(slice(1, None))],
    )
    assert "units.csv: has no row" in complaint(folder)
    said = complaint(folder).splitlines()
    assert len(said) == 52 and said[-1].startswith("and ") and said[-1].endswith(" more")


def test_a_column_of_ones_own_changes_nothing(folder):
    edit(folder, "assumptions", lambda rows: [row.append("mine") for row in rows])
    assert resolve(read_tables(folder)).quantities == resolve().quantities


@pytest.mark.parametrize(
    "content", [b"", b"segment,title\n\xff\xfe,x\n"], ids=["empty", "not UTF-8"]
)
def test_unreadable_table(folder, content):
    (folder / "segments.csv").write_bytes(content)
    assert complaint(folder).startswith(
        "segments.csv: cannot be read as a table"
    ) or "\nsegments.csv: cannot be read" in complaint(folder)


def test_spreadsheet_files_are_read(folder):
    """As Excel saves them: a byte order mark and CRLF."""
    before = read_tables(folder)
    for path in folder.glob("*.csv"):
        path.write_bytes(
            b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        )
    after = read_tables(folder)
    assert all(getattr(before, table).equals(getattr(after, table)) for table in TABLES)
