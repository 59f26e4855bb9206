"""The rules of the tables: of a column, of a row, and between tables.

What each column holds stands in `columns.csv`. An error text is the end of a line that names
table, row and column; `tables.py` writes that line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from pandera.pandas import Check, Column, DataFrameSchema

with open(Path(__file__).with_name("columns.csv"), encoding="utf-8", newline="") as _file:
    COLUMNS = tuple(csv.DictReader(_file))

NAME = r"[a-z][a-z0-9_]{0,39}"
CALLED = "small letters, digits and _, beginning with a letter"
FORMS = {  # of a text: its pattern, and the form in words
    "text": (r"(?s:.*)", ""),
    "filled": (r".+", "it is empty"),
    "name": (NAME, CALLED),
    "names": (rf"{NAME}( {NAME})*", CALLED),
    "segment": (rf"(?!all$){NAME}", CALLED),
    "result": (rf"{NAME}/{NAME}", "a segment, / and a metric"),
    "id": (r"[A-Z]+\d+", "capital letters, then digits"),
    "slug": (r"[a-z0-9][a-z0-9.-]*", "small letters, digits, . and -"),
    "title": (r".{1,60}", "up to 60 characters"),
    "customer": (r"an? .{1,40}", "an article and a noun, as in a user"),
    "label": (r"[^/{}?@|]+", "without / { } ? @ |"),  # a result is named after it
    "unit": (r"[A-Za-z][A-Za-z/()-]*", "letters, / ( ) and -"),
    "url": (r"https?://[^\s<>\"']+", "an address that begins with http"),
}
CONTROL = re.compile(  # the last four ranges turn the order of what is shown
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
MAX_CELL = 2000  # characters in a cell
MAX_NUMBER = 1e15  # beyond it products of inputs could overflow
FINITE = Check(lambda s: s.abs() < MAX_NUMBER, error="not a finite number below 1e15")
ABOVE_ZERO = Check.gt(0, error="not above zero")
UNKNOWN = "not among the known names"
SOURCES = (  # tables whose rows can be cited by their id
    "evidence",
    "inference_benchmarks",
    "gpu_prices",
    "api_prices",
    "hosted_prices",
    "vendor_margins",
)
SCOPES_OF = {  # of what all share, and of each business model: the scopes of its parameters
    "all": ["shared"],
    "subscription": ["segment", "subscription", "optional"],
    "account": ["segment", "workflow", "account"],
    "metered": ["segment", "workflow", "metered"],
}
BASES = next(row["holds"] for row in COLUMNS if row["column"] == "basis").split("|")

Tables = dict[str, pd.DataFrame]


def unfit(cell: str) -> str:
    """What makes a text unfit to be shown, in a report or in a spreadsheet; "" for nothing."""
    if len(cell) > MAX_CELL:
        return f"is longer than {MAX_CELL:,} characters"
    if cell.startswith(("=", "+", "-", "@")):
        return "begins as a formula of a spreadsheet does"
    if CONTROL.search(cell):
        return "holds a control character"
    return ""


def in_calendar(text: str) -> bool:
    """Whether a year, a month or a day is one of the calendar.

    >>> in_calendar("2026-02-28"), in_calendar("2026-02-30"), in_calendar("2026")
    (True, False, True)
    """
    if not re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}", text):
        return False
    day = f"{text}-01-01"[: len("2026-01-01")]
    try:
        date.fromisoformat(day)
    except ValueError:  # a thirteenth month, a thirtieth of February
        return False
    return True


DAY = Check(in_calendar, element_wise=True, error="not a year, month or day")
DAY_OR_EMPTY = Check(
    lambda text: text == "" or in_calendar(text), element_wise=True, error=DAY.error
)
MONTH = Check.str_length(min_value=len("2026-01"), error="not a month or day")  # drawn over months


def off_scale(scale, low, high):
    """Whether a range has no place on its scale; numbers, or columns of them.

    >>> bool(off_scale("log", 0.0, 1.0)), bool(off_scale("logit", 1.0, 1.0))
    (True, False)
    """
    below = np.isin(scale, ["log", "logit"]) & (low <= 0)
    above = (scale == "logit") & (high >= 1)
    return (below | above) & (low < high)  # three equal numbers are certain and not put on it


def _column(holds: str, unique: bool) -> Column:
    kind = holds.removesuffix("?")
    optional = holds.endswith("?")
    if kind == "number":
        return Column(float, FINITE, nullable=optional)
    if kind == "positive":
        return Column(float, [FINITE, ABOVE_ZERO], nullable=optional)
    if kind == "date":
        return Column(checks=DAY_OR_EMPTY if optional else DAY)
    if kind == "month":
        return Column(checks=[DAY, MONTH])
    if "|" in kind:
        words = kind.split("|")
        known = ", ".join(sorted(words))
        return Column(checks=Check.isin(words, error=f"{UNKNOWN}: {known}"))
    pattern, form = FORMS[kind]
    error = f"not of the right form: {form}"
    check = Check.str_matches(f"^(?:{pattern}){'?' if optional else ''}$", error=error)
    return Column(checks=check, unique=unique)


IN_ORDER = "not (low > value or value > high)"  # an end may be missing
ROW_RULES = {  # of a table: what holds in each of its rows, and what is said where it does not
    "parameters": {"minimum < maximum": "minimum < maximum does not hold"},
    "assumptions": {
        IN_ORDER: "low <= value <= high does not hold",
        "basis == 'judgement' or evidence != ''": "a row that is not judgement needs evidence",
    },
    "evidence": {IN_ORDER: "low <= value <= high does not hold"},
    "hosted_prices": {
        "not (h100_low > h100_seconds or h100_seconds > h100_high)": (
            "h100_low <= h100_seconds <= h100_high does not hold"
        ),
    },
    "backtests": {
        "reported.notna() or due != ''": "neither a report nor a date on which one is due",
        "reported.isna() or evidence != ''": "a report needs evidence",
    },
}
UNIQUE_ROWS = {
    "assumptions": ["segment", "parameter"],
    "market_shares": ["layer", "date", "firm"],
    "retention_points": ["app", "day"],
    "editions": ["edition", "claim", "subject"],
}


def _schema(table: str) -> DataFrameSchema:
    columns = {}
    for rule in COLUMNS:
        if rule["table"] == table:
            columns[rule["column"]] = _column(rule["holds"], rule["unique"] == "yes")
    checks = [_row_rule(*rule) for rule in ROW_RULES.get(table, {}).items()]
    return DataFrameSchema(columns, checks, unique=UNIQUE_ROWS.get(table))


def _row_rule(condition: str, error: str) -> Check:
    return Check(lambda table: table.eval(condition), error=error, ignore_na=False)


RULES = {table: _schema(table) for table in dict.fromkeys(row["table"] for row in COLUMNS)}


def relations(tables: Tables) -> Iterator[str]:
    """A line for each fault between two tables."""
    yield from unknown_names(tables)
    yield from ids_of_two_tables(tables)
    yield from assumptions_outside_parameters(tables)
    alike = tables["parameters"]["parameter"].isin(tables["segments"]["segment"])
    yield from _told("parameters", alike, "a parameter bears the name of a segment")


def _told(table: str, at_fault: pd.Series, error: str) -> Iterator[str]:
    for row in at_fault.index[at_fault]:
        yield f"{table}.csv: row {row + 2}: {error}"


def unknown_names(tables: Tables) -> Iterator[str]:
    """A unit, a segment, a parameter or a cited id that its own table lacks."""
    for rule in COLUMNS:
        table = rule["table"]
        column = rule["column"]
        refers = rule["refers"]
        if not refers:
            continue
        names = tables[table][column]
        if refers == "sources" or refers.endswith(".id"):  # a cell may cite several
            names = names.str.split().explode().dropna()
        for row, name in names[~names.isin(_known(tables, refers))].items():
            yield f"{table}.csv: row {row + 2}: {column}: {name!r}: {UNKNOWN}"


def _known(tables: Tables, refers: str) -> set[str]:
    """The names that a column may bear, which refers to `sources`, or to a table and its column."""
    if refers == "sources":
        return set().union(*(tables[source]["id"] for source in SOURCES))
    table, _, key = refers.partition(".")
    known = set(tables[table][key])
    if table == "segments":
        return known | {"all"}
    return known


def ids_of_two_tables(tables: Tables) -> Iterator[str]:
    """An id that an earlier table has, too, so that a citation would mean either."""
    known: set[str] = set()
    for table in SOURCES:
        ids = tables[table]["id"]
        yield from _told(table, ids.isin(known), "another table has that id")
        known.update(ids)


def assumptions_outside_parameters(tables: Tables) -> Iterator[str]:
    """A range beyond the bounds of its parameter, off its scale, or where it has none."""
    rows = tables["assumptions"][["parameter", "low", "high"]]
    bounds = tables["parameters"][["parameter", "minimum", "maximum", "scale"]]
    parameters = bounds.drop_duplicates("parameter")
    both = rows.merge(parameters, "left", "parameter").set_axis(rows.index)
    inside = both.eval("minimum <= low and high <= maximum")
    no_range = both.eval("scale == 'fixed' and low != high")
    off = off_scale(both["scale"], both["low"], both["high"])
    for at_fault, error in (
        (~inside, "outside the minimum and maximum of parameters.csv"),
        (no_range, "a parameter of scale fixed has no range"),
        (off, "a range lies above 0 on scale log, inside (0, 1) on logit"),
    ):
        yield from _told("assumptions", at_fault, error)


def incomplete_assumptions(tables: Tables) -> Iterator[str]:
    """What a segment or the whole needs and lacks, and what it has and cannot use."""
    models = tables["segments"][["segment", "business_model"]]
    models = pd.concat([models, pd.DataFrame([["all", "all"]], columns=models.columns)])
    scopes = models.assign(scope=models["business_model"].map(SCOPES_OF)).explode("scope")
    usable = scopes.merge(tables["parameters"][["parameter", "scope"]], on="scope")
    given = tables["assumptions"][["segment", "parameter"]]
    both = usable.merge(given, "outer", indicator="found")
    missing = both.query("found == 'left_only' and scope != 'optional'")
    unused = both.query("found == 'right_only'")
    for row in missing.itertuples():
        yield f"assumptions.csv: {row.segment}, {row.parameter}: the row is missing"
    for row in unused.itertuples():
        unusable = "this segment does not use that parameter"
        yield f"assumptions.csv: {row.segment}, {row.parameter}: {unusable}"
