"""The page on paper: what is opened, what is left out, how many sheets it takes."""

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
def printed(browser, path):
    """The page as it is when a browser is about to print it."""
    with opened(browser, path) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        yield page


def test_print_opens_what_is_folded_but_not_the_code(browser, sample_page):
    with printed(browser, sample_page) as page:
        assert page.locator("#evidence-tab-many").is_visible()
        assert page.locator("details.code, p button, input").filter(visible=True).count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not page.evaluate("document.querySelector('#evidence details').open")


def test_paper_leaves_out_what_nothing_leads_to_and_says_so(browser, sample_page):
    with printed(browser, sample_page) as page:
        assert page.locator("#evidence-source-C1").is_visible()
        assert not page.locator("#evidence-source-C2").is_visible()
        assert page.locator(".paper").is_visible()
        assert page.locator(".headed a, .numbers").filter(visible=True).count() == 0


def test_the_report_is_printed_on_a_sane_number_of_pages_and_cuts_no_chart(report):
    report.set_viewport_size(SHEET)
    report.emulate_media(media="print")
    tallest = max(report.locator("figure.plot").evaluate_all(HEIGHTS))
    report.emulate_media(media="null")
    counts = re.findall(rb"/Count (\d+)", report.pdf(prefer_css_page_size=True))
    assert 20 < max(map(int, counts)) <= 75 and 100 < tallest < SHEET["height"]
