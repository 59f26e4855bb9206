"""The sweep: its oracle is the model evaluated point by point, and the solver of break-even."""

import csv
import itertools
import time

import numpy as np
import pytest

from analysis.commands import sweep
from analysis.errors import InputError
from analysis.model.fleet import break_even

TWO = ["gpu_price=1:6:31", "compute_intensity=10:240:27"]


@pytest.fixture
def over():
    return sweep.grid(TWO, "previs", "contribution")


@pytest.mark.parametrize(
    "segment, metric, axes, log",
    [
        ("previs", "contribution", TWO, False),
        ("previs", "payback_months", ["previs.retakes=1:40:50", "gpu_price=0.1:50:40"], True),
        (
            "archviz",
            "saving_per_finished_second",
            ["archviz.displaced_share=0:1:40", "archviz.wage=1:200:9"],
            False,
        ),
        ("consumer", "headroom", ["consumer.paid_conversion=0:1:300"], False),
        ("consumer", "service_cost", ["consumer.service_cost=0:1:30"], False),
    ],
)
def test_every_point_is_the_model_at_that_point(segment, metric, axes, log):
    over = sweep.grid(axes, segment, metric, log=log)
    values, point = sweep.evaluate(over), over.study.point(segment)
    assert values.shape == tuple(len(axis.values) for axis in over.axes)
    places = np.random.default_rng(7).integers(0, values.shape, (20, values.ndim))
    for at in map(tuple, places):
        case = point.replace(
            **{
                axis.quantity.parameter: axis.values[i]
                for axis, i in zip(over.axes, at, strict=True)
            }
        )
        market = case.business_model == "subscription" or case.saving_per_finished_second > 0
        assert values[at] == pytest.approx(
            getattr(case, metric) if market else np.nan, rel=1e-12, nan_ok=True
        )


def test_at_the_best_values_it_is_the_result_of_the_report(study):
    q = study.assumptions.gpu_price
    over = sweep.grid([f"gpu_price={q.value}:{2 * q.value}:2"], "previs", "headroom")
    assert sweep.evaluate(over)[0] == pytest.approx(
        study.result("previs", "headroom")["value"], rel=1e-12
    )


def test_blocks_change_nothing(over, monkeypatch):
    whole = sweep.evaluate(over)
    monkeypatch.setattr(sweep, "BLOCK", 60)
    np.testing.assert_array_equal(sweep.evaluate(over), whole)


def test_axes_have_their_ends_and_equal_steps_or_ratios():
    (linear,), (log,) = (
        sweep.grid(["gpu_price=1:16:5"], "previs", "contribution", log=log).axes
        for log in (False, True)
    )
    assert linear.values.tolist() == [
        1,
        4.75,
        8.5,
        12.25,
        16,
    ] and log.values.tolist() == pytest.approx([1, 2, 4, 8, 16], rel=1e-12)


def test_break_even_is_that_of_the_solver_and_parts_the_grid(over):
    one = sweep.grid(["gpu_price=0.01:100:9"], "previs", "contribution")
    root = break_even(one.study.point("previs"), "gpu_price", 0.01, 100.0)
    assert sweep.break_even_points(one)["gpu_price"].tolist() == pytest.approx(
        [root] if np.isfinite(root) else [], rel=1e-12
    )
    curve, point = sweep.break_even_points(over), over.study.point("previs")
    assert (
        len(curve) > 10
        and (np.diff(curve["gpu_price"]) >= 0).all()
        and (np.diff(curve["compute_intensity"]) <= 1e-9).all()
    )
    for row in curve.itertuples():
        there = point.replace(
            gpu_price=np.float64(row.gpu_price), compute_intensity=np.float64(row.compute_intensity)
        )
        assert abs(there.contribution) < 1e-9 * (
            there.revenue + there.compute_cost + there.service_cost
        )
    covers = sweep.evaluate(over) > 0
    for j, intensity in enumerate(over.axes[1].values):
        up_to = break_even(point.replace(compute_intensity=intensity), "gpu_price", 1.0, 6.0)
        if np.isfinite(up_to):
            assert (covers[:, j] == (over.axes[0].values < up_to)).all()


def test_a_million_points_take_seconds(tmp_path):
    """Of processor time, so that other work on the machine does not count."""
    started = time.process_time()
    over = sweep.grid(
        ["gpu_price=0.5:6:1000", "compute_intensity=10:240:1000"], "previs", "ltv_to_cac"
    )
    checked = time.process_time()
    sweep.evaluate(over)
    evaluated = time.process_time()
    place, _ = sweep.sweep_grid(over, None, tmp_path)
    print(
        f"\n1e6 points: checked in {checked - started:.2f} s, evaluated in "
        f"{evaluated - checked:.3f} s, shown in {time.process_time() - evaluated:.2f} s"
    )
    assert time.process_time() - started < 20
    with open(place / "sweep.csv", encoding="utf-8") as file:
        assert sum(1 for _ in file) == 1_000_001
    assert (place / "sweep.html").stat().st_size < 3e6


def test_the_table_holds_every_point_and_leaves_the_undefined_empty(tmp_path):
    over = sweep.grid(
        ["consumer.paid_conversion=0:1:5", "gpu_price=1:2:3"], "consumer", "payback_months"
    )
    place, _ = sweep.sweep_grid(over, "mine", tmp_path)
    with open(place / "sweep.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    values = sweep.evaluate(over)
    assert place == tmp_path / "mine" and list(rows[0]) == [
        "consumer.paid_conversion",
        "gpu_price",
        "payback_months",
    ]
    assert [(float(r["consumer.paid_conversion"]), float(r["gpu_price"])) for r in rows] == list(
        itertools.product([0, 0.25, 0.5, 0.75, 1], [1, 1.5, 2])
    )
    assert np.isnan(values[0, 0])  # nobody pays
    assert [r["payback_months"] for r in rows] == [
        "" if np.isnan(v) else f"{v:.12g}" for v in values.ravel()
    ]


REFUSED = [
    (["gpu_prise=1:6:3"], {}, "the nearest name is gpu_price"),
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
    (["gpu_price=1:6:9999999999999999999999"], {}, "from 2 to"),
    (["gpu_price=1:6:3000", "compute_intensity=1:6:3000"], {}, "9,000,000 points are too many"),
    (["gpu_price=cheap:6:3"], {}, "not a number"),
    (["gpu_price=nan:6:3"], {}, "not a number"),
    (["gpu_price=0:6:3"], {}, "0.01 to 100"),
    (["gpu_price=1:6000:3"], {}, "0.01 to 100"),
    (["utilisation=10%:0.5:3"], {}, "write 0.1"),
    (["gpu_price=6:1:3"], {}, "not below"),
    (["gpu_price=6:6:3"], {}, "not below"),
    (["serving_overhead=0:1:3"], {"log": True}, "above 0"),
    (["gpu_price=1:6:3", "gpu_price=1:2:3"], {}, "swept twice"),
    (["gpu_price=1:6:3"], {"changes": {"gpu_price": "2"}}, "set and swept"),
    (["gpu_price=1:6:3"], {"changes": {"gpu_prise": "2"}}, "the nearest name is gpu_price"),
    (["gpu_price=1:6:3"], {"changes": {"consumer.active_days": "2"}}, "no effect"),
    (["gpu_price=1:6:3"], {"scenario": "bsae"}, "the nearest name is base"),
    ([], {}, "one or two"),
    (["gpu_price=1:6:3", "compute_intensity=1:6:3", "utilisation=0.1:1:3"], {}, "3 axes"),
    (["gpu_price=1:6:3"], {"segment": "prevs"}, "the nearest name is previs"),
    (["gpu_price=1:6:3"], {"metric": "contributoin"}, "the nearest name is contribution"),
    (["gpu_price=1:6:3"], {"metric": "store_fees"}, "previs has no metric"),
]


@pytest.mark.parametrize("axes, options, said", REFUSED)
def test_misuse_is_told_in_one_line(axes, options, said):
    with pytest.raises(InputError) as refused:
        sweep.grid(axes, **{"segment": "previs", "metric": "contribution", **options})
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["../x", "", "a b", "base", "built"])
def test_a_name_that_is_unsafe_or_a_report_is_refused(name, over, tmp_path):
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "results.csv").write_text("kept")
    with pytest.raises(InputError, match="name"):
        sweep.sweep_grid(over, name, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["built"] and (
        tmp_path / "built" / "results.csv"
    ).read_text() == "kept"


def test_equal_grids_give_equal_bytes_and_changes_are_told(tmp_path):
    changed = sweep.grid(TWO, "previs", "contribution", changes={"previs.retakes": "3"})
    first = {p.name: p.read_bytes() for p in sweep.sweep_grid(changed, None, tmp_path)[0].iterdir()}
    place = sweep.sweep_grid(changed, None, tmp_path)[0]
    assert {p.name: p.read_bytes() for p in place.iterdir()} == first and sorted(first) == [
        "sweep.csv",
        "sweep.html",
    ]
    assert (
        place.name == "sweep-previs-contribution-gpu_price-compute_intensity"
        and len(list(tmp_path.iterdir())) == 1
    )
    assert "previs.retakes 3" in first["sweep.html"].decode()
    assert (
        sweep.evaluate(changed)[0, 0]
        != sweep.evaluate(sweep.grid(TWO, "previs", "contribution"))[0, 0]
    )
