"""What a person types: a range, a change of one, a whole number, a name and the nearest one."""

from __future__ import annotations

import csv
import difflib
import math
import re
import reprlib
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path

from analysis.errors import InputError

NAMES_SHOWN = 8
FEWEST_DRAWS = 100
MOST_DRAWS = 2**22
CHANGE = re.compile(r"x(?P<times>[\d.]\S*)|(?P<percent>[+-][\d.]\S*?) ?%|\+(?P<plus>[\d.]\S*)")
with open(Path(__file__).with_name("successors.csv"), encoding="utf-8", newline="") as _file:
    SUCCESSORS = dict(csv.reader(_file))  # of names that the first edition had
_short = reprlib.Repr()
_short.maxlevel = 2
_short.maxlist = _short.maxtuple = _short.maxdict = 4
Range = tuple[float, float, float]


def in_short(given: object) -> str:
    """Anything that was handed in, in a few words."""
    return _short.repr(given)


def as_name(given: object) -> str:
    """A name as it was handed in; of what is no text, a few words."""
    if isinstance(given, str):
        return given
    return in_short(given)


def nearest(name: object, known: Iterable[str]) -> str:
    """The end of a complaint about an unknown name: its successor, the nearest, or the first few.

    >>> nearest("retake", ["wage", "retakes"]), nearest("previs.compute_factor", [])
    ('; the nearest name is retakes', '; since the second edition it is tier_factor')
    """
    known = list(known)
    sought = as_name(name)[:80].lower()
    _, _, parameter = sought.rpartition(".")
    if parameter in SUCCESSORS:
        successor = SUCCESSORS[parameter] or "gone"
        return f"; since the second edition it is {successor}"
    matches = difflib.get_close_matches(sought, known, n=1, cutoff=0.5)
    if not matches and sought:
        matches = [one for one in known if sought in one]
    if matches:
        return f"; the nearest name is {matches[0]}"
    shown = known[:NAMES_SHOWN]
    if len(known) > NAMES_SHOWN:
        shown.append("...")
    return f"; names are {', '.join(shown)}"


def parse_range(given: object, before: Range, fraction: bool = False) -> Range:
    """Low, value and high of a number, of `"low,value,high"`, of a list of three, or of a change.

    Parameters: before, the range that a change (`"-30%"`, `"x0.7"`, `"+0.5"`) starts from;
    fraction, whether `"15%"` is 0.15. Raises: InputError, which says what would be right.

    >>> parse_range("1,2,3", (2.0, 4.0, 8.0)), parse_range("x0.5", (2.0, 4.0, 8.0))
    ((1.0, 2.0, 3.0), (1.0, 2.0, 4.0))
    """
    parts = [given]
    if isinstance(given, str):
        given = given.strip().replace("\N{MINUS SIGN}", "-")
        if change := CHANGE.fullmatch(given):
            return _changed(before, change)
        parts = given.split(",")
        if len(parts) == 2:
            raise InputError(_decimal_comma(*parts))
    elif isinstance(given, (list, tuple)):
        parts = given
    if len(parts) not in (1, 3):
        raise InputError(f"{in_short(given)} has {len(parts)} parts; write one, or low,value,high")
    numbers = [_number(part, fraction) for part in parts]
    if len(numbers) == 3:
        low, value, high = numbers
    else:
        low, value, high = numbers * 3
    return low, value, high


def _decimal_comma(whole: str, decimals: str) -> str:
    """What is said of "1,9", and of "1,900", which may mean thousands."""
    given = in_short(f"{whole},{decimals}")
    told = f"{given} is no number; write {whole}.{decimals}"
    if len(decimals) == 3:
        return f"{told} or {whole}{decimals}"
    return told


def _changed(before: Range, change: re.Match) -> Range:
    """A range with its spread kept: multiplied, or moved."""
    factor = 1.0
    more = 0.0
    if change["plus"]:
        more = _number(change["plus"])
    elif change["percent"]:
        factor += _number(change["percent"]) / 100
    else:
        factor = _number(change["times"])
    low, value, high = (factor * end + more for end in before)
    return low, value, high


def _number(given: object, fraction: bool = False) -> float:
    percent = isinstance(given, str) and given.strip().endswith("%")
    if percent:
        number = _float(given.strip()[:-1]) / 100
    else:
        number = _float(given)
    if not math.isfinite(number):
        raise InputError(f"{in_short(given)} is not a number; write 1.5, or low,value,high")
    if percent and not fraction:
        raise InputError(f"{in_short(given)} is a share of nothing; a change is +15% or -15%")
    return number + 0.0  # -0.0 is 0.0


def _float(given: object) -> float:
    """A number or its text as a float; nan for anything else."""
    if isinstance(given, bool) or not isinstance(given, (str, Real)):
        return math.nan
    try:
        if "_" in str(given):
            return math.nan
        return float(given)
    except (ValueError, OverflowError):
        return math.nan


def check_whole(name: str, given: object, least: int, most: int) -> int:
    """A whole number from least to most. Raises: InputError for anything else."""
    if isinstance(given, Integral) and not isinstance(given, bool) and least <= given <= most:
        return int(given)
    allowed = f"it is a whole number from {least} to {most}"
    raise InputError(f"{name}: {in_short(given)} is not allowed; {allowed}")
