"""Assumptions as they are resolved for one report: tables, then a scenario, then overrides.

In: checked `Tables` and overrides (name -> number or [low, value, high]). Out: one immutable
`Assumptions`, read by attribute. An override from the command line, from a scenario file and from
a notebook goes through the same function, `resolve`, and meets the same checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from analysis.errors import InputError
from analysis.inputs.parsing import in_short, nearest, parse_range
from analysis.inputs.scenarios import as_mapping, read_scenario
from analysis.inputs.tables import Tables, read_tables


@dataclass(frozen=True)
class Quantity:
    """One assumption: its range, its best value, its unit and where it comes from."""

    segment: str
    parameter: str
    low: float
    value: float
    high: float
    shape: str
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
        return self.parameter if self.segment == "all" else f"{self.segment}.{self.parameter}"


OF_PARAMETER = ["parameter", "unit", "minimum", "maximum", "shape", "meaning"]
OF_ASSUMPTION = ["segment", "parameter", "low", "value", "high", "basis", "evidence", "note"]
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

    def about(self, segment: str) -> pd.Series:
        """The row of `segments.csv`: title, business_model, in_thesis, description."""
        return self.tables.segments.set_index("segment").loc[segment]

    def of(self, segment: str) -> dict[str, Quantity]:
        """Every quantity that a segment's model reads, its own and the shared ones."""
        return {q.parameter: q for q in self.quantities.values() if q.segment in ("all", segment)}

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
        rows = pd.DataFrame([vars(quantity) for quantity in self.quantities.values()])[SHOWN]
        return rows.assign(evidence=rows["evidence"].map(" ".join))


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

    An override is a number, "low,value,high" or [low, value, high] in its parameter's unit.
    Raises: InputError for the first thing that is wrong.

    >>> resolve(overrides={"gpu_price": 1.0}).gpu_price.high
    1.0
    """
    assumptions = _from_tables(tables or read_tables())
    own = as_mapping(overrides or {}, "overrides")
    return override(assumptions, {**read_scenario(scenario, scenarios).overrides, **own})


def _from_tables(tables: Tables) -> Assumptions:
    segments = list(tables.segments["segment"])
    for segment in segments:
        if hasattr(Assumptions, segment) or segment in Assumptions.__dataclass_fields__:
            raise InputError(f"segments.csv: {segment}: that name is taken; choose another")
    names = ["all", *segments, *tables.parameters["parameter"]]
    place = {name: number for number, name in enumerate(names)}
    rows = tables.assumptions[OF_ASSUMPTION].merge(tables.parameters[OF_PARAMETER], "left")
    rows = rows.sort_values(["segment", "parameter"], key=lambda column: column.map(place))
    rows["evidence"] = rows["evidence"].map(lambda ids: tuple(ids.split()))
    quantities = [Quantity(**row) for row in rows.to_dict("records")]
    return Assumptions(tables, MappingProxyType({q.name: q for q in quantities}))


def override(assumptions: Assumptions, overrides: Mapping[str, object]) -> Assumptions:
    """The same assumptions with some ranges replaced; a single number is certain.

    Raises: InputError when a name is unknown (with the nearest one there is), a value is no number
    or three, lies outside minimum to maximum, or is not low <= value <= high.
    """
    quantities = dict(assumptions.quantities)
    for name, given in overrides.items():
        if name not in quantities:
            raise InputError(_unknown(name, assumptions))
        quantities[name] = _overridden(quantities[name], *parse_range(name, given))
    changed = tuple(n for n in quantities if n in overrides or n in assumptions.changed)
    return Assumptions(assumptions.tables, MappingProxyType(quantities), changed)


def _overridden(before: Quantity, low: float, value: float, high: float) -> Quantity:
    wanted = _said(low, value, high)
    if before.shape == "fixed" and low < high:
        raise InputError(f"{before.name}: takes one number and no range")
    if min(low, value, high) < before.minimum or max(low, value, high) > before.maximum:
        raise InputError(
            f"{before.name}: {wanted} is out of range; "
            f"allowed is {before.minimum:g} to {before.maximum:g} {before.unit}"
        )
    if not low <= value <= high:
        raise InputError(f"{before.name}: low <= value <= high does not hold in {wanted}")
    note = f"set for this report; the table says {_said(before.low, before.value, before.high)}"
    return replace(
        before, low=low, value=value, high=high, basis="judgement", evidence=(), note=note
    )


def _said(low: float, value: float, high: float) -> str:
    return f"{value:.12g}" if low == high else f"{value:.12g} ({low:.12g} to {high:.12g})"


def _unknown(name: object, assumptions: Assumptions) -> str:
    """What is said of a name that no quantity has."""
    segment, dot, parameter = (name if isinstance(name, str) else in_short(name)).partition(".")
    if dot and segment not in assumptions.segments:
        return f"unknown segment {in_short(segment)}{nearest(segment, assumptions.segments)}"
    if dot and parameter in assumptions.quantities:
        return f"{parameter} is shared by all segments; write {parameter} without a segment"
    own = [q.name for q in assumptions.quantities.values() if q.parameter == segment]
    if own and not dot:
        return f"{segment} differs by segment; write {' or '.join(own[:3])}"
    return f"unknown parameter {in_short(name)}{nearest(name, assumptions.quantities)}"
