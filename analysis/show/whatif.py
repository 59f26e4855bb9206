"""The what-if panel: the identities of the model printed as JavaScript, and the page's controls for them.

In: a `Study`. Out: the panel's markup (plain output of a notebook, hidden until the script runs) and the script that the page allows
by its hash: the formulas as SymPy prints them from `economics`, the inputs with their bounds, and `whatif.js`.
"""

from __future__ import annotations

import html
import inspect
import json
import math
from pathlib import Path

import sympy

from analysis.findings.sample import has_market, inputs_of
from analysis.findings.sensitivity import ranges
from analysis.findings.study import Study
from analysis.inputs.assumptions import override, resolve
from analysis.model.metrics import CONVERSIONS, IDENTITIES, Case
from analysis.show.markup import BARE_UNITS, readable
from analysis.show.prose import Html, format_quantity, result_html

METRICS = (
    "headroom",
    "contribution",
    "revenue_per_generated_second",
    "full_cost_per_generated_second",
    "ltv_to_cac",
)
OFFERED = 6  # of a segment's inputs at most, by index; with more, what matters is lost among what does not
SCRIPT = Path(__file__).parent / "whatif.js"


class _Symbols(dict):
    """A symbol for whatever an identity asks for, inputs and other identities alike, so that each prints as one line."""

    def __contains__(self, name: object) -> bool:
        return name not in CONVERSIONS

    def __missing__(self, name: str) -> sympy.Symbol:
        return sympy.Symbol(name, real=True)


def javascript(business_model: str, metrics: tuple[str, ...] = METRICS) -> str:
    """The identities behind these metrics as a JavaScript function of an object of inputs, each in the order of its formula.

    Returns: the function as text. It gives an object of the metrics, and `market`: whether the customer buys at all.

    >>> print(javascript("workflow", ("generated_seconds",)).splitlines()[1])
      const generated_seconds = finished_seconds*retakes;
    """
    case, lines, inputs = Case(business_model, _Symbols()), {}, set()

    def follow(expression: sympy.Basic) -> None:
        for name in sorted(symbol.name for symbol in expression.free_symbols):
            formula = IDENTITIES[name].formulas.get(business_model) if name in IDENTITIES else None
            if formula is None:
                inputs.add(name)
            elif name not in lines:
                with sympy.evaluate(
                    False
                ):  # as written: simplified, x + |x| would leave a rest where it has to be zero
                    written = formula(case)
                follow(written)
                lines[name] = f"  const {name} = {sympy.jscode(written)};\n"

    market = sympy.sympify(has_market(case))
    follow(sympy.Tuple(market, *map(sympy.Symbol, metrics)))
    results = f"{', '.join(metrics)}, market: {sympy.jscode(market) if market.free_symbols else str(market).lower()}"
    return f"({{ {', '.join(sorted(inputs))} }}) => {{\n{''.join(lines.values())}  return {{ {results} }};\n}}"


def script(study: Study) -> str:
    """The panel's whole JavaScript: model, inputs and controls, safe inside a script element."""
    segments = [_segment(study, s) for s in study.segments]
    models = ",\n".join(
        f"{model}: {javascript(model)}" for model in sorted({s["model"] for s in segments})
    )
    read = [
        study.assumptions.quantities[n]
        for n in dict.fromkeys(n for s in segments for n in s["inputs"].values())
    ]
    data = {
        "segments": segments,
        "units": {m: IDENTITIES[m].unit for m in METRICS},
        "command": _command(study),
        "quantities": {
            q.name: {
                "label": readable(q.parameter).capitalize(),
                "unit": q.unit,
                "meaning": q.meaning,
                "logarithmic": q.shape == "log_pert",
                "low": q.low,
                "value": q.value,
                "high": q.high,
                "minimum": q.minimum,
                "maximum": q.maximum,
            }
            for q in read
        },
    }
    written = json.dumps(data, allow_nan=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )  # ASCII, and no tag begins or ends in it
    return f'"use strict";\n({SCRIPT.read_text("utf-8").strip()})({{\n{models}\n}}, {written});\n'


def _segment(study: Study, segment: str) -> dict:
    """What the script knows of a segment; `offered` are the inputs of the highest total Sobol' index, first the one that moves most, and
    then its own of lifetime and acquisition, which have none."""
    quantities, point = study.assumptions.of(segment), study.point(segment)
    read = set().union(*(inputs_of(point, metric) for metric in METRICS))
    totals = {p: study.result(segment, "sobol_total", p)["value"] for p in ranges(study, segment)}
    top = sorted((p for p in totals if math.isfinite(totals[p])), key=lambda p: -totals[p])[
        :OFFERED
    ]
    top += [
        p
        for p in ranges(study, segment, "ltv_to_cac")
        if p not in totals and p in study.assumptions.own(segment)
    ]
    return {
        "name": segment,
        "title": study.title(segment),
        "model": point.business_model,
        "inputs": {p: q.name for p, q in quantities.items() if p in read},
        "offered": [quantities[p].name for p in top],
    }


def _command(study: Study) -> dict:
    """The command that makes this report: how it starts, and what it sets beyond its scenario, by name."""
    usual, before = (
        inspect.signature(Study).parameters,
        override(resolve(study.assumptions.tables), study.scenario.overrides).quantities,
    )
    now = [(study.assumptions.quantities[n], before[n]) for n in study.assumptions.changed]
    given = {
        q.name: [q.low, q.value, q.high]
        for q, was in now
        if (q.low, q.value, q.high) != (was.low, was.value, was.high)
    }
    options = [
        f" --{name} {getattr(study, name)}"
        for name in ("draws", "seed")
        if getattr(study, name) != usual[name].default
    ]
    return {
        "start": "python -m analysis build"
        + f" {study.scenario.name}" * (study.scenario.name != "base")
        + "".join(options),
        "given": {
            name: ",".join(f"{x:.12g}" for x in (three if three[0] < three[2] else three[:1]))
            for name, three in given.items()
        },
    }


def panel(study: Study) -> Html:
    """The controls and the table of results of every segment; until the script runs only a sentence on the command shows."""
    options = "".join(
        f'<option value="{s}">{html.escape(study.title(s))}</option>' for s in study.segments
    )
    heads = "".join(
        f'<th scope="col" class="number">{html.escape(i.meaning.capitalize())} <span class="unit">{BARE_UNITS.get(i.unit, i.unit)}</span></th>'
        for i in map(IDENTITIES.get, METRICS)
    )
    rows = "".join(
        f'<tr data-segment="{s}" data-model="{study.assumptions.about(s)["business_model"]}"><th scope="row">{html.escape(study.title(s))}</th>'
        + "".join(
            f'<td class="number"><span data-metric="{m}">{format_quantity(row["value"], row["unit"])}</span> <small>report {result_html(row)}</small></td>'
            for m in METRICS
            for row in [study.result(s, m)]
        )
        + "</tr>"
        for s in study.segments
    )
    return Html(f"""<p class="instead">With other inputs, <code>python -m analysis build --set NAME=VALUE</code> makes the whole report anew; where scripts
may run, this place recomputes its main results at once.</p><section class="whatif" id="what-if" aria-label="What if" hidden><div class="inputs">
<p class="pick"><label>Segment <select autocomplete="off">{options}</select></label></p>
<p class="note">At most {OFFERED} inputs of a segment, chosen because they move its revenue over running cost most (total Sobol’ index), and those
of how long its customers stay and what they cost to win, which have no such index. A slider spans the plausible range and its mark is the report’s
value; the field takes anything possible. What segments share changes for all.</p><div class="list"></div>
<template><div class="input"><label><span class="name"></span> <span class="field"><input type="number" autocomplete="off"> <span class="unit"></span></span>
</label><p class="meaning"></p><div class="track"><input type="range" min="0" max="200" autocomplete="off"></div>
<p class="ends"><span></span> <span></span> <span></span></p></div></template></div>
<div class="scroll" role="group" tabindex="0" aria-label="Results with these inputs"><table><caption>Every segment with these inputs, over the report’s own
numbers (best values)</caption><thead><tr><th scope="col">Segment</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div><p class="status" role="status">As in the report.</p>
<p class="again"><label>The whole report with these inputs, each set value taken as certain: <textarea readonly rows="2" spellcheck="false"></textarea></label></p>
<p class="buttons"><button type="button" class="copy">Copy the command</button> <button type="button" class="reset">Reset to the report</button></p></section>""")
