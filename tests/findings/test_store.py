"""What a build computed is found again, to the bit, and nothing else is taken for it."""

import json

import pandas as pd
import pytest

from analysis.build.execution import compute
from analysis.findings import store
from analysis.findings.backtests import backtests
from analysis.findings.claims import claims
from analysis.findings.scenarios import side_by_side
from analysis.findings.study import Study
from analysis.inputs.assumptions import override
from analysis.show.chapter import open_chapter


@pytest.fixture(scope="module")
def computed():
    """A study that has no store."""
    study = open_chapter(draws=400)
    study._keeps = False
    return study


@pytest.fixture
def entry(computed, tmp_path, monkeypatch):
    """The file of what a build keeps of that study."""
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    compute(computed)
    return tmp_path / store.name_of(computed)


def found(study):
    """All that chapters ask a study for."""
    told = pd.DataFrame([[c.claim, c.subject, c.probability, c.confidence] for c in claims(study)])
    return study.results, told, backtests(study), side_by_side(study)


def equal(study, other):
    for table, there in zip(found(study), found(other), strict=True):
        pd.testing.assert_frame_equal(table, there, rtol=0, atol=0)


def test_a_chapter_finds_all_of_it_to_the_bit_and_draws_nothing(computed, entry, monkeypatch):
    expected = found(computed)

    def drawn(*_):
        raise AssertionError("drawn again")

    monkeypatch.setattr("analysis.model.distributions.Draws.__getitem__", drawn)
    for table, there in zip(found(open_chapter(draws=400)), expected, strict=True):
        pd.testing.assert_frame_equal(table, there, rtol=0, atol=0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-30],
        lambda text: text.replace("0.5", "0.6"),
        lambda text: json.dumps(json.loads(text) | {"study": "study-other"}),
        lambda text: json.dumps({**json.loads(text), "found": []}),
        lambda text: "[]",
        lambda text: "no JSON",
    ],
    ids=["cut short", "changed", "of another study", "of no form", "a list", "no JSON"],
)
def test_what_is_wrong_partial_or_foreign_counts_as_absent(computed, entry, spoil):
    spoilt = spoil(entry.read_text())
    assert spoilt != entry.read_text()
    entry.write_text(spoilt)
    assert store.read(computed) == {}
    equal(open_chapter(draws=400), computed)


def test_an_entry_that_lacks_something_is_completed(computed, entry):
    kept = store.read(computed)
    some = dict(list(kept.items())[::2])
    whole = {"study": entry.name, "digest": store.digest(some), "found": some}
    entry.write_text(json.dumps(whole))
    again = open_chapter(draws=400)
    equal(again, computed)
    compute(again)
    assert store.read(computed).keys() >= kept.keys()


def test_whatever_numbers_follow_from_gives_an_entry_of_its_own(computed):
    changed = override(computed.assumptions, {"gpu_price": 1.0})
    asked = [
        (computed.assumptions, 400, 2026),
        (computed.assumptions, 401, 2026),
        (computed.assumptions, 400, 1),
        (changed, 400, 2026),
    ]
    names = {store.name_of(Study(a, computed.scenario, *rest)) for a, *rest in asked}
    assert len(names) == len(asked)


def test_only_a_build_keeps_anything(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    _ = open_chapter(draws=100).results
    assert list(tmp_path.iterdir()) == []
