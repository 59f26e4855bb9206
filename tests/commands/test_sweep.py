"""The sweep: its oracle is the model evaluated point by point, and the solver of break-even."""

import csv
import itertools
import time
from xml.etree import ElementTree

import numpy as np
import pytest

from analysis.commands import sweep
from analysis.errors import InputError
from analysis.model.fleet import break_even

TWO = ["gpu_price=1:6:31", "served_intensity=10:240:27"]


@pytest.fixture
def over():
    return sweep.grid(TWO, "previs", "contribution")


@pytest.mark.parametrize(
    "segment, metric, axes",
    [
        ("previs", "contribution", TWO),
        ("previs", "payback_months", ["previs.retakes=1:40:50", "gpu_price=0.1:50:40"]),
        ("archviz", "value_created", ["archviz.displaced_share=0:1:40", "wage=1:200:9"]),
        ("consumer", "headroom", ["consumer.paid_conversion=0:1:300"]),
        ("consumer", "service_cost", ["consumer.service_cost=0.01:1:30"]),
        ("training", "net_value_on_trend", ["training.monthly_churn=-0.03:1:30"]),
    ],
)
def test_every_point_is_the_model_at_that_point(segment, metric, axes):
    over = sweep.grid(axes, segment, metric)
    values, point = sweep.evaluate(over), over.study.point(segment)
    assert values.shape == tuple(map(len, over.axes.values()))
    places = np.random.default_rng(7).integers(0, values.shape, (20, values.ndim))
    for at in map(tuple, places):
        swept = zip(over.axes.items(), at, strict=True)
        given = {quantity.parameter: along[i] for (quantity, along), i in swept}
        expected = float(getattr(point.replace(**given), metric))
        expected = expected if np.isfinite(expected) else np.nan
        assert values[at] == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_at_the_medians_it_is_the_point_of_the_report(study):
    q = study.assumptions.gpu_price
    over = sweep.grid([f"gpu_price={q.value}:{2 * q.value}:2"], "previs", "headroom")
    value = study.result("previs", "headroom")["value"]
    assert sweep.evaluate(over)[0] == pytest.approx(value, rel=1e-12)


def test_an_axis_has_its_ends_and_equal_steps_and_may_start_from_a_change(study):
    (along,) = sweep.grid(["gpu_price=1:16:5"], "previs", "contribution").axes.values()
    assert along.tolist() == [1, 4.75, 8.5, 12.25, 16]
    (along,) = sweep.grid(["gpu_price=-50%:+50%:3"], "previs", "contribution").axes.values()
    median = study.assumptions.gpu_price.value
    assert along == pytest.approx([0.5 * median, median, 1.5 * median])


def test_the_sentence_follows_the_numbers():
    """Oracle: the solver of break-even over all that is allowed."""

    def told(axes, metric="contribution", segment="previs", **changes):
        over = sweep.grid(axes, segment, metric, changes=changes)
        return sweep.sentence(over, sweep.evaluate(over))

    point = sweep.grid(TWO, "previs", "contribution").study.point("previs")
    root = break_even(point, "gpu_price", 0.01, 100.0)
    said = told([f"gpu_price={root / 2}:{root * 1.5}:9"])
    assert said.endswith(f"covers the running cost up to {root:.3g}")
    assert said.startswith("Film pre-visualisation: contribution")
    assert told([f"gpu_price={root / 4}:{root / 2}:9"]).endswith("at every value")
    assert told([f"gpu_price={root * 1.1}:{root * 1.5}:9"]).endswith("at no value")
    assert "the running cost from " in told(["previs.second_price=0.001:10:9"])
    never = told([f"gpu_price={root * 1.1}:{root * 1.5}:9"], "payback_months")
    assert never.endswith("is undefined at every point")
    assert "at 0% of 9 points" in told(["gpu_price=50:60:3", "serving_overhead=1:5:3"])


def test_a_million_points_take_seconds(tmp_path):
    """Of processor time, so that other work on the machine does not count."""
    started = time.process_time()
    axes = ["gpu_price=0.5:6:1000", "served_intensity=10:240:1000"]
    place, _ = sweep.sweep_grid(sweep.grid(axes, "previs", "ltv_to_cac"), tmp_path)
    took = time.process_time() - started
    print(f"\n1e6 points in {took:.2f} s")
    assert took < 20
    with open(place / "sweep.csv", encoding="utf-8") as file:
        assert sum(1 for _ in file) == 1_000_001
    assert (place / "sweep.svg").stat().st_size < 3e6


def test_the_table_holds_every_point_and_leaves_the_undefined_empty(tmp_path):
    axes = ["consumer.paid_conversion=0:1:5", "gpu_price=1:2:3"]
    over = sweep.grid(axes, "consumer", "payback_months")
    place, _ = sweep.sweep_grid(over, tmp_path)
    assert place.name == "sweep-consumer-payback_months-paid_conversion-gpu_price"
    with open(place / "sweep.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["consumer.paid_conversion", "gpu_price", "payback_months"]
    points = [(float(r["consumer.paid_conversion"]), float(r["gpu_price"])) for r in rows]
    assert points == list(itertools.product([0, 0.25, 0.5, 0.75, 1], [1, 1.5, 2]))
    values = sweep.evaluate(over)
    assert np.isnan(values[0, 0])  # nobody pays
    expected = ["" if np.isnan(v) else f"{v:.12g}" for v in values.ravel()]
    assert [r["payback_months"] for r in rows] == expected


@pytest.mark.parametrize(
    "axes, metric",
    [(TWO[:1], "contribution"), (TWO, "headroom"), (["gpu_price=90:99:3"], "payback_months")],
    ids=["line", "map", "undefined"],
)
def test_the_picture_has_the_sentence_and_the_names_of_what_is_swept(axes, metric, tmp_path):
    """Oracle: a parser, and the same bytes again."""
    over = sweep.grid(axes, "previs", metric)
    place, said = sweep.sweep_grid(over, tmp_path)
    written = (place / "sweep.svg").read_bytes()
    texts = " ".join(ElementTree.fromstring(written).itertext())
    assert all(word in texts for word in said.split())
    assert all(f"{quantity.name}, {quantity.unit}" in texts for quantity in over.axes)
    sweep.sweep_grid(over, tmp_path)
    assert (place / "sweep.svg").read_bytes() == written
    assert [p.name for p in tmp_path.iterdir()] == [place.name]


REFUSED = [
    (["gpu_prise=1:6:3"], {}, "the nearest name is gpu_price"),
    (["compute_intensity=1:6:3"], {}, "since the second edition it is served_intensity"),
    (["prevs.retakes=1:6:3"], {}, "the nearest name is previs"),
    (["retakes=1:6:3"], {}, "previs.retakes"),
    (["consumer.active_days=1:6:3"], {}, "has no effect on contribution of previs"),
    (["fixed_cost=1:6:3"], {}, "has no effect on contribution of previs"),
    (["gpu_price=1:6"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1:6:3:4"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1,2,3:6:3"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1:6:many"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1:6:2.5"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1:6:-3"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1:6:1"], {}, "from 2 to"),
    (["gpu_price=1:6:999999999"], {}, "from 2 to"),
    (["gpu_price=1:6:9999999999999999999999"], {}, "NAME=START:STOP:COUNT"),
    (["gpu_price=1:6:3000", "served_intensity=1:6:3000"], {}, "9,000,000 points are too many"),
    (["gpu_price=cheap:6:3"], {}, "not a number"),
    (["gpu_price=nan:6:3"], {}, "not a number"),
    (["gpu_price=0:6:3"], {}, "0.01 to 100"),
    (["gpu_price=1:6000:3"], {}, "0.01 to 100"),
    (["gpu_price=10%:6:3"], {}, "+15% or -15%"),
    (["gpu_price=6:1:3"], {}, "not below"),
    (["gpu_price=6:6:3"], {}, "not below"),
    (["gpu_price=1:6:3", "gpu_price=1:2:3"], {}, "swept twice"),
    (["gpu_price=1:6:3"], {"changes": {"gpu_price": "2"}}, "set and swept"),
    (["gpu_price=1:6:3"], {"changes": {"gpu_prise": "2"}}, "the nearest name is gpu_price"),
    (["gpu_price=1:6:3"], {"changes": {"consumer.active_days": "2"}}, "no effect"),
    (["gpu_price=1:6:3"], {"scenario": "bsae"}, "the nearest name is base"),
    ([], {}, "one or two"),
    (["gpu_price=1:6:3", "served_intensity=1:6:3", "utilisation=0.1:1:3"], {}, "3 axes"),
    (["gpu_price=1:6:3"], {"segment": "prevs"}, "the nearest name is previs"),
    (["gpu_price=1:6:3"], {"metric": "contributoin"}, "the nearest name is contribution"),
    (["gpu_price=1:6:3"], {"metric": "metered_price"}, "previs has no metric"),
    (["gpu_price=1:6:3"], {"metric": "store_fees"}, "since the second edition it is gone"),
]


@pytest.mark.parametrize("axes, options, said", REFUSED)
def test_misuse_is_told_in_one_line(axes, options, said):
    with pytest.raises(InputError) as refused:
        sweep.grid(axes, **{"segment": "previs", "metric": "contribution", **options})
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_change_of_another_input_moves_the_grid():
    changed = sweep.grid(TWO, "previs", "contribution", changes={"previs.retakes": "3"})
    base = sweep.grid(TWO, "previs", "contribution")
    assert sweep.evaluate(changed)[0, 0] != sweep.evaluate(base)[0, 0]
