"""The rules of the tables: each table's own as a pandera schema, those between tables as functions.

An error text is the end of a line that names table, row and column; `tables.py` writes that line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import date

import pandas as pd
from pandera.pandas import Check, Column, DataFrameSchema

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
CONTROL = re.compile(  # the last four ranges turn the order of what is shown
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
MAX_CELL = 2000  # characters in a cell
MAX_NUMBER = 1e15  # beyond it products of inputs could overflow

Tables = dict[str, pd.DataFrame]


def unfit(cell: str) -> str:
    """What makes a text unfit to be shown, in a report or in a spreadsheet; "" for nothing."""
    if len(cell) > MAX_CELL:
        return f"is longer than {MAX_CELL:,} characters"
    if cell.startswith(("=", "+", "-", "@")):
        return "begins as a formula of a spreadsheet does"
    return "" if cell.isprintable() or not CONTROL.search(cell) else "holds a control character"


def in_calendar(text: str) -> bool:
    """Whether a year, a month or a day is one of the calendar.

    >>> in_calendar("2026-02-28"), in_calendar("2026-02-30"), in_calendar("2026")
    (True, False, True)
    """
    if not re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}", text):
        return False
    try:
        return bool(date.fromisoformat(text + "-01-01"[len(text) - 4 :]))
    except ValueError:  # a thirteenth month, a thirtieth of February
        return False


def _is_pattern(text: str) -> bool:
    try:
        return bool(re.compile(text))
    except (re.error, RecursionError, OverflowError):
        return False


def _table(columns: dict[str, Column], *checks: Check, unique: list[str] | None = None):
    """The schema of a table; a key of `columns` may hold several names."""
    single = {name: copy(column) for names, column in columns.items() for name in names.split()}
    return DataFrameSchema(single, checks=list(checks), unique=unique)


def _text(pattern: str, hint: str = "", unique: bool = False) -> Column:
    check = Check.str_matches(f"^(?:{pattern})$", error=f"not of the right form{hint}")
    return Column(checks=check, unique=unique, nullable=True)


def _name(pattern: str = NAME, unique: bool = False) -> Column:
    return _text(pattern, ": small letters, digits and _, beginning with a letter", unique)


def _among(*names: str) -> Column:
    known = ", ".join(sorted(names))
    return Column(checks=Check.isin(names, error=f"not among the known names: {known}"))


def _each(test: Callable[[str], bool], error: str) -> Column:
    return Column(checks=Check(lambda column: column.map(test), error=error), nullable=True)


def _row(test: Callable[[pd.DataFrame], pd.Series], error: str) -> Check:
    return Check(test, error=error, ignore_na=False)


FINITE = Check(lambda s: s.abs() < MAX_NUMBER, error="not a finite number below 1e15")
ABOVE_ZERO = Check.gt(0, error="not above zero")
NUMBER = Column(float, FINITE)
POSITIVE = Column(float, [FINITE, ABOVE_ZERO])
NUMBER_OR_EMPTY = Column(float, FINITE, nullable=True)
POSITIVE_OR_EMPTY = Column(float, [FINITE, ABOVE_ZERO], nullable=True)
TEXT = Column(nullable=True)
FILLED = _text(".+", ": it is empty")
WEB_ADDRESS = _text(ADDRESS)
DATE = _each(in_calendar, "not a year, month or day")
DATE_OR_EMPTY = _each(lambda d: not d or in_calendar(d), "not a year, month or day")
MONTH = _each(lambda d: len(d) > 4 and in_calendar(d), "not a month or day")
YES_NO = _among("yes", "no")
ORDERED = _row(
    lambda t: ~((t["low"] > t["value"]) | (t["value"] > t["high"])),
    "low <= value <= high does not hold",
)
RULES = {
    "units": _table({"unit": _text(UNIT, unique=True), "definition meaning": FILLED}),
    "parameters": _table(
        {
            "parameter": _name(unique=True),
            "scope": _among(*SCOPES),
            "unit": TEXT,
            "minimum maximum": NUMBER,
            "shape": _among(*SHAPES),
            "meaning": FILLED,
        },
        _row(lambda t: t["minimum"] < t["maximum"], "minimum < maximum does not hold"),
        _row(
            lambda t: (t["shape"] != "log_pert") | (t["minimum"] > 0),
            "log_pert needs a minimum above zero",
        ),
    ),
    "segments": _table(
        {
            "segment": _name(f"(?!all$){NAME}", unique=True),
            "title": _text(".{1,60}", unique=True),
            "business_model": _among(*BUSINESS_MODELS),
            "in_thesis": YES_NO,
            "description": FILLED,
        }
    ),
    "assumptions": _table(
        {
            "segment parameter evidence": TEXT,
            "low value high": NUMBER,
            "basis": _among(*BASES),
            "note": FILLED,
        },
        ORDERED,
        _row(
            lambda t: (t["basis"] == "judgement") | (t["evidence"] != ""),
            "a row that is not judgement needs evidence",
        ),
        unique=["segment", "parameter"],
    ),
    "evidence": _table(
        {
            "id": _text(r"[A-Z]+\d+", unique=True),
            "topic": _name(),
            "quantity definition source_title publisher": FILLED,
            "value": NUMBER,
            "low high": NUMBER_OR_EMPTY,
            "as_of": DATE_OR_EMPTY,
            "url": WEB_ADDRESS,
            "tier": _among(*TIERS),
            "original": _text(r"[a-z0-9][a-z0-9.-]*"),
            "against": _name(rf"({NAME}( {NAME})*)?"),
            "compares_with": _name(rf"({NAME}/{NAME})?"),
            "unit notes": TEXT,
        },
        ORDERED,
    ),
    "inference_benchmarks": _table(
        {
            "model gpu": FILLED,
            "gpu_seconds": POSITIVE,
            "gpu_count h100_factor h100_seconds": NUMBER_OR_EMPTY,
            "kind": _among("undistilled", "accelerated", "distilled"),
            "as_of": DATE_OR_EMPTY,
            "url": WEB_ADDRESS,
            "resolution acceleration notes": TEXT,
        }
    ),
    "gpu_prices": _table(
        {
            "date": MONTH,  # prices are drawn over months
            "cloud gpu source": FILLED,
            "usd_per_gpu_hour": POSITIVE,
            "price_kind": _among("on_demand", "spot", "contract"),
            "series": _among("cloud", "index"),
        }
    ),
    "api_prices": _table(
        {
            "date": DATE,
            "vendor model": FILLED,
            "audio": YES_NO,
            "usd_per_second": POSITIVE,
            "kind": _among("list", "implied", "marketplace"),
            "url": WEB_ADDRESS,
            "tier resolution notes": TEXT,
        }
    ),
    "market_shares": _table(
        {
            "layer": _text(LABEL),
            "date": DATE,
            "firm": FILLED,
            "share": POSITIVE,
            "evidence": TEXT,
        },
        unique=["layer", "date", "firm"],
    ),
    "retention_points": _table(
        {
            "app": _text(LABEL),
            "kind": _name(),
            "day": POSITIVE,
            "retention": NUMBER,
            "evidence": TEXT,
        },
        unique=["app", "day"],
    ),
    "backtests": _table(
        {
            "id": _name(unique=True),
            "test": _among(*BACKTESTS),
            "what": FILLED,
            "formula": _name(f"({NAME})?"),
            "evidence": _text(r"([A-Z]+\d+)?"),
            "reported_low reported reported_high": NUMBER_OR_EMPTY,
            "benchmarks": _each(_is_pattern, "not a regular expression"),
            "low high": POSITIVE_OR_EMPTY,
            "segment unit price rests_on same_as note": TEXT,
        },
        _row(
            lambda t: (t["evidence"] != "") | (t["price"] != ""),
            "neither evidence nor a list price to test against",
        ),
        _row(
            lambda t: (t["low"].isna() & t["high"].isna()) | (t["low"] <= t["high"]),
            "low <= high does not hold",
        ),
    ),
}
REFERENCES = (  # a column, the column that holds the names it may bear, and one besides them
    ("parameters", "unit", "units", "unit", None),
    ("evidence", "unit", "units", "unit", None),
    ("backtests", "unit", "units", "unit", None),
    ("assumptions", "segment", "segments", "segment", "all"),
    ("assumptions", "parameter", "parameters", "parameter", None),
    ("backtests", "segment", "segments", "segment", ""),
    ("market_shares", "evidence", "evidence", "id", None),
    ("retention_points", "evidence", "evidence", "id", None),
)
CITATIONS = {"assumptions": ["evidence"], "backtests": ["evidence", "rests_on", "same_as"]}


def relations(tables: Tables) -> Iterator[str]:
    """A line for each fault between two tables."""
    yield from unknown_names(tables)
    yield from unknown_citations(tables)
    yield from assumptions_outside_parameters(tables)
    yield from parameters_named_like_segments(tables)


def _told(table: str, at_fault: pd.Series, error: str) -> Iterator[str]:
    for row in at_fault.index[at_fault]:
        yield f"{table}.csv: row {row + 2}: {error}"


def unknown_names(tables: Tables) -> Iterator[str]:
    """A unit, a segment, a parameter or a source that its own table lacks."""
    for table, column, where, key, besides in REFERENCES:
        known = {*tables[where][key], besides}
        for row, cell in tables[table][column].items():
            if cell not in known:
                yield (f"{table}.csv: row {row + 2}: {column}: {cell!r}: not among the known names")


def unknown_citations(tables: Tables) -> Iterator[str]:
    """A cell with several ids of evidence, of which one does not exist."""
    known = set(tables["evidence"]["id"])
    for table, columns in CITATIONS.items():
        cited = tables[table][columns].agg(" ".join, axis=1)
        unknown = cited.map(lambda ids: not known.issuperset(ids.split())).astype(bool)
        yield from _told(table, unknown, "cites an id that evidence.csv lacks")


def assumptions_outside_parameters(tables: Tables) -> Iterator[str]:
    """A range beyond the bounds of its parameter, or where the parameter has none."""
    rows = tables["assumptions"]
    parameters = tables["parameters"].drop_duplicates("parameter").set_index("parameter")
    own = parameters.reindex(rows["parameter"]).set_index(rows.index)
    inside = (rows["low"] >= own["minimum"]) & (rows["high"] <= own["maximum"])
    yield from _told("assumptions", ~inside, "outside the minimum and maximum of parameters.csv")
    ranged = (own["shape"] == "fixed") & (rows["low"] != rows["high"])
    yield from _told("assumptions", ranged, "a parameter of shape fixed has no range")


def parameters_named_like_segments(tables: Tables) -> Iterator[str]:
    """Both are attributes of the assumptions."""
    alike = tables["parameters"]["parameter"].isin(tables["segments"]["segment"])
    yield from _told("parameters", alike, "a parameter bears the name of a segment")


def incomplete_assumptions(tables: Tables) -> list[str]:
    """What a segment or the whole needs and lacks, and what it has and cannot use."""
    parameters, segments = tables["parameters"], tables["segments"]
    by_scope = parameters.groupby("scope")["parameter"].agg(set).to_dict()
    needed = {("all", parameter) for parameter in by_scope.get("shared", ())}
    optional = set()
    for segment, model in zip(segments["segment"], segments["business_model"], strict=True):
        own = by_scope.get("segment", set()) | by_scope.get(model, set())
        needed |= {(segment, parameter) for parameter in own}
        if model == "subscription":
            optional |= {(segment, parameter) for parameter in by_scope.get("optional", ())}
    given = set(
        zip(tables["assumptions"]["segment"], tables["assumptions"]["parameter"], strict=True)
    )
    missing = [f"{s}, {p}: the row is missing" for s, p in sorted(needed - given)]
    unused = [
        f"{s}, {p}: this segment does not use that parameter"
        for s, p in sorted(given - needed - optional)
    ]
    return [f"assumptions.csv: {line}" for line in missing + unused]
