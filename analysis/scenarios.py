"""All scenarios side by side: the verdict on each claim in each scenario file, and in this report where it differs from its file.

In: a `Study`. Out: a long table of claims and a table for the page. Judgement calls: every scenario is told on the tables as they stand,
without the report's own overrides, which have a row of their own; all rows share seed and draws, so that they differ by their
assumptions alone; they have fewer draws than the report, so a probability may differ from the report's by the Monte Carlo error.
"""
from __future__ import annotations

import html

import pandas as pd

from analysis import InputError
from analysis.assumptions import Assumptions, read_scenario, resolve, scenario_names
from analysis.findings import TESTS, claims
from analysis.prose import Html, digits, download, listed
from analysis.study import Study
from analysis.summary import AT_LEAST_LIKELY
from analysis.tables import table
from analysis.uncertainty import standard_error

DRAWS = 4096
COLUMNS = ["scenario", "title", "claim", "subject", "probability", "probability_flat", "likelihood"]
OWN = "This report"


def _ranges(assumptions: Assumptions) -> dict[str, tuple[float, float, float]]:
    return {q.name: (q.low, q.value, q.high) for q in assumptions.quantities.values()}


def _resolved(study: Study, name: str) -> Assumptions:
    try:
        return resolve(study.assumptions.codebook, name)
    except InputError as error:
        raise InputError(f"scenario {name}: {error}") from None


def compared(study: Study, draws: int = DRAWS) -> dict[tuple[str, str], Study]:
    """What stands side by side, by (name, title): this report, without a name, where it differs from its scenario file; then every file."""
    draws = min(draws, study.draws)
    if ("compared", draws) not in study.kept:
        files = {name: _resolved(study, name) for name in scenario_names()}
        same = study.scenario.name in files and _ranges(study.assumptions) == _ranges(files[study.scenario.name])
        own = study if draws == study.draws else Study(study.assumptions, study.scenario, draws, study.seed)
        found = {} if same else {("", OWN): own}
        for name, assumptions in files.items():
            scenario = read_scenario(name)
            found[name, scenario.title] = own if same and name == study.scenario.name else Study(assumptions, scenario, draws, study.seed)
        study.kept["compared", draws] = found
    return study.kept["compared", draws]


def side_by_side(study: Study, draws: int = DRAWS) -> pd.DataFrame:
    """Every claim in every scenario: scenario (empty: this report), title, claim, subject, both probabilities, the likelihood word.

    Parameters: draws, at most those of the study; the Monte Carlo error of a probability p is sqrt(p (1 - p) / draws).

    >>> from analysis.chapter import open_chapter
    >>> side_by_side(open_chapter(draws=100))["scenario"][0]
    'base'
    """
    rows = [[*key, c.claim, c.subject, c.probability, c.probability_flat, c.likelihood]
            for key, sample in compared(study, draws).items() for c in claims(sample)]
    return pd.DataFrame(rows, columns=COLUMNS)


def sampled(study: Study, draws: int = DRAWS) -> str:
    """How many draws the comparison rests on, and its Monte Carlo error, as a sentence."""
    used = min(draws, study.draws)
    return (f"Counted on {used:,} draws, the same for all{f' and the first of the {study.draws:,} of this report' if used < study.draws else ''}; "
            f"Monte Carlo error of a probability of one half: {digits(100 * standard_error(0.5, used), 2)} percentage points.")


def scenario_table(study: Study, draws: int = DRAWS) -> Html:
    """A row for each scenario: every claim in short and who pays; below, folded away, why and by which inputs each scenario differs."""
    found, rows, reasons = side_by_side(study, draws), [], []
    tests = [(test, len(set(found.loc[found["claim"] == test.name, "subject"]))) for test in TESTS if (found["claim"] == test.name).any()]
    for (name, title), sample in compared(study, draws).items():
        here = found[found["scenario"] == name]
        likely = here[here["likelihood"].isin(AT_LEAST_LIKELY)]
        short = [here.loc[here["claim"] == test.name, "likelihood"].iat[0] if of == 1 else f"{(likely['claim'] == test.name).sum()} of {of}" for test, of in tests]
        paying = listed(sample.title(s) for s in likely.loc[likely["claim"] == "repays_acquisition", "subject"])
        rows.append([title, *short, paying if paying != "none" else "nobody"])
        changed = [f"{n} {digits(q.value)}" + (f" ({digits(q.low)} to {digits(q.high)})" if q.low < q.high else "")
                   for n, q in sample.assumptions.quantities.items() if n in sample.assumptions.changed]
        reasons.append([title, Html(f"<code>{html.escape(name)}</code>" if name else "none"), "; ".join(changed) or "nothing",
                        sample.scenario.reason if name else f"{sample.scenario.title}, changed for this report."])
    caption = ("All scenarios side by side. Where a claim is about several segments: for how many of them it is at least likely, which takes a "
               f"probability of 66 % both ways of reading the ranges; where it is about one: how likely it is. {sampled(study, draws)}")
    head = ["Scenario", *(test.claimed[0].upper() + test.claimed[1:] for test, _ in tests), "At least likely to repay its acquisition"]
    markup = table("scenarios", caption, head, rows, with_data=False).removesuffix("</figure>") + download("scenario-claims", found) + "</figure>"
    return Html(markup + table("scenario-reasons", "What each scenario changes, and why.", ["Scenario", "File", "Changed inputs", "Why"], reasons,
                               folded=f"What each of the {len(rows)} changes, and why"))
