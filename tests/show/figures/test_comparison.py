"""Segments beside each other. Oracles: contributions and claims of the study, counted here."""

import html

import pytest
from drawing import base_figures, data_of, extreme, note_of, texts_of, title_of

from analysis.findings.claims import claim
from analysis.show import figures


@pytest.mark.parametrize("name", ["everything pays", "nothing pays"])
def test_titles_count_who_earns_more_than_is_spent(name):
    study = extreme(name)
    earns = sum(study.point(s).contribution > 0 for s in study.segments)
    words = {0: "none", len(study.segments): "all"}.get(earns, str(earns))
    assert f"At the best values {words} of " in title_of(figures.earned_against_spent(study))
    assert f"At the best values {words} of " in title_of(figures.headroom(study))


def test_what_has_no_place_on_a_log_axis_is_told():
    study = extreme("no market")
    note = html.unescape(note_of(figures.earned_against_spent(study)))
    assert note.endswith(f"nothing is earned at the best values: {study.title('previs')}.")


def test_an_arrow_is_told_where_a_bar_is_cut():
    cut = note_of(figures.earned_against_spent(extreme("no revenue")))
    assert "Arrows" in cut and "Arrows" not in note_of(base_figures()["earned_against_spent"])


def test_data_are_the_results_of_both_sides():
    study = extreme("base")
    for row in data_of(base_figures()["earned_against_spent"]).itertuples():
        assert row.value == pytest.approx(study.result(row.segment, row.metric)["value"], rel=1e-5)


def test_who_pays_counts_those_that_are_likely_by_both_readings():
    study = extreme("base")
    found = [claim(study, "covers_running_cost", s) for s in study.segments]
    likely = sum(min(c.probability, c.probability_flat) >= 0.66 for c in found)
    figure = base_figures()["who_pays"]
    assert title_of(figure).startswith(f"{likely} of {len(found)} segments")
    assert len(data_of(figure)) == 2 * len(found)
    assert {"covers its running cost", "repays its acquisition cost"} <= set(texts_of(figure))
