"""Numbers as text. Oracle: numbers as a reader would round them by hand, and rows typed here."""

from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest import approx

from analysis.findings.claims import BY_NAME, Claim, likelihood
from analysis.show.chapter import open_chapter
from analysis.show.html import plain_text
from analysis.show.numbers import (
    format_money,
    format_percent,
    format_probability,
    format_quantity,
    format_significant,
    how_many,
    input_html,
    interval_html,
    join_and,
    likelihood_html,
    number_of,
    published_value,
    range_html,
    result_html,
    source_link,
)

NAN, INF = float("nan"), float("inf")
ROW = dict(
    segment="previs",
    metric="contribution",
    detail="",
    unit="USD/customer-month",
    value=-12.345,
    p05=-100.0,
    p50=0.0,
    p95=2e6,
    probability_positive=0.25,
    share_defined=1.0,
)


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (5.0, "5"),
        (1.4, "1.4"),
        (0.14, "0.140"),
        (12.34, "12.3"),
        (-12.34, "−12.3"),
        (99.96, "100"),
        (0.9996, "1"),
        (0.099996, "0.100"),
        (0.0123456, "0.0123"),
        (999.4, "999"),
        (999.6, "1,000"),
        (-1234.5, "−1,230"),
        (123456, "123,000"),
        (999_499, "999,000"),
        (999_500, "1 million"),
        (1e6, "1 million"),
        (1_234_567, "1.23 million"),
        (-45.6e6, "−45.6 million"),
        (999.6e6, "1 billion"),
        (7.8e9, "7.8 billion"),
        (1e12, "1 trillion"),
        (1e-6, "0.00000100"),
        (np.float64(2.5), "2.5"),
        (NAN, "undefined"),
        (INF, "undefined"),
        (-INF, "undefined"),
        (None, "undefined"),
    ],
)
def test_digits(value, text):
    assert format_significant(value) == text


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(-1e14, 1e14).filter(lambda x: x == 0 or abs(x) > 1e-12))
@example(999_499.999).via("just below a million")
@example(9.995e-7)
def test_digits_read_back(value):
    """What is printed is the number to half a unit in its third digit, with a true minus sign."""
    text = format_significant(value)
    number, _, word = text.replace("\N{MINUS SIGN}", "-").replace(",", "").partition(" ")
    scale = {"": 1, "million": 1e6, "billion": 1e9, "trillion": 1e12}[word]
    assert float(number) * scale == approx(value, rel=5.1e-3) and not text.startswith("-")


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.5, "50 %"),
        (0.0149, "1.5 %"),
        (0.99, "99 %"),
        (0.995, "99.5 %"),
        (0.999, "99.9 %"),
        (0.9991, "over 99.9 %"),
        (1 - 1e-12, "over 99.9 %"),
        (0.001, "0.10 %"),
        (0.0009, "under 0.1 %"),
        (1e-12, "under 0.1 %"),
        (-0.5, "−50 %"),
        (2.5, "250 %"),
        (NAN, "undefined"),
        (INF, "undefined"),
        (None, "undefined"),
    ],
)
def test_share(value, text):
    assert format_percent(value) == text


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(0, 1))
def test_only_certainty_reads_as_certain(probability):
    assert (format_percent(probability) == "100 %") == (probability == 1) and (
        format_percent(probability) == "0 %"
    ) == (probability == 0)


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (0.141, "USD/video-s", "14.1 cents"),
        (-0.14, "USD/video-s", "−14 cents"),
        (-1e6, "USD/day", "−$1 million"),
        (-0.0, "USD", "$0"),
        (0.023, "payer/customer", "2.3 %"),
        (1234, "count", "1,234"),
        (0.35, "fraction/year", "35 %"),
        (-0.35, "fraction/year", "−35 %"),
        (1.5, "fraction", "150 %"),
        (2.774, "ratio", "2.77"),
        (3, "count", "3"),
        (6, "month", "6 months"),
        (80, "GPU-s/video-s", "80 GPU-seconds"),
        (2e6, "customer", "2 million"),
        (1, "month", "1 month"),
        (NAN, "USD", "undefined"),
        (INF, "month", "undefined"),
        (None, "ratio", "undefined"),
    ],
)
def test_number_with_its_unit(value, unit, text):
    assert format_quantity(value, unit) == text


@pytest.mark.parametrize(
    "value, three, two",
    [
        (9.1, "$9.10", "$9.10"),
        (9.123, "$9.12", "$9.10"),
        (2.0, "$2", "$2"),
        (12.34, "$12.30", "$12"),
        (99.96, "$100", "$100"),
        (140, "$140", "$140"),
        (1570, "$1,570", "$1,600"),
        (1.234e6, "$1.23 million", "$1.2 million"),
        (0.112, "11.2 cents", "11 cents"),
        (0.01, "1 cent", "1 cent"),
        (0.003, "0.3 cents", "0.3 cents"),
        (0.9996, "$1", "$1"),
        (0.996, "99.6 cents", "$1"),
        (-0.38, "−38 cents", "−38 cents"),
        (0, "$0", "$0"),
    ],
)
def test_money_as_people_say_it(value, three, two):
    assert (format_money(value, 3), format_money(value)) == (three, two)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(0, 1))
@example(0.6596)
@example(0.3349)
@example(0.8984)
def test_a_probability_never_contradicts_its_word(probability):
    """Oracle: the scale, read with the number that stands beside the word."""
    text = format_probability(probability)
    limit = {"under 1 %": 0.0, "over 99 %": 1.0}
    shown = limit[text] if text in limit else float(text.removesuffix(" %")) / 100
    assert likelihood(shown) == likelihood(probability) or abs(shown - probability) < 5e-5


@pytest.mark.parametrize(
    "unit, low, high, text",
    [
        ("month", 2, 9, "2 to 9 months"),
        ("GPU-s/video-s", 6.6, 97, "6.6 to 97 GPU-seconds"),
        ("USD/month", 0.03, 1.2, "3 cents to $1.20"),
        ("USD/month", 0.03, 0.3, "3 to 30 cents"),
        ("fraction", 0.29, 0.44, "29 % to 44 %"),
        ("USD/month", 1.2e6, 3e6, "$1.2 to $3 million"),
        ("ratio", 3, 5, "3 to 5"),
    ],
)
def test_a_range_says_its_unit_once(unit, low, high, text):
    assert plain_text(interval_html(ROW | dict(unit=unit, p05=low, p95=high))) == text


@pytest.mark.parametrize(
    "names, text",
    [([], "none"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_names_in_a_sentence(names, text):
    assert join_and(iter(names)) == text


@pytest.mark.parametrize(
    "some, of, subject, number",
    [
        (0, 3, "none of the three", "none"),
        (1, 3, "one of the three", "one"),
        (3, 3, "all three", "all"),
        (2, 2, "both", "both"),
        (1, 2, "one of the two", "one"),
        (12, 40, "12 of the 40", "12"),
        (0, 1, "none", "none"),
    ],
)
def test_a_count_beside_its_whole(some, of, subject, number):
    assert (how_many(some, of), number_of(some, of)) == (subject, number)


def marks(html):
    """The attributes of the first element and its text, as a parser reads them."""
    element = BeautifulSoup(html, "html.parser").find(["data", "span", "a"])
    return element.name, element.attrs, element.text


def test_a_number_names_its_source():
    key = {"data-result": "previs/contribution/"}
    assert marks(result_html(ROW)) == (
        "data",
        {"value": "-12.345", **key, "data-stat": "value"},
        "−$12.30",
    )
    assert marks(result_html(ROW, "probability_positive")) == (
        "data",
        {"value": "0.25", **key, "data-stat": "probability_positive"},
        "25 %",
    )
    assert marks(result_html(ROW, text="a < b"))[2] == "a < b"
    detailed = ROW | dict(metric="break_even", detail='"gpu" & price')
    assert marks(result_html(detailed))[1]["data-result"] == 'previs/break_even/"gpu" & price'


@pytest.mark.parametrize("said, shown", [(None, "undefined"), ("none <possible>",) * 2])
def test_an_undefined_number_is_a_word_without_a_value(said, shown):
    name, attributes, text = marks(result_html(ROW | dict(value=NAN), text=said))
    assert (name, text) == ("span", shown) and "value" not in attributes


def test_an_interval():
    assert plain_text(interval_html(ROW)) == "−$100 to $2 million"
    assert interval_html(ROW | dict(p05=NAN, p95=NAN)) == "no interval"


def test_an_assumption_and_its_range(study):
    price = study.assumptions.gpu_price
    expected = {"value": f"{price.low:.12g}", "data-input": "gpu_price", "data-stat": "low"}
    assert marks(input_html(study, "gpu_price", "low")) == (
        "data",
        expected,
        format_quantity(price.low, price.unit),
    )
    low, high = (format_quantity(x, price.unit) for x in (price.low, price.high))
    assert plain_text(range_html(study, "gpu_price")) == f"{low} to {high}"


def test_an_assumption_that_is_certain_has_no_range():
    study = open_chapter(overrides={"gpu_price": 2}, draws=100)
    assert plain_text(range_html(study, "gpu_price")) == "set to $2"


def test_a_claim_has_one_probability_beside_its_word(study):
    definition = BY_NAME["covers_running_cost"]
    said = likelihood_html(Claim(study, definition, "previs", 0.93, 0.7, 1.0))
    assert plain_text(said) == "very likely (93 %)"
    tree = BeautifulSoup(said, "html.parser")
    key = "covers_running_cost/previs"
    assert [n["data-claim"] for n in tree.find_all("data", attrs={"data-stat": "probability"})] == [
        key
    ]
    assert tree.b["data-word"] == key


def test_a_condition_that_hardly_ever_holds_gets_no_word(study):
    definition = BY_NAME["suppliers_cap_profit"]
    said = likelihood_html(Claim(study, definition, "previs", 0.93, 0.7, 0.01))
    assert plain_text(said) == "too rare to tell (93 %)"


def test_a_published_figure_is_a_number_or_a_day():
    number = SimpleNamespace(unit="USD", value=5, url='https://a.example/?b="&c', id="A<1")
    assert published_value(number) == 5.0
    assert published_value(SimpleNamespace(unit="date", value=20260405.0)) == "2026-04-05"
    attributes = {"href": number.url, "data-source": "A<1"}
    assert marks(source_link(number, "<5>")) == ("a", attributes, "<5>")
