"""The what-if panel: the model as JavaScript, and the page's controls for it.

In: a `Study`. Out: the panel's markup, the plain output of a notebook, and the script that the page
allows by its hash: the formulas as SymPy prints them, the report's inputs, and `whatif.js`.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

from analysis.findings.sensitivity import ranges, ranked_inputs
from analysis.findings.study import Study
from analysis.inputs.assumptions import Quantity, override, resolve
from analysis.model.registry import METRICS, reads
from analysis.show.formulas import javascript
from analysis.show.html import Html, rendered
from analysis.show.markup import BARE_UNITS, readable
from analysis.show.numbers import format_quantity, result_html

SHOWN = (
    "headroom",
    "contribution",
    "revenue_per_generated_second",
    "full_cost_per_generated_second",
    "ltv_to_cac",
)
OFFERED = 6  # of a segment's inputs, by index; among more, what matters is lost
SCRIPT = Path(__file__).parent / "whatif.js"


def script(study: Study) -> str:
    """The panel's whole JavaScript: model, inputs and controls, safe inside a script element."""
    data = inputs(study)
    models = sorted({segment["model"] for segment in data["segments"]})
    printed = ",\n".join(f"{m}: {javascript(m, *SHOWN, 'has_market')}" for m in models)
    controls = SCRIPT.read_text("utf-8").strip()
    # ASCII, and no tag begins or ends in it
    written = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'"use strict";\n({controls})({{\n{printed}\n}}, {written});\n'


def inputs(study: Study) -> dict:
    """What the script knows of a report: segments, units, how it was built, and each input read."""
    segments = [_segment(study, s) for s in study.segments]
    names = dict.fromkeys(name for s in segments for name in s["inputs"].values())
    return {
        "segments": segments,
        "units": {metric: METRICS[metric].unit for metric in SHOWN},
        "command": _command(study),
        "quantities": {name: _input(study.assumptions.quantities[name]) for name in names},
    }


def _input(quantity: Quantity) -> dict:
    copied = ("unit", "meaning", "low", "value", "high", "minimum", "maximum")
    return {
        "label": readable(quantity.parameter).capitalize(),
        "logarithmic": quantity.shape == "log_pert",
        **{name: getattr(quantity, name) for name in copied},
    }


def _segment(study: Study, segment: str) -> dict:
    """A segment's inputs by parameter, and those `offered`, the one that moves most first.

    They are those of the highest total Sobol' index, and the segment's own inputs of lifetime and
    acquisition, which have none.
    """
    quantities, model = study.assumptions.of(segment), study.business_model(segment)
    read = set().union(*(reads(model, metric) for metric in SHOWN))
    indexed, own = ranges(study, segment), study.assumptions.own(segment)
    unindexed = [p for p in ranges(study, segment, "ltv_to_cac") if p not in indexed and p in own]
    offered = ranked_inputs(study, segment)[:OFFERED] + unindexed
    return {
        "name": segment,
        "title": study.title(segment),
        "model": model,
        "inputs": {p: q.name for p, q in quantities.items() if p in read},
        "offered": [quantities[p].name for p in offered],
    }


def _command(study: Study) -> dict:
    """How the command that makes this report starts, and what it sets beyond its scenario."""
    usual, words = inspect.signature(Study).parameters, ["python -m analysis build"]
    if study.scenario.name != "base":
        words.append(study.scenario.name)
    for name in ("draws", "seed"):
        if getattr(study, name) != usual[name].default:
            words.append(f"--{name} {getattr(study, name)}")
    before = override(resolve(study.assumptions.tables), study.scenario.overrides).quantities
    given = {}
    for quantity in (study.assumptions.quantities[name] for name in study.assumptions.changed):
        ends, was = (_ends(q) for q in (quantity, before[quantity.name]))
        if ends != was:
            said = ends if ends[0] < ends[2] else ends[:1]
            given[quantity.name] = ",".join(f"{x:.12g}" for x in said)
    return {"start": " ".join(words), "given": given}


def _ends(quantity: Quantity) -> tuple[float, float, float]:
    return quantity.low, quantity.value, quantity.high


def panel(study: Study) -> Html:
    """The controls and the results of every segment, as the template says."""
    rows = []
    for segment in study.segments:
        model = study.business_model(segment)
        found = [study.result(segment, metric) for metric in SHOWN]
        texts = [format_quantity(result["value"], result["unit"]) for result in found]
        cells = [*zip(SHOWN, texts, map(result_html, found), strict=True)]
        title = study.title(segment)
        rows.append({"segment": segment, "title": title, "model": model, "results": cells})
    metrics = [METRICS[name] for name in SHOWN]
    heads = [(m.meaning.capitalize(), BARE_UNITS.get(m.unit, m.unit)) for m in metrics]
    return rendered("whatif", offered=OFFERED, metrics=heads, rows=rows)
