"""A report from start to end: chapters through papermill, joined, rendered, and put in place at once.

In: a scenario, overrides, draws and seed, all checked before any kernel starts. Out: a folder
`reports/NAME/` with report.html, results.csv, claims.csv, assumptions.csv, provenance.json and the
executed notebooks. It is completed in a hidden sibling and exchanged by two renames under a lock,
so nothing half-written is ever at NAME; what a killed build leaves is cleared by the next command.
"""
from __future__ import annotations

import ast
import csv
import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

from analysis import ChapterError, InputError
from analysis.assumptions import nearest, read_scenario, resolve, scenario_names
from analysis.codebook import read_codebook
from analysis.page import Chapter, index, normalise, render
from analysis.prose import claims_table, plain, say
from analysis.study import Study

# jupyterlab brings rfc3987-syntax, whose grammar compiles for a second at import in every process that
# validates a notebook; None keeps jsonschema from importing this optional format check.
sys.modules.setdefault("rfc3987_syntax", None)

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
REPORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
PACKAGES = ("ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "scipy", "seaborn")
TIME_LIMIT = 600
IN_FLIGHT = 3


@dataclass(frozen=True)
class Run:
    """One execution of one notebook with its parameters; `key` names it in the page and among files, `group` the runs of one notebook."""

    key: str
    title: str
    notebook: Path
    parameters: Mapping[str, object]
    group: str = ""


@dataclass(frozen=True)
class Request:
    """What is asked for, checked: the study of it, its report's name and where reports are kept."""

    study: Study
    overrides: Mapping[str, object]
    name: str
    reports: Path
    runs: tuple[Run, ...]


def request(scenario: str = "base", overrides: Mapping[str, object] | None = None, name: str | None = None, draws: int = 16384,
            seed: int = 2026, reports: Path = REPORTS, notebooks: Path = NOTEBOOKS) -> Request:
    """Check everything that a build would need. Raises: InputError for the first thing that is wrong."""
    name = (f"{scenario}-changed" if overrides else scenario) if name is None else name
    if not REPORT_NAME.fullmatch(name):
        raise InputError(f"report name {name[:60]!r} is not allowed; use letters, digits, - and _, beginning with a letter or digit")
    if name == "base" and (overrides or scenario != "base"):
        raise InputError("the name base is kept for the base scenario without changes; choose another with --name")
    if name != scenario and name in scenario_names():
        raise InputError(f"the name {name} is kept for the scenario of that name; choose another with --name")
    codebook = read_codebook()
    study = Study(resolve(codebook, scenario, overrides), read_scenario(scenario), draws, seed)
    return Request(study, dict(overrides or {}), name, Path(reports), tuple(plan(study, dict(overrides or {}), Path(notebooks))))


def plan(study: Study, overrides: Mapping[str, object], notebooks: Path) -> Iterator[Run]:
    """The runs of a report in order: each numbered notebook once, or once for each segment of its default one's model."""
    paths = sorted(p for p in notebooks.glob("*.ipynb") if re.match(r"\d+[-_]", p.name))
    if not paths:
        raise InputError(f"no numbered notebook in {notebooks.name}/")
    for path in paths:
        notebook = nbformat.read(path, 4)
        defaults = parameters_of(notebook, path.name)
        given = {"scenario": study.scenario.name, "overrides": dict(overrides), "draws": study.draws, "seed": study.seed}
        key = re.sub(r"^\d+[-_]", "", path.stem).lower().replace("_", "-")
        title = next((line[2:].strip() for cell in notebook.cells if cell.cell_type == "markdown"
                      for line in cell.source.splitlines() if line.startswith("# ")), key)
        given = {n: v for n, v in given.items() if n in defaults}
        if "segment" not in defaults:
            yield Run(key, title, path, given)
            continue
        models = study.assumptions.codebook.segments.set_index("segment")["business_model"]
        if defaults["segment"] not in models:
            raise InputError(f"{path.name}: unknown segment {defaults['segment']!r}{nearest(defaults['segment'], models.index)}")
        for segment in models.index[models == models[defaults["segment"]]]:
            yield Run(f"{key}-{segment.replace('_', '-')}", study.title(segment), path, {**given, "segment": segment}, key)


def parameters_of(notebook: nbformat.NotebookNode, name: str) -> dict[str, object]:
    """The parameters of a notebook with their defaults, from its cell tagged `parameters`; nothing is run."""
    cells = [c.source for c in notebook.cells if c.cell_type == "code" and "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise InputError(f"{name}: has {len(cells)} cells tagged parameters; it needs one")
    try:
        assigned = [n for n in ast.parse(cells[0]).body if isinstance(n, (ast.Assign, ast.AnnAssign))]
        return {(n.target if isinstance(n, ast.AnnAssign) else n.targets[0]).id: ast.literal_eval(n.value) for n in assigned}
    except (SyntaxError, ValueError, AttributeError) as error:
        raise InputError(f"{name}: the cell of parameters holds more than names with plain values: {error}") from None


def execute(path: str, parameters: Mapping[str, object]) -> tuple[str, str]:
    """Run a notebook through papermill in a kernel of its own.

    Parameters: path of the notebook, its parameters. Returns: the executed notebook as text, and "" or what
    went wrong. Nothing but text goes in and out, so any executor can carry it, to another machine as well.
    """
    import nbclient.exceptions
    import papermill

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.ipynb"
        error = ""
        try:
            papermill.execute_notebook(path, output, dict(parameters), kernel_name="python3", progress_bar=False, log_output=False,
                                       request_save_on_cell_execute=False, execution_timeout=TIME_LIMIT, record_timing=False,
                                       shutdown_kernel="immediate", extra_arguments=["--IPKernelApp.log_level=40"])
        except papermill.PapermillExecutionError as failed:
            error = f"cell {failed.cell_index + 1}, {failed.source.strip().splitlines()[0][:80]!r}: {failed.ename}: {failed.evalue}"
        except nbclient.exceptions.DeadKernelError:
            error = "the kernel died (killed, or out of memory)"
        except nbclient.exceptions.CellTimeoutError:
            error = f"a cell ran longer than the limit of {TIME_LIMIT} s"
        return output.read_text("utf-8") if output.exists() else "", error


def build(asked: Request, executor: Executor | None = None, tell: Callable[[str, int, int], None] = lambda title, done, of: None) -> Path:
    """Build a report and put it in place.

    Parameters: asked, a checked request; executor, anything with `submit` (a pool of three threads when None,
    since a chapter's driver only waits on its kernel); tell, called with the title of each chapter that is done.
    Returns: the folder of the report. Raises: ChapterError when a chapter fails; what stood before still stands.
    """
    recover(asked.reports)
    with _part(asked) as part:
        executed = _run_all(asked, executor, tell)
        folder = part / "notebooks"
        folder.mkdir()
        for run, notebook in executed:
            nbformat.write(notebook, folder / f"{run.key}.ipynb")
        _write_tables(asked.study, part)
        provenance = provenance_of(asked)
        (part / "provenance.json").write_text(json.dumps(provenance, indent=1, sort_keys=True) + "\n", "utf-8")
        chapters = [Chapter(run.key, run.title, notebook, run.group) for run, notebook in executed]
        (part / "report.html").write_text(render(chapters, _meta(asked, provenance)), "utf-8")
        _exchange(part, asked.reports / asked.name)
    shutil.rmtree(asked.reports / f"{asked.name}.failed", ignore_errors=True)
    write_index(asked.reports)
    return asked.reports / asked.name


def _run_all(asked: Request, executor: Executor | None, tell: Callable) -> list[tuple[Run, nbformat.NotebookNode]]:
    own = ThreadPoolExecutor(min(IN_FLIGHT, len(asked.runs))) if executor is None else None
    pool = executor or own
    futures = {pool.submit(execute, str(run.notebook), run.parameters): run for run in asked.runs}
    texts = {}
    try:
        for done, future in enumerate(as_completed(futures), 1):
            run = futures[future]
            text, error = future.result()
            if error:
                raise ChapterError(f"{run.notebook.name} ({run.title}): {error}{_keep_failed(asked, run, text)}")
            texts[run.key] = text
            tell(run.title, done, len(futures))
    finally:
        for future in futures:
            future.cancel()
        if own:
            own.shutdown(wait=True, cancel_futures=True)
    return [(run, normalise(nbformat.reads(texts[run.key], 4))) for run in asked.runs]


def _keep_failed(asked: Request, run: Run, text: str) -> str:
    if not text:
        return ""
    kept = asked.reports / f"{asked.name}.failed" / f"{run.key}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(text, "utf-8")
    return f"; the failed notebook is {kept.parent.name}/{kept.name}"


def _write_tables(study: Study, folder: Path) -> None:
    for name, table in (("results", study.results), ("claims", claims_table(study)), ("assumptions", study.assumptions.table())):
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", float_format="%.12g")


def provenance_of(asked: Request) -> dict:
    """What would have to be equal for equal bytes: inputs, code and versions, as hashes; no time, no path."""
    module = Path(__file__).parent
    files = sorted({p for p in module.rglob("*") if p.suffix in (".py", ".csv", ".css", ".js", ".j2", ".json")} | {r.notebook for r in asked.runs})
    return {
        "scenario": asked.study.scenario.name,
        "overrides": {name: _listed(asked.study.assumptions.quantities[name]) for name in asked.study.assumptions.changed},
        "draws": asked.study.draws,
        "seed": asked.study.seed,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "inputs": {str(f.relative_to(module.parent) if f.is_relative_to(module) else f"notebooks/{f.name}"): hashlib.sha256(f.read_bytes()).hexdigest()
                   for f in files},
    }


def _listed(quantity) -> list[float]:
    return [quantity.low, quantity.value, quantity.high]


def _meta(asked: Request, provenance: dict) -> dict:
    study = asked.study
    changed = [study.assumptions.quantities[n] for n in study.assumptions.changed]
    return {
        "name": asked.name,
        "scenario": {"name": study.scenario.name, "title": study.scenario.title, "reason": study.scenario.reason},
        "changed": [(q.name, f"{q.value:g} {q.unit}" if q.low == q.high else f"{q.value:g} ({q.low:g} to {q.high:g}) {q.unit}") for q in changed],
        "draws": study.draws,
        "seed": study.seed,
        "evidence_until": max(study.assumptions.codebook.evidence["as_of"]),
        "hash": hashlib.sha256(json.dumps(provenance, sort_keys=True).encode()).hexdigest()[:12],
        "judgements": int((study.assumptions.table()["basis"] == "judgement").sum()),
        "assumptions": len(study.assumptions.quantities),
    }


@contextmanager
def _part(asked: Request) -> Iterator[Path]:
    """A hidden sibling to build in, locked for as long as its owner lives, gone when it fails."""
    asked.reports.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{asked.name}.part-", dir=asked.reports))
    part.chmod(0o755)
    descriptor = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def _locked(reports: Path) -> Iterator[None]:
    descriptor = os.open(reports, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _exchange(part: Path, place: Path) -> None:
    """Put a finished folder in place by two renames; a kill between them is undone by `recover`."""
    old = place.parent / f".{place.name}.old"
    with _locked(place.parent):
        if place.exists():
            os.rename(place, old)
        os.rename(part, place)
        shutil.rmtree(old, ignore_errors=True)


def recover(reports: Path) -> None:
    """Undo an exchange that was cut short and clear what dead builds left."""
    if not reports.is_dir():
        return
    with _locked(reports):
        for old in reports.glob(".*.old"):
            place = reports / old.name[1:-len(".old")]
            if place.exists():
                shutil.rmtree(old)
            else:
                os.rename(old, place)
        for part in reports.glob(".*.part-*"):
            descriptor = os.open(part, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(part)
            except BlockingIOError:
                pass
            finally:
                os.close(descriptor)


def headline(study: Study) -> list[str]:
    """The report's headline for lists of builds and the README: one line of text a segment named by the test that counts."""
    return [plain(say(study, "{title here}: a generated second earns {here/revenue_per_generated_second} and costs {here/full_cost_per_generated_second}; "
                             "that it covers its running cost is {claim covers_running_cost/here}, that it repays its acquisition {claim repays_acquisition/here}.", s))
            for s in study.segments]


def write_index(reports: Path) -> None:
    """The list of builds, made anew from what the folders say of themselves."""
    builds = []
    for place in sorted(p.parent for p in reports.glob("*/provenance.json") if REPORT_NAME.fullmatch(p.parent.name)):
        provenance = json.loads((place / "provenance.json").read_text("utf-8"))
        with open(place / "claims.csv", encoding="utf-8", newline="") as file:
            said = [row["sentence"] for row in csv.DictReader(file) if row["claim"] == "repays_acquisition"]
        builds.append({"name": place.name, "scenario": provenance["scenario"], "changed": sorted(provenance["overrides"]), "sentences": said})
    temporary = reports / ".index.html.part"
    temporary.write_text(index(builds), "utf-8")
    os.replace(temporary, reports / "index.html")


def update_readme(study: Study, readme: Path) -> None:
    """Rewrite the marked block of the README with the headline of the base report."""
    text = readme.read_text("utf-8")
    block = "\n".join(f"- {line}" for line in headline(study))
    fresh = re.sub(r"(<!-- headline -->\n).*?(<!-- /headline -->)", lambda m: f"{m[1]}{block}\n{m[2]}", text, flags=re.DOTALL)
    if fresh != text:
        readme.write_text(fresh, "utf-8")
