"""What must not matter does not: rows' order, jobs, machine, user, moment; and draws do by chance.

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
from support import ROOT, run, succeeded

from analysis.findings.claims import claims
from analysis.findings.study import Study
from analysis.inputs.assumptions import resolve
from analysis.inputs.scenarios import read_scenario
from analysis.inputs.tables import Tables
from analysis.show import tables as shown
from analysis.show.chapter import open_chapter
from analysis.show.prose import claims_table

KERNEL = '{"argv": ["false"], "display_name": "Mine", "language": "mine"}'
LAST_EXPRESSION = "get_config().InteractiveShell.ast_node_interactivity = 'last_expr_or_assign'\n"
NO_MARKDOWN = "get_config().TemplateExporter.exclude_markdown = True\n"
PRECISION = "import pandas\npandas.options.display.precision = 1\nprint('mine')\n"
STYLE = "lines.linewidth: 9\nfont.size: 30\naxes.formatter.use_locale: True\nsvg.hashsalt: mine\n"
HOME = {  # of a user who has set things up otherwise
    ".config/matplotlib/matplotlibrc": STYLE,
    ".ipython/profile_default/startup/00-mine.py": PRECISION,
    ".ipython/profile_default/ipython_config.py": LAST_EXPRESSION,
    ".local/share/jupyter/kernels/python3/kernel.json": KERNEL,
    "startup.py": "raise SystemExit\n",
    ".jupyter/jupyter_nbconvert_config.py": NO_MARKDOWN,
}
# Which kernels OpenBLAS takes is the processor's affair: across processors numbers agree to 1e-6.
ARITHMETIC = {name: os.environ[name] for name in os.environ if name.startswith("OPENBLAS_")}
ELSEWHERE = ARITHMETIC | {  # of a machine that is set up otherwise
    "PATH": os.environ["PATH"],
    "TZ": "EAST-14",
    "LC_ALL": "C",
    "PYTHONHASHSEED": "7",
    "OMP_NUM_THREADS": "1",
}
# For the program its user is nobody then, and so are its files.
AS_NOBODY = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]


def digest(folder):
    """Every file of a folder with the hash of its bytes."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return dict(zip([str(path.relative_to(folder)) for path in files], hashes, strict=True))


def may_be_nobody():
    """Whether this machine lets a program run as another user."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*AS_NOBODY, "true"], capture_output=True).returncode == 0


def test_two_places_days_users_and_numbers_of_jobs_make_the_same_bytes(small, tmp_path):
    """The second build: elsewhere, a chapter at a time, on another day, by another user."""
    (small / "notebooks" / "09-segments.ipynb").unlink()
    shutil.copy(ROOT / "notebooks" / "02-second.ipynb", small / "notebooks")
    arguments = ["build", "--draws", "100", "--name", "one"]
    succeeded(run(small, *arguments, TZ="WEST+12"))  # 26 hours from the other: never the same day
    elsewhere, home = tmp_path / "else where", tmp_path / "home"
    shutil.copytree(small, elsewhere, ignore=shutil.ignore_patterns("reports"))
    for name, text in HOME.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    user = {
        "PYTHONPATH": str(elsewhere),
        "HOME": str(home),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "USER": "nobody",
        "LOGNAME": "nobody",
    }
    command = [sys.executable, "-m", "analysis", *arguments, "--jobs", "1"]
    second = subprocess.run(
        [*AS_NOBODY, *command] if may_be_nobody() else command,
        cwd=elsewhere,
        env=ELSEWHERE | user,
        text=True,
        capture_output=True,
        timeout=300,
    )
    succeeded(second)
    one, two = digest(small / "reports" / "one"), digest(elsewhere / "reports" / "one")
    assert one == two
    assert len([name for name in one if name.startswith("notebooks/")]) == 2


CHILD = """import sys
from analysis.show.chapter import open_chapter
from analysis.show.prose import claims_table
study = open_chapter(draws=200)
for table in (study.results, claims_table(study)):
    sys.stdout.write(table.to_csv(index=False, lineterminator=chr(10), float_format="%.12g"))
"""


def test_the_machine_is_no_input(tmp_path):
    """Another folder, zone, locale, hash seed, number of threads: the same bytes of results."""
    here = open_chapter(draws=200)
    as_csv = {"index": False, "lineterminator": "\n", "float_format": "%.12g"}
    written = here.results.to_csv(**as_csv) + claims_table(here).to_csv(**as_csv)
    settings = {
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "utf-8",
    }
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=tmp_path,
        env=ELSEWHERE | settings,
        capture_output=True,
        timeout=120,
    )
    assert child.stdout.decode() == written, child.stderr.decode()[-400:]
    assert len(written) > 20_000


def results_and_words(tables):
    """The results and the claims of the base scenario, in an order of their own."""
    study = Study(resolve(tables), read_scenario("base"), 200)
    results = study.results.set_index(["segment", "metric", "detail"]).sort_index()
    return results, claims_table(study)


@pytest.mark.parametrize("turned", ["upside down", "shuffled"])
def test_the_order_of_rows_is_no_input(tables, turned):
    """Every table but segments.csv: each number to the twelfth digit, each word of every claim."""
    others = [name for name in Tables.__dataclass_fields__ if name != "segments"]
    moved = {}
    for name in others:
        table = getattr(tables, name)
        mixed = table[::-1] if turned == "upside down" else table.sample(frac=1, random_state=1)
        moved[name] = mixed.reset_index(drop=True)
    assert not moved["assumptions"].equals(tables.assumptions)
    results, words = results_and_words(tables)
    fresh, said = results_and_words(replace(tables, **moved))
    pd.testing.assert_frame_equal(fresh, results, rtol=1e-12, atol=0)
    assert said.equals(words)


DRAWS, SEEDS = 4096, (2026, 1, 2)  # chosen before any of them was looked at


def probabilities(draws, seed):
    """Both probabilities of every claim that has no condition."""
    found = claims(open_chapter(draws=draws, seed=seed))
    asked = [claim for claim in found if not claim.definition.given]
    return np.array([(claim.probability, claim.probability_wide) for claim in asked]).ravel()


@pytest.mark.parametrize("seed", SEEDS)
def test_twice_the_draws_move_a_probability_by_chance_alone(seed, record_property):
    """The first half of the draws is the same; q - p is half the difference of two halves.

    Its variance is then p (1 - p) / 2n. By that scale no probability moves by three, and all
    together they move by about one: a wrong scale would fail as well.
    """
    p, q = probabilities(DRAWS, seed), probabilities(2 * DRAWS, seed)
    true = (q * 2 * DRAWS + 1) / (2 * DRAWS + 2)  # never quite 0 or 1
    moved = (q - p) / np.sqrt(true * (1 - true) / (2 * DRAWS))
    most = np.abs(moved).max()
    record_property("figure", f"{len(moved)} probabilities by at most {most:.1f} standard errors")
    assert len(moved) > 50
    assert most < 3
    assert 0.6 < np.sqrt(np.mean(moved**2)) < 1.4


@pytest.mark.parametrize("draws, said", [(100, "5 %"), (400, "2.5 %")])
def test_the_report_states_its_monte_carlo_error(draws, said):
    """sqrt(p (1 - p) / n) is 0.05 for one half of 100 draws and 0.025 of 400."""
    after = shown.provenance(open_chapter(draws=draws)).split("Monte Carlo error")[1]
    assert f"<td>{said}</td>" in after


def test_every_result_has_a_unit_of_the_tables(study, tables):
    """A unit of units.csv, and for a metric always the same, unless it holds other quantities."""
    assert set(study.results["unit"]) <= set(tables.units["unit"])
    several = study.results.groupby("metric")["unit"].nunique().loc[lambda n: n > 1].index
    assert set(several) <= {"break_even", "break_even_net_value", "backtest"}, several
