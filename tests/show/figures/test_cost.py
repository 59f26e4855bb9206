"""What a second costs. Oracles: the identity itself, and the tables counted by plain pandas."""

import pytest
from drawing import base_figures, data_of, extreme, texts_of, title_of

from analysis.show.numbers import format_significant


def test_parts_of_a_second_sum_to_its_cost():
    """Oracle: the identity; busy, idle and overhead are the whole cost of the second."""
    study = extreme("base")
    values = data_of(base_figures()["second_waterfall"])["value"].to_list()
    whole = study.point(study.shared).replace(compute_factor=1.0).cost_per_generated_second
    assert sum(values[:3]) == pytest.approx(values[3], rel=1e-5)
    assert values[3] == pytest.approx(float(whole), rel=1e-5)


def test_medians_of_measurements_are_those_of_the_table():
    data = data_of(base_figures()["benchmarks"])
    for kind, own in data.groupby("kind"):
        told = f"{format_significant(own['h100_seconds'].median())} {kind}"
        assert told in title_of(base_figures()["benchmarks"])
        assert f"{kind}({len(own)})" in "".join(texts_of(base_figures()["benchmarks"])).replace(
            " ", ""
        )


def test_monthly_prices_are_medians():
    data = data_of(base_figures()["gpu_price_history"])
    assert not data.duplicated(["price_kind", "series", "name", "month"]).any()
    table = extreme("base").assumptions.tables.gpu_prices.query("gpu == 'H100'")
    row = data.iloc[len(data) // 2]
    same = table["date"].str.startswith(row["month"]) & (table["series"] == row["series"])
    same &= (table["price_kind"] == row["price_kind"]) & table["cloud"].str.replace(
        "_", " "
    ).str.startswith(row["name"])
    assert row["usd_per_gpu_hour"] == pytest.approx(table.loc[same, "usd_per_gpu_hour"].median())


def test_list_prices_are_the_latest_of_each_model_and_counted():
    figure, study = base_figures()["list_prices"], extreme("base")
    data = data_of(figure)
    assert (data.groupby(["vendor", "model"])["date"].nunique() == 1).all()
    cost = study.point(study.shared).replace(compute_factor=1.0).cost_per_generated_second
    below = (data["usd_per_second"] <= float(cost)).sum()
    assert title_of(figure).startswith(f"Of {len(data)} list prices of a second {below} lie")
    assert set(data["vendor"]) <= set(" ".join(texts_of(figure)).split()) | set(texts_of(figure))
