"""What a report was made from, as hashes and versions; equal provenance gives equal bytes, so it also says what need not be run again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path

from analysis.build.request import Request, Run
from analysis.inputs.assumptions import SCENARIOS

MODULE = Path(__file__).parents[1]
PACKAGES = (
    "ipykernel",
    "jinja2",
    "matplotlib",
    "mistune",
    "nbclient",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "scipy",
    "seaborn",
    "sympy",
)


def digest(what: object) -> str:
    """SHA-256 of bytes, of a text, or of anything that JSON can hold."""
    if not isinstance(what, bytes):
        what = (what if isinstance(what, str) else json.dumps(what, sort_keys=True)).encode()
    return hashlib.sha256(what).hexdigest()


def files(*endings: str) -> dict[str, str]:
    """The hash of each file of the module with such an ending, and of each scenario, since a chapter may tell of all of them."""
    found = sorted(p for p in MODULE.rglob("*") if p.suffix in endings) + sorted(
        SCENARIOS.glob("*.yaml")
    )
    return {p.relative_to(MODULE.parent).as_posix(): digest(p.read_bytes()) for p in found}


def installed() -> list[str]:
    """Name and version of every package that can be imported, as its folder of metadata is called."""
    return sorted(
        {
            entry.name
            for folder in set(sys.path)
            if os.path.isdir(folder)
            for entry in os.scandir(folder)
            if entry.name.endswith(".dist-info")
        }
    )


def code() -> str:
    """One hash of everything but its notebook and parameters that a chapter's outcome can depend on."""
    return digest(
        [
            platform.python_version(),
            platform.system(),
            platform.machine(),
            installed(),
            files(".py", ".csv"),
        ]
    )


def key(run: Run, code: str) -> str:
    """The name under which an executed chapter is kept."""
    return digest([code, run.text, dict(run.parameters)])


def provenance_of(asked: Request) -> dict:
    """What would have to be equal for equal bytes: inputs, code and versions, as hashes; no time, no path."""
    quantities = asked.assumptions.quantities
    return {
        "scenario": asked.scenario.name,
        "overrides": {
            n: [quantities[n].low, quantities[n].value, quantities[n].high]
            for n in asked.assumptions.changed
        },
        "draws": asked.draws,
        "seed": asked.seed,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "inputs": files(".py", ".csv", ".css", ".js", ".j2", ".json")
        | {f"notebooks/{r.notebook.name}": digest(r.text) for r in asked.runs},
    }
