"""The page of tests/sample.py, the real one, and notebooks made of sources."""

import nbformat
import pytest
import sample as sampled

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture(scope="module")
def sample():
    return sampled.chapters()


@pytest.fixture(scope="module")
def sample_page(tmp_path_factory):
    return sampled.written(tmp_path_factory.mktemp("page"))


@pytest.fixture(params=["sample_page", "base_report"])
def report_page(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def notebook():
    """Makes a notebook of code cells, as text."""

    def made(*sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        metadata = {"kernelspec": KERNEL}
        return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata))

    return made
