"""What need not be made again, as JSON by name.

An entry comes by a rename, so writers do not meet. Nothing is dropped: `make clean` empties it.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path


class Cache:
    """A folder of texts by name; one that cannot be written is no error."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, name: str) -> str | None:
        """The JSON kept under a name, as text, or None where none is kept that parses."""
        try:
            text = (self.folder / name).read_text("utf-8")
            json.loads(text)
        except (OSError, ValueError):
            return None
        return text

    def put(self, name: str, text: str) -> None:
        """Keep a text."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".", dir=self.folder) as part:
                whole = Path(part) / name
                whole.write_text(text, "utf-8")
                whole.replace(self.folder / name)
