"""What must not matter does not: rows' order, jobs, machine, user and moment; and doubled draws move a probability by chance alone.

The oracles: equal bytes, and the binomial distribution.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import ROOT, run

from analysis.findings.claims import claims
from analysis.findings.study import Study
from analysis.inputs.assumptions import read_scenario, resolve
from analysis.inputs.tables import Tables
from analysis.show import tables
from analysis.show.chapter import open_chapter
from analysis.show.prose import claims_table

SETTINGS = {  # of a user who has set things up otherwise
    ".config/matplotlib/matplotlibrc": "lines.linewidth: 9\nfont.size: 30\naxes.formatter.use_locale: True\nsvg.hashsalt: mine\n",
    ".ipython/profile_default/startup/00-mine.py": "import pandas\npandas.options.display.precision = 1\nprint('mine')\n",
    ".ipython/profile_default/ipython_config.py": "get_config().InteractiveShell.ast_node_interactivity = 'last_expr_or_assign'\n",
    ".local/share/jupyter/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "Mine", "language": "mine"}',
    "startup.py": "raise SystemExit\n",
    ".jupyter/jupyter_nbconvert_config.py": "get_config().TemplateExporter.exclude_markdown = True\n",
}


def digest(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_two_places_days_users_and_numbers_of_jobs_make_the_same_bytes(small, tmp_path):
    """The second build: elsewhere, one chapter at a time, on another day of the month, by another user who has set things up otherwise."""
    (small / "notebooks" / "04-vertical.ipynb").unlink()
    shutil.copy(ROOT / "notebooks" / "02-cost.ipynb", small / "notebooks")
    first = run(
        small, "build", "--draws", "100", "--name", "one", TZ="WEST+12"
    )  # 26 hours between the zones: the days always differ
    assert first.returncode == 0, first.stderr
    elsewhere, home = tmp_path / "else where", tmp_path / "home"
    shutil.copytree(small, elsewhere, ignore=shutil.ignore_patterns("reports"))
    for name, text in SETTINGS.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    other = [
        "unshare",
        "--user",
        "--map-user=65534",
        "--map-group=65534",
    ]  # for the program its user is nobody, and so are its files
    prefix = (
        other
        if shutil.which("unshare")
        and subprocess.run([*other, "true"], capture_output=True).returncode == 0
        else []
    )
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(elsewhere),
        "HOME": str(home),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "USER": "nobody",
        "LOGNAME": "nobody",
        "TZ": "EAST-14",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "OMP_NUM_THREADS": "1",
    }
    command = [
        *prefix,
        sys.executable,
        "-m",
        "analysis",
        "build",
        "--draws",
        "100",
        "--name",
        "one",
        "--jobs",
        "1",
    ]
    second = subprocess.run(
        command, cwd=elsewhere, env=settings, text=True, capture_output=True, timeout=300
    )
    assert second.returncode == 0, second.stderr
    one, two = digest(small / "reports" / "one"), digest(elsewhere / "reports" / "one")
    assert one == two and len(one) == 5 + 2


CHILD = """import sys
from analysis.show.chapter import open_chapter
from analysis.show.prose import claims_table
study = open_chapter(draws=200)
for table in (study.results, claims_table(study)):
    sys.stdout.write(table.to_csv(index=False, lineterminator=chr(10), float_format="%.12g"))
"""


def test_the_machine_is_no_input(tmp_path):
    """Another folder to work in, zone, locale, hash seed, number of threads: the same results and claims, byte for byte."""
    here = open_chapter(draws=200)
    written = "".join(
        t.to_csv(index=False, lineterminator="\n", float_format="%.12g")
        for t in (here.results, claims_table(here))
    )
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "TZ": "EAST-14",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONHASHSEED": "7",
        "OMP_NUM_THREADS": "1",
    }
    child = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=tmp_path, env=settings, capture_output=True, timeout=120
    )
    assert child.stdout.decode() == written and len(written) > 20_000, child.stderr.decode()[-400:]


def test_the_order_of_rows_is_no_input(tables):
    """Every table but segments.csv turned upside down, then shuffled: every number to the twelfth digit, every word of every claim."""

    def told(book):
        study = Study(resolve(book), read_scenario("base"), 200)
        return study.results.set_index(["segment", "metric", "detail"]).sort_index(), claims_table(
            study
        )

    results, words = told(tables)
    others = [name for name in Tables.__dataclass_fields__ if name != "segments"]
    for turned in (lambda t: t[::-1], lambda t: t.sample(frac=1, random_state=1)):
        moved = replace(
            tables,
            **{name: turned(getattr(tables, name)).reset_index(drop=True) for name in others},
        )
        assert not moved.assumptions.equals(tables.assumptions)
        fresh, said = told(moved)
        pd.testing.assert_frame_equal(fresh, results, rtol=1e-12, atol=0)
        assert said.equals(words)


DRAWS, SEEDS = 4096, (2026, 1, 2)  # chosen before any of them was looked at


@pytest.mark.parametrize("seed", SEEDS)
def test_twice_the_draws_move_a_probability_by_chance_alone(seed):
    """The first half of the draws is the same, so q - p is half the difference of two independent halves: its variance is p (1 - p) / 2n.

    By that scale no probability moves by three, and all together they move by about one: a wrong scale would fail as well.
    """
    once, twice = (open_chapter(draws=n, seed=seed) for n in (DRAWS, 2 * DRAWS))
    stats = ("probability", "probability_flat")
    p, q = (
        np.array([[getattr(claim, stat) for stat in stats] for claim in claims(study)]).ravel()
        for study in (once, twice)
    )
    true = (q * 2 * DRAWS + 1) / (2 * DRAWS + 2)  # never quite 0 or 1
    moved = (q - p) / np.sqrt(true * (1 - true) / (2 * DRAWS))
    assert len(moved) > 50 and np.abs(moved).max() < 3 and 0.6 < np.sqrt(np.mean(moved**2)) < 1.4


def test_the_report_states_its_monte_carlo_error():
    """sqrt(p (1 - p) / n) is 0.05 for one half of 100 draws and 0.025 of 400."""
    for draws, said in ((100, "5 %"), (400, "2.5 %")):
        assert (
            f"<td>{said}</td>"
            in tables.provenance(open_chapter(draws=draws)).split("Monte Carlo error")[1]
        )


def test_every_result_has_a_unit_of_the_tables(study, tables):
    """Every row of the results names a unit of units.csv, the same for all rows of a metric unless it is a value of other quantities."""
    assert set(study.results["unit"]) <= set(tables.units["unit"])
    several = study.results.groupby("metric")["unit"].nunique().loc[lambda n: n > 1].index
    assert set(several) <= {"break_even", "backtest", "backtest_reported"}, several
