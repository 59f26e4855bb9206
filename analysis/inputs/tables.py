"""The tables of facts and assumptions: what comes in is checked before anything rests on it.

In: the CSV files of `analysis/inputs/data/`. Out: one `Codebook` of checked tables. Every failure is
reported at once, with table, row and column, so that an analyst mends a table in one go.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis.errors import InputError

DATA = Path(__file__).parent / "data"
BASES = ("measured", "reported", "derived", "judgement")
TIERS = ("primary", "press", "secondary", "estimate")
SHAPES = ("pert", "log_pert", "fixed")
SCOPES = ("shared", "segment", "subscription", "workflow", "optional")
BUSINESS_MODELS = ("subscription", "workflow")
BACKTESTS = ("hosted", "closed", "margin", "consumer", "production")
NAME = r"[a-z][a-z0-9_]{0,39}"
LABEL = r"[^/{}?@|]+"  # of what a result is named after, so that a sentence can name the result
ADDRESS = r"https?://[^\s<>\"']+"
UNIT = r"[A-Za-z][A-Za-z/()-]*"
CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)  # among them what turns the order of what is shown
MAX_CELL = 2000  # characters in a cell
MAX_NUMBER = 1e15  # beyond it products of inputs could overflow
MAX_FAILURES = 50  # failures in one message


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


def _text(pattern: str | None = None, among=None, unique: bool = False) -> pa.Column:
    checks = []
    if pattern is not None:
        checks.append(
            pa.Check.str_matches(
                f"^(?:{pattern})$",
                error="not of the right form"
                + (
                    ": small letters, digits and _, beginning with a letter"
                    if NAME in pattern
                    else ": it is empty"
                    if pattern == ".+"
                    else ""
                ),
            )
        )
    if among is not None:
        known = f": {', '.join(sorted(among))}" if len(among) <= 5 else ""
        checks.append(pa.Check.isin(list(among), error=f"not among the known names{known}"))
    return pa.Column(checks=checks, unique=unique, nullable=True)


def _dated(empty: bool = False, month: bool = False) -> pa.Column:
    least = 7 if month else 4  # characters: prices that are drawn over months need a month at least
    return pa.Column(
        nullable=True,
        checks=pa.Check(
            lambda s: s.map(
                lambda text: len(text) >= least and in_calendar(text) or empty and not text
            ),
            error="not a month or day" if month else "not a year, month or day",
        ),
    )


def in_calendar(text: str) -> bool:
    """Whether a year, a month or a day is one of the calendar.

    >>> in_calendar("2026-02-28"), in_calendar("2026-02-30"), in_calendar("2026")
    (True, False, True)
    """
    try:
        return bool(
            re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}", text)
            and date.fromisoformat(text + "-01-01"[len(text) - 4 :])
        )
    except ValueError:  # a thirteenth month, a thirtieth of February
        return False


def _pattern() -> pa.Column:
    return pa.Column(
        nullable=True, checks=pa.Check(lambda s: s.map(_compiles), error="not a regular expression")
    )


def _compiles(text: str) -> bool:
    try:
        return bool(re.compile(text))
    except (re.error, RecursionError, OverflowError):
        return False


def _number(empty: bool = False, positive: bool = False) -> pa.Column:
    checks = [pa.Check(lambda s: s.abs() < MAX_NUMBER, error="not a finite number below 1e15")]
    if positive:
        checks.append(pa.Check.gt(0, error="not above zero"))
    return pa.Column(checks=checks, nullable=empty)


def _rows(test, error: str) -> pa.Check:
    return pa.Check(test, error=error, ignore_na=False)


_NUMBERS = {
    "parameters": ["minimum", "maximum"],
    "assumptions": ["low", "value", "high"],
    "evidence": ["value", "low", "high"],
    "inference_benchmarks": ["gpu_count", "gpu_seconds", "h100_factor", "h100_seconds"],
    "gpu_prices": ["usd_per_gpu_hour"],
    "api_prices": ["usd_per_second"],
    "market_shares": ["share"],
    "retention_points": ["day", "retention"],
    "backtests": ["reported_low", "reported", "reported_high", "low", "high"],
}


def _schemas(tables: dict[str, pd.DataFrame]) -> dict[str, pa.DataFrameSchema]:
    """The rules of each table; those that span two tables read the other one from `tables`."""
    units = set(tables["units"].get("unit", ()))
    names = set(tables["parameters"].get("parameter", ()))
    segments = set(tables["segments"].get("segment", ()))
    sources = set(tables["evidence"].get("id", ()))

    def inside(t: pd.DataFrame) -> pd.Series:
        of = (
            tables["parameters"]
            .drop_duplicates("parameter")
            .set_index("parameter")
            .reindex(t["parameter"])
        )
        return pd.Series(
            (t["low"].to_numpy() >= of["minimum"].to_numpy())
            & (t["high"].to_numpy() <= of["maximum"].to_numpy()),
            t.index,
        )

    def spread(t: pd.DataFrame) -> pd.Series:
        fixed = set(tables["parameters"].loc[tables["parameters"]["shape"] == "fixed", "parameter"])
        return ~t["parameter"].isin(fixed) | (t["low"] == t["high"])

    def sourced(t: pd.DataFrame) -> pd.Series:
        return (t["basis"] == "judgement") | (t["evidence"] != "")

    def resolved(t: pd.DataFrame) -> pd.Series:
        return t["evidence"].map(lambda ids: set(ids.split()) <= sources)

    def cited(t: pd.DataFrame) -> pd.Series:
        ids = t["evidence"] + " " + t["rests_on"] + " " + t["same_as"]
        return ids.map(lambda known: set(known.split()) <= sources)

    ordered = _rows(
        lambda t: (
            (t["low"].isna() | (t["low"] <= t["value"]))
            & (t["high"].isna() | (t["value"] <= t["high"]))
        ),
        "low <= value <= high does not hold",
    )
    return {
        "units": pa.DataFrameSchema(
            {"unit": _text(UNIT, unique=True), "definition": _text(".+"), "meaning": _text(".+")}
        ),
        "parameters": pa.DataFrameSchema(
            {
                "parameter": _text(NAME, unique=True),
                "scope": _text(among=SCOPES),
                "unit": _text(among=units),
                "minimum": _number(),
                "maximum": _number(),
                "shape": _text(among=SHAPES),
                "meaning": _text(".+"),
            },
            checks=[
                _rows(lambda t: t["minimum"] < t["maximum"], "minimum < maximum does not hold"),
                _rows(
                    lambda t: (t["shape"] != "log_pert") | (t["minimum"] > 0),
                    "log_pert needs a minimum above zero",
                ),
                _rows(
                    lambda t: ~t["parameter"].isin(segments),
                    "a parameter bears the name of a segment",
                ),
            ],
        ),
        "segments": pa.DataFrameSchema(
            {
                "segment": _text(f"(?!all$){NAME}", unique=True),
                "title": _text(".{1,60}", unique=True),
                "business_model": _text(among=BUSINESS_MODELS),
                "in_thesis": _text(among=("yes", "no")),
                "description": _text(".+"),
            }
        ),
        "assumptions": pa.DataFrameSchema(
            {
                "segment": _text(among=segments | {"all"}),
                "parameter": _text(among=names),
                "low": _number(),
                "value": _number(),
                "high": _number(),
                "basis": _text(among=BASES),
                "evidence": _text(),
                "note": _text(".+"),
            },
            checks=[
                ordered,
                _rows(inside, "outside the minimum and maximum of parameters.csv"),
                _rows(spread, "a parameter of shape fixed has no range"),
                _rows(sourced, "a row that is not judgement needs evidence"),
                _rows(resolved, "cites an id that evidence.csv lacks"),
            ],
            unique=["segment", "parameter"],
        ),
        "evidence": pa.DataFrameSchema(
            {
                "id": _text(r"[A-Z]+\d+", unique=True),
                "topic": _text(NAME),
                "quantity": _text(".+"),
                "value": _number(),
                "low": _number(empty=True),
                "high": _number(empty=True),
                "unit": _text(among=units),
                "as_of": _dated(empty=True),
                "definition": _text(".+"),
                "source_title": _text(".+"),
                "publisher": _text(".+"),
                "url": _text(ADDRESS),
                "tier": _text(among=TIERS),
                "original": _text(r"[a-z0-9][a-z0-9.-]*"),
                "against": _text(rf"({NAME}( {NAME})*)?"),
                "compares_with": _text(rf"({NAME}/{NAME})?"),
                "notes": _text(),
            },
            checks=[ordered],
        ),
        "inference_benchmarks": pa.DataFrameSchema(
            {
                "model": _text(".+"),
                "resolution": _text(),
                "gpu": _text(".+"),
                "gpu_count": _number(empty=True),
                "gpu_seconds": _number(positive=True),
                "h100_factor": _number(empty=True),
                "h100_seconds": _number(empty=True),
                "acceleration": _text(),
                "kind": _text(among=("undistilled", "accelerated", "distilled")),
                "as_of": _dated(empty=True),
                "url": _text(ADDRESS),
                "notes": _text(),
            }
        ),
        "gpu_prices": pa.DataFrameSchema(
            {
                "date": _dated(month=True),
                "cloud": _text(".+"),
                "gpu": _text(".+"),
                "usd_per_gpu_hour": _number(positive=True),
                "price_kind": _text(among=("on_demand", "spot", "contract")),
                "series": _text(among=("cloud", "index")),
                "source": _text(".+"),
            }
        ),
        "api_prices": pa.DataFrameSchema(
            {
                "date": _dated(),
                "vendor": _text(".+"),
                "model": _text(".+"),
                "tier": _text(),
                "resolution": _text(),
                "audio": _text(among=("yes", "no")),
                "usd_per_second": _number(positive=True),
                "kind": _text(among=("list", "implied", "marketplace")),
                "url": _text(ADDRESS),
                "notes": _text(),
            }
        ),
        "market_shares": pa.DataFrameSchema(
            {
                "layer": _text(LABEL),
                "date": _dated(),
                "firm": _text(".+"),
                "share": _number(positive=True),
                "evidence": _text(among=sources),
            },
            unique=["layer", "date", "firm"],
        ),
        "retention_points": pa.DataFrameSchema(
            {
                "app": _text(LABEL),
                "kind": _text(NAME),
                "day": _number(positive=True),
                "retention": _number(),
                "evidence": _text(among=sources),
            },
            unique=["app", "day"],
        ),
        "backtests": pa.DataFrameSchema(
            {
                "id": _text(NAME, unique=True),
                "test": _text(among=BACKTESTS),
                "what": _text(".+"),
                "formula": _text(f"({NAME})?"),
                "segment": _text(among=segments | {""}),
                "unit": _text(among=units),
                "evidence": _text(r"([A-Z]+\d+)?"),
                "reported_low": _number(empty=True),
                "reported": _number(empty=True),
                "reported_high": _number(empty=True),
                "price": _text(),
                "benchmarks": _pattern(),
                "low": _number(empty=True, positive=True),
                "high": _number(empty=True, positive=True),
                "rests_on": _text(),
                "same_as": _text(),
                "note": _text(),
            },
            checks=[
                _rows(cited, "cites an id that evidence.csv lacks"),
                _rows(
                    lambda t: (t["evidence"] != "") | (t["price"] != ""),
                    "neither evidence nor a list price to test against",
                ),
                _rows(
                    lambda t: (t["low"].isna() & t["high"].isna()) | (t["low"] <= t["high"]),
                    "low <= high does not hold",
                ),
            ],
        ),
    }


def _missing(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What a segment or the whole needs and has not got, and what it has got and cannot use."""
    scope = tables["parameters"].set_index("parameter")["scope"].to_dict()
    given = set(zip(tables["assumptions"]["segment"], tables["assumptions"]["parameter"]))
    models = tables["segments"].set_index("segment")["business_model"].to_dict()
    needed = {("all", p) for p, s in scope.items() if s == "shared"}
    needed |= {
        (name, p)
        for name, model in models.items()
        for p, s in scope.items()
        if s in ("segment", model)
    }
    usable = needed | {
        (name, p)
        for name, model in models.items()
        for p, s in scope.items()
        if s == "optional" and model == "subscription"
    }
    return [f"assumptions.csv: {s}, {p}: the row is missing" for s, p in sorted(needed - given)] + [
        f"assumptions.csv: {s}, {p}: this segment does not use that parameter"
        for s, p in sorted(given - usable)
    ]


def read_table(name: str, folder: Path = DATA) -> tuple[pd.DataFrame, list[str]]:
    """One table as text, its number columns as floats (an empty cell is nan), and what could not be read of it.

    Raises: InputError where there is no such table, or none that can be read.
    """
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise InputError(f"{path.name}: no such table in {folder.name}/")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head, *rows = csv.reader(file, strict=True)
    except (
        OSError,
        ValueError,
        csv.Error,
    ) as error:  # no row at all, bytes that are not UTF-8, a quote left open
        raise InputError(f"{path.name}: cannot be read as a table: {error}") from None
    if twice := [column for i, column in enumerate(head) if column in head[:i]]:
        raise InputError(f"{path.name}: the column {twice[0]!r} stands there twice")
    while rows and not any(rows[-1]):
        rows.pop()
    whole = {i: row for i, row in enumerate(rows) if len(row) == len(head)}
    failures = [
        f"{path.name}: row {i + 2}: {len(row)} cells under {len(head)} columns"
        for i, row in enumerate(rows)
        if i not in whole
    ]
    failures += [] if rows else [f"{path.name}: has no row"]
    table = pd.DataFrame(list(whole.values()), index=list(whole), columns=head, dtype=str)
    for at, column in enumerate(head):
        if column in _NUMBERS.get(name, ()):
            cells = table[column].mask(table[column] == "")
            numbers = pd.to_numeric(cells, errors="coerce").astype(float)
            failures += [
                f"{path.name}: row {i + 2}: {column}: {cells[i]!r}: not a number"
                for i in table.index[cells.notna() & numbers.isna()]
            ]
            table[column] = numbers
        else:
            failures += [
                f"{path.name}: row {i + 2}: {column}: {row[at]!r}: {said}"
                for i, row in whole.items()
                if (said := unfit(row[at]))
            ]
    return table, failures


def unfit(cell: str) -> str:
    """What makes a text unfit to be shown, in a report or in a spreadsheet; "" for nothing."""
    if len(cell) > MAX_CELL:
        return f"is longer than {MAX_CELL:,} characters"
    if cell.startswith(("=", "+", "-", "@")):
        return "begins as a formula of a spreadsheet does"
    return "" if cell.isprintable() or not CONTROL.search(cell) else "holds a control character"


def read_tables(folder: Path = DATA) -> Tables:
    """All tables, checked.

    Parameters: folder, where the CSV files are. Returns: a `Codebook`.
    Raises: InputError, naming every failure as table, row (as a spreadsheet counts), column and value.

    >>> read_tables().segments["segment"].iloc[0]
    'consumer'
    """
    read = {name: read_table(name, Path(folder)) for name in Tables.__dataclass_fields__}
    tables = {name: table for name, (table, _) in read.items()}
    failures = [line for _, lines in read.values() for line in lines]
    schemas = _schemas(tables)
    missing = [
        f"{name}.csv: the column {column} is missing"
        for name, s in schemas.items()
        for column in s.columns
        if column not in tables[name]
    ]
    if not missing:  # else a rule over several columns or tables could not be tried
        for name, schema in schemas.items():
            try:
                schema.validate(tables[name], lazy=True)
            except pa.errors.SchemaErrors as errors:
                failures += _explain(name, errors.failure_cases)
    failures = missing + failures or _missing(tables)
    if failures:
        more = (
            [f"and {len(failures) - MAX_FAILURES:,} more"] if len(failures) > MAX_FAILURES else []
        )
        raise InputError("the tables do not hold together:", *failures[:MAX_FAILURES], *more)
    return Tables(**tables)


def _explain(name: str, cases: pd.DataFrame) -> list[str]:
    """Pandera's failure cases as lines: table, row as a spreadsheet counts, column, what was found, what is wrong."""
    lines = {}
    for _, case in cases.iterrows():
        row = "" if pd.isna(case["index"]) else f"row {int(case['index']) + 2}: "
        if case["schema_context"] == "DataFrameSchema":
            lines.setdefault(
                (name, row, case["check"]), f"{name}.csv: {row}{_plain(case['check'])}"
            )
        else:
            lines[name, row, case["column"], case["check"]] = (
                f"{name}.csv: {row}{case['column']}: {case['failure_case']!r}: {_plain(case['check'])}"
            )
    return list(lines.values())


def _plain(check: str) -> str:
    return {
        "field_uniqueness": "stands there twice",
        "multiple_fields_uniqueness": "stands there twice",
        "not_nullable": "is empty",
    }.get(check, check)
