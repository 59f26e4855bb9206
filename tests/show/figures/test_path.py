"""Figures of supply and of the path: titles that follow the numbers, and what they say when a table holds less."""

import pytest
from test_figures import EXTREMES, NOBODY, check_markup, data_of, study_of, tables, title_of

from analysis.model import trend as trajectory
from analysis.show.figures import path, supply


def test_no_vertical_is_named_and_one_layer_is_known(tmp_path):
    study = tables(
        tmp_path / "data",
        lambda segments, shares: (
            segments.assign(in_thesis="no"),
            shares[shares["layer"] == shares["layer"].iloc[0]],
        ),
        "segments.csv",
        "market_shares.csv",
    )
    check_markup(supply.concentration(study))


def test_parts_of_a_dollar_sum_to_one():
    """Oracle: the identity; what is not spent is left."""
    data = data_of(supply.revenue_dollar(study_of()))
    assert data.groupby("segment")["value"].sum().to_list() == pytest.approx(
        [1.0] * data["segment"].nunique(), rel=1e-4
    )


def test_titles_follow_the_numbers():
    pays, loses = study_of(EXTREMES["everything pays"]), study_of(EXTREMES["nothing pays"])
    for study in (pays, loses):
        n = sum(study.result(s, "contribution")["value"] > 0 for s in study.segments)
        words = "all" if n == len(study.segments) else str(n) if n else "none"
        assert f"Of a dollar of revenue, {words} of " in title_of(supply.revenue_dollar(study))
        assert f", {words} of " in title_of(supply.stopping_prices(study))
    assert "to earn it" in title_of(supply.revenue_dollar(loses))
    dear = study_of({"gpu_purchase_price": 500_000})
    assert title_of(supply.own_or_rent(dear)).startswith("Renting") and title_of(
        supply.own_or_rent(pays)
    ).startswith("Owning")
    assert "None of the" in title_of(path.break_even_years(loses)) and "Time helps" in title_of(
        path.break_even_years(loses)
    )
    assert "covered already" in title_of(
        path.unit_cost(study_of({"consumer.other_revenue": 500.0}))
    )
    assert "at no time" in title_of(path.unit_cost(loses))


def test_what_a_bar_cannot_show_is_told():
    study = study_of(NOBODY)
    assert (
        supply.revenue_dollar(study).count(">no market<")
        == len(study.workflow_segments())
        == supply.stopping_prices(study).count(">no market<")
    )
    assert ">no revenue<" in supply.revenue_dollar(study_of(EXTREMES["no revenue"]))
    assert (
        "nowhere"
        in path.quality_map(study_of(EXTREMES["nothing pays"]), "consumer").split('class="note"')[1]
    )
    assert (
        "everywhere"
        in path.quality_map(study_of({"consumer.other_revenue": 500.0}), "consumer").split(
            'class="note"'
        )[1]
    )


def test_shares_of_draws_add_up():
    """Oracle: each draw pays already, in one of ten years, or never."""
    data = data_of(path.break_even_years(study_of()))
    assert data.groupby("segment")["value"].sum().to_list() == pytest.approx(
        [1.0] * data["segment"].nunique(), rel=1e-4
    )
    assert data["detail"].nunique() == trajectory.YEARS + 2
