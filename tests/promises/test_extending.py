"""Extending the project. The README's own blocks are carried out in a copy, so that what it tells a newcomer to do is what works."""

import csv
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import nbformat
import pandas as pd
import pytest
import yaml
from papermill import cli
from support import ROOT, copied, run

SCENARIO = "notebooks/scenarios/cheap_power.yaml"
METRIC = "electricity_per_generated_second"
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [
    (
        *(re.findall(r"(Add to|Create)\s+`([^`]+)`", before) or [("", "")])[-1],
        language,
        text,
    )  # where to, by the paragraph above
    for before, language, text in re.findall(
        r"((?:^.+\n)+)\n```(\w+)\n((?:.*\n)*?)```$", README, re.MULTILINE
    )
]
CHANGE = next(yaml.safe_load(text)["overrides"] for _, file, _, text in BLOCKS if file == SCENARIO)


@pytest.fixture(scope="module")
def extended(once):
    """A copy of the project with one chapter, to which all that the README shows was done; built, and compared as it says there."""

    def make(copy):
        copied(copy, "02-cost.ipynb")
        for verb, file, language, text in BLOCKS:
            if file:
                assert (copy / file).exists() == (verb == "Add to"), file
                with open(copy / file, "a", encoding="utf-8") as at_end:
                    at_end.write(text)
            elif language == "python":
                python(copy, text)
        shown = re.search(
            r"-m analysis (build) (\w+) (\w+) && python -m analysis (compare \2 \3)$",
            README,
            re.MULTILINE,
        )
        build, first, second, compare = shown.groups()
        by_set = [f"--set={name}={str(value).strip('[]')}" for name, value in CHANGE.items()]
        for command in (
            [build, first],
            [build, second],
            [build, "--name", "by_set", *by_set],
            compare.split(),
        ):
            done = run(copy, *command, *(["--draws", "100"] if command[0] == "build" else []))
            assert done.returncode == 0, done.stderr
            (copy / "notebooks" / "02-cost.ipynb").unlink(
                missing_ok=True
            )  # whose prices the first build has shown

    return once("extended", make)


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


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_readme_shows_every_kind_of_extension():
    files = {file for _, file, *_ in BLOCKS}
    assert files == {
        "",
        "analysis/model/metrics.py",
        SCENARIO,
        *(
            f"analysis/inputs/data/{table}.csv"
            for table in (
                "segments",
                "assumptions",
                "evidence",
                "parameters",
                "gpu_prices",
                "api_prices",
            )
        ),
    }


def test_a_vertical_and_a_metric_stand_in_the_results(extended):
    """The oracle is the formula worked here from the resolved assumptions, for the new vertical and for those that were there."""
    for name in ("base", "cheap_power"):
        given = {
            (r["segment"], r["parameter"]): float(r["value"])
            for r in rows(extended / "reports" / name / "assumptions.csv")
        }
        found = {
            r["segment"]: r
            for r in rows(extended / "reports" / name / "results.csv")
            if r["metric"] == METRIC
        }
        assert set(found) == {s for s, p in given if p == "compute_factor"} and "news_clip" in found
        shared = {p: v for (s, p), v in given.items() if s == "all"}
        for segment, row in found.items():
            hours = (
                shared["compute_intensity"]
                * given[segment, "compute_factor"]
                / 3600
                / shared["utilisation"]
            )
            power = shared["power_per_gpu"] * shared["power_usage_effectiveness"]
            price = shared["electricity_price"] + shared["electricity_tax"]
            assert (
                float(row["value"]) == pytest.approx(hours * power * price, rel=1e-9)
                and row["unit"] == "USD/video-s"
            )
    claims = rows(extended / "reports" / "base" / "claims.csv")
    assert {"covers_running_cost", "repays_acquisition"} <= {
        r["claim"] for r in claims if r["subject"] == "news_clip"
    }


def test_an_assumption_brings_its_evidence(extended):
    said = run(extended, "parameters", "electricity_tax")
    assert "(derived: TAX1)" in said.stdout and " 0 0.0006 0.024  USD/kWh" in said.stdout, said
    (changed,) = (
        r
        for r in rows(extended / "reports" / "cheap_power" / "assumptions.csv")
        if r["parameter"] == "electricity_tax"
    )
    assert (
        changed["basis"] == "judgement"
        and changed["evidence"] == ""
        and changed["note"].endswith("the table says 0.0006 (0 to 0.024)")
    )


def test_a_chapter_and_a_metric_stand_on_the_page(extended):
    """The oracle is results.csv: the new chapter's sentence and table hold its numbers."""
    page = (extended / "reports" / "base" / "report.html").read_text("utf-8")
    chapter = re.search(r'<section [^>]*id="electricity".*?</section>', page, re.DOTALL)[0]
    results = {
        (r["segment"], r["metric"]): r for r in rows(extended / "reports" / "base" / "results.csv")
    }
    shown = re.findall(
        rf'<data data-result="(\w+)/{METRIC}/" data-stat="(\w+)" value="([^"]*)"', chapter
    )
    assert all(results[segment, METRIC][stat] == value for segment, stat, value in shown)
    assert (
        len({segment for segment, *_ in shown}) == 9
        and "What electricity costs" in chapter
        and "News clip" in chapter
    )


def test_a_metric_and_a_scenario_stand_in_the_comparison(extended):
    moved = pd.read_csv(
        extended / "reports" / "compare-base-cheap_power" / "compare.csv", keep_default_na=False
    )
    of = moved[(moved["name"] == METRIC) & (moved["stat"] == "value")]
    assert len(of) == 9 and (of["difference"].astype(float) < 0).all()
    assert {"electricity_tax", "electricity_price"} == set(
        moved.loc[moved["kind"] == "input", "name"]
    )
    assert "Cheap power" in (extended / "reports" / "cheap_power" / "report.html").read_text(
        "utf-8"
    )


def test_a_vertical_has_a_chapter_of_its_own(extended):
    """The oracle is the plan of a build with the real chapter on verticals."""
    planned = f"from analysis import report; print([run.key for run in report.request(notebooks={str(ROOT / 'notebooks')!r}).runs])"
    assert "'vertical-news-clip'" in python(extended, planned)


def test_the_same_change_is_the_same_by_every_way(extended, tmp_path, monkeypatch):
    """The oracle is the scenario file: --set and papermill with -f or -y show and compute the same; typing it in is for test_lab.py."""
    by_file, by_set = (extended / "reports" / name for name in ("cheap_power", "by_set"))
    assert (by_file / "results.csv").read_bytes() == (by_set / "results.csv").read_bytes()
    assert (by_file / "claims.csv").read_bytes() == (by_set / "claims.csv").read_bytes()
    monkeypatch.chdir(extended)
    monkeypatch.setenv("PYTHONPATH", str(extended))
    ways = {"f": ["-f", SCENARIO], "y": ["-y", json.dumps({"overrides": CHANGE})]}

    def papermill(way):
        out = tmp_path / f"{way}.ipynb"
        arguments = [
            "notebooks/10-electricity.ipynb",
            str(out),
            *ways[way],
            "-p",
            "draws",
            "100",
            "--no-progress-bar",
        ]
        cli.papermill.main(arguments, standalone_mode=False)
        return shown(out)

    with ThreadPoolExecutor(2) as pool:
        assert (
            list(pool.map(papermill, ways))
            == [shown(by_file / "notebooks" / "electricity.ipynb")] * 2
        )
    assert shown(by_file / "notebooks" / "electricity.ipynb") != shown(
        extended / "reports" / "base" / "notebooks" / "electricity.ipynb"
    )


def shown(path):
    """What the cells of an executed notebook show."""
    return [
        output.get("data", {}).get("text/html", output)
        for cell in nbformat.read(path, 4).cells
        for output in cell.get("outputs", ())
    ]


def test_new_prices_stand_in_the_second_chapter_and_move_the_date_of_the_evidence(extended):
    """The oracle is the rows themselves; the project's own report, without them, ends at an earlier date."""
    page, before = (
        (folder / "report.html").read_text("utf-8")
        for folder in (extended / "reports" / "base", ROOT / "reports" / "base")
    )
    until, earlier = (
        re.search(r'Evidence up to <time datetime="([^"]*)"', text)[1] for text in (page, before)
    )
    assert until == "2026-12-02" > earlier
    for row in (
        "on_demand,cloud,example cloud,2026-12,2.75",
        "2026-12-02,Example vendor,Model 1,standard,720p,yes,0.15",
    ):
        assert quote(row) in page and quote(row) not in before  # the data of each figure
    assert ">Example vendor</text>" in page and ">Example vendor</text>" not in before
