"""What a report tells machines: against its files, its page and the model itself."""

import hashlib
import json

import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat.v4 import new_notebook
from sample import cell
from support import ROOT

from analysis.build import package
from analysis.build.page import TITLE
from analysis.findings.editions import latest
from analysis.model.registry import METRICS

TYPES = {"number": "f", "string": "O"}


@pytest.fixture(scope="module")
def told(base_build):
    return json.loads((base_build / "datapackage.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def page(base_report):
    return BeautifulSoup(base_report.read_text("utf-8"), "html.parser")


def test_every_csv_file_and_every_column_is_described(base_build, told):
    """Oracle: the files as pandas reads them."""
    assert {r["path"] for r in told["resources"]} == {p.name for p in base_build.glob("*.csv")}
    for resource in told["resources"]:
        content = (base_build / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        table = pd.read_csv(base_build / resource["path"], keep_default_na=False, na_values=[""])
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(table)
        for field in fields:
            column = table[field["name"]]
            assert column.isna().all() or pd.api.types.is_numeric_dtype(column) == (
                field["type"] == "number"
            )
            assert field["description"]
        assert not table.duplicated(resource["schema"]["primaryKey"]).any()


def test_every_metric_has_unit_meaning_and_its_formula_if_it_has_one(base_build, told):
    results = pd.read_csv(base_build / "results.csv", keep_default_na=False)
    metrics = {metric["name"]: metric for metric in told["metrics"]}
    assert metrics.keys() == set(results["metric"])
    for name, unit in results.groupby("metric")["unit"].first().items():
        assert metrics[name]["unit"] == unit and metrics[name]["meaning"]
        assert ("formula" in metrics[name]) == (name in METRICS)
    assert metrics["generated_seconds"]["formula"]["account"] == "finished seconds × retakes"
    assert metrics["net_value"]["formula"] == "lifetime value − acquisition cost"


def test_a_metric_names_the_sections_that_show_it(told, page):
    """Oracle: the page as a parser finds it, from the number outwards."""
    for metric in told["metrics"]:
        sections = {
            tag.find_parent("section")["id"]
            for tag in page.select("data[data-result], span[data-result]")
            if tag["data-result"].split("/")[1] == metric["name"]
        }
        assert {a.removeprefix("report.html#") for a in metric["shownIn"]} == sections


def test_the_words_are_those_of_the_results_and_no_others():
    words = pd.read_csv(ROOT / "analysis" / "inputs" / "dictionary.csv")
    assert not words.duplicated(["of", "name"]).any()
    assert not set(words[words["of"] == "metric"]["name"]) & METRICS.keys()


def test_the_page_describes_itself_by_its_verdict_and_its_files(base_build, told, page):
    linked = json.loads(page.select_one("script[type='application/ld+json']").string)
    verdict = [" ".join(p.text.split()) for p in page.select(".verdict p")]
    assert told["description"].splitlines() == verdict
    brief = page.select_one("meta[name=description]")["content"]
    assert " ".join(verdict).startswith(brief) and 50 < len(brief) <= 300 and brief[-1] in ".?"
    assert linked["@type"] == "Report" and linked["name"] == TITLE == page.title.text
    for file in linked["hasPart"]["distribution"]:
        content = (base_build / file["contentUrl"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_verdict_is_the_first_that_a_chapter_shows():
    shown = ["<p>none</p>", "<div class='verdict'></div>", '<div class="verdict"><p>a  b</p></div>']
    notebooks = [new_notebook(cells=[cell("1", output)]) for output in shown]
    assert package.verdict(notebooks) == ["a b"] and package.verdict(notebooks[:1]) == []


def test_the_citation_is_of_this_edition_and_its_evidence(tables):
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (cited["version"], cited["title"]) == (f"{tables.editions['edition'].max():.0f}", TITLE)
    assert cited["date-released"] == latest(tables)
