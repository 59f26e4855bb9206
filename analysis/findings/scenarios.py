"""All scenarios side by side: the verdict on each claim in each scenario file, and in this report where it differs from its file.

In: a `Study`. Out: a long table of claims and a table for the page. Judgement calls: every scenario is told on the tables as they stand,
without the report's own overrides, which have a row of their own; all rows share seed and draws, so that they differ by their
assumptions alone; they have fewer draws than the report, so a probability may differ from the report's by the Monte Carlo error.
"""

from __future__ import annotations

import html

import pandas as pd

from analysis.errors import InputError
from analysis.findings.claims import CLAIMS, claims
from analysis.findings.study import Study
from analysis.inputs.assumptions import read_scenario, resolve, scenario_names
from analysis.model.distributions import standard_error
from analysis.show.markup import table
from analysis.show.prose import Html, csv_link, format_significant, join_and
from analysis.show.verdict import AT_LEAST_LIKELY

DRAWS, OWN = 4096, "this report"
COLUMNS = ["scenario", "title", "claim", "subject", "probability", "probability_flat", "likelihood"]


def compared(study: Study, draws: int = DRAWS) -> dict[tuple[str, str], Study]:
    """What stands side by side, by (name, title): this report, where it differs from its scenario file; then every file."""
    draws = min(draws, study.draws)
    if ("compared", draws) not in study.kept:
        own, found = (
            study
            if draws == study.draws
            else Study(study.assumptions, study.scenario, draws, study.seed),
            {},
        )
        for scenario in map(read_scenario, scenario_names()):
            try:
                assumptions = resolve(study.assumptions.tables, scenario.name)
            except InputError as error:
                raise InputError(f"scenario {scenario.name}: {error}") from None
            pairs = zip(assumptions.quantities.values(), study.assumptions.quantities.values())
            same = scenario.name == study.scenario.name and all(
                (a.low, a.value, a.high) == (b.low, b.value, b.high) for a, b in pairs
            )
            found[scenario.name, scenario.title] = (
                own if same else Study(assumptions, scenario, draws, study.seed)
            )
        study.kept["compared", draws] = (
            found if own in found.values() else {(OWN, OWN.capitalize()): own, **found}
        )
    return study.kept["compared", draws]


def side_by_side(study: Study, draws: int = DRAWS) -> pd.DataFrame:
    """Every claim in every scenario: scenario, title, claim, subject, both probabilities, the likelihood word.

    Parameters: draws, at most those of the study; the Monte Carlo error of a probability p is sqrt(p (1 - p) / draws).

    >>> from analysis.chapter import open_chapter
    >>> side_by_side(open_chapter(draws=100))["scenario"][0]
    'base'
    """
    rows = [
        [*key, c.claim, c.subject, c.probability, c.probability_flat, c.likelihood]
        for key, sample in compared(study, draws).items()
        for c in claims(sample)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def sampled(study: Study, draws: int = DRAWS) -> str:
    """On how many draws the comparison rests, and their Monte Carlo error, as a sentence."""
    used = min(draws, study.draws)
    which = (
        f"first {used:,} of this report's {study.draws:,}" if used < study.draws else f"{used:,}"
    )
    return (
        f"Counted on the {which} draws, which are the same in every row; "
        f"the Monte Carlo error of a probability of one half is {format_significant(100 * standard_error(0.5, used), 2)} percentage points."
    )


def scenario_table(study: Study, draws: int = DRAWS) -> Html:
    """A row for each scenario: every claim in short and who pays; below, folded away, what each scenario changes and why."""
    found, rows, reasons = side_by_side(study, draws), [], []
    subjects = {
        test.name: list(found.loc[found["claim"] == test.name, "subject"].unique())
        for test in CLAIMS
    }
    asked = [test for test in CLAIMS if subjects[test.name]]
    for (name, title), sample in compared(study, draws).items():
        here = found[found["scenario"] == name].groupby("claim", sort=False)
        short = [_in_short(here.get_group(test.name)["likelihood"]) for test in asked]
        paying = here.get_group("repays_acquisition").query("likelihood in @AT_LEAST_LIKELY")
        rows.append(
            [
                title,
                *short,
                join_and(map(study.title, paying["subject"])) if len(paying) else "nobody",
            ]
        )
        changed = (sample.assumptions.quantities[n] for n in sample.assumptions.changed)
        told = (
            f"{q.name} {format_significant(q.value)}"
            + (
                f" ({format_significant(q.low)} to {format_significant(q.high)})"
                if q.low < q.high
                else ""
            )
            for q in changed
        )
        reasons.append(
            [
                title,
                Html(f"<code>{html.escape(sample.scenario.name)}</code>"),
                "; ".join(told),
                sample.scenario.reason
                if name != OWN
                else "The file of that name, with what was changed for this report.",
            ]
        )
    caption = "Scenarios side by side: how likely each claim is, or for how many segments at least likely, by both readings of the ranges."
    head = [
        test.claimed
        if len(subjects[test.name]) > 1
        else f"{study.title(subjects[test.name][0])}: {test.claimed}"
        for test in asked
    ]
    head = [
        "Scenario",
        *(words[0].upper() + words[1:] for words in head),
        "At least likely to repay its acquisition",
    ]
    link = csv_link("scenario-claims", found).replace(">Data (CSV)", ">Every claim (CSV)")
    below = f'<p class="note">{html.escape(sampled(study, draws))}</p>{link}</figure>'
    return Html(
        table("scenarios", caption, head, rows).removesuffix("</figure>")
        + below
        + table(
            "scenario-reasons",
            "What each scenario changes, and why.",
            ["Scenario", "File", "Changed inputs", "Why"],
            reasons,
            folded=f"What each of the {len(rows)} rows changes, and why",
        )
    )


def _in_short(words: pd.Series) -> str:
    return (
        words.iat[0] if len(words) == 1 else f"{words.isin(AT_LEAST_LIKELY).sum()} of {len(words)}"
    )
