"""The resolver. Oracles: evaluation with an input left out, a graph written out by hand."""

import numpy as np
import pytest
from pytest import approx
from sheets import INPUTS, MODELS, SHEET_METRICS, worked

from analysis.model.registry import (
    BUSINESS_MODELS,
    CONVERSIONS,
    FORMULAS,
    METRICS,
    Case,
    formula_of,
    parameters,
    reads,
)


def test_case_answers_only_what_it_has():
    case = worked("consumer")
    for wrong in ("saving_per_finished_second", "wage", "profit"):
        with pytest.raises(AttributeError, match=wrong):
            getattr(case, wrong)
    with pytest.raises(AttributeError):
        case.gpu_price = 1.0
    assert case.replace(gpu_price=np.float64(4)).cost_per_generated_second == approx(0.12)
    assert case.cost_per_generated_second == approx(0.06)


@pytest.mark.parametrize("customer, name", SHEET_METRICS)
def test_what_a_metric_reads_is_what_it_cannot_be_computed_without(customer, name):
    """Each input is left out in turn."""
    needed = set()
    for left_out in INPUTS[customer]:
        others = {p: np.float64(v) for p, v in INPUTS[customer].items() if p != left_out}
        try:
            getattr(Case(MODELS[customer], others), name)
        except AttributeError as error:
            assert left_out in str(error)
            needed.add(left_out)
    assert reads(MODELS[customer], name) == needed


def test_reading_by_hand():
    assert reads("subscription", "revenue") == {
        "paid_conversion",
        "subscription_price",
        "store_fee",
        "other_revenue",
    }
    assert reads("subscription", "service_cost") == {"service_cost"}
    assert reads("account", "revenue") == {"account_price"}
    assert reads("metered", "revenue") == {"finished_seconds", "retakes", "second_price"}
    assert reads("metered", "service_cost") == reads("metered", "revenue") | {"service_share"}
    assert reads("account", "seconds_per_hour") == set()


def test_every_name_is_one_thing(tables):
    """An argument is a formula, a conversion or a parameter of the tables, or is handed over."""
    known = {*FORMULAS, *CONVERSIONS, *tables.parameters["parameter"]}
    handed_over = {"given", "gpu_hour_on_demand"}
    for name, functions in FORMULAS.items():
        for function in functions.values():
            assert set(parameters(function)) <= known | handed_over, name
    assert not set(CONVERSIONS) & {*FORMULAS, *tables.parameters["parameter"]}


def test_business_models_are_those_of_the_tables(tables):
    assert set(tables.segments["business_model"]) == set(BUSINESS_MODELS)


def test_an_input_goes_before_the_formula_of_its_name():
    case = worked("account", revenue=1000.0)
    assert case.contribution == approx(1000 - 144 - 100)
    assert case.replace(service_cost=0.0).contribution == approx(1000 - 144)


def test_what_all_share_is_a_case_of_its_own(study):
    """Oracle: a formula of shared inputs alone is the same in every segment."""
    shared = study.point(study.shared)
    for segment in study.segments:
        assert study.point(segment).yearly_cost_factor == shared.yearly_cost_factor
        own, common = (study.drawn(which).owned_gpu_hour for which in (segment, study.shared))
        assert (own == common).all()
    with pytest.raises(AttributeError, match="cost_per_generated_second"):
        shared.cost_per_generated_second  # noqa: B018


def test_a_metric_without_a_formula_of_a_business_model_is_not_there():
    assert formula_of("subscription", "saving_per_finished_second") is None
    assert [name for name, m in METRICS.items() if not m.formulas] == []
