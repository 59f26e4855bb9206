"""`build`: reports of scenarios, each with the changes that are asked for."""

from __future__ import annotations

import argparse
import contextlib
import sys

import pandas as pd

from analysis.build import report
from analysis.commands.command_line import add_changes, add_reports, changes_of
from analysis.errors import InputError
from analysis.findings.editions import editions
from analysis.inputs.assumptions import lost_spread, resolve
from analysis.inputs.parsing import check_whole
from analysis.inputs.scenarios import scenario_names

EXAMPLES = [
    "",
    "--name cheap --set gpu_price=1.0 --set consumer.paid_conversion=0.5",
    "--name range --set previs.retakes=3,5,20 --set gpu_price=-30%",
    "base gpu_glut gpu_squeeze --dask tcp://127.0.0.1:8786",
]
DRAWS = 16384
SEED = 2026
MOST_JOBS = 256
DAY = 86_400  # seconds


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Scenarios and options."""
    add = command.add_argument
    says = "scenarios to build, each under its name (default: base); there are "
    add("scenarios", nargs="*", metavar="SCENARIO", help=says + ", ".join(scenario_names()))
    forms = (
        ": gpu_price=1.9 (certain), gpu_price=1.7,2.65,4.3 (low,value,high), or a change that keeps"
        " the spread: gpu_price=-30%%, gpu_price=x0.7, gpu_price=+0.5"
    )
    add_changes(command, forms)
    says = "name of the report, a folder of reports/ (default: the scenario's; SCENARIO-changed"
    add("--name", help=f"{says} with --set)")
    _add_number(command, "--draws", DRAWS, "draws from the ranges, from 100")
    _add_number(command, "--seed", SEED, "seed of the draws")
    _add_number(command, "--jobs", report.IN_FLIGHT, "chapters run at once")
    _add_number(command, "--time-limit", int(report.TIME_LIMIT), "for each chapter", "SECONDS")
    says = "run the chapters on the Dask cluster whose scheduler is there, for example "
    add("--dask", metavar="ADDRESS", help=f"{says}tcp://127.0.0.1:8786")
    add_reports(command)
    add("--quiet", action="store_true", help="say nothing but errors")


def _add_number(command, option: str, default: int, says: str, metavar: str = "N") -> None:
    says = f"{says} (default: {default})"
    command.add_argument(option, type=int, default=default, metavar=metavar, help=says)


def run(asked: argparse.Namespace) -> None:
    """Check everything, then build what does not stand yet."""
    requests = _requests(asked)
    if not asked.quiet:
        _tell_lost_spread(requests)
    report.recover(asked.reports)
    cluster = None
    with contextlib.ExitStack() as stack:
        for request in requests:
            unchanged = report.stands(request)
            if not unchanged:
                if asked.dask and cluster is None:
                    cluster = stack.enter_context(report.cluster(asked.dask))
                _build(request, cluster, asked)
            if not asked.quiet:
                page = request.reports / request.name / "report.html"
                print(f"{page} (nothing changed)" if unchanged else page, flush=True)


def _build(request: report.Request, cluster: object, asked: argparse.Namespace) -> None:
    say = (lambda *_: None) if asked.quiet else tell
    if not asked.quiet:
        print(f"building {request.name}", file=sys.stderr, flush=True)
    report.build(request, cluster, say, asked.jobs, asked.time_limit)
    _update_project(request)


def _tell_lost_spread(requests: list[report.Request]) -> None:
    for request in requests:
        before = resolve(request.assumptions.tables, request.scenario.name)
        for line in lost_spread(before, request.assumptions):
            print(f"note: {line}", file=sys.stderr, flush=True)


def _update_project(request: report.Request) -> None:
    """The README and the record of editions tell of the base report alone."""
    place = request.reports / request.name
    as_published = request.draws == DRAWS and request.seed == SEED
    if place != report.REPORTS / "base" or not as_published:
        return
    report.update_readme(place, report.ROOT / "README.md")
    now = pd.read_csv(place / "claims.csv", keep_default_na=False)
    record = editions(request.assumptions.tables, now)
    record.to_csv(report.REPORTS / "editions.csv", index=False, lineterminator="\n")


def _requests(asked: argparse.Namespace) -> list[report.Request]:
    """A checked request for each scenario. Raises: InputError for the first thing that is wrong."""
    changes = changes_of(asked.changes)
    scenarios = list(dict.fromkeys(asked.scenarios or ["base"]))
    if asked.name is not None and len(scenarios) > 1:
        raise InputError("--name: one name cannot serve several scenarios")
    for scenario in scenarios:
        if "=" in scenario:
            hint = f"to change an assumption write --set {scenario[:60]}"
            raise InputError(f"{scenario[:60]!r} is no scenario; {hint}")
    check_whole("--jobs", asked.jobs, 1, MOST_JOBS)
    check_whole("--time-limit", asked.time_limit, 1, DAY)
    return [
        report.request(scenario, changes, asked.name, asked.draws, asked.seed, asked.reports)
        for scenario in scenarios
    ]


def tell(title: str, done: int, of: int, ran: bool) -> None:
    """A line for each chapter that is done."""
    unchanged = "" if ran else " (unchanged)"
    print(f"  {done}/{of} {title}{unchanged}", file=sys.stderr, flush=True)
