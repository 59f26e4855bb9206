"""The sheet of one segment."""

import pytest
from worlds import CASES, title_of, world

from analysis.findings.claims import claim
from analysis.show import figures
from analysis.show.figures import sheets
from analysis.show.figures.answer import VERDICT


def test_a_sheet_tells_the_probabilities_of_its_segment():
    study = world("base")
    rows = sheets.chances_of(study, "training")
    for name, row in zip(VERDICT, rows.itertuples(), strict=True):
        assert row.probability == claim(study, name, "training").probability


@pytest.mark.parametrize("name", CASES)
def test_a_sheet_says_whether_a_month_leaves_or_loses(name):
    study = world(name)
    for segment in study.segments:
        left = study.result(segment, "contribution")["p50"] > 0
        title = title_of(figures.segment_sheet(study, segment))
        assert (" leaves " if left else " loses ") in title
