"""Executed chapters that need not be run again, and what a report in place consists of.

An entry is a file whose first line is the hash of the rest. It comes by a rename, so writers do not meet; what is
damaged counts as absent, and a cache that cannot be written is no error.
"""
from __future__ import annotations

import os
import tempfile
from pathlib import Path

from analysis.report.provenance import digest

LARGEST = 256 * 2**20  # bytes; some hundred builds of the base report


class Cache:
    """A folder of texts by name."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, name: str) -> str | None:
        """The text kept under a name, or None."""
        path = self.folder / name
        try:
            checked, _, text = path.read_text("utf-8").partition("\n")
            os.utime(path)  # so that what is used stays longest
        except (OSError, UnicodeError):
            return None
        return text if checked == digest(text) else None

    def put(self, name: str, text: str) -> None:
        """Keep a text, and drop what was used longest ago once there is too much."""
        part = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(prefix=".", dir=self.folder)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(f"{digest(text)}\n{text}")
            os.replace(part, self.folder / name)
            entries = [(e.stat(), e) for e in list(self.folder.iterdir())]
            size = sum(stat.st_size for stat, _ in entries)
            for stat, entry in sorted(entries, key=lambda e: e[0].st_mtime):
                if size > LARGEST:
                    entry.unlink(missing_ok=True)
                    size -= stat.st_size
        except OSError:  # a full disk, or another writer's part is gone while it is counted
            if part:
                Path(part).unlink(missing_ok=True)
