"""The sweep's sentence and page. Oracles: the solver of break-even, a parser, a browser."""

import numpy as np
import pytest
from browsing import chromium, opened
from bs4 import BeautifulSoup

from analysis.commands import sweep, sweep_page
from analysis.model.fleet import break_even
from analysis.show.numbers import format_significant

TWO = ["gpu_price=1:6:31", "compute_intensity=10:240:27"]


def test_the_sentence_follows_the_numbers(tmp_path):
    def told(axes, metric="contribution", **changes):
        return sweep.sweep_grid(sweep.grid(axes, "previs", metric, changes=changes), "x", tmp_path)[
            1
        ]

    root = break_even(
        sweep.grid(TWO, "previs", "contribution").study.point("previs"), "gpu_price", 0.01, 100.0
    )
    assert told([f"gpu_price={root / 2}:{root * 1.5}:9"]).endswith(
        f"covers the running cost up to {format_significant(root)}"
    )
    assert told([f"gpu_price={root / 4}:{root / 2}:9"]).endswith("at every value")
    assert told([f"gpu_price={root * 1.1}:{root * 1.5}:9"]).endswith("at no value")
    assert "the running cost from " in told(["previs.incumbent_cost=0.01:10000:9"], gpu_price=root)
    assert told(["gpu_price=1:2:3"], "payback_months", **{"previs.displaced_share": 0}).endswith(
        "is undefined at every point"
    )
    assert told(TWO, **{"previs.displaced_share": 0}).endswith("is undefined at every point")


@pytest.mark.browser
@pytest.mark.parametrize(
    "axes, metric",
    [
        (TWO, "contribution"),
        (TWO[:1], "headroom"),
        (["previs.displaced_share=0:0.9:40", "gpu_price=1:9:9"], "contribution_margin"),
    ],
)
def test_the_page_is_quiet_fits_a_phone_and_is_accessible(axes, metric, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    place, _ = sweep.sweep_grid(sweep.grid(axes, "previs", metric), "x", tmp_path)
    with (
        chromium() as browser,
        opened(
            browser, place / "sweep.html", viewport={"width": 360, "height": 740}, bypass_csp=True
        ) as page,
    ):
        assert page.heard == [] and page.evaluate("document.documentElement.scrollWidth") <= 360
        assert Axe().run(page).violations_count == 0
        assert page.locator("svg desc").text_content().strip().endswith(".")


def test_the_page_tells_scenario_points_changes_and_data(tmp_path):
    """Oracle: what was asked for; the data of the figure are the points of the grid."""
    over = sweep.grid(TWO[:1], "previs", "contribution", changes={"previs.retakes": "3"})
    values = sweep.evaluate(over)
    page = BeautifulSoup(sweep_page.page(over, values, "Found <this>"), "html.parser")
    told = page.main.p.get_text()
    assert told.startswith("Scenario base: ") and "31 points in sweep.csv." in told
    assert "Changed: previs.retakes 3." in told
    assert "Found <this>" in page.figcaption.get_text()
    assert page.h1.get_text() == f"{over.study.title('previs')}: contribution"


def test_a_map_that_is_undefined_everywhere_is_empty_and_stands():
    over = sweep.grid(TWO, "previs", "contribution", changes={"previs.displaced_share": 0})
    values = sweep.evaluate(over)
    assert np.isnan(values).all()
    assert "<svg" in sweep_page.picture(over, values, "Nothing")
