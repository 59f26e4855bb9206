"""Studies of the tables turned upside down, and every figure of one."""

import functools
import html
import inspect
import io
import re
import urllib.parse
from dataclasses import replace

import pandas as pd
import pytest

from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import read_tables
from analysis.show import figures

CHEAP = {f"{s}.acquisition_cost": 0.01 for s in read_tables().segments["segment"]}
RICH = {"served_intensity": 0.02, "consumer.paid_conversion": 0.5, **CHEAP}
CERTAIN = {name: q.value for name, q in resolve().quantities.items()}
WIDE = {"gpu_price": [0.01, 2.0, 100.0], "served_intensity": [0.01, 30.0, 10000.0]}
WORLDS = {  # segments that are kept, those named by the argument, overrides
    "base": ((), None, {}),
    "nobody pays": ((), None, {"served_intensity": 5000}),
    "everybody pays": ((), None, RICH),
    "one vertical": (("consumer", "prosumer", "tv_spot"), ["tv_spot"], {}),
    "nobody named": ((), [], {}),
    "one segment": (("previs",), None, {}),
    "the app alone": (("consumer",), None, {}),
    "all certain": ((), None, CERTAIN),
    "wide ranges": ((), None, WIDE),
}
RARE = ("nobody named", "wide ranges", "the app alone")  # near another one, drawn at night
CASES = [pytest.param(n, marks=pytest.mark.slow) if n in RARE else n for n in WORLDS]
OF_SCENARIOS = ("scenarios", "scenario_differences")  # whose files name every segment


def tables_of(kept=(), named=None):
    """The tables with some segments only, and others named by the argument."""
    tables = read_tables()
    segments = tables.segments
    if kept:
        segments = segments[segments["segment"].isin(kept)].reset_index(drop=True)
    if named is not None:
        told = ["yes" if s in named else "no" for s in segments["segment"]]
        segments = segments.assign(in_thesis=told)
    known = {"all", *segments["segment"]}
    rows = {}
    for name in ("assumptions", "backtests"):
        frame = getattr(tables, name)
        rows[name] = frame[frame["segment"].isin(known)].reset_index(drop=True)
    return replace(tables, segments=segments, **rows)


@functools.cache
def world(name, draws=400):
    """The study of a world."""
    kept, named, overrides = WORLDS[name]
    assumptions = resolve(tables_of(kept, named), "base", overrides)
    return Study(assumptions, read_scenario("base"), draws)


def study_of(tables, draws=400, **overrides):
    """A study of changed tables."""
    return Study(resolve(tables, "base", overrides), read_scenario("base"), draws)


def drawn(name):
    """Every figure of a world by its name, those of one segment for two of them."""
    study = world(name)
    only = {"burn": study.consumer_segments(), "worked_job": study.workflow_segments()[:2]}
    made = {}
    for called, draw in vars(figures).items():
        if not inspect.isfunction(draw) or called == "verdict_svg":
            continue
        if called in OF_SCENARIOS and WORLDS[name][0]:
            continue
        if "segment" in inspect.signature(draw).parameters:
            for segment in only.get(called, study.segments[:2]):
                made[f"{called} {segment}"] = draw(study, segment)
        else:
            made[called] = draw(study)
    return made


def title_of(figure):
    """What a figure says in a line."""
    caption = re.search("<figcaption>(.*?)</figcaption>", figure, re.DOTALL)[1]
    return html.unescape(re.sub("<[^>]+>", "", caption))


def data_of(figure):
    """The table behind a figure's link."""
    content = urllib.parse.unquote(re.search(r"charset=utf-8,([^\"]*)", figure)[1])
    return pd.read_csv(io.StringIO(content))
