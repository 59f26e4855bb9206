"""`parameters`: every assumption that can be changed, as text that fits the terminal or as CSV."""

from __future__ import annotations

import argparse
import shutil
import textwrap

import pandas as pd

from analysis.build.request import ROOT
from analysis.errors import InputError
from analysis.inputs.assumptions import Assumptions, resolve
from analysis.inputs.parsing import nearest
from analysis.inputs.tables import DATA

EXAMPLES = ["churn", "previs.", "--csv > assumptions.csv"]
COLUMNS = ["name", "segment", "low", "value", "high", "unit", "basis", "evidence", "meaning"]


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Words and the form."""
    says = "only those whose name and meaning hold these words"
    command.add_argument("text", nargs="*", metavar="TEXT", help=says)
    command.add_argument("--csv", action="store_true", help="as CSV")


def run(asked: argparse.Namespace) -> None:
    """Print those that are asked for."""
    table = found(resolve(), " ".join(asked.text))
    if asked.csv:
        print(table.to_csv(index=False, lineterminator="\n", float_format="%g"), end="")
        return
    print(as_text(table, shutil.get_terminal_size().columns))
    if any(table["evidence"]):
        folder = DATA.relative_to(ROOT)
        print(f"\nSources are rows of the tables in {folder}, by their id.")


def found(assumptions: Assumptions, text: str = "") -> pd.DataFrame:
    """The quantities whose name and meaning hold every word. Raises: InputError where none does."""
    table = pd.DataFrame(map(vars, assumptions.quantities.values()))
    table["name"] = list(assumptions.quantities)
    table["evidence"] = table["evidence"].map(" ".join)
    for word in text.lower().split():
        about = table["name"] + " " + table["meaning"]
        table = table[about.str.lower().str.contains(word, regex=False)]
    if table.empty:
        raise InputError(f"no parameter holds {text[:60]!r}{nearest(text, assumptions.quantities)}")
    return table[COLUMNS]


def as_text(table: pd.DataFrame, width: int) -> str:
    """Numbers in columns; below each what it means, its basis and the ids of its evidence."""
    names = table["name"].str.ljust(table["name"].str.len().max())
    numbers = table[["low", "value", "high"]].set_axis(names).rename_axis(None)
    lines = numbers.to_string(float_format="{:g}".format).splitlines()
    below = textwrap.TextWrapper(max(width, 40), initial_indent="    ", subsequent_indent="    ")
    head, *lines = lines
    text = [f"{head}  unit"]
    for line, row in zip(lines, table.itertuples(), strict=True):
        text.append(f"{line}  {row.unit}")
        if row.evidence:
            source = f"{row.basis}: {row.evidence}"
        else:
            source = row.basis
        text.append(below.fill(f"{row.meaning} ({source})"))
    return "\n".join(text)
