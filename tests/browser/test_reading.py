"""The page in a browser: read, pointed at, sorted, by mouse, by keyboard, without scripts."""

import csv
import itertools

import pytest
from browsing import NARROW, WIDE, opened, violations
from sample import VALUES

from analysis.show.numbers import format_quantity

pytestmark = pytest.mark.browser
NOTED = {
    "input": ["gpu_price", "judgement", "Rent", "A publisher, 2026-01 (press)", "Because."],
    "result": [
        *("what a customer pays", "$2", "USD/customer-month", "$1 to $3", "$1.50"),
        *("seconds x price", "segment tv, metric revenue, column value"),
    ],
}
MARK_STOPS = """() => {
    const controls = ":is(button, input, select, textarea):enabled";
    const found = document.querySelectorAll(`a[href], ${controls}, summary, [tabindex='0']`);
    const seen = [...found].filter((element) => element.checkVisibility());
    return seen.map((element, i) => { element.dataset.stop = i; return i; });
}"""
STOP = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0;
    const visible = element.checkVisibility({ opacityProperty: true });
    return [Number(element.dataset.stop), visible && outlined && inside];
}"""
STUCK = "tags => tags.filter((t) => /sticky|fixed/.test(getComputedStyle(t).position)).length"
BODY_COLOUR = "getComputedStyle(document.body).backgroundColor"
OPEN_ALL = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
IS_FOCUSED = "element => element === document.activeElement"


def open_appendix(page):
    page.locator("summary").get_by_text("Open this part").click()


def is_quiet_and_fits(page, size):
    page.set_viewport_size(size)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)
    assert page.heard == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def shows_the_verdict_first(page, size):
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    verdict = page.locator(".verdict p").first.bounding_box()
    assert verdict["y"] + verdict["height"] < size["height"]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_report_is_quiet_fits_and_shows_the_verdict_first(report, size):
    is_quiet_and_fits(report, size)
    shows_the_verdict_first(report, size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_any_page_is_quiet_fits_and_shows_the_verdict_first(browser, sample_page, size):
    with opened(browser, sample_page) as page:
        is_quiet_and_fits(page, size)
        shows_the_verdict_first(page, size)


def test_svg_is_read_as_it_was_written(browser, sample_page):
    """Oracle: the browser, which gives names in SVG their case back, as HTML's rules say."""
    with opened(browser, sample_page) as page:
        svg = page.locator("figure.plot svg").first
        assert svg.evaluate("svg => svg.viewBox.baseVal.width") == 360
        assert svg.evaluate("svg => svg.querySelector('clipPath') instanceof SVGClipPathElement")


def test_the_theme_is_toggled_and_remembered(browser, sample_page):
    with opened(browser, sample_page, color_scheme="light") as page:
        button = page.locator("button.theme")

        def state():
            return button.get_attribute("aria-pressed"), page.evaluate(BODY_COLOUR)

        light = state()
        button.click()
        dark = state()
        assert (light[0], dark[0]) == ("false", "true") and light[1] != dark[1]
        page.reload()
        assert state() == dark
        button.click()
        assert state() == light


def test_the_contents_follow_the_reader(browser, sample_page):
    with opened(browser, sample_page, viewport=WIDE, reduced_motion="reduce") as page:
        current = page.locator(".wide [aria-current]")
        assert current.get_attribute("href") == "#summary"
        page.locator(".wide a[href='#vertical-tv']").click()
        page.locator(".wide a[href='#vertical-tv'][aria-current]").wait_for()
        assert current.count() == 1


def test_the_appendix_is_opened_by_a_button_a_link_or_an_address(browser, sample_page):
    def is_open(page):
        return page.locator("#evidence > .fold").evaluate("fold => fold.open")

    with opened(browser, sample_page, reduced_motion="reduce") as page:
        row = page.locator("#evidence-tab-many tbody tr").first
        assert not is_open(page) and not row.is_visible()
        page.locator(".wide a[href='#evidence']").click()
        assert not is_open(page)  # its heading stands outside
        button = page.get_by_role("button", name="Open all of it")
        button.click()
        assert is_open(page) and button.get_attribute("aria-pressed") == "true"
        button.click()
        assert not is_open(page)
        page.evaluate("location.hash = '#evidence-tab-worked-tv'")
        page.locator("#evidence-tab-worked-tv").wait_for(state="visible")
        assert is_open(page)
    with opened(browser, sample_page) as page:
        page.goto(f"{sample_page.as_uri()}#evidence-source-C1")
        page.reload()
        assert page.locator("#evidence-source-C1").is_visible()


def test_a_phone_has_every_part_in_its_contents_and_a_way_back_to_them(browser, sample_page):
    with opened(browser, sample_page, viewport=NARROW, reduced_motion="reduce") as page:
        page.locator("#vertical").get_by_role("link", name="Contents").click()
        listed = page.locator(".narrow nav a").filter(visible=True)
        assert listed.count() == page.locator(".wide a").count()
        seen = page.locator("body :not(caption, th)").filter(visible=True)
        assert not seen.evaluate_all(STUCK)
        page.locator(".narrow a[href='#vertical-tv']").click()
        assert page.locator("#vertical-tv-title").is_visible()


def test_without_scripts_and_network_everything_can_be_read(browser, sample_page):
    with opened(browser, sample_page, java_script_enabled=False, offline=True) as page:
        assert page.locator(".wide a[href='#vertical-tv']").is_visible()
        assert page.locator("#vertical-tv table").is_visible()
        assert page.locator("button, input").filter(visible=True).count() == 0
        page.locator(".verdict a.input").click()
        assert page.locator("#evidence-assumption-gpu_price").is_visible()


def test_a_note_tells_the_source_and_gives_the_focus_back(browser, sample_page):
    with opened(browser, sample_page, reduced_motion="reduce") as page:
        note, link = page.get_by_role("dialog"), page.locator(".verdict a.input")
        link.press("Enter")
        assert all(word in note.inner_text() for word in NOTED["input"])
        assert note.locator("a[href='https://example.org/rent']").is_visible()
        box = note.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1280
        assert box["y"] >= 0 and box["y"] + box["height"] <= 720
        page.keyboard.press("Escape")
        assert not note.is_visible() and link.evaluate(IS_FOCUSED)
        link.click()
        note.get_by_text("Its row among").click()
        assert not note.is_visible() and page.locator("#evidence-assumption-gpu_price").is_visible()
        page.go_back()
        assert page.url.endswith("report.html") and page.heard == []


def test_a_note_on_a_computed_number_comes_by_mouse_and_by_keyboard(browser, sample_page):
    with opened(browser, sample_page, reduced_motion="reduce") as page:
        note, number = page.get_by_role("dialog"), page.locator(".brought data")
        button = page.locator(".brought + button")
        for open_note in (number.click, lambda: button.press("Enter")):
            open_note()
            assert all(word in note.inner_text() for word in NOTED["result"])
            page.keyboard.press("Escape")
        assert not note.is_visible() and button.evaluate(IS_FOCUSED)
        page.locator("#vertical-tv p data").click()
        assert "claim pays, subject tv, column probability" in note.inner_text()
        page.keyboard.press("Escape")
        number.click()
        note.get_by_role("link", name="line by line").click()
        assert not note.is_visible() and page.heard == []
        assert page.locator(":target").inner_text().startswith("revenue")


@pytest.mark.parametrize("key", ["consumer/running_cost/", "all/standard_cost_per_second/"])
def test_the_report_tells_of_each_computed_number(report, base_build, key):
    """Oracle: the row of results.csv; one number of a segment, one that all share."""
    report.locator(f"main p data[data-result='{key}']").first.click()
    text = report.get_by_role("dialog").inner_text()
    with open(base_build / "results.csv", encoding="utf-8", newline="") as file:
        rows = {"/".join([r["segment"], r["metric"], r["detail"]]): r for r in csv.DictReader(file)}
    row = rows[key]
    low, middle, high = (format_quantity(float(row[s]), row["unit"]) for s in ("p05", "p50", "p95"))
    assert f"{low} to {high}" in text and middle in text and "(glossary)" in text
    report.keyboard.press("Escape")


def test_long_tables_are_sorted(browser, sample_page):
    """Oracle: the values sorted by Python; what is no number comes last."""
    with opened(browser, sample_page) as page:
        open_appendix(page)
        page.locator("summary").get_by_text("Many rows").click()
        figure = page.locator("#evidence-tab-many")

        def shown():
            rows = "rows => rows.map((row) => row.cells[1].dataset.value)"
            return [float(v or "nan") for v in figure.locator("tbody tr").evaluate_all(rows)]

        head, button = figure.locator("th").nth(1), figure.locator("thead button").nth(1)
        rising = sorted(VALUES[:1] + VALUES[2:])
        for state, expected in (("ascending", rising), ("descending", rising[::-1])):
            button.press("Enter")
            assert head.get_attribute("aria-sort") == state
            assert shown()[:-1] == expected and shown()[-1] != shown()[-1]
        button.press("Space")
        assert head.get_attribute("aria-sort") is None and shown()[2:] == VALUES[2:]


def test_long_tables_are_searched_and_taken_away(browser, sample_page):
    """Oracle: Python's own reader of CSV, and the numbers that the table was made of."""
    with opened(browser, sample_page) as page:
        open_appendix(page)
        page.locator("summary").get_by_text("Many rows").click()
        figure = page.locator("#evidence-tab-many")
        figure.get_by_label("Search").fill("ROW 29")
        assert figure.locator("tbody tr").filter(visible=True).count() == 1
        assert "1 of 30" in figure.locator("output").inner_text()
        with page.expect_download() as taken:
            figure.get_by_role("button", name="Data (CSV)").click()
        with open(taken.value.path(), encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        assert head == ["Name", "Size (m)", "Likelihood", "Likelihood, probability", "Given"]
        assert rows[0] == ['=row 0, "0"', "3", "likely (50 %)", "0.5", "2.5"] and len(rows) == 30
        assert [row[1] for row in rows[1:4]] == ["", "10000000", "-2"]
        assert [heard for heard in page.heard if not heard.startswith("blob:")] == []


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize(
    "which", ["sample_page", pytest.param("base_report", marks=pytest.mark.slow)]
)
def test_everything_is_reached_by_keyboard_with_visible_focus(browser, request, which, width):
    path, size = request.getfixturevalue(which), {"width": width, "height": 800}
    with opened(browser, path, viewport=size, reduced_motion="reduce") as page:
        for wanted in page.evaluate(MARK_STOPS):
            page.keyboard.press("Tab")
            stop, seen = page.evaluate(STOP)
            assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            assert stop == wanted


@pytest.mark.parametrize("folded", [True, False])
def test_no_accessibility_violation(browser, sample_page, folded):
    with opened(browser, sample_page) as page:
        if not folded:
            page.evaluate(OPEN_ALL)
        for size, scheme in itertools.product((WIDE, NARROW), ("light", "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.locator(".verdict a.input").press("Enter")
            assert violations(page) == [], (size, scheme)
            page.keyboard.press("Escape")
        page.locator(".brought + button").press("Enter")
        assert page.get_by_role("dialog").is_visible() and violations(page) == []


def test_no_accessibility_violation_in_the_report(report):
    """What is folded away, hundreds of rows alike, is opened in the sample and in the slow test."""
    report.set_viewport_size(NARROW)
    report.emulate_media(color_scheme="dark")
    assert violations(report) == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation_in_the_report_with_all_of_it_open(
    browser, base_report, size, scheme
):
    with opened(browser, base_report, viewport=size, color_scheme=scheme) as page:
        page.evaluate(OPEN_ALL)
        page.locator(".whatif input[type=text]").first.press("ArrowUp")
        page.locator(".verdict data[data-result]").first.click()
        assert violations(page) == []
