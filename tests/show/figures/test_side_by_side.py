"""Segments side by side: titles count what the results say."""

import numpy as np
import pytest
from worlds import CASES, data_of, title_of, world

from analysis.findings.claims import in_the_way
from analysis.show import figures
from analysis.show.numbers import how_many


def counted(study, metric, limit):
    rows = [study.result(segment, metric)["p50"] for segment in study.segments]
    found = how_many(sum(row > limit for row in rows), len(rows))
    return found[0].upper() + found[1:]


@pytest.mark.parametrize("name", CASES)
def test_titles_count_what_is_above_its_line(name):
    """Oracle: medians of results; earned over spent is above one where contribution is positive."""
    study = world(name)
    earned = figures.earned_and_spent(study)
    assert title_of(earned).startswith(counted(study, "contribution", 0))
    above = (data_of(earned)["p50"] > 1).sum()
    assert title_of(earned).lower().startswith(how_many(above, len(study.segments)))
    assert title_of(figures.hinge(study)).startswith(counted(study, "ltv_to_cac", 1))
    runs = counted(study, "contribution", 0).lower()
    assert runs in title_of(figures.stopping_prices(study)).lower()


@pytest.mark.parametrize("name", CASES)
def test_what_is_lost_and_what_repays_are_all(name):
    """Oracle: they add up to one in every segment; the title counts the causes of the claims."""
    study = world(name)
    rows = data_of(figures.lost_to(study))
    parts = rows[["repays_acquisition", "lost_to_compute", "lost_to_selling", "lost_to_price"]]
    assert np.allclose(parts.sum(axis=1), 1, atol=1e-5)
    ways = [way for way in (in_the_way(study, s) for s in study.segments) if way]
    title = title_of(figures.lost_to(study))
    selling = sum("selling" in way for way in ways)
    said = f"customers for {how_many(selling, len(ways))}," if ways else "Nothing stands in the way"
    assert said in title


def test_the_first_to_stop_is_the_one_with_the_lowest_price_among_those_that_run():
    study = world("base")
    running = [s for s in study.segments if study.result(s, "contribution")["p50"] > 0]
    first = min(running, key=lambda s: study.result(s, "stopping_gpu_price")["p50"])
    phrase = study.assumptions.about(first)["phrase"]
    assert title_of(figures.stopping_prices(study)).endswith(f"{phrase} is the first to stop")
