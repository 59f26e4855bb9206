"""A real browser for tests: the system's Chromium through Playwright, which downloads nothing."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium():
    """A running Chromium. Where there is none the test is skipped, but fails under CI."""
    path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@contextmanager
def opened(browser, path, **options):
    """A page of its own with the file open; `page.heard` lists every console message, error and request beyond the file."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.heard = []
    page.on("console", lambda message: page.heard.append(message.text))
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on(
        "request",
        lambda request: (
            page.heard.append(request.url)
            if not request.url.startswith(("file:", "data:"))
            else None
        ),
    )
    page.goto(path.as_uri())
    yield page
    context.close()


def violations(page) -> list:
    """What axe-core has against a page as it stands: WCAG 2.2 AA and best practices. The script is handed over once a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(
            next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
        )
    return page.evaluate(
        """async (rules) => (await axe.run({ resultTypes: ["violations"], runOnly: rules })).violations.map(
        (found) => [found.id, found.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))])""",
        RULES,
    )
