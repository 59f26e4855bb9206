"""How sure a likelihood is: judged inputs and their weight, originals, back-tests, a second look.

Likelihood and confidence are two axes (Mastrandrea et al. 2010). The weight of an input is its
squared rank correlation with a metric, as a share of the sum over inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from analysis.findings.backtests import firms_inside
from analysis.findings.results import result_row
from analysis.findings.sensitivity import ranges, rank_weights, standard_ranks
from analysis.inputs.rules import SOURCES
from analysis.inputs.tables import Tables
from analysis.model.registry import reads

if TYPE_CHECKING:
    from analysis.findings.study import Study

TESTS = {"covers_running_cost": "contribution_margin", "repays_acquisition": "net_value"}
MOST_ORIGINALS = 3  # counted of one input


def weights(study: Study, segment: str, metric: str) -> dict[str, float]:
    """The weight of each uncertain input of a metric; they add up to 1."""
    drawn = study.drawn(segment)

    def ranks(parameter: str, name: str) -> np.ndarray:
        return study.once((weights, name), lambda: standard_ranks(getattr(drawn, parameter)))

    def make() -> dict[str, float]:
        uncertain = ranges(study, segment, metric)
        inputs = {parameter: ranks(parameter, q.name) for parameter, q in uncertain.items()}
        return rank_weights(getattr(drawn, metric), inputs)

    return study.once((weights, segment, metric), make)


def judged_weight(study: Study, segment: str, metric: str) -> float:
    """The weight of a metric's inputs that are judgement, a fraction."""
    quantities = study.assumptions.of(segment)
    found = weights(study, segment, metric)
    return sum(w for p, w in found.items() if quantities[p].basis == "judgement")


def originals(tables: Tables) -> dict[str, str]:
    """Who first published what an id stands for: a row's original, else its address or source."""
    known = {}
    for table in (getattr(tables, name) for name in SOURCES):
        first = table["url" if "url" in table else "source"]
        if "original" in table:
            first = table["original"].mask(table["original"] == "", first)
        known |= dict(zip(table["id"], first, strict=True))
    return known


def originals_an_input(study: Study, segment: str, metric: str) -> float:
    """Independent originals that an uncertain input of a metric cites, on average."""
    known = study.once((originals,), lambda: originals(study.assumptions.tables))
    inputs = ranges(study, segment, metric).values()
    cited = []
    for q in inputs:
        own = {known.get(key, key) for key in q.evidence}
        cited.append(len(own))
    if cited:
        return float(np.mean(np.minimum(cited, MOST_ORIGINALS)))
    return 0.0


def confidence(judged: float, originals: float, firms: list[bool], same_word: bool) -> str:
    """High, medium or low, by a point for each of four tests.

    Inputs that are not judgement carry two thirds of the weight or more; an input cites two
    originals on average; two firms are back-tested and two thirds of them lie inside; the
    likelihood is the same under the second reading. Four points are high; two or three, with half
    of the weight not judged, medium; all else is low.

    Parameters: judged weight, a fraction; originals an input on average; whether each firm's
    reports lie inside; whether both readings have the same word.

    >>> confidence(0.2, 2.5, [True, False, True], True), confidence(0.6, 2.5, [], True)
    ('high', 'low')
    """
    points = [
        judged <= 1 / 3,
        originals >= 2,
        len(firms) >= 2 and sum(firms) >= len(firms) * 2 / 3,
        same_word,
    ]
    if all(points):
        return "high"
    if sum(points) >= 2 and judged <= 0.5:
        return "medium"
    return "low"


def of_metric(study: Study, segment: str, metric: str, same_word: bool) -> str:
    """The confidence in what is said of a segment by a metric."""
    judged = judged_weight(study, segment, metric)
    originals = originals_an_input(study, segment, metric)
    firms = list(firms_inside(study, segment).values())
    return confidence(judged, originals, firms, same_word)


def rows(study: Study) -> Iterator[dict]:
    """The weight of judged inputs in both tests, and how many inputs enter them."""
    for test, metric in TESTS.items():
        entering = {}
        for segment in study.segments:
            judged = judged_weight(study, segment, metric)
            yield result_row(segment, "judged_weight", "fraction", judged, test)
            read = reads(study.business_model(segment), metric)
            quantities = study.assumptions.of(segment).values()
            entering |= {q.name: q.basis for q in quantities if q.parameter in read}
        bases = list(entering.values())
        judgements = bases.count("judgement")
        yield result_row("all", "judged_inputs", "count", judgements, test)
        yield result_row("all", "tested_inputs", "count", len(bases), test)
