"""Value of information. Oracles: the closed form of a Gaussian linear case, limits, brute force."""

import numpy as np
import pytest
from pytest import approx
from scipy.stats import norm

from analysis.findings.information import BINS, evpi, evppi
from analysis.model.registry import reads

COUNT = 2**16


def unit_normal_gain(mean, deviation):
    """E max(0, X) - max(0, E X) of a normal X."""
    ratio = mean / deviation
    return deviation * norm.pdf(ratio) + mean * norm.cdf(ratio) - max(0.0, mean)


@pytest.mark.parametrize("mean", [-2.0, -0.5, 0.3, 1.0])
def test_gaussian_linear_case_in_closed_form(mean):
    """Net value = mean + x + 2 y: knowing all is worth that of a deviation of root 5, knowing x
    that of 1, y that of 2, and what plays no part nothing; each within two of its errors."""
    rng = np.random.default_rng(11)
    x, y, apart = rng.standard_normal((3, COUNT))
    net = mean + x + 2 * y
    for (found, error), deviation in (
        (evpi(net), 5**0.5),
        (evppi(net, x), 1.0),
        (evppi(net, y), 2.0),
    ):
        # a bin's mean stands for its input, which costs a little of what is known
        assert found == approx(unit_normal_gain(mean, deviation), abs=2 * error + 2e-3)
    found, error = evppi(net, apart)
    assert abs(found) <= 2 * error + 1e-12


def test_an_irrelevant_input_is_never_worth_much():
    """Of 200 inputs that play no part one in forty may seem worth more than two errors. Where the
    mean is near zero, noise decides for some bins, and what that costs counts against the input."""
    rng = np.random.default_rng(5)
    for mean in (0.1, 0.5, -0.1, -0.5):
        net = rng.standard_normal(4096) + mean
        found = np.array([evppi(net, rng.standard_normal(4096)) for _ in range(200)])
        assert np.mean(found[:, 0] > 2 * found[:, 1]) < 0.05
        assert -0.17 / 8 - 0.005 < found[:, 0].mean() < 0.005  # at worst 0.17 errors of a half bin


def test_who_always_serves_or_never_has_nothing_to_learn():
    known = np.linspace(0, 1, 1024)
    for net in (1 + known, -1 - known):
        assert evpi(net)[0] == evppi(net, known)[0] == 0


def test_by_brute_force_in_a_case_of_two_kinds():
    """Half of the draws lose 1, half earn 3, and one input tells which: worth one half."""
    kind = np.tile([0.0, 1.0], 512)
    net = 4 * kind - 1
    assert evpi(net)[0] == 0.5
    assert evppi(net, kind)[0] == 0.5


def test_few_draws_are_enough_for_an_answer():
    for count in (100, 2 * BINS, 2 * BINS + 1):
        value, error = evppi(np.linspace(-1, 2, count), np.linspace(0, 1, count))
        assert np.isfinite([value, error]).all()


def test_rows_of_the_tables(study):
    """Nothing is worth more than to know all, and each uncertain input that is read has its row."""
    for segment in study.segments:
        most = study.result(segment, "evpi")
        net = study.drawn(segment).net_value
        assert most["value"] == approx(np.maximum(net, 0).mean() - max(net.mean(), 0), abs=1e-9)
        quantities = study.assumptions.of(segment)
        read = reads(study.business_model(segment), "net_value")
        uncertain = {p for p in read if quantities[p].low < quantities[p].high}
        rows = study.results.query("segment == @segment and metric == 'evppi'")
        assert set(rows["detail"]) == uncertain
        assert (rows["p05"] <= most["p95"]).all()
        assert set(rows["unit"]) == {"USD/customer"}
