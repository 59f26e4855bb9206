"""Reports in place: completed aside, exchanged at once, mended after a kill, listed."""

import fcntl
import json
import os

import pytest
from bs4 import BeautifulSoup
from support import ROOT

from analysis.build import report
from analysis.build.publish import keep_failed, publish, recover, staging_folder


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def made(folder, text):
    folder.mkdir(parents=True)
    (folder / "report.html").write_text(text)
    return folder


def test_a_folder_takes_the_place_of_the_one_before_and_nothing_else_is_left(tmp_path):
    place = tmp_path / "reports" / "x"
    for text in ("first", "second"):
        with staging_folder(place) as folder:
            (folder / "report.html").write_text(text)
            assert not place.exists() or place.joinpath("report.html").read_text() == "first"
            publish(folder, place)
        assert place.joinpath("report.html").read_text() == text
    assert names(tmp_path / "reports") == ["x"] and names(place) == ["report.html"]
    assert place.stat().st_mode & 0o777 == 0o755


def test_a_build_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), staging_folder(tmp_path / "x") as folder:
        (folder / "half").write_text("")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_folder_gives_way_and_what_a_link_leads_to_stays(tmp_path, kind):
    elsewhere, place = made(tmp_path / "elsewhere", "kept"), tmp_path / "reports" / "x"
    place.parent.mkdir()
    if kind == "file":
        place.write_text("")
    else:
        place.symlink_to(elsewhere)
    with staging_folder(place) as folder:
        publish(folder, place)
    assert names(place.parent) == ["x"] and place.is_dir() and not place.is_symlink()
    assert (elsewhere / "report.html").read_text() == "kept"


def test_an_exchange_cut_short_is_undone(tmp_path):
    """What a kill between the two renames leaves: the earlier report aside, a part of nobody."""
    for name in (".x.old", ".x.part-dead"):
        made(tmp_path / name, name)
    recover(tmp_path)
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x" / "report.html").read_text() == ".x.old"


def test_an_exchange_that_was_done_is_cleared(tmp_path):
    made(tmp_path / "x", "new"), made(tmp_path / ".x.old", "old")
    recover(tmp_path)
    assert names(tmp_path) == ["x"] and (tmp_path / "x" / "report.html").read_text() == "new"
    recover(tmp_path / "nowhere")


def test_a_part_that_is_being_built_is_left_alone(tmp_path):
    part = made(tmp_path / ".x.part-busy", "")
    descriptor = os.open(part, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    recover(tmp_path)
    assert part.exists()
    os.close(descriptor)
    recover(tmp_path)
    assert not part.exists()


def test_a_failed_notebook_is_kept_beside_its_report(tmp_path):
    said = keep_failed(tmp_path / "x", "one", "{}")
    assert said == "; the failed notebook is x.failed/one.ipynb"
    assert (tmp_path / "x.failed" / "one.ipynb").read_text() == "{}"
    assert keep_failed(tmp_path / "y", "one", "") == "" and names(tmp_path) == ["x.failed"]
    (tmp_path / "z.failed").write_text("in the way")
    assert "could not be kept: File exists" in keep_failed(tmp_path / "z", "one", "{}")


def test_the_verdict_is_written_between_the_marks_of_the_readme(tmp_path):
    made(tmp_path / "base", "")
    told = {"description": "It pays.\nIt does not."}
    (tmp_path / "base" / "datapackage.json").write_text(json.dumps(told))
    readme = tmp_path / "README.md"
    readme.write_text("Before.\n<!-- headline -->\nold\n<!-- /headline -->\nAfter.\n")
    report.update_readme(tmp_path / "base", readme)
    block = "<!-- headline -->\n- It pays.\n- It does not.\n<!-- /headline -->"
    assert readme.read_text() == f"Before.\n{block}\nAfter.\n"


def test_the_readme_says_what_the_base_report_says(base_build, tmp_path):
    """The oracle is the verdict on the page of the base build, as a parser reads it."""
    standing = (ROOT / "README.md").read_text("utf-8")
    page = BeautifulSoup((base_build / "report.html").read_text("utf-8"), "html.parser")
    lines = [" ".join(p.get_text().split()) for p in page.select(".verdict p")]
    assert len(lines) > 3 and all(f"\n- {line}\n" in standing for line in lines)
