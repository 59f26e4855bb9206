"""Figures of what is published."""

import pandas as pd
from worlds import data_of, title_of, world

from analysis.show import figures
from analysis.show.figures import published
from analysis.show.numbers import how_many


def test_the_latest_list_price_of_a_model_counts():
    columns = ["date", "vendor", "model", "tier", "resolution", "audio", "usd_per_second", "kind"]
    rows = [
        ("2025-01", "A", "m", "standard", "720p", "no", 0.3, "list"),
        ("2026-01", "A", "m", "standard", "720p", "no", 0.2, "list"),
        ("2026-01", "A", "m", "marketplace", "720p", "no", 0.1, "list"),
        ("2026-01", "B", "m", "standard", "1080p", "no", 0.1, "list"),
        ("2026-01", "C", "m", "standard", "n/s", "no", 0.4, "list"),
        ("2026-01", "D", "m", "standard", "720p", "no", 0.4, "credits"),
    ]
    found = published.latest_list_prices(pd.DataFrame(rows, columns=columns))
    assert found["usd_per_second"].tolist() == [0.2, 0.4]


def test_list_prices_below_the_cost_are_counted():
    """Oracle: the data of the figure and the median of the results."""
    for name in ("base", "nobody pays", "everybody pays"):
        study = world(name)
        figure = figures.list_prices(study)
        prices = data_of(figure)["usd_per_second"]
        cost = study.result("all", "standard_cost_per_second")["p50"]
        expected = how_many(int((prices < cost).sum()), len(prices))
        assert title_of(figure).lower().startswith(expected)


def test_rents_are_medians_by_kind_and_month():
    """Oracle: worked by hand."""
    columns = ["date", "gpu", "price_kind", "series", "usd_per_gpu_hour"]
    rows = [
        ("2026-01-03", "H100", "on_demand", "index", 3.0),
        ("2026-01-20", "H100", "on_demand", "index", 5.0),
        ("2026-01-20", "H100", "on_demand", "cloud", 9.0),
        ("2026-02-20", "H100", "contract", "index", 2.0),
        ("2026-02-20", "A100", "contract", "index", 1.0),
        ("2026-02-20", "H100", "spot", "index", 1.0),
    ]
    found = published.rents(pd.DataFrame(rows, columns=columns))
    by_kind = dict(zip(found["kind"], found["usd_per_gpu_hour"], strict=True))
    assert by_kind == {"contracts": 2.0, published.INDEX: 4.0, "single clouds": 9.0}


def test_retention_names_the_lowest_and_the_highest_of_one_day():
    study = world("base")
    table = study.assumptions.tables.retention_points.query("retention > 0")
    title = title_of(figures.retention(study))
    on_day = table[table["day"] == table["day"].mode().max()]
    for end in (on_day["retention"].idxmin(), on_day["retention"].idxmax()):
        assert on_day.loc[end, "app"] in title


def test_measurements_are_those_at_720p():
    study = world("base")
    table = study.assumptions.tables.inference_benchmarks
    wanted = table["resolution"].str.contains("720p") & (table["h100_seconds"] > 0)
    assert len(data_of(figures.benchmarks(study))) == wanted.sum()
