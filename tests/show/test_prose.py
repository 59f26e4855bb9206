"""Sentences. Oracle: numbers as a reader would round them by hand, and rows of results typed here."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest import approx

from analysis.findings.claims import claim
from analysis.findings.study import Study, identities
from analysis.inputs.assumptions import read_scenario, resolve
from analysis.show.prose import (
    Html,
    format_percent,
    format_quantity,
    format_significant,
    interval_html,
    likelihood_html,
    paragraph,
    plain_text,
    result_html,
    say,
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
    """What is printed is the number to half a unit in its third digit, and the page never shows a plain hyphen as a sign."""
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
        (0.001, "0.100 %"),
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
        (0.141, "USD/video-s", "USD 0.141"),
        (-0.14, "USD/video-s", "−USD 0.140"),
        (-1e6, "USD/day", "−USD 1 million"),
        (-0.0, "USD", "USD 0"),
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


def test_plain():
    assert (
        plain_text('<p>Costs <data value="1">USD&nbsp;1</data> &lt;b&gt; &amp;amp;</p>')
        == "Costs USD\N{NO-BREAK SPACE}1 <b> &amp;"
    )
    assert Html("<b>x</b>")._repr_html_() == "<b>x</b>"


def test_marked_number_names_its_source():
    assert (
        result_html(ROW)
        == '<data value="-12.345" data-result="previs/contribution/" data-stat="value">−USD 12.3</data>'
    )
    positive = result_html(ROW, "probability_positive")
    assert plain_text(positive) == "25 %" and 'data-stat="probability_positive"' in positive
    assert 'data-result="previs/break_even/gpu_price"' in result_html(
        ROW | dict(metric="break_even", detail="gpu_price")
    )
    assert result_html(ROW, text="a < b") == result_html(ROW).replace("−USD 12.3", "a &lt; b")


@pytest.mark.parametrize(
    "text, shown", [(None, "undefined"), ("none <possible>", "none &lt;possible&gt;")]
)
def test_undefined_number_is_a_word_without_a_value(text, shown):
    assert (
        result_html(ROW | dict(value=NAN), text=text)
        == f'<span data-result="previs/contribution/" data-stat="value">{shown}</span>'
    )


def test_between():
    assert plain_text(interval_html(ROW)) == "−USD 100 to USD 2 million"
    assert interval_html(ROW | dict(p05=NAN, p95=NAN)) == "no interval"


@pytest.fixture
def world(assumptions):
    """A study with rows of results typed by hand: a = 2, b = -2, c = 0, d undefined."""
    study = Study(assumptions, read_scenario("base"), 100, segment="previs")
    rows = {
        name: ROW | dict(metric=name, value=value, p05=value - 1)
        for name, value in dict(a=2.0, b=-2.0, c=0.0, d=NAN).items()
    }
    study.kept[identities] = {("previs", name, ""): row for name, row in rows.items()}
    study.kept[identities]["previs", "a", "x"] = rows["a"] | dict(detail="x", value=3.0)
    return study


@pytest.mark.parametrize(
    "template, text",
    [
        ("{previs/a}", "USD 2"),
        ("{here/a}", "USD 2"),
        ("{ here/b }", "−USD 2"),
        ("{here/d}", "undefined"),
        ("{here/a/x}", "USD 3"),
        ("{here/a@p05}", "USD 1"),
        ("{here/a@range}", "USD 1 to USD 2 million"),
        ("{here/d@range}", "no interval"),
        ("{here/a@probability_positive}", "25 %"),
        ("It {here/a? earns | loses}.", "It earns."),
        ("It {here/b?earns|loses}.", "It loses."),
        ("It {here/c? earns | loses}.", "It loses."),
        ("It {here/a? earns | loses | has no customers}.", "It earns."),
        ("It {here/b? earns | loses | has no customers}.", "It loses."),
        ("It {here/d? earns | loses | has no customers}.", "It has no customers."),
        ("It {here/b@p95? may earn | must lose}.", "It may earn."),
        ("{draws}", "100"),
        ("nothing to fill", "nothing to fill"),
        ("{word}", "ready"),
    ],
)
def test_templates(world, template, text):
    assert plain_text(say(world, template, word="ready")) == text


def test_choice_without_a_word_for_undefined_takes_no_side(world):
    assert not {"earns", "loses"} & set(say(world, "It {here/d? earns | loses}").split())


@pytest.mark.parametrize(
    "template",
    [
        "{here/nothing}",
        "{nobody/a}",
        "{here/a@p99}",
        "{claim nothing/previs}",
        "{input nothing}",
        "{title nobody}",
    ],
)
def test_template_that_names_nothing_fails(world, template):
    with pytest.raises(KeyError):
        say(world, template)


def test_inputs_titles_and_claims_in_a_template(study):
    price = study.assumptions.gpu_price
    assert plain_text(say(study, "{input gpu_price@low}")) == format_quantity(price.low, price.unit)
    assert f'<data value="{price.value:.12g}" data-input="gpu_price" data-stat="value">' in say(
        study, "{input gpu_price}"
    )
    assert (
        'data-input="previs.retakes"'
        in say(study, "{input here.retakes}", "previs")
        == say(study, "{input previs.retakes}")
    )
    assert (
        say(study, "{title here}", "previs")
        == say(study, "{title previs}")
        == study.title("previs")
    )
    found = claim(study, "covers_running_cost", "previs")
    assert say(study, "{claim covers_running_cost/here}", "previs") == likelihood_html(found)
    shares = format_percent(found.probability), format_percent(found.probability_flat)
    assert plain_text(likelihood_html(found)) == "{} ({} of draws; {} with flat ranges)".format(
        found.likelihood, *shares
    )
    assert re.findall('data-claim="(.*?)" data-stat="(.*?)"', likelihood_html(found)) == [
        ("covers_running_cost/previs", "probability"),
        ("covers_running_cost/previs", "probability_flat"),
    ]
    assert paragraph(study, "One.", "Two.") == "<p>One.</p><p>Two.</p>"


def test_text_of_the_tables_is_escaped(tables):
    hostile = "<script>alert('{draws}')</script> & \"co\""
    named = tables.segments.assign(
        title=lambda t: t["title"].where(t["segment"] != "previs", hostile),
        description=lambda t: t["description"].where(t["segment"] != "previs", hostile),
    )
    study = Study(resolve(replace(tables, segments=named)), read_scenario("base"), 100)
    for template in ("{title previs}", "{about previs}"):
        written = say(study, template)
        assert "<" not in written and '"' not in written and plain_text(written).startswith(hostile)
