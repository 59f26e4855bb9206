"""Overrides: every form gives the same assumptions, every mistake one line. Oracle: the tables of a sound tables, changed by hand."""

from dataclasses import FrozenInstanceError, asdict

import pytest

from analysis.errors import InputError
from analysis.inputs.assumptions import nearest, override, read_scenario, resolve, scenario_names

SOUND = "# Cheap chips\n# What a glut\n# would do.\nscenario: mine\noverrides: {gpu_price: 1.5}\n"


@pytest.fixture
def scenario(tmp_path):
    """Write a scenario file `mine` and read it."""

    def write(text):
        (tmp_path / "mine.yaml").write_text(text, "utf-8")
        return read_scenario("mine", tmp_path)

    write.folder = tmp_path
    return write


def complaint(function, *arguments, **named):
    """What is said of a mistake: always one line."""
    with pytest.raises(InputError) as caught:
        function(*arguments, **named)
    said = str(caught.value)
    assert said and len(said.splitlines()) == 1 and len(said) < 400
    return said


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
        ("gpu_price", "1,9", ["2 parts", "low,value,high"]),
        ("gpu_price", "1,900", ["2 parts", "no thousands separators"]),
        ("gpu_price", [], ["0 parts"]),
        ("gpu_price", [1, 2, 3, 4], ["4 parts"]),
        ("utilisation", "50%", ["percent", "write 0.5"]),
        ("utilisation", " 50 %", ["percent", "write 0.5"]),
        ("gpu_price", b"1.5", ["is not a number"]),
        ("utilisation", "nan%", ["percent", "a share of one"]),
        ("utilisation", "-5%", ["percent"]),
        ("utilisation", "\N{SUPERSCRIPT TWO}%", ["percent"]),
        *[
            (
                "gpu_price",
                wrong,
                ["is not a number", "gpu_price=NUMBER or gpu_price=LOW,VALUE,HIGH"],
            )
            for wrong in (
                None,
                True,
                "",
                "abc",
                "nan",
                "inf",
                float("nan"),
                float("inf"),
                10**400,
                "1_0",
                "1;2;3",
                {},
                {"low": 1},
                1j,
                "a\nb",
                "y" * 999,
                [1, None, 3],
            )
        ],
    ],
)
def test_refusals(assumptions, name, given, said):
    message = complaint(override, assumptions, {name: given})
    assert all(part in message for part in said)


@pytest.mark.parametrize("given", ["gpu_price", ["gpu_price", 1], 5], ids=repr)
def test_overrides_are_a_mapping(tables, given):
    assert "overrides" in complaint(resolve, tables, overrides=given)


def test_nearest():
    assert nearest("retake", ["wage", "retakes"]) == "; the nearest name is retakes"
    assert nearest("zzz", list("abcdefghij")) == "; names are a, b, c, d, e, f, g, h, ..."


def test_scenario_is_read(scenario):
    read = scenario(SOUND)
    assert (read.name, read.title, read.reason, dict(read.overrides)) == (
        "mine",
        "Cheap chips",
        "What a glut would do.",
        {"gpu_price": "1.5"},
    )
    assert scenario("\N{BYTE ORDER MARK}" + SOUND.replace("\n", "\r\n")) == read
    assert dict(scenario("# Nothing\nscenario: mine\noverrides:\n").overrides) == {}


@pytest.mark.parametrize(
    "before, after, said",
    [
        ("{gpu_price: 1.5}", "{gpu_price: 1, gpu_price: 2}", "'gpu_price' is given twice"),
        ("{gpu_price: 1.5}", "{}\nscenario: mine", "'scenario' is given twice"),
        ("{gpu_price: 1.5}", "!!python/object/apply:os.system ['exit 1']", "not a mapping"),
        ("{gpu_price: 1.5}", "!!map [a, b]", "not a mapping"),
        ("1.5", "2026-13-45", "is not a number"),
        ("1.5", "!!float abc", "is not a number"),
        ("1.5", "*nothing", "not readable as YAML"),
        ("# Cheap", "# \u202eCheap", "a control character"),
        ("1.5}", "[" * 3000, "not readable as YAML"),
        ("{gpu_price: 1.5}", "[gpu_price, 1.5]", "not a mapping"),
        ("scenario: mine", "scenario: base", "`scenario: mine`"),
        ("scenario: mine", "draws: 5", "`scenario: mine`"),
        ("{gpu_price: 1.5}", "{}\ndraws: 5", "exactly"),
        (SOUND, "# Only a comment", "exactly"),
        (SOUND, "# A list\n- 1", "exactly"),
        (SOUND, "scenario: mine\noverrides: {}", "begins without a comment"),
    ],
)
def test_bad_scenario(assumptions, scenario, before, after, said):
    message = complaint(
        lambda: override(assumptions, scenario(SOUND.replace(before, after)).overrides)
    )
    assert message.startswith(("mine.yaml: ", "gpu_price: ")) and said in message


def test_scenario_that_is_not_utf8(scenario):
    (scenario.folder / "mine.yaml").write_bytes(b"# caf\xe9\n")
    assert "not readable" in complaint(read_scenario, "mine", scenario.folder)


def test_scenario_with_a_bad_override_is_refused_as_elsewhere(tables, scenario):
    scenario(SOUND.replace("gpu_price", "gpu_pric"))
    assert complaint(resolve, tables, "mine", scenarios=scenario.folder) == complaint(
        resolve, tables, overrides={"gpu_pric": 1.5}
    )


def test_alias_of_itself_is_refused(scenario):
    assert "not readable as YAML" in complaint(
        scenario, SOUND.replace("{gpu_price: 1.5}", "&me {gpu_price: *me}")
    )


@pytest.mark.parametrize(
    "written, meant",
    [
        ("010", 10.0),
        ("1e1", 10.0),
        ("[1, 2, 0x3]", None),
        ("1:30", None),
        ("1_0", None),
        ("yes", None),
    ],
)
def test_numbers_of_a_scenario_are_read_as_they_are_written(assumptions, scenario, written, meant):
    """Oracle: the same text on the command line, not YAML 1.1, for which 010 is 8 and 1:30 is 90."""
    given = scenario(SOUND.replace("1.5", written)).overrides
    if meant is None:
        assert "is not a number" in complaint(override, assumptions, given)
    else:
        assert override(assumptions, given).gpu_price.value == meant


@pytest.mark.parametrize(
    "name, said",
    [
        ("bas", "nearest name is base"),
        ("../base", "nearest name is base"),
        ("", "names are base"),
        (None, "names are base"),
    ],
)
def test_unknown_scenario(name, said):
    assert said in complaint(read_scenario, name)


def test_a_scenarios_name_would_do_for_a_report(tmp_path):
    for name in ("50%", "a b", "-x", "sound", "x" * 61):
        (tmp_path / f"{name}.yaml").write_text(SOUND)
    assert scenario_names(tmp_path) == ["sound"]


def test_every_scenario_there_is_resolves(tables):
    assert scenario_names()[0] == "base"
    for name in scenario_names():
        assert read_scenario(name).title and set(resolve(tables, name).changed) == set(
            read_scenario(name).overrides
        )
