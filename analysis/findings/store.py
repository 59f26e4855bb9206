"""What a build has computed, kept by content, so that every chapter finds it instead of computing.

An entry is one study's and is named by all that its numbers follow from: code, packages, tables,
inputs, draws, seed. One that is missing, cut short, changed or of another name counts as absent,
and what an entry lacks is computed. Only a build writes.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.findings.cache import Cache
from analysis.inputs.fingerprint import code, digest

if TYPE_CHECKING:
    from analysis.findings.study import Study

FOLDER = Path(__file__).parents[2] / "reports" / ".cache"
ROOMS = ("inputs", "model", "findings", "scenarios")  # what numbers follow from
own_code = functools.cache(code)  # as this process has read it


def name_of(study: Study) -> str:
    """What a study's entry is called."""
    quantities = study.assumptions.quantities
    given = {}
    for name, q in quantities.items():
        given[name] = [*q.range, q.basis, *q.evidence]
    made_from = [own_code(*ROOMS), study.assumptions.tables.content_hash]
    asked = [study.scenario.name, given, study.draws, study.seed]
    return f"study-{digest([*made_from, *asked])}"


def read(study: Study) -> dict[str, object]:
    """What has been kept of a study, by the names that `called` gives; nothing if there is none."""
    name = name_of(study)
    entry = json.loads(Cache(FOLDER).get(name) or "{}")
    if not isinstance(entry, dict) or not isinstance(entry.get("found"), dict):
        return {}
    sound = (entry.get("study"), entry.get("digest")) == (name, digest(entry["found"]))
    if sound:
        return entry["found"]
    return {}


def write(study: Study, known: Mapping[tuple, object]) -> None:
    """Keep of a study what it knows and can be written."""
    found = {}
    for key, value in known.items():
        written = _written(value)
        if (name := called(key)) and written is not None:
            found[name] = written
    if found:
        found = {**read(study), **found}
        entry = {"study": name_of(study), "digest": digest(found), "found": found}
        Cache(FOLDER).put(entry["study"], json.dumps(entry))


def called(key: tuple[Callable, ...]) -> str:
    """A key of `Study.once`, a function and plain values, as text; empty where it has others.

    >>> called((called, "previs", 2))
    'analysis.findings.store.called/["previs", 2]'
    """
    function, *values = key
    try:
        return f"{function.__module__}.{function.__name__}/{json.dumps(values)}"
    except TypeError:
        return ""


def restored(written: object) -> object:
    """What was written, as it was."""
    if isinstance(written, dict) and written.keys() == {"columns", "rows"}:
        return pd.DataFrame(written["rows"], columns=written["columns"])
    return written


def _written(value: object) -> object:
    """As JSON has it, or nothing where it has no such thing."""
    if isinstance(value, pd.DataFrame):
        split = value.to_dict("split")
        value = {"columns": split["columns"], "rows": split["data"]}
    try:
        return json.loads(json.dumps(value))
    except TypeError:
        return None
