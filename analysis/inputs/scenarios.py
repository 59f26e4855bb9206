"""Scenario files: YAML with `scenario` and `overrides` under a comment with title and reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import yaml

from analysis.errors import InputError
from analysis.inputs.parsing import in_short, nearest
from analysis.inputs.rules import CONTROL

SCENARIOS = Path(__file__).parents[2] / "notebooks" / "scenarios"
REPORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


@dataclass(frozen=True)
class Scenario:
    """A scenario file: its name, its title and reason (the leading comment), its overrides."""

    name: str
    title: str
    reason: str
    overrides: Mapping[str, object]


def scenario_names(folder: Path | None = None) -> list[str]:
    """The scenarios there are, `base` first; each name has to do for a report's folder as well."""
    files = [path for path in (folder or SCENARIOS).glob("*.yaml") if path.is_file()]
    names = [path.stem for path in files if REPORT_NAME.fullmatch(path.stem)]
    return sorted(names, key=lambda name: (name != "base", name))


def read_scenario(name: str, folder: Path | None = None) -> Scenario:
    """The scenario of a name. Raises: InputError for an unknown one, or a file of another form.

    >>> read_scenario("base").overrides
    {}
    """
    folder = folder or SCENARIOS
    names = scenario_names(folder)
    if name not in names:
        raise InputError(f"unknown scenario {in_short(name)}{nearest(name, names)}")
    file = f"{name}.yaml"
    try:
        text = (folder / file).read_text("utf-8-sig")
        content = yaml.load(text, _TextLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{file}: not readable as YAML: {why}") from None
    sound = isinstance(content, Mapping) and set(content) == {"scenario", "overrides"}
    if not sound or content["scenario"] != name:
        raise InputError(f"{file}: must hold exactly `scenario: {name}` and `overrides:`")
    title, reason = _leading_comment(file, text)
    given = content["overrides"]
    if given == "":
        overrides = {}
    else:
        overrides = as_mapping(given, file)
    return Scenario(name, title, reason, dict(overrides))


def _leading_comment(file: str, text: str) -> tuple[str, str]:
    """Its first line and the rest of it."""
    leading = takewhile(lambda line: line.startswith("#"), text.splitlines())
    comment = [" ".join(line.lstrip("# ").split()) for line in leading]
    if not any(comment):
        raise InputError(f"{file}: begins without a comment that gives its title and its reason")
    if CONTROL.search("".join(comment)):
        raise InputError(f"{file}: the comment holds a control character")
    return comment[0], " ".join(comment[1:]).strip()


def as_mapping(given: object, where: str) -> Mapping[str, object]:
    """Overrides as they were handed in. Raises: InputError where they are no mapping."""
    if not isinstance(given, Mapping):
        raise InputError(f"{where}: {in_short(given)} is not a mapping of names to numbers")
    return given


class _TextLoader(yaml.BaseLoader):
    """YAML as text, since its own numbers surprise (010 is 8, 1:30 is 90), without double keys."""

    def construct_mapping(self, node, deep=False):
        mapping = super().construct_mapping(node, deep)
        seen = set()
        for key, _ in node.value:
            if key.value in seen:  # YAML lets the second win in silence
                problem = f"the key {key.value!r} is given twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return mapping
