"""What a person types: a number, a range, a whole number, a name and the nearest there is."""

from __future__ import annotations

import difflib
import math
import reprlib
from collections.abc import Iterable
from numbers import Integral, Real

from analysis.errors import InputError

NAMES_SHOWN = 8
FEWEST_DRAWS = 100
MOST_DRAWS = 2**22
_short = reprlib.Repr()
_short.maxlevel, _short.maxlist, _short.maxtuple, _short.maxdict = 2, 4, 4, 4


def in_short(given: object) -> str:
    """Anything that was handed in, in a few words."""
    return _short.repr(given)


def nearest(name: object, known: Iterable[str]) -> str:
    """The end of a complaint about an unknown name: the nearest known one, or the first few.

    >>> nearest("retake", ["wage", "retakes"])
    '; the nearest name is retakes'
    """
    known = list(known)
    sought = (name if isinstance(name, str) else in_short(name))[:80].lower()
    matches = difflib.get_close_matches(sought, known, n=1, cutoff=0.5)
    if not matches and sought:
        matches = [one for one in known if sought in one]
    if matches:
        return f"; the nearest name is {matches[0]}"
    more = ", ..." if len(known) > NAMES_SHOWN else ""
    return f"; names are {', '.join(known[:NAMES_SHOWN])}{more}"


def parse_range(name: str, given: object) -> tuple[float, float, float]:
    """Low, value and high of a number, of `"low,value,high"` or of a list of three.

    Raises: InputError, which calls the input by its name.

    >>> parse_range("gpu_price", "1,2,3"), parse_range("gpu_price", 2)
    ((1.0, 2.0, 3.0), (2.0, 2.0, 2.0))
    """
    if isinstance(given, str):
        parts = given.split(",")
    else:
        parts = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(parts) not in (1, 3):
        raise InputError(
            f"{name}: {in_short(given)} has {len(parts)} parts; write one number "
            "(decimal point, no thousands separators) or low,value,high"
        )
    numbers = [_number(name, part) for part in parts]
    return numbers[0], numbers[len(numbers) // 2], numbers[-1]


def _number(name: str, given: object) -> float:
    text = given.strip() if isinstance(given, str) else ""
    if text.endswith("%"):
        share = _float(text[:-1]) / 100
        right = f"{share:g}" if math.isfinite(share) else "a share of one"
        raise InputError(f"{name}: {in_short(given)} has a percent sign; write {right}")
    number = _float(given)
    if not math.isfinite(number):
        raise InputError(
            f"{name}: {in_short(given)} is not a number; "
            f"write {name}=NUMBER or {name}=LOW,VALUE,HIGH"
        )
    return number + 0.0  # -0.0 is 0.0


def _float(given: object) -> float:
    """A number or its text as a float; nan for anything else."""
    if isinstance(given, bool) or not isinstance(given, (str, Real)):
        return math.nan
    if isinstance(given, str) and "_" in given:
        return math.nan
    try:
        return float(given)
    except (ValueError, OverflowError):
        return math.nan


def check_whole(name: str, given: object, least: int, most: int) -> int:
    """A whole number from least to most. Raises: InputError for anything else."""
    if isinstance(given, Integral) and not isinstance(given, bool) and least <= given <= most:
        return int(given)
    raise InputError(
        f"{name}: {in_short(given)} is not allowed; it is a whole number from {least} to {most}"
    )
