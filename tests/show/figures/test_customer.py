"""One segment. Oracles: identities of a month and of a finished second, and titles by sign."""

import pytest
from drawing import PAYS, base_figures, data_of, extreme, note_of, study_of, title_of

from analysis.findings.results import USERS
from analysis.show import figures


@pytest.mark.parametrize("segment", ["consumer", "previs"])
def test_a_month_adds_up(segment):
    """Oracle: what comes in, less compute and service, is the contribution."""
    figure = base_figures()[f"month_waterfall {segment}"]
    *incoming, compute, service, left = data_of(figure)["value"]
    assert sum(incoming) - compute - service == pytest.approx(left, rel=1e-4)


def test_a_finished_second_adds_up():
    """Oracle: what was paid before is split up without a rest, and so is the vendor's price."""
    value = data_of(base_figures()["value_chain previs"]).set_index("metric")["value"]
    whole = ["still paid as before", "own labour", "vendor's price", "customer keeps"]
    assert value[whole].sum() == pytest.approx(value["today"], rel=1e-4)
    spent = value[["generation", "service", "contribution"]].sum()
    assert spent == pytest.approx(value["vendor's price"], rel=1e-4)


def test_titles_follow_the_sign():
    pays, loses = study_of(PAYS), extreme("nothing pays")
    assert "what is left is" in title_of(figures.month_waterfall(pays, "consumer"))
    assert "what is missing is" in title_of(figures.month_waterfall(loses, "consumer"))
    burnt = title_of(figures.burn_against_users(loses, "consumer"))
    gained = title_of(figures.burn_against_users(pays, "consumer"))
    assert " burn USD" in burnt and "pooling cuts the loss" in burnt
    assert " burn \N{MINUS SIGN}USD" in gained and "gain" in gained


def test_without_a_market_nobody_buys():
    study = extreme("no market")
    for draw in (figures.value_chain, figures.month_waterfall):
        assert title_of(draw(study, "previs")).endswith("saves nothing, so nobody buys")


def test_burn_is_that_of_the_results():
    study, data = extreme("base"), data_of(base_figures()["burn_against_users consumer"])
    details = [*(f"{users:.0f}" for users in USERS), ""]
    for value, detail in zip(data["value"], details, strict=True):
        own = study.result("consumer", "daily_burn", detail)["value"]
        assert value == pytest.approx(own, rel=1e-5)


def test_break_even_puts_contribution_to_zero():
    """Oracle: the model itself, with each input in turn at the value that is told."""
    figure = base_figures()["break_even previs"]
    data, point = data_of(figure), extreme("base").point("previs")
    for row in data.itertuples():
        at = point.replace(**{row.parameter.replace(" ", "_"): row.break_even})
        assert abs(at.contribution) < 1e-3 * at.revenue
    inside = data["break_even"].between(data["low"], data["high"])
    assert data["inside"].to_list() == inside.to_list()
    assert f" {inside.sum()} inputs could each" in title_of(figure)


def test_what_cannot_be_shown_is_told():
    data = data_of(base_figures()["break_even consumer"])
    note = note_of(base_figures()["break_even consumer"])
    assert "Not shown" in note and not any(name in note for name in data["parameter"])
