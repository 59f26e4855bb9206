"""A real browser for tests: the system's Chromium through Playwright, which downloads nothing."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
VIOLATIONS = """async (rules) => {
    const found = await axe.run({ resultTypes: ["violations"], runOnly: rules });
    const places = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 200));
    return found.violations.map((one) => [one.id, places(one.nodes)]);
}"""


@contextmanager
def chromium():
    """A running Chromium. Where there is none the test is skipped, but fails under CI."""
    programs = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    path = next(filter(None, programs), None)
    if path is None:
        without = pytest.fail if os.environ.get("CI") else pytest.skip
        without("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


def beyond(url):
    """Whether an address leads out of the file."""
    return not url.startswith(("file:", "data:"))


@contextmanager
def opened(browser, path, **options):
    """A page with the file open; `page.heard` has its messages, errors and requests beyond it."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.heard = []
    page.on("console", lambda message: page.heard.append(message.text))
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on("request", lambda request: beyond(request.url) and page.heard.append(request.url))
    page.goto(path.as_uri())
    yield page
    context.close()


def violations(page) -> list:
    """What axe-core has against a page as it stands: WCAG 2.2 AA and best practices."""
    if not page.evaluate("'axe' in window"):
        (script,) = Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")
        page.evaluate(script.read_text("utf-8"))
    return page.evaluate(VIOLATIONS, RULES)
