"""Where reports stand: a folder each, completed in a hidden sibling and exchanged by two renames under a lock.

Nothing half-written is ever at a report's name, and what a killed build leaves is cleared by the next command.
"""

from __future__ import annotations

import fcntl
import html
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.build.request import REPORT_NAME, Request, Run


@contextmanager
def staging_folder(asked: Request) -> Iterator[Path]:
    """A hidden sibling to build in, locked for as long as its owner lives, gone when it fails."""
    asked.reports.mkdir(parents=True, exist_ok=True)
    with _locked(asked.reports):  # so that `recover` never meets it before it is locked
        folder = Path(tempfile.mkdtemp(prefix=f".{asked.name}.part-", dir=asked.reports))
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def _locked(reports: Path) -> Iterator[None]:
    descriptor = os.open(reports, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def publish(folder: Path, place: Path) -> None:
    """Put a finished folder in place by two renames; a kill between them is undone by `recover`."""
    old = place.parent / f".{place.name}.old"
    with _locked(place.parent):
        _undo(place.parent)
        if os.path.lexists(place):
            os.rename(place, old)
        os.rename(folder, place)
        _clear(old)


def _clear(path: Path) -> None:
    """Remove a folder, or a link and not what it leads to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def _undo(reports: Path) -> None:
    for old in reports.glob(".*.old"):
        place = reports / old.name[1 : -len(".old")]
        if os.path.lexists(place):
            _clear(old)
        else:
            os.rename(old, place)


def recover(reports: Path) -> None:
    """Undo an exchange that was cut short and clear what dead builds left."""
    if not reports.is_dir():
        return
    with _locked(reports):
        _undo(reports)
        for left in reports.glob(".index.html.part*"):
            left.unlink()
        for left in reports.glob(".*.part-*"):
            try:
                descriptor = os.open(left, os.O_RDONLY)
            except FileNotFoundError:  # its owner has just put it in place or away
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            except BlockingIOError:
                pass
            finally:
                os.close(descriptor)


def keep_failed(asked: Request, run: Run, text: str) -> str:
    """Keep a failed notebook beside the report, to look at. Returns: where, as the end of a message."""
    kept = asked.reports / f"{asked.name}.failed" / f"{run.key}.ipynb"
    try:
        if text:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(text, "utf-8")
            return f"; the failed notebook is {kept.parent.name}/{kept.name}"
    except OSError as error:
        shutil.rmtree(kept.parent, ignore_errors=True)
        return f"; the failed notebook could not be kept: {error.strerror}"
    return ""


def headline(study) -> list[str]:
    """The report's headline for the README: one line of text a segment named by the test that counts."""
    from analysis.show.prose import plain_text, say

    return [
        plain_text(
            say(
                study,
                "{title here}: a generated second earns {here/revenue_per_generated_second} and costs {here/full_cost_per_generated_second}; "
                "it is {claim covers_running_cost/here} that it covers its running cost, and {claim repays_acquisition/here} that it repays its acquisition.",
                s,
            )
        )
        for s in study.segments
    ]


def write_index(reports: Path) -> None:
    """The reports that stand there as a list of links, each with its scenario; base comes first."""
    from analysis.build.page import sheet

    with _locked(reports):
        places = [
            p.parent
            for p in reports.glob("*/provenance.json")
            if REPORT_NAME.fullmatch(p.parent.name)
        ]
        places.sort(key=lambda place: (place.name != "base", place.name))
        items = [
            f'<li><a href="{p.name}/report.html">{p.name}</a>{_scenario(p)}</li>' for p in places
        ]
        temporary = reports / ".index.html.part"
        temporary.write_text(sheet("Reports", f"<ul>{''.join(items)}</ul>"), "utf-8")
        os.replace(temporary, reports / "index.html")


def _scenario(place: Path) -> str:
    try:
        provenance = json.loads((place / "provenance.json").read_text("utf-8"))
        return f", scenario {html.escape(str(provenance['scenario']))}"
    except (OSError, ValueError, KeyError, TypeError):  # no build left it like that
        return ""


def update_readme(study, readme: Path) -> None:
    """Rewrite the marked block of the README with the headline of the base report."""
    text = readme.read_text("utf-8")
    block = "\n".join(f"- {line}" for line in headline(study))
    fresh = re.sub(
        r"(<!-- headline -->\n).*?(<!-- /headline -->)",
        lambda m: f"{m[1]}{block}\n{m[2]}",
        text,
        flags=re.DOTALL,
    )
    if fresh != text:
        readme.write_text(fresh, "utf-8")
