"""What counts as the same: each file, package and platform that an outcome may depend on."""

import hashlib
import importlib.metadata
import json
import platform

import pytest
from support import ROOT

from analysis.build import provenance
from analysis.build.request import request


@pytest.fixture
def copy(small, monkeypatch):
    """A copy of the project whose files are those that count."""
    monkeypatch.setattr(provenance, "MODULE", small / "analysis")
    monkeypatch.setattr(provenance, "SCENARIOS", small / "notebooks" / "scenarios")
    return small


def test_digest_is_sha256_of_bytes_text_and_json():
    assert provenance.digest("é") == hashlib.sha256("é".encode()).hexdigest()
    assert provenance.digest("é") == provenance.digest("é".encode())
    assert provenance.digest({"b": 1, "a": [2]}) == provenance.digest({"a": [2], "b": 1})


@pytest.mark.parametrize(
    "file, counts",
    [
        ("analysis/model/metrics.py", True),
        ("analysis/show/figures/cost.py", True),
        ("analysis/show/templates/table.html.j2", True),
        ("analysis/inputs/data/assumptions.csv", True),
        ("notebooks/scenarios/gpu_glut.yaml", True),
        ("analysis/build/template/report/style.css", False),
        ("analysis/build/template/report/page.html.j2", False),
    ],
)
def test_code_tables_and_scenarios_change_a_chapter_and_the_pages_template_does_not(
    copy, file, counts
):
    before, whole = provenance.code(), provenance.provenance_of(request())
    path = copy / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert (provenance.code() != before) is counts
    assert provenance.provenance_of(request()) != whole


@pytest.mark.parametrize("name", ["machine", "python_version", "system"])
def test_the_platform_changes_a_chapter(monkeypatch, name):
    before = provenance.code()
    monkeypatch.setattr(platform, name, lambda: "other")
    assert provenance.code() != before


def test_a_package_changes_a_chapter(monkeypatch, tmp_path):
    before = provenance.code()
    (tmp_path / "numpy-99.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert provenance.code() != before


def test_the_packages_that_count_are_those_installed():
    version = importlib.metadata.version("numpy")
    assert f"numpy-{version}.dist-info" in provenance.installed()


def test_a_chapters_key_follows_its_text_its_parameters_and_the_code():
    base, other = (request(draws=draws).runs[0] for draws in (100, 101))
    keys = [provenance.key(*given) for given in ((base, "a"), (base, "b"), (other, "a"))]
    assert len(set(keys)) == 3
    assert provenance.key(request(draws=100).runs[0], "a") == keys[0]


def test_the_provenance_of_a_report_names_no_time_and_no_path(base_build):
    text = (base_build / "provenance.json").read_text()
    found = json.loads(text)
    assert (found["draws"], found["seed"], found["overrides"]) == (16384, 2026, {})
    table = "analysis/inputs/data/assumptions.csv"
    assert found["inputs"][table] == hashlib.sha256((ROOT / table).read_bytes()).hexdigest()
    page = (base_build / "report.html").read_text()
    for path in (ROOT, base_build, base_build.parent):
        assert str(path) not in text and str(path) not in page


def test_the_provenance_says_what_was_changed():
    found = provenance.provenance_of(request(overrides={"gpu_price": "1,2,3"}))
    assert found["overrides"] == {"gpu_price": [1.0, 2.0, 3.0]}
