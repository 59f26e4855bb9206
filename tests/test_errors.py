"""Messages. Oracle: a terminal, to which a line is short and holds nothing that steers it."""

import pytest

import analysis
from analysis.errors import LONGEST, ChapterError, InputError, one_line


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "\x1b[2J",
        "\u202egpj.exe",
        "\ud800",
        "x" * 5000,
        "\x00" * 5000,
        5,
        None,
        "plain – text",
    ],
    ids=lambda text: repr(text)[:12],
)
def test_one_line_is_short_and_printable(text):
    line = one_line(text)
    assert line.isprintable() and len(line) <= LONGEST + 5


def test_what_can_be_shown_is_shown():
    assert one_line("plain – text") == "plain – text" and one_line("a\nb") == "a\\nb"
    cut = one_line("a" * 999 + "z" * 999)
    assert cut.startswith("a" * 600) and cut.endswith("z" * 200) and " ... " in cut


@pytest.mark.parametrize("kind", [InputError, ChapterError])
def test_a_fault_a_line(kind):
    assert str(kind("one\x1b", "two")) == "one\\x1b\ntwo"
    assert getattr(analysis, kind.__name__) is kind


def test_they_are_errors_of_value_and_of_running():
    """So that a caller who knows nothing of this project may still catch them."""
    assert issubclass(InputError, ValueError) and issubclass(ChapterError, RuntimeError)
