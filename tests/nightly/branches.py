"""Which branches of analysis/ the tests take: in pytest's own process, in commands that tests start, and in kernels.

    bash tests/nightly/with.sh coverage==7.17.3 tests/nightly/branches.py [ARGUMENT OF PYTEST ...]

Ends with status 1 where less than 95 % of the branches are taken, and names those that are not.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
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


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "coverage.ini"
        settings.write_text(SETTINGS.format(data=Path(folder) / "data", root=ROOT))
        coverage = [sys.executable, "-m", "coverage"]
        given = f"--rcfile={settings}"
        tested = subprocess.run(
            [*coverage, "run", given, "-m", "pytest", "-q", *sys.argv[1:]],
            cwd=ROOT,
            env={**os.environ, "COVERAGE_RCFILE": str(settings)},
        )
        subprocess.run([*coverage, "combine", "-q", given], cwd=ROOT, check=True)
        subprocess.run([*coverage, "report", given], cwd=ROOT)
        report = Path(folder) / "report.json"
        subprocess.run([*coverage, "json", "-q", given, "-o", str(report)], cwd=ROOT, check=True)
        import json

        totals = json.loads(report.read_text())["totals"]
    taken = 100 * totals["covered_branches"] / totals["num_branches"]
    print(
        f"branches taken: {totals['covered_branches']} of {totals['num_branches']} ({taken:.1f} %); lines: "
        f"{totals['covered_lines']} of {totals['num_statements']} ({100 * totals['covered_lines'] / totals['num_statements']:.1f} %)"
    )
    return tested.returncode or int(taken < LEAST)


if __name__ == "__main__":
    sys.exit(main())
