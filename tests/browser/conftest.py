"""The page of tests/sample.py and the real one in a browser."""

import pytest
import sample
from browsing import WIDE, chromium, opened


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def sample_page(tmp_path_factory):
    return sample.written(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def report(browser, base_report):
    """The base report, opened once; a test leaves it as it was."""
    with opened(browser, base_report, viewport=WIDE, reduced_motion="reduce") as page:
        yield page
