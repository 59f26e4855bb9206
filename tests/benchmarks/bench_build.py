"""How long a build takes, as ratios within one run: `python tests/benchmarks/bench_build.py [N]`.

By hand is `papermill` and `jupyter nbconvert` for one chapter after the other on the command line.
Ordinary and forked kernels alternate N times, so that other work on the machine hits both alike.
CPU is user and system time of all processes, and steadier than wall time.
"""

import ctypes
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BUILD = ["build", "--quiet", "--name", "bench", "--reports"]
FORKED = ["-m", "analysis"]
ORDINARY = """
from analysis.build import kernels
kernels.start_server = lambda code: False
from analysis.commands.command_line import main
raise SystemExit(main())
"""
BY_HAND = """
import json, subprocess, sys
from analysis.build import report
for run in report.request().runs:
    out = f"{sys.argv[1]}/{run.key}.ipynb"
    parameters = ["-y", json.dumps(dict(run.parameters)), "--no-progress-bar"]
    papermill = ["papermill", run.notebook, out, *parameters]
    nbconvert = ["jupyter", "nbconvert", "--to", "html", out]
    for command in (papermill, nbconvert):
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
"""


class Took(NamedTuple):
    """Seconds of a command and of every process that it starts."""

    wall: float
    cpu: float


def used() -> float:
    """Seconds of the processor that ended children have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measured(*command: str) -> Took:
    """Run a command of this Python and wait for all that it starts."""
    for kept in (ROOT / "reports" / ".cache").glob("study-*"):  # what another build computed
        kept.unlink()
    before, start = used(), time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, env=environment)
    wall = time.perf_counter() - start
    try:
        while True:
            os.waitpid(-1, 0)  # the server of kernels, which ends after the command
    except ChildProcessError:
        took = Took(wall, used() - before)
    print(f"{wall:.1f} s: {' '.join(command)[:60]!r}", file=sys.stderr, flush=True)
    return took


def timed(pairs: int, folder: Path) -> dict[str, list[Took]]:
    """Every kind of build so many times, and once by hand."""
    took = defaultdict(list)
    took["by hand"].append(measured("-c", BY_HAND, str(folder)))
    reports = folder / "reports"
    build = [*BUILD, str(reports)]
    for _ in range(pairs):
        for name, command in (("ordinary kernels", ["-c", ORDINARY]), ("forked kernels", FORKED)):
            shutil.rmtree(reports, ignore_errors=True)
            took[name].append(measured(*command, *build))
        took["nothing changed"].append(measured(*FORKED, *build))
        (reports / "bench" / "report.html").unlink()
        took["page anew"].append(measured(*FORKED, *build))
    return took


def table(took: dict[str, list[Took]]) -> None:
    """Print medians, and how many times as long it takes by hand."""
    (hand,) = took["by hand"]
    print(f"{'':18}{'wall s':>8}{'CPU s':>8}  by hand / it: wall, CPU")
    for name, times in took.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:18}{wall:8.1f}{cpu:8.1f}{hand.wall / wall:11.1f}{hand.cpu / cpu:7.1f}")
    pairs = list(zip(took["ordinary kernels"], took["forked kernels"], strict=True))
    for what in Took._fields:
        ratios = [getattr(a, what) / getattr(b, what) for a, b in pairs]
        said = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"ordinary / forked kernels, {what}: {said}; median {statistics.median(ratios):.2f}")


def main(pairs: int) -> None:
    """Measure and print."""
    adopt = 36  # PR_SET_CHILD_SUBREAPER: processes left by a command are waited for here
    ctypes.CDLL(None).prctl(adopt, 1)
    with tempfile.TemporaryDirectory() as folder:
        table(timed(pairs, Path(folder)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
