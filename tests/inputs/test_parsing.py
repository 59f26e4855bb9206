"""What a person types. Oracle: the numbers as one would read them aloud, or one line."""

import pytest
from support import complaint

from analysis.inputs.parsing import SUCCESSORS, check_whole, in_short, nearest, parse_range
from analysis.inputs.scenarios import scenario_names
from analysis.model.registry import METRICS

BEFORE = (2.0, 4.0, 8.0)


@pytest.mark.parametrize(
    "given, expected",
    [
        (1.5, (1.5, 1.5, 1.5)),
        (2, (2, 2, 2)),
        (" 1e0 ", (1, 1, 1)),
        ("-0.0", (0, 0, 0)),
        ("-5", (-5, -5, -5)),  # a sign alone makes no change of a negative number
        (" 1, 2 ,3", (1, 2, 3)),
        ([1, 2, 3], (1, 2, 3)),
        ((1, 2, 3), (1, 2, 3)),
        (["1", 2, 3.0], (1, 2, 3)),
        ("3,2,1", (3, 2, 1)),  # order is for the one who knows the bounds
        ("-50%", (1, 2, 4)),
        ("\N{MINUS SIGN}50 %", (1, 2, 4)),
        ("+50%", (3, 6, 12)),
        ("x.5", (1, 2, 4)),
        ("x1e1", (20, 40, 80)),
        ("+0.5", (2.5, 4.5, 8.5)),
        ("+5", (7, 9, 13)),
    ],
)
def test_numbers_ranges_and_changes(given, expected):
    assert parse_range(given, BEFORE) == expected
    assert str(parse_range(given, BEFORE)[0]) != "-0.0"


@pytest.mark.parametrize(
    "given, expected",
    [("15%", (0.15,) * 3), (" 1 %,2%, 3 %", (0.01, 0.02, 0.03)), ("0.2", (0.2,) * 3)],
)
def test_percents_of_a_fraction(given, expected):
    assert parse_range(given, BEFORE, fraction=True) == pytest.approx(expected)


@pytest.mark.parametrize(
    "given, said",
    [
        ("1,9", "write 1.9"),
        ("1,900", "write 1.900 or 1900"),
        ([], "0 parts"),
        ([1, 2], "2 parts"),
        ([1, 2, 3, 4], "4 parts"),
        ("50%", "+15% or -15%"),
        (" 50 %", "+15% or -15%"),
        ("1,2,3%", "+15% or -15%"),
    ],
)
def test_what_would_be_right_is_said(given, said):
    assert said in complaint(parse_range, given, BEFORE)


@pytest.mark.parametrize(
    "given",
    [None, True, "", "abc", "nan", "inf", float("nan"), float("inf"), 10**400, "1_0", "1;2;3"]
    + [{}, {"low": 1}, 1j, b"1.5", "a\nb", "y" * 999, [1, None, 3], "nan%", "\N{SUPERSCRIPT TWO}%"]
    + ["x", "x-1", "xx2", "x 2", "+", "+-2", "-+5%", "--5%", "%", "x1_0", "+1e999", "-nan%"],
    ids=lambda given: repr(given)[:20],
)
def test_what_is_no_number(given):
    assert "is not a number; write 1.5, or low,value,high" in complaint(parse_range, given, BEFORE)


@pytest.mark.parametrize("given", [0, 11, 1.0, "1", True, None, float("nan"), 10**400])
def test_a_whole_number_has_bounds(given):
    assert "x: " in complaint(check_whole, "x", given, 1, 10)
    assert [check_whole("x", n, 1, 10) for n in (1, 10)] == [1, 10]


def test_nearest():
    """Oracle: one letter amiss is near; part of a name is near; else the first eight are told."""
    assert nearest("retake", ["wage", "retakes"]) == "; the nearest name is retakes"
    assert nearest("CHURN", ["wage", "monthly_churn"]) == "; the nearest name is monthly_churn"
    assert nearest("zzz", list("abcdefghij")) == "; names are a, b, c, d, e, f, g, h, ..."
    assert nearest((1, 2), ["wage"]) == "; names are wage"


def test_a_name_of_the_first_edition_brings_its_successor(assumptions):
    """Oracle: the tables, where the old name is not and the new one is."""
    parameters = {quantity.parameter for quantity in assumptions.quantities.values()}
    known = parameters | set(METRICS) | set(scenario_names())
    for name, successor in SUCCESSORS.items():
        assert name not in known
        assert successor == "" or known.issuperset(successor.split(" or "))
        assert nearest(f"previs.{name}", known).endswith(f" it is {successor or 'gone'}")


def test_whatever_is_handed_in_is_shown_in_a_few_words():
    nested = [[[["x"] * 9] * 9] * 9] * 9
    assert all(len(in_short(given)) < 200 for given in (nested, "x" * 9999, {1: nested}, 10**50))
