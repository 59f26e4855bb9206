"""Every figure in every world: markup that a page relies on, text that reads, equal bytes.

Oracles: an XML parser, and Matplotlib's own measure of how wide a text is.
"""

import hashlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.textpath import TextPath
from worlds import CASES, drawn, title_of, world

from analysis.show import figures
from analysis.show.figures.figure import described
from analysis.show.figures.plotting import WIDTH

LEAST_TYPE = 14  # units, pixels on a phone
OVERHANG = 3  # units by which a letter may pass the edge, which is blank


@pytest.fixture(scope="module", params=CASES)
def made(request):
    """Every figure of a world."""
    return drawn(request.param)


def test_the_markup_is_what_the_page_relies_on(made):
    for name, figure in made.items():
        root = ET.fromstring(figure)
        key = root.get("id")
        assert (root.tag, root.get("class")) == ("figure", "plot"), name
        svg = root.find("div[@class='canvas']/svg")
        assert svg.get("aria-labelledby") == f"{key}-title {key}-desc"
        assert svg.find("title").text == title_of(figure)
        assert len(svg.find("desc").text) > 40
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        assert len(ids) == len(set(ids)) and all(i.startswith(key) for i in ids)
        pointed = set(re.findall(r'(?:href="#|url\(#)([^")]+)', figure))
        assert pointed == set(ids) - {key, f"{key}-title", f"{key}-desc"}, name
        picture = figure.partition('<p class="note">')[0]
        assert not re.search("<style|<metadata|<image|<script|https?://", picture)
        assert not re.findall(r"(?<!,)#[0-9a-f]{6}\b", picture), "a colour of its own"
        assert len(picture) < 70_000, name


def test_words_read_well(made):
    for name, figure in made.items():
        title = title_of(figure)
        words = re.sub(r"<desc.*?</desc>|<[^>]+>", " ", figure)
        assert not re.search(r"\b(nan|inf|undefined)\b|\bNone\b(?! [a-z])|[{}]", words), (
            name,
            words,
        )
        assert re.match(r"[A-Z0-9$]", title) and not title.endswith("."), (name, title)
        assert not re.search(r" ,|  |,,|;;|: ;", title), (name, title)
        assert len(title) < 150, (name, title)


def test_type_is_large_enough_and_inside_the_picture(made):
    for name, figure in made.items():
        svg = ET.fromstring(figure).find("div[@class='canvas']/svg")
        assert float(svg.get("viewBox").split()[2]) == WIDTH
        for text in svg.iter("text"):
            style = text.get("style")
            size = float(re.search(r"font-size:([\d.]+)px|font: ?([\d.]+)", style)[1])
            assert size >= LEAST_TYPE, (name, text.text)
            width = TextPath((0, 0), text.text or " ", size=size).get_extents().width
            anchor = re.search(r"text-anchor:(\w+)", style)
            share = {"start": 0, "middle": 0.5, "end": 1}[anchor[1] if anchor else "start"]
            moved = re.match(r"translate\(([\d.]+)", text.get("transform", ""))
            left = float(moved[1] if moved else text.get("x")) - share * width
            assert left > -OVERHANG and left + width < WIDTH + OVERHANG, (name, text.text)


def test_equal_numbers_give_equal_bytes_in_another_process():
    here = "\n".join(drawn("base").values())
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hashlib, worlds; "
        "text = '\\n'.join(worlds.drawn('base').values()); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "MPLBACKEND": "svg"}
    command = [sys.executable, "-c", code, os.path.dirname(__file__)]
    other = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_drawing_leaves_settings_and_generators_alone():
    before = dict(mpl.rcParams)
    state = np.random.get_state()[1].tolist()
    figures.benchmarks(world("base"))
    assert dict(mpl.rcParams) == before
    assert np.random.get_state()[1].tolist() == state


def test_a_title_of_a_segment_is_shown_as_it_is_written(monkeypatch):
    strange = """5 < 6 & "7" > '$x_1$' {here} in a name that goes on for sixty letters"""
    study = world("base")
    monkeypatch.setattr(type(study), "title", lambda self, segment: strange)
    for draw in (figures.verdict, figures.hinge, figures.stopping_prices, figures.lost_to):
        svg = ET.fromstring(draw(study)).find("div[@class='canvas']/svg")
        texts = "".join(text.text or "" for text in svg.iter("text"))
        assert "".join(strange.split()) in "".join(texts.split())


def test_what_is_described_is_the_data():
    rows = pd.DataFrame({"label": ["a", "b"], "told": ["1", "2"]})
    assert described("What.", rows) == "What. a: 1; b: 2."
    assert described("What.", rows.drop(columns="told")) == "What."
