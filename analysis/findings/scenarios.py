"""All scenarios side by side: every claim in each scenario file, and in this report if it differs.

Judgement calls: every scenario is told on the tables as they stand, without the report's own
overrides, which have a row of their own; all rows share seed and draws, so that they differ by
their assumptions alone; they have fewer draws than the report, so a probability may differ from the
report's by the Monte Carlo error.
"""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis.errors import InputError
from analysis.findings.claims import claims
from analysis.findings.study import Study
from analysis.inputs.assumptions import Assumptions, resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.inputs.tables import Tables

DRAWS, OWN = 4096, "this report"
COLUMNS = ["scenario", "title", "claim", "subject", "probability", "probability_flat", "likelihood"]


@lru_cache(maxsize=2)  # a chapter asks more than once for the same study
def compared(study: Study, draws: int = DRAWS) -> dict[tuple[str, str], Study]:
    """This report, if it equals no scenario file, and then every file, by (name, title).

    Raises: InputError for a scenario that does not fit the tables.
    """
    draws, own = min(draws, study.draws), study
    if draws < study.draws:
        own = Study(study.assumptions, study.scenario, draws, study.seed)
    found = {}
    for scenario in map(read_scenario, scenario_names()):
        assumptions = _resolved(study.assumptions.tables, scenario.name)
        same = scenario.name == study.scenario.name
        if same and _ranges(assumptions) == _ranges(study.assumptions):
            found[scenario.name, scenario.title] = own
        else:
            there = Study(assumptions, scenario, draws, study.seed)
            found[scenario.name, scenario.title] = there
    return found if own in found.values() else {(OWN, OWN.capitalize()): own, **found}


def _resolved(tables: Tables, name: str) -> Assumptions:
    try:
        return resolve(tables, name)
    except InputError as error:
        raise InputError(f"scenario {name}: {error}") from None


def _ranges(assumptions: Assumptions) -> list[tuple[float, float, float]]:
    return [(q.low, q.value, q.high) for q in assumptions.quantities.values()]


def side_by_side(study: Study, draws: int = DRAWS) -> pd.DataFrame:
    """Every claim in every scenario, in `COLUMNS`, on `draws` draws or as many as the study has."""
    rows = [
        [*key, c.claim, c.subject, c.probability, c.probability_flat, c.likelihood]
        for key, there in compared(study, draws).items()
        for c in claims(there)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
