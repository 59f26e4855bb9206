"""The tables of facts and assumptions, read and checked before anything rests on them.

In: the CSV files of `analysis/inputs/data/`. Out: `Tables`. Every failure is told at once, with
table, row and column, so that an analyst mends a table in one go.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import pandas as pd
from pandera.errors import SchemaErrors

from analysis.errors import InputError
from analysis.inputs.fingerprint import digest
from analysis.inputs.rules import RULES, incomplete_assumptions, relations, unfit

DATA = Path(__file__).parent / "data"
MAX_FAILURES = 50  # failures in one message
PLAIN = {
    "field_uniqueness": "stands there twice",
    "multiple_fields_uniqueness": "stands there twice",
    "not_nullable": "is empty",
}


@dataclass(frozen=True)
class Tables:
    """The checked tables, each a DataFrame in the order of its file."""

    units: pd.DataFrame
    parameters: pd.DataFrame
    segments: pd.DataFrame
    assumptions: pd.DataFrame
    evidence: pd.DataFrame
    inference_benchmarks: pd.DataFrame
    gpu_prices: pd.DataFrame
    api_prices: pd.DataFrame
    hosted_prices: pd.DataFrame
    vendor_margins: pd.DataFrame
    market_shares: pd.DataFrame
    retention_points: pd.DataFrame
    backtests: pd.DataFrame
    editions: pd.DataFrame

    @cached_property
    def content_hash(self) -> str:
        """A hash of all that they hold."""
        return digest({field.name: getattr(self, field.name).to_csv() for field in fields(self)})


def read_tables(folder: Path = DATA) -> Tables:
    """All tables of a folder, checked. Raises: InputError, which names every failure.

    >>> read_tables().segments["segment"].iloc[0]
    'consumer'
    """
    tables = {}
    failures = []
    for field in fields(Tables):
        tables[field.name], unread = read_table(field.name, Path(folder))
        failures += unread
    missing = list(_missing_columns(tables))
    if not missing:  # else a rule over several columns or tables could not be tried
        for name, table in tables.items():
            failures += broken_rules(name, table)
        failures += relations(tables)
    failures = missing + failures or list(incomplete_assumptions(tables))
    if failures:
        more = len(failures) - MAX_FAILURES
        rest = []
        if more > 0:
            rest = [f"and {more:,} more"]
        raise InputError("the tables do not hold together:", *failures[:MAX_FAILURES], *rest)
    return Tables(**tables)


def _missing_columns(tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    for name, table in tables.items():
        for column in RULES[name].columns:
            if column not in table:
                yield f"{name}.csv: the column {column} is missing"


def read_table(name: str, folder: Path = DATA) -> tuple[pd.DataFrame, list[str]]:
    """One table, its number columns as floats (an empty cell is nan), and what is amiss in cells.

    Raises: InputError where there is no such table, or none that can be read.
    """
    table, failures = _read_rows(folder / f"{name}.csv")
    rules = RULES[name].columns
    for column, cells in table.items():
        if column in rules and rules[column].dtype:
            table[column], errors = _numbers(cells)
        else:
            errors = cells.map(unfit)
        for row, error in errors[errors != ""].items():
            failures.append(f"row {row + 2}: {column}: {cells[row]!r}: {error}")
    return table, [f"{name}.csv: {failure}" for failure in failures]


def _read_rows(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The rows as text, but for those of another length than the head, which are failures."""
    if not path.is_file():
        raise InputError(f"{path.name}: no such table in {path.parent.name}/")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file, strict=True)
    except (OSError, ValueError, csv.Error) as error:  # no row, not UTF-8, a quote left open
        raise InputError(f"{path.name}: cannot be read as a table: {error}") from None
    for column in head:
        if head.count(column) > 1:
            raise InputError(f"{path.name}: the column {column!r} stands there twice")
    while rows and not any(rows[-1]):
        rows.pop()
    whole = {}
    failures = []
    for number, row in enumerate(rows):
        if len(row) == len(head):
            whole[number] = row
        else:
            failures.append(f"row {number + 2}: {len(row)} cells under {len(head)} columns")
    if not rows:
        failures.append("has no row")
    table = pd.DataFrame(whole.values(), index=list(whole), columns=head, dtype=str)
    return table, failures


def _numbers(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The cells as floats, and an error for each that holds another thing."""
    floats = pd.to_numeric(cells, errors="coerce").astype(float)
    wrong = floats.isna() & (cells != "")
    return floats, wrong.map({True: "not a number", False: ""})


def broken_rules(name: str, table: pd.DataFrame) -> list[str]:
    """A line for each fault of a table against its own rules."""
    try:
        RULES[name].validate(table, lazy=True)
    except SchemaErrors as errors:
        lines = [_explained(case) for case in errors.failure_cases.itertuples()]
        return [f"{name}.csv: {line}" for line in dict.fromkeys(lines)]
    return []


def _explained(case) -> str:
    if pd.isna(case.index):
        row = ""
    else:
        row = f"row {int(case.index) + 2}: "
    error = PLAIN.get(case.check, case.check)
    if case.schema_context == "DataFrameSchema":
        return f"{row}{error}"
    return f"{row}{case.column}: {case.failure_case!r}: {error}"
