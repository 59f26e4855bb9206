"""Extreme inputs: every chapter still stands, with nothing undefined and nothing unescaped.

Oracle: the page as a parser reads it.
"""

import json
import re
import shutil

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from chapters import executed
from sample import META, render
from support import ROOT

from analysis.build.page import Chapter
from analysis.inputs.assumptions import resolve
from analysis.inputs.tables import DATA, read_tables
from analysis.show import chapter, whatif

EVIL = """<Film> & "pre" 'vis'"""
EXTREMES = {
    "nothing pays": {
        "gpu_price": 100,
        "second_price": 0.0001,
        "account_price": 0.01,
        "paid_conversion": 0,
    },
    "everything pays": {
        "gpu_price": 0.01,
        "second_price": 100,
        "account_price": 1_000_000,
        "paid_conversion": 1,
        "acquisition_cost": 1e-4,
    },
    "no revenue": {"paid_conversion": 0, "other_revenue": 0.0001, "second_price": 0.0001},
}
CASES = [  # and how many figures there are at least
    ("no revenue", "0[!8]", 15),
    ("everything pays", "0[15]", 3),
    ("nothing pays", "0[15]", 3),
    *(pytest.param(extreme, "0?", 16, marks=pytest.mark.slow) for extreme in EXTREMES),
]
UNDEFINED = re.compile(r"\b(nan|NaN|inf)\b|∞")
ESCAPED_TWICE = re.compile(r"&(lt|gt|amp|quot);")


@pytest.fixture(scope="module")
def evil_tables(tmp_path_factory):
    """The tables with a vertical whose title is markup."""
    folder = shutil.copytree(DATA, tmp_path_factory.mktemp("evil") / "data")
    segments = pd.read_csv(DATA / "segments.csv", dtype=str, keep_default_na=False)
    segments.loc[segments["segment"] == "previs", "title"] = EVIL
    segments.to_csv(folder / "segments.csv", index=False, lineterminator="\n")
    return read_tables(folder)


@pytest.fixture
def page(evil_tables, monkeypatch):
    """A function that gives the page of some chapters at an extreme, all of one study."""

    def made(extreme, chapters):
        changes = EXTREMES[extreme]
        known = resolve(evil_tables).quantities.items()
        overrides = {n: changes[q.parameter] for n, q in known if q.parameter in changes}
        monkeypatch.setattr(chapter, "read_tables", lambda: evil_tables)
        study = chapter.open_chapter(overrides=overrides, draws=100)

        def opened(scenario, overrides, draws, seed, segment=None):
            study.segment = segment
            return study

        monkeypatch.setattr(chapter, "open_chapter", opened)
        paths = sorted((ROOT / "notebooks").glob(f"{chapters}-*.ipynb"))
        run = [Chapter(path.stem[3:], path.stem, executed(path)) for path in paths]
        results = study.results.to_dict("records")
        html = render(run, META, scripts=[whatif.script(study)], results=results)
        return BeautifulSoup(html, "html.parser")

    return made


@pytest.mark.parametrize("extreme, chapters, figures", CASES)
def test_extreme_inputs_leave_nothing_undefined_or_unescaped(extreme, chapters, figures, page):
    soup = page(extreme, chapters)
    said = " ".join(tag.text for tag in soup.select("main, svg title, svg desc"))
    assert EVIL in said and not soup.select("film")
    assert not UNDEFINED.search(said) and not ESCAPED_TWICE.search(said)
    facts = [json.loads(tag.string) for tag in soup.select("script[type='application/json']")]
    assert facts and not UNDEFINED.search(str(facts))
    plots = soup.select("figure.plot")
    assert len(plots) >= figures
    assert len(soup.select("figure.plot svg[role=img]")) == len(plots)
    for shape in soup.select("svg path, svg use, svg g, svg text"):
        drawn = " ".join(map(str, shape.attrs.values()))
        assert not re.search(r"\b(nan|inf)\b", drawn, re.IGNORECASE)
