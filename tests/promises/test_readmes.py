"""The READMEs: short, with links, paths and commands that lead somewhere.

Oracle: the files that there are, and the tests that they hold.
"""

import re
import runpy
import shlex

import pytest
from support import ROOT

FIGURES = runpy.run_path(str(ROOT / "tests" / "nightly" / "figures.py"))
READMES = sorted(
    path
    for folder in ("", "analysis", "analysis/inputs/data", "notebooks", "tests")
    for path in (ROOT / folder).glob("README.md")
)
GUARANTEES = [row["command"] for row in FIGURES["ROW"].finditer(FIGURES["README"].read_text())]


def test_the_first_readme_is_short_and_every_folder_that_a_person_enters_has_one():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
    assert len(READMES) == 5


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_paths_lead_to_what_is_there(readme):
    """Links are from the README's folder, paths from the project's; some a reader is to make."""
    text = readme.read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    paths = re.findall(r"`((?:analysis|notebooks|tests|reports/base)/[\w./-]*\w)`", text)
    made = set(re.findall(r"Create\s+`([^`]+)`", text))
    assert [link for link in links if not (readme.parent / link).exists()] == []
    assert [path for path in set(paths) - made if not (ROOT / path).exists()] == []


def test_every_guarantee_has_a_command_that_runs_something():
    assert len(GUARANTEES) > 10
    for command in GUARANTEES:
        words = shlex.split(command)
        files = [ROOT / word for word in words if word.startswith("tests/")]
        assert files and all(path.is_file() for path in files), command
        if "-k" in words:
            keyword = words[words.index("-k") + 1]
            named = re.compile(rf"def test_\w*{keyword}")
            assert any(named.search(path.read_text("utf-8")) for path in files), command


REPORT = """<testsuites><testsuite>
<testcase classname="tests.build.test_a" name="test_one"/>
<testcase classname="tests.build.test_a" name="test_two"><skipped/></testcase>
<testcase classname="tests.build.test_b" name="test_three"><failure/></testcase>
<testcase classname="tests.build.test_b" name="test_four">
<properties><property name="figure" value="7 of 7"/></properties></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    "command, figure",
    [
        ("python -m pytest tests/build/test_a.py", "1 tests pass"),
        ("python -m pytest tests/build/test_b.py", "1 of 2 tests fail"),
        ("python -m pytest tests/build/test_b.py -k four", "7 of 7"),
        ("python -m pytest -m slow tests/build/test_b.py", "-"),
        ("bash tests/nightly/with.sh tool==1 tests/nightly/branches.py", "9 of 10"),
        ("bash tests/nightly/pythons.sh", "-"),
    ],
)
def test_figures_are_those_of_the_last_runs(tmp_path, command, figure):
    (tmp_path / "tests.xml").write_text(REPORT)
    (tmp_path / "branches.txt").write_text("9 of 10\n")
    row = "| It holds | {} | `{}` |"
    table = FIGURES["updated"](row.format("-", command), tmp_path)
    assert table == row.format(figure, command)
