"""What a person types. Oracle: the numbers as one would read them aloud, or one line."""

import pytest
from support import complaint

from analysis.inputs.parsing import check_whole, in_short, nearest, parse_range


@pytest.mark.parametrize(
    "given, expected",
    [
        (1.5, (1.5, 1.5, 1.5)),
        (2, (2, 2, 2)),
        (" 1e0 ", (1, 1, 1)),
        ("-0.0", (0, 0, 0)),
        (" 1, 2 ,3", (1, 2, 3)),
        ([1, 2, 3], (1, 2, 3)),
        ((1, 2, 3), (1, 2, 3)),
        (["1", 2, 3.0], (1, 2, 3)),
        ("3,2,1", (3, 2, 1)),  # order is for the one who knows the bounds
    ],
)
def test_numbers_and_ranges(given, expected):
    assert parse_range("x", given) == expected
    assert str(parse_range("x", given)[0])[0] != "-"


@pytest.mark.parametrize(
    "given, said",
    [
        ("1,9", ["2 parts", "low,value,high"]),
        ("1,900", ["2 parts", "no thousands separators"]),
        ([], ["0 parts"]),
        ([1, 2, 3, 4], ["4 parts"]),
        ("50%", ["percent", "write 0.5"]),
        (" 50 %", ["percent", "write 0.5"]),
        ("nan%", ["percent", "a share of one"]),
        ("-5%", ["percent", "-0.05"]),
        ("\N{SUPERSCRIPT TWO}%", ["percent"]),
    ],
)
def test_what_would_be_right_is_said(given, said):
    message = complaint(parse_range, "x", given)
    assert message.startswith("x: ") and all(part in message for part in said)


@pytest.mark.parametrize(
    "given",
    [None, True, "", "abc", "nan", "inf", float("nan"), float("inf"), 10**400, "1_0", "1;2;3"]
    + [{}, {"low": 1}, 1j, b"1.5", "a\nb", "y" * 999, [1, None, 3]],
    ids=lambda given: repr(given)[:20],
)
def test_what_is_no_number(given):
    message = complaint(parse_range, "x", given)
    assert "is not a number; write x=NUMBER or x=LOW,VALUE,HIGH" in message


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


def test_whatever_is_handed_in_is_shown_in_a_few_words():
    nested = [[[["x"] * 9] * 9] * 9] * 9
    assert all(len(in_short(given)) < 200 for given in (nested, "x" * 9999, {1: nested}, 10**50))
