"""Which branches of analysis/ the tests take: in pytest's process, in commands, and in kernels.

    bash tests/nightly/with.sh coverage==7.17.3 tests/nightly/branches.py [ARGUMENT OF PYTEST ...]

Ends with status 1 where less than 95 % of the branches are taken, and names those that are not.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import ROOT, keep

LEAST = 95
SETTINGS = """
[run]
branch = true
parallel = true
source_pkgs = analysis
concurrency = thread, multiprocessing
patch = subprocess, _exit
data_file = {data}
disable_warnings = no-data-collected, module-not-measured, module-not-imported, couldnt-parse
[paths]
analysis =
    {root}/analysis
    */analysis
[report]
show_missing = true
skip_covered = true
exclude_also = if __name__ == .__main__.:
"""


def tested(folder: Path, arguments: list[str]) -> tuple[int, dict]:
    """Run the tests. Returns: their status, and what coverage counts in all."""
    settings, report = folder / "coverage.ini", folder / "report.json"
    settings.write_text(SETTINGS.format(data=folder / "data", root=ROOT))
    given = f"--rcfile={settings}"
    coverage = [sys.executable, "-m", "coverage"]
    pytest = [*coverage, "run", given, "-m", "pytest", "-q", *arguments]
    everywhere = {**os.environ, "COVERAGE_RCFILE": str(settings)}
    status = subprocess.run(pytest, cwd=ROOT, env=everywhere).returncode
    subprocess.run([*coverage, "combine", "-q", given], cwd=ROOT, check=True)
    subprocess.run([*coverage, "report", given], cwd=ROOT)
    subprocess.run([*coverage, "json", "-q", given, "-o", str(report)], cwd=ROOT, check=True)
    return status, json.loads(report.read_text())["totals"]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        status, totals = tested(Path(folder), sys.argv[1:])
    taken, branches = totals["covered_branches"], totals["num_branches"]
    share = 100 * taken / branches
    figure = f"{taken} of {branches} ({share:.1f} %)"
    print(f"branches taken: {figure}")
    keep("branches", figure)
    return status or int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
