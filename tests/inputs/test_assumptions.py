"""Overrides: every form gives the same assumptions. Oracle: the sound tables, changed by hand."""

from dataclasses import FrozenInstanceError, asdict

import pytest
from support import complaint

from analysis.inputs.assumptions import lost_spread, override, resolve
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
    """As a certain number always, as the end of a range on a linear scale."""
    for quantity in assumptions.quantities.values():
        for end in (quantity.minimum, quantity.maximum):
            changed = override(assumptions, {quantity.name: end}).quantities[quantity.name]
            assert changed.range == (end, end, end)
        if quantity.scale == "linear":
            whole = [quantity.minimum, quantity.value, quantity.maximum]
            changed = override(assumptions, {quantity.name: whole}).quantities[quantity.name]
            assert changed.range == tuple(whole)


@pytest.mark.parametrize(
    "given, factor, more",
    [("-30%", 0.7, 0), ("+25 %", 1.25, 0), ("x0.7", 0.7, 0), ("+0.5", 1, 0.5), (" x2 ", 2, 0)],
)
def test_a_change_keeps_the_spread(assumptions, given, factor, more):
    """Oracle: the table's three numbers, each changed by hand."""
    before, after = assumptions.gpu_price, override(assumptions, {"gpu_price": given}).gpu_price
    assert after.range == pytest.approx([factor * end + more for end in before.range])


def test_a_change_starts_from_the_scenario(tables, scenario):
    """Oracle: twice the scenario's range; the note tells what the table says."""
    scenario("# Same\nscenario: mine\noverrides:\n  gpu_price: [1, 2, 3]\n  utilisation: -10%\n")
    both = resolve(tables, "mine", {"gpu_price": "x2"}, scenario.folder)
    base = resolve(tables)
    assert both.gpu_price.range == (2, 4, 6)
    assert both.utilisation.value == pytest.approx(0.9 * base.utilisation.value)
    assert both.gpu_price.note.endswith(f"the table says {base.gpu_price.in_words}")


def test_percents_of_a_fraction(assumptions):
    changed = override(
        assumptions, {"utilisation": "60%,70%,80%", "consumer.paid_conversion": "5%"}
    )
    assert changed.utilisation.range == pytest.approx((0.6, 0.7, 0.8))
    assert changed.consumer.paid_conversion.value == 0.05


def test_a_spread_that_is_gone_is_told_with_what_keeps_it(assumptions):
    """Oracle: the ratio to the median, put back."""
    given = {"gpu_price": 1.325, "wage": "-10%", "supplier_pass_back": 0.1, "widening": 1}
    price, share = lost_spread(assumptions, override(assumptions, given))
    assert "gpu_price is certain at 1.325 now" in price and "--set gpu_price=x0.5" in price
    assert "--set supplier_pass_back=LOW,VALUE,HIGH" in share  # its median is zero
    assert override(assumptions, {"gpu_price": "x0.5"}).gpu_price.value == 1.325


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
        ("previs.active_days", 1, ["is no input of previs", "consumer.active_days"]),
        ("previs.account_price", 1, ["is no input of previs", "training.account_price"]),
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
        ("gpu_price", [3, 2, 1], ["has not low <= value <= high"]),
        ("gpu_price", [2, 1, 3], ["has not low <= value <= high"]),
        ("gpu_price", "1,9", ["gpu_price: '1,9' is no number; write 1.9", "USD/GPU-h"]),
        ("gpu_price", None, ["gpu_price: None is not a number", "0.01 to 100 USD/GPU-h"]),
        ("gpu_price", "15%", ["+15% or -15%", "0.01 to 100 USD/GPU-h"]),
        ("utilisation", "+60%", ["1.04 (0.64 to 1.36) is out of range", "0.01 to 1 fraction"]),
        ("consumer.paid_conversion", [0, 0.1, 0.2], ["scale logit", "0 to 1 payer/customer"]),
        ("consumer.paid_conversion", [0.1, 0.2, 1], ["scale logit"]),
        ("widening", [1, 1.5, 2], ["one number is wanted"]),
        ("compute_intensity", 1, ["since the second edition it is served_intensity"]),
        ("previs.compute_factor", 1, ["since the second edition it is tier_factor"]),
        ("previs.value_capture", 1, ["it is account_price or second_price"]),
        ("training.acquisition_ratio", 1, ["it is acquisition_cost"]),
        ("sales_lag", 1, ["since the second edition it is gone"]),
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
