"""Overrides: every form gives the same assumptions. Oracle: the sound tables, changed by hand."""

from dataclasses import FrozenInstanceError, asdict

import pytest
from support import complaint

from analysis.inputs.assumptions import override, resolve
from analysis.inputs.scenarios import read_scenario, scenario_names

SOUND = "# Cheap chips\nscenario: mine\noverrides: {gpu_price: 1.5}\n"


def test_base_is_the_tables(assumptions, tables):
    assert len(assumptions.quantities) == len(tables.assumptions) and assumptions.changed == ()
    for row in tables.assumptions.to_dict("records"):
        quantity = assumptions.of(row["segment"] if row["segment"] != "all" else "consumer")[
            row["parameter"]
        ]
        assert asdict(quantity) | row | {"evidence": tuple(row["evidence"].split())} == asdict(
            quantity
        )


def test_read_by_attribute(assumptions):
    assert (
        assumptions.gpu_price is assumptions.quantities["gpu_price"] is assumptions.previs.gpu_price
    )
    assert (
        assumptions.previs.retakes is assumptions.quantities["previs.retakes"]
        and assumptions.previs.retakes.name == "previs.retakes"
    )
    for wrong in ("nobody", "retakes"):
        with pytest.raises(AttributeError):
            getattr(assumptions, wrong)


def test_table_has_a_row_for_each_quantity(assumptions):
    table = assumptions.table().set_index(["segment", "parameter"])
    assert len(table) == len(assumptions.quantities) and table.index.is_unique
    assert table.loc[("all", "gpu_price"), "value"] == assumptions.gpu_price.value
    assert (
        tuple(table.loc[("all", "gpu_price"), "evidence"].split()) == assumptions.gpu_price.evidence
    )


def test_assumptions_do_not_change(assumptions):
    with pytest.raises(FrozenInstanceError):
        assumptions.changed = ("gpu_price",)
    with pytest.raises(FrozenInstanceError):
        assumptions.gpu_price.value = 1.0
    with pytest.raises(TypeError):
        assumptions.quantities["gpu_price"] = assumptions.utilisation
    with pytest.raises(AttributeError):
        assumptions.previs.retakes = 3.0


@pytest.mark.parametrize(
    "given, expected",
    [
        (1.5, (1.5, 1.5, 1.5)),
        (2, (2, 2, 2)),
        ("1.5", (1.5, 1.5, 1.5)),
        (" 1e0 ", (1, 1, 1)),
        ("1,2,3", (1, 2, 3)),
        (" 1, 2 ,3", (1, 2, 3)),
        ([1, 2, 3], (1, 2, 3)),
        ((1, 2, 3), (1, 2, 3)),
        (["1", 2, 3.0], (1, 2, 3)),
    ],
)
def test_forms_of_an_override(assumptions, given, expected):
    changed = override(assumptions, {"gpu_price": given})
    price = changed.gpu_price
    assert (price.low, price.value, price.high) == expected and changed.changed == ("gpu_price",)
    assert (
        price.basis == "judgement"
        and price.evidence == ()
        and f"{assumptions.gpu_price.value:.12g}" in price.note
    )
    untouched = {name: q for name, q in changed.quantities.items() if name != "gpu_price"}
    assert untouched == {
        name: q for name, q in assumptions.quantities.items() if name != "gpu_price"
    }


def test_overrides_add_up(assumptions):
    twice = override(override(assumptions, {"previs.retakes": 30}), {"gpu_price": 2})
    assert twice.changed == ("gpu_price", "previs.retakes") and (
        twice.gpu_price.value,
        twice.previs.retakes.value,
    ) == (2, 30)


def test_minimum_and_maximum_are_allowed(assumptions):
    for quantity in assumptions.quantities.values():
        whole = override(
            assumptions, {quantity.name: [quantity.minimum, quantity.value, quantity.maximum]}
        ).quantities[quantity.name]
        assert (whole.low, whole.high) == (quantity.minimum, quantity.maximum)


def test_one_override_three_ways(tables, scenario):
    scenario("# Same\nscenario: mine\noverrides:\n  gpu_price: [1, 2, 3]\n  previs.retakes: 30\n")
    by_file = resolve(tables, "mine", scenarios=scenario.folder)
    by_value = resolve(tables, overrides={"gpu_price": [1, 2, 3], "previs.retakes": 30})
    by_text = resolve(tables, overrides={"gpu_price": "1,2,3", "previs.retakes": "30"})
    assert by_file == by_value == by_text and by_file.changed == ("gpu_price", "previs.retakes")


def test_override_wins_over_scenario(tables, scenario):
    scenario(SOUND)
    both = resolve(tables, "mine", {"gpu_price": 2.5, "utilisation": 0.5}, scenario.folder)
    assert both.gpu_price.value == 2.5 and both.changed == ("gpu_price", "utilisation")


@pytest.mark.parametrize(
    "name, given, said",
    [
        ("gpu_pric", 1, ["gpu_pric", "nearest name is gpu_price"]),
        ("previs.retake", 1, ["previs.retake", "nearest name is previs.retakes"]),
        ("prvis.retakes", 1, ["prvis", "nearest name is previs"]),
        ("previs.active_days", 1, ["previs.active_days", "nearest name is prosumer.active_days"]),
        ("retakes", 3, ["differs by segment", "previs.retakes"]),
        ("previs.gpu_price", 3, ["shared by all segments", "write gpu_price"]),
        ("qqqq", 1, ["qqqq", "names are"]),
        ("", 1, ["names are"]),
        (5, 1, ["5", "names are"]),
        ("a\nb", 1, ["a\\nb"]),
        ("x" * 999, 1, ["xxx..."]),
        ((1, 2), 1, ["(1, 2)"]),
        ("\u202ea", 1, ["\\u202e"]),
        ("gpu_price", 0, ["gpu_price: 0 is out of range", "allowed is 0.01 to 100 USD/GPU-h"]),
        ("gpu_price", [1, 2, 1000], ["2 (1 to 1000) is out of range", "0.01 to 100"]),
        ("gpu_price", -1, ["out of range"]),
        ("gpu_price", [3, 2, 1], ["low <= value <= high does not hold"]),
        ("gpu_price", [2, 1, 3], ["low <= value <= high does not hold"]),
        ("gpu_price", "1,9", ["gpu_price: '1,9' has 2 parts"]),
        ("gpu_price", None, ["write gpu_price=NUMBER or gpu_price=LOW,VALUE,HIGH"]),
    ],
)
def test_refusals(assumptions, name, given, said):
    message = complaint(override, assumptions, {name: given})
    assert all(part in message for part in said)


@pytest.mark.parametrize("given", ["gpu_price", ["gpu_price", 1], 5], ids=repr)
def test_overrides_are_a_mapping(tables, given):
    assert "overrides" in complaint(resolve, tables, overrides=given)


def test_scenario_with_a_bad_override_is_refused_as_elsewhere(tables, scenario):
    scenario(SOUND.replace("gpu_price", "gpu_pric"))
    assert complaint(resolve, tables, "mine", scenarios=scenario.folder) == complaint(
        resolve, tables, overrides={"gpu_pric": 1.5}
    )


def test_every_scenario_there_is_resolves(tables):
    assert scenario_names()[0] == "base"
    for name in scenario_names():
        assert read_scenario(name).title and set(resolve(tables, name).changed) == set(
            read_scenario(name).overrides
        )
