"""Where reports stand: a folder each, completed in a hidden sibling, exchanged by two renames.

Nothing half-written is ever at a report's name; the next command clears what a killed build leaves.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def _locked(folder: Path, mode: int = 0) -> Iterator[None]:
    """Hold a folder. Raises: BlockingIOError where another does, with mode LOCK_NB."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | mode)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def staging_folder(place: Path) -> Iterator[Path]:
    """A hidden sibling to build in, locked for as long as its owner lives, gone when it fails."""
    reports = place.parent
    reports.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with _locked(reports):  # so that `recover` never meets it before it is locked
            folder = Path(tempfile.mkdtemp(prefix=f".{place.name}.part-", dir=reports))
            held.enter_context(_locked(folder))
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        yield folder


def publish(folder: Path, place: Path) -> None:
    """Put a finished folder in place; a kill between the two renames is undone by `recover`."""
    old = place.parent / f".{place.name}.old"
    with _locked(place.parent):
        _undo(place.parent)
        if os.path.lexists(place):
            os.rename(place, old)
        os.rename(folder, place)
        _clear(old)


def recover(reports: Path) -> None:
    """Undo an exchange that was cut short and clear what dead builds left."""
    if not reports.is_dir():
        return
    with _locked(reports):
        _undo(reports)
        for left in reports.glob(".*.part-*"):
            # its owner lives, or has just put it in place or away
            with suppress(FileNotFoundError, BlockingIOError), _locked(left, fcntl.LOCK_NB):
                shutil.rmtree(left, ignore_errors=True)


def _undo(reports: Path) -> None:
    for old in reports.glob(".*.old"):
        place = reports / old.name.removeprefix(".").removesuffix(".old")
        if os.path.lexists(place):
            _clear(old)
        else:
            os.rename(old, place)


def _clear(path: Path) -> None:
    """Remove a folder, or a link and not what it leads to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def keep_failed(place: Path, key: str, text: str) -> str:
    """Keep a failed notebook beside the report. Returns: where, as the end of a message."""
    folder = place.with_name(f"{place.name}.failed")
    if not text:
        return ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{key}.ipynb").write_text(text, "utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return f"; the failed notebook could not be kept: {error.strerror}"
    return f"; the failed notebook is {folder.name}/{key}.ipynb"


def update_readme(place: Path, readme: Path) -> None:
    """Write the verdict of a report, as its datapackage.json has it, between the README's marks."""
    verdict = json.loads((place / "datapackage.json").read_text("utf-8"))["description"]
    text = readme.read_text("utf-8")
    start = "<!-- headline -->\n"
    end = "<!-- /headline -->"
    before = text.split(start)[0]
    after = text.split(end)[-1]
    block = "".join(f"- {line}\n" for line in verdict.splitlines())
    fresh = f"{before}{start}{block}{end}{after}"
    if fresh != text:
        readme.write_text(fresh, "utf-8")
