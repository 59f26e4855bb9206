"""The page on paper: chapters alone or the whole, what is left out, how many sheets it takes."""

import re
from contextlib import contextmanager

import pytest
from browsing import opened

pytestmark = pytest.mark.browser
SHEET = {
    "width": 665,
    "height": 979,
}  # A4 within its margins, 176 mm by 259 mm at 96 pixels an inch
HEIGHTS = "figures => figures.map((figure) => figure.getBoundingClientRect().height)"


@contextmanager
def printed(browser, path, whole=False):
    """The page as it is when a browser is about to print it."""
    with opened(browser, path) as page:
        page.evaluate("window.print = () => dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        if whole:
            page.evaluate("document.querySelector('button.whole').click()")
        else:
            page.evaluate("print()")
        yield page


def sheets(page):
    counts = re.findall(rb"/Count (\d+)", page.pdf(prefer_css_page_size=True))
    return max(map(int, counts))


def test_paper_has_the_chapters_and_neither_appendix_nor_code(browser, sample_page):
    with printed(browser, sample_page) as page:
        assert page.locator("#vertical-tv table").is_visible()
        assert not page.locator("#evidence, .divider, .wide .appendix").filter(visible=True).count()
        assert page.locator("details.code, p button, input").filter(visible=True).count() == 0
        assert page.locator(".headed a, .numbers, .onward").filter(visible=True).count() == 0
        assert page.locator("main details[open]").count() == 0


def test_the_whole_is_printed_on_request_with_its_folds_open_and_once(browser, sample_page):
    with printed(browser, sample_page, whole=True) as page:
        assert page.locator("#evidence-tab-many").is_visible()
        assert page.locator("#evidence-source-C2").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("main details[open]").count() == 0
        assert not page.locator("#evidence").is_visible()


def test_the_chapters_take_25_sheets_at_most_and_no_chart_is_cut(report):
    report.set_viewport_size(SHEET)
    report.emulate_media(media="print")
    tallest = max(report.locator(".chapter:not(.appendix) figure.plot").evaluate_all(HEIGHTS))
    report.emulate_media(media="null")
    assert 8 < sheets(report) <= 25 and 100 < tallest < SHEET["height"]
