"""What a report was made from, as hashes and versions.

Equal provenance gives equal bytes, so it also says what need not be run again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path

from analysis.build.request import Request, Run
from analysis.inputs.scenarios import SCENARIOS

MODULE = Path(__file__).parents[1]
PACKAGES = [
    *("ipykernel", "papermill", "nbclient", "nbconvert", "jinja2", "mistune"),
    *("numpy", "scipy", "pandas", "sympy", "matplotlib", "seaborn"),
]


def digest(what: object) -> str:
    """SHA-256 of bytes, of a text, or of anything that JSON can hold."""
    if not isinstance(what, bytes):
        what = (what if isinstance(what, str) else json.dumps(what, sort_keys=True)).encode()
    return hashlib.sha256(what).hexdigest()


def files(*endings: str) -> dict[str, str]:
    """The hash of each file of the module with such an ending, and of each scenario."""
    found = sorted(p for p in MODULE.rglob("*") if p.suffix in endings)
    found += sorted(SCENARIOS.glob("*.yaml"))  # a chapter may tell of all of them
    return {p.relative_to(MODULE.parent).as_posix(): digest(p.read_bytes()) for p in found}


def installed() -> list[str]:
    """Name and version of every package that can be imported, as its folder of metadata has it."""
    folders = filter(os.path.isdir, set(sys.path))
    names = {entry.name for folder in folders for entry in os.scandir(folder)}
    return sorted(name for name in names if name.endswith(".dist-info"))


def code() -> str:
    """One hash of all that a chapter's outcome depends on but its notebook and parameters."""
    here = [platform.python_version(), platform.system(), platform.machine()]
    own = files(".py", ".csv", ".j2")
    read = {name: own[name] for name in own if "/build/template/" not in name}
    return digest([*here, installed(), read])


def key(run: Run, code: str) -> str:
    """The name under which an executed chapter is kept."""
    return digest([code, run.text, dict(run.parameters)])


def provenance_of(asked: Request) -> dict:
    """What has to be equal for equal bytes: inputs, code and versions; no time, no path."""
    changed = (asked.assumptions.quantities[n] for n in asked.assumptions.changed)
    notebooks = {f"notebooks/{r.notebook.name}": digest(r.text) for r in asked.runs}
    return {
        "scenario": asked.scenario.name,
        "overrides": {q.name: [q.low, q.value, q.high] for q in changed},
        "draws": asked.draws,
        "seed": asked.seed,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "inputs": files(".py", ".csv", ".css", ".js", ".j2", ".json") | notebooks,
    }
