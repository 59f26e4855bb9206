"""The what-if panel: the model, its draws and the words of its claims in the browser.

In: a `Study`. Out: the panel's markup, the plain output of a notebook, and the script that the page
allows by its hash: formulas and tests as SymPy prints them, the report's inputs, and `whatif.js`.

Judgement calls: each quantity takes the same 4,096 quantiles of the normal in an order of its own,
by a scrambled Sobol' sequence, for which the page needs thirteen numbers a quantity. So no two
languages share a generator, an override moves no other quantity, and the error is smaller than of
as many random draws. What is shown after a move is the share in the browser, less as much of its
error at the report's own inputs as the two have in common (a control variate), so untouched it is
the report's number, to the last digit.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import sympy
from scipy.stats import qmc

from analysis.findings.claims import BY_NAME, LIKELIHOODS, TOGETHER, claim
from analysis.findings.confidence import weights
from analysis.findings.results import LOST_TESTS, lost
from analysis.findings.study import Study
from analysis.inputs.assumptions import Quantity, override, resolve
from analysis.inputs.scenarios import read_scenario, scenario_names
from analysis.model.distributions import Z95
from analysis.model.registry import METRICS, parameters, reads
from analysis.show.formulas import javascript
from analysis.show.html import TEMPLATES, Html, rendered
from analysis.show.markup import readable

CLAIMS = {  # the columns of the panel
    "could_carry": "could cover its cost",
    "best_peer_would_cover": "could cover its cost",
    "covers_running_cost": "covers running cost",
    "repays_acquisition": "repays acquisition",
    "repays_with_free_compute": "repays with free compute",
}
NET = "net_value"
WIDENING = "widening"
TABLED = ("contribution", NET)  # intervals that the panel shows
DRAWN = (*TABLED, "revenue", "running_cost")  # those that it has
POINTS = (
    *DRAWN,
    "headroom",
    "revenue_per_generated_second",
    "running_cost_per_generated_second",
    "lifetime_value",
    "ltv_to_cac",
    "net_value_with_free_compute",
)
DRAWS_LOG2 = 12  # 4,096 draws in the browser
OF_INPUT = ("unit", "meaning", "scale", "low", "value", "high", "minimum", "maximum")
OFFERED = 6  # of a segment's inputs, those most worth knowing
FOLDER = Path(__file__).parent


class _Symbols:
    """Stands for a case where a test is printed: every attribute is a symbol of its name."""

    def __getattr__(self, name: str) -> sympy.Symbol:
        return sympy.Symbol(name, real=True)


def script(study: Study) -> str:
    """The panel's whole JavaScript: model, inputs and controls, safe inside a script element."""
    names = list(parameters(lost))
    shares = lost(*map(sympy.Symbol, names))
    # ASCII, and no tag begins or ends in it
    data = json.dumps(inputs(study), allow_nan=False, separators=(",", ":"))
    return TEMPLATES.get_template("whatif.js.j2").render(
        controls=_read_script("whatif.js"),
        sentences=_read_script("sentences.js"),
        models=list(_models(study)),
        drawn=DRAWN,
        lost={"reads": names, "gives": _in_javascript(shares)},
        data=data.replace("<", "\\u003c"),
    )


def _read_script(name: str) -> str:
    return (FOLDER / name).read_text("utf-8").strip()


def _in_javascript(expressions: dict[str, sympy.Basic]) -> dict[str, str]:
    return {name: sympy.jscode(expression) for name, expression in expressions.items()}


def _models(study: Study) -> Iterator[dict]:
    """What is printed of each business model: its formulas at a point, and tests of draws."""
    for name in dict.fromkeys(map(study.business_model, study.segments)):
        tests = _tests(study, name)
        metrics = _metrics(tests)
        yield {
            "name": name,
            "point": javascript(name, *metrics),
            "metrics": metrics,
            "inputs": sorted(_read(name, metrics)),
            "tests": _in_javascript(tests),
        }


def _tests(study: Study, business_model: str) -> dict[str, sympy.Basic]:
    """The tests that the panel puts to the draws of a business model, as relations of symbols."""
    case = _Symbols()
    tests = {}
    segment = next(s for s in study.segments if study.business_model(s) == business_model)
    for name in _asked(study, segment):
        tests[name] = BY_NAME[name].holds(case, study, False)
    for name, test in LOST_TESTS.items():
        tests[name] = test(case)
    return tests


def _metrics(tests: dict[str, sympy.Basic]) -> list[str]:
    """What the panel computes: the points it gives, and what the tests read."""
    read = set()
    for test in tests.values():
        read |= {symbol.name for symbol in test.free_symbols}
    return [*POINTS, *sorted(read.difference(POINTS))]


def _read(business_model: str, metrics: Iterable[str]) -> set[str]:
    return set().union(*(reads(business_model, metric) for metric in metrics))


def inputs(study: Study) -> dict:
    """What the script knows of a report: segments, inputs, scenarios, words, how it was built."""
    segments = [_segment(study, segment) for segment in study.segments]
    names = [WIDENING]
    for segment in segments:
        names += segment["inputs"].values()
    quantities = study.assumptions.quantities
    scenarios = [_scenario(study, name, names) for name in scenario_names()]
    return {
        "segments": segments,
        "claims": [*CLAIMS],
        "named": study.thesis_segments(),
        "draws": f"{study.draws:,}",
        "together": {subject: _together(study, subject) for subject in TOGETHER},
        "points": POINTS,
        "drawn": {metric: METRICS[metric].unit for metric in DRAWN},
        "likelihoods": LIKELIHOODS,
        "z95": Z95,
        "orders": _orders(study, [*dict.fromkeys(names)]),
        "quantities": {name: _input(quantities[name]) for name in names},
        "scenarios": [scenario for scenario in scenarios if scenario["settings"]],
        "command": _command(study),
    }


def _orders(study: Study, names: list[str]) -> dict[str, list[int]]:
    """Of each quantity the first place in its order of draws, and what flips in it draw by draw."""
    bits = np.arange(DRAWS_LOG2)
    places = qmc.Sobol(len(names), rng=study.seed).random_base2(DRAWS_LOG2) * 2**DRAWS_LOG2
    first, *flipped = places.astype(int)[[0, *(2 << bits) - 1]]  # Gray codes of one bit each
    return dict(zip(names, np.stack([first, *(first ^ flipped)], axis=1).tolist(), strict=True))


def _input(quantity: Quantity) -> dict:
    label = readable(quantity.parameter).capitalize().replace("Gpu", "GPU")
    return {"label": label, **{name: getattr(quantity, name) for name in OF_INPUT}}


def _segment(study: Study, segment: str) -> dict:
    """A segment, its inputs by parameter, and what the report says of it.

    Offered are the inputs most worth knowing, the first first.
    """
    quantities = study.assumptions.of(segment)
    model = study.business_model(segment)
    tests = _tests(study, model)
    read = _read(model, _metrics(tests))
    names = {parameter: q.name for parameter, q in quantities.items()}
    worth = partial(_worth, study, segment)
    offered = sorted(weights(study, segment, NET), key=worth, reverse=True)
    return {
        "name": segment,
        **study.assumptions.about(segment)[["title", "phrase", "customer"]],
        "model": model,
        "app": segment in study.consumer_segments(),
        "inputs": {p: name for p, name in names.items() if p in read},
        "offered": [names[p] for p in offered[:OFFERED]],
        "report": {name: _reported(study, name, segment) for name in tests},
        "intervals": {metric: _interval(study, segment, metric) for metric in DRAWN},
    }


def _worth(study: Study, segment: str, parameter: str) -> tuple[float, float]:
    """What it is worth to know an input, 0 where that is not measurable, and then its weight."""
    row = study.result(segment, "evppi", parameter)
    value = row["value"]
    error = (value - row["p05"]) / Z95
    weight = weights(study, segment, NET)[parameter]
    return (value if value > 2 * error else 0.0), weight


def _reported(study: Study, test: str, segment: str) -> float:
    if test in LOST_TESTS:
        return study.probability(segment, LOST_TESTS[test])
    return claim(study, test, segment).probability


def _interval(study: Study, segment: str, metric: str) -> list[float | None]:
    row = study.result(segment, metric)
    found = [row[stat] for stat in ("p05", "p50", "p95")]
    return [number if math.isfinite(number) else None for number in found]


def _together(study: Study, subject: str) -> dict[str, float]:
    """The probabilities of the claims about any or all of the segments named."""
    return {name: claim(study, name, subject).probability for name in _asked(study, subject)}


def _scenario(study: Study, name: str, known: list[str]) -> dict:
    """A scenario as what it sets otherwise than this report, of the inputs that the panel reads."""
    scenario = read_scenario(name)
    there = resolve(study.assumptions.tables, name).quantities
    settings = {}
    for quantity in known:
        wanted = there[quantity].range
        if wanted != study.assumptions.quantities[quantity].range:
            settings[quantity] = wanted
    return {"name": name, "title": scenario.title, "reason": scenario.reason, "settings": settings}


def _command(study: Study) -> dict:
    """How the command that makes this report starts, and what it sets beyond its scenario."""
    options = []
    for name, usual in inspect.signature(Study).parameters.items():
        own = getattr(study, name, usual.default)
        if name in ("draws", "seed") and own != usual.default:
            options.append(f"--{name} {own}")
    assumptions = study.assumptions
    before = override(resolve(assumptions.tables), study.scenario.overrides).quantities
    given = {}
    for name in assumptions.changed:
        now = assumptions.quantities[name].range
        if now != before[name].range:
            given[name] = now
    return {"scenario": study.scenario.name, "options": options, "given": given}


def panel(study: Study) -> Html:
    """The controls and a place for the results of every segment, which the script fills."""
    return rendered(
        "whatif",
        study=study,
        offered=OFFERED,
        scenarios=map(read_scenario, scenario_names()),
        claims=CLAIMS,
        metrics=TABLED,
        asked={segment: _asked(study, segment) for segment in study.segments},
    )


def _asked(study: Study, segment: str) -> list[str]:
    """The claims of the panel that are about a segment."""
    return [name for name in CLAIMS if segment in BY_NAME[name].subjects(study)]
