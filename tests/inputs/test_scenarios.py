"""Scenario files. Oracle: what a person would read in the file, or one line on what is wrong."""

import pytest
from support import complaint

from analysis.inputs.assumptions import override
from analysis.inputs.scenarios import read_scenario, scenario_names

SOUND = "# Cheap chips\n# What a glut\n# would do.\nscenario: mine\noverrides: {gpu_price: 1.5}\n"


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
    """Oracle: the same text on the command line, not YAML 1.1, where 010 is 8 and 1:30 is 90."""
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
