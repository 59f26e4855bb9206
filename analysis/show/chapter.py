"""What a notebook calls first: it turns the cell of parameters into a study, or says what is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from analysis.errors import InputError
from analysis.findings.study import Study
from analysis.inputs.assumptions import in_short, nearest, read_scenario, resolve
from analysis.inputs.tables import read_tables

PARAMETERS = ("scenario", "overrides", "draws", "seed", "segment")


def open_chapter(
    scenario: str = "base",
    overrides: Mapping | None = None,
    draws: int = 16384,
    seed: int = 2026,
    segment: str | None = None,
) -> Study:
    """The study behind a chapter: tables, then the scenario file of that name, then overrides.

    Parameters: as in the notebook's cell of parameters; segment only in a chapter that is run for each.
    Returns: a `Study`. Raises: InputError for a wrong name or value, and for a variable of the notebook that
    bears a name of the tables (`papermill -p gpu_price 1.9`), since it would pass without any effect.

    >>> open_chapter(overrides={"gpu_price": 1.0}, draws=100).assumptions.gpu_price.value
    1.0
    """
    tables = read_tables()
    assumptions = resolve(tables, scenario, overrides)
    refuse_lookalikes(_variables(), set(tables.parameters["parameter"]))
    if segment is not None and segment not in assumptions.segments:
        raise InputError(
            f"segment: unknown segment {in_short(segment)}{nearest(segment, assumptions.segments)}"
        )
    return Study(assumptions, read_scenario(scenario), draws, seed, segment)


def refuse_lookalikes(variables: Mapping[str, object], known: set[str]) -> None:
    """Refuse a plain variable whose name is, or is nearly, a parameter of the tables or of the notebook."""
    for name, value in variables.items():
        if (
            name in PARAMETERS
            or name.startswith("_")
            or not isinstance(value, (bool, int, float, str, list, dict))
        ):
            continue
        if name in known:
            raise InputError(
                f"{name} is no parameter of this notebook, so setting it would change nothing; "
                f"write overrides = {{{name!r}: {in_short(value)}}}, or for a segment {{'SEGMENT.{name}': ...}}; "
                f'with papermill: -y "{{overrides: {{{name}: {in_short(value)}}}}}"'
            )
        meant = difflib.get_close_matches(name, [*PARAMETERS, *known], n=1, cutoff=0.75)
        if meant:
            raise InputError(
                f"{name} is no parameter of this notebook, so setting it would change nothing; the nearest name is {meant[0]}"
            )


def _variables() -> Mapping[str, object]:
    """What the notebook has defined so far; nothing when no notebook runs."""
    try:
        from IPython import get_ipython
    except ImportError:
        return {}
    shell = get_ipython()
    return dict(shell.user_ns) if shell else {}
