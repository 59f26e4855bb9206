"""Figures of what a second costs."""

import numpy as np
import pytest
from worlds import data_of, title_of, world

from analysis.show import figures
from analysis.show.figures import cost


def test_parts_of_a_second_add_up_to_its_cost():
    """Oracle: the metric itself, in every draw."""
    case = world("base").drawn("all")
    *parts, together = cost.parts_of_a_second(case).values()
    assert np.allclose(sum(parts), together)
    assert np.allclose(together, case.standard_cost_per_second)


def test_both_routes_are_told_by_their_medians():
    """Oracle: percentiles of the draws."""
    study = world("base")
    rows = data_of(figures.two_routes(study)).set_index("metric")
    for name in cost.ROUTES:
        drawn = getattr(study.drawn("all"), name)
        assert rows.loc[name, ["p05", "p50", "p95"]].tolist() == pytest.approx(
            np.percentile(drawn, [5, 50, 95]), rel=1e-5
        )


def test_a_price_is_set_beside_the_cost_of_its_gpu_time():
    """Oracle: GPU time x rent x (1 + overhead) / utilisation / 3600, worked by hand."""
    study = world("base")
    case = study.drawn("all")
    hour = case.gpu_price * (1 + case.serving_overhead) / case.utilisation
    table = data_of(figures.hosted_prices(study))
    by_hand = table["usd_per_second"] / (table["h100_seconds"] * np.median(hour) / 3600)
    assert table["over_cost"].tolist() == pytest.approx(by_hand.tolist(), rel=1e-4)
    assert f"{by_hand.median():.2g} times" in title_of(figures.hosted_prices(study))
    few = table.loc[table["few_steps"], "variant"]
    assert not few.str.contains("not distilled").any() and few.str.contains("turbo").any()
