"""The assumptions as `python -m analysis parameters` shows them: a table that fits the terminal, or CSV."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Sequence

from analysis.errors import InputError
from analysis.inputs.assumptions import Assumptions, Quantity, nearest

COLUMNS = ["name", "segment", "low", "value", "high", "unit", "basis", "source", "meaning"]


def found(assumptions: Assumptions, text: str = "") -> list[Quantity]:
    """The quantities whose name and meaning hold every word of a text. Raises: InputError when none does."""
    words = text.lower().split()
    some = [
        q
        for q in assumptions.quantities.values()
        if all(word in f"{q.name} {q.meaning}".lower() for word in words)
    ]
    if not some:
        raise InputError(f"no parameter holds {text[:60]!r}{nearest(text, assumptions.quantities)}")
    return some


def as_csv(quantities: Sequence[Quantity]) -> str:
    """A row for each."""
    file = io.StringIO()
    rows = [
        [
            q.name,
            q.segment,
            *(f"{n:g}" for n in (q.low, q.value, q.high)),
            q.unit,
            q.basis,
            " ".join(q.evidence),
            q.meaning,
        ]
        for q in quantities
    ]
    csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
    return file.getvalue()


def as_text(quantities: Sequence[Quantity], width: int) -> str:
    """Numbers in columns; below each what it means, its basis and the ids of its evidence, in lines of that width."""
    rows = [
        ["name", "low", "value", "high", "unit"],
        *([q.name, f"{q.low:g}", f"{q.value:g}", f"{q.high:g}", q.unit] for q in quantities),
    ]
    wide = [max(map(len, column)) for column in zip(*rows)]
    lines = [
        f"{row[0].ljust(wide[0])} {' '.join(map(str.rjust, row[1:4], wide[1:4]))}  {row[4]}"
        for row in rows
    ]
    for i, q in enumerate(quantities, 1):
        told = f"{q.meaning} ({': '.join([q.basis, ' '.join(q.evidence)] if q.evidence else [q.basis])})"
        lines[i] += "\n" + textwrap.fill(
            told, max(width, 40), initial_indent="    ", subsequent_indent="    "
        )
    return "\n".join(lines)
