"""What a report was made from, as hashes and versions.

Equal provenance gives equal bytes, so it also says what need not be run again.
"""

from __future__ import annotations

import importlib.metadata
import platform

from analysis.build.request import Request, Run
from analysis.inputs.fingerprint import digest, files

PACKAGES = [
    *("ipykernel", "papermill", "nbclient", "nbconvert", "jinja2", "mistune"),
    *("numpy", "scipy", "pandas", "sympy", "matplotlib", "seaborn"),
]


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
