"""Who supplies the compute. Oracles: a dollar is a dollar; who stops first is the lowest price."""

import pytest
from drawing import (
    base_figures,
    check_markup,
    data_of,
    extreme,
    study_of,
    study_with,
    texts_of,
    title_of,
)

from analysis.show.figures import supply
from analysis.show.numbers import format_quantity


def test_one_layer_is_known(tmp_path):
    def first_layer(shares):
        return shares[shares["layer"] == shares["layer"].iloc[0]]

    study = study_with(
        tmp_path / "data",
        segments=lambda segments: segments.assign(in_thesis="no"),
        market_shares=first_layer,
    )
    figure = supply.concentration(study)
    check_markup(figure)
    assert " of 1 layers " in title_of(figure)


def test_parts_of_a_dollar_sum_to_one():
    """Oracle: the identity; what is not spent is left."""
    sums = data_of(base_figures()["revenue_dollar"]).groupby("segment")["value"].sum()
    assert sums.to_list() == pytest.approx([1.0] * len(sums), rel=1e-4)


@pytest.mark.parametrize("name", ["everything pays", "nothing pays"])
def test_titles_count_who_pays(name):
    study = extreme(name)
    n = sum(study.result(s, "contribution")["value"] > 0 for s in study.segments)
    words = {0: "none", len(study.segments): "all"}.get(n, str(n))
    assert f"Of a dollar of revenue, {words} of " in title_of(supply.revenue_dollar(study))
    assert f", {words} of " in title_of(supply.stopping_prices(study))


def test_who_spends_more_than_a_dollar_is_named():
    assert "to earn it" in title_of(supply.revenue_dollar(extreme("nothing pays")))


@pytest.mark.parametrize("name", ["base", "no market", "eight orders of magnitude"])
def test_the_first_to_stop_has_the_lowest_price_above_the_assumed_one(name):
    """Oracle: the lowest of the break-even prices above, wherever one is undefined."""
    study = extreme(name)
    assumed = study.assumptions.gpu_price
    prices = [study.result(s, "break_even", "gpu_price")["value"] for s in study.segments]
    first = min(price for price in prices if price > assumed.value)
    told = f"is the first to stop, at {format_quantity(first, assumed.unit)}"
    assert told in title_of(supply.stopping_prices(study))


def test_owning_or_renting_follows_the_price():
    dear = study_of({"gpu_purchase_price": 500_000})
    assert title_of(supply.own_or_rent(dear)).startswith("Renting")
    assert title_of(base_figures()["own_or_rent"]).startswith("Owning")


def test_what_a_bar_cannot_show_is_told():
    study = extreme("nobody has a market")
    for draw in (supply.revenue_dollar, supply.stopping_prices):
        assert texts_of(draw(study)).count("no market") == len(study.workflow_segments())
    assert "no revenue" in texts_of(supply.revenue_dollar(extreme("no revenue")))


def test_concentration_counts_the_latest_of_each_layer():
    """Oracle: the table's own latest dates."""
    shares = extreme("base").assumptions.tables.market_shares
    title = title_of(base_figures()["concentration"])
    assert f" of {shares['layer'].nunique()} layers " in title
