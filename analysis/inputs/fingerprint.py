"""Hashes of what a result follows from: code, tables, scenarios, packages.

Equal hashes give equal bytes, so they say what need not be computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from pathlib import Path

from analysis.inputs.scenarios import SCENARIOS

MODULE = Path(__file__).parents[1]


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


def code(*rooms: str) -> str:
    """One hash of code, tables, scenarios and packages, or of what stands in some folders alone.

    It is all that a chapter's outcome depends on but its notebook and parameters.
    """
    own = files(".py", ".csv", ".j2", ".js", ".yaml")
    read = {}
    for name, content in own.items():
        wanted = not rooms or name.split("/")[1] in rooms
        if wanted and "/build/template/" not in name:
            read[name] = content
    machine = [platform.python_version(), platform.system(), platform.machine()]
    return digest([*machine, installed(), read])
