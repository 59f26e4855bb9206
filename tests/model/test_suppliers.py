"""Suppliers. Oracles: sheets worked by hand, an annuity table, limits, derivatives, pint, the
indices that evidence prints."""

import re

import numpy as np
import pandas as pd
import pint
import pytest
from pytest import approx

from analysis.errors import InputError
from analysis.inputs.tables import DATA
from analysis.model import suppliers
from analysis.model.registry import CONVERSIONS, Case
from analysis.model.suppliers import capital_recovery, herfindahl

NAN = float("nan")


# By hand: 0.06 USD a generated second (sheets.py), 2,400 of them: compute 144.
INPUTS = dict(
    served_intensity=90,
    tier_factor=0.5,
    gpu_price=2,
    serving_overhead=0.2,
    utilisation=0.5,
    finished_seconds=120,
    retakes=20,
    cloud_gross_margin=0.25,
    accelerator_share=0.5,
    accelerator_gross_margin=0.72,
    gpu_purchase_price=24_000,
    server_factor=1.5,
    discount_rate=0.1,
    gpu_life=5,
    power_per_gpu=1.25,
    power_usage_effectiveness=1.2,
    electricity_price=0.08,
    hosting_cost=146.1,
)


def worked(**changes):
    """The case of the sheet, on NumPy numbers."""
    return Case(
        "account",
        {name: np.asarray(value, float)[()] for name, value in (INPUTS | changes).items()},
    )


def test_dollar_worked_by_hand():
    """0.75 x 0.5 x 0.72 / 1.2 = 0.225 to the accelerator vendor."""
    assert worked().compute_dollar == approx({"cloud": 0.25, "accelerator": 0.225, "rest": 0.525})
    all_to_the_cloud = {"cloud": 1, "accelerator": 0, "rest": 0}
    assert worked(cloud_gross_margin=1).compute_dollar == approx(all_to_the_cloud)


def test_dollars_are_shared_out_in_every_draw(study):
    drawn = study.drawn(study.shared).compute_dollar
    assert sum(drawn.values()) == approx(1, rel=1e-12)
    assert min(part.min() for part in drawn.values()) >= 0


@pytest.mark.parametrize(
    "rate, years, factor",
    [
        (0.10, 5, 0.263797),
        (0.08, 20, 0.101852),
        (0.05, 10, 0.129505),
        (0.12, 4, 0.329234),
        (0.25, 1, 1.25),
    ],
)
def test_capital_recovery_of_the_tables(rate, years, factor):
    """Six digits, as the interest tables of engineering economics print A/P."""
    assert capital_recovery(rate, years) == approx(factor, abs=5e-7)


def test_capital_recovery_without_interest_and_over_ever():
    assert capital_recovery(0.0, 4.0) == 0.25 and capital_recovery(1e-9, 4.0) == approx(
        0.25, rel=1e-8
    )
    assert capital_recovery(0.07, 1e3) == approx(0.07)
    assert capital_recovery(np.array([0.0, 0.1]), np.array([4.0, 5.0])) == approx(
        np.array([0.25, 0.2637974808])
    )


def test_owned_hour_worked_by_hand():
    """36,000 x 0.2637975 = 9,496.709 a year over 8,766 h; 1.25 x 1.2 x 0.08 = 0.12; 146.1 / 730.5 =
    0.2. The contract is at 2, an hour on demand at 4."""
    assert worked().owned_gpu_hour_parts == approx(
        {"purchase": 1.083357, "power": 0.12, "hosting": 0.2}, abs=1e-6
    )
    assert worked().owned_gpu_hour == approx(1.403357, abs=1e-6)
    assert worked(gpu_hour_on_demand=4.0).owning_wins_at == approx(0.3508393, abs=1e-6)
    assert worked(gpu_purchase_price=0, hosting_cost=0).owned_gpu_hour == approx(0.12)
    assert worked(discount_rate=0).owned_gpu_hour == approx(36_000 / (5 * 8766) + 0.32)


def test_owning_beats_renting_from_there_on():
    hours, case, hourly = 8766, worked(), 3.79
    at = case.replace(gpu_hour_on_demand=hourly).owning_wins_at
    bills = {
        share: (case.owned_gpu_hour * hours, share * hours * hourly)
        for share in (at * 0.99, at, at * 1.01)
    }
    assert [np.sign(round(own - rent, 6)) for own, rent in bills.values()] == [1, 0, -1]


def test_draws_are_their_scalars(study):
    drawn = study.drawn("consumer")
    inputs = {p: getattr(drawn, p)[7] for p in study.assumptions.of("consumer")}
    for name in ("owned_gpu_hour", "supplier_gross_profit", "break_even_year"):
        expected = approx(float(getattr(Case("subscription", inputs), name)), rel=1e-12)
        assert getattr(drawn, name)[7] == expected


def test_dimension_and_magnitude_of_the_owned_hour(tables, monkeypatch):
    """Each part is USD/GPU-h; the recovery factor, which takes plain numbers, is a share a year."""
    register = pint.UnitRegistry()
    for base in ("USD", "gpu"):
        register.define(f"{base} = [{base}]")
    definitions = tables.units.set_index("unit")["definition"]
    units = tables.parameters.set_index("parameter")["unit"]

    def quantity(value, unit):
        return register.Quantity(float(value), definitions[unit])

    def recovery(rate, life):
        return quantity(capital_recovery(rate.magnitude, life.magnitude), "fraction/year")

    monkeypatch.setattr(suppliers, "capital_recovery", recovery)
    conversions = {
        name: quantity(*CONVERSIONS[name]) for name in ("months_per_year", "hours_per_month")
    }
    owned = (
        "gpu_price",
        "gpu_purchase_price",
        "server_factor",
        "discount_rate",
        "gpu_life",
        "power_per_gpu",
        "power_usage_effectiveness",
        "electricity_price",
        "hosting_cost",
    )
    case = Case(
        "account", {name: quantity(INPUTS[name], units[name]) for name in owned} | conversions
    )
    parts = {
        part: cost.to(definitions["USD/GPU-h"]).magnitude
        for part, cost in case.owned_gpu_hour_parts.items()
    }
    assert parts == approx({"purchase": 1.083357, "power": 0.12, "hosting": 0.2}, abs=1e-6)


def test_suppliers_keep_what_the_dollar_says():
    """By hand: 0.25 + 0.75 x 0.5 x 0.72 / 1.2 = 0.475 of 144."""
    assert worked().supplier_gross_profit == approx(68.4)


@pytest.mark.parametrize(
    "shares, least, most",
    [
        ([1.0], 10_000, 10_000),
        ([0.5, 0.5], 5_000, 5_000),
        ([0.1] * 10, 1_000, 1_000),
        ([0.4, 0.3, 0.2, 0.1], 3_000, 3_000),
        ([0.5], 2_500, 5_000),  # the other half is dust, or one firm
        ([0.3, 0.2], 1_300, 2_300),  # the other half is dust, or two and a half firms of a fifth
        ([0.9], 8_100, 8_200),
        ([0.602, 0.4], 5_224.04, 5_224.04),
    ],
)  # rounded shares may come to a little more than 1: nobody is left
def test_herfindahl(shares, least, most):
    assert herfindahl(shares) == approx((least, most))


@pytest.mark.parametrize("shares", [[33, 20, 10], [0.6, 0.5], [0.5, -0.1], [0.5, 0.0], [0.5, NAN]])
def test_what_is_no_share_is_refused(shares):
    with pytest.raises(InputError, match="shares"):
        herfindahl(shares)


def test_market_shares_stand_in_the_evidence_they_cite(tables):
    """As a fraction beside the firm, as a per cent, as the row's value, or in words."""
    evidence = tables.evidence.set_index("id")
    for row in pd.read_csv(DATA / "market_shares.csv").itertuples():
        cited = evidence.loc[row.evidence]
        told = f"{cited['quantity']}; {cited['definition']}"
        percent = row.layer == "Cloud infrastructure" and re.search(
            rf"\b{100 * row.share:g}%", cited["definition"]
        )
        assert (
            cited["value"] == row.share
            or f"{row.firm.removeprefix('Google ')} {row.share:g}" in told
            or percent
        ), row


def test_index_is_the_one_that_evidence_prints(tables):
    """Every row of evidence in index points about a layer; published shares are rounded, so they
    agree to half a per cent."""
    evidence = tables.evidence.set_index("id")
    printed = evidence[
        (evidence["unit"] == "index") & evidence["topic"].isin(["concentration", "cloud_share"])
    ]
    found = [
        (date, *herfindahl(own["share"]))
        for (_, date), own in tables.market_shares.groupby(["layer", "date"])
    ]
    for row in printed.itertuples():
        date, least, _ = min(found, key=lambda index: abs(index[1] - row.value))
        assert least == approx(row.value, rel=0.005) and date == row.as_of
    assert all(least <= most for _, least, most in found)
