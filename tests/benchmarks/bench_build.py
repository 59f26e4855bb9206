"""How long a build takes, as ratios within one run: `python tests/benchmarks/bench_build.py [PAIRS]`.

By hand is `papermill` and `jupyter nbconvert` for one chapter after the other on the command line. Ordinary and forked kernels
alternate, so that other work on the machine hits both alike. CPU is user and system time of all processes, and steadier than wall time.
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
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ["build", "--quiet", "--name", "bench", "--reports"]
ORDINARY = "from analysis.build import kernels; kernels.start_server = lambda: False; from analysis.__main__ import main; raise SystemExit(main())"
BY_HAND = """
import json, subprocess, sys
from analysis.build import report
for run in report.request().runs:
    out = f"{sys.argv[1]}/{run.key}.ipynb"
    for command in (["papermill", run.notebook, out, "-y", json.dumps(dict(run.parameters)), "--no-progress-bar"], ["jupyter", "nbconvert", "--to", "html", out]):
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
"""


def measured(*command: str) -> tuple[float, float]:
    """Wall and CPU seconds of a command and of every process that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    wall = time.perf_counter() - start
    try:
        while True:
            os.waitpid(-1, 0)  # the server of kernels, which ends after the command
    except ChildProcessError:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{wall:.1f} s: {' '.join(command)[:60]!r}", file=sys.stderr, flush=True)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(pairs: int) -> None:
    """Measure and print."""
    ctypes.CDLL(None).prctl(
        36, 1
    )  # PR_SET_CHILD_SUBREAPER: processes left by a command are waited for here
    with tempfile.TemporaryDirectory() as folder:
        took = {
            "by hand": [],
            "ordinary kernels": [],
            "forked kernels": [],
            "nothing changed": [],
            "page anew": [],
        }
        for _ in range(pairs):
            for name, command in (
                ("ordinary kernels", ["-c", ORDINARY]),
                ("forked kernels", ["-m", "analysis"]),
            ):
                reports = Path(folder) / "reports"
                shutil.rmtree(reports, ignore_errors=True)
                took[name].append(measured(*command, *BUILD, str(reports)))
            took["nothing changed"].append(measured("-m", "analysis", *BUILD, str(reports)))
            (reports / "bench" / "report.html").unlink()
            took["page anew"].append(measured("-m", "analysis", *BUILD, str(reports)))
        took["by hand"].append(measured("-c", BY_HAND, folder))
    hand = took["by hand"][0]
    print(f"{'':18}{'wall s':>8}{'CPU s':>8}  by hand / it: wall, CPU")
    for name, times in took.items():
        wall, cpu = (statistics.median(column) for column in zip(*times))
        print(f"{name:18}{wall:8.1f}{cpu:8.1f}{hand[0] / wall:11.1f}{hand[1] / cpu:7.1f}")
    for what, i in (("wall", 0), ("CPU", 1)):
        ratios = [a[i] / b[i] for a, b in zip(took["ordinary kernels"], took["forked kernels"])]
        print(
            f"ordinary / forked kernels, {what}, pair by pair: {' '.join(f'{r:.2f}' for r in ratios)}; median {statistics.median(ratios):.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
