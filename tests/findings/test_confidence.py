"""Confidence. Oracles: the rule by a truth table, rank correlation by SciPy, citations counted."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from pytest import approx
from scipy.stats import spearmanr

from analysis.findings.confidence import (
    TESTS,
    confidence,
    judged_weight,
    of_metric,
    originals,
    originals_an_input,
    weights,
)
from analysis.findings.study import Study
from analysis.inputs.scenarios import read_scenario
from analysis.model.registry import reads


@pytest.mark.parametrize(
    "judged, cited, firms, same", [*product([0.3, 0.4, 0.6], [2.5, 1.5], [1, 0], [1, 0])]
)
def test_a_point_for_each(judged, cited, firms, same):
    """Four points high; two or three with half of the weight medium; else low."""
    points = (judged <= 1 / 3) + (cited >= 2) + firms + same
    expected = "high" if points == 4 else "medium" if points >= 2 and judged <= 0.5 else "low"
    assert confidence(judged, cited, [True, bool(firms)], bool(same)) == expected


@pytest.mark.parametrize(
    "firms, word",
    [
        ([True, True], "high"),
        ([True, True, False], "high"),  # two thirds exactly
        ([True, False], "medium"),
        ([True], "medium"),
        ([], "medium"),
    ],
)
def test_two_firms_with_two_thirds_inside(firms, word):
    assert confidence(0.1, 3.0, firms, True) == word


def test_edges_count():
    assert confidence(1 / 3, 2.0, [True, True], True) == "high"
    assert confidence(0.5, 2.0, [], True) == "medium"
    assert confidence(0.501, 2.0, [True, True], True) == "low"


def test_weights_are_squared_rank_correlations(study):
    for segment in ("consumer", "training"):
        drawn = study.drawn(segment)
        for metric in TESTS.values():
            found = weights(study, segment, metric)
            squares = {
                p: spearmanr(getattr(drawn, p), getattr(drawn, metric)).statistic ** 2
                for p in found
            }
            assert sum(found.values()) == approx(1)
            total = sum(squares.values())
            assert found == approx({p: square / total for p, square in squares.items()}, abs=1e-9)


def without_citations(study, judged=False):
    """The study with every citation taken away, the basis kept or made judgement."""
    rows = study.assumptions.quantities
    changes = {"evidence": ()} | ({"basis": "judgement"} if judged else {})
    bare = {name: replace(q, **changes) for name, q in rows.items()}
    assumptions = replace(study.assumptions, quantities=bare)
    return Study(assumptions, read_scenario("base"), study.draws, study.seed)


def test_taking_a_citation_never_raises_it(study):
    order = ("low", "medium", "high")
    bare, judged = (without_citations(study, judged) for judged in (False, True))
    for segment, metric, same in product(study.segments, TESTS.values(), (True, False)):
        ranks = [order.index(of_metric(s, segment, metric, same)) for s in (study, bare, judged)]
        assert ranks[0] >= ranks[1] >= ranks[2]
        assert originals_an_input(bare, segment, metric) == 0
        assert judged_weight(judged, segment, metric) == approx(1)


def test_originals_an_input_counted(study):
    """Three at most are counted, and two wordings of one original are one."""
    known = originals(study.assumptions.tables)
    for segment in study.segments:
        quantities = study.assumptions.of(segment)
        counts = []
        for parameter in reads(study.business_model(segment), "net_value"):
            q = quantities[parameter]
            if q.low < q.high:
                counts.append(min(3, len({known[key] for key in q.evidence})))
        assert originals_an_input(study, segment, "net_value") == approx(np.mean(counts))


def test_every_id_has_an_original(study):
    known = originals(study.assumptions.tables)
    assert all(known.values())
    cited = {key for q in study.assumptions.quantities.values() for key in q.evidence}
    assert cited <= set(known)


def test_rows_count_the_inputs_of_both_tests(study, tables):
    rows = tables.assumptions.set_index(["segment", "parameter"])
    for test, metric in TESTS.items():
        entering = set()
        for segment in study.segments:
            for parameter in reads(study.business_model(segment), metric):
                shared = ("all", parameter) in rows.index
                entering.add(("all" if shared else segment, parameter))
        bases = [rows.loc[key, "basis"] for key in entering]
        assert study.result("all", "tested_inputs", test)["value"] == len(entering)
        assert study.result("all", "judged_inputs", test)["value"] == bases.count("judgement")
        for segment in study.segments:
            found = study.result(segment, "judged_weight", test)["value"]
            assert found == approx(judged_weight(study, segment, metric))
            assert 0 <= found <= 1
