"""What changed between two built reports: which inputs differ, which results moved, which claims changed their word.

In: two folders that `build` left, of the same or of different versions of the tables. Out: `compare-A-B/compare.csv` (all that
differs, a row for each number) and a text for the terminal. Judgement calls: an input differs when any digit does,
all else when it moved by more than machines differ; what came or went with a segment is counted, and listed in the CSV alone;
results are ranked by how far their value, then the ends of their interval moved against A's interval, those without a detail first.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.build.publish import publish, recover, staging_folder
from analysis.build.request import REPORT_NAME, REPORTS
from analysis.errors import InputError, one_line
from analysis.inputs.assumptions import nearest, scenario_names
from analysis.inputs.tables import CONTROL
from analysis.show.prose import format_percent, format_significant, join_and

REPORT_TABLES = {  # file; key; numbers: the best one, the ends of its interval, others; word
    "input": ("assumptions.csv", ("segment", "parameter"), ("value", "low", "high"), "basis"),
    "claim": (
        "claims.csv",
        ("subject", "claim"),
        ("probability", "probability_flat"),
        "likelihood",
    ),
    "result": (
        "results.csv",
        ("segment", "metric", "detail"),
        ("value", "p05", "p95", "p50", "probability_positive", "share_defined"),
        "",
    ),
}
HEADS = {
    "input": (
        "Inputs that differ",
        ["Input", "Unit", "A", "B", "Change", "Relative", "Of A's range"],
    ),
    "claim": ("Claims that changed their word", ["Claim", "A", "B"]),
    "result": (
        "Results that moved most",
        ["Result", "Unit", "A", "B", "Change", "Relative", "Of A's interval"],
    ),
}
ROW_KEY = ["kind", "segment", "name", "detail"]
COLUMNS = [
    *ROW_KEY,
    "change",
    "stat",
    "unit",
    "a",
    "b",
    "difference",
    "relative",
    "against_interval",
    "word_a",
    "word_b",
]
RELATIVE_TOLERANCE = 1e-6  # to which results agree across machines
IN_TERMINAL = 15  # rows of a table


def find(given: str, reports: Path = REPORTS) -> Path:
    """The folder of a built report, by name or as a path. Raises: InputError with the nearest name that is built."""
    for folder in ([reports / given] if REPORT_NAME.fullmatch(given) else []) + (
        [Path(given)] if given else []
    ):
        if os.path.isfile(folder / "results.csv"):
            return folder
    built = sorted(
        p.parent.name for p in reports.glob("*/results.csv") if REPORT_NAME.fullmatch(p.parent.name)
    )
    raise InputError(
        f"no built report {given[:60]!r}{nearest(given, built) if built else '; none is built yet'}"
    )


def read(folder: Path) -> pd.DataFrame:
    """The inputs, claims and results of a built report, a row for each number. Raises: InputError for a table of another form."""
    parts = []
    for kind, (file, key, numbers, word) in REPORT_TABLES.items():
        try:
            text = (folder / file).read_text("utf-8-sig")
            if CONTROL.search(text.replace("\n", "")):
                raise ValueError("it holds a control character")
            rows = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).rename(
                columns=dict(zip(key, ROW_KEY[1:]))
            )
            rows = rows.assign(
                kind=kind,
                word=rows[word] if word else "",
                **{c: "" for c in ("unit", "detail") if c not in rows},
                **{n: pd.to_numeric(rows[n]).astype(float) for n in numbers},
            )
            parts.append(rows.melt([*ROW_KEY, "unit", "word"], list(numbers), "stat", "number"))
            if parts[-1].duplicated([*ROW_KEY, "stat"]).any():
                raise ValueError("a row stands twice")
        except (OSError, KeyError, ValueError) as error:
            why = " ".join(str(error).split())[:90]
            raise InputError(
                f"report {folder.resolve().name}: {file} is missing or not as a build leaves it ({why})"
            ) from None
    return pd.concat(parts, ignore_index=True)


def differences(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """All that is not the same in two reports as `read`: inputs and claims in A's order, then results, the farthest first.

    Returns: a row for each number. `change` is added, removed, unit, word, moved or basis; the difference is b - a, then relative to |a|
    and to the width of A's range or interval, each nan where that says nothing.
    """
    d = pd.concat([a, b])[[*ROW_KEY, "stat"]].drop_duplicates()
    d = d.merge(a, "left", [*ROW_KEY, "stat"]).merge(
        b, "left", [*ROW_KEY, "stat"], suffixes=("_a", "_b")
    )
    d = d.rename(columns={"number_a": "a", "number_b": "b"})
    added, removed = d["unit_a"].isna(), d["unit_b"].isna()
    d = d.fillna({"unit_a": "", "unit_b": "", "word_a": "", "word_b": ""})
    d["thing"] = d.groupby(ROW_KEY, sort=False).ngroup()
    unit, word = d["unit_a"] != d["unit_b"], d["word_a"] != d["word_b"]
    d["change"] = np.select(
        [
            added,
            removed,
            unit,
            word & (d["kind"] == "claim"),
            _moved(d).groupby(d["thing"]).transform("any"),
            word,
        ],
        ["added", "removed", "unit", "word", "moved", "basis"],
        "",
    )
    shares = d["stat"].isin(
        ["probability_positive", "share_defined"]
    )  # of draws, whatever the result's unit
    d["unit"] = d["unit_a"].where(~added, d["unit_b"]).mask(shares, "fraction")
    d["difference"] = (d["b"] - d["a"]).mask(unit)
    d["relative"] = d["difference"] / d["a"].abs().where(d["a"] != 0)
    width = _of_thing(d, "a", ["high", "p95"]) - _of_thing(d, "a", ["low", "p05"])
    d["against_interval"] = (d["difference"] / width.where(width > 0)).mask(shares)
    return d.loc[_order(d), COLUMNS][lambda rows: rows["change"] != ""].reset_index(drop=True)


def _moved(d: pd.DataFrame) -> pd.Series:
    """Whether each number is another: an input by any digit, all else by more than machines differ."""
    exact = d["kind"] == "input"
    return pd.Series(
        ~np.isclose(
            d["b"],
            d["a"],
            rtol=np.where(exact, 0, RELATIVE_TOLERANCE),
            atol=np.where(exact, 0, 1e-12),
            equal_nan=True,
        )
    )


def _of_thing(d: pd.DataFrame, column: str, stats: list[str]) -> pd.Series:
    """On every row, the largest of some numbers of the same thing."""
    return d[column].where(d["stat"].isin(stats)).groupby(d["thing"]).transform("max")


def _order(d: pd.DataFrame) -> pd.Index:
    """Inputs and claims as they came; results without a detail first, by how far the value moved, then the ends of the interval."""
    appeared = (d["stat"] == "value") & (
        d["a"].isna() != d["b"].isna()
    )  # or vanished: farther than any distance
    d = d.assign(far=d["against_interval"].abs().mask(appeared, math.inf))
    result = d["kind"] == "result"
    first, ends = (
        _of_thing(d, "far", stats).where(result, 0).fillna(-1)
        for stats in (["value"], ["p05", "p95"])
    )
    keys = pd.concat(
        [result, result & (d["detail"] != ""), -first, -ends, d["thing"]], axis=1, keys=range(5)
    )
    return keys.sort_values(list(keys), kind="stable").index


def summary_lines(a: pd.DataFrame, b: pd.DataFrame, d: pd.DataFrame) -> list[str]:
    """In sentences: how much differs, and what came and went."""
    things, of, said = (
        d.drop_duplicates(ROW_KEY),
        a.drop_duplicates(ROW_KEY)["kind"].value_counts(),
        [],
    )
    for change, some, others in (("added", b, a), ("removed", a, b)):
        whole = things["segment"].isin(set(some["segment"]) - set(others["segment"]))
        for segment, own in things[whole].groupby("segment", sort=False):
            said.append(
                f"Segment {change}: {segment} ({join_and(_count(n, k) for k, n in own['kind'].value_counts(sort=False).items())})."
            )
        for kind, own in things[~whole & (things["change"] == change)].groupby("kind", sort=False):
            said.append(f"{_count(len(own), kind)} {change}: {join_and(own['name'].unique())}.")
    known = things[things["change"] != "added"]["kind"].value_counts()
    number = join_and(
        f"{known.get(k, 0):,} of A's {_count(of.get(k, 0), k)}" for k in REPORT_TABLES
    )
    words = (things["change"] == "word").sum()
    return [
        f"Different: {number}; {_count(words, 'claim')} changed {'its' if words == 1 else 'their'} word.",
        *said,
    ]


def built_otherwise(a: Path, b: Path) -> list[str]:
    """In sentences: how the builds differ beside their inputs, by what their provenance says."""
    try:
        x, y = (
            {**json.loads((folder / "provenance.json").read_text("utf-8"))} for folder in (a, b)
        )
    except (OSError, ValueError, TypeError, RecursionError):
        return ["One of them has no provenance.json that could be read."]
    said = []
    for key in sorted(k for k in {*x, *y} - {"overrides"} if x.get(k) != y.get(k)):
        mine, theirs = (p.get(key) for p in (x, y))
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            names = sorted(n for n in {**mine, **theirs} if mine.get(n) != theirs.get(n))
            said.append(
                one_line(
                    f"Built with other {key}: {', '.join(names[:3])}{f' and {len(names) - 3} more' if names[3:] else ''}."
                )
            )
        else:
            said.append(one_line(f"Built with {key} {mine}, then {theirs}."))
    return said


def _count(n: int, kind: str) -> str:
    return f"{n:,} {kind}{'' if n == 1 else 's'}"


def rows_of(d: pd.DataFrame, kind: str) -> list[list[str]]:
    """The rows of a table of one kind; of claims only those whose word changed or that came or went."""
    rows, claims = [], kind == "claim"
    for (_, segment, name, detail), of in d[
        (d["kind"] == kind) & ((d["change"] != "moved") | (not claims))
    ].groupby(ROW_KEY, sort=False):
        cells, best = (
            [
                f"{segment}.{name} {detail}".removeprefix("all.").rstrip(),
                *([] if claims else [of["unit"].iat[0]]),
            ],
            of.iloc[0],
        )
        for side, missing in (("a", "added"), ("b", "removed")):
            value, *ends = of[side]
            said = (
                f"{best[f'word_{side}']} ({format_percent(value)}; flat {format_percent(ends[0])})"
                if claims
                else format_significant(value, 4)
            )
            said += (
                f" ({format_significant(ends[0], 4)} to {format_significant(ends[1], 4)})"
                if not claims and ends[0] < ends[1]
                else ""
            )
            cells.append("none" if best["change"] == missing else said)
        for column in () if claims else ("difference", "relative", "against_interval"):
            said = (
                format_significant(best[column])
                if column == "difference"
                else f"{format_significant(100 * best[column])} %"
            )
            said = (
                "interval"
                if column == "difference" and best[column] == 0 and best["change"] == "moved"
                else said
            )
            cells.append(
                ("+" if best[column] > 0 else "") + said if math.isfinite(best[column]) else ""
            )
        rows.append(cells)
    return rows


def aligned(head: list[str], rows: list[list[str]], width: int) -> list[str]:
    """A table as lines of text: a row a line with numbers at the right where the terminal is wide enough, else a row in a few lines."""
    shown = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*shown)]
    if sum(widths) + 2 * len(widths) - 2 <= width:
        sides = [
            str.ljust if i == 0 or column == "Unit" else str.rjust for i, column in enumerate(head)
        ]
        return [
            "  ".join(side(cell, w) for side, cell, w in zip(sides, row, widths)).rstrip()
            for row in shown
        ]
    lines = []
    for name, *cells in rows:
        told = "; ".join(f"{column} {cell}" for column, cell in zip(head[1:], cells) if cell)
        lines += [
            name,
            *textwrap.wrap(told, max(width, 40), initial_indent="    ", subsequent_indent="    "),
        ]
    return lines


def publish_files(reports: Path, name: str, files: Mapping[str, str]) -> Path:
    """A folder of text files, put in place at once as a report is, and never over one. Raises: InputError."""
    if (reports / name / "results.csv").exists() or name in scenario_names():
        raise InputError(f"{name} is the name of a report; choose another")
    recover(reports)
    with staging_folder(SimpleNamespace(reports=reports, name=name)) as folder:
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")
        publish(folder, reports / name)
    return reports / name


def run(a: Path, b: Path, reports: Path = REPORTS, width: int = 200) -> tuple[Path, str]:
    """Compare two built reports. Returns: the folder of the comparison, and its text for a terminal of that width."""
    old, new = read(a), read(b)
    d, names = differences(old, new), [one_line(p.resolve().name, 60) for p in (a, b)]
    text = [
        f"A is {names[0]}, B is {names[1]}.",
        *summary_lines(old, new, d),
        *built_otherwise(a, b),
    ]
    among = set(old["segment"]) & set(new["segment"])
    for kind, (title, head) in HEADS.items():
        rows = rows_of(d[d["segment"].isin(among)], kind)
        if rows:
            text += ["", title, *aligned(head, rows[:IN_TERMINAL], width)]
            text += (
                [f"{len(rows) - IN_TERMINAL:,} more in compare.csv"]
                if len(rows) > IN_TERMINAL
                else []
            )
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", f"compare-{names[0]}-{names[1]}")
    table = d.to_csv(index=False, lineterminator="\n", float_format="%.12g")
    return publish_files(reports, name, {"compare.csv": table}), "\n".join(text)
