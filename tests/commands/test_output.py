"""What commands leave. Oracle: the files on disk, and columns counted by hand."""

import pytest

from analysis.commands.output import aligned, indented, publish_files
from analysis.errors import InputError


def test_columns_are_as_wide_as_their_widest_cell():
    rows = [["input", "unit", "A"], ["wage", "USD/h", "40"], ["x", "", "1,000"]]
    lines = aligned(rows, left=[0, 1])
    assert lines == ["input  unit       A", "wage   USD/h     40", "x             1,000"]


def test_a_text_is_indented_and_no_terminal_is_too_narrow():
    text = indented("word " * 30, 10)
    assert all(line.startswith("    word") and len(line) <= 40 for line in text.splitlines())


def test_files_stand_together_and_replace_those_before(tmp_path):
    publish_files(tmp_path, "x", {"a.txt": "1", "b.txt": "2"})
    assert publish_files(tmp_path, "x", {"a.txt": "3"}) == tmp_path / "x"
    assert [(p.name, p.read_text()) for p in (tmp_path / "x").iterdir()] == [("a.txt", "3")]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("name", ["base", "built"])
def test_a_report_is_never_overwritten(name, tmp_path):
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "results.csv").write_text("kept")
    with pytest.raises(InputError, match="name of a report"):
        publish_files(tmp_path, name, {"a.txt": "1"})
    assert (tmp_path / "built" / "results.csv").read_text() == "kept"
    assert [p.name for p in tmp_path.iterdir()] == ["built"]
