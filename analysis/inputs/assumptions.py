"""Assumptions as they are resolved for one report: tables, then a scenario file, then overrides.

In: a checked `Codebook` and overrides (name -> number or [low, value, high]). Out: one immutable
`Assumptions`, read by attribute. An override from the command line, from a scenario file and from
a notebook goes through the same function, `resolve`, and meets the same checks.
"""

from __future__ import annotations

import difflib
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import yaml

from analysis.errors import InputError
from analysis.inputs.tables import CONTROL, Tables, read_tables

SCENARIOS = Path(__file__).parents[2] / "notebooks" / "scenarios"
REPORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
FEWEST_DRAWS = 100
MOST_DRAWS = 2**22


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


@dataclass(frozen=True)
class Scenario:
    """A scenario file: its name, its title and reason (the leading comment), its overrides."""

    name: str
    title: str
    reason: str
    overrides: Mapping[str, object]


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
        """Every quantity that a segment's model reads, its own and the shared ones, by parameter."""
        return {q.parameter: q for q in self.quantities.values() if q.segment in ("all", segment)}

    def own(self, segment: str) -> dict[str, Quantity]:
        """The quantities of a segment that it shares with nobody, by parameter."""
        return {q.parameter: q for q in self.quantities.values() if q.segment == segment}

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.quantities:
            return self.quantities[name]
        if name in self.segments:
            return _Own(name, self.of(name))
        raise AttributeError(f"{name!r} is neither a shared parameter nor a segment")

    def table(self) -> pd.DataFrame:
        """As resolved, in the columns of assumptions.csv with the unit beside the numbers."""
        columns = [
            "segment",
            "parameter",
            "low",
            "value",
            "high",
            "unit",
            "basis",
            "evidence",
            "note",
        ]
        rows = [
            [getattr(q, c) if c != "evidence" else " ".join(q.evidence) for c in columns]
            for q in self.quantities.values()
        ]
        return pd.DataFrame(rows, columns=columns)


class _Own:
    """The quantities of one segment, by attribute."""

    def __init__(self, segment: str, quantities: dict[str, Quantity]):
        self.__dict__.update(quantities, _segment=segment)

    def __setattr__(self, name, value):
        raise AttributeError("assumptions do not change; resolve() makes new ones")


def resolve(
    tables: Tables | None = None,
    scenario: str = "base",
    overrides: Mapping[str, object] | None = None,
    scenarios: Path | None = None,
) -> Assumptions:
    """Tables, then the scenario file of that name, then overrides; each checked before it counts.

    Parameters: tables (read from `analysis/inputs/data/` when None), scenario (a file of `scenarios`),
    overrides (name -> number, "low,value,high" or [low, value, high], in the unit of the parameter).
    Returns: an immutable `Assumptions`. Raises: InputError for the first thing that is wrong.

    >>> resolve(overrides={"gpu_price": 1.0}).gpu_price.high
    1.0
    """
    tables = tables or read_tables()
    assumptions = _from_tables(tables)
    given = {
        **read_scenario(scenario, scenarios).overrides,
        **_as_mapping(overrides or {}, "overrides"),
    }
    return override(assumptions, given)


def _from_tables(tables: Tables) -> Assumptions:
    for segment in tables.segments["segment"]:
        if hasattr(Assumptions, segment) or segment in Assumptions.__dataclass_fields__:
            raise InputError(f"segments.csv: {segment}: that name is taken; choose another")
    parameters = tables.parameters.set_index("parameter")[
        ["unit", "minimum", "maximum", "shape", "meaning"]
    ].to_dict("index")
    order = {name: i for i, name in enumerate(["all", *tables.segments["segment"]])}
    place = {name: i for i, name in enumerate(parameters)}
    quantities, columns = (
        {},
        ["segment", "parameter", "low", "value", "high", "basis", "evidence", "note"],
    )
    for row in sorted(
        tables.assumptions[columns].to_dict("records"),
        key=lambda r: (order[r["segment"]], place[r["parameter"]]),
    ):
        row["evidence"] = tuple(row["evidence"].split())
        quantity = Quantity(**row, **parameters[row["parameter"]])
        quantities[quantity.name] = quantity
    return Assumptions(tables, MappingProxyType(quantities))


def override(assumptions: Assumptions, overrides: Mapping[str, object]) -> Assumptions:
    """The same assumptions with some ranges replaced; a single number is certain and has no spread.

    Raises: InputError when a name is unknown (with the nearest valid one), a value is no number or
    three, lies outside minimum-maximum, or is not low <= value <= high.
    """
    quantities = dict(assumptions.quantities)
    for name, given in overrides.items():
        before = quantities.get(name) if isinstance(name, str) else None
        if before is None:
            raise InputError(_unknown(name, assumptions))
        low, value, high = _three(name, given)
        if before.shape == "fixed" and low < high:
            raise InputError(f"{name}: takes one number and no range")
        if not before.minimum <= low <= value <= high <= before.maximum:
            wrong = (
                "low <= value <= high does not hold"
                if before.minimum <= min(low, value, high)
                and max(low, value, high) <= before.maximum
                else "out of range"
            )
            raise InputError(
                f"{name}: {_said(low, value, high)} is {wrong}; allowed is {before.minimum:g} to {before.maximum:g} {before.unit}"
                if wrong == "out of range"
                else f"{name}: {wrong} in {_said(low, value, high)}"
            )
        quantities[name] = replace(
            before,
            low=low,
            value=value,
            high=high,
            basis="judgement",
            evidence=(),
            note=f"set for this report; the table says {_said(before.low, before.value, before.high)}",
        )
    changed = tuple(n for n in quantities if n in overrides or n in assumptions.changed)
    return Assumptions(assumptions.tables, MappingProxyType(quantities), changed)


def _said(low: float, value: float, high: float) -> str:
    return f"{value:.12g}" if low == high else f"{value:.12g} ({low:.12g} to {high:.12g})"


def _three(name: str, given: object) -> tuple[float, float, float]:
    parts = (
        given.split(",")
        if isinstance(given, str)
        else list(given)
        if isinstance(given, (list, tuple))
        else [given]
    )
    if len(parts) not in (1, 3):
        raise InputError(
            f"{name}: {in_short(given)} has {len(parts)} parts; write one number (decimal point, no thousands separators) or low,value,high"
        )
    numbers = [_number(name, part) for part in parts]
    return tuple(numbers * 3 if len(numbers) == 1 else numbers)


def _number(name: str, given: object) -> float:
    if isinstance(given, str) and given.strip().endswith("%"):
        part = _float(given.strip()[:-1]) / 100
        raise InputError(
            f"{name}: {in_short(given)} has a percent sign; write {f'{part:g}' if math.isfinite(part) else 'a share of one'}"
        )
    number = _float(given)
    if not math.isfinite(number):
        raise InputError(
            f"{name}: {in_short(given)} is not a number; write {name}=NUMBER or {name}=LOW,VALUE,HIGH"
        )
    return number + 0.0  # -0.0 is 0.0


def _float(given: object) -> float:
    """A number or its text as a float; nan for anything else."""
    if (
        isinstance(given, bool)
        or not isinstance(given, (str, Real))
        or isinstance(given, str)
        and "_" in given
    ):
        return math.nan
    try:
        return float(given)
    except (ValueError, OverflowError):
        return math.nan


_show = reprlib.Repr()
_show.maxlevel, _show.maxlist, _show.maxtuple, _show.maxdict = 2, 4, 4, 4


def in_short(given: object) -> str:
    """Anything that was handed in, in a few words."""
    return _show.repr(given)


def nearest(name: object, known: Iterable[str]) -> str:
    """`; nearest is X`, or the first few names when none is near."""
    known, sought = list(known), _text_of(name)[:80].lower()
    match = difflib.get_close_matches(sought, known, n=1, cutoff=0.5) or [
        k for k in known if sought and sought in k
    ]
    return (
        f"; the nearest name is {match[0]}"
        if match
        else f"; names are {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
    )


def _text_of(name: object) -> str:
    return name if isinstance(name, str) else in_short(name)


def _unknown(name: object, assumptions: Assumptions) -> str:
    segment, dot, parameter = _text_of(name).partition(".")
    own = {q.parameter: [] for q in assumptions.quantities.values()}
    for q in assumptions.quantities.values():
        own[q.parameter].append(q.segment)
    if not dot and segment in own:
        return f"{segment} differs by segment; write " + " or ".join(
            f"{s}.{segment}" for s in own[segment][:3]
        )
    if dot and segment not in assumptions.segments:
        return f"unknown segment {in_short(segment)}{nearest(segment, assumptions.segments)}"
    if dot and own.get(parameter) == ["all"]:
        return f"{parameter} is shared by all segments; write {parameter} without a segment"
    return f"unknown parameter {in_short(name)}{nearest(name, assumptions.quantities)}"


def _as_mapping(given: object, where: str) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise InputError(f"{where}: {in_short(given)} is not a mapping of names to numbers")
    return given


class _TextLoader(yaml.BaseLoader):
    """YAML as text, since YAML's own numbers surprise (010 is 8, 1:30 is 90); a key given twice is refused, since the second would win in silence."""

    def construct_mapping(self, node, deep=False):
        keys = (
            [self.construct_object(key, deep=True) for key, _ in node.value]
            if isinstance(node, yaml.MappingNode)
            else []
        )
        twice = [key for i, key in enumerate(keys) if key in keys[:i]]
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice[0]!r} is given twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def scenario_names(folder: Path | None = None) -> list[str]:
    """The scenarios there are, by file name, `base` first; a name has to do for a report's folder as well."""
    return sorted(
        (
            p.stem
            for p in (folder or SCENARIOS).glob("*.yaml")
            if REPORT_NAME.fullmatch(p.stem) and p.is_file()
        ),
        key=lambda name: (name != "base", name),
    )


def read_scenario(name: str, folder: Path | None = None) -> Scenario:
    """A scenario file: YAML with `scenario` and `overrides`, under a comment with title and reason.

    Raises: InputError for an unknown name or a file of another form.

    >>> read_scenario("base").overrides
    {}
    """
    folder = folder or SCENARIOS
    if name not in scenario_names(folder):
        raise InputError(
            f"unknown scenario {in_short(name)}{nearest(name, scenario_names(folder))}"
        )
    path = folder / f"{name}.yaml"
    try:
        text = path.read_text("utf-8-sig")
        content = yaml.load(text, _TextLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise InputError(
            f"{path.name}: not readable as YAML: {' '.join(str(error).split())[:200]}"
        ) from None
    if (
        not isinstance(content, Mapping)
        or set(content) != {"scenario", "overrides"}
        or content["scenario"] != name
    ):
        raise InputError(f"{path.name}: must hold exactly `scenario: {name}` and `overrides:`")
    comment = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment.append(" ".join(line.lstrip("# ").split()))
    if not any(comment):
        raise InputError(
            f"{path.name}: begins without a comment that gives its title and its reason"
        )
    title, reason = comment[0], " ".join(comment[1:]).strip()
    if CONTROL.search(title + reason):
        raise InputError(f"{path.name}: the comment holds a control character")
    return Scenario(
        name,
        title,
        reason,
        dict(_as_mapping({} if content["overrides"] == "" else content["overrides"], path.name)),
    )


def check_whole(name: str, given: object, least: int, most: int) -> int:
    """A whole number inside its range, or an InputError."""
    if isinstance(given, bool) or not isinstance(given, Integral) or not least <= given <= most:
        raise InputError(
            f"{name}: {in_short(given)} is not allowed; it is a whole number from {least} to {most}"
        )
    return int(given)
