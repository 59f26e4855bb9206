"""Figures: the markup a page relies on, equal bytes, titles that follow the numbers, and inputs at their extremes."""

import functools
import hashlib
import html
import inspect
import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analysis.findings.study import Study
from analysis.inputs.assumptions import read_scenario, resolve
from analysis.inputs.tables import DATA, read_tables
from analysis.show import figures
from analysis.show.figures import parts, plotting

STRANGE = """5 < 6 & "7" > '$x_1$' {here}"""
CERTAIN = {
    "gpu_price": 2.0,
    "compute_intensity": 80.0,
    "utilisation": 0.5,
    "efficiency_gain": 0.4,
    "quality_growth": 0.0,
    "gpu_price_decline": 0.0,
    "supplier_pass_back": 0.0,
    "price_erosion": 0.0,
}
NOBODY = {
    f"{row.segment}.displaced_share": 0.0
    for row in read_tables().segments.itertuples()
    if row.business_model == "workflow"
}
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
    "certain inputs": CERTAIN,
    "nobody has a market": NOBODY,
    "dear purchase": {"gpu_purchase_price": [1e5, 5e5, 1e6]},
    "costs rise": {"efficiency_gain": 0.0, "quality_growth": 5.0},
    "all certain": {name: q.value for name, q in resolve().quantities.items()},
}
RARE = (
    "certain inputs",
    "dear purchase",
    "costs rise",
)  # worlds near another of these, drawn at night


def study_of(overrides=None, folder=DATA, draws=100):
    """A study with few draws; one of the tables as they stand is made once for each set of overrides."""
    if folder == DATA:
        return _made(json.dumps(overrides or {}), draws)
    return Study(
        resolve(read_tables(folder), "base", overrides or {}), read_scenario("base"), draws
    )


@functools.cache
def _made(overrides, draws):
    return Study(
        resolve(read_tables(), "base", json.loads(overrides)), read_scenario("base"), draws
    )


def tables(folder, change, *names):
    """A study of the tables with some of them changed."""
    shutil.copytree(DATA, folder)
    for name, table in zip(
        names,
        change(*(pd.read_csv(folder / name, dtype=str, keep_default_na=False) for name in names)),
    ):
        table.to_csv(folder / name, index=False)
    return study_of(folder=folder)


def all_figures(study, workflow="previs"):
    """Every figure but the one of all scenarios, which has tests of its own; those of one segment for an app and for a vertical."""
    made = {}
    for name in set(figures.__all__) - {"scenarios"}:
        draw = getattr(figures, name)
        only = {
            "burn_against_users": ["consumer"],
            "calibration": ["consumer"],
            "value_chain": [workflow],
        }
        if "segment" in inspect.signature(draw).parameters:
            made |= {
                f"{name} {segment}": draw(study, segment)
                for segment in only.get(name, ["consumer", workflow])
            }
        else:
            made[name] = draw(study)
    return dict(sorted(made.items()))


def title_of(figure):
    return html.unescape(
        re.sub("<[^>]+>", "", re.search("<figcaption>(.*?)</figcaption>", figure)[1])
    )


def data_of(figure):
    content = urllib.parse.unquote(re.search(r"charset=utf-8,([^\"]*)", figure)[1])
    return pd.read_csv(io.StringIO(content), keep_default_na=False, na_values=[""])


def check_markup(figure):
    """The contract of a figure's markup, read by an XML parser as a second opinion on well-formedness."""
    root = ET.fromstring(figure)
    assert (
        root.tag == "figure" and root.get("class") == "plot" and root.get("id").startswith("fig-")
    )
    svg = root.find("div[@class='canvas']/svg")
    key = root.get("id")
    assert svg.get("role") == "img" and svg.get("aria-labelledby") == f"{key}-title {key}-desc"
    assert svg.find("title").get("id") == f"{key}-title" and svg.find("title").text == title_of(
        figure
    )
    assert svg.find("desc").get("id") == f"{key}-desc" and len(svg.find("desc").text) > 20
    assert (
        svg.get("viewBox").split()[2] == "360"
        and svg.get("width") is None
        and svg.get("height") is None
    )
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) and all(i.startswith(key) for i in ids)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', figure))
    assert used == set(ids) - {key, f"{key}-title", f"{key}-desc"}
    assert not re.findall(r"(?<!,)#[0-9a-f]{6}\b", figure.replace("&#", "")), (
        "a colour that does not follow the page"
    )
    assert not re.search(
        r"<style|<metadata|<image|<script|<!--|<\?xml|dc:date|https?://",
        figure.split('<p class="download">')[0],
    )
    words = " ".join(
        [*svg.itertext(), title_of(figure), *(p for p in root.find("figcaption").itertext())]
    )
    assert not re.search(r"\b(nan|inf|NaN)\b", words), words
    assert not re.search(r"[\" ,(](nan|inf)[\" ,)]", figure) and "undefined" not in title_of(figure)
    sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)px", figure)]
    assert sizes and min(sizes) >= 12 and not re.search(r"font: |font-family: ", figure)
    assert not data_of(figure).isin(["inf", "nan", np.inf]).any(axis=None)
    assert len(figure.split('<p class="download">')[0]) < 60_000, (
        "the picture; the page as a whole has a bound of its own"
    )


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in RARE else ()) for name in EXTREMES],
)
def test_every_figure_keeps_the_contract_at_the_extremes(name):
    for figure in all_figures(study_of(EXTREMES[name])).values():
        check_markup(figure)


def test_more_verticals_with_awkward_titles(tmp_path):
    def change(segments, assumptions):
        like = segments[segments["segment"] == "previs"]
        for name, title in (
            ("ninth", STRANGE),
            ("tenth", "An extraordinarily long title for a vertical: sixty letters."),
        ):
            segments = pd.concat([segments, like.assign(segment=name, title=title)])
            assumptions = pd.concat(
                [assumptions, assumptions[assumptions["segment"] == "previs"].assign(segment=name)]
            )
        return segments, assumptions

    made = all_figures(
        tables(tmp_path / "data", change, "segments.csv", "assumptions.csv"), "ninth"
    )
    for figure in made.values():
        check_markup(figure)
    for name in ("headroom", "revenue_dollar", "stopping_prices", "break_even_years"):
        drawn = html.unescape(
            re.sub(
                "<[^>]+>", "", re.sub("<desc.*?</desc>", "", made[name].split('class="note"')[0])
            )
        )
        assert "".join(STRANGE.split()) in "".join(drawn.split()), (
            f"{name}: a title is drawn letter by letter as it is written"
        )
    assert all(
        title_of(figure).startswith(STRANGE)
        for name, figure in made.items()
        if name.endswith(" ninth")
    )
    assert plotting.colour_of(8) == plotting.colour_of(0) and plotting.marker_of(
        8
    ) != plotting.marker_of(0)


def test_equal_numbers_give_equal_bytes_in_another_process():
    here = "\n".join(all_figures(study_of()).values())
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hashlib, test_figures as t; "
        "print(hashlib.sha256('\\n'.join(t.all_figures(t.study_of()).values()).encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "MPLBACKEND": "svg"}
    command = [sys.executable, "-c", code, os.path.dirname(__file__)]
    other = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_drawing_leaves_settings_and_generators_alone():
    import matplotlib as mpl

    before, state = dict(mpl.rcParams), np.random.get_state()[1].tolist()
    figures.benchmarks(study_of())
    assert dict(mpl.rcParams) == before and np.random.get_state()[1].tolist() == state


def test_titles_follow_the_numbers():
    pays, loses = study_of(EXTREMES["everything pays"]), study_of(EXTREMES["nothing pays"])
    n = len(pays.segments)
    earns = {
        study: sum(study.point(s).contribution > 0 for s in study.segments)
        for study in (pays, loses)
    }
    assert earns[pays] > earns[loses]
    for study in (pays, loses):
        words = "all" if earns[study] == n else "none" if earns[study] == 0 else str(earns[study])
        assert f"At the best values {words} of " in title_of(figures.earned_against_spent(study))
        assert f"At the best values {words} of " in title_of(figures.headroom(study))
    assert "what is left is" in title_of(
        figures.month_waterfall(study_of({"consumer.other_revenue": 500.0}), "consumer")
    )
    assert "what is missing is" in title_of(figures.month_waterfall(loses, "consumer"))
    assert " burn \N{MINUS SIGN}USD" in title_of(
        figures.burn_against_users(study_of({"consumer.other_revenue": 500.0}), "consumer")
    )
    assert " burn USD" in title_of(figures.burn_against_users(loses, "consumer"))
    nobody = study_of(EXTREMES["no market"])
    assert all(
        "nobody buys" in title_of(draw(nobody, "previs"))
        for draw in (figures.value_chain, figures.month_waterfall)
    )


def test_what_has_no_place_on_a_log_axis_is_told():
    figure = figures.earned_against_spent(study_of(EXTREMES["no market"]))
    study = study_of()
    assert f"nothing is earned at the best values: {study.title('previs')}" in html.unescape(figure)
    assert "Consumer" not in figure.split("nothing is earned")[1].split("</p>")[0]


def test_cascade_parts_sum_to_the_total():
    """Oracle: the identity itself; busy, idle and overhead are the whole cost of the second."""
    study = study_of()
    values = data_of(figures.second_waterfall(study))["value"].to_list()
    assert sum(values[:3]) == pytest.approx(values[3], rel=1e-5)
    assert values[3] == pytest.approx(
        float(study.point("consumer").replace(compute_factor=1.0).cost_per_generated_second),
        rel=1e-5,
    )


def test_csv_keeps_its_numbers():
    link = plotting.download("x", pd.DataFrame({"a": ["plain", "with, comma"], "b": [1.5, np.inf]}))
    assert (
        urllib.parse.unquote(link).split("utf-8,")[1].startswith('a,b\nplain,1.5\n"with, comma",\n')
    )


def test_labels_do_not_cover_each_other():
    """Oracle: Matplotlib's own extents of the texts, for marks that all but coincide."""

    @plotting.styled
    def overlaps():
        fig, ax = plotting.sheet(4.0)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        plotting.place_labels(ax, [(0.5 + i / 100, 0.5, f"label {i}", "#1b1f24") for i in range(9)])
        fig.draw_without_rendering()
        boxes = [Text.get_window_extent(t) for t in ax.texts]
        return sum(
            a.shrunk(0.9, 0.8).overlaps(b.shrunk(0.9, 0.8))
            for i, a in enumerate(boxes)
            for b in boxes[:i]
        )

    assert overlaps() == 0


@pytest.mark.parametrize(
    "n, of, told",
    [
        (0, 8, "none of the 8 segments earns"),
        (1, 8, "1 of 8 segments earns"),
        (3, 8, "3 of 8 segments earn"),
        (8, 8, "all of the 8 segments earn"),
    ],
)
def test_count_agrees_with_its_verb(n, of, told):
    assert parts.segments_that(n, of, "earns", "earn") == told
