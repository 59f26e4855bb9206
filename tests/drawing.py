"""What tests of figures share: studies at the extremes, every figure of one, and its markup."""

import functools
import html
import inspect
import io
import json
import re
import shutil
import urllib.parse
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import DATA, read_tables
from analysis.show import figures

DRAWS = 100
STRANGE = """5 < 6 & "7" > '$x_1$' {here}"""
LONG = "An extraordinarily long title for a vertical: sixty letters."
PAYS = {"consumer.other_revenue": 500.0}
EXTREMES = {
    "base": {},
    "everything pays": {"gpu_price": 0.01},
    "nothing pays": {"gpu_price": 100.0},
    "no revenue": {"consumer.paid_conversion": 0.0, "consumer.other_revenue": 0.0},
    "no market": {"previs.displaced_share": 0.0},
    "eight orders of magnitude": {
        "previs.incumbent_cost": 1e6,
        "previs.value_capture": 1.0,
        "consumer.paid_conversion": 1e-7,
        "consumer.other_revenue": 0.0,
    },
    "wide ranges": {
        "gpu_price": [0.01, 2.0, 100.0],
        "compute_intensity": [0.01, 80.0, 10000.0],
        "previs.retakes": [1.0, 5.0, 10000.0],
    },
    "certain inputs": {
        "gpu_price": 2.0,
        "compute_intensity": 80.0,
        "utilisation": 0.5,
        "efficiency_gain": 0.4,
        "quality_growth": 0.0,
        "gpu_price_decline": 0.0,
        "supplier_pass_back": 0.0,
        "price_erosion": 0.0,
    },
    "dear purchase": {"gpu_purchase_price": [1e5, 5e5, 1e6]},
    "costs rise": {"efficiency_gain": 0.0, "quality_growth": 5.0},
    "nobody has a market": None,
    "all certain": None,
}


@functools.cache
def extreme(name):
    """A study of that name; the last two follow from the tables."""
    overrides = EXTREMES[name]
    if name == "nobody has a market":
        rows = read_tables().segments.query("business_model == 'workflow'")
        overrides = {f"{segment}.displaced_share": 0.0 for segment in rows["segment"]}
    if name == "all certain":
        overrides = {name: q.value for name, q in resolve().quantities.items()}
    return study_of(overrides)


def study_of(overrides=None):
    """A study of the tables as they stand, with few draws, made once for each set of overrides."""
    return _made(json.dumps(overrides or {}))


@functools.cache
def _made(overrides):
    return Study(resolve(overrides=json.loads(overrides)), read_scenario("base"), DRAWS)


def study_with(folder, **changes):
    """A study of a copy of the tables in which some of them, by name, are changed by a function."""
    shutil.copytree(DATA, folder)
    for name, change in changes.items():
        path = folder / f"{name}.csv"
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    return Study(resolve(read_tables(folder)), read_scenario("base"), DRAWS)


def study_with_segments(folder, titles):
    """A study with further verticals like previs, under those titles by name."""

    def more(table):
        previs = table[table["segment"] == "previs"]
        copies = [previs.assign(segment=name) for name in titles]
        if "title" in table:
            copies = [own.assign(title=titles[own["segment"].iat[0]]) for own in copies]
        return pd.concat([table, *copies])

    return study_with(folder, segments=more, assumptions=more)


def names():
    """Every figure's name."""
    return sorted(name for name, drawn in vars(figures).items() if hasattr(drawn, "__wrapped__"))


def all_figures(study, workflow="previs"):
    """Every figure but that of all scenarios, by name and, if it is about one, segment."""
    only = {"burn_against_users": ["consumer"], "calibration": ["consumer"]}
    only["value_chain"] = [workflow]
    made = {}
    for name in names():
        draw = getattr(figures, name)
        if "segment" in inspect.signature(draw).parameters:
            for segment in only.get(name, ["consumer", workflow]):
                made[f"{name} {segment}"] = draw(study, segment)
        elif name != "scenarios":
            made[name] = draw(study)
    return made


@functools.cache
def base_figures():
    """Every figure of the base study."""
    return all_figures(extreme("base"))


def title_of(figure):
    """The caption as bare text."""
    caption = re.search("<figcaption>(.*?)</figcaption>", figure)[1]
    return html.unescape(re.sub("<[^>]+>", "", caption))


def note_of(figure):
    """What stands below the picture, as HTML."""
    return figure.split('class="note">')[1].split("</p>")[0]


def texts_of(figure):
    """Every text in the picture."""
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", figure)]


def data_of(figure):
    """The CSV to download."""
    content = urllib.parse.unquote(re.search(r"charset=utf-8,([^\"]*)", figure)[1])
    return pd.read_csv(io.StringIO(content), keep_default_na=False, na_values=[""])


def check_markup(figure):
    """The contract of a figure; an XML parser is the second opinion on its markup."""
    root = ET.fromstring(figure)
    key, svg = root.get("id"), root.find("div[@class='canvas']/svg")
    assert root.tag == "figure" and root.get("class") == "plot" and key.startswith("fig-")
    assert svg.get("role") == "img" and svg.get("aria-labelledby") == f"{key}-title {key}-desc"
    title, description = svg.find("title"), svg.find("desc")
    assert title.get("id") == f"{key}-title" and title.text == title_of(figure)
    assert description.get("id") == f"{key}-desc" and len(description.text) > 20
    assert svg.get("viewBox").split()[2] == "360" and not {"width", "height"} & set(svg.keys())
    _check_ids(root, key, figure)
    picture = figure.split('<p class="download">')[0]
    loose = re.findall(r"(?<!,)#[0-9a-f]{6}\b", picture.replace("&#", ""))
    assert not loose, "a colour that does not follow the page"
    assert not re.search(r"<style|<metadata|<image|<script|<!--|<\?xml|dc:date|https?://", picture)
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", figure)]
    assert sizes and min(sizes) >= 12 and not re.search(r"font:|font-family:", figure)
    assert len(picture) < 60_000, "the picture; the page as a whole has a bound of its own"
    _check_numbers(root, figure)


def _check_ids(root, key, figure):
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) and all(own.startswith(key) for own in ids)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', figure))
    assert used == set(ids) - {key, f"{key}-title", f"{key}-desc"}


def _check_numbers(root, figure):
    words = " ".join([*root.find("div/svg").itertext(), title_of(figure)])
    assert not re.search(r"\b(nan|inf|NaN)\b", words), words
    assert not re.search(r"[\" ,(](nan|inf)[\" ,)]", figure)
    assert "undefined" not in title_of(figure)
    assert not data_of(figure).isin(["inf", "nan", np.inf]).any(axis=None)
