"""What is to be built: a request, checked in full, and the run of each chapter that it needs.

No notebook is run and nothing of the model is computed, so a refusal, and the word that nothing
has changed, come at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from analysis.build.notebooks import heading, parameters_of, read_cells
from analysis.errors import InputError, one_line
from analysis.inputs.assumptions import Assumptions, resolve
from analysis.inputs.parsing import FEWEST_DRAWS, MOST_DRAWS, check_whole
from analysis.inputs.scenarios import REPORT_NAME, Scenario, read_scenario, scenario_names
from analysis.inputs.tables import read_tables

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
NUMBERED = re.compile(r"\d+[-_](.*)", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """One execution of one notebook; `key` names it in the page and among files.

    Runs of one notebook share a `group`, the key of their common chapter. An `appendix` is folded.
    """

    key: str
    title: str
    notebook: Path
    parameters: Mapping[str, object]
    group: str = ""
    text: str = field(default="", repr=False)
    appendix: bool = False


@dataclass(frozen=True)
class Request:
    """What is asked for, checked: what it is computed from, its name and where reports are kept."""

    assumptions: Assumptions
    scenario: Scenario
    draws: int
    seed: int
    name: str
    reports: Path
    runs: tuple[Run, ...]

    @cached_property
    def study(self):
        """The `Study` of it: the numbers of the report."""
        from analysis.findings.study import Study

        return Study(self.assumptions, self.scenario, self.draws, self.seed, kept=True)


def request(
    scenario: str = "base",
    overrides: Mapping[str, object] | None = None,
    name: str | None = None,
    draws: int = 16384,
    seed: int = 2026,
    reports: Path = REPORTS,
    notebooks: Path = NOTEBOOKS,
) -> Request:
    """Check everything that a build would need. Raises: InputError for the first wrong thing."""
    file = read_scenario(scenario)
    if name is None:
        name = f"{scenario}-changed" if overrides else scenario
    _check_name(name, scenario, overrides)
    draws = check_whole("draws", draws, FEWEST_DRAWS, MOST_DRAWS)
    seed = check_whole("seed", seed, 0, 2**63 - 1)
    assumptions = resolve(read_tables(), scenario, overrides)
    changed = {}
    for parameter, quantity in assumptions.quantities.items():
        if parameter in (overrides or {}):
            low, value, high = quantity.range
            if low < high:
                changed[parameter] = [low, value, high]
            else:
                changed[parameter] = value
    given = {"scenario": scenario, "overrides": changed, "draws": draws, "seed": seed}
    runs = tuple(planned_runs(assumptions, given, Path(notebooks)))
    return Request(assumptions, file, draws, seed, name, Path(reports), runs)


def _check_name(name: str, scenario: str, overrides: Mapping[str, object] | None) -> None:
    if not REPORT_NAME.fullmatch(name):
        raise InputError(
            f"report name {name[:60]!r} is not allowed; use up to 60 letters, digits, - and _, "
            "beginning with a letter or digit"
        )
    if name == "base" and (overrides or scenario != "base"):
        raise InputError(
            "the name base is kept for the base scenario without changes; "
            "choose another with --name"
        )
    if name != scenario and name in scenario_names():
        raise InputError(
            f"the name {name} is kept for the scenario of that name; choose another with --name"
        )


def planned_runs(
    assumptions: Assumptions, given: Mapping[str, object], notebooks: Path
) -> Iterator[Run]:
    """The runs of a report in order: each numbered notebook once, or once for each segment."""
    paths = sorted(p for p in notebooks.glob("*.ipynb") if NUMBERED.fullmatch(p.name))
    if not paths:
        raise InputError(f"no numbered notebook in {notebooks.name}/")
    taken = set()
    for path in paths:
        for run in _runs_of(path, assumptions, given):
            if run.key in taken:
                raise InputError(
                    f"{path.name}: another notebook makes a chapter of the name {run.key}"
                )
            taken.add(run.key)
            yield run


def _runs_of(path: Path, assumptions: Assumptions, given: Mapping[str, object]) -> Iterator[Run]:
    """One run, or one for each segment where a segment is among the parameters."""
    key = NUMBERED.fullmatch(path.stem)[1].lower().replace("_", "-")
    if not REPORT_NAME.fullmatch(path.stem) or not key[:1].isalpha():
        raise InputError(
            f"{path.name}: a notebook's name is a number, - and a word; "
            "use up to 60 letters, digits, - and _"
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        raise InputError(f"{path.name}: is no notebook of format 4") from None
    cells = read_cells(text, path.name)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    tagged = [cell["source"] for cell in code if "parameters" in cell["tags"]]
    defaults = parameters_of(tagged, path.name)
    known = {name: value for name, value in given.items() if name in defaults}
    appendix = any("appendix" in cell["tags"] for cell in cells)
    if "segment" not in defaults:
        title = one_line(next(filter(None, map(heading, cells)), key))
        yield Run(key, title, path, known, "", text, appendix)
        return
    for segment in assumptions.segments:
        own = f"{key}-{segment.replace('_', '-')}"
        title = assumptions.about(segment)["title"]
        yield Run(own, title, path, {**known, "segment": segment}, key, text, appendix)
