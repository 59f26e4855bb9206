"""Writes what the last runs measured into the table of tests/README.md.

    python tests/nightly/figures.py [FOLDER]

A run leaves its figure in .nightly/: pytest a report in JUnit's form (`--junitxml`), in which a
test may record a property "figure", and any other script a text under its own name. A row whose
command was not run keeps the figure that it has.
"""

import re
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".nightly"
README = ROOT / "tests" / "README.md"
ROW = re.compile(r"^\| (?P<guarantee>.+) \| (?P<figure>.+) \| `(?P<command>.+)` \|$", re.MULTILINE)


def keep(name: str, figure: str) -> None:
    """Leave the figure of a run for the table."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.txt").write_text(figure, "utf-8")


def cases_of(words: list[str], folder: Path) -> list:
    """The tests of a report that a command of pytest would run."""
    report = folder / ("slow.xml" if "slow" in words else "tests.xml")
    if not report.exists():
        return []
    files = [w.removesuffix(".py").replace("/", ".") for w in words if w.startswith("tests/")]
    keyword = words[words.index("-k") + 1] if "-k" in words else ""
    cases = ElementTree.parse(report).iter("testcase")
    return [c for c in cases if c.get("classname") in files and keyword in c.get("name")]


def measured(command: str, folder: Path) -> str:
    """What a guarantee's command gave; empty where it was not run."""
    words = shlex.split(command)
    if "pytest" not in words:
        names = [Path(word).stem for word in words if word.startswith("tests/nightly/")]
        kept = folder / f"{names[-1]}.txt"
        return kept.read_text("utf-8").strip() if kept.exists() else ""
    cases = [case for case in cases_of(words, folder) if case.find("skipped") is None]
    failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    if failed:
        return f"{len(failed)} of {len(cases)} tests fail"
    recorded = [p.get("value") for c in cases for p in c.iterfind("properties/property")]
    passed = f"{len(cases)} tests pass" if cases else ""
    return "; ".join(recorded) or passed


def updated(text: str, folder: Path) -> str:
    """The text of the table with the figures of a folder."""

    def row(match: re.Match) -> str:
        figure = measured(match["command"], folder) or match["figure"]
        return f"| {match['guarantee']} | {figure} | `{match['command']}` |"

    return ROW.sub(row, text)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else KEPT
    README.write_text(updated(README.read_text("utf-8"), folder), "utf-8")
