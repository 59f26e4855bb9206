"""The picture of the verdict: marks where the probabilities are, a file that stands alone."""

import re
import xml.etree.ElementTree as ET

import pytest
from worlds import CASES, title_of, world

from analysis.build.page import TEMPLATES
from analysis.findings.claims import claim
from analysis.show import figures
from analysis.show.figures.answer import MOVED, TREND, VERDICT
from analysis.show.numbers import how_many, number_of


def middle(mark):
    """Where a mark is: a `use` says so, a path is as wide on either side."""
    if mark.tag.endswith("use"):
        return float(mark.get("x"))
    course = re.findall(r"(-?[\d.]+) -?[\d.]+(?= |$)", re.sub("[MLCz]", "", mark.get("d")))
    across = [float(x) for x in course]
    return (min(across) + max(across)) / 2


@pytest.mark.parametrize("name", CASES)
def test_each_mark_stands_at_its_probability(name):
    """Oracle: the claims, on the scale that the group of marks tells."""
    study = world(name)
    root = ET.fromstring(figures.verdict(study))
    groups = {g.get("data-claim"): g for g in root.iter("g") if g.get("data-claim")}
    assert set(groups) == set(VERDICT)
    for called, group in groups.items():
        zero, one = float(group.get("data-zero")), float(group.get("data-one"))
        marks = [m for m in group.iter() if m.get("data-segment")]
        assert [m.get("data-segment") for m in marks] == list(study.segments)
        for mark in marks:
            expected = claim(study, called, mark.get("data-segment")).probability
            assert (middle(mark) - zero) / (one - zero) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("name", CASES)
def test_titles_count_what_is_likely(name):
    study = world(name)
    count = len(study.segments)

    def likely(called):
        return sum(claim(study, called, s).answer == "yes" for s in study.segments)

    title = title_of(figures.verdict(study))
    assert f"cover its running cost: {how_many(likely('covers_running_cost'), count)};" in title
    assert title.endswith(f": {number_of(likely('repays_acquisition'), count)}")


def test_the_trend_counts_changes_that_can_be_seen():
    study = world("base")
    now, then = (
        [claim(study, name, s).probability for s in study.segments] for name in reversed(TREND)
    )
    worse = sum(b - a <= -MOVED for a, b in zip(now, then, strict=True))
    assert title_of(figures.trend(study)).endswith(number_of(worse, len(now)))


def test_the_file_stands_alone_in_light_and_dark():
    """Oracle: an XML parser, and the style sheet of the page for the colours of both."""
    picture = figures.verdict_svg(world("base"))
    root = ET.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = " ".join(root.itertext())
    assert title_of(figures.verdict(world("base"))) in texts
    style = (TEMPLATES / "report" / "style.css").read_text("utf-8")
    page = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", style)
    both = {name: colours for name, *colours in page}
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6})", part))
        for part in picture.split("</style>")[0].split("@media")
    )
    assert set(re.findall(r"var\(--(\w+)", picture)) <= set(light) == set(dark)
    assert all(both[name] == [light[name], dark[name]] for name in light)
    assert "href=" not in picture.replace('href="#', "")
