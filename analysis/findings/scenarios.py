"""All scenarios side by side: every claim in each scenario file, and in this report if it differs.

Judgement calls: every scenario is told on the tables as they stand, without the report's own
overrides, which have a row of their own; all rows share seed and draws, so that they differ by
their assumptions alone; they have fewer draws than the report, so a probability may differ from the
report's by the Monte Carlo error.
"""

from __future__ import annotations

import pandas as pd

from analysis.errors import InputError
from analysis.findings.claims import claims
from analysis.findings.study import Study
from analysis.inputs.assumptions import Assumptions, resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.inputs.tables import Tables

DRAWS = 4096
OWN = "this report"
COLUMNS = ["scenario", "title", "claim", "subject", "probability", "likelihood"]


def compared(study: Study, draws: int = DRAWS) -> dict[tuple[str, str], Study]:
    """This report, if it equals no scenario file, and then every file, by (name, title).

    Raises: InputError for a scenario that does not fit the tables.
    """
    return study.once((compared, draws), lambda: _compared(study, min(draws, study.draws)))


def _compared(study: Study, draws: int) -> dict[tuple[str, str], Study]:
    own = study
    if draws < study.draws:
        own = study.beside(study.assumptions, study.scenario, draws)
    found = {}
    for scenario in map(read_scenario, scenario_names()):
        assumptions = _resolved(study.assumptions.tables, scenario.name)
        same = scenario.name == study.scenario.name
        if same and _ranges(assumptions) == _ranges(study.assumptions):
            found[scenario.name, scenario.title] = own
        else:
            found[scenario.name, scenario.title] = study.beside(assumptions, scenario, draws)
    if own in found.values():
        return found
    return {(OWN, OWN.capitalize()): own, **found}


def _resolved(tables: Tables, name: str) -> Assumptions:
    try:
        return resolve(tables, name)
    except InputError as error:
        raise InputError(f"scenario {name}: {error}") from None


def _ranges(assumptions: Assumptions) -> list[tuple[float, float, float]]:
    return [(q.low, q.value, q.high) for q in assumptions.quantities.values()]


def side_by_side(study: Study, draws: int = DRAWS) -> pd.DataFrame:
    """Every claim in every scenario, in `COLUMNS`, on `draws` draws or as many as the study has."""
    rows = []
    for key, there in compared(study, draws).items():
        for c in claims(there):
            rows.append([*key, c.claim, c.subject, c.probability, c.likelihood])
    return pd.DataFrame(rows, columns=COLUMNS)
