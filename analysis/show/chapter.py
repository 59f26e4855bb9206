"""What a notebook calls first: parameters become a study, or it says what is wrong with them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from IPython import get_ipython

from analysis.errors import InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.parsing import in_short, nearest
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import read_tables
from analysis.show.prose import register_magic

PARAMETERS = ("scenario", "overrides", "draws", "seed", "segment")
PLAIN = (bool, int, float, str, list, dict)


def open_chapter(
    scenario: str = "base",
    overrides: Mapping | None = None,
    draws: int = 16384,
    seed: int = 2026,
    segment: str | None = None,
) -> Study:
    """The study behind a chapter; from here on the notebook knows cells that begin with `%%prose`.

    Parameters: as in the notebook's first cell; segment only in a chapter that is run for each.
    Returns: a `Study` of the tables, then the scenario file of that name, then overrides.
    Raises: InputError for a wrong name or value, and for a variable of the notebook that bears a
    name of the tables (`papermill -p gpu_price 1.9`), since it would pass without any effect.

    >>> open_chapter(overrides={"gpu_price": 1.0}, draws=100).assumptions.gpu_price.value
    1.0
    """
    tables = read_tables()
    assumptions = resolve(tables, scenario, overrides)
    refuse_lookalikes(_variables(), set(tables.parameters["parameter"]))
    if segment is not None and segment not in assumptions.segments:
        close = nearest(segment, assumptions.segments)
        raise InputError(f"segment: unknown segment {in_short(segment)}{close}")
    register_magic()
    return Study(assumptions, read_scenario(scenario), draws, seed, segment, kept=True)


def refuse_lookalikes(variables: Mapping[str, object], known: set[str]) -> None:
    """Refuse a plain variable whose name is, or nearly is, a parameter of tables or notebook."""
    for name, value in variables.items():
        if name in PARAMETERS or name.startswith("_") or not isinstance(value, PLAIN):
            continue
        vain = f"{name} is no parameter of this notebook, so setting it would change nothing; "
        if name in known:
            given = in_short(value)
            raise InputError(
                f"{vain}write overrides = {{{name!r}: {given}}}, "
                f"or for a segment {{'SEGMENT.{name}': ...}}; "
                f'with papermill: -y "{{overrides: {{{name}: {given}}}}}"'
            )
        if meant := difflib.get_close_matches(name, [*PARAMETERS, *known], n=1, cutoff=0.75):
            raise InputError(f"{vain}the nearest name is {meant[0]}")


def _variables() -> Mapping[str, object]:
    """What the notebook has defined so far; nothing when no notebook runs."""
    shell = get_ipython()
    if shell:
        return dict(shell.user_ns)
    return {}
