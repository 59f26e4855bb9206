"""A report from start to end: chapters through papermill, joined into a page, put in place at once.

In: a request, checked before any kernel starts. Out: a folder `reports/NAME/` with report.html,
verdict.svg, CSVs, datapackage.json, provenance.json and the executed notebooks. What takes long to
import is imported where it is needed: a build with nothing to do needs none of it.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Executor
from pathlib import Path

from analysis.build.execution import IN_FLIGHT, TIME_LIMIT, Tell, cluster, run_all
from analysis.build.provenance import provenance_of
from analysis.build.publish import publish, recover, staging_folder, update_readme
from analysis.build.request import REPORTS, ROOT, Request, request
from analysis.errors import ChapterError
from analysis.findings.cache import Cache
from analysis.inputs.fingerprint import digest, installed

__all__ = [  # what commands need
    "IN_FLIGHT",
    "REPORTS",
    "ROOT",
    "TIME_LIMIT",
    "build",
    "cluster",
    "recover",
    "request",
    "stands",
    "update_readme",
]


def build(
    asked: Request,
    executor: Executor | None = None,
    tell: Tell = lambda title, done, of, ran: None,
    jobs: int = IN_FLIGHT,
    limit: float = TIME_LIMIT,
) -> Path:
    """Build a report and put it in place.

    Parameters: asked, a checked request; executor, anything with `submit`, to another machine as
    well (forked kernels here when None); tell, called with each chapter's title, how many are done,
    of how many, and whether it had to be run; jobs, chapters run at once here; limit, seconds for
    one chapter. Returns: the folder of the report. Raises: ChapterError when a chapter fails; what
    stood before still stands.
    """
    recover(asked.reports)
    provenance = provenance_of(asked)
    place = asked.reports / asked.name
    with staging_folder(place) as folder:
        executed = run_all(asked, executor, tell, jobs, limit)
        _write(asked, provenance, executed, folder)
        if provenance_of(asked) != provenance:
            raise ChapterError("files of the project were changed during the build; build again")
        state = _state(provenance, folder)
        publish(folder, place)
    Cache(asked.reports / ".cache").put(digest(["report", asked.name]), state)
    _forget_failure(place)
    return place


def stands(asked: Request) -> bool:
    """Whether the report in place is, to the last byte, what a build would put there."""
    place = asked.reports / asked.name
    kept = Cache(asked.reports / ".cache").get(digest(["report", asked.name]))
    if kept is None or kept != _state(provenance_of(asked), place):
        return False
    _forget_failure(place)
    return True


def _state(provenance: dict, folder: Path) -> str:
    """A report's provenance and the digests of its files, as they are kept in the cache."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    made = {p.relative_to(folder).as_posix(): digest(p.read_bytes()) for p in files}
    return json.dumps([digest([provenance, installed()]), made])


def _forget_failure(place: Path) -> None:
    shutil.rmtree(place.with_name(f"{place.name}.failed"), ignore_errors=True)


def _write(asked: Request, provenance: dict, executed: list, folder: Path) -> None:
    """Everything that a report's folder holds."""
    import nbformat

    from analysis.build import package
    from analysis.build.page import TITLE, Chapter, assemble, written
    from analysis.show import figures, whatif
    from analysis.show.prose import claims_table

    study = asked.study
    (folder / "notebooks").mkdir()
    for run, notebook in executed:
        nbformat.write(notebook, folder / "notebooks" / f"{run.key}.ipynb")
    tables = {
        "results": study.results,
        "claims": claims_table(study),
        "assumptions": study.assumptions.table(),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", float_format="%.12g")
    (folder / "verdict.svg").write_text(figures.verdict_svg(study), "utf-8")
    _write_json(provenance, folder / "provenance.json")
    meta = _meta(asked, provenance) | {"verdict": package.verdict([made for _, made in executed])}
    meta["description"] = package.in_brief(meta["verdict"])
    meta["linked"] = package.linked_data(TITLE, meta, folder)
    chapters = [
        Chapter(run.key, run.title, made, run.group, run.appendix) for run, made in executed
    ]
    results = study.results.to_dict("records")
    page = assemble(chapters, meta, [whatif.script(study)], results)
    try:
        (folder / "report.html").write_text(written(page), "utf-8")
    except ValueError as error:
        raise ChapterError(str(error)) from None
    shown = package.shown_in(page)
    told = package.data_package(study, TITLE, meta, folder, shown)
    _write_json(told, folder / "datapackage.json")


def _write_json(content: dict, path: Path) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _meta(asked: Request, provenance: dict) -> dict:
    """What head and foot of the page say about the report."""
    from analysis.findings.editions import latest

    assumptions = asked.assumptions
    changed = []
    for quantity in (assumptions.quantities[name] for name in assumptions.changed):
        ends = ""
        if quantity.low < quantity.high:
            ends = f" ({quantity.low:g} to {quantity.high:g})"
        changed.append((quantity.name, f"{quantity.value:g}{ends} {quantity.unit}"))
    return {
        "name": asked.name,
        "scenario": asked.scenario,
        "changed": changed,
        "draws": asked.draws,
        "seed": asked.seed,
        "edition": int(assumptions.tables.editions["edition"].max()),
        "evidence_until": latest(assumptions.tables),
        "hash": digest(provenance)[:12],
        "judgements": int((assumptions.table()["basis"] == "judgement").sum()),
        "assumptions": len(assumptions.quantities),
    }
