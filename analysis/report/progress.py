"""Progress of a build: a bar with the time left where a person looks on, plain lines where not, nothing when quiet."""
from __future__ import annotations

import shutil
import sys


class Progress:
    """What is told of one report while its chapters run; called as `build` calls its `tell`."""

    def __init__(self, name: str, quiet: bool = False):
        self.name, self.quiet, self.bar = name, quiet, None

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from tqdm import tqdm

            size = {"ncols": shutil.get_terminal_size().columns, "nrows": 2}  # left to tqdm, a terminal without a size shows no bar
            self.bar = tqdm(desc=self.name, file=sys.stderr, leave=False, **size,
                            bar_format="{desc}: {bar} {n_fmt}/{total_fmt} chapters, {remaining} left{postfix}")
        elif not self.quiet:
            print(f"building {self.name}", file=sys.stderr, flush=True)
        return self

    def __call__(self, title: str, done: int, of: int, ran: bool) -> None:
        if self.bar is not None:
            self.bar.total = of
            self.bar.initial += not ran  # what came at once says nothing about the time left
            self.bar.set_postfix_str(title, refresh=False)
            self.bar.update()
        elif not self.quiet:
            print(f"  {done}/{of} {title}{'' if ran else ' (unchanged)'}", file=sys.stderr, flush=True)

    def __exit__(self, *problem) -> None:
        if self.bar is not None:
            self.bar.close()
