"""What is to be built: a request, checked in full, and the run of each chapter that it needs.

In: a scenario, overrides, draws and seed. Out: a `Request` with its `Run`s. No notebook is run and nothing
of the model is computed, so a refusal, and the word that nothing has changed, come at once.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from analysis.errors import InputError, one_line
from analysis.inputs.assumptions import (
    FEWEST_DRAWS,
    MOST_DRAWS,
    REPORT_NAME,
    Assumptions,
    Scenario,
    check_whole,
    nearest,
    read_scenario,
    resolve,
    scenario_names,
)
from analysis.inputs.tables import read_tables

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"


@dataclass(frozen=True)
class Run:
    """One execution of one notebook with its parameters; `key` names it in the page and among files, `group` the runs of one notebook."""

    key: str
    title: str
    notebook: Path
    parameters: Mapping[str, object]
    group: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Request:
    """What is asked for, checked: what it is computed from, its report's name and where reports are kept."""

    assumptions: Assumptions
    scenario: Scenario
    draws: int
    seed: int
    overrides: Mapping[str, object]
    name: str
    reports: Path
    runs: tuple[Run, ...]

    @cached_property
    def study(self):
        """The `Study` of it: the numbers of the report."""
        from analysis.findings.study import Study

        return Study(self.assumptions, self.scenario, self.draws, self.seed)


def request(
    scenario: str = "base",
    overrides: Mapping[str, object] | None = None,
    name: str | None = None,
    draws: int = 16384,
    seed: int = 2026,
    reports: Path = REPORTS,
    notebooks: Path = NOTEBOOKS,
) -> Request:
    """Check everything that a build would need. Raises: InputError for the first thing that is wrong."""
    file = read_scenario(scenario)
    name = (f"{scenario}-changed" if overrides else scenario) if name is None else name
    if not REPORT_NAME.fullmatch(name):
        raise InputError(
            f"report name {name[:60]!r} is not allowed; use up to 60 letters, digits, - and _, beginning with a letter or digit"
        )
    if name == "base" and (overrides or scenario != "base"):
        raise InputError(
            "the name base is kept for the base scenario without changes; choose another with --name"
        )
    if name != scenario and name in scenario_names():
        raise InputError(
            f"the name {name} is kept for the scenario of that name; choose another with --name"
        )
    draws, seed = (
        check_whole("draws", draws, FEWEST_DRAWS, MOST_DRAWS),
        check_whole("seed", seed, 0, 2**63 - 1),
    )
    assumptions = resolve(read_tables(), scenario, overrides)
    given = {
        n: [q.low, q.value, q.high] if q.low < q.high else q.value
        for n, q in assumptions.quantities.items()
        if n in (overrides or {})
    }
    runs = tuple(
        planned_runs(
            assumptions,
            {"scenario": scenario, "overrides": given, "draws": draws, "seed": seed},
            Path(notebooks),
        )
    )
    keys = [run.key for run in runs]
    if twice := [run for i, run in enumerate(runs) if run.key in keys[:i]]:
        raise InputError(
            f"{twice[0].notebook.name}: another notebook makes a chapter of the name {twice[0].key}"
        )
    return Request(assumptions, file, draws, seed, given, name, Path(reports), runs)


def planned_runs(
    assumptions: Assumptions, given: Mapping[str, object], notebooks: Path
) -> Iterator[Run]:
    """The runs of a report in order: each numbered notebook once, or once for each segment of its default one's model."""
    paths = sorted(p for p in notebooks.glob("*.ipynb") if re.match(r"\d+[-_]", p.name))
    if not paths:
        raise InputError(f"no numbered notebook in {notebooks.name}/")
    for path in paths:
        key = re.sub(r"^\d+[-_]", "", path.stem).lower().replace("_", "-")
        if not REPORT_NAME.fullmatch(path.stem) or not key[:1].isalpha():
            raise InputError(
                f"{path.name}: a notebook's name is a number, - and a word; use up to 60 letters, digits, - and _"
            )
        try:
            text = path.read_text("utf-8")
            cells = [
                (
                    c["cell_type"],
                    "".join(c["source"]),
                    "parameters" in c["metadata"].get("tags", []),
                )
                for c in json.loads(text)["cells"]
            ]
            "".join(
                source for _, source, _ in cells
            ).encode()  # half of a surrogate pair is text that could not be written
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InputError(f"{path.name}: is no notebook of format 4") from None
        defaults = parameters_of(
            [source for kind, source, tagged in cells if kind == "code" and tagged], path.name
        )
        title = next(
            (
                one_line(line[2:].strip())
                for kind, source, _ in cells
                if kind == "markdown"
                for line in source.splitlines()
                if line.startswith("# ")
            ),
            key,
        )
        known = {name: value for name, value in given.items() if name in defaults}
        if "segment" not in defaults:
            yield Run(key, title, path, known, "", text)
            continue
        segments = assumptions.tables.segments.set_index("segment")
        models = segments["business_model"]
        if defaults["segment"] not in list(models.index):
            raise InputError(
                f"{path.name}: unknown segment {defaults['segment']!r}{nearest(defaults['segment'], models.index)}"
            )
        for segment in models.index[models == models[defaults["segment"]]]:
            yield Run(
                f"{key}-{segment.replace('_', '-')}",
                segments.loc[segment, "title"],
                path,
                {**known, "segment": segment},
                key,
                text,
            )


def parameters_of(cells: list[str], name: str) -> dict[str, object]:
    """The parameters of a notebook with their defaults, from its cells tagged `parameters`, of which there is one; nothing is run."""
    if len(cells) != 1:
        raise InputError(f"{name}: has {len(cells)} cells tagged parameters; it needs one")
    try:
        assigned = [
            n for n in ast.parse(cells[0]).body if isinstance(n, (ast.Assign, ast.AnnAssign))
        ]
        return {
            (n.target if isinstance(n, ast.AnnAssign) else n.targets[0]).id: ast.literal_eval(
                n.value
            )
            for n in assigned
        }
    except (
        SyntaxError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        raise InputError(
            f"{name}: the cell of parameters holds more than names with plain values: {error}"
        ) from None
