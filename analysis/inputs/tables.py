"""The tables of facts and assumptions, read and checked before anything rests on them.

In: the CSV files of `analysis/inputs/data/`. Out: `Tables`. Every failure is told at once, with
table, row and column, so that an analyst mends a table in one go.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd
from pandera.errors import SchemaErrors

from analysis.errors import InputError
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
    market_shares: pd.DataFrame
    retention_points: pd.DataFrame
    backtests: pd.DataFrame


def read_tables(folder: Path = DATA) -> Tables:
    """All tables of a folder, checked. Raises: InputError, which names every failure.

    >>> read_tables().segments["segment"].iloc[0]
    'consumer'
    """
    tables, failures = {}, []
    for field in fields(Tables):
        tables[field.name], unread = read_table(field.name, Path(folder))
        failures += unread
    missing = [
        f"{name}.csv: the column {column} is missing"
        for name, table in tables.items()
        for column in RULES[name].columns
        if column not in table
    ]
    if not missing:  # else a rule over several columns or tables could not be tried
        for name, table in tables.items():
            failures += broken_rules(name, table)
        failures += relations(tables)
    failures = missing + failures or incomplete_assumptions(tables)
    if failures:
        more = len(failures) - MAX_FAILURES
        rest = [f"and {more:,} more"] if more > 0 else []
        raise InputError("the tables do not hold together:", *failures[:MAX_FAILURES], *rest)
    return Tables(**tables)


def read_table(name: str, folder: Path = DATA) -> tuple[pd.DataFrame, list[str]]:
    """One table, its number columns as floats (an empty cell is nan), and what is amiss in cells.

    Raises: InputError where there is no such table, or none that can be read.
    """
    table, uneven = _read_rows(folder / f"{name}.csv")
    numeric = [c for c, rule in RULES[name].columns.items() if rule.dtype and c in table]
    unshowable = _unfit_cells(table.drop(columns=numeric))
    table, no_numbers = _numbers(table, numeric)
    failures = [*uneven, *no_numbers, *unshowable]
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
    whole = {number: row for number, row in enumerate(rows) if len(row) == len(head)}
    failures = [
        f"row {number + 2}: {len(row)} cells under {len(head)} columns"
        for number, row in enumerate(rows)
        if number not in whole
    ]
    if not rows:
        failures.append("has no row")
    return pd.DataFrame(whole.values(), index=list(whole), columns=head, dtype=str), failures


def _numbers(table: pd.DataFrame, columns: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """The table with these columns as floats, and the cells that hold another thing."""
    failures, floats = [], {}
    for column in columns:
        text = table[column].mask(table[column] == "")
        floats[column] = pd.to_numeric(text, errors="coerce").astype(float)
        wrong = text[text.notna() & floats[column].isna()]
        failures += [f"row {i + 2}: {column}: {cell!r}: not a number" for i, cell in wrong.items()]
    return table.assign(**floats), failures


def _unfit_cells(table: pd.DataFrame) -> list[str]:
    failures = []
    for column in table:
        faults = table[column].map(unfit)
        for i in faults.index[faults != ""]:
            failures.append(f"row {i + 2}: {column}: {table.at[i, column]!r}: {faults[i]}")
    return failures


def broken_rules(name: str, table: pd.DataFrame) -> list[str]:
    """A line for each fault of a table against its own rules."""
    try:
        RULES[name].validate(table, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.to_dict("records")
        return list(dict.fromkeys(_explained(name, case) for case in cases))
    return []


def _explained(name: str, case: dict) -> str:
    row = "" if pd.isna(case["index"]) else f"row {int(case['index']) + 2}: "
    error = PLAIN.get(case["check"], case["check"])
    if case["schema_context"] == "DataFrameSchema":
        return f"{name}.csv: {row}{error}"
    return f"{name}.csv: {row}{case['column']}: {case['failure_case']!r}: {error}"
