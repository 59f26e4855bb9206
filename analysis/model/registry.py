"""Formulas as plain functions: registered by name, fed by their signatures.

A parameter of a formula is an input of the segment, a conversion of units, or another formula, by
name. A formula is arithmetic without a branch on a value, so the same function runs on NumPy
scalars (the point estimate), on arrays (draws), on pint quantities (a test of dimension and
magnitude) and on SymPy symbols (what the page prints).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from inspect import signature

SHARED = "all"  # as the tables call what every segment has in common
WORKFLOW = ("account", "metered")  # revenue of an account is published, or seconds are sold singly
BUSINESS_MODELS = ("subscription", *WORKFLOW)
EVERYWHERE = (SHARED, *BUSINESS_MODELS)  # what all segments share, and so each of them has, too
CONVERSIONS = {
    "one_month": (1.0, "month"),
    "one_year": (1.0, "year"),
    "seconds_per_hour": (3600.0, "s/h"),
    "finished_seconds_per_minute": (60.0, "finished-s/finished-min"),
    "months_per_year": (12.0, "month/year"),
    "days_per_month": (365.25 / 12, "day/month"),
    "hours_per_month": (365.25 / 12 * 24, "h/month"),
}


@dataclass(frozen=True)
class Metric:
    """What every segment has a result for: unit, meaning in words, formula by business model."""

    name: str
    unit: str
    meaning: str
    formulas: dict[str, Callable]


FORMULAS: dict[str, dict[str, Callable]] = {}
METRICS: dict[str, Metric] = {}


def formula(*business_models: str, name: str = "") -> Callable:
    """Register a function under its own or another name, for these business models or for all."""

    def register(function: Callable) -> Callable:
        known = FORMULAS.setdefault(name or function.__name__, {})
        known.update(dict.fromkeys(business_models or EVERYWHERE, function))
        return function

    return register


def metric(unit: str, meaning: str, *business_models: str) -> Callable:
    """Register a function as the metric of its name, for these business models or for each."""

    def register(function: Callable) -> Callable:
        metric_by_business_model(function.__name__, unit, meaning)
        return formula(*(business_models or BUSINESS_MODELS))(function)

    return register


def metric_by_business_model(name: str, unit: str, meaning: str) -> None:
    """Register a metric whose formulas stand with the business models that have it."""
    METRICS[name] = Metric(name, unit, meaning, FORMULAS.setdefault(name, {}))


def formula_of(business_model: str, name: str) -> Callable | None:
    """The function of that name for a business model, if there is one."""
    return FORMULAS.get(name, {}).get(business_model)


@cache
def parameters(function: Callable) -> tuple[str, ...]:
    """The names that a function has to be given."""
    named = signature(function).parameters.values()
    return tuple(p.name for p in named if p.default is p.empty)


def reads(business_model: str, name: str) -> frozenset[str]:
    """The inputs that a formula follows from; of an input, itself.

    >>> sorted(reads("metered", "generated_seconds"))
    ['finished_seconds', 'retakes']
    """
    function = formula_of(business_model, name)
    if function:
        return frozenset().union(*(reads(business_model, p) for p in parameters(function)))
    if name in CONVERSIONS:
        return frozenset()
    return frozenset([name])


class Case:
    """One segment with one set of inputs; each formula is evaluated once, when first asked for.

    What is given as an input goes before the formula of that name.

    >>> case = Case("subscription", dict(active_days=4.0, clips_per_day=2.0, seconds_per_clip=10.0))
    >>> case.generated_seconds
    80.0
    """

    def __init__(self, business_model: str, inputs: Mapping[str, object]):
        self.__dict__.update(business_model=business_model, inputs=inputs)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__[name] = value = self._found(name)
        return value

    def _found(self, name: str):
        with suppress(KeyError):
            return self.inputs[name]
        if name in CONVERSIONS:
            value, _ = CONVERSIONS[name]
            return value
        if function := formula_of(self.business_model, name):
            return function(*(getattr(self, p) for p in parameters(function)))
        raise AttributeError(
            f"{name!r} is neither an input nor a formula of a {self.business_model} segment"
        )

    def __setattr__(self, name, value):
        raise AttributeError("a case does not change; replace() makes another")

    def replace(self, **changes) -> Case:
        """The same case with other inputs."""
        return Case(self.business_model, ChainMap(changes, self.inputs))
