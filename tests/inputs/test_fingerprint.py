"""What counts as the same: each file, package and platform that an outcome may depend on."""

import hashlib
import importlib.metadata
import platform

import pytest

from analysis.build.provenance import provenance_of
from analysis.build.request import request
from analysis.inputs import fingerprint


@pytest.fixture
def copy(small, monkeypatch):
    """A copy of the project whose files are those that count."""
    monkeypatch.setattr(fingerprint, "MODULE", small / "analysis")
    monkeypatch.setattr(fingerprint, "SCENARIOS", small / "notebooks" / "scenarios")
    return small


def test_digest_is_sha256_of_bytes_text_and_json():
    assert fingerprint.digest("é") == hashlib.sha256("é".encode()).hexdigest()
    assert fingerprint.digest("é") == fingerprint.digest("é".encode())
    assert fingerprint.digest({"b": 1, "a": [2]}) == fingerprint.digest({"a": [2], "b": 1})


@pytest.mark.parametrize(
    "file, counts",
    [
        ("analysis/model/metrics.py", True),
        ("analysis/show/figures/cost.py", True),
        ("analysis/show/templates/table.html.j2", True),
        ("analysis/show/whatif.js", True),
        ("analysis/inputs/data/assumptions.csv", True),
        ("notebooks/scenarios/gpu_glut.yaml", True),
        ("analysis/build/template/report/style.css", False),
        ("analysis/build/template/report/page.html.j2", False),
    ],
)
def test_code_tables_and_scenarios_change_a_chapter_and_the_pages_template_does_not(
    copy, file, counts
):
    before, whole = fingerprint.code(), provenance_of(request())
    path = copy / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert (fingerprint.code() != before) is counts
    assert provenance_of(request()) != whole


@pytest.mark.parametrize("name", ["machine", "python_version", "system"])
def test_the_platform_changes_a_chapter(monkeypatch, name):
    before = fingerprint.code()
    monkeypatch.setattr(platform, name, lambda: "other")
    assert fingerprint.code() != before


def test_a_package_changes_a_chapter(monkeypatch, tmp_path):
    before = fingerprint.code()
    (tmp_path / "numpy-99.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert fingerprint.code() != before


def test_the_packages_that_count_are_those_installed():
    version = importlib.metadata.version("numpy")
    assert f"numpy-{version}.dist-info" in fingerprint.installed()


@pytest.mark.parametrize(
    "file, counts",
    [("model/metrics.py", True), ("inputs/units.csv", False), ("show/prose.py", False)],
)
def test_some_rooms_alone_can_be_asked_for(copy, file, counts):
    before = fingerprint.code("model", "findings")
    (copy / "analysis" / file).write_text("# another")
    assert (fingerprint.code("model", "findings") != before) is counts
