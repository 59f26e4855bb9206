"""A report from start to end: chapters through papermill, joined, rendered, and put in place at once.

In: a scenario, overrides, draws and seed, all checked before any kernel starts. Out: a folder
`reports/NAME/` with report.html, results.csv, claims.csv, assumptions.csv, provenance.json and the
executed notebooks. What takes long to import is imported where it is needed, since a build with nothing to do needs none of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from analysis.build.cache import Cache
from analysis.build.execution import IN_FLIGHT, TIME_LIMIT, cluster, execute, run_all
from analysis.build.provenance import digest, installed, provenance_of
from analysis.build.publish import (
    headline,
    publish,
    recover,
    staging_folder,
    update_readme,
    write_index,
)
from analysis.build.request import (
    NOTEBOOKS,
    REPORT_NAME,
    REPORTS,
    ROOT,
    Request,
    Run,
    parameters_of,
    request,
)
from analysis.errors import ChapterError
from analysis.inputs.tables import Tables

__all__ = [
    "IN_FLIGHT",
    "NOTEBOOKS",
    "REPORTS",
    "REPORT_NAME",
    "ROOT",
    "TIME_LIMIT",
    "Request",
    "Run",
    "build",
    "cluster",
    "publish",
    "execute",
    "headline",
    "parameters_of",
    "staging_folder",
    "planned_runs",
    "provenance_of",
    "recover",
    "request",
    "stands",
    "update_readme",
]


def build(
    asked: Request,
    executor: Executor | None = None,
    tell: Callable[[str, int, int, bool], None] = lambda title, done, of, ran: None,
    jobs: int = IN_FLIGHT,
    limit: float = TIME_LIMIT,
) -> Path:
    """Build a report and put it in place.

    Parameters: asked, a checked request; executor, anything with `submit`, to another machine as well (forked kernels here
    when None); tell, called with each chapter's title, how many are done, of how many, and whether it had to be run; jobs,
    chapters run at once here; limit, seconds for one chapter.
    Returns: the folder of the report. Raises: ChapterError when a chapter fails; what stood before still stands.
    """
    recover(asked.reports)
    provenance, place = provenance_of(asked), asked.reports / asked.name
    with staging_folder(asked) as folder:
        executed = run_all(asked, executor, tell, jobs, limit)
        _write(asked, provenance, executed, folder)
        if provenance_of(asked) != provenance:
            raise ChapterError("files of the project were changed during the build; build again")
        made = _made(folder)
        publish(folder, place)
    Cache(asked.reports / ".cache").put(_record(asked), json.dumps([_state(provenance), made]))
    shutil.rmtree(asked.reports / f"{asked.name}.failed", ignore_errors=True)
    write_index(asked.reports)
    return place


def stands(asked: Request) -> bool:
    """Whether the report in place is, to the last byte, what a build would put there."""
    kept = Cache(asked.reports / ".cache").get(_record(asked))
    if (
        kept is None
        or not (asked.reports / "index.html").is_file()
        or json.loads(kept) != [_state(provenance_of(asked)), _made(asked.reports / asked.name)]
    ):
        return False
    shutil.rmtree(asked.reports / f"{asked.name}.failed", ignore_errors=True)
    return True


def _record(asked: Request) -> str:
    return digest(["report", asked.name])


def _state(provenance: dict) -> str:
    return digest([provenance, installed()])


def _made(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): digest(p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def _write(asked: Request, provenance: dict, executed: list, folder: Path) -> None:
    """Everything that a report's folder holds."""
    import nbformat

    from analysis.build.page import Chapter, render
    from analysis.show import whatif
    from analysis.show.prose import claims_table

    study = asked.study
    (folder / "notebooks").mkdir()
    for run, notebook in executed:
        nbformat.write(notebook, folder / "notebooks" / f"{run.key}.ipynb")
    for name, table in (
        ("results", study.results),
        ("claims", claims_table(study)),
        ("assumptions", study.assumptions.table()),
    ):
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", float_format="%.12g")
    (folder / "provenance.json").write_text(
        json.dumps(provenance, indent=1, sort_keys=True) + "\n", "utf-8"
    )
    chapters = [Chapter(run.key, run.title, notebook, run.group) for run, notebook in executed]
    try:
        page = render(
            chapters,
            _meta(asked, provenance),
            scripts=[whatif.script(study)],
            results=study.results.to_dict("records"),
        )
    except ValueError as error:
        raise ChapterError(str(error)) from None
    (folder / "report.html").write_text(page, "utf-8")


def _meta(asked: Request, provenance: dict) -> dict:
    scenario, assumptions = asked.scenario, asked.assumptions
    changed = [assumptions.quantities[n] for n in assumptions.changed]
    return {
        "name": asked.name,
        "scenario": {"name": scenario.name, "title": scenario.title, "reason": scenario.reason},
        "changed": [
            (
                q.name,
                f"{q.value:g} {q.unit}"
                if q.low == q.high
                else f"{q.value:g} ({q.low:g} to {q.high:g}) {q.unit}",
            )
            for q in changed
        ],
        "draws": asked.draws,
        "seed": asked.seed,
        "evidence_until": _latest(assumptions.tables),
        "hash": digest(provenance)[:12],
        "judgements": int((assumptions.table()["basis"] == "judgement").sum()),
        "assumptions": len(assumptions.quantities),
    }


def _latest(tables: Tables) -> str:
    """The latest date in any table. A bare year or month counts from its first day, so the page never claims more than is known."""
    all_tables = (getattr(tables, name) for name in Tables.__dataclass_fields__)
    return max(
        day
        for table in all_tables
        for column in ("as_of", "date")
        if column in table
        for day in table[column]
    )
