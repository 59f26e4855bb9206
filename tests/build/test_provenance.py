"""What a report was made from, as its folder says it."""

import hashlib
import json

from support import ROOT

from analysis.build import provenance
from analysis.build.request import request


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
