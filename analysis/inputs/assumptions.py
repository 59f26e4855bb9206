"""Assumptions as they are resolved for one report: tables, then a scenario, then overrides.

In: checked `Tables` and overrides (name -> number, [low, value, high] or a change as text). Out:
one immutable `Assumptions`, read by attribute. An override from the command line, from a scenario
file and from a notebook goes through the same function, `resolve`, and meets the same checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from analysis.errors import InputError
from analysis.inputs.parsing import Range, as_name, in_short, nearest, parse_range
from analysis.inputs.rules import off_scale
from analysis.inputs.scenarios import as_mapping, read_scenario
from analysis.inputs.tables import Tables, read_tables


@dataclass(frozen=True)
class Quantity:
    """One assumption: 5th percentile, median and 95th percentile, unit and where they come from."""

    segment: str
    parameter: str
    low: float
    value: float
    high: float
    scale: str
    unit: str
    minimum: float
    maximum: float
    meaning: str
    basis: str
    evidence: tuple[str, ...]
    note: str

    @property
    def name(self) -> str:
        """The name under which it is overridden: `gpu_price`, or `previs.retakes`."""
        if self.segment == "all":
            return self.parameter
        return f"{self.segment}.{self.parameter}"

    @property
    def range(self) -> Range:
        """Low, value and high."""
        return self.low, self.value, self.high

    @property
    def in_words(self) -> str:
        """The value with its range, without the unit."""
        return _said(*self.range)


OF_PARAMETER = ["parameter", "unit", "minimum", "maximum", "scale", "meaning"]
OF_ASSUMPTION = ["segment", "parameter", "low", "value", "high", "basis", "evidence", "note"]
FRACTIONS = ("fraction", "fraction/month", "fraction/year", "payer/customer")  # 15% is 0.15
SHOWN = ["segment", "parameter", "low", "value", "high", "unit", "basis", "evidence", "note"]


@dataclass(frozen=True)
class Assumptions:
    """Every quantity of one report. `assumptions.gpu_price`, `assumptions.previs.retakes`."""

    tables: Tables
    quantities: Mapping[str, Quantity]
    changed: tuple[str, ...] = ()

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The segments in display order."""
        return tuple(self.tables.segments["segment"])

    @cached_property
    def _described(self) -> pd.DataFrame:
        return self.tables.segments.set_index("segment")

    def about(self, segment: str) -> pd.Series:
        """The row of `segments.csv`: title, phrase, customer, business_model and so on."""
        return self._described.loc[segment]

    def of(self, segment: str) -> dict[str, Quantity]:
        """Every quantity that a segment's model reads, its own and the shared ones."""
        shared = {q.parameter: q for q in self.quantities.values() if q.segment == "all"}
        return shared | self.own(segment)

    def own(self, segment: str) -> dict[str, Quantity]:
        """The quantities that a segment shares with no other, by parameter."""
        return {q.parameter: q for q in self.quantities.values() if q.segment == segment}

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.quantities:
            return self.quantities[name]
        if name in self.segments:
            return _OfSegment(self.of(name))
        raise AttributeError(f"{name!r} is neither a shared parameter nor a segment")

    def table(self) -> pd.DataFrame:
        """As resolved, in the columns of assumptions.csv with the unit beside the numbers."""
        rows = pd.DataFrame(map(vars, self.quantities.values()))[SHOWN]
        rows["evidence"] = rows["evidence"].map(" ".join)
        return rows


class _OfSegment:
    """The quantities of one segment, by attribute."""

    def __init__(self, quantities: dict[str, Quantity]):
        self.__dict__.update(quantities)

    def __setattr__(self, name, value):
        raise AttributeError("assumptions do not change; resolve() makes new ones")


def resolve(
    tables: Tables | None = None,
    scenario: str = "base",
    overrides: Mapping[str, object] | None = None,
    scenarios: Path | None = None,
) -> Assumptions:
    """Tables, then a scenario of the folder `scenarios`, then overrides, each checked.

    An override is a number, "low,value,high" or [low, value, high] in its parameter's unit, or a
    change of what stood before that keeps the spread: "-30%", "x0.7" or "+0.5".
    Raises: InputError for the first thing that is wrong.

    >>> resolve(overrides={"gpu_price": 1.0}).gpu_price.high
    1.0
    """
    assumptions = _from_tables(tables or read_tables())
    own = as_mapping(overrides or {}, "overrides")
    of_scenario = override(assumptions, read_scenario(scenario, scenarios).overrides)
    return override(of_scenario, own)


def _from_tables(tables: Tables) -> Assumptions:
    segments = list(tables.segments["segment"])
    for segment in segments:
        if hasattr(Assumptions, segment) or segment in Assumptions.__dataclass_fields__:
            raise InputError(f"segments.csv: {segment}: that name is taken; choose another")
    names = ["all", *segments, *tables.parameters["parameter"]]
    rows = tables.assumptions[OF_ASSUMPTION].merge(tables.parameters[OF_PARAMETER], "left")
    rows = rows.sort_values(["segment", "parameter"], key=lambda column: column.map(names.index))
    rows["evidence"] = rows["evidence"].str.split().map(tuple)
    quantities = {}
    for row in rows.to_dict("records"):
        quantity = Quantity(**row)
        quantities[quantity.name] = quantity
    return Assumptions(tables, MappingProxyType(quantities))


def override(assumptions: Assumptions, overrides: Mapping[str, object]) -> Assumptions:
    """The same assumptions with some ranges replaced; a single number is certain.

    Raises: InputError when a name is unknown (with the nearest one there is), a value is no number,
    three or change, lies outside minimum to maximum, or is not low <= value <= high.
    """
    quantities = dict(assumptions.quantities)
    for name, given in overrides.items():
        if name not in quantities:
            raise InputError(_unknown(name, assumptions))
        before = quantities[name]
        low, value, high = _checked(before, given)
        after = replace(before, low=low, value=value, high=high, basis="judgement", evidence=())
        if name not in assumptions.changed:  # else by the scenario: it tells what the table says
            note = f"set for this report; the table says {before.in_words}"
            after = replace(after, note=note)
        quantities[name] = after
    names = {*overrides, *assumptions.changed}
    changed = tuple(name for name in quantities if name in names)
    return Assumptions(assumptions.tables, MappingProxyType(quantities), changed)


def _checked(before: Quantity, given: object) -> Range:
    allowed = f"allowed is {before.minimum:.12g} to {before.maximum:.12g} {before.unit}"
    try:
        wanted = parse_range(given, before.range, before.unit in FRACTIONS)
    except InputError as error:
        raise InputError(f"{before.name}: {error}; {allowed}") from None
    fault = _fault(before, *wanted)
    if fault:
        raise InputError(f"{before.name}: {_said(*wanted)} {fault}; {allowed}")
    return wanted


def _fault(before: Quantity, low: float, value: float, high: float) -> str:
    ends = sorted([low, value, high])
    if ends[0] < before.minimum or ends[-1] > before.maximum:
        return "is out of range"
    if not low <= value <= high:
        return "has not low <= value <= high"
    if before.scale == "fixed" and low < high:
        return "is a range, where one number is wanted"
    if off_scale(before.scale, low, high):
        return f"begins or ends where a range on the scale {before.scale} cannot"
    return ""


def lost_spread(before: Assumptions, after: Assumptions) -> Iterator[str]:
    """A line for each range that a single number took the place of: what it was, how to keep it."""
    for name in after.changed:
        old = before.quantities[name]
        new = after.quantities[name]
        if old.low == old.high or new.low < new.high:
            continue
        kept = "LOW,VALUE,HIGH"
        if old.value > 0 and new.value > 0:
            kept = f"x{new.value / old.value:.3g}"
        yield (
            f"{name} is certain at {new.in_words} now, without its spread (it was {old.in_words}); "
            f"--set {name}={kept} keeps one"
        )


def _said(low: float, value: float, high: float) -> str:
    if low == high:
        return f"{value:.12g}"
    return f"{value:.12g} ({low:.12g} to {high:.12g})"


def _unknown(name: object, assumptions: Assumptions) -> str:
    """What is said of a name that no quantity has."""
    segment, dot, parameter = as_name(name).partition(".")
    if dot and segment not in assumptions.segments:
        return f"unknown segment {in_short(segment)}{nearest(segment, assumptions.segments)}"
    if dot and parameter in assumptions.quantities:
        return f"{parameter} is shared by all segments; write {parameter} without a segment"
    sought = parameter if dot else segment
    own = [q.name for q in assumptions.quantities.values() if q.parameter == sought]
    if own:
        why = f"is no input of {segment}" if dot else "differs by segment"
        return f"{sought} {why}; write {' or '.join(own[:3])}"
    return f"unknown parameter {in_short(name)}{nearest(name, assumptions.quantities)}"
