"""Extending the project. The READMEs' own blocks are carried out in a copy of it.

So what a newcomer is told to do is what works.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import quote

import nbformat
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from papermill import cli
from support import ROOT, copied, run, succeeded

READMES = ("analysis/inputs/data/README.md", "analysis/README.md", "notebooks/README.md")
SCENARIO = "notebooks/scenarios/cheap_power.yaml"
METRIC = "electricity_per_generated_second"
FENCED = re.compile(r"((?:^.+\n)+)\n```(\w+)\n((?:.*\n)*?)```$", re.MULTILINE)
PLACE = re.compile(r"(Add to|Create)\s+`([^`]+)`")


class Block(NamedTuple):
    """A block of a README, and what the paragraph above it says to do with it."""

    verb: str
    file: str
    language: str
    text: str


def blocks():
    """Every fenced block of the READMEs, in order."""
    for name in READMES:
        for above, language, text in FENCED.findall((ROOT / name).read_text("utf-8")):
            places = PLACE.findall(above) or [("", "")]
            yield Block(*places[-1], language, text)


BLOCKS = list(blocks())
CHANGE = next(yaml.safe_load(b.text)["overrides"] for b in BLOCKS if b.file == SCENARIO)


def python(folder, text):
    """Run a few lines with the module of a copy. Returns: what they print."""
    return subprocess.run(
        [sys.executable, "-c", text],
        cwd=folder,
        check=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
        text=True,
        stdout=subprocess.PIPE,
    ).stdout


def carry_out(block, copy):
    """Do what a README says with one of its blocks."""
    if block.file:
        assert (copy / block.file).exists() == (block.verb == "Add to"), block.file
        with open(copy / block.file, "a", encoding="utf-8") as at_end:
            at_end.write(block.text)
    elif block.language == "python":
        python(copy, block.text)
    else:
        assert block.language == "markdown"
        chapter = nbformat.read(copy / "notebooks" / "02-second.ipynb", 4)
        chapter.cells[0].source = "# A sentence"
        chapter.cells[3:] = [nbformat.v4.new_code_cell(block.text)]
        nbformat.write(chapter, copy / "notebooks" / "12-sentence.ipynb")


@pytest.fixture(scope="module")
def extended(once):
    """A copy of the project with a chapter, changed as the READMEs say, built and compared."""

    def make(copy):
        copied(copy, "02-second.ipynb", "10-evidence.ipynb")
        for block in BLOCKS:
            carry_out(block, copy)
        by_set = [f"--set={name}={str(value).strip('[]')}" for name, value in CHANGE.items()]
        succeeded(run(copy, "build", "base", "--draws", "100"))
        for shown in ("02-second", "10-evidence"):  # their prices stand in that build
            (copy / "notebooks" / f"{shown}.ipynb").unlink()
        succeeded(run(copy, "build", "cheap_power", "--draws", "100"))
        succeeded(run(copy, "build", "--name", "by_set", *by_set, "--draws", "100"))
        compared = run(copy, "compare", "base", "cheap_power", "--csv")
        succeeded(compared)
        (copy / "changes.csv").write_text(compared.stdout, "utf-8")

    return once("extended", make)


def table(folder, report, name):
    """A table of a report, with text as it is written."""
    return pd.read_csv(folder / "reports" / report / f"{name}.csv", keep_default_na=False)


def page(folder, report):
    """The page of a report."""
    return (folder / "reports" / report / "report.html").read_text("utf-8")


def test_the_readmes_show_every_kind_of_extension():
    tables = ["segments", "assumptions", "evidence", "parameters", "gpu_prices", "api_prices"]
    data = {f"analysis/inputs/data/{name}.csv" for name in tables}
    assert {b.file for b in BLOCKS} == data | {"", "analysis/model/metrics.py", SCENARIO}
    assert {b.language for b in BLOCKS if not b.file} == {"python", "markdown"}
    commands = "python -m analysis build base cheap_power && python -m analysis compare base"
    assert commands in (ROOT / "notebooks" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("report", ["base", "cheap_power"])
def test_a_metric_stands_in_the_results_of_every_segment(extended, report):
    """The oracle is the formula worked here from the resolved assumptions."""
    inputs = table(extended, report, "assumptions").set_index(["segment", "parameter"])["value"]
    shared = inputs["all"].astype(float)
    power = shared["power_per_gpu"] * shared["power_usage_effectiveness"]
    price = shared["electricity_price"] + shared["electricity_tax"]
    hours = shared["served_intensity"] / 3600 / shared["utilisation"]
    factors = inputs.xs("tier_factor", level="parameter").astype(float)
    results = table(extended, report, "results").query("metric == @METRIC").set_index("segment")
    assert "news_clip" in results.index
    assert set(results["unit"]) == {"USD/video-s"}
    found = results["value"].astype(float).to_dict()
    assert found == pytest.approx((factors * hours * power * price).to_dict(), rel=1e-9)


def test_a_vertical_has_its_claims(extended):
    claims = table(extended, "base", "claims").query("subject == 'news_clip'")
    assert {"covers_running_cost", "repays_acquisition"} <= set(claims["claim"])


def test_an_assumption_brings_its_evidence(extended):
    said = run(extended, "parameters", "electricity_tax").stdout
    assert "(derived: TAX1)" in said and " 0 0.0006 0.024  USD/kWh" in said
    inputs = table(extended, "cheap_power", "assumptions").set_index("parameter")
    changed = inputs.loc["electricity_tax"]
    assert (changed["basis"], changed["evidence"]) == ("judgement", "")
    assert changed["note"].endswith("the table says 0.0006 (0 to 0.024)")


def test_a_chapter_and_a_metric_stand_on_the_page(extended):
    """The oracle is results.csv: the new chapter's sentence and table hold its numbers."""
    chapter = BeautifulSoup(page(extended, "base"), "html.parser").find(id="electricity")
    results = table(extended, "base", "results").query("metric == @METRIC").set_index("segment")
    shown = chapter.find_all("data", attrs={"data-result": re.compile(f"/{METRIC}/$")})
    for number in shown:
        segment = number["data-result"].split("/")[0]
        assert float(results.loc[segment, number["data-stat"]]) == float(number["value"])
    assert {number["data-result"].split("/")[0] for number in shown} == set(results.index)
    text = chapter.get_text(" ", strip=True)
    assert "What electricity costs" in text and "For news clips it costs" in text
    assert "News clip" in text


def test_a_sentence_stands_on_the_page(extended):
    chapter = BeautifulSoup(page(extended, "base"), "html.parser").find(id="sentence")
    named = {number["data-result"] for number in chapter.select("p data[data-result]")}
    assert "consumer/contribution/" in named
    assert "{" not in chapter.p.get_text()


def test_a_metric_and_a_scenario_stand_in_the_comparison(extended):
    moved = pd.read_csv(extended / "changes.csv", keep_default_na=False)
    of_metric = moved.query("name == @METRIC")
    segments = table(extended, "base", "results").query("metric == @METRIC")["segment"]
    assert len(of_metric) == len(segments)
    assert (of_metric["difference"].astype(float) < 0).all()
    assert set(moved.query("kind == 'input'")["name"]) == set(CHANGE)
    assert "Cheap power" in page(extended, "cheap_power")


PLANNED = """
from pathlib import Path
from analysis.build import report
print([run.key for run in report.request(notebooks={!r}).runs])
"""


def test_a_vertical_has_a_chapter_of_its_own(extended):
    """The oracle is the plan of a build with the real chapter on verticals."""
    planned = python(extended, PLANNED.format(str(ROOT / "notebooks")))
    assert "'segments-news-clip'" in planned


def test_the_same_change_is_the_same_by_every_way(extended, tmp_path, monkeypatch):
    """The oracle is the scenario file: --set and papermill with -f or -y compute the same.

    Typing it in is for tests/browser/test_lab.py.
    """
    by_file, by_set = (extended / "reports" / name for name in ("cheap_power", "by_set"))
    for name in ("results.csv", "claims.csv"):
        assert (by_file / name).read_bytes() == (by_set / name).read_bytes()
    monkeypatch.chdir(extended)
    monkeypatch.setenv("PYTHONPATH", str(extended))
    ways = {"f": ["-f", SCENARIO], "y": ["-y", json.dumps({"overrides": CHANGE})]}

    def papermill(way):
        out = tmp_path / f"{way}.ipynb"
        given = ["notebooks/11-electricity.ipynb", str(out), *ways[way], "-p", "draws", "100"]
        cli.papermill.main([*given, "--no-progress-bar"], standalone_mode=False)
        return shown_by(out)

    built = shown_by(by_file / "notebooks" / "electricity.ipynb")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(papermill, ways)) == [built, built]
    assert built != shown_by(extended / "reports" / "base" / "notebooks" / "electricity.ipynb")


def shown_by(path):
    """What the cells of an executed notebook show."""
    return [
        output.get("data", {}).get("text/html", output)
        for cell in nbformat.read(path, 4).cells
        for output in cell.get("outputs", ())
    ]


def test_new_prices_stand_in_the_appendix_and_move_the_date_of_the_evidence(extended):
    """The oracle is the rows themselves; the project's own report ends at an earlier date."""
    after, before = page(extended, "base"), page(ROOT, "base")
    dated = re.compile(r'Evidence up to <time datetime="([^"]*)"')
    assert dated.search(after)[1] == "2026-12-02" > dated.search(before)[1]
    in_figures = (
        "single clouds,2026-12-01,2.75",
        "2026-12-02,Example vendor,Model 1,standard,720p,yes,0.15",
    )
    for row in map(quote, in_figures):
        assert row in after and row not in before
