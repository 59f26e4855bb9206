"""`parameters`: every assumption that can be changed, as text that fits the terminal or as CSV."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence

import pandas as pd

from analysis.build.request import ROOT
from analysis.commands.output import aligned, indented
from analysis.errors import InputError
from analysis.inputs.assumptions import Assumptions, Quantity, resolve
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
    quantities = found(resolve(), " ".join(asked.text))
    if asked.csv:
        table = as_table(quantities).rename(columns={"evidence": "source"})
        print(table.to_csv(index=False, lineterminator="\n"), end="")
        return
    print(as_text(quantities, shutil.get_terminal_size().columns))
    if any(quantity.evidence for quantity in quantities):
        print(f"\nSources are rows of {(DATA / 'evidence.csv').relative_to(ROOT)}.")


def found(assumptions: Assumptions, text: str = "") -> list[Quantity]:
    """The quantities whose name and meaning hold every word. Raises: InputError where none does."""
    words, quantities = text.lower().split(), []
    for quantity in assumptions.quantities.values():
        about = f"{quantity.name} {quantity.meaning}".lower()
        if all(word in about for word in words):
            quantities.append(quantity)
    if not quantities:
        raise InputError(f"no parameter holds {text[:60]!r}{nearest(text, assumptions.quantities)}")
    return quantities


def as_table(quantities: Sequence[Quantity]) -> pd.DataFrame:
    """A row of texts for each."""
    rows = []
    for quantity in quantities:
        numbers = {end: f"{getattr(quantity, end):g}" for end in ("low", "value", "high")}
        ids = " ".join(quantity.evidence)
        rows.append(vars(quantity) | numbers | {"name": quantity.name, "evidence": ids})
    return pd.DataFrame(rows)[COLUMNS]


def as_text(quantities: Sequence[Quantity], width: int) -> str:
    """Numbers in columns; below each what it means, its basis and the ids of its evidence."""
    table = as_table(quantities)
    numbers = table[["name", "low", "value", "high"]]
    head, *lines = aligned([list(numbers), *numbers.to_numpy().tolist()], gap=" ")
    text = [f"{head}  unit"]
    for line, row in zip(lines, table.itertuples(), strict=True):
        source = f"{row.basis}: {row.evidence}" if row.evidence else row.basis
        text += [f"{line}  {row.unit}", indented(f"{row.meaning} ({source})", width)]
    return "\n".join(text)
