"""`build`: reports of scenarios, each with the changes that are asked for."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator

from analysis.build import report
from analysis.commands.command_line import add_changes, add_reports, changes_of
from analysis.errors import InputError
from analysis.inputs.parsing import check_whole
from analysis.inputs.scenarios import scenario_names

EXAMPLES = [
    "",
    "--name cheap --set gpu_price=1.0 --set consumer.paid_conversion=0.5",
    "--name range --set previs.retakes=3,5,20",
    "base gpu_glut gpu_squeeze --dask tcp://127.0.0.1:8786",
]
DRAWS, SEED = 16384, 2026
MOST_JOBS = 256
DAY = 86_400  # seconds
BAR = "{desc}: {bar} {n_fmt}/{total_fmt} chapters, {remaining} left{postfix}"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Scenarios and options."""
    add = command.add_argument
    says = "scenarios to build, each under its name (default: base); there are "
    add("scenarios", nargs="*", metavar="SCENARIO", help=says + ", ".join(scenario_names()))
    forms = "gpu_price=1.9, previs.retakes=3 or gpu_price=1.7,2.65,4.3 (low,value,high)"
    add_changes(command, f": {forms}")
    says = "name of the report, a folder of reports/ (default: the scenario's; SCENARIO-changed"
    add("--name", help=f"{says} with --set)")
    for option, default, metavar, says in (
        ("--draws", DRAWS, "N", "draws from the ranges, from 100"),
        ("--seed", SEED, "N", "seed of the draws"),
        ("--jobs", report.IN_FLIGHT, "N", "chapters run at once"),
        ("--time-limit", int(report.TIME_LIMIT), "SECONDS", "for each chapter"),
    ):
        says = f"{says} (default: {default})"
        add(option, type=whole_number, default=default, metavar=metavar, help=says)
    says = "run the chapters on the Dask cluster whose scheduler is there, for example "
    add("--dask", metavar="ADDRESS", help=f"{says}tcp://127.0.0.1:8786")
    add_reports(command)
    add("--quiet", action="store_true", help="say nothing but errors")


def whole_number(text: str) -> int:
    """A whole number as it is typed, or else a hint how it would be."""
    try:
        return int(text)
    except ValueError:
        plain = text.replace(",", "").replace("%", "x")
        hint = f"; write {float(plain):.0f}" if plain.replace("e", "", 1).isdigit() else ""
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is not a whole number{hint}") from None


def run(asked: argparse.Namespace) -> None:
    """Check everything, then build what does not stand yet."""
    requests = _requests(asked)
    report.recover(asked.reports)
    with contextlib.ExitStack() as stack:
        cluster = None
        for request in requests:
            place = request.reports / request.name
            unchanged = report.stands(request)
            if not unchanged:
                if asked.dask and cluster is None:
                    cluster = stack.enter_context(report.cluster(asked.dask))
                with progress(request.name, asked.quiet) as tell:
                    report.build(request, cluster, tell, asked.jobs, asked.time_limit)
                _update_readme(request)
            if not asked.quiet:
                note = " (nothing changed)" if unchanged else ""
                print(f"{place / 'report.html'}{note}", flush=True)


def _update_readme(request: report.Request) -> None:
    """The README tells of the base report alone."""
    at_base = request.reports / request.name == report.REPORTS / "base"
    if at_base and (request.draws, request.seed) == (DRAWS, SEED):
        report.update_readme(request.reports / request.name, report.ROOT / "README.md")


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


@contextlib.contextmanager
def progress(name: str, quiet: bool) -> Iterator[Callable[[str, int, int, bool], None]]:
    """What tells of a report's chapters: a bar on a terminal, else lines; nothing when quiet."""
    from tqdm import tqdm

    width = shutil.get_terminal_size().columns  # tqdm shows no bar where a terminal has no size
    hidden = quiet or not sys.stderr.isatty()
    with tqdm(desc=name, disable=hidden, leave=False, ncols=width, nrows=2, bar_format=BAR) as bar:

        def tell(title: str, done: int, of: int, ran: bool) -> None:
            if not hidden:
                bar.total = of
                bar.initial += not ran  # what came at once says nothing about the time left
                bar.set_postfix_str(title, refresh=False)
                bar.update()
            elif not quiet:
                unchanged = "" if ran else " (unchanged)"
                print(f"  {done}/{of} {title}{unchanged}", file=sys.stderr, flush=True)

        if hidden and not quiet:
            print(f"building {name}", file=sys.stderr, flush=True)
        yield tell
