"""What commands leave: a table in a terminal, and a folder of files."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from analysis.build.publish import publish, recover, staging_folder
from analysis.errors import InputError
from analysis.inputs.scenarios import scenario_names


def aligned(rows: Sequence[Sequence[str]], left: Collection[int] = (0,), gap: str = "  "):
    """Rows of cells as lines of text: columns to the right, but those numbered in `left`.

    >>> aligned([["input", "A"], ["wage", "40"]])
    ['input   A', 'wage   40']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pattern = gap.join(f"{{:{'<' if i in left else '>'}{w}}}" for i, w in enumerate(widths))
    return [pattern.format(*row).rstrip() for row in rows]


def indented(text: str, width: int) -> str:
    """A text under the line that it belongs to, in lines of at most that width (at least 40)."""
    return textwrap.fill(text, max(width, 40), initial_indent="    ", subsequent_indent="    ")


def publish_files(reports: Path, name: str, files: Mapping[str, str]) -> Path:
    """A folder of text files, put in place at once as a report is, and never over one.

    Returns: the folder. Raises: InputError where a report has the name, or may have it.
    """
    place = reports / name
    if (place / "results.csv").exists() or name in scenario_names():
        raise InputError(f"{name} is the name of a report; choose another")
    recover(reports)
    with staging_folder(place) as folder:
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")
        publish(folder, place)
    return place
