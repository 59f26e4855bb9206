"""`compare`: which inputs of two built reports differ, which results moved, which claims changed.

In: two folders that `build` left, of the same or of different versions of the tables. Out:
`compare-A-B/compare.csv` (all that differs, a row for each number) and a text for the terminal.
Judgement calls: an input differs when any digit does, all else when it moved by more than machines
differ; what came or went with a segment is counted, and listed in the CSV alone; results are ranked
by how far their value, then the ends of their interval moved against A's interval, those without a
detail first.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.build.request import REPORTS
from analysis.commands.command_line import add_reports
from analysis.commands.output import aligned, indented, publish_files
from analysis.errors import InputError, one_line
from analysis.inputs.parsing import nearest
from analysis.inputs.rules import CONTROL
from analysis.inputs.scenarios import REPORT_NAME
from analysis.show.numbers import format_percent, format_significant, join_and

EXAMPLES = ["base cheap", "base ../other/reports/base"]


NUMBERS_HEAD = ["Unit", "A", "B", "Change", "Relative"]
REPORT_TABLES = {  # file; key; numbers: the best one, the ends of its interval, others; word
    "input": ("assumptions.csv", ["segment", "parameter"], ["value", "low", "high"], "basis"),
    "claim": (
        "claims.csv",
        ["subject", "claim"],
        ["probability", "probability_flat"],
        "likelihood",
    ),
    "result": (
        "results.csv",
        ["segment", "metric", "detail"],
        ["value", "p05", "p95", "p50", "probability_positive", "share_defined"],
        None,
    ),
}
HEADS = {
    "input": ("Inputs that differ", ["Input", *NUMBERS_HEAD, "Of A's range"]),
    "claim": ("Claims that changed their word", ["Claim", "A", "B"]),
    "result": ("Results that moved most", ["Result", *NUMBERS_HEAD, "Of A's interval"]),
}
SHARES_OF_DRAWS = ["probability_positive", "share_defined"]  # whatever the unit of the result
ROW_KEY = ["kind", "segment", "name", "detail"]
NUMBER_KEY = [*ROW_KEY, "stat"]
MEASURES = ["difference", "relative", "against_interval"]
COLUMNS = [*ROW_KEY, "change", "stat", "unit", "a", "b", *MEASURES, "word_a", "word_b"]
RELATIVE_TOLERANCE = 1e-6  # to which results agree across machines
IN_TERMINAL = 15  # rows of a table


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Two reports."""
    for name in ("a", "b"):
        says = "the name of a built report, or its folder"
        command.add_argument(name, metavar=name.upper(), help=says)
    add_reports(command)


def run(asked: argparse.Namespace) -> None:
    """Print what changed and where all of it stands."""
    a, b = find(asked.a, asked.reports), find(asked.b, asked.reports)
    folder, text = compare_reports(a, b, asked.reports, shutil.get_terminal_size().columns)
    print(f"{text}\n\n{folder / 'compare.csv'}")


def find(given: str, reports: Path = REPORTS) -> Path:
    """The folder of a built report, by name or as a path. Raises: InputError with the nearest."""
    folders = [reports / given] if REPORT_NAME.fullmatch(given) else []
    if given:
        folders.append(Path(given))
    for folder in folders:
        if os.path.isfile(folder / "results.csv"):
            return folder
    names = [results.parent.name for results in reports.glob("*/results.csv")]
    built = sorted(filter(REPORT_NAME.fullmatch, names))
    hint = nearest(given, built) if built else "; none is built yet"
    raise InputError(f"no built report {given[:60]!r}{hint}")


def compare_reports(
    a: Path, b: Path, reports: Path = REPORTS, width: int = 200
) -> tuple[Path, str]:
    """The folder of the comparison, and its text for a terminal of that width."""
    old, new = read(a), read(b)
    changes = differences(old, new)
    names = [one_line(folder.resolve().name, 60) for folder in (a, b)]
    text = [f"A is {names[0]}, B is {names[1]}.", *summary(old, new, changes)]
    text += built_otherwise(a, b)
    common = changes[changes["segment"].isin({*old["segment"]} & {*new["segment"]})]
    for kind, (title, head) in HEADS.items():
        rows = claim_rows(common) if kind == "claim" else number_rows(common, kind)
        if rows:
            text += ["", title, *_fitted(head, rows[:IN_TERMINAL], width)]
        if len(rows) > IN_TERMINAL:
            text.append(f"{len(rows) - IN_TERMINAL:,} more in compare.csv")
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", f"compare-{names[0]}-{names[1]}")
    csv = changes.to_csv(index=False, lineterminator="\n", float_format="%.12g")
    return publish_files(reports, name, {"compare.csv": csv}), "\n".join(text)


def read(folder: Path) -> pd.DataFrame:
    """The inputs, claims and results of a built report, a row for each number.

    Raises: InputError for a table that is missing or of another form.
    """
    parts = []
    for kind, (file, *form) in REPORT_TABLES.items():
        try:
            parts.append(_read_table(folder / file, *form).assign(kind=kind))
        except (OSError, KeyError, ValueError) as error:
            why = " ".join(str(error).split())[:90]
            where = f"report {folder.resolve().name}: {file}"
            raise InputError(f"{where} is missing or not as a build leaves it ({why})") from None
    return pd.concat(parts, ignore_index=True)


def _read_table(path: Path, key: list[str], numbers: list[str], word: str | None) -> pd.DataFrame:
    text = path.read_text("utf-8-sig")
    if CONTROL.search(text.replace("\n", "")):
        raise ValueError("it holds a control character")
    rows = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    rows["word"] = rows[word] if word else ""
    rows[numbers] = rows[numbers].apply(pd.to_numeric).astype(float)
    rows = rows.rename(columns=dict(zip(key, ROW_KEY[1:], strict=False)))
    for column in ("unit", "detail"):
        rows[column] = rows.get(column, "")
    rows = rows.melt([*ROW_KEY[1:], "unit", "word"], numbers, "stat", "number")
    if rows.duplicated([*ROW_KEY[1:], "stat"]).any():
        raise ValueError("a row stands twice")
    return rows


def differences(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """All that differs in two reports as `read`: inputs and claims in A's order, then results.

    Returns: a row for each number. `change` is added, removed, unit, word, moved or basis; the
    difference is b - a, then relative to |a| and to the width of A's range or interval, each nan
    where that says nothing.
    """
    changes = _joined(a, b).pipe(_changed).pipe(_measured).pipe(_ranked)
    return changes[COLUMNS].reset_index(drop=True)


def _joined(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Each number of either report, A's order first; `thing` counts what has several numbers."""
    joined = pd.concat([a, b])[NUMBER_KEY].drop_duplicates().merge(a, "left", NUMBER_KEY)
    joined = joined.merge(b, "left", NUMBER_KEY, suffixes=("_a", "_b"))
    joined["thing"] = joined.groupby(ROW_KEY, sort=False).ngroup()
    return joined.rename(columns={"number_a": "a", "number_b": "b"})


def _changed(joined: pd.DataFrame) -> pd.DataFrame:
    """What is not the same, with the kind of its change."""
    tolerance = np.where(joined["kind"] == "input", 0, RELATIVE_TOLERANCE)
    same = np.isclose(
        joined["b"], joined["a"], rtol=tolerance, atol=1e-6 * tolerance, equal_nan=True
    )
    other_word = joined["word_a"] != joined["word_b"]
    change = {
        "added": joined["unit_a"].isna(),
        "removed": joined["unit_b"].isna(),
        "unit": joined["unit_a"] != joined["unit_b"],
        "word": other_word & (joined["kind"] == "claim"),
        "moved": pd.Series(~same).groupby(joined["thing"]).transform("any"),
        "basis": other_word,
    }
    joined["change"] = np.select(list(change.values()), list(change), "")
    return joined.query("change != ''")


def _measured(changes: pd.DataFrame) -> pd.DataFrame:
    """How far each number moved."""
    share = changes["stat"].isin(SHARES_OF_DRAWS)
    difference = (changes["b"] - changes["a"]).mask(changes["change"] == "unit")
    width = _largest(changes, "a", "high", "p95") - _largest(changes, "a", "low", "p05")
    return changes.assign(
        unit=changes["unit_a"].fillna(changes["unit_b"]).mask(share, "fraction"),
        difference=difference,
        relative=difference / changes["a"].abs().where(changes["a"] != 0),
        against_interval=(difference / width.where(width > 0)).mask(share),
    )


def _largest(changes: pd.DataFrame, column: str, *stats: str) -> pd.Series:
    """On every row, the largest of some numbers of the same thing."""
    numbers = changes[column].where(changes["stat"].isin(stats))
    return numbers.groupby(changes["thing"]).transform("max")


def _ranked(changes: pd.DataFrame) -> pd.DataFrame:
    """Inputs and claims as they came; results without a detail first, the farthest first."""
    one_sided = changes["a"].isna() != changes["b"].isna()
    appeared = one_sided & (changes["stat"] == "value")  # or vanished: farther than any distance
    changes = changes.assign(far=changes["against_interval"].abs().mask(appeared, math.inf))
    result = changes["kind"] == "result"
    order = {
        "result": result,
        "detailed": result & (changes["detail"] != ""),
        "value": -_largest(changes, "far", "value").where(result, 0),
        "ends": -_largest(changes, "far", "p05", "p95").where(result, 0),
    }
    return changes.assign(**order).sort_values([*order, "thing"])


def summary(a: pd.DataFrame, b: pd.DataFrame, changes: pd.DataFrame) -> list[str]:
    """In sentences: how much differs, and what came and went."""
    things = changes.drop_duplicates(ROW_KEY)
    of = a.drop_duplicates(ROW_KEY)["kind"].value_counts()
    differ = things.query("change != 'added'")["kind"].value_counts()
    numbers = [f"{differ.get(k, 0):,} of A's {_count(of.get(k, 0), k)}" for k in REPORT_TABLES]
    words = (things["change"] == "word").sum()
    said = f"{_count(words, 'claim')} changed {'its' if words == 1 else 'their'} word"
    return [
        f"Different: {join_and(numbers)}; {said}.",
        *_came(things, "added", {*b["segment"]} - {*a["segment"]}),
        *_came(things, "removed", {*a["segment"]} - {*b["segment"]}),
    ]


def _came(things: pd.DataFrame, change: str, segments: set[str]) -> Iterator[str]:
    """What was added or removed: whole segments, then all else by its kind."""
    whole = things["segment"].isin(segments)
    for segment, own in things[whole].groupby("segment", sort=False):
        kinds = own["kind"].value_counts(sort=False)
        counts = join_and(_count(number, kind) for kind, number in kinds.items())
        yield f"Segment {change}: {segment} ({counts})."
    others = things[~whole].query("change == @change")
    for kind, own in others.groupby("kind", sort=False):
        yield f"{_count(len(own), kind)} {change}: {join_and(own['name'].unique())}."


def _count(n: int, kind: str) -> str:
    return f"{n:,} {kind}" if n == 1 else f"{n:,} {kind}s"


def built_otherwise(a: Path, b: Path) -> Iterator[str]:
    """In sentences: how the builds differ beside their inputs, by what their provenance says."""
    try:
        x, y = (
            dict(json.loads((place / "provenance.json").read_text("utf-8"))) for place in (a, b)
        )
    except (OSError, ValueError, TypeError, RecursionError):
        yield "One of them has no provenance.json that could be read."
        return
    for key in _other_keys(x, y):
        mine, theirs = x.get(key), y.get(key)
        if key == "overrides":
            continue
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            names = _other_keys(mine, theirs)
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            yield one_line(f"Built with other {key}: {', '.join(names[:3])}{more}.")
        else:
            yield one_line(f"Built with {key} {mine}, then {theirs}.")


def _other_keys(x: Mapping, y: Mapping) -> list[str]:
    return sorted(key for key in {**x, **y} if x.get(key) != y.get(key))


def claim_rows(changes: pd.DataFrame) -> list[list[str]]:
    """The claims whose word changed, and those that came or went."""
    claims = changes.query("kind == 'claim' and change != 'moved'")
    return [
        [_called(of), _claim_in(of, "a", "added"), _claim_in(of, "b", "removed")]
        for _, of in claims.groupby(ROW_KEY, sort=False)
    ]


def _called(of: pd.DataFrame) -> str:
    first = of.iloc[0]
    return f"{first['segment']}.{first['name']} {first['detail']}".removeprefix("all.").rstrip()


def _claim_in(of: pd.DataFrame, side: str, missing: str) -> str:
    if of["change"].iat[0] == missing:
        return "none"
    probability, flat = map(format_percent, of[side])
    return f"{of[f'word_{side}'].iat[0]} ({probability}; flat {flat})"


def number_rows(changes: pd.DataFrame, kind: str) -> list[list[str]]:
    """The inputs or the results that differ: what they were, what they are, and how far that is."""
    rows = []
    for _, of in changes.query("kind == @kind").groupby(ROW_KEY, sort=False):
        best = of.iloc[0]
        interval_alone = best["difference"] == 0 and best["change"] == "moved"
        rows.append(
            [
                _called(of),
                best["unit"],
                _number_in(of, "a", "added"),
                _number_in(of, "b", "removed"),
                "interval" if interval_alone else _signed(best["difference"]),
                _signed(100 * best["relative"], " %"),
                _signed(100 * best["against_interval"], " %"),
            ]
        )
    return rows


def _number_in(of: pd.DataFrame, side: str, missing: str) -> str:
    if of["change"].iat[0] == missing:
        return "none"
    value, low, high = (format_significant(number, 4) for number in of[side].iloc[:3])
    return f"{value} ({low} to {high})" if of[side].iat[1] < of[side].iat[2] else value


def _signed(number: float, unit: str = "") -> str:
    if not math.isfinite(number):
        return ""
    return f"{'+' if number > 0 else ''}{format_significant(number)}{unit}"


def _fitted(head: list[str], rows: list[list[str]], width: int) -> list[str]:
    """A row a line where the terminal is wide enough, else a row in a few lines."""
    lines = aligned([head, *rows], [0, 1] if "Unit" in head else [0])
    if max(map(len, lines)) <= width:
        return lines
    lines = []
    for name, *cells in rows:
        told = [f"{column} {cell}" for column, cell in zip(head[1:], cells, strict=True) if cell]
        lines += [name, indented("; ".join(told), width)]
    return lines
