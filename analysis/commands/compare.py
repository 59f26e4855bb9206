"""`compare`: which inputs of two built reports differ, which claims changed, which results moved.

In: two folders that `build` left, of the same or of different versions of the tables. Out: a text
for the terminal, or with --csv all that differs. Judgement calls: an input differs when any digit
does, all else when it moved by more than machines differ; results are ranked by how far they moved
against A's interval, those without a detail first.
"""

from __future__ import annotations

import argparse
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.build.request import REPORTS
from analysis.commands.command_line import add_reports
from analysis.errors import InputError, one_line
from analysis.inputs.parsing import nearest
from analysis.inputs.rules import CONTROL
from analysis.inputs.scenarios import REPORT_NAME

EXAMPLES = ["base cheap", "base ../other/reports/base", "base cheap --csv > changes.csv"]
KEY = ["kind", "segment", "name", "detail", "unit"]  # of another unit, it is another thing
COLUMNS = {  # of each table of a report: what the comparison calls its columns
    "input": {"parameter": "name"},
    "claim": {"claim": "name", "subject": "segment", "probability": "value", "likelihood": "word"},
    "result": {"metric": "name", "p05": "low", "p95": "high"},
}
FILES = {"input": "assumptions.csv", "claim": "claims.csv", "result": "results.csv"}
TITLES = {
    "input": "Inputs that differ",
    "claim": "Claims that changed their word",
    "result": "Results that moved most",
}
NUMBERS = ["value", "low", "high"]
RELATIVE_TOLERANCE = 1e-6  # to which results agree across machines
IN_TERMINAL = 15  # rows of a part


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Two reports."""
    says = "the name of a built report, or its folder"
    command.add_argument("a", metavar="A", help=says)
    command.add_argument("b", metavar="B", help=says)
    command.add_argument("--csv", action="store_true", help="all that differs, as CSV")
    add_reports(command)


def run(asked: argparse.Namespace) -> None:
    """Print what changed."""
    a = find(asked.a, asked.reports)
    b = find(asked.b, asked.reports)
    changes, text = compared(a, b)
    if asked.csv:
        text = changes.to_csv(index=False, lineterminator="\n", float_format="%.12g").rstrip()
    print(text)


def compared(a: Path, b: Path) -> tuple[pd.DataFrame, str]:
    """All that differs between two folders of reports, and a text on it."""
    old = read_all(a)
    new = read_all(b)
    changes = differences(old, new)
    name_a, name_b = (one_line(folder.resolve().name, 60) for folder in (a, b))
    said = [f"A is {name_a}, B is {name_b}."]
    said += [*summary(old, changes), *built_otherwise(a, b), *moved(changes)]
    return changes, "\n".join(said)


def find(given: str, reports: Path = REPORTS) -> Path:
    """The folder of a built report, by name or as a path. Raises: InputError with the nearest."""
    named = reports / given
    path = Path(given)
    if REPORT_NAME.fullmatch(given) and _is_built(named):
        return named
    if given and _is_built(path):
        return path
    names = [results.parent.name for results in reports.glob("*/results.csv")]
    built = sorted(filter(REPORT_NAME.fullmatch, names))
    hint = nearest(given, built) if built else "; none is built yet"
    raise InputError(f"no built report {given[:60]!r}{hint}")


def _is_built(folder: Path) -> bool:
    return os.path.isfile(folder / "results.csv")  # which never raises, whatever the name


def read_all(folder: Path) -> pd.DataFrame:
    """Inputs, claims and results of a built report, one below the other."""
    return pd.concat([read(folder, kind) for kind in FILES])


def read(folder: Path, kind: str) -> pd.DataFrame:
    """The inputs, the claims or the results of a built report, a row for each.

    Raises: InputError for a table that is missing or of another form.
    """
    try:
        text = (folder / FILES[kind]).read_text("utf-8-sig")
        if CONTROL.search(text.replace("\n", "")):
            raise ValueError("it holds a control character")
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        return _as_rows(table, kind)
    except (OSError, KeyError, ValueError) as error:
        why = " ".join(str(error).split())[:90]
        where = f"report {folder.resolve().name}: {FILES[kind]}"
        raise InputError(f"{where} is missing or not as a build leaves it ({why})") from None


def _as_rows(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    rows = table.rename(columns=COLUMNS[kind])
    rows["kind"] = kind
    for column in ("unit", "detail", "word", "low", "high"):
        rows[column] = rows.get(column, "")
    rows[NUMBERS] = rows[NUMBERS].apply(pd.to_numeric).astype(float)
    if kind == "result":  # a report quotes the median of the draws where there are any
        median = pd.to_numeric(rows["p50"])
        rows["value"] = median.fillna(rows["value"])
    if rows.duplicated(KEY).any():
        raise ValueError("a row stands twice")
    return rows[[*KEY, "word", *NUMBERS]]


def differences(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """All that differs in two reports as `read`: inputs and claims in A's order, then results.

    Returns: a row for each, `change` being added, removed or changed. The difference is b - a, then
    relative to |a| and to the width of A's range or interval, each nan where that says nothing.
    """
    both = a.merge(b, "outer", KEY, suffixes=("_a", "_b"), indicator="change")
    names = {"left_only": "removed", "right_only": "added", "both": "changed"}
    both["change"] = both["change"].astype(str).map(names)
    both["difference"] = both["value_b"] - both["value_a"]
    before = both["value_a"].abs()
    width = both["high_a"] - both["low_a"]
    both["relative"] = both["difference"] / before.where(before > 0)
    both["against_interval"] = both["difference"] / width.where(width > 0)
    changes = both[~_same(both)]
    inputs, claims, results = (changes[changes["kind"] == kind] for kind in FILES)
    return pd.concat([inputs, claims, _ranked(results)], ignore_index=True)


def _same(both: pd.DataFrame) -> pd.Series:
    """Whether words and numbers are equal: inputs to the digit, all else as across machines."""
    tolerance = np.where(both["kind"] == "input", 0, RELATIVE_TOLERANCE)
    same = (both["change"] == "changed") & (both["word_a"] == both["word_b"])
    for number in NUMBERS:
        old = both[f"{number}_a"]
        new = both[f"{number}_b"]
        same &= np.isclose(new, old, rtol=tolerance, atol=1e-6 * tolerance, equal_nan=True)
    return same


def _ranked(results: pd.DataFrame) -> pd.DataFrame:
    """The farthest moved first; below them what has no interval, then all that has a detail."""
    moved = results["against_interval"].abs()
    farthest = results.loc[moved.sort_values(ascending=False, kind="stable").index]
    detailed = farthest["detail"] != ""
    return pd.concat([farthest[~detailed], farthest[detailed]])


def summary(a: pd.DataFrame, changes: pd.DataFrame) -> Iterator[str]:
    """In sentences: how much differs, and what came and went."""
    of = a["kind"].value_counts().reindex(FILES, fill_value=0)
    differ = changes.query("change != 'added'")["kind"].value_counts()
    counts = []
    for kind in FILES:
        some = differ.get(kind, 0)
        counts.append(f"{some:,} of A's {of[kind]:,} {kind}s")
    words = changes.query("kind == 'claim' and change == 'changed' and word_a != word_b")
    yield f"Different: {', '.join(counts)}; claims that changed their word: {len(words)}."
    for change in ("added", "removed"):
        rows = changes[changes["change"] == change]
        for segment, names in rows.groupby("segment", sort=False)["name"]:
            listed = ", ".join(names.unique()[:IN_TERMINAL])
            yield one_line(f"{change.capitalize()} in {segment}: {listed}.", 300)


def built_otherwise(a: Path, b: Path) -> Iterator[str]:
    """A sentence: in what the builds differ beside their inputs, by what their provenance says."""
    try:
        x = _provenance(a)
        y = _provenance(b)
    except (OSError, ValueError, KeyError, NotImplementedError, RecursionError):
        yield "One of them has no provenance.json that could be read."
        return
    names = []
    for name in {**x, **y}:
        if str(x.get(name)) != str(y.get(name)) and not name.startswith("overrides"):
            names.append(name)
    if names:
        yield one_line(f"Built with other {', '.join(names)}.", 300)


def _provenance(folder: Path) -> dict[str, object]:
    """What a build wrote of itself; what stands inside of another thing as "outer inner"."""
    content = json.loads((folder / "provenance.json").read_text("utf-8"))
    return pd.json_normalize(content, sep=" ").T[0].to_dict()


def moved(changes: pd.DataFrame) -> Iterator[str]:
    """Under a title each: inputs, claims of another word, and results, the farthest first."""
    told = changes.query("kind != 'claim' or word_a != word_b")
    for kind, rows in told.groupby("kind", sort=False):
        yield f"\n{TITLES[kind]}"
        for row in rows.head(IN_TERMINAL).itertuples():
            yield one_line(_told(row), 300)
        if len(rows) > IN_TERMINAL:
            yield f"  {len(rows) - IN_TERMINAL:,} more with --csv"


def _told(row) -> str:
    """A line on one of them: what it was, what it is, how far that is."""
    name = f"{row.segment}.{row.name} {row.detail}".removeprefix("all.").rstrip()
    told = f"  {name}: {_side(row, 'a')} -> {_side(row, 'b')} {row.unit}".rstrip()
    if row.kind != "claim" and np.isfinite(row.relative):
        told += f" ({row.relative:+.0%})"
    return told


def _side(row, side: str) -> str:
    """A number with its range, or a likelihood in words with its probability."""
    value, low, high = (getattr(row, f"{number}_{side}") for number in NUMBERS)
    word = getattr(row, f"word_{side}")
    if pd.isna(word):
        return "none"
    if word:
        return f"{word} ({value:.0%})"
    if np.isnan(value):
        return "undefined"
    if low < high:
        return f"{value:.4g} ({low:.4g} to {high:.4g})"
    return f"{value:.4g}"
