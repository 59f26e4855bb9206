"""Figures of suppliers."""

import pytest
from worlds import data_of, study_of, tables_of, title_of, world

from analysis.model.suppliers import LEVELS
from analysis.show import figures
from analysis.show.numbers import how_many


def test_the_parts_of_a_dollar_of_compute_are_one_dollar():
    rows = data_of(figures.compute_dollar(world("base")))
    assert rows["value"].sum() == pytest.approx(1, abs=1e-5)


def test_owning_never_wins_where_gpus_cost_too_much():
    """Oracle: the share of hours, above one."""
    dear = study_of(tables_of(), gpu_purchase_price=[1e5, 5e5, 1e6])
    assert dear.result("all", "owning_wins_at")["p50"] > 1
    assert "even if every hour is needed" in title_of(figures.own_or_rent(dear))
    assert "more than" in title_of(figures.own_or_rent(world("base")))


def test_layers_are_counted_at_their_latest():
    """Oracle: the rows of results, by layer."""
    study = world("base")
    rows = study.results.query("metric == 'herfindahl'")
    latest = {}
    for row in rows.itertuples():
        latest[row.detail.rpartition(", ")[0]] = row.p05
    highly = sum(index > LEVELS[0][0] for index in latest.values())
    title = title_of(figures.concentration(study)).lower()
    assert title.startswith(how_many(highly, len(latest)))
